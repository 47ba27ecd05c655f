"""An error in the middle of a stream (``x-mockllm-fail-after``), as each official client tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anthropic
import boto3
import httpx
import openai
import pytest
from botocore.config import Config
from botocore.exceptions import EventStreamError
from google import genai
from google.genai import errors, types

from sdk.bedrock import CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Iterable

AFTER = "x-mockllm-fail-after"
HELLO = "Say hello to all of them."


def _taken(stream: Iterable[Any], seen: list[Any]) -> None:
    """Read to the end, so that what came before an error is kept."""
    for one in stream:
        seen.append(one)  # noqa: PERF402 - an error ends it, and what was read must stay


def test_anthropic_raises_the_error_event_after_the_events_before_it(url: str) -> None:
    seen: list[Any] = []
    with (
        anthropic.Anthropic(base_url=url, api_key="k", max_retries=0) as client,
        client.messages.create(
            model="mock-error-overloaded",
            max_tokens=99,
            messages=[{"role": "user", "content": HELLO}],
            stream=True,
            extra_headers={AFTER: "4"},
        ) as stream,
        pytest.raises(anthropic.APIStatusError, match="Overloaded") as caught,
    ):
        _taken(stream, seen)
    assert [event.type for event in seen] == ["message_start", "content_block_start", "content_block_delta"]
    body: Any = caught.value.body
    assert body["error"]["type"] == "overloaded_error"


def test_openai_chat_raises_the_error_payload_after_the_chunks_before_it(url: str) -> None:
    seen: list[Any] = []
    with (
        openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client,
        client.chat.completions.create(
            model="mock-error-server_error",
            messages=[{"role": "user", "content": HELLO}],
            stream=True,
            extra_headers={AFTER: "3"},
        ) as stream,
        pytest.raises(openai.APIError) as caught,
    ):
        _taken(stream, seen)
    assert "".join(chunk.choices[0].delta.content for chunk in seen) == "Say hello"
    assert caught.value.type == "server_error"


def test_openai_responses_raises_the_error_event_after_the_events_before_it(url: str) -> None:
    seen: list[Any] = []
    with (
        openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client,
        client.responses.create(
            model="mock-error-rate_limit", input=HELLO, stream=True, extra_headers={AFTER: "5"}
        ) as stream,
        pytest.raises(openai.APIError, match="Rate limit reached") as caught,
    ):
        _taken(stream, seen)
    assert [event.sequence_number for event in seen] == list(range(5))
    assert seen[-1].type == "response.output_text.delta"
    assert caught.value.code == "rate_limit_exceeded"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("rate_limit", "throttlingException"),
        ("server_error", "internalServerException"),
        ("timeout", "modelStreamErrorException"),
    ],
)
def test_boto3_raises_the_modelled_exception_after_the_events_before_it(
    url: str, kind: str, code: str
) -> None:
    config = Config(retries={"total_max_attempts": 1, "mode": "standard"})
    client = boto3.client("bedrock-runtime", endpoint_url=url, config=config, **CREDENTIALS)

    def add(request: Any, **_: Any) -> None:
        request.headers[AFTER] = "2"

    client.meta.events.register("before-sign.bedrock-runtime.ConverseStream", add)
    answer = client.converse_stream(
        modelId=f"mock-error-{kind}", messages=[{"role": "user", "content": [{"text": HELLO}]}]
    )
    seen: list[Any] = []
    with pytest.raises(EventStreamError) as caught:
        _taken(answer["stream"], seen)
    assert [next(iter(event)) for event in seen] == ["messageStart", "contentBlockDelta"]
    assert caught.value.response["Error"]["Code"] == code
    answer["stream"].close()
    client.close()


def test_google_raises_the_error_chunk_after_the_chunks_before_it(url: str) -> None:
    options = types.HttpOptions(base_url=url, headers={AFTER: "1"})
    client = genai.Client(api_key="k", http_options=options)
    seen: list[Any] = []
    with pytest.raises(errors.ServerError) as caught:
        _taken(client.models.generate_content_stream(model="mock-error-overloaded", contents=HELLO * 9), seen)
    assert HELLO in seen[0].text
    assert len(seen) == 1
    assert caught.value.code == 503
    client.close()


def test_a_whole_answer_fails_at_once(url: str) -> None:
    sent = {"model": "mock-error-rate_limit", "messages": [{"role": "user", "content": HELLO}]}
    answer = httpx.post(f"{url}/v1/chat/completions", json=sent, headers={AFTER: "3"})
    assert answer.status_code == 429


def test_the_header_without_a_name_that_says_how_to_fail_is_refused(url: str) -> None:
    sent = {"model": "gpt-4o", "messages": [{"role": "user", "content": HELLO}], "stream": True}
    answer = httpx.post(f"{url}/v1/chat/completions", json=sent, headers={AFTER: "3"})
    assert answer.status_code == 400
    assert "mock-error-KIND" in answer.json()["error"]["message"]
