"""Media that are refused: data that is no base64, and types that a host was reported to refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from core.protocols.google_genai_case import NOW, call_for, path_of, refusal

from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.exchange import HttpRequest

GEMINI, VERTEX = (path_of(NOW, method="generateContent", vertex=vertex) for vertex in (False, True))
MORE = "Learn more: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/gemini"


def with_part(part: dict[str, Any]) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [{"text": "See."}, part]}]}


def inline(mime: str | None, data: str = "AAAA") -> dict[str, Any]:
    return with_part({"inlineData": {"data": data} | ({} if mime is None else {"mimeType": mime})})


@pytest.mark.parametrize("path", [GEMINI, VERTEX])
@pytest.mark.parametrize("data", ["@@@", "A", "AAAAA", "====", "gs://a/b", "Zg==YQ=="])
def test_data_that_is_no_base64_is_named_by_the_json_reader(path: str, data: str) -> None:
    told = refusal(inline("image/png", data), path)
    place = "contents[0].parts[1].inline_data.data"
    message = f"Invalid value at '{place}' (TYPE_BYTES), Base64 decoding failed for \"{data}\""
    assert (told["code"], told["message"]) == (400, message)
    assert told["details"][0]["fieldViolations"] == [{"field": place, "description": message}]


@pytest.mark.parametrize("data", ["", "AA", "AA==", "AAA=", "_-_-", "+/+/", "AA\nAA"])
def test_base64_is_taken_in_either_alphabet_with_or_without_padding(data: str) -> None:
    for path in (GEMINI, VERTEX):
        assert call_for(inline("image/png", data), path).conversation.messages


@pytest.mark.parametrize(
    "mime", ["image/svg+xml", "application/octet-stream", "application/vnd.ms-excel", "png"]
)
def test_a_type_that_no_model_reads_is_refused_in_the_words_of_the_host(mime: str) -> None:
    assert refusal(inline(mime), GEMINI)["message"] == f"Unsupported MIME type: {mime}"
    sentence = f"Unable to submit request because it has a mimeType parameter with value {mime}, which is not supported."
    assert refusal(inline(mime), VERTEX)["message"] == f"{sentence} Update the mimeType and try again. {MORE}"


@pytest.mark.parametrize(
    "mime",
    ["image/png", "image/heic", "audio/mp3", "video/mp4", "text/csv", "text/x-python", "application/pdf"],
)
def test_a_type_that_models_read_is_taken(mime: str) -> None:
    for path in (GEMINI, VERTEX):
        assert call_for(inline(mime), path).conversation.messages


def test_vertex_ai_wants_a_type_and_does_not_read_json() -> None:
    for body, name in (
        (inline(None), "inlineData"),
        (with_part({"fileData": {"fileUri": "gs://a/b"}}), "fileData"),
    ):
        sentence = f"Unable to submit request because it has an empty mimeType parameter in {name}. Add a value to the"
        assert refusal(body, VERTEX)["message"] == f"{sentence} parameter and try again. {MORE}"
        assert call_for(body, GEMINI).conversation.messages
    assert "value application/json, which" in refusal(inline("application/json"), VERTEX)["message"]


def test_vertex_ai_counts_what_it_does_not_read() -> None:
    path = path_of(NOW, method="countTokens", vertex=True)
    request = HttpRequest(method="POST", path=path, body=json.dumps(inline("image/svg+xml")).encode())
    assert Engine(Settings()).answer(request, now=FIXED_NOW).status == 200
