"""Bodies that a fuzzer found to be too much for us, kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.exchange import HttpRequest
from mockllm_core.frame import frames

HI = [{"role": "user", "content": [{"text": "hi"}]}]
UNHASHABLE = {"type": "object", "properties": {}, "required": [[1]], "additionalProperties": False}
NESTED = [50, 120, 300, 600, 900, 1500, 100_000]


def ask(path: str, body: bytes) -> tuple[int, bytes]:
    response = Engine(Settings()).answer(
        HttpRequest(method="POST", path=path, body=body), now=datetime(2026, 1, 1, tzinfo=UTC)
    )
    streamed = b"".join(frame.wire for frame in frames(response.steps))
    return response.status, response.body if response.body is not None else streamed


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/model/anthropic.claude-3/converse",
         {"messages": HI, "additionalModelRequestFields": {"thinking": {"type": ["enabled"]}}}),
        ("/v1/responses",
         {"model": "m", "input": "x",
          "tools": [{"type": "function", "name": "f", "strict": True, "parameters": UNHASHABLE}]}),
        ("/v1/responses",
         {"model": "m", "input": "x",
          "text": {"format": {"type": "json_schema", "name": "f", "strict": True, "schema": UNHASHABLE}}}),
        ("/v1beta/models/g:streamGenerateContent",
         {"contents": [{"parts": [{"text": "x"}]}],
          "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "array"}}]}]}),
        ("/model/m/converse-stream",
         {"messages": HI, "toolConfig": {"tools": [{"toolSpec": {"name": "f",
          "inputSchema": {"json": {"type": "none"}}}}]}}),
        ("/v1/embeddings", {"model": "text-embedding-3-small", "input": [2.0, 1]}),
        ("/v1/responses",
         {"model": "m", "input": "x", "max_output_tokens": 16.0,
          "tools": [{"type": "function", "name": "f", "parameters": {"properties": {"a": {}}, "required": [{}]}}]}),
        ("/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": "x" * 99}],
                                  "n": 2.0, "max_tokens": 1.0}),
        ("/v1/completions", {"model": "m", "prompt": "x", "n": 2.0, "best_of": 2.0, "max_tokens": 4.0}),
        ("/v1/completions", {"model": "m", "prompt": [2.0, 1]}),
        ("/v1/completions", {"model": "m", "prompt": [[1], [2.0]]}),
        ("/v1/completions", {"model": "m", "prompt": "x", "logprobs": 2.0}),
        ("/v1/completions", {"model": "m", "prompt": "x", "logprobs": 1.0, "stream": True}),
        ("/v1beta1/projects/p/locations/global/publishers/google/models/gemini-2.5-flash:generateContent",
         {"contents": [{"role": "user", "parts": [{"text": "x"}]}], "generationConfig": {"temperature": 10**400}}),
    ],
)  # fmt: skip
def test_what_once_was_an_exception_is_an_answer(path: str, body: Any) -> None:
    status, said = ask(path, json.dumps(body).encode())
    assert status in {200, 400}
    assert said


@pytest.mark.parametrize("depth", NESTED)
@pytest.mark.parametrize("stream", [b"true", b"false"])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions",
         (b'{"model":"m","stream":%s,"messages":[{"role":"user","content":"x"}],'
         b'"tools":[{"type":"function","function":{"name":"f","parameters":%b}}]}')),
        ("/v1/responses",
         (b'{"model":"m","stream":%s,"input":"x",'
         b'"tools":[{"type":"function","name":"f","strict":false,"parameters":%b}]}')),
        ("/v1/messages",
         (b'{"model":"m","stream":%s,"max_tokens":9,"messages":[{"role":"user","content":"x"}],'
         b'"tools":[{"name":"f","input_schema":{"type":"object","properties":{"x":%b}}}]}')),
        ("/model/m/converse-stream",
         (b'{"messages":[{"role":"user","content":[{"text":"x"}]}],"x":%s,'
         b'"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":%b}}}]}}')),
        ("/v1beta/models/g:streamGenerateContent",
         (b'{"contents":[{"parts":[{"text":"x"}]}],"x":%s,'
         b'"tools":[{"functionDeclarations":[{"name":"f","parametersJsonSchema":%b}]}]}')),
    ],
)  # fmt: skip
def test_any_depth_is_an_answer_or_a_refusal(path: str, body: bytes, stream: bytes, depth: int) -> None:
    for opening, closing in ((b'{"a":', b"}"), (b'{"type":"object","properties":{"a":', b"}}"), (b"[", b"]")):
        deep = opening * depth + b"1" + closing * depth
        status, said = ask(path, body.replace(b"%s", stream).replace(b"%b", deep))
        assert status in {200, 400}
        assert said


@pytest.mark.parametrize("path", ["/v1/responses/input_tokens", "/v1/responses/compact"])
def test_what_is_no_option_there_may_be_anything(path: str) -> None:
    odd = {"max_output_tokens": "m", "text": "t", "include": 3, "tool_choice": [], "reasoning": "r"}
    odd |= {"tools": ["x"]} if path.endswith("compact") else {}
    body = json.dumps({"model": "gpt-5", "input": "hello", **odd}).encode()
    status = Engine(Settings()).answer(HttpRequest(method="POST", path=path, body=body), now=FIXED_NOW).status
    assert status in (200, 400)
