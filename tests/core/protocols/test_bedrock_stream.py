"""Converse's bytes: snapshots of named cases, and the laws of the wire."""

from __future__ import annotations

import json
import re
from collections import Counter
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import pytest
from core.protocols.bedrock_pipeline import (
    CLAUDE,
    GPT_OSS,
    NOVA,
    STAMP,
    WEATHER,
    answered,
    asking,
    call_of,
    events,
    shown,
    turn_of,
    wire,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_cli.memory import BoundedMemory
from mockllm_core import eventstream
from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.errors import UnsupportedReply
from mockllm_core.exchange import HttpRequest
from mockllm_core.jsontext import sorted_compact
from mockllm_core.protocols.bedrock_converse import PROTOCOL
from mockllm_core.protocols.bedrock_converse.stream import PADDING, padding
from mockllm_core.reply import Choice, Opaque, Reasoning, Reply, Text, ToolCall, Turn, Usage

if TYPE_CHECKING:
    from collections.abc import Callable

TOOLS = {"tools": [WEATHER]}
THINKING = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
MAGIC = "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_" + "46C9A13E193C177646C7398A98432ECC" * 2
CITY = json.dumps({"type": "object", "properties": {"city": {"const": "Rome"}}, "required": ["city"]})
PARALLEL = Reply(
    blocks=(
        Text.of("I will look."),
        ToolCall(name="get_weather", arguments={"city": "Rome"}),
        ToolCall(name="get_weather", arguments={"city": "Oslo", "days": [1, 2]}),
    )
)

CASES: dict[str, tuple[str, dict[str, Any], Reply | None]] = {
    "text-claude": (CLAUDE, asking("Hello, how are you today?"), None),
    "text-nova": (NOVA, asking("Hello, how are you today?"), None),
    "text-titan": ("amazon.titan-text-express-v1", asking("Hello, how are you today?"), None),
    "text-unicode": (CLAUDE, asking('Zoë says "hi"\n\u2028\U0001f600'), None),
    "tool-claude": (CLAUDE, asking("Weather?", toolConfig=TOOLS), Reply(blocks=PARALLEL.blocks[1:2])),
    "tool-empty-claude": (
        CLAUDE,
        asking("Now?", toolConfig=TOOLS),
        Reply(blocks=(ToolCall(name="now", arguments={}),)),
    ),
    "tools-parallel-claude": (CLAUDE, asking("Weather?", toolConfig=TOOLS), PARALLEL),
    "tools-parallel-nova": (NOVA, asking("Weather?", toolConfig=TOOLS), PARALLEL),
    "structured": (
        CLAUDE,
        asking(
            "City?",
            outputConfig={
                "textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": CITY}}}
            },
        ),
        Reply(blocks=(Text.of('{"city":"Rome"}'),)),
    ),
    "length": (CLAUDE, asking("one two three", inferenceConfig={"maxTokens": 2}), None),
    "stop": (
        CLAUDE,
        asking(
            "one two three",
            inferenceConfig={"stopSequences": ["three"]},
            additionalModelResponseFieldPaths=["/stop_sequence"],
        ),
        None,
    ),
    "reasoning-claude": (CLAUDE, asking("Think.", additionalModelRequestFields=THINKING), None),
    "reasoning-omitted": (
        CLAUDE,
        asking(
            "Think.",
            additionalModelRequestFields={
                "thinking": {"type": "enabled", "budget_tokens": 1024, "display": "omitted"}
            },
        ),
        None,
    ),
    "reasoning-redacted": (CLAUDE, asking(MAGIC, additionalModelRequestFields=THINKING), None),
    "reasoning-gpt-oss": (GPT_OSS, asking("Hi"), None),
    "guardrail": (
        NOVA,
        asking(
            "Hi",
            guardrailConfig={
                "guardrailIdentifier": "abc123",
                "guardrailVersion": "DRAFT",
                "trace": "enabled",
            },
        ),
        None,
    ),
    "guardrail-intervened": (
        NOVA,
        asking(
            "Hi",
            guardrailConfig={"guardrailIdentifier": "abc123", "guardrailVersion": "1", "trace": "enabled"},
        ),
        Reply(blocks=(Text.of("Sorry, I cannot answer that."),), finish="content_filter"),
    ),
    "cache": (
        CLAUDE,
        asking("Hi", system=[{"text": "Be kind."}, {"cachePoint": {"type": "default"}}]),
        None,
    ),
    "tier": (
        NOVA,
        asking("Hi", serviceTier={"type": "flex"}, performanceConfig={"latency": "optimized"}),
        None,
    ),
}

