"""One client's socket: what is unsent, when its time is up, and the session that speaks on it."""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
from collections import deque
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from mockllm_cli.server.answer import Answer
    from mockllm_cli.server.tls import TlsSocket
    from mockllm_core.exchange import HttpResponse

__all__ = ["HIGH_WATER", "Connection", "Session", "WantsRead"]

HIGH_WATER = 262_144
"""Bytes that may wait for a slow reader before no more are made for it."""

READ_BYTES = 65_536

_AT_ONCE = struct.pack("ii", 1, 0)


class WantsRead(BlockingIOError):
    """TLS cannot send before it has read more (a handshake is under way)."""


class Session(Protocol):
    """One HTTP version on one connection. It writes through its connection and asks the server for answers."""

    def receive(self, data: bytes) -> None:
        """Take bytes from the client."""

    def answered(self, number: int, response: HttpResponse, /) -> None:
        """Take the answer to the request of that number, made in another thread."""

    def pump(self) -> None:
        """Write what can be written of the answers under way."""

    def ended(self) -> None:
        """The client sends no more; it may still read."""

    def late(self) -> None:
        """The deadline has passed."""

    def stop(self) -> None:
        """Take no new requests; close when those under way are done."""

    def under_way(self) -> list[Answer]:
        """Return the answers not finished."""

    def owed(self) -> int:
        """Return the bytes that are held for what the client has not taken."""


class Connection:
    """A non-blocking socket with a buffer of unsent bytes.

    Attributes:
        holding: bytes of unfinished requests that are here.
        deadline: monotonic time at which the session's ``late`` is called; 0 for none.
        unsent: bytes in the buffer.
        closed: the socket is gone.
        lingering: our side is shut; what still arrives is read and dropped.
    """

    __slots__ = (
        "_events",
        "_out",
        "_selector",
        "closed",
        "deadline",
        "holding",
        "lingering",
        "session",
        "sock",
        "unsent",
    )

    session: Session

    def __init__(self, sock: socket.socket | TlsSocket, selector: selectors.BaseSelector) -> None:
        self.sock = sock
        self.deadline = 0.0
        self.unsent = self.holding = 0
        self.closed = self.lingering = False
        self._out: deque[bytes | memoryview] = deque()
        self._selector = selector
        self._events = 0
        self._watch(selectors.EVENT_READ)

    @property
    def kept(self) -> int:
        """Bytes that are held for what is unsent: a piece of which a part has gone is there as a whole."""
        return sum(len(cast("bytes", one.obj) if isinstance(one, memoryview) else one) for one in self._out)

    def read(self) -> bytes | None:
        """Return what has arrived, None when nothing has or the client is gone, b"" when it sends no more."""
        try:
            return self.sock.recv(READ_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            self.closed = True
            return None

    def over(self) -> bool:
        """Tell whether TLS ended right behind what was read, which no selector announces, and that is to be heard now."""
        return (
            bool(self._events & selectors.EVENT_READ)
            and not isinstance(self.sock, socket.socket)
            and self.sock.over
        )

    def write(self, data: bytes) -> None:
        """Send bytes, or keep what the client does not take yet."""
        if self.closed or not data:
            return
        sent = 0
        if not self._out:
            try:
                sent = self.sock.send(data)
            except BlockingIOError:
                pass
            except OSError:
                self.closed = True
                return
            if sent == len(data):
                return
        self._out.append(memoryview(data)[sent:] if sent else data)
        self.unsent += len(data) - sent
        if not self._events & selectors.EVENT_WRITE:
            self.flush()

    def flush(self) -> bool:
        """Send what waits; return False when the client takes no more, or is gone."""
        out = self._out
        try:
            while out:
                data = out[0]
                sent = self.sock.send(data)
                self.unsent -= sent
                if sent < len(data):
                    out[0] = memoryview(data)[sent:]
                else:
                    out.popleft()
        except WantsRead:
            return False
        except BlockingIOError:
            self._watch(self._events | selectors.EVENT_WRITE)
            return False
        except OSError:
            self.closed = True
            return False
        self._watch(self._events & ~selectors.EVENT_WRITE)
        return True

    def deafen(self) -> None:
        """Read no more: the client has said all, which a selector would tell for ever, or more than is wanted yet."""
        self._watch(self._events & ~selectors.EVENT_READ)

    def listen(self) -> None:
        """Read again."""
        self._watch(self._events | selectors.EVENT_READ)

    def linger(self) -> None:
        """Shut our side once all is sent; the client may still read what it was told."""
        self.lingering = True
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.closed = True

    def close(self) -> None:
        """Give the socket back."""
        self._watch(0)
        if self.unsent:
            # a reset says that this was not all, and frees what the kernel holds for a client that does not read
            with contextlib.suppress(OSError):
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.sock.close()
        self.closed = True
        self._out.clear()

    def _watch(self, events: int) -> None:
        if events == self._events:
            return
        if not events:
            self._selector.unregister(self.sock)
        elif not self._events:
            self._selector.register(self.sock, events, self)
        else:
            self._selector.modify(self.sock, events, self)
        self._events = events
