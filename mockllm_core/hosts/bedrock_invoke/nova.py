"""Nova's own bodies: Converse's words in another order, every delta of text in a block of its own.

Sources: a recorded stream of text; public recordings of tool calls, streamed and whole.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mockllm_core.frame import Event
from mockllm_core.jsontext import compact, quote
from mockllm_core.protocols.bedrock_converse.parts import stop_reason
from mockllm_core.reply import Opaque, Reasoning, Refusal, Text, ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Turn
    from mockllm_core.stamp import Stamp

__all__ = ["answer", "events"]


def events(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Event]:
    """Yield a turn in wire order.

    messageStart (contentBlockStart? contentBlockDelta contentBlockStop)* messageStop metadata

    Only tool calls have a contentBlockStart; after one the index skips a number.
    """
    yield Event("messageStart", '{"messageStart":{"role":"assistant"}}')
    index = 0
    for nth, block in enumerate(turn.blocks):
        if isinstance(block, ToolCall):
            use = {"toolUseId": _id(block, stamp, nth), "name": block.name}
            start = {"contentBlockStart": {"start": {"toolUse": use}, "contentBlockIndex": index}}
            yield Event("contentBlockStart", compact(start))
        for delta in _deltas(block):
            body = f'{{"contentBlockDelta":{{"delta":{delta},"contentBlockIndex":{index}}}}}'
            yield Event("contentBlockDelta", body)
            yield Event("contentBlockStop", f'{{"contentBlockStop":{{"contentBlockIndex":{index}}}}}')
            index += 2 if isinstance(block, ToolCall) else 1
    yield Event("messageStop", compact({"messageStop": {"stopReason": stop_reason(turn, call)}}))
    usage = turn.usage
    counts = {
        "inputTokens": usage.input_tokens - usage.cache_read - usage.cache_write,
        "outputTokens": usage.output_tokens,
        "cacheReadInputTokenCount": usage.cache_read,
        "cacheWriteInputTokenCount": usage.cache_write,
    }
    yield Event("metadata", compact({"metadata": {"usage": counts, "metrics": {}, "trace": {}}}))


def _deltas(block: Block) -> Iterator[str]:
    match block:
        case Text(pieces=pieces) | Refusal(pieces=pieces):
            for piece in pieces or ("",):
                yield f'{{"text":{quote(piece)}}}'
        case Reasoning(pieces=pieces):
            for piece in pieces:
                yield f'{{"reasoningContent":{{"reasoningText":{{"text":{quote(piece)}}}}}}}'
        case ToolCall():
            yield f'{{"toolUse":{{"input":{quote(block.text)}}}}}'
        case Opaque():
            return


def answer(turn: Turn, call: Call, stamp: Stamp) -> Json:
    """Return a whole answer."""
    content = [
        block for nth, held in enumerate(turn.blocks) if (block := _block(held, stamp, nth)) is not None
    ]
    usage = turn.usage
    return {
        "output": {"message": {"content": content, "role": "assistant"}},
        "stopReason": stop_reason(turn, call),
        "usage": {
            "inputTokens": usage.input_tokens - usage.cache_read - usage.cache_write,
            "outputTokens": usage.output_tokens,
            "totalTokens": usage.input_tokens + usage.output_tokens,
            "cacheReadInputTokenCount": usage.cache_read,
            "cacheWriteInputTokenCount": usage.cache_write,
        },
    }


def _block(block: Block, stamp: Stamp, nth: int) -> dict[str, Json] | None:
    match block:
        case Text() | Refusal():
            return {"text": block.text}
        case Reasoning():
            return {"reasoningContent": {"reasoningText": {"text": block.text}}}
        case ToolCall(name=name):
            arguments = json.loads(block.text or "{}")
            return {"toolUse": {"name": name, "toolUseId": _id(block, stamp, nth), "input": arguments}}
        case Opaque():
            return None


def _id(block: ToolCall, stamp: Stamp, nth: int) -> str:
    return block.id or stamp.uuid("tool", nth)
