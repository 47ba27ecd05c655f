"""A Turn as one body: compact JSON, its keys sorted at every level, tool inputs too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mockllm_core.errors import UnsupportedReply
from mockllm_core.jsontext import kind, quote, sorted_compact
from mockllm_core.protocols.bedrock_converse import parts
from mockllm_core.protocols.bedrock_converse.errors import broken_call
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
    """Return the answer as one body.

    Raises:
        ApiError: Nova was about to call a tool when its tokens were used up.
    """
    if (error := broken_call(turn, call)) is not None:
        raise error
    content = ",".join([_block(block, call) for block in parts.shown(turn, call, stamp)])
    fields = parts.response_fields(turn, call)
    echoes = parts.echoes(call)
    told = trace(turn, call, stamp)
    text = (
        f'{{{_members(fields)}"metrics":{{"latencyMs":{parts.latency(turn, stamp)}}},'
        f'"output":{{"message":{{"content":[{content}],"role":"assistant"}}}},{_members(echoes)}'
        f'"stopReason":"{parts.stop_reason(turn, call)}",{_members(told)}'
        f'"usage":{usage(turn, call, whole=True)}}}'
    )
    return text.encode()


def _members(held: dict[str, Json]) -> str:
    """Return members of an object as JSON, each with the comma behind it."""
    return f"{sorted_compact(held)[1:-1]}," if held else ""


def _block(block: Block, call: Call) -> str:
    match block:
        case Text() | Refusal():
            return f'{{"text":{quote(block.text)}}}'
        case Reasoning(redacted=str(data)):
            return f'{{"reasoningContent":{{"redactedContent":"{parts.blob(data)}"}}}}'
        case Reasoning(signature=signature):
            proof = "" if signature is None else f'"signature":{quote(signature)},'
            return f'{{"reasoningContent":{{"reasoningText":{{{proof}"text":{quote(block.text)}}}}}}}'
        case ToolCall():
            # of a call that is cut, the members that are whole
            given = block.arguments if block.cut else json.loads(block.text or "{}")
            use = {"input": given, "name": block.name, "toolUseId": block.id}
            if family(call.model).tool_type or call.conversation.hosted:
                use["type"] = "tool_use"
            return f'{{"toolUse":{sorted_compact(use)}}}'
        case Opaque(payload={"block": dict(held)}):
            return sorted_compact(held)
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
    if kind(call.text or "{}") is not dict and not call.cut:
        raise UnsupportedReply(f"the arguments of {call.name} are not a JSON object")
