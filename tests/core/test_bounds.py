"""A short request cannot ask for gigabytes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.exchange import HttpRequest, HttpResponse

CHAT, RESPONSES, TEXT = "/v1/chat/completions", "/v1/responses", "/v1/completions"
GOOGLE = "/v1beta/models/gemini-2.0-flash:generateContent"


def ask(path: str, body: object) -> HttpResponse:
    request = HttpRequest(method="POST", path=path, body=json.dumps(body).encode())
    return Engine(Settings()).answer(request, now=FIXED_NOW)


def chat(size: int, **more: Any) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": "x" * size}], **more}


def google(size: int, **config: Any) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [{"text": "x" * size}]}], "generationConfig": config}


SCORED = ["message.output_text.logprobs"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CHAT, chat(300_000, n=128)),
        (CHAT, chat(300_000, n=128, stream=True)),
        (CHAT, chat(300_000, logprobs=True)),
        (CHAT, chat(9_000, n=32, logprobs=True, top_logprobs=20)),
        (RESPONSES, {"model": "gpt-4o", "input": "x" * 300_000, "include": SCORED}),
        (TEXT, {"model": "gpt-3.5-turbo-instruct", "prompt": ["x"] * 300, "logprobs": 5}),
        (TEXT, {"model": "gpt-3.5-turbo-instruct", "prompt": ["x"] * 2048, "n": 128}),
        (GOOGLE, google(5_000_000, candidateCount=8)),
        (GOOGLE, google(40_000, candidateCount=8, responseLogprobs=True, logprobs=20)),
    ],
    ids=range(9),
)  # fmt: skip
def test_what_would_be_too_long_is_413_before_anything_is_spelled(path: str, body: object) -> None:
    response = ask(path, body)
    assert response.status == 413
    assert response.body is not None
    assert b" holds at most " in response.body


@pytest.mark.parametrize("stream", [False, True])
def test_small_pieces_are_many_tokens_to_tell_the_probabilities_of(*, stream: bool) -> None:
    body = json.dumps(chat(9_000, n=2, logprobs=True, top_logprobs=20, stream=stream)).encode()
    statuses = {}
    for piece in (1, 2, 4):
        request = HttpRequest(method="POST", path=CHAT, headers={"x-mockllm-piece": str(piece)}, body=body)
        statuses[piece] = Engine(Settings()).answer(request, now=FIXED_NOW).status
    assert statuses == {1: 413, 2: 200, 4: 200}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CHAT, chat(5_000, n=128)),
        (CHAT, chat(200_000, n=1)),
        (CHAT, chat(300_000, n=128, max_tokens=10, logprobs=True)),
        (CHAT, chat(40_000_000)),
        (RESPONSES, {"model": "gpt-4o", "input": "x" * 50_000, "include": SCORED}),
        (GOOGLE, google(20_000, candidateCount=8, responseLogprobs=True)),
    ],
    ids=range(6),
)
def test_what_is_cut_or_short_enough_is_sent(path: str, body: object) -> None:
    assert ask(path, body).status == 200
