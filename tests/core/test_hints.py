"""Bounds in descriptions are bounds."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core.arguments import generate
from mockllm_core.conversation import Conversation, Message, Tool, Words
from mockllm_core.hints import hinted
from mockllm_core.reply import ToolCall
from mockllm_core.responders import respond

TOLD: list[tuple[Any, str, dict[str, Any]]] = [
    # Anthropic's SDKs
    ("integer", "{minimum: 1, maximum: 7}", {"minimum": 1, "maximum": 7}),
    ("integer", "Days.\n\n{minimum: 1, maximum: 7}", {"minimum": 1, "maximum": 7}),
    ("number", "{exclusiveMinimum: 0.5, multipleOf: 0.25}", {"exclusiveMinimum": 0.5, "multipleOf": 0.25}),
    ("array", "{maxItems: 3, minItems: 2}", {"maxItems": 3, "minItems": 2}),
    ("array", "{uniqueItems: True}", {"uniqueItems": True}),
    ("string", "{maxLength: 9, pattern: ^[A-Z]{3}$}", {"maxLength": 9, "pattern": "^[A-Z]{3}$"}),
    ("string", '{pattern: "^a\\\\d$", minLength: 2}', {"pattern": "^a\\d$", "minLength": 2}),
    ("string", "{pattern: ^[a-z]{1,3}$, maxLength: 2}", {"pattern": "^[a-z]{1,3}$", "maxLength": 2}),
    # the AI SDK
    ("integer", "minimum: 1; maximum: 7.", {"minimum": 1, "maximum": 7}),
    ("integer", "How many.\nexclusive minimum: -4; multiple of: 5.", {"exclusiveMinimum": -4, "multipleOf": 5}),
    ("string", "min length: 3; max length: 8; pattern: ^a+$.", {"minLength": 3, "maxLength": 8, "pattern": "^a+$"}),
    (["array", "null"], "min items: 2; max items: 3; unique items: true.",
     {"minItems": 2, "maxItems": 3, "uniqueItems": True}),
    # Pydantic AI
    ("integer", "minimum=1, maximum=7", {"minimum": 1, "maximum": 7}),
    ("array", "Tags. (maxItems=3, minItems=2)", {"maxItems": 3, "minItems": 2}),
    ("string", "pattern=^[A-Z]{3}$, minLength=2", {"pattern": "^[A-Z]{3}$", "minLength": 2}),
    ("string", "minLength=2, pattern=^a.b$", {"pattern": "^a.b$", "minLength": 2}),
    ("string", "A name (pattern=^(a|b)$)", {"pattern": "^(a|b)$"}),
    ("string", "pattern=^x(a|b)", {"pattern": "^x(a|b)"}),
    # litellm
    ("integer", "A day. Note: minimum value: 1, maximum value: 7.", {"minimum": 1, "maximum": 7}),
    ("number", "Note: exclusive minimum value: 0, must be a multiple of 0.5.",
     {"exclusiveMinimum": 0, "multipleOf": 0.5}),
    ("array", "Note: minimum number of items: 2, maximum number of items: 3, all array items must be unique.",
     {"minItems": 2, "maxItems": 3, "uniqueItems": True}),
    ("object", "Note: minimum number of properties: 1.", {"minProperties": 1}),
    # formats, in each of their forms
    ("string", "Format: date", {"format": "date"}),
    ("string", "The first day (format: date-time)", {"format": "date-time"}),
    ("string", "format=uri", {"format": "uri"}),
    ("string", "A place. (minLength=2, format=uri)", {"minLength": 2, "format": "uri"}),
    ("string", "{format: ipv4}", {"format": "ipv4"}),
    ("string", 'A host.\n\n{format: "hostname", maxLength: 40}', {"format": "hostname", "maxLength": 40}),
    ("string", "A key.\nformat: base64.", {"format": "base64"}),
    ("string", "min length: 3; format: base64.", {"minLength": 3, "format": "base64"}),
    # choices, of Anthropic's older SDKs: Python's and JavaScript's
    ("string", "{enum: ['r', 'g']}", {"enum": ["r", "g"]}),
    ("string", 'A kind.\n\n{enum: ["x, y: z","y"]}', {"enum": ["x, y: z", "y"]}),
    ("integer", "{enum: [1, 2], default: 1}", {"enum": [1, 2]}),
    ("string", "{const: Cat}", {"const": "Cat"}),
    ("string", "{default: 4, const: 4}", {"const": "4"}),
    ("string", "{const: a big cat, default: a big cat}", {"const": "a big cat"}),
    ("string", '{const: "cat"}', {"const": "cat"}),
    ("boolean", "{const: True}", {"const": True}),
    ("boolean", "{const: true}", {"const": True}),
    ("number", "{const: 2.5}", {"const": 2.5}),
    ("number", "{const: many}", {}),
    ("string", "{enum: many}", {}),
    ("string", "{enum: [}", {}),
    ("object", "{const: {}}", {}),
    # none of them
    ("integer", "Format: date", {}),
    ("string", "Format: date of birth", {}),
    ("string", "format: paragraph", {}),
    ("string", "Any format: date.", {}),
    ("string", "minimum: 1; maximum: 7.", {}),
    ("integer", "The minimum of all; maximum: none. pattern: ^a$.", {}),
    ("integer", "minimum: 3rd", {}),
    ("string", "pattern: weekly.", {}),
    (None, "minimum: 1", {}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "description", "told"), TOLD)
def test_a_description_tells_bounds(kind: Any, description: str, told: dict[str, Any]) -> None:
    schema = {"type": kind, "description": description}
    assert hinted(schema) == schema | told


def test_what_the_schema_says_itself_is_kept() -> None:
    schema = {"type": "integer", "minimum": 5, "description": "{minimum: 1, maximum: 7}"}
    assert hinted(schema) == {**schema, "maximum": 7}


def test_bounds_are_found_wherever_a_schema_stands() -> None:
    told = {"type": "integer", "description": "{maximum: 7}"}
    bound = {**told, "maximum": 7}
    for place in (
        lambda one: {"properties": {"a": {"type": "string"}, "n": one}},
        lambda one: {"$defs": {"n": one}},
        lambda one: {"anyOf": [{"type": "null"}, one]},
        lambda one: {"items": {"items": one}},
    ):
        assert hinted(place(told)) == place(bound)


def test_a_property_named_description_is_no_description() -> None:
    schema = {"properties": {"description": {"type": "string"}}, "type": "object"}
    assert hinted(schema) is schema


def test_a_schema_without_hints_is_the_very_same_object() -> None:
    schemas: list[Any] = [
        {"properties": {"a": {"items": {}}}},
        True,
        None,
        [],
        {"anyOf": [{}]},
        {"items": False},
    ]
    for schema in schemas:
        assert hinted(schema) is schema


def test_bounds_at_the_end_of_a_long_description_are_found() -> None:
    schema = {"type": "integer", "description": "Words. " * 5000 + "\n\n{maximum: 7}  \n"}
    assert hinted(schema) == {**schema, "maximum": 7}


@pytest.mark.parametrize("filling", [" ", "pattern: ^", "a, ", ". ", "minimum: 1"])
def test_no_description_costs_much_time(filling: str) -> None:
    schema = {"type": "string", "description": "pattern: ^" + filling * 100_000 + "x\n!"}
    started = time.perf_counter()
    hinted(schema)
    assert time.perf_counter() - started < 1


def test_a_deep_schema_does_no_harm() -> None:
    schema: Any = {}
    for _ in range(5000):
        schema = {"items": schema}
    assert hinted(schema) is schema


@settings(max_examples=60, deadline=None)
@given(
    st.integers(-50, 50),
    st.integers(0, 30),
    st.sampled_from(["{{minimum: {}, maximum: {}}}", "minimum: {}; maximum: {}."]),
)
def test_a_structured_answer_keeps_the_told_bounds(least: int, more: int, form: str) -> None:
    described = {"type": "integer", "description": form.format(least, least + more)}
    value = generate(hinted({"type": "object", "properties": {"n": described}, "required": ["n"]})).value
    assert least <= value["n"] <= least + more


def test_a_call_reads_the_hints_too() -> None:
    told = {"type": "integer", "description": "{minimum: 41, maximum: 41}"}
    tool = Tool(name="f", schema={"type": "object", "properties": {"n": told}, "required": ["n"]})
    asked = Conversation(model="m", messages=(Message("user", (Words("Hi"),)),), tools=(tool,))
    (block,) = respond(asked).blocks
    assert isinstance(block, ToolCall)
    assert block.arguments == {"n": 41}


def conversation(schema: Any) -> Conversation:
    return Conversation(model="m", messages=(Message("user", (Words("Hi"),)),), output_schema=schema)


def test_a_structured_reply_reads_the_hints() -> None:
    schema = {"type": "integer", "description": "{minimum: 41, maximum: 41}"}
    (block,) = respond(conversation(schema)).blocks
    assert block == respond(conversation({"const": 41})).blocks[0]


def test_hints_that_no_value_meets_are_let_go() -> None:
    schema = {"type": "integer", "description": "minimum: 9; maximum: 1."}
    reply = respond(conversation(schema))
    assert reply.notes == ()
