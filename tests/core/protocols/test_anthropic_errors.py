"""Errors: every kind, the contract's complaints in the validator's words, and an error inside a stream."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any, get_args

import pytest
from core.protocols.anthropic_case import STAMP, TOOL, body, call, planned, read

from mockllm_core.contract import Complaint, check
from mockllm_core.errors import ApiError, ErrorKind
from mockllm_core.protocols.anthropic_messages import PROTOCOL
from mockllm_core.reply import Text

#: kind -> status, type and the usual sentence's beginning
KINDS: dict[ErrorKind, tuple[int, str, str]] = {
    "invalid_request": (400, "invalid_request_error", "Error"),
    "authentication": (401, "authentication_error", "invalid x-api-key"),
    "permission": (403, "permission_error", "Your API key does not have permission"),
    "not_found": (404, "not_found_error", "model: claude-nope"),
    "method_not_allowed": (405, "invalid_request_error", "Method Not Allowed"),
    "conflict": (409, "invalid_request_error", "Conflict"),
    "request_too_large": (413, "request_too_large", "Request exceeds the maximum size"),
    "rate_limit": (429, "rate_limit_error", "This request would exceed your organization's rate limit"),
    "server_error": (500, "api_error", "Internal server error"),
    "unavailable": (503, "api_error", "Service Unavailable"),
    "overloaded": (529, "overloaded_error", "Overloaded"),
    "timeout": (504, "timeout_error", "Request timed out"),
}


def test_every_kind_is_in_the_table() -> None:
    assert set(KINDS) == set(get_args(ErrorKind))


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_has_the_providers_status_body_and_headers(kind: ErrorKind) -> None:
    status, name, usual = KINDS[kind]
    answer = PROTOCOL.error(ApiError(kind, "", model="claude-nope", allow=("POST",)), None, STAMP)
    headers = dict(answer.headers)
    assert answer.status == status
    assert answer.body is not None
    found = json.loads(answer.body)
    assert list(found) == ["type", "error", "request_id"]
    assert found["error"]["type"] == name
    assert found["error"]["message"].startswith(usual)
    assert found["request_id"] == headers["request-id"]
    assert re.fullmatch(r"req_01[1-9A-HJ-NP-Za-km-z]{22}", headers["request-id"])
    assert headers["content-type"] == "application/json"
    assert b": " not in answer.body.split(b'"message"')[0]
    given = PROTOCOL.error(ApiError(kind, "In so many words."), None, STAMP)
    assert json.loads(given.body or b"")["error"]["message"] == "In so many words."


def test_errors_tell_whether_to_retry() -> None:
    def headers(kind: ErrorKind) -> dict[str, str]:
        return dict(PROTOCOL.error(ApiError(kind, "", allow=("POST",)), None, STAMP).headers)

    limited = headers("rate_limit")
    assert limited["retry-after"].isdigit()
    assert limited["x-should-retry"] == "true"
    assert limited["anthropic-ratelimit-tokens-remaining"] == "0"
    assert limited["anthropic-ratelimit-requests-reset"] == "2026-01-01T00:00:03Z"
    assert headers("overloaded")["x-should-retry"] == "true"
    assert "retry-after" not in headers("overloaded")
    assert headers("invalid_request")["x-should-retry"] == "false"
    assert headers("method_not_allowed")["allow"] == "POST"


def test_an_unknown_path_is_not_found_without_naming_a_model() -> None:
    error = ApiError("not_found", "Unknown request URL: GET /v1/nope.", code="unknown_url")
    assert json.loads(PROTOCOL.error(error, None, STAMP).body or b"")["error"]["message"] == "Not Found"


def test_a_code_of_the_providers_stands_in_the_details() -> None:
    error = ApiError("not_found", "No Thread.", code="thread_not_found")
    found = json.loads(PROTOCOL.error(error, None, STAMP).body or b"")["error"]
    assert found == {
        "details": {"error_code": "thread_not_found"},
        "type": "not_found_error",
        "message": "No Thread.",
    }


def message(**more: Any) -> dict[str, Any]:
    return body(messages=[{"role": "user", **more}])


#: a body -> the sentence
COMPLAINTS: list[tuple[Any, str]] = [
    ({}, "model: Field required"),
    (body(messages=[]), "messages: at least one message is required"),
    (body(messages=["x"]), "messages.0: Input should be an object"),
    (message(content=5), "messages.0.content: Input should be a valid array"),
    (body(max_tokens="5"), "max_tokens: Input should be a valid integer"),
    (body(max_tokens=-1), "max_tokens: must be greater than or equal to 0"),
    (body(temperature=9), "temperature: range: 0..1"),
    (body(stream="yes"), "stream: Input should be a valid boolean"),
    (body(tools={}), "tools: Input should be a valid array"),
    (body(tools=[{"name": "a"}]), "tools.0.custom.input_schema: Field required"),
    (
        body(tools=[{"name": "a b", "input_schema": {"type": "object"}}]),
        "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
    ),
    (
        body(tool_choice={"type": "zz"}),
        "tool_choice: Input tag 'zz' found using 'type' does not match any of the expected tags: ",
    ),
    (body(thinking={"type": "enabled"}), "thinking.enabled.budget_tokens: Field required"),
    # as a public project saw them of claude-sonnet-5 in August 2026
    (body(model=7), "model: Input should be a valid string"),
    (body(system=None), "system: Input should be a valid array"),
    (body(system=[7]), "system.0: Input does not match the expected shape."),
    (body(metadata=7), "metadata: Input does not match the expected shape."),
    (body(metadata={"user_id": 7}), "metadata.user_id: Input should be a valid string"),
    (body(output_config=None), "output_config: Input does not match the expected shape."),
    (body(container=7), "container.ContainerParams: Input does not match the expected shape."),
    (body(thinking=7), "thinking: Input should be an object"),
    (body(tools=[7]), "tools.0: Input should be an object"),
    (
        body(tools=[{"name": "", "input_schema": {"type": "object"}}]),
        "tools.0.custom.name: String should have at least 1 character",
    ),
    (body(service_tier=7), "service_tier: Input should be 'auto' or 'standard_only'"),
    (body(top_p=1.5), "top_p: range: 0..1"),
    (body(top_k=None), "top_k: Input should be a valid integer"),
    (message(), "messages.0.content: Field required"),
    (message(content=None), "messages.0.content: Input should be a valid array"),
    (message(content=[7]), "messages.0.content.0: Input should be an object"),
    (message(content=[{}]), "messages.0.content.0.type: Field required"),
    (
        body(messages=[{"role": "user", "content": "a"}, {"role": "system", "content": [{"type": "image"}]}]),
        "messages.1: role 'system' supports text, tool_addition, and tool_removal blocks only",
    ),
]

ORDER = (
    *("model", "tool_choice", "tools", "messages", "system", "thinking", "output_config", "cache_control"),
    *("max_tokens", "metadata", "stop_sequences", "temperature", "service_tier", "top_k", "top_p", "stream"),
    *("container", "inference_geo"),
)
"""The keys in the order in which the same project saw them looked at."""


@pytest.mark.parametrize(("sooner", "later"), [*pairwise(ORDER)])
def test_of_two_wrong_keys_the_one_is_told_that_the_provider_tells(sooner: str, later: str) -> None:
    complaint = check("anthropic-messages", body(**{later: 7.5, sooner: 7.5}))
    assert complaint is not None
    assert complaint.path[0] == sooner


@pytest.mark.parametrize(("given", "sentence"), COMPLAINTS)
def test_a_complaint_is_told_in_the_validators_words(given: Any, sentence: str) -> None:
    complaint = check("anthropic-messages", given)
    assert complaint is not None
    found = PROTOCOL.complain(complaint)
    # the order of tags is the contract's affair
    assert found.message.startswith(sentence) if sentence.endswith("tags: ") else found.message == sentence
    assert found.kind == "invalid_request"


@pytest.mark.parametrize(
    ("complaint", "sentence"),
    [
        (
            Complaint(path=(), kind="json", expected="Expecting value: line 1 column 1 (char 0)"),
            "The request body is not valid JSON: Expecting value: line 1 column 1 (char 0)",
        ),
        (
            Complaint(path=("zzz",), kind="unknown", expected="no such key", found=1),
            "zzz: Extra inputs are not permitted",
        ),
        (
            Complaint(
                path=("messages", 0, "role"),
                kind="value",
                expected="one of 'user', 'assistant'",
                found="tool",
            ),
            'messages: Unexpected role "tool". Allowed roles are "user" or "assistant"',
        ),
        (
            Complaint(path=("tools", 0, "allowed"), kind="length", expected="at least 1 item", found=[]),
            "tools.0.custom.allowed: List should have at least 1 item after validation, not 0",
        ),
        (
            Complaint(path=("model",), kind="length", expected="at least 1 character", found=""),
            "model: String should have at least 1 character",
        ),
        (Complaint(path=("x",), kind="union", expected="one of a, b"), "x: Input should be one of a, b"),
    ],
)
def test_every_kind_of_complaint_has_a_sentence(complaint: Complaint, sentence: str) -> None:
    assert PROTOCOL.complain(complaint).message == sentence


def test_an_error_inside_a_stream_is_one_event_and_the_end() -> None:
    asked = call(stream=True)
    turn = planned(asked, Text.of("Hello, this is a longer text."))
    frames = list(PROTOCOL.stream(turn, asked, STAMP))[:4]
    failed = list(PROTOCOL.fail(ApiError("overloaded", ""), asked, turn, STAMP, len(frames)))
    wire = b"".join(frame.wire for frame in (*frames, *failed))
    again, findings = read(wire)
    assert [finding.rule for finding in findings] == ["anthropic-error"]
    assert findings[0].sentence == "overloaded_error: Overloaded"
    assert again.facts["error"]["type"] == "overloaded_error"


MARK = {"type": "ephemeral"}
HOUR = {**MARK, "ttl": "1h"}
LATE = (
    ".cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. "
    "Note that blocks are processed in the following order: `tools`, `system`, `messages`."
)


def noted(text: str, mark: dict[str, str]) -> dict[str, Any]:
    return {"type": "text", "text": text, "cache_control": mark}


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (
            {"system": [noted("a", MARK)] * 5},
            "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        ),
        (
            {"system": [noted("a", MARK)] * 4, "cache_control": MARK},
            "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        ),
        ({"system": [noted("a", MARK), noted("b", HOUR)]}, f"system.1{LATE}"),
        (
            {"tools": [{**TOOL, "cache_control": MARK}, {**TOOL, "name": "b", "cache_control": HOUR}]},
            f"tools.1{LATE}",
        ),
        (
            {
                "system": [noted("a", HOUR), noted("b", {**MARK, "ttl": "5m"})],
                "messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, noted("b", HOUR)]}],
            },
            f"messages.0.content.1{LATE}",
        ),
    ],
)
def test_marks_that_are_too_many_or_in_the_wrong_order_are_refused(
    more: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ApiError) as raised:
        call(**more)
    assert raised.value.message == sentence


def test_four_marks_from_long_to_short_are_taken() -> None:
    last = [noted("c", MARK), noted("d", MARK)]
    call(
        tools=[{**TOOL, "cache_control": HOUR}],
        system=[noted("a", HOUR), {"type": "text", "text": "b"}],
        messages=[{"role": "user", "content": last}],
    )


_CHOOSES = (
    '"thinking.type.{}" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to '
    "control thinking behavior."
)
_INSTEAD = (
    'To turn thinking off on this model, send "thinking": {"type": "between_tools"} instead of {"type": "disabled"}. '
    "The model does not think before responding."
)
_TOGETHER = "`temperature` and `top_p` cannot both be specified for this model. Please use only one."


@pytest.mark.parametrize(
    ("models", "more", "sentence"),
    [
        (
            "claude-haiku-4-5 claude-opus-4-1-20250805 us.anthropic.claude-sonnet-4-20250514-v1:0",
            {"thinking": {"type": "adaptive"}},
            "adaptive thinking is not supported on this model",
        ),
        (
            "claude-haiku-4-5 claude-sonnet-4-5-20250929 claude-opus-4-20250514",
            {"output_config": {"effort": "low"}},
            "This model does not support the effort parameter.",
        ),
        (
            "claude-haiku-4-5 claude-sonnet-4-6 claude-opus-4-1-20250805",
            {"temperature": 1, "top_p": 0.9},
            _TOGETHER,
        ),
        (
            "claude-opus-4-7 claude-sonnet-5 claude-fable-5",
            {"temperature": 0.0},
            "`temperature` is deprecated for this model.",
        ),
        ("claude-opus-4-8 claude-opus-5", {"top_p": 1}, "`top_p` is deprecated for this model."),
        ("claude-opus-4-8 claude-opus-5", {"top_k": 5}, "`top_k` is deprecated for this model."),
        (
            "claude-opus-4-7 claude-sonnet-5 us.anthropic.claude-opus-4-8-v1:0",
            {"thinking": {"type": "enabled", "budget_tokens": 1024}},
            _CHOOSES.format("enabled"),
        ),
        (
            "claude-opus-5-5 claude-fable-5 claude-fable-5-1",
            {"thinking": {"type": "disabled"}},
            _CHOOSES.format("disabled"),
        ),
        # probed by public projects on 8 October 2026 and, of all models, on 29 September
        (
            "claude-sonnet-5-5 us.anthropic.claude-sonnet-5-5",
            {"thinking": {"type": "disabled"}},
            _INSTEAD,
        ),
        (
            "claude-opus-5-5 claude-haiku-5-5 claude-fable-5 claude-sonnet-5 claude-haiku-4-5",
            {"thinking": {"type": "between_tools"}},
            '"thinking.type.between_tools" is not supported for this model.',
        ),
        (
            "claude-opus-5-5 claude-fable-5-1",
            {"tools": [TOOL], "tool_choice": {"type": "any"}},
            'tool_choice: type "tool" and "any" are not supported for this model.',
        ),
    ],
)
def test_what_a_model_has_not_is_refused(models: str, more: dict[str, Any], sentence: str) -> None:
    """The sentences stand in other projects' measurements and in the provider's notes on each model."""
    for model in models.split():
        with pytest.raises(ApiError) as raised:
            call(model=model, max_tokens=4096, **more)
        assert raised.value.message == sentence


@pytest.mark.parametrize(
    ("models", "more"),
    [
        ("claude-opus-4-6 claude-sonnet-5 claude-opus-5-5 some-other", {"thinking": {"type": "adaptive"}}),
        ("claude-opus-4-6 claude-haiku-4-5", {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
        ("claude-sonnet-5 claude-opus-5 claude-haiku-4-5", {"thinking": {"type": "disabled"}}),
        ("claude-haiku-5-5 some-other", {"thinking": {"type": "disabled"}}),
        ("claude-sonnet-5-5", {"thinking": {"type": "between_tools"}}),
        ("claude-opus-4-5 claude-sonnet-4-6 claude-opus-5 some-other", {"output_config": {"effort": "low"}}),
        ("claude-3-7-sonnet-20250219 claude-sonnet-4-20250514 some-other", {"temperature": 0, "top_p": 0.9}),
        ("claude-haiku-4-5 claude-opus-4-6", {"temperature": 0, "top_k": 5}),
        ("claude-haiku-4-5 claude-opus-4-6", {"top_p": 0.1, "top_k": 5}),
        ("claude-sonnet-5 claude-opus-4-7", {"temperature": 1.0}),
        ("claude-sonnet-5 claude-opus-5", {"tools": [TOOL], "tool_choice": {"type": "any"}}),
    ],
)
def test_what_a_model_has_is_taken(models: str, more: dict[str, Any]) -> None:
    for model in models.split():
        call(model=model, max_tokens=4096, **more)
