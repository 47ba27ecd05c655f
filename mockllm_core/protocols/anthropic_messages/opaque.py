"""Blocks without a neutral meaning: server tools and their results, texts with citations, and kinds yet unknown.

The payload of such an Opaque is ``{"block": BLOCK, "deltas": [DELTA, ...]}``: the block as a stream opens it and
the deltas that follow, as received. A script may give the plain block of a whole answer instead
(``{"type": "server_tool_use", "id": ..., "name": ..., "input": {...}}``); its deltas are then derived.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mockllm_core import tokens
from mockllm_core.jsontext import spaced

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.reply import Opaque

__all__ = ["CALLS", "NAME", "complete", "deltas", "held", "kind", "opened"]

NAME = "anthropic-messages"

CALLS = ("server_tool_use", "mcp_tool_use")
"""Kinds of blocks whose input is streamed in pieces."""

_PIECE = 8


def kind(block: Opaque) -> str:
    """Return the block's ``type``; ``""`` when it has none."""
    return str(opened(block).get("type", ""))


def opened(block: Opaque) -> dict[str, Json]:
    """Return the block as ``content_block_start`` shows it."""
    given = held(block)
    if _streamed(block):
        return given
    if given.get("type") in CALLS:
        return {**given, "input": {}}
    if given.get("type") == "text" and given.get("citations"):
        return {**given, "text": "", "citations": []}
    return given


def deltas(block: Opaque) -> list[dict[str, Json]]:
    """Return the deltas between start and stop."""
    given = held(block)
    if _streamed(block):
        return [delta for delta in block.payload["deltas"] if isinstance(delta, dict)]
    if given.get("type") in CALLS:
        text = spaced(given.get("input") or {})
        pieces = ("",) if text == "{}" else ("", *tokens.cut(text, _PIECE))
        return [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    if given.get("type") == "text" and given.get("citations"):
        cited = [{"type": "citations_delta", "citation": citation} for citation in given["citations"]]
        return [*cited, {"type": "text_delta", "text": given.get("text", "")}]
    return []


def complete(block: Opaque) -> dict[str, Json]:
    """Return the block as a whole answer shows it."""
    made = dict(held(block))
    if not _streamed(block):
        return made
    pieces = "".join(str(delta.get("partial_json", "")) for delta in deltas(block))
    if pieces:
        try:
            made["input"] = json.loads(pieces)
        except ValueError:
            made["input"] = {}
    for delta in deltas(block):
        match delta:
            case {"type": "text_delta", "text": str(text)}:
                made["text"] = made.get("text", "") + text
            case {"type": "citations_delta", "citation": citation}:
                made["citations"] = [*(made.get("citations") or ()), citation]
            case {"type": "compaction_delta", "content": content}:
                made["content"] = content
            case _:
                pass
    return made


def _streamed(block: Opaque) -> bool:
    return isinstance(block.payload, dict) and "deltas" in block.payload and "block" in block.payload


def held(block: Opaque) -> dict[str, Json]:
    """Return the block of a payload, as it opens or as it is whole; empty when there is none."""
    payload = block.payload
    given = payload.get("block", payload) if isinstance(payload, dict) else None
    return given if isinstance(given, dict) else {}
