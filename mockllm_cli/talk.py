"""What the server says on stderr: a line for each exchange, and a summary at the end."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import time
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TextIO

from mockllm_cli.console import visible
from mockllm_cli.secrets import redacted_query
from mockllm_cli.stderr import pipe

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_cli.server import Exchange
    from mockllm_core.frame import Frame

__all__ = ["Talk"]

log = logging.getLogger("mockllm")

_SAMPLES = 10_000


class Talk:
    """The server's voice.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        form: ``text``, or ``json`` for one object a line.
        quiet: say nothing but errors.
        verbose: show the frames that go out.
    """

    def __init__(self, level: str, form: Literal["text", "json"], *, quiet: bool, verbose: bool) -> None:
        self._lines = _JsonLines() if form == "json" else _Lines(colour=sys.stderr.isatty())
        self._handler = _Handler(self._lines, self.turn)
        log.setLevel("ERROR" if quiet else level.upper())
        # of libraries no debugging: hpack's tells every header of a request, keys too
        others = max(log.level, logging.WARNING)
        logging.basicConfig(level=others, handlers=[self._handler], force=True)
        self._shown = log.isEnabledFor(logging.INFO)
        self._all_shown = log.isEnabledFor(logging.DEBUG)
        self._verbose = verbose
        self._quiet = quiet
        self._pending: list[Exchange] = []
        self._counts: dict[tuple[str, int], int] = {}
        self._left = self._total = 0
        # the last ones, so that a day of load keeps the memory it had after a minute
        self._times: deque[float] = deque(maxlen=_SAMPLES)

    @property
    def observer(self) -> Callable[[Exchange], None] | None:
        """What the server calls after each exchange; None when nobody listens."""
        return None if self._quiet else self._pending.append

    @property
    def tap(self) -> Callable[[Frame], None] | None:
        """What the server calls with each frame; None unless frames are to be shown."""
        return self._frame if self._verbose and not self._quiet else None

    def _frame(self, frame: Frame) -> None:
        # only a binary frame has a zero byte; of that the payload is shown
        shown = frame.wire[frame.start : frame.end] if frame.end and b"\0" in frame.wire else frame.wire
        log.info("%s", visible(shown.decode("utf-8", "backslashreplace")))

    def turn(self) -> None:
        """Count the exchanges that ended since the last time, and write their lines in one go."""
        exchanges = self._pending.copy()
        self._pending.clear()
        lines: list[str] = []
        counts, shown, all_shown, line = self._counts, self._shown, self._all_shown, self._lines.line
        for exchange in exchanges:
            response, complete = exchange.response, exchange.complete
            note = response.note
            key = note.protocol, response.status
            counts[key] = counts.get(key, 0) + 1
            self._times.append(exchange.seconds)
            self._left += not complete
            # no log record: nobody asks where it was made
            if all_shown or (shown and complete):
                lines.append(line(exchange))
            if all_shown or note.remarks:
                self._handler.write(lines)
                lines = []
                self._remark(exchange)
        self._total += len(exchanges)
        self._handler.write(lines)

    def _remark(self, exchange: Exchange) -> None:
        """Say what else there is to say of an exchange."""
        request, note = exchange.request, exchange.response.note
        for remark in note.remarks:
            log.warning("%s", visible(remark))
        if self._all_shown and request is not None:
            # no header, not even a redacted one: nobody knows all the names that a key travels under
            log.debug(
                "%s %s, query %r, %d bytes asked",
                note.protocol or "no protocol",
                "streamed" if note.stream else "whole",
                redacted_query(request.query),
                len(request.body),
            )

    def farewell(self) -> None:
        """Sum up, when there was anything."""
        self.turn()
        if self._quiet or not self._counts or not log.isEnabledFor(logging.INFO):
            return
        times = sorted(self._times)
        middle, late = times[len(times) // 2], times[len(times) * 99 // 100]
        parts = [f"{name or '-'} {status}: {count}" for (name, status), count in sorted(self._counts.items())]
        if self._left:
            parts.append(f"{self._left} not read to the end")
        log.info(
            "%d answer%s (%s), p50 %.2f ms, p99 %.2f ms",
            self._total,
            "" if self._total == 1 else "s",
            ", ".join(parts),
            middle * 1000,
            late * 1000,
        )


class _Handler(logging.StreamHandler[TextIO]):
    """Writes to stderr; a record comes behind the lines of the exchanges that ended before it.

    Args:
        lines: the format.
        before: writes those lines.
    """

    def __init__(self, lines: _Lines | _JsonLines, before: Callable[[], None]) -> None:
        super().__init__(sys.stderr)
        self.setFormatter(lines)
        self._before = before
        self._pipe = pipe(self._told)

    def emit(self, record: logging.LogRecord) -> None:
        self._before()
        if self._pipe is None:
            super().emit(record)
        else:
            self._pipe.write([self.format(record)])

    def _told(self, lost: int) -> str:
        sentence = "%d lines of this log were not read in time and are lost"
        return self.format(log.makeRecord(log.name, logging.WARNING, "", 0, sentence, (lost,), None))

    def write(self, lines: list[str]) -> None:
        """Write lines that are no records."""
        if not lines:
            return
        self.acquire()
        if self._pipe is not None:
            self._pipe.write(lines)
            self.release()
            return
        # a reader of stderr that has gone is no reason to stop answering
        with contextlib.suppress(OSError, ValueError):
            self.stream.write("\n".join(lines) + "\n")
            self.stream.flush()
        self.release()


class _Lines(logging.Formatter):
    """``12:00:01 POST /v1/messages claude-x 200 9 frames 1234 bytes 0.8 ms``; the status in colour on a terminal."""

    def __init__(self, *, colour: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")
        self._colour = colour
        self._second = 0
        self._time = ""

    def line(self, exchange: Exchange) -> str:
        """Return the line of an exchange."""
        request, response, frames, size, seconds, complete = exchange
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._time = time.strftime("%H:%M:%S", time.localtime(second))
        method, path = ("", "(no request)") if request is None else (request.method, request.path)
        what = _what(method, path, response.note.model, response.status, self._colour)
        return (
            f"{self._time} {what} {frames} frame{'' if frames == 1 else 's'} {size} bytes "
            f"{seconds * 1000:.1f} ms{'' if complete else ' (client left)'}"
        )


@lru_cache(maxsize=256)
def _what(method: str, path: str, model: str, status: int, colour: bool) -> str:  # noqa: FBT001 - a cache's key
    """Return what was asked and with what status it ended: the same in most lines."""
    asked = visible(f"{method}{' ' if method else ''}{path} {model or '-'}")
    if not colour:
        return f"{asked} {status}"
    return f"{asked} \x1b[{32 if status < 400 else 33 if status < 500 else 31}m{status}\x1b[0m"


class _JsonLines(logging.Formatter):
    """One JSON object a line."""

    def line(self, exchange: Exchange) -> str:
        """Return the line of an exchange."""
        request, response, frames, size, seconds, complete = exchange
        line = {
            "time": round(time.time(), 3),
            "level": "info" if complete else "debug",
            "method": None if request is None else request.method,
            "path": None if request is None else request.path,
            "protocol": response.note.protocol,
            "model": response.note.model,
            "status": response.status,
            "frames": frames,
            "bytes": size,
            "ms": round(seconds * 1000, 3),
            "complete": complete,
        }
        return json.dumps(line)

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": round(record.created, 3),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)
