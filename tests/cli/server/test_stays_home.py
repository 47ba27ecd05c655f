"""The server calls nobody, opens nothing that a request names, and listens to this machine alone unless told."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cli.server.test_wire import CHAT, Client, post

from mockllm_cli import MockServer
from mockllm_core.reply import Reply, Text

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

CANARY = "mockllm-canary"


class _Watch:
    """What the threads of a server connect to, look up and open; an audit hook cannot be taken back, so it is put to sleep."""

    def __init__(self) -> None:
        self.awake = False
        self.seen: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, details: tuple[Any, ...]) -> None:
        if not self.awake or threading.current_thread() is threading.main_thread():
            return
        calls = event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.exec")
        if calls or (event == "open" and CANARY in str(details[0])):
            self.seen.append(f"{event} {details}")


@pytest.fixture(scope="module")
def watch() -> _Watch:
    return _Watch()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        yield listening


def chat(part: Any) -> tuple[str, Any]:
    said = [{"role": "user", "content": [{"type": "text", "text": "x"}, part]}]
    return "/v1/chat/completions", {"model": "gpt-4o", "messages": said}


def responses(part: Any) -> tuple[str, Any]:
    said = [{"role": "user", "content": [{"type": "input_text", "text": "x"}, part]}]
    return "/v1/responses", {"model": "gpt-4o", "input": said}


def messages(part: Any) -> tuple[str, Any]:
    said = [{"role": "user", "content": [{"type": "text", "text": "x"}, part]}]
    return "/v1/messages", {"model": "claude-sonnet-4-6", "max_tokens": 99, "messages": said}


def asked(url: str) -> list[tuple[str, Any]]:
    """Return requests that name a place in every way that an API has."""
    mcp = {"type": "mcp", "server_label": "s", "server_url": url, "require_approval": "never"}
    file = {"fileData": {"mimeType": "image/png", "fileUri": url}}
    s3 = {"image": {"format": "png", "source": {"s3Location": {"uri": f"s3://{CANARY}/x.png"}}}}
    return [
        chat({"type": "image_url", "image_url": {"url": url}}),
        responses({"type": "input_image", "image_url": url}),
        responses({"type": "input_file", "file_url": url}),
        ("/v1/responses", {"model": "gpt-4o", "input": url, "tools": [mcp]}),
        messages({"type": "image", "source": {"type": "url", "url": url}}),
        messages({"type": "document", "source": {"type": "url", "url": url}}),
        ("/model/amazon.nova-pro-v1:0/converse", {"messages": [{"role": "user", "content": [{"text": "x"}, s3]}]}),
        ("/v1beta/models/gemini-2.5-flash:generateContent", {"contents": [{"role": "user", "parts": [{"text": "x"}, file]}]}),
        (f"/v1/models/..%2f..%2f{CANARY}", {}),
        (f"/../../../tmp/{CANARY}", {}),
    ]  # fmt: skip


def test_no_place_that_a_request_names_is_visited(watch: _Watch, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with MockServer() as server, Client(server) as client:
        watch.awake = True
        for url in (f"http://127.0.0.1:{port}/{CANARY}.png", f"file:///tmp/{CANARY}", f"/tmp/{CANARY}"):
            for path, body in asked(url):
                client.send(post(body, path=path))
                status, _, said = client.answer()
                assert status < 500
                # an API refuses some of these forms, but none for what would be found there
                assert status == 200 or json.loads(said)
        watch.awake = False
    assert watch.seen == []
    with pytest.raises(TimeoutError):
        listener.accept()


def test_the_watch_would_have_seen_it(watch: _Watch, listener: socket.socket) -> None:
    def responder(_: object) -> Reply:
        with socket.create_connection(listener.getsockname()), contextlib.suppress(OSError):
            Path(f"/nowhere/{CANARY}").read_text()
        return Reply(blocks=(Text.of("done"),))

    with MockServer(responder=responder) as server, Client(server) as client:
        watch.awake = True
        client.send(post(CHAT))
        assert client.answer()[0] == 200
        watch.awake = False
    seen = [one.partition(" ")[0] for one in watch.seen]
    watch.seen.clear()
    assert {"socket.connect", "open"} <= set(seen)


def test_it_listens_on_loopback_alone(start: Callable[..., tuple[subprocess.Popen[str], str]]) -> None:
    port = int(start()[1].rpartition(":")[2])
    socket.create_connection(("127.0.0.1", port), 5).close()
    # all of 127/8 is this machine; a server on every address would answer there, too
    with pytest.raises(OSError, match=r"refused|timed out"):
        socket.create_connection(("127.0.0.2", port), 1)
