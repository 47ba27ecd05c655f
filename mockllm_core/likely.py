"""Made-up probabilities that can be true together: no token and its rivals are ever more than certain.

A token's own log probability is near 0, as a model's mostly is, and always the highest; its rivals share less than what
it leaves them. Only products and sums are used, which IEEE 754 rounds in one way, so the numbers are the same on any
machine; they are those of a 32-bit float, as the providers' are, and none is so small that its spelling has an exponent.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockllm_core.stamp import Stamp

__all__ = ["OTHERS", "log_chances", "rivals"]

OTHERS = (
    " the",
    " a",
    " I",
    " and",
    " to",
    "The",
    " is",
    " it",
    "\n",
    ",",
    ".",
    " you",
    " in",
    " of",
    "It",
    " that",
    " for",
    "!",
    " we",
    " on",
    "?",
    " this",
)
"""Tokens that a model might have said instead."""

_HALVINGS = 12
_LN_2 = 0.6931471805599453
_SHARE = 1.2
"""``e ** -1.2`` is less than half of ``1 - e ** -1``: what the first rival may have of what is left."""


def log_chances(number: int, stamp: Stamp, *path: object) -> tuple[float, ...]:
    """Return the natural logarithms of the probabilities of a token and its rivals, the highest first.

    The token's is ``-x`` with ``2 ** -k <= x < 2 ** (1 - k)`` for a ``k`` from 1 to 12. So ``1 - e ** -x`` is at least
    ``2 ** -k * (1 - e ** -1)``, and rivals that begin below ``2 ** -k * e ** -1.2`` and halve each time fit into it.

    Args:
        number: of values, at least 1.
        stamp: what they are drawn from.
        path: which token it is.
    """
    drawn = stamp.number(_HALVINGS * 1_000_000, "logprob", *path)
    halvings, rest = 1 + drawn // 1_000_000, drawn % 1_000_000 / 1_000_000
    found = [-(1 + rest) / (1 << halvings)]
    found += [-(_SHARE + rest + _LN_2 * (halvings + place)) for place in range(number - 1)]
    return struct.unpack(f"{number}f", struct.pack(f"{number}f", *found))


def rivals(token: str, number: int, nth: int) -> list[str]:
    """Return so many other tokens for the one in that place."""
    others = [other for other in OTHERS if other != token]
    return [others[(nth + place) % len(others)] for place in range(1, number + 1)]
