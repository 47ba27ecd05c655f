"""Exact bytes of named cases, and what each option of a request changes."""

from __future__ import annotations

import json
import tracemalloc
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from core.protocols.openai_chat_pipeline import (
    ADD,
    CUSTOM,
    STAMP,
    TOOL,
    answer,
    call_for,
    choices,
    chunks,
    request,
    turn_for,
)

from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.exchange import HttpRequest
from mockllm_core.frame import Pause
from mockllm_core.protocols.openai_chat import PROTOCOL
from mockllm_core.protocols.openai_chat.moderation import respell
from mockllm_core.protocols.openai_chat.stream import usual_order
from mockllm_core.reply import Reasoning, Refusal, Text, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.reply import Block

CALL = ToolCall(name="add", arguments={"a": 1, "b": 2})
USAGE = {"include_usage": True}
LEGACY = {"functions": [{"name": "add", "parameters": ADD}]}
FORCED = {"type": "function", "function": {"name": "add"}}

CASES: dict[str, tuple[dict[str, Any], tuple[Block, ...]]] = {
    "text": ({}, ()),
    "text-usage": ({"stream_options": USAGE}, ()),
    "text-bare": ({"stream_options": {"include_obfuscation": False}}, ()),
    "text-unicode": ({}, (Text.of("naïve 👋 日本語\n\u2028"),)),
    "tool": ({"tools": [TOOL]}, (CALL,)),
    "tool-forced": ({"tools": [TOOL], "tool_choice": FORCED}, (CALL,)),
    "tools-parallel": ({"tools": [TOOL]}, (CALL, ToolCall(name="add", arguments={}))),
    "text-then-tool": ({"tools": [TOOL]}, (Text.of("Let me see."), CALL)),
    "custom-tool": ({"tools": [CUSTOM]}, (ToolCall(name="shell", pieces=("ls -la",), free_text=True),)),
    "function-call": (LEGACY, (CALL,)),
    "refusal": ({}, (Refusal.of("I can't help with that."),)),
    "structured": (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "add", "schema": ADD}}},
        (Text.of('{"a":1,"b":2}'),),
    ),
    "length": ({"max_completion_tokens": 2}, ()),
    "stop": ({"stop": ","}, ()),
    "two-choices": ({"n": 2, "stream_options": USAGE}, ()),
    "logprobs": ({"logprobs": True, "top_logprobs": 2}, (Text.of("Foo!"),)),
    "reasoning": ({"model": "gpt-5", "reasoning_effort": "low"}, (Reasoning.of("Hm."), Text.of("Hi"))),
    "flex": ({"service_tier": "flex", "store": True, "metadata": {"a": "b"}}, ()),
    "moderation": ({"model": "gpt-5", "moderation": {"model": "omni-moderation-latest"}}, (Text.of("Hi"),)),
}

HELD = ("text-unicode", "text-then-tool", "moderation")
"""Named cases whose bytes are held here; those of the rest are held with the features."""


@pytest.mark.parametrize("case", HELD)
@pytest.mark.parametrize("stream", [True, False])
def test_the_bytes_are_those_reviewed(
    case: str, *, stream: bool, snapshot: Callable[[str, bytes], None]
) -> None:
    more, blocks = CASES[case]
    if not stream:
        more = {key: value for key, value in more.items() if key != "stream_options"}
    wire = answer(request(stream=stream, **more), *blocks)
    snapshot(f"openai-chat/{case}.{'sse' if stream else 'json'}", wire)


@pytest.mark.parametrize("case", CASES)
def test_every_frame_says_where_its_payload_is(case: str) -> None:
    more, blocks = CASES[case]
    call = call_for(request(stream=True, **more))
    *frames, last = PROTOCOL.stream(turn_for(call, *blocks, replies=call.conversation.choices), call, STAMP)
    assert [frame.payload for frame in frames] == [json.loads(frame.wire[6:]) for frame in frames]
    assert last.payload is None


@pytest.mark.parametrize("case", CASES)
def test_pieces_from_a_template_are_the_plain_encoding(case: str) -> None:
    more, blocks = CASES[case]
    for event in answer(request(stream=True, **more), *blocks).decode().split("\n\n")[:-2]:
        text = event.removeprefix("data: ")
        plain = json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)
        if "moderation" not in text:
            assert text.replace("\\u2028", "\u2028") == plain


@pytest.mark.parametrize("case", CASES)
def test_a_padded_payload_is_one_longer_than_a_multiple_of_16_characters(case: str) -> None:
    more, blocks = CASES[case]
    if more.get("stream_options", {}).get("include_obfuscation") is False:
        return
    for event in answer(request(stream=True, **more), *blocks).decode().split("\n\n")[:-2]:
        assert len(event.removeprefix("data: ")) % 16 == 1


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        (None, "default"),
        ("auto", "default"),
        ("default", "default"),
        ("flex", "flex"),
        ("priority", "priority"),
        ("fast", "priority"),
    ],
)
def test_the_tier_served_is_named(asked: str | None, served: str) -> None:
    body = request(service_tier=asked)
    assert json.loads(answer(body))["service_tier"] == served
    assert {chunk["service_tier"] for chunk in chunks(answer(body | {"stream": True}))} == {served}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"tools": [TOOL]}, "tool_calls"),
        ({"tools": [TOOL], "tool_choice": "required"}, "tool_calls"),
        ({"tools": [TOOL], "tool_choice": FORCED}, "stop"),
        (LEGACY, "function_call"),
        (LEGACY | {"function_call": {"name": "add"}}, "stop"),
    ],
)
def test_why_a_tool_call_ends_depends_on_who_chose_it(more: dict[str, Any], reason: str) -> None:
    assert json.loads(answer(request(**more), CALL))["choices"][0]["finish_reason"] == reason
    assert choices(answer(request(stream=True, **more), CALL))[-1]["finish_reason"] == reason


