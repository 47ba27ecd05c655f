"""Ends and errors asked for by the model's name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mockllm_core.asked import Asked, asked_by, broken_off, check_named, error_asked_for, finish_asked_for
from mockllm_core.conversation import Controls, Conversation, Message, Tool, Words
from mockllm_core.errors import ApiError
from mockllm_core.frame import Frame
from mockllm_core.reply import Refusal, Text, ToolCall
from mockllm_core.responders import DECLINED, respond

ASKED = Conversation(
    model="mock-model",
    messages=(Message("user", (Words("Say hello."),)),),
    tools=(Tool(name="hello"),),
)


@pytest.mark.parametrize(
    ("model", "word"),
    [
        ("mock-finish-length", "length"),
        ("gpt-4o/mock-finish-refusal", "refusal"),
        ("us.mock-finish-guardrail_intervened", "guardrail_intervened"),
        ("mock-finish-", ""),
        ("mock-finish-Length", ""),
        ("my-mock-finish-length", ""),
        ("mock-error-not_found", ""),
        ("", ""),
    ],
)
def test_a_name_asks_for_an_end(model: str, word: str) -> None:
    assert finish_asked_for(model) == word


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("mock-error-rate_limit", "rate_limit"),
        ("gpt-4o/mock-error-not_found", "not_found"),
        ("us.mock-error-overloaded", "overloaded"),
        ("mock-error-nothing", None),
        ("my-mock-error-timeout", None),
        ("mock-finish-length", None),
        ("", None),
    ],
)
def test_a_name_asks_for_an_error(model: str, kind: str | None) -> None:
    assert error_asked_for(model) == kind


def test_a_refusal_is_said_instead_of_a_call() -> None:
    assert respond(replace(ASKED, model="mock-finish-refusal")).blocks == (Refusal.of(DECLINED),)


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_an_answer_that_is_cut_says_half(reason: str) -> None:
    reply = respond(replace(ASKED, model=f"mock-finish-{reason}"))
    assert (reply.blocks, reply.finish) == ((Text.of("Say h"),), reason)


def test_stop_answers_in_text_though_tools_are_there() -> None:
    assert respond(replace(ASKED, model="mock-finish-stop")).blocks == (Text.of("Say hello."),)


def test_a_providers_own_word_leaves_the_reply_alone() -> None:
    (call,) = respond(replace(ASKED, model="mock-finish-recitation")).blocks
    assert isinstance(call, ToolCall)


@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("mock-error-nothing", "rate_limit, server_error"),
        ("mock-error-rate-limit", "rate_limit, server_error"),
        ("us.mock-error-", "rate_limit, server_error"),
        ("gpt-4o/mock-finish-lenght", "stop, length, content_filter, refusal, pause_turn."),
        ("mock-finish-Length", "stop, length, content_filter, refusal, pause_turn."),
        ("mock-finish-a\nb", "stop, length, content_filter, refusal, pause_turn."),
    ],
)
def test_a_misspelt_word_is_refused_with_those_that_there_are(model: str, known: str) -> None:
    with pytest.raises(ApiError) as caught:
        check_named(model, ("pause_turn",))
    assert known in caught.value.message
    assert (caught.value.kind, caught.value.param) == ("invalid_request", "model")


@pytest.mark.parametrize(
    "model", ["mock-error-timeout", "x/mock-finish-pause_turn", "mock-model", "my-mock-error-x", "gpt-4o"]
)
def test_a_name_that_asks_for_what_there_is_or_for_nothing_passes(model: str) -> None:
    check_named(model, ("pause_turn",))


@pytest.mark.parametrize(("most", "wanted"), [(0, "0"), (1, "a1"), (2, "ab2"), (3, "ab2"), (99, "ab2")])
def test_a_broken_stream_is_never_whole(most: int, wanted: str) -> None:
    answer = [Frame("", letter) for letter in (b"a", b"b", b"c")]
    made = broken_off(answer, most, lambda sent: [Frame("", str(sent).encode())])
    assert b"".join(frame.wire for frame in made).decode() == wanted


def test_a_stream_without_frames_breaks_at_once() -> None:
    assert [frame.wire for frame in broken_off([], 3, lambda sent: [Frame("", str(sent).encode())])] == [b"0"]


@pytest.mark.parametrize("value", ["", "-1", "x", "1000001"])
def test_a_header_that_cannot_count_frames_is_refused(value: str) -> None:
    with pytest.raises(ApiError, match="a whole number from 0 to 1000000"):
        asked_by({"x-mockllm-fail-after": value}, Asked(Controls(), None, 0.0))
