"""Embeddings over the wire: both encodings, sizes, batches, refusals."""

from __future__ import annotations

import base64
import json
import struct
from datetime import UTC, datetime
from typing import Any

import pytest

from mockllm_core import contract
from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpRequest, HttpResponse
from mockllm_core.hosts.openai_completions import PROTOCOL
from mockllm_core.protocol import Incoming
from mockllm_core.routing import match
from mockllm_core.stamp import Stamp

STAMP = Stamp(seed=b"0", now=datetime(2026, 1, 1, tzinfo=UTC))
SMALL = "text-embedding-3-small"
_TOO_MANY = (
    "Invalid 'input': array too long. Expected an array with maximum length 2048, "
    "but got an array with length 2049 instead."
)


def post(path: str = "/v1/embeddings", **more: Any) -> HttpResponse:
    body = {"model": SMALL, "input": "a cat"} | more
    for endpoint in PROTOCOL.endpoints:
        if match(endpoint.path, path) is not None and endpoint.answer is not None:
            complaint = contract.check(endpoint.contract, body)
            if complaint is not None:
                raise PROTOCOL.complain(complaint)
            http = HttpRequest(method="POST", path=path, body=json.dumps(body).encode())
            return endpoint.answer(Incoming(http=http, params={}, body=body), STAMP)
    raise AssertionError(path)


def ask(**more: Any) -> Any:
    return json.loads(post(**more).body or b"")


def test_both_encodings_hold_the_same_numbers() -> None:
    (plain,) = ask()["data"]
    (packed,) = ask(encoding_format="base64")["data"]
    raw = base64.b64decode(packed["embedding"])
    assert struct.pack("<1536f", *plain["embedding"]) == raw


@pytest.mark.parametrize(
    ("more", "size"),
    [
        ({}, 1536),
        ({"model": "text-embedding-3-large"}, 3072),
        ({"model": "text-embedding-ada-002"}, 1536),
        ({"dimensions": 3}, 3),
        ({"model": "mine", "dimensions": 5000}, 5000),
    ],
)
def test_a_vector_has_the_size_asked_for(more: dict[str, Any], size: int) -> None:
    assert len(ask(**more)["data"][0]["embedding"]) == size


@pytest.mark.parametrize(
    ("given", "count", "tokens"),
    [
        ("a cat", 1, 2),
        ([[1] * 8192], 1, 8192),
        ("a" * 32768, 1, 8192),
        (["a" * 32768] * 36, 36, 294912),
        (["a", "b", "c"], 3, 3),
        ([1, 2, 3], 1, 3),
        ([[1, 2], [3]], 2, 3),
    ],
)
def test_each_input_gets_a_vector_and_is_counted(given: Any, count: int, tokens: int) -> None:
    answer = ask(input=given, dimensions=4)
    assert [one["index"] for one in answer["data"]] == list(range(count))
    assert answer["usage"] == {"prompt_tokens": tokens, "total_tokens": tokens}


def test_a_batch_has_the_vectors_of_its_texts() -> None:
    batch = ask(input=["a", "b"])["data"]
    assert [one["embedding"] for one in batch] == [ask(input=text)["data"][0]["embedding"] for text in "ab"]


@pytest.mark.parametrize(
    ("more", "kind", "message"),
    [
        ({"model": "gpt-4o"}, "permission", "You are not allowed to generate embeddings from this model"),
        (
            {"model": "text-embedding-ada-002", "dimensions": 2},
            "invalid_request",
            "This model does not support specifying dimensions.",
        ),
        ({"dimensions": 2000}, "invalid_request", "Must be less than or equal to 1536"),
        ({"input": []}, "invalid_request", "empty array"),
        (
            {"input": [""]},
            "invalid_request",
            r"'\$.input' is invalid. Please check the API reference: https://",
        ),
        ({"input": ["a", ""]}, "invalid_request", r"'\$.input' is invalid."),
        ({"input": [[1], []]}, "invalid_request", r"'\$.input' is invalid."),
    ],
)
def test_what_the_provider_refuses_is_refused(more: dict[str, Any], kind: str, message: str) -> None:
    with pytest.raises(ApiError, match=message) as caught:
        post(**more)
    assert caught.value.kind == kind


@pytest.mark.parametrize("path", ["/v1/embeddings", "/openai/v1/embeddings"])
@pytest.mark.parametrize(
    ("given", "message", "kind", "param", "code"),
    [
        ("a" * 32769, "Invalid 'input': maximum context length is 8192 tokens.", "", None, None),
        (
            ["a", "a" * 32769],
            "Invalid 'input[1]': maximum input length is 8192 tokens.",
            "",
            "input[1]",
            "invalid_value",
        ),
        (
            [[1] * 8193],
            "Invalid 'input[0]': maximum input length is 8192 tokens.",
            "",
            "input[0]",
            "invalid_value",
        ),
        (
            [[1] * 8000] * 38,
            "Requested 304000 tokens, max 300000 tokens per request",
            "max_tokens_per_request",
            None,
            "max_tokens_per_request",
        ),
        (
            ["a"] * 2049,
            _TOO_MANY,
            "",
            "input",
            "array_above_max_length",
        ),
    ],
)
def test_what_is_too_long_is_refused(
    path: str, given: Any, message: str, kind: str, param: str | None, code: str | None
) -> None:
    body = json.dumps({"model": SMALL, "input": given}).encode()
    response = Engine(Settings()).answer(HttpRequest(method="POST", path=path, body=body), now=FIXED_NOW)
    told = {"message": message, "type": kind or "invalid_request_error", "param": param, "code": code}
    assert (response.status, json.loads(response.body or b"")) == (400, {"error": told})


def test_the_official_client_reads_it() -> None:
    import httpx2
    import openai

    def handle(asked: httpx2.Request) -> httpx2.Response:
        response = post(**json.loads(asked.content))
        return httpx2.Response(200, headers=response.headers, content=response.body or b"")

    transport = httpx2.Client(transport=httpx2.MockTransport(handle))
    client = openai.OpenAI(api_key="k", base_url="http://mock/v1", http_client=transport, max_retries=0)
    packed = client.embeddings.create(model=SMALL, input="a cat").data[0].embedding
    plain = client.embeddings.create(model=SMALL, input="a cat", encoding_format="float").data[0].embedding
    assert packed == pytest.approx(plain)
    assert len(packed) == 1536
