"""Schemas of a few kilobytes that were made to take for ever."""

from __future__ import annotations

import time
from typing import Any

import pytest

from mockllm_core.arguments import generate

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
    "a definition of itself": {"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}},
}


@pytest.mark.parametrize("style", ["plausible", "fuzz", "near-miss"])
@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_it_ends_soon_and_nothing_is_raised(schema: Any, style: Any) -> None:
    begun = time.monotonic()
    made = generate(schema, style=style)
    assert time.monotonic() - begun < 10  # measured below 1 s; the rest is for loaded machines
    assert made.valid or made.notes


def test_texts_are_still_found_for_many_patterns_at_once() -> None:
    made = generate(SCHEMAS["patterns that hold together"])
    assert made.valid
    assert made.value == "a" * 299
