"""From the spellings that real clients send to one Conversation; models by name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from core.protocols.openai_chat_pipeline import ADD, CLOSED, CUSTOM, STAMP, TOOL, call_for, request

from mockllm_core.conversation import Media, Message, Tool, ToolChoice, ToolResult, ToolUse, Words
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpRequest
from mockllm_core.protocol import Incoming
from mockllm_core.protocols.openai_chat import PROTOCOL
from mockllm_core.routing import match

PIXEL = "data:image/png;base64,iVBORw0KGgo="
USE = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": "{}"}}

MESSAGES: list[tuple[dict[str, Any], Message]] = [
    ({"role": "user", "content": "hi"}, Message("user", (Words("hi"),))),
    ({"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, Message("user", (Words("a"), Words("b")))),
    ({"role": "developer", "content": "be brief"}, Message("system", (Words("be brief"),))),
    ({"role": "system", "content": [{"type": "text", "text": "x"}], "name": "me"}, Message("system", (Words("x"),))),
    ({"role": "user", "content": [{"type": "image_url", "image_url": {"url": PIXEL}}]}, Message("user", (Media("image", 8),))),
    ({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a/b,c"}}]}, Message("user", (Media("image"),))),
    ({"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}]}, Message("user", (Media("audio", 3),))),
    ({"role": "user", "content": [{"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "f"}}]}, Message("user", (Media("document", 3),))),
    ({"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}, Message("user", (Media("document"),))),
    ({"role": "assistant", "content": "hi"}, Message("assistant", (Words("hi"),))),
    ({"role": "assistant", "content": None, "refusal": "no"}, Message("assistant", (Words("no"),))),
    ({"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}, Message("assistant", (Words("no"),))),
    ({"role": "assistant", "content": None, "function_call": {"name": "add", "arguments": "{}"}}, Message("assistant", (ToolUse("add", "{}"),))),
    ({"role": "function", "name": "add", "content": "3"}, Message("tool", (ToolResult("", "3"),))),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "understood"), MESSAGES)
def test_a_message_is_understood(sent: dict[str, Any], understood: Message) -> None:
    model = "gpt-audio" if "input_audio" in str(sent) else "gpt-4o"
    assert call_for(request(messages=[sent], model=model)).conversation.messages == (understood,)


def test_calls_and_their_results_are_understood() -> None:
    custom = {"id": "call_2", "type": "custom", "custom": {"name": "shell", "input": "ls"}}
    history = [
        {"role": "assistant", "content": "", "tool_calls": [USE, custom]},
        {"role": "tool", "tool_call_id": "call_2", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {"role": "tool", "tool_call_id": "call_1", "content": "3"},
    ]  # fmt: skip
    assert call_for(request(messages=history)).conversation.messages == (
        Message("assistant", (Words(""), ToolUse("add", "{}", "call_1"), ToolUse("shell", "ls", "call_2"))),
        Message("tool", (ToolResult("call_2", "ab"),)),
        Message("tool", (ToolResult("call_1", "3"),)),
    )


def test_our_own_answer_is_taken_as_history() -> None:
    from core.protocols.openai_chat_pipeline import answer

    from mockllm_core.reply import ToolCall

    body = request(tools=[TOOL, CUSTOM])
    calls = (
        ToolCall(name="add", arguments={"a": 1}),
        ToolCall(name="shell", pieces=("ls",), free_text=True),
    )
    said = json.loads(answer(body, *calls))["choices"][0]["message"]
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "done"} for call in said["tool_calls"]]
    conversation = call_for(body | {"messages": [*body["messages"], said, *results]}).conversation
    assert conversation.after_tool_result()


TOOLS: list[tuple[dict[str, Any], tuple[Tool, ...]]] = [
    ({"tools": [TOOL]}, (Tool(name="add", schema=ADD),)),
    ({"tools": [{"type": "function", "function": {"name": "now", "description": "time", "strict": True}}]}, (Tool(name="now", description="time"),)),
    ({"tools": [CUSTOM]}, (Tool(name="shell", free_text=True),)),
    ({"functions": [{"name": "add", "parameters": ADD}]}, (Tool(name="add", schema=ADD),)),
    ({"tools": None}, ()),
]  # fmt: skip


@pytest.mark.parametrize(("more", "tools"), TOOLS)
def test_tools_are_understood(more: dict[str, Any], tools: tuple[Tool, ...]) -> None:
    assert call_for(request(**more)).conversation.tools == tools


NAMED = {"type": "function", "function": {"name": "add"}}
CHOICES: list[tuple[Any, ToolChoice]] = [
    (None, ToolChoice()),
    ("auto", ToolChoice()),
    ("none", ToolChoice("none")),
    ("required", ToolChoice("any")),
    (NAMED, ToolChoice("tool", ("add",))),
    ({"type": "custom", "custom": {"name": "shell"}}, ToolChoice("tool", ("shell",))),
    ({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [NAMED]}}, ToolChoice("auto", ("add",))),
    ({"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [NAMED]}}, ToolChoice("any", ("add",))),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "understood"), CHOICES)
def test_a_tool_choice_is_understood(sent: Any, understood: ToolChoice) -> None:
    body = request(tools=[TOOL, CUSTOM], tool_choice=sent)
    assert call_for(body).conversation.tool_choice == understood


@pytest.mark.parametrize(
    ("sent", "understood"),
    [("none", ToolChoice("none")), ("auto", ToolChoice()), ({"name": "add"}, ToolChoice("tool", ("add",)))],
)
def test_an_old_function_choice_is_understood(sent: Any, understood: ToolChoice) -> None:
    body = request(functions=[{"name": "add"}], function_call=sent)
    assert call_for(body).conversation.tool_choice == understood


FORMAT = {"type": "json_schema", "json_schema": {"name": "sum", "schema": CLOSED, "strict": True}}
JSON = [{"role": "user", "content": "Answer in JSON."}]
OPTIONS: list[tuple[dict[str, Any], str, Any]] = [
    ({"response_format": FORMAT}, "output_schema", CLOSED),
    ({"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}}, "output_schema", {"type": "object"}),
    ({"response_format": {"type": "text"}}, "output_schema", None),
    ({"response_format": {"type": "json_object"}, "messages": JSON}, "json_mode", True),
    ({"n": 3}, "choices", 3),
    ({"max_tokens": 5}, "max_tokens", 5),
    ({"max_completion_tokens": 6, "max_tokens": None}, "max_tokens", 6),
    ({"stop": "x"}, "stop", ("x",)),
    ({"stop": ["x", "y"]}, "stop", ("x", "y")),
    ({"parallel_tool_calls": False, "tools": [TOOL]}, "parallel", False),
    ({"model": "mine", "reasoning_effort": "high"}, "reasoning", False),
    ({"model": "gpt-5", "reasoning_effort": "high"}, "reasoning", True),
    ({"model": "gpt-5", "reasoning_effort": "minimal"}, "reasoning", False),
    ({"model": "o3-mini"}, "reasoning", False),
]  # fmt: skip


@pytest.mark.parametrize(("more", "field", "value"), OPTIONS)
def test_an_option_is_understood(more: dict[str, Any], field: str, value: Any) -> None:
    assert getattr(call_for(request(**more)).conversation, field) == value


@pytest.mark.parametrize(("sent", "streams"), [(True, True), (False, False), (None, False)])
def test_stream_is_understood(sent: Any, *, streams: bool) -> None:
    assert call_for(request(stream=sent)).stream is streams


# -- routes and models --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "params"),
    [
        ("POST", "/v1/chat/completions", {}),
        ("POST", "/chat/completions", {}),
        ("GET", "/v1/models", {}),
        ("GET", "/models", {}),
        ("GET", "/v1/models/gpt-4o", {"model": "gpt-4o"}),
        ("GET", "/models/ft%3Agpt-4o", {"model": "ft:gpt-4o"}),
    ],
)
def test_a_route_is_answered(method: str, path: str, params: dict[str, str]) -> None:
    assert params in [
        match(endpoint.path, path) for endpoint in PROTOCOL.endpoints if endpoint.method == method
    ]


def get(path: str) -> Any:
    for endpoint in PROTOCOL.endpoints:
        params = match(endpoint.path, path)
        if params is not None and endpoint.answer is not None:
            http = HttpRequest(method="GET", path=path)
            return endpoint.answer(Incoming(http=http, params=params, body=None), STAMP)
    raise AssertionError(path)


def test_models_are_listed() -> None:
    response = get("/v1/models")
    body = json.loads(response.body)
    assert body["object"] == "list"
    assert {"gpt-4o-mini", "gpt-5"} <= {model["id"] for model in body["data"]}
    assert {tuple(model) for model in body["data"]} == {("id", "object", "created", "owned_by")}
    owners = {model["id"]: model["owned_by"] for model in body["data"]}
    assert (owners["gpt-3.5-turbo"], owners["gpt-4o"]) == ("openai", "system")


@pytest.mark.parametrize("name", ["gpt-4o", "gpt-5.9-new", "o3", "ft:gpt-4o:me::1"])
def test_a_model_is_answered_by_name(name: str) -> None:
    assert json.loads(get(f"/v1/models/{name}").body)["id"] == name


def test_a_model_with_a_strangers_name_is_not_found() -> None:
    with pytest.raises(ApiError) as caught:
        get("/v1/models/no-such-model")
    response = PROTOCOL.error(caught.value, None, STAMP)
    assert response.status == 404
    assert json.loads(response.body or b"")["error"] == {
        "message": "The model 'no-such-model' does not exist",
        "type": "invalid_request_error",
        "param": "model",
        "code": "model_not_found",
    }
