"""``mockllm serve`` as a person meets it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import httpx
import pytest
from websockets.sync.client import connect

from mockllm_cli.mock_server import environment
from mockllm_cli.server.tls import self_signed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Start = Callable[..., tuple[subprocess.Popen[str], str]]
    Run = Callable[..., subprocess.CompletedProcess[bytes]]

BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "stream": True}


def ask(url: str, body: object = BODY, *, trust: ssl.SSLContext | None = None) -> bytes:
    request = urllib.request.Request(
        url + "/v1/chat/completions", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30, context=trust) as answer:
        return bytes(answer.read())


def ended(process: subprocess.Popen[str], number: int = signal.SIGINT) -> tuple[int, str]:
    process.send_signal(number)
    _, said = process.communicate(timeout=15)
    return process.returncode, said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_and_stops_cleanly(start: Start, number: int) -> None:
    process, url = start()
    assert b"data: [DONE]" in ask(url)
    code, said = ended(process, number)
    assert code == 0
    assert "POST /v1/chat/completions gpt-4o 200 4 frames" in said
    assert re.search(r"1 answer \(openai-chat 200: 1\), p50 [0-9.]+ ms, p99 [0-9.]+ ms\n", said)
    assert "\x1b" not in said


def test_the_same_seed_gives_the_same_bytes_from_any_process_and_render(start: Start, run: Run) -> None:
    _, one = start("--seed", "7")
    _, two = start("--seed", "7")
    _, other = start("--seed", "8")
    first = ask(one)
    assert first == ask(one) == ask(two)
    assert first != ask(other)
    rendered = run("render", "openai-chat", "-", "--seed", "7", stdin=json.dumps(BODY).encode())
    assert rendered.stdout == first


def test_without_a_seed_ids_and_times_are_fresh_and_the_arguments_are_not(start: Start) -> None:
    _, url = start()
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer"}, "s": {"type": "string"}},
        "required": ["n", "s"],
    }
    body = {
        **BODY,
        "stream": False,
        "tools": [{"type": "function", "function": {"name": "f", "parameters": schema}}],
    }
    first, second = (json.loads(ask(url, body)) for _ in range(2))
    assert first["id"] != second["id"]
    calls = [
        one["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] for one in (first, second)
    ]
    assert calls[0] == calls[1]
    assert abs(first["created"] - time.time()) < 60


def test_the_time_can_be_set(start: Start) -> None:
    _, url = start("--now", "2025-05-05T05:05:05Z")
    assert json.loads(ask(url, {**BODY, "stream": False}))["created"] == 1746421505


def test_a_fixed_reply_replaces_the_echo(start: Start) -> None:
    _, url = start("--reply", "All systems go.")
    answer = json.loads(ask(url, {**BODY, "stream": False}))
    assert answer["choices"][0]["message"]["content"] == "All systems go."


def test_strict_refuses_what_the_provider_does_not_know(start: Start) -> None:
    _, url = start("--strict")
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(url, {**BODY, "temprature": 1})
    with refused.value as answer:
        assert answer.code == 400
        assert "temprature" in json.loads(answer.read())["error"]["message"]


def test_several_workers_share_the_port_and_stop_together(start: Start) -> None:
    process, url = start("--workers", "2")
    for _ in range(8):
        assert b"data: [DONE]" in ask(url)
    assert ended(process)[0] == 0


@pytest.mark.parametrize("first", [(), ("--workers", "2")], ids=["one process", "workers"])
@pytest.mark.parametrize("second", [(), ("--workers", "2")], ids=["one process", "workers"])
def test_the_port_of_a_server_that_ended_is_free_at_once(
    start: Start, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    """The connection of the one before still holds the port for a minute (TIME_WAIT)."""
    process, url = start(*first)
    ask(url)
    assert ended(process)[0] == 0
    _, again = start("--port", url.rpartition(":")[2], *second)
    assert b"data: [DONE]" in ask(again)


def test_a_certificate_made_for_the_run_can_be_trusted(start: Start) -> None:
    pytest.importorskip("cryptography", reason="the extra 'tls' is not installed")
    process, url = start("--tls-self-signed")
    assert url.startswith("https://")
    assert process.stderr is not None
    cert = process.stderr.readline().strip().rpartition("=")[2]
    assert b"data: [DONE]" in ask(url, trust=ssl.create_default_context(cafile=cert))
    assert ended(process)[0] == 0


@pytest.mark.parametrize("options", [(), ("--workers", "2")], ids=["one process", "workers"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_certificate_made_for_the_run_is_gone_after_it(
    start: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    number: signal.Signals,
) -> None:
    pytest.importorskip("cryptography", reason="the extra 'tls' is not installed")
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    process, _ = start("--tls-self-signed", *options)
    assert [one.name for one in folder.glob("mockllm-*/*.pem")]
    process.send_signal(number)
    assert process.wait(10) == 0
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("options", [(), ("--workers", "2")], ids=["one process", "workers"])
def test_a_second_signal_leaves_no_certificate_behind(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    pytest.importorskip("cryptography", reason="the extra 'tls' is not installed")
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    process, url = start("--tls-self-signed", *options)
    (cert,) = folder.glob("mockllm-*/*.pem")
    assert "PRIVATE KEY" not in cert.read_text()
    trust = ssl.create_default_context(cafile=str(cert))
    address = ("127.0.0.1", int(url.rpartition(":")[2]))
    with (
        socket.create_connection(address, timeout=10) as plain,
        trust.wrap_socket(plain, server_hostname="127.0.0.1") as client,
    ):
        data = json.dumps(BODY).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nx-mockllm-delay: 60000\r\nContent-Length: {len(data)}\r\n\r\n"
        client.sendall(head.encode() + data)
        assert client.recv(100)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    assert list(folder.iterdir()) == []


def test_a_thread_at_work_delays_others_little(tmp_path: Path) -> None:
    # how long the loop waits for another thread, and for the collector, is the interpreter's to say
    code = """
