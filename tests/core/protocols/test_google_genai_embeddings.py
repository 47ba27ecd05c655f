"""Embeddings on both hosts."""

from __future__ import annotations

import json
from math import sqrt
from typing import Any

import pytest
from core.protocols.google_genai_case import path_of, refusal
from core.protocols.test_google_genai_plain import ask


def embedded(text: str, **more: Any) -> list[float]:
    body = {"content": {"parts": [{"text": text}]}, **more}
    values: list[float] = json.loads(ask("/v1beta/models/gemini-embedding-001:embedContent", body))[
        "embedding"
    ]["values"]
    return values


def test_an_embedding_is_a_unit_vector_of_the_asked_length() -> None:
    assert len(embedded("The sky is blue.")) == 3072
    short = embedded("The sky is blue.", outputDimensionality=128)
    assert len(short) == 128
    assert sqrt(sum(value * value for value in short)) == pytest.approx(1, abs=1e-6)
    assert len(embedded("x", output_dimensionality=7)) == 7


def test_texts_that_share_words_are_near_each_other() -> None:
    one, two, three = (embedded(text) for text in ("the blue sky", "a blue sky today", "fast red cars"))
    near = sum(a * b for a, b in zip(one, two, strict=True))
    far = sum(a * b for a, b in zip(one, three, strict=True))
    assert near > far + 0.2


def test_a_batch_holds_what_each_would_hold_alone() -> None:
    requests = [
        {"model": "models/gemini-embedding-001", "content": {"parts": [{"text": text}]}}
        for text in ("a b", "c")
    ]
    told = json.loads(ask("/v1/models/gemini-embedding-001:batchEmbedContents", {"requests": requests}))
    assert [one["values"] for one in told["embeddings"]] == [embedded("a b"), embedded("c")]


def test_a_dimension_out_of_range_is_refused() -> None:
    body = {"content": {"parts": [{"text": "a"}]}, "outputDimensionality": 5000}
    told = refusal(body, "/v1beta/models/gemini-embedding-001:embedContent")
    assert "output_dimensionality must be in the range" in told["message"]


SAID = {"parts": [{"text": "a"}]}
EMBED, BATCH = (
    f"/v1beta/models/gemini-embedding-001:{name}" for name in ("embedContent", "batchEmbedContents")
)


