"""Requests as clients send them, and what the provider refuses."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from core.protocols.anthropic_case import TOOL, body, call, incoming
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core.contract import check
from mockllm_core.conversation import Media, Message, Tool, ToolChoice, ToolResult, ToolUse, Words
from mockllm_core.errors import ApiError
from mockllm_core.protocol import Endpoint
from mockllm_core.protocols.anthropic_messages import PROTOCOL, parse

USE = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Rome"}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny"}


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def assistant(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


#: a message's content -> its parts
CONTENTS: list[tuple[Any, tuple[Any, ...]]] = [
    ("hello", (Words("hello"),)),
    ([text("a"), text("b")], (Words("a"), Words("b"))),
    ([{**text("a"), "cache_control": {"type": "ephemeral"}, "citations": None}], (Words("a"),)),
    (
        [
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGVsbG8="}},
            text("a"),
        ],
        (Media("image", 5), Words("a")),
    ),
    ([{"type": "image", "source": {"type": "url", "url": "https://x"}}], (Media("image"),)),
    (
        [{"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "ééé"}}],
        (Media("document", 6),),
    ),
    ([{"type": "search_result", "source": "s", "title": "t", "content": []}], (Media("document"),)),
    ([{"type": "a_kind_of_next_year", "x": 1}, text("a")], (Words("a"),)),
]


@pytest.mark.parametrize(("content", "parts"), CONTENTS)
def test_content_is_a_string_or_blocks_of_any_kind(content: Any, parts: tuple[Any, ...]) -> None:
    asked = call(messages=[{"role": "user", "content": content}])
    assert asked.conversation.messages == (Message("user", parts),)


def test_a_system_prompt_comes_first_as_a_string_or_blocks() -> None:
    for system in ("Be brief.", [text("Be brief.")]):
        assert call(system=system).conversation.messages[0] == Message("system", (Words("Be brief."),))
    assert call(system=None).conversation.messages[0].role == "user"


def test_a_tool_round_is_understood_and_its_result_is_the_last_turn() -> None:
    image = {"type": "image", "source": {"type": "url", "url": "https://x"}}
    result = {**RESULT, "content": [text("sunny"), image], "is_error": False}
    asked = call(messages=[user(text("?")), assistant(text("I look."), USE), user(result)], tools=[TOOL])
    _, said, came = asked.conversation.messages
    assert said.parts == (Words("I look."), ToolUse("get_weather", '{"city":"Rome"}', "toolu_1"))
    assert came.parts == (ToolResult("toolu_1", "sunny"), Media("image"))
    assert asked.conversation.after_tool_result()


def test_server_tools_in_the_history_are_carried_and_a_paused_turn_may_be_handed_back() -> None:
    use = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}
    found = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"title": "t"}]}
    asked = call(model="claude-opus-4-8", messages=[user(text("?")), assistant(use)])
    assert asked.conversation.messages[-1].parts == (ToolUse("web_search", '{"query":"x"}', "srvtoolu_1"),)
    asked = call(model="claude-opus-4-8", messages=[user(text("?")), assistant(use, found)])
    assert asked.conversation.after_tool_result()


@pytest.mark.parametrize(
    ("choice", "expected", "parallel"),
    [
        (None, ToolChoice(), True),
        ({"type": "auto"}, ToolChoice(), True),
        ({"type": "auto", "disable_parallel_tool_use": True}, ToolChoice(), False),
        ({"type": "any"}, ToolChoice("any"), True),
        ({"type": "any", "disable_parallel_tool_use": True}, ToolChoice("any"), False),
        ({"type": "tool", "name": "get_weather"}, ToolChoice("tool", ("get_weather",)), True),
        ({"type": "none"}, ToolChoice("none"), True),
    ],
)
def test_every_form_of_tool_choice_is_understood(
    choice: Any, expected: ToolChoice, *, parallel: bool
) -> None:
    conversation = call(tools=[TOOL], tool_choice=choice).conversation
    assert conversation.tool_choice == expected
    assert conversation.parallel == parallel


def test_tools_that_a_client_runs_can_be_called_and_server_tools_cannot() -> None:
    tools = [
        TOOL,
        {**TOOL, "name": "strict_one", "type": "custom", "strict": False, "description": None},
        {"type": "bash_20250124", "name": "bash"},
        {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"},
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 2},
        {"type": "mcp_toolset", "mcp_server_name": "deepwiki"},
    ]
    found = call(tools=tools).conversation.tools
    assert [tool.name for tool in found] == [
        "get_weather",
        "strict_one",
        "bash",
        "str_replace_based_edit_tool",
    ]
    assert found[0] == Tool(
        name="get_weather", description="The weather in a city.", schema=TOOL["input_schema"]
    )
    assert all(tool.schema["type"] == "object" for tool in found)


_CLOSED = {"type": "object", "additionalProperties": False}


@pytest.mark.parametrize(
    "more",
    [
        {"output_config": {"format": {"type": "json_schema", "schema": _CLOSED}}},
        {
            "model": "claude-opus-4-5",
            "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": _CLOSED}},
        },
        {
            "anthropic_beta": ["structured-outputs-2025-11-13"],
            "output_format": {"type": "json_schema", "schema": _CLOSED},
        },
    ],
)
def test_a_structured_answer_is_asked_for_in_two_places(more: dict[str, Any]) -> None:
    assert call(**more).conversation.output_schema == _CLOSED


def test_the_plain_options_are_read() -> None:
    thinking = {"type": "adaptive"}
    asked = call(
        model="claude-opus-4-6", stream=True, max_tokens=7, stop_sequences=["A", "B"], thinking=thinking
    )
    conversation = asked.conversation
    assert (asked.stream, conversation.max_tokens, conversation.stop, conversation.reasoning) == (
        True,
        7,
        ("A", "B"),
        True,
    )
    for quiet in (None, {"type": "disabled"}):
        assert not call(thinking=quiet).conversation.reasoning


@pytest.mark.parametrize(
    ("model", "thinking", "betas", "again"),
    [
        ("claude-haiku-4-5", {"type": "enabled", "budget_tokens": 2000}, "", False),
        (
            "claude-haiku-4-5",
            {"type": "enabled", "budget_tokens": 2000},
            "x,interleaved-thinking-2025-05-14",
            True,
        ),
        ("claude-opus-4-6", {"type": "adaptive"}, "", True),
    ],
)
def test_thoughts_come_between_calls_when_they_are_interleaved(
    model: str, thinking: dict[str, Any], betas: str, *, again: bool
) -> None:
    """The provider's guide to thinking with tools: no thoughts after a result, but for the beta and adaptive ones."""
    asked = {"model": model, "max_tokens": 4096, "thinking": thinking}
    turns = [user(text("a")), assistant(THOUGHT, USE), user(RESULT)]
    for messages, thinks in (
        (turns, again),
        (turns[:1], True),
        ([*turns, assistant(text("b")), *turns[:1]], True),
    ):
        given = incoming({**asked, "messages": messages}, anthropic_beta=betas)
        found = PROTOCOL.parse(given, PROTOCOL.endpoints[0])
        assert found.conversation.reasoning == thinks


