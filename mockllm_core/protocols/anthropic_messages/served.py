"""How a request asks to be served: where, and how fast."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockllm_core.protocols.anthropic_messages.families import family, spoken

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["pace", "unserved"]

_SLOWED = re.compile(r"opus-4[-.]6")
"""Fast until 29 June 2026; since then it is served at the usual pace without a word."""


def unserved(body: dict[str, Json], model: str) -> str:
    """Return the provider's complaint of a place that there is not, or of a pace that the model does not have.

    The sentence about ``speed`` stands in public reports of 2026 (NousResearch/hermes-agent 19517 and 82348).
    """
    if body.get("inference_geo") not in (None, "global", "us"):
        return "inference_geo: must be one of ['global', 'us']"
    if body.get("speed") == "fast" and not family(model).fast and not _SLOWED.search(model):
        return f"'{spoken(model)}' does not support the `speed` parameter."
    return ""


def pace(speed: str, model: str) -> str:
    """Return the speed that a request is served with."""
    return "standard" if _SLOWED.search(model) else speed
