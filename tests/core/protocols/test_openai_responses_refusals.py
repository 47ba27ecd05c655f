"""What Responses refuses, in which words and in which order; what a model has and has not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from core.protocols.responses_observed import GONE, PAIRS, ROWS

from mockllm_cli.memory import BoundedMemory
from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.exchange import HttpRequest, HttpResponse


def ask(body: dict[str, Any], *, strict: bool = False) -> HttpResponse:
    sent = {key: value for key, value in body.items() if value != GONE}
    request = HttpRequest(method="POST", path="/v1/responses", body=json.dumps(sent).encode())
    return Engine(Settings(strict=strict), BoundedMemory()).answer(request, now=FIXED_NOW)


@pytest.mark.parametrize(("body", "param", "code", "message"), ROWS)
def test_what_was_observed_is_said_again(
    body: dict[str, Any], param: str | None, code: str | None, message: str
) -> None:
    response = ask({"model": "gpt-5.6-terra", "input": "hi", **body}, strict=True)
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    assert json.loads(response.body or b"") == {"error": error}
    assert response.status == (404 if message.startswith(("Conversation", "Prompt")) else 400)


@pytest.mark.parametrize(("body", "param"), PAIRS)
def test_of_two_faults_the_one_is_told_that_the_provider_tells(body: dict[str, Any], param: str) -> None:
    response = ask({"model": "gpt-5.6-terra", "input": "hi", **body})
    assert json.loads(response.body or b"")["error"]["param"] == param


@pytest.mark.parametrize(
    ("model", "body", "refused"),
    [
        ("gpt-4o", {"temperature": 0.5, "top_p": 0.5, "frequency_penalty": 1, "presence_penalty": -1}, False),
        ("gpt-5", {"temperature": 0.5}, True),
        ("gpt-5", {"temperature": 1, "top_p": 1, "presence_penalty": 0}, False),
        ("o3-mini", {"top_p": 0.9}, True),
        ("gpt-5.4", {"temperature": 0.5}, False),
        ("gpt-5.4", {"temperature": 0.5, "reasoning": {"effort": "low"}}, True),
        ("gpt-5.5", {"top_p": 0.98, "temperature": 1}, False),
        ("gpt-5.5", {"top_p": 1}, True),
        ("o4-mini", {"reasoning": {"effort": "xhigh"}}, False),
        ("gpt-5.5", {"temperature": 0.5, "reasoning": {"effort": "none"}}, False),
        ("gpt-5", {"reasoning": {"effort": "minimal"}}, False),
        ("gpt-5", {"reasoning": {"effort": "none"}}, True),
        ("gpt-5.1", {"reasoning": {"effort": "xhigh"}}, True),
        ("gpt-5.1-codex", {"reasoning": {"effort": "none"}}, True),
        ("gpt-5.1-codex", {"temperature": 0.5}, True),
        ("gpt-5.1-chat-latest", {"reasoning": {"effort": "high"}}, True),
        ("gpt-5.1-chat-latest", {"reasoning": {"effort": "medium"}}, False),
        ("gpt-5-chat-latest", {"reasoning": {"effort": "medium"}}, True),
        ("o3-mini", {"reasoning": {"effort": "minimal"}}, True),
        ("gpt-5.4-nano", {"top_logprobs": 2, "include": ["message.output_text.logprobs"]}, False),
        ("gpt-5.4-nano", {"top_logprobs": 2, "reasoning": {"effort": "low"}}, True),
        ("computer-use-preview", {"temperature": 0.5}, False),
        ("one-of-ours", {"temperature": 0.5, "reasoning": {"effort": "minimal"}, "top_logprobs": 2}, False),
        ("gpt-5.2", {"reasoning": {"effort": "xhigh"}}, False),
        ("gpt-5.1-codex-max", {"reasoning": {"effort": "xhigh"}}, False),
        ("gpt-5.5", {"prompt_cache_retention": "in_memory"}, True),
        ("gpt-5", {"prompt_cache_retention": "in_memory"}, False),
    ],
)
def test_a_model_that_reasons_takes_less(model: str, body: dict[str, Any], refused: bool) -> None:
    response = ask({"model": model, "input": "ping", **body})
    assert response.status == (400 if refused else 200)
    if not refused:
        told = json.loads(response.body or b"")
        for key in ("frequency_penalty", "presence_penalty", "temperature"):
            assert told[key] == body.get(key, 1 if key == "temperature" else 0)


@pytest.mark.parametrize(
    "body",
    [
        {
            "input": [
                {
                    "role": "user",
                    "content": [{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}],
                }
            ]
        },
        {
            "input": [
                {"role": "user", "content": "hi"},
                {"type": "agent_message", "author": "a", "content": []},
            ]
        },
        {"service_tier": "scale"},
        {"reasoning": {"generate_summary": "auto"}},
    ],
)
def test_what_the_provider_lists_or_its_sdk_sends_is_taken(body: dict[str, Any]) -> None:
    assert ask({"model": "gpt-5.6-terra", "input": "hi", **body}, strict=True).status == 200


def test_the_fast_tier_is_told_by_its_other_name() -> None:
    told = json.loads(ask({"model": "gpt-5.6-terra", "input": "hi", "service_tier": "fast"}).body or b"")
    assert told["service_tier"] == "priority"


_LONG = "k" * 65
_WINDOW = "background_options.completion_window"


@pytest.mark.parametrize(
    ("body", "param", "code", "message"),
    [
        *(
            (
                {name: _LONG},
                name,
                "string_above_max_length",
                f"Invalid '{name}': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
            )
            for name in ("user", "prompt_cache_key", "safety_identifier")
        ),
        (
            {"metadata": {_LONG: "v"}},
            f"metadata.{_LONG}",
            "property_name_above_max_length",
            "Invalid property name in 'metadata': 'kkk...kkk' is too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
        ),
        ({"background_options": {"completion_window": "2h"}}, _WINDOW, None, f"'{_WINDOW}' of '2h' requires 'background' to be true."),
        (
            {"background_options": {"completion_window": "8h"}, "background": True, "stream": True},
            _WINDOW,
            None,
            f"'{_WINDOW}' of '8h' requires 'stream' to be false when specified.",
        ),
        (
            {"background_options": {"completion_window": "8h"}, "background": True, "service_tier": "flex"},
            _WINDOW,
            None,
            f"'{_WINDOW}' of '8h' requires 'service_tier' to be 'default' when specified.",
        ),
    ],
)  # fmt: skip
def test_what_is_too_long_or_asks_for_a_window_that_is_not_there_is_refused(
    body: dict[str, Any], param: str, code: str | None, message: str
) -> None:
    response = ask({"model": "gpt-5.5", "input": "hi", **body})
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    assert json.loads(response.body or b"") == {"error": error}


@pytest.mark.parametrize(
    "body",
    [
        {"user": "k" * 64, "prompt_cache_key": "k" * 64, "safety_identifier": "k" * 64, "metadata": {"k" * 64: "v"}},
        {"background_options": {"completion_window": "8h"}, "background": True, "service_tier": "default"},
        {"background_options": {"completion_window": "soonest", "continuation_id": "c"}},
        {"background_options": None},
    ],
)  # fmt: skip
def test_what_is_just_short_enough_is_taken(body: dict[str, Any]) -> None:
    assert ask({"model": "gpt-5.5", "input": "hi", **body}).status == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"input": "hi"}, 400),
        ({"input": [{"role": "user", "content": [{"type": "input_text", "text": "hi"}]}]}, 400),
        ({"input": "As JSON, please"}, 200),
        ({"input": [{"role": "developer", "content": "Say json."}, {"role": "user", "content": "hi"}]}, 200),
        ({"input": "hi", "instructions": "Answer in Json."}, 200),
        ({"input": "hi", "text": {"format": {"type": "text"}}}, 200),
    ],
)
def test_any_json_must_be_spoken_of(body: dict[str, Any], status: int) -> None:
    """The words stand in the code of several public projects that met them."""
    response = ask({"model": "gpt-4o", "text": {"format": {"type": "json_object"}}, **body})
    assert response.status == status
    if status == 400:
        error = json.loads(response.body or b"")["error"]
        assert error == {
            "message": "Response input messages must contain the word 'json' in some form to use 'text.format' of "
            "type 'json_object'.",
            "type": "invalid_request_error",
            "param": "input",
            "code": None,
        }
