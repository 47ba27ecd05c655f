"""Reading, shared by streams and whole answers: objects held against their keys, counts, ends, ids."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockllm_core.frame import Finding
from mockllm_core.protocols.anthropic_messages import opaque
from mockllm_core.reply import Finish, Opaque, ToolCall, Usage

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.reply import Block, FinishReason

__all__ = ["Notes", "finish", "usage"]

_MESSAGE = ("type", "role", "content", "container", "stop_reason", "stop_sequence", "stop_details", "usage")
_MODEL_FIRST = ("model", "id", *_MESSAGE, "diagnostics", "context_management")
_ID_FIRST = ("id", "type", "role", "model", *_MESSAGE[2:], "diagnostics", "context_management")
_INPUT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_SERVED = ("service_tier", "inference_geo", "speed")

#: object -> (orders of which one is kept, keys that are always there, keys that may be null)
SHAPES: dict[str, tuple[tuple[tuple[str, ...], ...], frozenset[str], frozenset[str]]] = {
    "message": (
        (_MODEL_FIRST, _ID_FIRST),
        frozenset(("model", "id", "type", "role", "content", "stop_reason", "stop_sequence", "usage")),
        frozenset(
            ("stop_reason", "stop_sequence", "stop_details", "container", "diagnostics", "context_management")
        ),
    ),
    "message_start": ((("type", "message"),), frozenset(("type", "message")), frozenset()),
    "content_block_start": (
        (("type", "index", "content_block"),),
        frozenset(("type", "index", "content_block")),
        frozenset(),
    ),
    "content_block_delta": (
        (("type", "index", "delta"),),
        frozenset(("type", "index", "delta")),
        frozenset(),
    ),
    "content_block_stop": ((("type", "index"),), frozenset(("type", "index")), frozenset()),
    "message_delta": (
        (("type", "delta", "usage", "context_management"),),
        frozenset(("type", "delta", "usage")),
        frozenset(("context_management",)),
    ),
    "message_stop": ((("type", "amazon-bedrock-invocationMetrics"),), frozenset(("type",)), frozenset()),
    "delta": (
        (("stop_reason", "stop_sequence", "stop_details", "container"),),
        frozenset(("stop_reason", "stop_sequence")),
        frozenset(("stop_sequence", "stop_details", "container")),
    ),
    "usage": (
        (
            (
                *_INPUT,
                "cache_creation",
                "output_tokens",
                "output_tokens_details",
                "server_tool_use",
                *_SERVED,
                "iterations",
            ),
            (
                *_INPUT,
                "cache_creation",
                "output_tokens",
                "output_tokens_details",
                *_SERVED,
                "server_tool_use",
                "iterations",
            ),
        ),
        frozenset(("output_tokens",)),
        frozenset(),
    ),
    "text": (
        (("type", "text", "citations"), ("citations", "type", "text")),
        frozenset(("type", "text")),
        frozenset(),
    ),
    "thinking": (
        (("type", "thinking", "signature"),),
        frozenset(("type", "thinking", "signature")),
        frozenset(),
    ),
    "redacted_thinking": ((("type", "data"),), frozenset(("type", "data")), frozenset()),
    "tool_use": (
        (("type", "id", "name", "input", "caller", "toolset_name"),),
        frozenset(("type", "id", "name", "input")),
        frozenset(),
    ),
    "server_tool_use": (
        (("type", "id", "name", "input", "caller"),),
        frozenset(("type", "id", "name", "input")),
        frozenset(),
    ),
    "text_delta": ((("type", "text"),), frozenset(("type", "text")), frozenset()),
    "thinking_delta": (
        (("type", "thinking", "estimated_tokens"),),
        frozenset(("type", "thinking")),
        frozenset(("estimated_tokens",)),
    ),
    "signature_delta": ((("type", "signature"),), frozenset(("type", "signature")), frozenset()),
    "input_json_delta": ((("type", "partial_json"),), frozenset(("type", "partial_json")), frozenset()),
    "citations_delta": ((("type", "citation"),), frozenset(("type", "citation")), frozenset()),
}

_ID = re.compile(
    r"(?:msg|toolu|srvtoolu|mcptoolu)_(?:bdrk_|vrtx_)?01[1-9A-HJ-NP-Za-km-z]{22}|msg_(?:bdrk|vrtx)_[0-9a-z]{52}"
)

_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "compaction": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
    "tool_use": "tool_call",
}


class Notes:
    """Findings, each noted at the event that is being read.

    Attributes:
        findings: what was noted.
        event: the number of the event; -1 for a whole answer.
        offset: its first byte.
    """

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        self.event = -1
        self.offset = 0
        self._ids: set[str] = set()

    def note(self, rule: str, sentence: str) -> None:
        """Note a broken rule."""
        self.findings.append(Finding(f"anthropic-{rule}", self.event, self.offset, sentence))

    def shape(self, name: str, value: Json) -> dict[str, Json]:
        """Hold an object against its keys; anything else than an object reads as an empty one."""
        if not isinstance(value, dict):
            self.note("keys", f"{name} is not an object")
            return {}
        orders, required, nullable = SHAPES[name]
        given = tuple(value)
        if not any(_within(given, order) for order in orders):
            unknown = [key for key in given if key not in orders[0]]
            what = (
                f"has keys that are never sent: {', '.join(unknown)}"
                if unknown
                else "has its keys in another order"
            )
            self.note("keys", f"{name} {what}")
        missing = sorted(required - value.keys())
        if missing:
            self.note("keys", f"{name} lacks {', '.join(missing)}")
        nulls = [key for key, held in value.items() if held is None and key not in nullable]
        if nulls:
            self.note("null", f"{name} has null for {', '.join(nulls)}")
        return value

    def identity(self, value: Json) -> str:
        """Hold an id against its form."""
        if not isinstance(value, str) or not _ID.fullmatch(value):
            self.note("id", f"{str(value)[:60]!r} is not an id of the provider")
        elif value in self._ids:
            self.note("id", f"{value} comes twice")
        else:
            self._ids.add(value)
        return value if isinstance(value, str) else ""

    def counts(self, value: dict[str, Json], *names: str) -> dict[str, int]:
        """Return the counts of these names; one that is there but no whole number is noted and left out."""
        found: dict[str, int] = {}
        for name in names:
            held = value.get(name)
            if isinstance(held, int) and not isinstance(held, bool) and held >= 0:
                found[name] = held
            elif name in value:
                self.note("usage", f"{name} is not a count")
        return found


def _within(given: tuple[str, ...], order: tuple[str, ...]) -> bool:
    """Tell whether the keys stand in the order, some of it left out."""
    rest = iter(order)
    return all(key in rest for key in given)


def usage(notes: Notes, final: dict[str, Json], start: dict[str, int], facts: dict[str, Json]) -> Usage:
    """Return the totals; the input is the whole prompt, cached parts included. Other values go to the facts."""
    found = {**start, **notes.counts(final, *_INPUT, "output_tokens")}
    if "output_tokens" not in found or "input_tokens" not in found:
        notes.note("usage", "the answer does not say what it cost")
    if found.get("output_tokens", 0) < start.get("output_tokens", 0):
        notes.note("usage", "fewer tokens at the end than at the start")
    read, write = found.get("cache_read_input_tokens", 0), found.get("cache_creation_input_tokens", 0)
    details = final.get("output_tokens_details")
    thought = notes.counts(details, "thinking_tokens") if isinstance(details, dict) else {}
    for key in ("server_tool_use", "iterations"):
        if key in final:
            facts[key] = final[key]
    return Usage(
        input_tokens=found.get("input_tokens", 0) + read + write,
        output_tokens=found.get("output_tokens", 0),
        cache_read=read,
        cache_write=write,
        reasoning=thought.get("thinking_tokens", 0),
    )


def begun(notes: Notes, given: Json, facts: dict[str, Json]) -> dict[str, int]:
    """Return the counts of the usage at a message's start and note the rest as facts."""
    held = notes.shape("usage", given)
    for key in ("service_tier", "inference_geo", "speed", "server_tool_use"):
        if key in held:
            facts[key] = held[key]
    if isinstance(held.get("cache_creation"), dict):
        facts["cache_creation"] = held["cache_creation"]
    return notes.counts(held, *_INPUT, "output_tokens")


