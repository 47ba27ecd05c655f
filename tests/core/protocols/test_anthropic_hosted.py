"""Tools that Claude's provider runs, used once: where they lie, what bounds them, and what comes back of them."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import pytest
from core.protocols.anthropic_case import (
    STAMP,
    TOOL,
    body,
    call,
    incoming,
    planned,
    read,
    read_body,
    streamed,
)

from mockllm_cli.memory import BoundedMemory
from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpRequest
from mockllm_core.protocols.anthropic_messages import PROTOCOL
from mockllm_core.protocols.anthropic_messages.signature import broken, seal
from mockllm_core.reply import Opaque, Text
from mockllm_core.responders import respond

SEARCH = {"type": "web_search_20250305", "name": "web_search"}
FETCH = {"type": "web_fetch_20250910", "name": "web_fetch"}
RUNS = {"type": "code_execution_20260120", "name": "code_execution"}
PYTHON = {"type": "code_execution_20250522", "name": "code_execution"}
NEWER = {"type": "web_search_20260318", "name": "web_search"}
ASKED = "What is new at https://go.dev/blog?"


def content(*tools: Any, **more: Any) -> list[dict[str, Any]]:
    """Return the content of the whole answer; the stream says the same, and no reader has anything against either."""
    asked = call(
        tools=list(tools), messages=more.pop("messages", [{"role": "user", "content": ASKED}]), **more
    )
    reply = respond(asked.conversation)
    turn = planned(asked, *reply.blocks, finish=reply.finish)
    wire = PROTOCOL.whole(turn, asked, STAMP)
    told, findings = read_body(wire)
    from_stream, others = read(streamed(turn, asked))
    assert findings == others == []
    assert from_stream.usage == told.usage
    assert PROTOCOL.whole(from_stream, asked, STAMP) == PROTOCOL.whole(told, asked, STAMP) == wire
    return json.loads(wire)["content"]  # type: ignore[no-any-return]


# -- which page ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "url"),
    [
        ({}, "https://example.com/"),
        ({"allowed_domains": None, "blocked_domains": None}, "https://example.com/"),
        ({"allowed_domains": ["docs.python.org", "example.com"]}, "https://docs.python.org/"),
        ({"allowed_domains": ["python.org/3/*"]}, "https://python.org/3"),
        ({"allowed_domains": ["https://python.org"]}, "https://python.org/"),
        ({"blocked_domains": ["example.com"]}, "https://example.org/"),
        ({"blocked_domains": ["example.com", "example.org", "example.net"]}, "https://www.iana.org/"),
        ({"blocked_domains": ["example.com/secret"]}, "https://example.com/"),
        ({"blocked_domains": ["com", "org", "net"]}, "https://mirror.example/"),
        ({"allowed_domains": ["[bad", "example.com"]}, "https://[bad/"),
        ({"allowed_domains": ["", "..", "x.org"]}, "https://x.org/"),
        ({"max_uses": 1, "user_location": {"type": "approximate", "city": "Vik"}}, "https://example.com/"),
    ],
)
def test_what_is_found_lies_where_it_may(limits: dict[str, Any], url: str) -> None:
    use, found, said = content(SEARCH | limits)
    assert use["input"] == {"query": ASKED}
    assert [one["url"] for one in found["content"]] == [url]
    assert [one["url"] for one in said["citations"]] == [url]


@pytest.mark.parametrize(
    ("text", "limits", "url"),
    [
        ("See (https://go.dev/blog), please.", {}, "https://go.dev/blog"),
        ("See https://go.dev/a?b=c#d and https://example.net", {}, "https://go.dev/a?b=c#d"),
        ("See http://[bad and https://go.dev.", {}, "https://go.dev"),
        ("See it.", {}, "https://example.com/"),
        (f"https://go.dev/{'a' * 300} or https://go.dev/b", {}, "https://go.dev/b"),
        ("See https://go.dev/ and https://a.b.org/.", {"allowed_domains": ["b.org"]}, "https://a.b.org/"),
        ("See https://go.dev/.", {"allowed_domains": ["b.org/x"]}, "https://b.org/x"),
        ("See https://go.dev/ and https://go.net.", {"blocked_domains": ["go.dev"]}, "https://go.net"),
    ],
)
def test_what_is_fetched_is_what_the_user_names(text: str, limits: dict[str, Any], url: str) -> None:
    use, found, said = content(FETCH | limits, messages=[{"role": "user", "content": text}])
    assert use["input"] == {"url": url} == {"url": found["content"]["url"]}
    assert said == {"type": "text", "text": text}


def test_a_cited_place_is_in_the_page() -> None:
    _, found, said = content(FETCH | {"citations": {"enabled": True}})
    document = found["content"]["content"]
    assert document["citations"] == {"enabled": True}
    (cited,) = said["citations"]
    page = document["source"]["data"]
    assert page[cited["start_char_index"] : cited["end_char_index"]] == cited["cited_text"]


# -- around the text ----------------------------------------------------------------------------------------------


def test_a_long_question_is_not_all_of_a_query() -> None:
    text = f"Tell\n me \t{'more ' * 99}"
    use, _, said = content(SEARCH, messages=[{"role": "user", "content": text}])
    assert use["input"]["query"] == f"Tell me {'more ' * 99}"[:100].rstrip()
    assert said["text"] == text


def test_a_question_of_blanks_has_a_query() -> None:
    use, *_, said = content(SEARCH, RUNS, messages=[{"role": "user", "content": " " * 2000 + "Hi"}])
    assert use["input"] == {"query": "Hi"}
    assert said["text"].strip() == "Hi"


def test_a_stop_sequence_ends_the_text_alone() -> None:
    *_, said = content(SEARCH, stop_sequences=["new"])
    assert said["text"] == "What is "
    assert len(said["citations"]) == 1


def test_the_cap_counts_the_call_too() -> None:
    asked = call(tools=[SEARCH], max_tokens=20, messages=[{"role": "user", "content": ASKED}])
    turn = planned(asked, *respond(asked.conversation).blocks)
    assert turn.finish.reason == "length"
    assert turn.usage.output_tokens == 20
    assert ASKED.startswith(turn.blocks[-1].text)  # type: ignore[union-attr]
    assert content(SEARCH, max_tokens=1) == []


def test_functions_come_first_and_each_answer_searches_anew() -> None:
    use = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}
    done = {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny"}],
    }
    said = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [use]}, done]
    assert [one["type"] for one in content(SEARCH, TOOL)] == ["tool_use"]
    assert content(SEARCH, TOOL, messages=said)[0]["type"] == "server_tool_use"


@pytest.mark.parametrize(
    ("choice", "kinds"),
    [
        ({"type": "none"}, ["text"]),
        ({"type": "any"}, ["server_tool_use", "web_search_tool_result", "server_tool_use"]),
        ({"type": "tool", "name": "web_fetch"}, ["server_tool_use", "web_fetch_tool_result", "text"]),
    ],
)
def test_the_choice_is_heeded(choice: Any, kinds: list[str]) -> None:
    assert [one["type"] for one in content(SEARCH, FETCH, tool_choice=choice)][:3] == kinds


def test_a_structured_answer_cites_nothing() -> None:
    form = {
        "type": "json_schema",
        "schema": {"type": "object", "properties": {"a": {"const": 1}}, "additionalProperties": False},
    }
    *_, said = content(SEARCH, output_config={"format": form})
    assert said == {"type": "text", "text": said["text"]}
    assert json.loads(said["text"]) == {"a": 1}


# -- by code ------------------------------------------------------------------------------------------------------


def test_calls_by_code_may_be_left_out() -> None:
    model = "claude-sonnet-5"
    assert len(content(NEWER, model=model)) == 5
    outer, ran, _ = content(NEWER | {"response_inclusion": "excluded"}, model=model)
    assert (outer["name"], ran["tool_use_id"]) == ("code_execution", outer["id"])
    direct = NEWER | {"allowed_callers": ["direct"]}
    assert [one.get("name") for one in content(direct, model=model)] == ["web_search", None, None]
    assert len(content(NEWER, model="claude-sonnet-4-5")) == 3


@pytest.mark.parametrize("text", ["It's 'here'", "a \\n $HOME `ls` %s", '-n "x"', "é 😀"])
def test_a_command_prints_what_it_is_said_to(text: str) -> None:
    use, ran, _ = content(RUNS, messages=[{"role": "user", "content": text}])
    command = use["input"]["command"]
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == ran["content"]["stdout"] == f"{text}\n"
    python, ran, _ = content(PYTHON, messages=[{"role": "user", "content": text}])
    with redirect_stdout(StringIO()) as told:
        exec(python["input"]["code"])
    assert told.getvalue() == ran["content"]["stdout"] == f"{text}\n"


def test_code_that_is_there_for_a_search_runs_nothing_else() -> None:
    model = "claude-sonnet-5"
    names = ["code_execution", "web_search"]
    assert [one["name"] for one in content(NEWER, RUNS, model=model) if "name" in one] == names
    assert [one["name"] for one in content(RUNS, SEARCH, model=model) if "name" in one] == [
        "bash_code_execution",
        "web_search",
    ]
    forced = {"type": "tool", "name": "code_execution"}
    assert [one["name"] for one in content(NEWER, RUNS, tool_choice=forced) if "name" in one] == [
        "bash_code_execution"
    ]


def test_a_container_is_told_where_code_ran_alone() -> None:
    for tool, there in ((RUNS, True), (NEWER, True), (SEARCH, False)):
        asked = call(tools=[tool], model="claude-sonnet-5")
        turn = planned(asked, *respond(asked.conversation).blocks)
        assert ("container" in json.loads(PROTOCOL.whole(turn, asked, STAMP))) is there
        assert (b'"container":{"id":"container_01' in streamed(turn, asked)) is there


# -- tools that are not loaded ------------------------------------------------------------------------------------

RANKS = {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}
FINDS = {"type": "tool_search_tool_regex", "name": "tool_search_tool_regex"}
LATER = TOOL | {"defer_loading": True}


def test_a_tool_that_is_not_loaded_is_found_first() -> None:
    use, found, called = content(RANKS, LATER)
    assert use["input"] == {"query": "get weather"}
    assert found["content"]["tool_references"] == [{"type": "tool_reference", "tool_name": "get_weather"}]
    assert (called["type"], called["name"]) == ("tool_use", "get_weather")
    use, *_ = content(FINDS, LATER)
    assert use["input"] == {"pattern": "get_weather", "limit": 10}


def test_a_tool_that_is_loaded_or_was_found_is_called_at_once() -> None:
    kinds = ["tool_use"]
    assert [one["type"] for one in content(RANKS, TOOL)] == kinds
    first = content(RANKS, LATER)
    done = {"type": "tool_result", "tool_use_id": first[-1]["id"], "content": "sunny"}
    said = [
        {"role": "user", "content": ASKED},
        {"role": "assistant", "content": first},
        {"role": "user", "content": [done]},
    ]
    assert [one["type"] for one in content(RANKS, LATER, messages=said)] == ["text"]
    again = [*said, {"role": "assistant", "content": "Sunny."}, said[0]]
    assert [one["type"] for one in content(RANKS, LATER, messages=again)] == kinds
    # each other tool is still to be found
    other = LATER | {"name": "other"}
    forced = {"type": "tool", "name": "other"}
    use, found, called = content(RANKS, LATER, other, messages=again, tool_choice=forced)
    assert use["input"] == {"query": "other"}
    assert [one["tool_name"] for one in found["content"]["tool_references"]] == [called["name"]] == ["other"]


def test_a_search_that_has_no_room_is_left_out() -> None:
    asked = call(tools=[RANKS, LATER])
    turn = planned(asked, *respond(asked.conversation).blocks)
    told = json.loads(PROTOCOL.whole(turn, asked, STAMP))
    spent = told["usage"]["output_tokens"]
    assert turn.usage.output_tokens < spent
    assert len(content(RANKS, LATER, max_tokens=spent)) == 3
    assert len(content(RANKS, LATER, max_tokens=spent - 1)) == 1


def test_a_search_alone_is_only_what_was_demanded() -> None:
    forced = {"type": "tool", "name": "tool_search_tool_regex"}
    use, found, _ = content(
        FINDS, LATER, *(LATER | {"name": f"f{nth}"} for nth in range(9)), tool_choice=forced
    )
    names = ["get_weather", "f0", "f1", "f2", "f3"]
    assert [one["tool_name"] for one in found["content"]["tool_references"]] == names
    assert use["input"] == {"pattern": "|".join(names), "limit": 10}
    assert [one["type"] for one in content(FINDS)] == ["text"]
    _, found, said = content(FINDS, tool_choice={"type": "any"})
    assert found["content"]["tool_references"] == []
    assert said["type"] == "text"


# -- MCP servers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toolset", "name", "given"),
    [
        ({}, "search", {"query": ASKED}),
        ({"configs": {"read": {"enabled": False}, "find": {}}}, "find", {"query": ASKED}),
        ({"configs": {"read": {"enabled": False}}}, "search", {"query": ASKED}),
        (
            {"default_config": {"enabled": False}, "configs": {"a": None, "b": {"enabled": True}}},
            "b",
            {"query": ASKED},
        ),
        (
            {"tools": [{"name": "x", "input_schema": {"type": "object"}}, {"name": "y", "input_schema": {}}]},
            "x",
            {},
        ),
        (
            {
                "tools": [
                    {"name": "x", "input_schema": {"properties": {"a": {"const": 1}}, "required": ["a"]}}
                ],
                "configs": {"y": {"enabled": False}},
            },
            "x",
            {"a": 1},
        ),
        ({"default_config": {"enabled": False}}, None, None),
        (
            {"tools": [{"name": "x", "input_schema": {}}], "configs": {"x": {"enabled": False}}},
            None,
            None,
        ),
    ],
)
def test_a_servers_first_tool_that_is_on_is_used(toolset: Any, name: str | None, given: Any) -> None:
    server = {"type": "url", "name": "wiki", "url": "https://example.com"}
    tool = {"type": "mcp_toolset", "mcp_server_name": "wiki", **toolset}
    *used, said = _with_servers([server], "mcp-client-2025-11-20", [tool])
    assert said == {"type": "text", "text": ASKED}
    assert len(used) == (0 if name is None else 2)
    if used:
        assert (used[0]["name"], used[0]["server_name"], used[0]["input"]) == (name, "wiki", given)
        assert used[0]["id"].startswith("mcptoolu_01")
        assert used[1]["content"] == [{"type": "text", "text": ASKED}]


def test_servers_of_the_older_beta_have_no_toolset() -> None:
    server = {"type": "url", "name": "wiki", "url": "https://example.com"}
    off = server | {"tool_configuration": {"enabled": False}}
    named = server | {"tool_configuration": {"allowed_tools": ["read", "find"]}}
    use, _, off_text = _with_servers([off, named], "mcp-client-2025-04-04", [])
    assert (use["name"], off_text["type"]) == ("read", "text")


def _with_servers(servers: list[Any], beta: str, tools: list[Any]) -> list[dict[str, Any]]:
    given: dict[str, Any] = {"model": "claude-haiku-4-5", "max_tokens": 999, "mcp_servers": servers}
    given |= {"messages": [{"role": "user", "content": ASKED}], "tools": tools}
    asked = PROTOCOL.parse(incoming(given, anthropic_beta=beta), PROTOCOL.endpoints[0])
    turn = planned(asked, *respond(asked.conversation).blocks)
    assert read(streamed(turn, asked))[1] == []
    return json.loads(PROTOCOL.whole(turn, asked, STAMP))["content"]  # type: ignore[no-any-return]


# -- paused -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tools", "first"),
    [
        ([SEARCH], "web_search"),
        ([NEWER], "code_execution"),
        ([RUNS, FETCH], "bash_code_execution"),
        ([PYTHON], "code_execution"),
        ([FETCH, SEARCH], "web_fetch"),
    ],
)
def test_a_paused_turn_ends_with_a_call_and_goes_on_with_what_it_brings(tools: list[Any], first: str) -> None:
    model = "mock-finish-pause_turn"
    thinking = {"thinking": {"type": "adaptive"}}
    _, use = content(*tools, model=model, **thinking)
    assert (use["type"], use["name"]) == ("server_tool_use", first)
    usage, reason = told(*tools, model=model)
    assert "server_tool_use" not in usage
    assert reason == "pause_turn"
    asked = {"role": "user", "content": ASKED}
    said = [asked, {"role": "assistant", "content": [use]}]
    found = content(*tools, model=model, messages=said)
    whole = content(*tools, model="mine", messages=[asked])
    assert [shown(one) for one in found] == [shown(one) for one in whole[1:]]
    results = [one for one in found if one["type"] == f"{first}_tool_result"]
    assert results[0]["tool_use_id"] == use["id"]
    assert told(*tools, model=model, messages=said)[1] == "end_turn"


def test_what_was_called_beside_a_function_comes_before_the_text() -> None:
    handed = [
        {"role": "user", "content": ASKED},
        {"role": "assistant", "content": [FINDING, USE | {"id": "srvtoolu_2"}, CALL]},
        {"role": "user", "content": [DONE]},
    ]
    finds, found, said = content(SEARCH, TOOL, FINDS, LATER | {"name": "other"}, messages=handed)
    assert (finds["type"], finds["tool_use_id"]) == ("tool_search_tool_result", "srvtoolu_1")
    assert (found["type"], found["tool_use_id"]) == ("web_search_tool_result", "srvtoolu_2")
    assert said["citations"]
    # the model reads all of it at once
    usage, _ = told(SEARCH, TOOL, FINDS, LATER | {"name": "other"}, messages=handed)
    asked = call(tools=[SEARCH, TOOL, FINDS, LATER | {"name": "other"}], messages=handed)
    turn = planned(asked, *respond(asked.conversation).blocks)
    opened = json.loads(streamed(turn, asked).split(b"data: ", 2)[1].partition(b"\n")[0])["message"]["usage"]
    assert opened["input_tokens"] == usage["input_tokens"] > turn.usage.input_tokens
    assert usage["server_tool_use"] == {"web_search_requests": 1, "web_fetch_requests": 0}


def shown(block: dict[str, Any]) -> dict[str, Any]:
    """Return a block without ids."""
    return {key: block[key] for key in ("type", "name", "input", "content", "text") if key in block}


def told(*tools: Any, **more: Any) -> tuple[dict[str, Any], str]:
    """Return the usage of the whole answer, and why it ended."""
    more.setdefault("messages", [{"role": "user", "content": ASKED}])
    asked = call(tools=list(tools), **more)
    reply = respond(asked.conversation)
    body = json.loads(PROTOCOL.whole(planned(asked, *reply.blocks, finish=reply.finish), asked, STAMP))
    return body["usage"], body["stop_reason"]


# -- what it costs ------------------------------------------------------------------------------------------------

ADVISES = {"type": "advisor_20260301", "name": "advisor", "model": "claude-opus-4-8"}
_SEEN = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")


@pytest.mark.parametrize("marked", [False, True])
@pytest.mark.parametrize("tools", [[ADVISES], [SEARCH, ADVISES, FETCH], [ADVISES, NEWER]])
def test_readings_add_up(tools: list[Any], *, marked: bool) -> None:
    more: dict[str, Any] = (
        {"model": "claude-sonnet-5", "thinking": {"type": "adaptive"}}
        if marked
        else {"model": "claude-sonnet-5"}
    )
    if marked:
        mark = {"type": "ephemeral", "ttl": "1h"}
        more["system"] = [{"type": "text", "text": "word " * 99, "cache_control": mark}]
    asked = call(tools=tools, **more)
    turn = planned(asked, *respond(asked.conversation).blocks)
    usage = json.loads(PROTOCOL.whole(turn, asked, STAMP))["usage"]
    readings = [one for one in usage["iterations"] if one["type"] == "message"]
    assert len(readings) == len(tools) + 1
    assert {key: sum(one[key] for one in readings) for key in _SEEN} == {key: usage[key] for key in _SEEN}
    opened = json.loads(streamed(turn, asked).split(b"data: ", 2)[1].partition(b"\n")[0])["message"]["usage"]
    first = readings[0]
    assert {key: opened[key] for key in _SEEN[:3]} == {key: first[key] for key in _SEEN[:3]}
    assert opened["output_tokens"] <= first["output_tokens"]
    prompt = sum(opened[key] for key in _SEEN[:3])
    assert prompt == turn.usage.input_tokens
    assert (opened["cache_creation"] == usage["cache_creation"] == first["cache_creation"]) is True
    assert (usage["cache_creation"]["ephemeral_1h_input_tokens"] > 0) is marked
    assert all(one["input_tokens"] > first["input_tokens"] for one in readings[1:])


def test_a_cache_is_read_at_each_reading() -> None:
    """As in the AI SDK's ``anthropic-code-execution-20260120-issue-18193.chunks.txt``: 3,031 tokens, 9,429 at the end."""
    engine = Engine(Settings(), BoundedMemory())
    system = [{"type": "text", "text": "word " * 50, "cache_control": {"type": "ephemeral"}}]
    given = body(system=system, tools=[SEARCH, FETCH])
    request = HttpRequest(method="POST", path="/v1/messages", body=json.dumps(given).encode())
    wrote, read_again = (
        json.loads(engine.answer(request, now=FIXED_NOW).body or b"")["usage"] for _ in range(2)
    )
    size = wrote["cache_creation_input_tokens"]
    assert size > 50
    assert (wrote["cache_read_input_tokens"], read_again["cache_read_input_tokens"]) == (2 * size, 3 * size)
    assert read_again["cache_creation_input_tokens"] == 0
    assert wrote["input_tokens"] == read_again["input_tokens"]


