"""Answers are encoded for those who accept it, as each provider encodes its own."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import replace
from typing import Any, Literal

import anthropic
import brotli
import openai
import pytest
from cli.server.test_hardness import Running
from cli.server.test_wire import CHAT, Client, post

from mockllm_cli import MockServer
from mockllm_cli.server import coding
from mockllm_core.engine import FIXED_NOW
from mockllm_core.exchange import HttpResponse
from mockllm_core.frame import Frame, Pause, Run, Step

SAY = [{"role": "user", "content": "hello there"}]
CLAUDE = {"model": "claude-sonnet-4-6", "max_tokens": 99, "messages": SAY}
CONVERSE = {"messages": [{"role": "user", "content": [{"text": "hello there"}]}]}
GEMINI = {"contents": [{"role": "user", "parts": [{"text": "hello there"}]}]}
AZURE = "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"
WHOLE: list[tuple[str, dict[str, Any], str]] = [
    ("/v1/chat/completions", CHAT, "br"),
    ("/v1/completions", {"model": "gpt-3.5-turbo-instruct", "prompt": "hello there"}, "br"),
    ("/v1/embeddings", {"model": "text-embedding-3-small", "input": "hello there"}, "br"),
    ("/v1/responses", {"model": "gpt-4o", "input": "hello there"}, "br"),
    ("/v1/messages", CLAUDE, "br"),
    ("/v1beta/models/gemini-2.5-flash:generateContent", GEMINI, "gzip"),
    (AZURE, CHAT, ""),
    ("/model/amazon.nova-lite-v1:0/converse", CONVERSE, ""),
]
STREAMED: list[tuple[str, dict[str, Any], str]] = [
    ("/v1/chat/completions", {**CHAT, "stream": True}, ""),
    ("/v1/responses", {"model": "gpt-4o", "input": "hello there", "stream": True}, ""),
    ("/v1/messages", {**CLAUDE, "stream": True}, "br"),
    ("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", GEMINI, "gzip"),
    ("/v1beta/models/gemini-2.5-flash:streamGenerateContent", GEMINI, "gzip"),
    ("/model/amazon.nova-lite-v1:0/converse-stream", CONVERSE, ""),
]
DECODE = {"br": brotli.decompress, "gzip": gzip.decompress}


def asked(running: Any, path: str, body: object, accepted: str = "") -> tuple[int, dict[str, str], bytes]:
    extra = f"Accept-Encoding: {accepted}\r\n" if accepted else ""
    with Client(running) as client:
        client.send(post(body, path=path, extra=extra))
        return client.answer()


@pytest.mark.parametrize(("path", "body", "best"), WHOLE)
def test_a_whole_answer_is_encoded_as_its_provider_does(path: str, body: dict[str, Any], best: str) -> None:
    with Running() as running:
        plain = asked(running, path, body)
        assert "content-encoding" not in plain[1]
        for accepted, expected in (("gzip, deflate", best and "gzip"), ("gzip, deflate, br, zstd", best)):
            status, headers, coded = asked(running, path, body, accepted)
            assert (status, headers.get("content-encoding", "")) == (200, expected)
            if expected:
                # as the recorded ones are: the length of what is encoded on the way is not known
                assert headers["transfer-encoding"] == "chunked"
                assert "content-length" not in headers
                assert headers["vary"]
                assert json.loads(DECODE[expected](coded)).keys() == json.loads(plain[2]).keys()


@pytest.mark.parametrize(("path", "body", "best"), STREAMED)
def test_streams_are_encoded_when_that_was_asked_for(path: str, body: dict[str, Any], best: str) -> None:
    with Running() as usual, Running(compress="all") as running:
        plain = asked(usual, path, body, "gzip, br")
        assert "content-encoding" not in plain[1]
        status, headers, coded = asked(running, path, body, "gzip, br")
        assert (status, headers.get("content-encoding", "")) == (200, best)
        decoded = DECODE[best](coded) if best else coded
        if "/model/" not in path:
            # ids and times differ, what is between them does not
            assert b"hello" in decoded
            assert decoded.count(b"\n\n") == plain[2].count(b"\n\n")


@pytest.mark.parametrize("compress", ["whole", "all"])
def test_what_is_encoded_is_what_would_have_been_sent(compress: Literal["whole", "all"]) -> None:
    with (
        Running(compress=compress, now=FIXED_NOW) as running,
        Running(compress="none", now=FIXED_NOW) as plain,
    ):
        for path, body, _ in WHOLE + STREAMED:
            status, headers, coded = asked(running, path, body, "gzip")
            assert status == 200
            decoded = gzip.decompress(coded) if "content-encoding" in headers else coded
            assert decoded == asked(plain, path, body, "gzip")[2]


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("br, gzip;q=0.5", "br"),
        ("br;q=0, GZIP", "gzip"),
        ("gzip;q=0", None),
        ("gzip; q=0.000", None),
        ("identity", None),
        ("deflate, zstd", None),
        ("", None),
    ],
)
def test_only_what_a_client_takes_is_chosen(accepted: str, expected: str | None) -> None:
    assert coding.coding_of("openai-chat", accepted, stream=False) == expected


def test_without_brotli_gzip_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coding, "_brotli", lambda: None)
    assert coding.coding_of("openai-chat", "br, gzip", stream=False) == "gzip"
    assert coding.coding_of("openai-chat", "br", stream=False) is None


def test_nothing_is_encoded_when_that_was_asked_for() -> None:
    with Running(compress="none") as running:
        for path, body, _ in WHOLE + STREAMED:
            assert "content-encoding" not in asked(running, path, body, "gzip, br")[1]


def test_an_error_is_encoded_too() -> None:
    with Running() as running:
        status, headers, coded = asked(running, "/v1/chat/completions", {**CHAT, "model": ""}, "gzip")
        assert (status, headers["content-encoding"]) == (400, "gzip")
        assert "error" in json.loads(gzip.decompress(coded))


def test_an_old_client_reads_to_the_end_of_the_connection() -> None:
    data = json.dumps(CHAT).encode()
    with Running() as running, Client(running) as client:
        head = f"POST /v1/chat/completions HTTP/1.0\r\nAccept-Encoding: gzip\r\nContent-Length: {len(data)}\r\n\r\n"
        client.send(head.encode() + data)
        headers = client.until(b"\r\n\r\n").lower()
        assert b"content-encoding: gzip" in headers
        assert b"transfer-encoding" not in headers
        assert client.closed()
        assert json.loads(gzip.decompress(client.held))["choices"]


@pytest.mark.parametrize("chosen", ["gzip", "br"])
@pytest.mark.parametrize("size", [*range(48, 64), 1_023, 1_024, 16_383, 16_384, 40_000, 3_000_000])
def test_an_answer_of_any_length_is_encoded(size: int, chosen: coding.Coding) -> None:
    body = (bytes(range(256)) * (1 + size // 256))[:size]
    (frame,) = coding.encoded(HttpResponse(status=200, headers=(), body=body), chosen).steps
    assert isinstance(frame, Frame)
    assert DECODE[chosen](frame.wire) == body


@pytest.mark.parametrize("chosen", ["gzip", "br"])
def test_each_run_of_frames_can_be_read_before_the_next_is_made(chosen: coding.Coding) -> None:
    steps: list[Step] = [
        Frame("a", b"data: 1\n\n"),
        Pause(1),
        Run(b"data: 2\n\ndata: 3\n\n", 2, lambda wire: (Frame("", wire),)),
    ]
    answer = HttpResponse(status=200, headers=(), steps=steps)
    made = iter(coding.encoded(answer, chosen).steps)
    undo = brotli.Decompressor().process if chosen == "br" else zlib.decompressobj(31).decompress
    for step in steps:
        coded = next(made)
        if isinstance(step, Pause):
            assert coded == step
        else:
            assert not isinstance(coded, Pause)
            assert undo(coded.wire) == step.wire
    whole = coding.encoded(replace(answer, steps=steps), chosen)
    assert DECODE[chosen](b"".join(step.wire for step in whole.steps if not isinstance(step, Pause))) == (
        b"data: 1\n\ndata: 2\n\ndata: 3\n\n"
    )


@pytest.mark.parametrize("accepted", ["gzip, deflate", "br"])
def test_official_clients_read_it(accepted: str) -> None:
    expected = "br" if accepted == "br" else "gzip"
    headers = {"accept-encoding": accepted}
    with MockServer() as server:
        chat = openai.OpenAI(base_url=f"{server.url}/v1", api_key="k", default_headers=headers)
        claude = anthropic.Anthropic(base_url=server.url, api_key="k", default_headers=headers)
        with chat, claude:
            raw = chat.chat.completions.with_raw_response.create(
                model="gpt-4o", messages=[{"role": "user", "content": "hello there"}]
            )
            assert raw.headers["content-encoding"] == expected
            assert raw.parse().choices[0].message.content == "hello there"
            told = claude.messages.with_raw_response.create(
                model="claude-sonnet-4-6",
                max_tokens=99,
                messages=[{"role": "user", "content": "hello there"}],
            )
            assert told.headers["content-encoding"] == expected
            assert told.parse().content[0].type == "text"
