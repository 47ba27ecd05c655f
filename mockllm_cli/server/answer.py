"""One answer on its way out, whatever HTTP version carries it."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core.frame import Frame, Pause, Run, frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockllm_core.exchange import HttpRequest, HttpResponse
    from mockllm_core.frame import Step

__all__ = ["Answer", "Clock", "Exchange", "tapped"]


class Exchange(NamedTuple):
    """One finished exchange, for the log and the journal.

    Attributes:
        request: what came in; None when it was no request.
        response: what went out.
        frames: frames sent.
        size: body bytes sent, without framing.
        seconds: from the end of the request to the end of the answer.
        complete: False when the client left before the end.
    """

    request: HttpRequest | None
    response: HttpResponse
    frames: int
    size: int
    seconds: float
    complete: bool


class Answer:
    """A response and how far it has gone.

    Attributes:
        request: what it answers; None when that was no request, and once the observer knows of it.
        response: the engine's.
        due: monotonic time before which no more frames go out; 0 when none waits. Deadlines add up, so that a
            late frame does not delay the ones behind it.
        ended: all of the body was taken.
        reported: the observer knows of it.
        armed: the ``due`` for which a timer is set.
    """

    __slots__ = (
        "_frames",
        "_size",
        "_steps",
        "armed",
        "due",
        "ended",
        "reported",
        "request",
        "response",
        "started",
    )

    def __init__(self, request: HttpRequest | None, response: HttpResponse, started: float) -> None:
        self.request = request
        self.response = response
        self.started = started
        self.due = self.armed = 0.0
        self.ended = self.reported = False
        self._steps: Iterator[Step] = iter(response.steps)
        self._frames = self._size = 0

    @property
    def waits(self) -> bool:
        """Whether a pause is still running."""
        return self.due > 0 and self.due > time.monotonic()

    @property
    def held(self) -> int:
        """Bytes that are here until it is on its way: of its request, and of a whole answer that was not taken."""
        asked = 0 if self.request is None else len(self.request.body)
        return asked if self.ended or self.response.body is None else asked + len(self.response.body)

    def take(self, most: int) -> bytes:
        """Return the body up to the next pause, or at least ``most`` bytes; b"" when only a pause came."""
        if self.response.body is not None:
            self.ended = True
            self._frames = 1
            self._size = len(self.response.body)
            return self.response.body
        run: list[bytes] = []
        size = count = 0
        for step in self._steps:
            if isinstance(step, Pause):
                self.due = (self.due or time.monotonic()) + step.seconds
                break
            run.append(step.wire)
            count += step.number if isinstance(step, Run) else 1
            size += len(step.wire)
            if size >= most:
                break
        else:
            self.ended = True
        self._frames += count
        self._size += size
        return b"".join(run)

    def exchange(self, *, complete: bool) -> Exchange:
        """Return what the log and the journal want to know."""
        seconds = time.monotonic() - self.started
        return Exchange(self.request, self.response, self._frames, self._size, seconds, complete)


class Clock:
    """The ``date`` header, made once a second."""

    def __init__(self) -> None:
        self._second = 0
        self._date = ""

    @property
    def date(self) -> str:
        """``Sun, 22 Nov 2026 19:29:59 GMT``."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._date = f"{datetime.fromtimestamp(second, UTC):%a, %d %b %Y %H:%M:%S} GMT"
        return self._date


def tapped(response: HttpResponse, tap: Callable[[Frame], None]) -> HttpResponse:
    """Return the response with a listener to each of its frames."""
    if response.status == 101:
        return response  # nothing is said yet
    if response.body is not None:
        tap(Frame("", response.body, 0, len(response.body)))
        return response

    def steps() -> Iterator[Step]:
        for step in response.steps:
            for frame in frames((step,)):
                tap(frame)
            yield step

    return replace(response, steps=steps())
