"""Turns as events and bytes: exact snapshots, templates, padding, and read(encode(turn)) == turn."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from core.protocols.anthropic_case import STAMP, call, planned, read, read_body, streamed, turns
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core.errors import UnsupportedReply
from mockllm_core.frame import Run
from mockllm_core.jsontext import compact
from mockllm_core.protocols.anthropic_messages import PROTOCOL, events
from mockllm_core.reply import Opaque, Reasoning, Refusal, Text, ToolCall, Turn
from mockllm_core.stamp import Stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.reply import Block

WEATHER = ToolCall(name="get_weather", arguments={"city": "New York", "days": 3})
TIME = ToolCall(name="get_time", arguments={})
SEARCH = Opaque(
    protocol="anthropic-messages",
    payload={
        "type": "server_tool_use",
        "id": "srvtoolu_01S5swZdBmTzLDVzwcT5LbHp",
        "name": "web_search",
        "input": {"query": "weather"},
    },
)
FOUND = Opaque(
    protocol="anthropic-messages",
    payload={
        "type": "web_search_tool_result",
        "tool_use_id": "srvtoolu_01S5swZdBmTzLDVzwcT5LbHp",
        "content": [
            {"type": "web_search_result", "title": "Weather", "url": "https://example.com", "page_age": None}
        ],
    },
)
THINKING = {"type": "enabled", "budget_tokens": 1024}
RUNS = {"type": "code_execution_20250825", "name": "code_execution"}

#: name -> (what the request adds, what is said, how the reply says that it ends)
CASES: dict[str, tuple[dict[str, Any], tuple[Block, ...], Any]] = {
    "text": ({}, (Text.of("Hello! How are you today? — naïve 日本 🎉"),), None),
    "tool": ({}, (Text.of("I will look."), WEATHER), None),
    "tools-parallel": ({}, (WEATHER, TIME), None),
    "thinking": ({"thinking": THINKING}, (Reasoning.of("The user greets me."), Text.of("Hello!")), None),
    "thinking-tool": (
        {"model": "claude-sonnet-4-6", "thinking": {"type": "adaptive"}},
        (Reasoning.of("I should look."), WEATHER, Reasoning.of("And the time."), TIME),
        None,
    ),
    "thinking-omitted": (
        {"thinking": {**THINKING, "display": "omitted"}},
        (Reasoning.of("The user greets me."), Text.of("Hello!")),
        None,
    ),
    "length": ({"max_tokens": 3}, (Text.of("This sentence is longer than three tokens."),), None),
    "stop-sequence": ({"stop_sequences": ["END"]}, (Text.of("one two END three"),), None),
    "refusal": ({}, (Text.of("I cannot help with that."),), "content_filter"),
    "server-tool": ({}, (SEARCH, FOUND, Text.of("It is sunny.")), None),
    "paused": ({}, (Text.of("Let me search."), SEARCH), None),
    "structured": (
        {
            "output_config": {
                "format": {"type": "json_schema", "schema": {"type": "object", "additionalProperties": False}}
            }
        },
        (Text.of('{"name":"Biscuit","age":4}'),),
        None,
    ),
    "container": ({"container": "container_011CSomething", "tools": [RUNS]}, (Text.of("Done."),), None),
    "context-management": (
        {"context_management": {"edits": []}, "inference_geo": "us", "model": "claude-opus-4-8"},
        (Text.of("Done."),),
        None,
    ),
}

HELD = ("text", "tool", "thinking-tool", "server-tool", "paused", "container", "context-management")
"""Named cases whose bytes are held here; those of the rest are held with the features."""


def case(name: str) -> tuple[Turn, Any]:
    """Return a case's Turn and Call."""
    more, blocks, finish = CASES[name]
    asked = call(stream=True, **more)
    return planned(asked, *blocks, finish=finish), asked


@pytest.mark.parametrize("name", HELD)
def test_a_stream_has_exactly_these_bytes(name: str, snapshot: Callable[[str, bytes], None]) -> None:
    snapshot(f"anthropic-messages/{name}.sse", streamed(*case(name)))


@pytest.mark.parametrize("name", HELD)
def test_a_whole_answer_has_exactly_these_bytes(name: str, snapshot: Callable[[str, bytes], None]) -> None:
    snapshot(f"anthropic-messages/{name}.json", PROTOCOL.whole(*case(name), STAMP))


