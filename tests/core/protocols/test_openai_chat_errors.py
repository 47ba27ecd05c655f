"""Errors: each kind before the first byte and inside a stream, and what is refused, in the provider's words."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from core.protocols.openai_chat_pipeline import CUSTOM, STAMP, TOOL, call_for, request, turn_for

from mockllm_core import contract
from mockllm_core.contract import Complaint
from mockllm_core.errors import ApiError, ErrorKind, UnsupportedReply
from mockllm_core.exchange import HttpRequest
from mockllm_core.protocols.openai_chat import PROTOCOL
from mockllm_core.reply import Choice, Finish, Opaque, Turn, Usage

POST = HttpRequest(method="POST", path="/v1/chat/completions")
HELLO = {"role": "user", "content": "hi"}
CALLED = {"role": "assistant", "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
]}  # fmt: skip
ANSWERED = {"role": "tool", "tool_call_id": "call_1", "content": "3"}

STATUS: dict[ErrorKind, tuple[int, str, str | None, bool]] = {
    "invalid_request": (400, "invalid_request_error", None, False),
    "authentication": (401, "invalid_request_error", "invalid_api_key", True),
    "permission": (403, "invalid_request_error", "model_not_found", True),
    "not_found": (404, "invalid_request_error", "model_not_found", True),
    "method_not_allowed": (405, "invalid_request_error", None, True),
    "conflict": (409, "invalid_request_error", None, False),
    "request_too_large": (413, "server_error", None, False),
    "rate_limit": (429, "tokens", "rate_limit_exceeded", True),
    "server_error": (500, "server_error", None, False),
    "unavailable": (503, "service_unavailable_error", "server_is_overloaded", False),
    "overloaded": (503, "service_unavailable_error", "server_is_overloaded", False),
    "timeout": (408, "server_error", None, False),
}


@pytest.mark.parametrize("kind", get_args(ErrorKind))
def test_each_kind_has_the_providers_form(kind: ErrorKind) -> None:
    status, type_, code, gateway = STATUS[kind]
    error = ApiError(
        kind,
        "",
        model=f"mock-error-{kind}",
        allow=("OPTIONS", "POST") if kind == "method_not_allowed" else (),
    )
    response = PROTOCOL.error(error, POST, STAMP)
    assert response.body is not None
    body = json.loads(response.body)["error"]
    assert (response.status, body["type"], body["code"]) == (status, type_, code)
    assert list(body) == ["message", "type", "param", "code"]
    assert body["message"]
    assert "{" not in body["message"]
    assert response.body.startswith(b'{\n    "error"' if gateway else b'{\n  "error"')
    assert response.body.endswith(b"}\n") is gateway
    sent = dict(response.headers)
    assert sent["content-type"] == ("application/json; charset=utf-8" if gateway else "application/json")
    assert ("vary" in sent) is gateway
    assert sent.get("allow") == ("OPTIONS, POST" if kind == "method_not_allowed" else None)
    assert sent.get("retry-after") == ("1" if kind == "rate_limit" else None)


def test_an_error_without_a_request_is_spelled_too() -> None:
    assert PROTOCOL.error(ApiError("method_not_allowed", "", allow=("POST",)), None, STAMP).status == 405
    assert "allow" not in dict(PROTOCOL.error(ApiError("method_not_allowed", ""), None, STAMP).headers)


@pytest.mark.parametrize(
    ("error", "type_", "code", "retries"),
    [
        (ApiError("rate_limit", "Rate limit reached on requests per min (RPM)."), "requests", "rate_limit_exceeded", True),
        (ApiError("rate_limit", "You exceeded your current quota.", code="insufficient_quota"), "insufficient_quota", "insufficient_quota", False),
    ],
)  # fmt: skip
def test_a_rate_limit_says_which(error: ApiError, type_: str, code: str, *, retries: bool) -> None:
    response = PROTOCOL.error(error, POST, STAMP)
    body = json.loads(response.body or b"")["error"]
    assert (body["type"], body["code"]) == (type_, code)
    assert ("retry-after-ms" in dict(response.headers)) is retries


def test_a_stream_that_fails_says_so_in_one_payload() -> None:
    call = call_for(request(stream=True))
    frames = list(PROTOCOL.fail(ApiError("server_error", ""), call, turn_for(call), STAMP, 3))
    said = "The server had an error while processing your request. Sorry about that!"
    assert [frame.wire for frame in frames] == [
        f'data: {{"error":{{"message":"{said}","type":"server_error","param":null,"code":null}}}}\n\n'.encode()
    ]
    reader = PROTOCOL.reader("")
    reader.feed(frames[0].wire)
    reader.finish()
    assert reader.findings[0].rule == "chat-error"


def test_another_protocols_block_is_refused_before_the_first_byte() -> None:
    finish = Finish("stop")
    foreign = Choice(blocks=(Opaque(protocol="google-genai", payload={}),), finish=finish)
    with pytest.raises(UnsupportedReply, match="google-genai"):
        PROTOCOL.supports(Turn(choices=(foreign,), usage=Usage(input_tokens=0, output_tokens=0)))
    own = Choice(blocks=(Opaque(protocol="openai-chat", payload={"annotations": []}),), finish=finish)
    PROTOCOL.supports(Turn(choices=(own,), usage=Usage(input_tokens=0, output_tokens=0)))


# -- the contract's complaints ------------------------------------------------------------------------------------


def without(key: str) -> dict[str, Any]:
    body = request()
    del body[key]
    return body


COMPLAINTS: list[tuple[Any, str, str | None, str | None]] = [
    (without("messages"), "Missing required parameter: 'messages'.", "messages", "missing_required_parameter"),
    (without("model"), "you must provide a model parameter", None, None),
    (request(messages=[]), "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.", "messages", "empty_array"),
    (request(messages="hi"), "Invalid type for 'messages': expected an array of objects, but got a string instead.", "messages", "invalid_type"),
    (request(messages=[{"role": "user", "content": 1}]), "Invalid type for 'messages[0].content': expected one of a string or array of objects, but got an integer instead.", "messages[0].content", "invalid_type"),
    (request(messages=[{"role": "user", "content": {}}]), "Invalid type for 'messages[0].content': expected one of a string or array of objects, but got an object instead.", "messages[0].content", "invalid_type"),
    (request(stream="yes"), "Invalid type for 'stream': expected a boolean, but got a string instead.", "stream", "invalid_type"),
    (request(temperature="hot"), "Invalid type for 'temperature': expected a decimal, but got a string instead.", "temperature", "invalid_type"),
    (request(tools={}), "Invalid type for 'tools': expected an array of objects, but got an object instead.", "tools", "invalid_type"),
    ([], "We could not parse the JSON body", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("body", "message", "param", "code"), COMPLAINTS)
def test_a_wrong_shape_is_refused_in_the_providers_words(
    body: Any, message: str, param: str | None, code: str | None
) -> None:
    complaint = contract.check("openai-chat", body)
    assert complaint is not None
    error = PROTOCOL.complain(complaint)
    assert error.message.startswith(message)
    assert (error.param, error.code) == (param, code)


def test_an_unknown_role_names_those_that_exist() -> None:
    complaint = contract.check("openai-chat", request(messages=[{"role": "boss", "content": "x"}]))
    assert complaint is not None
    error = PROTOCOL.complain(complaint)
    assert error.message.startswith("Invalid value: 'boss'. Supported values are: '")
    assert (error.param, error.code) == ("messages[0].role", "invalid_value")


KINDS: list[tuple[Complaint, str, str | None]] = [
    (Complaint(path=(), kind="json", expected="not JSON"), "We could not parse the JSON body of your request.", None),
    (Complaint(path=("n",), kind="range", expected="at least 1", found=0, limit=1), "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.", "integer_below_min_value"),
    (Complaint(path=("top_p",), kind="range", expected="at most 1", found=1.5, limit=1), "Invalid 'top_p': decimal above maximum value. Expected a value <= 1, but got 1.5 instead.", "decimal_above_max_value"),
    (Complaint(path=("tools", 0, "name"), kind="length", expected="at most 2 characters", found="abc", limit=2), "Invalid 'tools[0].name': string too long. Expected a string with maximum length 2, but got a string with length 3 instead.", "string_above_max_length"),
    (Complaint(path=("metadata",), kind="length", expected="at most 1 key", found={"a": "", "b": ""}, limit=1), "Invalid 'metadata': too many properties. Expected an object with at most 1 properties, but got an object with 2 properties instead.", "object_above_max_properties"),
    (Complaint(path=("a",), kind="length", expected="at least 1 character", found="", limit=1), "Invalid 'a': empty string. Expected a string with minimum length 1, but got an empty string instead.", "empty_string"),
    (Complaint(path=("a",), kind="length", expected="at least 2", found=[1], limit=2), "Invalid 'a': array too short. Expected an array with minimum length 2, but got an array with length 1 instead.", "array_below_min_length"),
    (Complaint(path=("foo",), kind="unknown", expected="no such key", found=1), "Unknown parameter: 'foo'.", "unknown_parameter"),
    (Complaint(path=("messages", 0, "foo"), kind="unknown", expected="no such key", found=1), "Unknown parameter: 'messages[0].foo'.", "unknown_parameter"),
    (Complaint(path=("a",), kind="pattern", expected="^x$", found="y"), "Invalid 'a': string does not match pattern. Expected a string that matches the pattern '^x$'.", "invalid_value"),
    (Complaint(path=("a",), kind="union", expected="exactly one of 'b', 'c'", found={}), "Invalid value for 'a': expected exactly one of 'b', 'c'.", "invalid_value"),
    (Complaint(path=("a",), kind="value", expected="one of 'b', 'c'", found="d", among=("b", "c")), "Invalid value: 'd'. Supported values are: 'b' and 'c'.", "invalid_value"),
    (Complaint(path=("a",), kind="type", expected="a boolean", found=None), "Invalid type for 'a': expected a boolean, but got null instead.", "invalid_type"),
    (Complaint(path=("a",), kind="type", expected="an integer", found=1.5), "Invalid type for 'a': expected an integer, but got a decimal number instead.", "invalid_type"),
    (Complaint(path=("a",), kind="type", expected="a string", found=True), "Invalid type for 'a': expected a string, but got a boolean instead.", "invalid_type"),
]  # fmt: skip


@pytest.mark.parametrize(("complaint", "message", "code"), KINDS)
def test_each_kind_of_complaint_has_a_sentence(complaint: Complaint, message: str, code: str | None) -> None:
    error = PROTOCOL.complain(complaint)
    assert error.message.startswith(message)
    assert error.code == code


# -- refusals beyond the contract -----------------------------------------------------------------------------------

REFUSED: list[tuple[dict[str, Any], str, str | None, str | None]] = [
    ({"stream_options": {"include_usage": True}}, "The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options", None),
    ({"top_logprobs": 2}, "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", "top_logprobs", None),
    ({"max_tokens": 1, "max_completion_tokens": 1}, "Setting 'max_tokens' and 'max_completion_tokens' at the same time", None, "invalid_parameter_combination"),
    ({"model": "gpt-5", "max_tokens": 1}, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "max_tokens", "unsupported_parameter"),
    ({"model": "o3", "stop": "x"}, "Unsupported parameter: 'stop' is not supported with this model.", "stop", "unsupported_parameter"),
    ({"model": "gpt-5", "stop": "x"}, "Unsupported parameter: 'stop' is not supported with this model.", "stop", "unsupported_parameter"),
    ({"model": "gpt-5-mini-2025-08-07", "stop": "x"}, "Unsupported parameter: 'stop' is not supported with this model.", "stop", "unsupported_parameter"),
    ({"model": "gpt-5.1", "stop": "x"}, "Unsupported parameter: 'stop' is not supported with this model.", "stop", "unsupported_parameter"),
    ({"model": "gpt-5.2", "stop": "x"}, "Unsupported parameter: 'stop' is not supported with this model.", "stop", "unsupported_parameter"),
    ({"model": "gpt-5-mini", "temperature": 0.5}, "Unsupported value: 'temperature' does not support 0.5 with this model.", "temperature", "unsupported_value"),
    ({"reasoning_effort": "low"}, "Unrecognized request argument supplied: reasoning_effort", None, None),
    ({"verbosity": "low"}, "Unsupported value: 'low' is not supported with the 'gpt-4o-mini' model. Supported values are: 'medium'.", "verbosity", "unsupported_value"),
    ({"parallel_tool_calls": True}, "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.", "parallel_tool_calls", None),
    ({"function_call": "none"}, "Invalid value for 'function_call': 'function_call' is only allowed when 'functions' are specified.", "function_call", None),
    ({"web_search_options": {}}, "Web search options not supported with this model.", "web_search_options", None),
    ({"model": "gpt-4o-search-preview", "temperature": 1}, "Model incompatible request argument supplied: temperature", None, None),
    ({"model": "gpt-5", "logprobs": True}, "You are not allowed to request logprobs from this model", None, ""),
    ({"model": "gpt-5.4", "reasoning_effort": "high", "logprobs": True}, "You are not allowed to request logprobs from this model", None, ""),
    ({"model": "gpt-3.5-turbo-instruct"}, "This is not a chat model and thus not supported in the v1/chat/completions endpoint.", "model", ""),
    ({"tools": [], "tool_choice": "required"}, "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.", "tool_choice", None),
    ({"tool_choice": "auto"}, "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.", "tool_choice", None),
    ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "sub"}}}, "Invalid value for 'function_call': no function named 'sub' was specified in the 'functions' parameter.", "function_call", None),
    ({"response_format": {"type": "json_object"}}, "'messages' must contain the word 'json' in some form", "messages", None),
    ({"messages": [HELLO, ANSWERED]}, "Invalid parameter: messages with role 'tool' must be a response", "messages.[1].role", None),
    ({"messages": [HELLO, CALLED, HELLO]}, "An assistant message with 'tool_calls' must be followed by tool messages", "messages.[2].role", None),
    ({"messages": [HELLO, CALLED]}, "An assistant message with 'tool_calls' must be followed by tool messages", "messages.[1].role", None),
]  # fmt: skip


@pytest.mark.parametrize(("more", "message", "param", "code"), REFUSED)
def test_what_the_provider_refuses_is_refused(
    more: dict[str, Any], message: str, param: str | None, code: str | None
) -> None:
    with pytest.raises(ApiError) as caught:
        call_for(request(**more))
    error = caught.value
    assert error.message.startswith(message)
    assert (error.param, error.code) == (param, code)
    body = json.loads(PROTOCOL.error(error, POST, STAMP).body or b"")["error"]
    assert (body["param"], body["code"], body["type"]) == (param, code or None, "invalid_request_error")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"n": 129}, "integer_above_max_value"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "array_above_max_length"),
    ],
)
def test_what_is_too_much_is_refused(more: dict[str, Any], code: str) -> None:
    with pytest.raises(ApiError) as caught:
        call_for(request(**more))
    assert caught.value.code == code


@pytest.mark.parametrize(
    "more",
    [
        {"model": "gpt-5.4", "logprobs": True, "reasoning_effort": "none"},
        {"model": "gpt-5.4", "temperature": 0.2},
        {"model": "gpt-5", "temperature": 1},
        {"model": "gpt-5", "max_completion_tokens": 9},
        {"top_logprobs": 0},
        {"stream_options": None, "tools": None, "tool_choice": None, "stop": None, "n": None},
        {"tools": []},
        {"tools": [], "tool_choice": "auto"},
        {"messages": [HELLO, CALLED, ANSWERED]},
        {"messages": [HELLO, CALLED, ANSWERED, HELLO]},
        {"tools": [CUSTOM], "tool_choice": {"type": "custom", "custom": {"name": "shell"}}},
        {"messages": [{"role": "system", "content": "Answer in JSON."}, HELLO], "response_format": {"type": "json_object"}},
        {"audio": {"voice": "alloy", "format": "wav"}, "modalities": ["text"]},
        {"web_search_options": {}, "model": "gpt-4o-mini-search-preview"},
        {"web_search_options": None, "user": "me", "seed": 1, "verbosity": "medium", "logit_bias": {"1": 2}},
    ],
)  # fmt: skip
def test_what_the_provider_takes_is_taken(more: dict[str, Any]) -> None:
    assert call_for(request(**more)).conversation.messages