@pytest.mark.parametrize(
    ("requests", "told"),
    [
        ([{"content": SAID}, {"content": SAID}], ["[0].model: model is not specified", "[1].model: model is not specified"]),
        ([{"model": "models/gemini-embedding-001", "content": SAID}, {"content": SAID}], ["[1].model: model is not specified"]),
        ([{"model": "gemini-embedding-001", "content": SAID}], ["[0].model: unexpected model name format"]),
    ],
)  # fmt: skip
def test_each_request_of_a_batch_names_the_model(requests: list[Any], told: list[str]) -> None:
    """Seen of the API by two public projects in July and August 2026; Vertex AI wants no name."""
    complaint = refusal({"requests": requests}, BATCH)
    assert complaint["message"] == "".join(f"* BatchEmbedContentsRequest.requests{one}\n" for one in told)
    assert (complaint["code"], complaint["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("task", ["NOT_A_REAL_TASK_TYPE", "retrieval_document"])
def test_a_task_that_there_is_not_is_refused(task: str) -> None:
    """A public project measured both in 2026: an odd name, and one in lower case."""
    kind = "type.googleapis.com/google.ai.generativelanguage.v1beta.TaskType"
    assert refusal({"content": SAID, "taskType": task}, EMBED)["message"] == (
        f"Invalid value at 'task_type' ({kind}), \"{task}\""
    )
    named = {"model": "models/gemini-embedding-001", "content": SAID}
    batch = [named | {"taskType": "RETRIEVAL_QUERY"}, named | {"task_type": task}]
    assert refusal({"requests": batch}, BATCH)["message"] == (
        f"Invalid value at 'requests[1].task_type' ({kind}), \"{task}\""
    )
    newer = {"content": SAID, "embedContentConfig": {"taskType": task}}
    place = "embed_content_config.task_type"
    assert refusal(newer, EMBED)["message"] == f"Invalid value at '{place}' ({kind}), \"{task}\""
    of_vertex = "type.googleapis.com/google.cloud.aiplatform.v1.EmbedContentRequest.EmbeddingTaskType"
    for body, method, at in (
        (newer, "embedContent", place),
        ({"requests": [newer]}, "batchEmbedContents", f"requests[0].{place}"),
    ):
        told = refusal(body, vertex(method))["message"]
        assert told == f"Invalid value at '{at}' ({of_vertex}), \"{task}\""


def test_an_empty_text_is_not_embedded() -> None:
    empty = {"parts": [{"text": ""}]}
    batch = [{"model": "models/gemini-embedding-001", "content": content} for content in (SAID, empty)]
    for body, path in (({"content": empty}, EMBED), ({"requests": batch}, BATCH)):
        assert refusal(body, path)["message"] == "EmbedContentRequest.content contains an empty Part."


@pytest.mark.parametrize(
    ("model", "method", "body"),
    [
        ("gemini-embedding-001", "generateContent", {"contents": [SAID]}),
        ("gemini-embedding-001", "streamGenerateContent", {"contents": [SAID]}),
        ("gemini-2.5-flash", "embedContent", {"content": SAID}),
        ("gemini-2.5-flash", "batchEmbedContents", {"requests": [{"model": "models/gemini-2.5-flash", "content": SAID}]}),
    ],
)  # fmt: skip
def test_a_model_writes_or_embeds(model: str, method: str, body: dict[str, Any]) -> None:
    told = refusal(body, f"/v1beta/models/{model}:{method}?alt=sse")
    assert (told["code"], told["status"]) == (404, "NOT_FOUND")
    assert told["message"] == (
        f"models/{model} is not found for API version v1beta, or is not supported for {method}. Call "
        "ModelService.ListModels to see the list of available models and their supported methods."
    )


GEMINI_2 = "gemini-embedding-2"
IMAGE = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}


def content(*texts: str, **more: Any) -> dict[str, Any]:
    return {"content": {"parts": [{"text": text} for text in texts]}, **more}


def vertex(method: str, model: str = GEMINI_2) -> str:
    return path_of(model, method=method, vertex=True)


def test_the_newer_form_has_its_settings_in_an_object() -> None:
    asked = content("a", embedContentConfig={"outputDimensionality": 5, "taskType": "RETRIEVAL_QUERY"})
    assert len(json.loads(ask(f"/v1beta/models/{GEMINI_2}:embedContent", asked))["embedding"]["values"]) == 5


def test_the_second_model_tells_its_tokens_as_public_reports_print_them() -> None:
    """``promptTokenDetails``, and no total: only there does Google spell it so."""
    asked = content("How many are these?", outputDimensionality=1)
    asked["content"]["parts"].append(IMAGE)
    kinds = [{"modality": "TEXT", "tokenCount": 5}, {"modality": "IMAGE", "tokenCount": 258}]
    told = json.loads(ask(f"/v1beta/models/{GEMINI_2}:embedContent", asked))
    assert list(told) == ["embedding", "usageMetadata"]
    assert told["usageMetadata"] == {"promptTokenCount": 263, "promptTokenDetails": kinds}
    told = json.loads(
        ask(
            f"/v1beta/models/{GEMINI_2}:batchEmbedContents",
            {"requests": [asked | {"model": f"models/{GEMINI_2}"}] * 2},
        )
    )
    assert told["usageMetadata"]["promptTokenCount"] == 10 + 516
    told = json.loads(ask("/v1beta/models/gemini-embedding-001:embedContent", asked))
    assert list(told) == ["embedding"]


def test_vertex_embeds_with_the_usage_of_its_other_methods() -> None:
    told = json.loads(ask(vertex("embedContent"), content("a b", outputDimensionality=9)))
    usage = {
        "promptTokenCount": 1,
        "totalTokenCount": 1,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 1}],
    }
    assert told == {"embedding": {"values": embedded("a b", outputDimensionality=9)}, "usageMetadata": usage}
    asked = {"requests": [content("a b", embedContentConfig={"outputDimensionality": 9})] * 2}
    told = json.loads(ask(vertex("batchEmbedContents"), asked))
    assert [one["values"] for one in told["embeddings"]] == [embedded("a b", outputDimensionality=9)] * 2


def test_the_older_models_embed_by_predict() -> None:
    asked = {
        "instances": [{"content": "a b"}, {"content": "Some words"}],
        "parameters": {"outputDimensionality": 9},
    }
    told = json.loads(ask(vertex("predict", "text-embedding-005"), asked))
    first, second = told["predictions"]
    assert first["embeddings"] == {
        "statistics": {"truncated": False, "token_count": 1},
        "values": embedded("a b", outputDimensionality=9),
    }
    assert second["embeddings"]["statistics"]["token_count"] == 3
    assert told["metadata"] == {"billableCharacterCount": 11}
    del asked["parameters"]
    told = json.loads(ask(vertex("predict", "text-embedding-005"), asked))
    assert len(told["predictions"][0]["embeddings"]["values"]) == 768


@pytest.mark.parametrize(
    ("model", "body", "code", "message"),
    [
        ("text-embedding-005", {}, 400, "Request contains an invalid argument."),
        ("text-embedding-005", [], 400, "Request contains an invalid argument."),
        ("text-embedding-005", {"instances": [{"content": 5}]}, 400, "Request contains an invalid argument."),
        ("text-embedding-005", {"instances": [{"content": ""}]}, 400, "The text content is empty."),
        ("imagen-4.0-generate-001", {"instances": [{"prompt": "x"}]}, 404, "Publisher Model `projects/p/"),
    ],
)
def test_what_predict_cannot_embed_is_refused(model: str, body: Any, code: int, message: str) -> None:
    told = refusal(body, vertex("predict", model))
    assert told["code"] == code
    assert told["message"].startswith(message)
