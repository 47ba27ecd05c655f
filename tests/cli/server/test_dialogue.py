"""A WebSocket that stays open, over raw sockets: many requests, whatever the client does between them."""

from __future__ import annotations

import contextlib
import json
import random
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from cli.server.test_hardness import Running, _Url, until, well
from cli.server.test_websocket import (
    CLOSE,
    MORE,
    PING,
    PONG,
    TEXT,
    Socket,
    frame,
    handshake,
    others_wait_little,
)
from cli.server.test_wire import CHAT, QUICK, Client, post

from mockllm_cli import MockServer
from mockllm_cli.memory import BoundedMemory
from mockllm_core.engine import Settings
from mockllm_core.protocols.openai_responses import socket as responses_socket
from mockllm_core.responders import respond

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from mockllm_cli.server import Exchange
    from mockllm_core.conversation import Conversation
    from mockllm_core.reply import Reply

    Start = Callable[..., tuple[subprocess.Popen[str], str]]

PATH = "/v1/responses"


def create(text: str = "hi", **more: Any) -> bytes:
    return json.dumps({"type": "response.create", "model": "gpt-5.2", "input": text, **more}).encode()


class Talker(Socket):
    """A client of a socket that stays open."""

    def begin(self, **headers: str) -> Talker:
        self.send(handshake(PATH, **headers))
        self.opened()
        return self

    def frame(self) -> tuple[int, bytes]:
        first, size = self.take(2)
        assert first & 0xF0 == 0x80, "frames are whole and nothing is compressed"
        assert size < 128, "a server masks nothing"
        if size == 126:
            size = int.from_bytes(self.take(2))
        elif size == 127:
            size = int.from_bytes(self.take(8))
        return first & 15, self.take(size)

    def event(self) -> dict[str, Any]:
        opcode, data = self.frame()
        assert opcode == TEXT, data
        told: dict[str, Any] = json.loads(data)
        return told

    def answer(self) -> str:  # type: ignore[override]
        """Return the text of the next answer, or the code of the error."""
        while True:
            event = self.event()
            if event["type"] == "error":
                return str(event["error"]["code"])
            if event["type"] == "response.completed":
                return "".join(
                    part["text"] for item in event["response"]["output"] for part in item.get("content", ())
                )

    def ask(self, text: str = "hi", **more: Any) -> str:
        self.send(frame(create(text, **more)))
        return self.answer()


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


def test_many_requests_go_over_one_socket(server: MockServer) -> None:
    with Talker(server) as client:
        client.begin()
        assert [client.ask(f"number {nth}") for nth in range(300)] == [f"number {nth}" for nth in range(300)]


def test_a_request_may_come_in_fragments_and_bytes(server: MockServer) -> None:
    data = create("in pieces")
    with Talker(server) as client:
        client.begin()
        client.send(frame(data[:9], fin=False) + frame(b"p", PING) + frame(data[9:20], MORE, fin=False))
        assert client.frame() == (PONG, b"p")
        for byte in frame(data[20:], MORE):
            client.send(bytes([byte]))
        assert client.answer() == "in pieces"


@pytest.mark.parametrize(
    "text", ["ü\u2028\u0085\0", "😀" * 1000, "\ud83d", 'a "quoted" \\ line\r\ndata: x\n\n']
)
def test_text_comes_back_exactly(server: MockServer, text: str) -> None:
    with Talker(server) as client:
        assert client.begin().ask(text) == text


def test_a_megabyte_goes_there_and_back(server: MockServer) -> None:
    text = "0123456789abcdef" * 65_536
    with Talker(server) as client:
        assert client.begin().ask(text) == text


def test_pings_are_answered_while_an_answer_goes_out(server: MockServer) -> None:
    with Talker(server) as client:
        client.begin(x_mockllm_delay="30")
        client.send(frame(create("one two three four five six")))
        assert client.event()["type"] == "response.created"
        client.send(frame(b"there?", PING))
        seen = [client.frame() for _ in range(6)]
        assert (PONG, b"there?") in seen[:-1]
        assert client.answer() == "one two three four five six"


def test_a_delay_lies_between_events(server: MockServer) -> None:
    with Talker(server) as client:
        client.begin(x_mockllm_delay="20", x_mockllm_piece="1")
        begun = time.monotonic()
        assert client.ask("x" * 20) == "x" * 20
        assert 0.4 < time.monotonic() - begun < 3