def finish(notes: Notes, delta: dict[str, Json], blocks: tuple[Block, ...], facts: dict[str, Json]) -> Finish:
    """Return why the answer ended."""
    word, sequence = delta.get("stop_reason"), delta.get("stop_sequence")
    reason = _REASONS.get(word) if isinstance(word, str) else None
    if reason is None:
        notes.note("stop", f"{str(word)[:40]!r} is no stop reason")
        if isinstance(word, str):
            facts["stop_reason"] = word
        return Finish("stop")
    if (word == "stop_sequence") != isinstance(sequence, str):
        notes.note("stop", f"stop_sequence does not fit the stop reason {word}")
    called = any(isinstance(block, ToolCall) for block in blocks)
    if called != (word == "tool_use") and word in ("tool_use", "end_turn"):
        notes.note("stop", f"the stop reason is {word}, {'but a' if called else 'but no'} tool is called")
    paused = bool(blocks) and isinstance(blocks[-1], Opaque) and opaque.kind(blocks[-1]) in opaque.CALLS
    if word in ("compaction", "model_context_window_exceeded") or (
        word in ("pause_turn", "end_turn") and (word == "pause_turn") != paused
    ):
        facts["stop_reason"] = word
    if delta.get("stop_details") is not None:
        facts["stop_details"] = delta["stop_details"]
    if delta.get("container") is not None:
        facts["container"] = delta["container"]
    return Finish(reason, sequence if word == "stop_sequence" and isinstance(sequence, str) else None)
