"""A WebSocket that stays open: each message is a request, answered by messages, in its lane one after another.

Answers of several lanes go out side by side: each is told as far as its pause, then the next. What comes while its lane
is busy waits, in the kernel when it is much, as requests do that are pipelined; pings, closes and refusals are answered
as they come.

Spec: RFC 6455.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from websockets.frames import DATA_OPCODES, CloseCode, Opcode
from websockets.frames import Frame as Sent
from websockets.protocol import OPEN, SERVER, Protocol

from mockllm_cli.server.answer import Answer
from mockllm_cli.server.connection import HIGH_WATER
from mockllm_cli.server.http1 import LONG
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
_AT_ONCE = 16
"""Answers under way at once, across all lanes."""
_TURN = 0.02
"""Seconds that one client's answer may have when others wait; several of them have a quarter."""


class _Lane:
    """What is asked in one lane.

    Attributes:
        waiting: what is asked next.
        asked: what is being answered, None when nothing is.
        asked_at: when that came to its turn.
        answer: to it, None until it is made.
    """

    __slots__ = ("answer", "asked", "asked_at", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[Asked] = deque()
        self.asked: Asked | None = None
        self.asked_at = 0.0
        self.answer: Answer | None = None


class TalkingSocket:
    """The session of a client whose messages are answered."""

    __slots__ = (
        "_begun",
        "_busy",
        "_closes",
        "_closes_by",
        "_connection",
        "_deaf",
        "_dialogue",
        "_engine",
        "_lanes",
        "_left",
        "_memory",
        "_note",
        "_owed",
        "_parts",
        "_protocol",
        "_request",
        "_server",
        "_size",
        "_started",
        "_taken_by",
        "_telling",
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
        self._lanes: dict[str, _Lane] = {}
        self._telling: deque[_Lane] = deque()
        self._busy = 0
        self._closes = self._deaf = False
        self._begun = self._taken_by = self._closes_by = 0.0
        self._owed = 0
        self._started = started
        self._until = started + served.most

    def begin(self, head: bytes) -> None:
        """Answer the handshake, which is an exchange of its own."""
        opening = HttpResponse(101, (), b"", note=replace(self._note, stream=True))
        self._server.report(Answer(self._request, opening, self._started), complete=True)
        self._connection.write(head)
        self._patience()

    def receive(self, data: bytes) -> None:
        """Take bytes from the client."""
        protocol = self._protocol
        for begin in range(0, len(data), _SLICE):
            if protocol.eof_sent:
                break
            part = data[begin : begin + _SLICE]
            self._begun = self._begun if self._size else time.monotonic()
            self._size += len(part)
            protocol.receive_data(part)
            for event in protocol.events_received():
                if isinstance(event, Sent):
                    self._took(event)
            if self._left < 0 and not protocol.eof_sent:
                protocol.fail(CloseCode.POLICY_VIOLATION, "too many frames")
        if (
            not self._server.holds(self._connection, self._size + sum(self._sizes()))
            and not protocol.eof_sent
        ):
            protocol.fail(CloseCode.TRY_AGAIN_LATER)
        self._write()
        self._next()

    def answered(self, number: int, response: HttpResponse) -> None:
        """Take the answer that a thread made for the lane of that number."""
        self._begin(list(self._lanes.values())[number], response)
        self._next()

    def pump(self) -> None:
        """Write on; when an answer is done, take the next message."""
        if self._connection.flush():
            self._owed = 0
            self._continue()
            self._next()
        else:
            self._patience()

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
        for lane in self._lanes.values():
            lane.waiting.clear()
        if not self._busy:
            self._close(CloseCode.GOING_AWAY)

    def under_way(self) -> list[Answer]:
        """Return the answers not finished."""
        return [lane.answer for lane in self._telling if lane.answer is not None]

    def owed(self) -> int:
        """Return the bytes that are held for what the client has not taken."""
        return self._connection.kept + sum(answer.held for answer in self.under_way())

    def _took(self, frame: Sent) -> None:
        """Take a frame; the library answers pings and returns a close."""
        self._left -= 1
        if frame.opcode not in DATA_OPCODES:
            self._size = self._size if self._parts else 0
            return
        self._parts.append(bytes(frame.data))
        if frame.fin:
            self._waiting.append(b"".join(self._parts))
            self._parts.clear()
            self._size, self._left = 0, _FRAMES

    def _next(self) -> None:
        """Answer what waits, until that takes its time; while much waits, no more is read."""
        self._answer_waiting()
        sizes = self._sizes()
        deaf = len(sizes) > _WAITING or sum(sizes) > HIGH_WATER
        if deaf != self._deaf and not (self._connection.closed or self._connection.lingering):
            self._deaf = deaf
            self._begun = time.monotonic()
            (self._connection.deafen if deaf else self._connection.listen)()

    def _sizes(self) -> list[int]:
        """Return the sizes of the messages that wait."""
        lanes = self._lanes.values()
        return [*map(len, self._waiting), *(len(asked.body) for lane in lanes for asked in lane.waiting)]

    def _answer_waiting(self) -> None:
        connection, server = self._connection, self._server
        until = time.monotonic() + _TURN / 4
        while not (self._closes or connection.closed or server.stopping or connection.unsent >= HIGH_WATER):
            for due in self._dialogue.due():
                if isinstance(due, bytes):
                    connection.write(_framed(due))
                else:
                    self._lanes[due.lane].waiting.appendleft(due)
            lane = self._ready()
            if lane is None and not self._waiting:
                return
            now = time.monotonic()
            if now > until:
                server.wake_soon(connection)
                return
            if lane is not None:
                self._ask(lane, now)
                continue
            message = self._waiting.popleft()
            if len(message) > LONG and not server.has_room():
                self._close(CloseCode.TRY_AGAIN_LATER)
                return
            asked = self._dialogue.take(message)
            if isinstance(asked, bytes):
                if asked:
                    self._refuse(asked, now)
            else:
                self._lanes.setdefault(asked.lane, _Lane()).waiting.append(asked)

    def _ready(self) -> _Lane | None:
        """Return the lane whose next request may be answered: of several the one that had its turn the longest ago."""
        if self._busy >= _AT_ONCE:
            return None
        free = (lane for lane in self._lanes.values() if lane.waiting and lane.asked is None)
        return min(free, key=attrgetter("asked_at"), default=None)

    def _refuse(self, message: bytes, now: float) -> None:
        """Say what is wrong with a message, whatever is under way."""
        refused = replace(self._request, method="POST")
        note = replace(self._note, remarks=("no request",))
        answer = Answer(refused, _messages(400, (message,), note), now)
        data = answer.take(HIGH_WATER)
        self._server.report(answer, complete=True)
        self._connection.write(data)

    def _ask(self, lane: _Lane, now: float) -> None:
        """Answer the next request of a lane."""
        server = self._server
        self._busy += 1
        lane.asked, lane.asked_at = lane.waiting.popleft(), now
        self._engine = server.answering.engine_over(self._memory, self._engine)
        number = list(self._lanes.values()).index(lane)
        response = server.respond(lane.asked, self._connection, number, self._engine)
        if response is not None:
            self._begin(lane, response)

    def _begin(self, lane: _Lane, response: HttpResponse) -> None:
        """Start the answer to what a lane asked."""
        assert lane.asked is not None  # noqa: S101 - it was asked
        told = self._dialogue.told(lane.asked, response)
        lane.answer = Answer(lane.asked, _messages(response.status, told, response.note), lane.asked_at)
        self._telling.append(lane)
        self._server.holds(self._connection, self._size + sum(self._sizes()))
        self._continue()

    def _continue(self) -> None:
        """Write the answers one after another, each as far as its pause and the client allow."""
        until = time.monotonic() + _TURN
        for lane in tuple(self._telling):
            if not self._tell(lane, until):
                break
        if self._server.stopping and not self._busy:
            self._close(CloseCode.GOING_AWAY)
        self._patience()
        if self._closes:
            self._leave()

    def _tell(self, lane: _Lane, until: float) -> bool:
        """Write a lane's answer; return False when the time is up, and let others come first the next time."""
        answer, connection, server = lane.answer, self._connection, self._server
        assert answer is not None  # noqa: S101 - it is told
        while self._may_write(answer):
            data = answer.take(HIGH_WATER)
            if answer.ended:
                # told before the last byte leaves, so that whoever has the answer finds it in the journal
                server.report(answer, complete=True)
                self._telling.remove(lane)
                lane.answer = lane.asked = None
                self._busy -= 1
            connection.write(data)
            if time.monotonic() > until and not answer.ended:
                self._telling.remove(lane)
                self._telling.append(lane)
                server.wake_soon(connection)
                return False
        if not answer.ended and connection.unsent < HIGH_WATER:
            server.wake_for(answer, connection)
        return True

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
        if connection.unsent:
            if not self._owed or self._owed - connection.unsent >= HIGH_WATER:
                self._owed, self._taken_by = connection.unsent, now + timeouts.write
            # what is added meanwhile, a pong, wins no time
            self._owed = max(self._owed, connection.unsent)
            connection.deadline = self._taken_by
        elif self._closes:
            self._closes_by = self._closes_by or now + timeouts.linger
            connection.deadline = self._closes_by
        elif self._size and not self._deaf:
            connection.deadline = self._begun + timeouts.body
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