def test_an_error_leaves_the_socket_open(server: MockServer) -> None:
    with Talker(server) as client:
        client.begin()
        client.send(frame(b"{"))
        assert client.event()["status"] == 400
        assert client.ask(model="mock-error-rate_limit") == "rate_limit_exceeded"
        assert client.ask("on") == "on"


def test_a_stream_may_fail_in_the_middle(server: MockServer) -> None:
    with Talker(server) as client:
        client.begin(x_mockllm_fail_after="3")
        client.send(frame(create(model="mock-error-server_error")))
        kinds = [client.event()["type"] for _ in range(4)]
        assert kinds[:2] == ["response.created", "response.in_progress"]
        assert kinds[-1] in ("error", "response.failed")


def test_a_close_is_returned(server: MockServer) -> None:
    with Talker(server) as client:
        client.begin().ask()
        client.send(frame(b"\x03\xe8bye", CLOSE))
        assert client.close() == (1000, "bye")
        assert client.closed()


def test_a_close_in_an_answer_ends_it(server: MockServer) -> None:
    with Talker(server) as client:
        client.begin(x_mockllm_delay="50")
        client.send(frame(create("one two three four five six seven eight nine")))
        client.event()
        client.send(frame(b"\x03\xe8", CLOSE))
        kinds = []
        with contextlib.suppress(AssertionError):
            while True:
                kinds.append(client.frame()[0])
        assert CLOSE in kinds
        assert len(kinds) < 8


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (frame(b"x", mask=None), 1002),
        (frame(b"x", 3), 1002),
        (frame(b"x", MORE), 1002),
        (frame(b"\xff\xfe"), None),
        (b"\x81\xff" + (1 << 40).to_bytes(8) + b"abcd", 1009),
        (frame(b"", PING) * 3000, 1008),
    ],
    ids=["no mask", "opcode", "no beginning", "no utf-8", "too long", "flood"],
)
def test_who_breaks_the_rules_is_told(server: MockServer, said: bytes, code: int | None) -> None:
    with Talker(server) as client:
        client.begin().ask()
        with contextlib.suppress(OSError):
            client.send(said)
        while True:
            opcode, data = client.frame()
            if opcode != PONG:
                break
        if code is None:
            assert json.loads(data)["status"] == 400
        else:
            assert (opcode, int.from_bytes(data[:2])) == (CLOSE, code)


def test_a_thread_may_make_the_answer() -> None:
    def says(conversation: Conversation) -> Reply:
        time.sleep(0.05)
        return respond(conversation)

    with MockServer(responder=says) as server, Talker(server) as client:
        client.begin()
        client.send(frame(create("a")) + frame(create("b")) + frame(b"", PING))
        assert client.frame()[0] == PONG
        assert [client.answer(), client.answer()] == ["a", "b"]


def test_other_settings_hold_from_the_next_request_on() -> None:
    with Running(memory=BoundedMemory()) as server, Talker(server) as client:
        assert client.begin().ask("a") == "a"
        server.server.use(Settings(reply="always this"))
        assert client.ask("b") == "always this"


def test_a_lane_goes_on_over_the_socket(server: MockServer) -> None:
    with Talker(server) as client:
        client.begin()
        client.send(frame(create("a", store=False)))
        while (event := client.event())["type"] != "response.completed":
            pass
        assert client.ask("b", store=False, previous_response_id=event["response"]["id"]) == "b"
    with Talker(server) as client:
        last = event["response"]["id"]
        assert client.begin().ask("c", previous_response_id=last) == "previous_response_not_found"


def test_who_does_not_read_holds_little() -> None:
    with Running(timeouts=QUICK) as server, Talker(server) as client:
        client.begin(x_mockllm_piece="1")
        client.send(frame(create("x" * 200_000)))
        assert until(lambda: max((one.unsent for one in server.server._connections), default=0) > 0)
        assert max(one.unsent for one in server.server._connections) < 2 << 20
        # one who takes nothing is left
        assert until(lambda: not server.server._connections)
        well(server)


