"""The official SDK reads our bytes: boto3 with its own serializer, parsers and event stream."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EventStreamError
from core.protocols.bedrock_pipeline import (
    CLAUDE,
    GPT_OSS,
    NOVA,
    STAMP,
    WEATHER,
    asking,
    call_of,
    client,
    turn_of,
)

from mockllm_core.conversation import Controls
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.protocols.bedrock_converse import PROTOCOL

if TYPE_CHECKING:
    from mockllm_core.frame import Frame

MODELS = (
    CLAUDE,
    NOVA,
    GPT_OSS,
    "amazon.titan-text-express-v1",
    "arn:aws:bedrock:us-east-1:1:inference-profile/x.y",
)


def streamed(bedrock: Any, **request: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The message that a client accumulates from the stream, and the events that stand alone."""
    content: list[dict[str, Any]] = []
    alone: dict[str, Any] = {}
    for event in bedrock.converse_stream(**request)["stream"]:
        ((name, payload),) = event.items()
        match name:
            case "contentBlockStart":
                content.append({"toolUse": payload["start"]["toolUse"] | {"input": ""}})
            case "contentBlockDelta":
                if payload["contentBlockIndex"] == len(content):
                    content.append({})
                accumulate(content[payload["contentBlockIndex"]], payload["delta"])
            case "contentBlockStop":
                pass
            case _:
                alone[name] = payload
    for block in content:
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"] or "{}")
    return content, alone


def accumulate(block: dict[str, Any], delta: dict[str, Any]) -> None:
    match delta:
        case {"text": text}:
            block["text"] = block.get("text", "") + text
        case {"toolUse": {"input": text}}:
            block["toolUse"]["input"] += text
        case {"reasoningContent": {"redactedContent": data}}:
            block["reasoningContent"] = {"redactedContent": data}
        case {"reasoningContent": held}:
            text = block.setdefault("reasoningContent", {}).setdefault("reasoningText", {})
            for key, value in held.items():
                text[key] = text.get(key, "") + value
        case _:
            raise AssertionError(delta)


REQUESTS: dict[str, dict[str, Any]] = {
    "text": asking("Hello, Zoë! \u2028 \U0001f600"),
    "tool": asking("Weather?", toolConfig={"tools": [WEATHER]}),
    "forced": asking("Hi", toolConfig={"tools": [WEATHER], "toolChoice": {"tool": {"name": "get_weather"}}}),
    "stop": asking("one two three", inferenceConfig={"stopSequences": ["three"]}),
    "length": asking("one two three four", inferenceConfig={"maxTokens": 2}),
    "structured": asking(
        "A city",
        outputConfig={
            "textFormat": {
                "type": "json_schema",
                "structure": {
                    "jsonSchema": {"schema": json.dumps(WEATHER["toolSpec"]["inputSchema"]["json"])}
                },
            }
        },
    ),
    "reasoning": asking(
        "Think", additionalModelRequestFields={"thinking": {"type": "enabled", "budget_tokens": 1024}}
    ),
    "cache": asking("Hi", system=[{"text": "Be kind."}, {"cachePoint": {"type": "default"}}]),
    "guardrail": asking(
        "Hi",
        guardrailConfig={"guardrailIdentifier": "abc123", "guardrailVersion": "DRAFT", "trace": "enabled"},
    ),
    "tier": asking("Hi", serviceTier={"type": "flex"}, performanceConfig={"latency": "optimized"}),
    "metadata": asking("Hi", requestMetadata={"team": "a"}),
}


_TITAN = "amazon.titan-text-express-v1"
UNSUPPORTED = {("stop", GPT_OSS), ("tool", _TITAN), ("forced", _TITAN), ("cache", _TITAN), ("cache", GPT_OSS)}
"""Refused by AWS: test_bedrock_features.py."""


@pytest.mark.parametrize(
    ("name", "model"),
    [(name, model) for name in REQUESTS for model in MODELS if (name, model) not in UNSUPPORTED],
)
def test_boto3_accumulates_from_a_stream_what_a_whole_answer_says(name: str, model: str) -> None:
    bedrock = client()
    request = REQUESTS[name]
    whole = bedrock.converse(modelId=model, **request)
    content, alone = streamed(bedrock, modelId=model, **request)
    expected = whole["output"]["message"]["content"]
    for block in expected:
        block.get("toolUse", {}).pop("type", None)
    if model == GPT_OSS:
        assert content.pop(0) == {"text": ""}
    assert content == expected
    assert alone["messageStart"] == {"role": "assistant"}
    assert alone["messageStop"]["stopReason"] == whole["stopReason"]
    assert alone["metadata"]["usage"]["totalTokens"] == whole["usage"]["totalTokens"]
    for key in ("trace", "serviceTier", "performanceConfig"):
        assert alone["metadata"].get(key) == whole.get(key)


