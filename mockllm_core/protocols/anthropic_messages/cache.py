"""Prompt caching: which prefixes of a request can be cached, and what a hit or a miss does to usage.

A request is a row of blocks: tools, then the system prompt, then the messages. ``cache_control`` on a block (or
on the request, which means its last block) ends a prefix that is written to the cache; a later request that
begins with the same blocks reads it. The core keeps no state: the caller knows which keys it has seen.
Unlike the provider there is no least length.
"""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core import tokens
from mockllm_core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mockllm_core.conversation import Conversation
    from mockllm_core.frame import Frame, Json, Run
    from mockllm_core.protocol import Call, Memory, WireProtocol
    from mockllm_core.reply import Turn, Usage
    from mockllm_core.stamp import Stamp

__all__ = ["Prefix", "cached", "prefixes", "remembering", "written"]

_LOOKBACK = 20
_LAST = 3
"""Tokens before a mark that are counted as fresh: ``input_tokens`` is never 0, public logs of whole caches show 3."""


@record()
class Prefix:
    """The beginning of a request, up to and including one block.

    Attributes:
        key: a hash of the model and the content, without the markers.
        tokens: what it counts as.
        marked: whether ``cache_control`` stands there, so that it is written.
        hour: whether it is kept an hour instead of five minutes.
    """

    key: str
    tokens: int
    marked: bool
    hour: bool


class _Place(NamedTuple):
    """One block of the request: where it is (how many tools, system blocks, messages and blocks of the last)."""

    content: Json
    marker: Json
    upto: tuple[int, int, int, int]


def prefixes(call: Call) -> tuple[Prefix, ...]:
    """Return the prefixes that count, shortest first: every marked one and up to 20 blocks before each.

    Empty when the request marks none.
    """
    body = call.body
    if not isinstance(body, dict) or not _marks(body):
        return ()
    places = list(_places(body))
    if places and isinstance(body.get("cache_control"), dict):
        places[-1] = places[-1]._replace(marker=body["cache_control"])
    marked = [nth for nth, place in enumerate(places) if isinstance(place.marker, dict)]
    wanted = {back for nth in marked for back in range(max(0, nth - _LOOKBACK), nth + 1)}
    digest = blake2b(f"{call.model}\0".encode("utf-8", "surrogatepass"), digest_size=16)
    found: list[Prefix] = []
    for nth, place in enumerate(places):
        digest.update(json.dumps(place.content, sort_keys=True).encode())
        if nth in wanted:
            marker = place.marker if isinstance(place.marker, dict) else {}
            count = max(0, _tokens(call.model, body, place.upto) - _LAST)
            found.append(Prefix(digest.hexdigest(), count, nth in marked, marker.get("ttl") == "1h"))
    return tuple(found)


def cached(usage: Usage, found: tuple[Prefix, ...], seen: Callable[[str], bool]) -> Usage:
    """Return the usage with what is read from the cache and written to it.

    The longest prefix that was seen is read; what follows it up to the last mark is written.
    """
    marks = [prefix for prefix in found if prefix.marked]
    if not marks:
        return usage
    read = next((prefix.tokens for prefix in reversed(found) if seen(prefix.key)), 0)
    read = min(read, usage.input_tokens)
    write = max(0, min(marks[-1].tokens, usage.input_tokens) - read)
    return replace(usage, cache_read=read, cache_write=write)


def written(usage: Usage, call: Call) -> tuple[int, int]:
    """Return the written tokens that are kept five minutes and those kept an hour."""
    if not usage.cache_write:
        return 0, 0
    hour = 0
    begun = usage.cache_read
    for prefix in prefixes(call):
        if prefix.marked and prefix.tokens > begun:
            hour += prefix.tokens - begun if prefix.hour else 0
            begun = prefix.tokens
    hour = min(hour, usage.cache_write)
    return usage.cache_write - hour, hour


def _marks(body: dict[str, Json]) -> bool:
    """Tell whether any block is marked, without building anything."""
    if "cache_control" in body and isinstance(body["cache_control"], dict):
        return True
    if ("tools" in body and _marked(body["tools"])) or ("system" in body and _marked(body["system"])):
        return True
    for message in body.get("messages") or ():
        # this loop meets every message of every request, and most hold a text
        content = message.get("content") if isinstance(message, dict) else None
        if not isinstance(content, str) and _marked(content):
            return True
    return False


def _marked(blocks: Json) -> bool:
    if not isinstance(blocks, list):
        return False
    for block in blocks:
        if isinstance(block, dict) and "cache_control" in block and isinstance(block["cache_control"], dict):
            return True
    return False


def _places(body: dict[str, Json]) -> Iterator[_Place]:
    tools = body.get("tools") or []
    for nth, tool in enumerate(tools, 1):
        yield _place("tool", tool, (nth, 0, 0, 0))
    system = body.get("system") or []
    blocks = [{"type": "text", "text": system}] if isinstance(system, str) else system
    for nth, block in enumerate(blocks, 1):
        yield _place("system", block, (len(tools), nth, 0, 0))
    for which, message in enumerate(body.get("messages") or [], 1):
        content = message.get("content")
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
        for nth, block in enumerate(parts, 1):
            yield _place(str(message.get("role")), block, (len(tools), len(blocks), which, nth))


def _place(kind: str, block: Json, upto: tuple[int, int, int, int]) -> _Place:
    if not isinstance(block, dict):
        return _Place([kind, block], None, upto)
    return _Place(
        [kind, {key: block[key] for key in block if key != "cache_control"}], block.get("cache_control"), upto
    )


def _tokens(model: str, body: dict[str, Json], upto: tuple[int, int, int, int]) -> int:
    return tokens.prompt(_beginning(model, body, upto))


def _beginning(model: str, body: dict[str, Json], upto: tuple[int, int, int, int]) -> Conversation:
    """Return the conversation that ends with one block."""
    from mockllm_core.protocols.anthropic_messages.parse import conversation

    tools, system, messages, parts = upto
    given = body.get("system") or []
    kept = [dict(message) for message in (body.get("messages") or [])[:messages]]
    if kept and isinstance(kept[-1].get("content"), list):
        kept[-1]["content"] = kept[-1]["content"][:parts]
    return conversation(
        model,
        {
            "tools": (body.get("tools") or [])[:tools],
            "system": given if isinstance(given, str) and system else given[:system],
            "messages": kept,
        },
    )


def remembering(protocol: WireProtocol, memory: Memory) -> WireProtocol:
    """Return the protocol's record bound to a memory: the first call writes a marked prefix, later ones read it."""

    def usual(turn: Turn, call: Call) -> Turn:
        found = prefixes(call)
        if not found:
            return turn
        usage = cached(turn.usage, found, lambda key: memory.get(key) is not None)
        for prefix in found:
            if prefix.marked:
                memory.put(prefix.key, True, len(prefix.key))
        return replace(turn, usage=usage)

    def runs(turn: Turn, call: Call, stamp: Stamp) -> Iterable[Frame | Run]:
        return protocol.runs(usual(turn, call), call, stamp)

    def whole(turn: Turn, call: Call, stamp: Stamp) -> bytes:
        return protocol.whole(usual(turn, call), call, stamp)

    def unmarked(turn: Turn, call: Call, stamp: Stamp) -> Sequence[str] | None:
        return None if prefixes(call) or varying is None else varying.texts(turn, call, stamp)

    varying = protocol.varying
    fits = varying and varying._replace(runs=runs, texts=unmarked)
    return replace(protocol, runs=runs, whole=whole, varying=fits)
