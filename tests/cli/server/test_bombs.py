"""A kilobyte that is 32 MiB once decoded costs nobody his turn, and all of them together a bounded memory."""

from __future__ import annotations

import gzip
import json
import select
import socket
import sys
import threading
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from cli.server.test_fairness import said
from cli.server.test_hardness import Running, until
from cli.server.test_http2 import Client as Http2
from cli.server.test_wire import Client, post

from mockllm_cli.server import Limits
from mockllm_cli.server.decoding import decode, decoding
from mockllm_cli.server.head import BadRequest
from mockllm_cli.server.parser import Parser
from mockllm_core import Reply, Text
from mockllm_core.engine import Settings

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from mockllm_core import Conversation

ENCODERS: dict[str, Any] = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstd.compress}
TEXT = b"x" * 20_000_000


def encoded(coding: str, body: bytes) -> bytes:
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize("coding", ENCODERS)
def test_a_body_is_decoded_in_turns_and_whole(coding: str) -> None:
    parser = Parser(in_turns=True)
    parser.feed(encoded(coding, ENCODERS[coding](TEXT)) + encoded("identity", b"after"))
    turns, most = 0, 0
    while (received := parser.next()) is None:
        assert parser.paused
        most = max(most, parser.size)
        turns += 1
    assert received.request.body == TEXT
    assert 9 <= turns <= 11  # of 2 MiB
    assert most >= len(TEXT)
    second = parser.next()
    assert second is not None
    assert second.request.body == b"after"
    assert parser.size == 0


@pytest.mark.parametrize("coding", ENCODERS)
@pytest.mark.parametrize(
    ("damage", "status"),
    [(b"", 413), (b"cut", 400), (b"more", 400)],
    ids=["too long", "cut", "more behind it"],
)
def test_what_is_wrong_far_inside_is_found(coding: str, damage: bytes, status: int) -> None:
    body = ENCODERS[coding](TEXT)
    body = body[:-4] if damage == b"cut" else body + damage
    limit = 20_000_000 if damage else 19_999_999
    steps = decoding(coding, body, limit)
    with pytest.raises(BadRequest) as refused:
        assert all(len(part) <= 2_097_152 for part in steps)
    assert refused.value.status == status


@pytest.mark.parametrize("coding", ENCODERS)
@pytest.mark.parametrize("size", [0, 1, 2_097_151, 2_097_152, 2_097_153, 4_194_304])
def test_lengths_around_a_step_lose_nothing(coding: str, size: int) -> None:
    assert decode(coding, ENCODERS[coding](b"y" * size), size) == b"y" * size


SKIPPED = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"noted"
"""A frame of which a zstd decoder takes no notice (RFC 8878, 3.1.2)."""
SEVERAL: dict[str, tuple[str, bytes]] = {
    name: (coding, b"".join(parts))
    for name, coding, parts in (
        ("two", "gzip", [gzip.compress(b'{"a"'), gzip.compress(b":1}")]),
        ("an old name", "x-gzip", [gzip.compress(b'{"a"'), gzip.compress(b":1}")]),
        ("empty ones", "gzip", [gzip.compress(b"")] * 200 + [gzip.compress(b'{"a":1}')] + [gzip.compress(b"")]),
        ("a byte each", "gzip", [gzip.compress(bytes([byte])) for byte in b'{"a":1}']),
        ("two frames", "zstd", [zstd.compress(b'{"a"'), zstd.compress(b":1}")]),
        ("a frame to skip", "zstd", [SKIPPED, zstd.compress(b'{"a"'), SKIPPED, zstd.compress(b":1}"), SKIPPED]),
        ("empty frames", "zstd", [zstd.compress(b"")] * 200 + [zstd.compress(b'{"a":1}')]),
    )
}  # fmt: skip


@pytest.mark.parametrize("name", SEVERAL)
def test_members_one_behind_the_other_are_one_body(name: str) -> None:
    # RFC 1952, 2.2; RFC 8878, 3.1
    coding, body = SEVERAL[name]
    assert decode(coding, body, 7) == b'{"a":1}'
    with pytest.raises(BadRequest) as refused:
        decode(coding, body, 6)
    assert refused.value.status == 413
    for end in (len(body) - 1, len(body) - 5):
        with pytest.raises(BadRequest) as refused:
            decode(coding, body[:end], 7)
        assert refused.value.status == 400


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_many_members_are_long_and_taken_in_turns(coding: str) -> None:
    encode = ENCODERS[coding]
    long = encode(TEXT[:3_000_000]) * 3 + encode(b"") * 1_000
    parser = Parser(in_turns=True)
    parser.feed(encoded(coding, long) + encoded("identity", b"after"))
    turns = 0
    while (received := parser.next()) is None:
        assert parser.paused
        turns += 1
    assert received.request.body == TEXT[:9_000_000]
    assert turns >= 6 + 1_000 // 64
    assert parser.next() is not None


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_there_is_an_end_to_empty_members(coding: str) -> None:
    body = ENCODERS[coding](b"") * 10_001
    with pytest.raises(BadRequest, match="more than 10000") as refused:
        decode(coding, body, 100)
    assert refused.value.status == 413
    assert decode(coding, ENCODERS[coding](b"") * 10_000, 100) == b""


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_request_of_several_members_is_answered(coding: str) -> None:
    data = json.dumps(said("hello there")).encode()
    body = ENCODERS[coding](data[:20]) + ENCODERS[coding](data[20:])
    with Running() as running:
        with Client(running) as client:
            client.send(post(body, extra=f"Content-Encoding: {coding}\r\n"))
            status, _, answer = client.answer()
            assert (status, b"hello there" in answer) == (200, True)
            client.send(post(body + b"{}", extra=f"Content-Encoding: {coding}\r\n"))
            assert client.answer()[0] == 400
        with Http2(running) as client2:
            good = client2.ask(body, extra=(("content-encoding", coding),))
            bad = client2.ask(body + b"{}", extra=(("content-encoding", coding),))
            client2.until(good, bad)
            assert (client2.status[good], client2.status[bad]) == (200, 400)


