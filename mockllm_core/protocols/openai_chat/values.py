"""What streams and whole answers share: names, ids, usage, finish reasons, log probabilities."""

from __future__ import annotations

from binascii import b2a_base64
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core import likely, tokens
from mockllm_core.conversation import Media
from mockllm_core.jsontext import compact, float32
from mockllm_core.prompt_cache import counts_writes
from mockllm_core.protocols.openai_chat.families import family, fingerprint, snapshot
from mockllm_core.reply import Opaque, Reasoning, Text, ToolCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Choice, Finish, Refusal, Turn
    from mockllm_core.stamp import Stamp

__all__ = [
    "AZURE",
    "EPOCH",
    "FINISH",
    "Backend",
    "answers_legacy",
    "asks_logprobs",
    "backend",
    "call_id",
    "checkpoint",
    "completion_id",
    "finish_reason",
    "logprob_entries",
    "usage",
    "usage_text",
    "visible",
]

AZURE = "azure"
"""The form of a call that Azure answers."""
EPOCH = 1_576_800_000
"""Ids begin with the seconds since this time, in base 62: every recorded id agrees with its ``created``."""

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

FINISH = {"stop": "stop", "length": "length", "content_filter": "content_filter", "tool_call": "tool_calls"}

_TIERS = {"flex": "flex", "priority": "priority", "fast": "priority", "scale": "scale"}
"""Asked for to served; ``fast`` is shown as ``priority``, anything else as ``default``."""

_NO_LETTERS = b"+/=\n"
"""What base64 writes beside letters and digits."""


class Backend(NamedTuple):
    """What answers.

    Attributes:
        model: the dated snapshot.
        tier: the tier that serves the request.
        fingerprint: the backend's name, or None.
        logprobs: choices have the key ``logprobs`` even when nobody asks for them.
    """

    model: str
    tier: str
    fingerprint: str | None
    logprobs: bool


def backend(turn: Turn, call: Call) -> Backend:
    """Return what answers: the usual one for the request, or the one that a reader noted."""
    usual = _usual(call.model, call.form, call.body.get("service_tier"))
    facts = turn.facts
    if not facts:
        return usual
    model = str(facts.get("model") or usual.model)
    tier = str(facts.get("service_tier") or usual.tier)
    name = facts["system_fingerprint"] if "system_fingerprint" in facts else fingerprint(model)
    return Backend(model, tier, name, family(model).logprobs or call.form == AZURE)


@lru_cache(maxsize=256)
def _usual(asked: str, form: str, tier: str | None) -> Backend:
    model = snapshot(asked)
    # Azure's choices have the key whatever the model is
    logprobs = family(model).logprobs or form == AZURE
    return Backend(model, _TIERS.get(str(tier), "default"), fingerprint(model), logprobs)


def completion_id(stamp: Stamp, prefix: str = "chatcmpl-") -> str:
    """Return the prefix and 29 of A-Z, a-z, 0-9, of which the first 5 tell the time (see EPOCH)."""
    return f"{prefix}{_digits(stamp.unix)}{b2a_base64(stamp.drawn[32:]).translate(None, _NO_LETTERS)[:24].decode()}"


@lru_cache(maxsize=16)
def _digits(unix: int) -> str:
    seconds = max(0, unix - EPOCH)
    digits = ""
    while seconds:
        seconds, digit = divmod(seconds, 62)
        digits = _BASE62[digit] + digits
    return digits.rjust(5, "0")


def call_id(call: ToolCall, stamp: Stamp, choice: int, nth: int) -> str:
    """Return a tool call's id: ``call_`` and 24 of A-Z, a-z, 0-9."""
    return call.id or stamp.id("call_", choice, nth)


def visible(choice: Choice, call: Call) -> tuple[Block, ...]:
    """Return what this API shows: all but reasoning, which it only counts. An answer with nothing is empty text.

    A ``function_call`` of the old kind is one at most. A model that searches cites a page for all it says.
    """
    blocks = choice.blocks
    searches = family(call.model).search
    if len(blocks) == 1 and not searches and not isinstance(blocks[0], Reasoning):
        return blocks
    kinds = {*map(type, blocks)}
    if Reasoning in kinds:
        blocks = tuple([block for block in blocks if not isinstance(block, Reasoning)])
    if answers_legacy(call):
        at = next((nth for nth, block in enumerate(blocks) if isinstance(block, ToolCall)), len(blocks))
        later = tuple(block for block in blocks[at + 1 :] if not isinstance(block, ToolCall))
        blocks = (*blocks[: at + 1], *later)
    if searches and Text in kinds and Opaque not in kinds:
        blocks = (*blocks, _citation(blocks))
    return blocks or (Text(pieces=()),)


def _citation(blocks: tuple[Block, ...]) -> Opaque:
    """Return the annotation of an answer, as https://platform.openai.com/docs/guides/tools-web-search shows it."""
    length = sum(len(block.text) for block in blocks if isinstance(block, Text))
    found = {
        "end_index": length,
        "start_index": 0,
        "title": "Example Domain",
        "url": "https://example.com/?utm_source=openai",
    }
    annotations = [{"type": "url_citation", "url_citation": found}]
    return Opaque(protocol="openai-chat", payload={"annotations": annotations})


def answers_legacy(call: Call) -> bool:
    """Tell whether the request uses ``functions``, so that a call is a ``function_call``."""
    return bool(call.body.get("functions")) and not call.body.get("tools")


def finish_reason(finish: Finish, call: Call) -> str:
    """Return the word for why it ended.

    Forcing one named tool ends with ``stop``:
    https://platform.openai.com/docs/guides/function-calling (a tool demanded with ``required`` does not).
    """
    if finish.reason != "tool_call":
        return FINISH[finish.reason]
    if call.conversation.tool_choice.mode == "tool":
        return "stop"
    return "function_call" if answers_legacy(call) else "tool_calls"


