"""What one client does costs no other its turn, and a client that takes its time is not cut for it."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from cli.server.test_hardness import _Url, well
from cli.server.test_wire import CHAT, QUICK, Client, post

from mockllm_cli import MockServer
from mockllm_cli.server import Server, Timeouts
from mockllm_cli.server.answering import _begun
from mockllm_cli.server.beside import Beside
from mockllm_core.engine import Settings
from mockllm_core.exchange import HttpRequest, HttpResponse
from mockllm_core.frame import Frame

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Start = Callable[..., tuple[subprocess.Popen[str], str]]


def said(text: str, **more: Any) -> dict[str, Any]:
    return {**CHAT, "messages": [{"role": "user", "content": text}], **more}


def served_meanwhile(url: _Url, wire: bytes) -> tuple[int, int]:
    """Return the status of a long exchange, and how many others were served while it lasted."""
    status: list[int] = []

    def ask() -> None:
        with Client(url) as client:
            client.sock.settimeout(60)
            client.send(wire)
            head = client.until(b"\r\n\r\n")
            # all is read as fast as it comes
            while b"0\r\n\r\n" not in client.held[-200:] and b'"usage"' not in client.held:
                client.held = client.held[-200:] + client.sock.recv(1 << 20)
            status.append(int(head.split()[1]))

    thread = threading.Thread(target=ask)
    thread.start()
    served = 0
    while thread.is_alive():
        well(url)
        served += 1
    thread.join()
    return status[0], served


def test_a_fast_reader_of_a_long_stream_has_not_the_server_to_itself(start: Start) -> None:
    url = _Url(start("--log-level", "warning")[1])
    stream = post(said("x" * 500_000, stream=True), extra="x-mockllm-piece: 1\r\n")
    status, served = served_meanwhile(url, stream)
    assert status == 200
    # it takes 20 turns or more; one that has the server to itself leaves room for the first and the last
    assert served >= 5


def test_a_request_that_takes_long_to_understand_holds_nobody_up(start: Start) -> None:
    url = _Url(start("--log-level", "warning")[1])
    items = [{"role": "user", "content": "a"}] * 20_000
    status, served = served_meanwhile(url, post({"model": "gpt-5", "input": items}, path="/v1/responses"))
    assert status == 200
    assert served >= 5


@pytest.mark.parametrize(
    ("path", "text", "more", "long"),
    [
        ("/v1/chat/completions", "one two ", {}, False),
        ("/v1/chat/completions", "one two " * 7_000, {}, False),
        ("/v1/chat/completions", "one two " * 9_000, {}, True),
        ("/v1/chat/completions", "one two " * 7_000, {"logprobs": True, "top_logprobs": 20}, True),
        ("/v1/chat/completions", "one two " * 7_000, {"n": 128}, True),
        ("/v1/chat/completions", "one two ", {"n": 128}, False),
        (
            "/v1beta/models/m:generateContent",
            "one two " * 200,
            {"generationConfig": {"candidateCount": 8}},
            True,
        ),
        ("/v1/embeddings", "one two ", {}, True),
    ],
)
def test_a_short_request_for_a_long_answer_is_answered_beside_the_others(
    path: str, text: str, more: dict[str, Any], long: bool
) -> None:
    body = json.dumps(said(text, **more)).encode()
    assert Beside().wanted(HttpRequest(method="POST", path=path, query="", headers={}, body=body)) is long


def called(schema: dict[str, Any]) -> dict[str, Any]:
    return said("go", tools=[{"type": "function", "function": {"name": "f", "parameters": schema}}])


TEXTS = {"type": "array", "minItems": 2_000, "items": {"type": "string", "minLength": 50_000}}


@pytest.mark.parametrize(
    ("body", "headers", "long"),
    [
        (called({"type": "object", "properties": {"a": {"type": "string"}}}), {}, False),
        (
            called({"type": "object", "properties": {"a": {"type": "string"}}}),
            {"x-mockllm-args": "fuzz"},
            True,
        ),
        (called(TEXTS), {}, True),
        (
            said(
                "go", response_format={"type": "json_schema", "json_schema": {"name": "a", "schema": TEXTS}}
            ),
            {},
            True,
        ),
        (called({"type": "object", "properties": {f"property {n}": {} for n in range(900)}}), {}, True),
        (called({"type": "object", "dependentRequired": {"a": ["b"]}}), {}, True),
        (called({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}}), {}, True),
        (said('{"minItems": {{{'), {}, False),
    ],
)
def test_a_schema_that_may_take_long_is_followed_beside_the_others(
    body: dict[str, Any], headers: dict[str, str], long: bool
) -> None:
    def told(body: bytes) -> bool:
        asked = HttpRequest(method="POST", path="/v1/chat/completions", query="", headers=headers, body=body)
        return Beside().wanted(asked)

    wire = json.dumps(body).encode()
    assert told(wire) is long
    if long and not headers and len(wire) < 16_384:
        # a letter in disguise hides no keyword
        hidden = (
            wire.replace(b"minItems", b"min\\u0049tems")
            .replace(b"$ref", b"\\u0024ref")
            .replace(b"dep", b"\\u0064ep")
        )
        assert hidden != wire
        assert told(hidden)


def test_a_schema_that_proved_quick_is_followed_in_the_loop() -> None:
    def asked(text: str, schema: dict[str, Any]) -> HttpRequest:
        body = {**called(schema), **said(text)}
        wire = json.dumps({"messages": body.pop("messages"), **body}).encode()
        return HttpRequest(method="POST", path="/v1/chat/completions", query="", headers={}, body=wire)

    beside = Beside()
    word = {"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}}
    beside.took(asked("one", word), 0.001)
    beside.took(asked("one", TEXTS), 0.4)
    assert not beside.wanted(asked("two", word))
    assert beside.wanted(asked("two", TEXTS))
    assert beside.wanted(asked("two", word), "fuzz")
    assert beside.wanted(asked('two "parameters" of a schema', word))
    assert beside.wanted(asked("two", {**word, "$defs": {"a": {"type": "integer"}}}))


def test_arguments_that_take_long_to_make_hold_nobody_up(start: Start) -> None:
    url = _Url(start("--log-level", "warning")[1])
    status, served = served_meanwhile(url, post(called(TEXTS)))
    assert status == 200
    assert served >= 5


@pytest.mark.parametrize(("body", "ahead"), [(b'{"n":2}', 1), (b'{"logprobs":true}', 3)])
def test_what_takes_longest_of_a_long_stream_is_made_beside_the_others(body: bytes, ahead: int) -> None:
    made: list[int] = []

    def steps() -> Iterator[Frame]:
        for nth in range(3):
            made.append(nth)
            yield Frame("", b"%d" % nth)

    request = HttpRequest(method="POST", path="/", query="", headers={}, body=body)
    response = _begun(HttpResponse(status=200, headers=(), steps=steps()), request)
    assert len(made) == ahead
    assert list(response.steps) == [Frame("", b"0"), Frame("", b"1"), Frame("", b"2")]


def test_much_that_is_pipelined_waits_until_its_turn_comes() -> None:
    with MockServer() as server, Client(server) as client:
        first = post(said("hello", stream=True), extra="x-mockllm-delay: 50\r\n")
        sender = threading.Thread(
            target=client.send, args=(first + post(said("y" * 3_000_000)) + post(CHAT),)
        )
        sender.start()
        assert client.answer()[2].endswith(b"data: [DONE]\n\n")
        assert len(json.loads(client.answer()[2])["choices"][0]["message"]["content"]) == 3_000_000
        assert client.answer()[0] == 200
        sender.join()


def test_many_who_wait_for_their_turn_have_one_at_a_time() -> None:
    server = Server(("127.0.0.1", 0), Settings())
    served: list[int] = []

    class Waiting:
        """As much of a connection as a turn needs; it always has more to do."""

        closed = False

        def __init__(self, number: int) -> None:
            self.number = number
            self.session = self

        def pump(self) -> None:
            time.sleep(0.006)
            served.append(self.number)
            server.wake_soon(self)  # type: ignore[arg-type]

    for number in range(7):
        server.wake_soon(Waiting(number))  # type: ignore[arg-type]
    turns = 0
    while len(served) < 21:
        before = len(served)
        server._fire()
        assert 1 <= len(served) - before <= 2
        turns += 1
    assert served[:21] == [*range(7)] * 3
    server.server_close()


MANY = {
    "pipelined requests": b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" * 16_000,
    "requests of no known path": b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n" * 4_000,
    "chunks of a byte": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"1\r\na\r\n" * 40_000,
}


@pytest.mark.parametrize("kind", MANY)
def test_what_comes_all_at_once_is_taken_in_turns(start: Start, kind: str) -> None:
    url = _Url(start("--log-level", "warning")[1])
    end = b"0\r\n\r\n" if kind == "chunks of a byte" else b""
    ended = threading.Event()

    def flood() -> None:
        with Client(url) as client:
            sender = threading.Thread(
                target=client.send,
                args=(MANY[kind] + end + b"GET /v1/models?last HTTP/1.1\r\nHost: x\r\n\r\n",),
            )
            sender.start()
            held = b""
            while b'"object": "list"' not in held and b'"object":"list"' not in held:
                data = client.sock.recv(1 << 20)
                assert data
                held = held[-100:] + data
            sender.join()
        ended.set()

    thread = threading.Thread(target=flood)
    served = 0
    with Client(url) as other:
        thread.start()
        while thread.is_alive():
            other.send(post(CHAT))
            assert other.answer()[0] == 200
            served += 1
    thread.join()
    assert ended.is_set()
    assert served >= 10


def test_a_client_that_shuts_its_side_behind_many_requests_gets_all_answers() -> None:
    with MockServer() as server, Client(server) as client:
        client.send(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" * 3_000)
        client.sock.shutdown(socket.SHUT_WR)
        for _ in range(3_000):
            assert client.answer()[0] == 200
        assert client.closed()
        assert client.held == b""


def test_a_client_that_writes_all_before_it_reads_is_held_back_and_then_answered() -> None:
    one = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    with MockServer() as server, Client(server) as client:
        sender = threading.Thread(target=client.send, args=(one * 20_000,))
        sender.start()
        time.sleep(0.3)
        for _ in range(20_000):
            assert client.answer()[0] == 200
        sender.join()


def test_a_reader_of_a_whole_answer_may_take_as_long_as_one_of_a_stream() -> None:
    times = QUICK._replace(body=10, write=1.5)
    with MockServer(timeouts=times) as server, Client(server) as client:
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        client.send(post(said("x" * 6_000_000)))
        begun = time.monotonic()
        client.until(b"\r\n\r\n")
        taken = len(client.held)
        while taken < 6_000_000:
            data = client.sock.recv(65_536)
            assert data
            taken += len(data)
            time.sleep(0.025)
        assert time.monotonic() - begun > times.write


def test_a_request_is_whole_or_its_client_cut_within_30_seconds() -> None:
    times = Timeouts()
    assert times.head + times.body <= 30
    assert max(times.first, times.write) + 2 <= 30


def test_a_client_beyond_the_cap_that_has_gone_already_leaves_nothing_behind() -> None:
    server = Server(("127.0.0.1", 0), Settings(), most_connections=0)
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.close()
    server._welcome(ours)
    assert not server._connections
    assert ours.fileno() == -1
    server.server_close()


def test_what_tls_has_decrypted_is_read_to_the_end(tmp_path: Path) -> None:
    pytest.importorskip("cryptography", reason="the extra 'tls' is not installed")
    from mockllm_cli.server.tls import TlsSocket, context, self_signed

    cert, key = self_signed(tmp_path, "127.0.0.1")
    trusting = ssl.create_default_context(cafile=str(cert))
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    known, go, sent = threading.Event(), threading.Event(), threading.Event()

    def client() -> None:
        with trusting.wrap_socket(theirs, server_hostname="localhost") as encrypted:
            known.set()
            go.wait(10)
            for _ in range(5):
                encrypted.send(b"x" * 14_000)  # a record each
            sent.set()
            known.clear()
            go.clear()
            go.wait(10)

    thread = threading.Thread(target=client)
    thread.start()
    server = TlsSocket(ours, context(str(cert), str(key)))
    while not known.is_set():
        with contextlib.suppress(BlockingIOError):
            server.recv(65_536)
        time.sleep(0.01)
    go.set()
    assert sent.wait(10)
    assert len(server.recv(65_536)) == 70_000
    go.set()
    thread.join()
    server.close()
