"""A Turn as server-sent events, in wire order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core import sse
from mockllm_core.frame import Frame
from mockllm_core.jsontext import compact, quote
from mockllm_core.protocols.openai_chat import moderation
from mockllm_core.protocols.openai_chat.values import (
    answered_model,
    answers_legacy,
    call_id,
    completion_id,
    finish_reason,
    has_logprobs_key,
    logprob_entries,
    service_tier,
    system_fingerprint,
    usage,
    visible,
)
from mockllm_core.reply import Opaque, Reasoning, Refusal, Text, ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Choice, Turn
    from mockllm_core.stamp import Stamp

__all__ = ["Envelope", "interleaved", "stream"]

_HOLE = "\0"


def stream(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Frame]:
    """Yield one turn in wire order.

    Each choice is: its role, its deltas, its finish. Several choices take turns, one chunk each. Then
    usage? moderation? [DONE]
    """
    chunk = Envelope(turn, call, stamp)
    if len(turn.choices) == 1:
        for spoken in _spoken(turn, call, stamp, 0):
            yield chunk.frame(spoken)
    else:
        choices = [list(_spoken(turn, call, stamp, index)) for index in range(len(turn.choices))]
        for spoken in interleaved(choices, turn.facts.get("order")):
            yield chunk.frame(spoken)
    if chunk.counts:
        yield chunk.frame("", usage=compact(usage(turn, call)))
    if moderation.wanted(turn, call):
        results = moderation.respell(moderation.results(turn, call, stamp))
        yield chunk.frame("", extra=f'"moderation":{results}')
    yield sse.DONE


def _spoken(turn: Turn, call: Call, stamp: Stamp, index: int) -> Iterator[str]:
    """Yield the choice objects of one choice: role, deltas, finish."""
    choice = turn.choices[index]
    blocks = visible(choice, call)
    say = _Choice(turn, call, stamp, index)
    yield say.delta({"role": "assistant"} | say.opening(blocks), say.no_tokens(blocks[0]))
    nth = 0
    for block in blocks:
        match block:
            case Text() | Refusal():
                yield from say.words(block)
            case ToolCall():
                if len(blocks) > 1:
                    yield say.delta(say.called(block, nth))
                yield from say.arguments(block, nth)
                nth += 1
            case Opaque():
                yield say.delta(block.payload)
            case Reasoning():
                continue
    yield say.finish(choice)


class _Choice:
    """Spells the objects of one choice: ``{"index", "delta", ["logprobs"], "finish_reason"}``."""

    def __init__(self, turn: Turn, call: Call, stamp: Stamp, index: int) -> None:
        self._call = call
        self._stamp = stamp
        self._index = index
        self._key = has_logprobs_key(turn, call)
        self._legacy = answers_legacy(call)

    def delta(self, delta: Json, logprobs: Json = None, finish: str | None = None) -> str:
        return compact(
            {"index": self._index, "delta": delta}
            | ({"logprobs": logprobs} if self._key else {})
            | {"finish_reason": finish}
        )

    def opening(self, blocks: tuple[Block, ...]) -> dict[str, Json]:
        """Return what comes with the role: a single call its header, several calls nothing."""
        first = blocks[0]
        match first:
            case Refusal():
                return {"content": None, "refusal": ""}
            case ToolCall():
                if len(blocks) > 1:
                    return {"content": None}
                return {"content": None} | self.called(first, 0) | {"refusal": None}
            case Text() | Reasoning() | Opaque():
                return {"content": "", "refusal": None}

    def no_tokens(self, first: Block) -> Json:
        """Return the empty log probabilities of the role's chunk."""
        if isinstance(first, Text | Refusal):
            entries = logprob_entries(first, self._call, self._stamp, self._index)
            if entries is not None:
                return _logprobs(first, [])
        return None

    def words(self, block: Text | Refusal) -> Iterator[str]:
        key = "content" if isinstance(block, Text) else "refusal"
        entries = logprob_entries(block, self._call, self._stamp, self._index)
        if entries is not None:
            for piece, tokens in zip(block.pieces, entries, strict=True):
                yield self.delta({key: piece}, _logprobs(block, tokens))
            return
        before, after = _template(self.delta({key: _HOLE}))
        for piece in block.pieces:
            yield before + quote(piece) + after

    def called(self, call: ToolCall, nth: int) -> dict[str, Json]:
        """Return the delta that begins a call."""
        if self._legacy:
            return {"function_call": {"name": call.name, "arguments": ""}}
        head = {"index": nth, "id": call_id(call, self._stamp, self._index, nth)}
        if call.free_text:
            return {"tool_calls": [head | {"type": "custom", "custom": {"name": call.name, "input": ""}}]}
        return {"tool_calls": [head | {"type": "function", "function": {"name": call.name, "arguments": ""}}]}

    def arguments(self, call: ToolCall, nth: int) -> Iterator[str]:
        if self._legacy:
            literal: Json = {"function_call": {"arguments": _HOLE}}
        elif call.free_text:
            literal = {"tool_calls": [{"index": nth, "custom": {"input": _HOLE}}]}
        else:
            literal = {"tool_calls": [{"index": nth, "function": {"arguments": _HOLE}}]}
        before, after = _template(self.delta(literal))
        for piece in call.pieces:
            yield before + quote(piece) + after

    def finish(self, choice: Choice) -> str:
        return self.delta({}, finish=finish_reason(choice.finish, self._call))


