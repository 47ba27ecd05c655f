"""JSON Schema to values: valid, readable, instant and the same every time.

``normal`` reads any dialect into one, ``builder`` makes a value from it, ``judge`` checks the value with
jsonschema-rs. ``fuzz`` and ``nearmiss`` are the other two styles. Work is bounded by counts of nodes and steps, so no
schema takes over a second.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mockllm_core.arguments import limits
from mockllm_core.arguments.cache import Cache
from mockllm_core.arguments.generated import CutText, Generated, Style
from mockllm_core.arguments.plausible import plausible
from mockllm_core.arguments.prepared import Prepared

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["CutText", "Generated", "Style", "generate"]

_PREPARED: Cache[Prepared] = Cache(256)
_VALUES: Cache[tuple[str, Generated]] = Cache(2048)


def generate(schema: Json, seed: str = "0", *, style: Style = "plausible") -> Generated:
    """Return a value for a schema; the same schema, seed and style give the same value on any machine.

    Args:
        schema: JSON Schema (draft 4 to 2020-12), an OpenAPI 3.0 or Gemini schema, or what people write by hand; None
            and True ask for nothing and give ``{}``. It is not changed. References lead inside it only.
        seed: any text.
        style: ``plausible`` believable values, ``fuzz`` any legal value, ``near-miss`` wrong in exactly one place.

    Returns:
        The value; ``valid`` is False, and notes say why, where the value is not known to satisfy the schema: nothing
        does, nothing was found in bounded work, or a part of the schema could not be read. Nothing is ever raised for
        a schema that JSON can hold.

    Raises:
        ValueError: no such style.
    """
    if style not in ("plausible", "fuzz", "near-miss"):
        raise ValueError(f"style is plausible, fuzz or near-miss, not {style!r}")
    try:
        text = json.dumps(schema, check_circular=False)
    except (TypeError, ValueError, RecursionError):
        return _refused("the schema is not JSON, or nested too deeply")
    if len(text) > limits.TEXT:
        return _refused(f"the schema is longer than {limits.TEXT} characters")
    shown, made = _VALUES.get((text, seed, style), lambda: _stored(text, schema, seed, style))
    value = json.loads(shown)
    return Generated(CutText(value) if isinstance(made.value, CutText) else value, made.valid, made.notes)


def _stored(text: str, schema: Json, seed: str, style: Style) -> tuple[str, Generated]:
    prepared = _PREPARED.get(text, lambda: Prepared(text, schema))
    made = _made(prepared, str(seed), style)
    return json.dumps(made.value), made


def _made(prepared: Prepared, seed: str, style: Style) -> Generated:
    if style == "fuzz":
        from mockllm_core.arguments.fuzz import fuzz

        return fuzz(prepared, seed, plausible)
    if style == "near-miss":
        from mockllm_core.arguments.nearmiss import near_miss

        return near_miss(prepared, seed, plausible(prepared, seed))
    return plausible(prepared, seed)


def _refused(why: str) -> Generated:
    return Generated({}, valid=False, notes=(f"#: {why}",))
