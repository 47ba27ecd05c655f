"""A closed-loop client: so many connections, each asks again as soon as it has its whole answer."""

from __future__ import annotations

import itertools
import select
import socket
import time
from typing import NamedTuple

__all__ = ["Load", "load"]


class Load(NamedTuple):
    """What one run saw.

    Attributes:
        answers: whole answers with status 200.
        errors: all else.
        seconds: how long it took.
        p50: median latency in milliseconds.
        p99: latency that one in a hundred exceeds, in milliseconds.
        size: bytes of one answer.
    """

    answers: int
    errors: int
    seconds: float
    p50: float
    p99: float
    size: int


class _Client:
    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.held = bytearray()
        self.asked = 0.0

    def ask(self, request: bytes) -> None:
        self.held.clear()
        self.asked = time.perf_counter()
        self.sock.sendall(request)


def load(
    port: int, request: bytes, last: bytes, *, clients: int, seconds: float, varying: bytes = b""
) -> Load:
    """Ask for that many seconds; every answer must be chunked, whole, of status 200 and hold ``last``.

    Where ``varying`` stands in the request, each request has other digits, so that no two are the same.
    """
    width = len(varying)
    requests = itertools.count()

    def following() -> bytes:
        return request.replace(varying, b"%0*x" % (width, next(requests))) if width else request

    poll = select.epoll()
    open_ = {}
    for _ in range(clients):
        client = _Client(port)
        open_[client.sock.fileno()] = client
        poll.register(client.sock, select.EPOLLIN)
    times: list[float] = []
    errors = size = 0
    begin = time.perf_counter()
    for client in open_.values():
        client.ask(following())
    while open_ and (now := time.perf_counter()) < begin + seconds:
        for number, _ in poll.poll(begin + seconds - now):
            client = open_[number]
            data = client.sock.recv(262_144)
            client.held += data
            if data and not client.held.endswith(b"\r\n0\r\n\r\n"):
                continue
            if data and client.held.startswith(b"HTTP/1.1 200 ") and last in client.held:
                times.append(time.perf_counter() - client.asked)
                size = len(client.held)
                client.ask(following())
            else:
                errors += 1
                poll.unregister(client.sock)
                open_.pop(number).sock.close()
    took = time.perf_counter() - begin
    for client in open_.values():
        client.sock.close()
    times.sort()
    middle, late = (times[len(times) // 2], times[len(times) * 99 // 100]) if times else (0.0, 0.0)
    return Load(len(times), errors, took, middle * 1000, late * 1000, size)
