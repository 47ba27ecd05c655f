"""Clients that ask at the same moment are read, answered and sent to in groups: each gets its own answer."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from mockllm_cli.server import Server
from mockllm_core.engine import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_cli.server import Exchange

MANY = 70
"""More than one group, and more than one turn of accepting."""


class Crowd:
    """Clients that have all asked before the server looks.

    Attributes:
        told: the exchanges that the server reported.
    """

    def __init__(self) -> None:
        self.told: list[Exchange] = []
        self.server = Server(("127.0.0.1", 0), Settings(), observer=self.told.append)
        self._thread = threading.Thread(target=self.server.serve_forever)

    def client(self, data: bytes) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.server.port), timeout=20)
        sock.sendall(data)
        return sock

    def serve(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        if self._thread.ident is not None:
            self._thread.join()
        self.server.server_close()


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    made = Crowd()
    yield made
    made.close()


def asked(text: str, *, method: str = "POST", stream: bool = True) -> bytes:
    body = json.dumps({"model": "gpt-4o", "stream": stream, "messages": [{"role": "user", "content": text}]})
    return f"{method} /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def read(sock: socket.socket, method: str = "POST") -> tuple[int, bytes]:
    answer = http.client.HTTPResponse(sock, method=method)
    answer.begin()
    return answer.status, answer.read()


def said(body: bytes) -> str:
    events = [line[6:] for line in body.decode().split("\n\n") if line.startswith("data: {")]
    return "".join(json.loads(event)["choices"][0]["delta"].get("content", "") for event in events)


def test_each_client_gets_its_own_answer(crowd: Crowd) -> None:
    clients = [crowd.client(asked(f"this is client {nth}")) for nth in range(MANY)]
    crowd.serve()
    for _ in range(3):
        for nth, sock in enumerate(clients):
            status, body = read(sock)
            assert (status, said(body)) == (200, f"this is client {nth}")
        for nth, sock in enumerate(clients):
            sock.sendall(asked(f"this is client {nth}"))
    for sock in clients:
        read(sock)
        sock.close()
    assert len(crowd.told) == 4 * MANY
    assert all(exchange.complete for exchange in crowd.told)


def test_a_crowd_of_all_sorts_is_answered_as_one_by_one(crowd: Crowd) -> None:
    long = "long words " * 90_000
    kinds = {
        "usual": asked("usual"),
        "whole": asked("whole", stream=False),
        "pipelined": asked("first") + asked("second", stream=False) + asked("third"),
        "half": asked("a half")[:-5],
        "gone": asked("gone"),
        "shut": asked("shut"),
        "bad": b"NO SUCH THING\r\n\r\n",
        "health": b"HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n",
        "long": asked(long),
        "last": asked("last").replace(b"Host: x", b"Host: x\r\nConnection: close"),
    }
    clients = [{kind: crowd.client(data) for kind, data in kinds.items()} for _ in range(4)]
    for one in clients:
        one["gone"].close()
        one["shut"].shutdown(socket.SHUT_WR)
    crowd.serve()
    for one in clients:
        assert said(read(one["usual"])[1]) == "usual"
        assert b'"content": "whole"' in read(one["whole"])[1]
        pipelined = one["pipelined"]
        held = b""
        while held.count(b"HTTP/1.1 200") < 3 or not held.endswith(b"0\r\n\r\n"):
            held += pipelined.recv(65536)
        places = [held.index(word) for word in (b"first", b"second", b"third")]
        assert places == sorted(places)
        one["half"].sendall(asked("a half")[-5:])
        assert said(read(one["half"])[1]) == "a half"
        assert said(read(one["shut"])[1]) == "shut"
        assert read(one["bad"])[0] == 400
        assert read(one["health"], "HEAD") == (200, b"")
        assert said(read(one["long"])[1]) == long
        assert said(read(one["last"])[1]) == "last"
        assert one["last"].recv(1) == b""
        for sock in one.values():
            sock.close()


def test_who_has_the_answer_finds_it_reported(crowd: Crowd) -> None:
    clients = [crowd.client(asked(f"client {nth}")) for nth in range(MANY)]
    crowd.serve()
    for nth, sock in enumerate(clients):
        read(sock)
        assert any(
            one.request is not None and f"client {nth}".encode() in one.request.body for one in crowd.told
        )
        sock.close()
