"""Small numbers inside their bounds; multiples exactly."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from mockllm_core.arguments.shape import FRACTION, Impossible
from mockllm_core.arguments.words import half, tokens

if TYPE_CHECKING:
    from mockllm_core.arguments.dice import Dice
    from mockllm_core.arguments.shape import Shape

__all__ = ["number_for"]

_RANGES: dict[str, tuple[int, int]] = {
    name: span
    for names, span in (
        ("age", (18, 79)),
        ("year years", (2015, 2026)),
        ("month months", (1, 12)),
        ("day days", (1, 28)),
        ("hour hours", (0, 23)),
        ("minute minutes second seconds", (5, 55)),
        ("week weeks", (1, 12)),
        ("page offset skip", (1, 9)),
        ("limit size pagesize perpage top", (5, 50)),
        ("count quantity qty guests adults passengers people children rooms nights number seats", (1, 8)),
        ("port", (3000, 9000)),
        ("latitude lat", (-60, 60)),
        ("longitude lng lon long", (-120, 140)),
        ("price amount cost total budget fee salary balance", (10, 400)),
        ("percent percentage humidity progress", (1, 99)),
        ("rating stars", (1, 5)),
        ("probability confidence score ratio rate threshold weight opacity", (0, 1)),
        ("width height", (100, 1200)),
        ("timeout delay interval duration", (5, 60)),
        ("timestamp unixtime epoch", (1_735_689_600, 1_798_761_600)),
        ("id number", (1, 9999)),
        ("status", (200, 204)),
        ("temperature", (5, 30)),
    )
    for name in names.split()
}
_COUNTED = frozenset(
    [
        "count",
        "quantity",
        "qty",
        "page",
        "offset",
        "limit",
        "size",
        "id",
        "year",
        "month",
        "day",
        "hour",
        "age",
        "port",
        "number",
        "timestamp",
        "status",
    ]
)
_INT32 = 2**31


@lru_cache(maxsize=2048)
def _known(name: str) -> tuple[tuple[int, int] | None, bool, int]:
    """Return (the usual range, whether whole numbers are usual, 1 or 2 for the start or end of a span)."""
    words = tokens(name)
    found = next((_RANGES[word] for word in [*reversed(words), "".join(words)] if word in _RANGES), None)
    return found, bool(_COUNTED.intersection(words)), half(name)


def number_for(shape: Shape, dice: Dice, name: str, *, wide: bool = False) -> int | float:
    """Return a number that keeps bounds and multiples; ``wide`` allows far larger ones, where small ones are taken.

    Raises:
        Impossible: none does.
    """
    usual, counted, part = _known(next((form for form in shape.formats if form == "unixtime"), name))
    whole = not shape.types & FRACTION or shape.whole or counted
    low, high = _bounds(shape)
    if shape.steps:
        return _multiple(shape, dice, low, high)
    if whole or not shape.types & FRACTION:
        first = (
            None
            if low is None
            else math.floor(low) + 1
            if shape.low_open and low == math.floor(low)
            else math.ceil(low)
        )
        last = (
            None
            if high is None
            else math.ceil(high) - 1
            if shape.high_open and high == math.ceil(high)
            else math.floor(high)
        )
        if first is None or last is None or first <= last:
            return dice.between(*_window(first, last, None if wide else usual, part, 98_000 if wide else 98))
        if not shape.types & FRACTION:
            raise Impossible(f"no whole number lies between {low} and {high}")
    return _fraction(shape, dice, low, high, usual)


def _bounds(shape: Shape) -> tuple[int | float | None, int | float | None]:
    low, high = shape.low, shape.high
    if "int32" in shape.formats:
        low = -_INT32 if low is None else max(low, -_INT32)
        high = _INT32 - 1 if high is None else min(high, _INT32 - 1)
    if (
        low is not None
        and high is not None
        and (low > high or (low == high and (shape.low_open or shape.high_open)))
    ):
        raise Impossible(f"the minimum {low} leaves nothing below the maximum {high}")
    return low, high


def _window(
    low: int | None, high: int | None, usual: tuple[int, int] | None, part: int, span: int = 98
) -> tuple[int, int]:
    """Return where to draw from: the usual range where it overlaps the allowed one, else small numbers above 0."""
    if usual:
        first = usual[0] if low is None else max(usual[0], low)
        last = usual[1] if high is None else min(usual[1], high)
        if first <= last:
            return first, last
    first = (
        low
        if low is not None and low > 0
        else 1
        if high is None or high >= 1
        else 0
        if high == 0
        else high - span
    )
    if low is not None:
        first = max(first, low)
    last = first + span if high is None else min(high, first + span)
    middle = (first + last) // 2
    if part == 1:
        return first, middle
    return (min(middle + 1, last), last) if part == 2 else (first, last)


def _fraction(
    shape: Shape, dice: Dice, low: float | None, high: float | None, usual: tuple[int, int] | None
) -> int | float:
    """Return a number with few decimals strictly inside the bounds where that is possible."""
    first: float
    last: float
    if low is None and high is None:
        first, last = usual or (1, 100)
    elif low is None:
        first, last = min(0.0, high - 100 if high is not None else 0), high if high is not None else 0
    elif high is None:
        first, last = low, low + 100
    else:
        first, last = low, high
        if first < 0 < last:
            first = 0.0
    if usual and first <= usual[0] and usual[1] <= last:
        first, last = usual
    last = min(last, first + 1000)
    share = 0.05 + 0.9 * dice.next()
    point = first + (last - first) * share
    for digits in (2, 4, 8, 16, 300):
        found = round(point, digits) if digits < 300 else point
        if (low is None or found > low) and (high is None or found < high):
            return int(found) if found == int(found) and abs(found) > 2**53 else found
    for bound, is_open in ((low, shape.low_open), (high, shape.high_open)):
        if bound is not None and not is_open:
            return bound
    raise Impossible(f"no number lies between {low} and {high}")


def _multiple(shape: Shape, dice: Dice, low: float | None, high: float | None) -> int | float:
    step = Fraction(1) if not shape.types & FRACTION else Fraction(str(shape.steps[0]))
    for each in shape.steps:
        other = Fraction(str(each))
        step = Fraction(
            math.lcm(step.numerator, other.numerator), math.gcd(step.denominator, other.denominator)
        )
    first = None if low is None else math.ceil(Fraction(str(low)) / step)
    if first is not None and shape.low_open and low is not None and first * step == Fraction(str(low)):
        first += 1
    last = None if high is None else math.floor(Fraction(str(high)) / step)
    if last is not None and shape.high_open and high is not None and last * step == Fraction(str(high)):
        last -= 1
    if first is not None and last is not None and first > last:
        raise Impossible(f"no multiple of {'and '.join(map(str, shape.steps))} lies between {low} and {high}")
    start, end = _window(first, last, None, 0)
    if step < 1:  # cents make small numbers: reach for a few whole ones
        end = max(end, min(start + int(40 / step), end if last is None else last))
    found: int | float = 0
    for _ in range(40):
        exact = dice.between(start, end) * step
        found = int(exact) if exact.denominator == 1 else float(exact)
        if all(_divides(each, found) for each in shape.steps):
            break
    return found


def _divides(step: float, value: float) -> bool:
    """Return whether a validator that divides floats agrees too."""
    if isinstance(step, int) and isinstance(value, int):
        return value % step == 0
    quotient = value / step
    return math.isfinite(quotient) and int(quotient) == quotient
