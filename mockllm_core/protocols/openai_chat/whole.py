"""A Turn as one body: JSON with two spaces of indent and a final newline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.jsontext import pretty, utf8
from mockllm_core.protocols.openai_chat import moderation
from mockllm_core.protocols.openai_chat.values import (
    answers_legacy,
    asks_logprobs,
    backend,
    call_id,
    completion_id,
    finish_reason,
    logprob_entries,
    usage,
    visible,
)
from mockllm_core.reply import Opaque, Refusal, Text, ToolCall

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Turn
    from mockllm_core.stamp import Stamp

__all__ = ["whole"]

_HOLE = "\0"


def whole(turn: Turn, call: Call, stamp: Stamp) -> bytes:
    """Return the whole answer."""
    moderated = moderation.wanted(turn, call)
    model, tier, fingerprint, logprobs = backend(turn, call)
    logprobs = logprobs or asks_logprobs(call)
    body = {
        "id": completion_id(stamp),
        "object": "chat.completion",
        "created": stamp.unix,
        "model": model,
        "choices": [
            _choice(turn, call, stamp, index, logprobs=logprobs) for index in range(len(turn.choices))
        ],
        **({"moderation": _HOLE} if moderated else {}),
        "usage": usage(turn, call),
        "service_tier": tier,
        "system_fingerprint": fingerprint,
    }
    text = pretty(body)
    if moderated:
        results = moderation.respell(moderation.results(turn, call, stamp), indented=True)
        text = text.replace('"moderation": "\\u0000"', '"moderation": ' + results.replace("\n", "\n  "), 1)
    return utf8(text + "\n")


def _choice(turn: Turn, call: Call, stamp: Stamp, index: int, *, logprobs: bool) -> dict[str, Json]:
    choice = turn.choices[index]
    spelled: dict[str, Json] = {
        "index": index,
        "message": _message(visible(choice, call), index, call, stamp),
    }
    if logprobs:
        spelled["logprobs"] = _logprobs(visible(choice, call), index, call, stamp)
    spelled["finish_reason"] = finish_reason(choice.finish, call)
    return spelled


def _message(blocks: tuple[Block, ...], index: int, call: Call, stamp: Stamp) -> dict[str, Json]:
    texts = [block.text for block in blocks if isinstance(block, Text)]
    refusals = [block.text for block in blocks if isinstance(block, Refusal)]
    calls = [block for block in blocks if isinstance(block, ToolCall)]
    message: dict[str, Json] = {"role": "assistant", "content": "".join(texts) if texts else None}
    if calls and answers_legacy(call):
        message["function_call"] = {"name": calls[0].name, "arguments": calls[0].text}
    elif calls:
        message["tool_calls"] = [_called(one, index, nth, stamp) for nth, one in enumerate(calls)]
    message["refusal"] = "".join(refusals) if refusals else None
    message["annotations"] = []
    for block in blocks:
        if isinstance(block, Opaque):
            message |= block.payload
    return message


def _called(call: ToolCall, index: int, nth: int, stamp: Stamp) -> dict[str, Json]:
    name = call_id(call, stamp, index, nth)
    if call.free_text:
        return {"id": name, "type": "custom", "custom": {"name": call.name, "input": call.text}}
    return {"id": name, "type": "function", "function": {"name": call.name, "arguments": call.text}}


def _logprobs(blocks: tuple[Block, ...], index: int, call: Call, stamp: Stamp) -> Json:
    found: dict[str, Json] = {"content": None, "refusal": None}
    for block in blocks:
        if isinstance(block, Text | Refusal):
            entries = logprob_entries(block, call, stamp, index)
            if entries is not None:
                key = "content" if isinstance(block, Text) else "refusal"
                found[key] = (found[key] or []) + [token for tokens in entries for token in tokens]
    return None if found["content"] is None and found["refusal"] is None else found
