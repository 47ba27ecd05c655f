"""What streams and whole answers share: ids, the words for an end, usage, and what the request itself decides."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mockllm_core.asked import finish_asked_for
from mockllm_core.errors import UnsupportedReply
from mockllm_core.protocols.anthropic_messages import opaque
from mockllm_core.protocols.anthropic_messages.cache import cached, prefixes, written
from mockllm_core.protocols.anthropic_messages.families import family
from mockllm_core.protocols.anthropic_messages.signature import redact
from mockllm_core.reply import Choice, Finish, Opaque, Reasoning, Refusal, Text, ToolCall
from mockllm_core.stamp import BASE58

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, FinishReason, Turn
    from mockllm_core.stamp import Stamp

__all__ = [
    "MAGIC_REDACTED",
    "MAGIC_REFUSAL",
    "NAME",
    "caller",
    "closing_usage",
    "container",
    "decided",
    "diagnosed",
    "edits",
    "identifier",
    "opening_usage",
    "redacted_data",
    "stop_details",
    "stop_reason",
    "supports",
    "told",
    "whole_usage",
]

NAME = opaque.NAME

MAGIC_REDACTED = "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB"
"""A prompt that holds it gets its thoughts redacted: the provider's own test string."""

MAGIC_REFUSAL = (
    "ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL_1FAEFB6177B4672DEE07F9D3AFC62588CCD2631EDCF22E8CCC1FB35B501C9C86"
)
"""A prompt that holds it is refused: the provider's own test string."""

_PREFIXES = {"": "01", "bedrock": "bdrk_01", "vertex": "vrtx_01"}

_WORDS: dict[FinishReason, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "content_filter": "refusal",
    "tool_call": "tool_use",
}


def identifier(kind: str, call: Call, stamp: Stamp, *path: object) -> str:
    """Return an id such as ``msg_01...``; ``kind`` is ``msg``, ``toolu`` or ``srvtoolu``."""
    host = _PREFIXES.get(call.form, "01")
    return stamp.id(f"{kind}_{host}", *path, alphabet=BASE58, length=22)


def told(turn: Turn) -> Mapping[str, Json]:
    """Return what this protocol's reader noted beside the blocks; empty for any other Turn."""
    return turn.facts if turn.facts.get("protocol") == NAME else {}


def supports(turn: Turn) -> None:
    """Raise UnsupportedReply when the Turn holds what this protocol has no words for."""
    if len(turn.choices) != 1:
        raise UnsupportedReply(f"an Anthropic message is one answer, this reply has {len(turn.choices)}")
    for block in turn.blocks:
        match block:
            case Opaque(protocol=protocol) if protocol != NAME:
                raise UnsupportedReply(f"a block of {protocol} cannot be sent as an Anthropic message")
            case ToolCall(free_text=True, name=name):
                raise UnsupportedReply(f"the call of {name} has free text, Anthropic tools take JSON")
            case ToolCall(name=name):
                try:
                    json.loads(block.text or "{}")
                except ValueError:
                    raise UnsupportedReply(f"the arguments of {name} are not JSON") from None
            case _:
                pass


def decided(turn: Turn, call: Call) -> Turn:
    """Return the Turn with what the request alone decides: refusal, redaction, omission, caching, an empty end.

    A Turn that was read from a recorded answer keeps all that the answer said.
    """
    if told(turn):
        return turn
    blocks: tuple[Block, ...] = turn.blocks
    finish, usage = turn.finish, turn.usage
    asked = _last_words(call)
    if MAGIC_REFUSAL in asked:
        blocks, finish = (), Finish("content_filter")
        usage = replace(usage, output_tokens=0, reasoning=0)
    elif call.body.get("max_tokens") == 0:
        blocks, finish = (), Finish("length")
        usage = replace(usage, output_tokens=0, reasoning=0)
    if any(isinstance(block, Refusal) for block in blocks):
        finish = Finish("content_filter")
    if finish.reason == "length":
        blocks = tuple(block for block in blocks if not isinstance(block, Text) or block.text)
    if any(isinstance(block, Reasoning) for block in blocks):
        hidden, redacted = _omitted(call), MAGIC_REDACTED in asked
        blocks = tuple(_thoughts(block, hidden=hidden, redacted=redacted) for block in blocks)
    if not usage.cache_read and not usage.cache_write:
        found = prefixes(call)
        if found:
            usage = cached(usage, found, lambda _: False)
    return replace(turn, choices=(Choice(blocks=blocks, finish=finish),), usage=usage)


