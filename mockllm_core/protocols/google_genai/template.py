"""The chunks of one candidate, written with templates: texts around the few things that differ.

A template is cut out of a chunk that ``candidates`` made and ``spell`` spelled, so there is one law of a chunk.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Literal, NamedTuple

from mockllm_core.frame import Frame, Run
from mockllm_core.protocols.google_genai import ids
from mockllm_core.protocols.google_genai.candidates import candidate, closing
from mockllm_core.protocols.google_genai.families import family
from mockllm_core.protocols.google_genai.spell import quote, quotes, spelled
from mockllm_core.tokens import estimate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json
    from mockllm_core.protocols.google_genai.candidates import Answer

__all__ = ["Bit", "Writer"]

_Hole = Literal["text", "thought", "parts", "calls", "candidates"]


class Bit(NamedTuple):
    """What one chunk says of one candidate, or several chunks that are plain texts.

    Attributes:
        parts: its parts; None for a candidate without content, or when there are ``pieces``.
        pieces: texts with nothing beside them, none empty, each a chunk; they are thoughts when ``thought`` is not 0.
        thought: characters of thoughts in it.
        said: characters of the answer in it.
        likely: its ``logprobsResult``.
    """

    parts: list[Json] | None = None
    pieces: tuple[str, ...] = ()
    thought: int = 0
    said: int = 0
    likely: Json = None


class _Template(NamedTuple):
    """The text before a hole, from there to the usage, to ``createTime``, to ``responseId``, and to the chunk's end."""

    before: str
    between: str
    to_time: str
    to_id: str
    after: str


@lru_cache(maxsize=128)
def _template(model: str, word: str, hole: _Hole, vertex: bool, array: bool) -> _Template:  # noqa: FBT001 - a cache's key
    """Return a framed chunk around a text, its parts or its candidates; ``word`` is its finish reason.

    In an array each chunk begins with what ends the one before it.
    """
    called = hole == "calls"
    part: dict[str, Json] = {"functionCall": "\0"} if called else {"text": "\0"}
    if hole == "thought":
        part["thought"] = True
    made = [candidate(family(model, vertex=vertex), 0, [part], word, {}, vertex=vertex)]
    chunk = {"candidates": made, "usageMetadata": "\1"} | closing(model, "\2" if vertex else None, "\3")
    text = spelled(chunk, 0 if array else None)
    held = quote("\0")
    if hole == "candidates":
        held = spelled(made, 1 if array else None)
    elif called or hole == "parts":
        held = spelled([part], 4 if array else None)
    before, _, rest = text.partition(held)
    between, _, rest = rest.partition(quote("\1"))
    rest, _, after = rest.rpartition(quote("\3"))
    to_time, _, to_id = rest.rpartition(quote("\2")) if vertex else (rest, "", "")
    if array:
        return _Template(f",\r\n{before}", between, to_time, to_id, f"{after}\n")
    return _Template(f"data: {before}", between, to_time, to_id, f"{after}\r\n\r\n")


