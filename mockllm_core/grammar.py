"""The text that a custom tool's grammar allows, as a schema of a string.

Chat sends ``{"type": "grammar", "grammar": {"syntax", "definition"}}``, Responses the same without the inner object.
A regular expression becomes a ``pattern`` for the whole text; a Lark grammar is kept under a key of our own and gives a
text that it accepts. Where a grammar cannot be followed (see ``lark``), the tool gets the user's text, as one without
a grammar does, and the answer says so in a note.
"""

from __future__ import annotations

from hashlib import blake2b
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["schema_of", "written"]


_LARK = "x-lark"


def schema_of(form: Json) -> Json:
    """Return the schema of a custom tool's ``format``; None when any text will do, or nothing is known of it."""
    if not isinstance(form, dict) or form.get("type") != "grammar":
        return None
    held = form.get("grammar", form)
    definition = held.get("definition") if isinstance(held, dict) else None
    if not isinstance(definition, str):
        return None
    if held.get("syntax") == "lark":
        return {_LARK: definition}
    if held.get("syntax") != "regex":
        return None
    return {"type": "string", "pattern": f"^(?:{definition})$"}


def written(schema: Json, said: str, seed: str) -> tuple[str, tuple[str, ...]]:
    """Return the text itself where the grammar allows it, else one that the grammar allows, and a note where none was found."""
    from mockllm_core.arguments import generate
    from mockllm_core.arguments.patterns import matches

    if isinstance(schema, dict) and _LARK in schema:
        text = _parsed(schema[_LARK], seed)
        return (said, (_UNFOLLOWED,)) if text is None else (text, ())
    pattern = schema.get("pattern") if isinstance(schema, dict) else None
    if not isinstance(pattern, str) or matches(pattern, said):
        return said, ()
    made = generate(schema, seed)
    return (made.value, ()) if made.valid and isinstance(made.value, str) else (said, (_UNFOLLOWED,))


_UNFOLLOWED = "its grammar could not be followed, the input is the user's text"


def _parsed(definition: str, seed: str) -> str | None:
    """Return a text that a Lark grammar accepts; the same grammar and seed give the same text."""
    from mockllm_core.arguments import generate
    from mockllm_core.lark import read, write

    grammar = read(definition)
    if grammar is None:
        return None
    drawn = count()

    def pick(below: int) -> int:
        text = f"{seed}/{next(drawn)}"
        return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).digest()) % below

    def made(pattern: str) -> str | None:
        found = generate({"type": "string", "pattern": f"^(?:{pattern})$"}, f"{seed}/{next(drawn)}")
        return found.value if found.valid and isinstance(found.value, str) else None

    return write(grammar, pick, made)
