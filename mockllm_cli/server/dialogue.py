"""A WebSocket that stays open: each message is a request, answered by messages, one request after another.

Spec: RFC 6455. As with requests that are pipelined, what comes while an answer is under way waits, in the kernel when it
is much; pings and closes are answered as they come.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from websockets.frames import DATA_OPCODES, CloseCode, Opcode
from websockets.frames import Frame as Sent
from websockets.protocol import OPEN, SERVER, Protocol

from mockllm_cli.server.answer import Answer
from mockllm_cli.server.connection import HIGH_WATER
from mockllm_core.exchange import HttpResponse, Note
from mockllm_core.frame import Frame, Pause

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockllm_cli.server.connection import Connection
    from mockllm_cli.server.loop import Server
    from mockllm_core.engine import Engine
    from mockllm_core.exchange import Asked, HttpRequest
    from mockllm_core.frame import Step
    from mockllm_core.websocket import Served

__all__ = ["TalkingSocket"]

_FRAMES = 1_024
"""Frames that a client may send from one message's end to the next's."""
_SLICE = 4_096
"""Bytes that are looked at before the frames in them are counted."""
_WAITING = 16
"""Messages that wait before no more are read."""
_TURN = 0.02
"""Seconds that one client's answer may have when others wait; several of them have a quarter."""