def usage(turn: Turn, call: Call) -> dict[str, Json]:
    """Return the token counts: every field always, zeros too.

    From gpt-5.6 on writes to the cache are told, too. Azure's answers have them, their keys sorted (September 2026);
    where they stand in OpenAI's own is not recorded.
    """
    facts = turn.facts.get("usage") or {}
    spelled = _usage(_counts(turn, call))
    if counts_writes(call.model):
        spelled["prompt_tokens_details"]["cache_write_tokens"] = turn.usage.cache_write
    for details in ("prompt_tokens_details", "completion_tokens_details"):
        spelled[details] |= facts.get(details, {})
    return spelled


def usage_text(turn: Turn, call: Call) -> str:
    """Return ``usage`` as compact JSON."""
    if (turn.facts and turn.facts.get("usage")) or counts_writes(call.model):
        return compact(usage(turn, call))
    return _usage_template() % _counts(turn, call)


def checkpoint(turn: Turn, stamp: Stamp) -> dict[str, int]:
    """Return how long the answer took where, in milliseconds, as Azure tells it.

    As answers of May to August 2026 have it: the last token comes one time between tokens (``tbt``) later for each
    token, and what the user sees is the service's time without what came before the engine.
    """
    draw, later = stamp.number, max(turn.usage.output_tokens - 1, 0)
    before, between, first = 40 + draw(80, "before"), 3 + draw(10, "between"), 25 + draw(90, "engine")
    seen = first + 40 + draw(200, "seen")
    last = between * later
    return {
        "engine_tbt_ms": between,
        "engine_ttft_ms": first,
        "engine_ttlt_ms": first + last,
        "pre_inference_ms": before,
        "service_tbt_ms": between + 1,
        "service_ttft_ms": seen + before,
        "service_ttlt_ms": seen + before + last + later,
        "total_duration_ms": seen + last + later + draw(12, "total"),
        "user_visible_ttft_ms": seen,
    }


def _usage(counts: Sequence[Json]) -> dict[str, Json]:
    prompt, output, total, cached, audio, reasoning, accepted, rejected = counts
    return {
        "prompt_tokens": prompt,
        "completion_tokens": output,
        "total_tokens": total,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": audio},
        "completion_tokens_details": {
            "reasoning_tokens": reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": accepted,
            "rejected_prediction_tokens": rejected,
        },
    }


@lru_cache(maxsize=1)
def _usage_template() -> str:
    return compact(_usage(["%d"] * 8)).replace('"%d"', "%d")


def _counts(turn: Turn, call: Call) -> tuple[int, int, int, int, int, int, int, int]:
    """Return the counts in wire order."""
    counts = turn.usage
    accepted = rejected = 0
    if call.body.get("prediction") and not turn.facts.get("usage"):
        accepted, rejected = _predicted(turn, call.body)
    output = counts.output_tokens + rejected
    total = counts.input_tokens + output
    audio = _heard(call) if counts.input_tokens >= tokens.MEDIA_TOKENS["audio"] else 0
    audio = min(audio, counts.input_tokens)
    return counts.input_tokens, output, total, counts.cache_read, audio, counts.reasoning, accepted, rejected


def _heard(call: Call) -> int:
    """Return the tokens of the request that are sound: an answer of ``gpt-4o-audio-preview`` told 69 of 81."""
    parts = (part for message in call.conversation.messages for part in message.parts)
    return tokens.MEDIA_TOKENS["audio"] * sum(
        isinstance(part, Media) and part.kind == "audio" for part in parts
    )


def _predicted(turn: Turn, body: Json) -> tuple[int, int]:
    """Return the tokens of a ``prediction`` that the answer begins with, and those of the rest."""
    content = (body.get("prediction") or {}).get("content")
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    if not content:
        return 0, 0
    said = "".join(block.text for block in turn.blocks if isinstance(block, Text))
    same = next(
        (at for at, (one, other) in enumerate(zip(said, content, strict=False)) if one != other), None
    )
    length = min(len(said), len(content)) if same is None else same
    accepted = length // tokens.CHARS_PER_TOKEN
    return accepted, tokens.estimate(len(content)) - accepted


# -- log probabilities ------------------------------------------------------------------------------------------


def asks_logprobs(call: Call) -> bool:
    """Tell whether the request asks for log probabilities."""
    return call.body.get("logprobs") is True


def logprob_entries(block: Text | Refusal, call: Call, stamp: Stamp, choice: int) -> tuple[Json, ...] | None:
    """Return, for each piece, the list of its tokens with their probabilities; None when not asked for.

    A piece counts as one token. The values are made up: negative, mostly near 0, the chosen token the likeliest.
    """
    if block.logprobs is not None:
        return block.logprobs
    if not asks_logprobs(call):
        return None
    width = call.body.get("top_logprobs") or 0
    return tuple([_entry(piece, width, stamp, choice, nth)] for nth, piece in enumerate(block.pieces))


def _entry(token: str, width: int, stamp: Stamp, choice: int, nth: int) -> dict[str, Json]:
    said, *others = likely.log_chances(max(width, 1), stamp, choice, nth)
    own = _candidate(token, said)
    rest = map(_candidate, likely.rivals(token, len(others), nth), others)
    return own | {"top_logprobs": [own, *rest] if width else []}


def _candidate(token: str, logprob: float) -> dict[str, Json]:
    return {
        "token": token,
        "logprob": float32(logprob),
        "bytes": list(token.encode("utf-8", "surrogatepass")),
    }
