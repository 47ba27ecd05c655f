"""A Turn as events, in wire order, and as server-sent events.

    message_start
    (content_block_start content_block_delta* content_block_stop)*
    message_delta
    message_stop

As SSE, one ``ping`` follows the first ``content_block_start``, and every other event's JSON has 0 to 15 spaces
before its last brace. Source: the recorded streams; https://docs.anthropic.com/en/api/messages-streaming.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING

from mockllm_core.frame import Event, Frame
from mockllm_core.jsontext import compact, quote
from mockllm_core.protocols.anthropic_messages import opaque
from mockllm_core.protocols.anthropic_messages.families import family, spoken
from mockllm_core.protocols.anthropic_messages.shape import (
    caller,
    closing_usage,
    container,
    decided,
    diagnosed,
    edits,
    identifier,
    opening_usage,
    redacted_data,
    stop_details,
    stop_reason,
    told,
)
from mockllm_core.protocols.anthropic_messages.signature import sign
from mockllm_core.reply import Opaque, Reasoning, Refusal, Text, ToolCall
from mockllm_core.stamp import HEX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Turn
    from mockllm_core.stamp import Stamp

__all__ = ["PING", "events", "framed", "stream"]

PING = Frame("ping", b'event: ping\ndata: {"type": "ping"}\n\n', 18, 34)


def stream(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Frame]:
    """Yield the Turn as server-sent events, padded, with its pings."""
    turn = decided(turn, call)
    pings = told(turn).get("pings", (2,) if turn.blocks else ())
    spaces = ""
    for nth, (name, data) in enumerate(_spelled(turn, call, stamp)):
        if nth % 128 == 0:
            spaces = stamp.chars(HEX, 128, "padding", nth)
        if nth in pings:
            yield from repeat(PING, pings.count(nth))
        yield framed(name, data, int(spaces[nth % 128], 16))


def events(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Event]:
    """Yield the Turn as events: names and JSON, without framing, padding or pings."""
    return _spelled(decided(turn, call), call, stamp)


def _spelled(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Event]:
    yield Event("message_start", compact({"type": "message_start", "message": _opening(turn, call, stamp)}))
    for index, block in enumerate(turn.blocks):
        opened = _opened(block, turn, call, stamp, index)
        yield Event(
            "content_block_start",
            compact({"type": "content_block_start", "index": index, "content_block": opened}),
        )
        for delta in _deltas(block, call, stamp, index):
            yield Event("content_block_delta", delta)
        yield Event("content_block_stop", f'{{"type":"content_block_stop","index":{index}}}')
    yield Event("message_delta", compact(_closing(turn, call, stamp)))
    yield Event("message_stop", '{"type":"message_stop"}')


def framed(name: str, data: str, spaces: int) -> Frame:
    """Return one event as SSE, with that many spaces before the last brace of its JSON."""
    wire = f"event: {name}\ndata: {data[:-1]}{' ' * spaces}}}\n\n".encode()
    return Frame(name, wire, len(name) + 14, len(wire) - 2)


def _opening(turn: Turn, call: Call, stamp: Stamp) -> dict[str, Json]:
    return {
        "model": spoken(call.model),
        "id": identifier("msg", call, stamp),
        "type": "message",
        "role": "assistant",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "stop_details": None,
        "usage": opening_usage(turn, call, stamp),
        **diagnosed(turn, call),
    }


def _opened(block: Block, turn: Turn, call: Call, stamp: Stamp, index: int) -> dict[str, Json]:
    match block:
        case Text() | Refusal():
            return {"type": "text", "text": ""}
        case Reasoning(redacted=None):
            return {"type": "thinking", "thinking": "", "signature": ""}
        case Reasoning():
            return {"type": "redacted_thinking", "data": redacted_data(block, call, stamp, index)}
        case ToolCall(name=name):
            return {
                "type": "tool_use",
                "id": block.id or identifier("toolu", call, stamp, index),
                "name": name,
                "input": {},
                **caller(turn, call, index),
            }
        case Opaque():
            return opaque.opened(block)


def _deltas(block: Block, call: Call, stamp: Stamp, index: int) -> Iterator[str]:
    """Yield the JSON of a block's deltas."""
    match block:
        case Text(pieces=pieces) | Refusal(pieces=pieces):
            head, tail = _hole(_TEXT, index)
            for piece in pieces:
                yield f"{head}{quote(piece)}{tail}"
        case Reasoning(redacted=None, pieces=pieces, signature=proof):
            head, tail = _hole(_THINKING, index)
            for piece in pieces:
                yield f"{head}{quote(piece)}{tail}"
            if proof is None:
                if pieces and family(call.model).hollow:
                    yield f'{head}""{tail}'
                proof = sign(block.text, spoken(call.model), stamp, index)
            head, tail = _hole(_SIGNATURE, index)
            yield f"{head}{quote(proof)}{tail}"
        case Reasoning():
            return
        case ToolCall(pieces=pieces):
            head, tail = _hole(_JSON, index)
            yield f'{head}""{tail}'
            for piece in () if block.text == "{}" else pieces:
                yield f"{head}{quote(piece)}{tail}"
        case Opaque():
            for delta in opaque.deltas(block):
                yield compact({"type": "content_block_delta", "index": index, "delta": delta})


_Template = tuple[str, str, str]


def _template(delta: dict[str, str]) -> _Template:
    """Return a delta's JSON around its two holes, the index and the text (``""`` in the literal)."""
    text = compact({"type": "content_block_delta", "index": 0, "delta": delta})
    before, _, rest = text.partition("0")
    return before, rest[:-4], rest[-2:]


_TEXT = _template({"type": "text_delta", "text": ""})
_THINKING = _template({"type": "thinking_delta", "thinking": ""})
_SIGNATURE = _template({"type": "signature_delta", "signature": ""})
_JSON = _template({"type": "input_json_delta", "partial_json": ""})


def _hole(template: _Template, index: int) -> tuple[str, str]:
    before, between, after = template
    return f"{before}{index}{between}", after


def _closing(turn: Turn, call: Call, stamp: Stamp) -> dict[str, Json]:
    """Return the event that says why the turn ended and what it cost in all."""
    sequence = turn.finish.sequence if turn.finish.reason == "stop" else None
    delta = {
        "stop_reason": stop_reason(turn, call),
        "stop_sequence": sequence,
        "stop_details": stop_details(turn),
    }
    held = container(turn, call, stamp)
    if held is not None:
        delta["container"] = held
    return {
        "type": "message_delta",
        "delta": delta,
        "usage": closing_usage(turn, call),
        **edits(turn, call),
    }
