"""What is said about two editions of a contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockllm_cli.derive.moved import moved

if TYPE_CHECKING:
    from mockllm_cli.derive.shapes import Schema

TEXT: Schema = {"type": "string"}
OLD: Schema = {
    "title": "x",
    "properties": {"a": TEXT, "b": {"$ref": "#/$defs/B"}},
    "required": ["a"],
    "$defs": {"B": {"type": "object", "properties": {"c": {"enum": ["x", None]}}}},
}


@pytest.mark.parametrize(
    ("new", "sentences"),
    [
        (OLD, []),
        ({**OLD, "title": "y"}, []),
        ({**OLD, "properties": {"a": TEXT}}, ["b is gone"]),
        ({**OLD, "properties": {**OLD["properties"], "z": {}}}, ["z is new: anything"]),
        ({**OLD, "properties": {**OLD["properties"], "z": TEXT}, "required": ["a", "z"]}, ["z is new: required, string"]),
        ({**OLD, "required": ["a", "b"]}, ["b is required now"]),
        ({**OLD, "required": []}, ["a is optional now"]),
        (
            {**OLD, "properties": {"a": {"type": ["array", "null"], "items": TEXT, "minItems": 1}, "b": OLD["properties"]["b"]}},
            ['a was string, is [string] | null {"minItems":1}'],
        ),
        ({**OLD, "properties": {"b": OLD["properties"]["b"], "a": TEXT}}, ["the request lists its keys in another order"]),
        ({**OLD, "x-max-depth": 5}, ["the request's x-max-depth was null, is 5"]),
        ({**OLD, "$defs": {}}, ["B is gone"]),
        ({**OLD, "$defs": {**OLD["$defs"], "C": {"properties": {"d": TEXT, "e": TEXT}}}}, ["C is new: d, e"]),
        (
            {**OLD, "$defs": {"B": {"type": "object", "properties": {"c": {"anyOf": [TEXT, {"$ref": "#/$defs/D"}]}}}}},
            ["B.c was 'x' | null, is string | D"],
        ),
        ({**OLD, "$defs": {"B": {**OLD["$defs"]["B"], "oneOf": [1]}}}, ["B's oneOf was null, is [1]"]),
    ],
)  # fmt: skip
def test_every_difference_is_one_sentence(new: Schema, sentences: list[str]) -> None:
    assert moved(OLD, new) == sentences
