"""A hypothesis backend: our own seeded draws, hostile on purpose.

Source: https://hypothesis.readthedocs.io/en/latest/extras.html#alternative-backends. With a backend of its own,
hypothesis neither reads constants out of the user's modules nor depends on its release for the values drawn.
"""

from __future__ import annotations

import math
from typing import Any

from mockllm_core.arguments.dice import Dice

__all__ = ["NASTY", "ROLL", "Enough", "Many"]

NASTY = "\"'\\/<>&%{}\n\t\r\x7f\x1b \u00a0\u00df\u0130\u0301\u200b\u200d\u200f\u2028\u202e\ufeff\ufffd\u4e2d\U0001f468\U0001f600\U0001f9ff\U0010fffd"
_PLAIN = "aZ09 _-.eiou"
_EDGES = (
    0,
    1,
    -1,
    2**31 - 1,
    -(2**31),
    2**31,
    2**53 - 1,
    -(2**53) + 1,
    2**53 + 1,
    2**63 - 1,
    -(2**63),
    255,
    65536,
)
_POINTS = (0.0, -0.5, 1.5, 0.1, -1.0, 1e-7, 1e16, -1e16, 1.7976931348623157e308, 2.5e-300, 3.141592653589793)


class Enough(BaseException):
    """Too many draws; not an ``Exception``, so that hypothesis does not take it for a failing test."""


class Roll:
    """The dice of the run under way: hypothesis makes the backend itself, so that is where it finds them."""

    def __init__(self) -> None:
        self.dice = Dice("")
        self.left = 0

    def __call__(self) -> Dice:
        self.left -= 1
        if self.left < 0:
            raise Enough
        return self.dice


ROLL = Roll()


def __getattr__(name: str) -> type:
    """Make ``Provider``, which hypothesis imports by name, when it is asked for: hypothesis is not loaded before."""
    if name != "Provider":
        raise AttributeError(name)
    return _backend()


def _backend() -> type:
    from hypothesis.internal.conjecture.providers import PrimitiveProvider

    class Provider(PrimitiveProvider):
        """Draws from the dice of the run under way."""

        lifetime = "test_case"

        def __init__(self, conjecturedata: Any, /) -> None:
            super().__init__(conjecturedata)

        @property
        def dice(self) -> Dice:
            """The dice, for one draw."""
            return ROLL()

        def draw_boolean(self, p: float = 0.5, **_: Any) -> bool:
            return p >= 1 or (p > 0 and self.dice.chance(p))

        def draw_integer(
            self,
            min_value: int | None = None,
            max_value: int | None = None,
            *,
            weights: dict[int, float] | None = None,
            **_: Any,
        ) -> int:
            return _integer(self.dice, min_value, max_value, weights)

        def draw_float(self, *, min_value: float = -math.inf, max_value: float = math.inf, **_: Any) -> float:
            return _float(self.dice, min_value, max_value)

        def draw_string(self, intervals: Any, *, min_size: int = 0, max_size: int = 10**10, **_: Any) -> str:
            return _string(self.dice, intervals, min_size, max_size)

        def draw_bytes(self, min_size: int = 0, max_size: int = 10**10, **_: Any) -> bytes:
            length = min(min_size + self.dice.below(9), max_size)
            return bytes(self.dice.below(256) for _ in range(length))

    return Provider


def _integer(dice: Dice, low: int | None, high: int | None, weights: dict[int, float] | None) -> int:
    if weights:
        share = dice.next() * sum(weights.values())
        for value, weight in weights.items():
            share -= weight
            if share <= 0:
                return value
    if low is not None and high is not None and high - low < 256:
        return dice.between(low, high)
    edges = [
        each
        for each in (low, high, *_EDGES)
        if each is not None and (low is None or each >= low) and (high is None or each <= high)
    ]
    if edges and dice.chance(0.4):
        return dice.pick(edges)
    start = low if low is not None else -999 if high is None else high - 999
    return dice.between(
        max(start, min(0, start + 500) if low is None else start),
        start + 999 if high is None else min(high, start + 999),
    )


def _float(dice: Dice, low: float, high: float) -> float:
    edges = [each for each in (low, high, *_POINTS) if low <= each <= high and math.isfinite(each)]
    if edges and dice.chance(0.5):
        return dice.pick(edges)
    start = low if math.isfinite(low) else high - 1000 if math.isfinite(high) else -500.0
    end = min(high, start + 1000)
    return min(max(start + (end - start) * dice.next(), low), high)


def _string(dice: Dice, intervals: Any, low: int, high: int) -> str:
    length = low if dice.chance(0.15) else min(low + dice.below(9), high)
    return "".join(_character(dice, intervals) for _ in range(length))


def _character(dice: Dice, intervals: Any) -> str:
    for alphabet, share in ((_PLAIN, 0.5), (NASTY, 0.7)):
        if dice.chance(share):
            found = dice.pick(alphabet)
            if ord(found) in intervals:
                return found
    return chr(intervals[dice.below(min(len(intervals), 2000))])


class Many:
    """How many parts a collection gets: the four methods that hypothesis-jsonschema asks for.

    hypothesis 6.170.10 gave its own class of this name another shape; this one stands in for it.

    Args:
        data: hypothesis' test case.
        min_size: fewest parts.
        max_size: most parts, possibly infinite.
        average_size: not used; the most is three above the fewest.
    """

    def __init__(self, data: Any, min_size: int, max_size: float, average_size: float) -> None:
        del average_size
        self.data = data
        self.least = int(min_size)
        self.target = data.draw_integer(self.least, int(min(max_size, min_size + 3)))
        self.count = self.rejected = 0

    def more(self) -> bool:
        """Return whether another part is due."""
        if self.count >= self.target:
            return False
        self.count += 1
        return True

    def reject(self) -> None:
        """Take the last part back."""
        self.count -= 1
        self.rejected += 1
        if self.rejected > 20:
            self.target = self.count
            if self.count < self.least:
                self.data.mark_invalid()