@pytest.mark.parametrize("name", CASES)
def test_our_own_answers_keep_every_rule(name: str) -> None:
    turn, asked = case(name)
    from_stream, findings = read(streamed(turn, asked))
    assert findings == []
    from_whole, findings = read_body(PROTOCOL.whole(turn, asked, STAMP))
    assert findings == []
    assert from_stream.usage == from_whole.usage
    assert from_stream.finish == from_whole.finish
    assert [type(block) for block in from_stream.blocks] == [type(block) for block in from_whole.blocks]


@pytest.mark.parametrize("name", CASES)
def test_events_are_the_stream_without_framing_padding_and_pings(name: str) -> None:
    turn, asked = case(name)
    wire = streamed(turn, asked).replace(b'event: ping\ndata: {"type": "ping"}\n\n', b"")
    framed = [part.split(b"\ndata: ") for part in wire.split(b"\n\n") if part]
    found = list(events(turn, asked, STAMP))
    assert [(f"event: {one.name}", json.loads(one.data)) for one in found] == [
        (name.decode(), json.loads(data)) for name, data in framed
    ]
    assert all(compact(json.loads(one.data)) == one.data for one in found)


@given(turn=turns(), data=st.data())
@settings(deadline=None, max_examples=80)
def test_what_is_spelled_is_read_again_in_any_partition(turn: Turn, data: st.DataObject) -> None:
    asked = call(stream=True)
    PROTOCOL.supports(turn)
    wire = streamed(turn, asked)
    cuts = data.draw(st.lists(st.integers(0, len(wire)), max_size=6))
    again, findings = read(wire, tuple(cuts))
    assert replace(again, facts={}) == turn
    assert findings == []
    assert streamed(again, asked) == wire


REQUESTS: list[dict[str, Any]] = [
    {},
    {
        "model": "claude-opus-4-6",
        "thinking": THINKING,
        "container": 'cont"é',
        "tools": [RUNS],
        "diagnostics": {},
    },
    {"model": "claude-2.1", "speed": "standard", "context_management": {}},
    {"model": "claude-opus-4-8", "inference_geo": "us", "speed": "standard"},
    {"model": 'a "name" of\u0085mine', "container": {"skills": [{"skill_id": "é"}]}, "max_tokens": 0},
]


@given(turn=turns(), more=st.sampled_from(REQUESTS), form=st.sampled_from(["", "vertex", "bedrock"]))
@settings(deadline=None, max_examples=80)
def test_every_json_text_is_what_the_plain_encoder_writes(
    turn: Turn, more: dict[str, Any], form: str
) -> None:
    asked = replace(call(stream=True, **more), form=form)
    for one in events(turn, asked, STAMP):
        assert compact(json.loads(one.data)) == one.data
    text = PROTOCOL.whole(turn, asked, STAMP).decode()
    assert compact(json.loads(text)) == text


@given(turn=turns(), repeated=st.sampled_from([1, 600]), pings=st.lists(st.integers(0, 1300), max_size=4))
@settings(deadline=None, max_examples=40)
def test_runs_are_the_same_bytes_as_their_frames(turn: Turn, repeated: int, pings: list[int]) -> None:
    """In any number of runs, with pings anywhere, no two events in one frame."""
    blocks = tuple(
        replace(block, pieces=block.pieces * repeated) if isinstance(block, Text) else block
        for block in turn.blocks
    )
    facts = {"protocol": "anthropic-messages", "pings": pings}
    turn = replace(turn, choices=(replace(turn.choices[0], blocks=blocks),), facts=facts)
    asked = call(stream=True)
    spelled = [event.name for event in events(turn, asked, STAMP)]
    for at in sorted(pings, reverse=True):
        if at < len(spelled):
            spelled.insert(at, "ping")
    cut: list[Any] = []
    for run in PROTOCOL.runs(turn, asked, STAMP):
        assert isinstance(run, Run)
        held = list(run.cut(run.wire))
        assert len(held) == run.number <= 1030
        assert b"".join(frame.wire for frame in held) == run.wire
        cut += held
    assert [frame.event for frame in cut] == spelled
    assert all(frame.payload["type"] == frame.event for frame in cut)


def test_no_run_is_empty_wherever_the_stream_ends() -> None:
    """An empty chunk would end the body."""
    asked = call(stream=True)
    for number in range(500, 515):
        turn = planned(asked, Text(pieces=("x",) * number))
        runs = [run.number for run in PROTOCOL.runs(turn, asked, STAMP) if isinstance(run, Run)]
        assert sum(runs) == number + 6
        assert all(runs)


