"""HTTP/2 on a connection: many requests at a time, each under its own flow control.

The AWS SDK for JavaScript speaks it in clear text with prior knowledge to any ``http://`` endpoint, and others by
ALPN over TLS. The h2 library keeps the protocol's state; this file moves bytes between it and the engine.

Spec: RFC 9113.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

from mockllm_cli.server.answer import Answer
from mockllm_cli.server.connection import HIGH_WATER
from mockllm_cli.server.parser import BadRequest
from mockllm_core.exchange import HttpRequest

if TYPE_CHECKING:
    from mockllm_cli.server.connection import Connection
    from mockllm_cli.server.loop import Server
    from mockllm_core.exchange import HttpResponse

__all__ = ["Http2"]


class _Stream:
    """One request and its answer."""

    __slots__ = ("answer", "asked", "body", "headers", "size", "unsent")

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        self.headers = headers
        self.body: list[bytes] = []
        self.size = 0
        self.asked = False
        self.answer: Answer | None = None
        self.unsent = b""


class Http2:
    """The session of a client that speaks HTTP/2."""

    def __init__(self, server: Server, connection: Connection) -> None:
        self._server = server
        self._connection = connection
        config = h2.config.H2Configuration(client_side=False, header_encoding=False)
        self._h2 = h2.connection.H2Connection(config=config)
        self._h2.initiate_connection()
        self._streams: dict[int, _Stream] = {}
        self._stopping = False
        self._send()

    def receive(self, data: bytes) -> None:
        """Take bytes; answer the requests that they complete."""
        try:
            events = self._h2.receive_data(data)
        except h2.exceptions.ProtocolError:
            # h2 has queued the GOAWAY that names the error
            self._send()
            self._connection.linger()
            return
        for event in events:
            self._take(event)
        self.pump()

    def answered(self, number: int, response: HttpResponse, /) -> None:
        """Take the answer that a thread made."""
        self._begin(number, response)
        self.pump()

    def pump(self) -> None:
        """Write of every answer what its pauses and the client's windows allow."""
        if not self._connection.flush():
            return
        for number, stream in list(self._streams.items()):
            if stream.answer is not None:
                self._continue(number, stream, stream.answer)
        self._send()
        if self._streams:
            self._connection.deadline = 0.0
            if self._stalled():
                self._connection.deadline = time.monotonic() + self._server.timeouts.write
        elif self._stopping:
            self._connection.linger()
        else:
            self._connection.deadline = time.monotonic() + self._server.timeouts.idle

    def late(self) -> None:
        """Close: the client was too slow."""
        self._server.close(self._connection)

    def stop(self) -> None:
        """Tell the client to send no more, finish what is under way, then close."""
        self._stopping = True
        self._h2.close_connection()
        self._send()
        if not self._streams:
            self._connection.linger()

    def under_way(self) -> list[Answer]:
        """Return the answers not finished."""
        return [stream.answer for stream in self._streams.values() if stream.answer is not None]

    def _take(self, event: h2.events.Event) -> None:
        match event:
            case h2.events.RequestReceived():
                self._streams[event.stream_id] = _Stream([(bytes(k), bytes(v)) for k, v in event.headers])
                self._connection.deadline = time.monotonic() + self._server.timeouts.body
            case h2.events.DataReceived():
                self._data(event)
            case h2.events.StreamEnded():
                self._request(event.stream_id)
            case h2.events.StreamReset():
                self._gone(event.stream_id)
            case h2.events.ConnectionTerminated():
                self._stopping = True
            case _:
                pass  # settings, pings and window updates: h2 answers them, pump uses them

    def _data(self, event: h2.events.DataReceived) -> None:
        stream = self._streams.get(event.stream_id)
        self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        if stream is None or stream.asked:
            return
        stream.body.append(event.data)
        stream.size += len(event.data)
        if stream.size > self._server.limits.body:
            sentence = f"The request body is longer than {self._server.limits.body} bytes."
            stream.asked = True
            self._begin(event.stream_id, self._server.refusal("request_too_large", sentence, 413))

    def _request(self, number: int) -> None:
        stream = self._streams.get(number)
        if stream is None or stream.asked:
            return
        stream.asked = True
        try:
            request = self._understood(stream)
        except BadRequest as error:
            self._begin(number, self._server.refusal(error.kind, str(error), error.status))
            return
        stream.answer = None
        response = self._server.respond(request, self._connection, number)
        if response is not None:
            self._begin(number, response, request)

    def _understood(self, stream: _Stream) -> HttpRequest:
        headers: dict[str, str] = {}
        for name, value in stream.headers:
            key = name.decode("latin-1")
            text = value.decode("latin-1")
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
        method, target = headers.pop(":method", ""), headers.pop(":path", "")
        if not target.startswith("/"):
            raise BadRequest(400, "The request target does not begin with a slash.")
        headers["host"] = headers.pop(":authority", headers.get("host", ""))
        headers.pop(":scheme", None)
        path, _, query = target.partition("?")
        body = b"".join(stream.body)
        coding = headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("", "identity") and body:
            from mockllm_cli.server.coding import decode

            body = decode(coding, body, self._server.limits.body)
        return HttpRequest(method=method, path=path, query=query, headers=headers, body=body)

    def _begin(self, number: int, response: HttpResponse, request: HttpRequest | None = None) -> None:
        stream = self._streams.get(number)
        if stream is None:
            return  # the client has cancelled it
        answer = stream.answer = Answer(request, response, time.monotonic())
        headers = [(":status", str(response.status)), *response.headers, ("date", self._server.clock.date)]
        if response.body is not None:
            headers.append(("content-length", str(len(response.body))))
        answer.ended = request is not None and request.method == "HEAD"
        self._h2.send_headers(number, headers, end_stream=answer.ended)
        if answer.ended:
            self._finish(number, answer)

    def _continue(self, number: int, stream: _Stream, answer: Answer) -> None:
        while self._connection.unsent < HIGH_WATER:
            if not stream.unsent and not answer.ended:
                if answer.waits:
                    self._server.wake_at(answer.due, self._connection)
                    return
                stream.unsent = answer.take(HIGH_WATER)
            room = min(self._h2.local_flow_control_window(number), self._h2.max_outbound_frame_size)
            data, rest = stream.unsent[:room], stream.unsent[room:]
            ended = answer.ended and not rest
            if stream.unsent and not data:
                return
            if ended:
                self._server.report(answer, complete=True)
            if data or ended:
                self._h2.send_data(number, data, end_stream=ended)
                stream.unsent = rest
                self._send()
            if ended:
                self._finish(number, answer)
                return

    def _finish(self, number: int, answer: Answer) -> None:
        del self._streams[number]
        self._server.report(answer, complete=True)

    def _gone(self, number: int) -> None:
        stream = self._streams.pop(number, None)
        if stream is not None and stream.answer is not None:
            self._server.report(stream.answer, complete=False)

    def _stalled(self) -> bool:
        return bool(self._connection.unsent) or any(stream.unsent for stream in self._streams.values())

    def _send(self) -> None:
        self._connection.write(self._h2.data_to_send())
