"""Values that a person believes: try, judge, try again leaner, and mark what stays wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.arguments import limits
from mockllm_core.arguments.accepts import Exhausted
from mockllm_core.arguments.builder import Builder, Manner
from mockllm_core.arguments.dice import Dice
from mockllm_core.arguments.generated import Generated
from mockllm_core.arguments.rough import rough
from mockllm_core.arguments.shape import Impossible

if TYPE_CHECKING:
    from mockllm_core.arguments.prepared import Prepared
    from mockllm_core.frame import Json

__all__ = ["plausible"]

_MANNERS = (
    Manner(rich=True, hints=True),
    Manner(rich=True, hints=True),
    Manner(rich=False, hints=True),
    Manner(rich=True, hints=False),
    *(Manner(rich=False, hints=False),) * 4,
)


def plausible(prepared: Prepared, seed: str) -> Generated:
    """Return a believable value, checked; marked when nothing that was tried is valid."""
    normal = prepared.normal
    rejected: list[Json] = []
    reason = ""
    left = limits.TOTAL
    for nth, manner in enumerate(_MANNERS):
        builder = Builder(normal.definitions, prepared.heights, Dice(prepared.text, seed, str(nth)), manner)
        if left < 0:
            break
        try:
            value = builder.build()
        except Impossible as found:
            reason = str(found)
            continue
        except Exhausted:
            reason = "the schema takes too many steps"
            continue
        finally:
            left -= limits.FUEL - builder.fuel + (limits.CHECKS - builder.known.left) // 10
        if prepared.judge.accepts(value):
            return Generated(value, valid=not normal.lossy, notes=normal.notes)
        rejected.append(value)
    return _last(prepared, seed) or _marked(prepared, seed, rejected, reason)


def _last(prepared: Prepared, seed: str) -> Generated | None:
    """Return what hypothesis-jsonschema finds for a small schema, readable or not."""
    from mockllm_core.arguments.fuzz import fuzzed

    value = fuzzed(prepared, seed, parts=40, tries=2)
    return value and Generated(value[0], valid=not prepared.normal.lossy, notes=prepared.normal.notes)


def _marked(prepared: Prepared, seed: str, rejected: list[Json], reason: str) -> Generated:
    """Return the value with the fewest errors, and say them."""
    definitions = prepared.normal.definitions
    values = rejected[:3] or [rough(definitions, Dice(prepared.text, seed, "rough"))]
    errors = [prepared.judge.errors(value) for value in values]
    best = min(range(len(values)), key=lambda nth: len(errors[nth]))
    told = [f"no value was found that satisfies the schema: {reason}"[:300]] if reason else []
    return Generated(values[best], valid=False, notes=(*prepared.normal.notes, *errors[best][:5], *told))
