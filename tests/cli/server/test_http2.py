"""HTTP/2 over clear text and TLS: what the server promises whatever a client does."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from typing import TYPE_CHECKING, Self

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings
import hyperframe.frame
import pytest

from mockllm_cli import MockServer
from mockllm_cli.server import Limits, Timeouts

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello there"}]}
LONG = {**CHAT, "stream": True, "messages": [{"role": "user", "content": "x" * 1_000_000}]}
QUICK = Timeouts(first=0.4, head=0.4, body=0.4, idle=0.4, write=0.6, linger=0.3, drain=1.0)
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


class Client:
    """An HTTP/2 client that does what it is told and keeps what it gets.

    Attributes:
        status, headers, bodies: by stream.
        ended: streams that are whole.
        resets: error codes by stream.
        goaway: the error code of the server's GOAWAY; None before it.
    """

    def __init__(
        self,
        server: MockServer,
        *,
        window: int = 65_535,
        reads: bool = True,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self.sock = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10)
        if trust is not None:
            self.sock = trust.wrap_socket(self.sock, server_hostname="127.0.0.1")
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.reads = reads
        self.status: dict[int, int] = {}
        self.headers: dict[int, dict[str, str]] = {}
        self.bodies: dict[int, bytes] = {}
        self.ended: set[int] = set()
        self.resets: dict[int, int] = {}
        self.goaway: int | None = None
        self.closed = False
        initial = {h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window}
        self.h2.local_settings = h2.settings.Settings(client=True, initial_values=initial)
        self.h2.initiate_connection()
        self.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def flush(self) -> None:
        self.sock.sendall(self.h2.data_to_send())

    def ask(
        self,
        body: object = None,
        *,
        path: str = "/v1/chat/completions",
        method: str = "POST",
        extra: tuple[tuple[str, str], ...] = (),
        end: bool = True,
    ) -> int:
        """Send a request and return its stream."""
        number = self.h2.get_next_available_stream_id()
        headers = [(":method", method), (":path", path), (":scheme", "http"), (":authority", "x"), *extra]
        if body is None:
            self.h2.send_headers(number, headers, end_stream=end)
            self.flush()
            return number
        self.h2.send_headers(number, headers)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        while data:
            room = min(self.h2.local_flow_control_window(number), self.h2.max_outbound_frame_size)
            if not room:
                self.flush()
                self.take()
                continue
            self.h2.send_data(number, data[:room], end_stream=end and len(data) <= room)
            data = data[room:]
        self.flush()
        return number

    def take(self) -> None:
        """Read once."""
        data = self.sock.recv(65_536)
        if not data:
            self.closed = True
            return
        for event in self.h2.receive_data(data):
            match event:
                case h2.events.ResponseReceived():
                    headers = {str(name): str(value) for name, value in event.headers}
                    self.status[event.stream_id] = int(headers[":status"])
                    self.headers[event.stream_id] = headers
                case h2.events.DataReceived():
                    self.bodies[event.stream_id] = self.bodies.get(event.stream_id, b"") + event.data
                    if self.reads:
                        self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                case h2.events.StreamEnded():
                    self.ended.add(event.stream_id)
                case h2.events.StreamReset():
                    self.resets[event.stream_id] = int(event.error_code)
                case h2.events.ConnectionTerminated():
                    self.goaway = int(event.error_code or 0)
                case _:
                    pass
        with contextlib.suppress(OSError):
            self.flush()

    def until(self, *streams: int) -> None:
        """Read until all these streams are whole."""
        while not self.ended.issuperset(streams):
            assert not self.closed, "closed too early"
            self.take()

    def end(self) -> None:
        """Read until the connection ends."""
        with contextlib.suppress(ConnectionResetError):
            while not self.closed:
                self.take()


def still_well(server: MockServer) -> None:
    with Client(server) as client:
        number = client.ask(CHAT)
        client.until(number)
        assert client.status[number] == 200


def test_many_streams_are_answered_at_once_and_none_is_mixed_up(server: MockServer) -> None:
    with Client(server) as client:
        numbers = {
            client.ask(
                {**CHAT, "stream": True, "messages": [{"role": "user", "content": f"this is {n}."}]}
            ): n
            for n in range(90)
        }
        client.until(*numbers)
        for number, n in numbers.items():
            said = "".join(
                choice["delta"].get("content") or ""
                for line in client.bodies[number].decode().split("\n\n")
                if line.startswith("data: {")
                for choice in json.loads(line[6:])["choices"]
            )
            assert said == f"this is {n}."


def test_a_small_window_slows_a_stream_and_loses_nothing(server: MockServer) -> None:
    with Client(server, window=700) as client:
        number = client.ask(
            {**CHAT, "stream": True, "messages": [{"role": "user", "content": "wörd " * 3000}]}
        )
        client.until(number)
        assert client.bodies[number].endswith(b"data: [DONE]\n\n")
        narrow = client.bodies[number]
    with Client(server) as client:
        other = client.ask(
            {**CHAT, "stream": True, "messages": [{"role": "user", "content": "wörd " * 3000}]}
        )
        client.until(other)
        assert client.bodies[other] == narrow


def test_a_megabyte_goes_up_and_comes_down(server: MockServer) -> None:
    begun = time.monotonic()
    with Client(server) as client:
        number = client.ask({**LONG, "stream": False})
        client.until(number)
        assert json.loads(client.bodies[number])["choices"][0]["message"]["content"] == "x" * 1_000_000
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("stream", [True, False])
def test_a_window_below_zero_is_waited_for(
    server: MockServer, caplog: pytest.LogCaptureFixture, *, stream: bool
) -> None:
    # RFC 9113, 6.9.2: the initial window of streams may shrink while they are under way
    with Client(server, window=65_535, reads=False) as client:
        client.h2.increment_flow_control_window(10_000_000)
        text = "x" * 600_000
        number = client.ask({**CHAT, "stream": stream, "messages": [{"role": "user", "content": text}]})
        while len(client.bodies.get(number, b"")) < 65_535:
            client.take()
        client.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 1_000})
        client.h2.ping(b"windows?")
        client.flush()
        client.take()
        client.h2.increment_flow_control_window(2_000_000_000, number)
        client.flush()
        client.until(number)
        assert client.bodies[number].count(b"x") >= len(text)
    assert not caplog.records


def test_pauses_of_one_stream_hold_up_no_other(server: MockServer) -> None:
    with Client(server) as client:
        slow = client.ask({**CHAT, "stream": True}, extra=(("x-mockllm-delay", "300"),))
        quick = client.ask(CHAT)
        client.until(quick)
        assert slow not in client.ended
        client.until(slow)


def test_a_stream_that_is_cancelled_ends_and_the_others_go_on(server: MockServer) -> None:
    server.clear()
    with Client(server) as client:
        gone = client.ask({**CHAT, "stream": True}, extra=(("x-mockllm-delay", "100"),))
        kept = client.ask({**CHAT, "stream": True}, extra=(("x-mockllm-delay", "50"),))
        while gone not in client.status:
            client.take()
        client.h2.reset_stream(gone)
        client.flush()
        client.until(kept)
    assert sorted(one.complete for one in server.requests) == [False, True]


def test_a_request_taken_back_in_the_same_breath_is_not_answered(
    server: MockServer, caplog: pytest.LogCaptureFixture
) -> None:
    with Client(server) as client:
        number = client.h2.get_next_available_stream_id()
        client.h2.send_headers(
            number,
            [(":method", "GET"), (":path", "/health"), (":scheme", "http"), (":authority", "x")],
            end_stream=True,
        )
        client.h2.reset_stream(number)
        client.flush()
        other = client.ask(CHAT)
        client.until(other)
        assert number not in client.status
    assert "Traceback" not in caplog.text


def test_a_flood_of_requests_taken_back_is_ended(server: MockServer) -> None:
    with Client(server) as client:
        with contextlib.suppress(OSError):
            for _ in range(1000):
                number = client.h2.get_next_available_stream_id()
                headers = [(":method", "GET"), (":path", "/health"), (":scheme", "http"), (":authority", "x")]
                client.h2.send_headers(number, headers, end_stream=True)
                client.h2.reset_stream(number)
            client.flush()
        client.end()
        assert client.goaway == h2.errors.ErrorCodes.ENHANCE_YOUR_CALM
    still_well(server)


def test_a_flood_of_continuations_is_ended(server: MockServer) -> None:
    with Client(server) as client:
        opening = hyperframe.frame.HeadersFrame(1, b"\x82\x86\x84")
        with contextlib.suppress(OSError):
            client.sock.sendall(opening.serialize())
            for _ in range(2000):
                client.sock.sendall(hyperframe.frame.ContinuationFrame(1, b"\x00\x01a\x01b" * 50).serialize())
        client.end()
    still_well(server)


def test_a_client_that_only_pings_and_never_reads_is_cut(server: MockServer) -> None:
    with Client(server) as client:
        ping = hyperframe.frame.PingFrame(0, b"12345678").serialize() * 5000
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sock.settimeout(5)

        def flood() -> None:
            begun = time.monotonic()
            while time.monotonic() - begun < 10:
                client.sock.sendall(ping)

        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            flood()
    still_well(server)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00" * 9,
        b"\xff" * 64,
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        hyperframe.frame.DataFrame(1, b"x").serialize(),
        hyperframe.frame.HeadersFrame(1, b"\xff\xff\xff\xff", flags=["END_HEADERS"]).serialize(),
        hyperframe.frame.HeadersFrame(2, b"\x82\x86\x84", flags=["END_HEADERS"]).serialize(),
        hyperframe.frame.WindowUpdateFrame(0, window_increment=2**31 - 1).serialize() * 2,
        b"\xff\xff\xff\x00\x00\x00\x00\x00\x01",
    ],
    ids=[
        "settings of stream 0",
        "ff",
        "HTTP/1.1",
        "data of no stream",
        "bad hpack",
        "even stream",
        "window",
        "huge",
    ],
)
def test_bad_frames_end_the_connection_and_nothing_else(
    server: MockServer, garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with Client(server) as client:
        client.sock.sendall(garbage)
        client.sock.shutdown(socket.SHUT_WR)
        client.end()
    assert "Traceback" not in caplog.text
    still_well(server)


def test_a_client_that_shuts_its_side_still_gets_its_answers(server: MockServer) -> None:
    with Client(server) as client:
        slow = client.ask({**CHAT, "stream": True}, extra=(("x-mockllm-delay", "30"),))
        whole = client.ask(CHAT)
        half = client.ask(b"{", end=False)
        client.sock.shutdown(socket.SHUT_WR)
        client.end()
        assert client.ended == {slow, whole}
        assert half not in client.status
        assert client.bodies[slow].endswith(b"data: [DONE]\n\n")
        assert json.loads(client.bodies[whole])["choices"]


def test_a_client_that_shuts_its_side_gets_what_its_window_lets_and_then_the_end() -> None:
    with MockServer(timeouts=QUICK) as running, Client(running, reads=False) as client:
        number = client.ask(LONG)
        client.sock.shutdown(socket.SHUT_WR)
        begun = time.monotonic()
        client.end()
        assert len(client.bodies[number]) == 65_535
        assert number not in client.ended
        assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/v1/messages", "invalid_request_error"),
        ("/v1beta/models/gemini-2.5-flash:generateContent", "INVALID_ARGUMENT"),
    ],
)
def test_a_body_that_is_no_json_is_refused_in_the_providers_form(
    server: MockServer, path: str, form: str
) -> None:
    with Client(server) as client:
        number = client.ask(b"{", path=path)
        client.until(number)
        assert client.status[number] == 400
        assert form.encode() in client.bodies[number]


def test_a_body_past_the_limit_is_refused_and_the_client_told_to_stop() -> None:
    with MockServer(limits=Limits(body=100_000)) as server, Client(server) as client:
        number = client.ask(b"x" * 150_000, path="/v1/messages", end=False)
        client.until(number)
        assert client.status[number] == 413
        assert json.loads(client.bodies[number])["error"]["type"] == "request_too_large"
        while number not in client.resets:
            client.take()
        other = client.ask(CHAT)
        client.until(other)


def test_bodies_of_many_streams_share_a_limit() -> None:
    with MockServer(limits=Limits(body=100_000)) as server, Client(server) as client:
        numbers = [client.ask(b"x" * 90_000, end=False) for _ in range(3)]
        while not client.resets:
            client.take()
        assert list(client.resets.values()) == [h2.errors.ErrorCodes.ENHANCE_YOUR_CALM]
        assert set(client.resets) < set(numbers)


def test_a_header_list_past_the_limit_is_refused(server: MockServer) -> None:
    with Client(server) as client:
        for n in range(2):
            with contextlib.suppress(h2.exceptions.ProtocolError, OSError):
                client.ask(
                    path="/health", method="GET", extra=tuple((f"a{n}-{m}", "x" * 4000) for m in range(20))
                )
        client.end()
    still_well(server)


def test_head_has_headers_and_no_body(server: MockServer) -> None:
    with Client(server) as client:
        number = client.ask(path="/health", method="HEAD")
        client.until(number)
        assert (client.status[number], client.bodies.get(number)) == (200, None)


def test_half_a_request_is_taken_back_in_time() -> None:
    with MockServer(timeouts=QUICK) as server, Client(server) as client:
        number = client.ask(b"{", end=False)
        begun = time.monotonic()
        while number not in client.resets and not client.closed:
            client.take()
        assert 0.2 < time.monotonic() - begun < 3


def test_half_a_frame_behind_a_whole_one_is_cut_in_time() -> None:
    with MockServer(timeouts=QUICK._replace(idle=60, first=60)) as server, Client(server) as client:
        client.until(client.ask(CHAT))
        client.h2.ping(b"12345678")
        client.sock.sendall(client.h2.data_to_send() + b"\x00")
        begun = time.monotonic()
        client.sock.settimeout(5)
        with contextlib.suppress(ConnectionError):
            while not client.closed:
                client.take()
        assert time.monotonic() - begun < 3


@pytest.mark.parametrize("dribble", [False, True])
def test_half_a_frame_is_cut_in_time_even_when_it_dribbles(*, dribble: bool) -> None:
    with MockServer(timeouts=QUICK._replace(idle=60, first=60)) as server, Client(server) as client:
        client.until(client.ask(CHAT))
        frame = hyperframe.frame.HeadersFrame(3, b"\x82\x86\x84" + b"\x00\x01a\x7fb" * 3000).serialize()
        client.sock.settimeout(0.05)
        begun = time.monotonic()
        with contextlib.suppress(ConnectionError):
            for n in range(200):
                if n == 0 or dribble:
                    client.sock.sendall(frame[n : n + 1])
                with contextlib.suppress(TimeoutError):
                    client.take()
                if client.closed:
                    break
        assert time.monotonic() - begun < 3


def test_a_client_that_stops_reading_is_cut_though_it_pings() -> None:
    with MockServer(timeouts=QUICK) as server, Client(server, reads=False) as client:
        client.ask(LONG)
        client.sock.settimeout(0.1)
        begun = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while not client.closed and not client.resets and time.monotonic() - begun < 8:
                time.sleep(0.01)
                client.h2.ping(b"12345678")
                client.flush()
                with contextlib.suppress(TimeoutError):
                    client.take()
        assert time.monotonic() - begun < 5


def test_stopping_says_so_and_lets_streams_end(caplog: pytest.LogCaptureFixture) -> None:
    server = MockServer().start()
    with Client(server) as client:
        number = client.ask({**CHAT, "stream": True}, extra=(("x-mockllm-delay", "40"),))
        while number not in client.status:
            client.take()
        server.stop()
        # the library of this client takes nothing after a GOAWAY, so read the frames themselves
        rest = b""
        with contextlib.suppress(ConnectionResetError):
            while data := client.sock.recv(65_536):
                rest += data
        assert b"[DONE]" in client.bodies.get(number, b"") + rest
    assert "Traceback" not in caplog.text