import gc, sys
from mockllm_cli import serve
serve._serve = lambda *_: print(sys.getswitchinterval(), gc.get_freeze_count())
serve.serve(serve.Options())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30, cwd=tmp_path)
    turn, frozen = done.stdout.split()
    assert float(turn) <= 0.001
    assert int(frozen) > 10_000


@pytest.mark.parametrize("nth", [1, 2], ids=["to load it", "to show it"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_a_certificate_is_written_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals, nth: int
) -> None:
    pytest.importorskip("cryptography", reason="the extra 'tls' is not installed")
    # at the worst of times: when the folder is there and nobody knows of it yet
    code = f"""
import os, sys, tempfile
made, folders = tempfile.mkdtemp, []
def mkdtemp(*args, **options):
    folders.append(made(*args, **options))
    if len(folders) == {nth}:
        os.kill(os.getpid(), {int(number)})
    return folders[-1]
tempfile.mkdtemp = mkdtemp
sys.argv = ["mockllm", "serve", "--port", "0", "--tls-self-signed"]
from mockllm_cli.__main__ import run
run()
"""
    folder = tmp_path / "temporary"
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        timeout=30,
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert done.returncode in ((0,) if nth == 2 else (-number, 130))
    assert b"Traceback" not in done.stderr
    assert list(folder.iterdir()) == []


def test_a_certificate_made_for_a_run_that_cannot_begin_is_gone_after_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("cryptography", reason="the extra 'tls' is not installed")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("serve", "--tls-self-signed", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("cert", "key", "said"),
    [
        ("none", "key", "cannot use none: No such file or directory; --tls-cert takes a PEM file"),
        ("cert", "none", "cannot use none: No such file or directory; --tls-key takes a PEM file"),
        ("cert", "other", "it is not that of the key other"),
        ("cert", "locked", "the key without a password"),
        ("cert", "junk", "each must be a PEM file"),
        ("junk", "key", "each must be a PEM file"),
        ("cert", None, "without --tls-key, its key"),
    ],
)
def test_certificates_that_cannot_be_used_are_one_line_and_no_question(
    tmp_path: Path, run: Run, cert: str, key: str | None, said: str
) -> None:
    pytest.importorskip("cryptography", reason="the extra 'tls' is not installed")
    from cryptography.hazmat.primitives import serialization as form

    for name in ("other", "cert"):
        made, its_key = self_signed(tmp_path, "localhost")
        made.rename(tmp_path / name)
        its_key.rename(tmp_path / ("key" if name == "cert" else name))
    private = form.load_pem_private_key((tmp_path / "key").read_bytes(), None)
    locked = private.private_bytes(
        form.Encoding.PEM, form.PrivateFormat.TraditionalOpenSSL, form.BestAvailableEncryption(b"abc")
    )
    (tmp_path / "locked").write_bytes(locked)
    (tmp_path / "junk").write_text("junk")
    done = run("serve", "--port", "0", "--tls-cert", cert, *(() if key is None else ("--tls-key", key)))
    assert done.returncode == 1
    assert done.stderr.decode().count("\n") == 1
    assert said in done.stderr.decode()


def test_log_lines_can_be_json(start: Start) -> None:
    process, url = start("--log-format", "json")
    ask(url)
    line = json.loads(ended(process)[1].splitlines()[0])
    assert {"method": "POST", "status": 200, "model": "gpt-4o", "complete": True}.items() <= line.items()


def test_those_who_left_are_in_the_summary_and_not_in_the_lines(start: Start) -> None:
    process, url = start()
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as client:
        data = json.dumps(BODY).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nx-mockllm-delay: 50\r\nContent-Length: {len(data)}\r\n\r\n"
        client.sendall(head.encode() + data)
        client.recv(100)
    time.sleep(0.5)
    said = ended(process)[1]
    assert said.count("\n") == 1
    assert "1 not read to the end" in said


def test_a_full_stderr_that_nobody_reads_does_not_stop_the_server(start: Start) -> None:
    process, url = start()
    line = "GET /v1/" + "x" * 8_000 + " HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=10) as client:
        for _ in range(30):
            client.sendall(line.encode())
            assert client.recv(65_536).startswith(b"HTTP/1.1 404 ")
    assert process.stderr is not None
    assert " 404 " in process.stderr.read(50_000)
    ask(url)
    code, said = ended(process)
    assert code == 0
    assert "lines of this log were not read in time and are lost" in said
    assert "POST /v1/chat/completions gpt-4o 200" in said


def test_verbose_shows_the_frames(start: Start) -> None:
    process, url = start("--verbose")
    ask(url, {**BODY, "messages": [{"role": "user", "content": "wörld"}]})
    frames = [line for line in ended(process)[1].splitlines() if " INFO " in line][:4]
    assert all(line[9:].startswith("INFO data: ") for line in frames)
    assert '"content":"wörld"' in frames[1]
    assert frames[3].endswith("INFO data: [DONE]\\n\\n")


def test_verbose_shows_the_payload_of_a_binary_frame(start: Start) -> None:
    process, url = start("--verbose")
    body = json.dumps({"messages": [{"role": "user", "content": [{"text": "wörld"}]}]}).encode()
    with urllib.request.urlopen(f"{url}/model/amazon.nova-pro-v1:0/converse-stream", body) as answer:
        answer.read()
    assert '"delta":{"text":"wörld"}' in ended(process)[1]


def test_the_log_tells_why_a_client_that_would_speak_tls_gets_no_answer(start: Start) -> None:
    process, url = start()
    with pytest.raises(urllib.error.URLError, match=r"(?i)wrong.version.number"):
        ask(url.replace("http:", "https:"))
    said = ended(process)[1]
    assert "WARNING This port speaks no TLS: its URL begins with http://, not https://." in said


@pytest.mark.skipif(os.name != "posix", reason="a terminal of POSIX")
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
@pytest.mark.parametrize("options", [(), ("--tls-self-signed",)], ids=["http", "https"])
def test_what_a_terminal_shows_can_be_copied(options: tuple[str, ...]) -> None:
    pytest.importorskip("cryptography", reason="the extra 'tls' is not installed")
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "mockllm_cli", "serve", "--port", "0", *options]
    process = subprocess.Popen(command, stdout=theirs, stderr=subprocess.PIPE, text=True)
    os.close(theirs)
    with os.fdopen(ours, encoding="utf-8") as terminal:
        shown = list(iter(lambda: terminal.readline().rstrip("\n"), "Ctrl-C stops it."))
        (curl,) = (line for line in shown if line.startswith("curl "))
        exports = ";".join(line for line in shown if line.startswith("export "))
        answer = subprocess.run(["bash", "-c", curl], capture_output=True, text=True, timeout=30)
        assert answer.stdout.endswith("data: [DONE]\n\n")
        done = subprocess.run(
            ["bash", "-c", f"{exports}; env"], capture_output=True, text=True, timeout=30, env={}
        )
        url = shown[0].removeprefix("mockllm listening on ")
        assert environment(url).items() <= dict(line.split("=", 1) for line in done.stdout.split()).items()
        assert ended(process)[0] == 0


