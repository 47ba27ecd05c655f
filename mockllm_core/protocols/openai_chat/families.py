"""What differs by model family, and which dated snapshot stands behind an alias."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from mockllm_core.stamp import HEX, Stamp

__all__ = ["Family", "family", "fingerprint", "snapshot"]


class Family(NamedTuple):
    """One form of answer.

    Attributes:
        logprobs: a choice has the key ``logprobs``, null when not asked for; else only when asked for.
        fingerprint: ``system_fingerprint`` is a name, not null.
        reasoning: it can reason before it answers, and then takes no ``max_tokens``.
        fixed: it always reasons: no ``logprobs`` and no ``temperature`` but 1 (``gpt-5`` and the o series; later
            families take both while their effort is ``none``).
        eager: it reasons unless its effort is ``none`` (5.5 and later; those before it reason when they are asked to).
        refused: keys that it takes in no case.
        unknown: keys that it does not even know.
        choices: answers that can be asked for at once.
        rivals: tokens whose chances can be asked for beside one that was said.
        search: it searches before it answers, and cites what it found.
    """

    logprobs: bool = True
    fingerprint: bool = True
    reasoning: bool = False
    fixed: bool = False
    eager: bool = False
    refused: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    choices: int = 128
    rivals: int = 20
    search: bool = False


_USUAL = Family()
_REASONING = Family(logprobs=False, fingerprint=False, reasoning=True)
_FIXED = Family(logprobs=False, fingerprint=False, reasoning=True, fixed=True)
_EAGER = Family(logprobs=False, fingerprint=False, reasoning=True, eager=True)

_FAMILIES: tuple[tuple[str, Family], ...] = (
    (r".*-search-(preview|api)", Family(logprobs=False, fingerprint=False, search=True)),
    (r"gpt-3\.5", Family(fingerprint=False)),
    (r"gpt-[5-9][\d.]*-chat", Family(fingerprint=False)),
    # ``stop``: reports of gpt-5, gpt-5-mini, gpt-5.1 and gpt-5.2 (huggingface/smolagents 1662, 1671, 1868, 1893);
    # later ones are told to take it (BerriAI/litellm 28662), but for gpt-5.6
    (r"(gpt-5(-mini|-nano|-pro|-codex)?(-\d|$)|o[34])", _FIXED._replace(refused=("stop",))),
    (r"gpt-5\.[12]", _REASONING._replace(refused=("stop",))),
    (r"o\d", _FIXED),
    (
        # as a public project observed gpt-5.6-terra in August 2026
        r"gpt-5\.6",
        _EAGER._replace(
            refused=("stop", "logit_bias", "prediction"),
            unknown=("audio", "modalities", "web_search_options"),
            choices=8,
            rivals=5,
        ),
    ),
    (r"gpt-(5\.[5-9]|[6-9])", _EAGER),
    (r"gpt-5", _REASONING),
)

_SNAPSHOTS = {
    "gpt-3.5-turbo": "gpt-3.5-turbo-0125",
    "gpt-4": "gpt-4-0613",
    "gpt-4-vision-preview": "gpt-4-1106-vision-preview",
    "gpt-4.1": "gpt-4.1-2025-04-14",
    "gpt-4.1-nano": "gpt-4.1-nano-2025-04-14",
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "gpt-4o-mini-search-preview": "gpt-4o-mini-search-preview-2025-03-11",
    "gpt-4o-search-preview": "gpt-4o-search-preview-2025-03-11",
    "gpt-5": "gpt-5-2025-08-07",
    "gpt-5-nano": "gpt-5-nano-2025-08-07",
}
"""Alias to snapshot, where a recorded answer shows one; other names are repeated as asked for."""


@lru_cache(maxsize=256)
def family(model: str) -> Family:
    """Return the form of a model's answers; a name that is not known answers like gpt-4o."""
    name = model.removeprefix("ft:")
    return next((form for pattern, form in _FAMILIES if re.match(pattern, name)), _USUAL)


def snapshot(model: str) -> str:
    """Return the dated name that the provider answers with."""
    return _SNAPSHOTS.get(model, model)


@lru_cache(maxsize=256)
def fingerprint(model: str) -> str | None:
    """Return ``fp_`` and 10 hex digits, always the same for a model; None for families that have none."""
    if not family(model).fingerprint:
        return None
    from datetime import UTC, datetime

    return Stamp(seed=model.encode("utf-8", "replace"), now=datetime(2026, 1, 1, tzinfo=UTC)).id(
        "fp_", alphabet=HEX, length=10
    )