HELD = (
    "text-nova",
    "text-titan",
    "text-unicode",
    "tool-empty-claude",
    "tools-parallel-claude",
    "tools-parallel-nova",
    "guardrail-intervened",
)
"""Named cases whose bytes are held here; those of the rest are held with the features."""


@pytest.mark.parametrize("name", HELD)
def test_a_stream_has_these_bytes(name: str, snapshot: Callable[[str, bytes], None]) -> None:
    model, body, reply = CASES[name]
    data = answered(body, model, reply=reply)
    digest = blake2b(data, digest_size=16).hexdigest()
    snapshot(f"bedrock-converse/{name}.txt", f"blake2b {digest}\n".encode() + shown(data))


@pytest.mark.parametrize("name", HELD)
def test_a_whole_answer_has_these_bytes(name: str, snapshot: Callable[[str, bytes], None]) -> None:
    model, body, reply = CASES[name]
    snapshot(f"bedrock-converse/{name}.json", answered(body, model, stream=False, reply=reply))


ORDER = re.compile(
    "messageStart(( contentBlockStart)?( contentBlockDelta)* contentBlockStop)* messageStop metadata"
)


@pytest.mark.parametrize("name", CASES)
def test_events_come_in_the_documented_order(name: str) -> None:
    model, body, reply = CASES[name]
    seen = events(answered(body, model, reply=reply))
    assert ORDER.fullmatch(" ".join(event for event, _ in seen))
    for event, payload in seen:
        if event == "contentBlockStart":
            assert set(payload["start"]) == {"toolUse"}


@pytest.mark.parametrize("name", CASES)
def test_every_payload_is_sorted_and_compact_with_its_padding_in_place(name: str) -> None:
    model, body, reply = CASES[name]
    for message in eventstream.Decoder().feed(answered(body, model, reply=reply)):
        payload = json.loads(message.payload)
        assert message.payload == sorted_compact(payload).encode()
        assert PADDING.startswith(payload["p"])
        assert 2 <= len(payload["p"]) <= 61


def test_every_length_of_padding_comes_about_as_often() -> None:
    seen = Counter(len(padding(STAMP, nth)) for nth in range(4032))
    assert set(seen) == set(range(2, 62))
    assert max(seen.values()) < 4 * 4032 / 60


@pytest.mark.parametrize("name", CASES)
def test_the_same_request_has_the_same_bytes(name: str) -> None:
    model, body, reply = CASES[name]
    assert answered(body, model, reply=reply) == answered(json.loads(json.dumps(body)), model, reply=reply)


def test_a_frame_tells_where_its_payload_is() -> None:
    call = call_of(asking("Hi"))
    for frame in PROTOCOL.stream(turn_of(call), call, STAMP):
        assert frame.payload["p"]
        assert frame.event


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=200))
def test_any_text_comes_back_exactly_streamed_and_whole(text: str) -> None:
    reply = Reply(blocks=(Text.of(text),))
    body = asking("Hi")
    streamed = "".join(
        payload["delta"]["text"]
        for name, payload in events(answered(body, reply=reply))
        if name == "contentBlockDelta"
    )
    whole = json.loads(answered(body, stream=False, reply=reply))
    assert streamed == text
    assert whole["output"]["message"]["content"] == [{"text": text}]


def test_a_lone_surrogate_is_escaped() -> None:
    data = answered(asking("\ud83d"), stream=False)
    assert b'"text":"\\ud83d"' in data


@pytest.mark.parametrize(
    "block",
    [
        ToolCall(name="free", pieces=("words",), free_text=True),
        ToolCall(name="list", pieces=("[1]",)),
        ToolCall(name="cut", pieces=('{"a":',)),
        Opaque(protocol="openai-chat", payload={}),
    ],
)
def test_what_converse_cannot_spell_is_refused_before_the_first_byte(block: Any) -> None:
    call = call_of(asking("Hi"))
    with pytest.raises(UnsupportedReply):
        PROTOCOL.supports(turn_of(call, Reply(blocks=(block,))))


def test_two_choices_are_refused() -> None:
    call = call_of(asking("Hi"))
    choice = turn_of(call).choices[0]
    with pytest.raises(UnsupportedReply):
        PROTOCOL.supports(Turn(choices=(choice, choice), usage=Usage(input_tokens=1, output_tokens=1)))


