"""The token counts of an answer, those of the prompt cache included."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from mockllm_core import tokens
from mockllm_core.jsontext import sorted_compact
from mockllm_core.protocols.bedrock_converse.families import NOVA, family
from mockllm_core.protocols.bedrock_converse.parse import messages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockllm_core.frame import Frame, Json, Run
    from mockllm_core.protocol import Call, Memory, WireProtocol
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["cache_points", "prefix", "remembering", "split", "usage"]

_FRESH = 3
"""Tokens that no cache holds, even where a cache point ends the request: Claude's ``input_tokens`` are 3 then, as public
logs of InvokeModel show (``inputTokenCount`` 3 beside 25,037 written); of Nova nothing is known."""
SEEN = "cacheSeen"
"""The fact that all up to the last cache point was sent before."""


def usage(turn: Turn, call: Call, *, whole: bool) -> str:
    """Return the token counts as JSON; ``inputTokens`` leaves out what a cache read or wrote.

    The first request with a cache point writes; what stands before an assistant's turn was sent before, so it is
    read, and so is all that a host remembers (``remembering``). A whole answer names each cache count twice and details what was written; of the streams only Nova's
    (September 2026) names them twice.
    """
    form = family(call.model)
    points = cache_points(call.body)
    read, wrote = turn.usage.cache_read, turn.usage.cache_write
    if points and "latencyMs" not in turn.facts:
        read, wrote = split(call, turn.usage.input_tokens)
        if turn.facts.get(SEEN):
            read, wrote = read + wrote, 0
    cache = ""
    if points or read or wrote or (whole and form.cache_counts):
        if whole and wrote and form.cache_counts:
            detail = turn.facts.get("cacheDetails") or _details(call, read, wrote)
            cache = f'"cacheDetails":{sorted_compact(detail)},'
        for key, count in (("cacheRead", read), ("cacheWrite", wrote)):
            cache += f'"{key}InputTokenCount":{count},' if whole or form.name == NOVA.name else ""
            cache += f'"{key}InputTokens":{count},'
    tools = turn.facts.get("serverToolUsage") if turn.facts else None
    prompt, output = turn.usage.input_tokens, turn.usage.output_tokens
    return (
        f'{{{cache}"inputTokens":{prompt - read - wrote},"outputTokens":{output},'
        f'"serverToolUsage":{sorted_compact(tools) if tools else "{}"},"totalTokens":{prompt + output}}}'
    )


def remembering(protocol: WireProtocol, memory: Memory) -> WireProtocol:
    """Return the protocol's record bound to a memory: what one request writes to the cache, the same later one reads."""

    def known(turn: Turn, call: Call) -> Turn:
        if not cache_points(call.body):
            return turn
        key = prefix(call)
        seen = memory.get(key) is not None
        memory.put(key, True, len(key))
        return replace(turn, facts={**turn.facts, SEEN: True}) if seen else turn

    def runs(turn: Turn, call: Call, stamp: Stamp) -> Iterable[Frame | Run]:
        return protocol.runs(known(turn, call), call, stamp)

    def whole(turn: Turn, call: Call, stamp: Stamp) -> bytes:
        return protocol.whole(known(turn, call), call, stamp)

    return replace(protocol, runs=runs, whole=whole)


def prefix(call: Call) -> str:
    """Return a name for the model and all that the request has up to its last cache point."""
    body = call.body
    kept: dict[str, Json] = {key: body[key] for key in ("system", "toolConfig") if key in body}
    sent = [message for message in body.get("messages") or [] if isinstance(message, dict)]
    for end in range(len(sent), 0, -1):
        content = sent[end - 1].get("content")
        blocks = content if isinstance(content, list) else []
        marks = [nth for nth, one in enumerate(blocks) if isinstance(one, dict) and one.get("cachePoint")]
        if marks:
            kept["messages"] = [*sent[: end - 1], sent[end - 1] | {"content": blocks[: marks[-1]]}]
            break
    text = json.dumps([call.model, kept], sort_keys=True)
    return f"bedrock-cache-{blake2b(text.encode(), digest_size=16).hexdigest()}"


def cache_points(body: dict[str, Any]) -> list[str]:
    """Return the time to live of every cache point, in the order system, tools, messages."""
    lists = [message.get("content") for message in body.get("messages") or () if isinstance(message, dict)]
    if "toolConfig" in body and isinstance(body["toolConfig"], dict):
        lists.insert(0, body["toolConfig"].get("tools"))
    if "system" in body:
        lists.insert(0, body["system"])
    return [
        _ttl(point)
        for held in lists
        if isinstance(held, list)
        for block in held
        if isinstance(block, dict) and isinstance(point := block.get("cachePoint"), dict)
    ]


def _ttl(point: dict[str, Any]) -> str:
    return "1h" if point.get("ttl") == "1h" else "5m"


def split(call: Call, prompt: int) -> tuple[int, int]:
    """Return tokens read and written: the prompt up to the last cache point, split at the last assistant turn.

    A point that ends a request leaves ``_FRESH`` tokens before it uncached, so that ``inputTokens`` is never 0.
    """
    sent = [message for message in call.body.get("messages") or [] if isinstance(message, dict)]
    last = max((nth for nth, message in enumerate(sent) if message.get("role") == "assistant"), default=-1)
    before = _up_to_point(call, sent[: last + 1]) if last >= 0 else 0
    ever = _up_to_point(call, sent)
    if ever >= prompt:
        ever = max(0, prompt - _FRESH)
    read = min(before, ever)
    return read, ever - read


def _details(call: Call, read: int, wrote: int) -> Json:
    """Return what was written by the time that it is kept, the longest first, as the service model has it."""
    sent = [message for message in call.body.get("messages") or [] if isinstance(message, dict)]
    hour = max(0, min(_up_to_point(call, sent, "1h"), read + wrote) - read)
    kept = {"1h": hour, "5m": wrote - hour}
    return [{"inputTokens": count, "ttl": ttl} for ttl, count in kept.items() if count]


def _up_to_point(call: Call, sent: list[dict[str, Any]], ttl: str = "") -> int:
    """Return the tokens up to the last cache point (of one time to live) of a request with only these messages."""
    body = {key: call.body[key] for key in ("system", "toolConfig") if key in call.body}
    for end in range(len(sent), 0, -1):
        content = sent[end - 1].get("content")
        blocks = content if isinstance(content, list) else []
        marks = [
            nth
            for nth, block in enumerate(blocks)
            if isinstance(block, dict) and block.get("cachePoint") and ttl in ("", _ttl(block["cachePoint"]))
        ]
        if marks:
            final = sent[end - 1] | {"content": blocks[: marks[-1]]}
            return _estimate(call, body | {"messages": [*sent[: end - 1], final]})
    points = cache_points(body)
    return _estimate(call, body) if (ttl in points if ttl else points) else 0


def _estimate(call: Call, body: dict[str, Any]) -> int:
    return tokens.prompt(replace(call.conversation, messages=messages(body)))
