"""What is not there, what may not be done there, and what web pages may do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cli.server.test_hardness import Running
from cli.server.test_wire import CHAT, Client, post

from mockllm_cli import MockServer

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUTES = [
    ("/v1/chat/completions", "/v1/chat/nothing", lambda body: body["error"]["message"]),
    ("/v1/responses", "/v1/responses-nothing", lambda body: body["error"]["message"]),
    ("/v1/messages", "/v1/messages/nothing/at/all", lambda body: body["error"]["message"] and body["type"] == "error"),
    ("/model/m/converse", "/model/m/nothing", lambda body: "message" in body or "Message" in body),
    ("/v1beta/models/g:generateContent", "/v1beta/nothing", lambda body: body["error"]["status"]),
]  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


def ask(server: Any, method: str, path: str, extra: str = "") -> tuple[int, dict[str, str], bytes]:
    with Client(server) as client:
        client.send(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{extra}Content-Length: 0\r\n\r\n".encode())
        return client.answer()


@pytest.mark.parametrize(("path", "missing", "shaped"), ROUTES)
def test_another_method_is_405_with_allow_in_the_providers_form(
    server: MockServer, path: str, missing: str, shaped: Any
) -> None:
    for method in ("PUT", "DELETE", "PATCH", "BREW"):
        status, headers, body = ask(server, method, path)
        assert status == 405
        # a Gemini method's path is also that of a model of such a name
        assert headers["allow"] in {"OPTIONS, POST", "GET, HEAD, OPTIONS, POST"}
        if body:
            json.loads(body)


@pytest.mark.parametrize(("path", "missing", "shaped"), ROUTES)
def test_what_is_not_there_is_404_in_the_providers_form(
    server: MockServer, path: str, missing: str, shaped: Any
) -> None:
    status, headers, body = ask(server, "POST", missing)
    assert status == 404
    if path.startswith("/model/"):  # AWS has no JSON for it
        assert body == b"<UnknownOperationException/>\n"
        return
    assert headers["content-type"].startswith("application/json")
    assert shaped(json.loads(body))


@pytest.mark.parametrize(("path", "missing", "shaped"), ROUTES)
def test_a_body_too_large_is_413_in_the_providers_form(
    server: MockServer, path: str, missing: str, shaped: Any
) -> None:
    with Client(server) as client:
        client.send(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n".encode())
        status, _, body = client.answer()
        assert status == 413
        assert shaped(json.loads(body))


def test_gemini_tells_the_status_of_the_answer_in_its_body(server: MockServer) -> None:
    path, coded = "/v1beta/models/g:generateContent", "Content-Encoding: br\r\n"
    for extra, expected in ((coded, 415), (f"A: {'x' * 70_000}\r\n", 431), ("Expect: tea\r\n", 417)):
        with Client(server) as client:
            client.send(f"POST {path} HTTP/1.1\r\nHost: x\r\n{extra}Content-Length: 2\r\n\r\n{{}}".encode())
            status, _, body = client.answer()
        assert (status, json.loads(body)["error"]["code"]) == (expected, expected)


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("PUT", "/v1/models/g:generateContent", "status"),
        ("PUT", "/v1/models/gpt-4o", "param"),
        ("POST", "//v1beta/models/g:nothing", "status"),
        ("POST", "//v1/chat/completions", "param"),
    ],
)
def test_the_form_is_that_of_the_closest_path(server: MockServer, method: str, path: str, key: str) -> None:
    status, _, body = ask(server, method, path)
    assert status in {404, 405}
    assert key in json.loads(body)["error"]


@pytest.mark.parametrize(("path", "missing", "shaped"), ROUTES)
def test_options_tells_the_methods_and_nothing_to_web_pages(
    server: MockServer, path: str, missing: str, shaped: Any
) -> None:
    status, headers, body = ask(server, "OPTIONS", path, "Origin: http://page\r\n")
    assert (status, body) == (204, b"")
    assert headers["allow"] in {"OPTIONS, POST", "GET, HEAD, OPTIONS, POST"}
    assert not [name for name in headers if name.startswith("access-control-allow")]
    assert "content-length" not in headers


def test_options_of_the_server_tells_all_methods(server: MockServer) -> None:
    status, headers, body = ask(server, "OPTIONS", "*")
    assert (status, headers["allow"], body) == (204, "DELETE, GET, HEAD, OPTIONS, POST", b"")


def test_web_pages_may_call_when_that_was_asked_for() -> None:
    with Running(cors=True) as running:
        asked = "Origin: http://page\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: x-a\r\n"
        status, headers, _ = ask(running, "OPTIONS", "/v1/messages", asked)
        assert (status, headers["access-control-allow-origin"]) == (204, "*")
        assert headers["access-control-allow-headers"] == "x-a"
        with Client(running) as client:
            client.send(post(CHAT, extra="Origin: http://page\r\n"))
            assert client.answer()[1]["access-control-allow-origin"] == "*"
