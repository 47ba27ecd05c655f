"""Values that are wrong in exactly one place, to see how a client copes; the note says which.

The validator confirms it: a broken value has one error, where the unbroken one had none.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mockllm_core.arguments import limits
from mockllm_core.arguments.dice import Dice
from mockllm_core.arguments.generated import CutText, Generated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.arguments.prepared import Prepared
    from mockllm_core.frame import Json

__all__ = ["near_miss"]

_KINDS = ("missing", "type", "enum", "extra", "cut")
_LIMIT = 40
_CHECKS = 4 * limits.CHECKS
"""Schemas that all broken values together are checked against."""
_LEFT_OUT: Json = object()

Path = tuple[str | int, ...]


def near_miss(prepared: Prepared, seed: str, whole: Generated) -> Generated:
    """Return the value broken in one place.

    Args:
        prepared: the schema.
        seed: decides what breaks, and where.
        whole: a value for the same schema; returned as it is, with its notes, where it is not valid itself.
    """
    if not prepared.judge.accepts(whole.value):
        return whole
    dice = Dice(prepared.text, seed, "near-miss")
    start = dice.below(len(_KINDS))
    left = _CHECKS
    for kind in (*_KINDS[start:], *_KINDS[:start]):
        if kind == "cut":
            return _cut(whole.value, dice)
        places = list(_places(kind, whole.value, dice))
        turn = dice.below(len(places))
        for path, part, said in (places[turn:] + places[:turn])[:_LIMIT]:
            value = _with(whole.value, path, part)
            faults, left = prepared.judge.faults(value, left)
            if faults == 1:
                return Generated(value, valid=False, notes=(f"near-miss: {said}",))
            if left <= 0:
                return _cut(whole.value, dice)
    return _cut(whole.value, dice)


def _cut(value: Json, dice: Dice) -> Generated:
    text = json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | dict) and len(text) > 2:
        end = dice.between(1, len(text) - 1)
    else:
        text = json.dumps({"value": value}, ensure_ascii=False)
        end = dice.between(1, len(text) - 1)
    note = f"near-miss: the JSON text is cut after {end} of {len(text)} characters"
    return Generated(CutText(text[:end]), valid=False, notes=(note,))


def _places(kind: str, value: Json, dice: Dice) -> Iterator[tuple[Path, Json, str]]:
    """Yield (the way to a part of the value, what to put there, what that breaks)."""
    for path, part in _parts(value):
        where = _pointer(path)
        if kind == "missing" and isinstance(part, dict):
            for name in part:
                yield (*path, name), _LEFT_OUT, f"{_pointer((*path, name))} is required and left out"
        elif kind == "extra" and isinstance(part, dict):
            more = (*path, "unexpected_property")
            yield more, dice.between(1, 9), f"{where} has the extra key 'unexpected_property'"
        elif kind == "enum" and isinstance(part, str):
            yield path, f"not-{part}"[:80], f"{where} is none of the values allowed"
        elif kind == "type" and not isinstance(part, dict | list):
            other: Json = str(part) if isinstance(part, int | float) else ["wrong type"]
            yield path, other, f"{where} has the wrong type"


def _parts(value: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    yield path, value
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in parts:
        yield from _parts(item, (*path, step))


def _with(value: Json, path: Path, part: Json) -> Json:
    """Return the value with another part; what is not on the way there is shared with it."""
    if not path:
        return part
    step, rest = path[0], path[1:]
    changed: Json = dict(value) if isinstance(value, dict) else list(value)
    if not rest and part is _LEFT_OUT:
        del changed[step]
    else:
        changed[step] = _with(value[step], rest, part) if rest else part
    return changed


def _pointer(path: tuple[str | int, ...]) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
