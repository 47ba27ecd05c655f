"""A stream that was spelled serves as the pattern of later ones that say the same.

What differs between two answers to the same request are ids, times and noise. A protocol says which texts these are and
how its noise looks; they are cut out of the bytes of one answer, and filled in again for the next. Whether that gives
just the bytes that the protocol itself would spell is tried once, with another seed and another time, before a pattern
is used; one that fails is never used.
"""

from __future__ import annotations

import re
from datetime import timedelta
from operator import itemgetter
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from mockllm_core.frame import Run
from mockllm_core.stamp import Stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mockllm_core.frame import Frame
    from mockllm_core.protocol import Call, WireProtocol
    from mockllm_core.reply import Turn

__all__ = ["NOISELESS", "OBFUSCATION", "Filler", "Noise", "Pattern", "Varying", "learn"]

_MOST = 1_024
"""Frames of a stream that is worth a pattern."""
_STEP = 17

Filler: TypeAlias = "Callable[[Stamp], Sequence[bytes]]"
"""What makes the noises of an answer, in order."""


class Noise(NamedTuple):
    """How the frames of a stream are padded.

    Attributes:
        found: a regular expression with one group ``noise`` that finds the noise of each padded frame, and nothing
            else; ``b""`` where there is none.
        filler: from the number of the frame and the length of each noise to what makes those of another answer.
    """

    found: bytes
    filler: Callable[[Sequence[tuple[int, int]]], Filler]


class Varying(NamedTuple):
    """What differs between a protocol's streams that say the same.

    Attributes:
        runs: whose streams these are; a record with other ``runs`` has no use for this.
        spelled: the same without a memory.
        texts: each text that differs, as it stands nowhere else in the stream: always as many, of the same lengths.
            None for a stream that no pattern fits.
        noise: how frames are padded.
        sent: is told of each stream made by a pattern, where a memory wants to know.
        holds: gives what must still be true whenever the pattern is used; None, and None of it, for nothing.
    """

    runs: Callable[[Turn, Call, Stamp], Iterable[Frame | Run]]
    spelled: Callable[[Turn, Call, Stamp], Iterable[Frame | Run]]
    texts: Callable[[Turn, Call, Stamp], Sequence[str] | None]
    noise: Noise
    sent: Callable[[Run, Turn, Call, Stamp], None] | None = None
    holds: Callable[[Turn, Call], Callable[[], bool] | None] | None = None


class Pattern:
    """The bytes of a stream with holes.

    Args:
        parts: the bytes; each second one is a hole.
        order: which of the texts and noises fills each hole.
        varying: what makes the texts of an answer.
        noise: what makes its noises.
        number: how many frames there are.
        cut: makes the frames of the bytes.

    Attributes:
        sent: see Varying.
        holds: whether it may be used now; None for always.
    """

    def __init__(
        self,
        parts: list[bytes],
        order: list[int],
        varying: Varying,
        noise: Filler,
        number: int,
        cut: Callable[[bytes], Iterable[Frame]],
    ) -> None:
        self._parts = parts
        # of one it would give no tuple
        self._ordered = itemgetter(*order) if len(order) > 1 else itemgetter(slice(order[0], order[0] + 1))
        self._texts = varying.texts
        self.sent = varying.sent
        self.holds: Callable[[], bool] | None = None
        self._noise = noise
        self._number = number
        self._cut = cut

    def run(self, turn: Turn, call: Call, stamp: Stamp) -> Run:
        """Return the stream of an answer in one piece."""
        parts = self._parts.copy()
        texts = self._texts(turn, call, stamp) or ()
        parts[1::2] = self._ordered((*map(str.encode, texts), *self._noise(stamp)))
        return Run(b"".join(parts), self._number, self._cut)


def learn(
    protocol: WireProtocol, turn: Turn, call: Call, stamp: Stamp, steps: Sequence[Frame | Run]
) -> Pattern | None:
    """Return the pattern of a stream from the steps of one, or None where none fits."""
    varying = protocol.varying
    if varying is None or varying.runs is not protocol.runs:
        return None
    texts = varying.texts(turn, call, stamp)
    first = steps[0]
    number = sum(step.number if isinstance(step, Run) else 1 for step in steps)
    if texts is None or not isinstance(first, Run) or number > _MOST:
        return None
    wire = b"".join([step.wire for step in steps])
    parts, order, noises = _holes(wire, texts, varying.noise.found)
    if not order:
        return None
    pattern = Pattern(parts, order, varying, varying.noise.filler(noises), number, first.cut)
    other = Stamp(seed=b"another answer", now=stamp.now + timedelta(days=1, hours=1, seconds=1))
    spelled = b"".join([step.wire for step in varying.spelled(turn, call, other)])
    if pattern.run(turn, call, other).wire != spelled:
        return None
    if varying.holds is not None:
        pattern.holds = varying.holds(turn, call)
    return pattern


def _holes(
    wire: bytes, texts: Sequence[str], noise: bytes
) -> tuple[list[bytes], list[int], list[tuple[int, int]]]:
    """Cut the holes out: the parts, what fills each hole, and frame and length of each noise."""
    held = {text.encode(): nth for nth, text in enumerate(texts)}
    wanted = b"|".join([re.escape(text) for text in sorted(held, key=len, reverse=True)])
    finds = re.compile(b"(?:" + wanted + b")" + (b"|" + noise if noise else b""))
    parts: list[bytes] = []
    order: list[int] = []
    noises: list[tuple[int, int]] = []
    begin = frame = 0
    for found in finds.finditer(wire):
        start, end = found.span("noise") if noise and found["noise"] is not None else found.span()
        parts += (wire[begin:start], b"")
        frame += wire.count(b"\n\n", begin, start)
        begin = end
        if (nth := held.get(found[0])) is not None:
            order.append(nth)
        else:
            order.append(len(held) + len(noises))
            noises.append((frame, end - start))
    return [*parts, wire[begin:]], order, noises


def _obfuscation(noises: Sequence[tuple[int, int]]) -> Filler:
    """Frame n has the first characters of the n-th piece of noise."""
    form, at = "", 0
    for frame, length in noises:
        form += f"{frame * _STEP - at}x{length}s"
        at = frame * _STEP + length
    cut = Struct(form)
    pieces = -(-at // _STEP)
    return lambda stamp: cut.unpack_from(stamp.noise_pieces(pieces))


OBFUSCATION = Noise(rb'(?<="obfuscation":")(?P<noise>[A-Za-z0-9]*)(?=")', _obfuscation)
"""OpenAI's: characters in a field of their own. Quotes inside a text are escaped, so no text has that field."""

NOISELESS = Noise(b"", lambda _: lambda _: ())
"""Frames are not padded."""
