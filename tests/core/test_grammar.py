"""Grammars of custom tools: a regular expression is kept, whatever the user says."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core import render
from mockllm_core.grammar import schema_of, written

SUM = r"(add|sub) [0-9]{2,3}"


@pytest.mark.parametrize(
    ("form", "schema"),
    [
        (None, None),
        ({"type": "text"}, None),
        ({"type": "grammar"}, None),
        ({"type": "grammar", "grammar": None}, None),
        ({"type": "grammar", "syntax": "other", "definition": "a"}, None),
        ({"type": "grammar", "syntax": "regex", "definition": 5}, None),
        ({"type": "grammar", "syntax": "regex", "definition": "a|b"}, "^(?:a|b)$"),
        ({"type": "grammar", "grammar": {"syntax": "regex", "definition": "a|b"}}, "^(?:a|b)$"),
    ],
)
def test_a_regular_expression_becomes_a_pattern(form: Any, schema: Any) -> None:
    assert schema_of(form) == (schema and {"type": "string", "pattern": schema})


@pytest.mark.parametrize(
    "definition", [SUM, f"^{SUM}$", r"SELECT \w+ FROM \w+;", "(?P<month>May|June) [0-9]{1,2}"]
)
@settings(deadline=None, max_examples=20)
@given(said=st.text(max_size=20), seed=st.text(max_size=3))
def test_the_text_is_one_that_the_grammar_allows(definition: str, said: str, seed: str) -> None:
    schema = schema_of({"type": "grammar", "syntax": "regex", "definition": definition})
    assert re.fullmatch(definition, written(schema, said, seed)[0])


@pytest.mark.parametrize(
    ("definition", "said"),
    [("[A-Za-z !]+", "Hello all!"), (SUM, "add 42"), ("a{100000}", "Too long to write.")],
)
def test_the_users_text_stays_where_it_fits_or_the_grammar_cannot_be_followed(
    definition: str, said: str
) -> None:
    schema = schema_of({"type": "grammar", "syntax": "regex", "definition": definition})
    assert written(schema, said, "0")[0] == said


def test_both_apis_keep_the_grammar_of_a_tool_streamed_and_whole() -> None:
    grammar = {"syntax": "regex", "definition": SUM}
    custom = {"name": "sum", "format": {"type": "grammar", "grammar": grammar}}
    talk: dict[str, Any] = {"model": "gpt-5", "messages": [{"role": "user", "content": "Add them."}]}
    chat = {**talk, "tools": [{"type": "custom", "custom": custom}]}
    tool = {"type": "custom", "name": "sum", "format": {"type": "grammar", **grammar}}
    asked = {"model": "gpt-5", "input": "Add them.", "tools": [tool]}
    (whole,) = render("openai-chat", chat)
    said = json.loads(whole.wire)["choices"][0]["message"]["tool_calls"][0]["custom"]["input"]
    assert re.fullmatch(SUM, said)
    (whole,) = render("openai-responses", asked)
    told = json.loads(whole.wire)["output"][-1]["input"]
    assert re.fullmatch(SUM, told)
    pieces = [frame.payload for frame in render("openai-chat", {**chat, "stream": True}) if frame.payload]
    calls = [call for one in pieces for call in one["choices"][0]["delta"].get("tool_calls", ())]
    assert re.fullmatch(SUM, "".join(call["custom"].get("input", "") for call in calls))
    events = [frame.payload for frame in render("openai-responses", {**asked, "stream": True})]
    done = [one for one in events if one["type"] == "response.custom_tool_call_input.done"]
    assert re.fullmatch(SUM, done[0]["input"])
