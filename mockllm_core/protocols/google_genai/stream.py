"""A Turn as a stream of chunks: every chunk is a whole ``GenerateContentResponse``.

    (thought chunk)* (text chunk | chunk of calls)* [last empty chunk]

Each has ``candidates, usageMetadata, modelVersion, [createTime], responseId``; ``finishReason`` stands in the last
one only. Up to 2.5 that is the last chunk that says something, on Gemini 3 one of the empty text behind it. Several
candidates go side by side: the nth chunk holds the nth piece of each. Server-sent events end with CRLF CRLF and
nothing follows the last; without ``alt=sse`` the chunks are the elements of one JSON array, ``,`` CRLF between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mockllm_core.frame import Frame
from mockllm_core.protocols.google_genai.candidates import Answer, choice_calls, grouping, merged, sign, texts
from mockllm_core.protocols.google_genai.spell import airy, pretty, quote
from mockllm_core.reply import Opaque, Reasoning, Refusal, Text, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["framed", "stream"]


class Bit(NamedTuple):
    """What one chunk says of one candidate.

    Attributes:
        parts: its parts; None for a candidate without content.
        thought: characters of thoughts in it.
        said: characters of the answer in it.
        likely: its ``logprobsResult``.
    """

    parts: list[Json] | None
    thought: int = 0
    said: int = 0
    likely: Json = None


def stream(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Frame]:
    """Yield one turn in wire order, in the call's framing."""
    answer = Answer(turn, call, stamp)
    array = call.form.endswith("array")
    for nth, text in enumerate(_chunks(answer, array=array)):
        yield framed(text, nth, array=array)
    if array:
        yield Frame("", b"]")


def framed(text: str, nth: int, *, array: bool) -> Frame:
    """Return the ``nth`` chunk in its framing."""
    before, after = (("[" if nth == 0 else ",\r\n"), "\n") if array else ("data: ", "\r\n\r\n")
    wire = f"{before}{text}{after}".encode()
    return Frame("", wire, len(before), len(wire) - len(after))


def _chunks(answer: Answer, *, array: bool) -> Iterator[str]:
    """Yield the JSON text of each chunk."""
    spell = pretty if array else airy
    if (feedback := answer.turn.facts.get("prompt_feedback")) is not None:
        yield spell({"promptFeedback": feedback, "usageMetadata": answer.counter.total()} | answer.closing())
        return
    choices = [_bits(answer, index) for index in range(len(answer.turn.choices))]
    count = max(map(len, choices))
    characters = sum(bit.said for bits in choices for bit in bits)
    noted = answer.turn.facts.get("extras", ())
    template = _Template(answer, spell)
    thought = said = 0
    endings = answer.turn.facts.get("ends", {})
    usual = len(choices) == 1 and not noted and not endings
    for nth in range(count):
        if usual and nth < count - 1 and _plain(bit := choices[0][nth]):
            said += bit.said
            yield template.fill(bit, answer.counter.running(nth, count, thought, said, characters))
            continue
        now = [
            (index, bits[nth], nth in endings.get(str(index), (len(bits) - 1,)))
            for index, bits in enumerate(choices)
            if nth < len(bits)
        ]
        thought += sum(bit.thought for _, bit, _ in now)
        said += sum(bit.said for _, bit, _ in now)
        usage = answer.counter.running(nth, count, thought, said, characters)
        extras = noted[nth] if len(noted) == count else {}
        candidates = []
        for index, bit, ends in now:
            more = dict(extras.get(str(index), {}))
            if bit.likely is not None:
                more["logprobsResult"] = bit.likely
            candidates.append(answer.candidate(index, bit.parts, ends=ends, **more))
        yield spell({"candidates": candidates, "usageMetadata": usage} | answer.closing())


def _bits(answer: Answer, index: int) -> list[Bit]:
    """Return what each chunk says of one choice, in wire order."""
    choice = answer.turn.choices[index]
    calls = choice_calls(choice)
    made: list[Bit] = []
    for at, block in enumerate(choice.blocks):
        own = answer.more(index, at)
        match block:
            case Reasoning(pieces=pieces):
                for nth, piece in enumerate(pieces):
                    part = {"text": piece, "thought": True} | ({} if nth else own)
                    made.append(Bit([part], thought=len(piece)))
            case Text():
                for nth, piece in enumerate(texts(block, answer.options)):
                    likely = answer.logprobs(block, piece, nth, (index, at))
                    made.append(Bit([{"text": piece} | ({} if nth else own)], said=len(piece), likely=likely))
            case ToolCall():
                part = answer.part(block, index, calls[at]) | own
                made.append(Bit([part], said=len(block.name) + len(block.text)))
            case Opaque():
                made.append(Bit([answer.part(block, index, 0) | own]))
            case Refusal():
                continue  # blocked: its words are lost
    return _ended(answer, index, _grouped(answer, index, made))


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
        parts = [part for bit in group for part in bit.parts or ()]
        likely = merged([bit.likely for bit in group])
        made.append(Bit(parts, sum(bit.thought for bit in group), sum(bit.said for bit in group), likely))
    return made


def _is_call(bit: Bit) -> bool:
    return bool(bit.parts) and "functionCall" in (bit.parts or [{}])[0]


def _ended(answer: Answer, index: int, bits: list[Bit]) -> list[Bit]:
    """Add the last chunk, where the form has one, and the thought signature in its place."""
    if answer.bare(index):
        return [*bits, Bit(None)]
    if answer.form.trailing or (not bits and answer.word(index) == "STOP"):
        bits.append(Bit([{"text": ""}]))
    elif not bits:
        bits.append(Bit([]))
    signature = answer.signature(index)
    parts = [part for bit in bits for part in bit.parts or ()]
    if signature is not None and not sign(parts, signature, answer.form.signature or "first"):
        bits.append(Bit([{"text": "", "thoughtSignature": signature}]))
    return bits


def _plain(bit: Bit) -> bool:
    """Whether a bit is one text with nothing beside it."""
    parts = bit.parts
    return bit.likely is None and parts is not None and len(parts) == 1 and list(parts[0]) == ["text"]


class _Template:
    """The chunk that repeats: one plain text of the only candidate, with holes for the text and the usage."""

    def __init__(self, answer: Answer, spell: Callable[[Json], str]) -> None:
        chunk = {
            "candidates": [answer.candidate(0, [{"text": "\0"}], ends=False)],
            "usageMetadata": "\1",
        } | answer.closing()
        text = spell(chunk)
        self._before, _, rest = text.partition(quote("\0"))
        self._between, _, self._after = rest.partition(quote("\1"))
        self._pretty = spell is pretty
        self._floats = bool(answer.turn.facts)  # only a reader's notes can bring one into the usage
        self._usage: Json = None
        self._counts = ""

    def fill(self, bit: Bit, usage: Json) -> str:
        """Return the chunk for one text and the usage so far."""
        text = quote((bit.parts or [{}])[0]["text"])
        if usage is not self._usage:
            self._usage = usage
            self._counts = pretty(usage, 1) if self._pretty else airy(usage, floats=self._floats)
        return f"{self._before}{text}{self._between}{self._counts}{self._after}"
