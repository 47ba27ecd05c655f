"""Where clients come in: the listening socket, and what to do when descriptors run out."""

from __future__ import annotations

import errno
import logging
import math
import os
import selectors
import socket
import time
from typing import TYPE_CHECKING

from mockllm_cli.server.connection import HIGH_WATER

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Door"]

log = logging.getLogger("mockllm")

_ACCEPTS = 64
_UNSENT: int | None = getattr(socket, "TCP_NOTSENT_LOWAT", None)
"""Without it the kernel takes megabytes for a client that reads nothing, and nobody sees that it is stalled."""
_SPARE = 8
"""Descriptors that no client gets: modules and contracts are read when they are first needed."""
_QUIET = 10.0
"""Seconds between two complaints."""
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Door:
    """Takes clients in while there are descriptors for them.

    Args:
        listening: the bound socket.
        selector: told of it, with no data, while clients are taken.
        welcome: is given each client's socket; may raise OSError when the client has gone.
    """

    def __init__(
        self,
        listening: socket.socket,
        selector: selectors.BaseSelector,
        welcome: Callable[[socket.socket], None],
    ) -> None:
        self._socket = listening
        self._selector = selector
        self._welcome = welcome
        self._most_descriptors = _descriptors() - _SPARE
        self._open = False
        self._quiet_until = 0.0
        listening.setblocking(False)

    def open(self) -> None:
        """Take clients."""
        self._open = True
        self._selector.register(self._socket, selectors.EVENT_READ, None)

    def shut(self) -> None:
        """Take no more clients; those who wait are told that nobody listens."""
        if self._open:
            self._selector.unregister(self._socket)
        self._socket.close()

    def accept(self) -> None:
        """Take those who wait, some at a time."""
        for _ in range(_ACCEPTS):
            try:
                sock, _ = self._socket.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    self._wait(error.strerror)
                return
            descriptor = sock.fileno()
            try:
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if _UNSENT is not None:
                    sock.setsockopt(socket.IPPROTO_TCP, _UNSENT, HIGH_WATER)
                self._welcome(sock)
            except OSError as error:
                log.debug("a client left before it was welcomed: %s", error.strerror)
                sock.close()
            if descriptor >= self._most_descriptors:
                self._wait(os.strerror(errno.EMFILE))
                return

    def look(self) -> None:
        """Take clients again when descriptors had run out and others have gone."""
        if not self._open and self._has_room():
            self.open()

    def _wait(self, why: str | None) -> None:
        """Leave those who wait for later: the selector would tell of them for ever."""
        now = time.monotonic()
        if now >= self._quiet_until:
            self._quiet_until = now + _QUIET
            log.warning("cannot accept a connection: %s; ulimit -n allows more", why)
        self._open = False
        self._selector.unregister(self._socket)

    def _has_room(self) -> bool:
        """Whether the next client's descriptor is not one of the spare ones."""
        try:
            with self._socket.dup() as probe:
                return probe.fileno() < self._most_descriptors
        except OSError:
            return False


def _descriptors() -> float:
    """Return how many descriptors this process may have."""
    try:
        import resource
    except ImportError:
        return math.inf  # Windows has no such limit
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return math.inf if soft == resource.RLIM_INFINITY else soft
