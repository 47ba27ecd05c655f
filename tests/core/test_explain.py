"""Which of the things that are wrong is named, and where."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from mockllm_core.explain import explain, kind_as_written, kind_of

TEXT = {
    "type": "object",
    "properties": {"type": {"enum": ["text"]}, "text": {"type": "string"}},
    "required": ["type", "text"],
}
TOOL = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "type": {"enum": ["tool", None]}},
    "required": ["name"],
}
PLAIN = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
DEFS = {"Text": TEXT, "Tool": TOOL, "Plain": PLAIN}


def one_of(*names: str) -> Any:
    return {"anyOf": [{"$ref": f"#/$defs/{name}"} for name in names], "$defs": DEFS}


def given(name: str) -> Any:
    return {"required": [name], "properties": {name: {"not": {"enum": [None]}}}}


@pytest.mark.parametrize(
    ("schema", "body", "said"),
    [
        ({}, [5, {}], None),
        ({"type": "string"}, "x", None),
        ({"type": "string"}, None, ("", "type", "a string")),
        ({"type": ["integer", "null"]}, "x", ("", "type", "an integer")),
        ({"type": "integer"}, 5.0, None),
        ({"type": "integer"}, 5.5, ("", "type", "an integer")),
        ({"type": "integer"}, True, ("", "type", "an integer")),
        ({"type": "number"}, 5, None),
        ({"type": "null"}, 5, ("", "type", "null")),
        ({"enum": ["a", "b"]}, "c", ("", "value", "one of 'a', 'b'")),
        ({"enum": ["a", None]}, "c", ("", "value", "'a'")),
        ({"enum": ["a", "b"]}, 5, ("", "type", "one of 'a', 'b'")),
        ({"enum": [1, 2]}, True, ("", "type", "one of 1, 2")),
        ({"type": "string", "minLength": 2}, "\U0001f600", ("", "length", "at least 2 characters")),
        ({"type": "string", "maxLength": 1}, "\U0001f600", None),
        ({"type": "string", "pattern": "^[a-z]+$"}, "a\n", ("", "pattern", "^[a-z]+$")),
        ({"type": "number", "minimum": 0, "maximum": 1}, 1.5, ("", "range", "at most 1")),
        ({"type": "array", "minItems": 1}, [], ("", "length", "at least 1 item")),
        ({"type": "array", "maxItems": 2}, [1, 2, 3], ("", "length", "at most 2 items")),
        ({"type": "array", "items": {"type": "string"}}, ["a", 1, 2], ("[1]", "type", "a string")),
        ({"type": "object", "minProperties": 1}, {}, ("", "length", "at least 1 key")),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"a": "b"}, ("a", "type", "an integer")),
        ({"type": "object", "properties": {}, "additionalProperties": False}, {"a": 1}, ("a", "unknown", "no such key")),
    ],
)  # fmt: skip
def test_a_value_is_judged_as_the_schema_says(schema: Any, body: Any, said: Any) -> None:
    found = explain(schema, body)
    assert (found and (found.place, found.kind, found.expected)) == said


@pytest.mark.parametrize(
    ("schema", "body", "said"),
    [
        # the branch that the tag names, not the first
        (one_of("Text", "Tool"), {"type": "tool"}, ("name", "missing", "a string")),
        (one_of("Tool", "Text"), {"type": "text", "text": 5}, ("text", "type", "a string")),
        # no tag: the shape that can do without it
        (one_of("Text", "Tool"), {"text": "x"}, ("name", "missing", "a string")),
        (one_of("Text", "Text"), {"text": "x"}, ("type", "missing", "'text'")),
        # a tag that nothing has
        (one_of("Text", "Tool"), {"type": "x"}, ("type", "value", "one of 'text', 'tool'")),
        (one_of("Text", "Tool"), {"type": 5}, ("type", "type", "one of 'text', 'tool'")),
        # a shape without tags is taken when it fits, and else does not count
        (one_of("Text", "Plain"), {"type": "x", "id": "y"}, None),
        (one_of("Text", "Plain"), {"type": "x", "id": 5}, ("type", "value", "'text'")),
        (one_of("Text", "Plain"), {"id": "y"}, None),
        (one_of("Text", "Plain"), {"id": 5}, ("type", "missing", "'text'")),
        # no type fits
        ({"anyOf": [{"type": "string"}, {"type": "array"}, {"type": "null"}]}, 5, ("", "type", "a string or an array")),
        ({"anyOf": [{"enum": ["a", "b"]}, {"type": "object"}]}, 5, ("", "type", "one of 'a', 'b' or an object")),
        ({"anyOf": [{"enum": ["a", "b"]}, {"type": "object"}]}, "c", ("", "value", "one of 'a', 'b'")),
        # the branch that got furthest
        (
            {"anyOf": [{"type": "array", "items": {"type": kind}} for kind in ("string", "integer")]},
            [1, 2, "x"],
            ("[2]", "type", "an integer"),
        ),
        # unions within unions
        ({"anyOf": [{"anyOf": [{"type": "string"}]}, one_of("Text")], "$defs": DEFS}, {"type": "text"}, ("text", "missing", "a string")),
    ],
)  # fmt: skip
def test_of_a_union_the_branch_that_was_meant_is_explained(schema: Any, body: Any, said: Any) -> None:
    found = explain(schema, body)
    assert (found and (found.place, found.kind, found.expected)) == said


KEYS = {"type": "object", "properties": {"aB": {}, "a_b": {}, "c": {}, "d": {}}}


@pytest.mark.parametrize(
    ("rule", "body", "said"),
    [
        ({"oneOf": [given("aB"), given("a_b"), given("c")]}, {"c": 1}, None),
        ({"oneOf": [given("aB"), given("a_b"), given("c")]}, {"c": 1, "aB": None}, None),
        ({"oneOf": [given("aB"), given("a_b"), given("c")]}, {"d": 1}, ("", "union", "exactly one of 'aB', 'c'")),
        ({"oneOf": [given("aB"), given("a_b")]}, {"aB": 1, "a_b": 1}, ("", "union", "exactly 'aB'")),
        ({"allOf": [{"anyOf": [given("c"), given("d")]}]}, {"d": 1}, None),
        ({"allOf": [{"anyOf": [given("c"), given("d")]}]}, {"d": None}, ("c", "missing", "one of 'c', 'd'")),
        (
            {"allOf": [{"anyOf": [given("aB"), given("a_b"), given("c"), given("d")]}]},
            {},
            ("", "union", "at least one of 'aB', 'c', 'd'"),
        ),
    ],
)  # fmt: skip
def test_keys_of_which_one_must_be_given(rule: Any, body: Any, said: Any) -> None:
    found = explain({**KEYS, **rule}, body)
    assert (found and (found.place, found.kind, found.expected)) == said


def test_the_tag_of_an_object_comes_before_what_it_holds() -> None:
    schema = {"type": "object", "properties": {"text": {"type": "string"}, "type": {"enum": ["text"]}}}
    found = explain(schema, {"text": 5, "type": "x"})
    assert found is not None
    assert found.place == "type"


def test_a_complaint_carries_what_a_sentence_needs() -> None:
    low = explain({"type": "integer", "minimum": 3}, 2)
    assert low is not None
    assert (low.limit, low.found) == (3, 2)
    value = explain({"enum": ["a", None, ""]}, "b")
    assert value is not None
    assert value.among == ("a",)
    unknown = explain({"type": "object", "properties": {"a": {}}, "additionalProperties": False}, {"b": 1})
    assert unknown is not None
    assert unknown.among == ("a",)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (True, "boolean"),
        (1, "integer"),
        (1.0, "integer"),
        (1.5, "number"),
        (float("inf"), "number"),
        ("", "string"),
        ([], "array"),
        ({}, "object"),
    ],
)
def test_a_value_has_the_kind_that_json_schema_gives_it(value: Any, kind: str) -> None:
    assert kind_of(value) == kind


@pytest.mark.parametrize(
    ("value", "kind"), [(1, "integer"), (1.0, "number"), (1.5, "number"), ("", "string")]
)
def test_in_draft_4_a_number_has_the_kind_that_is_written(value: Any, kind: str) -> None:
    assert kind_as_written(value) == kind
    schema = {"$schema": "http://json-schema.org/draft-04/schema#", "type": "integer"}
    for judged in (explain(schema, value) is None, jsonschema_rs.validator_for(schema).is_valid(value)):
        assert judged is (kind == "integer")
