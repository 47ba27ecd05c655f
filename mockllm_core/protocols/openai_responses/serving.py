"""MCP servers: their tools are listed once in a conversation, and one is called or asked leave for.

As recorded of gpt-5-mini in December 2025 (vercel/ai ``openai-mcp-tool-approval.1`` to ``.4``) and, its keys and its
``server_url`` in full, of gpt-5.5 in August 2026 (vercel/ai ``openai-issue-19007-hosted-mcp.json``): arguments come in one
delta, a request for approval is whole when it is added, and the call that was allowed names it. Servers are asked for
their tools before the model is, so the lists come first, whatever it says.

Guide: https://developers.openai.com/api/docs/guides/tools-connectors-mcp
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from mockllm_core.conversation import Hosted
from mockllm_core.jsontext import compact
from mockllm_core.protocols.openai_responses import items
from mockllm_core.protocols.openai_responses.calls import called, deltas, event, started, steps
from mockllm_core.protocols.openai_responses.carried import LISTED
from mockllm_core.protocols.openai_responses.offered import tool_name
from mockllm_core.reply import Opaque

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockllm_core.frame import Json
    from mockllm_core.protocols.openai_responses.calls import Wanted
    from mockllm_core.protocols.openai_responses.items import Place

__all__ = ["lists", "server", "together"]

_SCHEMA = {
    "type": "object",
    "properties": {"query": {"type": "string"}},
    "required": ["query"],
    "additionalProperties": False,
}
_USUAL = ("search",)
"""The tools of a server of which the request names none."""


def lists(offered: list[Json], given: list[Json]) -> tuple[Opaque, ...]:
    """Return the tools of each server that the conversation has not listed yet: what every answer begins with."""
    known = {one.get("server_label") for one in given if one.get("type") == "mcp_list_tools"}
    return tuple(
        _list(tool["server_label"], _held(tool))
        for tool in offered
        if tool.get("type") == "mcp" and tool["server_label"] not in known
    )


def _is_list(place: Place) -> bool:
    return isinstance(place.block, Opaque) and place.block.payload["item"].get("type") == LISTED


def together(places: Sequence[Place], number: int) -> tuple[str, int, list[str]]:
    """Return the events of the lists that come first, from that number on, how many they are, and the items.

    Servers are asked at once: recorded of three in June 2026 (pydantic/pydantic-ai
    ``test_openai_responses_model_mcp_list_tools_stream_backfills_missing_results.yaml``), in whatever order they answer.
    """
    listed = list(takewhile(_is_list, places))
    done = [items.done(place) for place in listed]
    told: list[str] = []

    def tell(name: str, place: Place, key: str, text: str) -> None:
        index = place.nth
        told.append(
            f'event: response.{name}\ndata: {{"type":"response.{name}","{key}":{text},"output_index":{index},'
            f'"sequence_number":{number + len(told)}}}\n\n'
        )

    for place in listed:
        tell("output_item.added", place, "item", items.added(place))
        tell(f"{LISTED}.in_progress", place, "item_id", f'"{place.id}"')
    for place in listed:
        tell(f"{LISTED}.completed", place, "item_id", f'"{place.id}"')
    for place, item in zip(listed, done, strict=True):
        tell("output_item.done", place, "item", item)
    return "".join(told), len(told), done


def server(tool: dict[str, Json], wanted: Wanted) -> Hosted:
    """Return what is done with a server: a call, or a request to be allowed one, which ends the answer.

    Nothing is where no tool of it is allowed.
    """
    label, names = str(tool["server_label"]), _held(tool)
    answers = _answered(label, wanted.given)
    if answers:
        calls = tuple(_call(label, request, request["id"]) for request, allowed in answers if allowed)
        return Hosted(name=tool_name(tool), blocks=calls)
    if not names:
        return Hosted(name=tool_name(tool), blocks=())
    request = {"name": wanted.named or names[0], "arguments": compact({"query": wanted.query})}
    if _asks(tool.get("require_approval"), request["name"]):
        return Hosted(name=tool_name(tool), blocks=(_request(label, request),), ends=True)
    return Hosted(name=tool_name(tool), blocks=(_call(label, request, None),))


def _held(tool: dict[str, Json]) -> tuple[str, ...]:
    """Return the tools that a server has: those that the request allows, or the usual one where it names none."""
    given = tool.get("allowed_tools")
    named = given.get("tool_names") if isinstance(given, dict) else given
    return _USUAL if named is None else _names(named)


def _names(given: Json) -> tuple[str, ...]:
    """Return the tools that a filter names: it is a list, or an object that holds one."""
    listed = given.get("tool_names") if isinstance(given, dict) else given
    return tuple(map(str, listed or ()))


def _asks(given: Json, name: str) -> bool:
    """Tell whether a tool needs leave: always, never, or as filters say, of which ``never`` comes first."""
    if not isinstance(given, dict):
        return bool(given != "never")
    if name in _names(given.get("never")):
        return False
    always = given.get("always")
    return always is None or name in _names(always)


def _answered(label: str, given: list[Json]) -> list[tuple[Json, bool]]:
    """Return the requests of a server that the end of the input answers, and whether they were allowed."""
    asked = {
        one["id"]: one
        for one in given
        if one.get("type") == "mcp_approval_request" and one.get("server_label") == label and one.get("id")
    }
    found: list[tuple[Json, bool]] = []
    for one in reversed(given):
        if one.get("type") != "mcp_approval_response":
            break
        request = asked.get(one.get("approval_request_id"))
        if request is not None:
            found.append((request, one.get("approve") is True))
    return found[::-1]


def _list(label: str, names: tuple[str, ...]) -> Opaque:
    tools = [
        {
            "annotations": {"read_only": False},
            "description": f"Calls {name}.",
            "input_schema": _SCHEMA,
            "name": name,
        }
        for name in names
    ]
    item: dict[str, Json] = {"id": "mcpl_", "type": "mcp_list_tools", "server_label": label, "tools": tools}
    # what a server tells is not the model's to say
    return called(item, item | {"tools": []}, steps("mcp_list_tools", ("in_progress", "completed")), "")


def _request(label: str, request: Json) -> Opaque:
    item: dict[str, Json] = {
        "id": "mcpr_",
        "type": "mcp_approval_request",
        "arguments": request["arguments"],
        "name": request["name"],
        "server_label": label,
    }
    return called(item, item, (), request["name"] + request["arguments"])


def _call(label: str, request: Json, allowed: str | None) -> Opaque:
    arguments = request["arguments"]
    item: dict[str, Json] = {
        "id": "mcp_",
        "type": "mcp_call",
        "status": "completed",
        "approval_request_id": allowed,
        "arguments": arguments,
        "error": None,
        "name": request["name"],
        "output": "No results.",
        "server_label": label,
    }
    events = [
        event("mcp_call.in_progress"),
        *deltas("mcp_call_arguments.delta", (arguments,)),
        event("mcp_call_arguments.done", arguments=arguments),
        event("mcp_call.completed"),
    ]
    # a call that was allowed was written by the answer before
    said = "" if allowed else request["name"] + arguments
    return called(item, started(item) | {"arguments": "", "output": None}, events, said)