def _last_words(call: Call) -> str:
    return call.conversation.last_user_text() or ""


def _omitted(call: Call) -> bool:
    thinking = call.body.get("thinking")
    display = thinking.get("display") if isinstance(thinking, dict) else None
    return display == "omitted" or (display is None and family(call.model).omits)


def _thoughts(block: Block, *, hidden: bool, redacted: bool) -> Block:
    if not isinstance(block, Reasoning) or block.redacted is not None:
        return block
    if redacted:
        return replace(block, redacted="")  # the encoder derives the data
    return replace(block, pieces=()) if hidden else block


def redacted_data(block: Reasoning, call: Call, stamp: Stamp, index: int) -> str:
    """Return the data of a redacted block, derived when there is none."""
    return block.redacted or redact(block.text, call.model, stamp, index)


_ASKED = ("pause_turn", "model_context_window_exceeded")
"""Ends that only the model's name can ask for."""


def stop_reason(turn: Turn, call: Call) -> str:
    """Return the provider's word for why the turn ended: as read, as the model's name asks, or as decided."""
    word = told(turn).get("stop_reason")
    if isinstance(word, str):
        return word
    asked = finish_asked_for(call.model)
    if asked in _ASKED:
        return asked
    if turn.finish.reason == "stop" and turn.finish.sequence is not None:
        return "stop_sequence"
    if turn.finish.reason == "stop" and _unanswered(turn.blocks):
        return "pause_turn"
    return _WORDS[turn.finish.reason]


def _unanswered(blocks: tuple[Block, ...]) -> bool:
    """Tell whether the last block is a server tool's call: its result is still to come, so the turn is paused."""
    return bool(blocks) and isinstance(blocks[-1], Opaque) and opaque.kind(blocks[-1]) in opaque.CALLS


def stop_details(turn: Turn) -> Json:
    """Return what the provider says of a refusal; None for every other end."""
    if told(turn) or turn.finish.reason != "content_filter":
        return told(turn).get("stop_details")
    return {"type": "refusal", "category": None, "explanation": None}


