"""The readers: mirrors of the encoders, strict, and unmoved by garbage."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from core.protocols.google_genai_case import (
    HELLO,
    NEW,
    NOW,
    OLD,
    STAMP,
    TOOLS,
    answer,
    call_for,
    encode,
    path_of,
    request,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core.jsontext import compact
from mockllm_core.protocols.google_genai import PROTOCOL
from mockllm_core.protocols.google_genai.spell import airy
from mockllm_core.reply import Choice, Finish, Reasoning, Text, ToolCall, Turn, Usage

if TYPE_CHECKING:
    from mockllm_core.frame import Finding
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block

MODELS = [OLD, NOW, NEW, "gemini-3-pro-preview"]
FORMS = [("?alt=sse", "streamGenerateContent"), ("", "streamGenerateContent"), ("", "generateContent")]
TYPES = {"?alt=sse": "text/event-stream", "": "application/json; charset=UTF-8"}

words = st.text(min_size=1, max_size=30)
pieces = st.lists(words, min_size=1, max_size=4).map(tuple)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
calls = st.builds(
    lambda name, args, ident: ToolCall(name=name, pieces=(compact(args),), id=ident),
    st.sampled_from(["get_weather", "f"]),
    st.dictionaries(st.text(max_size=6), values, max_size=3),
    st.text("abcdefghij0123456789", min_size=8, max_size=8),
)
usages = st.builds(
    lambda prompt, said, thought, cached: Usage(
        input_tokens=prompt, output_tokens=said + thought, reasoning=thought, cache_read=min(cached, prompt)
    ),
    st.integers(1, 999),
    st.integers(1, 999),
    st.integers(0, 99),
    st.integers(0, 99),
)


@st.composite
def turns(draw: st.DrawFn, streamed: bool, signed: bool) -> Turn:
    """Build a Turn that Gemini can say, in the form in which a reader gives it back."""
    choices: list[Choice] = []
    for _ in range(draw(st.integers(1, 2))):
        blocks: list[Block] = []
        signature = "EmoKaAFtb2Nr" if signed else None
        if draw(st.booleans()):
            blocks.append(Reasoning(pieces=draw(pieces), signature=signature))
        elif signed:
            blocks.append(Reasoning(signature=signature))
        called = draw(st.lists(calls, max_size=3))
        if draw(st.booleans()) or not called:
            said = draw(pieces)
            blocks.append(Text(pieces=said if streamed else ("".join(said),)))
        if not streamed:
            blocks = [
                replace(block, pieces=("".join(block.pieces),) if block.pieces else ())
                if isinstance(block, Reasoning)
                else block
                for block in blocks
            ]
        blocks += called
        reason: Any = "tool_call" if called else draw(st.sampled_from(["stop", "length"]))
        choices.append(Choice(blocks=tuple(blocks), finish=Finish(reason)))
    return Turn(choices=tuple(choices), usage=draw(usages))


def read_back(wire: bytes, call: Call, query: str, step: int) -> tuple[Turn, list[Finding]]:
    if not call.stream:
        findings: list[Finding] = []
        return PROTOCOL.read_whole(wire, findings), findings
    reader = PROTOCOL.reader(TYPES[query])
    for at in range(0, len(wire), step):
        reader.feed(wire[at : at + step])
    return reader.finish(), reader.findings


@given(st.data(), st.sampled_from(MODELS), st.sampled_from(FORMS), st.booleans(), st.integers(1, 200))
@settings(deadline=None, max_examples=100)
def test_what_is_spelled_is_read_back(
    data: st.DataObject, model: str, form: tuple[str, str], vertex: bool, step: int
) -> None:
    query, method = form
    call = call_for(request(), path_of(model, method=method, vertex=vertex) + query)
    signed = model not in (OLD, NOW)
    turn = data.draw(turns(call.stream, signed))
    wire = encode(turn, call)
    found, findings = read_back(wire, call, query, step)
    assert not findings
    assert found.choices == turn.choices
    assert found.usage == turn.usage
    assert encode(found, call) == wire
    assert read_back(encode(found, call), call, query, 64)[0] == found


@given(st.binary(max_size=300), st.sampled_from(list(TYPES.values())))
@settings(deadline=None, max_examples=100)
def test_garbage_is_noted_and_never_raises(data: bytes, kind: str) -> None:
    reader = PROTOCOL.reader(kind)
    reader.feed(data)
    reader.finish()
    assert reader.findings
    findings: list[Finding] = []
    PROTOCOL.read_whole(data, findings)
    assert findings


SSE = answer(request(tools=TOOLS), path_of(NEW) + "?alt=sse", HELLO, ToolCall(name="f", arguments={"a": [1]}))
ARRAY = answer(request(), path_of(NOW), HELLO)


@given(st.data())
@settings(deadline=None, max_examples=100)
def test_a_damaged_answer_never_raises(data: st.DataObject) -> None:
    wire, kind = data.draw(st.sampled_from([(SSE, "text/event-stream"), (ARRAY, "application/json")]))
    at = data.draw(st.integers(0, len(wire) - 1))
    damaged = wire[:at] + data.draw(st.binary(max_size=3)) + wire[at + data.draw(st.integers(0, 40)) :]
    reader = PROTOCOL.reader(kind)
    reader.feed(damaged)
    reader.finish()
    PROTOCOL.read_whole(damaged, [])


def edited(pattern: str, replacement: str, wire: bytes = SSE) -> bytes:
    changed = re.sub(pattern.encode(), replacement.encode(), wire, count=1)
    assert changed != wire
    return changed


BROKEN = [
    ("gemini-framing", edited(r"\r\n\r\n", "\n\n")),
    ("gemini-framing", SSE + b"data: {"),
    ("gemini-framing", b"event: x\r\n" + SSE),
    ("gemini-json", SSE + b"data: [DONE]\r\n\r\n"),
    ("gemini-spelling", edited(r'"candidates": ', '"candidates":')),
    ("gemini-null", edited(r'"serviceTier": "standard"', '"serviceTier": null')),
    ("gemini-keys", edited(r'"index": 0', '"index": 0,"zebra": 1')),
    (
        "gemini-order",
        edited(r'"role": "model"\},"index": 0', '"role": "model"},"finishMessage": "x","index": 0'),
    ),
    ("gemini-order", edited(r'"parts": (\[.*?\]),"role": "model"', r'"role": "model","parts": \1')),
    ("gemini-identity", edited(r'"responseId": "A', '"responseId": "B')),
    ("gemini-identity", edited(r'"modelVersion": "[^"]*",', "")),
    ("gemini-role", edited(r'"role": "model"', '"role": "user"')),
    ("gemini-index", edited(r'"index": 0', '"index": 3')),
    ("gemini-index", edited(r'"index": 0', '"index": "0"')),
    ("gemini-parts", edited(r'"args": \{"a": \[1\]\}', '"args": "{}"')),
    ("gemini-parts", edited(r'"content": \{.*?\},"index"', '"index"')),
    ("gemini-signature", edited(r'"thoughtSignature": "E', '"thoughtSignature": "?')),
    ("gemini-finish", edited(r'"finishReason": "STOP",', "")),
    ("gemini-finish", edited(r'"finishReason": "STOP"', '"finishReason": "tool_calls"')),
    ("gemini-finish", edited(r'"finishReason": "STOP"', '"finishReason": []')),
    ("gemini-usage", edited(r'"totalTokenCount": \d+', '"totalTokenCount": 1')),
    ("gemini-usage", edited(r'"usageMetadata": \{.*?\},"model', '"model')),
    (
        "gemini-error",
        SSE + b'data: {"error": {"code": 503,"message": "Gone.","status": "UNAVAILABLE"}}\r\n\r\n',
    ),
    ("gemini-empty", b""),
]


@pytest.mark.parametrize(("rule", "wire"), BROKEN)
def test_a_broken_rule_is_found_by_its_name(rule: str, wire: bytes) -> None:
    reader = PROTOCOL.reader("text/event-stream")
    reader.feed(wire)
    reader.finish()
    assert rule in {finding.rule for finding in reader.findings}
    assert {finding.rule for finding in reader.findings} <= set(PROTOCOL.rules)


@pytest.mark.parametrize(
    "wire",
    [
        ARRAY[:-1],
        ARRAY + b"\n",
        ARRAY.replace(b"\n]", b"]"),
        ARRAY[1:],
        answer(request(), path_of(NEW), HELLO).replace(b",\r\n{", b",\n{"),
        b"[]",
        b"",
    ],
)
def test_an_array_is_framed_to_the_byte(wire: bytes) -> None:
    reader = PROTOCOL.reader("application/json; charset=UTF-8")
    reader.feed(wire)
    reader.finish()
    assert {"gemini-array", "gemini-empty"} & {finding.rule for finding in reader.findings}


def test_every_rule_is_broken_by_some_case() -> None:
    assert {rule for rule, _ in BROKEN} | {"gemini-array"} == set(PROTOCOL.rules)


def test_a_blocked_prompt_is_read_and_spelled_again() -> None:
    feedback = {"blockReason": "PROHIBITED_CONTENT"}
    turn = Turn(
        choices=(Choice(blocks=(), finish=Finish("content_filter")),),
        usage=Usage(input_tokens=13, output_tokens=0),
        facts={"prompt_feedback": feedback},
    )
    call = call_for(request())
    wire = encode(turn, call)
    assert wire.startswith(
        b'data: {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},"usageMetadata": {'
    )
    found, findings = read_back(wire, call, "?alt=sse", 10)
    assert not findings
    assert found.facts["prompt_feedback"] == feedback
    assert encode(found, call) == wire


def test_a_foreign_finish_reason_is_kept() -> None:
    call = call_for(request())
    turn = Turn(
        choices=(Choice(blocks=(HELLO,), finish=Finish("content_filter")),),
        usage=Usage(input_tokens=3, output_tokens=5),
        facts={"finish": {"0": "RECITATION"}},
    )
    wire = b"".join(frame.wire for frame in PROTOCOL.stream(turn, call, STAMP))
    assert wire.count(b'"finishReason": "RECITATION"') == 1
    found, findings = read_back(wire, call, "?alt=sse", 10)
    assert not findings
    assert found.facts["finish"] == {"0": "RECITATION"}
    assert encode(found, call) == wire


def test_what_is_said_of_a_blocked_answer_is_kept() -> None:
    call = call_for(request())
    turn = Turn(
        choices=(Choice(blocks=(HELLO,), finish=Finish("content_filter")),),
        usage=Usage(input_tokens=3, output_tokens=5),
        facts={"finish": {"0": "MALFORMED_FUNCTION_CALL"}},
    )
    usual = encode(turn, call)
    assert usual.count(b'"index": 0,"finishMessage": "Malformed function call: ') == 1
    found, _ = read_back(usual, call, "?alt=sse", 10)
    assert "extras" not in found.facts
    unusual = usual.replace(b"Function call is empty - no input to parse.", b"f(a=1)")
    found, findings = read_back(unusual, call, "?alt=sse", 10)
    assert not findings
    assert encode(found, call) == unusual


@pytest.mark.parametrize("path", [path_of("gemini-2.0-flash"), path_of(NEW, vertex=True)])
def test_neither_2_0_nor_vertex_says_more_of_a_blocked_answer(path: str) -> None:
    turn = Turn(
        choices=(Choice(blocks=(HELLO,), finish=Finish("content_filter")),),
        usage=Usage(input_tokens=3, output_tokens=5),
        facts={"finish": {"0": "RECITATION"}},
    )
    wire = encode(turn, call_for(request(), f"{path}?alt=sse"))
    assert b'"finishReason": "RECITATION"}' in wire
    assert b"finishMessage" not in wire


IDENT = "ALlVadq0JdX54t8P8vrNoQw"
USAGE = {
    "promptTokenCount": 3,
    "candidatesTokenCount": 5,
    "totalTokenCount": 8,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 3}],
    "serviceTier": "standard",
}


def chunk(model: str, *parts: Any, **more: Any) -> str:
    """Return one event as Google sends it."""
    finish = {"finishReason": more.pop("finishReason")} if "finishReason" in more else {}
    candidate = {"content": {"parts": list(parts), "role": "model"}} | finish | {"index": 0} | more
    told = {"candidates": [candidate], "usageMetadata": USAGE, "modelVersion": model, "responseId": IDENT}
    return f"data: {airy(told)}\r\n\r\n"


CALLED = {"finishMessage": "Model generated function call(s)."}
STOP = {"finishReason": "STOP"}
CALL_F: Any = {"functionCall": {"name": "f", "args": {}}}
CALL_G: Any = {"functionCall": {"name": "g", "args": {"a": 1}, "id": "abcd1234"}}
SIGNED = {"thoughtSignature": "EmoKaAFtb2Nr"}
UNUSUAL = {
    "calls of 2.5 in chunks of their own": [chunk(NOW, CALL_F), chunk(NOW, CALL_F, **STOP, **CALLED)],
    "calls of 3 in one chunk": [chunk(NEW, CALL_G | SIGNED, CALL_G), chunk(NEW, {"text": ""}, **STOP)],
    "thoughts and text in one chunk": [chunk(NOW, {"text": "a", "thought": True}, {"text": "b"}, **STOP)],
    "an end before the last chunk": [chunk(NOW, {"text": "a"}, **STOP), chunk(NOW, {"text": "b"}, **STOP)],
    "two signatures": [chunk(NEW, {"text": "a"} | SIGNED), chunk(NEW, {"text": ""} | SIGNED, **STOP)],
    "a signature on the second call only": [
        chunk(NEW, CALL_G),
        chunk(NEW, CALL_G | SIGNED),
        chunk(NEW, {"text": ""}, **STOP),
    ],
    "no signature on 3": [chunk(NEW, {"text": "a"}), chunk(NEW, {"text": ""}, **STOP)],
    "a signature on a text of 2.5": [chunk(NOW, {"text": "a"} | SIGNED), chunk(NOW, {"text": "b"}, **STOP)],
    "code that ran": [
        chunk(NOW, {"executableCode": {"language": "PYTHON", "code": "1"}, "thought": True}),
        chunk(NOW, {"text": "One."}, **STOP, groundingMetadata={"webSearchQueries": ["one"]}),
    ],
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_stream_is_reproduced(name: str) -> None:
    wire = "".join(UNUSUAL[name]).encode()
    model = NEW if NEW.encode() in wire else NOW
    call = call_for(request(), path_of(model) + "?alt=sse")
    found, findings = read_back(wire, call, "?alt=sse", 50)
    assert not findings
    ours = b"".join(frame.wire for frame in PROTOCOL.stream(found, call, STAMP))
    assert re.sub(rb'"responseId": "[^"]*"', b"", ours) == re.sub(rb'"responseId": "[^"]*"', b"", wire)


def test_an_answer_with_a_picture_is_reproduced_and_its_tokens_told_by_kind() -> None:
    model = "gemini-2.5-flash-image"
    said = {
        "candidates": [
            {
                "content": {
                    "parts": [{"text": "Here."}, {"inlineData": {"mimeType": "image/png", "data": "iVBO"}}],
                    "role": "model",
                },
                "finishReason": "STOP",
                "index": 0,
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 1,
            "candidatesTokenCount": 1290,
            "totalTokenCount": 1291,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 1}],
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1290}],
            "serviceTier": "standard",
        },
        "modelVersion": model,
    }
    findings: list[Finding] = []
    turn = PROTOCOL.read_whole(f"{json.dumps(said, indent=2)}\n".encode(), findings)
    call = call_for(request(), path_of(model, method="generateContent"))
    ours = json.loads(PROTOCOL.whole(turn, call, STAMP))
    assert {finding.rule for finding in findings} == {"gemini-identity"}
    assert {key: value for key, value in ours.items() if key != "responseId"} == said
