"""Errors as Bedrock spells them."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest
from core.protocols.bedrock_pipeline import CLAUDE, STAMP, answer, asking

from mockllm_core import contract
from mockllm_core.contract import Complaint
from mockllm_core.errors import ApiError, ErrorKind
from mockllm_core.exchange import HttpRequest
from mockllm_core.protocols.bedrock_converse import PROTOCOL

BEDROCK = ":http://internal.amazon.com/coral/com.amazon.bedrock/"

KINDS: dict[str, tuple[int, str]] = {
    "invalid_request": (400, "ValidationException" + BEDROCK),
    "authentication": (401, "UnrecognizedClientException"),
    "permission": (403, "AccessDeniedException" + BEDROCK),
    "not_found": (404, "ResourceNotFoundException" + BEDROCK),
    "method_not_allowed": (405, "UnknownOperationException"),
    "conflict": (409, "ConflictException" + BEDROCK),
    "request_too_large": (413, "RequestEntityTooLargeException"),
    "rate_limit": (429, "ThrottlingException" + BEDROCK),
    "server_error": (500, "InternalServerException" + BEDROCK),
    "unavailable": (503, "ServiceUnavailableException" + BEDROCK),
    "overloaded": (503, "ServiceUnavailableException" + BEDROCK),
    "timeout": (408, "ModelTimeoutException" + BEDROCK),
}


@pytest.mark.parametrize("kind", get_args(ErrorKind))
def test_every_kind_has_its_status_type_and_sentence(kind: ErrorKind) -> None:
    response = PROTOCOL.error(ApiError(kind, "", allow=("POST",)), None, STAMP)
    status, name = KINDS[kind]
    headers = dict(response.headers)
    assert response.status == status
    assert headers["x-amzn-errortype"] == name
    assert headers["content-type"] == "application/json"
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", headers["x-amzn-requestid"])
    assert headers["allow"] == "POST"
    body = response.body or b""
    assert list(json.loads(body)) == ["message"]
    assert json.loads(body)["message"]
    assert body.startswith(b'{"message":"')


def test_a_rate_limit_names_no_time_to_retry() -> None:
    response = PROTOCOL.error(ApiError("rate_limit", ""), None, STAMP)
    assert response.body == b'{"message":"Too many tokens, please wait before trying again."}'
    assert "retry-after" not in dict(response.headers)


PREFIX = "1 validation error detected: "
COMPLAINTS: list[tuple[Complaint, str]] = [
    (
        Complaint(path=("messages",), kind="missing", expected="a list"),
        PREFIX + "Value null at 'messages' failed to satisfy constraint: Member must not be null",
    ),
    (
        Complaint(path=("messages", 0, "content"), kind="type", expected="a list", found=5),
        PREFIX
        + "Value '5' at 'messages.1.member.content' failed to satisfy constraint: Member must be a list",
    ),
    (
        Complaint(
            path=("messages", 1, "role"),
            kind="value",
            expected="one of 'user', 'assistant'",
            found="tool",
            among=("user", "assistant"),
        ),
        PREFIX
        + "Value 'tool' at 'messages.2.member.role' failed to satisfy constraint: "
        + "Member must satisfy enum value set: [user, assistant]",
    ),
    (
        Complaint(
            path=("inferenceConfig", "maxTokens"), kind="range", expected="at least 1", found=0, limit=1
        ),
        PREFIX
        + "Value '0' at 'inferenceConfig.maxTokens' failed to satisfy constraint: "
        + "Member must have value greater than or equal to 1",
    ),
    (
        Complaint(path=("messages",), kind="length", expected="at least 1", found=[], limit=1),
        PREFIX
        + "Value at 'messages' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ),
    (
        Complaint(path=("a",), kind="pattern", expected="[a-z]+", found="A" * 200),
        PREFIX
        + f"Value '{'A' * 100}...' at 'a' failed to satisfy constraint: "
        + "Member must satisfy regular expression pattern: [a-z]+",
    ),
    (
        Complaint(
            path=("messages", 0, "content", 0), kind="union", expected="", found={}, among=("text", "image")
        ),
        PREFIX
        + "Value at 'messages.1.member.content.1.member' failed to satisfy constraint: "
        + "Member must have exactly one of its members set: [text, image]",
    ),
]


@pytest.mark.parametrize(("complaint", "sentence"), COMPLAINTS)
def test_a_complaint_is_a_constraint_at_a_place(complaint: Complaint, sentence: str) -> None:
    error = PROTOCOL.complain(complaint)
    assert error.message == sentence
    assert error.kind == "invalid_request"
    assert error.param == complaint.place


def test_what_is_not_json_is_a_serialization_error() -> None:
    error = PROTOCOL.complain(Complaint(path=(), kind="json", expected="Expecting value"))
    response = PROTOCOL.error(error, None, STAMP)
    assert response.status == 400
    assert dict(response.headers)["x-amzn-errortype"] == "SerializationException"


BAD: list[tuple[Any, str]] = [
    ([], "body"),
    ({}, "messages"),
    ({"messages": []}, "messages"),
    ({"messages": "Hi"}, "messages"),
    ({"messages": [{"role": "user"}]}, "messages.1.member.content"),
    ({"messages": [{"role": "wizard", "content": [{"text": "a"}]}]}, "messages.1.member.role"),
    ({"messages": [{"role": "user", "content": [{"text": 5}]}]}, "messages.1.member.content.1.member.text"),
    ({"messages": [{"role": "user", "content": [{}]}]}, "messages.1.member.content.1.member"),
    (asking("Hi", toolConfig={"tools": {}}), "toolConfig.tools"),
    (asking("Hi", toolConfig={"tools": [{"toolSpec": {"inputSchema": {"json": {}}}}]}), "name"),
    (asking("Hi", inferenceConfig={"maxTokens": 0}), "inferenceConfig.maxTokens"),
    (asking("Hi", inferenceConfig={"maxTokens": "many"}), "inferenceConfig.maxTokens"),
]


@pytest.mark.parametrize(("body", "place"), BAD)
def test_a_bad_body_is_refused_with_its_place_before_the_first_byte(body: Any, place: str) -> None:
    path = f"/model/{CLAUDE}/converse-stream"
    response = answer(HttpRequest(method="POST", path=path, body=json.dumps(body).encode()))
    assert response.status == 400
    message = json.loads(response.body or b"")["message"]
    assert message.startswith(PREFIX)
    assert place in message
    assert contract.check("bedrock-converse", body) is not None