def container(turn: Turn, call: Call, stamp: Stamp) -> Json:
    """Return the container that ran code; None when the request names none."""
    if told(turn):
        return told(turn).get("container")
    asked = call.body.get("container")
    if asked is None:
        return None
    given = asked if isinstance(asked, str) else asked.get("id") if isinstance(asked, dict) else None
    name = given or identifier("container", call, stamp, "container")
    until = (stamp.now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    made: dict[str, Json] = {"id": name, "expires_at": until}
    if isinstance(asked, dict) and asked.get("skills"):
        made["skills"] = asked["skills"]
    return made


def edits(turn: Turn, call: Call) -> dict[str, Json]:
    """Return what context management did; nothing unless the request asks for it."""
    if "context_management" in told(turn):
        return {"context_management": turn.facts["context_management"]}
    if told(turn) or not isinstance(call.body.get("context_management"), dict):
        return {}
    return {"context_management": {"applied_edits": []}}


def diagnosed(turn: Turn, call: Call) -> dict[str, Json]:
    """Return the diagnosis of the prompt cache (null: nothing to tell); nothing unless the request asks for it."""
    if "diagnostics" in told(turn):
        return {"diagnostics": turn.facts["diagnostics"]}
    return {"diagnostics": None} if not told(turn) and isinstance(call.body.get("diagnostics"), dict) else {}


def caller(turn: Turn, call: Call, index: int) -> dict[str, Json]:
    """Return who called the tool, on the models that say it; Bedrock does not."""
    noted = (told(turn).get("callers") or {}).get(str(index))
    if noted is not None:
        return {"caller": noted}
    return {"caller": {"type": "direct"}} if family(call.model).caller and call.form != "bedrock" else {}


def opening_usage(turn: Turn, call: Call, stamp: Stamp) -> dict[str, Json]:
    """Return the usage of ``message_start``: input complete, output barely begun."""
    start = told(turn).get("start") or {}
    usage = turn.usage
    counts = {**_input(turn), **{key: start[key] for key in _input(turn) if key in start}}
    if "output_tokens" in start:
        begun = start["output_tokens"]
    elif turn.blocks and isinstance(turn.blocks[0], ToolCall):
        begun = usage.output_tokens  # a call is only sent when it is whole, as recorded
    else:
        begun = min(usage.output_tokens, 1 + stamp.number(8, "begun"))
    return {**counts, "cache_creation": _creation(turn, call), "output_tokens": begun, **_closing(turn, call)}


def whole_usage(turn: Turn, call: Call) -> dict[str, Json]:
    """Return the usage of a whole answer."""
    return {
        **_input(turn),
        "cache_creation": _creation(turn, call),
        "output_tokens": turn.usage.output_tokens,
        **_details(turn, call),
        **_closing(turn, call),
        **({"iterations": turn.facts["iterations"]} if "iterations" in told(turn) else {}),
    }


def closing_usage(turn: Turn, call: Call) -> dict[str, Json]:
    """Return the usage of ``message_delta``: the totals."""
    return {
        **_input(turn),
        "output_tokens": turn.usage.output_tokens,
        **_details(turn, call),
        **({"iterations": turn.facts["iterations"]} if "iterations" in told(turn) else {}),
    }


def _input(turn: Turn) -> dict[str, Json]:
    usage = turn.usage
    return {
        "input_tokens": usage.input_tokens - usage.cache_read - usage.cache_write,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
    }


def _creation(turn: Turn, call: Call) -> dict[str, Json]:
    split = told(turn).get("cache_creation")
    if isinstance(split, dict):
        return split
    minutes, hour = written(turn.usage, call)
    return {"ephemeral_5m_input_tokens": minutes, "ephemeral_1h_input_tokens": hour}


def _details(turn: Turn, call: Call) -> dict[str, Json]:
    """Return the parts of the output, where the model or the request makes the provider tell them."""
    made: dict[str, Json] = {}
    if (
        turn.usage.reasoning
        or family(call.model).details
        or call.conversation.reasoning
        or any(isinstance(block, Reasoning) for block in turn.blocks)
    ):
        made["output_tokens_details"] = {"thinking_tokens": turn.usage.reasoning}
    if "server_tool_use" in told(turn):
        made["server_tool_use"] = turn.facts["server_tool_use"]
    elif not told(turn) and any(
        isinstance(block, Opaque) and opaque.kind(block) in opaque.CALLS for block in turn.blocks
    ):
        made["server_tool_use"] = _served(turn)
    return made


def _served(turn: Turn) -> dict[str, Json]:
    names = [opaque.opened(block).get("name") for block in turn.blocks if isinstance(block, Opaque)]
    return {
        "web_search_requests": names.count("web_search"),
        "web_fetch_requests": names.count("web_fetch"),
    }


def _closing(turn: Turn, call: Call) -> dict[str, Json]:
    """Return how the request was served. One that is refused outright has no tier and no place, Bedrock no place."""
    made: dict[str, Json] = {}
    refused = not turn.blocks and turn.finish.reason == "content_filter"
    if not refused:
        made["service_tier"] = told(turn).get("service_tier", "standard")
    if call.form != "bedrock":
        asked = call.body.get("inference_geo")
        geo = asked if isinstance(asked, str) and asked else family(call.model).geo
        made["inference_geo"] = told(turn).get("inference_geo", "not_available" if refused else geo)
    speed = told(turn).get("speed", call.body.get("speed"))
    if isinstance(speed, str):
        made["speed"] = speed
    return made
