"""Templates and runs against the plain encoding: the same bytes for any Turn."""

from __future__ import annotations

import json
import math
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from core.protocols.google_genai_case import (
    NEW,
    NOW,
    OLD,
    STAMP,
    THINK,
    TOOLS,
    call_for,
    path_of,
    request,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core.frame import Frame, Run, frames
from mockllm_core.protocols.google_genai import PROTOCOL, ids
from mockllm_core.protocols.google_genai.candidates import Answer
from mockllm_core.protocols.google_genai.spell import Number, airy, pretty, quote, quotes
from mockllm_core.protocols.google_genai.stream import _side_by_side, framed
from mockllm_core.protocols.google_genai.whole import _candidate
from mockllm_core.reply import Choice, Finish, Reasoning, Refusal, Text, ToolCall, Turn, Usage
from mockllm_core.stamp import Stamp

if TYPE_CHECKING:
    from mockllm_core.protocol import Call

WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "plain", "<b>", "%s %d", "\0", "\1", "\2", "\3", "é\u2028", "\ud800", "\r\n\r\n", ",\r\n"]
    ),
)
PIECES = st.lists(WORDS, max_size=5).map(tuple)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
ARGUMENTS = st.dictionaries(WORDS, JSON, max_size=3)
BLOCKS = st.lists(
    st.one_of(
        st.builds(Text, pieces=PIECES),
        st.builds(Reasoning, pieces=PIECES, signature=st.sampled_from([None, None, "c2ln"])),
        st.builds(ToolCall, name=WORDS, arguments=ARGUMENTS, id=st.sampled_from([None, "", "mine"])),
        st.builds(Refusal, pieces=PIECES),
    ),
    max_size=4,
).map(tuple)
USAGES = st.builds(
    lambda prompt, said, thought, cached: Usage(
        input_tokens=prompt, output_tokens=said + thought, reasoning=thought, cache_read=cached
    ),
    st.integers(0, 50),
    st.integers(0, 50),
    st.integers(0, 9),
    st.sampled_from([0, 0, 7]),
)
TURNS = st.builds(
    lambda blocks, reason, usage: Turn(choices=(Choice(blocks=blocks, finish=Finish(reason)),), usage=usage),
    BLOCKS,
    st.sampled_from(["stop", "length", "content_filter", "tool_call"]),
    USAGES,
)
IMAGE = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
CACHED = {"tokens": 7, "of": [{"modality": "TEXT", "tokenCount": 3}, {"modality": "IMAGE", "tokenCount": 4}]}
IN_PIECES = {"functionCallingConfig": {"streamFunctionCallArguments": True}}
CALLS = [
    call_for(body, path_of(model, vertex=vertex) + query)
    for model in (OLD, NOW, NEW, "gemini-3-flash-preview")
    for vertex in (False, True)
    for query in ("?alt=sse", "")
    for body in (
        request(),
        request(tools=TOOLS, serviceTier='odd "%(tier)s"'),
        request() | {"contents": [{"role": "user", "parts": [{"text": "See"}, IMAGE]}]},
        request(tools=TOOLS) | ({} if model == OLD else {"generationConfig": THINK}),
    )
]
CALLS += [
    call_for(request(tools=TOOLS, toolConfig=IN_PIECES), path_of(model, vertex=True) + query)
    for model in (NEW, "gemini-3.1-pro-preview")
    for query in ("?alt=sse", "")
]
CALLS += [replace(call, body={**call.body, "cachedContent": CACHED}) for call in CALLS]


@given(TURNS, st.sampled_from(CALLS))
@settings(deadline=None, max_examples=100)
def test_templates_write_what_the_plain_encoder_writes(turn: Turn, call: Call) -> None:
    array = call.form.endswith("array")
    plain = [
        framed(text, nth, array=array)
        for nth, text in enumerate(_side_by_side(Answer(turn, call, STAMP), array=array))
    ]
    assert list(PROTOCOL.stream(turn, call, STAMP)) == [*plain, *([Frame("", b"]")] if array else [])]


