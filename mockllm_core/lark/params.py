"""Parameters of rules (``many::set_bit(3)``), an addition of llguidance's: 64 bits that choose among alternatives.

Reference: https://github.com/guidance-ai/llguidance/blob/main/docs/parametric.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["COMPARED", "COUNTED", "Condition", "Parameter"]

_FULL = (1 << 64) - 1


@record()
class Parameter:
    """What a rule is called with.

    Attributes:
        kind: ``const``, ``self``, ``incr``, ``decr``, ``and`` or ``or``.
        value: of ``const``, ``and`` and ``or``.
        bits: which bits are counted up or down: from the first to before the last.
    """

    kind: str
    value: int = 0
    bits: tuple[int, int] = (0, 64)

    def of(self, given: int) -> int:
        """Return it where the rule itself was called with ``given``."""
        low, high = self.bits
        mask = ((1 << (high - low)) - 1) << low
        match self.kind:
            case "const":
                return self.value
            case "and":
                return given & self.value
            case "or":
                return given | self.value
            case "incr":
                return given if given & mask == mask else given + (1 << low)
            case "decr":
                return given if given & mask == 0 else given - (1 << low)
            case _:
                return given


COMPARED: dict[str, Callable[[int, int], bool]] = {
    "ne": int.__ne__,
    "eq": int.__eq__,
    "lt": int.__lt__,
    "le": int.__le__,
    "gt": int.__gt__,
    "ge": int.__ge__,
}
COUNTED = {f"bit_count_{name}": test for name, test in COMPARED.items()}


@record()
class Condition:
    """When an alternative is open.

    Attributes:
        kind: of the tables above, ``true``, ``and``, ``or`` or ``not``.
        bits: which bits are looked at.
        value: what they are held against.
        parts: of ``and``, ``or`` and ``not``.
    """

    kind: str
    bits: tuple[int, int] = (0, 64)
    value: int = 0
    parts: tuple[Condition, ...] = ()

    def holds(self, given: int) -> bool:
        """Return whether it is open where the rule was called with ``given``."""
        low, high = self.bits
        held = (given & _FULL) >> low & ((1 << (high - low)) - 1)
        if self.kind in COMPARED:
            return COMPARED[self.kind](held, self.value)
        if self.kind in COUNTED:
            return COUNTED[self.kind](held.bit_count(), self.value)
        inner = [part.holds(given) for part in self.parts]
        match self.kind:
            case "and":
                return all(inner)
            case "or":
                return any(inner)
            case "not":
                return not inner[0]
            case _:
                return True
