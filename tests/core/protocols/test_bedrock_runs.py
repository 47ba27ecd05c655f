"""A stream made from templates is, frame by frame, what the plain JSON encoder would have made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from core.protocols.bedrock_pipeline import CLAUDE, GPT_OSS, NOVA, STAMP, asking, call_of
from core.protocols.test_bedrock_read import turns
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core import eventstream
from mockllm_core.frame import Run
from mockllm_core.jsontext import sorted_compact
from mockllm_core.protocols.bedrock_converse import PROTOCOL
from mockllm_core.protocols.bedrock_converse.stream import padding
from mockllm_core.reply import Choice, Finish, Opaque, Text, ToolCall, Turn, Usage

if TYPE_CHECKING:
    from mockllm_core.protocol import Call

SAID = asking("Hi", serviceTier={"type": "flex"}, additionalModelResponseFieldPaths=["/stop_sequence"])


def is_as_if_plain(turn: Turn, call: Call) -> list[Run]:
    runs = [step for step in PROTOCOL.runs(turn, call, STAMP) if isinstance(step, Run)]
    frames = list(PROTOCOL.stream(turn, call, STAMP))
    assert b"".join(frame.wire for frame in frames) == b"".join(run.wire for run in runs)
    assert [run.number for run in runs] == [len(list(run.cut(run.wire))) for run in runs]
    for nth, frame in enumerate(frames):
        assert frame == eventstream.event(frame.event, sorted_compact(frame.payload).encode())
        assert frame.payload["p"] == padding(STAMP, nth)
    return runs


@settings(deadline=None, max_examples=60)
@given(turns(), st.sampled_from([CLAUDE, NOVA, GPT_OSS]), st.sampled_from([asking("Hi"), SAID]))
def test_every_payload_is_what_the_plain_encoder_makes(turn: Turn, model: str, body: object) -> None:
    is_as_if_plain(turn, call_of(body, model))


def said(*blocks: Text | ToolCall | Opaque) -> Turn:
    choice = Choice(blocks=blocks, finish=Finish("stop"))
    return Turn(choices=(choice,), usage=Usage(input_tokens=1, output_tokens=1))


@pytest.mark.parametrize(
    "turn",
    [
        said(),
        said(Text(pieces=("a\ud800", "\u2028\x00", "", '"\\', "\x7f\x85"))),
        said(Text(pieces=("x" * 2000, "é" * 2000))),
        said(ToolCall(name='"', pieces=("{}",), id="a"), Text(pieces=())),
        said(Opaque(protocol="bedrock-converse", payload={"start": None, "deltas": [{"x": [1, None, "é"]}]})),
        said(Opaque(protocol="bedrock-converse", payload={"start": {"b": 1, "a": 2}, "deltas": []})),
    ],
)
def test_rare_texts_and_blocks_are_spelled_like_plain_ones(turn: Turn) -> None:
    is_as_if_plain(turn, call_of(asking("Hi")))


def test_a_long_answer_comes_in_several_runs_and_its_paddings_go_on() -> None:
    pieces = tuple(f"{nth} " for nth in range(5000))
    runs = is_as_if_plain(said(Text(pieces=pieces)), call_of(asking("Hi")))
    assert len(runs) > 5
    assert max(run.number for run in runs) < 1000
