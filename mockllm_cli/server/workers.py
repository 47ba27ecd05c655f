"""Several processes on one port: the kernel spreads connections over them.

Each process has its own state (stored responses, journal, caches). A process that dies is started again.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

from mockllm_cli.errors import CliError
from mockllm_core.errors import MockllmError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

__all__ = ["Parent", "reserve", "supervise"]

log = logging.getLogger("mockllm")

_HASTE = 1.0
"""A worker that lives shorter than that many seconds is not started again at once."""


def reserve(host: str, port: int) -> socket.socket:
    """Bind a port that workers will share, without listening on it, so that port 0 has a number.

    Raises:
        OSError: the address cannot be bound.
        CliError: this system cannot share a port.
    """
    if not hasattr(socket, "SO_REUSEPORT") or not hasattr(os, "fork"):
        raise CliError("--workers needs a system with fork and SO_REUSEPORT; run one process instead", 2)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if port:
        # alone first: workers of another server would share the port with ours and take half of the requests
        with socket.socket(family) as alone:
            alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            alone.bind((host, port))
    reserved = socket.socket(family)
    try:
        # connections of a server that ended a moment ago hold the port from a socket without this option
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind((host, port))
    except OSError:
        reserved.close()
        raise
    return reserved


class Parent:
    """The parent as a worker sees it."""

    def __init__(self, ready: int, alive: int) -> None:
        self._ready = ready
        self._alive = alive

    def tell_ready(self) -> None:
        """Say that this worker takes connections."""
        with contextlib.suppress(BrokenPipeError):  # nobody waits for one that replaces another
            os.write(self._ready, b"x")
        os.close(self._ready)

    def when_gone(self, act: Callable[[], None]) -> None:
        """Call ``act``, in a thread, when the parent has died: a worker does not outlive it."""

        def watch() -> None:
            os.read(self._alive, 1)
            act()

        threading.Thread(target=watch, name="mockllm-parent", daemon=True).start()


def supervise(count: int, work: Callable[[Parent], None], announce: Callable[[], None]) -> None:
    """Run ``work`` in that many processes until SIGINT or SIGTERM, starting again those that die.

    ``announce`` is called when all of the first ones are ready. A second signal kills at once.
    """
    born: dict[int, float] = {}
    signals = 0

    def stop(_: int, __: FrameType | None) -> None:
        nonlocal signals
        signals += 1
        for pid in born:
            end(pid)

    def end(pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM if signals == 1 else signal.SIGKILL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    alive, held = os.pipe()
    os.set_inheritable(alive, False)
    ready: list[int] = []

    def start() -> None:
        listen, tell = os.pipe()
        pid = _start(work, Parent(tell, alive), [held, listen])
        born[pid] = time.monotonic()
        if signals:
            end(pid)  # born while its siblings were told
        os.close(tell)
        ready.append(listen)

    for _ in range(count):
        start()
    for listen in ready:
        os.read(listen, 1)
        os.close(listen)
    announce()
    while born:
        pid, status = os.wait()
        lived = time.monotonic() - born.pop(pid, 0.0)
        if signals:
            continue
        code = os.waitstatus_to_exitcode(status)
        log.warning("worker %d ended with status %d; starting another", pid, code)
        if lived < _HASTE:
            time.sleep(_HASTE)
        if not signals:
            start()
            os.close(ready[-1])
    os.close(held)
    os.close(alive)


def _start(work: Callable[[Parent], None], parent: Parent, foreign: list[int]) -> int:
    """Fork a worker and return its process id; ``foreign`` are the descriptors that are the parent's alone."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        # a terminal's Ctrl-C reaches every process of the group; the parent decides
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for descriptor in foreign:
            os.close(descriptor)
        work(parent)
        code = 0
    except MockllmError as error:
        log.error("%s", error)  # noqa: TRY400 - a sentence for a person, not a traceback
    except Exception:  # a bug: said here, since the process leaves without the interpreter's own end
        log.exception("a worker failed")
    finally:
        sys.stderr.flush()
        os._exit(code)
