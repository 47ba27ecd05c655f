"""Boto3 reads answers of Nova's that used a system tool, and sends them back."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sdk.bedrock import CREDENTIALS

MODEL = "us.amazon.nova-2-lite-v1:0"
ASKED = "What is new? " + "word " * 30
TOOLS = {
    "grounding": (["nova_grounding"], ["toolUse", "toolResult", "text", "citationsContent"]),
    "interpreter": (["nova_code_interpreter"], ["toolUse", "toolResult", "text"]),
    "both": (
        ["nova_code_interpreter", "nova_grounding"],
        ["toolUse", "toolResult", "toolUse", "toolResult", "text", "citationsContent"],
    ),
}


@pytest.fixture(scope="module")
def client(url: str) -> Any:
    config = Config(retries={"total_max_attempts": 1})
    return boto3.client("bedrock-runtime", endpoint_url=url, config=config, **CREDENTIALS)


def sent(name: str, *more: Any) -> dict[str, Any]:
    offered = [{"systemTool": {"name": tool}} for tool in TOOLS[name][0]]
    messages = [{"role": "user", "content": [{"text": ASKED}]}, *more]
    return {"modelId": MODEL, "messages": messages, "toolConfig": {"tools": offered}}


def gathered(events: Any) -> tuple[list[dict[str, Any]], str]:
    """Return the blocks that a stream adds up to, and its stop reason."""
    blocks: dict[int, dict[str, Any]] = {}
    reason = ""
    for event in events:
        match event:
            case {"contentBlockStart": {"contentBlockIndex": index, "start": start}}:
                blocks[index] = {kind: dict(held) for kind, held in start.items()}
            case {"contentBlockDelta": {"contentBlockIndex": index, "delta": delta}}:
                _add(blocks.setdefault(index, {}), delta)
            case {"messageStop": {"stopReason": reason}}:
                pass
            case _:
                pass
    return list(blocks.values()), reason


def _add(block: dict[str, Any], delta: dict[str, Any]) -> None:
    match delta:
        case {"text": text}:
            block["text"] = block.get("text", "") + text
        case {"toolUse": {"input": text}}:
            block["toolUse"]["input"] = json.loads(text)
        case {"toolResult": content}:
            block["toolResult"]["content"] = content
        case {"citation": citation}:
            block.setdefault("citationsContent", {"citations": []})["citations"].append(citation)
        case _:
            raise AssertionError(delta)


def bare(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            kind: {key: value for key, value in held.items() if key != "toolUseId"}
            if isinstance(held, dict)
            else held
            for kind, held in block.items()
        }
        for block in blocks
    ]


@pytest.mark.parametrize("name", TOOLS)
def test_a_stream_adds_up_to_the_whole(client: Any, name: str) -> None:
    whole = client.converse(**sent(name))
    content = whole["output"]["message"]["content"]
    assert [next(iter(block)) for block in content] == TOOLS[name][1]
    streamed, reason = gathered(client.converse_stream(**sent(name))["stream"])
    assert bare(streamed) == bare(content)
    assert reason == whole["stopReason"] == "end_turn"
    assert [block["text"] for block in content if "text" in block] == [ASKED]


@pytest.mark.parametrize("name", TOOLS)
def test_a_conversation_goes_on(client: Any, name: str) -> None:
    for answer in (
        client.converse(**sent(name))["output"]["message"],
        {"role": "assistant", "content": gathered(client.converse_stream(**sent(name))["stream"])[0]},
    ):
        more = {"role": "user", "content": [{"text": "And now?"}]}
        content = client.converse(**sent(name, answer, more))["output"]["message"]["content"]
        assert {"text": "And now?"} in content


@pytest.mark.parametrize("name", TOOLS)
def test_invoke_says_the_same(client: Any, name: str) -> None:
    asked = sent(name)
    body = json.dumps({key: asked[key] for key in ("messages", "toolConfig")})
    whole = json.loads(client.invoke_model(modelId=MODEL, body=body)["body"].read())
    content = whole["output"]["message"]["content"]
    assert bare(content) == bare(client.converse(**asked)["output"]["message"]["content"])
    events = client.invoke_model_with_response_stream(modelId=MODEL, body=body)["body"]
    streamed, reason = gathered(json.loads(event["chunk"]["bytes"]) for event in events)
    assert "".join(block.get("text", "") for block in streamed) == ASKED
    assert bare([block for block in streamed if "text" not in block]) == bare(
        [block for block in content if "text" not in block]
    )
    assert reason == "end_turn"
