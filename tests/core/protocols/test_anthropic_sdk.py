"""The official SDK reads our bytes: its own parser and accumulator over a transport without a network."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import httpx2 as httpx
import pytest
from core.protocols.anthropic_case import STAMP, TOOL

from mockllm_core.contract import check
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpRequest, HttpResponse
from mockllm_core.hosts import anthropic_vertex
from mockllm_core.plan import plan
from mockllm_core.protocol import Incoming, WireProtocol
from mockllm_core.protocols.anthropic_messages import PROTOCOL
from mockllm_core.responders import respond
from mockllm_core.routing import match

MODEL = "claude-haiku-4-5-20251001"
HELLO: Any = [{"role": "user", "content": "Hello, Claude! — naïve 日本 🎉"}]
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


def answered(protocol: WireProtocol, http: HttpRequest, given: Any) -> HttpResponse:
    """Answer one request as the engine does; a stream is one body."""
    params, endpoint = next(
        (params, endpoint)
        for endpoint in protocol.endpoints
        if (params := match(endpoint.path, http.path)) is not None and endpoint.method == http.method
    )
    complaint = check(endpoint.contract, given) if endpoint.contract else None
    if complaint is not None:
        raise protocol.complain(complaint)
    incoming = Incoming(http=http, params=params, body=given)
    if endpoint.answer is not None:
        return endpoint.answer(incoming, STAMP)
    asked = protocol.parse(incoming, endpoint)
    kind: Any = asked.model.removeprefix("mock-error-")
    if kind != asked.model:
        raise ApiError(kind, "", model=asked.model)
    turn = plan([respond(asked.conversation)], asked.conversation, protocol.cut)
    if asked.stream:
        wire = b"".join(frame.wire for frame in protocol.stream(turn, asked, STAMP))
    else:
        wire = protocol.whole(turn, asked, STAMP)
    return HttpResponse(status=200, headers=protocol.headers(turn, asked, STAMP), body=wire)


def transport(protocol: WireProtocol = PROTOCOL) -> httpx.MockTransport:
    """Return a transport that answers as the engine would, without a server."""

    def answer(request: httpx.Request) -> httpx.Response:
        http = HttpRequest(
            method=request.method,
            path=request.url.raw_path.decode().partition("?")[0],
            query=request.url.query.decode(),
            headers=dict(request.headers),
        )
        try:
            found = answered(protocol, http, json.loads(request.content) if request.content else None)
        except ApiError as error:
            found = protocol.error(error, http, STAMP)
        return httpx.Response(found.status, headers=list(found.headers), content=found.body or b"")

    return httpx.MockTransport(answer)


@pytest.fixture
def client() -> Any:
    with anthropic.Anthropic(
        api_key="k", max_retries=0, http_client=httpx.Client(transport=transport())
    ) as made:
        yield made


def test_a_whole_answer_is_a_message(client: anthropic.Anthropic) -> None:
    message = client.messages.create(model=MODEL, max_tokens=99, messages=HELLO)
    assert message.content[0].type == "text"
    assert message.content[0].text == HELLO[0]["content"]
    assert (message.stop_reason, message.model) == ("end_turn", MODEL)
    assert message.usage.input_tokens > 0
    assert message.usage.output_tokens > 0
    assert (message._request_id or "").startswith("req_01")


def test_a_stream_accumulates_to_the_whole_answer(client: anthropic.Anthropic) -> None:
    with client.messages.stream(model=MODEL, max_tokens=99, messages=HELLO) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == HELLO[0]["content"]
    whole = client.messages.create(model=MODEL, max_tokens=99, messages=HELLO)
    assert [block.to_dict() for block in final.content] == [block.to_dict() for block in whole.content]
    assert final.usage.output_tokens == whole.usage.output_tokens
    assert final.stop_reason == whole.stop_reason


def test_the_raw_stream_has_the_documented_events(client: anthropic.Anthropic) -> None:
    stream = client.messages.create(model=MODEL, max_tokens=99, messages=HELLO, stream=True)
    kinds = [event.type for event in stream]
    assert kinds[:2] == ["message_start", "content_block_start"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert set(kinds[2:-3]) == {"content_block_delta"}


@pytest.mark.parametrize("streamed", [True, False])
def test_a_tool_round_ends_in_text(client: anthropic.Anthropic, *, streamed: bool) -> None:
    tools: Any = [TOOL]

    def ask(messages: Any) -> Any:
        if not streamed:
            return client.messages.create(model=MODEL, max_tokens=99, messages=messages, tools=tools)
        with client.messages.stream(model=MODEL, max_tokens=99, messages=messages, tools=tools) as stream:
            return stream.get_final_message()

    first = ask(HELLO)
    call = first.content[-1]
    assert (first.stop_reason, call.type, call.name) == ("tool_use", "tool_use", "get_weather")
    assert isinstance(call.input["city"], str)
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}
    messages = [
        *HELLO,
        {"role": "assistant", "content": first.content},
        {"role": "user", "content": [result]},
    ]
    assert ask(messages).stop_reason == "end_turn"


@pytest.mark.parametrize("streamed", [True, False])
def test_thinking_comes_with_its_signature_and_goes_back(
    client: anthropic.Anthropic, *, streamed: bool
) -> None:
    options: Any = {
        "model": MODEL,
        "max_tokens": 4000,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
    }
    if streamed:
        with client.messages.stream(messages=HELLO, **options) as stream:
            message: Any = stream.get_final_message()
    else:
        message = client.messages.create(messages=HELLO, **options)
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert message.content[0].signature
    assert message.usage.output_tokens_details.thinking_tokens > 0
    history = [*HELLO, {"role": "assistant", "content": message.content}, {"role": "user", "content": "And?"}]
    assert client.messages.create(messages=history, **options).stop_reason == "end_turn"


def test_counting_tells_what_there_was_before_the_context_was_edited(client: anthropic.Anthropic) -> None:
    edits: Any = {"edits": [{"type": "clear_tool_uses_20250919"}]}
    count = client.beta.messages.count_tokens(
        model=MODEL, messages=HELLO, context_management=edits, betas=["context-management-2025-06-27"]
    )
    assert count.context_management is not None
    assert count.context_management.original_input_tokens == count.input_tokens > 0
    assert client.beta.messages.count_tokens(model=MODEL, messages=HELLO).context_management is None


def test_a_cache_is_filled_without_an_answer(client: anthropic.Anthropic) -> None:
    system: Any = [{"type": "text", "text": "Be brief. " * 50, "cache_control": {"type": "ephemeral"}}]
    message = client.messages.create(model=MODEL, max_tokens=0, messages=HELLO, system=system)
    assert (message.content, message.usage.output_tokens) == ([], 0)
    assert message.usage.cache_creation_input_tokens


def test_structured_answers_are_valid_json(client: anthropic.Anthropic) -> None:
    config: Any = {"format": {"type": "json_schema", "schema": SCHEMA}}
    message = client.messages.create(model=MODEL, max_tokens=99, messages=HELLO, output_config=config)
    assert message.content[0].type == "text"
    found = json.loads(message.content[0].text)
    assert isinstance(found["name"], str)
    assert isinstance(found["age"], int)


def test_counting_and_models(client: anthropic.Anthropic) -> None:
    count = client.messages.count_tokens(model=MODEL, messages=HELLO)
    whole = client.messages.create(model=MODEL, max_tokens=99, messages=HELLO)
    assert count.input_tokens == whole.usage.input_tokens
    assert MODEL in [model.id for model in client.models.list(limit=3)]
    assert client.models.retrieve("claude-haiku-4-5").id == MODEL


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        ("invalid_request", 400, anthropic.BadRequestError),
        ("authentication", 401, anthropic.AuthenticationError),
        ("permission", 403, anthropic.PermissionDeniedError),
        ("not_found", 404, anthropic.NotFoundError),
        ("conflict", 409, anthropic.ConflictError),
        ("rate_limit", 429, anthropic.RateLimitError),
        ("server_error", 500, anthropic.InternalServerError),
        ("overloaded", 529, anthropic.APIStatusError),
    ],
)
def test_errors_are_typed(
    client: anthropic.Anthropic, kind: str, status: int, error: type[Exception]
) -> None:
    for stream in (False, True):
        with pytest.raises(error) as raised:
            client.messages.create(model=f"mock-error-{kind}", max_tokens=9, messages=HELLO, stream=stream)
        assert isinstance(raised.value, anthropic.APIStatusError)
        assert raised.value.status_code == status
        assert raised.value.request_id
        assert raised.value.body["type"] == "error"  # type: ignore[index]


def test_an_error_in_a_stream_reaches_the_client() -> None:
    from core.protocols.anthropic_case import call, planned

    from mockllm_core.reply import Text

    asked = call(stream=True)
    turn = planned(asked, Text.of("Hello"))
    frames = list(PROTOCOL.stream(turn, asked, STAMP))[:4]
    failed = PROTOCOL.fail(ApiError("overloaded", ""), asked, turn, STAMP, 4)
    wire = b"".join(frame.wire for frame in (*frames, *failed))
    headers = {"content-type": "text/event-stream"}
    broken = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, content=wire))
    with anthropic.Anthropic(
        api_key="k", max_retries=0, http_client=httpx.Client(transport=broken)
    ) as client:
        stream = client.messages.create(model=MODEL, max_tokens=9, messages=HELLO, stream=True)
        with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
            list(stream)


def test_claude_on_vertex_answers_the_vertex_client() -> None:
    http = httpx.Client(transport=transport(anthropic_vertex.PROTOCOL))
    client = anthropic.AnthropicVertex(
        region="us-east5", project_id="p", access_token="t", max_retries=0, http_client=http
    )
    model = "claude-sonnet-4-5@20250929"
    message = client.messages.create(model=model, max_tokens=99, messages=HELLO)
    assert (message.model, message.id[:11]) == ("claude-sonnet-4-5-20250929", "msg_vrtx_01")
    assert message.content[0].type == "text"
    assert message.content[0].text == HELLO[0]["content"]
    tools: Any = [TOOL]
    with client.messages.stream(model=model, max_tokens=99, messages=HELLO, tools=tools) as stream:
        final = stream.get_final_message()
    assert final.content[0].type == "tool_use"
    assert final.content[0].id.startswith("toolu_vrtx_01")
    assert client.messages.count_tokens(model=model, messages=HELLO).input_tokens > 0
    with pytest.raises(anthropic.BadRequestError, match="prefill"):
        client.messages.create(
            model="claude-opus-4-6", max_tokens=9, messages=[*HELLO, {"role": "assistant", "content": "x"}]
        )
    with pytest.raises(
        anthropic.NotFoundError, match="Publisher Model `projects/p/locations/us-east5/publishers"
    ):
        client.messages.create(model="mock-error-not_found", max_tokens=9, messages=HELLO)
    with pytest.raises(anthropic.RateLimitError, match="RESOURCE_EXHAUSTED"):
        client.messages.create(model="mock-error-rate_limit", max_tokens=9, messages=HELLO, stream=True)