def waiting(go: threading.Event) -> Settings:
    """Return settings by which no request is answered before that event."""

    def responder(_: Conversation) -> Reply:
        go.wait(20)
        return Reply(blocks=(Text.of("at last"),))

    return Settings(responder=responder)


BOMB = zstd.compress(json.dumps(said("x" * 3_000_000)).encode())
ZSTD = (("content-encoding", "zstd"),)


def test_decoded_requests_that_wait_share_a_limit() -> None:
    go = threading.Event()
    with Running(most_held=10_000_000) as running:
        running.server.use(waiting(go))
        clients = [Client(running) for _ in range(6)]
        for client in clients:
            client.send(post(BOMB, extra="Content-Encoding: zstd\r\n"))
        assert until(lambda: running.server.held > 9_000_000)
        # accepted, read and decoded in some order
        refused = select.select([client.sock for client in clients], [], [], 5)[0]
        while len(refused) < 3:
            refused = select.select([client.sock for client in clients], [], [], 5)[0]
        told = [client for client in clients if client.sock in refused]
        assert [client.answer()[0] for client in told] == [503] * 3
        go.set()
        assert [client.answer()[0] for client in clients if client not in told] == [200] * 3
        assert until(lambda: running.server.held == 0)
        for client in clients:
            client.sock.close()


def test_decoded_requests_of_one_connection_share_it_too() -> None:
    go = threading.Event()
    with Running(most_held=10_000_000, limits=Limits()) as running:
        running.server.use(waiting(go))
        with Http2(running) as client:
            numbers = [client.ask(BOMB, extra=ZSTD) for _ in range(6)]
            while len(client.ended) < 3:
                client.take()
            told = {number: client.status[number] for number in client.ended}
            assert list(told.values()) == [503] * 3
            go.set()
            client.until(*numbers)
            assert [client.status[number] for number in numbers if number not in told] == [200] * 3
        assert until(lambda: running.server.held == 0)


def test_answers_that_nobody_takes_count_against_it() -> None:
    with Running(most_held=10_000_000) as running:
        lazy = [Client(running) for _ in range(3)]
        over2 = Http2(running, window=1_000)
        for client in lazy[:2]:
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            client.send(post(BOMB, extra="Content-Encoding: zstd\r\n"))
        number = over2.ask(BOMB, extra=ZSTD)
        while number not in over2.status:
            over2.take()
        connections = running.server._connections
        assert until(lambda: sum(one.session.owed() for one in connections) > 8_000_000, 20)
        lazy[2].send(post(BOMB, extra="Content-Encoding: zstd\r\n"))
        assert lazy[2].answer()[0] == 503
        # a short one is answered all the same
        with Client(running) as short:
            short.send(post(said("hello")))
            assert short.answer()[0] == 200
        over2.sock.close()
        for client in lazy:
            client.sock.close()
        assert until(lambda: not connections)
        with Client(running) as later:
            later.send(post(BOMB, extra="Content-Encoding: zstd\r\n"))
            assert later.answer()[0] == 200


def test_streams_whose_client_has_no_room_hold_little_each() -> None:
    with Running() as running, Http2(running, window=100) as client:
        asked = said("x" * 10_000, stream=True)
        numbers = {client.ask(asked, extra=(("x-mockllm-piece", "1"),)) for _ in range(40)}
        while numbers - client.status.keys():
            client.take()
        (connection,) = running.server._connections
        # a frame or a run of them each, of 2 MB
        assert connection.session.owed() < 40 * 65_536


def test_a_bomb_over_http2_is_refused_and_the_next_request_answered() -> None:
    with Running(limits=Limits(body=5_000_000)) as running, Http2(running) as client:
        number = client.ask(zstd.compress(TEXT), extra=ZSTD)
        other = client.ask(said("hello"))
        client.until(number, other)
        assert (client.status[number], client.status[other]) == (413, 200)
