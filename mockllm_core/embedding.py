"""A deterministic embedding: texts that share words, or parts of words, lie near each other.

No model: words and character trigrams are hashed into signed buckets (feature hashing) and the sum is brought to
length 1. The same text gives the same vector on any machine: only sums of whole numbers, one square root and divisions
are used, which IEEE 754 rounds in one way.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from math import sqrt

__all__ = ["embed"]

_WORD = r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+"
"""A run of letters and digits, or one kana or ideograph: those scripts have no spaces."""

_WORD_WEIGHT, _PART_WEIGHT = 4, 1
_SPREAD = 4
"""Buckets a feature falls into; more make chance meetings of two texts matter less."""


def embed(text: str, dimensions: int) -> list[float]:
    """Return a vector of that many numbers (at least 1) and length 1; letters' case does not matter.

    Words count 4 times as much as their trigrams; a text without words is hashed as a whole.

    Raises:
        ValueError: ``dimensions`` is below 1.
    """
    if dimensions < 1:
        raise ValueError(f"an embedding has at least 1 dimension, not {dimensions}")
    sums = [0] * dimensions
    for feature, weight in _features(text).items():
        digest = blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=4 * _SPREAD).digest()
        for at in range(0, 4 * _SPREAD, 4):
            bucket = int.from_bytes(digest[at : at + 4])
            sums[(bucket >> 1) % dimensions] += weight if bucket & 1 else -weight
    norm = sqrt(sum(value * value for value in sums))
    if norm == 0:
        sums[0], norm = 1, 1.0
    return [value / norm for value in sums]


def _features(text: str) -> dict[str, int]:
    """Return each feature with its weight; a word said twice weighs twice."""
    found: dict[str, int] = {}
    words = re.findall(_WORD, text.casefold()) or [text]
    for word in words:
        found[f"={word}"] = found.get(f"={word}", 0) + _WORD_WEIGHT
        padded = f" {word} "
        for at in range(len(padded) - 2):
            part = padded[at : at + 3]
            found[part] = found.get(part, 0) + _PART_WEIGHT
    return found
