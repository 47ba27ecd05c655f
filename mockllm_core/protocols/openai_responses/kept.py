"""An input item as it is listed and given back: with an id, and a message's text as a typed part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.protocols.openai_responses import items
from mockllm_core.stamp import HEX

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.stamp import Stamp

__all__ = ["kept"]

_PREFIXES = {"function_call": "fc_", "custom_tool_call": "ctc_", "reasoning": "rs_", "compaction": "cmp_"}


def kept(item: Json, nth: int, stamp: Stamp) -> Json:
    """Return an input item as it is listed: with an id, and a message's text as a typed part."""
    kind = item.get("type") or "message"
    made = f"{_PREFIXES.get(kind, 'msg_')}{items.ids(stamp).shared}{stamp.chars(HEX, 24, 'input', nth)}"
    if kind != "message":
        return {"id": item.get("id") or made, **{key: held for key, held in item.items() if key != "id"}}
    role, content = item.get("role") or "user", item.get("content")
    if isinstance(content, str):
        if role == "assistant":
            content = [{"type": "output_text", "annotations": [], "logprobs": [], "text": content}]
        else:
            content = [{"type": "input_text", "text": content}]
    return {
        "id": item.get("id") or made,
        "type": "message",
        "status": item.get("status") or "completed",
        "content": content,
        "role": role,
    }
