"""Embeddings by InvokeModel, and CountTokens, read by boto3."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from core.protocols.bedrock_pipeline import (
    CLAUDE,
    NOVA,
    TITAN,
    answer,
    bedrock,
    claude,
    invoked,
    nova,
    streamed,
    titan,
)

from mockllm_core.exchange import HttpRequest
from mockllm_core.hosts.bedrock_invoke import PROTOCOL as INVOKE


def test_embedding_models_do_not_stream() -> None:
    with pytest.raises(ClientError, match="unsupported for streaming"):
        streamed("amazon.titan-embed-text-v2:0", {"inputText": "Hi"})


def near(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def test_titan_embeds_one_text() -> None:
    model = "amazon.titan-embed-text-v2:0"
    answers = [
        invoked(model, {"inputText": text, "dimensions": 256})
        for text in ("the cat sat on the mat", "a cat sat on a mat", "stock prices fell sharply")
    ]
    vectors = [one["embedding"] for one in answers]
    assert all(len(vector) == 256 for vector in vectors)
    assert all(abs(near(vector, vector) - 1) < 1e-9 for vector in vectors)
    assert near(vectors[0], vectors[1]) > near(vectors[0], vectors[2]) + 0.2
    assert answers[0]["embeddingsByType"] == {"float": vectors[0]}
    assert answers[0]["inputTextTokenCount"] == 6
    binary = invoked(model, {"inputText": "Hi", "embeddingTypes": ["binary"]})
    assert "embedding" not in binary
    assert set(binary["embeddingsByType"]["binary"]) <= {0, 1}
    first = invoked("amazon.titan-embed-text-v1", {"inputText": "Hi"})
    assert list(first) == ["embedding", "inputTextTokenCount"]
    assert len(first["embedding"]) == 1536


def test_cohere_embeds_many_texts_in_the_types_asked_for() -> None:
    model = "cohere.embed-multilingual-v3"
    body = {"texts": ["red apples", "green apples"], "input_type": "search_document"}
    plain = invoked(model, body)
    assert list(plain) == ["embeddings", "id", "response_type", "texts"]
    assert plain["response_type"] == "embeddings_floats"
    assert [len(vector) for vector in plain["embeddings"]] == [1024, 1024]
    kinds = ["float", "int8", "uint8", "binary", "ubinary"]
    typed = invoked(model, body | {"embedding_types": kinds})["embeddings"]
    assert list(typed) == kinds
    assert typed["float"] == plain["embeddings"]
    assert all(-128 <= number <= 127 for number in typed["int8"][0])
    assert all(0 <= number <= 255 for number in typed["uint8"][0])
    assert [len(vector) for vector in typed["binary"]] == [128, 128]
    assert [number + 128 for number in typed["binary"][0]] == typed["ubinary"][0]
    assert len(invoked("cohere.embed-v4:0", body | {"output_dimension": 512})["embeddings"][0]) == 512


@pytest.mark.parametrize(
    ("sent", "what"),
    [
        ({"texts": ["Hi"]}, "#: required key [input_type] not found"),
        (
            {"texts": ["Hi"] * 97, "input_type": "search_query"},
            "#/texts: expected maximum item count: 96, found: 97",
        ),
    ],
)
def test_cohere_is_told_what_the_texts_are_for_and_takes_96(sent: Any, what: str) -> None:
    path = "/model/cohere.embed-english-v3/invoke"
    response = answer(HttpRequest(method="POST", path=path, body=json.dumps(sent).encode()), (INVOKE,))
    assert response.status == 400
    assert json.loads(response.body or b"")["message"] == (
        f"Malformed input request: {what}, please reformat your input and try again."
    )


# -- CountTokens --------------------------------------------------------------------------------------------------


def test_counted_tokens_are_those_that_usage_reports() -> None:
    messages = [{"role": "user", "content": [{"text": "Hello there, how are you?"}]}]
    counted = bedrock().count_tokens(modelId=CLAUDE, input={"converse": {"messages": messages}})
    answered = bedrock().converse(modelId=CLAUDE, messages=messages)
    assert counted["inputTokens"] == answered["usage"]["inputTokens"]
    for model, body in ((CLAUDE, claude("Hello")), (NOVA, nova("Hello")), (TITAN, titan("Hello"))):
        data = json.dumps(body).encode()
        counted = bedrock().count_tokens(modelId=model, input={"invokeModel": {"body": data}})
        assert counted["inputTokens"] == 2


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "'input'"),
        ({"input": {}}, "'input'"),
        ({"input": {"converse": {"messages": []}}}, "'input.converse.messages'"),
        ({"input": {"invokeModel": {"body": "?"}}}, "not base64 of JSON"),
        ({"input": {"invokeModel": {"body": base64.b64encode(b"{}").decode()}}}, "Field required"),
    ],
)
def test_a_bad_count_is_refused(sent: Any, sentence: str) -> None:
    path = f"/model/{CLAUDE}/count-tokens"
    response = answer(HttpRequest(method="POST", path=path, body=json.dumps(sent).encode()), (INVOKE,))
    assert response.status == 400
    assert sentence in json.loads(response.body or b"")["message"]


@pytest.mark.parametrize(
    ("key", "value"), [("input_type", "bogus"), ("truncate", "MAYBE"), ("truncate", ["END"])]
)
def test_cohere_takes_its_own_words_only(key: str, value: object) -> None:
    body = {"texts": ["a cat"], "input_type": "search_query", "truncate": "RIGHT"}
    assert invoked("cohere.embed-v4:0", body)["texts"] == ["a cat"]
    with pytest.raises(ClientError, match=f"#/{key}: .* is not a valid enum value, please reformat"):
        invoked("cohere.embed-v4:0", body | {key: value})
