"""Toolsets that the client runs: which member is called, and that its toolset stands beside it."""

from __future__ import annotations

from typing import Any

import pytest

from mockllm_core import offline
from mockllm_core.protocols.anthropic_messages.toolsets import called_of, toolset_of

COMPUTER = {"type": "computer_toolset_20260801"}
BROWSER = {"type": "browser_toolset_20260801"}
OFF = {"enabled": False}


@pytest.mark.parametrize(
    ("toolset", "members"),
    [
        pytest.param(COMPUTER, ["screenshot"], id="the first"),
        pytest.param(COMPUTER | {"configs": None}, ["screenshot"], id="no configs"),
        pytest.param(COMPUTER | {"configs": {"screenshot": OFF}}, ["cursor_position"], id="the first is off"),
        pytest.param(
            COMPUTER | {"configs": {"screenshot": OFF, "cursor_position": OFF}}, [], id="both are off"
        ),
        pytest.param(BROWSER | {"configs": {"list_tabs": {"enabled": None}}}, ["list_tabs"], id="null is on"),
        pytest.param({"type": "knife_toolset_20300101"}, [], id="one that nobody knows"),
    ],
)
def test_the_first_harmless_member_that_is_on_is_called(toolset: Any, members: list[str]) -> None:
    assert [tool.name for tool in called_of(toolset)] == members


@pytest.mark.parametrize(
    ("tools", "name"),
    [
        pytest.param([COMPUTER], "computer", id="of the toolset"),
        pytest.param([{"name": "screenshot"}, COMPUTER], "", id="of a function of that name"),
        pytest.param([BROWSER], "", id="of another"),
        pytest.param(None, "", id="of nothing"),
    ],
)
def test_the_toolset_of_a_call(tools: Any, name: str) -> None:
    assert toolset_of("screenshot", tools) == name


def test_a_loop_ends() -> None:
    use = {"type": "tool_use", "id": "toolu_1", "name": "screenshot", "input": {}, "toolset_name": "computer"}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "toolset_name": "computer", "content": "seen"}
    asked = {
        "model": "claude-opus-5-5",
        "max_tokens": 99,
        "tools": [COMPUTER],
        "messages": [
            {"role": "user", "content": "Look."},
            {"role": "assistant", "content": [use]},
            {"role": "user", "content": [result]},
        ],
    }
    told = offline.render("anthropic-messages", asked, seed="0")
    assert [frame.payload["stop_reason"] for frame in told] == ["end_turn"]
