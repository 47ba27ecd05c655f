"""Nothing is served over WebSockets: the openai package is told so in the provider's form."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import openai
import pytest
from openai.types.realtime import RealtimeErrorEvent
from websockets.exceptions import ConnectionClosedError, InvalidStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sdk.cases import Run

# the package was made for an older websockets
pytestmark = pytest.mark.filterwarnings(r"ignore:connect\(\) must be used:DeprecationWarning")

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
        (lambda client: client.live.connect(), 404, "Invalid URL (GET /v1/live/sessions)"),
        (lambda client: client.responses.connect(), 426, "Upgrade Required"),
    ],
    ids=["live", "responses"],
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


def _closed(connection: Any) -> tuple[Any, int, str]:
    """Return the one event that comes, and how the connection is closed."""
    with connection as opened:
        event = opened.recv()
        with pytest.raises(ConnectionClosedError) as closed:
            opened.recv()
    frame = closed.value.rcvd
    assert frame is not None
    assert closed.value.rcvd_then_sent
    return event, frame.code, frame.reason


@pytest.mark.parametrize(
    ("model", "code", "reason"),
    [
        ("gpt-realtime", 4004, "model_not_found"),
        ("gpt-4o", 4000, "invalid_model"),
        ("mock-error-authentication", 3000, "invalid_api_key"),
    ],
)
def test_realtime_says_why_it_closes(client: openai.OpenAI, model: str, code: int, reason: str) -> None:
    event, got, said = _closed(client.realtime.connect(model=model))
    assert isinstance(event, RealtimeErrorEvent)
    assert event.event_id.startswith("event_")
    assert (event.error.type, event.error.code) == ("invalid_request_error", reason)
    assert (got, said) == (code, f"invalid_request_error.{reason}")


def test_realtime_closes_on_the_async_client(url: str, run: Run) -> None:
    async def ask() -> None:
        async with (
            openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k") as client,
            client.realtime.connect(model="gpt-realtime") as opened,
        ):
            assert (await opened.recv()).type == "error"
            await opened.recv()

    with pytest.raises(ConnectionClosedError) as closed:
        run(ask())
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4004


def test_an_error_reaches_who_listens(client: openai.OpenAI) -> None:
    heard: list[Any] = []
    with client.realtime.connect(model="gpt-realtime") as opened:
        opened.on("error", heard.append)
        with pytest.raises(ConnectionClosedError):
            opened.dispatch_events()
    assert [event.error.code for event in heard] == ["model_not_found"]


def test_translations_are_refused_alike(client: openai.OpenAI) -> None:
    event, code, _ = _closed(client.realtime.translations.connect(model="gpt-realtime-translate"))
    assert (event.error.code, code) == ("model_not_found", 4004)


def test_the_beta_is_no_longer_spoken(url: str) -> None:
    place = url.replace("http", "ws")
    with openai.OpenAI(base_url=f"{url}/v1", websocket_base_url=f"{place}/v1", api_key="k") as client:
        event, code, reason = _closed(client.beta.realtime.connect(model="gpt-realtime"))
    assert event.error.message.startswith("The Realtime Beta API is no longer supported.")
    assert (code, reason) == (4000, "invalid_request_error.beta_api_shape_disabled")


@pytest.mark.parametrize("path", ["/openai/realtime", "/openai/v1/realtime"])
def test_azure_has_no_such_deployment(url: str, path: str) -> None:
    place = f"{url.replace('http', 'ws')}{path.removesuffix('/realtime')}"
    version = "2025-04-01-preview"
    client = openai.AzureOpenAI(
        azure_endpoint=url, websocket_base_url=place, api_key="k", api_version=version
    )
    connecting = client.realtime.connect(model="gpt-realtime")
    with client, pytest.raises(InvalidStatus) as refused:
        connecting.enter()
    assert refused.value.response.status_code == 404
    told = json.loads(refused.value.response.body or b"")
    assert told["error"]["code"] == "DeploymentNotFound"


@pytest.mark.parametrize(
    "path",
    [
        "/openai/deployments/gpt-realtime/realtime?api-version=2025-04-01-preview",
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