def test_who_does_not_end_a_message_is_left() -> None:
    with Running(timeouts=QUICK) as server, Talker(server) as client:
        client.begin().ask()
        client.send(frame(create())[:10])
        assert client.closed()
        assert server.server.held == 0


def test_who_says_nothing_may_stay() -> None:
    with Running(timeouts=QUICK) as server, Talker(server) as client:
        client.begin().ask()
        time.sleep(1.5)
        assert client.ask("still here") == "still here"


def test_after_its_time_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses_socket, "_HOUR", 0.3)
    with Running(timeouts=QUICK) as server, Talker(server) as client:
        assert client.begin().ask("a") == "a"
        assert client.event()["error"]["code"] == "websocket_connection_limit_reached"
        assert client.close()[0] == 1000
        assert client.left()


def test_a_server_that_stops_finishes_the_answer() -> None:
    with Running() as server, Talker(server) as client:
        client.begin(x_mockllm_delay="30")
        client.send(frame(create("one two three")) + frame(create("never")))
        client.event()
        server.server.shutdown()
        assert client.answer() == "one two three"
        assert client.close()[0] == 1001


def test_a_client_that_is_gone_is_forgotten() -> None:
    seen: list[Exchange] = []
    with Running(observer=seen.append) as server:
        with Talker(server) as client:
            client.begin(x_mockllm_delay="20")
            client.send(frame(create("one two three four five six seven eight nine ten")))
            client.event()
        assert until(lambda: not server.server._connections)
    assert [(one.response.status, one.complete) for one in seen] == [(101, True), (200, False)]
    assert {one.response.note.protocol for one in seen} == {"openai-responses"}


def test_the_log_tells_azures_sockets_from_openais() -> None:
    seen: list[Exchange] = []
    with Running(observer=seen.append) as server, Talker(server) as client:
        client.send(handshake("/openai/v1/responses") + frame(b"{}"))
        client.opened()
        client.event()
    assert [one.response.note.protocol for one in seen] == ["azure-responses"] * 2


def test_the_journal_has_the_handshake_and_each_request() -> None:
    with MockServer() as server, Talker(server) as client:
        client.begin(authorization="Bearer secret")
        client.ask("hello")
        client.send(frame(b'{"type":"x"}'))
        client.event()
        seen = [(one.method, one.path, one.status) for one in server.requests]
        assert seen == [("GET", PATH, 101), ("POST", PATH, 200), ("POST", PATH, 400)]
        assert server.requests[1].body["input"] == "hello"
        assert "secret" not in repr(server.requests)


def test_garbage_harms_nobody() -> None:
    parts = [
        frame(create()), frame(create(stream_id="a")), frame(b"{}"), frame(b"\xff"), frame(b"x", fin=False), frame(b"x", MORE),
        frame(b"p", PING), frame(b"\x03\xe8", CLOSE), b"\x81\xff" + b"\xff" * 8, b"\0" * 20, frame(b"x" * 60_000)[:900],
        frame(create(generate=False)), frame(b'{"type":"response.steer"}'), post(CHAT),
    ]  # fmt: skip
    with Running(timeouts=QUICK) as server:
        for number in range(300):
            chance = random.Random(number)
            data = bytearray(b"".join(chance.choices(parts, k=chance.randint(0, 8))))
            for _ in range(chance.randint(0, 4) if data else 0):
                data[chance.randrange(len(data))] = chance.randrange(256)
            with Client(server) as client:
                client.send(handshake(PATH))
                for begin in range(0, len(data), size := chance.randint(1, 4000)):
                    with contextlib.suppress(OSError):
                        client.send(bytes(data[begin : begin + size]))
                client.sock.settimeout(0.005)
                with contextlib.suppress(TimeoutError):
                    client.closed()
        well(server)
        assert until(lambda: len(server.server._connections) == 0)
        assert server.server.held == 0


def test_others_do_not_wait_for_many_requests(start: Start) -> None:
    server = _Url(start()[1])
    sending = frame(create("x" * 200)) * 200

    def ask(done: threading.Event) -> None:
        with contextlib.suppress(OSError, AssertionError), Talker(server) as client:
            client.begin()
            while not done.is_set():
                thread = threading.Thread(target=client.send, args=(sending,), daemon=True)
                thread.start()
                for _ in range(200):
                    client.answer()
                thread.join()

    others_wait_little(server, ask)
