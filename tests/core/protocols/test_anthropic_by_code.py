"""Functions that code alone may call: the code, the calls that it waits for, and what it prints of their results."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest
from core.protocols.anthropic_case import TOOL
from core.protocols.test_anthropic_hosted import ASKED, PYTHON, RUNS, content

from mockllm_cli import MockServer

CALLER = "code_execution_20260120"
INNER: dict[str, Any] = {**TOOL, "allowed_callers": [CALLER]}


def test_code_comes_first_and_each_call_names_it() -> None:
    code, call = content(RUNS, INNER, model="claude-sonnet-5", max_tokens=99)
    assert (code["type"], code["name"]) == ("server_tool_use", "code_execution")
    assert f"await {TOOL['name']}(" in code["input"]["code"]
    assert call["caller"] == {"type": CALLER, "tool_id": code["id"]}
    assert call["id"].startswith("toolu_")


@pytest.mark.parametrize(
    ("tools", "more"),
    [
        ((RUNS, {**INNER, "allowed_callers": ["direct", CALLER]}), {}),
        ((RUNS, {**INNER, "allowed_callers": []}), {}),
        ((RUNS, {**INNER, "allowed_callers": None}), {}),
        ((INNER,), {}),  # no code runs
        ((PYTHON, INNER), {}),  # nor calls anything
        ((RUNS, INNER), {"max_tokens": 12}),  # too long
    ],
)
def test_else_a_call_is_direct(tools: tuple[Any, ...], more: dict[str, Any]) -> None:
    (call,) = content(*tools, model="claude-sonnet-5", **({"max_tokens": 99} | more))
    assert call["caller"] == {"type": "direct"}


@pytest.mark.parametrize("stream", [True, False])
def test_the_sdk_hands_results_back_and_the_code_goes_on(stream: bool) -> None:
    asked: Any = {"model": "claude-sonnet-5", "max_tokens": 99, "tools": [RUNS, INNER]}
    messages: list[Any] = [{"role": "user", "content": ASKED}]

    def ask(client: anthropic.Anthropic) -> anthropic.types.Message:
        if not stream:
            whole: anthropic.types.Message = client.messages.create(**asked, messages=messages)
            return whole
        with client.messages.stream(**asked, messages=messages) as events:
            return events.get_final_message()

    with MockServer() as server, anthropic.Anthropic(base_url=server.url, api_key="k") as client:
        first = ask(client)
        code, call = first.content
        assert first.stop_reason == "tool_use"
        assert isinstance(code, anthropic.types.ServerToolUseBlock)
        assert isinstance(call, anthropic.types.ToolUseBlock)
        assert call.caller
        assert call.caller.model_dump() == {"type": CALLER, "tool_id": code.id}
        came = {"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}
        messages += [{"role": "assistant", "content": first.content}, {"role": "user", "content": [came]}]
        last = ask(client)
        printed, said = last.content
        assert last.stop_reason == "end_turn"
        assert isinstance(printed, anthropic.types.CodeExecutionToolResultBlock)
        assert (printed.tool_use_id, printed.content.to_dict()["stdout"]) == (code.id, "sunny\n")
        assert isinstance(said, anthropic.types.TextBlock)
        assert said.text == ASKED