def test_only_an_advisor_has_its_readings_told() -> None:
    for tools, there in (([SEARCH], False), ([SEARCH, ADVISES], True)):
        asked = call(tools=tools)
        turn = planned(asked, *respond(asked.conversation).blocks)
        usage = json.loads(PROTOCOL.whole(turn, asked, STAMP))["usage"]
        assert ("iterations" in usage) is there
        assert usage["input_tokens"] > 2 * turn.usage.input_tokens


# -- what comes back ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "a", "page " * 60])
@pytest.mark.parametrize("kind", [3, 4])
def test_every_change_of_what_was_sealed_is_seen(text: str, kind: int) -> None:
    whole = seal(text, kind)
    assert not broken(whole)
    for at in range(len(whole)):
        assert broken(f"{whole[:at]}{'A' if whole[at] != 'A' else 'B'}{whole[at + 1 :]}")
        assert broken(whole[:at] + whole[at + 1 :])


def test_what_another_server_sealed_is_taken() -> None:
    """The shortest result of pydantic-ai's ``test_anthropic_web_search_tool_stream``, of 30 January 2026."""
    theirs = (
        "EqACCioIDBgCIiRmMDIyNDhmOC1jZWJhLTRlNmMtYmU3MC0yMGZkNzI5ZWM4YTESDCunlq+q6YpL75vFExoMf3GFJXQngM8KOdS4IjCp"
        "B1Mx0TYqPYe0PMWnlzQw/IC1LRMTI82Ls1hoTLAEIM9eIEu8wVchsdaI41RKFLYqowE94hTLEELIJDlEA2pmXYMnJ/IXOuMgI7zzAeqx"
        "An+cf2C+iR3sNdbDq6f05RtJJ0YvQw5J8++bC8tF6+5MKQmvr+v/iXgvwqPWpcmMr7IFs9+ikabISNfDJZnbuTv7N+gX0DLEAajaxBFT"
        "Az3fVHBgLgIdhlYQvNNvUo1QIw6WVX9zs3pD9o2ZS7ylVi8pGSUY9QVuCX0Kc0VB16OeOW9h8ZkDGAM="
    )
    assert not broken(theirs)
    ours = seal("page", 3)
    for sealed, refused in ((theirs, False), ("enc", False), (ours, False), (ours[:-9], True), ("", True)):
        found = [{"type": "web_search_result", "title": "t", "url": "u", "encrypted_content": sealed}]
        use = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
        result = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": found}
        said = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [use, result]}]
        asked = incoming({"model": "claude-haiku-4-5", "max_tokens": 9, "messages": [*said, said[0]]})
        if refused:
            with pytest.raises(ApiError) as caught:
                PROTOCOL.parse(asked, PROTOCOL.endpoints[0])
            place = "messages.1.content.0"
            assert str(caught.value) == f"{place}: Invalid `encrypted_content` in `search_result` block"
        else:
            PROTOCOL.parse(asked, PROTOCOL.endpoints[0])


