"""A turn as events, in wire order; ``whole`` is the last of them as one body."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from mockllm_core import sse
from mockllm_core.protocols.openai_responses import body, items, spell
from mockllm_core.protocols.openai_responses.spell import deltas, event
from mockllm_core.reply import Opaque, Reasoning, Refusal, Text, ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Frame
    from mockllm_core.protocol import Call
    from mockllm_core.protocols.openai_responses.items import Place
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["noisy", "stream", "whole"]


def noisy(call: Call) -> bool:
    """Tell whether deltas carry obfuscation: unless ``stream_options.include_obfuscation`` is false."""
    return (call.body.get("stream_options") or {}).get("include_obfuscation") is not False


def stream(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Frame]:
    """Yield one turn in wire order.

    created in_progress (output_item.added PARTS output_item.done)* (completed | incomplete), where PARTS are
    those of ``_parts``. ``sequence_number`` counts all events from 0.
    """
    number = count()
    places = items.layout(turn, call, stamp)
    opening = spell.compact(body.started(call, turn, stamp))
    for name in ("response.created", "response.in_progress"):
        yield sse.event(name, f'{{"type":"{name}","response":{opening},"sequence_number":{next(number)}}}')
    for place in places:
        yield event(
            {
                "type": "response.output_item.added",
                "item": items.added(place),
                "output_index": place.index,
                "sequence_number": next(number),
            }
        )
        yield from _parts(place, number, stamp, obfuscated=noisy(call))
        yield event(
            {
                "type": "response.output_item.done",
                "item": items.done(place),
                "output_index": place.index,
                "sequence_number": next(number),
            }
        )
    closing = body.finished(call, turn, stamp, [items.final(place) for place in places])
    yield event(
        {"type": f"response.{closing['status']}", "response": closing, "sequence_number": next(number)}
    )


def _parts(place: Place, number: count[int], stamp: Stamp, *, obfuscated: bool) -> Iterator[Frame]:
    """Yield what stands between the added and the done event of one item."""
    match place.block:
        case Text():
            yield from _text(place, place.block, number, stamp, obfuscated=obfuscated)
        case Refusal():
            yield from _refusal(place, place.block, number, stamp, obfuscated=obfuscated)
        case Reasoning():
            for index, pieces in enumerate(place.parts):
                yield from _summary(place, index, pieces, number, stamp, obfuscated=obfuscated)
        case ToolCall(free_text=True):
            yield from _input(place, place.block, number, stamp, obfuscated=obfuscated)
        case ToolCall():
            yield from _arguments(place, place.block, number, stamp, obfuscated=obfuscated)
        case Opaque():
            for held in place.block.payload.get("events") or ():
                told = {**held, "output_index": place.index, "sequence_number": next(number)}
                yield event(told if "item_id" not in told else {**told, "item_id": place.id})


def _text(
    place: Place, block: Text, number: count[int], stamp: Stamp, *, obfuscated: bool
) -> Iterator[Frame]:
    """Yield content_part.added output_text.delta* output_text.done content_part.done."""
    yield event(
        {
            "type": "response.content_part.added",
            "content_index": 0,
            "item_id": place.id,
            "output_index": place.index,
            "part": items.text_part(""),
            "sequence_number": next(number),
        }
    )
    yield from deltas(
        {
            "type": "response.output_text.delta",
            "content_index": 0,
            "delta": "<delta>",
            "item_id": place.id,
            "logprobs": "<logprobs>",
            "obfuscation": "<noise>",
            "output_index": place.index,
            "sequence_number": "<sequence>",
        },
        block.pieces,
        number,
        stamp,
        logprobs=place.logprobs,
        noisy=obfuscated,
    )
    yield event(
        {
            "type": "response.output_text.done",
            "content_index": 0,
            "item_id": place.id,
            "logprobs": [token for tokens in place.logprobs or () for token in tokens],
            "output_index": place.index,
            "sequence_number": next(number),
            "text": block.text,
        }
    )
    # the finished part has the text but not its logprobs, unlike the finished item
    yield event(
        {
            "type": "response.content_part.done",
            "content_index": 0,
            "item_id": place.id,
            "output_index": place.index,
            "part": items.text_part(block.text),
            "sequence_number": next(number),
        }
    )


def _refusal(
    place: Place, block: Refusal, number: count[int], stamp: Stamp, *, obfuscated: bool
) -> Iterator[Frame]:
    """Yield content_part.added refusal.delta* refusal.done content_part.done."""
    yield event(
        {
            "type": "response.content_part.added",
            "content_index": 0,
            "item_id": place.id,
            "output_index": place.index,
            "part": {"type": "refusal", "refusal": ""},
            "sequence_number": next(number),
        }
    )
    yield from deltas(
        {
            "type": "response.refusal.delta",
            "content_index": 0,
            "delta": "<delta>",
            "item_id": place.id,
            "obfuscation": "<noise>",
            "output_index": place.index,
            "sequence_number": "<sequence>",
        },
        block.pieces,
        number,
        stamp,
        noisy=obfuscated,
    )
    yield event(
        {
            "type": "response.refusal.done",
            "content_index": 0,
            "item_id": place.id,
            "output_index": place.index,
            "refusal": block.text,
            "sequence_number": next(number),
        }
    )
    yield event(
        {
            "type": "response.content_part.done",
            "content_index": 0,
            "item_id": place.id,
            "output_index": place.index,
            "part": {"type": "refusal", "refusal": block.text},
            "sequence_number": next(number),
        }
    )


def _summary(
    place: Place, index: int, pieces: tuple[str, ...], number: count[int], stamp: Stamp, *, obfuscated: bool
) -> Iterator[Frame]:
    """Yield reasoning_summary_part.added reasoning_summary_text.delta* .done reasoning_summary_part.done."""
    text = "".join(pieces)
    yield event(
        {
            "type": "response.reasoning_summary_part.added",
            "item_id": place.id,
            "output_index": place.index,
            "part": {"type": "summary_text", "text": ""},
            "sequence_number": next(number),
            "summary_index": index,
        }
    )
    yield from deltas(
        {
            "type": "response.reasoning_summary_text.delta",
            "delta": "<delta>",
            "item_id": place.id,
            "obfuscation": "<noise>",
            "output_index": place.index,
            "sequence_number": "<sequence>",
            "summary_index": index,
        },
        pieces,
        number,
        stamp,
        noisy=obfuscated,
    )
    yield event(
        {
            "type": "response.reasoning_summary_text.done",
            "item_id": place.id,
            "output_index": place.index,
            "sequence_number": next(number),
            "summary_index": index,
            "text": text,
        }
    )
    yield event(
        {
            "type": "response.reasoning_summary_part.done",
            "item_id": place.id,
            "output_index": place.index,
            "part": {"type": "summary_text", "text": text},
            "sequence_number": next(number),
            "summary_index": index,
        }
    )


def _arguments(
    place: Place, block: ToolCall, number: count[int], stamp: Stamp, *, obfuscated: bool
) -> Iterator[Frame]:
    """Yield function_call_arguments.delta* function_call_arguments.done; the done event has no name."""
    yield from deltas(
        {
            "type": "response.function_call_arguments.delta",
            "delta": "<delta>",
            "item_id": place.id,
            "obfuscation": "<noise>",
            "output_index": place.index,
            "sequence_number": "<sequence>",
        },
        block.pieces,
        number,
        stamp,
        noisy=obfuscated,
    )
    yield event(
        {
            "type": "response.function_call_arguments.done",
            "arguments": block.text,
            "item_id": place.id,
            "output_index": place.index,
            "sequence_number": next(number),
        }
    )


def _input(
    place: Place, block: ToolCall, number: count[int], stamp: Stamp, *, obfuscated: bool
) -> Iterator[Frame]:
    """Yield custom_tool_call_input.delta* custom_tool_call_input.done."""
    yield from deltas(
        {
            "type": "response.custom_tool_call_input.delta",
            "delta": "<delta>",
            "item_id": place.id,
            "obfuscation": "<noise>",
            "output_index": place.index,
            "sequence_number": "<sequence>",
        },
        block.pieces,
        number,
        stamp,
        noisy=obfuscated,
    )
    yield event(
        {
            "type": "response.custom_tool_call_input.done",
            "input": block.text,
            "item_id": place.id,
            "output_index": place.index,
            "sequence_number": next(number),
        }
    )


def whole(turn: Turn, call: Call, stamp: Stamp) -> bytes:
    """Return the finished response as one body: two spaces of indent, no final newline, with ``billing``."""
    output = [items.final(place) for place in items.layout(turn, call, stamp)]
    return spell.pretty(body.finished(call, turn, stamp, output, billed=True)).encode()
