"""Where a reply is cut, why it ends and what it costs."""

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockllm_core.conversation import Conversation, Message, Words
from mockllm_core.jsontext import compact, spaced
from mockllm_core.plan import Cut, plan
from mockllm_core.reply import Finish, Reasoning, Reply, Text, ToolCall

CUT = Cut(text=0, arguments=0, dumps=compact)


def conversation(**options: Any) -> Conversation:
    return Conversation(model="m", messages=(Message("user", (Words("hi"),)),), **options)


def said(text: str) -> Reply:
    return Reply(blocks=(Text.of(text),))


@pytest.mark.parametrize(
    ("options", "text", "finish"),
    [
        ({}, "one two three", Finish("stop")),
        ({"stop": ("two",)}, "one ", Finish("stop", "two")),
        ({"stop": ("three", "two")}, "one ", Finish("stop", "two")),
        ({"stop": ("one",)}, "", Finish("stop", "one")),
        ({"stop": ("four", "")}, "one two three", Finish("stop")),
        ({"max_tokens": 1}, "one ", Finish("length")),
        ({"max_tokens": 2, "stop": ("two",)}, "one ", Finish("stop", "two")),
        ({"max_tokens": 1, "stop": ("three",)}, "one ", Finish("length")),
        ({"max_tokens": 4}, "one two three", Finish("stop")),
    ],
)
def test_stops_and_caps_cut_the_text(options: dict[str, Any], text: str, finish: Finish) -> None:
    turn = plan([said("one two three")], conversation(**options), CUT)
    assert (turn.blocks[0].text, turn.finish) == (text, finish)  # type: ignore[union-attr]


def test_a_tool_call_is_never_cut_and_ends_as_one() -> None:
    reply = Reply(blocks=(ToolCall(name="f", arguments={"a": "x" * 100}),))
    turn = plan([reply], conversation(max_tokens=1), CUT)
    assert turn.finish == Finish("tool_call")
    assert turn.blocks[0].text == compact({"a": "x" * 100})  # type: ignore[union-attr]


def test_arguments_are_spelled_and_cut_as_the_protocol_does() -> None:
    reply = Reply(blocks=(ToolCall(name="f", arguments={"a": 1, "b": "c"}),))
    cut = Cut(text=0, arguments=None, dumps=spaced)
    assert plan([reply], conversation(), cut).blocks[0].pieces == ('{"a": 1, "b": "c"}',)  # type: ignore[union-attr]


def test_exact_pieces_have_exactly_that_many_characters() -> None:
    cut = Cut(text=10, arguments=10, dumps=compact, exact=True)
    turn = plan([said("0123456789" * 3 + "abc")], conversation(), cut)
    assert [len(piece) for piece in turn.blocks[0].pieces] == [10, 10, 10, 3]  # type: ignore[union-attr]


def test_reasoning_counts_in_the_output() -> None:
    reply = Reply(blocks=(Reasoning.of("x" * 40), Text.of("y" * 40)))
    usage = plan([reply], conversation(), CUT).usage
    assert (usage.output_tokens, usage.reasoning) == (20, 10)


@given(st.text(st.characters()), st.integers(1, 50))
def test_the_text_is_never_longer_than_its_cap(text: str, most: int) -> None:
    turn = plan([said(text)], conversation(max_tokens=most), CUT)
    assert turn.usage.output_tokens <= most
    assert text.startswith(turn.blocks[0].text)  # type: ignore[union-attr]
    assert (turn.finish.reason == "length") == (len(text) > most * 4)


def test_each_choice_costs() -> None:
    assert plan([said("12345678")] * 3, conversation(choices=3), CUT).usage.output_tokens == 6


@pytest.mark.parametrize("returned", [None, "hello", Text.of("hello")], ids=repr)
def test_what_is_no_reply_is_named(returned: Any) -> None:
    with pytest.raises(TypeError, match=f"a responder returns a Reply, not {type(returned).__name__}"):
        plan([returned], conversation(), CUT)


def test_a_cut_changes_nothing_of_a_text_but_its_pieces() -> None:
    others: dict[str, Any] = {field.name: ("kept",) for field in fields(Text) if field.name != "pieces"}
    exact = Cut(text=3, arguments=None, dumps=compact, exact=True)
    (cut,) = plan([Reply(blocks=(Text(pieces=("one two",), **others),))], conversation(), exact).blocks
    assert cut == Text(pieces=("one", " tw", "o"), **others)