def test_boto3_reads_the_parts_of_every_feature() -> None:
    bedrock = client()
    ask = {name: bedrock.converse(modelId=CLAUDE, **request) for name, request in REQUESTS.items()}
    assert ask["text"]["output"]["message"]["content"] == [{"text": "Hello, Zoë! \u2028 \U0001f600"}]
    assert ask["text"]["stopReason"] == "end_turn"
    assert ask["tool"]["stopReason"] == "tool_use"
    assert ask["stop"]["output"]["message"]["content"] == [{"text": "one two "}]
    assert ask["stop"]["stopReason"] == "stop_sequence"
    assert ask["length"]["output"]["message"]["content"] == [{"text": "one two "}]
    assert ask["length"]["stopReason"] == "max_tokens"
    assert set(json.loads(ask["structured"]["output"]["message"]["content"][0]["text"])) == {"city"}
    assert ask["reasoning"]["output"]["message"]["content"][0]["reasoningContent"]["reasoningText"][
        "signature"
    ]
    assert ask["cache"]["usage"]["cacheWriteInputTokens"] > 0
    assert ask["cache"]["usage"]["cacheDetails"][0]["ttl"] == "5m"
    assert "abc123" in ask["guardrail"]["trace"]["guardrail"]["inputAssessment"]
    assert ask["tier"]["serviceTier"] == {"type": "flex"}
    assert ask["tier"]["performanceConfig"] == {"latency": "optimized"}


def test_parallel_calls_are_blocks_one_after_another() -> None:
    content, _ = streamed(
        client(controls=Controls(tool_calls=3)),
        modelId=NOVA,
        **asking("Weather?", toolConfig={"tools": [WEATHER], "toolChoice": {"any": {}}}),
    )
    ids = [block["toolUse"]["toolUseId"] for block in content]
    assert len(set(ids)) == 3
    assert all(set(block["toolUse"]["input"]) == {"city"} for block in content)


def test_what_boto3_got_can_be_sent_back() -> None:
    bedrock = client()
    request = asking(
        "Weather?",
        toolConfig={"tools": [WEATHER]},
        additionalModelRequestFields={"thinking": {"type": "enabled", "budget_tokens": 1024}},
    )
    first = bedrock.converse(modelId=CLAUDE, **request)["output"]["message"]
    use = next(block["toolUse"] for block in first["content"] if "toolUse" in block)
    result = {"toolResult": {"toolUseId": use["toolUseId"], "content": [{"json": {"sun": True}}]}}
    request["messages"] += [first, {"role": "user", "content": [result]}]
    second = bedrock.converse(modelId=CLAUDE, **request)
    assert second["stopReason"] == "end_turn"
    assert second["output"]["message"]["content"][-1] == {"text": "Weather?"}


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("invalid_request", "ValidationException", 400),
        ("authentication", "UnrecognizedClientException", 401),
        ("permission", "AccessDeniedException", 403),
        ("not_found", "ResourceNotFoundException", 404),
        ("rate_limit", "ThrottlingException", 429),
        ("server_error", "InternalServerException", 500),
        ("unavailable", "ServiceUnavailableException", 503),
        ("overloaded", "ServiceUnavailableException", 503),
        ("timeout", "ModelTimeoutException", 408),
    ],
)
def test_boto3_types_every_error(kind: Any, code: str, status: int) -> None:
    def fails(_: Any) -> Any:
        raise ApiError(kind, "")

    bedrock = client(responder=fails)
    for operation in (bedrock.converse, bedrock.converse_stream):
        with pytest.raises(ClientError) as caught:
            operation(modelId=CLAUDE, **asking("Hi"))
        response = caught.value.response
        assert response["Error"]["Code"] == code
        assert response["Error"]["Message"]
        assert response["ResponseMetadata"]["HTTPStatusCode"] == status
        assert response["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("rate_limit", "throttlingException"),
        ("server_error", "internalServerException"),
        ("unavailable", "serviceUnavailableException"),
        ("overloaded", "serviceUnavailableException"),
        ("invalid_request", "validationException"),
        ("timeout", "modelStreamErrorException"),
        ("permission", "validationException"),
    ],
)
def test_boto3_raises_a_failure_inside_a_stream(kind: Any, code: str) -> None:
    call = call_of(asking("Hello there, my friend"))
    turn = turn_of(call)
    frames = list(PROTOCOL.stream(turn, call, STAMP))[:3]
    frames += PROTOCOL.fail(ApiError(kind, "Broken."), call, turn, STAMP, 3)
    with pytest.raises(EventStreamError) as caught:
        list(replayed(frames))
    assert caught.value.response["Error"] == {"Code": code, "Message": "Broken."}


