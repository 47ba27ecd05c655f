"""What the words of every schema dialect mean: tables, nothing else.

Sources: JSON Schema drafts 4 to 2020-12, OpenAPI 3.0 Schema Object, Google's ``Schema`` message
(https://ai.google.dev/api/caching#Schema), and tool schemas as people write them by hand.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = [
    "KINDS",
    "OLD_DRAFTS",
    "SPELLINGS",
    "TYPES",
    "clean",
    "clean_text",
    "count",
    "number",
    "type_words",
]

TYPES = frozenset(("null", "boolean", "integer", "number", "string", "array", "object"))

OLD_DRAFTS = (
    "draft-03",
    "draft-04",
    "draft-05",
    "draft-06",
    "draft-07",
    "draft-3",
    "draft-4",
    "draft-6",
    "draft-7",
)
"""Drafts in which a reference hides its neighbours."""

SPELLINGS = {
    "any_of": "anyOf",
    "one_of": "oneOf",
    "all_of": "allOf",
    "min_items": "minItems",
    "max_items": "maxItems",
    "min_length": "minLength",
    "max_length": "maxLength",
    "min_properties": "minProperties",
    "max_properties": "maxProperties",
    "property_ordering": "propertyOrdering",
    "additional_properties": "additionalProperties",
    "prefix_items": "prefixItems",
    "unique_items": "uniqueItems",
    "exclusive_minimum": "exclusiveMinimum",
    "exclusive_maximum": "exclusiveMaximum",
    "multiple_of": "multipleOf",
    "divisibleBy": "multipleOf",
    "x-nullable": "nullable",
    "$dynamicRef": "$ref",
    "$recursiveRef": "$ref",
}

KINDS = {
    "$ref": "reference",
    "type": "type",
    "enum": "enum",
    "const": "const",
    "default": "default",
    "example": "example",
    "examples": "examples",
    "description": "description",
    "format": "word",
    "contentEncoding": "word",
    "contentMediaType": "word",
    "contentSchema": "schema",
    "pattern": "pattern",
    "required": "required",
    "properties": "properties",
    "patternProperties": "patterns",
    "dependentSchemas": "map",
    "dependentRequired": "dependent",
    "dependencies": "dependencies",
    "items": "items",
    "additionalProperties": "schema",
    "additionalItems": "extra",
    "propertyNames": "schema",
    "unevaluatedProperties": "schema",
    "unevaluatedItems": "schema",
    "contains": "schema",
    "not": "place",
    "if": "place",
    "then": "place",
    "else": "place",
    "anyOf": "list",
    "oneOf": "list",
    "allOf": "list",
    "prefixItems": "tuple",
    "uniqueItems": "flag",
    "minimum": "number",
    "maximum": "number",
    "exclusiveMinimum": "exclusive",
    "exclusiveMaximum": "exclusive",
    "multipleOf": "step",
    "minLength": "count",
    "maxLength": "count",
    "minItems": "count",
    "maxItems": "count",
    "minContains": "count",
    "maxContains": "count",
    "minProperties": "count",
    "maxProperties": "count",
}
"""How each keyword is read: the name of a reader's method."""

_LOOSE: dict[str, tuple[str, str]] = {
    "str": ("string", ""),
    "text": ("string", ""),
    "char": ("string", ""),
    "varchar": ("string", ""),
    "int": ("integer", ""),
    "int32": ("integer", "int32"),
    "int64": ("integer", ""),
    "long": ("integer", ""),
    "short": ("integer", ""),
    "bigint": ("integer", ""),
    "float": ("number", ""),
    "double": ("number", ""),
    "decimal": ("number", ""),
    "numeric": ("number", ""),
    "bool": ("boolean", ""),
    "dict": ("object", ""),
    "dictionary": ("object", ""),
    "map": ("object", ""),
    "hashmap": ("object", ""),
    "struct": ("object", ""),
    "record": ("object", ""),
    "json": ("object", ""),
    "list": ("array", ""),
    "tuple": ("array", ""),
    "set": ("array", ""),
    "arraylist": ("array", ""),
    "sequence": ("array", ""),
    "none": ("null", ""),
    "nil": ("null", ""),
    "nonetype": ("null", ""),
    "date": ("string", "date"),
    "datetime": ("string", "date-time"),
    "date-time": ("string", "date-time"),
    "timestamp": ("string", "date-time"),
    "time": ("string", "time"),
    "uuid": ("string", "uuid"),
    "url": ("string", "uri"),
    "uri": ("string", "uri"),
    "email": ("string", "email"),
    "any": ("", ""),
    "unknown": ("", ""),
    "mixed": ("", ""),
    "object?": ("object", ""),
    "type_unspecified": ("", ""),
}


def type_words(word: str) -> tuple[str, str] | None:
    """Return (type, format) for a type's name in any spelling, ``""`` where it demands nothing, None if unknown."""
    if word in TYPES:
        return word, ""
    lowered = word.strip().lower()
    if lowered in TYPES:
        return lowered, ""
    if lowered in _LOOSE:
        return _LOOSE[lowered]
    outer = lowered.replace("<", "[").partition("[")[0]
    if lowered.endswith("[]"):
        return "array", ""
    return (outer, "") if outer in TYPES else _LOOSE.get(outer)


def number(value: Json) -> int | float | None:
    """Return a finite number, also from text (64-bit integers in protobuf JSON), or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and len(value) < 64:
        try:
            return int(value)
        except ValueError:
            try:
                value = float(value)
            except ValueError:
                return None
    return value if isinstance(value, float) and math.isfinite(value) else None


def count(value: Json) -> int | None:
    """Return a whole number of at least 0, also from ``2.0`` or ``"2"``, or None."""
    found = number(value)
    return int(found) if found is not None and found >= 0 and found == int(found) else None


def clean_text(text: str) -> bool:
    """Return whether PostgreSQL's ``jsonb`` and UTF-8 take the text: no NUL, no lone surrogate."""
    return (text.isascii() and "\0" not in text) or not any(
        c == "\0" or "\ud800" <= c <= "\udfff" for c in text
    )


def clean(value: Json, depth: int = 0) -> bool:
    """Return whether every key and string is clean, every number finite and the nesting below 40."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float):
        return math.isfinite(value)
    if depth > 40:
        return False
    if isinstance(value, dict):
        return all(isinstance(k, str) and clean_text(k) and clean(v, depth + 1) for k, v in value.items())
    if isinstance(value, list):
        return all(clean(item, depth + 1) for item in value)
    return value is None or isinstance(value, int)
