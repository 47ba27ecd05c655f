"""Functions in namespaces, and those that are searched for before they can be called.

A search that OpenAI runs tells the path that it loads and the tools there, then the function is called, in the namespace
of its path; one that the client runs ends the answer, and what the client found is called next. As recorded of gpt-5.4 in
March 2026 (vercel/ai ``openai-tool-search.1.chunks.txt``, ``openai-client-tool-search.1.chunks.txt``); how a namespace is
loaded is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.arguments import generate
from mockllm_core.conversation import Hosted
from mockllm_core.jsontext import compact
from mockllm_core.protocols.openai_responses.calls import called, deltas, event, started
from mockllm_core.protocols.openai_responses.offered import HOSTED, tool_name
from mockllm_core.tokens import cut

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocols.openai_responses.calls import Wanted
    from mockllm_core.reply import Opaque

__all__ = ["namespace", "search"]


def namespace(tool: dict[str, Json], wanted: Wanted) -> Hosted | None:
    """Return a call of the first function of a namespace that need not be searched for."""
    del wanted
    held = [one for one in tool.get("tools") or () if one.get("defer_loading") is not True]
    if not held:
        return None
    name = str(tool.get("name"))
    return Hosted(name=f"{HOSTED}namespace {name}", blocks=(_call(held[0], name),), ends=True)


def search(tool: dict[str, Json], wanted: Wanted) -> Hosted | None:
    """Return a search and a call of what it loads; a call alone where the conversation has loaded it."""
    loaded = _loaded(wanted.given)
    name = tool_name(tool)
    if tool.get("execution") == "client":
        if loaded is None:
            return Hosted(name=name, blocks=(_asked(tool),), ends=True)
        return Hosted(name=name, blocks=(_call(*loaded[0]),), ends=True) if loaded else None
    found = _deferred(wanted.offered)
    if found is None:
        return None
    held, path, function = found
    searched = () if loaded and path in [where for _, where in loaded] else _searched(path, held)
    return Hosted(name=name, blocks=(*searched, _call(function, path)), ends=True)


def _deferred(offered: list[Json]) -> tuple[Json, str, Json] | None:
    """Return the first tool that waits to be searched for, its path and its function."""
    for one in offered:
        if one.get("type") == "function" and one.get("defer_loading") is True:
            return one, str(one["name"]), one
        for inner in one.get("tools") or () if one.get("type") == "namespace" else ():
            if inner.get("defer_loading") is True:
                return one, str(one.get("name")), inner
    return None


def _loaded(given: list[Json]) -> list[tuple[Json, str]] | None:
    """Return the functions that searches of the conversation loaded, with their paths; None before any search."""
    outputs = [one for one in given if one.get("type") == "tool_search_output"]
    if not outputs:
        return None
    found: list[tuple[Json, str]] = []
    for held in (tool for one in outputs for tool in one.get("tools") or ()):
        inner = held.get("tools") if held.get("type") == "namespace" else [held]
        found += [(one, str(held.get("name"))) for one in inner or ()]
    return found


def _searched(path: str, held: Json) -> tuple[Opaque, Opaque]:
    arguments: Json = {"paths": [path]}
    call: dict[str, Json] = {
        "id": "tsc_",
        "type": "tool_search_call",
        "status": "completed",
        "arguments": arguments,
        "call_id": None,
        "execution": "server",
    }
    output: dict[str, Json] = {
        "id": "tso_",
        "type": "tool_search_output",
        "status": "completed",
        "call_id": None,
        "execution": "server",
        "tools": [held],
    }
    return (
        called(call, started(call) | {"arguments": {}}, (), compact(arguments)),
        called(output, started(output), (), ""),
    )


def _asked(tool: dict[str, Json]) -> Opaque:
    """Return a search that the client is to make."""
    arguments = generate(tool.get("parameters"), "0").value
    call: dict[str, Json] = {
        "id": "tsc_",
        "type": "tool_search_call",
        "status": "completed",
        "arguments": arguments,
        "call_id": "",
        "execution": "client",
    }
    return called(call, started(call) | {"arguments": {}}, (), compact(arguments), (("call_id",),))


def _call(function: Json, path: str) -> Opaque:
    """Return a call of a function in a namespace."""
    text = compact(generate(function.get("parameters"), "0").value)
    item: dict[str, Json] = {
        "id": "fc_",
        "type": "function_call",
        "status": "completed",
        "arguments": text,
        "call_id": "",
        "name": str(function.get("name")),
        "namespace": path,
    }
    events = [
        *deltas("function_call_arguments.delta", cut(text)),
        event("function_call_arguments.done", arguments=text),
    ]
    return called(item, started(item) | {"arguments": ""}, events, item["name"] + text, (("call_id",),))
