"""HTTP/2 requests are taken, refused and kept in mind as those of HTTP/1.1 are; a farewell ends no answer."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

import h2.errors
import h2.events
import hyperframe.frame
import pytest
from cli.server.test_http2 import CHAT, LONG, QUICK, Client, still_well

from mockllm_cli import MockServer
from mockllm_cli.server import Limits
from mockllm_core import Reply, Text, respond

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core import Conversation

SLOW = (("x-mockllm-delay", "40"),)


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


def no(_: Conversation) -> Reply:
    return Reply(blocks=(Text.of("No."),))


@pytest.mark.parametrize("text", ["short", "long " * 20_000])
def test_an_answer_made_in_a_thread_is_known_with_its_request(text: str) -> None:
    with MockServer(responder=no if text == "short" else respond) as server, Client(server) as client:
        number = client.ask({**CHAT, "messages": [{"role": "user", "content": text}]})
        client.until(number)
        assert [(one.path, one.complete) for one in server.requests] == [("/v1/chat/completions", True)]


def test_head_has_no_body_though_a_thread_answers_it() -> None:
    with MockServer(responder=no) as server, Client(server) as client:
        number = client.ask(path="/v1/models", method="HEAD")
        client.until(number)
        assert (client.status[number], client.bodies.get(number)) == (200, None)


@pytest.mark.parametrize(
    ("extra", "status", "said"),
    [
        ((("content-type", "application/json"),) * 2, 400, "content-type is there twice"),
        ((("content-encoding", "identity"),) * 2, 400, "content-encoding is there twice"),
        (tuple((f"a{n}", "x") for n in range(100)), 431, "more than 100 header fields"),
        (tuple((f"a{n}", "x") for n in range(99)), 200, "hello there"),
        ((("expect", "tea"),), 417, "100-continue"),
        ((("content-encoding", "br"),), 415, "br is not understood"),
        ((("x-mockllm-delay", "1"), ("x-mockllm-delay", "2")), 400, "x-mockllm-delay"),
    ],
    ids=["type twice", "coding twice", "101 fields", "100 fields", "expect", "coding", "delay twice"],
)
def test_what_http_1_refuses_is_refused(
    server: MockServer, extra: tuple[tuple[str, str], ...], status: int, said: str
) -> None:
    with Client(server) as client:
        number = client.ask(CHAT, extra=extra)
        client.until(number)
        assert client.status[number] == status
        assert said in json.dumps(json.loads(client.bodies[number]))


def test_room_on_a_stream_that_has_ended_is_no_half_request() -> None:
    """Clients tell of it after the last bytes; it is nothing to h2, and was taken for the beginning of something."""
    with MockServer(timeouts=QUICK._replace(first=30, idle=30)) as server, Client(server) as client:
        first = client.ask(CHAT)
        client.until(first)
        slow = client.ask({**CHAT, "stream": True}, extra=(("x-mockllm-delay", "150"),))
        while slow not in client.status:
            client.take()
        client.sock.sendall(hyperframe.frame.WindowUpdateFrame(first, window_increment=100).serialize())
        client.until(slow)
        client.sock.sendall(hyperframe.frame.WindowUpdateFrame(first, window_increment=100).serialize())
        time.sleep(1.2)
        last = client.ask(CHAT)
        client.until(last)
        assert client.status[last] == 200


def test_half_a_header_list_is_cut_in_time() -> None:
    with MockServer(timeouts=QUICK._replace(first=30, idle=30)) as server, Client(server) as client:
        client.until(client.ask(CHAT))
        client.sock.sendall(hyperframe.frame.HeadersFrame(3, b"\x82").serialize())
        begun = time.monotonic()
        client.end()
        assert time.monotonic() - begun < 3


@pytest.mark.parametrize("host", [b"", b":1", b"a b", b"me@x", b"x/y", b"x:y", b"\xe9"])
def test_what_is_no_host_is_refused(server: MockServer, host: bytes) -> None:
    with Client(server) as client:
        block = b"\x82\x86\x84\x01" + bytes([len(host)]) + host  # GET, http, /, :authority
        client.sock.sendall(
            hyperframe.frame.HeadersFrame(1, block, flags=["END_HEADERS", "END_STREAM"]).serialize()
        )
        client.h2.send_headers(
            1, [(":method", "GET"), (":path", "/"), (":scheme", "http"), (":authority", "x")], end_stream=True
        )
        client.h2.data_to_send()
        client.until(1)
        assert client.status[1] == 400
        assert b"host" in client.bodies[1]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("OPTIONS", "*", 204),
        ("GET", "*", 400),
        ("GET", "/v1/mo dels", 400),
        ("GET", "http://x/health", 400),
        ("G T", "/health", 400),
    ],
)
def test_the_request_line_has_the_grammar_of_http_1(
    server: MockServer, method: str, path: str, status: int
) -> None:
    with Client(server) as client:
        number = client.ask(path=path, method=method)
        client.until(number)
        assert client.status[number] == status


def test_a_client_that_expects_100_is_told_to_go_on(server: MockServer) -> None:
    with Client(server) as client:
        number = client.ask(b"{", end=False, extra=(("expect", "100-continue"),))
        told: list[h2.events.Event] = []
        while not any(isinstance(event, h2.events.InformationalResponseReceived) for event in told):
            told += client.h2.receive_data(client.sock.recv(65_536))
        client.h2.send_data(number, b"}", end_stream=True)
        client.flush()
        client.until(number)
        assert client.status[number] == 400


def test_a_farewell_ends_no_answer_and_the_connection_after_it(server: MockServer) -> None:
    with Client(server) as client:
        number = client.ask({**CHAT, "stream": True}, extra=SLOW)
        while number not in client.status:
            client.take()
        client.sock.sendall(hyperframe.frame.GoAwayFrame(0).serialize())
        client.until(number)
        assert client.bodies[number].endswith(b"data: [DONE]\n\n")
        client.end()


@pytest.mark.parametrize("code", [h2.errors.ErrorCodes.NO_ERROR, h2.errors.ErrorCodes.INTERNAL_ERROR])
def test_a_farewell_in_the_same_breath_as_a_request_is_no_failure(
    server: MockServer, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    with Client(server) as client:
        number = client.h2.get_next_available_stream_id()
        headers = [(":method", "GET"), (":path", "/health"), (":scheme", "http"), (":authority", "x")]
        client.h2.send_headers(number, headers, end_stream=True)
        farewell = hyperframe.frame.GoAwayFrame(0, error_code=int(code)).serialize()
        client.sock.sendall(client.h2.data_to_send() + farewell)
        client.end()
        assert (number in client.ended) == (code == h2.errors.ErrorCodes.NO_ERROR)
    assert "Traceback" not in caplog.text
    still_well(server)


def test_stopping_waits_for_a_reader_that_has_not_taken_all() -> None:
    server = MockServer().start()
    with Client(server, window=2**31 - 1) as client:
        client.h2.increment_flow_control_window(2**30)
        client.flush()
        number = client.ask({**LONG, "stream": False})
        while number not in client.status:
            client.take()
        stopper = threading.Thread(target=server.stop)
        stopper.start()
        time.sleep(0.3)
        rest = b""
        while data := client.sock.recv(60_000):
            rest += data
            time.sleep(0.002)
        stopper.join()
        assert b'"system_fingerprint"' in rest[-200:]


def test_a_stream_that_is_late_takes_no_reader_along() -> None:
    with (
        MockServer(timeouts=QUICK._replace(write=30)) as server,
        Client(server, window=2**31 - 1) as client,
    ):
        client.h2.increment_flow_control_window(2**30)
        client.flush()
        client.sock.settimeout(10)
        number = client.ask({**LONG, "messages": [{"role": "user", "content": "x" * 6_000_000}]})
        while number not in client.status:
            client.take()
        half = client.ask(b"{", end=False)
        # past the deadline of the half request, with a full buffer on the way to us
        time.sleep(1.5)
        client.until(number)
        assert client.bodies[number].endswith(b"data: [DONE]\n\n")
        while half not in client.resets:
            client.take()


def test_a_reader_of_a_whole_answer_may_take_as_long_as_one_of_a_stream() -> None:
    with (
        MockServer(timeouts=QUICK._replace(write=1)) as server,
        Client(server, window=100_000, reads=False) as client,
    ):
        client.h2.increment_flow_control_window(2**30)
        text = "x" * 1_000_000
        number = client.ask({**CHAT, "messages": [{"role": "user", "content": text}]})
        room = 100_000
        while number not in client.ended:
            client.take()
            assert number not in client.resets
            if len(client.bodies.get(number, b"")) == room:
                time.sleep(0.25)
                client.h2.increment_flow_control_window(100_000, number)
                client.flush()
                room += 100_000
        assert text.encode() in client.bodies[number]


def test_what_is_taken_back_holds_nothing_and_what_waits_for_its_thread_does() -> None:
    told = threading.Event()

    def slow(_: Conversation) -> Reply:
        told.wait(10)
        return no(_)

    with MockServer(responder=slow, limits=Limits(body=100_000)) as server, Client(server) as client:
        for _ in range(2):  # each would not fit beside the other
            gone = client.ask(b"x" * 90_000, end=False)
            client.h2.reset_stream(gone)
        asked = {**CHAT, "messages": [{"role": "user", "content": "x" * 90_000}]}
        numbers = [client.ask(asked) for _ in range(3)]
        while not client.resets:
            client.take()
        assert client.resets == {numbers[-1]: h2.errors.ErrorCodes.ENHANCE_YOUR_CALM}
        told.set()
        client.until(*numbers[:2])
        client.until(client.ask(asked))


def test_a_request_that_sends_events_is_answered_before_it_ends(server: MockServer) -> None:
    with Client(server) as client:
        number = client.ask(
            path="/model/amazon.nova-sonic-v1:0/invoke-with-bidirectional-stream",
            extra=(("content-type", "application/vnd.amazon.eventstream"),),
            end=False,
        )
        client.until(number)
        assert client.status[number] == 403
        assert (
            b"is not authorized to perform: bedrock:InvokeModelWithBidirectionalStream"
            in client.bodies[number]
        )
        still_well(server)
