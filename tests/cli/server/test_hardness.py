"""The server under clients that misbehave: it goes on, says little and keeps nothing."""

from __future__ import annotations

import contextlib
import gzip
import json
import logging
import os
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cli.server.test_http2 import PREFACE
from cli.server.test_http2 import Client as Http2
from cli.server.test_wire import CHAT, QUICK, Client, post

from mockllm_cli import MockServer
from mockllm_cli.server import Server
from mockllm_cli.server.answer import Answer
from mockllm_core.engine import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Start = Callable[..., tuple[subprocess.Popen[str], str]]

LONG = {**CHAT, "stream": True, "messages": [{"role": "user", "content": "x" * 1_000_000}]}
SLOW = "x-mockllm-delay: 100\r\n"
linux = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")


class Running:
    """A server with options that MockServer has not; ``url`` is enough for ``Client``."""

    def __init__(self, **options: Any) -> None:
        self.server = Server(("127.0.0.1", 0), Settings(), **options)
        self.url = f"http://127.0.0.1:{self.server.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self) -> Any:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.timeouts = self.server.timeouts._replace(drain=0.2)
        self.server.shutdown()
        self.thread.join(10)
        self.server.server_close()


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


def well(server: Any) -> None:
    with Client(server) as client:
        client.send(post(CHAT))
        assert client.answer()[0] == 200


