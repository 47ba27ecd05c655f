"""The reader is strict: every broken rule is found, and nothing that comes in makes it raise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from core.protocols.anthropic_case import STAMP, call, planned, read, read_body, streamed
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core.protocols.anthropic_messages import PROTOCOL, events
from mockllm_core.protocols.anthropic_messages.read import EventReader
from mockllm_core.protocols.anthropic_messages.rules import RULES
from mockllm_core.reply import Opaque, Reasoning, Text, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable

THINKING = {"type": "enabled", "budget_tokens": 1024}
ASKED = call(stream=True, thinking=THINKING)
TURN = planned(
    ASKED,
    Reasoning.of("I think about it."),
    Text.of("Hello there, I will look it up for you."),
    ToolCall(name="get_weather", arguments={"city": "New York"}),
)
WIRE = re.sub(rb" +\}\n\n", b"}\n\n", streamed(TURN, ASKED))
WHOLE = PROTOCOL.whole(TURN, ASKED, STAMP)


def swap(old: str, new: str, count: int = 1) -> Callable[[bytes], bytes]:
    def change(wire: bytes) -> bytes:
        assert old.encode() in wire, old
        return wire.replace(old.encode(), new.encode(), count)

    return change


def drop(event: str, nth: int = 0) -> Callable[[bytes], bytes]:
    def change(wire: bytes) -> bytes:
        parts = [part for part in wire.split(b"\n\n") if part]
        places = [at for at, part in enumerate(parts) if part.startswith(b"event: " + event.encode() + b"\n")]
        del parts[places[nth]]
        return b"\n\n".join(parts) + b"\n\n"

    return change


def twice(event: str, nth: int = 0) -> Callable[[bytes], bytes]:
    def change(wire: bytes) -> bytes:
        parts = [part for part in wire.split(b"\n\n") if part]
        places = [at for at, part in enumerate(parts) if part.startswith(b"event: " + event.encode() + b"\n")]
        parts.insert(places[nth], parts[places[nth]])
        return b"\n\n".join(parts) + b"\n\n"

    return change


TEXT = '"delta":{"type":"text_delta","text":"Hello there,"}'
SIGNATURE = '"type":"signature_delta","signature":"'

#: what is done to a good stream -> the rule that it breaks
BROKEN: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("CRLF", lambda wire: wire.replace(b"\n", b"\r\n"), "framing"),
    ("a comment line", swap("event: content_block_stop", ": hi\nevent: content_block_stop"), "framing"),
    ("no space after data:", swap('data: {"type":"message_stop"', 'data:{"type":"message_stop"'), "framing"),
    ("cut in an event", lambda wire: wire[:-5], "framing"),
    ("no event line", swap("event: message_delta\n", ""), "event-name"),
    ("another event line", swap("event: message_delta\n", "event: delta\n"), "event-name"),
    ("no JSON", swap('{"type":"message_stop"}', "[DONE]"), "json"),
    ("a list", swap('{"type":"message_stop"}', "[1]"), "json"),
    ("NaN", swap('"output_tokens":', '"output_tokens":NaN,"x":'), "json"),
    ("16 spaces", swap('"message_stop"}', '"message_stop"' + " " * 16 + "}"), "padding"),
    ("spaces inside", swap('{"type":"message_stop"}', '{"type": "message_stop"}'), "padding"),
    ("a compact ping", swap('{"type": "ping"}', '{"type":"ping"}'), "ping"),
    ("a ping with more", swap('{"type": "ping"}', '{"type": "ping","x":1}'), "ping"),
    ("no start", drop("message_start"), "order"),
    ("two starts", twice("message_start"), "order"),
    ("no delta", drop("message_delta"), "order"),
    ("a block left open", drop("content_block_stop"), "order"),
    ("a block not opened", drop("content_block_start"), "order"),
    (
        "an unknown event",
        swap('event: message_stop\ndata: {"type":"message_stop"', 'event: done\ndata: {"type":"done"'),
        "order",
    ),
    ("a wrong index", swap('"index":1,"delta"', '"index":0,"delta"'), "index"),
    ("a gap", swap('"content_block_start","index":1', '"content_block_start","index":3'), "index"),
    ("a misfit", swap(TEXT, '"delta":{"type":"input_json_delta","partial_json":"x"}'), "delta"),
    ("an unknown delta", swap(TEXT, '"delta":{"type":"word_delta","text":"x"}'), "delta"),
    ("a delta without text", swap(TEXT, '"delta":{"type":"text_delta","text":1}'), "delta"),
    ("no first piece", drop("content_block_delta", -4), "tool-opening"),
    ("an input at once", swap('"input":{}', '"input":{"city":"Rome"}'), "tool-opening"),
    ("a lost piece", drop("content_block_delta", -1), "tool-json"),
    ("pieces of a list", swap('"partial_json":"{\\"city\\":"', '"partial_json":"[\\"city\\","'), "tool-json"),
    ("no signature", drop("content_block_delta", 3), "signature"),
    (
        "no counts",
        swap(
            '"usage":{"input_tokens":4,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output',
            '"usage":{"x',
        ),
        "keys",
    ),
    ("a count that is no number", swap('"input_tokens":4', '"input_tokens":"4"'), "usage"),
    (
        "a count that falls",
        lambda wire: re.sub(rb'"output_tokens":\d', b'"output_tokens":99', wire, count=1),
        "usage",
    ),
    ("an unknown stop", swap('"stop_reason":"tool_use"', '"stop_reason":"done"'), "stop"),
    ("a stop without its call", swap('"stop_reason":"tool_use"', '"stop_reason":"end_turn"'), "stop"),
    (
        "a sequence too many",
        swap('"tool_use","stop_sequence":null', '"tool_use","stop_sequence":"x"'),
        "stop",
    ),
    ("a stop at the start", swap('"stop_reason":null', '"stop_reason":"end_turn"'), "stop"),
    ("hexadecimal ids", lambda wire: re.sub(rb"msg_01\w{22}", b"msg-0123456789abcdef01234567", wire), "id"),
    ("an id with a zero", lambda wire: re.sub(rb"toolu_01\w{22}", b"toolu_01" + b"0" * 22, wire), "id"),
    ("an unknown key", swap('"role":"assistant"', '"role":"assistant","extra":1'), "keys"),
    (
        "another order",
        swap('{"type":"text_delta","text":"Hello there,"}', '{"text":"Hello there,","type":"text_delta"}'),
        "keys",
    ),
    ("a missing key", swap('"role":"assistant",', ""), "keys"),
    (
        "null citations",
        swap('{"type":"text","text":""}', '{"type":"text","text":"","citations":null}'),
        "null",
    ),
    ("a null caller", swap('"caller":{"type":"direct"}', '"caller":null'), "null"),
    ("null usage", swap('"service_tier":"standard"', '"service_tier":null'), "null"),
    ("the end missing", drop("message_stop"), "end"),
    ("more after the end", twice("message_stop"), "end"),
]


def test_the_good_stream_breaks_no_rule() -> None:
    turn, findings = read(WIRE)
    assert findings == []
    assert turn.blocks[1] == TURN.blocks[1]


@pytest.mark.parametrize(
    ("change", "rule"), [pytest.param(change, rule, id=name) for name, change, rule in BROKEN]
)
def test_a_broken_stream_is_found_out(change: Callable[[bytes], bytes], rule: str) -> None:
    changed = change(WIRE)
    assert changed != WIRE
    _, findings = read(changed)
    assert f"anthropic-{rule}" in {finding.rule for finding in findings}, findings


def test_every_rule_is_named_and_broken_by_a_case() -> None:
    assert {f"anthropic-{rule}" for _, _, rule in BROKEN} | {"anthropic-error"} == set(RULES)


def test_a_finding_names_the_event_and_its_first_byte() -> None:
    changed = swap('"stop_reason":"tool_use"', '"stop_reason":"done"')(WIRE)
    _, findings = read(swap('"message_stop"}', '"message_stop","x":1}')(changed))
    last = findings[0]
    assert (last.rule, last.offset) == ("anthropic-keys", changed.index(b"event: message_stop"))
    assert last.event == WIRE.count(b"event: ") - 1


#: what is done to a good body -> the rule that it breaks
BROKEN_BODIES: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("no JSON", lambda wire: wire[:-1], "json"),
    ("spaced", lambda wire: wire.replace(b'","', b'", "'), "padding"),
    ("no message", lambda _: b"[]", "keys"),
    ("no content", swap('"content":[', '"content":{"a":['), "json"),
    ("a null container", swap('"role":"assistant"', '"role":null'), "null"),
    ("an input that is a list", swap('"input":{"city":"New York"}', '"input":[]'), "tool-json"),
    ("an unknown stop", swap('"stop_reason":"tool_use"', '"stop_reason":"x"'), "stop"),
    ("no usage", swap('"usage":{', '"usages":{'), "usage"),
    ("bad id", lambda wire: re.sub(rb"msg_01", b"msg_00", wire), "id"),
]


@pytest.mark.parametrize(
    ("change", "rule"), [pytest.param(change, rule, id=name) for name, change, rule in BROKEN_BODIES]
)
def test_a_broken_body_is_found_out(change: Callable[[bytes], bytes], rule: str) -> None:
    assert read_body(WHOLE)[1] == []
    _, findings = read_body(change(WHOLE))
    assert f"anthropic-{rule}" in {finding.rule for finding in findings}, findings


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=4))
@settings(deadline=None, max_examples=60)
def test_garbage_never_raises(wire: bytes, cuts: list[int]) -> None:
    read(wire, tuple(cuts))
    read_body(wire)


junk: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["text", "tool_use", "thinking"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "index", "delta", "content_block", "message", "usage", "input", "text", "id", "name"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(data=st.data())
@settings(deadline=None, max_examples=80)
def test_mutated_answers_never_raise_and_what_is_read_can_be_spelled(data: st.DataObject) -> None:
    wire = bytearray(data.draw(st.sampled_from([WIRE, WHOLE])))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(wire) - 1))
        match data.draw(st.integers(0, 2)):
            case 0:
                wire[at] = data.draw(st.integers(0, 255))
            case 1:
                del wire[at : at + data.draw(st.integers(1, 60))]
            case _:
                wire[at:at] = wire[data.draw(st.integers(0, len(wire) - 1)) :][:40]
        if not wire:
            break
    for turn in (read(bytes(wire))[0], read_body(bytes(wire))[0]):
        streamed(turn, ASKED)


@given(
    junk,
    st.sampled_from(
        ["message_start", "content_block_start", "content_block_delta", "message_delta", "error"]
    ),
)
@settings(deadline=None, max_examples=80)
def test_odd_payloads_never_raise(payload: Any, kind: str) -> None:
    from mockllm_core.jsontext import compact

    reader = EventReader()
    good = list(events(TURN, ASKED, STAMP))
    for place, (name, text) in enumerate(good):
        if name == kind:
            made = {**payload, "type": kind} if isinstance(payload, dict) else payload
            reader.event(compact(made), place, name)
        reader.event(text, place, name)
    streamed(reader.finish(), ASKED)


def test_events_without_a_framing_are_read_too() -> None:
    reader = EventReader()
    for place, (_, text) in enumerate(events(TURN, ASKED, STAMP)):
        reader.event(text, place)
    turn = reader.finish()
    assert reader.findings == []
    assert turn.facts["pings"] == []
    assert turn.blocks == read(WIRE)[0].blocks


def test_what_a_stream_says_beside_its_text_is_kept() -> None:
    wire = (
        b'event: message_start\ndata: {"type":"message_start","message":{"model":"claude-opus-4-8","id":"msg_011CegnLPo2JNAH3vqGgjz33","type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"usage":{"input_tokens":8,"cache_creation_input_tokens":5,"cache_read_input_tokens":3,"cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":4},"output_tokens":2,"service_tier":"priority","inference_geo":"us"}}}\n\n'
        b'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"","citations":[]}}\n\n'
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{"type":"char_location","cited_text":"x"}}}\n\n'
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"cited"}}\n\n'
        b'event: ping\ndata: {"type": "ping"}\n\n'
        b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
        b'event: content_block_start\ndata: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_01CzN6riCPqw4pVSuTd9Dwn7","name":"f","input":{},"caller":{"type":"code_execution_20260120","tool_id":"srvtoolu_01CzN6riCPqw4pVSuTd9Dwn7"}}}\n\n'
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":""}}\n\n'
        b'event: content_block_stop\ndata: {"type":"content_block_stop","index":1}\n\n'
        b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null,"stop_details":null,"container":{"id":"container_1","expires_at":"2026-08-04T21:59:53.096637Z"}},"usage":{"input_tokens":9,"cache_creation_input_tokens":5,"cache_read_input_tokens":3,"output_tokens":8,"output_tokens_details":{"thinking_tokens":0},"server_tool_use":{"web_search_requests":1,"web_fetch_requests":0},"iterations":[]},"context_management":{"applied_edits":[]}}\n\n'
        b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    )
    turn, findings = read(wire)
    assert findings == []
    assert isinstance(turn.blocks[0], Opaque)
    assert (turn.usage.input_tokens, turn.usage.cache_read, turn.usage.cache_write) == (17, 3, 5)
    again = call(model="claude-opus-4-8", stream=True)
    plain = re.sub(rb" +\}\n\n", b"}\n\n", streamed(turn, again))
    assert re.sub(rb"msg_01\w{22}", b"", plain) == re.sub(rb"msg_01\w{22}", b"", wire)


def test_unfinished_thoughts_and_calls_are_kept() -> None:
    cut = WIRE.partition(b'"partial_json":""')[0].rpartition(b"event: ")[0]
    turn, findings = read(cut)
    assert [type(block) for block in turn.blocks] == [Reasoning, Text, ToolCall]
    assert {"anthropic-end"} <= {finding.rule for finding in findings}


HALF = swap(r'"partial_json":"\"}"', r'"partial_json":"\""')
SPENT = swap('"stop_reason":"tool_use"', '"stop_reason":"max_tokens"')


def test_a_last_call_may_end_where_the_tokens_do() -> None:
    turn, findings = read(SPENT(HALF(WIRE)))
    assert findings == []
    call = turn.blocks[-1]
    assert isinstance(call, ToolCall)
    assert (call.text, call.arguments, call.cut) == ('{"city": "New York"', {"city": "New York"}, True)


def test_a_call_that_is_not_the_last_may_not() -> None:
    two = planned(
        ASKED,
        ToolCall(name="f", arguments={"city": "New York"}),
        ToolCall(name="g", arguments={"city": "Rome"}),
    )
    wire = re.sub(rb" +\}\n\n", b"}\n\n", streamed(two, ASKED))
    _, findings = read(SPENT(drop("content_block_delta", 2)(wire)))
    assert [finding.rule for finding in findings] == ["anthropic-tool-json"]
