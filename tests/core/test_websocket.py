"""What is said to who opens a WebSocket: decided without one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mockllm_cli.memory import BoundedMemory
from mockllm_core.engine import Engine, Settings
from mockllm_core.errors import ErrorKind
from mockllm_core.exchange import HttpRequest, HttpResponse
from mockllm_core.websocket import CloseReason, Opening, shortened

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ENGINE = Engine(Settings(), BoundedMemory())
LIVE = "/ws/google.ai.generativelanguage.{}.GenerativeService.BidiGenerateContent"
VERTEX = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent"
KINDS: tuple[ErrorKind, ...] = ErrorKind.__args__  # type: ignore[attr-defined]


def ask(target: str, method: str = "GET", **headers: str) -> HttpResponse:
    path, _, query = target.partition("?")
    names = {"upgrade": "websocket"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return ENGINE.answer(HttpRequest(method=method, path=path, query=query, headers=names), now=NOW)


def opened(target: str, **headers: str) -> Opening:
    response = ask(target, **headers)
    assert isinstance(response, Opening)
    assert (response.status, response.body) == (101, b"")
    return response


def heard(said: Any, path: str = LIVE.format("v1beta")) -> tuple[int, str]:
    opening = opened(path)
    assert opening.hears
    data = said if isinstance(said, bytes) or said is None else json.dumps(said).encode()
    closed = opening.closing(data)
    assert closed.text == b""  # nobody has ever seen a message before it
    return closed.code, closed.reason


# -- Realtime -------------------------------------------------------------------------------------------------------


def told(target: str, **headers: str) -> tuple[CloseReason, dict[str, Any]]:
    opening = opened(target, **headers)
    assert not opening.hears
    closed = opening.closing(b"")
    return closed, json.loads(closed.text)["error"]


@pytest.mark.parametrize(
    ("query", "code", "reason", "message"),
    [
        # public probes of September 2026
        ("", 4000, "missing_model", "You must provide a model parameter, for example wss://api.openai.com/v1/realtime?model=gpt-realtime-1.5"),
        ("?model=gpt-live-1-codex", 4000, "invalid_model", 'Model "gpt-live-1-codex" is not supported in realtime mode. See https://platform.openai.com/docs/models for a list of supported models.'),
        ("?model=gpt-realtime-whisper", 4000, "invalid_model", 'Model "gpt-realtime-whisper" is not supported in realtime mode. See https://platform.openai.com/docs/models for a list of supported models.'),
        ("?model=gpt-4o-realtime-preview", 4004, "model_not_found", "The model `gpt-4o-realtime-preview` does not exist or you do not have access to it."),
        ("?intent=transcription", 4004, "model_not_found", "The model `gpt-4o-transcribe` does not exist or you do not have access to it."),
        ("?model=%F0%9F%98%80%FF", 4000, "invalid_model", 'Model "\U0001f600\ufffd" is not supported in realtime mode. See https://platform.openai.com/docs/models for a list of supported models.'),
        ("?model=mock-error-authentication", 3000, "invalid_api_key", "Incorrect API key provided: sk-mock****llm. You can find your API key at https://platform.openai.com/account/api-keys."),
    ],
)  # fmt: skip
def test_realtime_says_why_and_closes(query: str, code: int, reason: str, message: str) -> None:
    closed, error = told(f"/v1/realtime{query}")
    assert (closed.code, closed.reason) == (code, f"invalid_request_error.{reason}")
    assert error == {
        "type": "invalid_request_error",
        "code": reason,
        "message": message,
        "param": None,
        "event_id": None,
    }


def test_the_event_is_spelled_as_the_service_spells_it() -> None:
    closed = opened("/realtime?model=gpt-realtime").closing(b"")
    event = json.loads(closed.text)
    assert list(event) == ["type", "event_id", "error"]
    assert list(event["error"]) == ["type", "code", "message", "param", "event_id"]
    assert b", " not in closed.text.replace(b"exist or", b"")
    # speech_started was probed with 143 bytes, which two ids of 21 letters behind their prefixes make
    assert len(event["event_id"]) == len("event_") + 21


@pytest.mark.parametrize(
    "headers",
    [
        {"openai_beta": "realtime=v1"},
        {"sec_websocket_protocol": "realtime, openai-insecure-api-key.k, openai-beta.realtime-v1"},
    ],
)
def test_the_beta_is_no_longer_spoken(headers: dict[str, str]) -> None:
    closed, error = told("/v1/realtime?model=gpt-realtime", **headers)
    assert (closed.code, closed.reason) == (4000, "invalid_request_error.beta_api_shape_disabled")
    assert error["message"] == (
        "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."
    )


def test_a_web_page_gets_the_subprotocol_that_it_offers() -> None:
    # a browser closes a socket whose server picks none
    offered = opened("/v1/realtime", sec_websocket_protocol="realtime, openai-insecure-api-key.k")
    assert ("sec-websocket-protocol", "realtime") in offered.headers
    assert "sec-websocket-protocol" not in dict(opened("/v1/realtime").headers)
    other = opened("/v1/realtime", sec_websocket_protocol="chat")
    assert "sec-websocket-protocol" not in dict(other.headers)


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_can_be_asked_for_by_the_models_name(kind: str) -> None:
    closed, error = told(f"/v1/realtime?model=mock-error-{kind}")
    assert closed.reason == f"{error['type']}.{error['code']}".removesuffix(".None")
    assert closed.code in range(1009, 1014) or closed.code in range(3000, 4005)
    for path in (LIVE.format("v1beta"), VERTEX):
        code, reason = heard({"setup": {"model": f"models/mock-error-{kind}"}}, path)
        assert 1007 <= code <= 1011
        assert reason


def test_a_misspelt_error_is_answered_with_those_that_there_are() -> None:
    closed, error = told("/v1/realtime?model=mock-error-auth")
    assert (closed.code, closed.reason, error["param"]) == (4000, "invalid_request_error", "model")
    assert "authentication" in error["message"]
    code, reason = heard({"setup": {"model": "models/mock-error-auth"}})
    assert (code, reason[:40]) == (1007, "Invalid model: 'models/mock-error-auth'.")


# -- Live -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "model", "reason"),
    [
        # public reports of 2026, in each of which the reason is cut at 123 bytes
        ("v1beta", "models/gemini-nope-live", "models/gemini-nope-live is not found for API version v1beta, or is not supported for bidiGenerateContent. Call ModelService"),
        ("v1beta", "models/gemini-9.9-does-not-exist", "models/gemini-9.9-does-not-exist is not found for API version v1beta, or is not supported for bidiGenerateContent. Call Mod"),
        ("v1beta", "models/gemini-3.8-live-", "models/gemini-3.8-live- is not found for API version v1beta, or is not supported for bidiGenerateContent. Call ModelService"),
        # inferred
        ("v1alpha", "gemini", "models/gemini is not found for API version v1alpha, or is not supported for bidiGenerateContent. Call ModelService.ListMode"),
    ],
)  # fmt: skip
def test_live_closes_on_a_model_that_it_has_not(version: str, model: str, reason: str) -> None:
    assert heard({"setup": {"model": model}}, LIVE.format(version)) == (1008, reason)
    assert heard({"setup": {"model": model}}, "/" + LIVE.format(version)) == (1008, reason)


def test_who_comes_with_a_token_of_short_life_is_told_of_another_version() -> None:
    path = LIVE.format("v1alpha") + "Constrained"
    reason = "models/g is not found for API version v1main, or is not supported for bidiGenerateContent."
    assert heard({"setup": {"model": "models/g"}}, path)[1].startswith(reason)


def test_vertex_names_the_publishers_model() -> None:
    # google/adk-python issue 3314, cut there as well
    model = "projects/p/locations/global/publishers/google/models/gemini-live-2.5-flash-preview-native-audio-09-2025"
    code, reason = heard({"setup": {"model": model}}, VERTEX)
    assert (code, reason) == (1008, f"Publisher Model `{model}` w")
    express = heard({"setup": {"model": "publishers/google/models/g"}}, VERTEX)
    assert express[1].startswith("Publisher Model `publishers/google/models/g` was not found")


@pytest.mark.parametrize(
    ("said", "code", "reason"),
    [
        # the first three are public probes of September 2026
        ({"realtimeInput": {"audio": {"data": ""}}}, 1007, "Request contains an invalid argument."),
        ({"setup": {"model": "models/mock-error-authentication"}}, 1007, "API key not valid. Please pass a valid API key."),
        ({"setup": {"model": "models/mock-error-permission"}}, 1008, "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API c"),
        ({"setup": {"model": "models/mock-error-rate_limit"}}, 1011, "You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: h"),
        ({"setup": {}}, 1007, "Request contains an invalid argument."),
        ({"setup": {"model": 7}}, 1007, "Request contains an invalid argument."),
        ({"setup": []}, 1007, "Request contains an invalid argument."),
        ([], 1007, "Request contains an invalid argument."),
        (None, 1011, "Deadline expired before operation could complete."),
    ],
)  # fmt: skip
def test_live_closes_on_what_is_no_setup(said: Any, code: int, reason: str) -> None:
    assert heard(said) == (code, reason)


@pytest.mark.parametrize("said", [b"", b"{", b"\xff", b"[" * 60_000])
def test_live_closes_on_what_is_no_json_in_the_words_of_its_reader(said: bytes) -> None:
    code, reason = heard(said)
    assert code == 1007
    assert reason.startswith("Invalid JSON payload received. ")


def test_a_long_setup_is_not_read_to_the_end() -> None:
    text = 'a "model": "x" and {"setup": {"model": "y"}} ' * 3000
    setup = {"systemInstruction": text, "tools": {"model": {"type": "STRING"}}, "model": "models/g"}
    assert heard({"setup": setup})[1].startswith("models/g is not found")
    assert heard({"nothing": text}) == (1007, "Request contains an invalid argument.")
    assert heard(b"{" * 500_000) == (1007, "Request contains an invalid argument.")


# -- what is no handshake -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/realtime", LIVE.format("v1beta"), VERTEX])
@pytest.mark.parametrize(
    ("method", "upgrade"), [("GET", "h2c"), ("GET", ""), ("HEAD", "websocket"), ("POST", "websocket")]
)
def test_what_is_no_handshake_finds_nothing(path: str, method: str, upgrade: str) -> None:
    response = ask(path, method, upgrade=upgrade)
    assert response.status == 404
    bare = ENGINE.answer(HttpRequest(method=method, path=path), now=NOW)
    assert (bare.status, bare.body) == (404, response.body)


def test_several_things_to_upgrade_to_may_be_named() -> None:
    assert opened("/v1/realtime", upgrade="h2c, WebSocket").status == 101


def test_a_reason_is_cut_between_letters() -> None:
    assert shortened("é" * 70) == "é" * 61
    assert shortened("\ud800") == "?"


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("/openai/realtime?api-version=2025-04-01-preview&deployment=d", 404, "DeploymentNotFound"),
        ("/openai/realtime?deployment=d", 404, "404"),
        ("/openai/v1/realtime?model=d", 404, "DeploymentNotFound"),
        ("/openai/v1/realtime?model=mock-error-authentication", 401, "401"),
        ("/openai/v1/realtime?model=mock-error-rate_limit", 429, "RateLimitReached"),
    ],
)
def test_azure_opens_no_socket(target: str, status: int, code: str) -> None:
    response = ask(target)
    assert response.status == status
    assert json.loads(response.body or b"")["error"]["code"] == code