def until(true: Callable[[], bool], seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


def test_a_client_that_shuts_its_side_still_gets_its_answers(server: MockServer) -> None:
    with Client(server) as client:
        client.send(post({**CHAT, "stream": True}, extra="x-mockllm-delay: 30\r\n") + post(CHAT))
        client.sock.shutdown(socket.SHUT_WR)
        assert client.answer()[2].endswith(b"data: [DONE]\n\n")
        assert client.answer()[0] == 200
        assert client.closed()


def test_a_client_that_shuts_its_side_in_half_a_request_is_let_go(server: MockServer) -> None:
    with Client(server) as client:
        client.send(post(CHAT)[:-5])
        client.sock.shutdown(socket.SHUT_WR)
        assert client.closed()
        assert client.held == b""


@pytest.mark.parametrize("chunked", [True, False])
def test_unfinished_bodies_share_a_budget_and_give_it_back(chunked: bool) -> None:
    framing = "transfer-encoding: chunked" if chunked else "content-length: 900000"
    head = f"POST /v1/messages HTTP/1.1\r\nhost: a\r\n{framing}\r\n\r\n".encode()
    part = b"dbba0\r\n" + b"x" * 300_000 if chunked else b"x" * 300_000
    with Running(most_held=1_000_000) as running:
        kept = [Client(running) for _ in range(3)]
        for client in kept:
            client.send(head + part)
        assert until(lambda: running.server.held >= 900_000)
        with Client(running) as late:
            late.send(head + part)
            status, headers, body = late.answer()
            assert (status, headers["connection"]) == (503, "close")
            assert json.loads(body)["type"] == "error"
            assert late.closed()
        well(running)
        for client in kept:
            client.sock.close()
        assert until(lambda: running.server.held == 0)
        with Client(running) as later:
            later.send(head + part)
            later.send(b"x" * 600_000 + (b"\r\n0\r\n\r\n" if chunked else b""))
            assert later.answer()[0] == 400
        assert running.server.held == 0


def test_clients_beyond_the_cap_get_a_503_and_the_others_their_answers() -> None:
    with Running(most_connections=3) as running:
        kept = [Client(running) for _ in range(3)]
        for client in kept:
            client.send(post(CHAT))
            assert client.answer()[0] == 200
        with Client(running) as late:
            status, headers, body = late.answer()
            assert (status, headers["connection"]) == (503, "close")
            assert json.loads(body)["error"]["message"]
            assert late.closed()
        kept.pop().sock.close()
        assert until(lambda: len(running.server._connections) < 3)
        well(running)
        for client in kept:
            client.sock.close()


@linux
def test_500_clients_that_vanish_leave_no_traceback_and_nothing_behind(
    server: MockServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    well(server)
    assert server._server is not None
    assert until(lambda: not server._server._connections)  # type: ignore[union-attr]
    descriptors, threads = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
    reset = b"\1\0\0\0\0\0\0\0"
    for nth in range(500):
        with Client(server) as client:
            client.send(post({**CHAT, "stream": True}, extra=SLOW))
            if nth % 3:
                client.until(b"data: ")
            if nth % 2:
                client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
    assert until(lambda: not server._server._connections)  # type: ignore[union-attr]
    assert "Traceback" not in caplog.text
    assert len(caplog.text) < 10_000
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors
    assert threading.active_count() == threads
    well(server)


@pytest.mark.parametrize(
    "wire",
    [post(CHAT)[:40], post(CHAT), b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 400, b"\r\n" * 99],
    ids=["head", "body", "chunks", "empty lines"],
)  # fmt: skip
def test_a_byte_now_and_then_does_not_win_time(wire: bytes) -> None:
    with MockServer(timeouts=QUICK) as server, Client(server) as client:
        begun = time.monotonic()
        client.send(wire[:30])
        with contextlib.suppress(ConnectionError):
            for byte in wire[30:-1]:
                client.send(bytes([byte]))
                time.sleep(0.05)
                if time.monotonic() - begun > 4:
                    break
        assert time.monotonic() - begun < 4


def test_a_reader_of_a_byte_now_and_then_is_cut() -> None:
    with MockServer(timeouts=QUICK) as server, Client(server) as client:
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.send(post(LONG))
        assert server._server is not None
        assert until(lambda: bool(server._server._connections))  # type: ignore[union-attr]
        begun = time.monotonic()
        while server._server._connections and time.monotonic() - begun < 5:
            with contextlib.suppress(ConnectionError):
                client.sock.recv(1)
            time.sleep(0.05)
        assert time.monotonic() - begun < 5


def test_a_stalled_reader_is_cut_with_a_reset() -> None:
    with MockServer(timeouts=QUICK) as server, Client(server) as client:
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.send(post({**LONG, "messages": [{"role": "user", "content": "x" * 4_000_000}]}))
        time.sleep(2)
        with pytest.raises(ConnectionResetError):
            client.until(b"data: [DONE]")


@linux
def test_eight_slow_readers_of_a_megabyte_hold_little_memory_and_nobody_up(start: Start) -> None:
    process, url = start()
    held = [Client(_Url(url)) for _ in range(8)]
    well(_Url(url))
    before = _memory(process.pid)
    for client in held:
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.send(post(LONG))
    slowest = 0.0
    for _ in range(20):
        begun = time.monotonic()
        well(_Url(url))
        slowest = max(slowest, time.monotonic() - begun)
    assert _memory(process.pid) - before < 100_000
    assert slowest < 2
    for client in held:
        client.sock.close()


class _Url:
    def __init__(self, url: str) -> None:
        self.url = url


def _memory(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


@linux
def test_running_out_of_descriptors_is_survived_without_a_busy_loop(tmp_path: Path) -> None:
    limited = f"ulimit -n 40 && exec {shlex.quote(sys.executable)} -m mockllm_cli serve --port 0"
    process = subprocess.Popen(
        ["sh", "-c", limited], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    )
    assert process.stdout is not None
    url = process.stdout.readline().decode().split()[-1]
    well(_Url(url))
    held = [Client(_Url(url)) for _ in range(400)]
    time.sleep(0.7)
    # the files that an answer needs for the first time can still be opened
    held[0].send(post({**CHAT, "model": "claude-sonnet-4-6", "max_tokens": 9}, path="/v1/messages"))
    assert held[0].answer()[0] == 200
    held[1].send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
    assert held[1].sock.recv(9)[3] == 4
    before = _ticks(process.pid)
    time.sleep(1.5)
    busy = (_ticks(process.pid) - before) / os.sysconf("SC_CLK_TCK")
    assert busy < 0.5
    for client in held:
        client.sock.close()
    begun = time.monotonic()
    # behind hundreds who came, waited and have gone: a few of them at a time, without a pause in between
    well(_Url(url))
    assert time.monotonic() - begun < 3
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 0
    assert said.count(b"cannot accept a connection: Too many open files; ulimit -n allows more") == 1
    assert b"Traceback" not in said


@linux
def test_a_low_soft_limit_of_descriptors_is_raised(tmp_path: Path) -> None:
    limited = f"ulimit -Sn 40 && exec {shlex.quote(sys.executable)} -m mockllm_cli serve --port 0"
    process = subprocess.Popen(["sh", "-c", limited], stdout=subprocess.PIPE, cwd=tmp_path)
    assert process.stdout is not None
    url = process.stdout.readline().decode().split()[-1]
    held = [Client(_Url(url)) for _ in range(80)]
    for client in held:
        client.send(post(CHAT))
        assert client.answer()[0] == 200
        client.sock.close()
    process.terminate()
    assert process.wait(10) == 0
    process.stdout.close()


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_a_pause_that_ends_while_it_is_looked_at_is_not_slept_through(
    server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[float] = set()

    def waits(answer: Answer) -> bool:
        fresh = answer.due not in seen
        seen.add(answer.due)
        return fresh and answer.due > 0

    monkeypatch.setattr(Answer, "waits", property(waits))
    with Client(server) as client:
        client.send(post({**CHAT, "stream": True}, extra="x-mockllm-delay: 10\r\n"))
        assert client.answer()[2].endswith(b"data: [DONE]\n\n")


# -- TLS -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a server's context and a client's that trusts it."""
    pytest.importorskip("cryptography", reason="the extra 'tls' is not installed")
    from mockllm_cli.server.tls import context, self_signed

    cert, key = self_signed(tmp_path_factory.mktemp("tls"), "127.0.0.1")
    return context(str(cert), str(key)), ssl.create_default_context(cafile=str(cert))


def test_garbage_instead_of_a_handshake_ends_that_connection_only(
    trusted: tuple[ssl.SSLContext, ssl.SSLContext], caplog: pytest.LogCaptureFixture
) -> None:
    with Running(tls=trusted[0]) as running:
        for garbage in (b"\x16\x03\x01\xff\xff" + b"x" * 200, b"\0" * 100, b"\x80\x80" + b"y" * 50, b""):
            with Client(running) as client:
                client.send(garbage)
                with contextlib.suppress(OSError):  # it may have hung up already
                    client.sock.shutdown(socket.SHUT_WR)
                assert client.closed()
        with Client(running) as client:
            client.sock = trusted[1].wrap_socket(client.sock, server_hostname="127.0.0.1")
            client.send(post(LONG))
            assert client.answer()[2].endswith(b"data: [DONE]\n\n")
    assert "Traceback" not in caplog.text


def test_plain_http_to_a_tls_port_is_told_so(trusted: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    with Running(tls=trusted[0]) as running, Client(running) as client:
        client.send(post(CHAT))
        status, _, body = client.answer()
        assert status == 400
        assert "https://" in json.loads(body)["error"]["message"]
        assert client.closed()


def test_a_client_beyond_the_cap_costs_no_busy_loop_while_its_handshake_waits(
    trusted: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    with Running(tls=trusted[0], most_connections=0) as running:
        with Client(running) as silent:
            assert until(lambda: bool(running.server._connections))
            before = time.process_time()
            time.sleep(0.5)
            assert time.process_time() - before < 0.3
            silent.sock.close()
        with Client(running) as client:
            client.sock = trusted[1].wrap_socket(client.sock, server_hostname="127.0.0.1")
            assert client.answer()[0] == 503


def test_http2_is_chosen_by_alpn(trusted: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    httpx = pytest.importorskip("httpx")
    with (
        Running(tls=trusted[0]) as running,
        httpx.Client(
            http2=True, verify=trusted[1], base_url=running.url.replace("http:", "https:")
        ) as client,
    ):
        answers = [client.post("/v1/chat/completions", json=body) for body in (CHAT, LONG)]
        assert [(answer.status_code, answer.http_version) for answer in answers] == [(200, "HTTP/2")] * 2


def test_a_client_that_ends_its_side_of_tls_still_gets_its_answers(
    trusted: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    with Running(tls=trusted[0]) as running, Client(running) as client:
        come, gone = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = trusted[1].wrap_bio(come, gone, server_hostname="127.0.0.1")

        def through(action: Callable[[], Any]) -> Any:
            while True:
                with contextlib.suppress(ssl.SSLWantReadError):
                    return action()
                if told := gone.read():
                    client.send(told)
                come.write(client.sock.recv(65_536))

        through(tls.do_handshake)
        tls.write(post({**CHAT, "stream": True}, extra="x-mockllm-delay: 30\r\n"))
        with contextlib.suppress(ssl.SSLWantReadError):
            tls.unwrap()  # says that there is no more, and would wait for the other side to say so
        client.send(gone.read())
        client.sock.shutdown(socket.SHUT_WR)
        answer = b""
        while not answer.endswith(b"0\r\n\r\n"):
            answer += through(tls.read)
        assert b"data: [DONE]" in answer
        assert client.closed()


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(
    ("said", "answered"),
    [
        (b"", 0),
        (b"POST / HT", 0),
        (post(CHAT), 1),
        (post(CHAT) * 3, 3),
        (post(CHAT) * 200, 200),
        (post(LONG), 1),
        (
            post(
                gzip.compress(json.dumps(LONG).encode() + b" " * 9_000_000),
                extra="content-encoding: gzip\r\n",
            ),
            1,
        ),
        (PREFACE + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0)), 0),
    ],
    ids=["nothing", "half", "one", "three", "many", "stream", "encoded", "http2"],
)
def test_who_ends_tls_and_keeps_the_socket_open_is_left(
    trusted: tuple[ssl.SSLContext, ssl.SSLContext], said: bytes, answered: int, *, together: bool
) -> None:
    with Running(tls=trusted[0]) as running, Client(running) as client:
        come, gone = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = trusted[1].wrap_bio(come, gone, server_hostname="127.0.0.1")
        while True:
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
                break
            client.send(gone.read())
            come.write(client.sock.recv(65_536))
        client.send(gone.read())
        tls.write(said)
        if not together:
            client.send(gone.read())
            time.sleep(0.1)
        with contextlib.suppress(ssl.SSLWantReadError):
            tls.unwrap()
        client.send(gone.read())  # the end of TLS, and no FIN behind it
        client.sock.settimeout(5)
        assert client.closed()
        come.write(client.held)
        heard = b""
        with contextlib.suppress(ssl.SSLError):
            while part := tls.read():
                heard += part
        assert heard.count(b"HTTP/1.1 200 OK") == answered


@pytest.mark.parametrize("streams", [1, 5])
def test_stopping_lets_streams_end_over_tls(
    trusted: tuple[ssl.SSLContext, ssl.SSLContext], caplog: pytest.LogCaptureFixture, streams: int
) -> None:
    with Running(tls=trusted[0]) as running, Http2(running, trust=trusted[1]) as client:
        numbers = [
            client.ask({**CHAT, "stream": True}, extra=(("x-mockllm-delay", "40"),)) for _ in range(streams)
        ]
        while not client.status.keys() >= set(numbers):
            client.take()
        running.server.shutdown()
        # the library of this client takes nothing after a GOAWAY, so read the frames themselves
        rest = b"".join(iter(lambda: client.sock.recv(65_536), b""))
        assert (b"".join(client.bodies.values()) + rest).count(b"[DONE]") == streams
        running.thread.join(5)
    assert caplog.text == ""


# -- signals -------------------------------------------------------------------------------------------------------


def test_sigterm_with_stuck_streams_exits_0_within_its_bound(start: Start) -> None:
    process, url = start()
    held = [Client(_Url(url)) for _ in range(10)]
    for client in held:
        client.send(post({**CHAT, "stream": True}, extra="x-mockllm-delay: 60000\r\n"))
        client.until(b"\r\n\r\n")
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=15)
    assert process.returncode == 0
    assert 2.5 < time.monotonic() - begun < 5
    assert "Traceback" not in said
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", int(url.rpartition(":")[2])))
    for client in held:
        client.sock.close()


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_second_signal_exits_at_once(start: Start, workers: str, second: int) -> None:
    process, url = start("--workers", workers)
    with Client(_Url(url)) as client:
        client.send(post({**CHAT, "stream": True}, extra="x-mockllm-delay: 60000\r\n"))
        client.until(b"\r\n\r\n")
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        begun = time.monotonic()
        process.send_signal(second)
        process.communicate(timeout=15)
        assert time.monotonic() - begun < 1.5


@pytest.mark.parametrize("_", range(5))
def test_a_signal_right_behind_the_announcement_is_heard(start: Start, _: int) -> None:
    process, _url = start()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=15)
    assert process.returncode == 0


@linux
def test_a_signal_to_a_worker_besides_its_parents_cuts_no_answer(start: Start) -> None:
    process, url = start("--workers", "2")
    with Client(_Url(url)) as client:
        client.send(post({**CHAT, "stream": True}, extra=SLOW))
        client.until(b"\r\n\r\n")
        workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(worker), signal.SIGTERM)
        client.until(b"[DONE]")
        process.communicate(timeout=15)
        assert process.returncode == 0


@linux
def test_a_killed_worker_is_started_again_and_a_killed_parent_takes_its_workers_along(start: Start) -> None:
    process, url = start("--workers", "2")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    before = children.read_text().split()
    assert len(before) == 2
    os.kill(int(before[0]), signal.SIGKILL)
    assert until(
        lambda: len(children.read_text().split()) == 2 and before[0] not in children.read_text().split()
    )
    for _ in range(4):
        well(_Url(url))
    workers = [int(pid) for pid in children.read_text().split()]
    time.sleep(1.5)
    assert [int(pid) for pid in children.read_text().split()] == workers
    process.kill()
    assert until(lambda: not any(_alive(pid) for pid in workers), 8)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_sigterm_does_not_wait_for_a_long_answer_that_nobody_will_get(start: Start) -> None:
    process, url = start()
    items = [{"role": "user", "content": "a"}] * 200_000
    with Client(_Url(url)) as client:
        client.send(post({"model": "gpt-5", "input": items}, path="/v1/responses"))
        time.sleep(0.5)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=15)
        assert process.returncode == 0
        assert time.monotonic() - begun < 5
        assert "Traceback" not in said
