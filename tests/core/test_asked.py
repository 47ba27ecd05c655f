"""Ends and errors asked for by the model's name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mockllm_core.asked import error_asked_for, finish_asked_for
from mockllm_core.conversation import Conversation, Message, Tool, Words
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
