"""Values that are looked at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockllm_core.once import once_by_value


@pytest.mark.parametrize(("value", "looks"), [({"a": [1, "x"]}, 1), ({"a": "x" * 20_000}, 2)])
def test_an_equal_value_is_looked_at_once_unless_it_is_large(value: Any, looks: int) -> None:
    seen: list[Any] = []

    @once_by_value()
    def look(given: Any, *more: Any) -> int:
        seen.append((given, *more))
        return len(seen)

    # equal, but no part of it is the same object
    first, again = look(value), look(json.loads(json.dumps(value)))
    assert (len(seen), again == first) == (looks, looks == 1)
    assert look(value, ("b",)) == len(seen) == looks + 1
    assert seen[-1] == (value, "b")
    # what is equal to Python is not the same to JSON
    assert look({"a": [True, "x"]}) != look({"a": [1, "x"]}) or looks == 2


def test_what_a_caller_does_to_a_value_later_is_not_seen() -> None:
    given = {"a": [1]}
    kept = once_by_value()(lambda value: value)(given)
    given["a"].append(2)
    assert kept == {"a": [1]}
