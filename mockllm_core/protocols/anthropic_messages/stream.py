"""A Turn as events, in wire order, and as server-sent events.

    message_start
    (content_block_start content_block_delta* content_block_stop)*
    message_delta
    message_stop

As SSE, one ``ping`` follows the first ``content_block_start``, and every other event's JSON has 0 to 15 spaces
before its last brace. Source: the recorded streams; https://docs.anthropic.com/en/api/messages-streaming.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from mockllm_core import sse
from mockllm_core.frame import Event
from mockllm_core.jsontext import compact, escaped, quote
from mockllm_core.protocols.anthropic_messages import opaque
from mockllm_core.protocols.anthropic_messages.families import family, quoted, spoken
from mockllm_core.protocols.anthropic_messages.shape import (
    container,
    decided,
    diagnosed,
    edits,
    ending,
    identifier,
    opened_call,
    redacted_data,
)
from mockllm_core.protocols.anthropic_messages.signature import sign
from mockllm_core.protocols.anthropic_messages.usage import closing_usage, opening_usage, told
from mockllm_core.reply import Opaque, Refusal, Text, ToolCall
from mockllm_core.stamp import HEX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockllm_core.frame import Frame, Run
    from mockllm_core.protocol import Call
    from mockllm_core.protocols.anthropic_messages.usage import Facts
    from mockllm_core.reply import Block, Turn
    from mockllm_core.stamp import Stamp

__all__ = ["events", "framed", "stream", "texts"]

_PING = 'event: ping\ndata: {"type": "ping"}\n\n'
_MOST = 512
"""Deltas spelled at a time, so that a long answer is made while it is sent."""

_Row: TypeAlias = "tuple[str, str, Sequence[str] | None]"
"""One event: its name, its JSON and None. Or many of that name: their JSON up to a text, and each one's text as it
stands between the quotes; ``_TAIL`` follows."""

_TAIL = '"}}'
_ENDS = {digit: f"{' ' * int(digit, 16)}}}\n\n" for digit in HEX}
_DELTA_ENDS = {digit: f"{_TAIL[:-1]}{end}" for digit, end in _ENDS.items()}
"""What ends an event: as many spaces as the digit says before its last brace."""


def stream(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Run]:
    """Yield the Turn as server-sent events, padded, with its pings."""
    turn = decided(turn, call)
    pings = sorted(told(turn).get("pings", (2,) if turn.blocks else ()), reverse=True)
    wire: list[str] = []
    frames = nth = 0
    digits = ""  # how many spaces each event has
    for name, data, texts in _rows(turn, call, stamp):
        last = nth + (1 if texts is None else len(texts))
        while len(digits) < last:
            digits += stamp.hex(128, f"('padding', {len(digits)})".encode())
        if texts is None:
            parts = [f"event: {name}\ndata: {data[:-1]}{_ENDS[digits[nth]]}"]
        else:
            parts = [f"event: {name}\ndata: {data}"] * (3 * len(texts))
            parts[1::3] = texts
            parts[2::3] = map(_DELTA_ENDS.__getitem__, digits[nth:last])
        if pings and pings[-1] < last:
            due = [ping for ping in pings if ping < last]
            for ping in due:  # the last one first, so that the others keep their places
                parts.insert(3 * (ping - nth), _PING)
            del pings[-len(due) :]
            frames += len(due)
        wire += parts
        frames += last - nth
        nth = last
        if frames >= _MOST:
            yield sse.run("".join(wire), frames)
            wire.clear()
            frames = 0
    if wire:
        yield sse.run("".join(wire), frames)


def events(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Event]:
    """Yield the Turn as events: names and JSON, without framing, padding or pings."""
    for name, data, texts in _rows(decided(turn, call), call, stamp):
        if texts is None:
            yield Event(name, data)
        else:
            for text in texts:
                yield Event(name, f"{data}{text}{_TAIL}")


def texts(turn: Turn, call: Call, stamp: Stamp) -> Iterator[list[str]]:
    """Yield the JSON of ``events``, those of one kind together."""
    for _, data, held in _rows(decided(turn, call), call, stamp):
        yield [data] if held is None else [f"{data}{text}{_TAIL}" for text in held]


def framed(name: str, data: str, spaces: int) -> Frame:
    """Return one event as SSE, with that many spaces before the last brace of its JSON."""
    return sse.event(name, f"{data[:-1]}{' ' * spaces}}}")


def _rows(turn: Turn, call: Call, stamp: Stamp) -> Iterator[_Row]:
    facts = told(turn)
    yield "message_start", _opening(turn, call, stamp, facts), None
    for index, block in enumerate(turn.blocks):
        opened = _opened(block, call, stamp, index, facts)
        yield (
            "content_block_start",
            f'{{"type":"content_block_start","index":{index},"content_block":{opened}}}',
            None,
        )
        for delta, pieces in _deltas(block, call, stamp, index):
            data = f'{{"type":"content_block_delta","index":{index},"delta":{delta}'
            if pieces is None:
                yield "content_block_delta", f"{data}}}", None
            else:
                for begin in range(0, len(pieces), _MOST):
                    yield "content_block_delta", data, escaped(pieces[begin : begin + _MOST])
        yield "content_block_stop", f'{{"type":"content_block_stop","index":{index}}}', None
    yield "message_delta", _closing(turn, call, stamp, facts), None
    yield "message_stop", '{"type":"message_stop"}', None


def _opening(turn: Turn, call: Call, stamp: Stamp, facts: Facts) -> str:
    return (
        f'{{"type":"message_start","message":{{"model":{quoted(call.model)},'
        f'"id":"{identifier("msg", call, stamp)}","type":"message","role":"assistant","content":[],'
        '"stop_reason":null,"stop_sequence":null,"stop_details":null,'
        f'"usage":{opening_usage(turn, call, stamp, facts)}{diagnosed(call, facts)}}}}}'
    )


def _opened(block: Block, call: Call, stamp: Stamp, index: int, facts: Facts) -> str:
    if isinstance(block, (Text, Refusal)):
        return '{"type":"text","text":""}'
    if isinstance(block, ToolCall):
        return opened_call(block, call, stamp, index, facts, given="{}")
    if isinstance(block, Opaque):
        return compact(opaque.opened(block))
    if block.redacted is None:
        return '{"type":"thinking","thinking":"","signature":""}'
    return f'{{"type":"redacted_thinking","data":{quote(redacted_data(block, call, stamp, index))}}}'


def _deltas(block: Block, call: Call, stamp: Stamp, index: int) -> Sequence[tuple[str, Sequence[str] | None]]:
    """Return a block's deltas: their JSON up to the text and the texts, or a whole delta and None."""
    if isinstance(block, (Text, Refusal)):
        return (('{"type":"text_delta","text":"', block.pieces),)
    if isinstance(block, ToolCall):
        pieces = ("",) if block.text == "{}" else ("", *block.pieces)
        return (('{"type":"input_json_delta","partial_json":"', pieces),)
    if isinstance(block, Opaque):
        return [(compact(delta), None) for delta in opaque.deltas(block)]
    if block.redacted is not None:
        return ()
    thoughts, proof = block.pieces, block.signature
    if proof is None:
        proof = sign(block.text, spoken(call.model), stamp, index)
        if thoughts and family(call.model).hollow:
            thoughts = (*thoughts, "")
    return (
        ('{"type":"thinking_delta","thinking":"', thoughts),
        ('{"type":"signature_delta","signature":"', (proof,)),
    )


def _closing(turn: Turn, call: Call, stamp: Stamp, facts: Facts) -> str:
    """Return the event that says why the turn ended and what it cost in all."""
    return (
        f'{{"type":"message_delta","delta":{{{ending(turn, call, facts)}{container(call, stamp, facts)}}},'
        f'"usage":{closing_usage(turn, call, facts)}{edits(call, facts)}}}'
    )
