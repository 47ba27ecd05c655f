"""OpenAI's prompt cache: what is read and written, by which models, and when nothing is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from features.seen import NOW

from mockllm_cli.memory import BoundedMemory
from mockllm_core.engine import Engine, Settings
from mockllm_core.exchange import HttpRequest
from mockllm_core.frame import frames
from mockllm_core.pattern import Pattern

CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
AZURE, AZURE_RESPONSES = "/openai/v1/chat/completions", "/openai/v1/responses"
LONG = "word " * 1_000
"""1,250 tokens."""
FLOOR = 1_152
"""The steps of 128 that fit into them."""


@pytest.fixture
def engine() -> Engine:
    return Engine(Settings(), BoundedMemory())


def request(path: str, *said: Any, stream: bool = False, model: str = "gpt-4o", **more: Any) -> HttpRequest:
    messages = [{"role": "user", "content": one} if not isinstance(one, dict) else one for one in said]
    key = "messages" if path.endswith("completions") else "input"
    body: dict[str, Any] = {"model": model, key: messages, **more}
    if stream:
        body |= {"stream": True}
        body |= {"stream_options": {"include_usage": True}} if key == "messages" else {}
    return HttpRequest(method="POST", path=path, body=json.dumps(body).encode())


def counted(engine: Engine, asked: HttpRequest, fresh: bytes | None = None) -> tuple[int, int, int]:
    """Ask, and return what was sent, read and written."""
    response = engine.answer(asked, now=NOW, fresh=fresh)
    if response.body is not None:
        told = json.loads(response.body)
    else:
        found = [one.wire[one.start : one.end] for one in frames(response.steps)]
        events = [json.loads(one) for one in found if one.startswith(b"{")]
        told = [one.get("response", one) for one in events if one.get("response", one).get("usage")][-1]
    usage = told["usage"]
    details = usage.get("prompt_tokens_details") or usage["input_tokens_details"]
    total = usage.get("prompt_tokens") or usage["input_tokens"]
    return total, details["cached_tokens"], details.get("cache_write_tokens", 0)


@pytest.mark.parametrize("path", [CHAT, RESPONSES, AZURE, AZURE_RESPONSES])
@pytest.mark.parametrize("stream", [False, True])
def test_the_same_again_is_read_in_steps_of_128(engine: Engine, path: str, stream: bool) -> None:
    """Up to gpt-5.5: https://developers.openai.com/api/docs/guides/prompt-caching tells 1,920 of 2,006."""
    asked = request(path, LONG, stream=stream)
    assert counted(engine, asked) == (1_250, 0, 0)
    for _ in range(4):  # remembered, known, made by a pattern
        assert counted(engine, asked) == (1_250, FLOOR, 0)


@pytest.mark.parametrize("path", [CHAT, RESPONSES])
@pytest.mark.parametrize("stream", [False, True])
def test_from_gpt_5_6_all_but_3_is_written_then_read(engine: Engine, path: str, stream: bool) -> None:
    """Public logs of 2026: 5,454 of 5,457 written, 44,383 of 44,386 read, then 6,690 read and 156 written of 6,849."""
    asked = request(path, LONG, stream=stream, model="gpt-5.6")
    assert counted(engine, asked) == (1_250, 0, 1_247)
    for _ in range(4):
        assert counted(engine, asked) == (1_250, 1_247, 0)
    more = request(
        path, LONG, {"role": "assistant", "content": "Yes."}, "Go on. " * 40, stream=stream, model="gpt-5.6"
    )
    total, read, written = counted(engine, more)
    assert (read, read + written) == (1_247, total - 3)


def test_a_short_prompt_is_never_looked_at(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def looked(*_: object) -> None:
        raise AssertionError("a short prompt was looked up")

    monkeypatch.setattr("mockllm_core.prompt_cache._stretches", looked)
    for path in (CHAT, RESPONSES, AZURE):
        for stream in (False, True):
            for _ in range(4):
                assert counted(engine, request(path, "word " * 800, stream=stream))[1:] == (0, 0)


def test_without_a_memory_nothing_is_cached() -> None:
    engine = Engine(Settings())
    for model in ("gpt-4o", "gpt-5.6"):
        for _ in range(3):
            assert counted(engine, request(CHAT, LONG, model=model))[1:] == (0, 0)


@pytest.mark.parametrize("model", ["gpt-4", "gpt-4-turbo", "gpt-3.5-turbo", "gpt-4o-2024-05-13"])
def test_what_came_before_gpt_4o_caches_nothing(engine: Engine, model: str) -> None:
    for _ in range(2):
        assert counted(engine, request(CHAT, LONG, model=model))[1:] == (0, 0)


def test_only_an_equal_beginning_is_read(engine: Engine) -> None:
    counted(engine, request(CHAT, LONG, "The first question."))
    assert counted(engine, request(CHAT, LONG, "Another question."))[1] == FLOOR
    assert counted(engine, request(CHAT, LONG[:4_400] + LONG.upper()))[1] == 1_024
    assert counted(engine, request(CHAT, "Hi. " + LONG))[1] == 0
    assert counted(engine, request(CHAT, {"role": "system", "content": LONG}))[1] == 0


@pytest.mark.parametrize(
    "more",
    [
        {"prompt_cache_key": "k"},
        {"model": "gpt-4o-mini"},
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]},
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "a", "schema": {"type": "object"}},
            }
        },
    ],
)
def test_another_key_model_tool_or_format_reads_nothing(engine: Engine, more: Any) -> None:
    counted(engine, request(CHAT, LONG))
    assert counted(engine, request(CHAT, LONG, **more))[1] == 0
    assert counted(engine, request(CHAT, LONG, **more))[1] == FLOOR


