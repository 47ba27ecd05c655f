"""Several processes on one port: the kernel spreads connections over them.

Each process has its own state (stored responses, journal, caches). A process that dies is started again.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING

from mockllm_cli.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

__all__ = ["reserve", "supervise"]

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
    reserved = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind((host, port))
    except OSError:
        reserved.close()
        raise
    return reserved


def supervise(count: int, work: Callable[[], None]) -> None:
    """Run ``work`` in that many processes until SIGINT or SIGTERM, starting again those that die."""
    born: dict[int, float] = {}
    stopping = False

    def stop(number: int, _: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        signal.signal(number, signal.SIG_DFL)
        for pid in born:
            os.kill(pid, signal.SIGTERM)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    for _ in range(count):
        born[_start(work)] = time.monotonic()
    while born:
        pid, status = os.wait()
        lived = time.monotonic() - born.pop(pid, 0.0)
        if stopping:
            continue
        log.warning(
            "worker %d ended with status %d; starting another", pid, os.waitstatus_to_exitcode(status)
        )
        if lived < _HASTE:
            time.sleep(_HASTE)
        if not stopping:
            born[_start(work)] = time.monotonic()


def _start(work: Callable[[], None]) -> int:
    """Fork a worker and return its process id."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        # a terminal's Ctrl-C reaches every process of the group; the parent decides
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        work()
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)
