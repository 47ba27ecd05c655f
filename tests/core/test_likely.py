"""Made-up probabilities: together they are never more than certain, and their spelling is any provider's."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from mockllm_core.jsontext import compact, float32
from mockllm_core.likely import OTHERS, log_chances, rivals
from mockllm_core.stamp import Stamp


def stamp(seed: str) -> Stamp:
    return Stamp(seed=seed.encode(), now=datetime(2026, 1, 1, tzinfo=UTC))


@given(seed=st.text(max_size=4), number=st.integers(1, 21), nth=st.integers(0, 50))
def test_a_token_and_its_rivals_are_less_than_certain_and_in_order(seed: str, number: int, nth: int) -> None:
    found = log_chances(number, stamp(seed), 0, nth)
    assert len(found) == number
    assert list(found) == sorted(set(found), reverse=True)
    assert all(value < 0 for value in found)
    assert math.fsum(math.exp(value) for value in found) < 1


@given(seed=st.text(max_size=4), nth=st.integers(0, 50))
def test_the_numbers_are_32_bit_floats_that_are_spelled_without_an_exponent(seed: str, nth: int) -> None:
    for value in log_chances(20, stamp(seed), 0, nth):
        text = compact(float32(value))
        assert "e" not in text
        assert len(text.lstrip("-0.").replace(".", "")) <= 9
        assert float32(float(text)) == float(text)


def test_tokens_are_near_certain_more_often_than_not() -> None:
    found = sorted(log_chances(1, stamp("0"), 0, nth)[0] for nth in range(999))
    assert found[0] > -1
    assert -0.05 < found[499] < -0.005


@given(token=st.sampled_from([*OTHERS, "Hi"]), number=st.integers(0, 20), nth=st.integers(0, 99))
def test_rivals_are_other_tokens_and_no_two_the_same(token: str, number: int, nth: int) -> None:
    found = rivals(token, number, nth)
    assert len({*found, token}) == number + 1
