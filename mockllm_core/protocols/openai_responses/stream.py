"""A turn as events, in wire order; ``whole`` is the last of them as one body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core import jsontext, sse
from mockllm_core.frame import Frame
from mockllm_core.protocols.openai_responses import items
from mockllm_core.protocols.openai_responses.body import Body
from mockllm_core.protocols.openai_responses.spell import (
    HOLE,
    WORD,
    Delta,
    compact,
    deltas,
    written,
)
from mockllm_core.reply import Opaque, Reasoning, Refusal, Text, ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockllm_core.frame import Json, Run
    from mockllm_core.protocol import Call
    from mockllm_core.protocols.openai_responses.items import Place
    from mockllm_core.protocols.openai_responses.spell import Told
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["stream", "whole"]

_LONG = 8_192
"""Characters of a run: a longer answer comes in several, so that a slow stream holds little of it."""


def stream(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Frame | Run]:
    """Yield one turn in wire order: runs of events, and the last event as a frame, by which a store knows it.

    created [queued] in_progress (output_item.added PARTS output_item.done)* (completed | incomplete), where PARTS are
    those of ``_parts``; only a response of the background is queued. ``sequence_number`` counts all events from 0. Of
    several MCP servers all lists are begun, then all are completed, then all are done.
    """
    # deltas carry obfuscation unless the request says no
    noise = None if _quiet(call) else stamp
    response = Body(call, turn, stamp)
    opening = response.started()
    number = 0
    held: list[str] = []
    queued = response.queued() if call.body.get("background") is True else None
    told = (("created", queued), ("queued", queued)) if queued else (("created", opening),)
    for name, spelled in (*told, ("in_progress", opening)):
        held.append(
            f'event: response.{name}\ndata: {{"type":"response.{name}","response":{spelled},'
            f'"sequence_number":{number}}}\n\n'
        )
        number += 1
    size = first = 0
    output: list[str] = []
    places = items.layout(turn, call, stamp, response.ids)
    if len(call.lead) > 1:
        from mockllm_core.protocols.openai_responses.serving import together

        text, many, output = together(places, number)
        held.append(text)
        number += many
        places = places[len(output) :]
    for place in places:
        nth = place.nth
        held.append(
            'event: response.output_item.added\ndata: {"type":"response.output_item.added",'
            f'"item":{items.added(place)},"output_index":{nth},"sequence_number":{number}}}\n\n'
        )
        number += 1
        for text, many in _parts(place, number, noise):
            held.append(text)
            number += many
            size += len(text)
            if size > _LONG:
                yield sse.run("".join(held), number - first)
                held.clear()
                size, first = 0, number
        done = items.done(place)
        held.append(
            'event: response.output_item.done\ndata: {"type":"response.output_item.done",'
            f'"item":{done},"output_index":{nth},"sequence_number":{number}}}\n\n'
        )
        number += 1
        output.append(done if place.seals is None else items.final(place, whole=False))
    yield sse.run("".join(held), number - first)
    held.clear()
    name = response.end
    # in one go, for it may be long
    wire = response.finished(
        output,
        f'event: {name}\ndata: {{"type":"{name}","response":',
        f',"sequence_number":{number}}}\n\n',
    ).encode()
    yield Frame(name, wire, len(name) + 14, len(wire) - 2)


def _quiet(call: Call) -> bool:
    options = call.body.get("stream_options")
    return bool(options) and options.get("include_obfuscation") is False


_NO_TEXT, _NO_REFUSAL, _NO_SUMMARY = (
    made('""') for made in (items.text_part, items.refusal_part, items.summary_part)
)


def _parts(place: Place, number: int, noise: Stamp | None) -> Iterable[Told]:
    """Return what stands between the added and the done event of one item, as texts of whole events."""
    block = place.block
    match block:
        case Text():
            return _text(place, block, number, noise)
        case Refusal():
            return _refusal(place, block, number, noise)
        case Reasoning():
            return _summary(place, number, noise)
        case ToolCall(free_text=True):
            return _call(_INPUT, place, block, number, noise)
        case ToolCall():
            return _call(_ARGUMENTS, place, block, number, noise)
        case Opaque():
            return _opaque(place, block, number, noise)


# -- a text: content_part.added output_text.delta* annotation.added* output_text.done content_part.done -------------

_PART_ADDED = written(
    {
        "type": "response.content_part.added",
        "content_index": 0,
        "item_id": WORD,
        "output_index": HOLE,
        "part": HOLE,
        "sequence_number": HOLE,
    }
)
_TEXT_DONE = written(
    {
        "type": "response.output_text.done",
        "content_index": 0,
        "item_id": WORD,
        "logprobs": HOLE,
        "output_index": HOLE,
        "sequence_number": HOLE,
        "text": HOLE,
    }
)
_PART_DONE = written(
    {
        "type": "response.content_part.done",
        "content_index": 0,
        "item_id": WORD,
        "output_index": HOLE,
        "part": HOLE,
        "sequence_number": HOLE,
    }
)


def _text(place: Place, block: Text, number: int, noise: Stamp | None) -> Iterable[Told]:
    name, index, quoted, logprobs = place.id, place.nth, place.quoted, place.logprobs
    end = number + 1 + len(block.pieces)
    tokens = f"[{','.join([compact(token) for piece in logprobs or () for token in piece])}]"
    cited, part, sources = "", "", block.citations
    if sources and not block.text:
        sources = ()  # what stops before its first word names nothing
    if sources:
        from mockllm_core.protocols.openai_responses import citations

        cited, part = citations.told(block, place, end), citations.part(block, quoted)
        end += len(sources)
    return deltas(
        Delta(
            "event: response.output_text.delta\n"
            'data: {"type":"response.output_text.delta","content_index":0,"delta":"',
            f'","item_id":"{name}","logprobs":{"[]" if logprobs is None else ""}',
            f',"output_index":{index},"sequence_number":',
            "}\n\n",
            logprobs,
            place.plain,
        ),
        block.pieces,
        number + 1,
        noise,
        (
            _PART_ADDED % (name, index, _NO_TEXT, number),
            # the finished part has the text but not its logprobs, unlike the finished item
            cited
            + _TEXT_DONE % (name, tokens, index, end, quoted)
            + _PART_DONE % (name, index, part or items.text_part(quoted), end + 1),
            3 + len(sources),
        ),
    )


# -- a refusal: content_part.added refusal.delta* refusal.done content_part.done ----------------------------------

_REFUSAL_DONE = written(
    {
        "type": "response.refusal.done",
        "content_index": 0,
        "item_id": WORD,
        "output_index": HOLE,
        "refusal": HOLE,
        "sequence_number": HOLE,
    }
)


def _refusal(place: Place, block: Refusal, number: int, noise: Stamp | None) -> Iterable[Told]:
    name, index, quoted = place.id, place.nth, place.quoted
    end = number + 1 + len(block.pieces)
    return deltas(
        Delta(
            'event: response.refusal.delta\ndata: {"type":"response.refusal.delta","content_index":0,"delta":"',
            f'","item_id":"{name}"',
            f',"output_index":{index},"sequence_number":',
            "}\n\n",
        ),
        block.pieces,
        number + 1,
        noise,
        (
            _PART_ADDED % (name, index, _NO_REFUSAL, number),
            _REFUSAL_DONE % (name, index, quoted, end)
            + _PART_DONE % (name, index, items.refusal_part(quoted), end + 1),
            3,
        ),
    )


# -- each part of a summary: reasoning_summary_part.added reasoning_summary_text.delta* .done, and part.done --------

_SUMMARY_ADDED = written(
    {
        "type": "response.reasoning_summary_part.added",
        "item_id": WORD,
        "output_index": HOLE,
        "part": HOLE,
        "sequence_number": HOLE,
        "summary_index": HOLE,
    }
)
_SUMMARY_TEXT = written(
    {
        "type": "response.reasoning_summary_text.done",
        "item_id": WORD,
        "output_index": HOLE,
        "sequence_number": HOLE,
        "summary_index": HOLE,
        "text": HOLE,
    }
)
_SUMMARY_DONE = written(
    {
        "type": "response.reasoning_summary_part.done",
        "item_id": WORD,
        "output_index": HOLE,
        "part": HOLE,
        "sequence_number": HOLE,
        "summary_index": HOLE,
    }
)


def _summary(place: Place, number: int, noise: Stamp | None) -> Iterator[Told]:
    name, index = place.id, place.nth
    for nth, pieces in enumerate(place.parts):
        quoted = jsontext.quote("".join(pieces))
        end = number + 1 + len(pieces)
        yield from deltas(
            Delta(
                "event: response.reasoning_summary_text.delta\n"
                'data: {"type":"response.reasoning_summary_text.delta","delta":"',
                f'","item_id":"{name}"',
                f',"output_index":{index},"sequence_number":',
                f',"summary_index":{nth}}}\n\n',
            ),
            pieces,
            number + 1,
            noise,
            (
                _SUMMARY_ADDED % (name, index, _NO_SUMMARY, number, nth),
                _SUMMARY_TEXT % (name, index, end, nth, quoted)
                + _SUMMARY_DONE % (name, index, items.summary_part(quoted), end + 1, nth),
                3,
            ),
        )
        number = end + 2


# -- a call: KIND.delta* KIND.done, which has no name; KIND is function_call_arguments or custom_tool_call_input ------


def _done(kind: str, text: str) -> str:
    return written(
        {
            "type": f"response.{kind}.done",
            text: HOLE,
            "item_id": WORD,
            "output_index": HOLE,
            "sequence_number": HOLE,
        }
    )


_ARGUMENTS, _INPUT = "function_call_arguments", "custom_tool_call_input"
_DONE = {_ARGUMENTS: _done(_ARGUMENTS, "arguments"), _INPUT: _done(_INPUT, "input")}


def _call(kind: str, place: Place, block: ToolCall, number: int, noise: Stamp | None) -> Iterable[Told]:
    name, index = place.id, place.nth
    return deltas(
        Delta(
            f'event: response.{kind}.delta\ndata: {{"type":"response.{kind}.delta","delta":"',
            f'","item_id":"{name}"',
            f',"output_index":{index},"sequence_number":',
            "}\n\n",
        ),
        block.pieces,
        number,
        noise,
        ("", _DONE[kind] % (place.quoted, name, index, number + len(block.pieces)), 1),
    )


# -- what only this API has: its own events, renumbered ---------------------------------------------------------------


def _opaque(place: Place, block: Opaque, number: int, noise: Stamp | None) -> Iterator[Told]:
    for nth, held in enumerate(block.payload.get("events") or (), number):
        told = {**held, "output_index": place.nth, "sequence_number": nth}
        if "item_id" in told:
            told["item_id"] = place.id
        if told.get("obfuscation", "") is None:
            # not read but made, so that it is to be made here
            _pad(told, nth, noise)
        yield f"event: {told['type']}\ndata: {compact(told)}\n\n", 1


def _pad(told: dict[str, Json], nth: int, noise: Stamp | None) -> None:
    """Fill the obfuscation of the event with that number, or take it out, as ``spell.deltas`` does for others."""
    if noise is None:
        del told["obfuscation"]
        return
    text, starts = noise.noise_cuts(nth + 1, nth)
    told["obfuscation"] = text[starts[0] : starts[0] + -len(told["delta"]) % 16]


def whole(turn: Turn, call: Call, stamp: Stamp) -> bytes:
    """Return the finished response as one body: two spaces of indent, no final newline, with ``billing``."""
    response = Body(call, turn, stamp, whole=True)
    places = items.layout(turn, call, stamp, response.ids)
    return response.finished([items.final(place, whole=True) for place in places]).encode()
