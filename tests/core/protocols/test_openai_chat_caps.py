"""More tokens than a model writes are refused in Chat Completions, in the words of public reports."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.exchange import HttpRequest


def told(model: str, **more: Any) -> Any:
    body = {"model": model, "messages": [{"role": "user", "content": "Hi"}], **more}
    request = HttpRequest(method="POST", path="/v1/chat/completions", body=json.dumps(body).encode())
    response = Engine(Settings()).answer(request, now=FIXED_NOW)
    return None if response.status == 200 else json.loads(response.body or b"")["error"]


@pytest.mark.parametrize(
    ("model", "name", "asked", "most"),
    [
        # tailcallhq/forgecode 1185, opencode-ai/opencode 140, joshpxyne/gpt-migrate 58
        ("gpt-4o", "max_tokens", 20480, 16384),
        ("gpt-4.1", "max_tokens", 50000, 32768),
        ("gpt-4.1-nano-2025-04-14", "max_completion_tokens", 32769, 32768),
        ("gpt-4-turbo", "max_tokens", 4097, 4096),
        ("gpt-4o-2024-05-13", "max_tokens", 10000, 4096),
        ("ft:gpt-4o-mini-2024-07-18:me::1", "max_tokens", 28600, 16384),
        ("gpt-5-mini", "max_completion_tokens", 200000, 128000),
        ("o3-mini", "max_completion_tokens", 100001, 100000),
    ],
)
def test_more_than_a_model_writes_is_refused(model: str, name: str, asked: int, most: int) -> None:
    sentence = f"{name} is too large: {asked}. This model supports at most {most} completion tokens, whereas you provided {asked}."
    error = {"message": sentence, "type": "invalid_request_error", "param": name, "code": "invalid_value"}
    assert told(model, **{name: asked}) == error
    assert told(model, **{name: most}) is None


@pytest.mark.parametrize("model", ["gpt-4", "my-model", "gpt-6"])
def test_of_other_models_nobody_knows(model: str) -> None:
    assert told(model, max_completion_tokens=999_999) is None
