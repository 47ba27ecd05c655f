"""What is refused of messages that say nothing, system messages, strict schemas, containers, and names of nothing.

The bodies are ours; what is wrong with them and what is said of it is what a public project saw of claude-sonnet-5 in
August 2026, and others reported of other models.
"""

from __future__ import annotations

from typing import Any

import pytest
from core.protocols.anthropic_case import body

from mockllm_core.errors import ApiError
from mockllm_core.protocols.anthropic_messages.refuse import refuse

MODEL = "claude-sonnet-5"
ANYWHERE = "the directive-only form (content: [] with output_config) is accepted at any position"
HEAD = f"use the top-level 'system' parameter for the initial system prompt; {ANYWHERE}"
AFTER = f"role 'system' must follow a 'user' message or an 'assistant' message ending in a server tool result; {ANYWHERE}"
BEFORE = f"role 'system' must precede an 'assistant' message or end the array; {ANYWHERE}"
BLANK = "system text blocks must contain non-whitespace text"
NOTHING = "system content must contain at least one block"
EMPTY = "user messages must have non-empty content"

ASK, ANSWER, TELL = ("user", "a"), ("assistant", "b"), ("system", "c")
SET = {"role": "system", "content": [], "output_config": {"effort": "low"}}
FOUND = [{"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}]


def told(*said: Any) -> list[dict[str, Any]]:
    return [one if isinstance(one, dict) else {"role": one[0], "content": one[1]} for one in said]


def complaint(model: str = MODEL, betas: str = "", **more: Any) -> str:
    asked = body(**{"model": model, **more})
    try:
        refuse(asked, model, {"anthropic-beta": betas})
    except ApiError as error:
        return error.message if error.kind == "invalid_request" else error.kind
    return ""


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        (told(TELL), f"messages.0: {HEAD}"),
        (told(TELL, ASK), f"messages.0: {HEAD}"),
        (told(("system", " "), ASK), f"messages.0: {HEAD}"),
        (told(("system", []), ASK), f"messages.0: {NOTHING}"),
        (told(ASK, ("system", [])), f"messages.1: {NOTHING}"),
        (told(ASK, ("system", []), ASK), f"messages.1: {NOTHING}"),
        (told(ASK, TELL, ASK), f"messages.1: {BEFORE}"),
        (told(ASK, TELL, TELL, TELL, ASK), f"messages.3: {BEFORE}"),
        (told(ASK, ("system", " "), ASK), f"messages.1: {BEFORE}"),
        (told(ASK, ANSWER, TELL, ASK), f"messages.2: {AFTER}"),
        (told(ASK, ANSWER, TELL, ANSWER, ASK), f"messages.2: {AFTER}"),
        (told(ASK, ("system", " ")), f"messages.1: {BLANK}"),
        (told(ASK, ("system", [{"type": "text", "text": "c"}, {"type": "text", "text": ""}])), f"messages.1: {BLANK}"),
        (told(("user", [])), f"messages.0: {EMPTY}"),
        (told(("user", "")), f"messages.0: {EMPTY}"),
        (told(ASK, ANSWER, ("user", []), ("user", [])), f"messages.2: {EMPTY}"),
    ],
)  # fmt: skip
def test_messages_that_say_nothing_or_stand_in_the_wrong_place(
    messages: list[dict[str, Any]], sentence: str
) -> None:
    assert complaint(messages=messages) == sentence


@pytest.mark.parametrize(
    "messages",
    [
        told(ASK, TELL),
        told(ASK, TELL, TELL),
        told(ASK, TELL, ANSWER, ASK),
        told(ASK, TELL, TELL, ANSWER, ASK),
        told(ASK, ("assistant", FOUND), TELL, ANSWER, ASK),
        told(ASK, ANSWER, SET, ASK),
        told(SET, ASK),
        told(("user", []), ASK),
        told(ASK, ("user", [])),
        told(ASK, ANSWER, ("user", []), ASK),
        told(ASK, ("assistant", [])),
    ],
)
def test_messages_that_are_taken(messages: list[dict[str, Any]]) -> None:
    assert not complaint(messages=messages)


@pytest.mark.parametrize(
    "model", ["claude-haiku-4-5-20251001", "claude-opus-4-7", "claude-3-5-sonnet-20240620"]
)
def test_an_older_model_takes_no_system_message_and_its_place_is_judged_first(model: str) -> None:
    assert complaint(model, messages=told(ASK, TELL)) == "role 'system' is not supported on this model"
    assert complaint(model, messages=told(TELL, ASK)) == f"messages.0: {HEAD}"
    assert complaint(model, messages=told(ASK, TELL, ASK)) == f"messages.1: {BEFORE}"
    assert not complaint("claude-opus-4-8", messages=told(ASK, TELL))


OPEN = "For 'object' type, 'additionalProperties' must be explicitly set to false"
CLOSED = {"type": "object", "properties": {}, "additionalProperties": False}
WITHIN = [
    {"type": "object"},
    {"type": ["object", "null"], "additionalProperties": True},
    {**CLOSED, "properties": {"a": {"type": "array", "items": {"type": "object"}}}},
    {**CLOSED, "properties": {"a": {"anyOf": [{"type": "null"}, {"type": "object"}]}}},
    {**CLOSED, "$defs": {"A": {"type": "object"}}},
]


