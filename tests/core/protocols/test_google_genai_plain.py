"""Models and token counts."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest
from core.protocols.google_genai_case import (
    HELLO,
    NOW,
    STAMP,
    answer,
    chunks,
    incoming,
    path_of,
    request,
    routed,
)

from mockllm_core.errors import ApiError


def ask(path: str, body: Any = None, method: str = "POST") -> bytes:
    asked, endpoint = incoming(path, body, method)
    assert endpoint.answer is not None
    response = endpoint.answer(asked, STAMP)
    assert response.status == 200
    assert response.headers[0] == ("content-type", "application/json; charset=UTF-8")
    assert response.body is not None
    return response.body


def test_the_list_of_models_is_one_page_without_a_token() -> None:
    wire = ask("/v1beta/models", method="GET")
    told = json.loads(wire)
    assert list(told) == ["models"]
    assert all(model["name"].startswith("models/") for model in told["models"])


def test_pages_of_models_join_to_the_list() -> None:
    everything = json.loads(ask("/v1beta/models", method="GET"))["models"]
    found: list[Any] = []
    token = ""
    for _ in range(10):
        page = json.loads(ask(f"/v1beta/models?pageSize=4&pageToken={token}", method="GET"))
        found += page["models"]
        token = page.get("nextPageToken", "")
        if not token:
            break
    assert found == everything


def test_a_bad_page_size_is_refused() -> None:
    asked, endpoint = incoming("/v1beta/models?pageSize=many", method="GET")
    assert endpoint.answer is not None
    with pytest.raises(ApiError, match="page_size"):
        endpoint.answer(asked, STAMP)


def test_any_model_that_answers_can_be_described() -> None:
    assert json.loads(ask("/v1/models/gemini-2.5-flash", method="GET"))["displayName"] == "Gemini 2.5 Flash"
    assert json.loads(ask("/v1beta/models/my-model", method="GET"))["name"] == "models/my-model"
    told = json.loads(ask("/v1beta1/publishers/google/models/gemini-2.5-flash", method="GET"))
    assert told["name"] == "publishers/google/models/gemini-2.5-flash"


@pytest.mark.parametrize("place", ["/v1beta/models", "/v1/models", "/v1/publishers/google/models"])
def test_nothing_is_below_a_model(place: str) -> None:
    """A long-running operation of a model, say, is none to be described."""
    asked, endpoint = incoming(f"{place}/veo-3/operations/1", method="GET")
    assert endpoint.answer is not None
    with pytest.raises(ApiError) as caught:
        endpoint.answer(asked, STAMP)
    assert caught.value.kind == "not_found"


def test_a_model_lists_only_methods_that_are_answered() -> None:
    for model in json.loads(ask("/v1beta/models", method="GET"))["models"]:
        for method in model["supportedGenerationMethods"]:
            path = "cachedContents" if method == "createCachedContent" else f"{model['name']}:{method}"
            assert routed(f"/v1beta/{path}")


def test_vertex_tells_the_tokens_themselves() -> None:
    body = {"contents": [{"role": "user", "parts": [{"text": "Say it, say it."}, {"text": "\u00e9"}]}]}
    (told,) = json.loads(ask(path_of(method="computeTokens", vertex=True), body))["tokensInfo"]
    assert list(told) == ["tokens", "tokenIds", "role"]
    raw = [b64decode(one) for one in told["tokens"]]
    assert b"".join(raw).decode() == "Say it, say it.\u00e9"
    assert len(told["tokenIds"]) == len(raw) > 4
    same = {ident for one, ident in zip(raw, told["tokenIds"], strict=True) if one == b" it"}
    assert (raw.count(b" it"), len(same)) == (2, 1)
    assert all(one.isdigit() for one in told["tokenIds"])


def test_a_tuned_model_of_vertex_answers_at_its_endpoint() -> None:
    place = "/v1beta1/projects/p/locations/l/endpoints/77"
    (told,) = chunks(answer(request(), f"{place}:generateContent", HELLO))
    assert told["usageMetadata"]["trafficType"] == "ON_DEMAND"
    assert told["modelVersion"] == "77"
    assert "totalBillableCharacters" in json.loads(ask(f"{place}:countTokens", request()))


def test_a_method_is_no_model_to_be_described() -> None:
    asked, endpoint = incoming("/v1beta/models/gemini-2.5-flash:generateContent", method="GET")
    assert endpoint.answer is not None
    with pytest.raises(ApiError) as caught:
        endpoint.answer(asked, STAMP)
    assert (caught.value.kind, caught.value.allow) == ("method_not_allowed", ("OPTIONS", "POST"))


def test_the_v1_list_is_googles_only_with_its_key() -> None:
    endpoint, _ = routed("/v1/models", "GET")
    assert (endpoint.header, endpoint.parameter) == ("x-goog-api-key", "key")
    assert routed("/v1beta/models", "GET")[0].header == ""


def test_tokens_are_counted_as_in_an_answers_usage() -> None:
    body = request("Count these words, please.")
    wire = ask(path_of(NOW, method="countTokens"), body)
    (told,) = chunks(answer(body, path_of(NOW, method="generateContent"), HELLO))
    assert json.loads(wire)["totalTokens"] == told["usageMetadata"]["promptTokenCount"]


def test_a_whole_request_is_counted_and_vertex_counts_characters_too() -> None:
    inner = request(
        "Hi there", systemInstruction={"parts": [{"text": "Be brief."}]}, model="models/gemini-2.5-flash"
    )
    told = json.loads(ask(path_of(NOW, method="countTokens"), {"generateContentRequest": inner}))
    assert told["totalTokens"] == 5
    vertex = json.loads(ask(path_of(NOW, method="countTokens", vertex=True), request("Hi there")))
    assert list(vertex) == ["totalTokens", "totalBillableCharacters", "promptTokensDetails"]
    assert vertex["totalBillableCharacters"] == 7
