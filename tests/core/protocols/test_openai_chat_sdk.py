"""The official client reads our bytes: its parser and its accumulator, without a server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx2
import openai
import pytest
from core.protocols.openai_chat_pipeline import (
    CLOSED,
    CUSTOM,
    STAMP,
    TOOL,
    call_for,
    encode,
    request,
    turn_for,
)
from pydantic import BaseModel

from mockllm_core.errors import ApiError, ErrorKind
from mockllm_core.exchange import HttpRequest
from mockllm_core.protocols.openai_chat import PROTOCOL
from mockllm_core.reply import Reasoning, Refusal, Text, ToolCall

if TYPE_CHECKING:
    from mockllm_core.reply import Block

CALL = ToolCall(name="add", arguments={"a": 1, "b": 2})
TWO = (CALL, ToolCall(name="add", arguments={"a": 3}))
STRICT_TOOL = {"type": "function", "function": {"name": "add", "strict": True, "parameters": CLOSED}}


def client(*blocks: Block) -> openai.OpenAI:
    """A client whose server is the protocol itself."""

    def handle(asked: httpx2.Request) -> httpx2.Response:
        body = json.loads(asked.content)
        try:
            call = call_for(body)
            turn = turn_for(call, *blocks, replies=call.conversation.choices)
            return httpx2.Response(
                200, headers=PROTOCOL.headers(turn, call, STAMP), content=encode(turn, call)
            )
        except ApiError as error:
            http = HttpRequest(method="POST", path=asked.url.path, body=asked.content)
            response = PROTOCOL.error(error, http, STAMP)
            return httpx2.Response(response.status, headers=response.headers, content=response.body or b"")

    transport = httpx2.Client(transport=httpx2.MockTransport(handle))
    return openai.OpenAI(api_key="k", base_url="http://mock/v1", http_client=transport, max_retries=0)


CASES: dict[str, tuple[dict[str, Any], tuple[Block, ...]]] = {
    "text": ({}, ()),
    "unicode": ({}, (Text.of("naïve 👋 日本語\u2028 next"),)),
    "tool": ({"tools": [TOOL]}, (CALL,)),
    "parallel": ({"tools": [TOOL]}, TWO),
    "text then tools": ({"tools": [TOOL]}, (Text.of("Now."), *TWO)),
    "refusal": ({}, (Refusal.of("No, sorry."),)),
    "choices": ({"n": 3}, ()),
    "logprobs": ({"logprobs": True, "top_logprobs": 2}, ()),
    "reasoning": ({"model": "gpt-5", "reasoning_effort": "low"}, (Reasoning.of("Hm."), Text.of("Hi"))),
}


@pytest.mark.parametrize("case", CASES)
def test_the_clients_accumulation_of_a_stream_is_the_whole_answer(case: str) -> None:
    more, blocks = CASES[case]
    with client(*blocks).chat.completions.stream(
        **request(**more), stream_options={"include_usage": True}
    ) as stream:
        streamed = stream.get_final_completion()
    whole = client(*blocks).chat.completions.create(**request(**more))
    assert plain(streamed) == plain(whole)


def plain(completion: BaseModel) -> Any:
    """What was said, without what only one of the two forms has."""
    said = completion.model_dump(exclude_none=True)
    said.pop("object")
    for choice in said["choices"]:
        choice["message"].pop("annotations", None)
        choice["message"].pop("parsed", None)
        for call in choice["message"].get("tool_calls", ()):
            call.pop("index", None)
            call["function"].pop("parsed_arguments", None)
        if choice["message"].get("refusal") is None and not choice["message"].get("content"):
            choice["message"].pop("content", None)
        if logprobs := choice.get("logprobs"):
            choice["logprobs"] = logprobs["content"]
    return said


class Sum(BaseModel):
    a: int
    b: int


def test_the_client_parses_structured_output() -> None:
    said = Text.of('{"a":1,"b":2}')
    parsed = client(said).chat.completions.parse(**request(), response_format=Sum)
    assert parsed.choices[0].message.parsed == Sum(a=1, b=2)
    with client(said).chat.completions.stream(**request(), response_format=Sum) as stream:
        assert stream.get_final_completion().choices[0].message.parsed == Sum(a=1, b=2)


def test_the_clients_events_name_what_is_said() -> None:
    with client(Text.of("Hi you."), CALL).chat.completions.stream(**request(tools=[STRICT_TOOL])) as stream:
        kinds = [event.type for event in stream]
    assert [kind for at, kind in enumerate(kinds) if kind != "chunk" and kind not in kinds[:at]] == [
        "content.delta",
        "tool_calls.function.arguments.delta",
        "content.done",
        "tool_calls.function.arguments.done",
    ]


def test_the_client_reads_a_custom_call() -> None:
    said = ToolCall(name="shell", pieces=("ls ", "-la"), free_text=True)
    whole = client(said).chat.completions.create(**request(tools=[CUSTOM]))
    calls = whole.choices[0].message.tool_calls
    assert calls
    assert calls[0].to_dict()["custom"] == {"name": "shell", "input": "ls -la"}
    assert type(calls[0]).__name__ == "ChatCompletionMessageCustomToolCall"
    chunks = list(client(said).chat.completions.create(**request(tools=[CUSTOM]), stream=True))
    deltas = [delta for chunk in chunks for delta in chunk.choices[0].delta.tool_calls or ()]
    assert "".join(delta.to_dict()["custom"]["input"] for delta in deltas) == "ls -la"


@pytest.mark.parametrize(
    ("kind", "raised"),
    [
        ("invalid_request", openai.BadRequestError),
        ("authentication", openai.AuthenticationError),
        ("permission", openai.PermissionDeniedError),
        ("not_found", openai.NotFoundError),
        ("rate_limit", openai.RateLimitError),
        ("server_error", openai.InternalServerError),
        ("overloaded", openai.InternalServerError),
    ],
)
def test_the_client_raises_its_own_error_for_each_kind(
    kind: ErrorKind, raised: type[openai.APIStatusError]
) -> None:
    def handle(asked: httpx2.Request) -> httpx2.Response:
        response = PROTOCOL.error(ApiError(kind, "Said."), None, STAMP)
        return httpx2.Response(response.status, headers=response.headers, content=response.body or b"")

    transport = httpx2.Client(transport=httpx2.MockTransport(handle))
    sdk = openai.OpenAI(api_key="k", base_url="http://mock/v1", http_client=transport, max_retries=0)
    with pytest.raises(raised) as caught:
        sdk.chat.completions.create(**request())
    assert caught.value.request_id is not None
    assert "Said." in str(caught.value)


def test_the_client_raises_when_a_stream_fails() -> None:
    def handle(asked: httpx2.Request) -> httpx2.Response:
        call = call_for(json.loads(asked.content))
        turn = turn_for(call)
        frames = [*list(PROTOCOL.stream(turn, call, STAMP))[:3]]
        frames += PROTOCOL.fail(ApiError("server_error", ""), call, turn, STAMP, 3)
        return httpx2.Response(
            200, headers=PROTOCOL.headers(turn, call, STAMP), content=b"".join(frame.wire for frame in frames)
        )

    transport = httpx2.Client(transport=httpx2.MockTransport(handle))
    sdk = openai.OpenAI(api_key="k", base_url="http://mock/v1", http_client=transport, max_retries=0)
    with pytest.raises(openai.APIError, match="had an error"):
        list(sdk.chat.completions.create(**request(), stream=True))


def test_a_bad_request_reaches_the_client_with_its_place() -> None:
    messages: Any = [{"role": "user", "content": 1}]
    with pytest.raises(openai.BadRequestError) as caught:
        client().chat.completions.create(model="gpt-4o", messages=messages)
    assert (caught.value.param, caught.value.code) == ("messages[0].content", "invalid_type")


def test_the_client_is_told_of_an_answer_that_was_cut() -> None:
    with (
        pytest.raises(openai.LengthFinishReasonError),
        client().chat.completions.stream(**request(max_tokens=1)) as stream,
    ):
        stream.get_final_completion()
