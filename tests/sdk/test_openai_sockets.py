"""WebSockets are not spoken: the openai package's handshakes are refused in the provider's form."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import openai
import pytest
from websockets.exceptions import InvalidStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HANDSHAKE = (
    "GET {} HTTP/1.1\r\nhost: {}\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="k") as made:
        yield made


@pytest.mark.parametrize(
    ("connect", "status", "message"),
    [
        (lambda client: client.realtime.connect(model="gpt-realtime"), 404, "Invalid URL (GET /v1/realtime)"),
        (lambda client: client.live.connect(), 404, "Invalid URL (GET /v1/live/sessions)"),
        (lambda client: client.responses.connect(), 426, "Upgrade Required"),
    ],
    ids=["realtime", "live", "responses"],
)
def test_a_handshake_is_refused(
    client: openai.OpenAI, connect: Callable[[openai.OpenAI], Any], status: int, message: str
) -> None:
    with pytest.raises(InvalidStatus) as refused, ExitStack() as held:
        held.enter_context(connect(client))
    response = refused.value.response
    assert response.status_code == status
    assert response.reason_phrase
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    assert json.loads(response.body or b"") == {"error": error}


@pytest.mark.parametrize(
    "path",
    [
        "/openai/realtime?api-version=2025-04-01-preview&deployment=gpt-4o-realtime",
        "/openai/v1/realtime?model=gpt-realtime",
        "/openai/v1/responses",
        "/openai/responses?api-version=2025-04-01-preview",
    ],
)
def test_azures_gateway_has_no_such_resource(url: str, path: str) -> None:
    # its client speaks wss only
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=10) as raw:
        raw.sendall(HANDSHAKE.format(path, place.netloc).encode())
        answer = raw.recv(65536)
        while b"}}" not in answer:
            answer += raw.recv(65536)
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert answer.endswith(b'{"error":{"code":"404","message":"Resource not found"}}')


def test_what_is_no_handshake_is_the_wrong_method(client: openai.OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as refused:
        client.get("/responses", cast_to=object)
    assert refused.value.status_code == 405
