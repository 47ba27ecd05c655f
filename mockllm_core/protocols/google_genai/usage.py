"""``usageMetadata``: running counts in a stream, the totals in a whole answer.

Keys stand in the order of their field numbers. ``candidatesTokenCount`` and ``thoughtsTokenCount`` are absent while
zero. Vertex AI says only ``trafficType`` before the last chunk.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mockllm_core import tokens
from mockllm_core.conversation import Media
from mockllm_core.protocols.google_genai.spell import quote, spelled

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.protocols.google_genai.families import Family
    from mockllm_core.protocols.google_genai.options import Options
    from mockllm_core.reply import Turn

__all__ = ["Counter", "details"]

_MODALITY = {"image": "IMAGE", "video": "VIDEO", "audio": "AUDIO", "document": "DOCUMENT"}


def _media(call: Call) -> dict[str, int]:
    """Return the tokens of each kind of media in the prompt."""
    media: dict[str, int] = {}
    for message in call.conversation.messages:
        for part in message.parts:
            if type(part) is Media:
                name = _MODALITY[part.kind]
                media[name] = media.get(name, 0) + tokens.MEDIA_TOKENS[part.kind]
    return media


def details(call: Call, total: int) -> list[Json]:
    """Return ``promptTokensDetails``: the text first, then each kind of media in the prompt."""
    media = _media(call)
    text = total - sum(media.values())
    if not media or text < 0:  # below zero: the counts are a provider's own, not our estimate
        return _modality(total)
    named = ({"TEXT": text} if text else {}) | media
    return [{"modality": name, "tokenCount": count} for name, count in named.items()]


def _modality(count: Json) -> list[Json]:
    return [{"modality": "TEXT", "tokenCount": count}]


_OF_TEXT = tuple(spelled(_modality("\0"), level).replace(quote("\0"), "%d") for level in (None, 2))
"""The details of so many tokens of text, as they stand in a chunk: airy and pretty."""


class Counter:
    """Writes ``usageMetadata`` for one answer: as a value, or as text where no reader noted anything.

    Attributes:
        rises: ``candidatesTokenCount`` rises while the answer is said; 2.0 and Vertex AI count only at the end.
    """

    __slots__ = ("_call", "_fixed", "_form", "_options", "_prompt", "_turn", "_vertex", "rises")

    def __init__(self, turn: Turn, call: Call, form: Family, options: Options, *, vertex: bool) -> None:
        self._turn = turn
        self._call = call
        self._form = form
        self._options = options
        self._vertex = vertex
        self._prompt = ""
        prompt, cached = turn.usage.input_tokens, turn.usage.cache_read
        if options.cached and not cached:
            cached = min(options.cached, prompt)
        self._fixed: tuple[int, int, int] = prompt, cached, turn.facts.get("tool_use", 0) if turn.facts else 0
        self.rises = form.index and not vertex

    def so_far(self, thought: int, said: int, characters: int) -> tuple[int, int]:
        """Return the tokens of the answer and of the thoughts, before the end.

        ``thought`` and ``said`` are the characters of thoughts and of the answer up to here, ``characters`` those
        of the whole answer without its thoughts.
        """
        usage = self._turn.usage
        candidates = 0
        if characters and self.rises:
            candidates = (usage.output_tokens - usage.reasoning) * said // characters
        return candidates, usage.reasoning if said else min(usage.reasoning, tokens.estimate(thought))

    def at_end(self) -> tuple[int, int]:
        """Return the tokens of the answer and of the thoughts, all of them."""
        usage = self._turn.usage
        return usage.output_tokens - usage.reasoning, usage.reasoning

    def running(self, nth: int, chunks: int, thought: int, said: int, characters: int) -> dict[str, Json]:
        """Return the usage of the ``nth`` of so many chunks; the characters as for ``so_far``."""
        noted = self._turn.facts.get("usage")
        if noted is not None and len(noted) == chunks:
            return self._written(noted[nth])
        if nth == chunks - 1:
            return self._written(self._counts(*self.at_end()))
        if self._vertex:
            return self._written({})
        return self._written(self._counts(*self.so_far(thought, said, characters)))

    def total(self) -> dict[str, Json]:
        """Return the usage of the whole answer."""
        return self.running(0, 1, 0, 0, 0)

    def early(self, candidates: int, thoughts: int) -> dict[str, Json]:
        """Return the usage before what tools gave has been read."""
        counts = self._counts(candidates, thoughts)
        if read := counts.pop("toolUsePromptTokenCount", 0):
            counts["totalTokenCount"] -= read
        return self._written(counts)

    def blocked(self) -> dict[str, Json]:
        """Return the usage of a whole answer that lost its content: ``promptTokenCount`` and the total, no candidates.

        Printed so for RECITATION on Gemini 3.1, for prompts that were blocked, and in Vertex AI's documentation.
        """
        return self._written(self._counts(0, self._turn.usage.reasoning))

    def text(self, candidates: int, thoughts: int, *, ends: bool, array: bool) -> str:
        """Return the usage with these counts as it stands in a chunk."""
        return self._filled(
            self._counts(candidates, thoughts) if ends or not self._vertex else {}, array=array
        )

    def around(self, name: str, others: int, *, array: bool) -> tuple[list[str], int]:
        """Return the usage around a count that rises and the total that rises with it, and their difference.

        ``name`` is the count's, ``others`` are the tokens of the other of answer and thoughts. The answer's count
        stands before the total, that of thoughts behind it.
        """
        counts = self._counts(1, others) if name == "candidatesTokenCount" else self._counts(others, 1)
        difference = counts["totalTokenCount"] - 1
        return self._filled(counts | {name: "\0", "totalTokenCount": "\0"}, array=array).split(
            "\0"
        ), difference

    def _filled(self, counts: dict[str, Json], *, array: bool) -> str:
        made = _template(tuple(counts), array, self._vertex, self._form.candidate_details)
        if "promptTokenCount" in counts:
            if not self._prompt:
                total = counts["promptTokenCount"]
                media = _media(self._call)
                self._prompt = (
                    spelled(details(self._call, total), 2 if array else None)
                    if media
                    else _OF_TEXT[array] % total
                )
            counts["prompt"] = self._prompt
        tier = self._options.tier
        if "cachedContentTokenCount" in counts:
            counts["cache"] = spelled(self._cache(counts["cachedContentTokenCount"]), 2 if array else None)
        counts["tier"] = '"standard"' if tier == "standard" else quote(tier)
        return made % counts

    def _counts(self, candidates: int, thoughts: int) -> dict[str, Json]:
        prompt, cached, tool_use = self._fixed
        counts: dict[str, Json] = {}
        if prompt:
            counts["promptTokenCount"] = prompt
        if candidates:
            counts["candidatesTokenCount"] = candidates
        if total := prompt + candidates + thoughts + tool_use:
            counts["totalTokenCount"] = total
        if cached:
            counts["cachedContentTokenCount"] = cached
        if tool_use:
            counts["toolUsePromptTokenCount"] = tool_use
        if thoughts:
            counts["thoughtsTokenCount"] = thoughts
        return counts

    def _cache(self, cached: Json) -> Json:
        """Return ``cacheTokensDetails``: what the cache is made of, where that is known."""
        held = self._options.cache_details
        return held if held and cached == self._options.cached else _modality(cached)

    def _written(self, counts: dict[str, Json]) -> dict[str, Json]:
        facts = self._turn.facts
        noted = dict(facts.get("details", {}))
        if "promptTokenCount" in counts and not noted.get("prompt"):
            noted["prompt"] = details(self._call, counts["promptTokenCount"])
        if "cachedContentTokenCount" in counts and not noted.get("cache"):
            noted["cache"] = self._cache(counts["cachedContentTokenCount"])
        name, value = "serviceTier", facts.get("tier", self._options.tier)
        if self._vertex:
            name, value = "trafficType", facts.get("traffic", "ON_DEMAND")
        return _ordered(
            counts, noted, {name: value}, detailed=self._form.candidate_details or "candidates" in noted
        )


def _ordered(
    counts: dict[str, Json], noted: dict[str, Json], closing: dict[str, Json], *, detailed: bool
) -> dict[str, Json]:
    """Put counts into the wire's order, with their details; those not noted are of text."""
    made: dict[str, Json] = {}
    for name in ("promptTokenCount", "candidatesTokenCount", "totalTokenCount", "cachedContentTokenCount"):
        if name in counts:
            made[name] = counts[name]
    if "trafficType" in closing:
        made |= closing
    if "promptTokenCount" in counts:
        made["promptTokensDetails"] = noted["prompt"]
    if "cachedContentTokenCount" in counts:
        made["cacheTokensDetails"] = noted["cache"]
    # models that draw tell what their tokens are
    if detailed and "candidatesTokenCount" in counts:
        made["candidatesTokensDetails"] = noted.get("candidates") or _modality(counts["candidatesTokenCount"])
    if "toolUsePromptTokenCount" in counts:
        made["toolUsePromptTokenCount"] = counts["toolUsePromptTokenCount"]
        made["toolUsePromptTokensDetails"] = noted.get("tool_use") or _modality(
            counts["toolUsePromptTokenCount"]
        )
    if "thoughtsTokenCount" in counts:
        made["thoughtsTokenCount"] = counts["thoughtsTokenCount"]
    if "serviceTier" in closing:
        made |= closing
    return made


@lru_cache(maxsize=256)
def _template(names: tuple[str, ...], array: bool, vertex: bool, detailed: bool) -> str:  # noqa: FBT001 - lru_cache's key
    """Return the usage as it stands in a chunk, with ``%(name)s`` for each count, the details and the tier."""
    hole = {name: f"\0{name}\0" for name in (*names, "prompt", "cache", "tier")}
    counts = {name: hole[name] for name in names}
    closing = {"trafficType": "ON_DEMAND"} if vertex else {"serviceTier": hole["tier"]}
    made = _ordered(counts, hole, closing, detailed=detailed)
    text = spelled(made, 1 if array else None).replace("%", "%%")
    for name, value in hole.items():
        text = text.replace(quote(value), f"%({name})s")
    return text
