"""The pipeline: where requests go, what refuses them, and what the bytes depend on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core import Refused, UnknownProtocol, render
from mockllm_core.engine import FIXED_NOW, Engine, Settings, fault
from mockllm_core.errors import ApiError, ErrorKind
from mockllm_core.exchange import HttpRequest, HttpResponse
from mockllm_core.frame import Frame, Pause, frames
from mockllm_core.offline import request_for
from mockllm_core.registry import PROTOCOLS, find

USER = [{"role": "user", "content": "Hello there"}]
BODIES: dict[str, dict[str, Any]] = {
    "openai-chat": {"model": "gpt-4o", "messages": USER},
    "openai-responses": {"model": "gpt-4o", "input": "Hello there"},
    "anthropic-messages": {"model": "claude-sonnet-4-6", "max_tokens": 50, "messages": USER},
    "bedrock-converse": {"messages": [{"role": "user", "content": [{"text": "Hello there"}]}]},
    "google-genai": {"contents": [{"parts": [{"text": "Hello there"}]}]},
}
NAMES = list(BODIES)
STATUS = {
    "invalid_request": {400},
    "authentication": {401},
    "permission": {403},
    "not_found": {404},
    "method_not_allowed": {405},
    "conflict": {400, 409},
    "request_too_large": {413},
    "rate_limit": {429},
    "server_error": {500},
    "unavailable": {503},
    "overloaded": {503, 529},
    "timeout": {408, 504},
}


def ask(
    path: str,
    body: Any = None,
    *,
    method: str = "POST",
    headers: dict[str, str] | None = None,
    query: str = "",
) -> HttpResponse:
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    request = HttpRequest(method=method, path=path, query=query, headers=headers or {}, body=data)
    return Engine(Settings()).answer(request, now=FIXED_NOW)


def wire(response: HttpResponse) -> bytes:
    if response.body is not None:
        return response.body
    return b"".join(frame.wire for frame in frames(response.steps))


def sent(protocol: str, body: Any = None, *, stream: bool = True, **headers: str) -> HttpResponse:
    request = request_for(find(protocol), body or BODIES[protocol], stream=stream)
    named = {f"x-mockllm-{name.replace('_', '-')}": value for name, value in headers.items()}
    request = HttpRequest(
        method="POST", path=request.path, query=request.query, headers=named, body=request.body
    )
    return Engine(Settings()).answer(request, now=FIXED_NOW)


@pytest.mark.parametrize("protocol", NAMES)
@pytest.mark.parametrize("stream", [True, False])
def test_every_protocol_answers_streamed_and_whole(protocol: str, stream: bool) -> None:
    response = sent(protocol, stream=stream)
    assert (response.status, response.body is None) == (200, stream)
    assert b"Hello" in wire(response)
    assert response.headers[0][0] == "content-type"


@pytest.mark.parametrize("protocol", NAMES)
@pytest.mark.parametrize("kind", [kind for kind in get_args(ErrorKind) if kind != "method_not_allowed"])
def test_a_model_named_for_an_error_gets_it(protocol: str, kind: str) -> None:
    request = request_for(find(protocol), {**BODIES[protocol], "model": f"mock-error-{kind}"})
    response = Engine(Settings()).answer(request, now=FIXED_NOW)
    assert response.status in STATUS[kind]
    assert response.body


@pytest.mark.parametrize("protocol", NAMES)
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"1", b"\xff\xfe", b'{"a":NaN}', b"[" * 100_000, b'"x"', b"{}"],
    ids=str,
)
def test_what_is_no_request_is_refused_in_the_providers_form(protocol: str, body: bytes) -> None:
    path = request_for(find(protocol), BODIES[protocol]).path
    response = ask(path, body)
    assert response.status == 400
    assert json.loads(response.body or b"")


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "allow"),
    [
        ("PUT", "/v1/chat/completions", {}, 405, "GET, HEAD, OPTIONS, POST"),
        ("PUT", "/v1/messages", {}, 405, "OPTIONS, POST"),
        ("DELETE", "/model/a/converse", {}, 405, "OPTIONS, POST"),
        ("GET", "/v1beta/models/m:generateContent", {}, 405, "OPTIONS, POST"),
        ("POST", "/v1/models", {}, 405, None),
        ("POST", "/health", {}, 405, "GET, HEAD"),
        ("POST", "/v1/nothing", {}, 404, None),
        ("POST", "/v1/nothing", {"anthropic-version": "2023-06-01"}, 404, None),
        ("POST", "/v1beta/nothing", {}, 404, None),
        ("POST", "/model/a/nothing", {}, 404, None),
        ("GET", "//host/path", {}, 404, None),
        ("GET", "/../../etc/passwd", {}, 404, None),
    ],
)
def test_a_wrong_path_or_method_is_told(
    method: str, path: str, headers: dict[str, str], status: int, allow: str | None
) -> None:
    response = ask(path, {}, method=method, headers=headers)
    assert response.status == status
    if allow is not None:
        assert dict(response.headers)["allow"] == allow


@pytest.mark.parametrize(
    ("headers", "key"),
    [({}, "param"), ({"anthropic-version": "2023-06-01"}, "type"), ({"x-goog-api-key": "k"}, "status")],
    ids=["openai", "anthropic", "google"],
)
def test_a_wrong_method_for_the_models_is_told_in_the_words_of_who_asks(
    headers: dict[str, str], key: str
) -> None:
    response = ask("/v1/models", {}, method="POST", headers=headers)
    assert response.status == 405
    told = json.loads(response.body or b"")
    assert key in told["error"]
    assert ("request_id" in told) == ("anthropic-version" in headers)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/model/a/nothing", {}),
        ("/guardrail/g/version/1/nothing", {}),
        ("/guardrail-checks", {}),
        (
            "/knowledgebases",
            {"authorization": "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/bedrock/aws4_request"},
        ),
        ("/prompts", {"amz-sdk-invocation-id": "1", "authorization": "Bearer bedrock-api-key-x"}),
    ],
)
def test_a_path_that_bedrock_does_not_know_is_told_as_aws_tells_it(
    path: str, headers: dict[str, str]
) -> None:
    """The body is the one measured on bedrock-runtime: before it is known which service it is, AWS has no JSON."""
    response = ask(path, {}, headers=headers)
    assert (response.status, response.body) == (404, b"<UnknownOperationException/>\n")
    assert [name for name, _ in response.headers] == ["x-amzn-requestid"]


def test_google_refuses_the_deletion_of_its_models() -> None:
    response = ask("/v1/models/gemini-2.5-flash", method="DELETE", headers={"x-goog-api-key": "k"})
    told = json.loads(response.body or b"")["error"]
    assert (response.status, told["status"]) == (404, "NOT_FOUND")
    assert told["message"] == "Requested entity was not found."
    openai = ask("/v1/models/gpt-4o", method="DELETE", headers={"authorization": "Bearer k"})
    assert "status" not in json.loads(openai.body or b"")["error"]


def test_who_asks_for_models_is_told_by_a_header() -> None:
    openai = json.loads(ask("/v1/models", method="GET").body or b"")
    anthropic = json.loads(
        ask("/v1/models", method="GET", headers={"anthropic-version": "2023-06-01"}).body or b""
    )
    google = ask("/v1/models", method="GET", headers={"x-goog-api-key": "x"})
    assert openai["object"] == "list"
    assert "has_more" in anthropic
    assert json.loads(google.body or b"")["models"][0]["name"].startswith("models/")
    assert ask("/v1/models", method="GET", query="pageSize=50&key=x").body == google.body


@pytest.mark.parametrize(
    ("query", "key"), [("key=x", "name"), ("key", "name"), ("", "error"), ("monkey=x&k=key", "error")]
)
def test_a_model_is_googles_for_googles_key(query: str, key: str) -> None:
    told = json.loads(ask("/v1/models/gemini-2.5-flash", method="GET", query=query).body or b"")
    assert key in told
    refused = json.loads(ask("/v1/models", {}, query=query).body or b"")
    assert ("status" in refused["error"]) == (key == "name")


@pytest.mark.parametrize("path", ["/", "/health"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_server_says_that_it_is_well(path: str, method: str) -> None:
    assert ask(path, method=method).status == 200


@pytest.mark.parametrize("protocol", NAMES)
def test_the_bytes_depend_on_the_request_and_on_no_header_but_ours(protocol: str) -> None:
    request = request_for(find(protocol), BODIES[protocol], stream=True)

    def bytes_of(seed: str = "0", query: str = "", body: bytes = request.body, **headers: str) -> bytes:
        again = HttpRequest(
            method="POST", path=request.path, query=request.query + query, headers=headers, body=body
        )
        return wire(Engine(Settings(seed=seed)).answer(again, now=FIXED_NOW))

    first = bytes_of()
    spaced = json.dumps(json.loads(request.body), indent=3, sort_keys=True).encode()
    assert first == bytes_of() == bytes_of(body=spaced)
    assert first == bytes_of(authorization="Bearer other", host="elsewhere")
    assert first != bytes_of(seed="1")
    assert first != bytes_of(query="&a=b")


@pytest.mark.parametrize("protocol", NAMES)
def test_fresh_entropy_changes_the_ids_and_nothing_that_is_said(protocol: str) -> None:
    request = request_for(find(protocol), BODIES[protocol])
    one, two = (
        wire(Engine(Settings()).answer(request, now=FIXED_NOW, fresh=fresh))
        for fresh in (b"1" * 16, b"2" * 16)
    )
    assert one != two
    assert b"Hello" in one
    assert b"Hello" in two


@pytest.mark.parametrize(
    ("header", "value"),
    [("tool-calls", "0"), ("tool-calls", "many"), ("args", "wild"), ("piece", "0"), ("piece", "-1"), ("delay", "1e9"),
     ("delay", "٣"), ("colour", "red")],
)  # fmt: skip
def test_a_wrong_header_of_ours_is_refused_by_name(header: str, value: str) -> None:
    response = sent("openai-chat", None, stream=True, **{header: value})
    assert response.status == 400
    assert f"x-mockllm-{header}" in json.loads(response.body or b"")["error"]["message"]


def test_a_delay_is_a_pause_before_every_frame_but_the_first() -> None:
    steps = list(sent("anthropic-messages", delay="50").steps)
    assert [step for step in steps if isinstance(step, Pause)] == [Pause(0.05)] * (len(steps) // 2)
    assert isinstance(steps[0], Frame)


def test_a_piece_has_the_characters_asked_for() -> None:
    body = {**BODIES["openai-chat"], "messages": [{"role": "user", "content": "0123456789" * 2 + "abc"}]}
    sent_frames = frames(sent("openai-chat", body, piece="10").steps)
    deltas = [frame.payload["choices"][0]["delta"].get("content") for frame in sent_frames if frame.payload]
    assert [delta for delta in deltas if delta] == ["0123456789", "0123456789", "abc"]


def test_an_argument_that_cannot_be_valid_is_marked() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer", "minimum": 5, "maximum": 1}},
        "required": ["a"],
    }
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    response = sent("openai-chat", {**BODIES["openai-chat"], "tools": [tool]}, stream=False)
    assert response.status == 200
    assert "x-mockllm-schema-note" in dict(response.headers)
    assert response.note.remarks


@pytest.mark.parametrize(
    ("syntax", "definition", "followed"),
    [
        ("lark", 'start: "yes" | "no"', True),
        ("lark", "start: start", False),
        ("lark", "start: <|endoftext|>", False),
        ("regex", "yes|no", True),
        ("regex", "a{100000}", False),
    ],
)
def test_a_grammar_that_cannot_be_followed_is_told(syntax: str, definition: str, *, followed: bool) -> None:
    form = {"type": "grammar", "grammar": {"syntax": syntax, "definition": definition}}
    tool = {"type": "custom", "custom": {"name": "f", "format": form}}
    response = sent("openai-chat", {**BODIES["openai-chat"], "tools": [tool]}, stream=False)
    told = dict(response.headers).get("x-mockllm-schema-note", "")
    assert response.status == 200
    assert told == ("" if followed else "f: its grammar could not be followed, the input is the user's text")


def test_render_refuses_with_the_answer() -> None:
    with pytest.raises(Refused) as refused:
        render("openai-chat", {"model": "gpt-4o"})
    assert refused.value.response.status == 400
    assert str(refused.value) == (
        "openai-chat refuses the request with status 400: Missing required parameter: 'messages'."
    )
    with pytest.raises(UnknownProtocol, match="openai-chat, openai-responses"):
        render("openai", {})


@pytest.mark.parametrize("protocol", sorted(BODIES))
def test_a_refusal_ends_with_the_providers_sentence(protocol: str) -> None:
    with pytest.raises(Refused, match=r"refuses the request with status 4..: .{9,}"):
        render(protocol, {})


def test_a_fault_of_the_http_layer_has_a_providers_form() -> None:
    response = fault(
        ApiError("request_too_large", "too large"), None, seed="0", now=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert response.status == 413
    assert json.loads(response.body or b"")["error"]["message"] == "too large"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(PROTOCOLS), st.data())
def test_no_body_raises_or_is_answered_with_a_500(protocol: Any, data: st.DataObject) -> None:
    body = dict(BODIES[protocol.name])
    for _ in range(data.draw(st.integers(1, 2))):
        body[data.draw(st.sampled_from([*body, "tools", "stream", "tool_choice", "system"]))] = data.draw(
            json_values
        )
    request = request_for(protocol, body)
    response = Engine(Settings()).answer(request, now=FIXED_NOW)
    wire(response)
    assert response.status in (200, 400, 404)
