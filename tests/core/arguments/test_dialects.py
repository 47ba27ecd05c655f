"""The dialects that clients really send, read as they mean it."""

from __future__ import annotations

from typing import Any

import pytest

from mockllm_core.arguments import Style, generate
from mockllm_core.arguments.normal import normalise

READ: dict[str, tuple[Any, Any]] = {
    "gemini types": ({"type": "STRING"}, {"type": "string"}),
    "gemini unspecified": ({"type": "TYPE_UNSPECIFIED"}, {}),
    "gemini numbers as text": ({"type": "ARRAY", "min_items": "2"}, {"type": "array", "minItems": 2}),
    "gemini enum format": (
        {"type": "STRING", "format": "enum", "enum": ["A"]},
        {"type": "string", "enum": ["A"]},
    ),
    "nullable": ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
    "nullable reference": (
        {"nullable": True, "anyOf": [{"type": "integer"}]},
        {"anyOf": [{"anyOf": [{"type": "integer"}]}, {"type": "null"}]},
    ),
    "draft 4 bounds": ({"minimum": 3, "exclusiveMinimum": True}, {"exclusiveMinimum": 3}),
    "draft 4 open bound": ({"minimum": 3, "exclusiveMinimum": False}, {"minimum": 3}),
    "draft 7 tuples": (
        {"items": [{"type": "integer"}], "additionalItems": False},
        {"prefixItems": [{"type": "integer"}], "items": False},
    ),
    "draft 7 dependencies": (
        {"dependencies": {"a": ["b"], "c": {"required": ["d"]}}},
        {"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"required": ["d"]}}},
    ),
    "python types": (
        {"type": "dict", "properties": {"x": {"type": "float"}}},
        {"type": "object", "properties": {"x": {"type": "number"}}},
    ),
    "java types": ({"type": "ArrayList<String>"}, {"type": "array"}),
    "any": ({"type": "any"}, {}),
    "required within": (
        {"properties": {"q": {"type": "string", "required": True}}},
        {"required": ["q"], "properties": {"q": {"type": "string"}}},
    ),
    "null properties": ({"type": "object", "properties": None}, {"type": "object"}),
    "a type for a schema": ({"properties": {"a": "string"}}, {"properties": {"a": {"type": "string"}}}),
    "properties at the top": (
        {"city": {"type": "string"}},
        {"type": "object", "properties": {"city": {"type": "string"}}},
    ),
    "an order": (
        {"properties": {"b": {}, "a": {}}, "propertyOrdering": ["a", "b"]},
        {"properties": {"a": {}, "b": {}}},
    ),
    "a field named type": (
        {"type": "OBJECT", "properties": {"type": {"type": "STRING"}}},
        {"type": "object", "properties": {"type": {"type": "string"}}},
    ),
}


@pytest.mark.parametrize(("schema", "read"), READ.values(), ids=READ)
def test_a_dialect_is_read_into_one(schema: Any, read: Any) -> None:
    normal = normalise(schema)
    assert normal.definitions["r0"] == read
    assert list(normal.definitions["r0"].get("properties", {})) == list(read.get("properties", {}))  # type: ignore[union-attr]
    assert not normal.lossy


LEFT_OUT: list[tuple[Any, str]] = [
    ({"minLength": "many"}, "#/minLength: minLength is not a whole number of at least 0"),
    ({"type": "HashMapper"}, "#/type: type 'HashMapper' is unknown and counts as anything"),
    ({"$ref": "#/$defs/gone"}, "#: reference '#/$defs/gone' leads nowhere and counts as anything"),
    ({"multipleOf": 0}, "#/multipleOf: multipleOf is not a number above 0"),
    ({"required": ["a\0"]}, "#/required: the name 'a\\x00' holds NUL or a lone surrogate"),
    ({"anyOf": []}, "#/anyOf: anyOf is not a list of schemas"),
]


@pytest.mark.parametrize(("schema", "note"), LEFT_OUT)
def test_an_assertion_that_cannot_be_read_is_told(schema: Any, note: str) -> None:
    normal = normalise(schema)
    assert normal.lossy
    assert normal.notes == (note,)


def test_a_remote_reference_is_anything_and_told() -> None:
    made = generate(
        {"type": "object", "properties": {"x": {"$ref": "https://example.com/x.json"}}, "required": ["x"]}
    )
    assert made.valid
    assert "leads outside the schema" in made.notes[0]


def test_what_no_reference_reaches_is_not_read() -> None:
    normal = normalise({"type": "integer", "$defs": {"bad": {"minLength": "x"}}})
    assert normal.notes == ()


def test_siblings_of_a_reference_count_from_2019_on_only() -> None:
    schema = {
        "$ref": "#/definitions/a",
        "minimum": 5,
        "definitions": {"a": {"type": "integer", "maximum": 3}},
    }
    assert not generate(schema).valid
    assert generate({"$schema": "http://json-schema.org/draft-07/schema#", **schema}).valid


def test_a_name_finds_a_definition_by_itself() -> None:
    assert normalise({"$ref": "Address", "definitions": {"Address": {"type": "object"}}}).definitions[
        "r1"
    ] == {"type": "object"}


@pytest.mark.parametrize("pattern", ["^\\x00+$", "^[\\x00-\\x1f]{3}$", "^[\\u0000-\\u0003]$", "^[^a]{3}$"])
@pytest.mark.parametrize("style", ["plausible", "fuzz", "near-miss"])
def test_no_pattern_brings_nul_into_a_text(pattern: str, style: Style) -> None:
    for seed in "012345":
        made = generate({"type": "string", "pattern": pattern}, seed, style=style)
        assert "\0" not in str(made.value)
        assert not (made.valid and pattern == "^\\x00+$")
