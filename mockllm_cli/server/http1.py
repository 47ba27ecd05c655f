"""HTTP/1.1 on a connection: one request at a time, pipelined ones wait."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mockllm_cli.server.answer import Answer
from mockllm_cli.server.connection import HIGH_WATER
from mockllm_cli.server.head import BadRequest
from mockllm_cli.server.parser import Parser, Preface

if TYPE_CHECKING:
    from mockllm_cli.server.connection import Connection
    from mockllm_cli.server.loop import Server
    from mockllm_core.errors import ErrorKind
    from mockllm_core.exchange import HttpRequest, HttpResponse

__all__ = ["LONG", "TOO_MANY", "UNREAD", "Http1"]

_REASONS = {
    200: "OK", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict", 413: "Request Entity Too Large",
    414: "URI Too Long", 415: "Unsupported Media Type", 417: "Expectation Failed", 424: "Failed Dependency",
    426: "Upgrade Required", 429: "Too Many Requests", 431: "Request Header Fields Too Large",
    500: "Internal Server Error", 503: "Service Unavailable", 504: "Gateway Timeout",
}  # fmt: skip
_TURN = 0.02
"""Seconds that one client's answer may have when others wait; what it pipelines may have a quarter of them."""
LONG = 65_536
"""Bytes of a request that many clients together may not have waiting."""
TOO_MANY = "The mock server holds too many unfinished requests."
UNREAD = "The mock server holds too many answers that their clients do not read."
_COLON = ": "
_LINE_END = "\r\n"


