"""The readers of OpenAI Responses: they give back what was spelled, and name every break of the rules."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core.exchange import HttpRequest
from mockllm_core.plan import plan
from mockllm_core.protocol import Call, Incoming
from mockllm_core.protocols.openai_responses import PROTOCOL, spell
from mockllm_core.reply import (
    Choice,
    Finish,
    Opaque,
    Reasoning,
    Refusal,
    Reply,
    Text,
    ToolCall,
    Turn,
    Usage,
)
from recordings.harness import stamp

if TYPE_CHECKING:
    from mockllm_core.frame import Finding
    from mockllm_core.reply import Block, FinishReason


def called(**body: Any) -> Call:
    asked = {"model": "gpt-4o-mini", "input": "hi", **body}
    incoming = Incoming(http=HttpRequest(method="POST", path="/v1/responses"), params={}, body=asked)
    return PROTOCOL.parse(incoming, PROTOCOL.endpoints[0])


SUMMARY = called(model="gpt-5", reasoning={"summary": "auto"}, stream=True)
LOGPROBS = called(include=["message.output_text.logprobs"], stream=True)


def wire(turn: Turn, call: Call) -> bytes:
    return b"".join(frame.wire for frame in PROTOCOL.stream(turn, call, stamp()))


def read(data: bytes, cuts: list[int] | None = None) -> tuple[Turn, list[Finding]]:
    reader = PROTOCOL.reader("")
    at = 0
    for size in cuts or []:
        reader.feed(data[at : at + size])
        at += size
    reader.feed(data[at:])
    return reader.finish(), reader.findings


# -- what is spelled is read back ---------------------------------------------------------------------------------

pieces = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=12), max_size=4).map(tuple)
call_ids = st.from_regex(r"call_[A-Za-z0-9]{24}", fullmatch=True)


@st.composite
def reasoning(draw: st.DrawFn) -> Reasoning:
    parts = draw(st.lists(pieces.filter(bool), max_size=3))
    said = tuple(piece for part in parts for piece in part)
    lengths = tuple(len(part) for part in parts)
    signature = draw(st.sampled_from(["", "gAAAAAB" + "x" * 93]))
    return Reasoning(pieces=said, signature=signature, parts=lengths if len(lengths) > 1 else None)


@st.composite
def arguments(draw: st.DrawFn) -> ToolCall:
    text = spell.compact(
        draw(st.dictionaries(st.text(st.characters(codec="utf-8")), st.integers(), max_size=3))
    )
    at = draw(st.integers(min_value=1, max_value=len(text)))
    said = tuple(piece for piece in (text[:at], text[at:]) if piece)
    return ToolCall(name="f", pieces=said, id=draw(call_ids))


free = st.builds(ToolCall, name=st.just("g"), pieces=pieces, id=call_ids, free_text=st.just(True))
counts = st.integers(min_value=0, max_value=10**6)


@st.composite
def turns(draw: st.DrawFn) -> Turn:
    blocks = draw(
        st.lists(
            st.one_of(
                pieces.map(lambda said: Text(pieces=said)), pieces.map(lambda said: Refusal(pieces=said))
            )
            | reasoning()
            | arguments()
            | free,
            max_size=4,
        )
    )
    called_tool = any(isinstance(block, ToolCall) for block in blocks)
    reasons: list[FinishReason] = ["tool_call" if called_tool else "stop", "length", "content_filter"]
    finish = draw(st.sampled_from(reasons))
    read_, write, spent = draw(counts), draw(counts), draw(counts)
    usage = Usage(
        input_tokens=max(read_, write) + draw(counts),
        output_tokens=spent + draw(counts),
        cache_read=read_,
        cache_write=write,
        reasoning=spent,
    )
    return Turn(choices=(Choice(blocks=tuple(blocks), finish=Finish(finish)),), usage=usage)


@given(turns(), st.lists(st.integers(min_value=1, max_value=400), max_size=40))
@settings(deadline=None, max_examples=80)
def test_a_stream_reads_back_as_the_turn_it_spells_in_any_partition(turn: Turn, cuts: list[int]) -> None:
    got, findings = read(wire(turn, SUMMARY), cuts)
    assert findings == []
    assert got == turn


@given(turns())
@settings(deadline=None, max_examples=60)
def test_a_whole_body_reads_back_as_the_turn_but_for_its_cuts(turn: Turn) -> None:
    findings: list[Finding] = []
    got = PROTOCOL.read_whole(PROTOCOL.whole(turn, SUMMARY, stamp()), findings)
    assert findings == []
    assert got.usage == turn.usage
    assert got.finish == turn.finish
    assert got.facts == turn.facts
    assert [_uncut(block) for block in got.blocks] == [_uncut(block) for block in turn.blocks]


def _uncut(block: Block) -> Any:
    match block:
        case Reasoning():
            parts = block.parts or ((len(block.pieces),) if block.pieces else ())
            return [*_joined(block.pieces, parts), block.signature]
        case Opaque():
            return block.payload
        case _:
            return (type(block), block.text)


def _joined(said: tuple[str, ...], lengths: tuple[int, ...]) -> list[str]:
    ends = [sum(lengths[: nth + 1]) for nth in range(len(lengths))]
    return ["".join(said[end - length : end]) for end, length in zip(ends, lengths, strict=True)]


def test_logprobs_read_back_exactly_from_a_stream_and_rounded_from_a_body() -> None:
    token = {"bytes": [72, 105], "logprob": -0.0000012345, "token": "Hi", "top_logprobs": []}
    block = Text(pieces=("Hi",), logprobs=([token],))
    turn = Turn(
        choices=(Choice(blocks=(block,), finish=Finish("stop")),),
        usage=Usage(input_tokens=1, output_tokens=1),
    )
    assert read(wire(turn, LOGPROBS)) == (turn, [])
    got = PROTOCOL.read_whole(PROTOCOL.whole(turn, LOGPROBS, stamp()), [])
    assert got.blocks == (Text(pieces=("Hi",), logprobs=([{**token, "logprob": -1e-06}],)),)


def test_an_item_of_the_providers_own_tools_is_carried_through() -> None:
    added = {"id": "ws_1", "type": "web_search_call", "status": "in_progress"}
    item = {**added, "status": "completed", "action": {"type": "search", "query": "x"}}
    events = [{"type": "response.web_search_call.in_progress", "item_id": "ws_1", "output_index": 0}]
    block = Opaque(protocol="openai-responses", payload={"added": added, "events": events, "item": item})
    turn = plan([Reply(blocks=(block, Text.of("Found.")))], LOGPROBS.conversation, PROTOCOL.cut)
    data = wire(turn, called(stream=True))
    got, findings = read(data)
    assert findings == []
    again = wire(got, called(stream=True))
    assert again == data


@pytest.mark.parametrize("programs", [None, {"cyber": "standard"}])
def test_access_programs_are_read_and_told_again(programs: Any) -> None:
    """Null in a whole answer of gpt-5.2 of October 2026, set in a stream of gpt-6 of September, both public."""
    turn = plan([Reply(blocks=(Text.of("x"),))], LOGPROBS.conversation, PROTOCOL.cut)
    told = wire(replace(turn, facts={"access_programs": programs}), called(stream=True))
    assert f'"status":"completed","access_programs":{spell.compact(programs)},"background"'.encode() in told
    got, findings = read(told)
    assert findings == []
    assert wire(got, called(stream=True)) == told


def test_values_that_the_tables_do_not_know_are_kept_as_facts() -> None:
    turn = plan([Reply(blocks=(Text.of("x"),))], LOGPROBS.conversation, PROTOCOL.cut)
    facts = {
        "model": "gpt-9-2030-01-01",
        "service_tier": "priority",
        "access_programs": {"cyber": "standard"},
        "moderation": {"output": {"flagged": False}},
    }
    told = replace(turn, facts=facts)
    got, findings = read(wire(told, called(stream=True)))
    assert findings == []
    assert {key: got.facts[key] for key in facts} == facts


# -- every break of the rules is named ----------------------------------------------------------------------------


def _plain() -> list[tuple[str, Any]]:
    """Return the events of an answer with a thought, a text and a call."""
    blocks = (Reasoning.of("Hm. So."), Text.of("Let me"), ToolCall(name="f", arguments={"a": 1}))
    turn = plan([Reply(blocks=blocks)], SUMMARY.conversation, PROTOCOL.cut)
    return [(frame.event, frame.payload) for frame in PROTOCOL.stream(turn, SUMMARY, stamp())]


def _sent(events: list[tuple[str, Any]]) -> bytes:
    return b"".join(f"event: {name}\ndata: {spell.compact(payload)}\n\n".encode() for name, payload in events)


def _at(events: list[tuple[str, Any]], name: str) -> Any:
    return next(payload for found, payload in events if found == f"response.{name}")


def _renumbered(events: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    for nth, (_, payload) in enumerate(events):
        payload["sequence_number"] = nth
    return events


def _change(name: str, /, **changes: Any) -> Any:
    def change(events: list[tuple[str, Any]]) -> None:
        _at(events, name).update(changes)

    return change


def _drop(name: str) -> Any:
    def change(events: list[tuple[str, Any]]) -> None:
        events[:] = _renumbered([event for event in events if event[0] != f"response.{name}"])

    return change


def _within(name: str, /, *path: str | int, **changes: Any) -> Any:
    def change(events: list[tuple[str, Any]]) -> None:
        held = _at(events, name)
        for step in path:
            held = held[step]
        held.update(changes)

    return change


def _swapped(events: list[tuple[str, Any]]) -> None:
    payload = _at(events, "output_text.delta")
    payload["item_id"] = payload.pop("item_id")


def _odd_status(events: list[tuple[str, Any]]) -> None:
    done = [payload for name, payload in events if name == "response.output_item.done"]
    done[1]["item"]["status"] = "odd"


def _without_key(name: str, *path: str) -> Any:
    def change(events: list[tuple[str, Any]]) -> None:
        held = _at(events, name)
        for step in path[:-1]:
            held = held[step]
        del held[path[-1]]

    return change


BREAKS = [
    ("responses-sequence", _change("output_text.done", sequence_number=99)),
    ("responses-index", _change("output_text.delta", output_index=7)),
    ("responses-index", _change("output_text.done", content_index=1)),
    ("responses-index", _change("reasoning_summary_text.delta", summary_index=1)),
    ("responses-item-id", _change("output_text.delta", item_id="msg_other")),
    ("responses-obfuscation", _change("output_text.delta", obfuscation="x")),
    ("responses-obfuscation", _change("output_text.delta", delta="Le", obfuscation="!" * 14)),
    ("responses-text", _change("output_text.done", text="other")),
    ("responses-text", _change("reasoning_summary_text.done", text="other")),
    ("responses-text", _within("output_text.delta", delta="Li", obfuscation="x" * 14)),
    ("responses-text", _change("function_call_arguments.done", arguments="{}")),
    ("responses-order", _drop("content_part.added")),
    ("responses-order", _drop("output_text.done")),
    ("responses-order", _drop("content_part.done")),
    ("responses-order", _drop("function_call_arguments.done")),
    ("responses-order", _drop("output_item.added")),
    ("responses-order", _drop("in_progress")),
    ("responses-order", _drop("created")),
    ("responses-terminator", _drop("completed")),
    ("responses-output", _within("completed", "response", output=[])),
    ("responses-usage", _within("completed", "response", usage=None)),
    ("responses-usage", _within("completed", "response", "usage", total_tokens=1)),
    (
        "responses-usage",
        _within("completed", "response", "usage", input_tokens_details={"cached_tokens": 10**9}),
    ),
    ("responses-status", _within("completed", "response", status="in_progress")),
    ("responses-status", _odd_status),
    ("responses-echo", _within("completed", "response", temperature=0.5)),
    ("responses-keys", _within("completed", "response", billing={"payer": "developer"})),
    ("responses-keys", _within("created", "response", image=None)),
    ("responses-keys", _without_key("completed", "response", "store")),
    ("responses-keys", _without_key("completed", "response", "presence_penalty")),
    ("responses-keys", _without_key("output_text.delta", "logprobs")),
    ("responses-keys", _change("function_call_arguments.done", name="f")),
    ("responses-null", _within("created", "response", store=None)),
    ("responses-null", _change("output_text.delta", logprobs=None)),
    ("responses-key-order", _swapped),
    ("responses-id", _within("completed", "response", id="resp_1")),
]


@pytest.mark.parametrize(("rule", "change"), BREAKS)
def test_a_break_of_a_rule_is_found(rule: str, change: Any) -> None:
    events = json.loads(json.dumps(_plain()))
    assert read(_sent(events))[1] == []
    change(events)
    found = read(_sent(events))[1]
    assert rule in {finding.rule for finding in found}


@pytest.mark.parametrize(
    ("rule", "pattern", "by"),
    [
        ("responses-framing", rb"event: response.output_text.done\n", b""),
        ("responses-framing", rb"event: response.output_text.done", b"event: response.other"),
        (
            "responses-framing",
            rb"\n\nevent: response.output_item.done",
            b"\r\n\r\nevent: response.output_item.done",
        ),
        ("responses-framing", rb"\n\n$", b"\n"),
        ("responses-json", rb'"sequence_number":5', b'"sequence_number": 5'),
        (
            "responses-json",
            rb'data: \{"type":"response.output_text.done"',
            b'data: {"type":response.output_text.done"',
        ),
        ("responses-json", rb"data: \{[^\n]*output_text.done[^\n]*", b"data: []"),
        ("responses-unknown-event", rb"response.output_text.done", b"response.output_text.finished"),
        ("responses-unknown-event", rb"response.output_item.done", b"response.output_item.odd"),
        ("responses-terminator", rb"\n\n$", b'\n\nevent: x\ndata: {"type":"x","sequence_number":0}\n\n'),
    ],
)
def test_a_break_of_the_framing_is_found(rule: str, pattern: bytes, by: bytes) -> None:
    data = re.sub(pattern, by, _sent(_plain()))
    assert rule in {finding.rule for finding in read(data)[1]}


def test_arguments_that_are_not_json_are_found() -> None:
    turn = Turn(
        choices=(Choice(blocks=(ToolCall(name="f", pieces=('{"a":',)),), finish=Finish("tool_call")),),
        usage=Usage(input_tokens=1, output_tokens=1),
    )
    assert {finding.rule for finding in read(wire(turn, SUMMARY))[1]} == {"responses-arguments"}


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("responses-layout", lambda text: text.replace("\n  ", "\n   ", 1)),
        ("responses-layout", lambda text: text + "\n"),
        ("responses-json", lambda text: text[:-1]),
        ("responses-json", lambda text: "[]"),
        ("responses-keys", lambda text: text.replace('  "user": null,\n', "")),
        ("responses-usage", lambda text: text.replace('"total_tokens": 2', '"total_tokens": 3')),
        ("responses-status", lambda text: text.replace('"completed"', '"done"', 1)),
        ("responses-id", lambda text: text.replace('"resp_', '"response_1', 1)),
    ],
)
def test_a_break_in_a_whole_body_is_found(rule: str, change: Any) -> None:
    turn = plan([Reply(blocks=(Text.of("x"),))], LOGPROBS.conversation, PROTOCOL.cut)
    body = PROTOCOL.whole(turn, called(), stamp()).decode()
    findings: list[Finding] = []
    PROTOCOL.read_whole(change(body).encode(), findings)
    assert rule in {finding.rule for finding in findings}


def test_every_rule_is_known_and_says_what_it_protects() -> None:
    tested = {rule for rule, _ in BREAKS}
    assert tested <= set(PROTOCOL.rules)
    assert all(len(sentence) > 20 for sentence in PROTOCOL.rules.values())


def test_a_finding_names_the_event_and_its_first_byte() -> None:
    events = _plain()
    data = _sent(events)
    number = next(nth for nth, (name, _) in enumerate(events) if name == "response.output_text.done")
    _change("output_text.done", text="other")(events)
    (finding,) = [found for found in read(_sent(events))[1] if found.event == number]
    assert finding.offset == data.index(b"event: response.output_text.done")


# -- garbage ------------------------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=60), max_size=6))
@settings(deadline=None)
def test_random_bytes_never_raise(chunks: list[bytes]) -> None:
    reader = PROTOCOL.reader("")
    for chunk in chunks:
        reader.feed(chunk)
    reader.finish()
    assert reader.findings
    findings: list[Finding] = []
    PROTOCOL.read_whole(b"".join(chunks), findings)
    assert findings


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "type", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def _paths(value: Any, *path: Any) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [found for key, held in value.items() for found in [(*path, key), *_paths(held, *path, key)]]
    if isinstance(value, list):
        return [
            found for nth, held in enumerate(value) for found in [(*path, nth), *_paths(held, *path, nth)]
        ]
    return []


@given(st.data())
@settings(deadline=None, max_examples=100)
def test_an_answer_with_any_value_replaced_or_gone_never_raises(data: st.DataObject) -> None:
    events = json.loads(json.dumps(_plain()))
    for _ in range(data.draw(st.integers(min_value=1, max_value=3))):
        nth = data.draw(st.integers(min_value=0, max_value=len(events) - 1))
        payload = events[nth][1]
        path = data.draw(st.sampled_from(_paths(payload) or [("type",)]))
        held = payload
        for step in path[:-1]:
            held = held[step]
        if data.draw(st.booleans()):
            held[path[-1]] = data.draw(odd)
        elif isinstance(held, dict):
            del held[path[-1]]
    got, _ = read(
        b"".join(f"event: {name}\ndata: {json.dumps(payload)}\n\n".encode() for name, payload in events)
    )
    assert isinstance(got, Turn)
    whole = json.dumps(events[-1][1].get("response")).encode()
    assert isinstance(PROTOCOL.read_whole(whole, []), Turn)
