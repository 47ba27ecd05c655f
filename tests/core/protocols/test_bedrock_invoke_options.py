"""What InvokeModel is asked for beside its body: guardrails, latency, tier."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from core.protocols.bedrock_pipeline import (
    CLAUDE,
    NOVA,
    STAMP,
    TITAN,
    bedrock,
    claude,
    nova,
    titan,
    turn_of,
)

from mockllm_cli.memory import BoundedMemory
from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.eventstream import Decoder
from mockllm_core.exchange import HttpRequest
from mockllm_core.frame import frames
from mockllm_core.hosts.bedrock_invoke import PROTOCOL
from mockllm_core.hosts.bedrock_invoke.read import read_whole
from mockllm_core.protocol import Incoming

ACTION, TRACE, METRICS = (
    f"amazon-bedrock-{name}" for name in ("guardrailAction", "trace", "invocationMetrics")
)
GUARDED = {"guardrailIdentifier": "5zwrmdlsra2e", "guardrailVersion": "DRAFT"}
BODIES = {CLAUDE: claude("Hello there, my friend"), NOVA: nova("Hello there"), TITAN: titan("Hello there")}


def sent(model: str, body: Any, **more: Any) -> tuple[bytes, dict[str, Any]]:
    answer = bedrock().invoke_model(modelId=model, body=json.dumps(body), **more)
    return answer["body"].read(), answer


def events(model: str, body: Any, **more: Any) -> list[dict[str, Any]]:
    answer = bedrock().invoke_model_with_response_stream(modelId=model, body=json.dumps(body), **more)
    return [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]


@pytest.mark.parametrize("model", BODIES)
def test_a_guardrail_says_in_the_body_what_it_did(model: str) -> None:
    """Whole, the action is the last member, the trace before it (a public recording of Titan, February 2025)."""
    plain = json.loads(sent(model, BODIES[model])[0])
    assert not {ACTION, TRACE} & plain.keys()
    told = json.loads(sent(model, BODIES[model], **GUARDED)[0])
    assert told == {**plain, ACTION: "NONE"}
    data = sent(model, BODIES[model], **GUARDED, trace="ENABLED")[0]
    told = json.loads(data)
    assert list(told)[-2:] == [TRACE, ACTION]
    guardrail = told[TRACE]["guardrail"]
    assert list(guardrail) == ["input", "outputs", "actionReason"]
    covered = guardrail["input"]["5zwrmdlsra2e"]["invocationMetrics"]["guardrailCoverage"]["textCharacters"]
    assert covered == {"guarded": len(text_of(model)), "total": len(text_of(model))}
    findings: list[Any] = []
    assert read_whole(data, findings).blocks
    assert findings == []


def text_of(model: str) -> str:
    return "Hello there, my friend" if model == CLAUDE else "Hello there"


@pytest.mark.parametrize("model", BODIES)
def test_a_guardrail_says_so_in_every_event(model: str) -> None:
    """The last has the trace, too, before the metrics (a public recording of Titan, February 2025)."""
    found = events(model, BODIES[model], **GUARDED, trace="ENABLED_FULL")
    assert {event[ACTION] for event in found} == {"NONE"}
    assert list(found[-1])[-3:] == [ACTION, TRACE, METRICS]
    assert not any(TRACE in event for event in found[:-1])
    assert all(ACTION not in event for event in events(model, BODIES[model]))


def test_a_guardrail_that_intervenes_is_named() -> None:
    data, _ = sent("mock-finish-guardrail_intervened", nova("Hi"), **GUARDED, trace="ENABLED")
    told = json.loads(data)
    assert (told["stopReason"], told[ACTION]) == ("guardrail_intervened", "INTERVENED")
    assert told[TRACE]["guardrail"]["modelOutput"] == ["Hi"]
    assert told[TRACE]["guardrail"]["actionReason"] == "Guardrail blocked."


def test_whoever_guards_titan_spells_its_counts_as_floats() -> None:
    data, _ = sent(TITAN, titan("Hello"), **GUARDED)
    assert data.startswith(b'{"inputTextTokenCount":2.0,"results":[{"tokenCount":2.0,')
    (event,) = events(TITAN, titan("Hello"), **GUARDED)
    assert json.dumps(event["index"]) == "0.0"
    answer = bedrock().invoke_model_with_response_stream(
        modelId=TITAN, body=json.dumps(titan("one two " * 99)), **GUARDED
    )
    first = json.loads(next(iter(answer["body"]))["chunk"]["bytes"])
    assert None not in first.values()


@pytest.mark.parametrize("model", BODIES)
def test_what_a_guardrail_adds_to_a_stream_is_no_finding(model: str) -> None:
    heads = {"x-amzn-bedrock-guardrailidentifier": "g1", "x-amzn-bedrock-guardrailversion": "1"}
    http = HttpRequest(method="POST", path="", headers=heads | {"x-amzn-bedrock-trace": "ENABLED"})
    endpoint = next(one for one in PROTOCOL.endpoints if one.stream)
    call = PROTOCOL.parse(Incoming(http=http, params={"model": model}, body=BODIES[model]), endpoint)
    turn = turn_of(call)
    reader = PROTOCOL.reader("")
    for frame in PROTOCOL.stream(turn, call, STAMP):
        reader.feed(frame.wire)
    read = reader.finish()
    assert reader.findings == []
    assert [getattr(one, "text", None) for one in read.blocks] == [
        getattr(one, "text", "") for one in turn.blocks
    ]
    assert read.usage == turn.usage


def test_latency_and_tier_are_told_again() -> None:
    asked = {"performanceConfigLatency": "optimized", "serviceTier": "priority"}
    _, answer = sent(CLAUDE, claude("Hi"), **asked)
    assert {name: answer[name] for name in asked} == asked
    body = json.dumps(claude("Hi"))
    streamed = bedrock().invoke_model_with_response_stream(modelId=CLAUDE, body=body, **asked)
    assert {name: streamed[name] for name in asked} == asked
    assert not asked.keys() & sent(CLAUDE, claude("Hi"))[1].keys()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {"serviceTier": "gold"},
            "Value 'gold' at 'serviceTier' failed to satisfy constraint: Member must satisfy enum",
        ),
        ({"performanceConfigLatency": "fast"}, "Value 'fast' at 'performanceConfigLatency' failed"),
        ({"trace": "YES", **GUARDED}, "Value 'YES' at 'trace' failed"),
        ({**GUARDED, "guardrailVersion": "latest"}, "Value 'latest' at 'guardrailVersion' failed"),
        ({"guardrailIdentifier": "5zwrmdlsra2e"}, "Value null at 'guardrailVersion' failed"),
    ],
)
def test_what_the_service_model_does_not_have_is_refused(asked: dict[str, str], message: str) -> None:
    with pytest.raises(ClientError, match=message) as caught:
        sent(CLAUDE, claude("Hi"), **asked)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


# -- keys ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["model", "stream"])
def test_what_the_path_says_is_refused_in_the_body(key: str) -> None:
    """A public report has it of the live service on 12 June 2026."""
    with pytest.raises(ClientError, match=f": {key}: Extra inputs are not permitted"):
        sent(CLAUDE, claude("Hi", **{key: True}))


@pytest.mark.parametrize(
    ("model", "body", "message"),
    [
        (CLAUDE, claude("Hi", odd=1), "odd: Extra inputs are not permitted"),
        (NOVA, nova("Hi", odd=1), "#: extraneous key [odd] is not permitted"),
        (TITAN, {**titan("Hi"), "odd": 1}, "#: extraneous key [odd] is not permitted"),
        (
            "amazon.titan-embed-text-v2:0",
            {"inputText": "Hi", "odd": 1},
            "#: extraneous key [odd] is not permitted",
        ),
        (
            "cohere.embed-v4:0",
            {"texts": ["Hi"], "input_type": "search_query", "odd": 1, "so": 2},
            "#: extraneous key [odd] is not permitted#: extraneous key [so] is not permitted",
        ),
    ],
)
def test_strict_knows_the_keys_of_every_body(model: str, body: dict[str, Any], message: str) -> None:
    request = HttpRequest(method="POST", path=f"/model/{model}/invoke", body=json.dumps(body).encode())
    assert Engine(Settings()).answer(request, now=FIXED_NOW).status == 200
    response = Engine(Settings(strict=True)).answer(request, now=FIXED_NOW)
    assert response.status == 400
    assert message in json.loads(response.body or b"")["message"]
    body.pop("odd")
    body.pop("so", None)
    request = HttpRequest(method="POST", path=f"/model/{model}/invoke", body=json.dumps(body).encode())
    assert Engine(Settings(strict=True)).answer(request, now=FIXED_NOW).status == 200


def test_nova_reads_what_it_wrote_at_its_cache_points() -> None:
    body = nova("x", system=[{"text": "Be kind. " * 100}, {"cachePoint": {"type": "default"}}])
    engine = Engine(Settings(), BoundedMemory())
    counts = []
    for path in ("invoke", "invoke", "invoke-with-response-stream"):
        request = HttpRequest(method="POST", path=f"/model/{NOVA}/{path}", body=json.dumps(body).encode())
        response = engine.answer(request, now=FIXED_NOW)
        if response.body is None:
            *_, last = Decoder().feed(b"".join(frame.wire for frame in frames(response.steps)))
            told = json.loads(base64.b64decode(json.loads(last.payload)["bytes"]))["metadata"]["usage"]
        else:
            told = json.loads(response.body)["usage"]
            heads = dict(response.headers)
            assert heads["x-amzn-bedrock-cache-write-input-token-count"] == str(
                told["cacheWriteInputTokenCount"]
            )
        counts.append(
            (told["inputTokens"], told["cacheReadInputTokenCount"], told["cacheWriteInputTokenCount"])
        )
    assert counts == [(1, 0, 225), (1, 225, 0), (1, 225, 0)]
