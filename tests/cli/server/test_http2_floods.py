"""HTTP/2: floods of frames that ask for nothing cost others little, and their sender the connection."""

from __future__ import annotations

import contextlib
import json
import threading
from typing import TYPE_CHECKING

import h2.errors
import h2.settings
import pytest
from cli.server import test_wire as http1
from cli.server.test_fairness import said
from cli.server.test_hardness import _Url
from cli.server.test_http2 import CHAT, Client, still_well
from hyperframe.frame import (
    DataFrame,
    ExtensionFrame,
    Frame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from mockllm_cli import MockServer
from mockllm_cli.server.intake import Intake

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    Start = Callable[..., tuple[subprocess.Popen[str], str]]

BEGUN = HeadersFrame(1, b"\x83\x84\x86\x01\x01x", flags=["END_HEADERS"]).serialize()
"""A POST to / of which the body is still to come."""


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


IDLE: dict[str, tuple[bytes, Frame]] = {
    "pings": (b"", PingFrame(0, b"12345678")),
    "ping acknowledgements": (b"", PingFrame(0, b"12345678", flags=["ACK"])),
    "settings": (b"", SettingsFrame(0)),
    "window updates": (b"", WindowUpdateFrame(0, window_increment=1)),
    "a stream's window updates": (BEGUN, WindowUpdateFrame(1, window_increment=1)),
    "empty data": (BEGUN, DataFrame(1)),
    "data of a byte": (BEGUN, DataFrame(1, b" ")),
    "priorities": (b"", PriorityFrame(3)),
    "frames of no known type": (b"", ExtensionFrame(0x77, 0)),
    "resets": (BEGUN, RstStreamFrame(1, 8)),
}


@pytest.mark.parametrize("kind", IDLE)
def test_who_floods_is_told_to_calm_down(server: MockServer, kind: str) -> None:
    begun, frame = IDLE[kind]
    with Client(server) as client:
        client.sock.sendall(begun)
        flood = frame.serialize() * 500
        stop = threading.Event()

        def send() -> None:
            with contextlib.suppress(OSError):
                for _ in range(40):
                    client.sock.sendall(flood)
                    if stop.is_set():
                        return

        thread = threading.Thread(target=send)
        thread.start()
        client.end()
        stop.set()
        thread.join()
        assert client.goaway == h2.errors.ErrorCodes.ENHANCE_YOUR_CALM
    still_well(server)


@pytest.mark.parametrize("kind", ["settings", "data of a byte", "priorities"])
def test_others_are_served_between_the_frames_of_a_flood(start: Start, kind: str) -> None:
    url = _Url(start("--log-level", "warning")[1])
    begun, frame = IDLE[kind]
    still_well(url)  # type: ignore[arg-type]
    with Client(url) as client:  # type: ignore[arg-type]
        # what one read takes, and less than makes the server end the connection
        client.sock.sendall(begun + frame.serialize() * 9_900 + PingFrame(0, b"the last").serialize())
        answered = threading.Event()

        def wait() -> None:
            while b"the last" not in client.sock.recv(65_536):
                pass
            answered.set()

        thread = threading.Thread(target=wait)
        thread.start()
        served = 0
        with http1.Client(url) as other:
            while not answered.is_set():
                other.send(http1.post(CHAT))
                assert other.answer()[0] == 200
                served += 1
        thread.join()
    # worked through at once, a flood leaves room for the first and the last
    assert served >= 8


def test_a_client_that_tells_of_each_half_kilobyte_that_it_has_room_again_is_no_flood(
    server: MockServer,
) -> None:
    body = {**CHAT, "stream": True, "messages": [{"role": "user", "content": "x" * 12_000}]}
    extra = (("x-mockllm-piece", "1"), ("x-mockllm-delay", "0"))
    with Client(server, reads=False) as client:
        number = client.ask(body, extra=extra)
        told = 0
        while number not in client.ended:
            client.take()
            assert client.goaway is None
            assert not client.closed
            new = len(client.bodies.get(number, b"")) - told
            told += new
            for _ in range(new // 512):
                client.h2.increment_flow_control_window(600)
                if number not in client.ended:
                    client.h2.increment_flow_control_window(600, number)
            client.flush()


def test_a_client_of_many_requests_may_ping_at_each(server: MockServer) -> None:
    with Client(server) as client:
        for _ in range(300):
            number = client.ask(CHAT)
            for _ in range(50):
                client.h2.ping(b"12345678")
            client.flush()
            client.until(number)
        assert client.goaway is None


def test_a_fast_reader_over_http2_has_not_the_server_to_itself(start: Start) -> None:
    url = _Url(start("--log-level", "warning")[1])
    ended = threading.Event()

    def read() -> None:
        with Client(url, window=2**31 - 1) as client:  # type: ignore[arg-type]
            client.h2.increment_flow_control_window(2**31 - 1 - 65_535)
            client.ask(said("x" * 400_000, stream=True), extra=(("x-mockllm-piece", "1"),))
            held = b""
            while b"[DONE]" not in held:
                held = held[-100:] + client.sock.recv(1 << 20)
        ended.set()

    thread = threading.Thread(target=read)
    thread.start()
    served = 0
    with http1.Client(url) as other:
        while not ended.is_set():
            other.send(http1.post(CHAT))
            assert other.answer()[0] == 200
            served += 1
    thread.join()
    assert served >= 5


def test_streams_of_one_connection_take_turns() -> None:
    with MockServer() as server, Client(server, window=2**31 - 1) as client:
        client.h2.increment_flow_control_window(2**31 - 1 - 65_535)
        numbers = []
        for text in ("x" * 60_000, "y" * 200):  # in one breath
            numbers.append(client.h2.get_next_available_stream_id())
            head = [(":method", "POST"), (":path", "/v1/chat/completions"), (":scheme", "http")]
            client.h2.send_headers(numbers[-1], [*head, (":authority", "x"), ("x-mockllm-piece", "1")])
            body = json.dumps(said(text, stream=True)).encode()
            for begin in range(0, len(body), 16_384):
                client.h2.send_data(
                    numbers[-1], body[begin : begin + 16_384], end_stream=begin + 16_384 >= len(body)
                )
        client.flush()
        while len(server.requests) < 2:
            client.sock.recv(1 << 20)
        assert [one.body["messages"][0]["content"][0] for one in server.requests] == ["y", "x"]


def frames(data: bytes, size: int) -> list[bytes]:
    """Return what is taken of bytes that come so many at a time."""
    intake = Intake()
    taken = []
    for begin in range(0, len(data), size):
        intake.add(data[begin : begin + size])
        while intake.left:
            taken.append(intake.take())
    assert not intake.inside
    return taken


@pytest.mark.parametrize("size", [1, 5, 9, 17, 1000, 100_000])
def test_frames_are_taken_some_at_a_time_and_none_is_lost(size: int) -> None:
    data = b"x" * 24 + PingFrame(0, b"12345678").serialize() * 100 + DataFrame(1, b"y" * 5000).serialize()
    taken = frames(data, size)
    assert b"".join(taken) == data
    assert max(one.count(b"12345678") for one in taken) <= 16


def test_what_ends_inside_a_frame_is_known() -> None:
    intake = Intake()
    frame = PingFrame(0, b"12345678").serialize()
    for data, inside in (
        (b"x" * 23, True),
        (b"x", False),
        (frame[:5], True),
        (frame[5:], False),
        (frame[:9], True),
    ):
        intake.add(data)
        intake.take()
        assert intake.inside is inside
