"""The host: sockets to HttpRequest, steps to sockets. The one file that sleeps and reads the clock.

One thread runs a selector loop over all connections: it accepts, reads, answers and writes without ever
blocking, so that a slow client costs a few kilobytes and nobody else anything. Pauses between frames are timers
that aim at absolute deadlines. A responder of the user's own may block, so it runs in a pool of threads.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import logging
import os
import selectors
import socket
import socketserver
import time
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from mockllm_cli.http1 import BadRequest, Limits, Parser
from mockllm_core import engine
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpRequest, HttpResponse
from mockllm_core.frame import Pause
from mockllm_core.responders import respond

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockllm_cli.http1 import Received
    from mockllm_core.frame import Step

__all__ = ["Exchange", "Server", "Timeouts"]

log = logging.getLogger("mockllm")

_READ = 65_536
_HIGH_WATER = 262_144
"""Bytes that may wait for a slow reader before no more frames are made for it."""

_REASONS = {
    100: "Continue", 200: "OK", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
    404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict",
    413: "Request Entity Too Large", 414: "URI Too Long", 415: "Unsupported Media Type", 417: "Expectation Failed",
    424: "Failed Dependency", 429: "Too Many Requests", 431: "Request Header Fields Too Large",
    500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable", 504: "Gateway Timeout",
    505: "HTTP Version Not Supported", 529: "",
}  # fmt: skip


class Timeouts(NamedTuple):
    """How long a client may take, in seconds.

    Attributes:
        first: from connecting to the first byte.
        head: from a request's first byte to the end of its head.
        body: from there to the end of its body.
        idle: between requests on one connection.
        write: without the client taking a byte.
        linger: after a refusal, for the client to read it.
        drain: at a stop, for answers under way.
    """

    first: float = 20.0
    head: float = 15.0
    body: float = 25.0
    idle: float = 75.0
    write: float = 20.0
    linger: float = 2.0
    drain: float = 3.0


class Exchange(NamedTuple):
    """One finished exchange, for the log and the journal.

    Attributes:
        request: what came in; None when it was no request.
        response: what went out.
        frames: frames sent.
        size: body bytes sent, without framing.
        seconds: from the end of the request to the end of the answer.
        complete: False when the client left before the end.
    """

    request: HttpRequest | None
    response: HttpResponse
    frames: int
    size: int
    seconds: float
    complete: bool


class Connection:
    """One client: its parser, its answer under way and its unsent bytes."""

    __slots__ = (
        "address",
        "chunked",
        "closing",
        "deadline",
        "due",
        "exchange",
        "frames",
        "keep_alive",
        "out",
        "parser",
        "paused",
        "request",
        "response",
        "size",
        "sock",
        "started",
        "steps",
        "unsent",
        "waiting",
        "writing",
    )  # fmt: skip

    def __init__(self, sock: socket.socket, limits: Limits) -> None:
        self.sock = sock
        self.parser = Parser(limits)
        self.out: deque[memoryview | bytes] = deque()
        self.unsent = 0
        self.steps: Iterator[Step] | None = None
        self.request: HttpRequest | None = None
        self.response: HttpResponse | None = None
        self.frames = self.size = 0
        self.started = self.due = self.deadline = 0.0
        self.keep_alive = self.chunked = True
        self.closing = self.paused = self.waiting = self.writing = False


class Server(socketserver.TCPServer):
    """A mock on a port.

    Raises:
        OSError: the address cannot be bound.
    """

    allow_reuse_address = True
    request_queue_size = 1024

    def __init__(  # noqa: PLR0913 - keywords of a server
        self,
        address: tuple[str, int],
        settings: engine.Settings,
        *,
        deterministic: bool = True,
        now: datetime | None = None,
        observer: Callable[[Exchange], None] | None = None,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
        most_connections: int = 4096,
    ) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.settings = settings
        self.deterministic = deterministic
        self.fixed_now = now
        self.observer = observer
        self.limits = limits or Limits()
        self.timeouts = timeouts or Timeouts()
        self.most_connections = most_connections
        self.connections: set[Connection] = set()
        self._timers: list[tuple[float, int, Connection]] = []
        self._count = itertools.count()
        self._date = (0, b"")
        self._stop = False
        self._selector = selectors.DefaultSelector()
        self._wake_in, self._wake_out = socket.socketpair()
        self._done: deque[tuple[Connection, Received, HttpResponse]] = deque()
        self._pool: Any = None
        super().__init__(address, socketserver.BaseRequestHandler)
        self.socket.setblocking(False)

    @property
    def port(self) -> int:
        """The port that was bound."""
        return int(self.socket.getsockname()[1])

    # -- the loop ----------------------------------------------------------------------------------------------

    def serve_forever(self, poll_interval: float = 1.0) -> None:
        """Answer until ``shutdown`` is called, then finish what can be within the drain time."""
        register = self._selector.register
        self._wake_in.setblocking(False)
        register(self.socket, selectors.EVENT_READ, None)
        register(self._wake_in, selectors.EVENT_READ, self)
        sweep = time.monotonic() + poll_interval
        while not self._stop:
            self._once(min(poll_interval, self._until_timer()))
            now = time.monotonic()
            if now >= sweep:
                sweep = now + poll_interval
                self._sweep(now)
        self._drain()

    def shutdown(self) -> None:
        """Ask the loop to stop; returns at once and may be called from any thread or signal handler."""
        self._stop = True
        self._wake()

    def _wake(self) -> None:
        # an error here means that the loop is gone, or that its buffer is full of such wishes
        with contextlib.suppress(OSError):
            self._wake_out.send(b"x")

    def server_close(self) -> None:
        """Close everything that is open."""
        for connection in list(self.connections):
            self._close(connection)
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._selector.close()
        self._wake_in.close()
        self._wake_out.close()
        super().server_close()

    def _once(self, timeout: float) -> None:
        for key, events in self._selector.select(timeout):
            connection = key.data
            if connection is None:
                self._accept()
            elif connection is self:
                self._woken()
            else:
                if events & selectors.EVENT_WRITE:
                    self._resume(connection)
                if events & selectors.EVENT_READ and connection in self.connections:
                    self._readable(connection)
        if self._timers:
            self._fire(time.monotonic())

    def _drain(self) -> None:
        """Stop accepting, let answers under way end, then cut the rest."""
        self._selector.unregister(self.socket)
        self.socket.close()
        end = time.monotonic() + self.timeouts.drain
        for connection in list(self.connections):
            connection.keep_alive = False
            if connection.response is None and not connection.waiting and not connection.out:
                self._close(connection)
        while self.connections and (left := end - time.monotonic()) > 0:
            self._once(min(left, self._until_timer(), 0.1))
        for connection in list(self.connections):
            self._close(connection)

    def _until_timer(self) -> float:
        return max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else 60.0

    def _fire(self, now: float) -> None:
        while self._timers and self._timers[0][0] <= now:
            _, _, connection = heapq.heappop(self._timers)
            if connection in self.connections and connection.paused:
                connection.paused = False
                self._resume(connection)

    def _sweep(self, now: float) -> None:
        """Cut the clients whose time is up."""
        for connection in list(self.connections):
            if not connection.deadline or now < connection.deadline:
                continue
            if connection.parser.state != "idle" and connection.response is None and not connection.closing:
                self._refuse(connection, BadRequest(408, "The request did not arrive in time."))
            else:
                self._close(connection)

    # -- reading -----------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        for _ in range(64):
            try:
                sock, _ = self.socket.accept()
            except BlockingIOError:
                return
            except OSError as error:
                # out of file descriptors: the ones that wait are taken when others have gone
                log.warning("cannot accept a connection: %s", error)
                time.sleep(0.05)
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(sock, self.limits)
            connection.deadline = time.monotonic() + self.timeouts.first
            self.connections.add(connection)
            self._selector.register(sock, selectors.EVENT_READ, connection)
            if len(self.connections) > self.most_connections:
                error = ApiError("unavailable", "Too many connections to the mock server.")
                self._answer_fault(connection, None, error, 503)

    def _readable(self, connection: Connection) -> None:
        try:
            data = connection.sock.recv(_READ)
        except BlockingIOError:
            return
        except OSError as error:
            log.debug("client gone: %s", error)
            self._close(connection)
            return
        if not data:
            self._close(connection)
            return
        if connection.closing:
            return
        connection.parser.feed(data)
        if connection.response is None and not connection.waiting:
            self._advance(connection)
        elif connection.parser.buffered > _HIGH_WATER:
            # pipelined requests beyond that wait in the kernel
            self._selector.modify(connection.sock, selectors.EVENT_WRITE, connection)
            connection.writing = True

    def _advance(self, connection: Connection) -> None:
        """Take requests from the parser until one is under way or more bytes are needed: a loop, never a recursion."""
        parser = connection.parser
        timeouts = self.timeouts
        while connection.response is None and not connection.waiting and not connection.closing:
            before = parser.state
            try:
                received = parser.next()
            except BadRequest as error:
                self._refuse(connection, error)
                return
            if received is None:
                if parser.expects:
                    parser.expects = False
                    self._send(connection, b"HTTP/1.1 100 Continue\r\n\r\n")
                if parser.state != before or not connection.deadline:
                    limit = {"idle": timeouts.idle, "head": timeouts.head, "body": timeouts.body}[
                        parser.state
                    ]
                    connection.deadline = time.monotonic() + limit
                return
            self._handle(connection, received)

    # -- answering ---------------------------------------------------------------------------------------------

    def _handle(self, connection: Connection, received: Received) -> None:
        connection.request = received.request
        connection.keep_alive = received.keep_alive and not self._stop
        connection.chunked = received.chunked
        connection.started = time.monotonic()
        connection.deadline = 0.0
        if self.settings.responder is respond:
            self._begin(connection, self._answer(received.request))
            return
        connection.waiting = True
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(max_workers=32, thread_name_prefix="mockllm-responder")
        self._pool.submit(self._answer_later, connection, received)

    def _answer_later(self, connection: Connection, received: Received) -> None:
        self._done.append((connection, received, self._answer(received.request)))
        self._wake()

    def _woken(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_in.recv(4096)
        while self._done:
            connection, _, response = self._done.popleft()
            connection.waiting = False
            if connection in self.connections:
                self._begin(connection, response)
                self._next(connection)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        now = self.fixed_now or datetime.now(UTC)
        fresh = None if self.deterministic else os.urandom(16)
        try:
            return engine.answer(request, self.settings, now=now, fresh=fresh)
        except Exception:  # a bug here or in a responder of the user's must not end the server
            log.exception("no answer to %s %s", request.method, request.path)
            error = ApiError("server_error", "The mock server failed; its log says why.")
            return engine.fault(error, request, seed=self.settings.seed, now=now)

    def _begin(self, connection: Connection, response: HttpResponse) -> None:
        """Start an answer: head and all that can be sent of the body in one write."""
        connection.response = response
        connection.frames = connection.size = 0
        head = self._head(connection, response)
        if response.body is not None:
            connection.frames = 1
            connection.size = len(response.body)
            no_body = connection.request is not None and connection.request.method == "HEAD"
            connection.out.append(head if no_body else head + response.body)
            connection.unsent += len(connection.out[-1])
            self._pump(connection)
            return
        connection.steps = iter(response.steps)
        connection.due = time.monotonic()
        connection.out.append(head)
        connection.unsent += len(head)
        self._pump(connection)

    def _head(self, connection: Connection, response: HttpResponse) -> bytes:
        lines = [f"HTTP/1.1 {response.status} {_REASONS.get(response.status, '')}\r\n".encode()]
        lines += [f"{name}: {value}\r\n".encode("latin-1") for name, value in response.headers]
        lines.append(self._date_line())
        if response.body is not None:
            lines.append(b"content-length: %d\r\n" % len(response.body))
        elif connection.chunked:
            lines.append(b"transfer-encoding: chunked\r\n")
        else:
            connection.keep_alive = False
        lines.append(
            b"connection: keep-alive\r\n\r\n" if connection.keep_alive else b"connection: close\r\n\r\n"
        )
        return b"".join(lines)

    def _date_line(self) -> bytes:
        second = int(time.time())
        if self._date[0] != second:
            now = datetime.fromtimestamp(second, UTC)
            self._date = (second, f"date: {now:%a, %d %b %Y %H:%M:%S} GMT\r\n".encode())
        return self._date[1]

    def _pump(self, connection: Connection) -> None:
        """Make frames while the client takes them, and write them in as few writes as possible."""
        while True:
            if connection.steps is not None and not connection.paused and connection.unsent < _HIGH_WATER:
                self._collect(connection, connection.steps)
            if not self._flush(connection):
                return
            if connection.steps is None or connection.paused:
                break
        if connection.steps is None and connection.response is not None:
            self._finish(connection)

    def _collect(self, connection: Connection, steps: Iterator[Step]) -> None:
        """Gather the frames up to the next pause, or as many as a slow reader may let wait."""
        run: list[bytes] = []
        size = 0
        ended = False
        while size < _HIGH_WATER:
            step = next(steps, None)
            if step is None:
                ended = True
                break
            if isinstance(step, Pause):
                connection.due = max(connection.due, connection.started) + step.seconds
                connection.paused = True
                heapq.heappush(self._timers, (connection.due, next(self._count), connection))
                break
            run.append(step.wire)
            size += len(step.wire)
        connection.frames += len(run)
        connection.size += size
        data = b"".join(run)
        if connection.chunked:
            data = b"%x\r\n%b\r\n" % (size, data) if size else b""
            if ended:
                data += b"0\r\n\r\n"
        if ended:
            connection.steps = None
        if data and not (connection.request is not None and connection.request.method == "HEAD"):
            connection.out.append(data)
            connection.unsent += len(data)

    def _finish(self, connection: Connection) -> None:
        self._report(connection, complete=True)
        connection.response = connection.request = None
        if not connection.keep_alive:
            self._linger(connection)

    def _resume(self, connection: Connection) -> None:
        """Go on with an answer; when it is done, with the next request."""
        self._pump(connection)
        self._next(connection)

    def _next(self, connection: Connection) -> None:
        if connection.response is None and connection in self.connections:
            self._advance(connection)

    def _report(self, connection: Connection, *, complete: bool) -> None:
        if self.observer is None or connection.response is None:
            return
        seconds = time.monotonic() - connection.started if connection.started else 0.0
        exchange = Exchange(
            connection.request, connection.response, connection.frames, connection.size, seconds, complete
        )
        self.observer(exchange)

    # -- refusing and closing ------------------------------------------------------------------------------------

    def _refuse(self, connection: Connection, error: BadRequest) -> None:
        """Answer a request that cannot be taken, then close."""
        self._answer_fault(connection, None, ApiError(error.kind, str(error)), error.status)

    def _answer_fault(
        self, connection: Connection, request: HttpRequest | None, error: ApiError, status: int
    ) -> None:
        now = self.fixed_now or datetime.now(UTC)
        response = engine.fault(error, request, seed=self.settings.seed, now=now)
        if response.status != status:
            response = HttpResponse(
                status=status, headers=response.headers, body=response.body, note=response.note
            )
        connection.request = request
        connection.keep_alive = False
        connection.started = time.monotonic()
        self._begin(connection, response)

    def _linger(self, connection: Connection) -> None:
        """Close our side and read on for a moment, so that the client can read an early answer."""
        if connection.closing or connection not in self.connections:
            return
        connection.closing = True
        connection.deadline = time.monotonic() + self.timeouts.linger
        try:
            connection.sock.shutdown(socket.SHUT_WR)
            self._selector.modify(connection.sock, selectors.EVENT_READ, connection)
        except OSError:
            self._close(connection)

    def _close(self, connection: Connection) -> None:
        if connection not in self.connections:
            return
        self.connections.discard(connection)
        if connection.response is not None:
            self._report(connection, complete=False)
        self._selector.unregister(connection.sock)
        connection.sock.close()
        connection.steps = None
        connection.out.clear()

    # -- writing -------------------------------------------------------------------------------------------------

    def _send(self, connection: Connection, data: bytes) -> None:
        connection.out.append(data)
        connection.unsent += len(data)
        self._flush(connection)

    def _flush(self, connection: Connection) -> bool:
        """Write what waits; return whether all of it went."""
        out = connection.out
        try:
            while out:
                data = out[0]
                sent = connection.sock.send(data)
                connection.unsent -= sent
                if sent < len(data):
                    out[0] = memoryview(data)[sent:]
                else:
                    out.popleft()
        except BlockingIOError:
            connection.deadline = time.monotonic() + self.timeouts.write
            if not connection.writing:
                connection.writing = True
                self._selector.modify(
                    connection.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, connection
                )
            return False
        except OSError as error:
            log.debug("client gone: %s", error)
            self._close(connection)
            return False
        if connection.writing:
            connection.writing = False
            connection.deadline = 0.0
            self._selector.modify(connection.sock, selectors.EVENT_READ, connection)
        return True