def test_another_picture_is_another_beginning(engine: Engine) -> None:
    def asked(name: str) -> HttpRequest:
        picture = {"type": "image_url", "image_url": {"url": f"https://example.com/{name}.png"}}
        return request(CHAT, {"role": "user", "content": [picture, {"type": "text", "text": LONG}]})

    assert [counted(engine, asked(name))[1] for name in "aba"] == [0, 0, (1_250 + 258) // 128 * 128]


def test_marks_leave_breakpoints_of_their_own(engine: Engine) -> None:
    """``prompt_cache_breakpoint``: with ``explicit`` the end of the request is none."""
    mark = {"mode": "explicit"}

    def asked(path: str, question: str, **more: Any) -> HttpRequest:
        kind = "text" if path == CHAT else "input_text"
        parts = [
            {"type": kind, "text": LONG, "prompt_cache_breakpoint": mark},
            {"type": kind, "text": question},
        ]
        return request(path, {"role": "user", "content": parts}, model="gpt-5.6", **more)

    for path in (CHAT, RESPONSES):
        first = asked(path, f"One? {path}" * 9, prompt_cache_key=path)
        total, read, written = counted(engine, first)
        assert (read, written) == (0, total - 3)
        other = counted(engine, asked(path, "Two?" * 9, prompt_cache_key=path))
        assert other[1:] == (1_250, other[0] - 3 - 1_250)
        explicit = {"prompt_cache_key": f"{path}2", "prompt_cache_options": {"mode": "explicit"}}
        for stream in (False, True):
            for nth in range(4):
                asks = asked(path, f"{stream}", stream=stream, **explicit)
                expected = (0, 1_250) if not (stream or nth) else (1_250, 0)
                assert counted(engine, asks)[1:] == expected


def test_explicit_without_a_mark_is_no_cache(engine: Engine) -> None:
    for _ in range(2):
        asked = request(CHAT, LONG, model="gpt-5.6", prompt_cache_options={"mode": "explicit"})
        assert counted(engine, asked)[1:] == (0, 0)


def test_chat_tells_of_writes_from_gpt_5_6_on(engine: Engine) -> None:
    for model, there in (
        ("gpt-5.5", False),
        ("gpt-5.6", True),
        ("gpt-5.6-sol-2026-07-09", True),
        ("gpt-6", True),
    ):
        body = json.loads(engine.answer(request(CHAT, "Hi", model=model), now=NOW).body or b"")
        assert ("cache_write_tokens" in body["usage"]["prompt_tokens_details"]) is there
    azure = json.loads(engine.answer(request(AZURE, "Hi", model="gpt-5.6"), now=NOW).body or b"")
    assert [*azure["usage"]["prompt_tokens_details"]] == [
        "audio_tokens",
        "cache_write_tokens",
        "cached_tokens",
    ]


@pytest.mark.parametrize("path", [CHAT, RESPONSES])
def test_a_pattern_serves_only_while_the_cache_is_there(path: str) -> None:
    memory = BoundedMemory()
    engine = Engine(Settings(), memory)
    asked = request(path, LONG, stream=True)
    told = [counted(engine, asked, b"%d" % nth)[1] for nth in range(5)]
    assert told == [0, *[FLOOR] * 4]
    assert engine._decisions is not None
    known = engine._decisions.get(asked)
    assert known is not None
    assert isinstance(known.pattern, Pattern)
    memory.clear()
    assert [counted(engine, asked, b"x%d" % nth)[1] for nth in range(3)] == [0, FLOOR, FLOOR]


def test_what_follows_a_response_reads_what_it_left(engine: Engine) -> None:
    first = json.loads(engine.answer(request(RESPONSES, LONG), now=NOW).body or b"")
    then = request(RESPONSES, "And?", previous_response_id=first["id"])
    assert counted(engine, then)[1] == FLOOR


def test_what_is_remembered_is_bounded(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockllm_core.prompt_cache._MOST", 3)
    for nth in range(9):
        counted(engine, request(CHAT, LONG + f"{nth} " * 600))
    memory: Any = engine._memory
    (name,) = memory.names("openai-cache-")
    assert len(memory.get(name)) < 12


@pytest.mark.parametrize(
    "more",
    [
        {"tool_calls": 5},
        {"tool_calls": [5, {"function": 5}, {"function": {"arguments": 5}}]},
        {"role": 5, "type": ["x"]},
        {"prompt_cache_breakpoint": 5},
    ],
    ids=str,
)
def test_no_item_is_too_odd_to_be_cached(engine: Engine, more: Any) -> None:
    """Whatever the contract lets through, or refuses: never an error of ours."""
    odd = {"role": "user", "content": "Hi"} | more
    for path in (CHAT, RESPONSES):
        for _ in range(2):
            asked = request(path, LONG, odd, model="gpt-5.6")
            assert engine.answer(asked, now=NOW).status in (200, 400)
