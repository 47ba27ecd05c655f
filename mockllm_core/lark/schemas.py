"""What llguidance refuses of a JSON schema inside of a grammar (``%json {...}``), in its words.

Not told are faults that only show when all of a schema is put together, as of ``allOf`` and ``oneOf``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mockllm_core.lark.forms import Forms
from mockllm_core.lark.places import GrammarError
from mockllm_core.lark.rust_regex import RegexError, read

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["check_schema"]

_UNIMPLEMENTED = frozenset((
    "$dynamicAnchor", "$dynamicRef", "$recursiveRef", "contains", "dependencies", "dependentRequired",
    "dependentSchemas", "else", "if", "maxContains", "minContains", "not", "propertyNames", "then",
    "unevaluatedItems", "unevaluatedProperties", "uniqueItems",
))  # fmt: skip
_TYPES = frozenset(("null", "boolean", "number", "integer", "string", "array", "object"))
_FORMATS = frozenset((
    "date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri", "unknown",
))  # fmt: skip
_BOUNDS = (("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties"))


def check_schema(schema: Json, *, depth: int = 0) -> None:
    """Raise GrammarError for the first fault of a schema."""
    if isinstance(schema, bool):
        if not schema and not depth:
            raise _error("Unsatisfiable schema: schema is false")
        return
    if not isinstance(schema, dict):
        raise _error("schema must be an object or boolean")
    if depth > 60:
        return
    odd = sorted(_UNIMPLEMENTED & schema.keys())
    if odd:
        raise _error(f"Unimplemented keys: {json.dumps(odd)}")
    _check_type(schema.get("type"))
    _check_bounds(schema)
    _check_text(schema)
    for key in ("anyOf", "allOf", "oneOf", "prefixItems"):
        if key in schema:
            _check_list(key, schema[key], depth)
    for key in ("items", "additionalProperties", "additionalItems"):
        if key in schema and not isinstance(schema[key], list):
            check_schema(schema[key], depth=depth + 1)
    for key in ("properties", "patternProperties"):
        held = schema.get(key, {})
        if not isinstance(held, dict):
            raise _error(f"{key} must be an object")
        for inner in held.values():
            check_schema(inner, depth=depth + 1)


def _error(told: str) -> GrammarError:
    return GrammarError(f"failed to compile JSON schema: {told}")


def _check_type(kind: Json) -> None:
    if kind is None:
        return
    kinds = [kind] if isinstance(kind, str) else kind
    if not isinstance(kinds, list):
        raise _error("type must be a string or array of strings")
    odd = next((one for one in kinds if one not in _TYPES), None)
    if odd is not None:
        raise _error(f"Invalid type: {odd}")


def _check_bounds(schema: dict[str, Json]) -> None:
    for low, high in _BOUNDS:
        for key in (low, high):
            value = schema.get(key, 0)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise _error(f"Expected positive integer for '{key}', got {json.dumps(value)}")
        if low in schema and high in schema and schema[low] > schema[high]:
            raise _error(
                f"Unsatisfiable schema: {low} ({schema[low]}) is greater than {high} ({schema[high]})"
            )
    for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        value = schema.get(key, 0)
        if not isinstance(value, bool) and not isinstance(value, int | float):
            raise _error(f"Expected f64 for '{key}', got {json.dumps(value)}")
    lowest, highest = schema.get("minimum"), schema.get("maximum")
    if isinstance(lowest, int | float) and isinstance(highest, int | float) and lowest > highest:
        raise _error(f"Unsatisfiable schema: minimum ({lowest}) is greater than maximum ({highest})")


def _check_text(schema: dict[str, Json]) -> None:
    for key in ("format", "pattern"):
        if key in schema and not isinstance(schema[key], str):
            raise _error(f"Expected string for '{key}', got {json.dumps(schema[key])}")
    if "format" in schema and schema["format"] not in _FORMATS:
        raise _error(f"Unknown format: {schema['format']}")
    if "pattern" in schema:
        try:
            read(schema["pattern"], Forms())
        except RegexError as error:
            raise _error(str(error)) from None
    if "enum" in schema and not isinstance(schema["enum"], list):
        raise _error("enum must be an array")
    if schema.get("enum") == []:
        raise _error("Unsatisfiable schema: anyOf is empty")


def _check_list(key: str, held: Json, depth: int) -> None:
    if not isinstance(held, list):
        raise _error(f"{key} must be an array")
    if key == "anyOf" and not held:
        raise _error("Unsatisfiable schema: anyOf is empty")
    for inner in held:
        check_schema(inner, depth=depth + 1)
