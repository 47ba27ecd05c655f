"""What differs by model at the same date: one table of versions, one of aliases.

Sources: the recordings of each family; for the aliases the provider's list of models.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from mockllm_core.jsontext import quote

__all__ = ["ALIASES", "MODELS", "Family", "Model", "family", "limit", "quoted", "spoken", "version"]


class Family(NamedTuple):
    """How one family of models spells its answers.

    Attributes:
        caller: a tool call names its caller (4.5 and later).
        geo: ``inference_geo`` of a request that does not ask for one.
        details: usage tells the thinking tokens even when nothing was thought (4.7 and later).
        hollow: an empty thinking delta stands before the signature.
        omits: thoughts are kept back unless ``display`` asks for them (4.7 and later).
        prefill: a last turn of the assistant is continued (before 4.6).
        adaptive: it can be asked to think as much as it chooses (4.6 and later).
        always: no call can be forced (5.1 and later).
        off: the type of ``thinking`` that turns it off, ``""`` where nothing does: Sonnet 5.5 knows ``between_tools`` alone,
            as no other model does (all were asked on 29 September 2026); Haiku 5.5 can be turned off as of old, the Fable
            line and the rest of 5.1 and later cannot (probed in October).
        samples: how many of ``temperature`` and ``top_p`` it takes: both, one of them (4.1 to 4.6) or none (4.7 and
            later, which take a temperature of 1 only and no ``top_k``).
        effort: it takes ``output_config.effort`` at all (Opus 4.5, and all of 4.6 and later).
        fast: it takes ``speed: fast`` (of those that are known, Opus 4.8 and later).
        systems: a system message may stand in the middle of a conversation (4.8 and later).
        efforts: levels of it that it takes; empty when that is not known.
    """

    caller: bool = False
    geo: str = "not_available"
    details: bool = False
    hollow: bool = False
    omits: bool = False
    prefill: bool = True
    adaptive: bool = True
    always: bool = False
    off: str = "disabled"
    samples: int = 2
    effort: bool = True
    fast: bool = True
    systems: bool = True
    efforts: tuple[str, ...] = ()


class Model(NamedTuple):
    """One entry of the list of models.

    Attributes:
        id: its name in requests.
        name: its name for people.
        created: its release, RFC 3339; the epoch where it is not known, as the provider's reference has it.
        reads: most tokens of a prompt.
        writes: most tokens of an answer.
    """

    id: str
    name: str
    created: str
    reads: int
    writes: int


MODELS = (
    Model("claude-sonnet-5", "Claude Sonnet 5", "2026-06-29T00:00:00Z", 1_000_000, 128_000),
    Model("claude-opus-4-8", "Claude Opus 4.8", "1970-01-01T00:00:00Z", 1_000_000, 128_000),
    Model("claude-opus-4-7", "Claude Opus 4.7", "2026-04-14T00:00:00Z", 1_000_000, 128_000),
    Model("claude-sonnet-4-6", "Claude Sonnet 4.6", "2026-02-17T00:00:00Z", 1_000_000, 128_000),
    Model("claude-opus-4-6", "Claude Opus 4.6", "2026-02-04T00:00:00Z", 1_000_000, 128_000),
    Model("claude-opus-4-5-20251101", "Claude Opus 4.5", "2025-11-24T00:00:00Z", 200_000, 64_000),
    Model("claude-haiku-4-5-20251001", "Claude Haiku 4.5", "2025-10-15T00:00:00Z", 200_000, 64_000),
    Model("claude-sonnet-4-5-20250929", "Claude Sonnet 4.5", "2025-09-29T00:00:00Z", 200_000, 64_000),
)
"""What the list of models shows, newest first."""

ALIASES = {
    "claude-3-5-haiku-latest": "claude-3-5-haiku-20241022",
    "claude-3-5-sonnet-latest": "claude-3-5-sonnet-20241022",
    "claude-3-7-sonnet-latest": "claude-3-7-sonnet-20250219",
    "claude-haiku-4-5": "claude-haiku-4-5-20251001",
    "claude-instant-v1": "claude-instant-1.2",
    "claude-opus-4-5": "claude-opus-4-5-20251101",
    "claude-sonnet-4-5": "claude-sonnet-4-5-20250929",
    "claude-v2": "claude-2.0",
    "claude-v2:1": "claude-2.1",
}
"""A name that stands for a dated snapshot; answers name the snapshot. Later models have no date."""

_VERSION = re.compile(r"claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2})(?!\d))?(?!\d)")
_REGION = re.compile(r"^(?:[a-z]{2,6}\.)?anthropic\.")
_REVISION = re.compile(r"-v\d+(?::\d+)?$")


@lru_cache(maxsize=512)
def version(model: str) -> tuple[int, int]:
    """Return the version in a model's name; ``(0, 0)`` where there is none.

    >>> version("us.anthropic.claude-opus-4-8"), version("claude-sonnet-4-20250514"), version("mine")
    ((4, 8), (4, 0), (0, 0))
    """
    found = _VERSION.search(model)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)


@lru_cache(maxsize=512)
def family(model: str) -> Family:
    """Return the form of a model's answers; a name that is no Claude's gets that of 4.6 with prefill."""
    number = version(model)
    if number == (0, 0):
        return Family(caller=True, geo="global")
    return Family(
        caller=number >= (4, 5),
        geo="global" if number >= (4, 6) else "not_available",
        details=number >= (4, 7),
        hollow="haiku-4-5" in model or "opus-4-6" in model,
        omits=number >= (4, 7),
        prefill=number < (4, 6),
        adaptive=number >= (4, 6),
        always=number >= (5, 1),
        off=_off(model, number),
        samples=2 if number < (4, 1) else 1 if number < (4, 7) else 0,
        effort=number >= (4, 6) or "opus-4-5" in model,
        fast=number >= (4, 8) and "opus" in model,
        systems=number >= (4, 8),
        efforts=("high", "low", "max", "medium") if number == (4, 6) else (),
    )


def _off(model: str, version: tuple[int, int]) -> str:
    if "sonnet" in model and version >= (5, 5):
        return "between_tools"
    return "" if "fable" in model or (version >= (5, 1) and "haiku" not in model) else "disabled"


@lru_cache(maxsize=512)
def spoken(model: str) -> str:
    """Return the name that an answer gives the model.

    >>> spoken("us.anthropic.claude-3-5-sonnet-20240620-v1:0"), spoken("claude-sonnet-4-5@20250929")
    ('claude-3-5-sonnet-20240620', 'claude-sonnet-4-5-20250929')
    """
    name = model.rpartition("/")[2] if "anthropic." in model else model
    if "anthropic." in name:
        name = _REGION.sub("", name)
        name = name if name in ALIASES else _REVISION.sub("", name)
    name = name.replace("@default", "").replace("@", "-")
    return ALIASES.get(name, name)


_WRITES = {
    "claude-3-haiku-20240307": 4_096,
    "claude-3-opus-20240229": 4_096,
    "claude-opus-4-1-20250805": 32_000,
    "claude-sonnet-4-20250514": 64_000,
    **{model.id: model.writes for model in MODELS},
}
"""Most tokens of an answer: the list of models, and for older ones what public reports of the refusal name."""


@lru_cache(maxsize=512)
def limit(model: str) -> int:
    """Return the most tokens that a model may be asked for; 0 when that is not known."""
    return _WRITES.get(spoken(model), 0)


@lru_cache(maxsize=512)
def quoted(model: str) -> str:
    """Return ``spoken`` as a JSON string."""
    return quote(spoken(model))
