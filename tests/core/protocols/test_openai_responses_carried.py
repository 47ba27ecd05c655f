"""The reader of tools of OpenAI's own names every break of the rules in their items and events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from core.protocols.responses_tools import TOOLS, sent

from mockllm_core.engine import Engine, Settings
from mockllm_core.frame import frames
from mockllm_core.protocols.openai_responses import PROTOCOL, spell

if TYPE_CHECKING:
    from collections.abc import Callable


def told(case: str) -> list[dict[str, Any]]:
    response = sent(Engine(Settings()), tools=TOOLS[case][0], stream=True)
    return [json.loads(json.dumps(frame.payload)) for frame in frames(response.steps)]


def rules(events: list[dict[str, Any]]) -> set[str]:
    for nth, payload in enumerate(events):
        if "sequence_number" in payload:
            payload["sequence_number"] = nth
    reader = PROTOCOL.reader("")
    for payload in events:
        reader.feed(f"event: {payload['type']}\ndata: {spell.compact(payload)}\n\n".encode())
    reader.finish()
    return {finding.rule for finding in reader.findings}


def at(events: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(one for one in events if one["type"] == f"response.{name}")


def changed(name: str, /, **changes: Any) -> Callable[[list[dict[str, Any]]], None]:
    return lambda events: at(events, name).update(changes)


def without(name: str, key: str) -> Callable[[list[dict[str, Any]]], None]:
    return lambda events: at(events, name).pop(key)


def swapped(first: str, second: str) -> Callable[[list[dict[str, Any]]], None]:
    def change(events: list[dict[str, Any]]) -> None:
        one, other = (events.index(at(events, name)) for name in (first, second))
        events[one], events[other] = events[other], events[one]

    return change


def item(**changes: Any) -> Callable[[list[dict[str, Any]]], None]:
    return lambda events: at(events, "output_item.done")["item"].update(changes)


def annotation(**changes: Any) -> Callable[[list[dict[str, Any]]], None]:
    """Change an annotation wherever it is repeated."""

    def change(events: list[dict[str, Any]]) -> None:
        messages = [one for one in events if "item" in one and one["item"]["type"] == "message"]
        parts = [messages[-1]["item"]["content"][0], events[-1]["response"]["output"][-1]["content"][0]]
        parts.append(at(events, "content_part.done")["part"])
        for part in parts:
            part["annotations"][0].update(changes)
        at(events, "output_text.annotation.added")["annotation"].update(changes)

    return change


def late(events: list[dict[str, Any]]) -> None:
    """Tell an annotation when the text is done."""
    moved = at(events, "output_text.annotation.added")
    events.remove(moved)
    events.insert(events.index(at(events, "output_text.done")) + 1, moved)


@pytest.mark.parametrize(
    ("case", "rule", "change"),
    [
        ("web_search", "responses-item-id", changed("web_search_call.searching", item_id="ws_other")),
        ("web_search", "responses-index", changed("web_search_call.searching", output_index=7)),
        ("web_search", "responses-keys", changed("web_search_call.searching", query="x")),
        ("web_search", "responses-keys", without("web_search_call.searching", "output_index")),
        ("web_search", "responses-order", swapped("web_search_call.searching", "web_search_call.completed")),
        (
            "web_search",
            "responses-order",
            changed("web_search_call.searching", type="response.mcp_call.failed"),
        ),
        ("web_search", "responses-unknown-event", changed("web_search_call.searching", type="response.odd")),
        ("web_search", "responses-keys", item(query="x")),
        ("web_search", "responses-index", changed("output_text.annotation.added", annotation_index=1)),
        (
            "web_search",
            "responses-annotations",
            changed("output_text.annotation.added", annotation={"type": "x"}),
        ),
        ("web_search", "responses-annotations", annotation(end_index=99)),
        ("web_search", "responses-annotations", annotation(start_index=-1)),
        ("web_search", "responses-annotations", annotation(end_index="9")),
        ("web_search", "responses-annotations", annotation(type=None)),
        ("web_search", "responses-order", late),
        ("file_search", "responses-annotations", annotation(index=99)),
        ("code_interpreter", "responses-text", changed("code_interpreter_call_code.done", code="x")),
        ("code_interpreter", "responses-text", item(code="x")),
        (
            "code_interpreter",
            "responses-obfuscation",
            changed("code_interpreter_call_code.delta", obfuscation="x"),
        ),
        ("apply_patch", "responses-text", item(operation={"type": "create_file", "diff": "x", "path": "y"})),
        ("shell", "responses-text", item(action={"commands": []})),
        ("mcp, never asked", "responses-text", changed("mcp_call_arguments.delta", delta="{")),
        ("namespace", "responses-text", changed("function_call_arguments.done", arguments="{}  ")),
    ],
)
def test_a_break_of_a_rule_is_found(
    case: str, rule: str, change: Callable[[list[dict[str, Any]]], None]
) -> None:
    events = told(case)
    assert rules(events) == set()
    change(events)
    assert rule in rules(events)


def test_a_fingerprint_may_be_another_each_time_and_only_a_program_s_call_stays_in_progress() -> None:
    events = told("programmatic_tool_calling")
    events[-1]["response"]["output"][0]["fingerprint"] = "gAAA"
    assert rules(events) == set()
    for call in (at(events[6:], "output_item.done")["item"], events[-1]["response"]["output"][1]):
        call["caller"] = {"type": "direct"}
    assert rules(events) == {"responses-status"}


def test_lists_of_several_servers_may_come_in_any_order() -> None:
    """As recorded of three in June 2026: completed as 1, 0, 2, and done from the last on."""
    events = told("two servers")
    done = [one for one in events if one["type"].endswith("mcp_list_tools.completed")]
    swapped_at = [events.index(one) for one in done]
    events[swapped_at[0]], events[swapped_at[1]] = done[1], done[0]
    assert rules(events) == set()
    ends = [one for one in events if one["type"].endswith("item.done") and one["output_index"] < 2]
    at_first, at_second = (events.index(one) for one in ends)
    events[at_first], events[at_second] = ends[1], ends[0]
    assert rules(events) == set()
    # but nothing else begins before they are done
    events.remove(ends[1])
    assert "responses-order" in rules(events)


@pytest.mark.parametrize("case", TOOLS)
def test_keys_out_of_order_are_found(case: str) -> None:
    events = told(case)
    done = at(events, "output_item.done")["item"]
    done["type"] = done.pop("type")
    assert "responses-key-order" in rules(events)