def test_quiet_says_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mockllm_cli", "serve", "--quiet", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        for _ in range(200):
            with contextlib.suppress(urllib.error.URLError):
                assert b"data: [DONE]" in ask(f"http://127.0.0.1:{port}")
                break
            time.sleep(0.05)
        else:
            pytest.fail("it never answered")
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=15) == (b"", b"")
        assert process.returncode == 0


def test_no_library_tells_the_log_what_it_sees(start: Start) -> None:
    # hpack's debugging has every header of a request in it, websockets' every frame
    process, url = start("--log-level", "debug")
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
    keys = {"authorization": "Bearer sk-header", "x-team": "blue"}
    with httpx.Client(http1=False, http2=True, trust_env=False) as client:
        told = client.post(url + "/v1/chat/completions?key=sk-query", headers=keys, json=body)
        assert (told.status_code, told.http_version) == (200, "HTTP/2")
    with connect(url.replace("http", "ws") + "/v1/responses", additional_headers=keys) as talk:
        talk.send(json.dumps({"type": "response.create", "model": "gpt-4o", "input": "in confidence"}))
        talk.recv(timeout=30)
    said = ended(process)[1]
    assert "openai-chat whole, query 'key=REDACTED'" in said
    assert "/v1/responses" in said
    for secret in ("sk-", "x-team", "blue", "confidence"):
        assert secret not in said


