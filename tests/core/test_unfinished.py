"""What is whole of arguments that end in the middle, and how they are closed."""

import json
from typing import Any

import jiter
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockllm_core.jsontext import compact, spaced
from mockllm_core.unfinished import members, mended, shortened

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=4), VALUES, max_size=4)


@pytest.mark.parametrize(
    ("text", "found", "end"),
    [
        ("", {}, 0),
        ("{", {}, 0),
        ('{"a', {}, 0),
        ('{"a"', {}, 0),
        ('{"a": ', {}, 0),
        ('{"a": "b', {}, 0),
        ('{"a": "b"', {"a": "b"}, 9),
        ('{"a": "b", "c": [1, 2', {"a": "b"}, 9),
        ('{"a": "b", "c": [1, 2]', {"a": "b", "c": [1, 2]}, 22),
        ('{"a": tru', {}, 0),
        ('{"a": true', {"a": True}, 10),
        ('{"a": 12', {}, 0),
        ('{"a": 1.', {}, 0),
        ('{"a": 1e', {}, 0),
        ('{"a": 12,', {"a": 12}, 8),
        ('{"a": 12}', {"a": 12}, 9),
        ('{"a": 12, "b}', {"a": 12}, 8),
        ('{"a": {"b": 1}', {"a": {"b": 1}}, 14),
        ("{}", {}, 2),
        ("[1", {}, 0),
        ('{"a": ' + "[" * 5000, {}, 0),
    ],
)
def test_members_are_whole_once_their_value_is(text: str, found: dict[str, Any], end: int) -> None:
    assert members(text) == (found, end)


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("", {}),
        ('{"a', {}),
        ('{"a": ', {}),
        ('{"a": "b', {"a": "b"}),
        ('{"a": "b\\', {"a": "b"}),
        ('{"a": "b\\u00', {"a": "b"}),
        ('{"a": "b\\\\', {"a": "b\\"}),
        ('{"a": 12', {}),
        ('{"a": {"b": ["c", "d', {"a": {"b": ["c", "d"]}}),
        ('{"a": [1, 2', {"a": [1]}),
        ('{"a": [{}, {"b', {"a": [{}, {}]}),
        ('"a', {}),
        ('{"a": 1, "b": ' + "[" * 5000, {"a": 1}),
    ],
)
def test_what_is_open_is_closed(text: str, closed: dict[str, Any]) -> None:
    assert mended(text) == closed


@given(OBJECTS, st.integers(0, 200), st.sampled_from([compact, spaced]))
def test_a_cut_object_keeps_what_was_written(value: dict[str, Any], at: int, dumps: Any) -> None:
    text = dumps(value)
    half = text[:at]
    found, end = members(half)
    assert list(found.items()) == list(value.items())[: len(found)]
    assert end <= len(half)
    if found and half != text:
        assert json.loads(f"{half[:end]}}}") == found


@given(OBJECTS, st.integers(0, 200))
def test_it_is_closed_as_a_lenient_parser_reads_it(value: dict[str, Any], at: int) -> None:
    """The parser of the official clients is the stranger; a number that stands last it takes for whole."""
    half = compact(value)[:at]
    if not half or half[-1] in "-.0123456789eE+\ud800" or not half.isascii():
        return
    assert mended(half) == jiter.from_json(half.encode(), partial_mode="trailing-strings")


def test_pieces_are_kept_up_to_a_length() -> None:
    assert shortened(("abc", "def", "g"), 5) == ("abc", "de")
    assert shortened(("abc", "def"), 3) == ("abc",)
    assert shortened(("abc",), 0) == ()