@given(turn=turns())
@settings(deadline=None, max_examples=60)
def test_a_whole_answer_says_the_same_as_a_stream(turn: Turn) -> None:
    asked = call()
    whole, findings = read_body(PROTOCOL.whole(turn, asked, STAMP))
    flowed, _ = read(streamed(turn, asked))
    assert findings == []
    assert whole.usage == flowed.usage == turn.usage
    assert whole.finish == flowed.finish == turn.finish

    def said(block: Block) -> Any:
        match block:
            case Opaque():
                return None
            case ToolCall():
                return (block.name, block.id, json.loads(block.text))
            case _:
                return (type(block), block.text)

    assert [said(block) for block in whole.blocks] == [said(block) for block in turn.blocks]
    again, _ = read_body(PROTOCOL.whole(whole, asked, STAMP))
    assert again == whole


def test_the_ping_follows_the_first_block_start_and_an_empty_answer_has_none() -> None:
    wire = streamed(*case("text"))
    assert wire.split(b"\n\n")[2] == b'event: ping\ndata: {"type": "ping"}'
    assert wire.count(b"event: ping") == 1
    refused = call(messages=[{"role": "user", "content": refusal_word()}])
    assert b"ping" not in streamed(planned(refused, Text.of("no")), refused)


def refusal_word() -> str:
    from mockllm_core.protocols.anthropic_messages.shape import MAGIC_REFUSAL

    return MAGIC_REFUSAL


def test_padding_is_uniform_and_depends_on_the_stamp() -> None:
    asked = call(stream=True)
    turn = planned(asked, Text.of("word " * 3000))
    counts = [0] * 16
    for frame in PROTOCOL.stream(turn, asked, STAMP):
        text = frame.wire[frame.start : frame.end].decode()
        if frame.event != "ping":
            counts[len(text) - 1 - len(text[:-1].rstrip(" "))] += 1
    assert sum(counts) > 1000
    assert min(counts) > sum(counts) / 16 * 0.6
    other = Stamp(seed=b"1", now=STAMP.now)
    assert [frame.wire for frame in PROTOCOL.stream(turn, asked, other)] != [
        frame.wire for frame in PROTOCOL.stream(turn, asked, STAMP)
    ]


def test_every_frame_knows_where_its_json_is() -> None:
    turn, asked = case("tool")
    for frame in PROTOCOL.stream(turn, asked, STAMP):
        assert frame.payload["type"] == frame.event


def test_lone_surrogates_and_separators_are_escaped() -> None:
    asked = call(stream=True)
    wire = streamed(planned(asked, Text.of("a\ud800b\u2028c")), asked)
    assert rb"a\ud800b\u2028c" in wire
    assert read(wire)[0].blocks == planned(asked, Text.of("a\ud800b\u2028c")).blocks


def test_the_same_stamp_gives_the_same_bytes_and_another_gives_other_ids() -> None:
    turn, asked = case("tool")
    assert streamed(turn, asked) == streamed(turn, asked)
    other = Stamp(seed=b"other", now=STAMP.now)
    assert PROTOCOL.whole(turn, asked, other) != PROTOCOL.whole(turn, asked, STAMP)


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        (
            Opaque(protocol="google-genai", payload={}),
            "a block of google-genai cannot be sent as an Anthropic message",
        ),
        (
            ToolCall(name="shell", pieces=("ls",), free_text=True),
            "the call of shell has free text, Anthropic tools take JSON",
        ),
        (ToolCall(name="f", pieces=("{",)), "the arguments of f are not JSON"),
    ],
)
def test_a_reply_without_words_here_is_refused_before_the_first_byte(block: Block, sentence: str) -> None:
    asked = call()
    with pytest.raises(UnsupportedReply, match=sentence):
        PROTOCOL.supports(planned(asked, block))


def test_two_answers_are_refused() -> None:
    asked = call()
    turn = planned(asked, Text.of("one"))
    with pytest.raises(UnsupportedReply, match="this reply has 2"):
        PROTOCOL.supports(replace(turn, choices=turn.choices * 2))


def test_a_refusal_block_is_text_here() -> None:
    asked = call(stream=True)
    turn = planned(asked, Refusal.of("I would rather not."))
    PROTOCOL.supports(turn)
    assert read(streamed(turn, asked))[0].blocks == (Text(pieces=turn.blocks[0].pieces),)  # type: ignore[union-attr]


def test_a_reply_keeps_the_pieces_it_was_given() -> None:
    asked = call(stream=True)
    turn = planned(asked, Text(pieces=("a", "b", "", "c")))
    assert read(streamed(turn, asked))[0].blocks == (Text(pieces=("a", "b", "", "c")),)
