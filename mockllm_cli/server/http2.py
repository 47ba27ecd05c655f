"""HTTP/2 on a connection: many requests at a time, each under its own flow control.

The AWS SDK for JavaScript speaks it in clear text with prior knowledge to any ``http://`` endpoint, and others by
ALPN over TLS. The h2 library keeps the protocol's state; this file moves bytes between it and the engine.

Spec: RFC 9113.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import h2.errors
import h2.events
import h2.exceptions
import hyperframe.frame

from mockllm_cli.server.answer import Answer
from mockllm_cli.server.connection import HIGH_WATER
from mockllm_cli.server.h2state import begun
from mockllm_cli.server.head import BadRequest
from mockllm_cli.server.http1 import LONG, TOO_MANY
from mockllm_cli.server.intake import Intake
from mockllm_cli.server.pseudo import CONVERSES, asked, understood
from mockllm_cli.server.stream import Stream

if TYPE_CHECKING:
    from mockllm_cli.server.connection import Connection
    from mockllm_cli.server.loop import Server
    from mockllm_core.exchange import HttpRequest, HttpResponse

__all__ = ["Http2"]

_RESETS = 200
"""Streams that a client may take back beyond those that it lets end (rapid reset, CVE-2023-44487)."""
_TURN = 0.02
"""Seconds that one client's answers may have when others wait; what it asks may have a quarter of them."""


