"""The reader mirrors the encoder, notes every break of the rules, and never raises."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from core.protocols.bedrock_pipeline import (
    CLAUDE,
    NOVA,
    STAMP,
    WEATHER,
    answered,
    asking,
    call_of,
    turn_of,
    wire,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core import eventstream
from mockllm_core.jsontext import compact
from mockllm_core.protocols.bedrock_converse import PROTOCOL
from mockllm_core.reply import Choice, Finish, Reasoning, Reply, Text, ToolCall, Turn, Usage

if TYPE_CHECKING:
    from mockllm_core.frame import Finding

PIECES = st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=4).map(tuple)
IDS = st.text("abcXYZ019_.:-", min_size=1, max_size=20)
ARGUMENTS = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.none(), max_size=3)
TEXTS = PIECES.map(lambda pieces: Text(pieces=pieces))
THOUGHTS = st.builds(
    lambda pieces, signature: Reasoning(pieces=pieces, signature=signature),
    PIECES,
    st.text("abcABC123+/", min_size=1),
)
REDACTED = st.text("abcABC123+/", min_size=1).map(lambda data: Reasoning(redacted=data))


@st.composite
def turns(draw: Any) -> Turn:
    blocks = draw(st.lists(TEXTS | THOUGHTS | REDACTED, max_size=3))
    for identity in draw(st.lists(IDS, max_size=2, unique=True)):
        text = compact(draw(ARGUMENTS))
        cut = 2 if text == "{}" else draw(st.integers(1, len(text)))
        pieces = tuple(piece for piece in (text[:cut], text[cut:]) if piece)
        blocks.append(ToolCall(name=draw(st.text(min_size=1, max_size=8)), pieces=pieces, id=identity))
    called = any(isinstance(block, ToolCall) for block in blocks)
    finish = draw(
        st.sampled_from([Finish("stop"), Finish("stop", ""), Finish("length"), Finish("content_filter")])
    )
    read, wrote, fresh = draw(st.tuples(*[st.integers(0, 9999)] * 3))
    usage = Usage(
        input_tokens=read + wrote + fresh,
        output_tokens=draw(st.integers(0, 99)),
        cache_read=read,
        cache_write=wrote,
    )
    return Turn(
        choices=(Choice(blocks=tuple(blocks), finish=Finish("tool_call") if called else finish),), usage=usage
    )


def decided(turn: Turn) -> Turn:
    return replace(turn, facts={}, notes=())


@settings(deadline=None, max_examples=60)
@given(turns(), st.lists(st.integers(1, 400), max_size=20), st.sampled_from([CLAUDE, NOVA]))
def test_what_is_encoded_reads_back_in_any_partition(turn: Turn, cuts: list[int], model: str) -> None:
    data = wire(turn, call_of(asking("Hi"), model))
    reader = PROTOCOL.reader("")
    at = 0
    for size in cuts:
        reader.feed(data[at : at + size])
        at += size
    reader.feed(data[at:])
    read = reader.finish()
    assert reader.findings == []
    assert decided(read) == turn


@settings(deadline=None, max_examples=60)
@given(turns(), st.sampled_from([CLAUDE, NOVA]))
def test_a_whole_answer_reads_back_with_its_texts_joined(turn: Turn, model: str) -> None:
    call = call_of(asking("Hi"), model, stream=False)
    findings: list[Finding] = []
    read = PROTOCOL.read_whole(PROTOCOL.whole(turn, call, STAMP), findings)
    assert findings == []
    assert decided(read) == replace(
        turn, choices=(Choice(blocks=tuple(map(joined, turn.blocks)), finish=turn.finish),)
    )


def joined(block: Any) -> Any:
    if isinstance(block, ToolCall):
        return replace(block, pieces=(compact(dict(sorted(json.loads(block.text).items()))),))
    return replace(block, pieces=(block.text,)) if block.pieces else block


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=300))
def test_random_bytes_give_findings_and_no_exception(data: bytes) -> None:
    reader = PROTOCOL.reader("")
    reader.feed(data)
    reader.finish()
    assert reader.findings
    findings: list[Finding] = []
    PROTOCOL.read_whole(data, findings)
    assert findings


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        "role",
        "start",
        "delta",
        "contentBlockIndex",
        "stopReason",
        "usage",
        "metrics",
        "toolUse",
        "text",
        "reasoningContent",
        "output",
        "trace",
    ]
)


@settings(deadline=None, max_examples=80)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "messageStart",
                    "contentBlockStart",
                    "contentBlockDelta",
                    "contentBlockStop",
                    "messageStop",
                    "metadata",
                    "chunk",
                ]
            ),
            st.dictionaries(NAMES, VALUES | st.dictionaries(NAMES, VALUES, max_size=2), max_size=4),
        ),
        max_size=6,
    )
)
def test_frames_with_any_payload_never_raise(frames: list[tuple[str, Any]]) -> None:
    reader = PROTOCOL.reader("")
    for name, payload in frames:
        reader.feed(eventstream.event(name, compact(payload).encode()).wire)
        PROTOCOL.read_whole(compact(payload).encode(), [])
    reader.finish()
    assert reader.findings


# -- every rule, broken on purpose --------------------------------------------------------------------------------

START = ("messageStart", {"p": "ab", "role": "assistant"})
DELTA = ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hi"}, "p": "ab"})
STOP = ("contentBlockStop", {"contentBlockIndex": 0, "p": "ab"})
END = ("messageStop", {"p": "ab", "stopReason": "end_turn"})
USAGE = {"inputTokens": 1, "outputTokens": 2, "serverToolUsage": {}, "totalTokens": 3}
META = ("metadata", {"metrics": {"latencyMs": 5}, "p": "ab", "usage": USAGE})
TOOL_START = (
    "contentBlockStart",
    {"contentBlockIndex": 0, "p": "ab", "start": {"toolUse": {"name": "f", "toolUseId": "t1"}}},
)
TOOL_DELTA = (
    "contentBlockDelta",
    {"contentBlockIndex": 0, "delta": {"toolUse": {"input": "{}"}}, "p": "ab"},
)
TOOL_END = ("messageStop", {"p": "ab", "stopReason": "tool_use"})


def but(frame: tuple[str, Any], **changed: Any) -> tuple[str, Any]:
    return frame[0], frame[1] | changed


BROKEN: list[tuple[str, list[tuple[str, Any]]]] = [
    ("bedrock-order", [DELTA, STOP, END, META]),
    ("bedrock-order", [START, DELTA, END, META]),
    ("bedrock-order", [START, STOP, END, META]),
    ("bedrock-order", [START, DELTA, STOP, META, END]),
    ("bedrock-end", [START, DELTA, STOP, END]),
    ("bedrock-end", [START]),
    ("bedrock-role", [but(START, role="user"), DELTA, STOP, END, META]),
    ("bedrock-index", [START, but(DELTA, contentBlockIndex=1), but(STOP, contentBlockIndex=1), END, META]),
    ("bedrock-index", [START, DELTA, but(STOP, contentBlockIndex=3), END, META]),
    ("bedrock-start", [START, but(TOOL_START, start={}), DELTA, STOP, END, META]),
    ("bedrock-delta", [START, but(DELTA, delta={}), STOP, END, META]),
    ("bedrock-delta", [START, but(DELTA, delta={"text": "a", "toolUse": {}}), STOP, END, META]),
    ("bedrock-delta", [START, TOOL_START, DELTA, STOP, END, META]),
    ("bedrock-padding", [but(START, p="b"), DELTA, STOP, END, META]),
    ("bedrock-padding", [but(START, p="a"), DELTA, STOP, END, META]),
    ("bedrock-padding", [("messageStart", {"role": "assistant"}), DELTA, STOP, END, META]),
    ("bedrock-spelling", [("messageStart", {"role": "assistant", "p": "ab"}), DELTA, STOP, END, META]),
    ("bedrock-null", [START, but(DELTA, delta={"text": None}), STOP, END, META]),
    ("bedrock-type", [START, but(DELTA, delta={"text": 5}), STOP, END, META]),
    ("bedrock-keys", [but(START, zeal=1), DELTA, STOP, END, META]),
    ("bedrock-keys", [START, DELTA, STOP, END, ("metadata", {"metrics": {"latencyMs": 5}, "p": "ab"})]),
    ("bedrock-event-unknown", [START, ("messagePing", {"p": "ab"}), DELTA, STOP, END, META]),
    ("bedrock-stop-reason", [START, DELTA, STOP, but(END, stopReason="stop"), META]),
    ("bedrock-stop-reason", [START, DELTA, STOP, TOOL_END, META]),
    ("bedrock-usage", [START, DELTA, STOP, END, but(META, usage=USAGE | {"totalTokens": 4})]),
    ("bedrock-usage", [START, DELTA, STOP, END, but(META, usage=USAGE | {"inputTokens": -1})]),
    ("bedrock-end", [START, DELTA, STOP, END, but(META, metrics={})]),
    (
        "bedrock-arguments",
        [START, TOOL_START, but(TOOL_DELTA, delta={"toolUse": {"input": "{"}}), STOP, TOOL_END, META],
    ),
    (
        "bedrock-tool-id",
        [
            START,
            but(TOOL_START, start={"toolUse": {"name": "f", "toolUseId": "a b"}}),
            TOOL_DELTA,
            STOP,
            TOOL_END,
            META,
        ],
    ),
    (
        "bedrock-reasoning",
        [
            START,
            but(DELTA, delta={"reasoningContent": {"signature": "a"}}),
            but(DELTA, delta={"reasoningContent": {"text": "a"}}),
            STOP,
            END,
            META,
        ],
    ),
    (
        "bedrock-reasoning",
        [START, but(DELTA, delta={"reasoningContent": {"redactedContent": "*"}}), STOP, END, META],
    ),
]


def found(data: bytes) -> list[Finding]:
    reader = PROTOCOL.reader("")
    reader.feed(data)
    reader.finish()
    return reader.findings


def framed(frames: list[tuple[str, Any]]) -> bytes:
    return b"".join(eventstream.event(name, compact(payload).encode()).wire for name, payload in frames)


@pytest.mark.parametrize(("rule", "frames"), BROKEN)
def test_a_broken_rule_is_found_by_its_name(rule: str, frames: list[tuple[str, Any]]) -> None:
    findings = found(framed(frames))
    assert rule in {finding.rule for finding in findings}


def test_a_sound_stream_has_no_findings() -> None:
    assert found(framed([START, DELTA, STOP, END, META])) == []
    assert found(framed([START, TOOL_START, TOOL_DELTA, STOP, TOOL_END, META])) == []
    cut = but(TOOL_DELTA, delta={"toolUse": {"input": "{"}})
    assert found(framed([START, TOOL_START, cut, STOP, but(END, stopReason="max_tokens"), META])) == []


def test_breaks_of_the_framing_are_found_with_their_place() -> None:
    data = framed([START, DELTA, STOP, END, META])
    first = eventstream.event(START[0], compact(START[1]).encode()).wire
    (finding, *_) = found(data[: len(first) + 5])
    assert finding.rule == "bedrock-framing"
    assert finding.offset == len(first)
    failed = first + eventstream.exception("throttlingException", b'{"message":"Slow."}').wire
    assert [one.rule for one in found(failed)] == ["bedrock-exception", "bedrock-end"]
    assert "Slow." in found(failed)[0].sentence
    headers = eventstream.Message(
        (
            eventstream.Header(":message-type", "string", "event"),
            eventstream.Header(":event-type", "string", "messageStart"),
            eventstream.Header(":content-type", "string", "application/json"),
        ),
        b'{"p":"ab","role":"assistant"}',
    )
    assert "bedrock-headers" in {one.rule for one in found(eventstream.encode(headers))}
    assert "bedrock-json" in {one.rule for one in found(eventstream.event("messageStart", b"[]").wire)}
    spaced = eventstream.event("messageStart", b'{"p": "ab","role":"assistant"}').wire
    assert "bedrock-spelling" in {one.rule for one in found(spaced)}


def test_every_finding_has_a_rule_that_is_explained() -> None:
    for _, frames in BROKEN:
        for finding in found(framed(frames)):
            assert finding.rule in PROTOCOL.rules
    broken = {rule for rule, _ in BROKEN}
    elsewhere = {"bedrock-framing", "bedrock-headers", "bedrock-exception", "bedrock-json"}
    assert broken | elsewhere == set(PROTOCOL.rules)


WHOLE_BROKEN: list[tuple[str, Any]] = [
    ("bedrock-keys", {}),
    ("bedrock-role", {"output": {"message": {"content": [], "role": "user"}}}),
    ("bedrock-delta", {"output": {"message": {"content": [{}], "role": "assistant"}}}),
    (
        "bedrock-arguments",
        {
            "output": {
                "message": {
                    "content": [{"toolUse": {"input": [], "name": "f", "toolUseId": "a"}}],
                    "role": "assistant",
                }
            }
        },
    ),
    ("bedrock-stop-reason", {"stopReason": "stop"}),
    ("bedrock-usage", {"usage": None}),
]


@pytest.mark.parametrize(("rule", "change"), WHOLE_BROKEN)
def test_a_broken_rule_of_a_whole_answer_is_found(rule: str, change: Any) -> None:
    sound = json.loads(answered(asking("Hi"), NOVA, stream=False))
    findings: list[Finding] = []
    PROTOCOL.read_whole(compact(sound | change if change else {}).encode(), findings)
    assert rule in {finding.rule for finding in findings}


def test_facts_keep_what_neutral_kinds_cannot_hold() -> None:
    body = asking(
        "Hi",
        guardrailConfig={"guardrailIdentifier": "abc123", "guardrailVersion": "1", "trace": "enabled"},
        serviceTier={"type": "flex"},
    )
    for stream in (True, False):
        call = call_of(body, NOVA, stream=stream)
        data = wire(turn_of(call, Reply(blocks=(Text.of("No."),), finish="content_filter")), call)
        if stream:
            reader = PROTOCOL.reader("")
            reader.feed(data)
            turn = reader.finish()
        else:
            turn = PROTOCOL.read_whole(data, [])
        assert turn.facts["stopReason"] == "guardrail_intervened"
        assert turn.facts["trace"]["guardrail"]["actionReason"] == "Guardrail blocked."
        again = wire(turn, call)
        assert again == data


def test_a_tool_without_arguments_reads_as_an_empty_object() -> None:
    call = call_of(asking("Now?", toolConfig={"tools": [WEATHER]}))
    turn = turn_of(call, Reply(blocks=(ToolCall(name="now", arguments={}),)))
    reader = PROTOCOL.reader("")
    reader.feed(wire(turn, call))
    (block,) = reader.finish().blocks
    assert isinstance(block, ToolCall)
    assert block.text == "{}"
