"""A Turn as event-stream frames, in wire order.

Every payload is compact JSON with its keys sorted at every level and padding ``p`` in its place among them.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core import eventstream
from mockllm_core.errors import UnsupportedReply
from mockllm_core.jsontext import compact, quote, quotes, sorted_compact
from mockllm_core.protocols.bedrock_converse import parts
from mockllm_core.protocols.bedrock_converse.errors import broken_call, exception
from mockllm_core.protocols.bedrock_converse.families import family
from mockllm_core.protocols.bedrock_converse.guardrail import trace
from mockllm_core.protocols.bedrock_converse.usage import usage
from mockllm_core.reply import Opaque, Reasoning, Refusal, Text, ToolCall
from mockllm_core.stamp import ALNUM

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockllm_core.frame import Frame, Json, Run
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Turn
    from mockllm_core.stamp import Stamp

__all__ = ["PADDING", "PADDINGS", "padding", "stream"]

PADDING = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
"""``p`` is a prefix of this, 2 to 61 characters long, every length about as often."""

PADDINGS = {char: PADDING[: 2 + nth % 60] for nth, char in enumerate(ALNUM)}
"""The value of ``p`` by the letter that is drawn for a frame."""
_TOGETHER = 512
"""Deltas spelled at a time: a long answer is made as it is sent."""


def padding(stamp: Stamp, nth: int) -> str:
    """Return the value of ``p`` for the ``nth`` frame of an answer."""
    return PADDINGS[stamp.letters(1, nth)]


def stream(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Frame | Run]:
    """Yield one turn in wire order.

    messageStart (contentBlockStart? contentBlockDelta* contentBlockStop)* messageStop metadata

    Only tool calls, and what a system tool gave, have a contentBlockStart. An exception ends the stream where Nova was about to call a tool.
    """
    blocks = [_block(block, call) for block in _blocks(turn, call, stamp)]
    broken = broken_call(turn, call)
    if broken is not None:
        del blocks[-1]
    frames = _Frames(stamp.letters(_count(blocks)))
    frames.same("messageStart", '{"p":"', '","role":"assistant"}')
    for index, (start, deltas) in enumerate(blocks):
        if start:
            frames.event("contentBlockStart", f'{{"contentBlockIndex":{index},"p":"', f'","start":{start}}}')
        for kind, texts in deltas:
            for first in range(0, len(texts), _TOGETHER):
                frames.deltas(index, kind, texts[first : first + _TOGETHER])
                if len(texts) > _TOGETHER:
                    yield frames.run()
        frames.same("contentBlockStop", f'{{"contentBlockIndex":{index},"p":"', '"}')
    if broken is not None:
        yield frames.run()
        yield exception(broken, "modelStreamErrorException")
        return
    rare = parts.unusual(turn, call)
    fields = parts.response_fields(turn, call) if rare else None
    reason = f'","stopReason":"{parts.stop_reason(turn, call)}"}}'
    if fields:
        frames.event("messageStop", f'{{{sorted_compact(fields)[1:-1]},"p":"', reason)
    else:
        frames.same("messageStop", '{"p":"', reason)
    told = parts.echoes(call) | trace(turn, call, stamp) if rare else None
    more = f",{sorted_compact(told)[1:-1]}" if told else ""
    metrics = f'{{"metrics":{{"latencyMs":{parts.latency(turn, stamp)}}},"p":"'
    frames.event("metadata", metrics, f'"{more},"usage":{usage(turn, call, whole=False)}}}')
    yield frames.run()


def _blocks(turn: Turn, call: Call, stamp: Stamp) -> Sequence[Block]:
    """Return the blocks as this family streams them: gpt-oss opens with an empty text before its reasoning."""
    blocks = parts.shown(turn, call, stamp)
    if blocks and isinstance(blocks[0], Reasoning) and family(call.model).opening:
        return (Text.of(""), *blocks)
    return blocks


class _Kind(NamedTuple):
    """What stands around the text of a delta."""

    before: str
    after: str


_TEXT = _Kind('{"text":', "}")
_THOUGHT = _Kind('{"reasoningContent":{"text":', "}}")
_SIGNATURE = _Kind('{"reasoningContent":{"signature":', "}}")
_REDACTED = _Kind('{"reasoningContent":{"redactedContent":', "}}")
_INPUT = _Kind('{"toolUse":{"input":', "}}")
_SPELLED = _Kind("", "")
"""The text is the delta's JSON already."""


