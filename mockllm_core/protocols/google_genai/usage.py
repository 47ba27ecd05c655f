"""``usageMetadata``: running counts in a stream, the totals in a whole answer.

Keys stand in the order of their field numbers. ``candidatesTokenCount`` and ``thoughtsTokenCount`` are absent while
zero. Vertex AI says only ``trafficType`` before the last chunk.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockllm_core import tokens
from mockllm_core.conversation import Media

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.protocols.google_genai.families import Family
    from mockllm_core.protocols.google_genai.options import Options
    from mockllm_core.reply import Turn

__all__ = ["CACHED_TOKENS", "Counter", "details"]

CACHED_TOKENS = 2048
"""What named cached content counts as: its content is not here to be counted, and a real cache is not smaller."""

_MODALITY = {"image": "IMAGE", "video": "VIDEO", "audio": "AUDIO", "document": "DOCUMENT"}


def details(call: Call, total: int) -> list[Json]:
    """Return ``promptTokensDetails``: the text first, then each kind of media in the prompt."""
    media: dict[str, int] = {}
    for message in call.conversation.messages:
        for part in message.parts:
            if isinstance(part, Media):
                name = _MODALITY[part.kind]
                media[name] = media.get(name, 0) + tokens.MEDIA_TOKENS[part.kind]
    text = total - sum(media.values())
    if text < 0:  # the counts are a provider's own, not our estimate
        return _modality(total)
    named = ({"TEXT": text} if text or not media else {}) | media
    return [{"modality": name, "tokenCount": count} for name, count in named.items()]


def _modality(count: int) -> list[Json]:
    return [{"modality": "TEXT", "tokenCount": count}]


@dataclass(frozen=True, slots=True)
class Counter:
    """Writes ``usageMetadata`` for one answer."""

    turn: Turn
    call: Call
    form: Family
    options: Options
    vertex: bool
    _made: dict[tuple[int, int], dict[str, Json]] = field(default_factory=dict, repr=False, compare=False)

    def running(self, nth: int, chunks: int, thought: int, said: int, characters: int) -> dict[str, Json]:
        """Return the usage of the ``nth`` of so many chunks.

        ``thought`` and ``said`` are the characters of thoughts and of the answer up to here, ``characters`` those
        of the whole answer without its thoughts.
        """
        noted = self.turn.facts.get("usage")
        if noted is not None and len(noted) == chunks:
            return self._written(noted[nth])
        last = nth == chunks - 1
        if self.vertex and not last:
            return self._written({})
        usage = self.turn.usage
        candidates = usage.output_tokens - usage.reasoning
        if not last and not self.form.index:
            candidates = 0  # 2.0 counts only at the end
        elif not last:
            candidates = candidates * said // characters if characters else 0
        thoughts = usage.reasoning if last or said else min(usage.reasoning, tokens.estimate(thought))
        key = candidates, thoughts
        if key not in self._made:  # many chunks in a row have the same counts
            self._made[key] = self._written(self._counts(candidates, thoughts))
        return self._made[key]

    def total(self) -> dict[str, Json]:
        """Return the usage of the whole answer."""
        noted = self.turn.facts.get("usage")
        if noted is not None and len(noted) == 1:
            return self._written(noted[0])
        usage = self.turn.usage
        return self._written(self._counts(usage.output_tokens - usage.reasoning, usage.reasoning))

    def _counts(self, candidates: int, thoughts: int) -> dict[str, int]:
        usage = self.turn.usage
        cached, prompt = usage.cache_read, usage.input_tokens
        if self.options.cached and not cached:
            cached, prompt = CACHED_TOKENS, prompt + CACHED_TOKENS
        tool_use = self.turn.facts.get("tool_use", 0)
        counts = {
            "promptTokenCount": prompt,
            "candidatesTokenCount": candidates,
            "totalTokenCount": prompt + candidates + thoughts + tool_use,
            "cachedContentTokenCount": cached,
            "toolUsePromptTokenCount": tool_use,
            "thoughtsTokenCount": thoughts,
        }
        return {name: count for name, count in counts.items() if count}

    def _written(self, counts: dict[str, int]) -> dict[str, Json]:
        """Put counts into the wire's order, with their details."""
        made: dict[str, Json] = {}
        for name in (
            "promptTokenCount",
            "candidatesTokenCount",
            "totalTokenCount",
            "cachedContentTokenCount",
        ):
            if name in counts:
                made[name] = counts[name]
        if self.vertex:
            made["trafficType"] = self.turn.facts.get("traffic", "ON_DEMAND")
        noted: Json = self.turn.facts.get("details", {})
        if "promptTokenCount" in counts:
            prompt = counts["promptTokenCount"]
            made["promptTokensDetails"] = noted.get("prompt") or details(self.call, prompt)
        if "cachedContentTokenCount" in counts:
            made["cacheTokensDetails"] = noted.get("cache") or _modality(counts["cachedContentTokenCount"])
        # models that draw tell what their tokens are
        detailed = self.form.candidate_details or "candidates" in noted
        if detailed and "candidatesTokenCount" in counts:
            made["candidatesTokensDetails"] = noted.get("candidates") or _modality(
                counts["candidatesTokenCount"]
            )
        if "toolUsePromptTokenCount" in counts:
            made["toolUsePromptTokenCount"] = counts["toolUsePromptTokenCount"]
            made["toolUsePromptTokensDetails"] = noted.get("tool_use") or _modality(
                counts["toolUsePromptTokenCount"]
            )
        if "thoughtsTokenCount" in counts:
            made["thoughtsTokenCount"] = counts["thoughtsTokenCount"]
        if not self.vertex:
            made["serviceTier"] = self.turn.facts.get("tier", self.options.tier)
        return made
