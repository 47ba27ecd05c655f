"""What a client sent comes back exactly, in every protocol, streamed and whole, over a real socket."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from cli.server.test_hardness import Running
from cli.server.test_wire import Client, post

from mockllm_cli import MockServer
from mockllm_core.eventstream import Decoder
from mockllm_core.sse import Decoder as SseDecoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TEXTS = [
    "plain", "ünïcödé 中文 😀 👩‍👩‍👧‍👦 e\u0301", "data: x\n\nevent: y\ndata: [DONE]\n\n", "a\r\nb\rc\nd\n", "x\u2028y\u2029z\u0085w",
    "nul \x00 and \x01\x1f\x7f\x80\x9f", "lone \ud800 and \udfff.", "\ufeffbom", '"\\"\\n\\u0041 {"a":1}', " \t spaces \t ",
    "\u202eright to left\u202c", "0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "\U0010ffff\ufffe\uffff",
]  # fmt: skip


def _sse(body: bytes) -> list[Any]:
    events = SseDecoder().feed(body)
    return [json.loads(one.data) for one in events if one.data and one.data != "[DONE]"]


def _chat(text: str, *, stream: bool) -> tuple[str, Any]:
    return "/v1/chat/completions", {
        "model": "m",
        "messages": [{"role": "user", "content": text}],
        "stream": stream,
    }


def _responses(text: str, *, stream: bool) -> tuple[str, Any]:
    return "/v1/responses", {"model": "m", "input": text, "stream": stream}


def _messages(text: str, *, stream: bool) -> tuple[str, Any]:
    messages = [{"role": "user", "content": text}]
    return "/v1/messages", {"model": "m", "max_tokens": 10**6, "messages": messages, "stream": stream}


def _converse(text: str, *, stream: bool) -> tuple[str, Any]:
    path = "/model/m/converse-stream" if stream else "/model/m/converse"
    return path, {"messages": [{"role": "user", "content": [{"text": text}]}]}


def _google(text: str, *, stream: bool) -> tuple[str, Any]:
    path = "/v1beta/models/g:streamGenerateContent?alt=sse" if stream else "/v1beta/models/g:generateContent"
    return path, {"contents": [{"role": "user", "parts": [{"text": text}]}]}


def _chat_text(body: bytes, *, stream: bool) -> str:
    if not stream:
        return str(json.loads(body)["choices"][0]["message"]["content"])
    return "".join(one["choices"][0]["delta"].get("content") or "" for one in _sse(body) if one["choices"])


def _responses_text(body: bytes, *, stream: bool) -> str:
    if not stream:
        return str(json.loads(body)["output"][-1]["content"][0]["text"])
    return "".join(one["delta"] for one in _sse(body) if one["type"] == "response.output_text.delta")


def _messages_text(body: bytes, *, stream: bool) -> str:
    if not stream:
        return str(json.loads(body)["content"][0]["text"])
    return "".join(one["delta"]["text"] for one in _sse(body) if one["type"] == "content_block_delta")


def _converse_text(body: bytes, *, stream: bool) -> str:
    if not stream:
        return str(json.loads(body)["output"]["message"]["content"][0]["text"])
    payloads = [json.loads(message.payload) for message in Decoder().feed(body)]
    return "".join(one["delta"]["text"] for one in payloads if "delta" in one)


def _google_text(body: bytes, *, stream: bool) -> str:
    answers = _sse(body) if stream else [json.loads(body)]
    return "".join(
        part["text"] for one in answers for part in one["candidates"][0].get("content", {}).get("parts", ())
    )


PROTOCOLS: dict[str, tuple[Callable[..., tuple[str, Any]], Callable[..., str]]] = {
    "openai-chat": (_chat, _chat_text),
    "openai-responses": (_responses, _responses_text),
    "anthropic-messages": (_messages, _messages_text),
    "bedrock-converse": (_converse, _converse_text),
    "google-genai": (_google, _google_text),
}


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


def echoed(server: Any, protocol: str, text: str, *, stream: bool) -> tuple[str, bytes]:
    ask, read = PROTOCOLS[protocol]
    path, body = ask(text, stream=stream)
    with Client(server) as client:
        client.send(post(body, path=path))
        status, _, said = client.answer()
        assert status == 200, said[:500]
        return read(said, stream=stream), said


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_the_text_comes_back_exactly(server: MockServer, protocol: str, text: str, stream: bool) -> None:
    said, body = echoed(server, protocol, text, stream=stream)
    assert said == text
    if protocol != "bedrock-converse" or not stream:
        # clients that split lines as Unicode does must not see more of them
        decoded = body.decode()
        assert not set(decoded) & {"\u2028", "\u2029", "\u0085"}


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_megabyte_comes_back_exactly_and_soon(server: MockServer, protocol: str, stream: bool) -> None:
    text = "ab😀é中\n" * 100_000
    begun = time.monotonic()
    assert echoed(server, protocol, text, stream=stream)[0] == text
    assert time.monotonic() - begun < 5  # measured well below 1 s; the rest is for loaded machines


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_ascii_escapes_all_of_it_and_loses_nothing(protocol: str, stream: bool) -> None:
    with Running(ascii_only=True) as running:
        said, body = echoed(running, protocol, TEXTS[1], stream=stream)
    assert said == TEXTS[1]
    assert "中".encode() not in body
