"""Chunks: what is around the choices, and the noise that pads each of them.

A chunk is spelled without what differs from answer to answer. Whole, it is
``{"id", "object", "created", "model", ..., "choices", ["usage"], ["obfuscation"]}``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core import sse
from mockllm_core.jsontext import compact
from mockllm_core.protocols.openai_chat.values import completion_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mockllm_core.frame import Json, Run
    from mockllm_core.protocols.openai_chat.values import Backend
    from mockllm_core.stamp import Stamp

__all__ = ["Chunks", "Sheet", "head"]


class Sheet(NamedTuple):
    """Some chunks, but for their beginning and their noise.

    Attributes:
        rests: each chunk from its choices on, without the brace that closes it where there is noise.
        cuts: which noise each gets; None for none.
        tail: what follows them.
        number: of events.
    """

    rests: list[str]
    cuts: list[slice] | None
    tail: str
    number: int

    def run(self, beginning: str, noise: str, holes: Iterable[tuple[str, str]]) -> Run:
        """Return the chunks of an answer; ``holes`` are what else to put where."""
        chunks = self.rests
        if self.cuts is not None:
            chunks = [
                f'{rest},"obfuscation":"{noise[cut]}"}}\n\n'
                for rest, cut in zip(chunks, self.cuts, strict=True)
            ]
        text = f"{beginning if chunks else ''}{beginning.join(chunks)}{self.tail}"
        for hole, filling in holes:
            text = text.replace(hole, filling)
        return sse.run(text, self.number)


def head(stamp: Stamp, source: Backend) -> str:
    """Return what each chunk of an answer has before its choices."""
    return f'data: {{"id":"{completion_id(stamp)}{_head(stamp.unix, source)}'


@lru_cache(maxsize=64)
def _head(created: int, source: Backend) -> str:
    head: dict[str, Json] = {"object": "chat.completion.chunk", "created": created, "model": source.model}
    if source.tier is not None:
        head["service_tier"] = source.tier
    head["system_fingerprint"] = source.fingerprint
    return f'",{compact(head)[1:-1]},"choices":['


class Chunks:
    """Spells chunks.

    Args:
        length: of what comes before the choices, in characters.
        starts: where the noise of each chunk begins; None when none shall be padded.

    Attributes:
        made: how many since the last sheet.
    """

    def __init__(self, length: int, starts: Sequence[int] | None) -> None:
        # "data: " is 6 characters, the brace that closes is one: what is left of 16 before any choice
        self._left = 5 - length
        self._starts = starts
        self._sent = 0
        self._rests: list[str] = []
        self._cuts: list[slice] = []

    @property
    def made(self) -> int:
        """How many chunks were made since the last sheet."""
        return len(self._rests)

    def add(self, rest: str) -> None:
        """Make a chunk; ``rest`` is its JSON from the choice on, without the brace that closes it.

        Its obfuscation is random text that makes the length of the JSON, counted in characters, 1 more than a
        multiple of 16: (-B) mod 16 characters for B characters without the field. Recorded chunks are ASCII; an
        Azure stream with an emoji shows that characters count, not bytes.
        """
        if self._starts is None:
            self._rests.append(f"{rest}}}\n\n")
            return
        start = self._starts[self._sent]
        self._sent += 1
        self._rests.append(rest)
        self._cuts.append(slice(start, start + (self._left - len(rest)) % 16))

    def add_each(self, before: str, pieces: Sequence[str], after: str) -> None:
        """Make one chunk for each piece; what stands around it is the same."""
        if self._starts is None:
            after += "}\n\n"
        else:
            left = self._left - len(before) - len(after)
            starts = self._starts[self._sent : self._sent + len(pieces)]
            self._sent += len(pieces)
            self._cuts += [
                slice(start, start + (left - len(piece)) % 16)
                for piece, start in zip(pieces, starts, strict=True)
            ]
        self._rests += [f"{before}{piece}{after}" for piece in pieces]

    def sheet(self, tail: str = "") -> Sheet:
        """Return the chunks made since the last sheet; the tail is an event that is no chunk."""
        rests, self._rests = self._rests, []
        cuts, self._cuts = self._cuts, []
        return Sheet(rests, None if self._starts is None else cuts, tail, len(rests) + bool(tail))
