"""A number with a point is no integer to any of OpenAI's APIs, whatever follows the point."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.exchange import HttpRequest

HELLO = [{"role": "user", "content": "Hello."}]
CHAT = {"model": "gpt-4o", "messages": HELLO}
RESPONSES = {"model": "gpt-4o", "input": "Hello."}
COMPLETION = {"model": "davinci-002", "prompt": "Hello."}
EMBEDDING = {"model": "text-embedding-3-small", "input": "Hello."}
MANAGED = "context_management[0].compact_threshold"

ASKED = (
    *(("/v1/chat/completions", CHAT, key) for key in ("max_tokens", "max_completion_tokens", "n", "seed", "top_logprobs")),
    ("/openai/deployments/d/chat/completions?api-version=2024-10-21", CHAT, "max_tokens"),
    ("/openai/v1/chat/completions", CHAT, "n"),
    *((f"{root}/responses", RESPONSES, key) for root in ("/v1", "/openai/v1") for key in ("max_output_tokens", "max_tool_calls", "top_logprobs")),
    *(("/v1/completions", COMPLETION, key) for key in ("max_tokens", "n", "best_of", "seed", "logprobs")),
    ("/openai/deployments/d/completions?api-version=2024-10-21", COMPLETION, "max_tokens"),
    ("/v1/embeddings", EMBEDDING, "dimensions"),
    ("/openai/v1/embeddings", EMBEDDING, "dimensions"),
)  # fmt: skip


def refused(path: str, body: Any) -> Any:
    path, _, query = path.partition("?")
    request = HttpRequest(method="POST", path=path, query=query, body=json.dumps(body).encode())
    response = Engine(Settings()).answer(request, now=FIXED_NOW)
    return json.loads(response.body or b"")["error"] if response.status == 400 else response.status


@pytest.mark.parametrize(("path", "body", "key"), ASKED)
def test_a_whole_number_with_a_point_is_refused(path: str, body: dict[str, Any], key: str) -> None:
    error = {
        "message": f"Invalid type for '{key}': expected an integer, but got a decimal number instead.",
        "type": "invalid_request_error",
        "param": key,
        "code": "invalid_type",
    }
    # a walk at first, a validator from the fourth body on
    for _ in range(5):
        assert refused(path, body | {key: 100.0}) == error
        assert refused(path, body | {key: 100.5}) == error


def test_so_is_one_deep_inside() -> None:
    asked = RESPONSES | {"context_management": [{"type": "compaction", "compact_threshold": 1000.0}]}
    assert refused("/v1/responses", asked)["param"] == MANAGED
    sized = RESPONSES | {
        "tools": [{"type": "file_search", "vector_store_ids": ["vs_1"], "max_num_results": 5.0}]
    }
    assert refused("/v1/responses", sized)["param"] == "tools[0].max_num_results"


def test_a_decimal_may_be_whole() -> None:
    assert refused("/v1/chat/completions", CHAT | {"temperature": 1.0, "top_p": 1}) == 200
