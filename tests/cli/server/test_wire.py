"""The server over raw sockets: what it promises whatever a client does."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol, Self

import pytest

from mockllm_cli import MockServer
from mockllm_cli.server import Limits, Timeouts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.conversation import Conversation

CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello there"}]}
QUICK = Timeouts(first=0.4, head=0.4, body=0.4, idle=0.4, write=0.6, linger=0.3, drain=0.5)


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


class Listening(Protocol):
    """Whatever has a URL."""

    @property
    def url(self) -> str: ...


class Client:
    """A socket that says what it is told and reads answers."""

    def __init__(self, server: Listening) -> None:
        self.sock = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10)
        self.held = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def until(self, mark: bytes) -> bytes:
        while mark not in self.held:
            data = self.sock.recv(65536)
            assert data, f"closed after {self.held!r}"
            self.held += data
        found, _, self.held = self.held.partition(mark)
        return found + mark

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of the next answer."""
        head = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
        }
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self.until(b"\r\n"), 16):
                while len(self.held) < size + 2:
                    self.held += self.sock.recv(65536)
                body, self.held = body + self.held[:size], self.held[size + 2 :]
            self.until(b"\r\n")
            return int(head[0].split()[1]), headers, body
        length = int(headers.get("content-length", 0))
        while len(self.held) < length:
            self.held += self.sock.recv(65536)
        body, self.held = self.held[:length], self.held[length:]
        return int(head[0].split()[1]), headers, body

    def closed(self) -> bool:
        """Wait for the end of the connection."""
        try:
            while data := self.sock.recv(65536):
                self.held += data
        except ConnectionResetError:
            pass
        return True


def post(body: object, *, path: str = "/v1/chat/completions", extra: str = "") -> bytes:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"POST {path} HTTP/1.1\r\nHost: x\r\n{extra}Content-Length: {len(data)}\r\n\r\n".encode() + data


def test_a_thousand_requests_go_over_one_connection(server: MockServer) -> None:
    with Client(server) as client:
        for _ in range(1000):
            client.send(post(CHAT))
            status, headers, _ = client.answer()
            assert (status, headers["connection"]) == (200, "keep-alive")


def test_pipelined_requests_are_answered_in_order(server: MockServer) -> None:
    with Client(server) as client:
        client.send(
            b"".join(post({**CHAT, "messages": [{"role": "user", "content": f"n{n}"}]}) for n in range(300))
        )
        for n in range(300):
            assert json.loads(client.answer()[2])["choices"][0]["message"]["content"] == f"n{n}"


def test_a_request_may_come_a_byte_at_a_time(server: MockServer) -> None:
    with Client(server) as client:
        for byte in post(CHAT):
            client.send(bytes([byte]))
        assert client.answer()[0] == 200


def test_a_body_may_be_chunked(server: MockServer) -> None:
    data = json.dumps(CHAT).encode()
    with Client(server) as client:
        client.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in (data[:5], data[5:]):
            client.send(b"%x\r\n%b\r\n" % (len(piece), piece))
        client.send(b"0\r\n\r\n")
        assert client.answer()[0] == 200


def test_a_client_that_expects_100_is_told_to_go_on(server: MockServer) -> None:
    wire = post(CHAT, extra="Expect: 100-continue\r\n")
    head, _, body = wire.partition(b"\r\n\r\n")
    with Client(server) as client:
        client.send(head + b"\r\n\r\n")
        assert client.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(body)
        assert client.answer()[0] == 200


