"""How both AWS clients are asked, and what their answers say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sdk.cases import Ask, Call, Said, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

MODEL = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
FINISH = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "tool_use": "tool"}
DROP = frozenset({"toolUseId", "signature", "latencyMs", "ResponseMetadata"})
"""What differs between two answers, and what the client adds."""

CREDENTIALS = {
    "region_name": "us-east-1",
    "aws_access_key_id": "k",
    "aws_secret_access_key": "k",
}

ERRORS = {
    "invalid_request": (400, "ValidationException"),
    "authentication": (401, "UnrecognizedClientException"),
    "permission": (403, "AccessDeniedException"),
    "not_found": (404, "ResourceNotFoundException"),
    "conflict": (409, "ConflictException"),
    "request_too_large": (413, "RequestEntityTooLargeException"),
    "rate_limit": (429, "ThrottlingException"),
    "server_error": (500, "InternalServerException"),
    "unavailable": (503, "ServiceUnavailableException"),
    "overloaded": (503, "ServiceUnavailableException"),
    "timeout": (408, "ModelTimeoutException"),
}
"""Status and code of what a model named ``mock-error-KIND`` answers with."""


def spell(ask: Ask) -> dict[str, Any]:
    """The arguments that ask this of a client."""
    sent: dict[str, Any] = {"modelId": MODEL, "messages": [_turn(turn) for turn in ask.turns]}
    if ask.system:
        sent["system"] = [{"text": ask.system}]
    if ask.tools:
        tools = [
            {"toolSpec": {"name": tool.name, "description": tool.name, "inputSchema": {"json": tool.schema}}}
            for tool in ask.tools
        ]
        sent["toolConfig"] = {"tools": tools}
    match ask.choice:
        case "" | "none":
            pass
        case "any":
            sent["toolConfig"]["toolChoice"] = {"any": {}}
        case name:
            sent["toolConfig"]["toolChoice"] = {"tool": {"name": name}}
    if ask.schema:
        schema = {"name": "article", "schema": json.dumps(ask.schema)}
        sent["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}}
    if ask.reasoning:
        thinking = {"type": "enabled", "budget_tokens": 1024}
        sent["additionalModelRequestFields"] = {"thinking": thinking}
    if ask.limit:
        sent["inferenceConfig"] = {"maxTokens": ask.limit}
    if ask.stop:
        sent["inferenceConfig"] = {"stopSequences": [ask.stop]}
    return sent


def _turn(turn: Any) -> dict[str, Any]:
    match turn:
        case str():
            return {"role": "user", "content": [{"text": turn}]}
        case Said():
            return {"role": "assistant", "content": turn.turn}
        case (str(), *_):
            return {"role": "user", "content": [{"text": text} for text in turn]}
        case _:
            results = [
                {"toolResult": {"toolUseId": result.call.id, "content": [{"text": result.text}]}}
                for result in turn
            ]
            return {"role": "user", "content": results}


def header(ask: Ask) -> Any:
    """A hook that adds the header which the clients have no argument for."""

    def add(request: Any, **_: Any) -> None:
        if ask.calls:
            request.headers.add_header("x-mockllm-tool-calls", str(ask.calls))

    return add


def read(response: dict[str, Any]) -> Said:
    """What a whole answer says."""
    assert response["ResponseMetadata"]["RequestId"]
    assert response["metrics"]["latencyMs"] > 0
    message = response["output"]["message"]
    assert message["role"] == "assistant"
    return _said(message["content"], response["stopReason"], response["usage"], response)


def gather(events: Sequence[dict[str, Any]]) -> Said:
    """What the events of a stream say, joined by hand: AWS has no accumulator."""
    kinds = [next(iter(event)) for event in events]
    assert kinds[0] == "messageStart"
    assert kinds[-2:] == ["messageStop", "metadata"]
    content: list[dict[str, Any]] = []
    for event in events:
        match event:
            case {"contentBlockStart": started}:
                assert started["contentBlockIndex"] == len(content)
                content.append({"toolUse": started["start"]["toolUse"] | {"input": ""}})
            case {"contentBlockDelta": told}:
                if told["contentBlockIndex"] == len(content):
                    content.append({})
                _add(content[told["contentBlockIndex"]], told["delta"])
            case _:
                pass
    for block in content:
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"] or "{}")
    metadata = events[-1]["metadata"]
    assert metadata["metrics"]["latencyMs"] > 0
    return _said(content, events[-2]["messageStop"]["stopReason"], metadata["usage"], None)


def _add(block: dict[str, Any], delta: dict[str, Any]) -> None:
    match delta:
        case {"text": text}:
            block["text"] = block.get("text", "") + text
        case {"toolUse": {"input": text}}:
            block["toolUse"]["input"] += text
        case {"reasoningContent": held}:
            thought = block.setdefault("reasoningContent", {}).setdefault("reasoningText", {})
            for key, value in held.items():
                thought[key] = thought.get(key, "") + value
        case _:
            raise AssertionError(delta)


def _said(content: list[dict[str, Any]], stop: str, usage: dict[str, int], body: Any) -> Said:
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"]
    tools = [block["toolUse"] for block in content if "toolUse" in block]
    thoughts = [
        block["reasoningContent"]["reasoningText"] for block in content if "reasoningContent" in block
    ]
    assert all(thought["signature"] for thought in thoughts)
    return Said(
        text="".join(block.get("text", "") for block in content),
        calls=tuple(Call(tool["name"], tool["input"], tool["toolUseId"]) for tool in tools),
        finish=FINISH[stop],
        tokens=(usage["inputTokens"], usage["outputTokens"]),
        thoughts="".join(thought["text"] for thought in thoughts),
        turn=content,
        body=None if body is None else plain(body, DROP),
    )


CLAUDE = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 99}


def invoked(text: str, **more: Any) -> dict[str, Any]:
    """The arguments of InvokeModel for one of Anthropic's bodies."""
    body = CLAUDE | {"messages": [{"role": "user", "content": text}]} | more
    return {"modelId": MODEL, "body": json.dumps(body)}
