"""The text that a custom tool's grammar allows, as a schema of a string.

Chat sends ``{"type": "grammar", "grammar": {"syntax", "definition"}}``, Responses the same without the inner object.
A regular expression becomes a ``pattern`` for the whole text; a Lark grammar is kept under a key of our own. Both are
followed by ``lark``, or refused; where neither can be done (special tokens, a grammar too large), the tool gets the
user's text, as one without a grammar does, and the answer says so in a note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["schema_of", "written"]

_LARK = "x-lark"
_BEFORE, _BEHIND = "^(?:", ")$"
_UNFOLLOWED = "its grammar could not be followed, the input is the user's text"


def schema_of(form: Json, param: str = "") -> Json:
    """Return the schema of a custom tool's ``format``; None when any text will do, or nothing is known of it.

    Raises:
        ApiError: the grammar is one that the provider refuses; ``param`` says where its format stands. That it begins
            ``Invalid lark grammar`` and tells llguidance's own words (``unknown name: "begin_patch"``) is in public
            logs of June 2026; the colon, the place and the code are inferred.
    """
    if not isinstance(form, dict) or form.get("type") != "grammar":
        return None
    held = form.get("grammar", form)
    definition = held.get("definition") if isinstance(held, dict) else None
    syntax = held.get("syntax") if isinstance(held, dict) else None
    if not isinstance(definition, str) or syntax not in ("lark", "regex"):
        return None
    from mockllm_core.lark import read

    fault = read(definition if syntax == "lark" else _as_lark(definition)).fault
    if fault:
        inner = ".definition" if held is form else ".grammar.definition"
        told = f"Invalid {syntax} grammar: {fault}"
        raise ApiError("invalid_request", told, param=param + inner, code="invalid_value")
    if syntax == "lark":
        return {_LARK: definition}
    return {"type": "string", "pattern": f"{_BEFORE}{definition}{_BEHIND}"}


def written(schema: Json, said: str, seed: str) -> tuple[str, tuple[str, ...]]:
    """Return the text itself where the grammar allows it, else one that the grammar allows, and a note where none was found."""
    from mockllm_core.lark import read

    if not isinstance(schema, dict):
        return said, ()
    definition = schema.get(_LARK)
    if definition is None:
        pattern = schema.get("pattern")
        if not isinstance(pattern, str):
            return said, ()
        definition = _as_lark(pattern.removeprefix(_BEFORE).removesuffix(_BEHIND))
    text = read(definition).text(said, seed)
    return (said, (_UNFOLLOWED,)) if text is None else (text, ())


def _as_lark(pattern: str) -> str:
    """Return the grammar that llguidance makes of a regular expression (``regex_to_lark`` there)."""
    out: list[str] = []
    escaped = False
    for char in pattern:
        if char == "\\" and not escaped:
            escaped = True
            continue
        short = {"/": "\\/", "\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char)
        out.append(short or ("\\" + char if escaped else char))
        escaped = False
    return f"start: /{''.join(out)}/"
