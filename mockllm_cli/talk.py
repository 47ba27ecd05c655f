"""What the server says on stderr: a line for each exchange, and a summary at the end."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import time
from collections import deque
from typing import TYPE_CHECKING, Literal, TextIO

from mockllm_cli.console import visible
from mockllm_cli.secrets import redacted_query

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
        person = sys.stderr.isatty()
        lines = _JsonLines() if form == "json" else _Lines(colour=person)
        self._handler = _Batch(lines, at_once=person)
        logging.basicConfig(level="ERROR" if quiet else level.upper(), handlers=[self._handler], force=True)
        self._shown = log.isEnabledFor(logging.INFO)
        self._all_shown = log.isEnabledFor(logging.DEBUG)
        self._verbose = verbose
        self._quiet = quiet
        self._counts: dict[tuple[str, int], int] = {}
        self._left = self._total = 0
        self._times: list[float] = []

    @property
    def observer(self) -> Callable[[Exchange], None] | None:
        """What the server calls after each exchange; None when nobody listens."""
        return None if self._quiet else self._exchanged

    @property
    def tap(self) -> Callable[[Frame], None] | None:
        """What the server calls with each frame; None unless frames are to be shown."""
        return self._frame if self._verbose and not self._quiet else None

    def _frame(self, frame: Frame) -> None:
        shown = frame.wire if frame.wire.isascii() or not frame.end else frame.wire[frame.start : frame.end]
        log.info("%s", visible(shown.decode("utf-8", "backslashreplace")))

    def _exchanged(self, exchange: Exchange) -> None:
        note = exchange.response.note
        key = note.protocol, exchange.response.status
        self._counts[key] = self._counts.get(key, 0) + 1
        # a ring, so that a day of load keeps the memory it had after a minute
        if self._total < _SAMPLES:
            self._times.append(exchange.seconds)
        else:
            self._times[self._total % _SAMPLES] = exchange.seconds
        self._total += 1
        if not exchange.complete:
            self._left += 1
        if self._all_shown or (self._shown and exchange.complete):
            self._handler.tell(exchange)
        for remark in note.remarks:
            log.warning("%s", visible(remark))
        if self._all_shown and exchange.request is not None:
            # no header, not even a redacted one: nobody knows all the names that a key travels under
            log.debug(
                "%s %s, query %r, %d bytes asked",
                note.protocol or "no protocol",
                "streamed" if note.stream else "whole",
                redacted_query(exchange.request.query),
                len(exchange.request.body),
            )

    def turn(self) -> None:
        """Write the lines held back while the server had more to do."""
        self._handler.flush()

    def farewell(self) -> None:
        """Sum up, when there was anything."""
        if self._quiet or not self._counts or not log.isEnabledFor(logging.INFO):
            return
        times = sorted(self._times)
        middle, late = times[len(times) // 2], times[len(times) * 99 // 100]
        parts = [f"{name or '-'} {status}: {count}" for (name, status), count in sorted(self._counts.items())]
        if self._left:
            parts.append(f"{self._left} not read to the end")
        log.info(
            "%d answers (%s), p50 %.2f ms, p99 %.2f ms",
            self._total,
            ", ".join(parts),
            middle * 1000,
            late * 1000,
        )


class _Batch(logging.StreamHandler[TextIO]):
    """Lines of exchanges wait for the end of the server's turn, unless a person watches; all others go at once."""

    def __init__(self, lines: _Lines | _JsonLines, *, at_once: bool) -> None:
        super().__init__(sys.stderr)
        self.setFormatter(lines)
        self._lines = lines
        self._at_once = at_once
        self._held: deque[str] = deque()

    def tell(self, exchange: Exchange) -> None:
        """Write the line of an exchange, now or with others. It is no log record: nobody asks where it was made."""
        self._held.append(self._lines.line(exchange))
        if self._at_once:
            self.flush()

    def emit(self, record: logging.LogRecord) -> None:
        self.flush()
        super().emit(record)

    def flush(self) -> None:
        self.acquire()
        # a reader of stderr that has gone is no reason to stop answering
        with contextlib.suppress(OSError, ValueError):
            if self._held:
                lines = [self._held.popleft() for _ in range(len(self._held))]
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
        asked = f"{request.method} {request.path}" if request is not None else "(no request)"
        asked = visible(f"{asked} {response.note.model or '-'}")
        status = str(response.status)
        if self._colour:
            status = (
                f"\x1b[{32 if response.status < 400 else 33 if response.status < 500 else 31}m{status}\x1b[0m"
            )
        return (
            f"{self._time} {asked} {status} "
            f"{frames} frame{'' if frames == 1 else 's'} {size} bytes "
            f"{seconds * 1000:.1f} ms{'' if complete else ' (client left)'}"
        )


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