@pytest.mark.parametrize("schema", WITHIN)
def test_a_schema_that_is_kept_to_the_letter_leaves_no_object_open(schema: dict[str, Any]) -> None:
    form = {"type": "json_schema", "schema": schema}
    tool = {"name": "f", "input_schema": schema}
    assert complaint(tools=[{**tool, "strict": True}]) == f"tools.0.custom: {OPEN}"
    assert not complaint(tools=[tool])
    assert complaint(output_config={"format": form}) == f"output_config.format.schema: {OPEN}"
    assert complaint(output_format=form) == f"output_format.schema: {OPEN}"


def test_a_closed_schema_is_taken() -> None:
    schema = {**CLOSED, "properties": {"a": {"type": "array", "items": CLOSED}}}
    assert not complaint(output_config={"format": {"type": "json_schema", "schema": schema}})
    assert not complaint(tools=[{"name": "f", "input_schema": schema, "strict": True}])


def test_a_container_is_named_where_code_runs_and_a_place_is_one_of_two() -> None:
    lone = "container: Container identifier can only be provided when using the code execution tool"
    assert complaint(container="container_1") == lone
    assert complaint(container={"id": "container_1"}) == lone
    assert complaint(container="container_1", messages=told(("user", []))) == f"messages.0: {EMPTY}"
    assert not complaint(container={"skills": []})
    for kind in ("code_execution_20250825", "web_search_20260209"):
        assert not complaint(container="container_1", tools=[{"type": kind, "name": kind.rpartition("_")[0]}])
    assert complaint(inference_geo="moon") == "inference_geo: must be one of ['global', 'us']"
    assert not complaint(inference_geo="us")
    assert not complaint(inference_geo=None)


TOOL = {"name": "f", "input_schema": {"type": "object"}}
SEARCH = {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}
REFERENCE = {"type": "tool_reference", "tool_name": "g"}
SEARCHED = {"type": "tool_search_tool_search_result", "tool_references": [REFERENCE]}


@pytest.mark.parametrize(
    "messages",
    [
        told(
            ASK,
            (
                "assistant",
                [{"type": "tool_search_tool_result", "tool_use_id": "srvtoolu_1", "content": SEARCHED}],
            ),
            ASK,
        ),
        told(
            ASK,
            ("assistant", [{"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}]),
            ("user", [{"type": "tool_result", "tool_use_id": "toolu_1", "content": [REFERENCE]}]),
        ),
    ],
)
def test_a_tool_that_is_referred_to_is_defined(messages: list[dict[str, Any]]) -> None:
    lost = "Tool reference 'g' not found in available tools"
    assert complaint(messages=messages, tools=[TOOL, SEARCH]) == lost
    assert complaint(messages=messages) == lost
    assert not complaint(
        messages=messages, tools=[TOOL, SEARCH, {**TOOL, "name": "g", "defer_loading": True}]
    )
    # what the server offers is not known
    assert not complaint(messages=messages, tools=[TOOL, {"type": "mcp_toolset", "mcp_server_name": "s"}])


def test_a_server_has_its_toolset() -> None:
    server = {"type": "url", "name": "s", "url": "https://example.com"}
    unused = "MCP server 's' is defined but not referenced by any `mcp_toolset` in `tools`."
    new, old = "mcp-client-2025-11-20", "mcp-client-2025-04-04"
    assert complaint(betas=new, mcp_servers=[server]) == unused
    assert complaint(betas=new, mcp_servers=[server], tools=[TOOL]) == unused
    toolset = {"type": "mcp_toolset", "mcp_server_name": "s"}
    assert not complaint(betas=new, mcp_servers=[server], tools=[toolset])
    assert not complaint(betas=old, mcp_servers=[server])


@pytest.mark.parametrize(
    ("key", "value", "betas"),
    [
        (
            "mcp_servers",
            [{"type": "url", "name": "s", "url": "https://example.com"}],
            ("mcp-client-2025-04-04",),
        ),
        ("context_management", {"edits": []}, ("context-management-2025-06-27", "compact-2026-01-12")),
        (
            "fallbacks",
            [{"model": "claude-haiku-4-5"}],
            ("server-side-fallback-2026-06-01", "a-b-2026-01-01,server-side-fallback-2026-07-01"),
        ),
        ("fallback_credit_token", "t", ("fallback-credit-2026-07-01",)),
        ("billing_policy", "standard", ("interleaved-thinking-2025-05-14",)),
    ],
)
def test_keys_of_betas_are_unknown_without_their_own(key: str, value: Any, betas: tuple[str, ...]) -> None:
    """The first two were measured of the API in August 2026; anthropics/claude-code 14135 sent betas, and not that one."""
    asked: dict[str, Any] = {key: value}
    unknown = f"{key}: Extra inputs are not permitted"
    assert complaint(**asked) == unknown
    assert complaint(betas="files-api-2025-04-14", **asked) == ("" if key == "billing_policy" else unknown)
    assert not any(complaint(betas=one, **asked) for one in betas)
    asked[key] = None
    assert not complaint(**asked)
