"""Start a server, ask what it cost, stop it. Linux only: it reads /proc."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Process", "free_port"]

_TICK = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Process:
    """A server under measurement.

    Args:
        command: its command line; ``{port}`` is replaced.
        cores: where it may run; None for anywhere.

    Attributes:
        port: where it listens.
        started: seconds from its start to the first answer to ``GET /health``.
    """

    def __init__(self, command: list[str], cores: set[int] | None = None) -> None:
        self.port = free_port()
        begin = time.perf_counter()
        self._process = subprocess.Popen(
            [word.replace("{port}", str(self.port)) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        if cores is not None:
            os.sched_setaffinity(self._process.pid, cores)
        while not self._healthy():
            if self._process.poll() is not None or time.perf_counter() - begin > 30:
                self._process.kill()
                raise RuntimeError(f"it does not start: {' '.join(command)}")
            time.sleep(0.002)
        self.started = time.perf_counter() - begin

    def _healthy(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5) as sock:
            sock.sendall(b"GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            return sock.recv(64).startswith(b"HTTP/1.1 200")
        return False

    def cpu(self) -> float:
        """Return the CPU seconds that it has used, user and system, all threads."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK

    def memory(self) -> float:
        """Return the megabytes that are resident."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
