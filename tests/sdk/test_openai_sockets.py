"""WebSockets by the openai package: Responses are served on them, all else is refused in the provider's form."""

from __future__ import annotations

import asyncio
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
    from collections.abc import Iterator

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


def test_a_handshake_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(InvalidStatus) as refused, ExitStack() as held:
        held.enter_context(client.live.connect())
    response = refused.value.response
    assert response.status_code == 404
    assert response.reason_phrase
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    message = "Invalid URL (GET /v1/live/sessions)"
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


def test_azure_opens_a_socket_for_responses(url: str) -> None:
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=10) as raw:
        raw.sendall(HANDSHAKE.format("/openai/v1/responses", place.netloc).encode())
        assert raw.recv(65536).startswith(b"HTTP/1.1 101 ")


def _finished(connection: Any) -> Any:
    """Return the response that the next answer ends with."""
    for event in connection:
        assert event.type != "error", event
        if event.type == "response.completed":
            return event.response
    raise AssertionError("closed before the end")


def test_responses_go_on_over_one_socket(client: openai.OpenAI) -> None:
    function: Any = {
        "type": "function",
        "name": "get_test_results",
        "parameters": {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
        "strict": True,
    }
    asked: dict[str, Any] = {"model": "gpt-5.2", "store": False, "tools": [function], "stream_id": "main"}
    with client.responses.connect() as opened:
        opened.response.create(input="Find the failing test.", **asked)
        first = _finished(opened)
        (call,) = first.output
        assert (call.type, call.name, call.arguments) == ("function_call", "get_test_results", "{}")
        result: Any = [{"type": "function_call_output", "call_id": call.call_id, "output": "15 fails"}]
        opened.response.create(input=result, previous_response_id=first.id, **asked)
        assert _finished(opened).output_text == "Find the failing test."


def test_events_of_lanes_are_told_apart(client: openai.OpenAI) -> None:
    with client.responses.connect() as opened:
        for lane in ("planner", "research"):
            opened.response.create(model="gpt-5.2", input=f"I am {lane}", stream_id=lane)
        said: dict[str | None, str] = {}
        for event in opened:
            if event.type == "response.completed":
                said[event.stream_id] = event.response.output_text
                if len(said) == 2:
                    break
    assert said == {"planner": "I am planner", "research": "I am research"}


def test_an_error_is_the_packages_own(client: openai.OpenAI) -> None:
    with client.responses.connect() as opened:
        opened.response.create(model="gpt-5.2", input="hi", previous_response_id="resp_abc", stream_id="main")
        event: Any = opened.recv()
        assert (event.type, event.status, event.stream_id) == ("error", 400, "main")
        assert event.error.code == "previous_response_not_found"
        assert event.error.message == "Previous response with id 'resp_abc' not found."
        opened.response.create(model="gpt-5.2", input="still open")
        assert _finished(opened).output_text == "still open"


def test_an_answer_is_prepared(client: openai.OpenAI) -> None:
    with client.responses.connect() as opened:
        opened.response.create(model="gpt-5.2", input=[], instructions="Be brief", generate=False)
        prepared = _finished(opened)
        assert (prepared.output, prepared.usage.output_tokens) == ([], 0)
        opened.response.create(model="gpt-5.2", input="now", previous_response_id=prepared.id)
        assert _finished(opened).output_text == "now"


async def _talked(url: str) -> list[str]:
    async with (
        openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k") as client,
        client.responses.connect() as opened,
    ):
        said = []
        for text in ("one", "two"):
            await opened.response.create(model="gpt-5.2", input=text)
            async for event in opened:
                if event.type == "response.completed":
                    said.append(event.response.output_text)
                    break
        return said


def test_responses_go_on_asynchronously(url: str) -> None:
    assert asyncio.run(_talked(url)) == ["one", "two"]


def test_what_is_no_handshake_is_the_wrong_method(client: openai.OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as refused:
        client.get("/responses", cast_to=object)
    assert refused.value.status_code == 405


@pytest.mark.parametrize("delay", ["0", "10"])
def test_the_guides_example_of_steering_ends(url: str, run: Run, delay: str) -> None:
    more = "Keep the scope small enough for one developer to finish in two weeks."

    async def ask() -> tuple[str, list[str]]:
        first = second = ""
        seen: list[str] = []
        headers = {"x-mockllm-delay": delay}
        async with (
            openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", default_headers=headers) as client,
            client.responses.connect() as connection,
        ):
            await connection.response.create(model="gpt-6-astra", input="Draft a project plan.")
            async for event in connection:
                seen.append(event.type)
                if event.type == "response.created":
                    if first:
                        second = event.response.id
                    else:
                        first = event.response.id
                        await connection.response.steer(previous_response_id=first, input=more)
                elif event.type == "response.completed" and event.response.id == second:
                    return event.response.output_text, seen
        return "", seen

    said, seen = run(ask())
    assert said == more
    assert (
        seen.index("response.steer.accepted")
        < [at for at, one in enumerate(seen) if one == "response.created"][1]
    )
    if delay != "0":
        assert seen.index("response.steer.accepted") < seen.index("response.completed")