class TalkingSocket:
    """The session of a client whose messages are answered."""

    __slots__ = (
        "_answer",
        "_asked",
        "_asked_at",
        "_busy",
        "_closes",
        "_connection",
        "_deaf",
        "_dialogue",
        "_engine",
        "_left",
        "_memory",
        "_note",
        "_parts",
        "_protocol",
        "_request",
        "_server",
        "_size",
        "_until",
        "_waiting",
    )

    def __init__(
        self, server: Server, connection: Connection, request: HttpRequest, served: Served, started: float
    ) -> None:
        self._server = server
        self._connection = connection
        self._request = request
        self._note = served.note
        self._dialogue = served.dialogue
        self._memory = served.dialogue.memory(server.answering.memory)
        self._engine: Engine | None = None
        self._protocol = Protocol(SERVER, state=OPEN, max_size=server.limits.body)
        self._parts: list[bytes] = []
        self._size = 0
        self._left = _FRAMES
        self._waiting: deque[bytes] = deque()
        self._asked: Asked | None = None
        self._asked_at = started
        self._answer: Answer | None = None
        self._busy = self._closes = self._deaf = False
        self._until = started + served.most

    def begin(self, head: bytes) -> None:
        """Answer the handshake, which is an exchange of its own."""
        opening = HttpResponse(101, (), b"", note=replace(self._note, stream=True))
        self._server.report(Answer(self._request, opening, self._asked_at), complete=True)
        self._connection.write(head)
        self._patience()

    def receive(self, data: bytes) -> None:
        """Take bytes from the client."""
        protocol = self._protocol
        for begin in range(0, len(data), _SLICE):
            if protocol.eof_sent:
                break
            part = data[begin : begin + _SLICE]
            self._size += len(part)
            protocol.receive_data(part)
            for event in protocol.events_received():
                if isinstance(event, Sent):
                    self._took(event)
            if self._left < 0 and not protocol.eof_sent:
                protocol.fail(CloseCode.POLICY_VIOLATION, "too many frames")
        held = self._size + sum(map(len, self._waiting))
        if not self._server.holds(self._connection, held) and not protocol.eof_sent:
            protocol.fail(CloseCode.TRY_AGAIN_LATER)
        self._write()
        self._next()

    def answered(self, _: int, response: HttpResponse) -> None:
        """Take the answer that a thread made."""
        self._begin(response)
        self._next()

    def pump(self) -> None:
        """Write on; when the answer is done, take the next message."""
        if self._connection.flush():
            self._continue()
            self._next()

    def ended(self) -> None:
        """The client is gone, or has shut its side, which it may not."""
        self._server.close(self._connection)

    def late(self) -> None:
        """Cut a client that takes nothing, or ends no message; say that the time of the socket is over."""
        if self._connection.unsent or self._size or self._closes or self._connection.lingering:
            self._server.close(self._connection)
        elif not self._busy and time.monotonic() >= self._until:
            self._connection.write(_framed(self._dialogue.over()))
            self._close(CloseCode.NORMAL_CLOSURE)
        else:
            self._patience()

    def stop(self) -> None:
        """Finish what is under way, then say that the server goes away."""
        self._waiting.clear()
        if not self._busy:
            self._close(CloseCode.GOING_AWAY)

    def under_way(self) -> list[Answer]:
        """Return the answer not finished, if there is one."""
        return [] if self._answer is None else [self._answer]

    def owed(self) -> int:
        """Return the bytes that the client has not taken."""
        return self._connection.unsent

    def _took(self, frame: Sent) -> None:
        """Take a frame; the library answers pings and returns a close."""
        self._left -= 1
        if frame.opcode not in DATA_OPCODES:
            return
        self._parts.append(bytes(frame.data))
        if frame.fin:
            self._waiting.append(b"".join(self._parts))
            self._parts.clear()
            self._size, self._left = 0, _FRAMES

    def _next(self) -> None:
        """Answer what waits, until one answer takes its time; while much waits, no more is read."""
        self._answer_waiting()
        waiting = self._waiting
        deaf = len(waiting) > _WAITING or sum(map(len, waiting)) > HIGH_WATER
        if deaf != self._deaf and not (self._connection.closed or self._connection.lingering):
            self._deaf = deaf
            (self._connection.deafen if deaf else self._connection.listen)()

    def _answer_waiting(self) -> None:
        connection, server = self._connection, self._server
        until = 0.0
        while self._waiting and not (self._busy or self._closes or connection.closed):
            now = self._asked_at = time.monotonic()
            until = until or now + _TURN / 4
            if now > until:
                server.wake_soon(connection)
                return
            self._busy = True
            asked = self._dialogue.take(self._waiting.popleft())
            if isinstance(asked, bytes):
                refused = replace(self._request, method="POST")
                note = replace(self._note, remarks=("no request",))
                self._start(Answer(refused, _messages(400, (asked,), note), now))
                continue
            self._asked = asked
            self._engine = server.answering.engine_over(self._memory, self._engine)
            response = server.respond(asked, connection, 0, self._engine)
            if response is None:
                return
            self._begin(response)

    def _begin(self, response: HttpResponse) -> None:
        """Start the answer to what was asked."""
        assert self._asked is not None  # noqa: S101 - it was asked
        told = self._dialogue.told(self._asked, response)
        self._start(Answer(self._asked, _messages(response.status, told, response.note), self._asked_at))

    def _start(self, answer: Answer) -> None:
        self._answer = answer
        self._server.holds(self._connection, sum(map(len, self._waiting)))
        self._continue()

    def _continue(self) -> None:
        """Write the answer as far as its pauses and the client allow."""
        answer, connection, server = self._answer, self._connection, self._server
        until = 0.0
        while answer is not None and self._may_write(answer):
            data = answer.take(HIGH_WATER)
            if answer.ended:
                # told before the last byte leaves, so that whoever has the answer finds it in the journal
                server.report(answer, complete=True)
            connection.write(data)
            now = time.monotonic()
            until = until or now + _TURN
            if now > until and not answer.ended:
                server.wake_soon(connection)
                break
        if answer is not None:
            if answer.ended:
                self._answer = self._asked = None
                self._busy = False
                if server.stopping:
                    self._close(CloseCode.GOING_AWAY)
            elif connection.unsent < HIGH_WATER:
                server.wake_for(answer, connection)
        self._patience()
        if self._closes:
            self._leave()

    def _may_write(self, answer: Answer) -> bool:
        connection = self._connection
        return not (answer.ended or connection.closed or connection.unsent >= HIGH_WATER) and not (
            answer.due and answer.waits
        )

    def _patience(self) -> None:
        """Say until when the client may take the next bytes, end its message, or talk at all."""
        timeouts, connection = self._server.timeouts, self._connection
        now = time.monotonic()
        if connection.lingering:
            return
        if self._closes:
            connection.deadline = now + timeouts.linger
        elif connection.unsent:
            connection.deadline = now + timeouts.write
        elif self._size:
            connection.deadline = now + timeouts.body
        else:
            connection.deadline = max(self._until, now + timeouts.write) if self._busy else self._until

    def _close(self, code: CloseCode) -> None:
        """Say that this is all."""
        if self._protocol.state is OPEN:
            self._protocol.send_close(code)
        self._write()

    def _write(self) -> None:
        """Write what the library has to say: pongs and closes."""
        protocol = self._protocol
        self._connection.write(b"".join(protocol.data_to_send()))
        if protocol.close_sent is not None or protocol.eof_sent:
            self._closes = True
            self._leave()
        self._patience()

    def _leave(self) -> None:
        """Shut the socket once both sides have said that they close, or the client broke the rules."""
        connection = self._connection
        if not (connection.closed or connection.lingering or connection.unsent) and self._protocol.eof_sent:
            connection.linger()


def _framed(text: bytes) -> bytes:
    return Sent(Opcode.TEXT, text).serialize(mask=False)


def _messages(status: int, told: Iterable[bytes | Pause], note: Note) -> HttpResponse:
    """Return an answer whose steps are frames of WebSockets."""

    def steps() -> Iterator[Step]:
        for one in told:
            yield one if isinstance(one, Pause) else Frame("", _framed(one))

    return HttpResponse(status, (), None, steps(), note)
