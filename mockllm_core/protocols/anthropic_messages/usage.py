"""What an answer cost, as JSON text: at a stream's start, at its end, and in a whole answer."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from mockllm_core.jsontext import compact, quote
from mockllm_core.protocols.anthropic_messages import opaque
from mockllm_core.protocols.anthropic_messages.cache import written
from mockllm_core.protocols.anthropic_messages.families import family
from mockllm_core.protocols.anthropic_messages.served import pace
from mockllm_core.reply import Opaque, Reasoning, ToolCall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn

__all__ = ["Facts", "closing_usage", "opening_usage", "told", "whole_usage"]

Facts: TypeAlias = "Mapping[str, Json]"
"""What a reader noted beside the blocks, see ``told``."""

_NOTHING: Facts = {}
_UNCACHED = '{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0}'


def told(turn: Turn) -> Facts:
    """Return what this protocol's reader noted beside the blocks; empty for any other Turn."""
    facts = turn.facts
    return facts if facts and facts.get("protocol") == opaque.NAME else _NOTHING


def opening_usage(turn: Turn, call: Call, identity: str, facts: Facts) -> str:
    """Return the usage of ``message_start``: input complete, output barely begun."""
    start = _kept(turn, call, facts).get("start") or _NOTHING
    output = start["output_tokens"] if "output_tokens" in start else begun(turn, identity)
    if "first" in start:
        output = min(output, start["first"])
    return (
        f'{{{_input(turn, start)},"cache_creation":{_creation(turn, call, facts)},'
        f'"output_tokens":{output}{_served(turn, call, facts)}}}'
    )


def begun(turn: Turn, identity: str) -> int:
    """Return how many tokens are out when a stream opens; chance is taken from the message's id."""
    blocks, output = turn.blocks, turn.usage.output_tokens
    if blocks and isinstance(blocks[0], ToolCall):
        return output  # a call is only sent when it is whole, as recorded
    return min(output, 1 + ord(identity[-1]) % 8)


def whole_usage(turn: Turn, call: Call, facts: Facts) -> str:
    """Return the usage of a whole answer."""
    return (
        f'{{{_input(turn, _NOTHING)},"cache_creation":{_creation(turn, call, facts)},'
        f'"output_tokens":{turn.usage.output_tokens}{_details(turn, call)}{_served(turn, call, facts)}'
        f"{_hosted(turn, facts)}{_iterations(turn, call, facts)}}}"
    )


def closing_usage(turn: Turn, call: Call, facts: Facts) -> str:
    """Return the usage of ``message_delta``: the totals."""
    output = turn.usage.output_tokens
    more = f"{_hosted(turn, facts)}{_iterations(turn, call, facts)}"
    return f'{{{_input(turn, _NOTHING)},"output_tokens":{output}{_details(turn, call)}{more}}}'


def _input(turn: Turn, start: Facts) -> str:
    """Return the counts of the input, those that a reader noted at a stream's start before the final ones."""
    usage = turn.usage
    write, read = usage.cache_write, usage.cache_read
    fresh = usage.input_tokens - read - write
    if start:
        fresh = start.get("input_tokens", fresh)
        write = start.get("cache_creation_input_tokens", write)
        read = start.get("cache_read_input_tokens", read)
    return f'"input_tokens":{fresh},"cache_creation_input_tokens":{write},"cache_read_input_tokens":{read}'


def _creation(turn: Turn, call: Call, facts: Facts) -> str:
    split = _kept(turn, call, facts).get("cache_creation")
    if isinstance(split, dict):
        return compact(split)
    if not turn.usage.cache_write:
        return _UNCACHED
    minutes, hour = written(turn.usage, call)
    return f'{{"ephemeral_5m_input_tokens":{minutes},"ephemeral_1h_input_tokens":{hour}}}'


def _details(turn: Turn, call: Call) -> str:
    """Return the parts of the output, where the model or the request makes the provider tell them."""
    thought = turn.usage.reasoning
    kinds = set(map(type, turn.blocks))
    if thought or call.conversation.reasoning or Reasoning in kinds or family(call.model).details:
        return f',"output_tokens_details":{{"thinking_tokens":{thought}}}'
    return ""


def _hosted(turn: Turn, facts: Facts) -> str:
    """Return how often the provider searched and fetched, where any of its tools brought something.

    It stands behind the place in a whole answer: those of March and April 2026 that the AI SDK keeps. A call that is
    still to be run is not counted: that of ``anthropic-tool-search-deferred-regex.chunks.txt`` there.
    """
    if facts:
        return f',"server_tool_use":{compact(facts["server_tool_use"])}' if "server_tool_use" in facts else ""
    kinds = [opaque.kind(block) for block in turn.blocks if isinstance(block, Opaque)]
    if not any(kind.endswith("_tool_result") for kind in kinds):
        return ""
    searches, fetches = kinds.count("web_search_tool_result"), kinds.count("web_fetch_tool_result")
    return f',"server_tool_use":{{"web_search_requests":{searches},"web_fetch_requests":{fetches}}}'


def _iterations(turn: Turn, call: Call, facts: Facts) -> str:
    kept = _kept(turn, call, facts)
    return f',"iterations":{compact(kept["iterations"])}' if kept and "iterations" in kept else ""


def _kept(turn: Turn, call: Call, facts: Facts) -> Facts:
    """Return what a reader noted, or what ``rounds`` did of tools that the provider ran."""
    return facts or (turn.facts if call.conversation.hosted else _NOTHING)


_CHOSEN = frozenset(("inference_geo", "speed"))


@lru_cache(maxsize=512)
def _usually_served(model: str, form: str) -> str:
    """Return how a request is served that asks for nothing else: Bedrock tells no place."""
    place = "" if form == "bedrock" else f',"inference_geo":{quote(family(model).geo)}'
    return f',"service_tier":"standard"{place}'


def _served(turn: Turn, call: Call, facts: Facts) -> str:
    """Return how the request was served. One that is refused outright has no tier and no place."""
    body = call.body
    if turn.blocks and not facts and _CHOSEN.isdisjoint(body):
        return _usually_served(call.model, call.form)
    refused = not turn.blocks and turn.finish.reason == "content_filter"
    made = ""
    if not refused:
        tier = compact(facts["service_tier"]) if "service_tier" in facts else '"standard"'
        made = f',"service_tier":{tier}'
    if call.form != "bedrock":
        if "inference_geo" in facts:
            geo = compact(facts["inference_geo"])
        else:
            asked = body.get("inference_geo")
            usual = asked if isinstance(asked, str) and asked else family(call.model).geo
            geo = quote("not_available" if refused else usual)
        made += f',"inference_geo":{geo}'
    speed = facts.get("speed", body.get("speed"))
    if isinstance(speed, str):
        made += f',"speed":{quote(speed if facts else pace(speed, call.model))}'
    return made
