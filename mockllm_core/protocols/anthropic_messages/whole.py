"""A Turn as one compact body. Source: the recorded bodies that were not streamed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mockllm_core.jsontext import compact, utf8
from mockllm_core.protocols.anthropic_messages import opaque
from mockllm_core.protocols.anthropic_messages.families import spoken
from mockllm_core.protocols.anthropic_messages.shape import (
    caller,
    container,
    decided,
    diagnosed,
    edits,
    identifier,
    redacted_data,
    stop_details,
    stop_reason,
    whole_usage,
)
from mockllm_core.protocols.anthropic_messages.signature import sign
from mockllm_core.reply import Opaque, Reasoning, Refusal, Text, ToolCall

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Turn
    from mockllm_core.stamp import Stamp

__all__ = ["message", "whole"]


def whole(turn: Turn, call: Call, stamp: Stamp) -> bytes:
    """Return the Turn as one body."""
    return utf8(compact(message(turn, call, stamp)))


def message(turn: Turn, call: Call, stamp: Stamp) -> dict[str, Json]:
    """Return the Turn as a message object, keys in wire order."""
    turn = decided(turn, call)
    held = container(turn, call, stamp)
    return {
        "model": spoken(call.model),
        "id": identifier("msg", call, stamp),
        "type": "message",
        "role": "assistant",
        "content": [_block(block, turn, call, stamp, index) for index, block in enumerate(turn.blocks)],
        **({"container": held} if held is not None else {}),
        "stop_reason": stop_reason(turn, call),
        "stop_sequence": turn.finish.sequence if turn.finish.reason == "stop" else None,
        "stop_details": stop_details(turn),
        "usage": whole_usage(turn, call),
        **diagnosed(turn, call),
        **edits(turn, call),
    }


def _block(block: Block, turn: Turn, call: Call, stamp: Stamp, index: int) -> dict[str, Json]:
    match block:
        case Text() | Refusal():
            return {"type": "text", "text": block.text}
        case Reasoning(redacted=None, signature=proof):
            proof = sign(block.text, spoken(call.model), stamp, index) if proof is None else proof
            return {"type": "thinking", "thinking": block.text, "signature": proof}
        case Reasoning():
            return {"type": "redacted_thinking", "data": redacted_data(block, call, stamp, index)}
        case ToolCall(name=name):
            return {
                "type": "tool_use",
                "id": block.id or identifier("toolu", call, stamp, index),
                "name": name,
                "input": json.loads(block.text or "{}"),
                **caller(turn, call, index),
            }
        case Opaque():
            return opaque.complete(block)
