"""How long a client on a WebSocket that stays open may take."""

from __future__ import annotations

import itertools
import time
from socket import SO_RCVBUF, SOL_SOCKET
from typing import TYPE_CHECKING

from cli.server.test_dialogue import Talker, create
from cli.server.test_hardness import Running
from cli.server.test_websocket import PING, PONG, frame
from cli.server.test_wire import QUICK

if TYPE_CHECKING:
    from collections.abc import Iterable


def held_out(client: Talker, pieces: Iterable[bytes]) -> float:
    """Send one piece after another; return after how many seconds the client was cut, 10 if it was not."""
    begun = time.monotonic()
    for piece in pieces:
        try:
            client.send(piece)
        except OSError:
            return time.monotonic() - begun
        time.sleep(0.1)
        if time.monotonic() - begun > 10:
            break
    return 10


def test_who_ends_no_message_wins_no_time_by_a_byte_now_and_then() -> None:
    with Running(timeouts=QUICK) as server, Talker(server) as client:
        client.begin().ask()
        assert held_out(client, (bytes((byte,)) for byte in frame(create("x" * 1_000)))) < 3
        assert not server.server._connections


def test_who_does_not_read_wins_no_time_by_pings() -> None:
    with Running(timeouts=QUICK) as server, Talker(server) as client:
        client.sock.setsockopt(SOL_SOCKET, SO_RCVBUF, 4_096)
        client.begin()
        client.send(frame(create("x" * 2_000_000)))
        assert held_out(client, itertools.repeat(frame(b"still here", PING))) < 6


def test_who_reads_a_long_message_slowly_hears_all_of_it() -> None:
    with Running(timeouts=QUICK) as server, Talker(server) as client:
        client.sock.setsockopt(SOL_SOCKET, SO_RCVBUF, 65_536)
        client.begin(x_mockllm_piece="1000000")
        client.send(frame(create("x" * 1_000_000)))
        begun = time.monotonic()
        while not client.held.endswith(b"}") or b'"response.completed"' not in client.held:
            client.held += client.sock.recv(65_536)
            time.sleep(0.06)
        assert time.monotonic() - begun > 1


def test_a_ping_begins_no_message() -> None:
    with Running(timeouts=QUICK) as server, Talker(server) as client:
        client.begin().ask()
        client.send(frame(b"p", PING))
        assert client.frame() == (PONG, b"p")
        time.sleep(1)
        assert client.ask("still here") == "still here"
