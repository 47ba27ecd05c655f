"""Values that a person believes: try, judge, try again leaner, and mark what stays wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.arguments.builder import Builder, Exhausted, Manner
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
    for nth, manner in enumerate(_MANNERS):
        dice = Dice(prepared.text, seed, str(nth))
        try:
            value = Builder(normal.definitions, prepared.heights, dice, manner).build()
        except Impossible as found:
            reason = str(found)
            continue
        except Exhausted:
            reason = "the schema takes too many steps"
            continue
        if prepared.judge.accepts(value):
            return Generated(value, valid=not normal.lossy, notes=normal.notes)
        rejected.append(value)
    return _marked(prepared, seed, rejected, reason)


def _marked(prepared: Prepared, seed: str, rejected: list[Json], reason: str) -> Generated:
    """Return the value with the fewest errors, and say them."""
    definitions = prepared.normal.definitions
    values = rejected[:3] or [rough(definitions, Dice(prepared.text, seed, "rough"))]
    errors = [prepared.judge.errors(value) for value in values]
    best = min(range(len(values)), key=lambda nth: len(errors[nth]))
    told = [f"no value was found that satisfies the schema: {reason}"[:300]] if reason else []
    return Generated(values[best], valid=False, notes=(*prepared.normal.notes, *errors[best][:5], *told))
