"""A Turn as events, in wire order, and as server-sent events.

    message_start
    (content_block_start content_block_delta* content_block_stop)*
    message_delta
    message_stop

As SSE, one ``ping`` follows the first ``content_block_start``, and every other event's JSON has 0 to 15 spaces
before its last brace. Source: the recorded streams; https://docs.anthropic.com/en/api/messages-streaming.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

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
from mockllm_core.reply import Opaque, Reasoning, ToolCall
from mockllm_core.stamp import HEX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockllm_core.frame import Frame, Run
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Turn
    from mockllm_core.stamp import Stamp

__all__ = ["events", "framed", "stream"]

_PING = 'event: ping\ndata: {"type": "ping"}\n\n'
_MOST = 512
"""Deltas spelled at a time, so that a long answer is made while it is sent."""


class _Deltas(NamedTuple):
    """Deltas in a row that differ only in their text.

    Attributes:
        head: their JSON before the text; ``_TAIL`` follows it.
        texts: what stands between the quotes.
    """

    head: str
    texts: Sequence[str]


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
    for row in _rows(turn, call, stamp):
        number = len(row.texts) if isinstance(row, _Deltas) else 1
        while len(digits) < nth + number:
            digits += stamp.chars(HEX, 128, "padding", len(digits))
        if isinstance(row, _Deltas):
            parts = [f"event: content_block_delta\ndata: {row.head}"] * (3 * number)
            parts[1::3] = row.texts
            parts[2::3] = map(_DELTA_ENDS.__getitem__, digits[nth : nth + number])
        else:
            parts = [f"event: {row.name}\ndata: {row.data[:-1]}", "", _ENDS[digits[nth]]]
        if pings and pings[-1] < nth + number:
            due = [ping for ping in pings if nth <= ping < nth + number]
            for ping in due:
                parts.insert(3 * (ping - nth), _PING)
            pings = [ping for ping in pings if ping >= nth + number]
            frames += len(due)
        wire += parts
        nth += number
        frames += number
        if frames >= _MOST:
            yield sse.run("".join(wire), frames)
            wire.clear()
            frames = 0
    yield sse.run("".join(wire), frames)


def events(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Event]:
    """Yield the Turn as events: names and JSON, without framing, padding or pings."""
    for row in _rows(decided(turn, call), call, stamp):
        if isinstance(row, _Deltas):
            for text in row.texts:
                yield Event("content_block_delta", f"{row.head}{text}{_TAIL}")
        else:
            yield row


def framed(name: str, data: str, spaces: int) -> Frame:
    """Return one event as SSE, with that many spaces before the last brace of its JSON."""
    return sse.event(name, f"{data[:-1]}{' ' * spaces}}}")


def _rows(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Event | _Deltas]:
    yield Event("message_start", _opening(turn, call, stamp))
    for index, block in enumerate(turn.blocks):
        opened = _opened(block, turn, call, stamp, index)
        start = f'{{"type":"content_block_start","index":{index},"content_block":{opened}}}'
        yield Event("content_block_start", start)
        yield from _deltas(
            block, call, stamp, f'{{"type":"content_block_delta","index":{index},"delta":', index
        )
        yield Event("content_block_stop", f'{{"type":"content_block_stop","index":{index}}}')
    yield Event("message_delta", _closing(turn, call, stamp))
    yield Event("message_stop", '{"type":"message_stop"}')


def _opening(turn: Turn, call: Call, stamp: Stamp) -> str:
    return (
        f'{{"type":"message_start","message":{{"model":{quoted(call.model)},'
        f'"id":"{identifier("msg", call, stamp)}","type":"message","role":"assistant","content":[],'
        '"stop_reason":null,"stop_sequence":null,"stop_details":null,'
        f'"usage":{opening_usage(turn, call, stamp)}{diagnosed(turn, call)}}}}}'
    )


def _opened(block: Block, turn: Turn, call: Call, stamp: Stamp, index: int) -> str:
    if isinstance(block, ToolCall):
        return opened_call(block, turn, call, stamp, index, "{}")
    if isinstance(block, Opaque):
        return compact(opaque.opened(block))
    if not isinstance(block, Reasoning):
        return '{"type":"text","text":""}'
    if block.redacted is None:
        return '{"type":"thinking","thinking":"","signature":""}'
    return f'{{"type":"redacted_thinking","data":{quote(redacted_data(block, call, stamp, index))}}}'


def _deltas(block: Block, call: Call, stamp: Stamp, head: str, index: int) -> Iterator[Event | _Deltas]:
    """Yield a block's deltas; ``head`` is their JSON before the delta itself."""
    if isinstance(block, ToolCall):
        head += '{"type":"input_json_delta","partial_json":"'
        yield _Deltas(head, ("",))
        if block.text != "{}":
            yield from _said(head, block.pieces)
    elif isinstance(block, Opaque):
        for delta in opaque.deltas(block):
            yield Event("content_block_delta", f"{head}{compact(delta)}}}")
    elif not isinstance(block, Reasoning):
        yield from _said(head + '{"type":"text_delta","text":"', block.pieces)
    elif block.redacted is None:
        yield from _said(head + '{"type":"thinking_delta","thinking":"', block.pieces)
        proof = block.signature
        if proof is None:
            if block.pieces and family(call.model).hollow:
                yield _Deltas(head + '{"type":"thinking_delta","thinking":"', ("",))
            proof = sign(block.text, spoken(call.model), stamp, index)
        yield _Deltas(head + '{"type":"signature_delta","signature":"', escaped((proof,)))


def _said(head: str, pieces: tuple[str, ...]) -> Iterator[_Deltas]:
    for begin in range(0, len(pieces), _MOST):
        yield _Deltas(head, escaped(pieces[begin : begin + _MOST]))


def _closing(turn: Turn, call: Call, stamp: Stamp) -> str:
    """Return the event that says why the turn ended and what it cost in all."""
    return (
        f'{{"type":"message_delta","delta":{{{ending(turn, call)}{container(turn, call, stamp)}}},'
        f'"usage":{closing_usage(turn, call)}{edits(turn, call)}}}'
    )
