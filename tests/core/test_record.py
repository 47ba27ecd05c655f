"""Records compare, hash and show themselves as dataclasses do."""

from __future__ import annotations

from dataclasses import field, make_dataclass, replace

import pytest

from mockllm_core.contract import Complaint
from mockllm_core.plan import Cut
from mockllm_core.record import record
from mockllm_core.reply import Reasoning, Text


@record()
class _Point:
    x: int
    y: tuple[int, ...] = ()
    told: str = field(default="", compare=False, repr=False)


class _Other:
    x, y, told = 1, (), ""


def test_equal_values_are_equal_and_hash_alike() -> None:
    assert _Point(1, (2,), "a") == _Point(1, (2,), "b")
    assert len({_Point(1, (2,), "a"), _Point(1, (2,), "b"), _Point(1, (3,))}) == 2
    assert _Point(1) != _Point(2)


def test_another_class_is_never_equal() -> None:
    others: list[object] = [_Other(), Reasoning(pieces=("a",))]
    assert _Point(1) != others[0]
    assert Text(("a",)) != others[1]


def test_it_shows_what_a_dataclass_shows() -> None:
    like = make_dataclass("_Point", [("x", int), ("y", tuple)])
    assert repr(_Point(1, (2,), "not shown")) == repr(like(1, (2,))) == "_Point(x=1, y=(2,))"


def test_a_copy_is_changed() -> None:
    point = _Point(1, (2,), "a")
    assert replace(point, x=3) == _Point(3, (2,))
    assert point.x == 1


def test_what_compares_by_identity_is_equal_to_itself_alone() -> None:
    cut = Cut(text=1, arguments=None, dumps=str)
    assert cut == cut  # noqa: PLR0124 - that is the rule
    assert cut != replace(cut)


def test_slots_are_all_that_it_holds() -> None:
    with pytest.raises(AttributeError):
        _Point(1).z = 2  # type: ignore[attr-defined]


def test_unhashable_values_say_so() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Complaint(path=(), kind="type", expected="a string", found=[]))
