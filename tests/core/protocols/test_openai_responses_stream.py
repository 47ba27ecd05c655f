"""What OpenAI Responses sends for a turn: snapshots of exact bytes, and the laws of its events."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core import jsontext
from mockllm_core.errors import UnsupportedReply
from mockllm_core.exchange import HttpRequest
from mockllm_core.frame import Frame, Run
from mockllm_core.plan import plan
from mockllm_core.protocol import Call, Incoming
from mockllm_core.protocols.openai_responses import PROTOCOL, families, spell
from mockllm_core.protocols.openai_responses.parse import parse
from mockllm_core.reply import Opaque, Reasoning, Refusal, Reply, Text, ToolCall, Turn
from recordings.harness import stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.reply import Block

WEATHER = {
    "type": "function",
    "name": "weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
PERSON = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def called(**body: Any) -> Call:
    asked = {"model": "gpt-4o-mini", "input": "hi", **body}
    incoming = Incoming(http=HttpRequest(method="POST", path="/v1/responses"), params={}, body=asked)
    return parse(incoming, PROTOCOL.endpoints[0])


def planned(call: Call, *blocks: Block) -> Turn:
    return plan([Reply(blocks=blocks)], call.conversation, PROTOCOL.cut)


def streamed(call: Call, *blocks: Block) -> bytes:
    return b"".join(frame.wire for frame in PROTOCOL.stream(planned(call, *blocks), call, stamp()))


def payloads(call: Call, *blocks: Block) -> list[Any]:
    return [frame.payload for frame in PROTOCOL.stream(planned(call, *blocks), call, stamp())]


def final(call: Call, *blocks: Block) -> Any:
    return json.loads(PROTOCOL.whole(planned(call, *blocks), call, stamp()))


CALL = ToolCall(name="weather", arguments={"city": "Rome"})
CASES: dict[str, tuple[dict[str, Any], tuple[Block, ...]]] = {
    "text": ({}, (Text.of("Hello, world — ça va?"),)),
    "text-gpt-5.5": ({"model": "gpt-5.5", "instructions": "Be brief."}, (Text.of("Hello"),)),
    "no-obfuscation": ({"stream_options": {"include_obfuscation": False}}, (Text.of("Hello there"),)),
    "tool": ({"tools": [WEATHER], "tool_choice": "required"}, (CALL,)),
    "tools-parallel": (
        {"model": "gpt-5.5", "tools": [WEATHER]},
        (Text.of("Let me see."), CALL, ToolCall(name="weather", arguments={"city": "Oslo"})),
    ),
    "custom-tool": (
        {"tools": [{"type": "custom", "name": "sql", "description": "Run SQL."}]},
        (ToolCall(name="sql", pieces=("SELECT 1;",), free_text=True),),
    ),
    "structured": (
        {"text": {"format": {"type": "json_schema", "name": "person", "schema": PERSON, "strict": True}}},
        (Text.of('{"name":"Ada"}'),),
    ),
    "length": ({"max_output_tokens": 16}, (Text.of("word " * 20),)),
    "refusal": ({}, (Refusal.of("I can't help with that."),)),
    "reasoning-summary": (
        {"model": "gpt-5", "reasoning": {"effort": "low", "summary": "auto"}},
        (Reasoning(pieces=("**Two**", " parts", "**And", " more**"), parts=(2, 2)), Text.of("Done.")),
    ),
    "reasoning-encrypted": (
        {"model": "o3-mini", "include": ["reasoning.encrypted_content"], "store": False},
        (Reasoning.of("Think."), Text.of("Done.")),
    ),
    "logprobs": (
        {"include": ["message.output_text.logprobs"], "top_logprobs": 2},
        (Text.of("Two words"),),
    ),
    "options": (
        {
            "service_tier": "flex",
            "metadata": {"k": "v"},
            "user": "u",
            "store": False,
            "temperature": 0,
            "top_p": 0.5,
            "truncation": "auto",
            "prompt_cache_key": "pk",
            "prompt_cache_retention": "24h",
            "safety_identifier": "s",
            "parallel_tool_calls": False,
            "max_tool_calls": 3,
            "previous_response_id": "resp_1",
            "tools": [WEATHER],
            "tool_choice": {
                "type": "allowed_tools",
                "tools": [{"type": "function", "name": "weather"}],
                "mode": "auto",
            },
        },
        (Text.of("ok"),),
    ),
}

HELD = ("text", "text-gpt-5.5", "tools-parallel", "reasoning-summary", "reasoning-encrypted", "options")
"""Named cases whose bytes are held here; those of the rest are held with the features."""


@pytest.mark.parametrize("case", HELD)
def test_a_turn_is_streamed_in_exactly_these_bytes(case: str, snapshot: Callable[[str, bytes], None]) -> None:
    body, blocks = CASES[case]
    snapshot(f"openai-responses/{case}.sse", streamed(called(stream=True, **body), *blocks))


@pytest.mark.parametrize("case", HELD)
def test_a_turn_is_one_body_of_exactly_these_bytes(case: str, snapshot: Callable[[str, bytes], None]) -> None:
    body, blocks = CASES[case]
    call = called(**body)
    snapshot(f"openai-responses/{case}.json", PROTOCOL.whole(planned(call, *blocks), call, stamp()))


def test_the_events_of_a_text_come_in_the_documented_order() -> None:
    names = [event["type"].removeprefix("response.") for event in payloads(called(), Text.of("Hello world"))]
    assert names == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]


ORDER = re.compile(
    r"created in_progress "
    r"(output_item\.added "
    r"(content_part\.added (output_text\.delta )*output_text\.done content_part\.done "
    r"|content_part\.added (refusal\.delta )*refusal\.done content_part\.done "
    r"|(function_call_arguments\.delta )*function_call_arguments\.done "
    r"|(custom_tool_call_input\.delta )*custom_tool_call_input\.done "
    r"|(reasoning_summary_part\.added (reasoning_summary_text\.delta )*"
    r"reasoning_summary_text\.done reasoning_summary_part\.done )*"
    r")output_item\.done )*"
    r"(completed|incomplete)"
)

words = st.text(max_size=40)
blocks = st.lists(
    st.one_of(
        words.map(Text.of),
        words.map(Refusal.of),
        words.map(Reasoning.of),
        st.builds(
            ToolCall,
            name=st.just("weather"),
            arguments=st.dictionaries(st.text(max_size=5), words, max_size=3),
        ),
        st.builds(ToolCall, name=st.just("sql"), pieces=st.tuples(words), free_text=st.just(True)),
    ),
    max_size=4,
)
calls = st.sampled_from(
    [
        called(stream=True),
        called(stream=True, model="gpt-5.5", reasoning={"summary": "auto"}),
        called(stream=True, max_output_tokens=16, include=["message.output_text.logprobs"], top_logprobs=3),
        called(stream=True, stream_options={"include_obfuscation": False}, tools=[WEATHER]),
    ]
)


@given(calls, blocks)
@settings(deadline=None, max_examples=60)
def test_any_turn_keeps_the_order_the_numbers_and_the_noise(call: Call, said: list[Block]) -> None:
    turn = planned(call, *said)
    frames = list(PROTOCOL.stream(turn, call, stamp()))
    events = [frame.payload for frame in frames]
    assert ORDER.fullmatch(" ".join(event["type"].removeprefix("response.") for event in events))
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    noisy = "stream_options" not in call.body
    for frame, event in zip(frames, events, strict=True):
        assert frame.event == event["type"]
        assert frame.wire.startswith(f"event: {event['type']}\ndata: {{".encode())
        assert list(event) == ["type", *sorted(set(event) - {"type"})]
        if event["type"].endswith(".delta"):
            assert ("obfuscation" in event) is noisy
            if noisy:
                assert (len(event["delta"]) + len(event["obfuscation"])) % 16 == 0
                assert len(event["obfuscation"]) < 16


@given(calls, blocks)
@settings(deadline=None, max_examples=60)
def test_the_stream_ends_with_the_response_that_whole_sends_but_for_billing(
    call: Call, said: list[Block]
) -> None:
    turn = planned(call, *said)
    last = list(PROTOCOL.stream(turn, call, stamp()))[-1].payload["response"]
    body = json.loads(PROTOCOL.whole(turn, call, stamp()))
    assert body.pop("billing") == {"payer": "developer"}
    assert json.dumps(last) == json.dumps(body)


@given(calls, blocks)
@settings(deadline=None, max_examples=60)
def test_every_event_is_its_payload_in_the_plain_encoding(call: Call, said: list[Block]) -> None:
    for frame in PROTOCOL.stream(planned(call, *said), call, stamp()):
        text = frame.wire[frame.start : frame.end].decode()
        assert text == spell.compact(frame.payload)
        assert frame.wire == f"event: {frame.event}\ndata: {text}\n\n".encode()


@given(calls, blocks)
@settings(deadline=None, max_examples=60)
def test_a_whole_answer_is_its_payload_in_the_plain_encoding(call: Call, said: list[Block]) -> None:
    text = PROTOCOL.whole(planned(call, *said), call, stamp()).decode()
    assert text == spell.pretty(json.loads(text))


@pytest.mark.parametrize("pieces", [0, 1, 499, 500, 501, 1700])
def test_runs_are_the_frames_joined_and_tell_how_many_they_are(pieces: int) -> None:
    call = called(stream=True)
    turn = planned(call, Text(pieces=("x" * 10,) * pieces), CALL, Text(pieces=("y",) * pieces))
    steps = list(PROTOCOL.runs(turn, call, stamp()))
    assert isinstance(steps[-1], Frame)
    assert steps[-1].event == "response.completed"
    runs = [step for step in steps if isinstance(step, Run)]
    assert [run.number for run in runs] == [len(list(run.cut(run.wire))) for run in runs]
    events = [frame.payload for frame in PROTOCOL.stream(turn, call, stamp())]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert sum(run.number for run in runs) + 1 == len(events)
    deltas = [event for event in events if event["type"] == "response.output_text.delta"]
    assert "".join(event["delta"] for event in deltas) == "x" * 10 * pieces + "y" * pieces
    noise, starts = stamp().noise_cuts(len(events))
    for event in deltas:
        start = starts[event["sequence_number"]]
        assert event["obfuscation"] == noise[start : start + -len(event["delta"]) % 16]


def test_a_long_answer_comes_in_runs_of_little_memory() -> None:
    call = called(stream=True)
    turn = planned(call, Text(pieces=("0123456789",) * 20_000))
    steps = PROTOCOL.runs(turn, call, stamp())
    first = next(iter(steps))
    assert len(first.wire) < 300_000
    sizes = [len(step.wire) for step in steps]
    assert max(sizes) < 3 * 200_000 < sum(sizes) / 5


def test_a_lone_surrogate_is_escaped_and_never_crashes() -> None:
    data = streamed(called(stream=True), Text.of("a\ud800b"))
    assert b'"delta":"a"' in data or b"\\ud800" in data
    assert b"\\ud800" in data


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (0.0001, "0.0001"),
        (-0.00007493430894101039, "-0.00007493430894101039"),
        (0.00001, "0.00001"),
        (-2e-06, "-2e-6"),
        (-1.9361264946837764e-07, "-1.9361264946837764e-7"),
        (1e16, "1e16"),
        (1.5e300, "1.5e300"),
    ],
)
def test_numbers_are_spelled_as_the_provider_spells_them(value: float, text: str) -> None:
    assert spell.number(value) == text
    assert spell.compact({"a": [value]}) == f'{{"a":[{text}]}}'
    assert spell.pretty({"a": [value]}) == f'{{\n  "a": [\n    {text}\n  ]\n}}'


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
@settings(deadline=None)
def test_spelled_json_reads_back_as_the_same_value(value: Any) -> None:
    assert json.loads(spell.compact(value)) == value
    assert json.loads(spell.pretty(value)) == value
    if not re.search(r"e[-+]?\d", jsontext.compact(value)):
        # a whole body is ASCII, but for that the same
        assert spell.pretty(value).isascii()
        assert spell.pretty(value) == json.dumps(json.loads(jsontext.pretty(value)), indent=2).replace(
            "\\u007f", "\x7f"
        )


# -- what the request asks for ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "echoed"),
    [
        (
            {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {"a": {}}}},
            {
                "type": "function",
                "description": None,
                "name": "f",
                "output_schema": None,
                "parameters": {
                    "type": "object",
                    "properties": {"a": {}},
                    "required": ["a"],
                    "additionalProperties": False,
                },
                "strict": True,
            },
        ),
        (
            {
                "type": "function",
                "name": "f",
                "description": "d",
                "parameters": {"type": "object"},
                "strict": False,
            },
            {
                "type": "function",
                "description": "d",
                "name": "f",
                "output_schema": None,
                "parameters": {"type": "object"},
                "strict": False,
            },
        ),
        (
            {"type": "function", "name": "f", "parameters": None, "strict": None},
            {
                "type": "function",
                "description": None,
                "name": "f",
                "output_schema": None,
                "parameters": None,
                "strict": True,
            },
        ),
        (
            {"name": "c", "type": "custom"},
            {"type": "custom", "description": None, "format": {"type": "text"}, "name": "c"},
        ),
        (
            {
                "type": "custom",
                "name": "c",
                "format": {"type": "grammar", "syntax": "lark", "definition": 'start: "a"'},
            },
            {
                "type": "custom",
                "description": None,
                "format": {"type": "grammar", "definition": 'start: "a"', "syntax": "lark"},
                "name": "c",
            },
        ),
    ],
)
def test_a_tool_is_echoed_normalised(given: Any, echoed: Any) -> None:
    told = final(called(tools=[given]), Text.of("x"))["tools"][0]
    assert json.dumps(told) == json.dumps(echoed)


def test_nested_objects_of_a_tool_are_made_strict_and_open_ones_leave_the_tool_as_it_is() -> None:
    inner = {"type": "object", "properties": {"b": {"type": "string"}}}
    schema = {"type": "object", "properties": {"properties": inner, "l": {"type": "array", "items": inner}}}
    strict = {**inner, "required": ["b"], "additionalProperties": False}
    told = final(called(tools=[{"type": "function", "name": "f", "parameters": schema}]), Text.of("x"))
    parameters = told["tools"][0]["parameters"]
    assert parameters["properties"] == {"properties": strict, "l": {"type": "array", "items": strict}}
    open_one = {"type": "object", "properties": {"b": {"type": "object", "additionalProperties": True}}}
    told = final(called(tools=[{"type": "function", "name": "f", "parameters": open_one}]), Text.of("x"))
    assert told["tools"][0]["parameters"] == open_one
    assert told["tools"][0]["strict"] is False


@pytest.mark.parametrize(
    "choice",
    [
        "auto",
        "none",
        "required",
        {"type": "function", "name": "weather"},
        {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "weather"}]},
    ],
)
def test_every_form_of_tool_choice_is_echoed(choice: Any) -> None:
    assert final(called(tools=[WEATHER], tool_choice=choice), Text.of("x"))["tool_choice"] == choice


def test_the_tier_is_auto_first_and_granted_in_the_end_unless_one_was_asked_for() -> None:
    def tiers(**body: Any) -> list[str]:
        events = payloads(called(**body), Text.of("x"))
        return [event["response"]["service_tier"] for event in (events[0], events[-1])]

    assert tiers() == ["auto", "default"]
    assert tiers(service_tier="auto") == ["auto", "default"]
    assert tiers(service_tier="flex") == ["flex", "flex"]


def test_an_answer_cut_by_the_cap_is_incomplete_and_says_why() -> None:
    events = payloads(called(max_output_tokens=16), Text.of("word " * 50))
    last = events[-1]
    assert last["type"] == "response.incomplete"
    assert last["response"]["status"] == "incomplete"
    assert last["response"]["incomplete_details"] == {"reason": "max_output_tokens"}
    assert last["response"]["completed_at"] is None
    assert last["response"]["output"][0]["status"] == "incomplete"
    assert last["response"]["usage"]["output_tokens"] == 16


def test_encrypted_reasoning_is_another_text_in_added_done_and_completed() -> None:
    body = {"model": "gpt-5", "include": ["reasoning.encrypted_content"]}
    events = payloads(called(**body), Reasoning.of("Think."), Text.of("x"))
    texts = [events[2]["item"], events[3]["item"], events[-1]["response"]["output"][0]]
    assert len({item["encrypted_content"] for item in texts}) == 3
    assert all(item["encrypted_content"].startswith("gAAAA") for item in texts)
    assert all(item["summary"] == [] for item in texts)


def test_thoughts_are_shown_only_when_a_summary_is_asked_for() -> None:
    asked = called(model="gpt-5", reasoning={"summary": "auto"})
    told = final(asked, Reasoning.of("Think."), Text.of("x"))
    assert told["output"][0]["summary"] == [{"type": "summary_text", "text": "Think."}]
    assert told["reasoning"]["summary"] == "detailed"
    assert told["usage"]["output_tokens_details"]["reasoning_tokens"] == 2
    assert final(called(model="gpt-5"), Reasoning.of("Think."), Text.of("x"))["output"][0]["summary"] == []


def test_logprobs_are_asked_for_by_include_and_their_tokens_join_into_the_text() -> None:
    include = ["message.output_text.logprobs"]
    events = payloads(called(include=include, top_logprobs=3), Text.of("Two words"))
    deltas = [event for event in events if event["type"] == "response.output_text.delta"]
    assert [event["logprobs"][0]["token"] for event in deltas] == [event["delta"] for event in deltas]
    for event in deltas:
        token = event["logprobs"][0]
        assert bytes(token["bytes"]).decode() == token["token"]
        likely = [other["logprob"] for other in token["top_logprobs"]]
        assert len(likely) == 3
        assert likely == sorted(likely, reverse=True)
        assert likely[0] == token["logprob"] <= 0
    assert all(event["logprobs"] == [] for event in payloads(called(), Text.of("x y")) if "logprobs" in event)


def test_ids_share_sixteen_digits_and_hold_the_time() -> None:
    told = final(called(tools=[WEATHER]), Text.of("x"), CALL)
    ids = [told["id"], *(item["id"] for item in told["output"])]
    assert [name.partition("_")[0] for name in ids] == ["resp", "msg", "fc"]
    assert {name.partition("_")[2][:16] for name in ids} == {ids[0][5:21]}
    for name in ids:
        digits = name.partition("_")[2]
        assert re.fullmatch(r"[0-9a-f]{50}", digits)
        assert int(digits[18:26], 16) == told["created_at"]
    assert len(set(ids)) == 3
    assert re.fullmatch(r"call_[A-Za-z0-9]{24}", told["output"][1]["call_id"])


@pytest.mark.parametrize(
    ("model", "answered", "effort", "top_p", "phased"),
    [
        ("gpt-4o-mini", "gpt-4o-mini-2024-07-18", None, 1.0, False),
        ("gpt-5-mini", "gpt-5-mini-2025-08-07", "medium", 1.0, False),
        ("gpt-5.4", "gpt-5.4-2026-03-05", "none", 0.98, True),
        ("gpt-5.5", "gpt-5.5-2026-04-23", "medium", 0.98, True),
        ("o3-mini", "o3-mini-2025-01-31", "medium", 1.0, False),
        ("ft:gpt-4o:org::id", "ft:gpt-4o:org::id", None, 1.0, False),
        ("my-own", "my-own", None, 1.0, False),
    ],
)
def test_a_model_has_its_familys_defaults(
    model: str,
    answered: str,
    effort: str | None,
    top_p: float,
    phased: bool,
) -> None:
    told = final(called(model=model), Text.of("x"))
    assert told["model"] == answered
    assert told["reasoning"]["effort"] == effort
    assert ("mode" in told["reasoning"]) is (effort is not None)
    assert told["top_p"] == top_p
    assert ("phase" in told["output"][0]) is phased


def test_every_snapshot_belongs_to_the_family_of_its_alias() -> None:
    for alias, named in families.SNAPSHOTS.items():
        assert families.family(alias) == families.family(named)
        assert named.startswith(alias)


@pytest.mark.parametrize(
    "block",
    [Opaque(protocol="google-genai", payload={}), Reasoning(redacted="x")],
)
def test_what_it_has_no_words_for_is_refused_before_the_first_byte(block: Block) -> None:
    with pytest.raises(UnsupportedReply):
        PROTOCOL.supports(planned(called(), block))


def test_two_choices_are_refused() -> None:
    turn = planned(called(), Text.of("x"))
    with pytest.raises(UnsupportedReply):
        PROTOCOL.supports(replace(turn, choices=turn.choices * 2))
