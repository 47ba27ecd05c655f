"""Where a reply is cut, why it ends and what it costs."""

from dataclasses import fields, replace
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


CALL = ToolCall(name="find", arguments={"a": "b", "c": "defghijk"})
WHOLE = '{"a":"b","c":"defghijk"}'


@pytest.mark.parametrize(
    ("most", "text", "reason"),
    [
        (7, WHOLE, "tool_call"),
        (6, WHOLE[:20], "length"),
        (2, WHOLE[:4], "length"),
        (1, "", "length"),
    ],
)
def test_a_call_ends_where_the_tokens_do(most: int, text: str, reason: str) -> None:
    turn = plan([Reply(blocks=(CALL,))], conversation(max_tokens=most), CUT)
    (call,) = turn.blocks
    assert isinstance(call, ToolCall)
    assert (call.name, call.text, call.cut) == ("find", text, reason == "length")
    assert turn.finish.reason == reason
    assert turn.usage.output_tokens == most


def test_a_call_that_is_cut_holds_the_members_that_are_whole() -> None:
    (call,) = plan([Reply(blocks=(CALL,))], conversation(max_tokens=6), CUT).blocks
    assert call == ToolCall(name="find", arguments={"a": "b"}, pieces=call.pieces, cut=True)  # type: ignore[union-attr]


def test_a_call_whose_name_is_not_reached_is_not_made_and_its_tokens_are_used_up() -> None:
    turn = plan([Reply(blocks=(replace(CALL, name="find_it"),))], conversation(max_tokens=1), CUT)
    assert (turn.blocks, turn.finish, turn.usage.output_tokens) == ((), Finish("length"), 1)


def test_of_several_calls_those_that_are_not_reached_are_not_made() -> None:
    reply = Reply(blocks=(CALL, CALL, CALL))
    turn = plan([reply], conversation(max_tokens=9), CUT)
    assert [getattr(block, "text", None) for block in turn.blocks] == [WHOLE, WHOLE[:4]]
    exactly = plan([reply], conversation(max_tokens=7), CUT)
    assert [getattr(block, "text", None) for block in exactly.blocks] == [WHOLE]
    assert exactly.finish == Finish("length")


def test_thoughts_before_a_call_use_up_its_tokens_and_the_call_those_of_a_text_behind_it() -> None:
    thoughts, said = Reasoning.of("x" * 8), Text.of("y" * 8)
    turn = plan([Reply(blocks=(thoughts, CALL))], conversation(max_tokens=4), CUT)
    assert turn.blocks[1].text == WHOLE[:4]  # type: ignore[union-attr]
    assert (turn.usage.output_tokens, turn.usage.reasoning) == (4, 2)
    turn = plan([Reply(blocks=(CALL, said))], conversation(max_tokens=8), CUT)
    assert turn.blocks[1].text == "yyyy"  # type: ignore[union-attr]
    assert turn.finish == Finish("length")


def test_free_text_and_a_users_own_pieces_are_cut_too() -> None:
    custom = ToolCall(name="run", pieces=("abc", "def", "ghi"), free_text=True)
    (call,) = plan([Reply(blocks=(custom,))], conversation(max_tokens=2), CUT).blocks
    assert call == ToolCall(name="run", pieces=call.pieces, free_text=True, cut=True)  # type: ignore[union-attr]
    assert call.text == "abcde"


def test_a_users_own_half_call_stays_as_it_is() -> None:
    half = ToolCall(name="find", arguments={"a": "b"}, pieces=('{"a": "b", "c": "d',), cut=True)
    turn = plan(
        [Reply(blocks=(half,), finish="length")], conversation(), Cut(text=0, arguments=None, dumps=spaced)
    )
    assert (turn.blocks, turn.finish) == ((half,), Finish("length"))


@pytest.mark.parametrize("most", [1024, 4096])
def test_usual_caps_leave_usual_calls_alone(most: int) -> None:
    call = ToolCall(name="find_things", arguments={f"key_{nth}": "a few words of text" for nth in range(100)})
    turn = plan([Reply(blocks=(call,))], conversation(max_tokens=most), CUT)
    assert turn.finish == Finish("tool_call")


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
