"""What the server says on stderr: a line for each exchange, and a summary at the end."""

from __future__ import annotations

import json
import logging
import sys
from collections import Counter
from typing import TYPE_CHECKING, Literal

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
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_JsonLines() if form == "json" else _Lines(colour=sys.stderr.isatty()))
        logging.basicConfig(level="ERROR" if quiet else level.upper(), handlers=[handler], force=True)
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
        if log.isEnabledFor(logging.INFO):
            log.log(logging.INFO if exchange.complete else logging.DEBUG, "", extra={"exchange": exchange})
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


class _Lines(logging.Formatter):
    """``12:00:01 POST /v1/messages claude-x 200 9 frames 1234 bytes 0.8 ms``; the status in colour on a terminal."""

    def __init__(self, *, colour: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        exchange: Exchange | None = getattr(record, "exchange", None)
        if exchange is None:
            return super().format(record)
        request, response = exchange.request, exchange.response
        asked = f"{request.method} {request.path}" if request is not None else "(no request)"
        status = str(response.status)
        if self._colour:
            status = (
                f"\x1b[{32 if response.status < 400 else 33 if response.status < 500 else 31}m{status}\x1b[0m"
            )
        return (
            f"{self.formatTime(record, self.datefmt)} {visible(asked)} {visible(response.note.model) or '-'} {status} "
            f"{exchange.frames} frame{'' if exchange.frames == 1 else 's'} {exchange.size} bytes "
            f"{exchange.seconds * 1000:.1f} ms{'' if exchange.complete else ' (client left)'}"
        )


class _JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {"time": round(record.created, 3), "level": record.levelname.lower()}
        exchange: Exchange | None = getattr(record, "exchange", None)
        if exchange is None:
            line["message"] = record.getMessage()
            if record.exc_info:
                line["traceback"] = self.formatException(record.exc_info)
        else:
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
