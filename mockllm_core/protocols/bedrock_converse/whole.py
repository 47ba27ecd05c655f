"""A Turn as one body: compact JSON, its keys sorted at every level, tool inputs too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mockllm_core.errors import UnsupportedReply
from mockllm_core.jsontext import sorted_compact
from mockllm_core.protocols.bedrock_converse import parts
from mockllm_core.protocols.bedrock_converse.families import family
from mockllm_core.protocols.bedrock_converse.guardrail import trace
from mockllm_core.protocols.bedrock_converse.usage import usage
from mockllm_core.reply import Opaque, Reasoning, Refusal, Text, ToolCall

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Turn
    from mockllm_core.stamp import Stamp

NAME = "bedrock-converse"

__all__ = ["supports", "whole"]


def whole(turn: Turn, call: Call, stamp: Stamp) -> bytes:
    """Return the answer as one body."""
    content = [_block(block, call) for block in parts.shown(turn, call, stamp)]
    answer = {
        "metrics": {"latencyMs": parts.latency(turn, stamp)},
        "output": {"message": {"content": content, "role": "assistant"}},
        "stopReason": parts.stop_reason(turn, call),
        "usage": usage(turn, call, whole=True),
    }
    extra = parts.response_fields(turn, call) | parts.echoes(call) | trace(turn, call, stamp)
    return sorted_compact(answer | extra).encode()


def _block(block: Block, call: Call) -> dict[str, Json]:
    match block:
        case Text() | Refusal():
            return {"text": block.text}
        case Reasoning(redacted=str(data)):
            return {"reasoningContent": {"redactedContent": parts.blob(data)}}
        case Reasoning(signature=None):
            return {"reasoningContent": {"reasoningText": {"text": block.text}}}
        case Reasoning(signature=signature):
            return {"reasoningContent": {"reasoningText": {"signature": signature, "text": block.text}}}
        case ToolCall():
            use = {"input": json.loads(block.text or "{}"), "name": block.name, "toolUseId": block.id}
            return {"toolUse": use | ({"type": "tool_use"} if family(call.model).tool_type else {})}
        case Opaque(payload={"block": dict(held)}):
            return held
        case Opaque():
            raise UnsupportedReply("a block read from a stream cannot be part of a whole answer")


def supports(turn: Turn) -> None:
    """Raise UnsupportedReply when the Turn holds what Converse cannot spell."""
    if len(turn.choices) > 1:
        raise UnsupportedReply("Converse answers with one choice")
    for block in turn.blocks:
        match block:
            case Opaque(protocol=protocol) if protocol != NAME:
                raise UnsupportedReply(f"Converse cannot spell a block of {protocol}")
            case ToolCall(free_text=True):
                raise UnsupportedReply(f"Converse has no free-text tools, so {block.name} cannot be called")
            case ToolCall():
                _check_arguments(block)
            case Text() | Reasoning() | Refusal() | Opaque():
                pass


def _check_arguments(call: ToolCall) -> None:
    try:
        value = json.loads(call.text or "{}")
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise UnsupportedReply(f"the arguments of {call.name} are not a JSON object")
