"""A WebSocket: its opening handshake, at most one message of the client's, what is told, and the close.

Where no API is served over one it does not last: what a provider says to a client that it refuses is said, and the socket
is closed; ``dialogue`` has those that stay open. The library that the SDKs use, too, keeps the protocol's state; this file
moves bytes and bounds what a client may cost.

Spec: RFC 6455.
"""

from __future__ import annotations

import binascii
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from websockets.frames import DATA_OPCODES, CloseCode
from websockets.frames import Frame as Sent
from websockets.protocol import OPEN, SERVER, Protocol
from websockets.utils import accept_key

from mockllm_cli.server.answer import Answer
from mockllm_cli.server.head import BadRequest
from mockllm_core.exchange import HttpResponse, Note
from mockllm_core.frame import Frame
from mockllm_core.websocket import CloseReason, Opening, Served

if TYPE_CHECKING:
    from mockllm_cli.server.connection import Connection
    from mockllm_cli.server.dialogue import TalkingSocket
    from mockllm_cli.server.loop import Server
    from mockllm_core.exchange import HttpRequest

__all__ = ["WebSocket", "opened"]

_VERSION = "13"
"""The only one that there is."""
_MESSAGE = 1_048_576
"""Bytes that a message may have."""
_FRAMES = 128
"""Frames that a client may send, in however many parts it says its message."""
_SLICE = 256
"""Bytes that are looked at before the frames in them are counted."""


def opened(
    server: Server,
    connection: Connection,
    request: HttpRequest | None,
    response: HttpResponse,
    started: float,
    *,
    modern: bool,
) -> HttpResponse | None:
    """Answer a handshake and go on as a WebSocket, or return the refusal of what is none.

    Args:
        server: whose options hold.
        connection: the client's.
        request: the handshake.
        response: what the API answers to it.
        started: when the request was whole.
        modern: whether it came over HTTP/1.1: over 1.0 nothing can be upgraded (RFC 9110, 7.8).
    """
    assert isinstance(response, (Opening, Served))  # noqa: S101 - nothing else has that status
    assert request is not None  # noqa: S101 - what is no request is refused
    try:
        key = _key(request, modern=modern)
    except BadRequest as error:
        refusal = server.refusal(error.kind, str(error), error.status, request)
        if error.status != 426:
            return refusal
        return replace(refusal, headers=(*refusal.headers, ("sec-websocket-version", _VERSION)))
    session: WebSocket | TalkingSocket
    if isinstance(response, Served):
        from mockllm_cli.server.dialogue import TalkingSocket

        session = TalkingSocket(server, connection, request, response, started)
    else:
        session = WebSocket(server, connection, request, response, started)
    connection.session = session
    session.begin(_head(server, response, key))
    return None


def _head(server: Server, opening: HttpResponse, key: str) -> bytes:
    """Return the answer to a handshake with that key."""
    lines = (
        "HTTP/1.1 101 Switching Protocols",
        *(f"{name}: {value}" for name, value in opening.headers),
        f"date: {server.clock.date}",
        "upgrade: websocket",
        "connection: Upgrade",
        f"sec-websocket-accept: {accept_key(key)}",
        "\r\n",
    )
    return "\r\n".join(lines).encode("latin-1", "replace")


def _key(request: HttpRequest, *, modern: bool) -> str:
    """Return the key of a handshake.

    Raises:
        BadRequest: 400 for what is no handshake, 426 for one of another version.
    """
    headers = request.headers
    if not modern:
        raise BadRequest(400, "A WebSocket's handshake comes over HTTP/1.1.")
    if "upgrade" not in [one.strip() for one in headers.get("connection", "").lower().split(",")]:
        raise BadRequest(400, "The header connection of a WebSocket's handshake does not say upgrade.")
    if headers.get("sec-websocket-version", "").strip() != _VERSION:
        raise BadRequest(426, f"The only version of WebSockets that is spoken here is {_VERSION}.")
    key = headers.get("sec-websocket-key", "").strip()
    try:
        raw = binascii.a2b_base64(key, strict_mode=True)
    except ValueError:
        raw = b""
    if len(raw) != 16:
        raise BadRequest(400, "The header sec-websocket-key is not 16 bytes in base64.")
    return key


