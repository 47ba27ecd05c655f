"""What is remembered of a schema never changes what is made for it."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core import tokens
from mockllm_core.arguments import generate, generate_described
from mockllm_core.arguments.cache import key_of, last_key_of
from mockllm_core.conversation import Conversation, Message, Tool, Words
from mockllm_core.jsontext import compact
from mockllm_core.reply import ToolCall
from mockllm_core.responders import respond

ONE: dict[str, Any] = {
    "type": "object",
    "properties": {"n": {"type": "integer", "description": "minimum: 7; maximum: 7"}},
    "required": ["n"],
}


@pytest.mark.parametrize("schema", [{"const": 1}, {"const": True}, {"const": 1.0}, {"const": "1"}], ids=str)
def test_schemas_that_are_equal_to_python_and_not_to_json_are_kept_apart(schema: Any) -> None:
    assert [repr(generate({"const": each}).value) for each in (1, True, 1.0, "1")] == [
        "1",
        "True",
        "1.0",
        "'1'",
    ]
    assert repr(generate(schema).value) == repr(schema["const"])
    assert repr(generate_described(schema, "0", "plausible").value) == repr(schema["const"])


def test_a_schema_of_other_mappings_is_read_as_its_json() -> None:
    other = OrderedDict(ONE)
    assert generate(other) == generate(ONE)
    assert generate_described(other, "0", "plausible") == generate_described(ONE, "0", "plausible")
    said = [
        tokens.prompt(Conversation(model="m", messages=(), tools=(Tool(name="t", schema=each),)))
        for each in (ONE, other)
    ]
    assert said[0] == said[1]


def test_a_schema_within_itself_is_refused_as_deep_ones_are() -> None:
    schema: dict[str, Any] = {}
    schema |= {"not": schema, "anyOf": [schema, schema]}
    deep: Any = {}
    for _ in range(5_000):
        deep = {"not": deep}
    told = {generate(schema).notes, generate(deep).notes, generate_described(deep, "0", "plausible").notes}
    assert told == {("#: the schema is not JSON, or nested too deeply",)}


def test_a_changed_schema_is_another_one() -> None:
    schema: dict[str, Any] = {"const": "before"}
    assert generate(schema).value == "before"
    schema["const"] = "after"
    assert generate(schema).value == "after"


@pytest.mark.parametrize("style", ["plausible", "fuzz"])
def test_bounds_told_in_descriptions_are_kept_where_a_value_can(style: Any) -> None:
    assert generate_described(ONE, "0", style).value == {"n": 7}
    against = {"type": "integer", "maximum": 3, "description": "minimum: 9"}
    made = generate_described(against, "0", style)
    assert made == generate(against, style=style)
    assert made.valid


def test_descriptions_tell_nothing_when_not_asked() -> None:
    assert {generate(ONE, str(seed)).value["n"] for seed in range(20)} != {7}


@settings(deadline=None, max_examples=50)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_a_schema_counts_as_its_compact_json_however_often_it_comes(schema: Any) -> None:
    characters = 0 if schema is None else len(compact(schema))
    asked = Conversation(model="m", messages=(), tools=(Tool(name="abcd", schema=schema),))
    assert [tokens.prompt(asked), tokens.prompt(asked)] == [tokens.estimate(4 + characters)] * 2


def test_a_schema_is_read_once_however_it_is_held() -> None:
    text = json.dumps({"type": "object", "properties": {"once": {"type": "string"}}, "required": ["once"]})
    held = json.loads(text)
    before = generate_described(held, "0", "plausible")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mockllm_core.arguments.builder.Builder.build", None)
        assert generate_described(held, "0", "plausible") == before
        assert generate_described(json.loads(text), "0", "plausible") == before
        assert generate(json.loads(text)) == before


def test_the_last_key_is_that_of_the_very_schema_that_was_asked_about() -> None:
    called: dict[str, Any] = {"const": "called"}
    counted: dict[str, Any] = {"const": "counted"}
    key = key_of(called)
    assert last_key_of(called) is key
    assert last_key_of(counted) == key_of(counted) != key
    # an equal one is another object all the same: it may be changed later
    assert last_key_of(dict(counted)) == key_of(counted)


def test_a_schema_changed_between_two_requests_is_counted_anew() -> None:
    schema: dict[str, Any] = {"const": "short"}
    counts = []
    for said in ("short", "very much longer than before"):
        schema["const"] = said
        asked = Conversation(
            model="m",
            messages=(Message("user", (Words("hi"),)),),
            tools=(Tool(name="t", schema=schema),),
        )
        assert respond(asked).blocks == (ToolCall(name="t", arguments=said),)
        counts.append(tokens.prompt(asked))
    assert counts[0] < counts[1]