@pytest.mark.parametrize(
    ("block", "key", "sentence"),
    [
        (
            3,
            "encrypted_stdout",
            "content.3: Invalid `encrypted_stdout` in `encrypted_code_execution_result` block",
        ),
        (4, "encrypted_index", "content.4: Invalid `encrypted_index` in `text` block"),
        (2, "encrypted_content", "content.0: Invalid `encrypted_content` in `search_result` block"),
    ],
)
def test_whatever_is_sealed_comes_back_as_it_was(block: int, key: str, sentence: str) -> None:
    found = content(NEWER, model="claude-sonnet-5")
    assert not complaint({"role": "assistant", "content": found})
    spoilt = (
        json.dumps(found[block])
        .replace(f'"{key}": "Ep', f'"{key}": "EQ')
        .replace(f'"{key}": "Es', f'"{key}": "EQ')
    )
    found[block] = json.loads(spoilt)
    assert complaint({"role": "assistant", "content": found}) == f"messages.1.{sentence}"


USE = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}
FOUND: dict[str, Any] = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}
DONE = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny"}
FINDING = USE | {"name": "tool_search_tool_regex", "input": {}}


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ([[USE, FOUND]], ""),
        ([[USE], [FOUND]], ""),
        ([[USE]], "web_search"),
        ([[FINDING]], "tool_search_tool_regex"),
        ([[USE | {"name": "bash_code_execution"}]], "bash_code_execution"),
        # answered at the beginning of the next turn, where the user hands back results alone
        ([[USE, CALL], "done", [FOUND]], ""),
        ([[USE, CALL], "done and said"], "web_search"),
        ([[USE, CALL], "done"], "web_search"),
    ],
)
def test_a_call_of_the_providers_own_tool_comes_back_with_its_result(said: list[Any], name: str) -> None:
    text = {"type": "text", "text": "And?"}
    results = {"done": [DONE], "done and said": [DONE, text]}
    turns = [
        {"role": "user", "content": results[one]}
        if isinstance(one, str)
        else {"role": "assistant", "content": one}
        for one in said
    ]
    kind = "tool_search" if name.startswith("tool_search") else name
    lost = (
        f"messages.1: `{name}` tool use with id `srvtoolu_1` was found without a corresponding "
        f"`{kind}_tool_result` block"
    )
    assert complaint(*turns) == (lost if name else "")