class WebSocket:
    """The session of a client whose handshake succeeded."""

    __slots__ = (
        "_answer",
        "_closes",
        "_connection",
        "_left",
        "_opening",
        "_parts",
        "_protocol",
        "_request",
        "_server",
        "_size",
        "_told",
    )

    def __init__(
        self, server: Server, connection: Connection, request: HttpRequest, opening: Opening, started: float
    ) -> None:
        self._server = server
        self._connection = connection
        self._request = request
        self._opening = opening
        self._answer = Answer(request, opening, started)
        self._protocol = Protocol(SERVER, state=OPEN, max_size=_MESSAGE)
        self._parts: list[bytes] = []
        self._size = 0
        self._left = _FRAMES
        self._told = self._closes = False

    def begin(self, head: bytes) -> None:
        """Answer the handshake."""
        if self._opening.hears:
            self._connection.deadline = time.monotonic() + self._server.timeouts.body
            self._connection.write(head)
        else:
            self._say(b"", head)

    def receive(self, data: bytes) -> None:
        """Take bytes from the client."""
        protocol = self._protocol
        for begin in range(0, len(data), _SLICE):
            if protocol.eof_sent:
                break
            protocol.receive_data(data[begin : begin + _SLICE])
            for event in protocol.events_received():
                if isinstance(event, Sent):
                    self._took(event)
            if self._left < 0 and not protocol.eof_sent:
                protocol.fail(CloseCode.POLICY_VIOLATION, "too many frames")
        if not self._told:
            self._size += len(data)
            if not self._server.holds(self._connection, self._size) and not protocol.eof_sent:
                protocol.fail(CloseCode.TRY_AGAIN_LATER)
        self._go_on()

    def answered(self, number: int, response: HttpResponse) -> None:
        """Nothing is asked of a thread here."""

    def pump(self) -> None:
        """Write on; leave when all is said."""
        if self._connection.flush():
            self._go_on()

    def ended(self) -> None:
        """The client is gone, or has shut its side, which it may not."""
        self._server.close(self._connection)

    def late(self) -> None:
        """Close on a client that said nothing in time, or that does not close in its turn."""
        if self._told or self._connection.lingering:
            self._server.close(self._connection)
        else:
            self._say(None)

    def stop(self) -> None:
        """Say that the server goes away."""
        if self._protocol.state is OPEN:
            self._protocol.send_close(CloseCode.GOING_AWAY)
        self._go_on()

    def under_way(self) -> list[Answer]:
        """Return the answer, which is reported when the client leaves before it is told."""
        return [self._answer]

    def owed(self) -> int:
        """Return the bytes that are held for what the client has not taken."""
        return self._connection.kept

    def _took(self, frame: Sent) -> None:
        """Take a frame; the library answers pings and returns a close."""
        self._left -= 1
        if self._told or frame.opcode not in DATA_OPCODES:
            return
        self._parts.append(bytes(frame.data))
        if frame.fin:
            self._say(b"".join(self._parts))

    def _say(self, message: bytes | None, head: bytes = b"") -> None:
        """Say what the API says to that message, and close."""
        closing = self._opening.closing(message)
        text = self._report(closing, message)
        if text:
            self._protocol.send_text(text)
        self._protocol.send_close(closing.code, closing.reason)
        self._go_on(head)

    def _report(self, closing: CloseReason, message: bytes | None = None) -> bytes:
        """Tell the log and the journal, before the last byte leaves, what is said; return it.

        What was heard is the body of its request.
        """
        server, note, status = self._server, self._opening.note, self._opening.status
        self._told = True
        self._parts.clear()
        server.holds(self._connection, 0)
        remark = f"WebSocket closed with {closing.code} {closing.reason}".rstrip()
        note = Note(note.protocol, note.model or closing.model, stream=True, remarks=(remark,))
        response = HttpResponse(status, self._opening.headers, closing.text or None, (), note)
        if server.ascii_only:
            from mockllm_core.escaped import escaped

            response = escaped(response)
        if server.tap is not None and response.body is not None:
            server.tap(Frame("", response.body, 0, len(response.body)))
        request = replace(self._request, body=message) if message else self._request
        self._answer = Answer(request, response, self._answer.started)
        text = self._answer.take(1)
        server.report(self._answer, complete=True)
        return text

    def _go_on(self, head: bytes = b"") -> None:
        """Write what there is; leave once both sides have said that they close, or the client broke the rules."""
        connection, protocol = self._connection, self._protocol
        if protocol.close_sent is not None:
            if not self._told and protocol.close_rcvd is None:
                self._report(CloseReason(code=protocol.close_sent.code, reason=protocol.close_sent.reason))
            self._told = True
        connection.write(b"".join((head, *protocol.data_to_send())))
        if connection.closed or connection.lingering or not self._told:
            return
        if not self._closes:
            self._closes = True
            connection.deadline = time.monotonic() + self._server.timeouts.linger
        if protocol.eof_sent and not connection.unsent:
            connection.linger()