def test_an_old_function_call_is_one_at_most() -> None:
    two = (CALL, CALL)
    assert answer(request(stream=True, **LEGACY), *two).count(b'"name":"add"') == 1
    assert json.loads(answer(request(**LEGACY), *two))["choices"][0]["message"]["function_call"] == {
        "name": "add",
        "arguments": '{"a":1,"b":2}',
    }
    assert call_for(request(**LEGACY)).conversation.parallel is False


def test_usage_is_the_same_streamed_and_whole() -> None:
    streamed = chunks(answer(request(stream=True, stream_options=USAGE)))
    assert [chunk["usage"] for chunk in streamed[:-1]] == [None] * (len(streamed) - 1)
    assert streamed[-1]["usage"] == json.loads(answer(request()))["usage"]
    assert streamed[-1]["choices"] == []


def test_reasoning_is_counted_and_not_shown() -> None:
    wire = answer(request(model="gpt-5", reasoning_effort="high"), Reasoning.of("secret " * 8), Text.of("Hi"))
    assert b"secret" not in wire
    details = json.loads(wire)["usage"]["completion_tokens_details"]
    assert details["reasoning_tokens"] == 14


def test_sound_is_counted_apart_too() -> None:
    sound = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
    said = [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, sound, sound]}]
    usage = json.loads(answer(request(messages=said, model="gpt-audio")))["usage"]
    assert usage["prompt_tokens_details"] == {"cached_tokens": 0, "audio_tokens": 256}
    assert usage["prompt_tokens"] == 256 + 4


def test_a_prediction_is_counted_as_far_as_it_came_true() -> None:
    prediction = {"type": "content", "content": "Hello there, enemy!"}
    usage = json.loads(answer(request(prediction=prediction)))["usage"]
    details = usage["completion_tokens_details"]
    assert (details["accepted_prediction_tokens"], details["rejected_prediction_tokens"]) == (3, 2)
    assert usage["completion_tokens"] == 5 + 2
    assert usage["total_tokens"] == usage["prompt_tokens"] + 7


def test_the_likeliest_token_is_the_one_said_and_alternatives_differ() -> None:
    body = request(logprobs=True, top_logprobs=20)
    whole = json.loads(answer(body))["choices"][0]["logprobs"]["content"]
    streamed = choices(answer(body | {"stream": True}))
    assert [entry for choice in streamed[1:-1] for entry in choice["logprobs"]["content"]] == whole
    for entry in whole:
        top = entry["top_logprobs"]
        assert top[0] == {key: entry[key] for key in ("token", "logprob", "bytes")}
        assert len({candidate["token"] for candidate in top}) == 20
        assert sorted(top, key=lambda one: -one["logprob"]) == top
        assert bytes(entry["bytes"]).decode() == entry["token"]


@pytest.mark.parametrize(
    ("counts", "order"),
    [
        ([3], [0, 0, 0]),
        ([4, 4], [0, 0, 1, 1, 0, 1, 0, 1]),
        ([5, 3], [0, 0, 1, 1, 0, 0, 0, 1]),
        ([2, 2, 2], [0, 1, 2, 0, 1, 2]),
    ],
)
def test_choices_take_turns(counts: list[int], order: list[int]) -> None:
    assert [*usual_order(counts)] == order


def test_no_chunk_of_many_choices_is_made_before_its_turn() -> None:
    asked = {
        "model": "gpt-4o",
        "n": 64,
        "stream": True,
        "messages": [{"role": "user", "content": "x" * 20_000}],
    }
    request = HttpRequest(
        method="POST", path="/v1/chat/completions", query="", headers={}, body=json.dumps(asked).encode()
    )
    answer = Engine(Settings(piece=1)).answer(request, now=FIXED_NOW)
    tracemalloc.start()
    try:
        # the first of 1,280,000 chunks
        wires = [step.wire for step in islice(answer.steps, 4) if not isinstance(step, Pause)]
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert all(b'"content":"x"' in wire for wire in wires)
    assert most < 4 << 20


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.00007096703991005882, "0.00007096703991005882"),
        (5.829126566113866e-6, "5.829126566113866e-6"),
        (0.005284363395662242, "0.005284363395662242"),
        (1e-05, "0.00001"),
        (3e-07, "3e-7"),
        ("1.5e-06", '"1.5e-06"'),
    ],
)
def test_small_scores_are_spelled_as_the_moderation_service_does(number: float | str, text: str) -> None:
    assert respell({"a": number}) == '{"a":' + text + "}"


def test_a_nul_in_a_text_does_not_meet_a_template() -> None:
    wire = answer(request(stream=True), Text.of('\0 "moderation": "\0"'))
    assert "".join(choice["delta"].get("content", "") for choice in choices(wire)) == '\0 "moderation": "\0"'
