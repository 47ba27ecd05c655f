"""A Turn as a stream of chunks: every chunk is a whole ``GenerateContentResponse``.

    (thought chunk)* (text chunk | chunk of calls)* [last empty chunk]

Each has ``candidates, usageMetadata, modelVersion, [createTime], responseId``; ``finishReason`` stands in the last
one only. Up to 2.5 that is the last chunk that says something, on Gemini 3 one of the empty text behind it. Several
candidates go side by side: the nth chunk holds the nth piece of each. Server-sent events end with CRLF CRLF and
nothing follows the last; without ``alt=sse`` the chunks are the elements of one JSON array, ``,`` CRLF between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.frame import Frame, batches
from mockllm_core.protocols.google_genai import partial
from mockllm_core.protocols.google_genai.candidates import (
    Answer,
    arguments,
    beside,
    choice_calls,
    grouping,
    merged,
    sign,
    texts,
)
from mockllm_core.protocols.google_genai.spell import airy, pretty
from mockllm_core.protocols.google_genai.template import Bit, Writer
from mockllm_core.reply import Opaque, Reasoning, Text, ToolCall
from mockllm_core.tokens import CHARS_PER_TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockllm_core.frame import Json, Run
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["framed", "stream", "varying"]

_MANY = 40
"""So many chunks go out together at least: a megabyte of text is thirty on the wire, which are never there at once."""


def stream(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Frame | Run]:
    """Yield one turn in wire order, in the call's framing."""
    answer = Answer(turn, call, stamp)
    array = call.form.endswith("array")
    if len(turn.choices) > 1 or answer.turn.facts:
        for nth, chunk in enumerate(_side_by_side(answer, array=array)):
            yield framed(chunk, nth, array=array)
    else:
        yield from _alone(answer, array=array)
    if array:
        yield Frame("", b"]")


def varying(turn: Turn, call: Call, stamp: Stamp) -> Sequence[str] | None:
    """Return what differs between two streams of a Turn; calls and signatures of Gemini 3 are made anew for each."""
    if call.conversation.hosted:
        return None
    answer = Answer(turn, call, stamp)
    return [str(value) for key, value in answer.closing().items() if key != "modelVersion"]


def framed(text: str, nth: int, *, array: bool) -> Frame:
    """Return the ``nth`` chunk in its framing."""
    before, after = (("[" if nth == 0 else ",\r\n"), "\n") if array else ("data: ", "\r\n\r\n")
    wire = f"{before}{text}{after}".encode()
    return Frame("", wire, len(before), len(wire) - len(after))


def _alone(answer: Answer, *, array: bool) -> Iterator[Run]:
    """Yield the chunks of the only candidate, nearly every answer: plain texts are written many at a time."""
    bits = _bits(answer, 0, singly=False)
    writer = Writer(answer, array=array, characters=sum([bit.said for bit in bits]))
    last = bits.pop()
    if len(last.pieces) > 1:
        bits.append(Bit(None, last.pieces[:-1], last.thought))
        last = Bit(None, last.pieces[-1:], last.thought)
    for bit in bits:
        if not bit.pieces:
            writer.chunk(bit)
        for begin, end in batches(len(bit.pieces)):
            writer.texts(bit.pieces[begin:end], thought=bit.thought > 0)
            if writer.number >= _MANY:
                yield writer.run()
    writer.chunk(last, ends=True)
    yield writer.run()


def _side_by_side(answer: Answer, *, array: bool) -> Iterator[str]:
    """Yield the JSON text of each chunk of several candidates, or of an answer that a reader noted."""
    spell = pretty if array else airy
    facts = answer.turn.facts
    if (feedback := facts.get("prompt_feedback")) is not None:
        yield spell({"promptFeedback": feedback, "usageMetadata": answer.counter.total()} | answer.closing())
        return
    choices = [_bits(answer, index, singly=True) for index in range(len(answer.turn.choices))]
    count = max(map(len, choices))
    characters = sum(bit.said for bits in choices for bit in bits)
    noted = facts.get("extras", ())
    endings = facts.get("ends", {})
    closing = answer.closing()
    thought = said = 0
    chunks = None
    if "hosted" in facts:
        from mockllm_core.protocols.google_genai.grounding import Chunks

        noted, chunks = (), Chunks(answer)
    for nth in range(count):
        now = [
            (index, bits[nth], nth in endings.get(str(index), (len(bits) - 1,)))
            for index, bits in enumerate(choices)
            if nth < len(bits)
        ]
        thought += sum(bit.thought for _, bit, _ in now)
        said += sum(bit.said for _, bit, _ in now)
        extras = noted[nth] if len(noted) == count else {}
        candidates = []
        for index, bit, ends in now:
            more = dict(extras.get(str(index), {}))
            if bit.likely is not None:
                more["logprobsResult"] = bit.likely
            candidates.append(answer.candidate(index, bit.parts, ends=ends, **more))
        usage = answer.counter.running(nth, count, thought, said, characters)
        chunk = {"candidates": candidates, "usageMetadata": usage} | closing
        if chunks is not None:
            chunks.tell(chunk, now, last=nth == count - 1)
        yield spell(chunk)


