"""The near-miss style: one thing wrong, and the note says which."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from mockllm_core.arguments import CutText, generate

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "unit": {"type": "string", "enum": ["c", "f"]},
        "days": {"type": "integer", "minimum": 1},
    },
    "required": ["city", "unit"],
    "additionalProperties": False,
}


def test_exactly_one_thing_is_wrong() -> None:
    judge = jsonschema.Draft202012Validator(SCHEMA)
    for seed in range(60):
        made = generate(SCHEMA, str(seed), style="near-miss")
        assert not made.valid
        assert len(made.notes) == 1
        assert made.notes[0].startswith("near-miss: ")
        if isinstance(made.value, CutText):
            with pytest.raises(json.JSONDecodeError):
                json.loads(made.value)
        else:
            assert len(list(judge.iter_errors(made.value))) == 1


def test_every_way_to_break_a_value_comes_up() -> None:
    notes = " ".join(generate(SCHEMA, str(seed), style="near-miss").notes[0] for seed in range(80))
    for said in ("is required and left out", "wrong type", "none of the values", "extra key", "is cut after"):
        assert said in notes


def test_the_note_names_the_place() -> None:
    for seed in range(30):
        made = generate(SCHEMA, str(seed), style="near-miss")
        if "left out" in made.notes[0]:
            name = made.notes[0].removeprefix("near-miss: $.").split()[0]
            assert name not in made.value
            return
    pytest.fail("no seed left a property out")


def test_where_every_value_is_right_the_text_is_cut() -> None:
    made = generate({}, style="near-miss")
    assert isinstance(made.value, CutText)
    assert "is cut after" in made.notes[0]


def test_a_near_miss_is_the_same_for_the_same_seed() -> None:
    assert generate(SCHEMA, "7", style="near-miss") == generate(dict(SCHEMA), "7", style="near-miss")


def test_what_nothing_satisfies_keeps_its_own_notes() -> None:
    made = generate({"type": "integer", "minimum": 2, "maximum": 1}, style="near-miss")
    assert not made.valid
    assert not made.notes[0].startswith("near-miss")


def test_a_near_miss_is_refused_by_the_other_validator_too() -> None:
    for seed in range(40):
        value = generate(SCHEMA, str(seed), style="near-miss").value
        assert isinstance(value, CutText) or not jsonschema_rs.is_valid(SCHEMA, value)
