"""Tools that the provider runs, and an answer that ends early: no cap is overdrawn, and nothing unsaid is cited."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from features.amazons import AMAZONS
from features.asks import CONVERSE, GEMINI, MESSAGES, RESPONSES, Ask, hello
from features.cells import Cell
from features.claude import CLAUDES, SEARCH
from features.grounded import GROUNDED
from features.openai_tools import ROWS
from features.seen import ask

from mockllm_core.engine import Engine, Settings

ENGINE = Engine(Settings())

if TYPE_CHECKING:
    from features.seen import Seen

_KEYS = {RESPONSES: "max_output_tokens", MESSAGES: "max_tokens"}
CELLS = [
    pytest.param(cell, id=f"{column}-{row.name}")
    for row in (*ROWS, *CLAUDES, *GROUNDED, *AMAZONS)
    for column, cell in row.cells.items()
    if column in (RESPONSES, MESSAGES, CONVERSE, GEMINI)
    and isinstance(cell, Cell)
    and not cell.refused
    and cell.streams
    and cell.whole
    and "a function" not in row.name  # a call of Nova's that is cut is an error
]


def _capped(asked: Ask, cap: int) -> Ask:
    key = _KEYS.get(asked.column)
    if key:
        return replace(asked, body={**asked.body, key: cap})
    name, word = (
        ("inferenceConfig", "maxTokens")
        if asked.column == CONVERSE
        else ("generationConfig", "maxOutputTokens")
    )
    return replace(asked, body={**asked.body, name: {**asked.body.get(name, {}), word: cap}})


@pytest.mark.parametrize("cell", CELLS)
def test_a_call_that_the_cap_does_not_reach_is_not_made(cell: Cell) -> None:
    for cap in range(16 if cell.ask.column == RESPONSES else 1, 50, 3):
        asked = _capped(cell.ask, cap)
        whole, streamed = (ask(ENGINE, asked, stream=stream) for stream in (False, True))
        assert whole.status == streamed.status == 200, whole.data
        assert whole.findings == streamed.findings == []
        assert whole.turn.usage == streamed.turn.usage
        assert whole.turn.usage.output_tokens <= cap
        assert whole.turn.finish == streamed.turn.finish


def test_a_long_query_counts_on_responses_too() -> None:
    body = hello(RESPONSES, "words " * 30, tools=[{"type": "web_search"}], max_output_tokens=16)
    for stream in (True, False):
        seen = ask(ENGINE, Ask(column=RESPONSES, body=body), stream=stream)
        response: Any = seen.body.get("response", seen.body)
        assert (response["status"], response["output"]) == ("incomplete", [])
        assert response["usage"]["output_tokens"] == 16
        assert response["tool_usage"]["web_search"] == {"num_requests": 0}


_NOVA = "us.amazon.nova-2-lite-v1:0"
_GROUNDING = {"toolConfig": {"tools": [{"systemTool": {"name": "nova_grounding"}}]}}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("asked", "word"),
    [
        (Ask(column=MESSAGES, body=hello(MESSAGES, tools=[SEARCH], stop_sequences=["Say"])), b"cited_text"),
        (Ask(column=CONVERSE, model=_NOVA, body=hello(CONVERSE, **_GROUNDING, inferenceConfig={"stopSequences": ["Say"]})), b'"citation'),
        (Ask(column=RESPONSES, body=hello(RESPONSES, "word " * 13, tools=[{"type": "web_search"}], max_output_tokens=16)), b"url_citation"),
    ],
)  # fmt: skip
def test_a_text_that_ends_before_its_first_word_names_no_source(
    asked: Ask, word: bytes, stream: bool
) -> None:
    seen = ask(ENGINE, asked, stream=stream)
    assert seen.text() == ""
    assert word not in seen.data
    assert seen.findings == []


@pytest.mark.parametrize("stream", [True, False])
def test_a_turn_that_is_paused_met_no_stop_sequence(stream: bool) -> None:
    body = hello(MESSAGES, tools=[SEARCH], stop_sequences=["hello"])
    seen: Seen = ask(ENGINE, Ask(column=MESSAGES, body=body, model="mock-finish-pause_turn"), stream=stream)
    assert b'"stop_reason":"pause_turn","stop_sequence":null' in seen.data
    assert seen.findings == []