class Envelope:
    """Spells chunks: ``{"id", "object", "created", "model", ..., "choices", ["usage"], ["obfuscation"]}``.

    Attributes:
        counts: whether usage was asked for.
    """

    def __init__(self, turn: Turn, call: Call, stamp: Stamp) -> None:
        options = call.body.get("stream_options") or {}
        self.counts = options.get("include_usage") is True
        self._padded = options.get("include_obfuscation") is not False
        self._stamp = stamp
        self._sent = 0
        head = {
            "id": completion_id(stamp),
            "object": "chat.completion.chunk",
            "created": stamp.unix,
            "model": answered_model(turn, call),
            **service_tier(turn, call),
            "system_fingerprint": system_fingerprint(turn, call),
        }
        self._head = compact(head)[:-1] + ',"choices":['
        self._nothing = ',"usage":null' if self.counts else ""

    def frame(self, choice: str, *, extra: str = "", usage: str = "") -> Frame:
        """Return one chunk.

        Its obfuscation is random text that makes the length of the JSON, counted in characters, 1 more than a
        multiple of 16: (-B) mod 16 characters for B characters without the field. Recorded chunks are ASCII; an
        Azure stream with an emoji shows that characters count, not bytes.
        """
        more = f",{extra}" if extra else ""
        counted = f',"usage":{usage}' if usage else self._nothing
        text = f"{self._head}{choice}]{more}{counted}"
        if not self._padded:
            return sse.data(text + "}")
        noise = self._stamp.noise(-(len(text) + 1) % 16, self._sent)
        self._sent += 1
        wire = f'data: {text},"obfuscation":"{noise}"}}\n\n'.encode()
        return Frame("", wire, 6, len(wire) - 2)


def interleaved(choices: Sequence[Sequence[str]], order: Sequence[int] | None = None) -> Iterator[str]:
    """Yield the chunks of several choices as they take turns.

    A choice opens with two chunks (role and first piece), then each gives one a round, and all finish at the
    end. ``order`` is the sequence of choice numbers that a reader noted, where it was another.
    """
    counts = [len(choice) for choice in choices]
    wanted = usual_order(counts) if order is None else order
    positions = [0] * len(choices)
    for index in wanted:
        yield choices[index][positions[index]]
        positions[index] += 1


def usual_order(counts: Sequence[int]) -> list[int]:
    """Return the turns that choices of so many chunks take: [0, 0, 1, 1, 0, 1, ..., 0, 1]."""
    order: list[int] = []
    opened = [min(2, count - 1) for count in counts]
    for index, count in enumerate(opened):
        order += [index] * count
    bodies = [count - 1 - opening for count, opening in zip(counts, opened, strict=True)]
    for turn in range(max(bodies, default=0)):
        order += [index for index, left in enumerate(bodies) if left > turn]
    return order + list(range(len(counts)))


def _logprobs(block: Text | Refusal, tokens: Json) -> dict[str, Json]:
    if isinstance(block, Text):
        return {"content": tokens, "refusal": None}
    return {"content": None, "refusal": tokens}


def _template(text: str) -> tuple[str, str]:
    """Return what stands before and after the hole, a JSON string, in a text that has one."""
    before, _, after = text.partition('"\\u0000"')
    return before, after
