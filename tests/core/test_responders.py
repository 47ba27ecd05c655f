"""What is said: a tool call when one is due, JSON when a schema asks, else the echo."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockllm_core.conversation import (
    Controls,
    Conversation,
    Media,
    Message,
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
    Words,
)
from mockllm_core.reply import Reasoning, Text, ToolCall
from mockllm_core.responders import GREETING, respond

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
A = Tool(name="a", schema=CITY)
B = Tool(name="b", schema=CITY)
USER = Message("user", (Words("hi"),))
USED = Message("assistant", (ToolUse("a", "{}", "1"),))
RESULT = Message("user", (ToolResult("1", "sunny"),))


def talk(*messages: Message, **options: Any) -> Conversation:
    return Conversation(model="m", messages=messages or (USER,), **options)


def text(conversation: Conversation) -> str:
    return "".join(block.text for block in respond(conversation).blocks if isinstance(block, Text))


def called(conversation: Conversation) -> list[str]:
    return [block.name for block in respond(conversation).blocks if isinstance(block, ToolCall)]


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ((USER,), "hi"),
        ((Message("user", (Words("a"), Media("image"), Words("b"))),), "ab"),
        ((USER, Message("assistant", (Words("yes"),)), Message("user", (Words("more"),))), "more"),
        ((USER, USED, RESULT), "hi"),
        ((USER, USED, Message("tool", (ToolResult("1", "x"),))), "hi"),
        ((Message("system", (Words("be kind"),)),), GREETING),
        ((Message("user", (Media("image"),)),), GREETING),
        ((Message("user", (Words(""),)),), GREETING),
        ((), GREETING),
    ],
)
def test_text_is_the_last_user_text(messages: tuple[Message, ...], said: str) -> None:
    assert text(Conversation(model="m", messages=messages)) == said


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        (ToolChoice(), {"a", "b"}),
        (ToolChoice("any"), {"a", "b"}),
        (ToolChoice("tool", ("b",)), {"b"}),
        (ToolChoice("any", ("b",)), {"b"}),
        (ToolChoice("auto", ("a",)), {"a"}),
        (ToolChoice("none"), set()),
    ],
)
def test_the_choice_decides_which_tool_is_called(choice: ToolChoice, names: set[str]) -> None:
    made = [called(talk(tools=(A, B), tool_choice=choice, controls=Controls(seed=str(n)))) for n in range(12)]
    assert {name for names in made for name in names} == names
    assert all(len(names) <= 1 for names in made)


def test_a_tool_result_is_answered_in_text() -> None:
    assert called(talk(USER, USED, RESULT, tools=(A, B))) == []


@pytest.mark.parametrize(
    "result",
    [
        # google-adk 2.13, adk-js, adk-go
        "[a] `transfer_to_agent` tool returned result:\n<<<BEGIN_QUOTED_AGENT_CONTENT>>>\n{'result': None}\n<<<",
        "[a] `transfer_to_agent` tool returned result: {'result': None}",
        "[a] transfer_to_agent tool returned result: map[result:<nil>]",
        "For context: [a] `transfer_to_agent` tool returned result: done.",
    ],
)
def test_a_tool_result_that_is_told_in_words_is_answered_in_text(result: str) -> None:
    told = Message("user", (Words("For context:"), Words(result)))
    assert called(talk(USER, told, tools=(A,))) == []
    assert called(talk(USER, told, USER, tools=(A,))) == ["a"]
    assert called(talk(USER, Message("assistant", (Words(result),)), tools=(A,))) == ["a"]
    assert called(talk(Message("user", ()), tools=(A,))) == ["a"]


def test_a_user_may_speak_of_results() -> None:
    said = Message("user", (Words("My search tool returned result: nothing. Search again."),))
    assert called(talk(said, tools=(A,))) == ["a"]


def test_a_demanded_call_after_a_result_goes_to_a_tool_not_called_yet_and_then_ends() -> None:
    demand = ToolChoice("any")
    assert called(talk(USER, USED, RESULT, tools=(A, B), tool_choice=demand)) == ["b"]
    assert called(talk(USER, USED, RESULT, tools=(A,), tool_choice=demand)) == []


def test_arguments_satisfy_the_schema() -> None:
    (call,) = respond(talk(tools=(A,))).blocks
    assert isinstance(call, ToolCall)
    assert set(call.arguments) == {"city"}
    assert isinstance(call.arguments["city"], str)


def test_several_calls_are_made_when_asked_for_unless_the_request_forbids_it() -> None:
    several = Controls(tool_calls=3)
    assert len(called(talk(tools=(A, B), controls=several))) == 3
    assert len(called(talk(tools=(A, B), controls=several, parallel=False))) == 1


def test_a_tool_of_free_text_gets_the_user_text() -> None:
    (call,) = respond(talk(tools=(Tool(name="t", free_text=True),))).blocks
    assert isinstance(call, ToolCall)
    assert call.pieces == ("hi",)


def test_a_schema_for_the_answer_is_met_in_text() -> None:
    assert set(json.loads(text(talk(output_schema=CITY)))) == {"city"}


def test_json_mode_is_an_object() -> None:
    assert json.loads(text(talk(json_mode=True))) == {"reply": "hi"}


def test_reasoning_comes_first_when_asked_for() -> None:
    blocks = respond(talk(reasoning=True)).blocks
    assert isinstance(blocks[0], Reasoning)
    assert isinstance(blocks[1], Text)


def test_the_fixed_reply_replaces_the_echo() -> None:
    assert text(talk(controls=Controls(reply="yes"))) == "yes"


def test_a_near_miss_that_is_cut_text_goes_out_as_it_is_where_arguments_are_text() -> None:
    from mockllm_core import render
    from mockllm_core.engine import Settings

    tool = {"type": "function", "function": {"name": "f", "parameters": CITY}}
    chat = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "tools": [tool]}
    bedrock = {
        "messages": [{"role": "user", "content": [{"text": "hi"}]}],
        "toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": CITY}}}]},
    }
    cut = 0
    for seed in map(str, range(40)):
        settings = Settings(seed=seed, args="near-miss")
        (frame,) = render("openai-chat", chat, settings=settings)
        text = frame.payload["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]
        try:
            json.loads(text)
        except ValueError:
            cut += 1
        assert render("bedrock-converse", bedrock, stream=False, settings=settings)
    assert cut