def test_keys_and_headers_are_never_logged(start: Start) -> None:
    process, url = start("--log-level", "debug")
    request = urllib.request.Request(
        url + "/v1beta/models/gemini-2.5-flash:generateContent?key=sk-query",
        json.dumps({"contents": [{"parts": [{"text": "hi"}]}]}).encode(),
        {
            "authorization": "Bearer sk-header",
            "x-api-key": "sk-key",
            "x-goog-api-key": "sk-goog",
            "x-team": "blue",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200
    said = ended(process)[1]
    assert "generateContent" in said
    assert "google-genai whole, query 'key=REDACTED', 43 bytes asked" in said
    assert "sk-" not in said
    assert "x-team" not in said
    assert "blue" not in said


def test_a_taken_port_is_one_line_with_the_remedy(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert done.stderr.decode().count("\n") == 1
    assert "choose another with --port" in done.stderr.decode()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_two_servers_with_workers_do_not_share_a_port(start: Start, run: Run, workers: str) -> None:
    _, url = start("--workers", "2")
    done = run("serve", "--port", url.rpartition(":")[2], "--workers", workers, timeout=15)
    assert done.returncode == 1
    assert "is taken by another process" in done.stderr.decode()


@pytest.mark.parametrize(
    "arguments",
    [("--port", "70000"), ("--port", "abc"), ("--now", "yesterday"), ("--tls-key", "x"), ("--tls-self-signed", "--tls-cert", "x"), ("--host", "256.0.0.1"), ("--host", "é..x"), ("--host", "é..x", "--workers", "2"), ("--host", "é.invalid"), ("--host", "a..b"),
     ("--host", ""),
     ("--tls-cert", "/nowhere.pem"), ("--workers", "0"), ("--delay", "-1")],
    ids=" ".join,
)  # fmt: skip
def test_a_wrong_option_is_a_clear_error_and_no_traceback(run: Run, arguments: tuple[str, ...]) -> None:
    done = run("serve", *arguments)
    assert done.returncode in (1, 2)
    assert done.stdout == b""
    assert b"Traceback" not in done.stderr
    assert done.stderr.strip()
