"""Google's own client reads our bytes: its types chunk by chunk, and its client without a server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from core.protocols.google_genai_case import (
    NEW,
    NOW,
    OLD,
    STAMP,
    THINK,
    TOOLS,
    answer,
    call_for,
    chunks,
    path_of,
    request,
    turn_for,
)
from google import genai
from google.genai import errors, types

from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpRequest
from mockllm_core.protocols.google_genai import PROTOCOL
from mockllm_core.reply import ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.protocol import Call

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

PATHS = [
    path_of(model, method=method, vertex=vertex) + query
    for model in (OLD, NOW, NEW)
    for vertex in (False, True)
    for method, query in (
        ("streamGenerateContent", "?alt=sse"),
        ("streamGenerateContent", ""),
        ("generateContent", ""),
    )
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", [request(), request(tools=TOOLS)], ids=["text", "tool"])
def test_googles_types_take_every_chunk_and_know_every_key(path: str, body: Any) -> None:
    for chunk in chunks(answer(body, path)):
        chunk["usageMetadata"].pop(
            "serviceTier", None
        )  # recorded, yet the SDK's type of it has no such field
        told = types.GenerateContentResponse.model_validate(chunk)
        assert told.candidates
        assert told.candidates[0].content
        known = told.model_dump(exclude_none=True, mode="json", by_alias=True)
        assert set(chunk) <= set(known)
        assert set(chunk["candidates"][0]) <= set(known["candidates"][0])


def understood(request_: httpx.Request, path: str) -> Call:
    if "mock-error" in path:
        raise ApiError("rate_limit", "", model=NOW)
    return call_for(json.loads(request_.content), path)


def handler(request_: httpx.Request) -> httpx.Response:
    """Answer as a server would, from the request alone."""
    path = request_.url.raw_path.decode()
    try:
        call = understood(request_, path)
    except ApiError as error:
        asked = HttpRequest(method="POST", path=path.partition("?")[0], query=path.partition("?")[2])
        refused = PROTOCOL.error(error, asked, STAMP)
        return httpx.Response(refused.status, headers=list(refused.headers), content=refused.body)
    turn = turn_for(call)
    headers = list(PROTOCOL.headers(turn, call, STAMP))
    if call.stream:
        wire = b"".join(frame.wire for frame in PROTOCOL.stream(turn, call, STAMP))
        return httpx.Response(200, headers=headers, content=wire)
    return httpx.Response(200, headers=headers, content=PROTOCOL.whole(turn, call, STAMP))


@pytest.fixture(scope="module")
def client() -> genai.Client:
    http = httpx.Client(transport=httpx.MockTransport(handler))
    options = types.HttpOptions(base_url="http://mock.test", httpx_client=http)
    return genai.Client(api_key="k", http_options=options)


@pytest.mark.parametrize("model", [OLD, NOW, NEW])
def test_the_client_streams_and_reads_whole(client: genai.Client, model: str) -> None:
    said = "Hello there, this is rather a long text, so that it comes in pieces. <&> é \U0001f600"
    streamed = list(client.models.generate_content_stream(model=model, contents=said))
    assert "".join(chunk.text or "" for chunk in streamed) == said
    assert streamed[-1].usage_metadata
    whole = client.models.generate_content(model=model, contents=said)
    assert whole.text == said
    assert whole.usage_metadata
    assert whole.usage_metadata.total_token_count == streamed[-1].usage_metadata.total_token_count
    assert whole.model_version == model


def get_weather(city: str) -> str:
    """Return the weather in a city."""
    return f"It rains in {city}."


@pytest.mark.parametrize("model", [OLD, NOW, NEW, "gemini-3-pro-preview"])
def test_the_clients_tool_loop_ends(client: genai.Client, model: str) -> None:
    config = types.GenerateContentConfig(tools=[get_weather])
    told = client.models.generate_content(model=model, contents="Weather?", config=config)
    assert told.text == "Weather?"
    history = told.automatic_function_calling_history or []
    assert [content.role for content in history] == ["user", "model", "user"]


def test_thoughts_and_structure_reach_the_client(client: genai.Client) -> None:
    config = types.GenerateContentConfig(
        thinking_config=types.ThinkingConfig(include_thoughts=True),
        response_mime_type="application/json",
        response_json_schema={"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
    )
    told = client.models.generate_content(model=NEW, contents="A number.", config=config)
    assert told.candidates
    assert told.candidates[0].content
    assert told.candidates[0].content.parts
    assert told.candidates[0].content.parts[0].thought
    assert isinstance(json.loads(told.text or "")["n"], int)
    assert told.usage_metadata
    assert told.usage_metadata.thoughts_token_count
    assert THINK


@pytest.mark.parametrize(
    "use",
    [
        lambda client, model: client.models.generate_content(model=model, contents="x"),
        lambda client, model: list(client.models.generate_content_stream(model=model, contents="x")),
    ],
)
def test_the_client_raises_its_own_error(
    client: genai.Client, use: Callable[[genai.Client, str], Any]
) -> None:
    with pytest.raises(errors.ClientError) as caught:
        use(client, "mock-error-rate_limit")
    assert caught.value.code == 429
    assert caught.value.status == "RESOURCE_EXHAUSTED"


def test_the_client_notices_an_error_inside_a_stream() -> None:
    def fails(request_: httpx.Request) -> httpx.Response:
        call = call_for(json.loads(request_.content), request_.url.raw_path.decode())
        turn = turn_for(call, ToolCall(name="f", arguments={}))
        frames = [next(iter(PROTOCOL.stream(turn, call, STAMP)))]
        frames += PROTOCOL.fail(ApiError("unavailable", "Gone."), call, turn, STAMP, 1)
        return httpx.Response(
            200, headers=list(PROTOCOL.headers(turn, call, STAMP)), content=b"".join(f.wire for f in frames)
        )

    http = httpx.Client(transport=httpx.MockTransport(fails))
    failing = genai.Client(
        api_key="k", http_options=types.HttpOptions(base_url="http://mock.test", httpx_client=http)
    )
    with pytest.raises(errors.ServerError, match="Gone"):
        list(failing.models.generate_content_stream(model=NEW, contents="x"))
