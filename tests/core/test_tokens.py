"""The token estimate and the cuts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockllm_core import tokens
from mockllm_core.conversation import Conversation, Media, Message, Tool, ToolResult, ToolUse, Words

anything = st.text(alphabet=st.characters())


@pytest.mark.parametrize(("characters", "count"), [(0, 1), (1, 1), (4, 1), (5, 2), (8, 2), (4000, 1000)])
def test_four_characters_are_a_token_and_nothing_is_free(characters: int, count: int) -> None:
    assert tokens.estimate(characters) == count


@given(anything, st.integers(0, 100))
def test_the_pieces_of_a_text_are_the_text(text: str, size: int) -> None:
    pieces = tokens.cut(text, size)
    assert "".join(pieces) == text
    assert all(pieces)


@given(anything, st.integers(1, 40))
def test_a_piece_has_at_least_the_size_asked_for_but_the_last(text: str, size: int) -> None:
    assert all(len(piece) >= size for piece in tokens.cut(text, size)[:-1])


@given(anything.filter(lambda text: len(text) < 4_000), st.integers(2, 40))
def test_a_piece_is_the_fewest_whole_tokens_of_its_size(text: str, size: int) -> None:
    pieces = [""]
    for token in tokens.cut(text):
        if len(pieces[-1]) >= size:
            pieces.append("")
        pieces[-1] += token
    assert tokens.cut(text, size) == tuple(filter(None, pieces))


@given(text=st.text(alphabet='\\"nu0a \t(', max_size=60))
def test_no_piece_of_json_ends_within_an_escape(text: str) -> None:
    for piece in tokens.cut(json.dumps(text), 0):
        assert (len(piece) - len(piece.rstrip("\\"))) % 2 == 0, piece


def test_words_keep_the_space_before_them() -> None:
    assert tokens.cut("The capital of France is Paris.") == (
        "The", " capita", "l", " of", " France", " is", " Paris", ".",
    )  # fmt: skip


@pytest.mark.parametrize("length", [8_000, 100_000, 1_000_000])
def test_a_long_text_has_about_two_thousand_pieces_at_most(length: int) -> None:
    assert len(tokens.cut("lorem ipsum " * (length // 12))) <= 4_000


def test_a_prompt_counts_every_text_and_each_media_part() -> None:
    conversation = Conversation(
        model="m",
        messages=(
            Message("system", (Words("12345678"),)),
            Message("user", (Words("1234"), Media("image", 10_000))),
            Message("assistant", (ToolUse("abcd", "{}ab", "id"),)),
            Message("tool", (ToolResult("id", "1234"),)),
        ),
        tools=(Tool(name="abcd", description="1234", schema={"a": 1}),),
    )
    assert tokens.prompt(conversation) == (8 + 4 + 8 + 4 + 8 + 7 + 3) // 4 + tokens.MEDIA_TOKENS["image"]
