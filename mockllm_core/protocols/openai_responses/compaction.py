"""Conversations that are compacted within an answer: one item that stands for what was said before it.

A last input item ``compaction_trigger`` asks for the item and for nothing else; an entry of ``context_management`` asks for
one before the answer, where the input is as long as its ``compact_threshold``. As seen in public projects in 2026: the
item is added with other encrypted content than it is done with, and only what a trigger asked for tells its progress
(``response.compaction.compacting``, by the SDK's word for "a compaction trigger"; seven events in one stream that was
timed). A trigger is no item of the conversation and is never kept; a conversation that goes on from a response of the
store goes on from its compaction. One that is sent back counts as many tokens as its making did, down to a multiple of 4;
what the API counts is not known.

Guide: https://developers.openai.com/api/docs/guides/compaction
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core import tokens
from mockllm_core.reply import Opaque

if TYPE_CHECKING:
    from mockllm_core.conversation import Conversation
    from mockllm_core.frame import Json

__all__ = ["COMPACTING", "KIND", "TRIGGER", "following", "lead", "spent", "triggers"]

KIND, TRIGGER = "compaction", "compaction_trigger"
COMPACTING = "response.compaction.compacting"
_LEAST, _MOST = 32, 512
"""Tokens of what stands for a conversation; a quarter of its own between these."""
_STEP = 64
"""Tokens between two events of progress."""


def spent(said: int) -> int:
    """Return the tokens of what stands for a conversation of so many."""
    return min(max(said // 4, _LEAST), _MOST)


def triggers(given: Json) -> bool:
    """Tell whether an input ends by asking for a compaction."""
    return isinstance(given, list) and bool(given) and given[-1].get("type") == TRIGGER


def lead(asked: Json, conversation: Conversation) -> tuple[Opaque, ...]:
    """Return the compaction that the answer begins with; nothing where none is due."""
    said = tokens.prompt(conversation)
    if triggers(asked.get("input")):
        told = spent(said)
        progress = {"type": COMPACTING, "item_id": "", "output_index": 0, "sequence_number": 0}
        return (_item(told, [progress] * max(1, told // _STEP)),)
    limits = (one.get("compact_threshold") for one in asked.get("context_management") or ())
    if any(limit is not None and said >= limit for limit in limits):
        return (_item(spent(said), []),)
    return ()


def _item(told: int, events: list[Json]) -> Opaque:
    item = {"id": "cmp_", "type": KIND, "encrypted_content": ""}
    return Opaque(protocol="openai-responses", payload={"item": item, "events": events}, tokens=told)


def following(before: tuple[Json, ...], output: list[Json]) -> list[Json]:
    """Return what a conversation goes on from: all that was said, or the last compaction of an answer and what followed."""
    for nth in range(len(output) - 1, -1, -1):
        if output[nth].get("type") == KIND:
            return output[nth:]
    return [*before, *output]
