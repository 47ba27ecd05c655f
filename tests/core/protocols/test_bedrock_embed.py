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
    streamed,
)

from mockllm_core.exchange import HttpRequest
from mockllm_core.hosts.bedrock_invoke import PROTOCOL as INVOKE


def test_embedding_models_do_not_stream() -> None:
    with pytest.raises(ClientError, match="unsupported for streaming"):
        streamed("amazon.titan-embed-text-v2:0", {"inputText": "Hi"})


@pytest.mark.parametrize("model", ["amazon.titan-embed-text-v2:0", "amazon.titan-embed-text-v1"])
def test_titan_embeds_texts_of_a_length(model: str) -> None:
    """Printed by several public projects of 2024 to 2026."""
    with pytest.raises(ClientError) as caught:
        invoked(model, {"inputText": "a" * 50_001})
    assert caught.value.response["Error"]["Message"] == (
        "Malformed input request: expected maxLength: 50000, actual: 50001, please reformat your input and try again."
    )
    with pytest.raises(ClientError) as caught:
        invoked(model, {"inputText": "abcd" * 8_193})
    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": "400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 8193 ",
    }
    assert invoked(model, {"inputText": "abcd" * 8_192})["inputTextTokenCount"] == 8_192


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


PIXEL = (
    "data:image/png;base64,"
    + base64.b64encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02\x08\x02\0\0\0").decode()
)
JPEG = (
    "data:image/jpeg;base64,"
    + base64.b64encode(b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\0\x05\0\x07\x03\1\x11\0").decode()
)


def test_cohere_embeds_images_and_tells_what_they_are() -> None:
    told = invoked("cohere.embed-english-v3", {"images": [PIXEL], "input_type": "image"})
    assert list(told) == ["embeddings", "id", "images", "response_type", "texts"]
    assert [len(vector) for vector in told["embeddings"]] == [1024]
    assert told["texts"] == []
    assert told["images"] == [{"width": 3, "height": 2, "format": "png", "bit_depth": 24}]
    four = invoked(
        "cohere.embed-v4:0", {"images": [PIXEL, JPEG, PIXEL], "input_type": "image", "output_dimension": 256}
    )
    one, other, again = four["embeddings"]
    assert one == again
    assert near(one, other) < 0.5
    assert four["images"][1] == {"width": 7, "height": 5, "format": "jpeg", "bit_depth": 24}
    shaped = {"width": 0, "height": 0, "format": "webp", "bit_depth": 0}
    unread = {"images": ["data:image/webp;base64,AAAA"], "input_type": "image"}
    assert invoked("cohere.embed-v4:0", unread)["images"] == [shaped]


def test_cohere_4_embeds_texts_and_images_in_one_input() -> None:
    inputs = [
        {"content": [{"type": "text", "text": "red apples"}, {"type": "image_url", "image_url": PIXEL}]},
        {"content": [{"type": "text", "text": "red apples"}]},
        {"content": [{"type": "image_url", "image_url": {"url": PIXEL}}]},
    ]
    body = {"inputs": inputs, "input_type": "search_document", "embedding_types": ["float"]}
    told = invoked("us.cohere.embed-v4:0", body)
    assert list(told) == ["embeddings", "id", "inputs", "response_type"]
    assert told["inputs"] == inputs
    both, text, image = told["embeddings"]["float"]
    assert [len(vector) for vector in (both, text, image)] == [1536] * 3
    assert near(both, text) > near(text, image) + 0.2
    assert near(both, image) > near(text, image) + 0.2
    alone = invoked("cohere.embed-v4:0", {"texts": ["red apples"], "input_type": "search_document"})
    assert alone["embeddings"] == [text]


def test_cohere_4_cuts_a_text_to_the_tokens_asked_for() -> None:
    body = {"texts": ["abcd efgh"], "input_type": "search_query", "max_tokens": 1}
    plain = [
        invoked("cohere.embed-v4:0", {"texts": [text], "input_type": "search_query"})["embeddings"]
        for text in ("abcd", "efgh")
    ]
    cut = [
        invoked("cohere.embed-v4:0", body | {"truncate": side})["embeddings"] for side in ("RIGHT", "LEFT")
    ]
    assert cut == plain


LACKING = "#: required key [images] not found" + "#: required key [texts] not found" * 4


@pytest.mark.parametrize(
    ("sent", "what"),
    [
        ({"texts": ["Hi"]}, "#: required key [input_type] not found"),
        # langchain-ai/langchainjs 8450
        ({"a": 1}, f"{LACKING}#: required key [input_type] not found"),
        ({"input_type": "search_query"}, LACKING),
        (
            {"texts": ["Hi"] * 97, "input_type": "search_query"},
            "#/texts: expected maximum item count: 96, found: 97",
        ),
        # what several public projects were told of August 2026, with a ``truncate``, too
        (
            {"texts": ["Hi", "a" * 2049], "input_type": "search_query", "truncate": "END"},
            "#/texts/1: expected maxLength: 2048, actual: 2049",
        ),
        (
            {"texts": ["Hi", 1], "input_type": "search_query"},
            "#/texts/1: expected type: String, found: Integer",
        ),
        ({"texts": "Hi", "input_type": "search_query"}, "#/texts: expected type: JSONArray, found: String"),
        ({"texts": [], "input_type": "search_query"}, "#/texts: expected minimum item count: 1, found: 0"),
        ({"texts": [""], "input_type": "search_query"}, "#/texts/0: expected minLength: 1, actual: 0"),
        (
            {"texts": ["Hi"], "images": [PIXEL], "input_type": "image"},
            "#: extraneous key [images] is not permitted",
        ),
        (
            {"texts": ["Hi"], "input_type": "search_query", "output_dimension": 256, "max_tokens": 9},
            "#: extraneous key [output_dimension] is not permitted#: extraneous key [max_tokens] is not permitted",
        ),
        (
            {"inputs": [{"content": [{"type": "text", "text": "Hi"}]}], "input_type": "search_query"},
            "#: extraneous key [inputs] is not permitted",
        ),
        (
            {"images": [PIXEL] * 2, "input_type": "image"},
            "#/images: expected maximum item count: 1, found: 2",
        ),
        (
            {"images": ["https://a.example/b.png"], "input_type": "image"},
            "#/images/0: expected a data URI of an image, found a value without the 'data:' prefix.",
        ),
        ({"texts": ["Hi"], "input_type": "query"}, "#/input_type: query is not a valid enum value"),
        (
            {"texts": ["Hi"], "input_type": "search_query", "embedding_types": ["base64"]},
            "'base64' is not a valid embedding type",
        ),
    ],
)
def test_what_cohere_3_does_not_take_is_refused_in_the_words_of_its_schema(sent: Any, what: str) -> None:
    assert refused("cohere.embed-english-v3", sent) == what


@pytest.mark.parametrize(
    ("sent", "what"),
    [
        ({"input_type": "search_query"}, "#: required key [texts] not found"),
        ({"texts": ["Hi"], "output_dimension": 300}, "#: required key [input_type] not found"),
        (
            {"texts": ["Hi"], "input_type": "search_query", "output_dimension": 300},
            "#/output_dimension: 300 is not a valid enum value [256, 512, 1024, 1536]",
        ),
        ({"inputs": ["Hi"], "input_type": "search_query"}, "#/inputs/0: required key [content] not found"),
        (
            {"inputs": [{"content": [{"type": "sound"}]}], "input_type": "search_query"},
            "#/inputs/0/content/0/type: sound is not a valid enum value",
        ),
        (
            {"inputs": [{"content": [{"type": "text"}]}], "input_type": "search_query"},
            "#/inputs/0/content/0/text: expected type: String, found: Null",
        ),
        (
            {"inputs": [{"content": [{"type": "image_url", "image_url": []}]}], "input_type": "image"},
            "#/inputs/0/content/0/image_url: expected type: String, found: JSONArray",
        ),
    ],
)
def test_what_cohere_4_does_not_take_is_refused_in_the_words_of_its_schema(sent: Any, what: str) -> None:
    assert refused("cohere.embed-v4:0", sent) == what


def refused(model: str, sent: Any) -> str:
    """Return what the model's schema has against a body."""
    request = HttpRequest(method="POST", path=f"/model/{model}/invoke", body=json.dumps(sent).encode())
    response = answer(request, (INVOKE,))
    assert response.status == 400
    told = json.loads(response.body or b"")["message"]
    begin, end = "Malformed input request: ", ", please reformat your input and try again."
    assert told.startswith(begin)
    assert told.endswith(end)
    return str(told[len(begin) : -len(end)])


# -- CountTokens --------------------------------------------------------------------------------------------------


COUNTED = "anthropic.claude-sonnet-4-6"


def test_counted_tokens_are_those_that_usage_reports() -> None:
    messages = [{"role": "user", "content": [{"text": "Hello there, how are you?"}]}]
    counted = bedrock().count_tokens(modelId=COUNTED, input={"converse": {"messages": messages}})
    answered = bedrock().converse(modelId=CLAUDE, messages=messages)
    assert counted["inputTokens"] == answered["usage"]["inputTokens"]
    data = json.dumps(claude("Hello")).encode()
    counted = bedrock().count_tokens(modelId=COUNTED, input={"invokeModel": {"body": data}})
    assert counted["inputTokens"] == 2


@pytest.mark.parametrize(
    "model",
    [
        CLAUDE,
        NOVA,
        TITAN,
        "global.anthropic.claude-sonnet-4-6",
        "anthropic.claude-opus-4-8",
        "anthropic.claude-sonnet-5",
    ],
)
def test_only_some_models_tokens_are_counted(model: str) -> None:
    """Reports of 2025 and 2026: no other families, no inference profiles, no Claude of 4.7 or later."""
    messages = [{"role": "user", "content": [{"text": "Hello"}]}]
    with pytest.raises(ClientError, match=r"The provided model doesn't support counting tokens\."):
        bedrock().count_tokens(modelId=model, input={"converse": {"messages": messages}})


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
    path = f"/model/{COUNTED}/count-tokens"
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
