"""The anthropic package reads answers that used a tool of the provider's own, and sends them back."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest

MODEL = "claude-sonnet-4-6"
ASKED = "What is new at https://go.dev/blog/?"
FETCHES = {"type": "web_fetch_20250910", "name": "web_fetch", "citations": {"enabled": True}}
TOOLS = {
    "web search": ([{"type": "web_search_20250305", "name": "web_search"}], "web_search_tool_result"),
    "web search by code": (
        [{"type": "web_search_20260209", "name": "web_search"}],
        "code_execution_tool_result",
    ),
    "web fetch": ([FETCHES], "web_fetch_tool_result"),
    "code": (
        [{"type": "code_execution_20260120", "name": "code_execution"}],
        "bash_code_execution_tool_result",
    ),
    "Python": ([{"type": "code_execution_20250522", "name": "code_execution"}], "code_execution_tool_result"),
    "advisor": (
        [{"type": "advisor_20260301", "name": "advisor", "model": "claude-opus-4-8"}],
        "advisor_tool_result",
    ),
    "web fetch by code": (
        [{"type": "web_fetch_20260209", "name": "web_fetch"}],
        "code_execution_tool_result",
    ),
}
NAMES = list(TOOLS)


@pytest.fixture(scope="session")
def client(url: str) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=url, api_key="mock", max_retries=0)


def asked(name: str, *more: Any) -> dict[str, Any]:
    said = [{"role": "user", "content": ASKED}, *more]
    return {"model": MODEL, "max_tokens": 4096, "messages": said, "tools": TOOLS[name][0]}


def bare(message: Any) -> Any:
    """Return the answer without what differs between two answers, and without what only the stable client leaves out."""
    return _bare(message.model_dump(mode="json"))


def _bare(value: Any) -> Any:
    if isinstance(value, list):
        return [_bare(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {key: one for key, one in value.items() if one is not None and key not in _OWN}
    return {key: _bare(one) for key, one in kept.items()}


_OWN = ("id", "tool_use_id", "tool_id", "retrieved_at", "expires_at", "parsed_output")


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_adds_up_to_the_whole(client: anthropic.Anthropic, name: str) -> None:
    sent: Any = asked(name)
    whole = client.beta.messages.create(**sent)
    with client.beta.messages.stream(**sent) as stream:
        streamed = stream.get_final_message()
    assert bare(streamed) == bare(whole)
    kinds = [block.type for block in whole.content]
    assert (kinds[0], kinds[-2:]) == ("server_tool_use", [TOOLS[name][1], "text"])
    assert whole.content[-1].text == ASKED
    with client.messages.stream(**sent) as stable:
        final = stable.get_final_message()
    assert [block.type for block in final.content] == kinds
    assert final.usage.server_tool_use == client.messages.create(**sent).usage.server_tool_use


@pytest.mark.parametrize("name", NAMES)
def test_what_was_found_can_be_sent_back(client: anthropic.Anthropic, name: str) -> None:
    first = client.messages.create(**asked(name))
    content = [block.model_dump(mode="json", exclude_none=True) for block in first.content]
    for answer in (first.content, content):
        again = {"role": "assistant", "content": answer}
        sent = asked(name, again, {"role": "user", "content": "And at https://example.org/?"})
        second = client.messages.create(**sent)
        assert second.content[-1].text == "And at https://example.org/?"
        with client.messages.stream(**sent) as stream:
            begun: Any = next(iter(stream))
        del sent["max_tokens"]
        counted = client.messages.count_tokens(**sent).input_tokens
        # the prompt is read again once the tool has answered
        assert begun.message.usage.input_tokens == counted < second.usage.input_tokens / 2


def test_a_changed_result_is_refused(client: anthropic.Anthropic) -> None:
    first: Any = client.messages.create(**asked("web search"))
    (found,) = first.content[1].content
    changed = found.encrypted_content[:90] + "AAAA" + found.encrypted_content[94:]
    found.encrypted_content = changed
    with pytest.raises(
        anthropic.BadRequestError, match="Invalid `encrypted_content` in `search_result` block"
    ):
        client.messages.create(
            **asked(
                "web search",
                {"role": "assistant", "content": first.content},
                {"role": "user", "content": "And?"},
            )
        )


def test_a_tool_that_a_search_found_is_called_and_answered(client: anthropic.Anthropic) -> None:
    search = {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}
    tool = {"name": "weather", "input_schema": {"type": "object"}, "defer_loading": True}
    sent: Any = {"model": MODEL, "max_tokens": 4096, "tools": [search, tool]}
    said: list[Any] = [{"role": "user", "content": ASKED}]
    with client.messages.stream(**sent, messages=said) as stream:
        first = stream.get_final_message()
    assert [block.type for block in first.content] == [
        "server_tool_use",
        "tool_search_tool_result",
        "tool_use",
    ]
    assert bare(first) == bare(client.messages.create(**sent, messages=said))
    use: Any = first.content[-1]
    result = {"type": "tool_result", "tool_use_id": use.id, "content": "sunny"}
    said += [{"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    assert [block.type for block in client.messages.create(**sent, messages=said).content] == ["text"]


def test_a_tool_of_a_server_can_be_sent_back(client: anthropic.Anthropic) -> None:
    server: Any = {"type": "url", "name": "wiki", "url": "https://example.com/mcp"}
    sent: Any = {
        "model": MODEL,
        "max_tokens": 4096,
        "mcp_servers": [server],
        "tools": [{"type": "mcp_toolset", "mcp_server_name": "wiki"}],
        "betas": ["mcp-client-2025-11-20"],
    }
    said: list[Any] = [{"role": "user", "content": ASKED}]
    with client.beta.messages.stream(**sent, messages=said) as stream:
        first = stream.get_final_message()
    assert bare(first) == bare(client.beta.messages.create(**sent, messages=said))
    use, came, text = first.content
    assert (use.type, came.type, text.type) == ("mcp_tool_use", "mcp_tool_result", "text")
    said += [{"role": "assistant", "content": first.content}, {"role": "user", "content": "And?"}]
    second: Any = client.beta.messages.create(**sent, messages=said)
    assert second.content[-1].text == "And?"


@pytest.mark.parametrize("name", NAMES)
def test_a_loop_that_hands_paused_turns_back_ends(client: anthropic.Anthropic, name: str) -> None:
    sent = asked(name) | {"model": "mock-finish-pause_turn"}
    first: Any = client.beta.messages.create(**sent)
    assert (first.stop_reason, len(first.content)) == ("pause_turn", 1)
    sent["messages"].append({"role": "assistant", "content": first.content})
    with client.beta.messages.stream(**sent) as stream:
        last: Any = stream.get_final_message()
    assert (last.stop_reason, last.content[-1].text) == ("end_turn", ASKED)
    results = [getattr(block, "tool_use_id", "") for block in last.content]
    assert first.content[0].id in results
