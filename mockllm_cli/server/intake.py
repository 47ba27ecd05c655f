"""What comes in over HTTP/2: some frames at a time, and the account of those that ask for nothing.

A frame costs its sender nine bytes and us a hundred times as long as a byte of text, and h2 works through all that
it is given. So it is given a few frames, after which others may have their turn; and who sends thousands that bring
no request on (pings, settings, window updates, empty data; CVE-2019-9512 to 9518) is told to calm down.

Spec: RFC 9113, 4.1 (frame format), 10.5 (denial of service).
"""

from __future__ import annotations

__all__ = ["Intake"]

_FRAMES = 16
"""Handed to h2 at a time: a millisecond of work, or two."""

_IDLE_FRAMES = 10_000
"""Frames that a client may send beyond those that its requests and our answers give cause for."""

_FULL = 64
"""Bytes of a frame that is worth its trouble."""

_BRING = frozenset({0, 1, 9})
"""DATA, HEADERS and CONTINUATION: a request is made of these."""

_BLOCK = frozenset({1, 9})
_END_HEADERS = 0x4

_FOR_ANSWER = 100
_FOR_FRAME = 4
_PART = 512
"""A client tells of each frame, or part of one, that it has room again, for the stream and for all; some ping, too."""


class Intake:
    """The client's bytes in their order, cut between frames.

    Attributes:
        left: bytes are here that have not been taken.
        inside: what was taken ends in the middle of a frame, or of a header list.
    """

    __slots__ = ("_at", "_credit", "_data", "_head", "_open", "_rest", "inside", "left")

    def __init__(self) -> None:
        self._data = b""
        self._at = 0
        self._head = b""
        # the preface stands before the first frame
        self._rest = 24
        self._credit = _IDLE_FRAMES
        self._open = False
        self.inside = self.left = False

    @property
    def calm(self) -> bool:
        """Whether the client has kept within its account."""
        return self._credit >= 0

    def add(self, data: bytes) -> None:
        """Put bytes behind those that are left."""
        self._data = self._data[self._at :] + data if self.left else data
        self._at = 0
        self.left = bool(self._data)

    def clear(self) -> None:
        """Forget what is left."""
        self._data = b""
        self.left = False

    def take(self) -> bytes:
        """Return the bytes of the next few frames, as far as they are here."""
        data, begin = self._data, self._at
        at, count = begin, 0
        while at < len(data) and count < _FRAMES:
            if self._rest:
                taken = min(self._rest, len(data) - at)
                self._rest -= taken
            else:
                taken = min(9 - len(self._head), len(data) - at)
                self._head += data[at : at + taken]
                if len(self._head) == 9:
                    self._rest = int.from_bytes(self._head[:3])
                    self._credit -= _cost(self._head[3], self._rest)
                    if self._head[3] in _BLOCK:
                        self._open = not self._head[4] & _END_HEADERS
                    self._head = b""
            at += taken
            count += not (self._rest or self._head)
        self._at = at
        self.left = at < len(data)
        self.inside = bool(self._rest or self._head or self._open)
        return data[begin:at]

    def sent(self, length: int) -> None:
        """Give credit for a frame of an answer."""
        self._credit = min(self._credit + _FOR_FRAME + length // _PART, _IDLE_FRAMES)

    def answered(self) -> None:
        """Give credit for a whole answer."""
        self._credit = min(self._credit + _FOR_ANSWER, _IDLE_FRAMES)


def _cost(kind: int, length: int) -> int:
    """Return what a frame takes off the account."""
    return int(length < _FULL) if kind in _BRING else 1 + length // _FULL
