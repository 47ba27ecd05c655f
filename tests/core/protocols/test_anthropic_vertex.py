"""Claude on Vertex AI: Google's paths and errors around Anthropic's events."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from core.protocols.anthropic_case import STAMP, body, incoming, planned

from mockllm_core.errors import ApiError, ErrorKind
from mockllm_core.exchange import HttpRequest
from mockllm_core.hosts.anthropic_vertex import PROTOCOL
from mockllm_core.reply import Text, ToolCall
from mockllm_core.routing import match

BASE = "/v1/projects/p/locations/us-east5/publishers/anthropic/models"


def endpoint_of(path: str) -> tuple[Any, dict[str, str]]:
    for endpoint in PROTOCOL.endpoints:
        params = match(endpoint.path, path)
        if params is not None:
            return endpoint, params
    raise AssertionError(path)


@pytest.mark.parametrize(
    ("path", "stream", "model"),
    [
        (f"{BASE}/claude-sonnet-4-5@20250929:rawPredict", False, "claude-sonnet-4-5@20250929"),
        (f"{BASE}/claude-sonnet-4-5%4020250929:streamRawPredict", True, "claude-sonnet-4-5@20250929"),
    ],
)
def test_the_path_names_the_model_and_decides_the_stream(path: str, model: str, *, stream: bool) -> None:
    endpoint, params = endpoint_of(path)
    given = {"anthropic_version": "vertex-2023-10-16", **body()}
    del given["model"]
    asked = PROTOCOL.parse(type(incoming())(http=incoming().http, params=params, body=given), endpoint)
    assert (asked.model, asked.stream, asked.form) == (model, stream, "vertex")
    turn = planned(asked, Text.of("Hello"), ToolCall(name="f", arguments={}))
    message = json.loads(PROTOCOL.whole(turn, asked, STAMP))
    assert re.fullmatch(r"msg_vrtx_01[1-9A-HJ-NP-Za-km-z]{22}", message["id"])
    assert message["content"][1]["id"].startswith("toolu_vrtx_01")
    assert message["model"] == "claude-sonnet-4-5-20250929"
    wire = b"".join(frame.wire for frame in PROTOCOL.stream(turn, asked, STAMP))
    reader = PROTOCOL.reader("")
    reader.feed(wire)
    reader.finish()
    assert reader.findings == []
    assert dict(PROTOCOL.headers(turn, asked, STAMP))["request-id"].startswith("req_vrtx_01")


def test_a_body_that_names_the_model_is_refused() -> None:
    """The path names it; public reports of several clients have the sentence."""
    endpoint, params = endpoint_of(f"{BASE}/claude-sonnet-4-5@20250929:rawPredict")
    given = {"anthropic_version": "vertex-2023-10-16", **body()}
    with pytest.raises(ApiError, match=r"^model: Extra inputs are not permitted$"):
        PROTOCOL.parse(type(incoming())(http=incoming().http, params=params, body=given), endpoint)


def test_counting_has_its_own_path() -> None:
    assert endpoint_of(f"{BASE}/count-tokens:rawPredict")[0].kind == "plain"


@pytest.mark.parametrize(
    ("kind", "status", "name"),
    [
        ("authentication", 401, "UNAUTHENTICATED"),
        ("permission", 403, "PERMISSION_DENIED"),
        ("not_found", 404, "NOT_FOUND"),
        ("rate_limit", 429, "RESOURCE_EXHAUSTED"),
        ("unavailable", 503, "UNAVAILABLE"),
        ("timeout", 504, "DEADLINE_EXCEEDED"),
    ],
)
def test_what_the_platform_refuses_has_googles_form(kind: ErrorKind, status: int, name: str) -> None:
    whole = HttpRequest(method="POST", path=f"{BASE}/m:rawPredict")
    answer = PROTOCOL.error(ApiError(kind, ""), whole, STAMP)
    found = json.loads(answer.body or b"")
    assert (answer.status, found["error"]["code"], found["error"]["status"]) == (status, status, name)
    assert (answer.body or b"").endswith(b"\n")
    streamed = PROTOCOL.error(
        ApiError(kind, ""), HttpRequest(method="POST", path=f"{BASE}/m:streamRawPredict"), STAMP
    )
    assert json.loads(streamed.body or b"") == [found]


@pytest.mark.parametrize(
    ("kind", "status"), [("invalid_request", 400), ("overloaded", 529), ("server_error", 500)]
)
def test_what_the_model_refuses_has_anthropics_form(kind: ErrorKind, status: int) -> None:
    answer = PROTOCOL.error(ApiError(kind, "So it is."), None, STAMP)
    found = json.loads(answer.body or b"")
    assert (answer.status, found["type"], found["error"]["message"]) == (status, "error", "So it is.")
    assert found["request_id"] == dict(answer.headers)["request-id"]
    assert found["request_id"].startswith("req_vrtx_01")
