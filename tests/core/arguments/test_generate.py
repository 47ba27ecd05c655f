"""Values of every keyword and dialect: valid for two validators, readable, and the same every time."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core.arguments import Generated, generate

WEATHER = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "days": {"type": "integer", "minimum": 1, "maximum": 14},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
    },
    "required": ["city"],
}

KEYWORDS: dict[str, Any] = {
    "const": {"const": {"a": [1, None]}},
    "enum with a type": {"type": "string", "enum": [1, "two", None]},
    "bounds": {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5},
    "a narrow fraction": {"type": "number", "exclusiveMinimum": 0.001, "exclusiveMaximum": 0.002},
    "huge numbers": {"type": "integer", "minimum": 10**30},
    "two multiples": {"allOf": [{"multipleOf": 4}, {"multipleOf": 6}], "type": "integer", "minimum": 1},
    "cents": {"type": "number", "multipleOf": 0.01, "minimum": 0.28, "maximum": 0.31},
    "length": {"type": "string", "minLength": 30, "maxLength": 31},
    "pattern": {"type": "string", "pattern": r"^(?=.*\d)[A-Z][a-z]{2,5}-\d+$"},
    "pattern and length": {"type": "string", "pattern": "^[a-z]+$", "minLength": 50, "maxLength": 60},
    "pattern within": {"type": "string", "pattern": "::", "minLength": 9},
    "a password": {"type": "string", "pattern": r"^(?=.*[a-z])(?=.*[A-Z])(?=.*\d).{8,}$"},
    "a back reference": {"type": "string", "pattern": r"^(['\"]).+\1$"},
    "format and pattern": {"type": "string", "format": "uri", "pattern": "^https://"},
    "format and length": {"type": "string", "format": "email", "minLength": 60},
    "tuple": {
        "type": "array",
        "prefixItems": [{"type": "integer"}, {"type": "boolean"}],
        "items": False,
        "minItems": 2,
    },
    "contains": {
        "type": "array",
        "items": {"type": "integer"},
        "contains": {"minimum": 500},
        "minContains": 2,
        "maxContains": 2,
    },
    "unique": {"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True, "minItems": 3},
    "many unique": {"type": "array", "items": {"type": "integer"}, "uniqueItems": True, "minItems": 120},
    "least properties": {"type": "object", "minProperties": 3, "propertyNames": {"pattern": "^x-[a-z]+$"}},
    "pattern properties": {
        "type": "object",
        "patternProperties": {"^n": {"type": "integer"}},
        "additionalProperties": False,
        "minProperties": 2,
    },
    "dependent required": {
        "type": "object",
        "properties": {"card": {"type": "string"}, "code": {"type": "integer"}},
        "required": ["card"],
        "dependentRequired": {"card": ["code"]},
    },
    "dependent schemas": {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {}},
        "dependentSchemas": {"a": {"required": ["b"], "properties": {"b": {"type": "integer"}}}},
        "minProperties": 1,
    },
    "if then else": {
        "type": "object",
        "properties": {"kind": {"enum": ["x", "y"]}, "size": {"type": "integer"}},
        "required": ["kind"],
        "if": {"properties": {"kind": {"const": "x"}}},
        "then": {"required": ["size"]},
        "else": {"properties": {"size": False}},
    },
    "not a type": {"not": {"type": ["string", "object", "array", "null"]}},
    "not an enum": {"type": "integer", "minimum": 1, "maximum": 4, "not": {"enum": [1, 2]}},
    "not required": {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "not": {"required": ["a"]},
    },
    "exactly one": {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
    },
    "exactly one number": {"type": "integer", "oneOf": [{"multipleOf": 3}, {"multipleOf": 5}], "minimum": 1},
    "unevaluated properties": {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "anyOf": [{"properties": {"b": {"type": "integer"}}, "required": ["b"]}, {"required": ["a"]}],
        "unevaluatedProperties": False,
    },
    "unevaluated items": {"type": "array", "prefixItems": [{"const": 1}], "unevaluatedItems": False},
    "recursion": {
        "$ref": "#/$defs/node",
        "$defs": {
            "node": {
                "type": "object",
                "properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}},
                "required": ["next"],
            }
        },
    },
    "recursion through a list": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "sub": {"type": "array", "items": {"$ref": "#"}}},
        "required": ["name", "sub"],
        "additionalProperties": False,
    },
    "an anchor": {"$ref": "#node", "$defs": {"a": {"$anchor": "node", "type": "integer"}}},
    "an id": {
        "$id": "https://example.com/root.json",
        "$ref": "item.json",
        "$defs": {"i": {"$id": "item.json", "type": "boolean"}},
    },
    "an escaped pointer": {"$ref": "#/$defs/a~1b%20c", "$defs": {"a/b c": {"const": 5}}},
    "closed objects that agree": {
        "allOf": [
            {"properties": {"a": {"type": "string"}}, "required": ["a"]},
            {"properties": {"a": {"minLength": 3}, "b": {"type": "integer"}}, "additionalProperties": False},
        ]
    },
}


@pytest.mark.parametrize("schema", KEYWORDS.values(), ids=KEYWORDS)
def test_two_validators_accept_the_value(schema: Any) -> None:
    for seed in range(6):
        made = generate(schema, str(seed))
        assert made.valid, made.notes
        jsonschema.Draft202012Validator(
            schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
        ).validate(made.value)
        assert jsonschema_rs.is_valid(schema, made.value, validate_formats=True)


IMPOSSIBLE: dict[str, tuple[Any, str]] = {
    "bounds": ({"type": "integer", "minimum": 10, "maximum": 1}, "#/minimum"),
    "inside": (
        {"type": "object", "properties": {"n": {"enum": []}}, "required": ["n"]},
        "#/properties/n/enum",
    ),
    "enum and pattern": ({"enum": ["a"], "pattern": "^b$"}, "#/pattern"),
    "closed objects": (
        {
            "type": "object",
            "allOf": [
                {"properties": {"a": {}}, "required": ["a"], "additionalProperties": False},
                {"properties": {"b": {}}, "required": ["b"], "additionalProperties": False},
            ],
        },
        "additionalProperties",
    ),
    "endless": (
        {"type": "object", "properties": {"self": {"$ref": "#"}}, "required": ["self"]},
        "no value was found",
    ),
    "itself": ({"$ref": "#"}, "leads back to itself"),
    "false": (False, "no value was found"),
}


@pytest.mark.parametrize(("schema", "told"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_nothing_satisfies_is_marked_with_path_and_keyword(schema: Any, told: str) -> None:
    made = generate(schema)
    assert not made.valid
    assert any(told in note for note in made.notes), made.notes


def test_a_value_of_a_schema_with_an_unreadable_part_is_marked() -> None:
    made = generate(
        {"type": "object", "properties": {"p": {"type": "string", "pattern": "^(a"}}, "required": ["p"]}
    )
    assert isinstance(made.value["p"], str)
    assert not made.valid
    assert made.notes == ("#/properties/p/pattern: the regular expression cannot be read",)


@pytest.mark.parametrize("schema", [None, True, {}, {"type": "object"}, {"type": "object", "properties": {}}])
def test_what_asks_for_nothing_gets_an_empty_object(schema: Any) -> None:
    assert generate(schema) == Generated({}, valid=True)


def test_an_object_is_never_empty_where_it_has_properties() -> None:
    schema = {"type": "object", "properties": {f"field{nth}": {"type": "string"} for nth in range(3)}}
    assert all(generate(schema, str(seed)).value for seed in range(50))


def test_properties_stand_in_the_schemas_order_and_no_name_is_invented() -> None:
    names = ["zulu", "alpha", "mike", "bravo"]
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    for seed in range(30):
        value = generate(schema, str(seed)).value
        assert list(value) == [name for name in names if name in value]


def test_examples_and_defaults_come_before_invention() -> None:
    schema = {
        "type": "object",
        "properties": {
            "q": {"type": "string", "examples": ["rain in May"]},
            "n": {"type": "integer", "default": 25},
        },
        "required": ["q", "n"],
    }
    values = [generate(schema, str(seed)).value for seed in range(40)]
    assert sum(value["q"] == "rain in May" for value in values) > 20
    assert sum(value["n"] == 25 for value in values) > 20


def test_a_default_that_breaks_its_own_schema_is_not_used() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 3, "default": 5}}}
    assert all(generate(schema, str(seed)).value["n"] <= 3 for seed in range(20))


def test_a_recursion_ends_after_a_few_levels() -> None:
    schema = {
        "type": "object",
        "properties": {"value": {"type": "integer"}, "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
        "required": ["value", "next"],
        "additionalProperties": False,
    }
    sizes = [len(json.dumps(generate(schema, str(seed)).value)) for seed in range(30)]
    assert max(sizes) < 200


NAMED = [
    ("email", r"^\S+@example\.com$"),
    ("userEmail", r"^\S+@example\.com$"),
    ("website_url", r"^https://example\.com/"),
    ("start_date", r"^2026-0[1-6]-\d\d$"),
    ("end_date", r"^2026-(0[7-9]|1[0-2])-\d\d$"),
    ("city", r"^[A-Z][A-Za-z ]+$"),
    ("country", r"^[A-Z][A-Za-z ]+$"),
    ("file_path", r"^/\w+/"),
    ("zip_code", r"^\d{5}$"),
    ("phone_number", r"^\+1 202 555 01\d\d$"),
    ("created_at", r"^\d{4}-\d\d-\d\dT\d\d:\d\d:00Z$"),
]


@pytest.mark.parametrize(("name", "pattern"), NAMED)
def test_a_text_fits_its_propertys_name(name: str, pattern: str) -> None:
    schema = {"type": "object", "properties": {name: {"type": "string"}}, "required": [name]}
    for seed in range(10):
        assert jsonschema_rs.is_valid({"pattern": pattern}, generate(schema, str(seed)).value[name])


def test_a_decimal_is_a_number_not_text() -> None:
    schema = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\d+$"}]}
    assert all(isinstance(generate(schema, str(seed)).value, int | float) for seed in range(20))


def test_the_same_schema_and_seed_give_the_same_bytes_in_other_processes() -> None:
    code = (
        "import json,sys;from mockllm_core.arguments import generate;"
        "print(json.dumps([generate(json.loads(sys.argv[1]),str(n)).value for n in range(9)]))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code, json.dumps(WEATHER)],
            env={"PYTHONHASHSEED": hashed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hashed in ("0", "1", "77")
    }
    assert runs == {json.dumps([generate(WEATHER, str(nth)).value for nth in range(9)]) + "\n"}


def test_eight_threads_get_the_same_values() -> None:
    schemas = [{**WEATHER, "title": f"thread {nth}"} for nth in range(30)]
    found: list[list[Any]] = []

    def run(start: int) -> None:
        mine = {nth: generate(schemas[nth], "t").value for nth in [*range(start, 30), *range(start)]}
        found.append([mine[nth] for nth in range(30)])

    threads = [threading.Thread(target=run, args=(nth * 3,)) for nth in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(values == found[0] for values in found)


def test_another_seed_gives_another_value() -> None:
    assert len({json.dumps(generate(WEATHER, str(seed)).value) for seed in range(40)}) > 30


def test_the_callers_schema_and_value_are_the_callers_own() -> None:
    schema = json.loads(json.dumps(WEATHER))
    generate(schema).value["city"] = "changed"
    assert schema == WEATHER
    assert generate(schema).value["city"] != "changed"


def test_the_global_random_is_not_touched() -> None:
    before = random.getstate()
    generate(WEATHER, "untouched")
    assert random.getstate() == before


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(ValueError, match="style is plausible, fuzz or near-miss, not 'odd'"):
        generate(WEATHER, style="odd")  # type: ignore[arg-type]


WORDS = st.sampled_from(
    [
        "type",
        "properties",
        "required",
        "items",
        "enum",
        "const",
        "anyOf",
        "oneOf",
        "allOf",
        "not",
        "$ref",
        "$defs",
        "pattern",
        "format",
        "minimum",
        "maxLength",
        "minItems",
        "uniqueItems",
        "additionalProperties",
        "patternProperties",
        "default",
        "examples",
        "if",
        "then",
        "nullable",
        "string",
        "object",
        "array",
        "integer",
        "#/$defs/a",
        "#",
        "^a+$",
        "date-time",
        "true",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-3, 3) | st.text(max_size=3) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(schema=st.dictionaries(WORDS, JSON, max_size=5))
def test_no_schema_that_json_can_hold_raises(schema: Any) -> None:
    made = generate(schema)
    json.dumps(made.value, allow_nan=False)
    assert made.valid or made.notes


@settings(max_examples=60, deadline=None)
@given(
    low=st.integers(-(10**6), 10**6), width=st.integers(0, 50), step=st.sampled_from([1, 3, 0.5, 0.01, 2.5])
)
def test_numbers_keep_their_bounds(low: int, width: int, step: float) -> None:
    schema = {"type": "number", "minimum": low, "maximum": low + width, "multipleOf": step}
    made = generate(schema)
    assert not made.valid or jsonschema_rs.is_valid(schema, made.value)
    assert made.valid or step > 1