@given(TURNS, st.sampled_from(CALLS))
@settings(deadline=None, max_examples=60)
def test_a_whole_body_is_what_the_plain_encoder_writes(turn: Turn, call: Call) -> None:
    answer = Answer(
        turn, replace(call, form=call.form.replace("sse", "whole").replace("array", "whole")), STAMP
    )
    usage = answer.counter.blocked() if answer.bare(0) and not turn.facts else answer.counter.total()
    body = {"candidates": [_candidate(answer, 0)], "usageMetadata": usage} | answer.closing()
    assert PROTOCOL.whole(turn, answer.call, STAMP) == f"{pretty(body)}\n".encode()


@given(TURNS, st.sampled_from(CALLS))
@settings(deadline=None, max_examples=60)
def test_a_run_is_its_frames_and_each_payload_is_spelled_as_the_plain_encoder_spells_it(
    turn: Turn, call: Call
) -> None:
    spell = pretty if call.form.endswith("array") else airy
    steps = list(PROTOCOL.runs(turn, call, STAMP))
    for step in steps:
        if isinstance(step, Run):
            assert step.number == len(list(step.cut(step.wire)))
    assert b"".join(step.wire for step in steps) == b"".join(frame.wire for frame in frames(steps))
    for frame in frames(steps):
        text = frame.wire[frame.start : frame.end].decode()
        if text:
            assert spell(json.loads(text, parse_float=Number)) == text


@pytest.mark.parametrize("model", [OLD, NOW, NEW])
@pytest.mark.parametrize("query", ["?alt=sse", ""])
def test_a_long_text_is_many_runs_of_the_same_bytes_and_never_there_at_once(model: str, query: str) -> None:
    call = call_for(request(), path_of(model) + query)
    pieces = tuple(f"piece {nth} " for nth in range(8_000))
    turn = Turn(
        choices=(Choice(blocks=(Text(pieces=pieces),), finish=Finish("stop")),),
        usage=Usage(input_tokens=3, output_tokens=20_000),
    )
    few = Turn(choices=(Choice(blocks=(Text(pieces=pieces[:3]),), finish=Finish("stop")),), usage=turn.usage)
    list(PROTOCOL.runs(few, call, STAMP))
    tracemalloc.start()
    size = sum(len(step.wire) for step in PROTOCOL.runs(turn, call, STAMP))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 2_000_000
    assert peak < 1_800_000
    array = not query
    plain = (
        framed(text, nth, array=array)
        for nth, text in enumerate(_side_by_side(Answer(turn, call, STAMP), array=array))
    )
    made = PROTOCOL.stream(turn, call, STAMP)
    for frame in plain:
        assert next(made) == frame
    assert list(made) == ([Frame("", b"]")] if array else [])


@given(JSON)
@settings(deadline=None, max_examples=100)
def test_one_line_is_the_pretty_form_without_its_breaks_and_reads_back(value: Any) -> None:
    text = airy(value)
    assert airy(json.loads(text, parse_float=Number)) == text
    assert json.loads(pretty(value)) == json.loads(text)
    assert "".join(line.lstrip(" ") for line in pretty(value).split("\n")) == text


@given(st.floats())
@settings(deadline=None, max_examples=100)
def test_a_float_among_strings_is_spelled_as_it_is_alone(value: float) -> None:
    assert airy({"a": [value, "2.5"]}) == f'{{"a": [{airy(value)},"2.5"]}}'
    if math.isfinite(value):
        assert float(airy(value)) == value


@given(st.lists(WORDS, max_size=6))
@settings(deadline=None, max_examples=60)
def test_many_strings_are_quoted_as_each_is(pieces: list[str]) -> None:
    assert quotes(pieces) == list(map(quote, pieces))


@given(st.binary(max_size=8), st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)))  # noqa: DTZ001 - st.datetimes wants naive bounds
@settings(deadline=None, max_examples=60)
def test_a_response_id_decodes_as_the_recorded_ones_do(seed: bytes, now: datetime) -> None:
    made = ids.response_id(Stamp(seed=seed, now=now.replace(tzinfo=UTC)))
    assert ids.is_response_id(made)
    assert len(made) in (20, 22, 23)
