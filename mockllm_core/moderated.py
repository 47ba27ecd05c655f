"""What OpenAI's moderation says of a text beside an answer; both of its APIs tell it, each in a frame of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.stamp import Stamp

__all__ = ["result"]

_CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "sexual",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm/intent",
    "self-harm/instructions",
    "self-harm",
    "sexual/minors",
    "violence",
    "violence/graphic",
)


def result(model: str, stamp: Stamp, side: str) -> dict[str, Json]:
    """Return the result for ``input`` or ``output``: nothing is flagged, all scores are small."""
    scores = {name: _score(stamp.number(10**6, "moderation", side, name) / 10**6) for name in _CATEGORIES}
    return {
        "type": "moderation_result",
        "model": model,
        "flagged": False,
        "categories": dict.fromkeys(_CATEGORIES, False),
        "category_scores": scores,
        "category_applied_input_types": {name: ["text"] for name in _CATEGORIES},
    }


def _score(chance: float) -> float:
    """Return a small score: mostly a few millionths, at most 0.004; products, so the same on any machine."""
    return chance * chance * chance * chance * chance * chance * 0.004 + 1.9333584585546466e-7
