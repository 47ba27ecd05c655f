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
from mockllm_core.frame import Event, batches
from mockllm_core.jsontext import compact, escaped, quote
from mockllm_core.pattern import Noise
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
    unusual,
)
from mockllm_core.protocols.anthropic_messages.signature import sign
from mockllm_core.protocols.anthropic_messages.usage import begun, closing_usage, opening_usage, told
from mockllm_core.reply import Opaque, Reasoning, Text, ToolCall
from mockllm_core.stamp import HEX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockllm_core.frame import Frame, Run
    from mockllm_core.pattern import Filler
    from mockllm_core.protocol import Call
    from mockllm_core.protocols.anthropic_messages.usage import Facts
    from mockllm_core.reply import Block, Turn
    from mockllm_core.stamp import Stamp

__all__ = ["SPACES", "events", "framed", "stream", "texts", "varying"]

_PING = 'event: ping\ndata: {"type": "ping"}\n\n'

_ENDS = {digit: f"{' ' * int(digit, 16)}}}\n\n" for digit in HEX}
"""What ends an event: as many spaces as the digit says, and its last brace."""


def stream(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Run]:
    """Yield the Turn as server-sent events, padded, with its pings."""
    turn = decided(turn, call, stamp)
    facts = told(turn)
    pings = facts.get("pings", (2,) if turn.blocks else ())
    nth = 0
    digits = ""  # how many spaces each event has
    for opened in _spelled(turn, call, stamp, facts):
        last = nth + len(opened)
        if len(digits) < last:
            digits += _padding(stamp, len(digits), last)
        frames = len(opened)
        for ping in pings:
            if nth <= ping < last:
                opened[ping - nth] = _PING + opened[ping - nth]
                frames += 1
        wire = opened * 2
        wire[0::2] = opened
        wire[1::2] = map(_ENDS.__getitem__, digits[nth:last])
        yield sse.run("".join(wire), frames)
        nth = last


def _padding(stamp: Stamp, first: int, last: int) -> str:
    """Return a hexadecimal digit for each event from the first on, at least up to the last."""
    drawn = [stamp.hex(128, f"('padding', {at})".encode()) for at in range(first, last, 128)]
    return "".join(drawn)


def varying(turn: Turn, call: Call, stamp: Stamp) -> Sequence[str] | None:
    """Return what differs between two streams of a Turn, beside spaces; signatures are made anew for each.

    So are the ids of tools that the provider runs.
    """
    if call.conversation.hosted:
        return None
    texts = []
    for index, block in enumerate(turn.blocks):
        if isinstance(block, Reasoning):
            return None
        if isinstance(block, ToolCall) and not block.id:
            texts.append(identifier("toolu", call, stamp, index))
    identity = identifier("msg", call, stamp)
    # the end of cache_creation, which stands in the opening usage only
    return (*texts, identity, f'}},"output_tokens":{begun(turn, identity)}')


def _spaces(noises: Sequence[tuple[int, int]]) -> Filler:
    number = len(noises)
    return lambda stamp: [*map(_WIDTHS.__getitem__, _padding(stamp, 0, number)[:number])]


_WIDTHS = {digit: b" " * int(digit, 16) for digit in HEX}

SPACES = Noise(rb'(?<!"ping")(?<! )(?P<noise> *)(?=\}\n\n)', _spaces)
"""0 to 15 before the last brace of every event but a ping."""


def events(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Event]:
    """Yield the Turn as events: names and JSON, without framing, padding or pings."""
    turn = decided(turn, call, stamp)
    for some in _spelled(turn, call, stamp, told(turn)):
        for opened in some:
            name, _, data = opened.partition("\ndata: ")
            yield Event(name.removeprefix("event: "), f"{data}}}")


def texts(turn: Turn, call: Call, stamp: Stamp) -> Iterator[list[str]]:
    """Yield the JSON of ``events``, many at a time."""
    turn = decided(turn, call, stamp)
    for some in _spelled(turn, call, stamp, told(turn)):
        yield [f"{opened[opened.index('{') :]}}}" for opened in some]