@pytest.mark.parametrize(
    ("wire", "status"),
    [
        (b"GET / HTTP/1.1\n\n", 400),
        (b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8589934592\r\n\r\n", 413),
        (b"GET / HTTP/3.0\r\nHost: x\r\n\r\n", 400),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n", 414),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", 400),
    ],
)
def test_what_is_no_request_gets_a_readable_refusal_and_the_end(
    server: MockServer, wire: bytes, status: int
) -> None:
    with Client(server) as client:
        client.send(wire + b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        found, headers, body = client.answer()
        assert (found, headers["connection"]) == (status, "close")
        assert json.loads(body)["error"]["message"]
        assert client.closed()
        assert client.held == b""


def test_a_declared_body_that_is_too_large_is_refused_before_it_comes(server: MockServer) -> None:
    with Client(server) as client:
        client.send(
            b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n" + b"x" * 100_000
        )
        assert client.answer()[0] == 413


def test_head_has_the_headers_and_no_body(server: MockServer) -> None:
    with Client(server) as client:
        client.send(b"HEAD /health HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        head = client.until(b"\r\n\r\n")
        assert b"content-length: 15" in head
        assert client.answer()[2] == b'{"status":"ok"}'


def test_http_1_0_gets_no_chunks_and_the_end(server: MockServer) -> None:
    with Client(server) as client:
        data = json.dumps({**CHAT, "stream": True}).encode()
        client.send(b"POST /v1/chat/completions HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(data) + data)
        assert client.closed()
        head, _, body = client.held.partition(b"\r\n\r\n")
        assert b"transfer-encoding" not in head
        assert body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize(
    ("wire", "status"),
    [
        (b"", None),
        (b"POST /v1/mess", 408),
        (b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{", 408),
    ],
    ids=["nothing", "half a head", "half a body"],
)
def test_a_client_that_stalls_is_cut(wire: bytes, status: int | None) -> None:
    with MockServer(timeouts=QUICK) as server, Client(server) as client:
        client.send(wire)
        if status is not None:
            assert client.answer()[0] == status
        begun = time.monotonic()
        assert client.closed()
        assert time.monotonic() - begun < 5


def test_a_slow_reader_holds_little_memory_and_nobody_up(server: MockServer) -> None:
    long = {**CHAT, "stream": True, "messages": [{"role": "user", "content": "x" * 1_000_000}]}
    with Client(server) as slow, Client(server) as other:
        slow.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        slow.send(post(long))
        time.sleep(0.2)
        begun = time.monotonic()
        other.send(post(CHAT))
        assert other.answer()[0] == 200
        assert time.monotonic() - begun < 2
        assert slow.answer()[2].endswith(b"data: [DONE]\n\n")


def test_a_client_that_leaves_in_the_middle_is_noted_and_forgotten(server: MockServer) -> None:
    server.clear()
    with Client(server) as client:
        client.send(post({**CHAT, "stream": True}, extra="x-mockllm-delay: 200\r\n"))
        client.until(b"\r\n\r\n")
    deadline = time.monotonic() + 5
    while not server.requests and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [one.complete for one in server.requests] == [False]
    assert server._server is not None
    assert not server._server._connections


def test_pauses_aim_at_absolute_deadlines(server: MockServer) -> None:
    with Client(server) as client:
        begun = time.monotonic()
        client.send(post({**CHAT, "stream": True}, extra="x-mockllm-delay: 30\r\n"))
        frames = client.answer()[2].count(b"data: ")
        took = time.monotonic() - begun
    assert took >= 0.03 * (frames - 1)


def test_stopping_lets_a_stream_end_and_frees_the_port() -> None:
    before = threading.active_count()
    server = MockServer().start()
    port = int(server.url.rpartition(":")[2])
    with Client(server) as client:
        client.send(post({**CHAT, "stream": True}, extra="x-mockllm-delay: 40\r\n"))
        client.until(b"\r\n\r\n")
        begun = time.monotonic()
        server.stop()
        assert time.monotonic() - begun < 1.5
        rest = b""
        while data := client.sock.recv(65536):
            rest += data
        assert b"[DONE]" in client.held + rest
    MockServer(port=port).start().stop()
    assert threading.active_count() <= before


@pytest.mark.parametrize("first", [20, -5])
def test_stopping_lets_a_request_come_to_its_end(first: int) -> None:
    with MockServer() as server:
        client, idle = Client(server), Client(server)
        whole = post(CHAT)
        client.send(whole[:first])
        time.sleep(0.2)
        thread = threading.Thread(target=server.stop)
        thread.start()
        assert idle.closed()
        client.send(whole[first:])
        status, headers, _ = client.answer()
        assert (status, headers["connection"]) == (200, "close")
        begun = time.monotonic()
        thread.join(10)
        assert time.monotonic() - begun < 2
        for each in (client, idle):
            each.sock.close()


def test_a_body_past_the_limit_is_refused_while_it_comes() -> None:
    with MockServer(limits=Limits(body=1000)) as server, Client(server) as client:
        client.send(b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n")
        assert client.answer()[0] == 413


def test_a_responder_that_blocks_holds_nobody_else_up() -> None:
    from mockllm_core.reply import Reply, Text

    gate = threading.Event()

    def responder(conversation: Conversation) -> Reply:
        if conversation.last_user_text() == "wait":
            gate.wait(5)
        return Reply(blocks=(Text.of("done"),))

    with MockServer(responder=responder) as server, Client(server) as slow, Client(server) as other:
        slow.send(post({**CHAT, "messages": [{"role": "user", "content": "wait"}]}))
        other.send(post(CHAT))
        assert json.loads(other.answer()[2])["choices"][0]["message"]["content"] == "done"
        gate.set()
        assert slow.answer()[0] == 200


def _divides(_: object) -> object:
    return 1 // 0


@pytest.mark.parametrize(
    ("responder", "failed"),
    [
        (_divides, "ZeroDivisionError: integer division or modulo by zero"),
        (lambda _: "a text", "TypeError: a responder returns a Reply, not str"),
    ],
    ids=["raises", "no reply"],
)
def test_a_responder_that_fails_is_a_500_in_the_providers_form_and_a_log_line(
    responder: Any, failed: str, caplog: pytest.LogCaptureFixture
) -> None:
    with MockServer(responder=responder) as server, Client(server) as client:
        client.send(post(CHAT))
        status, _, body = client.answer()
    assert status == 500
    error = json.loads(body)["error"]
    assert (error["type"], error["message"]) == ("server_error", f"The mock server failed with {failed}")
    assert failed in caplog.text


def test_the_time_told_is_that_of_the_whole_answer() -> None:
    from mockllm_cli.server import Server
    from mockllm_core.engine import Settings
    from mockllm_core.reply import Reply, Text

    def responder(_: object) -> Reply:
        time.sleep(0.2)
        return Reply(blocks=(Text.of("done"),))

    told: list[float] = []
    server = Server(
        ("127.0.0.1", 0),
        Settings(responder=responder),
        observer=lambda exchange: told.append(exchange.seconds),
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with socket.create_connection(("127.0.0.1", server.port)) as sock:
        sock.sendall(post(CHAT))
        sock.recv(65_536)
    server.shutdown()
    thread.join()
    server.server_close()
    assert told[0] >= 0.2


def test_a_slow_reader_may_rest_as_long_as_any_other() -> None:
    text = "slow words " * 100_000
    waits = Timeouts(first=9, head=9, body=9, idle=9, write=0.5, linger=0.3, drain=0.5)
    with MockServer(timeouts=waits) as server, Client(server) as client:
        client.send(post({**CHAT, "messages": [{"role": "user", "content": text}]}))
        time.sleep(0.2)
        assert client.answer()[0] == 200
        time.sleep(1.2)
        client.send(post(CHAT))
        assert client.answer()[0] == 200
