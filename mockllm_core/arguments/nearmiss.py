"""Values that are wrong in exactly one place, to see how a client copes; the note says which.

The validator confirms it: a broken value has one error, where the unbroken one had none.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING

from mockllm_core.arguments.dice import Dice
from mockllm_core.arguments.generated import CutText, Generated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.arguments.prepared import Prepared
    from mockllm_core.frame import Json

__all__ = ["near_miss"]

_KINDS = ("missing", "type", "enum", "extra", "cut")
_LIMIT = 40


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
    for kind in (*_KINDS[start:], *_KINDS[:start]):
        if kind == "cut":
            return _cut(whole.value, dice)
        places = list(_broken(kind, whole.value, dice))
        turn = dice.below(len(places))
        for value, said in (places[turn:] + places[:turn])[:_LIMIT]:
            if len(prepared.judge.errors(value)) == 1 and not prepared.judge.accepts(value):
                return Generated(value, valid=False, notes=(f"near-miss: {said}",))
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


def _broken(kind: str, value: Json, dice: Dice) -> Iterator[tuple[Json, str]]:
    """Yield (a copy of the value with one part broken, what was done to it)."""
    for path in _paths(value):
        part = _at(value, path)
        where = _pointer(path)
        if kind == "missing" and isinstance(part, dict):
            for name in part:
                rest = {key: item for key, item in part.items() if key != name}
                yield _with(value, path, rest), f"{_pointer((*path, name))} is required and left out"
        elif kind == "extra" and isinstance(part, dict):
            more = part | {"unexpected_property": dice.between(1, 9)}
            yield _with(value, path, more), f"{where} has the extra key 'unexpected_property'"
        elif kind == "enum" and isinstance(part, str):
            yield _with(value, path, f"not-{part}"[:80]), f"{where} is none of the values allowed"
        elif kind == "type" and not isinstance(part, dict | list):
            other: Json = str(part) if isinstance(part, int | float) else ["wrong type"]
            yield _with(value, path, other), f"{where} has the wrong type"


def _paths(value: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in parts:
        yield from _paths(item, (*path, step))


def _at(value: Json, path: tuple[str | int, ...]) -> Json:
    for step in path:
        value = value[step]
    return value


def _with(value: Json, path: tuple[str | int, ...], part: Json) -> Json:
    if not path:
        return part
    changed = copy.deepcopy(value)
    _at(changed, path[:-1])[path[-1]] = part
    return changed


def _pointer(path: tuple[str | int, ...]) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
