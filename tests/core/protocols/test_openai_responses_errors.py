"""Errors of OpenAI Responses: status, layout, words; a contract's complaint; failing inside a stream."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from mockllm_core.contract import Complaint
from mockllm_core.errors import ApiError, ErrorKind
from mockllm_core.exchange import HttpRequest
from mockllm_core.plan import plan
from mockllm_core.protocol import Incoming
from mockllm_core.protocols.openai_responses import PROTOCOL
from mockllm_core.reply import Reply, Text
from recordings.harness import stamp

POST = HttpRequest(method="POST", path="/v1/responses")


@pytest.mark.parametrize(
    ("kind", "status", "type_", "code", "gateway"),
    [
        ("invalid_request", 400, "invalid_request_error", None, False),
        ("authentication", 401, "invalid_request_error", "invalid_api_key", True),
        ("permission", 403, "request_forbidden", "unsupported_country_region_territory", True),
        ("not_found", 404, "invalid_request_error", None, True),
        ("method_not_allowed", 405, "invalid_request_error", None, True),
        ("conflict", 409, "invalid_request_error", "conversation_locked", False),
        ("request_too_large", 413, "server_error", None, True),
        ("rate_limit", 429, "tokens", "rate_limit_exceeded", True),
        ("server_error", 500, "server_error", None, False),
        ("unavailable", 503, "server_error", None, False),
        ("overloaded", 503, "server_error", None, False),
        ("timeout", 504, "server_error", None, True),
    ],
)
def test_every_kind_has_its_status_body_and_layout(
    kind: ErrorKind, status: int, type_: str, code: str | None, gateway: bool
) -> None:
    response = PROTOCOL.error(ApiError(kind, "", allow=("POST",)), POST, stamp())
    assert response.status == status
    assert response.body is not None
    told = json.loads(response.body)
    assert list(told["error"]) == ["message", "type", "param", "code"]
    assert told["error"]["message"]
    assert "{" not in told["error"]["message"]
    assert (told["error"]["type"], told["error"]["param"], told["error"]["code"]) == (type_, None, code)
    text = response.body.decode()
    assert text == (json.dumps(told, indent=4) + "\n" if gateway else json.dumps(told, indent=2))
    headers = dict(response.headers)
    assert headers["content-type"] == ("application/json; charset=utf-8" if gateway else "application/json")
    assert headers["x-request-id"].startswith("req_")


def test_all_kinds_are_in_the_table() -> None:
    for kind in get_args(ErrorKind):
        assert PROTOCOL.error(ApiError(kind, "said"), None, stamp()).status >= 400


def test_an_unknown_model_is_400_with_param_and_other_unknown_things_are_404() -> None:
    model = PROTOCOL.error(ApiError("not_found", "", model="gpt-4x"), POST, stamp())
    assert model.status == 400
    assert json.loads(model.body or b"") == {
        "error": {
            "message": "The requested model 'gpt-4x' does not exist.",
            "type": "invalid_request_error",
            "param": "model",
            "code": "model_not_found",
        }
    }
    asked = PROTOCOL.error(ApiError("not_found", "", model="mock-error-not_found"), POST, stamp())
    assert asked.status == 404
    assert json.loads(asked.body or b"")["error"]["code"] == "model_not_found"
    other = PROTOCOL.error(ApiError("not_found", "No such thing.", code="unknown_url"), POST, stamp())
    assert other.status == 404
    assert json.loads(other.body or b"")["error"]["code"] == "unknown_url"


def test_a_rate_limit_says_when_to_come_back_and_a_405_what_is_allowed() -> None:
    limited = dict(PROTOCOL.error(ApiError("rate_limit", "", model="gpt-5"), POST, stamp()).headers)
    assert limited["retry-after"] == "1"
    assert limited["retry-after-ms"] == "494"
    assert limited["x-ratelimit-remaining-tokens"] == "0"
    assert "allow" not in dict(PROTOCOL.error(ApiError("method_not_allowed", ""), POST, stamp()).headers)
    lost = PROTOCOL.error(ApiError("method_not_allowed", "", allow=("GET", "DELETE")), POST, stamp())
    assert dict(lost.headers)["allow"] == "GET, DELETE"


@pytest.mark.parametrize(
    ("complaint", "message", "code"),
    [
        (
            Complaint(path=("input",), kind="missing", expected="one of 'input'"),
            "Missing required parameter: 'input'.",
            "missing_required_parameter",
        ),
        (
            Complaint(path=("temperature",), kind="range", expected="at least 0", found=-1, limit=0),
            "Invalid 'temperature': decimal below minimum value. Expected a value >= 0, but got -1 instead.",
            "decimal_below_min_value",
        ),
        (
            Complaint(path=("max_output_tokens",), kind="range", expected="at least 16", found=5, limit=16),
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 5 instead.",
            "integer_below_min_value",
        ),
        (
            Complaint(path=("temperature",), kind="type", expected="a number", found="hot"),
            "Invalid type for 'temperature': expected a decimal, but got a string instead.",
            "invalid_type",
        ),
        (
            Complaint(path=("tools", 0, "name"), kind="missing", expected="a string"),
            "Missing required parameter: 'tools[0].name'.",
            "missing_required_parameter",
        ),
        (
            Complaint(path=("input", 0, "content"), kind="type", expected="a string or a list", found=7),
            "Invalid type for 'input[0].content': expected a string or a list, but got an integer instead.",
            "invalid_type",
        ),
        (
            Complaint(path=("stream",), kind="type", expected="a boolean", found="yes"),
            "Invalid type for 'stream': expected a boolean, but got a string instead.",
            "invalid_type",
        ),
        (
            Complaint(path=("input", 0), kind="type", expected="an input item", found=None),
            "Invalid type for 'input[0]': expected an input item, but got null instead.",
            "invalid_type",
        ),
        (
            Complaint(
                path=("tools", 0, "x"), kind="value", expected="one of", found="z", among=("a", "b", "c")
            ),
            "Invalid value: 'z'. Supported values are: 'a', 'b', and 'c'.",
            "invalid_value",
        ),
        (
            Complaint(
                path=("truncation",), kind="value", expected="one of", found="z", among=("auto", "disabled")
            ),
            "Invalid value: 'z'. Supported values are: 'auto' and 'disabled'.",
            "invalid_value",
        ),
        (
            Complaint(path=("temperature",), kind="range", expected="at most 2", found=2.5, limit=2),
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
            "decimal_above_max_value",
        ),
        (
            Complaint(path=("max_tool_calls",), kind="range", expected="at least 1", found=0, limit=1),
            "Invalid 'max_tool_calls': integer below minimum value. Expected a value >= 1, but got 0 instead.",
            "integer_below_min_value",
        ),
        (
            Complaint(path=("input",), kind="length", expected="at least 1 item", found=[], limit=1),
            "Invalid 'input': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "empty_array",
        ),
        (
            Complaint(path=("user",), kind="length", expected="at most 3 characters", found="long", limit=3),
            (
                "Invalid 'user': string too long. Expected a string with maximum length 3, "
                "but got a string with length 4 instead."
            ),
            "string_above_max_length",
        ),
        (
            Complaint(path=("tools", 0, "name"), kind="pattern", expected="^[a-z]+$", found="a b"),
            "Invalid 'tools[0].name': string does not match pattern. Expected a string that matches the pattern '^[a-z]+$'.",
            "invalid_value",
        ),
        (
            Complaint(path=("nonsense",), kind="unknown", expected="", found=1),
            "Unknown parameter: 'nonsense'.",
            "unknown_parameter",
        ),
    ],
)
def test_a_complaint_names_the_place_in_the_providers_words(
    complaint: Complaint, message: str, code: str
) -> None:
    error = PROTOCOL.complain(complaint)
    assert (error.kind, error.message, error.param, error.code) == (
        "invalid_request",
        message,
        complaint.place,
        code,
    )


def test_a_body_that_is_not_json_or_no_object_has_no_param() -> None:
    broken = PROTOCOL.complain(Complaint(path=(), kind="json", expected="line 1"))
    assert broken.param is None
    assert broken.message.startswith("We could not parse the JSON body of your request.")
    assert PROTOCOL.complain(Complaint(path=(), kind="type", expected="an object", found=[])).param is None


@pytest.mark.parametrize("kind", get_args(ErrorKind))
@pytest.mark.parametrize("sent", [2, 4])
def test_a_stream_that_fails_says_so_twice_and_our_reader_follows(kind: ErrorKind, sent: int) -> None:
    body: dict[str, Any] = {"model": "gpt-5-nano", "input": "hi", "stream": True}
    call = PROTOCOL.parse(Incoming(http=POST, params={}, body=body), PROTOCOL.endpoints[0])
    turn = plan([Reply(blocks=(Text.of("Hello"),))], call.conversation, PROTOCOL.cut)
    frames = list(PROTOCOL.stream(turn, call, stamp()))[:sent]
    frames += PROTOCOL.fail(ApiError(kind, ""), call, turn, stamp(), sent)
    error, failed = frames[-2].payload, frames[-1].payload
    assert list(error) == ["type", "error", "sequence_number"]
    assert list(error["error"]) == ["type", "code", "message", "param"]
    assert (error["sequence_number"], failed["sequence_number"]) == (sent, sent + 1)
    assert failed["type"] == "response.failed"
    assert failed["response"]["status"] == "failed"
    assert failed["response"]["usage"] is None
    assert failed["response"]["error"] == {key: error["error"][key] for key in ("code", "message")}
    reader = PROTOCOL.reader("")
    reader.feed(b"".join(frame.wire for frame in frames))
    assert reader.finish().facts["error"] == error["error"]
    assert not reader.findings
