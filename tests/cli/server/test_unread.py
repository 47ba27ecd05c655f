"""What clients ask for and do not read is bounded in all, however short they ask."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from cli.server.test_dialogue import Talker, create
from cli.server.test_fairness import said
from cli.server.test_hardness import Running, until
from cli.server.test_http2 import Client as Http2
from cli.server.test_websocket import CLOSE, frame
from cli.server.test_wire import Client, post

from mockllm_cli.memory import BoundedMemory

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = "x" * 2_500_000
"""Four requests of it, or four answers, are too much."""
MOST = 10_000_000


@pytest.fixture
def running() -> Iterator[Any]:
    with Running(most_held=MOST, memory=BoundedMemory()) as running:
        yield running


def lazy(client: Client) -> Client:
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    return client


def owed(running: Any) -> int:
    return sum(one.session.owed() for one in list(running.server._connections))


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode()


def kept(running: Any) -> str:
    """Return the path of a response with that text."""
    with Client(running) as client:
        client.send(post({"model": "gpt-4o", "input": TEXT}, path="/v1/responses"))
        return "/v1/responses/" + str(json.loads(client.answer()[2])["id"])


def test_long_answers_to_short_requests_that_nobody_reads_are_refused_at_last(running: Any) -> None:
    path = kept(running)
    with ExitStack() as leaving, Client(running) as late:
        for nth in range(1, 4):
            lazy(leaving.enter_context(Client(running))).send(get(path))
            # of a piece that is half sent all of it is held
            assert until(lambda nth=nth: owed(running) > nth * 2_500_000)  # type: ignore[misc]
        late.send(get(path))
        status, headers, body = late.answer()
        assert (status, headers["connection"]) == (503, "keep-alive")
        assert json.loads(body)["error"]["message"].endswith("that their clients do not read.")
        late.send(post(said("short")))
        assert late.answer()[0] == 200
        with Http2(running) as over2:
            number = over2.ask(path=path, method="GET")
            over2.until(number)
            assert over2.status[number] == 503
        leaving.close()
        assert until(lambda: owed(running) == 0)
        late.send(get(path))
        assert late.answer()[0] == 200


def test_long_answers_over_http2_that_find_no_room_count(running: Any) -> None:
    path = kept(running)
    with Http2(running, window=1_000) as client:
        numbers = {client.ask(path=path, method="GET") for _ in range(5)}
        while numbers - client.status.keys():
            client.take()
        assert sorted(client.status.values()) == [200] * 3 + [503] * 2
        assert 3 * 2_500_000 < owed(running) < MOST


def test_a_long_request_counts_until_its_stream_was_taken(running: Any) -> None:
    with ExitStack() as leaving, Client(running) as late:
        clients = [leaving.enter_context(Client(running)) for _ in range(3)]
        for nth, client in enumerate(clients, 1):
            lazy(client).send(post(said(TEXT, stream=True)))
            assert until(lambda nth=nth: owed(running) > nth * 2_500_000)  # type: ignore[misc]
        late.send(post(said(TEXT, stream=True)))
        assert late.answer()[0] == 503
        clients[0].sock.close()
        assert until(lambda: owed(running) < 3 * 2_500_000)


def test_sockets_that_nobody_reads_are_closed_when_more_is_asked(running: Any) -> None:
    with ExitStack() as leaving, Talker(running) as late:
        for nth in range(1, 4):
            client = leaving.enter_context(Talker(running))
            lazy(client)
            client.begin()
            client.send(frame(create(TEXT)))
            assert until(lambda nth=nth: owed(running) > nth * 2_500_000)  # type: ignore[misc]
        late.begin()
        assert late.ask("short") == "short"
        late.send(frame(create(TEXT)))
        assert late.frame() == (CLOSE, (1013).to_bytes(2))
