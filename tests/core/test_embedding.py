"""Embeddings: unit length, the same everywhere, near when words are shared."""

from __future__ import annotations

from math import isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core.embedding import embed

texts = st.text(max_size=40)


def nearness(one: str, other: str, dimensions: int = 256) -> float:
    """The cosine of two texts' vectors."""
    pairs = zip(embed(one, dimensions), embed(other, dimensions), strict=True)
    return sum(a * b for a, b in pairs)


@settings(max_examples=60, deadline=None)
@given(text=texts, dimensions=st.integers(1, 300))
def test_a_vector_has_its_size_and_length_1(text: str, dimensions: int) -> None:
    vector = embed(text, dimensions)
    assert len(vector) == dimensions
    assert isclose(sum(value * value for value in vector), 1.0, abs_tol=1e-9)


@settings(max_examples=60, deadline=None)
@given(text=texts)
def test_the_same_text_is_nearest_to_itself(text: str) -> None:
    assert isclose(nearness(text, text), 1.0, abs_tol=1e-9)


def test_the_vector_of_a_text_never_changes() -> None:
    assert embed("Hello, world", 8) == [
        -0.23284515771189984,
        0.0,
        0.3104602102825331,
        -0.23284515771189984,
        0.07761505257063328,
        -0.543305367994433,
        -0.07761505257063328,
        -0.6985354731356995,
    ]


LADDER = [
    ("a cat sat on the mat", "a cat sat on the rug", "stocks fell sharply on Monday"),
    ("how do I reset my password", "password reset, how?", "the weather in Paris is mild"),
    ("running shoes", "shoe for runners", "quantum field theory"),
    ("Größe und Maße", "größe", "small things"),
    ("価格を教えて", "価格はいくら", "hello there"),
]


@pytest.mark.parametrize(("text", "near", "far"), LADDER)
@pytest.mark.parametrize("dimensions", [256, 1536])
def test_texts_that_share_words_or_parts_of_them_are_nearer(
    text: str, near: str, far: str, dimensions: int
) -> None:
    assert nearness(text, near, dimensions) > nearness(text, far, dimensions) + 0.05


words = st.lists(
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=8), min_size=8, max_size=8, unique=True
)


@settings(max_examples=80, deadline=None)
@given(words=words)
def test_the_more_words_are_shared_the_nearer_texts_are(words: list[str]) -> None:
    whole = " ".join(words[:6])
    most = " ".join([*words[:5], words[6]])
    few = " ".join([words[0], *words[6:]])
    assert nearness(whole, most, 1536) > nearness(whole, few, 1536)


def test_case_does_not_matter() -> None:
    assert embed("HELLO World", 64) == embed("hello world", 64)


def test_no_dimension_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 dimension"):
        embed("x", 0)