def _bits(answer: Answer, index: int, *, singly: bool) -> list[Bit]:
    """Return what each chunk says of one choice, in wire order; ``singly`` gives each piece of text its own Bit."""
    choice = answer.turn.choices[index]
    signature = answer.signature(index)
    # a signature may come to stand on the first or on the last piece of a text
    apart = signature is not None and not (answer.form.trailing and answer.form.signature == "last")
    calls: dict[int, int] = {}
    made: list[Bit] = []
    for at, block in enumerate(choice.blocks):
        own = answer.more(index, at) if singly else {}
        if isinstance(block, Text):
            made += _text(answer, block, (index, at), own, singly=singly, apart=apart)
        elif isinstance(block, Reasoning):
            made += _thought(block, own, singly=singly)
        elif isinstance(block, ToolCall):
            calls = calls or choice_calls(choice)
            made += _called(answer, block, answer.part(block, index, calls[at]), own)
        elif isinstance(block, Opaque):
            made.append(Bit([beside(answer.part(block, index, 0), own)], said=block.tokens * CHARS_PER_TOKEN))
        # of a Refusal the words are lost: blocked
    if len(made) > 1 and (calls or singly):
        made = _grouped(answer, index, made)
    return _ended(answer, index, made, signature)


def _text(
    answer: Answer, block: Text, path: tuple[int, int], own: dict[str, Json], *, singly: bool, apart: bool
) -> list[Bit]:
    pieces = texts(block, answer.options)
    if singly or block.logprobs is not None or answer.options.logprobs is not None or "" in pieces:
        return [
            Bit(
                [{"text": piece} | ({} if nth else own)],
                said=len(piece),
                likely=answer.logprobs(block, piece, nth, path),
            )
            for nth, piece in enumerate(pieces)
        ]
    if not pieces:
        return []
    if not apart:
        return [Bit(None, pieces, 0, sum(map(len, pieces)))]
    made = [Bit([{"text": piece}], said=len(piece)) for piece in (pieces[0], pieces[-1])[: len(pieces)]]
    if len(pieces) > 2:
        made.insert(1, Bit(pieces=pieces[1:-1], said=sum(map(len, pieces[1:-1]))))
    return made


def _thought(block: Reasoning, own: dict[str, Json], *, singly: bool) -> list[Bit]:
    pieces = block.pieces
    if singly or "" in pieces:
        return [
            Bit([{"text": piece, "thought": True} | ({} if nth else own)], thought=len(piece))
            for nth, piece in enumerate(pieces)
        ]
    return [Bit(pieces=pieces, thought=sum(map(len, pieces)))] if pieces else []


def _called(answer: Answer, call: ToolCall, part: dict[str, Json], own: dict[str, Json]) -> list[Bit]:
    """Return what the chunks of one call say: one chunk, or many where its arguments come in pieces."""
    said = len(call.name) + len(call.text)
    made = partial.calls(call, arguments(call)) if answer.in_pieces() else ()
    first, *others = [{"functionCall": one} for one in made] or [part]
    return [Bit([first | own], said=said), *(Bit([other]) for other in others)]


def _grouped(answer: Answer, index: int, bits: list[Bit]) -> list[Bit]:
    """Join the parts that share a chunk: as a reader noted, else calls in a row where the form has them together."""
    noted = answer.turn.facts.get("grouping", {}).get(str(index))
    if noted is not None and sum(noted) == len(bits):
        sizes = noted
    else:
        sizes = grouping([_is_call(bit) for bit in bits], together=answer.form.together)
    if len(sizes) == len(bits):
        return bits
    made: list[Bit] = []
    begin = 0
    for size in sizes:
        group = bits[begin : begin + size]
        begin += size
        if size == 1:
            made += group
            continue
        parts = [part for bit in group for part in bit.parts or ()]
        likely = merged([bit.likely for bit in group])
        thought, said = sum(bit.thought for bit in group), sum(bit.said for bit in group)
        made.append(Bit(parts, thought=thought, said=said, likely=likely))
    return made


def _is_call(bit: Bit) -> bool:
    return bool(bit.parts) and "functionCall" in (bit.parts or [{}])[0]


def _is_piece(bit: Bit) -> bool:
    return _is_call(bit) and "args" not in (bit.parts or [{}])[0]["functionCall"]


def _ended(answer: Answer, index: int, bits: list[Bit], signature: str | None) -> list[Bit]:
    """Add the last chunk, where the form has one, and the thought signature in its place."""
    if answer.bare(index):
        return [*bits, Bit(None)]
    trailing = partial.trails(answer.model) if any(map(_is_piece, bits)) else answer.form.trailing
    if trailing or (not bits and answer.word(index) == "STOP"):
        bits.append(Bit([{"text": ""}]))
    elif not bits:
        bits.append(Bit([]))
    if signature is not None:
        parts = [part for bit in bits for part in bit.parts or ()]
        if not sign(parts, signature, answer.form.signature or "first"):
            bits.append(Bit([{"text": "", "thoughtSignature": signature}]))
    return bits
