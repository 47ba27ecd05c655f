"""Schemas of a few kilobytes that were made to take for ever."""

from __future__ import annotations

import time
from typing import Any

import jsonschema_rs
import pytest

from mockllm_core.arguments import generate
from mockllm_core.arguments.accepts import Known, accepts

DOUBLED: dict[str, Any] = {
    "$ref": "#/$defs/d0",
    "$defs": {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(25)} | {"d25": {"type": "string"}},
}  # fmt: skip
SCHEMAS = {
    "definitions that name the next one twice": DOUBLED,
    "properties that ask for the next": {
        "type": "object",
        "required": ["k0"],
        "dependentRequired": {f"k{n}": [f"k{n + 1}"] for n in range(2_000)},
    },
    "choices that hang together": {
        "allOf": [{"anyOf": [{"required": [f"k{n}"]}, {"required": [f"m{n}"]}]} for n in range(600)]
    },
    "patterns that hold together": {
        "allOf": [{"type": "string", "pattern": f"a{{{n}}}"} for n in range(300)]
    },
    "thousands of items that differ": {
        "type": "array",
        "minItems": 2_000,
        "uniqueItems": True,
        "items": {"type": "string"},
    },
    "hundreds of megabytes": {
        "type": "array",
        "minItems": 2_000,
        "items": {"type": "string", "minLength": 50_000},
    },
    "megabytes of a pattern": {
        "type": "array",
        "minItems": 2_000,
        "items": {"type": "string", "pattern": "^[a-z]{2000}$"},
    },
    "thousands of properties": {
        "type": "object",
        "properties": {f"p{n}": {"type": "string"} for n in range(2_000)},
        "required": [f"p{n}" for n in range(2_000)],
    },
    "a definition of itself": {"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}},
}


@pytest.mark.parametrize("style", ["plausible", "fuzz", "near-miss"])
@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_it_ends_soon_and_nothing_is_raised(schema: Any, style: Any) -> None:
    begun = time.monotonic()
    made = generate(schema, style=style)
    assert time.monotonic() - begun < 10  # measured below 1 s; the rest is for loaded machines
    assert made.valid or made.notes


def test_a_broken_value_costs_as_much_as_a_whole_one() -> None:
    """Copies of all of it for each place that could break made it a hundred times as dear."""

    def seconds(style: Any, names: int) -> float:
        properties = {f"p{n}": {"type": "string"} for n in range(names)}
        schema = {"type": "object", "properties": properties, "required": list(properties), "title": style}
        begun = time.process_time()
        for seed in range(3):
            generate(schema, seed=str(seed), style=style)
        return time.process_time() - begun

    seconds("near-miss", 10)
    assert seconds("near-miss", 1_500) < 8 * seconds("plausible", 1_500)


@pytest.mark.parametrize("large", [False, True])
def test_what_breaks_in_one_place_has_one_error(*, large: bool) -> None:
    properties = {f"p{n}": {"type": "integer"} for n in range(1_000 if large else 3)}
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    for seed in range(12):
        made = generate(schema, seed=str(seed), style="near-miss")
        (note,) = made.notes
        if "cut" not in note:
            errors = list(jsonschema_rs.Draft202012Validator(schema).iter_errors(made.value))
            assert len(errors) == 1, note


@pytest.mark.parametrize(
    ("value", "unique"),
    [
        ([1, True, 0, False, "1", "", None], True),
        ([1, 1.0], False),
        ([[1, 2], [2, 1], {"0": 1}, {"1": 0}], True),
        ([{"a": 1, "b": [2]}, {"b": [2.0], "a": 1}], False),
        ([[True], [1]], True),
        ([{"a": None}, {}], True),
    ],
)
def test_items_are_the_same_as_the_validator_says(value: Any, *, unique: bool) -> None:
    schema: Any = {"uniqueItems": True}
    assert accepts(schema, value, Known({}, 100)) is unique
    assert jsonschema_rs.is_valid(schema, value) is unique


def test_texts_are_still_found_for_many_patterns_at_once() -> None:
    made = generate(SCHEMAS["patterns that hold together"])
    assert made.valid
    assert made.value == "a" * 299