def _block(block: Block, call: Call) -> tuple[str, Sequence[tuple[_Kind, Sequence[str]]]]:
    """Return the JSON that a block begins with, ``""`` where it has only deltas, and these, those of a kind together."""
    if isinstance(block, Text | Refusal):
        return "", ((_TEXT, block.pieces or ("",)),)
    if isinstance(block, ToolCall):
        pieces = block.pieces
        # Claude opens with an empty piece; a call without arguments has no other
        if family(call.model).empty_input:
            pieces = ("",) if block.text == "{}" else ("", *pieces)
        # so Nova 2, where a system tool is offered, too
        kind = ',"type":"tool_use"' if call.conversation.hosted else ""
        start = f'{{"toolUse":{{"name":{quote(block.name)},"toolUseId":{quote(block.id or "")}{kind}}}}}'
        return start, ((_INPUT, pieces),)
    if isinstance(block, Opaque):
        if "deltas" not in block.payload:
            raise UnsupportedReply("a block read from a whole answer cannot be streamed")
        begun = block.payload["start"]
        deltas = [_delta(delta) for delta in block.payload["deltas"]]
        return "" if begun is None else sorted_compact(begun), ((_SPELLED, deltas),)
    if block.redacted is not None:
        return "", ((_REDACTED, (parts.blob(block.redacted),)),)
    signature = () if block.signature is None else (block.signature,)
    return "", ((_THOUGHT, block.pieces), (_SIGNATURE, signature))


def _delta(delta: dict[str, Json]) -> str:
    """Return a delta's JSON: what a tool gave keeps its order."""
    if "toolResult" in delta:
        return f'{{"toolResult":{compact(delta["toolResult"])}}}'
    return sorted_compact(delta)


def _count(blocks: list[tuple[str, Sequence[tuple[_Kind, Sequence[str]]]]]) -> int:
    """Return how many frames the answer has."""
    count = 3
    for start, deltas in blocks:
        count += 2 if start else 1
        for _, texts in deltas:
            count += len(texts)
    return count


class _Frames:
    """The frames of one answer, each with a padding of its own."""

    def __init__(self, letters: str) -> None:
        self._letters = iter(letters)
        self._wires: list[bytes] = []
        self._number = 0

    def event(self, name: str, before: str, after: str) -> None:
        """Add an event, spelled but for its padding."""
        payload = before + PADDINGS[next(self._letters)] + after
        self._wires.append(eventstream.event(name, payload.encode()).wire)
        self._number += 1

    def same(self, name: str, before: str, after: str) -> None:
        """Add an event that only its padding tells from those of other answers."""
        self._wires.append(_message(name, before, next(self._letters), after))
        self._number += 1

    def deltas(self, index: int, kind: _Kind, texts: Sequence[str]) -> None:
        """Add a contentBlockDelta for each text."""
        number = len(texts)
        template, ends = _template(index, kind.before), _ends(kind.after)
        # no JSON text has a NUL in it, so one can part the payloads
        spelled = [""] * (2 * number)
        spelled[0::2] = texts if kind is _SPELLED else quotes(texts)
        spelled[1::2] = map(ends.__getitem__, islice(self._letters, number))
        self._wires += template.fill("".join(spelled).encode().split(b"\0")[:-1])
        self._number += number

    def run(self) -> Run:
        """Return what was added since the last time."""
        run = eventstream.run(b"".join(self._wires), self._number)
        self._wires.clear()
        self._number = 0
        return run


@lru_cache(maxsize=1024)
def _message(name: str, before: str, letter: str, after: str) -> bytes:
    return eventstream.event(name, f"{before}{PADDINGS[letter]}{after}".encode()).wire


@lru_cache(maxsize=32)
def _template(index: int, before: str) -> eventstream.Template:
    return eventstream.Template("contentBlockDelta", f'{{"contentBlockIndex":{index},"delta":{before}')


@lru_cache(maxsize=8)
def _ends(after: str) -> dict[str, str]:
    """Return by letter what ends a delta's payload, and the NUL that parts it from the next."""
    return {letter: f'{after},"p":"{filler}"}}\0' for letter, filler in PADDINGS.items()}