def replayed(frames: list[Frame]) -> Any:
    """The SDK's reading of frames that come from no request."""
    headers = (("content-type", "application/vnd.amazon.eventstream"),)
    bedrock = client(answering=lambda _: HttpResponse(status=200, headers=headers, steps=frames))
    return bedrock.converse_stream(modelId=CLAUDE, **asking("Hi"))["stream"]


def test_the_control_plane_lists_models_and_knows_each() -> None:
    bedrock = client("bedrock")
    listed = bedrock.list_foundation_models()["modelSummaries"]
    assert {"Anthropic", "Amazon"} <= {model["providerName"] for model in listed}
    for model in listed:
        details = bedrock.get_foundation_model(modelIdentifier=model["modelId"])["modelDetails"]
        assert details == model
        by_arn = bedrock.get_foundation_model(modelIdentifier=model["modelArn"])["modelDetails"]
        assert by_arn == model
    only = bedrock.list_foundation_models(byProvider="amazon", byOutputModality="EMBEDDING")["modelSummaries"]
    assert [model["modelId"] for model in only] == ["amazon.titan-embed-text-v2:0"]


def test_the_list_of_models_is_filtered_as_asked() -> None:
    bedrock = client("bedrock")

    def names(**asked: str) -> set[str]:
        return {model["modelId"] for model in bedrock.list_foundation_models(**asked)["modelSummaries"]}

    assert "amazon.nova-pro-v1:0" in names(byInferenceType="ON_DEMAND")
    assert not {one for one in names(byInferenceType="ON_DEMAND") if "claude" in one}
    assert not names(byInferenceType="PROVISIONED")
    assert not names(byCustomizationType="FINE_TUNING")
    assert not names(byOutputModality="IMAGE")
    assert not names(byProvider="nobody")
    with pytest.raises(ClientError) as caught:
        names(byOutputModality="SOUND")
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert caught.value.response["Error"]["Message"] == (
        "1 validation error detected: Value 'SOUND' at 'byOutputModality' failed to satisfy constraint: "
        "Member must satisfy enum value set: [TEXT, IMAGE, EMBEDDING]"
    )


def test_the_list_of_profiles_comes_in_pages_and_by_type() -> None:
    bedrock = client("bedrock")
    every = bedrock.list_inference_profiles()
    assert "nextToken" not in every
    pages = list(bedrock.get_paginator("list_inference_profiles").paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page["inferenceProfileSummaries"]) for page in pages] == [3, 3, 1]
    assert [one for page in pages for one in page["inferenceProfileSummaries"]] == every[
        "inferenceProfileSummaries"
    ]
    assert not bedrock.list_inference_profiles(typeEquals="APPLICATION")["inferenceProfileSummaries"]
    for asked in ({"typeEquals": "OTHER"}, {"nextToken": "x"}):
        with pytest.raises(ClientError) as caught:
            bedrock.list_inference_profiles(**asked)
        assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_the_control_plane_knows_inference_profiles() -> None:
    bedrock = client("bedrock")
    profiles = bedrock.list_inference_profiles()["inferenceProfileSummaries"]
    assert "us.anthropic.claude-sonnet-4-6" in {profile["inferenceProfileId"] for profile in profiles}
    arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"
    profile = bedrock.get_inference_profile(inferenceProfileIdentifier=arn)
    assert profile["inferenceProfileArn"] == arn
    assert profile["type"] == "APPLICATION"
    assert profile["models"][0]["modelArn"].startswith("arn:aws:bedrock:")


def test_a_model_named_for_a_stop_reason_ends_with_it() -> None:
    for reason in ("malformed_tool_use", "model_context_window_exceeded", "content_filtered"):
        model = f"mock-finish-{reason}"
        assert client().converse(modelId=model, **asking("Hi"))["stopReason"] == reason
        _, alone = streamed(client(), modelId=model, **asking("Hi"))
        assert alone["messageStop"] == {"stopReason": reason}


def test_the_model_and_its_arn_come_whole_through_the_path() -> None:
    seen: list[str] = []

    def responder(conversation: Any) -> Any:
        from mockllm_core.responders import respond

        seen.append(conversation.model)
        return respond(conversation)

    for model in MODELS:
        client(responder=responder).converse(modelId=model, **asking("Hi"))
    assert tuple(seen) == MODELS
