"""Responses under Azure's paths, through the engine and Azure's own client."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import openai
import pytest

from mockllm_cli.memory import BoundedMemory
from mockllm_core.engine import Engine, Settings
from mockllm_core.exchange import HttpRequest, HttpResponse
from mockllm_core.frame import frames
from mockllm_core.hosts.azure_responses import PROTOCOL

NOW = datetime(2026, 8, 1, tzinfo=UTC)


def answered(engine: Engine, path: str, body: Any = None, method: str = "POST") -> HttpResponse:
    path, _, query = path.partition("?")
    sent = b"" if body is None else json.dumps(body).encode()
    return engine.answer(HttpRequest(method=method, path=path, query=query, body=sent), now=NOW)


@pytest.mark.parametrize("path", ["/openai/v1/responses", "/openai/responses?api-version=2025-03-01-preview"])
def test_a_stream_tells_the_filters_in_the_end_and_reads_back_clean(path: str) -> None:
    body = {"model": "my-deployment", "input": "Say hello.", "stream": True}
    streamed = list(frames(answered(Engine(Settings()), path, body).steps))
    reader = PROTOCOL.reader("")
    reader.feed(b"".join(frame.wire for frame in streamed))
    assert reader.finish().blocks
    assert reader.findings == []
    first, last = streamed[0].payload["response"], streamed[-1].payload["response"]
    assert list(first)[:7] == [
        "id", "object", "created_at", "status", "background", "completed_at", "content_filters",
    ]  # fmt: skip
    assert first["content_filters"] is None
    assert [one["source_type"] for one in last["content_filters"]] == ["prompt", "completion"]
    assert "tool_usage" not in last


def test_the_model_is_the_deployment_and_the_snapshot_is_in_a_header() -> None:
    """As in openai/openai-python issue 3271 (May 2026) and pydantic-ai's cassettes of Azure (July 2026)."""
    answer = answered(Engine(Settings()), "/openai/v1/responses", {"model": "gpt-5.5", "input": "Hi"})
    told = json.loads(answer.body or b"")
    assert told["model"] == "gpt-5.5"
    assert dict(answer.headers)["x-ms-served-model"] == "gpt-5.5-2026-04-23"
    assert dict(answer.headers)["azureai-fe-is-streaming"] == "False"
    assert told["usage"]["input_tokens_details"] == {"cached_tokens": 0}
    asked, said = told["content_filters"]
    assert set(asked["content_filter_results"]) == {"hate", "jailbreak", "self_harm", "sexual", "violence"}
    assert set(said["content_filter_results"]) == {
        "hate", "protected_material_code", "protected_material_text", "self_harm", "sexual", "violence",
    }  # fmt: skip


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_that_a_filter_ended_is_blocked(*, stream: bool) -> None:
    body = {"model": "mock-finish-content_filter", "input": "Say hello to all.", "stream": stream}
    answer = answered(Engine(Settings()), "/openai/v1/responses", body)
    sent = [frame.payload for frame in frames(answer.steps)] if stream else []
    told = sent[-1]["response"] if sent else json.loads(answer.body or b"")
    asked, said = told["content_filters"]
    assert (asked["blocked"], said["blocked"]) == (False, True)
    assert said["content_filter_results"]["violence"] == {"filtered": True, "severity": "medium"}
    assert told["incomplete_details"] == {"reason": "content_filter"}