class Http2:
    """The session of a client that speaks HTTP/2."""

    def __init__(self, server: Server, connection: Connection) -> None:
        self._server = server
        self._connection = connection
        self._h2 = begun()
        self._streams: dict[int, Stream] = {}
        # bytes of requests that a thread answers; they are there although their stream may be gone
        self._waiting: dict[int, int] = {}
        self._last = 0
        self._resets = _RESETS
        self._stopping = False
        self._idle_until = time.monotonic() + server.timeouts.first
        self._half_until = self._stuck_until = 0.0
        self._intake = Intake()
        self._send()

    def receive(self, data: bytes) -> None:
        """Take bytes; answer the requests that they complete."""
        self._intake.add(data)
        self._work()

    def _work(self) -> None:
        """Take what is here, for as long as our turn lasts; the rest waits, and so does the client."""
        until = time.monotonic() + _TURN / 4
        told = False
        while self._intake.left:
            events = self._events(self._intake.take())
            if events is None:
                self._end()
                return
            told = told or bool(events)
            if time.monotonic() > until:
                break
        if not self._intake.inside:
            self._half_until = 0.0
        elif told or not self._half_until:
            self._half_until = time.monotonic() + self._server.timeouts.head
        if self._intake.left:
            self._connection.deafen()
            self._server.wake_soon(self._connection)
        else:
            self._connection.listen()
        self._write()
        if self._connection.unsent > 2 * HIGH_WATER:
            # it asks (pings, settings) and does not read what it is told
            self._server.close(self._connection)

    def _events(self, data: bytes) -> list[h2.events.Event] | None:
        """Take some frames and return what they said, None when nothing more will be taken."""
        try:
            events = self._h2.receive_data(data)
        except h2.exceptions.ProtocolError:
            return None  # h2 has queued the GOAWAY that names the error
        ends = (event for event in events if isinstance(event, h2.events.ConnectionTerminated))
        if end := next((event for event in ends if event.error_code), None):
            events = [end]
        # what the client has taken back by now must not be answered
        reset = {event.stream_id for event in events if isinstance(event, h2.events.StreamReset)}
        for event in events:
            if (
                isinstance(event, h2.events.RequestReceived | h2.events.StreamEnded)
                and event.stream_id in reset
            ):
                continue
            self._take(event)
        if self._resets < 0 or not self._intake.calm:
            self._h2.close_connection(h2.errors.ErrorCodes.ENHANCE_YOUR_CALM)
            return None
        return events

    def answered(self, number: int, response: HttpResponse, /) -> None:
        """Take the answer that a thread made."""
        self._waiting.pop(number, None)
        stream = self._streams.get(number)
        if stream is None:
            self._hold()
        else:
            self._begin(number, response, stream.request)
        self.pump()

    def pump(self) -> None:
        """Go on with what is here, and write of every answer what its pauses and the client's windows allow."""
        if self._intake.left and not self._connection.lingering:
            self._work()
        else:
            self._write()

    def _write(self) -> None:
        self._decode()
        if self._connection.flush():
            self._stuck_until = 0.0
            until = time.monotonic() + _TURN
            for number, stream in list(self._streams.items()):
                if stream.answer is None:
                    continue
                self._continue(number, stream, stream.answer, until)
                late = time.monotonic() > until
                if late or self._connection.unsent >= HIGH_WATER:
                    if number in self._streams:
                        # the others come first the next time
                        self._streams[number] = self._streams.pop(number)
                    if late:
                        self._server.wake_soon(self._connection)
                    break
        self._send()
        if self._connection.unsent and not self._stuck_until:
            self._stuck_until = time.monotonic() + self._server.timeouts.write
        if self._connection.lingering:
            return
        if self._stopping and not self._streams and not self._connection.unsent:
            self._end()
        else:
            dues = [stream.due for stream in self._streams.values()] or [self._idle_until]
            dues += (self._half_until, self._stuck_until)
            self._connection.deadline = min(filter(None, dues), default=0.0)

    def ended(self) -> None:
        """Finish what was asked before the client shut its side, as far as its windows let: it widens none any more."""
        for number in [number for number, one in self._streams.items() if not (one.ended or one.asked)]:
            self._gone(number)
        if self._streams and not self._connection.lingering:
            self._stopping = True
            self._connection.deafen()
            self.pump()
        else:
            self._server.close(self._connection)

    def late(self) -> None:
        """Take back the streams whose client was too slow; close when it is the connection that was."""
        now = time.monotonic()
        late = [number for number, stream in self._streams.items() if 0 < stream.due <= now]
        if self._connection.lingering or 0 < self._stuck_until <= now or not late:
            self._server.close(self._connection)
            return
        for number in late:
            self._reset(number, h2.errors.ErrorCodes.CANCEL)
        self.pump()

    def stop(self) -> None:
        """Tell the client to send no more, finish what is under way, then close."""
        self._stopping = True
        # not by h2, which would then refuse to send the rest of the answers
        self._connection.write(hyperframe.frame.GoAwayFrame(0, last_stream_id=self._last).serialize())
        self.pump()

    def under_way(self) -> list[Answer]:
        """Return the answers not finished."""
        return [stream.answer for stream in self._streams.values() if stream.answer is not None]

    def owed(self) -> int:
        """Return the bytes that are held for what the client has not taken, on the connection and of each stream."""
        return self._connection.kept + sum(stream.owed for stream in self._streams.values())

    def _end(self) -> None:
        """Say what is left to say and shut our side."""
        self._intake.clear()
        self._connection.listen()
        self._send()
        for number in list(self._streams):
            self._gone(number)
        self._connection.deadline = time.monotonic() + self._server.timeouts.linger
        self._connection.linger()

    def _take(self, event: h2.events.Event) -> None:
        match event:
            case h2.events.RequestReceived():
                self._opened(event)
            case h2.events.DataReceived():
                self._data(event)
            case h2.events.StreamEnded():
                self._request(event.stream_id)
            case h2.events.StreamReset():
                self._resets -= 1
                self._gone(event.stream_id)
            case h2.events.ConnectionTerminated():
                self._stopping = True
                if event.error_code:
                    for number in list(self._streams):
                        self._gone(number)
            case _:
                pass  # settings, pings and window updates: h2 answers them, pump uses them

    def _opened(self, event: h2.events.RequestReceived) -> None:
        due = time.monotonic() + self._server.timeouts.body
        self._streams[event.stream_id] = Stream([(bytes(k), bytes(v)) for k, v in event.headers], due)
        if self._stopping:
            self._reset(event.stream_id, h2.errors.ErrorCodes.REFUSED_STREAM)
        else:
            self._last = event.stream_id
            if (b"expect", b"100-continue") in event.headers and event.stream_ended is None:
                self._h2.send_headers(event.stream_id, [(b":status", b"100")])
            elif CONVERSES in event.headers:
                self._request(event.stream_id, ended=event.stream_ended is not None)

    def _data(self, event: h2.events.DataReceived) -> None:
        stream = self._streams.get(event.stream_id)
        self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        if stream is None or stream.asked:
            return
        stream.body += event.data
        stream.size += len(event.data)
        most = self._server.limits.body
        if stream.size > most:
            self._refuse(event.stream_id, BadRequest(413, f"The request body is longer than {most} bytes."))
        elif self._unfinished() > 2 * most:
            self._reset(event.stream_id, h2.errors.ErrorCodes.ENHANCE_YOUR_CALM)
        elif not self._hold():
            self._refuse(event.stream_id, BadRequest(503, TOO_MANY, "unavailable"))

    def _unfinished(self) -> int:
        """Return the bytes of all bodies that are not whole yet, or wait for the thread that answers them."""
        coming = [one.size for one in self._streams.values() if not one.asked]
        return sum(coming) + sum(self._waiting.values())

    def _hold(self) -> bool:
        """Say what this connection holds; return whether all may."""
        return self._server.holds(self._connection, self._unfinished())

    def _request(self, number: int, *, ended: bool = True) -> None:
        stream = self._streams.get(number)
        if stream is None:
            return
        stream.ended = ended
        stream.asked_at = time.monotonic()
        if stream.asked:
            return
        try:
            request = understood(stream.headers, bytes(stream.body), self._server.limits)
        except BadRequest as error:
            self._refuse(number, error)
            return
        coding = request.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("", "identity") and request.body:
            from mockllm_cli.server.decoding import decoding

            stream.decoding = decoding(coding, request.body, self._server.limits.body)
            stream.due = 0.0
            stream.body = bytearray()
        stream.request = request
        if stream.decoding is None:
            self._respond(number, stream, request)
        else:
            self._decode()

    def _decode(self) -> None:
        """Undo some of the first encoded body, so that there is never a second half of one."""
        found = ((number, stream) for number, stream in self._streams.items() if stream.decoding)
        number, stream = next(found, (0, None))
        if stream is None or stream.decoding is None or stream.request is None:
            return
        self._server.wake_soon(self._connection)
        try:
            part = next(stream.decoding, None)
        except BadRequest as error:
            stream.decoding = None
            self._refuse(number, error)
            return
        if part is not None:
            stream.body += part
            stream.size = len(stream.body)
            if not self._hold():
                stream.decoding = None
                self._refuse(number, BadRequest(503, TOO_MANY, "unavailable"))
            return
        stream.decoding = None
        request = stream.request = replace(stream.request, body=bytes(stream.body))
        self._respond(number, stream, request)

    def _respond(self, number: int, stream: Stream, request: HttpRequest) -> None:
        stream.taken()
        self._waiting[number] = len(request.body)
        if len(request.body) > LONG and not self._server.holds_long(self._connection, self._unfinished()):
            del self._waiting[number]
            self._refuse(number, BadRequest(503, TOO_MANY, "unavailable"))
            return
        response = self._server.respond(request, self._connection, number)
        if response is not None:
            del self._waiting[number]
            self._begin(number, response, request)

    def _refuse(self, number: int, error: BadRequest) -> None:
        stream = self._streams[number]
        stream.taken()
        request = asked(stream.headers)
        self._begin(number, self._server.refusal(error.kind, str(error), error.status, request), request)

    def _begin(self, number: int, response: HttpResponse, request: HttpRequest | None) -> None:
        stream = self._streams[number]
        self._hold()
        response = self._server.affords(response, request)
        answer = stream.answer = Answer(request, response, stream.asked_at)
        stream.request = None
        headers = [(":status", str(response.status)), *response.headers, ("date", self._server.clock.date)]
        if response.body is not None and response.status != 204:
            headers.append(("content-length", str(len(response.body))))
        answer.ended = request is not None and request.method == "HEAD"
        encoded = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers]
        self._h2.send_headers(number, encoded, end_stream=answer.ended)
        if answer.ended:
            self._finish(number, answer)

    def _continue(self, number: int, stream: Stream, answer: Answer, until: float) -> None:
        while self._connection.unsent < HIGH_WATER:
            if not stream.unsent and not answer.ended:
                stream.due = 0.0
                if answer.waits:
                    self._server.wake_for(answer, self._connection)
                    return
                # a hundred streams without room would hold as much as a hundred slow readers
                most = min(HIGH_WATER, max(1, self._h2.local_flow_control_window(number)))
                stream.unsent = memoryview(answer.take(most))
                stream.due = time.monotonic() + self._server.timeouts.write
            # a window below zero is legal (RFC 9113, 6.9.2)
            room = max(0, min(self._h2.local_flow_control_window(number), self._h2.max_outbound_frame_size))
            data = bytes(stream.unsent[:room])
            ended = answer.ended and len(data) == len(stream.unsent)
            if stream.unsent and not data:
                return
            if ended:
                self._server.report(answer, complete=True)
            if data or ended:
                self._h2.send_data(number, data, end_stream=ended)
                stream.sent(len(data), time.monotonic() + self._server.timeouts.write)
                self._intake.sent(len(data))
                self._send()
            if ended:
                self._finish(number, answer)
                return
            if time.monotonic() > until:
                return

    def _finish(self, number: int, answer: Answer) -> None:
        stream = self._streams.pop(number)
        self._resets = min(self._resets + 1, _RESETS)
        self._intake.answered()
        self._idle_until = time.monotonic() + self._server.timeouts.idle
        self._server.report(answer, complete=True)
        if not stream.ended:
            # refused before all of it was here: the client may stop sending (RFC 9113, 8.1)
            self._h2.reset_stream(number, h2.errors.ErrorCodes.NO_ERROR)

    def _reset(self, number: int, why: h2.errors.ErrorCodes) -> None:
        """Take back a stream."""
        with contextlib.suppress(h2.exceptions.ProtocolError):  # it may be closed already
            self._h2.reset_stream(number, why)
        self._gone(number)

    def _gone(self, number: int) -> None:
        stream = self._streams.pop(number, None)
        self._idle_until = time.monotonic() + self._server.timeouts.idle
        if stream is not None and stream.answer is not None:
            self._server.report(stream.answer, complete=False)
        self._hold()

    def _send(self) -> None:
        self._connection.write(self._h2.data_to_send())
