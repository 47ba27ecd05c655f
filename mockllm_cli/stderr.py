"""Writing to a stderr that perhaps nobody reads.

Who starts a server with its stderr in a pipe and never reads it stops the server when the pipe is full, after some
hundred answers, unless the server would rather lose lines.
"""

from __future__ import annotations

import contextlib
import os
import select
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Pipe", "pipe"]

_PATIENCE_MS = 250
_LINES = 16
"""Written at a time."""
_ATOMIC = 4096
"""A pipe that can be written to takes so many bytes without blocking (PIPE_BUF; pipe(7))."""


class Pipe:
    """A pipe that loses what is not read in time, and says how much when it is read again.

    Args:
        descriptor: its writing end.
        told: makes the line that says how many were lost.
    """

    def __init__(self, descriptor: int, told: Callable[[int], str]) -> None:
        self._descriptor = descriptor
        self._told = told
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self._lost = 0
        self._cut = ""

    def write(self, lines: list[str]) -> None:
        """Write lines, each with a line end; a reader that has gone is no reason to stop either."""
        if self._lost and self._poll.poll(0):
            lines = [self._cut + self._told(self._lost), *lines]
            self._lost = 0
            self._cut = ""
        with contextlib.suppress(OSError):
            for begin in range(0, len(lines), _LINES):
                some = lines[begin : begin + _LINES]
                data = "".join([f"{line}\n" for line in some]).encode("utf-8", "backslashreplace")
                if self._lost or not self._take(data):
                    self._lost += len(some)

    def _take(self, data: bytes) -> bool:
        """Write all, each part when there is room for it; return False when there was none in time."""
        for begin in range(0, len(data), _ATOMIC):
            if not self._poll.poll(_PATIENCE_MS):
                self._cut = "\n" if begin else ""
                return False
            os.write(self._descriptor, data[begin : begin + _ATOMIC])
        return True


def pipe(told: Callable[[int], str]) -> Pipe | None:
    """Return stderr as a pipe; None when it is none, or none that can be asked.

    Args:
        told: makes the line that says how many were lost.
    """
    try:
        descriptor = sys.stderr.fileno()
        found = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    except (OSError, ValueError, AttributeError):  # closed, or replaced by something else
        return None
    return Pipe(descriptor, told) if found and hasattr(select, "poll") else None