@pytest.mark.parametrize(
    ("kind", "word"),
    [("rate_limit", "too_many_requests"), ("server_error", "server_error"), ("permission", "forbidden")],
)
def test_an_error_in_a_stream_has_azures_form(kind: str, word: str) -> None:
    body = {"model": f"mock-error-{kind}", "input": "Hi", "stream": True}
    request = HttpRequest(
        method="POST",
        path="/openai/v1/responses",
        headers={"x-mockllm-fail-after": "2"},
        body=json.dumps(body).encode(),
    )
    *_, error, failed = [f.payload for f in frames(Engine(Settings()).answer(request, now=NOW).steps)]
    assert list(error["error"]) == ["type", "code", "headers", "message", "param"]
    limited = kind == "rate_limit"
    header = "x-ms-fe-error" if limited else "skip-error-remapping"
    assert (error["error"]["type"], error["error"]["headers"]) == (word, {header: "true"})
    assert failed["type"] == "response.failed"
    if limited:
        assert (error["error"]["code"], error["error"]["message"]) == (word, "Too Many Requests")


def test_too_many_requests_are_told_by_the_api_itself() -> None:
    response = answered(
        Engine(Settings()), "/openai/v1/responses", {"model": "mock-error-rate_limit", "input": "Hi"}
    )
    told = {
        "message": "Too Many Requests",
        "type": "too_many_requests",
        "param": None,
        "code": "too_many_requests",
    }
    assert (response.status, json.loads(response.body or b"")) == (429, {"error": told})
    sent = dict(response.headers)
    assert (sent["retry-after"], sent["retry-after-ms"]) == ("1", "1000")
    assert "apim-request-id" in sent


_NOT_FOUND = b'{"error":{"code":"404","message":"Resource not found"}}'


def test_a_whole_answer_is_kept_under_azures_paths() -> None:
    engine = Engine(Settings(), BoundedMemory())
    made = answered(engine, "/openai/v1/responses", {"model": "my-deployment", "input": "Say hello."})
    findings: list[Any] = []
    PROTOCOL.read_whole(made.body or b"", findings)
    assert findings == []
    assert "apim-request-id" in dict(made.headers)
    told = json.loads(made.body or b"")
    got = answered(engine, f"/openai/v1/responses/{told['id']}", method="GET")
    assert json.loads(got.body or b"") == told
    assert "apim-request-id" in dict(got.headers)
    listed = answered(engine, f"/openai/responses/{told['id']}/input_items?api-version=x", method="GET")
    assert json.loads(listed.body or b"")["data"][0]["content"][0]["text"] == "Say hello."
    bare = f"/openai/responses/{told['id']}"
    assert answered(engine, bare, method="DELETE").body == _NOT_FOUND
    assert answered(engine, "/openai/responses", {"model": "d", "input": "Hi"}).body == _NOT_FOUND
    assert answered(engine, f"{bare}?api-version=x", method="DELETE").status == 200
    assert answered(engine, f"/openai/v1/responses/{told['id']}", method="GET").status == 404


def test_azures_own_client_reads_it() -> None:
    engine = Engine(Settings(), BoundedMemory())

    def handle(request: httpx.Request) -> httpx.Response:
        response = engine.answer(
            HttpRequest(
                method=request.method,
                path=request.url.raw_path.decode().partition("?")[0],
                query=request.url.query.decode(),
                headers={key.lower(): value for key, value in request.headers.items()},
                body=request.read(),
            ),
            now=NOW,
        )
        body = response.body
        if body is None:
            body = b"".join(frame.wire for frame in frames(response.steps))
        return httpx.Response(response.status, headers=list(response.headers), content=body)

    transport: Any = httpx.Client(transport=httpx.MockTransport(handle))
    client = openai.AzureOpenAI(
        api_key="k",
        api_version="2025-03-01-preview",
        azure_endpoint="http://mock.test",
        http_client=transport,
        max_retries=0,
    )
    first = client.responses.create(model="my-deployment", input="Say hello.")
    assert first.output_text == "Say hello."
    more = client.responses.create(model="my-deployment", input="And you?", previous_response_id=first.id)
    assert more.output_text == "And you?"
    with client.responses.stream(model="my-deployment", input="Say hello.") as stream:
        assert stream.get_final_response().output_text == "Say hello."
    with pytest.raises(openai.AuthenticationError):
        client.responses.create(model="mock-error-authentication", input="x")
