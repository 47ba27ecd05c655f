"""The host: sockets to HttpRequest, steps to sockets.

One thread runs a selector loop over all connections: it accepts, reads, answers and writes without ever
blocking, so that a slow client costs a few kilobytes and nobody else anything. Pauses between frames are timers
that aim at absolute deadlines. A responder of the user's own may block, so it runs in a pool of threads.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import logging
import selectors
import socket
import socketserver
import time
from typing import TYPE_CHECKING, Literal

from mockllm_cli.server.answer import Clock
from mockllm_cli.server.answering import Answering
from mockllm_cli.server.connection import Connection
from mockllm_cli.server.door import Door
from mockllm_cli.server.head import Limits
from mockllm_cli.server.http1 import LONG, UNREAD, Http1
from mockllm_cli.server.timeouts import Timeouts

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from datetime import datetime

    from mockllm_cli.server.answer import Answer, Exchange
    from mockllm_cli.server.tls import TlsSocket
    from mockllm_core.engine import Settings
    from mockllm_core.exchange import HttpRequest, HttpResponse
    from mockllm_core.frame import Frame
    from mockllm_core.protocol import Memory

__all__ = ["Server"]

log = logging.getLogger("mockllm")

_SWEEP = 0.5
_TOGETHER = 16
"""Clients that are read from before the first of them is answered: what they sent, and get, is held meanwhile."""
_TURN = 0.01
"""Seconds in which those who wait for the others' turn have theirs, however many they are."""
_TOLD = 64
"""Exchanges of which an observer may hold all the bytes before its turn comes."""


