"""Nova's own bodies: Converse's words in another order, every delta of text in a block of its own.

Sources: a recorded stream of text; public recordings of tool calls, streamed and whole.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from mockllm_core.errors import UnsupportedReply
from mockllm_core.jsontext import compact, quotes
from mockllm_core.protocols.bedrock_converse.parts import masked, stop_reason
from mockllm_core.protocols.bedrock_converse.usage import cache_points, prefix, split
from mockllm_core.reply import Opaque, Reasoning, Refusal, Text, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Turn
    from mockllm_core.stamp import Stamp

__all__ = ["answer", "cached", "texts"]


def cached(turn: Turn, call: Call, seen: Callable[[str], bool]) -> Turn:
    """Return a turn with what its request reads from the prompt cache and writes to it, by Converse's cache points."""
    if not cache_points(call.body):
        return turn
    read, wrote = split(call, turn.usage.input_tokens)
    if seen(prefix(call)):
        read, wrote = read + wrote, 0
    return replace(turn, usage=replace(turn.usage, cache_read=read, cache_write=wrote))


def texts(turn: Turn, call: Call, stamp: Stamp, most: int) -> Iterator[list[str]]:
    """Yield the JSON of a turn's events in wire order, at most about ``most`` at a time.

    messageStart (contentBlockStart? contentBlockDelta contentBlockStop)* messageStop metadata

    Only tool calls and what Amazon's tools gave have a contentBlockStart; after a call the index skips a number.
    """
    yield ['{"messageStart":{"role":"assistant"}}']
    index = 0
    for nth, block in enumerate(_shown(turn, call, stamp)):
        if isinstance(block, ToolCall):
            use = {"toolUseId": _id(block, stamp, nth), "name": block.name}
            start = {"contentBlockStart": {"start": {"toolUse": use}, "contentBlockIndex": index}}
            yield [compact(start), *_deltas('{"toolUse":{"input":', (block.text,), "}}", index)]
            index += 2
        elif isinstance(block, Opaque):
            yield _opaque(block, index)
            index += 2 if "toolUse" in (block.payload["start"] or ()) else 1
        else:
            before, after, pieces = '{"text":', "}", block.pieces or ("",)
            if isinstance(block, Reasoning):
                before, after = '{"reasoningContent":{"reasoningText":{"text":', "}}}"
                pieces = masked(block, call).pieces
            for first in range(0, len(pieces), most):
                held = pieces[first : first + most]
                yield _deltas(before, held, after, index)
                index += len(held)
    usage = turn.usage
    counts = {
        "inputTokens": usage.input_tokens - usage.cache_read - usage.cache_write,
        "outputTokens": usage.output_tokens,
        "cacheReadInputTokenCount": usage.cache_read,
        "cacheWriteInputTokenCount": usage.cache_write,
    }
    yield [
        compact({"messageStop": {"stopReason": stop_reason(turn, call)}}),
        compact({"metadata": {"usage": counts, "metrics": {}, "trace": {}}}),
    ]


def _shown(turn: Turn, call: Call, stamp: Stamp) -> Sequence[Block]:
    """Return the blocks, those of Amazon's tools with their ids, and sources behind their text."""
    if not call.conversation.hosted:
        return turn.blocks
    from mockllm_core.protocols.bedrock_converse.hosted import told

    return told(turn.blocks, lambda nth: stamp.uuid("tool", nth))


def _opaque(block: Opaque, index: int) -> list[str]:
    """Return the events of a block of Amazon's own tools, in the order of Nova's keys: no such stream is public."""
    if "deltas" not in block.payload:
        raise UnsupportedReply("a block read from a whole answer cannot be streamed")
    events: list[Json] = []
    if block.payload["start"] is not None:
        start = {kind: _ordered(held) for kind, held in block.payload["start"].items()}
        events.append({"contentBlockStart": {"start": start, "contentBlockIndex": index}})
    events += [
        {"contentBlockDelta": {"delta": delta, "contentBlockIndex": index}}
        for delta in block.payload["deltas"]
    ]
    events.append({"contentBlockStop": {"contentBlockIndex": index}})
    return [compact(event) for event in events]


_ORDER = ("toolUseId", "name", "input", "content", "status", "type")


def _ordered(held: dict[str, Json]) -> dict[str, Json]:
    return {key: held[key] for key in _ORDER if key in held} | held


def _deltas(before: str, pieces: tuple[str, ...], after: str, index: int) -> list[str]:
    """Return a delta and the end of its block for each piece."""
    made = [""] * (2 * len(pieces))
    made[0::2] = [
        f'{{"contentBlockDelta":{{"delta":{before}{text}{after},"contentBlockIndex":{at}}}}}'
        for at, text in enumerate(quotes(pieces), index)
    ]
    made[1::2] = [
        f'{{"contentBlockStop":{{"contentBlockIndex":{at}}}}}' for at in range(index, index + len(pieces))
    ]
    return made


def answer(turn: Turn, call: Call, stamp: Stamp) -> Json:
    """Return a whole answer."""
    content = [_block(held, call, stamp, nth) for nth, held in enumerate(_shown(turn, call, stamp))]
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


def _block(block: Block, call: Call, stamp: Stamp, nth: int) -> dict[str, Json]:
    match block:
        case Text() | Refusal():
            return {"text": block.text}
        case Reasoning():
            return {"reasoningContent": {"reasoningText": {"text": masked(block, call).text}}}
        case ToolCall(name=name):
            arguments = block.arguments if block.cut else json.loads(block.text or "{}")
            return {"toolUse": {"name": name, "toolUseId": _id(block, stamp, nth), "input": arguments}}
        case Opaque(payload={"block": dict(held)}):
            return {kind: _ordered(one) for kind, one in held.items()}
        case Opaque():
            raise UnsupportedReply("a block read from a stream cannot be part of a whole answer")


def _id(block: ToolCall, stamp: Stamp, nth: int) -> str:
    return block.id or stamp.uuid("tool", nth)
