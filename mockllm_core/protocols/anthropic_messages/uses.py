"""One use of a tool that the provider runs, as blocks: a call, and what came of it.

They are made when a request is read, before there is a stamp: an id, and the time of a retrieval, are ``""`` until
``linked`` fills them in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockllm_core import tokens
from mockllm_core.jsontext import spaced
from mockllm_core.protocols.anthropic_messages import opaque
from mockllm_core.protocols.anthropic_messages.returned import pending
from mockllm_core.reply import Opaque

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Usage
    from mockllm_core.stamp import Stamp

__all__ = ["called", "called_by_code", "linked", "paused", "result"]

_PREFIXES = {"server_tool_use": "srvtoolu", "mcp_tool_use": "mcptoolu", "tool_use": "toolu"}

_CALLER = {"type": "code_execution_20260120", "tool_id": ""}
"""Who called what code called: that code."""


def called(name: str, given: dict[str, Json], *, kind: str = "server_tool_use", **more: Json) -> Opaque:
    """Return a call that the model makes; its tokens are those of a function's call: name and arguments.

    No caller is told of it since the spring of 2026 (until then ``{"type": "direct"}``): the recordings of Claude Sonnet
    4.6 and 5.
    """
    block = {"type": kind, "id": "", "name": name, "input": given, **more}
    spent = tokens.estimate(len(name) + len(spaced(given)))
    return Opaque(protocol=opaque.NAME, payload=block, tokens=spent)


def called_by_code(name: str, given: dict[str, Json]) -> Opaque:
    """Return a call that running code makes: its input is there when it opens, and no delta follows.

    As pydantic-ai's ``test_anthropic_web_fetch_dynamic_filtering_stream`` and the AI SDK's
    ``anthropic-web-fetch-tool-20260209.1.chunks.txt`` have it, of Claude Sonnet 4.6.
    """
    block = {"type": "server_tool_use", "id": "", "name": name, "input": given, "caller": _CALLER}
    return Opaque(protocol=opaque.NAME, payload={"block": block, "deltas": []})


def result(kind: str, content: Json, *, by_code: bool = False, **before: Json) -> Opaque:
    """Return what came of the call before it that has no result yet."""
    block = {"type": kind, "tool_use_id": "", **before, "content": content}
    if by_code:
        block["caller"] = _CALLER
    return Opaque(protocol=opaque.NAME, payload=block)


def linked(blocks: tuple[Block, ...], call: Call, stamp: Stamp) -> tuple[Block, ...]:
    """Return the blocks with their ids: a result's is that of the last call that has none, a caller's the one around it."""
    from mockllm_core.protocols.anthropic_messages.shape import identifier

    # what was called before comes first, in the order of the calls
    waiting = list(pending(call.body.get("messages")))[::-1]
    made: list[Block] = []
    for index, block in enumerate(blocks):
        given = opaque.held(block) if isinstance(block, Opaque) else {}
        found: dict[str, Json] = {}
        if given.get("id") == "" and given.get("type") in _PREFIXES:
            found["id"] = identifier(_PREFIXES[given["type"]], call, stamp, index)
        elif given.get("tool_use_id") == "" and waiting:
            found["tool_use_id"] = waiting.pop()
        caller = given.get("caller")
        if found and isinstance(caller, dict) and caller.get("tool_id") == "" and waiting:
            found["caller"] = {**caller, "tool_id": waiting[-1]}
        content = given.get("content")
        if isinstance(content, dict) and content.get("retrieved_at") == "":
            found["content"] = {**content, "retrieved_at": stamp.now.isoformat(timespec="microseconds")}
        if "id" in found and given["type"] != "tool_use":
            waiting.append(found["id"])
        made.append(_filled(block, found) if isinstance(block, Opaque) and found else block)
    return tuple(made)


def paused(blocks: tuple[Block, ...], usage: Usage) -> tuple[tuple[Block, ...], Usage]:
    """Return the blocks up to the first call that the provider runs, which is still to be run, and what they cost."""
    for at, block in enumerate(blocks):
        if isinstance(block, Opaque) and opaque.kind(block) in opaque.CALLS:
            return blocks[: at + 1], replace(usage, output_tokens=usage.reasoning + block.tokens)
    return blocks, usage


def _filled(block: Opaque, found: dict[str, Json]) -> Opaque:
    payload = block.payload
    if "block" in payload:
        return replace(block, payload={**payload, "block": {**payload["block"], **found}})
    return replace(block, payload={**payload, **found})