def test_ids_of_tool_calls_are_uuids_in_base64url() -> None:
    import base64
    import uuid

    call = call_of(asking("Weather?", toolConfig=TOOLS))
    found = [
        payload["start"]["toolUse"]["toolUseId"]
        for name, payload in events(wire(turn_of(call, PARALLEL), call))
        if name == "contentBlockStart"
    ]
    assert len(set(found)) == 2
    for identity in found:
        prefix, _, encoded = identity.partition("_")
        assert prefix == "tooluse"
        assert uuid.UUID(bytes=base64.urlsafe_b64decode(encoded + "==")).version == 4


def test_usage_splits_the_prompt_at_its_cache_points() -> None:
    point = {"cachePoint": {"type": "default", "ttl": "1h"}}
    first = asking("Tell me more.", system=[{"text": "Be kind. " * 100}, point])
    usage = json.loads(answered(first, stream=False))["usage"]
    assert usage["cacheWriteInputTokens"] == 225
    assert usage["cacheReadInputTokens"] == 0
    assert usage["cacheDetails"] == [{"inputTokens": 225, "ttl": "1h"}]
    assert usage["totalTokens"] == usage["inputTokens"] + 225 + usage["outputTokens"]
    answer = {"role": "assistant", "content": [{"text": "More."}]}
    again = {"role": "user", "content": [{"text": "And more. " * 40}, point]}
    second = first | {"messages": [*first["messages"], answer, again]}
    usage = json.loads(answered(second, stream=False))["usage"]
    assert usage["cacheReadInputTokens"] == 225
    assert usage["cacheWriteInputTokens"] > 100
    assert usage["cacheReadInputTokenCount"] == usage["cacheReadInputTokens"]


@pytest.mark.parametrize("model", [CLAUDE, NOVA])
def test_a_cache_point_that_ends_a_request_leaves_a_few_tokens_before_it(model: str) -> None:
    body = asking("x")
    body["messages"][0]["content"] = [{"text": "Be kind. " * 100}, {"cachePoint": {"type": "default"}}]
    engine = Engine(Settings(), BoundedMemory())
    told = []
    for _ in range(2):
        sent = HttpRequest(method="POST", path=f"/model/{model}/converse", body=json.dumps(body).encode())
        usage = json.loads(engine.answer(sent, now=FIXED_NOW).body or b"")["usage"]
        told.append([usage[f"{key}InputTokens"] for key in ("cacheRead", "cacheWrite")])
        assert (usage["inputTokens"], usage["totalTokens"] - usage["outputTokens"]) == (3, 225)
    assert told == [[0, 222], [222, 0]]


def test_what_is_written_is_told_by_the_time_that_it_is_kept() -> None:
    """Longest first, as the service model says of ``cacheDetails``."""
    hour, brief = {"cachePoint": {"type": "default", "ttl": "1h"}}, {"cachePoint": {"type": "default"}}
    body = asking("x", system=[{"text": "Be kind. " * 100}, hour])
    body["messages"][0]["content"] = [{"text": "And more. " * 40}, brief, {"text": "x"}]
    usage = json.loads(answered(body, stream=False))["usage"]
    assert usage["cacheWriteInputTokens"] == 325
    assert usage["cacheDetails"] == [{"inputTokens": 225, "ttl": "1h"}, {"inputTokens": 100, "ttl": "5m"}]
    body["system"][1] = brief
    assert json.loads(answered(body, stream=False))["usage"]["cacheDetails"] == [
        {"inputTokens": 325, "ttl": "5m"}
    ]


def test_a_guardrail_without_trace_leaves_none() -> None:
    body = asking("Hi", guardrailConfig={"guardrailIdentifier": "abc123", "guardrailVersion": "1"})
    assert "trace" not in json.loads(answered(body, stream=False))


def test_a_block_of_our_own_kind_is_carried_through() -> None:
    held = Opaque(
        protocol="bedrock-converse",
        payload={"start": {"toolResult": {"toolUseId": "a"}}, "deltas": [{"toolResult": [{"text": "x"}]}]},
    )
    call = call_of(asking("Hi"))
    turn = turn_of(call)
    turn = Turn(
        choices=(Choice(blocks=(held, Reasoning.of("a"), Text.of("b")), finish=turn.finish),),
        usage=turn.usage,
    )
    reader = PROTOCOL.reader("")
    reader.feed(wire(turn, call))
    assert reader.finish().blocks[0] == held
    with pytest.raises(UnsupportedReply):
        PROTOCOL.whole(turn, call, STAMP)
