"""Calls of tools that are OpenAI's own, as blocks: an item, how it begins, and the events between.

A block's payload is what ``gather`` makes of one that it reads, and ``own``: which values are each answer's own, so that
they are made when it is spelled. An event's number, its item's id and place are filled in by the stream, too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core import tokens
from mockllm_core.protocols.openai_responses.seal import seal
from mockllm_core.reply import Opaque

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.stamp import Stamp

__all__ = ["Wanted", "called", "contained", "deltas", "event", "owned", "started", "steps"]

_NAME = "openai-responses"


class Wanted(NamedTuple):
    """What the calls of one answer are made of.

    Attributes:
        query: the last user text, as much as is searched for.
        include: what the request wants to see of what tools found.
        given: the input's items.
        offered: the request's tools.
        named: the tool of an MCP server that the request names.
    """

    query: str
    include: tuple[str, ...]
    given: list[Json]
    offered: list[Json]
    named: str = ""


def event(name: str, **told: Json) -> dict[str, Json]:
    """Return an event of an item, keys in order."""
    payload = {"item_id": "", "output_index": 0, "sequence_number": 0, **told}
    return {"type": f"response.{name}", **{key: payload[key] for key in sorted(payload)}}


def deltas(name: str, pieces: Iterable[str], **told: Json) -> list[Json]:
    """Return an event for each piece, its obfuscation to be filled in."""
    return [event(name, delta=piece, obfuscation=None, **told) for piece in pieces]


def steps(kind: str, names: Iterable[str]) -> list[Json]:
    """Return the events that tell how far a call is."""
    return [event(f"{kind}.{name}") for name in names]


def called(
    item: dict[str, Json],
    begun: dict[str, Json],
    events: Iterable[Json],
    said: str,
    own: tuple[tuple[str, ...], ...] = (),
) -> Opaque:
    """Return a block of one call, or of what came of it.

    Args:
        item: as it is done; its id is the prefix alone.
        begun: as it is when it is added.
        events: those between.
        said: the text that it counts as, nothing for what the model did not write.
        own: the paths of the values that each answer makes anew, see ``owned``.
    """
    payload: dict[str, Json] = {"added": begun, "events": list(events), "item": item}
    if own:
        payload["own"] = [list(path) for path in own]
    return Opaque(protocol=_NAME, payload=payload, tokens=tokens.estimate(len(said)) if said else 0)


def started(item: dict[str, Json], *late: str) -> dict[str, Json]:
    """Return an item as it is when it is added, without the keys that come late."""
    return {key: held for key, held in item.items() if key not in late} | {"status": "in_progress"}


def owned(block: Opaque, stamp: Stamp, index: int) -> Opaque:
    """Return a block with what each answer makes anew.

    That is ``call_id``, which an output has of the item before it, ``caller_id``, which is that item's, ``container_id``,
    which all of an answer share, and the ``fingerprint`` of a program, which begins shorter (sizes as recorded in July 2026).
    """
    payload = block.payload
    output = payload["item"]["type"].endswith("_output")
    made = {
        "call_id": stamp.id("call_", index - output),
        "caller_id": stamp.id("call_", index - 1),
        "container_id": _container(stamp),
    }
    filled = {name: payload[name] for name in ("added", "events", "item")}
    for path in payload["own"]:
        for name in ("added", "item"):
            value = made.get(path[-1]) or seal(stamp, 7 + len(filled[name]["code"]) // 15, name, index)
            filled[name] = _with(filled[name], path, value)
    return Opaque(protocol=block.protocol, payload=filled, tokens=block.tokens)


def _container(stamp: Stamp) -> str:
    """Return the id of the container that an answer's calls run in: 48 hex, the time first, as recorded in March 2026."""
    return f"cntr_{stamp.unix:08x}{stamp.hex(40, b'cntr_')}"


def contained(call: Call, stamp: Stamp) -> Call:
    """Return what was asked with a shell's new container by its id, as it is echoed (recorded in March 2026)."""
    tools = [
        {**tool, "environment": {"type": "container_reference", "container_id": _container(stamp)}}
        if tool.get("type") == "shell" and (tool.get("environment") or {}).get("type") == "container_auto"
        else tool
        for tool in call.body["tools"]
    ]
    return call if tools == call.body["tools"] else replace(call, body={**call.body, "tools": tools})


def _with(held: Json, path: list[str], value: str) -> Json:
    """Return an object with a value at the end of a path that it has."""
    name, *rest = path
    if name not in held:
        return held
    return held | {name: _with(held[name], rest, value) if rest else value}