class Http1:
    """The session of a client that speaks HTTP/1.1 or 1.0."""

    __slots__ = (
        "_answer",
        "_asked_at",
        "_busy",
        "_chunks",
        "_connection",
        "_deaf",
        "_ended",
        "_keep_alive",
        "_owed",
        "_parser",
        "_request",
        "_server",
    )

    def __init__(self, server: Server, connection: Connection) -> None:
        self._server = server
        self._connection = connection
        self._parser = Parser(server.limits, in_turns=True)
        self._request: HttpRequest | None = None
        self._chunks = False
        self._answer: Answer | None = None
        self._keep_alive = True
        self._busy = self._ended = self._deaf = False
        self._owed = 0
        self._asked_at = time.monotonic()

    def receive(self, data: bytes) -> None:
        """Take bytes; answer the requests that they complete."""
        self._parser.feed(data)
        if not self._busy:
            self._advance()
        elif self._parser.buffered > HIGH_WATER:
            # the kernel holds the client back until what it asked before is answered
            self._deaf = True
            self._connection.deafen()

    def answered(self, _: int, response: HttpResponse) -> None:
        """Take the answer that a thread made."""
        self._server.holds(self._connection, 0)
        self._begin(response)
        self._advance()

    def pump(self) -> None:
        """Write on; when the answer is done, take the next request."""
        if self._connection.flush():
            self._continue()
            self._advance()
        elif self._owed - self._connection.unsent >= HIGH_WATER:
            self._patience()

    def ended(self) -> None:
        """Finish what was asked before the client shut its side; it is gone when it does not take it."""
        if self._busy and not self._connection.lingering:
            self._ended = True
            self._connection.deafen()
        else:
            self._server.close(self._connection)

    def late(self) -> None:
        """Tell a client that was too slow with its request; close on any other."""
        if self._busy or self._parser.state == "idle" or self._connection.lingering:
            self._server.close(self._connection)
        else:
            self.refuse("timeout", "The request did not arrive in time.", 408)

    def stop(self) -> None:
        """Finish what is under way, then close."""
        self._keep_alive = False
        if self._parser.state == "idle" and not self._busy and not self._connection.unsent:
            self._server.close(self._connection)

    def under_way(self) -> list[Answer]:
        """Return the answer not finished, if there is one."""
        return [] if self._answer is None else [self._answer]

    def owed(self) -> int:
        """Return the bytes that are held for what the client has not taken."""
        return self._connection.kept + (0 if self._answer is None else self._answer.held)

    def _advance(self) -> None:
        """Take requests from the parser until one is under way or more bytes are needed: a loop, no recursion."""
        parser, connection, server = self._parser, self._connection, self._server
        before = parser.state
        until = 0.0
        while not (self._busy or connection.closed or connection.lingering):
            if until and time.monotonic() > until:
                self._give_way()
                return
            try:
                received = parser.next()
            except Preface as preface:
                server.speak_http2(connection, preface.data)
                return
            except BadRequest as error:
                self.refuse(error.kind, str(error), error.status)
                return
            if received is None:
                self._await(before)
                return
            self._asked_at = time.monotonic()
            if parser.state == "head" and not until:
                # more is pipelined behind it
                until = self._asked_at + _TURN / 4
            self._request = received.request
            self._chunks = received.chunked
            self._keep_alive = received.keep_alive and not server.stopping
            connection.deadline = 0.0
            size = len(received.request.body)
            # a long one waits for its thread, with others
            if size > LONG and not server.holds_long(connection, size):
                self.refuse("unavailable", TOO_MANY, 503)
                return
            if connection.holding and size <= LONG:
                server.holds(connection, 0)
            self._busy = True
            response = server.respond(received.request, connection, 0)
            if response is not None:
                self._begin(response)
            else:
                server.holds(connection, size)

    def _await(self, before: str) -> None:
        """Say until when the rest of the next request may come; each of its parts has a time of its own."""
        parser, connection = self._parser, self._connection
        if parser.paused:
            self._give_way()
        elif self._ended:
            self._server.close(connection)
            return
        elif self._deaf:
            self._deaf = False
            connection.listen()
        held = parser.size + parser.buffered
        if held != connection.holding and not self._server.holds(connection, held):
            self.refuse("unavailable", TOO_MANY, 503)
            return
        if parser.expects:
            parser.expects = False
            connection.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if parser.state != before or not connection.deadline:
            connection.deadline = time.monotonic() + self._server.timeouts.until_request(parser.state)

    def _give_way(self) -> None:
        """Go on with what is here when the others have had their turn."""
        self._deaf = True
        self._connection.deafen()
        self._server.wake_soon(self._connection)

    def _begin(self, response: HttpResponse) -> None:
        """Start an answer: the head and all that can go of the body in one write."""
        if response.status == 101:
            from mockllm_cli.server.websocket import opened

            server, connection, modern = self._server, self._connection, self._chunks
            refusal = opened(server, connection, self._request, response, self._asked_at, modern=modern)
            if refusal is None:
                # what came behind the handshake is no request
                self._connection.session.receive(self._parser.rest())
                return
            response = refusal
        if response.body is not None:
            response = self._server.affords(response, self._request)
        answer = self._answer = Answer(self._request, response, self._asked_at)
        if response.body is not None:
            self._chunks = False
            framing = f"content-length: {len(response.body)}\r\n" if response.status != 204 else ""
        elif self._chunks:
            framing = "transfer-encoding: chunked\r\n"
        else:
            self._keep_alive = False
            framing = ""
        # this is made for each answer: each pair and all of them joined without a step of ours
        head = (
            f"HTTP/1.1 {response.status} {_REASONS.get(response.status, '')}\r\n"
            f"{_LINE_END.join(map(_COLON.join, response.headers))}{_LINE_END if response.headers else ''}"
            f"date: {self._server.clock.date}\r\n{framing}"
            f"connection: {'keep-alive' if self._keep_alive else 'close'}\r\n\r\n"
        ).encode("latin-1", "replace")
        if self._request is not None and self._request.method == "HEAD":
            answer.ended = True
            self._connection.write(head)
            head = b""
        self._request = None
        self._continue(head)

    def _continue(self, head: bytes = b"") -> None:
        """Write the answer's body as far as its pauses and the client allow."""
        answer, connection, server = self._answer, self._connection, self._server
        if answer is None:
            return
        until = 0.0
        while self._may_write(answer):
            data = answer.take(HIGH_WATER)
            if self._chunks:
                data = _chunk(head, data, last=answer.ended)
            elif head:
                data = head + data
            head = b""
            if answer.ended and not connection.unsent:
                # told before the last byte leaves, so that whoever has the answer finds it in the journal
                server.report(answer, complete=True)
                if server.gathered is not None and len(data) < HIGH_WATER:
                    server.gathered.append((connection, self.send, data))
                    return
            connection.write(data)
            if len(data) >= HIGH_WATER and not (answer.ended or connection.unsent or connection.closed):
                # a client that takes all at once would have the loop to itself until the end
                now = time.monotonic()
                until = until or now + _TURN
                if now > until:
                    server.wake_soon(connection)
                    return
        if head:
            connection.write(head)
        self._written(answer)

    def send(self, data: bytes) -> None:
        """Send the end of an answer, which was gathered with those of other clients, and take the next request."""
        self._connection.write(data)
        if self._answer is not None:
            self._written(self._answer)
        self._advance()

    def _written(self, answer: Answer) -> None:
        """See what comes after what was written."""
        connection, server = self._connection, self._server
        if answer.ended:
            if not connection.unsent or connection.closed:
                self._finish(answer)
        elif connection.unsent < HIGH_WATER:
            # a pause ended the loop; asking the clock again could find it over, and nobody would wake us
            server.wake_for(answer, connection)
        if connection.unsent:
            self._patience()
        elif not connection.lingering:
            # what comes next sets its own
            connection.deadline = 0.0

    def _patience(self) -> None:
        """Say until when the client may take the next bytes."""
        self._owed = self._connection.unsent
        self._connection.deadline = time.monotonic() + self._server.timeouts.write

    def _may_write(self, answer: Answer) -> bool:
        connection = self._connection
        return not (answer.ended or connection.closed or connection.unsent >= HIGH_WATER) and not (
            answer.due and answer.waits
        )

    def _finish(self, answer: Answer) -> None:
        self._answer = None
        self._busy = False
        self._server.report(answer, complete=not self._connection.closed)
        if not self._keep_alive:
            if self._deaf:
                self._connection.listen()
            self._connection.deadline = time.monotonic() + self._server.timeouts.linger
            self._connection.linger()

    def refuse(self, kind: ErrorKind, sentence: str, status: int) -> None:
        """Answer what cannot be taken, then close: nothing behind it is ever run."""
        self._keep_alive = False
        self._busy = True
        self._request = self._parser.asked
        # what came of it is of no use any more
        self._parser = Parser(self._server.limits)
        self._server.holds(self._connection, 0)
        self._asked_at = time.monotonic()
        self._begin(self._server.refusal(kind, sentence, status, self._request))


def _chunk(head: bytes, data: bytes, *, last: bool) -> bytes:
    """Return the head, the data as one chunk, and the end of all chunks."""
    if not data:
        return head + b"0\r\n\r\n" if last else head
    return b"".join((head, b"%x\r\n" % len(data), data, b"\r\n0\r\n\r\n" if last else b"\r\n"))
