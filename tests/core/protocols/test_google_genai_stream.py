"""Turns as bytes: named cases as snapshots, and what holds for all of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from core.protocols.google_genai_case import (
    HELLO,
    NEW,
    NOW,
    OLD,
    STAMP,
    THINK,
    TOOLS,
    answer,
    call_for,
    chunks,
    encode,
    path_of,
    request,
    turn_for,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core.errors import UnsupportedReply
from mockllm_core.protocols.google_genai import PROTOCOL
from mockllm_core.protocols.google_genai.candidates import Answer
from mockllm_core.protocols.google_genai.families import family
from mockllm_core.protocols.google_genai.spell import airy, pretty
from mockllm_core.reply import Opaque, Reasoning, Refusal, Text, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.reply import Block

LONG = Text.of(
    "The capital of France is Paris, and <b>Lyon</b> is the city that is known for its food & silk."
)
PARIS = ToolCall(name="get_weather", arguments={"city": "Paris"})
TOKYO = ToolCall(name="get_weather", arguments={"city": "Tōkyō", "days": 2.0, "exact": 0.1})
THOUGHT = Reasoning.of("They want the weather, so I will look it up in both of the cities.")
SCHEMA = {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]}
JSON_MODE = {"responseMimeType": "application/json", "responseSchema": SCHEMA}


def case(name: str, path: str, body: Any, *blocks: Block, **more: Any) -> Any:
    return pytest.param(path, body, blocks, more, id=name)


CASES = [
    case("text-2.0.sse", path_of(OLD) + "?alt=sse", request(), LONG),
    case("text-2.5.sse", path_of(NOW) + "?alt=sse", request(), LONG),
    case("text-3.sse", path_of(NEW) + "?alt=sse", request(), LONG),
    case("text-3-vertex.sse", path_of("gemini-3.8-flash", vertex=True) + "?alt=sse", request(), LONG),
    case("text-2.5.array.json", path_of(NOW), request(), LONG),
    case("text-latest.array.json", path_of("gemini-flash-latest"), request(), LONG),
    case("text-2.0.json", path_of(OLD, method="generateContent"), request(), LONG),
    case("text-3.json", path_of(NEW, method="generateContent"), request(), LONG),
    case("text-2.0-vertex.json", path_of(OLD, method="generateContent", vertex=True), request(), LONG),
    case("tools-parallel-2.0.sse", path_of(OLD) + "?alt=sse", request(tools=TOOLS), PARIS, TOKYO),
    case("tools-parallel-3.sse", path_of(NEW) + "?alt=sse", request(tools=TOOLS), PARIS, TOKYO),
    case("tools-parallel-3.json", path_of(NEW, method="generateContent"), request(tools=TOOLS), PARIS, TOKYO),
    case(
        "tools-parallel-3-vertex.sse",
        path_of(NEW, vertex=True) + "?alt=sse",
        request(tools=TOOLS),
        PARIS,
        TOKYO,
    ),
    case(
        "thoughts-tool-2.5.array.json",
        path_of(NOW),
        request(tools=TOOLS, generationConfig=THINK),
        THOUGHT,
        PARIS,
    ),
    case("thoughts-text-3.sse", path_of(NEW) + "?alt=sse", request(generationConfig=THINK), THOUGHT, LONG),
    case("length-3.sse", path_of(NEW) + "?alt=sse", request(generationConfig={"maxOutputTokens": 5}), LONG),
    case("blocked-2.5.sse", path_of(NOW) + "?alt=sse", request(), LONG, finish="content_filter"),
    case(
        "blocked-2.5.json", path_of(NOW, method="generateContent"), request(), LONG, finish="content_filter"
    ),
    case("empty-2.5.sse", path_of(NOW) + "?alt=sse", request(), Text(pieces=())),
]


@pytest.mark.parametrize(("path", "body", "blocks", "more"), CASES)
def test_a_named_case_has_the_bytes_of_its_snapshot(
    path: str,
    body: Any,
    blocks: tuple[Block, ...],
    more: dict[str, Any],
    request: pytest.FixtureRequest,
    snapshot: Callable[[str, bytes], None],
) -> None:
    name = request.node.callspec.id
    snapshot(f"google-genai/{name}", answer(body, path, *blocks, **more))


@pytest.mark.parametrize("model", [OLD, NOW, NEW])
@pytest.mark.parametrize("query", ["?alt=sse", ""])
@pytest.mark.parametrize("vertex", [False, True])
def test_the_template_of_text_chunks_equals_the_plain_encoding(model: str, query: str, vertex: bool) -> None:
    call = call_for(request(), path_of(model, vertex=vertex) + query)
    turn = turn_for(call, Text(pieces=("One ", 'two "<\u2028>" ', "three\n", "end.")))
    frames = [frame for frame in PROTOCOL.stream(turn, call, STAMP) if frame.end]
    made = Answer(turn, call, STAMP)
    spell = airy if query else pretty
    for frame in frames:
        text = frame.wire[frame.start : frame.end].decode()
        assert text == spell(json.loads(text))
        assert list(frame.payload)[2:] == list(made.closing())


@pytest.mark.parametrize(
    ("text", "airy_bytes"),
    [
        ("<b>&'=", '"\\u003cb\\u003e&\'="'),
        ("\x7f\x85\u00ad\u200d\u2028\ufeff", r'"\u007f\u0085\u00ad\u200d\u2028\ufeff"'),
        ("\U000e0067", r'"\udb40\udc67"'),
        ("\U0001f600é", '"\U0001f600é"'),
        ("\ud800", r'"\ud800"'),
        ("\b\f\n\r\t\v\0", r'"\b\f\n\r\t\u000b\u0000"'),
    ],
)
def test_strings_are_escaped_as_googles_printer_does(text: str, airy_bytes: str) -> None:
    assert airy(text) == pretty(text) == airy_bytes


@pytest.mark.parametrize(
    ("number", "spelled"),
    [
        (5, "5"),
        (5.0, "5"),
        (-0.5, "-0.5"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (-0.014783395661248101, "-0.014783395661248101"),
        (-5.6242958332101507e-06, "-5.6242958332101507e-06"),
        (2.0**53, "9007199254740992"),
        (True, "true"),
    ],
)
def test_numbers_are_spelled_as_protobuf_doubles(number: float, spelled: str) -> None:
    assert airy(number) == spelled


def test_empty_lists_and_objects_stay_on_their_line() -> None:
    assert pretty({"a": {}, "b": [], "c": [{}]}) == '{\n  "a": {},\n  "b": [],\n  "c": [\n    {}\n  ]\n}'
    assert airy({"a": {}, "b": [1, "x"]}) == '{"a": {},"b": [1,"x"]}'


@given(st.text(max_size=300), st.sampled_from([OLD, NOW, NEW]), st.booleans(), st.booleans())
@settings(deadline=None, max_examples=60)
def test_stream_and_whole_say_the_same(text: str, model: str, vertex: bool, events: bool) -> None:
    block = Text.of(text)
    streamed = chunks(
        answer(request(), path_of(model, vertex=vertex) + ("?alt=sse" if events else ""), block)
    )
    (whole,) = chunks(answer(request(), path_of(model, method="generateContent", vertex=vertex), block))
    parts = [part["text"] for chunk in streamed for part in chunk["candidates"][0]["content"]["parts"]]
    assert "".join(parts) == text == whole["candidates"][0]["content"]["parts"][0]["text"]
    assert streamed[-1]["usageMetadata"] == whole["usageMetadata"]
    assert [("finishReason" in chunk["candidates"][0]) for chunk in streamed] == [False] * (
        len(streamed) - 1
    ) + [True]
    assert len({chunk["responseId"] for chunk in (*streamed, whole)}) == 1


def test_a_stream_counts_upwards_and_ends_with_the_total() -> None:
    told = [chunk["usageMetadata"] for chunk in chunks(answer(request(), path_of(NOW) + "?alt=sse", LONG))]
    counts = [usage["candidatesTokenCount"] for usage in told]
    assert counts == sorted(counts)
    assert all(
        usage["totalTokenCount"] == usage["promptTokenCount"] + usage["candidatesTokenCount"]
        for usage in told
    )


def test_vertex_tells_the_counts_in_the_last_chunk_only() -> None:
    told = chunks(answer(request(), path_of(NEW, vertex=True) + "?alt=sse", LONG))
    assert {tuple(chunk["usageMetadata"]) for chunk in told[:-1]} == {("trafficType",)}
    assert "totalTokenCount" in told[-1]["usageMetadata"]


@pytest.mark.parametrize(
    ("model", "vertex", "expected"),
    [
        (OLD, False, {"index": False, "together": True, "call_id": "", "trailing": False, "signature": ""}),
        (
            NOW,
            False,
            {"index": True, "together": True, "call_id": "", "trailing": False, "signature": "first"},
        ),
        (
            NEW,
            False,
            {"index": True, "together": False, "call_id": "gemini", "trailing": True, "signature": "last"},
        ),
        ("gemini-3-pro-preview", False, {"call_id": "", "trailing": True}),
        ("models/gemini-3-flash-preview", False, {"call_id": "gemini", "trailing": True}),
        ("gemini-flash-latest", False, {"trailing": True, "version": (3, 6)}),
        ("gemini-pro-latest", False, {"trailing": True}),
        ("gemini-1.5-pro", False, {"index": False, "average": True, "thinking": False}),
        ("gemma-3-27b-it", False, {"index": True, "trailing": False}),
        (NOW, True, {"index": False, "trailing": True, "finish_message": False, "candidate_details": True}),
        ("gemini-3-flash-preview", True, {"trailing": False, "call_id": "vertex"}),
        (OLD, True, {"trailing": False, "average": True}),
    ],
)
def test_a_model_has_its_familys_form(model: str, vertex: bool, expected: dict[str, Any]) -> None:
    form = family(model, vertex=vertex)
    assert {name: getattr(form, name) for name in expected} == expected


@pytest.mark.parametrize(
    "block",
    [
        Reasoning(redacted="abc"),
        ToolCall(name="shell", pieces=("ls",), free_text=True),
        ToolCall(name="broken", pieces=('{"a":',)),
        ToolCall(name="list", arguments=[1]),
        Opaque(protocol="openai-chat", payload={}),
    ],
)
def test_what_gemini_has_no_words_for_is_refused_before_the_first_byte(block: Block) -> None:
    call = call_for(request())
    with pytest.raises(UnsupportedReply):
        PROTOCOL.supports(turn_for(call, block))


def test_a_refusal_is_a_blocked_answer_here() -> None:
    (chunk,) = chunks(answer(request(), path_of(NOW, method="generateContent"), Refusal.of("No.")))
    assert chunk["candidates"][0]["finishReason"] == "SAFETY"
    assert chunk["candidates"][0]["content"] == {}


def test_an_opaque_part_is_carried_through() -> None:
    code = Opaque(
        protocol="google-genai", payload={"executableCode": {"language": "PYTHON", "code": "print(1)"}}
    )
    (chunk,) = chunks(answer(request(), path_of(NOW, method="generateContent"), code, HELLO))
    assert chunk["candidates"][0]["content"]["parts"] == [code.payload, {"text": "Hello there, friend!"}]


def test_an_enum_is_answered_with_its_bare_value() -> None:
    config = {
        "responseMimeType": "text/x.enum",
        "responseSchema": {"type": "STRING", "enum": ["Alpha", "Beta"]},
    }
    for path in (path_of(NOW) + "?alt=sse", path_of(NOW, method="generateContent")):
        (chunk,) = chunks(answer(request(generationConfig=config), path))
        assert chunk["candidates"][0]["content"]["parts"][0]["text"] in ("Alpha", "Beta")


def test_the_tier_asked_for_is_the_tier_told() -> None:
    (chunk,) = chunks(answer(request(serviceTier="flex"), path_of(NOW, method="generateContent"), HELLO))
    assert chunk["usageMetadata"]["serviceTier"] == "flex"


def test_media_in_the_prompt_is_counted_by_modality() -> None:
    parts = [{"text": "See this."}, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]
    body = {"contents": [{"role": "user", "parts": parts}]}
    (chunk,) = chunks(answer(body, path_of(NOW, method="generateContent")))
    assert chunk["usageMetadata"]["promptTokensDetails"] == [
        {"modality": "TEXT", "tokenCount": 3},
        {"modality": "IMAGE", "tokenCount": 258},
    ]


def test_the_same_request_gives_the_same_bytes_and_another_seed_other_ids() -> None:
    call = call_for(request(tools=TOOLS), path_of(NEW) + "?alt=sse")
    turn = turn_for(call, PARIS)
    assert encode(turn, call) == encode(turn, call)
    other = b"".join(frame.wire for frame in PROTOCOL.stream(turn, call, replace(STAMP, seed=b"1")))
    assert other != encode(turn, call)
    assert len(other) == len(encode(turn, call))


def test_headers_are_those_of_the_framing() -> None:
    turn_call = [
        (call_for(request(), path), kind)
        for path, kind in (
            (path_of() + "?alt=sse", "text/event-stream"),
            (path_of(), "application/json; charset=UTF-8"),
            (path_of(method="generateContent"), "application/json; charset=UTF-8"),
        )
    ]
    for call, kind in turn_call:
        found = PROTOCOL.headers(turn_for(call, HELLO), call, STAMP)
        assert found[0] == ("content-type", kind)
        assert [value for name, value in found if name == "vary"] == ["Origin", "X-Origin", "Referer"]
