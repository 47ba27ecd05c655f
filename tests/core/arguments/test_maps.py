"""Dictionaries by name, free text around a fixed one: what a schema leaves open is filled and varies."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mockllm_core.arguments import generate

SEEDS = [str(seed) for seed in range(40)]


def field(schema: Any, name: str = "scores") -> list[Any]:
    whole = {"type": "object", "properties": {name: schema}, "required": [name]}
    made = [generate(whole, seed) for seed in SEEDS]
    assert all(each.valid for each in made)
    return [each.value[name] for each in made]


@pytest.mark.parametrize(
    ("schema", "key"),
    [
        ({"type": "object", "additionalProperties": {"type": "integer"}}, r"[1-9][0-9]?"),
        ({"type": "object", "additionalProperties": True}, r"[1-9][0-9]?"),
        ({"type": "object", "additionalProperties": {"type": "string"}, "propertyNames": {"type": "string"}}, r"[a-z]+"),
        ({"type": "object", "additionalProperties": {"type": "string"}, "propertyNames": {"enum": ["de", "fr"]}}, r"de|fr"),
        ({"type": "object", "patternProperties": {r"^x-\d+$": {"type": "string"}}}, r"x-\d+"),
        ({"type": "object", "patternProperties": {"^[a-z]+$": {"type": "null"}}, "additionalProperties": False}, r"[a-z]+"),
    ],
    ids=str,
)  # fmt: skip
def test_a_dictionary_has_one_or_two_entries(schema: Any, key: str) -> None:
    made = field(schema)
    assert {len(each) for each in made} == {1, 2}
    assert all(re.fullmatch(key, name) for each in made for name in each)


@pytest.mark.parametrize("name", ["headers", "extra_params", "metaData"])
def test_a_dictionary_whose_name_says_so_has_words_as_keys(name: str) -> None:
    made = field({"type": "object", "additionalProperties": {"type": "string"}}, name)
    assert all(key.isalpha() for each in made for key in each)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "object", "properties": {}},
        {"type": "object", "properties": {}, "additionalProperties": True},
        {"type": "object", "additionalProperties": False},
        {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 0},
        {"type": "object", "additionalProperties": {"not": {}}},
    ],
    ids=str,
)
def test_an_object_that_names_nothing_and_is_no_dictionary_is_empty(schema: Any) -> None:
    assert field(schema) == [{}] * len(SEEDS)


def test_an_object_called_like_a_dictionary_is_one_unless_its_schema_lists_what_it_holds() -> None:
    assert {len(each) for each in field({"type": "object"}, "query_params")} == {1, 2}
    closings: list[dict[str, Any]] = [
        {"properties": {}},
        {"additionalProperties": False},
        {"maxProperties": 0},
    ]
    for closed in closings:
        assert field({"type": "object", **closed}, "query_params") == [{}] * len(SEEDS)


def test_a_tool_without_arguments_gets_none() -> None:
    assert generate({"type": "object", "additionalProperties": True}).value == {}


def test_a_dictionary_of_dictionaries_of_itself_ends() -> None:
    schema = {
        "$ref": "#/$defs/a",
        "$defs": {"a": {"type": "object", "additionalProperties": {"$ref": "#/$defs/a"}}},
    }
    assert generate(schema).valid


@pytest.mark.parametrize(
    ("pattern", "form"),
    [
        ("^https?://", r"https?://[a-z]+"),
        ("-dev$", r"[a-z]+-dev"),
        ("::", r"[a-z]+::[a-z]+"),
        ("^exactly$", r"exactly"),
        (r"^[A-Z]{3}-\d", r"[A-Z]{3}-\d"),
    ],
)
def test_a_word_stands_where_a_fixed_pattern_is_open(pattern: str, form: str) -> None:
    made = {generate({"type": "string", "pattern": pattern}, seed).value for seed in SEEDS}
    assert all(re.fullmatch(form, text) for text in made)
    assert len(made) > 20 or pattern == "^exactly$"


def test_an_open_pattern_keeps_the_length_asked_for() -> None:
    assert {
        generate({"type": "string", "pattern": "^sk-", "maxLength": 3}, seed).value for seed in SEEDS
    } == {"sk-"}


def test_formulas_have_their_own_numbers() -> None:
    made = field({"type": "string"}, "expression")
    assert len(set(made)) > 30