def test_the_path_may_hold_the_model_and_decide_the_stream() -> None:
    given = {
        "anthropic_version": "vertex-2023-10-16",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "x"}],
    }
    path = Endpoint(method="POST", path="/m/{model}", stream=True, form="vertex")
    asked = parse(type(incoming())(http=incoming().http, params={"model": "claude-x"}, body=given), path)
    assert (asked.model, asked.stream, asked.form) == ("claude-x", True, "vertex")


TWICE = [user(text("?")), assistant(USE), user(RESULT), assistant(USE), user(RESULT)]
THINK = {"type": "enabled", "budget_tokens": 2000}
UNTHOUGHT = (
    "messages.{}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{}`. When `thinking` is enabled, "
    "a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and "
    "`tool_result` blocks). We recommend you include thinking blocks from previous turns. To avoid this requirement, "
    "disable `thinking`. Please consult our documentation at "
    "https://platform.claude.com/docs/en/build-with-claude/extended-thinking"
)
LOOP = [user(text("a")), assistant(text("b")), user(text("c")), assistant(text("d"), USE), user(RESULT)]
THOUGHT = {"type": "thinking", "thinking": "I think.", "signature": "EqQBabc"}

#: what the request adds -> the provider's sentence
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"compaction": {"type": "summarize"}}, "compaction: Extra inputs are not permitted"),
    (
        {
            "model": "anthropic.claude-haiku-4-5-20251001-v1:0",
            "messages": [assistant(text("hi")), user(text("a"))],
        },
        'messages: first message must use the "user" role',
    ),
    ({"messages": [user()]}, "messages.0: user messages must have non-empty content"),
    (
        {"messages": [{"role": "user", "content": ""}]},
        "messages.0: user messages must have non-empty content",
    ),
    (
        {"messages": [user(text("a")), {"role": "assistant", "content": ""}, user(text("b"))]},
        "messages.1: all messages must have non-empty content except for the optional final assistant message",
    ),
    ({"messages": [user(text(""))]}, "messages: text content blocks must be non-empty"),
    (
        {"messages": [user(text("a"), text(" \n"))]},
        "messages: text content blocks must contain non-whitespace text",
    ),
    (
        {"messages": [{"role": "user", "content": " "}]},
        "messages: text content blocks must contain non-whitespace text",
    ),
    (
        {"messages": [user(text("a")), {"role": "assistant", "content": "\n"}, user(text("b"))]},
        "messages: text content blocks must contain non-whitespace text",
    ),
    ({"system": [text("")]}, "system: text content blocks must be non-empty"),
    ({"system": " "}, "system: text content blocks must contain non-whitespace text"),
    (
        {"messages": [user(text("a")), assistant(text("b "))]},
        "messages: final assistant content cannot end with trailing whitespace",
    ),
    (
        {"model": "claude-opus-4-6", "messages": [user(text("a")), assistant(text("b"))]},
        "This model does not support assistant message prefill. The conversation must end with a user message.",
    ),
    (
        {"messages": [user(text("a")), assistant(text("b")), user(text("c"), RESULT)]},
        (
            "messages.2.content.1: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1. Each `tool_result` block "
            "must have a corresponding `tool_use` block in the previous message."
        ),
    ),
    (
        {"messages": [user(text("a")), assistant(USE), user(text("c"))]},
        (
            "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1. Each `tool_use` "
            "block must have a corresponding `tool_result` block in the next message."
        ),
    ),
    *(
        (
            {"messages": [user(text("a")), assistant(USE), *late]},
            (
                "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1. Each "
                "`tool_use` block must have a corresponding `tool_result` block in the next message."
            ),
        )
        for late in ([user(text("x"), RESULT)], [user(text("x")), user(RESULT)])
    ),
    ({"messages": TWICE}, "messages.3.content.0: `tool_use` ids must be unique"),
    ({"stop_sequences": ["ok", " "]}, "stop_sequences: each stop sequence must contain non-whitespace"),
    ({"tools": [TOOL, TOOL]}, "tools: Tool names must be unique."),
    # printed on the provider's page on the tool search tool
    (
        {"tools": [{**TOOL, "defer_loading": True}]},
        "All tools have defer_loading set. At least one tool must be non-deferred.",
    ),
    # public reports from 2024 to 2026
    (
        {"model": "claude-opus-4-5", "max_tokens": 128_001},
        "max_tokens: 128001 > 64000, which is the maximum allowed number of output tokens for claude-opus-4-5-20251101",
    ),
    # Bedrock's, seen in August 2026
    (
        {"model": "us.anthropic.claude-sonnet-4-6", "max_tokens": 128_001},
        "The maximum tokens you requested exceeds the model limit of 128000",
    ),
    (
        {"model": "claude-3-opus-20240229", "max_tokens": 32_000},
        "max_tokens: 32000 > 4096, which is the maximum allowed number of output tokens for claude-3-opus-20240229",
    ),
    (
        {"tools": [TOOL], "tool_choice": {"type": "tool", "name": "other"}},
        "Tool 'other' not found in provided tools",
    ),
    (
        {"thinking": {"type": "enabled", "budget_tokens": 100}},
        "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
    ),
    ({"thinking": {"type": "enabled"}}, "thinking.enabled.budget_tokens: Field required"),
    (
        {"thinking": THINK, "max_tokens": 2000},
        (
            "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at https://platform.claude"
            ".com/docs/en/build-with-claude/extended-thinking#max-tokens-and-context-window-size"
        ),
    ),
    (
        {"thinking": THINK, "tools": [TOOL], "tool_choice": {"type": "any"}},
        "Thinking may not be enabled when tool_choice forces tool use.",
    ),
    (
        {"thinking": THINK, "temperature": 0.5},
        (
            "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode. Please consult our "
            "documentation at https://platform.claude.com/docs/en/build-with-claude/extended-thinking"
        ),
    ),
    (
        {"model": "claude-opus-4-6", "thinking": {"type": "adaptive"}, "top_p": 0.5},
        (
            "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled or in adaptive mode. Please "
            "consult our documentation at https://platform.claude.com/docs/en/build-with-claude/extended-thinking"
        ),
    ),
    (
        {"thinking": THINK, "top_k": 5},
        (
            "`top_k` must be unset when thinking is enabled or in adaptive mode. Please consult our documentation at "
            "https://platform.claude.com/docs/en/build-with-claude/extended-thinking"
        ),
    ),
    (
        {"thinking": THINK, "messages": [user(text("a")), assistant(USE), user(RESULT)]},
        UNTHOUGHT.format(1, "tool_use"),
    ),
    (
        {
            "thinking": THINK,
            "messages": [*LOOP, assistant({**USE, "id": "b"}), user({**RESULT, "tool_use_id": "b"})],
        },
        UNTHOUGHT.format(3, "text"),
    ),
    (
        {"model": "claude-opus-4-6", "output_config": {"effort": "xhigh"}},
        "This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium.",
    ),
]


