r"""Server-sent events: encode and decode.

Spec: https://html.spec.whatwg.org/multipage/server-sent-events.html. The providers use a small part of it:
``data: ...`` with or without an ``event: ...`` line before it, LF or CRLF, one blank line after.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core.frame import Frame, Run

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DONE", "Decoder", "Received", "data", "event", "run"]

_LINE_END = re.compile(rb"\r\n|\n|\r(?=[^\n])", re.DOTALL)
"""A CR at the very end may be half of a CR LF, so it waits for the next byte."""

DONE = Frame("[DONE]", b"data: [DONE]\n\n")


def data(text: str, name: str = "") -> Frame:
    r"""Return ``data: TEXT\n\n``; ``name`` is the frame's name, not on the wire."""
    wire = f"data: {text}\n\n".encode()
    return Frame(name, wire, 6, len(wire) - 2)


def event(name: str, text: str) -> Frame:
    r"""Return ``event: NAME\ndata: TEXT\n\n``."""
    wire = f"event: {name}\ndata: {text}\n\n".encode()
    return Frame(name, wire, 14 + len(name.encode()), len(wire) - 2)


def run(text: str, number: int) -> Run:
    """Return so many events, already framed as ``data`` and ``event`` frame them, as one piece of bytes."""
    return Run(text.encode(), number, _frames)


def _frames(wire: bytes) -> Iterator[Frame]:
    # one at a time: a slow stream holds the bytes of its run, not all frames beside them
    begin = 0
    while begin < len(wire):
        # JSON has no line break in it, so the first blank line ends an event
        end = wire.index(b"\n\n", begin) + 2
        held = wire[begin:end]
        begin = end
        if held == DONE.wire:
            yield DONE
            continue
        name, start = "", 6
        if held.startswith(b"event: "):
            line = held.index(b"\n")
            name, start = held[7:line].decode(), line + 7
        yield Frame(name, held, start, len(held) - 2)


class Received(NamedTuple):
    r"""One event as received.

    Attributes:
        event: the last ``event:`` line's value; None when there was none.
        data: all ``data:`` lines joined with LF; None when there was none.
        offset: the byte at which the event's first line begins.
        wire: its bytes, the blank line included.
    """

    event: str | None
    data: str | None
    offset: int
    wire: bytes


class Decoder:
    r"""Feed bytes in any partition, get whole events; lines end with LF, CRLF or CR.

    Bytes that are not UTF-8 are replaced, never an exception.

    Attributes:
        pending: bytes that no blank line has ended yet.
        offset: where they begin.
    """

    def __init__(self) -> None:
        self.pending = b""
        self.offset = 0
        self._line = 0

    def feed(self, data: bytes) -> list[Received]:
        """Take bytes and return the events that they finish."""
        held = self.pending + data
        found: list[Received] = []
        begin = 0
        line = self._line
        for match in _LINE_END.finditer(held, line):
            end = match.end()
            if match.start() == line:
                received = _received(held[begin:end], self.offset + begin)
                if received is not None:
                    found.append(received)
                begin = end
            line = end
        self.pending = held[begin:]
        self.offset += begin
        self._line = line - begin
        return found


def _received(wire: bytes, offset: int) -> Received | None:
    name: str | None = None
    lines: list[str] = []
    for line in wire.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            lines.append(value)
        elif field == "event":
            name = value
    if name is None and not lines:
        return None
    return Received(name, "\n".join(lines) if lines else None, offset, wire)