class Server(socketserver.TCPServer):
    """A mock on a port.

    Args:
        address: host and port; port 0 picks a free one.
        settings: how to answer.
        deterministic: ids from the seed and the request; False takes fresh entropy for each answer.
        now: the time of every answer; None reads the clock.
        memory: what is kept between requests; None keeps nothing.
        observer: called with each finished exchange, in the loop's thread.
        after_turn: called when the loop has served all who waited, and more often when these are many, if the
            observer was told of anything.
        limits: of one request.
        timeouts: of one client.
        most_connections: beyond these a client gets a 503.
        most_held: bytes of unfinished requests, of all clients together; one that would hold more gets a 503.
        tls: encrypts every connection.
        tap: called with each frame that goes out, in the loop's thread.
        compress: which answers are encoded for clients that accept it, where the provider encodes them.
        cors: web pages of any origin may call.
        ascii_only: every other character of the JSON goes out escaped.
        share_port: other processes may bind the same port, and the kernel spreads connections over them.

    Attributes:
        gathered: while several clients are answered at once: whose last bytes wait to be sent, how, and the bytes.
        use: answers by other settings; this, ``respond`` and ``refusal`` are those of Answering.

    Raises:
        OSError: the address cannot be bound.
    """

    allow_reuse_address = True
    request_queue_size = 1024

    def __init__(  # noqa: PLR0913 - keywords of a server
        self,
        address: tuple[str, int],
        settings: Settings,
        *,
        deterministic: bool = True,
        now: datetime | None = None,
        memory: Memory | None = None,
        observer: Callable[[Exchange], None] | None = None,
        after_turn: Callable[[], None] | None = None,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
        most_connections: int = 4096,
        most_held: int = 268_435_456,
        tls: ssl.SSLContext | None = None,
        tap: Callable[[Frame], None] | None = None,
        compress: Literal["whole", "all", "none"] = "whole",
        cors: bool = False,
        ascii_only: bool = False,
        share_port: bool = False,
    ) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.answering = Answering(
            self, settings, memory, deterministic=deterministic, now=now, wake=self._wake
        )
        self.use, self.respond, self.refusal = (
            self.answering.use,
            self.answering.respond,
            self.answering.refusal,
        )
        self.observer = observer
        self.after_turn = after_turn
        self._told = 0
        self.limits = limits or Limits()
        self.timeouts = timeouts or Timeouts()
        self.most_connections = most_connections
        self.most_held = most_held
        self.held = 0
        self.gathered: list[tuple[Connection, Callable[[bytes], None], bytes]] | None = None
        self.tls = tls
        self.tap = tap
        self.compress = compress
        self.cors = cors
        self.ascii_only = ascii_only
        self.allow_reuse_port = share_port
        self.clock = Clock()
        self.stopping = False
        self._connections: set[Connection] = set()
        self._timers: list[tuple[float, int, Connection]] = []
        self._soon: dict[Connection, None] = {}
        self._count = itertools.count()
        self._selector = selectors.DefaultSelector()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        # binds, and calls server_close when it cannot
        super().__init__(address, socketserver.BaseRequestHandler)
        self._door = Door(self.socket, self._selector, self._welcome)

    @property
    def port(self) -> int:
        """The port that was bound."""
        return int(self.socket.getsockname()[1])

    # -- the loop ----------------------------------------------------------------------------------------------

    def serve_forever(self, poll_interval: float = _SWEEP) -> None:
        """Answer until ``shutdown`` is called, then finish what can be within the drain time."""
        self._door.open()
        self._selector.register(self._wake_in, selectors.EVENT_READ, self)
        sweep = time.monotonic() + poll_interval
        while not self.stopping:
            self._once(poll_interval)
            if time.monotonic() >= sweep:
                self._sweep()
                sweep = time.monotonic() + poll_interval
        self._drain()

    def shutdown(self) -> None:
        """Ask the loop to stop; returns at once and may be called from any thread or signal handler."""
        self.stopping = True
        self._wake()

    def server_close(self) -> None:
        """Close everything that is open."""
        for connection in list(self._connections):
            self.close(connection)
        self.answering.close()
        self._selector.close()
        self._wake_in.close()
        self._wake_out.close()
        super().server_close()

    def _once(self, longest: float) -> None:
        if self._soon:
            longest = 0.0
        elif self._timers:
            longest = min(longest, max(0.0, self._timers[0][0] - time.monotonic()))
        asking: list[Connection] = []
        for key, events in self._selector.select(longest):
            connection = key.data
            if connection is None:
                self._door.accept()
            elif connection is self:
                self._woken()
            else:
                if events & selectors.EVENT_WRITE and not connection.closed:
                    self._run(connection, connection.session.pump)
                if events & selectors.EVENT_READ and not connection.closed:
                    asking.append(connection)
        for begin in range(0, len(asking), _TOGETHER):
            self._serve(asking[begin : begin + _TOGETHER])
        if self._timers or self._soon:
            self._fire()
        if self._told:
            self._turned()

    def _serve(self, asking: list[Connection]) -> None:
        """Read from all, answer all, then send to all.

        The interpreter is quick at what it did just before, and slow after a system call: one by one, answers that
        are made anew cost up to half as much again.
        """
        read = [(connection, connection.read()) for connection in asking]
        if len(read) > 1:
            self.gathered = []
        for connection, data in read:
            self._run(connection, self._take, connection, data)
        if self.gathered is None:
            return
        gathered, self.gathered = self.gathered, None
        for connection, send, data in gathered:
            self._run(connection, send, data)

    def _take(self, connection: Connection, data: bytes | None) -> None:
        """Let a session go on with what was read."""
        if data:
            if not connection.lingering:
                connection.session.receive(data)
        elif data is not None:
            connection.session.ended()
        elif connection.unsent and not connection.closed:
            # TLS can perhaps send now that it has read
            connection.session.pump()

    def _fire(self) -> None:
        soon, self._soon = tuple(self._soon), {}
        until = time.monotonic() + _TURN
        for nth, connection in enumerate(soon, 1):
            if not connection.closed:
                self._run(connection, connection.session.pump)
            if time.monotonic() > until:
                # those who have had their turn come after those who have not
                self._soon = dict.fromkeys((*soon[nth:], *self._soon))
                break
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            connection = heapq.heappop(self._timers)[2]
            if not connection.closed:
                self._run(connection, connection.session.pump)

    def _run(self, connection: Connection, action: Callable[..., None], *arguments: object) -> None:
        """Let a session work; its connection closes when the client has gone or the session fails."""
        try:
            action(*arguments)
            if self.tls is not None and not connection.closed and connection.over():
                connection.session.ended()
        except Exception:  # one broken answer must not end the others; the client sees a cut connection
            log.exception("an answer failed on its way out")
            self.close(connection)
        if connection.closed:
            self.close(connection)

    def _sweep(self) -> None:
        """Tell or cut the clients whose time is up; accept again when descriptors had run out."""
        now = time.monotonic()
        self._door.look()
        for connection in list(self._connections):
            if connection.deadline and now >= connection.deadline:
                self._run(connection, connection.session.late)

    def _drain(self) -> None:
        """Stop accepting, let answers under way end, then cut the rest."""
        self._door.shut()
        end = time.monotonic() + self.timeouts.drain
        for connection in list(self._connections):
            connection.session.stop()
        while self._connections and (left := end - time.monotonic()) > 0:
            self._once(min(left, 0.05))
            for connection in list(self._connections):
                if connection.lingering and not connection.unsent:
                    self.close(connection)
        for connection in list(self._connections):
            self.close(connection)

    def _welcome(self, sock: socket.socket) -> None:
        connection = Connection(sock if self.tls is None else self._encrypted(sock, self.tls), self._selector)
        connection.session = session = Http1(self, connection)
        connection.deadline = time.monotonic() + self.timeouts.first
        self._connections.add(connection)
        if len(self._connections) > self.most_connections:
            sentence = "The mock server has too many connections."
            self._run(connection, session.refuse, "unavailable", sentence, 503)

    def _encrypted(self, sock: socket.socket, tls: ssl.SSLContext) -> TlsSocket:
        from mockllm_cli.server.tls import TlsSocket

        return TlsSocket(sock, tls)

    # -- what sessions ask for -----------------------------------------------------------------------------------

    def speak_http2(self, connection: Connection, data: bytes) -> None:
        """Go on in HTTP/2 on a connection whose client has sent its preface."""
        from mockllm_cli.server.http2 import Http2

        connection.session = Http2(self, connection)
        connection.session.receive(data)

    def wake_for(self, answer: Answer, connection: Connection) -> None:
        """Call the session's ``pump`` when the answer's pause is over."""
        if answer.armed != answer.due:
            answer.armed = answer.due
            heapq.heappush(self._timers, (answer.due, next(self._count), connection))

    def wake_soon(self, connection: Connection) -> None:
        """Call the session's ``pump`` when the others have had their turn.

        Not when the selector tells of room: the kernel does so late, with a client's next acknowledgement.
        """
        self._soon[connection] = None

    def report(self, answer: Answer, *, complete: bool) -> None:
        """Tell the observer of a finished exchange, once."""
        if answer.reported:
            return
        answer.reported = True
        if self.observer is not None:
            self._told += 1
            self.observer(answer.exchange(complete=complete))
            if self._told >= _TOLD:
                self._turned()
        answer.request = None

    def _turned(self) -> None:
        self._told = 0
        if self.after_turn is not None:
            self.after_turn()

    def holds(self, connection: Connection, size: int) -> bool:
        """Note how much of unfinished requests a connection holds; tell whether all together may hold that."""
        self.held += size - connection.holding
        connection.holding = size
        return self.held <= self.most_held

    def holds_long(self, connection: Connection, size: int) -> bool:
        """Note a long request that is whole, and tell whether it may have an answer as long."""
        return self.holds(connection, size) and self.has_room()

    def has_room(self, size: int = 0) -> bool:
        """Tell whether so much more may be held beside unfinished requests and what readers have not taken.

        For what is long alone: it takes a look at every connection.
        """
        owed = sum(each.session.owed() for each in self._connections)
        return self.held + owed + size <= self.most_held

    def affords(self, response: HttpResponse, request: HttpRequest | None) -> HttpResponse:
        """Return a whole answer, or the refusal of one that is long where others have not taken theirs."""
        if response.body is None or len(response.body) <= LONG or self.has_room(len(response.body)):
            return response
        return self.refusal("unavailable", UNREAD, 503, request)

    def close(self, connection: Connection) -> None:
        """Close a connection; answers under way on it are reported as incomplete."""
        if connection not in self._connections:
            return
        self.holds(connection, 0)
        self._connections.discard(connection)
        for answer in connection.session.under_way():
            self.report(answer, complete=False)
        connection.close()
        if not self.stopping:
            self._door.look()
        del connection.session  # a timer may hold the connection for a minute yet

    def _wake(self) -> None:
        # an error here means that the loop is gone, or that its buffer is full of such wishes
        with contextlib.suppress(OSError):
            self._wake_out.send(b"x")

    def _woken(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_in.recv(4096)
        done = self.answering.done
        while done:
            connection, number, response = done.popleft()
            if not connection.closed:
                self._run(connection, connection.session.answered, number, response)