class Writer:
    """Writes the framed chunks of the only candidate, in order, and counts along.

    ``characters`` are those of the whole answer without its thoughts.

    Attributes:
        number: the chunks that no run has taken yet.
    """

    def __init__(self, answer: Answer, *, array: bool, characters: int) -> None:
        self.number = 0
        self._answer = answer
        self._counter = answer.counter
        self._array = array
        self._characters = characters
        self._thought = self._said = 0
        self._held: list[str] = []
        self._begun = False
        model, vertex, stamp = answer.model, answer.vertex, answer.stamp
        self._goes_on = made = _template(model, "", "text", vertex, array)
        time = f'{made.to_time}"{ids.create_time(stamp)}"{made.to_id}' if vertex else made.to_time
        self._closing = f'{time}"{ids.response_id(stamp)}"{made.after}'

    def run(self) -> Run:
        """Return what was written since the last run."""
        text = "".join(self._held)
        if self._array and not self._begun:
            text = f"[{text[3:]}"
        made = Run(text.encode(), self.number, _elements if self._array else _events)
        self._begun = True
        self.number = 0
        self._held = []
        return made

    def _around(self, word: str, hole: _Hole) -> _Template:
        return _template(self._answer.model, word, hole, self._answer.vertex, self._array)

    def texts(self, pieces: tuple[str, ...], *, thought: bool) -> None:
        """Write one chunk for each text; none is empty."""
        self.number += len(pieces)
        made = self._around("", "thought") if thought else self._goes_on
        begin = self._thought if thought else self._said
        end = begin + sum(map(len, pieces))
        if thought:
            self._thought = end
        else:
            self._said = end
        quoted = quotes(pieces)
        if self._answer.vertex or (self._said > 0 if thought else not self._counter.rises):
            self._same(made, quoted, *self._so_far())
        else:
            self._rising(made, quoted, list(accumulate(map(len, pieces), initial=begin))[1:], thought=thought)

    def _rising(self, made: _Template, quoted: list[str], sums: list[int], *, thought: bool) -> None:
        """Write one chunk for each quoted text, with counts that follow from the characters up to its end."""
        usage = self._answer.turn.usage
        if thought:
            name, others = "thoughtsTokenCount", 0
            numbers = [min(usage.reasoning, estimate(count)) for count in sums]
        else:
            name, others = "candidatesTokenCount", usage.reasoning
            total, characters = usage.output_tokens - usage.reasoning, self._characters
            numbers = [total * count // characters for count in sums]
        zeros = numbers.count(0)
        if zeros:  # a count that is still zero is not told
            self._same(made, quoted[:zeros], 0, others)
            del quoted[:zeros], numbers[:zeros]
        parts, difference = self._counter.around(name, others, array=self._array)
        totals = [number + difference for number in numbers]
        first, second = (totals, numbers) if thought else (numbers, totals)
        before, between, middle, after = (
            made.before,
            made.between + parts[0],
            parts[1],
            parts[2] + self._closing,
        )
        self._held += [
            f"{before}{text}{between}{one}{middle}{other}{after}"
            for text, one, other in zip(quoted, first, second, strict=True)
        ]

    def _same(self, made: _Template, quoted: list[str], candidates: int, thoughts: int) -> None:
        """Write one chunk for each quoted text, all with the same usage."""
        usage = self._counter.text(candidates, thoughts, ends=False, array=self._array)
        after = made.between + usage + self._closing
        self._held += (made.before, (after + made.before).join(quoted), after)

    def _so_far(self) -> tuple[int, int]:
        return self._counter.so_far(self._thought, self._said, self._characters)

    def chunk(self, bit: Bit, *, ends: bool = False, **more: Json) -> None:
        """Write one chunk; what ``ends`` has one piece at most, ``more`` are further keys of the candidate."""
        answer, array = self._answer, self._array
        self.number += 1
        self._thought += bit.thought
        self._said += bit.said
        counts = self._counter.at_end() if ends else self._so_far()
        usage = self._counter.text(*counts, ends=ends, array=array)
        word = answer.word(0) if ends else ""
        if bit.likely is not None:
            more["logprobsResult"] = bit.likely
        if bit.pieces:
            made = self._around(word, "thought" if bit.thought else "text")
            held = quote(bit.pieces[0])
        elif bit.parts and not more:
            called = any("functionCall" in part for part in bit.parts)
            made = self._around(word, "calls" if called else "parts")
            held = spelled(bit.parts, 4 if array else None)
        else:
            made = self._around(word, "candidates")
            held = spelled([answer.candidate(0, bit.parts, ends=ends, **more)], 1 if array else None)
        self._held += (made.before, held, made.between, usage, self._closing)


def _events(wire: bytes) -> Iterator[Frame]:
    """Cut a run of server-sent events; JSON text has no line break in it."""
    for held in wire.split(b"\r\n\r\n")[:-1]:
        yield Frame("", held + b"\r\n\r\n", 6, len(held))


def _elements(wire: bytes) -> Iterator[Frame]:
    """Cut a run of an array's elements; in pretty JSON no line ends with CR LF."""
    first, *others = wire.split(b",\r\n")
    if first:  # the array begins
        yield Frame("", first, 1, len(first) - 1)
    for held in others:
        yield Frame("", b",\r\n" + held, 3, len(held) + 2)