@pytest.mark.parametrize(("more", "sentence"), REFUSED)
def test_what_the_provider_refuses_is_refused_in_its_words(more: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ApiError) as raised:
        call(**more)
    assert raised.value.message == sentence
    assert raised.value.kind == "invalid_request"


def test_a_thread_that_is_not_held_is_not_found() -> None:
    call(thread={"type": "create"})
    with pytest.raises(ApiError, match="No usable Thread state") as raised:
        call(thread={"type": "continue", "previous_message_id": "msg_1"})
    assert (raised.value.kind, raised.value.code) == ("not_found", "thread_not_found")


def test_thinking_between_tools_begins_with_a_tools_result() -> None:
    between = {"type": "between_tools"}
    model = "claude-sonnet-5-5"
    assert not call(model=model, thinking=between).conversation.reasoning
    messages = [user(text("?")), assistant(USE), user(RESULT)]
    assert call(model=model, thinking=between, messages=messages).conversation.reasoning


@pytest.mark.parametrize(
    "more",
    [
        {"messages": [user(text("a")), assistant(text("b"))]},
        {"messages": [assistant(text("Hello!")), user(text("a"))]},
        {"messages": [{"role": "assistant", "content": "Hello!"}, {"role": "user", "content": "a"}]},
        {"messages": [user(text("a")), assistant(text("b")), assistant(USE), user(RESULT), user(text("c"))]},
        {"messages": [user(text("a")), assistant(USE)]},
        {"messages": [user(text("a")), assistant()]},
        {
            "messages": [
                user(text("a")),
                assistant({**USE, "caller": {"type": "direct"}}),
                user(RESULT, text("x")),
            ]
        },
        {"messages": [user(text("a"), {"type": "text", "text": "b"})], "metadata": None, "x_unknown": [1]},
        {
            "model": "claude-opus-4-6",
            "thinking": {"type": "adaptive", "display": "summarized"},
            "output_config": {"effort": "max"},
        },
        {"model": "claude-sonnet-5", "output_config": {"effort": "xhigh"}},
        {"model": "claude-opus-4-5", "max_tokens": 64_000},
        {"model": "claude-of-another-year", "max_tokens": 10**9},
        {"tools": []},
        {
            "tools": [
                {**TOOL, "defer_loading": True, "eager_input_streaming": None},
                {**TOOL, "name": "other"},
            ],
            "tool_choice": {"type": "auto"},
        },
        {"max_tokens": 0},
        # thoughts stand at the head of the turn, not of each of its calls
        {
            "thinking": THINK,
            "messages": [
                *LOOP[:3],
                assistant(THOUGHT, USE),
                user(RESULT),
                assistant({**USE, "id": "b"}),
                user({**RESULT, "tool_use_id": "b"}),
            ],
        },
        {"thinking": THINK, "messages": [*LOOP, assistant(text("e")), user(text("f"))]},
        {"model": "claude-opus-4-6", "thinking": {"type": "adaptive"}, "messages": LOOP, "top_p": 0.95},
        {"stop_sequences": None, "container": None, "cache_control": None, "service_tier": "auto"},
    ],
)
def test_what_the_provider_takes_is_taken(more: dict[str, Any]) -> None:
    assert check("anthropic-messages", body(**more)) is None
    call(**more)


def test_interleaved_thinking_may_have_a_larger_budget_than_the_answer() -> None:
    given = body(thinking=THINK, max_tokens=1500)
    parse(incoming(given, anthropic_beta="interleaved-thinking-2025-05-14"), PROTOCOL.endpoints[0])


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from(
        [
            "system",
            "tools",
            "thinking",
            "tool_choice",
            "output_config",
            "stop_sequences",
            "metadata",
            "container",
        ]
    ),
)
@settings(deadline=None, max_examples=100)
def test_whatever_the_contract_lets_pass_is_parsed_or_refused(value: Any, key: str) -> None:
    given = body(**{key: value})
    if check("anthropic-messages", given) is None:
        with suppress(ApiError):
            PROTOCOL.parse(incoming(given), PROTOCOL.endpoints[0])
