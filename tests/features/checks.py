"""What an answer must show, in terms that all APIs share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema_rs
from features.asks import (
    AZURE_RESPONSES,
    CONVERSE,
    GEMINI,
    HELLO,
    INVOKE,
    MESSAGES,
    RESPONSES,
    SCHEMA,
    VERTEX,
)

from mockllm_core.reply import Reasoning, Refusal, Text, ToolCall
from mockllm_core.responders import DECLINED
from mockllm_core.tokens import MEDIA_TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.seen import Seen


def text_is(wanted: str) -> Callable[[Seen], None]:
    def check(seen: Seen) -> None:
        assert seen.text() == wanted

    return check


def calls(*names: str) -> Callable[[Seen], None]:
    def check(seen: Seen) -> None:
        made = [block for block in seen.turn.blocks if isinstance(block, ToolCall)]
        assert [block.name for block in made] == list(names)
        for block in made:
            value = block.arguments if block.arguments is not None else json.loads(block.text)
            jsonschema_rs.validator_for(SCHEMA).validate(value)

    return check


def satisfies(seen: Seen) -> None:
    jsonschema_rs.validator_for(SCHEMA).validate(json.loads(seen.text()))


def thinks(seen: Seen) -> None:
    shown = [block for block in seen.turn.blocks if isinstance(block, Reasoning)]
    assert shown
    assert shown[0].text
    assert seen.turn.usage.reasoning > 0 or seen.column in (CONVERSE, INVOKE)
    assert seen.text() == HELLO


def thinks_unseen(seen: Seen) -> None:
    assert not any(isinstance(block, Reasoning) and block.text for block in seen.turn.blocks)
    assert seen.text() == HELLO


def counts_reasoning(seen: Seen) -> None:
    usage = seen.turn.usage
    assert 0 < usage.reasoning < usage.output_tokens


def thinks_then_calls(seen: Seen) -> None:
    kinds = [type(block) for block in seen.turn.blocks if not isinstance(block, Text) or block.text]
    assert kinds == [Reasoning, ToolCall]


def redacted(seen: Seen) -> None:
    (block, _) = seen.turn.blocks
    assert isinstance(block, Reasoning)
    assert block.redacted
    assert not block.text


def sealed(seen: Seen) -> None:
    assert any(isinstance(block, Reasoning) and block.signature for block in seen.turn.blocks)


def declines(seen: Seen) -> None:
    said = "".join(block.text for block in seen.turn.blocks if isinstance(block, Refusal | Text))
    assert said == ("" if seen.column == GEMINI else DECLINED)
    if seen.column in (MESSAGES, VERTEX, CONVERSE, GEMINI, INVOKE):
        assert seen.turn.finish.reason == "content_filter"


def ends(reason: str) -> Callable[[Seen], None]:
    def check(seen: Seen) -> None:
        assert seen.turn.finish.reason == reason
        assert HELLO.startswith(seen.text())
        assert seen.text() != HELLO

    return check


def stops(seen: Seen) -> None:
    assert seen.turn.finish.reason == "stop"
    assert seen.text() == "Say hello to "
    if seen.column in (MESSAGES, VERTEX, INVOKE):
        assert seen.turn.finish.sequence == "all"


def counts_media(kind: str) -> Callable[[Seen], None]:
    def check(seen: Seen) -> None:
        assert seen.text() == HELLO
        assert seen.turn.usage.input_tokens == -(-len(HELLO) // 4) + MEDIA_TOKENS[kind]

    return check


def two(seen: Seen) -> None:
    said = [
        "".join(block.text for block in one.blocks if isinstance(block, Text)) for one in seen.turn.choices
    ]
    assert said == [HELLO, HELLO]


def writes_cache(seen: Seen) -> None:
    usage = seen.turn.usage
    assert usage.cache_read == 0
    assert 0 < usage.cache_write <= usage.input_tokens


def reads_cache(seen: Seen) -> None:
    usage = seen.turn.usage
    assert usage.cache_write == 0
    assert 0 < usage.cache_read <= usage.input_tokens


def cut_short(seen: Seen) -> None:
    assert seen.turn.finish.reason == "length"
    whole = HELLO + " word" * 40 if seen.column in (RESPONSES, AZURE_RESPONSES) else HELLO
    assert whole.startswith(seen.text())
    assert seen.text() != whole


def blocked(seen: Seen) -> None:
    assert seen.turn.finish.reason == "content_filter"
    assert HELLO.startswith(seen.text())  # what was streamed before the block stays said