def test_a_turn_that_is_not_at_its_end_needs_no_result_yet() -> None:
    paused = {"role": "assistant", "content": [USE]}
    handed = {"role": "user", "content": [DONE]}
    assert not complaint(paused, last=None)
    assert not complaint({"role": "assistant", "content": [USE, CALL]}, handed, last=None)


def complaint(*turns: Any, last: str | None = "And?") -> str:
    """Return what a conversation is refused with that the user begins and ends."""
    end = [{"role": "user", "content": last}] if last else []
    said = [{"role": "user", "content": ASKED}, *turns, *end]
    given = {"model": "claude-sonnet-5", "max_tokens": 99, "messages": said, "tools": [TOOL, SEARCH]}
    try:
        PROTOCOL.parse(incoming(given), PROTOCOL.endpoints[0])
    except ApiError as error:
        return str(error)
    return ""


def test_a_text_with_sources_is_read_back_as_one() -> None:
    asked = call(tools=[SEARCH])
    turn = planned(asked, *respond(asked.conversation).blocks)
    for told in (read(streamed(turn, asked))[0], read_body(PROTOCOL.whole(turn, asked, STAMP))[0]):
        assert [type(block) for block in told.blocks] == [Opaque, Opaque, Text]
        assert told.blocks[-1].text == "Hello, Claude"  # type: ignore[union-attr]
        assert told.blocks[-1].citations == turn.blocks[-1].citations  # type: ignore[union-attr]


def test_plain_requests_load_none_of_it() -> None:
    script = (
        "import sys\n"
        "from core.protocols.anthropic_case import TOOL, call, planned, streamed\n"
        "from mockllm_core.responders import respond\n"
        "for asked in (call(), call(tools=[TOOL])):\n"
        "    streamed(planned(asked, *respond(asked.conversation).blocks), asked)\n"
        "names = ('hosted', 'web', 'uses')\n"
        "print([n for n in names if f'mockllm_core.protocols.anthropic_messages.{n}' in sys.modules])\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)})  # fmt: skip
    assert ran.stdout == "[]\n"
