"""Many events of one kind at once: what they share is made once, and each costs a look-up and a checksum."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, TypeVar
from zlib import crc32

from mockllm_core.eventstream.encoder import event_head
from mockllm_core.eventstream.message import PRELUDE
from mockllm_core.frame import Frame, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["Template", "run"]

_Value = TypeVar("_Value")

_LENGTHS = Struct(">II")
_CHECKSUM = Struct(">I")
_KEPT = 1024
"""Rests of up to so many bytes have their heads kept; the pieces of a stream are far shorter."""


class Template:
    """Events of one name whose JSON payloads begin alike: ``{"contentBlockIndex":0,"delta":{"text":``.

    Args:
        name: the events' type.
        beginning: what all payloads begin with.
    """

    def __init__(self, name: str, beginning: str) -> None:
        begun = beginning.encode()

        def before(size: int) -> bytes:
            return event_head(name, len(begun) + size)[0] + begun

        def checksum(size: int) -> int:
            return crc32(begun, event_head(name, len(begun) + size)[1])

        self._before = _Kept(before)
        self._checksums = _Kept(checksum)

    def fill(self, rests: Sequence[bytes]) -> list[bytes]:
        """Return one message for each rest, to be joined: the bytes of ``event(name, beginning + rest)``.

        Raises:
            LengthOutOfRange: a payload exceeds 16 MiB.
        """
        sizes = list(map(len, rests))
        sums = map(crc32, rests, map(self._checksums.__getitem__, sizes))
        parts = [b""] * (3 * len(rests))
        parts[0::3] = map(self._before.__getitem__, sizes)
        parts[1::3] = rests
        parts[2::3] = map(_CHECKSUM.pack, sums)
        return parts


class _Kept(dict[int, _Value]):
    """Values by the size of a rest, made when they are first asked for."""

    def __init__(self, make: Callable[[int], _Value]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, size: int) -> _Value:
        value = self._make(size)
        if size <= _KEPT:
            self[size] = value
        return value


def run(wire: bytes, number: int) -> Run:
    """Return so many JSON events, as ``event`` and ``Template`` make them, as one piece of bytes."""
    return Run(wire, number, _frames)


def _frames(wire: bytes) -> Iterator[Frame]:
    """Cut at the lengths; the first header is ``:event-type``, so the name stands at one place in all of them."""
    start = 0
    while start < len(wire):
        total, headers = _LENGTHS.unpack_from(wire, start)
        at = start + _NAME
        name = wire[at : at + int.from_bytes(wire[at - 2 : at], "big")].decode()
        yield Frame(name, wire[start : start + total], PRELUDE + headers, total - 4)
        start += total


_NAME = PRELUDE + len(b"\x0b:event-type\x07\0\0")
