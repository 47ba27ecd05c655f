"""Chance that is the same on every machine and in every Python release."""

from __future__ import annotations

from hashlib import blake2b
from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Dice"]

_T = TypeVar("_T")


class Dice:
    """Draws from a private generator; only ``Random.random`` is used, whose sequence Python promises to keep."""

    __slots__ = ("next",)

    def __init__(self, *parts: str) -> None:
        digest = blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
        self.next = Random(int.from_bytes(digest)).random  # noqa: S311 - mock values, not secrets

    def below(self, limit: int) -> int:
        """Return an integer from 0 up to, not including, ``limit``; 0 where that is empty."""
        return int(self.next() * limit)

    def between(self, low: int, high: int) -> int:
        """Return an integer from ``low`` to ``high``, both included."""
        return low + int(self.next() * (high - low + 1))

    def chance(self, share: float) -> bool:
        """Return True in ``share`` (0 to 1) of the calls."""
        return self.next() < share

    def pick(self, choices: Sequence[_T]) -> _T:
        """Return one of the choices, of which there is at least one."""
        return choices[int(self.next() * len(choices))]
