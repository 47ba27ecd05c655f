"""Laws: what is spelled reads back the same, in any pieces; nothing that is fed raises."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from core.protocols.openai_chat_pipeline import ADD, STAMP, TOOL, answer, call_for, encode, request, turn_for
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core.frame import Run
from mockllm_core.jsontext import compact
from mockllm_core.protocols.openai_chat import PROTOCOL
from mockllm_core.reply import Choice, Finish, Reasoning, Refusal, Text, ToolCall, Turn, Usage

if TYPE_CHECKING:
    from mockllm_core.frame import Finding
    from mockllm_core.reply import Block

words = st.text(max_size=12)
pieces = st.lists(words.filter(bool), max_size=4).map(tuple)
ids = st.text("abcXYZ019", min_size=24, max_size=24).map("call_".__add__)
jsons = st.dictionaries(words, st.integers() | words | st.lists(words, max_size=2), max_size=2)


@st.composite
def cut_texts(draw: st.DrawFn, text: str) -> tuple[str, ...]:
    """The text in pieces, none empty."""
    marks = sorted(draw(st.sets(st.integers(1, max(1, len(text) - 1)), max_size=4)))
    return tuple(text[a:b] for a, b in zip([0, *marks], [*marks, len(text)], strict=True) if text[a:b])


@st.composite
def calls(draw: st.DrawFn) -> ToolCall:
    name, known = draw(words.filter(bool)), draw(ids)
    if draw(st.booleans()):
        return ToolCall(name=name, pieces=draw(pieces), id=known, free_text=True)
    return ToolCall(name=name, pieces=draw(cut_texts(compact(draw(jsons)))), id=known)


@st.composite
def spoken(draw: st.DrawFn) -> Choice:
    said = draw(st.sampled_from(["text", "refusal", "calls", "both"]))
    blocks: list[Block] = []
    if said in ("text", "both"):
        blocks.append(Text(pieces=draw(pieces)))
    if said == "refusal":
        blocks.append(Refusal(pieces=draw(pieces)))
    if said in ("calls", "both"):
        blocks += draw(st.lists(calls(), min_size=1, max_size=3))
        return Choice(blocks=tuple(blocks), finish=Finish("tool_call"))
    ends = [Finish("stop"), Finish("length"), Finish("content_filter")]
    return Choice(blocks=tuple(blocks), finish=draw(st.sampled_from(ends)))


counts = st.integers(0, 10**6)
usages = st.builds(Usage, input_tokens=counts, output_tokens=counts, cache_read=counts, reasoning=counts)
turns = st.builds(Turn, choices=st.lists(spoken(), min_size=1, max_size=3).map(tuple), usage=usages)
models = st.sampled_from(["gpt-4o", "gpt-4o-mini", "gpt-5", "gpt-3.5-turbo", "o3", "someone-elses"])
USAGE = {"include_usage": True}


def read_stream(wire: bytes, cuts: list[int] | None = None) -> tuple[Turn, list[Finding]]:
    reader = PROTOCOL.reader("text/event-stream; charset=utf-8")
    marks = sorted(cut % (len(wire) + 1) for cut in cuts or [])
    for start, end in zip([0, *marks], [*marks, len(wire)], strict=True):
        reader.feed(wire[start:end])
    return reader.finish(), reader.findings


@settings(max_examples=80, deadline=None)
@given(turn=turns, model=models, cuts=st.lists(st.integers(0), max_size=6))
def test_a_stream_reads_back_in_any_pieces(turn: Turn, model: str, cuts: list[int]) -> None:
    call = call_for(request(model=model, stream=True, stream_options=USAGE))
    wire = encode(turn, call)
    back, findings = read_stream(wire, cuts)
    assert not findings
    assert (back.choices, back.usage) == (turn.choices, turn.usage)
    assert encode(back, call) == wire


@settings(max_examples=80, deadline=None)
@given(turn=turns, model=models, padded=st.booleans(), counted=st.booleans())
def test_a_stream_is_the_plain_encoding_of_its_chunks(
    turn: Turn, model: str, *, padded: bool, counted: bool
) -> None:
    options = {"include_usage": counted, "include_obfuscation": padded}
    call = call_for(request(model=model, stream=True, stream_options=options))
    runs = list(PROTOCOL.runs(turn, call, STAMP))
    frames = list(PROTOCOL.stream(turn, call, STAMP))
    assert b"".join(run.wire for run in runs) == b"".join(frame.wire for frame in frames)
    assert sum(run.number for run in runs if isinstance(run, Run)) == len(frames)
    text, starts = STAMP.noise_cuts(len(frames))
    nth = 0
    for frame in frames[:-1]:
        chunk = frame.payload
        noise = chunk.pop("obfuscation", None)
        plain = compact(chunk)
        if padded:
            assert noise == text[starts[nth] :][: -len(plain) % 16]
            plain = f'{plain[:-1]},"obfuscation":"{noise}"}}'
        assert frame.wire == f"data: {plain}\n\n".encode()
        nth += 1
    assert nth == len(frames) - 1


def test_a_long_answer_is_made_a_part_at_a_time() -> None:
    call = call_for(request(stream=True))
    turn = Turn(
        choices=(Choice(blocks=(Text(pieces=("a",) * 2600),), finish=Finish("stop")),),
        usage=Usage(input_tokens=1, output_tokens=1),
    )
    runs = list(PROTOCOL.runs(turn, call, STAMP))
    assert len(runs) > 4
    assert b"".join(run.wire for run in runs) == encode(turn, call)


@settings(max_examples=80, deadline=None)
@given(turn=turns, model=models)
def test_a_whole_answer_reads_back(turn: Turn, model: str) -> None:
    call = call_for(request(model=model))
    body = encode(turn, call)
    findings: list[Finding] = []
    back = PROTOCOL.read_whole(body, findings)
    assert not findings
    assert [said(choice) for choice in back.choices] == [said(choice) for choice in turn.choices]
    assert back.usage == turn.usage
    assert encode(back, call) == body


def said(choice: Choice) -> list[tuple[type, str]]:
    joined = [replace(block, id=None) if isinstance(block, ToolCall) else block for block in choice.blocks]
    return [(type(block), block.text) for block in joined if isinstance(block, Text | Refusal | ToolCall)]


@settings(max_examples=40, deadline=None)
@given(turn=turns)
def test_a_stream_and_a_whole_answer_say_the_same(turn: Turn) -> None:
    streamed, _ = read_stream(encode(turn, call_for(request(stream=True, stream_options=USAGE))))
    whole = PROTOCOL.read_whole(encode(turn, call_for(request())), [])
    assert [said(choice) for choice in streamed.choices] == [said(choice) for choice in whole.choices]
    assert (streamed.usage, streamed.facts["model"]) == (whole.usage, whole.facts["model"])


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("block", [Text.of("Foo bar!"), Refusal.of("No, sorry.")])
def test_log_probabilities_read_back(block: Block, *, stream: bool) -> None:
    call = call_for(request(logprobs=True, top_logprobs=3, stream=stream))
    wire = encode(turn_for(call, block), call)
    findings: list[Finding] = []
    if stream:
        back, findings = read_stream(wire)
    else:
        back = PROTOCOL.read_whole(wire, findings)
    assert not findings
    (read,) = back.blocks
    assert isinstance(read, Text | Refusal)
    assert read.logprobs is not None
    assert encode(back, call) == wire


def test_a_function_call_of_the_old_kind_reads_back() -> None:
    legacy = {"functions": [{"name": "add", "parameters": ADD}]}
    block = ToolCall(name="add", pieces=('{"a"', ":1}"))
    for stream in (True, False):
        call = call_for(request(stream=stream, **legacy))
        wire = encode(turn_for(call, block), call)
        back = read_stream(wire)[0] if stream else PROTOCOL.read_whole(wire, [])
        assert said(back.choices[0]) == [(ToolCall, '{"a":1}')]
        assert back.finish.reason == "tool_call"


# -- damage ---------------------------------------------------------------------------------------------------------

GOOD = answer(
    request(stream=True, stream_options=USAGE, tools=[TOOL]),
    Text.of("Hello, you."),
    ToolCall(name="add", arguments={"a": 1}),
)
WHOLE = answer(request(tools=[TOOL], logprobs=True), Text.of("Hi"), ToolCall(name="add", arguments={}))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200) | st.lists(st.sampled_from(GOOD.split(b"\n")), max_size=8).map(b"\n".join))
def test_reading_garbage_never_raises_and_is_never_fine(data: bytes) -> None:
    _, findings = read_stream(data)
    assert findings
    noted: list[Finding] = []
    PROTOCOL.read_whole(data, noted)
    assert noted


junk = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def damaged(value: Any, path: list[int], junk: Any) -> Any:
    """The value with what stands at a place in it replaced."""
    if not path or not value or not isinstance(value, dict | list):
        return junk
    if isinstance(value, list):
        at = path[0] % len(value)
        return [*value[:at], damaged(value[at], path[1:], junk), *value[at + 1 :]]
    key = sorted(value)[path[0] % len(value)]
    return value | {key: damaged(value[key], path[1:], junk)}


@settings(max_examples=100, deadline=None)
@given(nth=st.integers(0), path=st.lists(st.integers(0, 20), min_size=1, max_size=6), junk=junk)
def test_reading_a_damaged_chunk_never_raises(nth: int, path: list[int], junk: Any) -> None:
    events = GOOD.decode().split("\n\n")
    at = nth % (len(events) - 2)
    events[at] = "data: " + json.dumps(damaged(json.loads(events[at][6:]), path, junk))
    read_stream("\n\n".join(events).encode("utf-8", "replace"))
    PROTOCOL.read_whole(json.dumps(damaged(json.loads(WHOLE), path, junk)).encode(), [])


def without_padding(text: str) -> str:
    return re.sub(r',"obfuscation":"\w*"', "", text)


BREAKS: list[tuple[str, str, str]] = [
    ("chat-framing", r"^data: ", "event: chunk\ndata: "),
    ("chat-framing", r"\n\n", "\r\n\r\n"),
    ("chat-json", r'"delta":', '"delta": '),
    ("chat-json", r"^data: {", "data: "),
    ("chat-keys", r'"object":"chat.completion.chunk","created":1767225600,', '"created":1767225600,"object":"chat.completion.chunk",'),
    ("chat-keys", r'"index":0,"delta"', '"index":0,"extra":1,"delta"'),
    ("chat-value", r"chat.completion.chunk", "chat.completion"),
    ("chat-value", r"fp_", "fp-"),
    ("chat-id", r"chatcmpl-", "chatcmpl_"),
    ("chat-stable", r'"created":1767225600', '"created":1767225601'),
    ("chat-null", r'"content":","', '"content":",","tool_calls":null'),
    ("chat-role", r'"role":"assistant",', ""),
    ("chat-role", r'{"content":","', '{"role":"assistant","content":","'),
    ("chat-tool", r'"type":"function",', ""),
    ("chat-tool", r"call_\w{24}", "call-1"),
    ("chat-tool", r'{"index":0,"function":{"arguments":"a"', '{"index":0,"id":null,"function":{"arguments":"a"'),
    ("chat-arguments", r'"arguments":"}"', '"arguments":")"'),
    ("chat-finish", r'"finish_reason":"tool_calls"', '"finish_reason":null'),
    ("chat-usage", r'"total_tokens":\d+', '"total_tokens":1'),
    ("chat-usage", r',"usage":null', ""),
    ("chat-logprobs", r'"logprobs":null', '"logprobs":{}'),
    ("chat-obfuscation", r'"obfuscation":"', '"obfuscation":"x'),
    ("chat-obfuscation", r',"obfuscation":"\w*"', ""),
    ("chat-done", r"data: \[DONE\]\n\n", ""),
    ("chat-done", r"(data: \[DONE\]\n\n)", r"\1\1"),
    ("chat-choice", r'"index":0,"delta"', '"index":1,"delta"'),
    ("chat-error", r'"choices":\[\]', '"error":{"message":"x"},"choices":[]'),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "what", "instead"), BREAKS)
def test_each_break_of_a_rule_is_found(rule: str, what: str, instead: str) -> None:
    assert not read_stream(GOOD)[1]
    broken, times = re.subn(
        what, instead, GOOD.decode(), count=0 if rule == "chat-choice" else 1, flags=re.MULTILINE
    )
    assert times, "the text to break is not there"
    found = {finding.rule for finding in read_stream(broken.encode())[1]}
    assert rule in found
    assert found <= set(PROTOCOL.rules)


WHOLE_BREAKS: list[tuple[str, str, str]] = [
    ("chat-layout", r"\n$", ""),
    ("chat-layout", r"^{\n  ", "{\n    "),
    ("chat-json", r"}\n$", ""),
    ("chat-keys", r'"annotations"', '"comments"'),
    ("chat-null", r'"tool_calls": \[[^]]*\]', '"tool_calls": null'),
    ("chat-role", r'"role": "assistant"', '"role": "user"'),
    ("chat-finish", r'"finish_reason": "tool_calls"', '"finish_reason": null'),
    ("chat-tool", r'"id": "call_', '"index": 0,\n"id": "call_'),
    ("chat-arguments", r'"arguments": "{}"', '"arguments": "{"'),
    ("chat-usage", r'"reasoning_tokens": 0,\s*', ""),
    ("chat-logprobs", r'"bytes": \[\s*72', '"bytes": [\n 73'),
    ("chat-error", r'"object"', '"error": "x",\n  "object"'),
]


@pytest.mark.parametrize(("rule", "what", "instead"), WHOLE_BREAKS)
def test_each_break_of_a_whole_answer_is_found(rule: str, what: str, instead: str) -> None:
    assert not noted(WHOLE)
    broken, times = re.subn(what, instead, WHOLE.decode(), count=1)
    assert times, "the text to break is not there"
    assert rule in {finding.rule for finding in noted(broken.encode())}


def noted(body: bytes) -> list[Finding]:
    findings: list[Finding] = []
    PROTOCOL.read_whole(body, findings)
    return findings


def test_every_rule_has_a_test_that_breaks_it() -> None:
    assert {rule for rule, _, _ in BREAKS + WHOLE_BREAKS} == set(PROTOCOL.rules)


def test_a_finding_says_where() -> None:
    broken = GOOD.replace(b'"content":","', b'"content": ","')
    (finding, *_) = read_stream(broken)[1]
    assert (finding.rule, finding.event) == ("chat-json", 2)
    assert broken[finding.offset :].startswith(b"data: ")


def test_the_same_stamp_gives_the_same_bytes() -> None:
    call = call_for(request(stream=True, n=3, logprobs=True))
    turn = turn_for(call, Reasoning.of("Hm."), Text.of("Same."), replies=3)
    fresh = replace(STAMP)
    frames = b"".join(frame.wire for frame in PROTOCOL.stream(turn, call, fresh))
    assert frames == encode(turn, call)
