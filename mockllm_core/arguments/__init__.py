"""JSON Schema to values: valid, readable, instant and the same every time.

``normal`` reads any dialect into one, ``builder`` makes a value from it, ``judge`` checks the value with
jsonschema-rs. ``fuzz`` and ``nearmiss`` are the other two styles. Work is bounded by counts of nodes and steps, so no
schema takes over a second.
"""

from __future__ import annotations

import json
from marshal import dumps, loads
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core import jsontext
from mockllm_core.arguments import limits
from mockllm_core.arguments.cache import Cache, key_of
from mockllm_core.arguments.generated import CutText, Generated, Style

if TYPE_CHECKING:
    from mockllm_core.arguments.prepared import Prepared
    from mockllm_core.frame import Json

__all__ = ["CutText", "Generated", "Style", "generate", "generate_described"]


class _Stored(NamedTuple):
    """A value as bytes, of which each caller gets a copy."""

    value: bytes
    is_cut: bool
    valid: bool
    notes: tuple[str, ...]


_UNREADABLE = "the schema is not JSON, or nested too deeply"

_PREPARED: Cache[Prepared] = Cache(256)
_VALUES: Cache[_Stored] = Cache(4096)


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
        return _refused(_UNREADABLE)
    if jsontext.is_too_deep(schema, text):
        return _refused(_UNREADABLE)
    if len(text) > limits.TEXT:
        return _refused(f"the schema is longer than {limits.TEXT} characters")
    return _copy(
        _VALUES.get(
            (text, seed, style),
            lambda: _stored(_made(_prepared(text, schema), str(seed), style)),
            1 + len(text) // 1000,
        )
    )


def generate_described(schema: Json, seed: str, style: Style) -> Generated:
    """Return a value for a schema out of a request's JSON; it also keeps the bounds that descriptions tell, where one can.

    See ``hints`` for those, and ``generate`` for the rest. No near-miss looks at descriptions.
    """
    key = key_of(schema)
    if key is None:
        return _described(schema, seed, style)
    return _copy(
        _VALUES.get(
            (key, seed, style),
            lambda: _stored(_described(schema, seed, style)),
            1 + len(key) // 1000,
        )
    )


def _copy(kept: _Stored) -> Generated:
    value = loads(kept.value)  # noqa: S302 - bytes made here, never anybody's
    return Generated(CutText(value) if kept.is_cut else value, kept.valid, kept.notes)


def _stored(made: Generated) -> _Stored:
    value = json.loads(json.dumps(made.value))
    return _Stored(dumps(value), isinstance(made.value, CutText), made.valid, made.notes)


def _described(schema: Json, seed: str, style: Style) -> Generated:
    from mockllm_core.hints import hinted

    bound = schema if style == "near-miss" else hinted(schema)
    made = generate(bound, seed, style=style)
    return made if made.valid or bound is schema else generate(schema, seed, style=style)


def _prepared(text: str, schema: Json) -> Prepared:
    from mockllm_core.arguments.prepared import Prepared

    return _PREPARED.get(text, lambda: Prepared(text, schema), 1 + len(text) // 10_000)


def _made(prepared: Prepared, seed: str, style: Style) -> Generated:
    from mockllm_core.arguments.plausible import plausible

    if style == "fuzz":
        from mockllm_core.arguments.fuzz import fuzz

        return fuzz(prepared, seed, plausible)
    if style == "near-miss":
        from mockllm_core.arguments.nearmiss import near_miss

        return near_miss(prepared, seed, plausible(prepared, seed))
    return plausible(prepared, seed)


def _refused(why: str) -> Generated:
    return Generated({}, valid=False, notes=(f"#: {why}",))
