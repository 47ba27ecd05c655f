"""What the server says on stderr: a line for each exchange, and a summary at the end."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, ClassVar, Literal, TextIO

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
        self._handler = _Batch(at_once=person)
        self._handler.setFormatter(_JsonLines() if form == "json" else _Lines(colour=person))
        logging.basicConfig(level="ERROR" if quiet else level.upper(), handlers=[self._handler], force=True)
        self._shown = log.isEnabledFor(logging.INFO)
        self._verbose = verbose
        self._quiet = quiet
        self._counts: Counter[tuple[str, int]] = Counter()
        self._left = 0
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
        self._counts[note.protocol or "-", exchange.response.status] += 1
        self._left += not exchange.complete
        # a ring, so that a day of load keeps the memory it had after a minute
        if len(self._times) < _SAMPLES:
            self._times.append(exchange.seconds)
        else:
            self._times[sum(self._counts.values()) % _SAMPLES] = exchange.seconds
        if self._shown and (exchange.complete or log.isEnabledFor(logging.DEBUG)):
            log.handle(_Line(exchange))
        for remark in note.remarks:
            log.warning("%s", visible(remark))
        if log.isEnabledFor(logging.DEBUG) and exchange.request is not None:
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
        parts = [f"{name} {status}: {count}" for (name, status), count in sorted(self._counts.items())]
        total = sum(self._counts.values())
        if self._left:
            parts.append(f"{self._left} not read to the end")
        log.info(
            "%d answers (%s), p50 %.1f ms, p99 %.1f ms", total, ", ".join(parts), middle * 1000, late * 1000
        )


class _Line(logging.LogRecord):
    """The record of an exchange: nobody looks up the caller, the thread or the process of each."""

    exchange: Exchange
    _usual: ClassVar[dict[str, object]] = {}

    def __init__(self, exchange: Exchange) -> None:
        if not self._usual:
            super().__init__("mockllm", logging.INFO, "", 0, "", None, None)
            self._usual.update(self.__dict__)
        self.__dict__ = self._usual.copy()
        self.created = time.time()
        self.msecs = self.created % 1 * 1000
        self.exchange = exchange
        if not exchange.complete:
            self.levelno, self.levelname = logging.DEBUG, "DEBUG"


class _Batch(logging.StreamHandler[TextIO]):
    """Lines of exchanges wait for the end of the server's turn, unless a person watches; all others go at once."""

    def __init__(self, *, at_once: bool) -> None:
        super().__init__(sys.stderr)
        self._at_once = at_once
        self._held: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if self._at_once or not isinstance(record, _Line):
            self.flush()
            super().emit(record)
        else:
            self._held.append(self.format(record))

    def flush(self) -> None:
        # a reader of stderr that has gone is no reason to stop answering
        with contextlib.suppress(OSError, ValueError):
            if self._held:
                lines, self._held = self._held, []
                self.stream.write("\n".join(lines) + "\n")
            self.stream.flush()


class _Lines(logging.Formatter):
    """``12:00:01 POST /v1/messages claude-x 200 9 frames 1234 bytes 0.8 ms``; the status in colour on a terminal."""

    def __init__(self, *, colour: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")
        self._colour = colour
        self._second = 0
        self._time = ""

    def format(self, record: logging.LogRecord) -> str:
        if not isinstance(record, _Line):
            return super().format(record)
        exchange = record.exchange
        if int(record.created) != self._second:
            self._second = int(record.created)
            self._time = self.formatTime(record, self.datefmt)
        request, response = exchange.request, exchange.response
        asked = f"{request.method} {request.path}" if request is not None else "(no request)"
        status = str(response.status)
        if self._colour:
            status = (
                f"\x1b[{32 if response.status < 400 else 33 if response.status < 500 else 31}m{status}\x1b[0m"
            )
        return (
            f"{self._time} {visible(asked)} {visible(response.note.model) or '-'} {status} "
            f"{exchange.frames} frame{'' if exchange.frames == 1 else 's'} {exchange.size} bytes "
            f"{exchange.seconds * 1000:.1f} ms{'' if exchange.complete else ' (client left)'}"
        )


class _JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {"time": round(record.created, 3), "level": record.levelname.lower()}
        if not isinstance(record, _Line):
            line["message"] = record.getMessage()
            if record.exc_info:
                line["traceback"] = self.formatException(record.exc_info)
        else:
            exchange = record.exchange
            request, note = exchange.request, exchange.response.note
            line |= {
                "method": None if request is None else request.method,
                "path": None if request is None else request.path,
                "protocol": note.protocol,
                "model": note.model,
                "status": exchange.response.status,
                "frames": exchange.frames,
                "bytes": exchange.size,
                "ms": round(exchange.seconds * 1000, 3),
                "complete": exchange.complete,
            }
        return json.dumps(line)
