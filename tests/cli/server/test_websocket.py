"""WebSockets over raw sockets: opened, told and closed, whatever the client does."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import random
import ssl
import threading
import time
from hashlib import sha1
from typing import TYPE_CHECKING

import pytest
from cli.server.test_hardness import Running, _Url, until, well
from cli.server.test_wire import CHAT, QUICK, Client, post

from mockllm_cli import MockServer
from mockllm_cli.server.tls import made_for
from mockllm_core.responders import respond

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from mockllm_cli.server import Exchange
    from mockllm_core.conversation import Conversation
    from mockllm_core.reply import Reply

    Start = Callable[..., tuple[subprocess.Popen[str], str]]

REALTIME = "/v1/realtime?model=gpt-realtime"
LIVE = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
SETUP = json.dumps({"setup": {"model": "models/g"}}).encode()
TEXT, BINARY, MORE, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


def handshake(path: str, *, without: str = "", **changed: str) -> bytes:
    fields = {
        "host": "x",
        "upgrade": "websocket",
        "connection": "Upgrade",
        "sec-websocket-version": "13",
        "sec-websocket-key": KEY,
    } | {name.replace("_", "-"): value for name, value in changed.items()}
    fields.pop(without, None)
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "\r\n"]
    return "\r\n".join(lines).encode()


def frame(data: bytes, opcode: int = TEXT, *, fin: bool = True, mask: bytes | None = b"\1\2\3\4") -> bytes:
    size = len(data)
    length = (
        bytes([size])
        if size < 126
        else b"\x7e" + size.to_bytes(2)
        if size < 65536
        else b"\x7f" + size.to_bytes(8)
    )
    masked = bytes([length[0] | (128 if mask else 0)]) + length[1:]
    body = data if mask is None else bytes(byte ^ mask[nth % 4] for nth, byte in enumerate(data))
    return bytes([opcode | (128 if fin else 0)]) + masked + (mask or b"") + body


class Socket(Client):
    """A client that reads frames, too."""

    def opened(self) -> dict[str, str]:
        lines = self.until(b"\r\n\r\n").decode().split("\r\n")
        assert lines[0] == "HTTP/1.1 101 Switching Protocols"
        return {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)
        }

    def take(self, size: int) -> bytes:
        while len(self.held) < size:
            data = self.sock.recv(65536)
            assert data, f"closed after {self.held!r}"
            self.held += data
        data, self.held = self.held[:size], self.held[size:]
        return data

    def frame(self) -> tuple[int, bytes]:
        first, size = self.take(2)
        assert first & 0x70 == 0
        assert size < 128, "a server masks nothing"
        if size == 126:
            size = int.from_bytes(self.take(2))
        return first & 15, self.take(size)

    def close(self) -> tuple[int, str]:
        opcode, data = self.frame()
        assert opcode == CLOSE
        return int.from_bytes(data[:2]), data[2:].decode()

    def left(self) -> bool:
        """Return the close, and see the server leave before its patience is over."""
        begun = time.monotonic()
        self.send(frame(b"\x03\xe8", CLOSE))
        assert self.closed()
        return time.monotonic() - begun < 1 and not self.held


def test_a_socket_opens_says_why_and_closes(server: MockServer) -> None:
    with Socket(server) as client:
        client.send(handshake(REALTIME))
        headers = client.opened()
        # the example of RFC 6455, 1.3
        assert headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        assert (headers["upgrade"], headers["connection"]) == ("websocket", "Upgrade")
        assert (headers["server"], headers["x-openai-proxy-wasm"]) == ("cloudflare", "v0.1")
        assert not headers.keys() & {"content-length", "transfer-encoding", "x-request-id", "content-type"}
        opcode, data = client.frame()
        assert (opcode, json.loads(data)["error"]["code"]) == (TEXT, "model_not_found")
        assert client.close() == (4004, "invalid_request_error.model_not_found")
        assert client.left()


def test_all_of_it_comes_at_once(server: MockServer) -> None:
    # as the service was probed: event and close frame in the millisecond of the handshake
    with Socket(server) as client:
        client.send(handshake(REALTIME))
        head, _, rest = client.sock.recv(65536).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        assert rest.endswith(b"\x88\x27\x0f\xa4invalid_request_error.model_not_found")


def test_each_handshake_is_accepted_by_its_own_key(server: MockServer) -> None:
    for _ in range(3):
        key = base64.b64encode(os.urandom(16)).decode()
        with Socket(server) as client:
            client.send(handshake(REALTIME, sec_websocket_key=key))
            accepted = sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
            assert client.opened()["sec-websocket-accept"] == base64.b64encode(accepted).decode()


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_live_hears_a_message_and_closes(server: MockServer, opcode: int) -> None:
    with Socket(server) as client:
        client.send(handshake(LIVE))
        client.opened()
        client.send(frame(SETUP, opcode))
        code, reason = client.close()
        assert (code, reason[:20]) == (1008, "models/g is not foun")
        assert client.left()


def test_a_message_may_come_behind_the_handshake_in_one_piece(server: MockServer) -> None:
    with Socket(server) as client:
        client.send(handshake(LIVE) + frame(SETUP))
        client.opened()
        assert client.close()[0] == 1008


def test_a_message_may_come_a_byte_at_a_time(server: MockServer) -> None:
    with Socket(server) as client:
        for byte in handshake(LIVE) + frame(SETUP):
            client.send(bytes([byte]))
        client.opened()
        assert client.close()[0] == 1008
        assert client.left()


def test_a_message_may_come_in_fragments_with_pings_between_them(server: MockServer) -> None:
    with Socket(server) as client:
        client.send(handshake(LIVE))
        client.opened()
        client.send(frame(SETUP[:5], fin=False) + frame(b"", MORE, fin=False) + frame(b"are you there", PING))
        assert client.frame() == (PONG, b"are you there")
        client.send(frame(b"unasked", PONG) + frame(SETUP[5:], MORE))
        assert client.close()[0] == 1008
        assert client.left()


def test_a_message_of_a_megabyte_is_heard_and_a_longer_one_is_not(server: MockServer) -> None:
    for size, code in ((1_048_576, 1008), (1_048_577, 1009)):
        setup = b'{"setup":{"model":"models/g","systemInstruction":"'
        setup += b"x" * (size - len(setup) - 3) + b'"}}'
        with Socket(server) as client:
            client.send(handshake(LIVE))
            client.opened()
            client.send(frame(setup, mask=b"\0\0\0\0"))
            assert client.close()[0] == code


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (frame(SETUP, mask=None), 1002),  # a client has to mask (RFC 6455, 5.1)
        (frame(SETUP, 3), 1002),
        (frame(SETUP, MORE), 1002),
        (frame(SETUP, fin=False) + frame(SETUP), 1002),
        (frame(b"x" * 126, PING), 1002),
        (frame(b"", PING, fin=False), 1002),
        (b"\xf1" + frame(SETUP)[1:], 1002),
        (frame(b"\x03", CLOSE), 1002),
        (frame(b"\x03\xe8\xff", CLOSE), 1007),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 1002),
        (frame(b"", PING) * 500, 1008),
        (frame(b"", fin=False) + frame(b"", MORE, fin=False) * 500, 1008),
    ],
    ids=lambda value: value[:8].hex() if isinstance(value, bytes) else str(value),
)
def test_who_breaks_the_rules_is_told_and_left(server: MockServer, said: bytes, code: int) -> None:
    with Socket(server) as client:
        client.send(handshake(LIVE))
        client.opened()
        client.send(said)
        while (found := client.frame())[0] == PONG:
            pass
        assert found[0] == CLOSE
        assert int.from_bytes(found[1][:2]) == code
        assert client.closed()
    well(server)


def test_a_client_that_closes_first_is_closed_in_turn(server: MockServer) -> None:
    server.requests.clear()
    with Socket(server) as client:
        client.send(handshake(LIVE))
        client.opened()
        client.send(frame(b"\x03\xe8bye", CLOSE))
        assert client.close() == (1000, "bye")
        assert client.closed()
    assert until(lambda: bool(server.requests))
    assert (server.requests[-1].status, server.requests[-1].complete) == (101, False)


def test_what_comes_behind_a_close_is_heard_by_nobody(server: MockServer) -> None:
    server.requests.clear()
    with Socket(server) as client:
        client.send(handshake(REALTIME) + frame(SETUP) * 50 + post(CHAT))
        client.opened()
        client.frame()
        assert client.close()[0] == 4004
        assert client.closed()
    assert [one.path for one in server.requests] == [REALTIME]


# -- handshakes that are none ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"without": "sec-websocket-key"}, 400),
        ({"sec_websocket_key": "short"}, 400),
        ({"sec_websocket_key": f"{KEY}, {KEY}"}, 400),
        ({"sec_websocket_key": base64.b64encode(b"x" * 15).decode()}, 400),
        ({"without": "connection"}, 400),
        ({"connection": "keep-alive"}, 400),
        ({"without": "sec-websocket-version"}, 426),
        ({"sec_websocket_version": "8"}, 426),
        ({"without": "upgrade"}, 404),
        ({"upgrade": "h2c"}, 404),
    ],
)
@pytest.mark.parametrize("path", [REALTIME, LIVE])
def test_what_is_no_handshake_is_refused_and_the_connection_goes_on(
    server: MockServer, path: str, changed: dict[str, str], status: int
) -> None:
    with Socket(server) as client:
        client.send(handshake(path, **changed))
        got, headers, body = client.answer()
        assert got == status
        assert json.loads(body)["error"]["message"]
        assert headers.get("sec-websocket-version") == ("13" if status == 426 else None)
        client.send(post(CHAT))
        assert client.answer()[0] == 200


def test_nothing_is_upgraded_over_http_1_0(server: MockServer) -> None:
    with Socket(server) as client:
        client.send(handshake(REALTIME).replace(b"HTTP/1.1", b"HTTP/1.0"))
        assert client.answer()[0] == 400


def test_upgrade_may_stand_among_other_options(server: MockServer) -> None:
    # as Firefox has it
    with Socket(server) as client:
        client.send(handshake(REALTIME, connection="keep-alive, Upgrade"))
        client.opened()


# -- time and memory ---------------------------------------------------------------------------------------------


def test_who_says_nothing_is_closed_in_time() -> None:
    with Running(timeouts=QUICK) as server, Socket(server) as client:
        client.send(handshake(LIVE))
        client.opened()
        begun = time.monotonic()
        # neither pings nor half a message win time
        client.send(frame(SETUP, fin=False) + frame(b"", PING))
        assert client.frame()[0] == PONG
        assert client.close() == (1011, "Deadline expired before operation could complete.")
        assert 0.2 < time.monotonic() - begun < 3
        # nor does who does not close in its turn
        assert client.closed()
        assert time.monotonic() - begun < 4


def test_who_does_not_read_is_left() -> None:
    with Running(timeouts=QUICK) as server:
        clients = [Socket(server) for _ in range(20)]
        for client in clients:
            client.send(handshake(REALTIME))
        assert until(lambda: len(server.server._connections) == 20)
        assert until(lambda: not server.server._connections)
        for client in clients:
            client.sock.close()


def test_unfinished_messages_count_with_unfinished_requests() -> None:
    with Running(most_held=1_000_000) as server, Socket(server) as one, Socket(server) as other:
        for client in (one, other):
            client.send(handshake(LIVE))
            client.opened()
        one.send(frame(b"x" * 900_000, mask=b"\0\0\0\0")[:800_000])
        assert until(lambda: server.server.held > 700_000)
        other.send(frame(b"x" * 900_000, mask=b"\0\0\0\0")[:800_000])
        assert other.close()[0] == 1013
        assert other.closed()
        one.sock.close()
        assert until(lambda: server.server.held == 0)
        well(server)


def test_a_server_that_stops_says_so() -> None:
    with Running(timeouts=QUICK._replace(body=9)) as server, Socket(server) as client:
        client.send(handshake(LIVE))
        client.opened()
        server.server.shutdown()
        assert client.close() == (1001, "")
        assert client.closed()


def test_a_client_that_is_gone_is_forgotten(server: MockServer) -> None:
    server.requests.clear()
    with Socket(server) as client:
        client.send(handshake(LIVE) + frame(SETUP, fin=False))
        client.opened()
    assert until(lambda: bool(server.requests))
    assert not server.requests[-1].complete
    well(server)


# -- what else there is ------------------------------------------------------------------------------------------


def test_it_works_over_tls() -> None:
    pytest.importorskip("cryptography", reason="the extra 'tls' is not installed")
    tls, certificate = made_for("localhost")
    trusted = ssl.create_default_context(cadata=certificate.decode())
    with Running(tls=tls) as server, Socket(server) as client:
        client.sock = trusted.wrap_socket(client.sock, server_hostname="localhost")
        client.send(handshake(LIVE))
        client.opened()
        client.send(frame(b'{"setup":{"model":"models/g","x":"' + b"x" * 200_000 + b'"}}', mask=b"\0\0\0\0"))
        assert client.close()[0] == 1008
        assert client.left()


def test_the_journal_shows_what_was_heard_and_no_key(server: MockServer) -> None:
    server.requests.clear()
    with Socket(server) as client:
        client.send(handshake(f"{LIVE}?key=hush") + frame(SETUP))
        client.opened()
        client.close()
        heard = server.requests[-1]
    assert (heard.method, heard.status, heard.complete) == ("GET", 101, True)
    assert heard.body == json.loads(SETUP)
    assert "hush" not in heard.path
    protocols = "realtime, openai-insecure-api-key.hush"
    with Socket(server) as client:
        client.send(handshake(REALTIME, sec_websocket_protocol=protocols))
        assert client.opened()["sec-websocket-protocol"] == "realtime"
        client.frame()
        assert "hush" not in str(server.requests[-1])


def test_the_observer_is_told_how_it_closed() -> None:
    seen: list[Exchange] = []
    with Running(observer=seen.append, ascii_only=True) as server:
        for path, said, model, frames in (
            ("/v1/realtime?model=gpt-%C3%A9", b"", "gpt-é", 1),
            (LIVE, frame(SETUP), "g", 0),
            (LIVE, frame(SETUP, 3), "", 0),
        ):
            with Socket(server) as client:
                client.send(handshake(path) + said)
                client.opened()
                if frames:
                    told = client.frame()[1]
                    assert told.isascii()
                    assert "gpt-é" in json.loads(told)["error"]["message"]
                code, reason = client.close()
            assert until(lambda: bool(seen))
            exchange = seen.pop()
            assert (exchange.response.status, exchange.frames, exchange.complete) == (101, frames, True)
            note = exchange.response.note
            assert note.model == model
            assert note.remarks == (f"WebSocket closed with {code} {reason}".rstrip(),)


def test_frames_are_shown_to_a_tap() -> None:
    seen: list[bytes] = []
    with Running(tap=lambda one: seen.append(one.wire)) as server, Socket(server) as client:
        client.send(handshake(REALTIME))
        client.opened()
        assert seen == [client.frame()[1]]


def test_a_responder_of_the_users_changes_nothing() -> None:
    def says(conversation: Conversation) -> Reply:
        return respond(conversation)

    with MockServer(responder=says) as server, Socket(server) as client:
        client.send(handshake(LIVE) + frame(SETUP))
        client.opened()
        assert client.close()[0] == 1008
        assert client.left()


GARBAGE = [
    handshake(REALTIME), handshake(LIVE), frame(SETUP), frame(SETUP, fin=False), frame(SETUP, MORE), frame(b"x", PING),
    frame(b"\x03\xe8", CLOSE), frame(b"x" * 70_000)[:2000], b"\x81\xff" + b"\xff" * 8, b"\x81\xfe\0\0", b"\0" * 20, post(CHAT),
]  # fmt: skip


def test_garbage_harms_nobody() -> None:
    with Running(timeouts=QUICK) as server:
        for number in range(400):
            chance = random.Random(number)
            data = bytearray(handshake(chance.choice([REALTIME, LIVE])))
            data += b"".join(chance.choices(GARBAGE, k=chance.randint(0, 6)))
            for _ in range(chance.randint(0, 4)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            with Client(server) as client:
                # it may be closed before all was said
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    for begin in range(0, len(data), size := chance.randint(1, 4000)):
                        client.send(bytes(data[begin : begin + size]))
                client.sock.settimeout(0.005)
                with contextlib.suppress(TimeoutError):
                    client.closed()
        well(server)
        assert until(lambda: len(server.server._connections) == 0)
        assert server.server.held == 0


def others_wait_little(server: _Url, work: Callable[[threading.Event], None]) -> None:
    """Hold that requests are answered soon while two threads do such work."""
    done = threading.Event()
    threads = [threading.Thread(target=work, args=(done,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    took = []
    with Client(server) as client:
        for _ in range(20):
            begun = time.monotonic()
            client.send(post(CHAT))
            assert client.answer()[0] == 200
            took.append(time.monotonic() - begun)
    done.set()
    for thread in threads:
        thread.join()
    assert sorted(took)[10] < 0.5
    assert max(took) < 3


def test_others_do_not_wait_for_floods_of_frames(start: Start) -> None:
    server = _Url(start()[1])
    flood = handshake(LIVE) + frame(b"", PING) * 10_000

    def send(done: threading.Event) -> None:
        while not done.is_set():
            with contextlib.suppress(OSError), Socket(server) as client:
                client.send(flood)

    others_wait_little(server, send)
