"""A Turn as event-stream frames, in wire order.

Every payload is compact JSON with its keys sorted at every level and padding ``p`` in its place among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core import eventstream
from mockllm_core.errors import UnsupportedReply
from mockllm_core.jsontext import quote, sorted_compact
from mockllm_core.protocols.bedrock_converse import parts
from mockllm_core.protocols.bedrock_converse.families import family
from mockllm_core.protocols.bedrock_converse.guardrail import trace
from mockllm_core.protocols.bedrock_converse.usage import usage
from mockllm_core.reply import Opaque, Reasoning, Refusal, Text, ToolCall
from mockllm_core.stamp import ALNUM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Frame, Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Turn
    from mockllm_core.stamp import Stamp

__all__ = ["PADDING", "padding", "stream"]

PADDING = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
"""``p`` is a prefix of this, 2 to 61 characters long, every length about as often."""

_PADDINGS = {char: PADDING[: 2 + nth % 60] for nth, char in enumerate(ALNUM)}


def padding(stamp: Stamp, nth: int) -> str:
    """Return the value of ``p`` for the ``nth`` frame of an answer."""
    return _PADDINGS[stamp.noise(1, nth)]


def stream(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Frame]:
    """Yield one turn in wire order.

    messageStart (contentBlockStart? contentBlockDelta* contentBlockStop)* messageStop metadata

    Only tool calls have a contentBlockStart.
    """
    frames = _Frames(stamp)
    blocks = _blocks(turn, call, stamp)
    yield frames.event("messageStart", {"role": "assistant"})
    for index, block in enumerate(blocks):
        start = _start(block)
        if start is not None:
            yield frames.event("contentBlockStart", {"contentBlockIndex": index, "start": start})
        for delta in _deltas(block, call):
            yield frames.delta(index, delta)
        yield frames.event("contentBlockStop", {"contentBlockIndex": index})
    stop = {"stopReason": parts.stop_reason(turn, call)}
    yield frames.event("messageStop", stop | parts.response_fields(turn, call))
    metadata = {
        "metrics": {"latencyMs": parts.latency(turn, stamp)},
        "usage": usage(turn, call, whole=False),
    }
    yield frames.event("metadata", metadata | parts.echoes(call) | trace(turn, call, stamp))


def _blocks(turn: Turn, call: Call, stamp: Stamp) -> tuple[Block, ...]:
    """Return the blocks as this family streams them: gpt-oss opens with an empty text before its reasoning."""
    blocks = parts.shown(turn, call, stamp)
    if any(isinstance(block, Opaque) and "deltas" not in block.payload for block in blocks):
        raise UnsupportedReply("a block read from a whole answer cannot be streamed")
    if family(call.model).opening and blocks and isinstance(blocks[0], Reasoning):
        return (Text.of(""), *blocks)
    return blocks


def _start(block: Block) -> Json:
    """Return what a block begins with; None for text and reasoning, which only have deltas."""
    match block:
        case ToolCall(name=name, id=identity):
            return {"toolUse": {"name": name, "toolUseId": identity}}
        case Opaque(payload=payload):
            return payload["start"]
        case Text() | Refusal() | Reasoning():
            return None


def _deltas(block: Block, call: Call) -> Iterator[str]:
    """Yield each delta's JSON, spelled from templates: a hole for the text in the middle."""
    match block:
        case Text(pieces=pieces) | Refusal(pieces=pieces):
            for piece in pieces or ("",):
                yield f'{{"text":{quote(piece)}}}'
        case Reasoning(redacted=str(data)):
            yield f'{{"reasoningContent":{{"redactedContent":"{parts.blob(data)}"}}}}'
        case Reasoning(pieces=pieces, signature=signature):
            for piece in pieces:
                yield f'{{"reasoningContent":{{"text":{quote(piece)}}}}}'
            if signature is not None:
                yield f'{{"reasoningContent":{{"signature":{quote(signature)}}}}}'
        case ToolCall(pieces=pieces):
            # Claude opens with an empty piece; a call without arguments has no other
            opens = family(call.model).empty_input
            if opens:
                pieces = ("",) if block.text == "{}" else ("", *pieces)
            for piece in pieces:
                yield f'{{"toolUse":{{"input":{quote(piece)}}}}}'
        case Opaque(payload=payload):
            yield from map(sorted_compact, payload["deltas"])


class _Frames:
    """Number the frames of one answer, for the padding of each."""

    def __init__(self, stamp: Stamp) -> None:
        self._stamp = stamp
        self._sent = 0

    def event(self, name: str, payload: dict[str, Json]) -> Frame:
        padded = payload | {"p": padding(self._stamp, self._sent)}
        self._sent += 1
        return eventstream.event(name, sorted_compact(padded).encode())

    def delta(self, index: int, delta: str) -> Frame:
        """Spell a contentBlockDelta: the same bytes as ``event``, a few times cheaper."""
        filler = padding(self._stamp, self._sent)
        self._sent += 1
        payload = f'{{"contentBlockIndex":{index},"delta":{delta},"p":"{filler}"}}'
        return eventstream.event("contentBlockDelta", payload.encode())
