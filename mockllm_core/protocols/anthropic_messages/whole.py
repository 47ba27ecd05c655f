"""A Turn as one compact body. Source: the recorded bodies that were not streamed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mockllm_core.jsontext import compact, quote, utf8
from mockllm_core.protocols.anthropic_messages import opaque
from mockllm_core.protocols.anthropic_messages.families import quoted, spoken
from mockllm_core.protocols.anthropic_messages.shape import (
    container,
    decided,
    diagnosed,
    edits,
    ending,
    identifier,
    opened_call,
    redacted_data,
)
from mockllm_core.protocols.anthropic_messages.signature import sign
from mockllm_core.protocols.anthropic_messages.usage import told, whole_usage
from mockllm_core.reply import Opaque, Reasoning, Text, ToolCall

if TYPE_CHECKING:
    from mockllm_core.protocol import Call
    from mockllm_core.protocols.anthropic_messages.usage import Facts
    from mockllm_core.reply import Block, Turn
    from mockllm_core.stamp import Stamp

__all__ = ["message", "whole"]


def whole(turn: Turn, call: Call, stamp: Stamp) -> bytes:
    """Return the Turn as one body."""
    return utf8(message(turn, call, stamp))


def message(turn: Turn, call: Call, stamp: Stamp) -> str:
    """Return the Turn as the JSON of a message, keys in wire order."""
    turn = decided(turn, call, stamp)
    facts = told(turn)
    content = ",".join([_block(block, call, stamp, index, facts) for index, block in enumerate(turn.blocks)])
    return (
        f'{{"model":{quoted(call.model)},"id":"{identifier("msg", call, stamp)}","type":"message",'
        f'"role":"assistant","content":[{content}]{container(turn, call, stamp, facts)},{ending(turn, call, facts)},'
        f'"usage":{whole_usage(turn, call, facts)}{diagnosed(call, facts)}{edits(call, facts)}}}'
    )


def _block(block: Block, call: Call, stamp: Stamp, index: int, facts: Facts) -> str:
    if isinstance(block, ToolCall):
        # of a call that is cut, the members that are whole
        given = compact(block.arguments if block.cut else json.loads(block.text or "{}"))
        return opened_call(block, call, stamp, index, facts, given=given)
    if isinstance(block, Opaque):
        return compact(opaque.complete(block))
    if isinstance(block, Text) and block.citations and block.text:
        return f'{{"citations":{compact(list(block.citations))},"type":"text","text":{quote(block.text)}}}'
    if not isinstance(block, Reasoning):
        return f'{{"type":"text","text":{quote(block.text)}}}'
    if block.redacted is not None:
        return f'{{"type":"redacted_thinking","data":{quote(redacted_data(block, call, stamp, index))}}}'
    proof = block.signature
    if proof is None:
        proof = sign(block.text, spoken(call.model), stamp, index)
    return f'{{"type":"thinking","thinking":{quote(block.text)},"signature":{quote(proof)}}}'
