"""What differs by model at the same date, and the snapshots that aliases answer as.

A name that no row knows is taken for a model that reasons when it is asked to, with the defaults of one that
does not.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

__all__ = ["SNAPSHOTS", "Family", "family", "snapshot"]


class Family(NamedTuple):
    """The defaults of a line of models.

    Attributes:
        reasons: whether it thinks before it answers; None when nothing is known about it.
        effort: ``reasoning.effort`` when the request names none.
        top_p: ``top_p`` when the request names none.
        retention: ``prompt_cache_retention`` when the request names none.
        phased: whether its messages carry ``phase``.
    """

    reasons: bool | None
    effort: str | None = None
    top_p: float = 1.0
    retention: str | None = "in_memory"
    phased: bool = False


_TABLE = tuple(
    (re.compile(pattern), row)
    for pattern, row in (
        (r"gpt-[\d.]+-chat", Family(reasons=False)),
        (
            r"gpt-(5\.[5-9]|[6-9])",
            Family(reasons=True, effort="medium", top_p=0.98, retention="24h", phased=True),
        ),
        # these cannot be told not to think (their effort "none" is refused)
        (r"gpt-5\.4-pro", Family(reasons=True, effort="medium", top_p=0.98, phased=True)),
        (r"gpt-5\.[1-3]-(codex|pro)", Family(reasons=True, effort="medium", top_p=0.98)),
        (r"gpt-5\.4", Family(reasons=True, effort="none", top_p=0.98, phased=True)),
        (r"gpt-5\.[1-3]", Family(reasons=True, effort="none", top_p=0.98)),
        (r"gpt-5|o\d|codex|computer-use", Family(reasons=True, effort="medium")),
        (r"gpt-[34]|chatgpt-", Family(reasons=False)),
    )
)
_UNKNOWN = Family(reasons=None)

SNAPSHOTS = {
    "gpt-4.1": "gpt-4.1-2025-04-14",
    "gpt-4.1-nano": "gpt-4.1-nano-2025-04-14",
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "gpt-5": "gpt-5-2025-08-07",
    "gpt-5-mini": "gpt-5-mini-2025-08-07",
    "gpt-5-nano": "gpt-5-nano-2025-08-07",
    "gpt-5.4": "gpt-5.4-2026-03-05",
    "gpt-5.5": "gpt-5.5-2026-04-23",
    "o3-mini": "o3-mini-2025-01-31",
}
"""Alias asked for -> snapshot answered, as recorded; every other name is echoed."""


@lru_cache(maxsize=256)
def family(model: str) -> Family:
    """Return the row for a model, alias or snapshot; a fine-tuned one (``ft:gpt-4o:...``) is its base's."""
    name = model.rpartition("/")[2].removeprefix("ft:")
    return next((row for pattern, row in _TABLE if pattern.match(name)), _UNKNOWN)


def snapshot(model: str) -> str:
    """Return the name that the answer carries."""
    return SNAPSHOTS.get(model, model)
