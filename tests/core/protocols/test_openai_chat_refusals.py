"""What models that reason do not take in Chat Completions: functions beside an effort, sampling, efforts of other models.

The words are those of public reports, and of a public project's tests of August 2026 for gpt-5.6-terra.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from core.protocols.chat_observed import GONE, LOOSE, ROWS, TAKEN

from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.exchange import HttpRequest

TOOLS = [
    {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
]
CUSTOM = [{"type": "custom", "custom": {"name": "look"}}]


def answered(body: dict[str, Any], *, strict: bool) -> Any:
    made = {"model": "gpt-5.6-terra", "messages": [{"role": "user", "content": "ping"}], **body}
    sent = {key: value for key, value in made.items() if value != GONE}
    request = HttpRequest(method="POST", path="/v1/chat/completions", body=json.dumps(sent).encode())
    response = Engine(Settings(strict=strict)).answer(request, now=FIXED_NOW)
    return response.status, json.loads(response.body or b"")


@pytest.mark.parametrize(
    ("body", "told", "strict"), [(*row, True) for row in ROWS] + [(*row, False) for row in LOOSE]
)
def test_what_was_observed_is_said_again(
    body: dict[str, Any], told: tuple[str | None, str | None, str], *, strict: bool
) -> None:
    param, code, message = told
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    assert answered(body, strict=strict) == (400, {"error": error})


@pytest.mark.parametrize("body", TAKEN)
def test_what_is_just_not_wrong_is_taken(body: dict[str, Any]) -> None:
    status, told = answered(body, strict=True)
    assert status == 200
    tier = {"flex": "flex", "priority": "priority", "fast": "priority"}.get(body.get("service_tier", ""))
    assert told["service_tier"] == (tier or "default")


def test_older_models_take_more_and_say_so_in_the_usual_words() -> None:
    assert told("gpt-4o", n=9, stop=["Z"]) is None
    assert told("gpt-4o", n=129) == (
        "Invalid 'n': integer above maximum value. Expected a value <= 128, but got 129 instead.",
        "n",
        "integer_above_max_value",
    )
    assert told("gpt-4o", logprobs=True, top_logprobs=20) is None
    assert told("gpt-4o", logprobs=True, top_logprobs=21) == (
        "Invalid 'top_logprobs': integer above maximum value. Expected a value <= 20, but got 21 instead.",
        "top_logprobs",
        "integer_above_max_value",
    )
    assert told("gpt-4o", modalities=["text"]) is None
    # not before the type of another option is told, as it is of a model that refuses `stop` in any case
    assert told("gpt-4o", stop=["Z"], verbosity=5)[1] == "verbosity"


def told(model: str, **more: Any) -> Any:
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}], **more}
    http = HttpRequest(method="POST", path="/v1/chat/completions", body=json.dumps(body).encode())
    response = Engine(Settings()).answer(http, now=FIXED_NOW)
    found = json.loads(response.body or b"")
    if response.status == 200:
        return None
    assert (response.status, found["error"]["type"]) == (400, "invalid_request_error")
    return found["error"]["message"], found["error"]["param"], found["error"]["code"]


def unsupported(name: str) -> Any:
    return f"Unsupported parameter: '{name}' is not supported with this model.", name, "unsupported_parameter"


@pytest.mark.parametrize("model", ["gpt-5.6-terra", "gpt-5.6", "gpt-6-luna"])
def test_functions_are_called_while_nothing_is_thought(model: str) -> None:
    sentence = (
        f"Function tools with reasoning_effort are not supported for {model} in /v1/chat/completions. "
        "To use function tools, use /v1/responses or set reasoning_effort to 'none'."
    )
    for more in ({}, {"reasoning_effort": "low"}):
        assert told(model, tools=TOOLS, **more) == (sentence, "reasoning_effort", None)
    assert told(model, tools=TOOLS, reasoning_effort="none") is None
    assert told(model, tools=CUSTOM) is None
    assert told(model) is None


def test_functions_are_called_by_default_by_the_models_before() -> None:
    sentence = (
        "Function tools with reasoning_effort are not supported for gpt-5.4-mini in /v1/chat/completions. "
        "Please use /v1/responses instead."
    )
    assert told("gpt-5.4-mini", tools=TOOLS, reasoning_effort="low") == (sentence, "reasoning_effort", None)
    assert told("gpt-5.4-mini", tools=TOOLS) is None
    assert told("gpt-5.4-mini", tools=TOOLS, reasoning_effort="none") is None
    for model in ("gpt-4o", "gpt-5.2", "gpt-5.5", "one-of-ours"):
        assert told(model, tools=TOOLS) is None
    assert told("gpt-5.2", tools=TOOLS, reasoning_effort="low") is None


@pytest.mark.parametrize(
    ("more", "error"),
    [
        (
            {"temperature": 0.5},
            (
                (
                    "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is "
                    "supported."
                ),
                "temperature",
                "unsupported_value",
            ),
        ),
        ({"top_p": 0.5}, unsupported("top_p")),
        ({"presence_penalty": 0.5}, unsupported("presence_penalty")),
        ({"frequency_penalty": 0.5}, unsupported("frequency_penalty")),
        ({"logprobs": True}, unsupported("logprobs")),
    ],
)
def test_sampling_is_fixed_while_a_model_reasons_by_default(more: dict[str, Any], error: Any) -> None:
    assert told("gpt-5.6-terra", **more) == error
    assert told("gpt-5.6-terra", reasoning_effort="none", **more) is None
    assert told("gpt-5.2", **more) is None
    assert told("gpt-4o", **more) is None


def test_the_usual_values_are_taken() -> None:
    usual = {"temperature": 1, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0, "logprobs": False}
    assert told("gpt-5.6-terra", **usual) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("stop", ["."]), ("logit_bias", {"1": 1}), ("prediction", {"type": "content", "content": "a"})],
)
def test_some_keys_are_refused_whatever_the_effort(name: str, value: Any) -> None:
    assert told("gpt-5.6-terra", reasoning_effort="none", **{name: value}) == unsupported(name)
    assert told("gpt-4.1", **{name: value}) is None


PREDICTION = {"type": "content", "content": "a"}


@pytest.mark.parametrize(
    ("name", "value", "usual"),
    [
        ("tools", [{"type": "function", "function": {"name": "f"}}], []),
        ("functions", [{"name": "f"}], None),
        ("n", 2, 1),
        ("logprobs", True, False),
        ("presence_penalty", 0.5, 0),
        ("frequency_penalty", 0.5, -1),
        ("max_completion_tokens", 5, None),
    ],
)
def test_a_prediction_excludes_other_options(name: str, value: Any, usual: Any) -> None:
    """The guide lists them; the sentence is that of ``max_tokens`` beside ``max_completion_tokens``."""
    sentence = f"Setting 'prediction' and '{name}' at the same time is not supported."
    assert told("gpt-4o", prediction=PREDICTION, **{name: value}) == (
        sentence,
        None,
        "invalid_parameter_combination",
    )
    assert told("gpt-4.1-mini", prediction=PREDICTION, **{name: usual}) is None


@pytest.mark.parametrize("model", ["gpt-5", "o3-mini", "gpt-4-turbo", "gpt-3.5-turbo", "ft:gpt-5-mini:a::b"])
def test_a_prediction_is_for_the_models_of_the_guide(model: str) -> None:
    assert told(model, prediction=PREDICTION) == unsupported("prediction")
    assert told("llama-3", prediction=PREDICTION) is None
    assert told("ft:gpt-4o-2024-08-06:a::b", prediction=PREDICTION) is None


def test_a_cache_in_memory_and_an_effort_of_another_model_are_refused() -> None:
    sentence = "This model is compatible only with 24h extended prompt caching"
    assert told("gpt-5.5", prompt_cache_retention="in_memory") == (sentence, "prompt_cache_retention", None)
    assert told("gpt-5.1", prompt_cache_retention="in_memory") is None
    for model, effort, listed in (
        ("gpt-5.6-luna", "minimal", "'none', 'low', 'medium', 'high', and 'xhigh'"),
        ("gpt-5.1", "minimal", "'none', 'low', 'medium', and 'high'"),
        ("gpt-5-mini", "xhigh", "'minimal', 'low', 'medium', and 'high'"),
    ):
        sentence = (
            f"Unsupported value: 'reasoning_effort' does not support '{effort}' with this model. "
            f"Supported values are: {listed}."
        )
        assert told(model, reasoning_effort=effort) == (sentence, "reasoning_effort", "unsupported_value")
        assert told(model, reasoning_effort="low") is None


@pytest.mark.parametrize("name", ["user", "prompt_cache_key", "safety_identifier"])
def test_names_have_at_most_64_characters(name: str) -> None:
    assert answered({name: "k" * 64}, strict=False)[0] == 200
    status, told = answered({name: "k" * 65}, strict=False)
    error = {
        "message": f"Invalid '{name}': string too long. Expected a string with maximum length 64, but got a string with "
        "length 65 instead.",
        "type": "invalid_request_error",
        "param": name,
        "code": "string_above_max_length",
    }
    assert (status, told) == (400, {"error": error})


def test_a_bias_is_of_a_token() -> None:
    assert answered({"model": "gpt-4o", "logit_bias": {"50256": -100}}, strict=False)[0] == 200
    status, told = answered({"model": "gpt-4o", "logit_bias": {"hello": 5}}, strict=False)
    sentence = "Invalid key in 'logit_bias': hello. You should only be submitting non-negative integers."
    assert (status, told["error"]["message"], told["error"]["param"]) == (400, sentence, "logit_bias")