def framed(name: str, data: str, spaces: int) -> Frame:
    """Return one event as SSE, with that many spaces before the last brace of its JSON."""
    return sse.event(name, f"{data[:-1]}{' ' * spaces}}}")


def _spelled(turn: Turn, call: Call, stamp: Stamp, facts: Facts) -> Iterator[list[str]]:
    """Yield the events as SSE, many at a time, each but for what ``_ENDS`` it."""
    rare = unusual(call, facts)
    made = [_opening(turn, call, stamp, facts, diagnosed(call, facts) if rare else "")]
    for index, block in enumerate(turn.blocks):
        opened, deltas = _block(block, call, stamp, index, facts)
        made.append(
            'event: content_block_start\ndata: {"type":"content_block_start",'
            f'"index":{index},"content_block":{opened}'
        )
        for before, pieces, after in deltas:
            head = (
                'event: content_block_delta\ndata: {"type":"content_block_delta",'
                f'"index":{index},"delta":{before}'
            )
            for first, last in batches(len(pieces)):
                if first:
                    yield made
                    made = []
                made += [f"{head}{piece}{after}" for piece in escaped(pieces[first:last])]
        made.append(f'event: content_block_stop\ndata: {{"type":"content_block_stop","index":{index}')
    made.append(
        'event: message_delta\ndata: {"type":"message_delta","delta":'
        f"{{{ending(turn, call, facts)}{container(turn, call, stamp, facts) if rare else ''}}},"
        f'"usage":{closing_usage(turn, call, facts)}{edits(call, facts) if rare else ""}'
    )
    made.append('event: message_stop\ndata: {"type":"message_stop"')
    yield made


def _opening(turn: Turn, call: Call, stamp: Stamp, facts: Facts, more: str) -> str:
    identity = identifier("msg", call, stamp)
    return (
        'event: message_start\ndata: {"type":"message_start","message":'
        f'{{"model":{quoted(call.model)},"id":"{identity}","type":"message","role":"assistant",'
        '"content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,'
        f'"usage":{opening_usage(turn, call, identity, facts)}{more}}}'
    )


_Deltas: TypeAlias = "Sequence[tuple[str, Sequence[str], str]]"
"""What stands before a delta's text, the texts, and what stands behind each of them."""


def _block(block: Block, call: Call, stamp: Stamp, index: int, facts: Facts) -> tuple[str, _Deltas]:
    """Return the JSON that a block opens with, and its deltas in order, those of a kind together."""
    if isinstance(block, ToolCall):
        pieces = ("",) if block.text == "{}" else ("", *block.pieces)
        opened = opened_call(block, call, stamp, index, facts, given="{}")
        return opened, (('{"type":"input_json_delta","partial_json":"', pieces, '"}'),)
    if isinstance(block, Opaque):
        return compact(opaque.opened(block)), [(compact(delta), ("",), "") for delta in opaque.deltas(block)]
    if isinstance(block, Reasoning):
        return _thoughts(block, call, stamp, index)
    if isinstance(block, Text) and block.citations and block.text:
        # sources come before the words: the recordings of searches
        cited = [compact({"type": "citations_delta", "citation": one}) for one in block.citations]
        said = ('{"type":"text_delta","text":"', block.pieces, '"}')
        return '{"citations":[],"type":"text","text":""}', (*((one, ("",), "") for one in cited), said)
    return '{"type":"text","text":""}', (('{"type":"text_delta","text":"', block.pieces, '"}'),)


def _thoughts(block: Reasoning, call: Call, stamp: Stamp, index: int) -> tuple[str, _Deltas]:
    if block.redacted is not None:
        data = quote(redacted_data(block, call, stamp, index))
        return f'{{"type":"redacted_thinking","data":{data}}}', ()
    thoughts, proof = block.pieces, block.signature
    if proof is None:
        proof = sign(block.text, spoken(call.model), stamp, index)
        if thoughts and family(call.model).hollow:
            thoughts = (*thoughts, "")
    return '{"type":"thinking","thinking":"","signature":""}', (
        ('{"type":"thinking_delta","thinking":"', thoughts, '"}'),
        ('{"type":"signature_delta","signature":"', (proof,), '"}'),
    )
