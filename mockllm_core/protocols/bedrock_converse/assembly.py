"""Put the events of a ConverseStream together into a Turn, and note where they break the rules."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mockllm_core.protocols.bedrock_converse.parts import STOP_REASONS
from mockllm_core.reply import Choice, Finish, Opaque, Reasoning, Text, ToolCall, Turn, Usage
from mockllm_core.unfinished import members

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.frame import Json
    from mockllm_core.reply import Block, FinishReason

    Note = Callable[[str, str], None]
    """Called with a rule and a sentence; whoever calls knows the event and its offset."""

__all__ = ["NAME", "Assembly", "check_keys", "check_reason", "check_tool", "finished", "opened_data", "used"]

NAME = "bedrock-converse"

_TOOL_ID = re.compile("[a-zA-Z0-9_.:-]{1,64}")
_CUT_SHORT = frozenset({"max_tokens", "malformed_tool_use", "model_context_window_exceeded"})
_EVENTS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "messageStart": (frozenset({"role"}), frozenset()),
    "contentBlockStart": (frozenset({"contentBlockIndex", "start"}), frozenset()),
    "contentBlockDelta": (frozenset({"contentBlockIndex", "delta"}), frozenset()),
    "contentBlockStop": (frozenset({"contentBlockIndex"}), frozenset()),
    "messageStop": (frozenset({"stopReason"}), frozenset({"additionalModelResponseFields"})),
    "metadata": (frozenset({"metrics", "usage"}), frozenset({"performanceConfig", "serviceTier", "trace"})),
}
_FACTS = ("trace", "performanceConfig", "serviceTier", "additionalModelResponseFields")


@dataclass
class _Open:
    """A block that has begun and not ended."""

    index: int
    start: dict[str, Any] | None = None
    deltas: list[dict[str, Any]] = field(default_factory=list)


class Assembly:
    """Take events one by one, then give the Turn; never raises over what they hold."""

    def __init__(self) -> None:
        self.facts: dict[str, Json] = {}
        self._blocks: list[Block] = []
        self._open: _Open | None = None
        self._reason: str | None = None
        self._usage: Usage | None = None
        self._state = "messageStart"
        self._ids: set[str] = set()
        self._unfinished: list[str] = []

    def take(self, name: str, payload: dict[str, Any], note: Note) -> None:
        """Take one event, its padding removed."""
        if name not in _EVENTS:
            note("bedrock-event-unknown", f"There is no event {name!r}.")
            return
        check_keys(payload, *_EVENTS[name], name, note)
        self._check_order(name, note)
        match name:
            case "messageStart":
                if payload.get("role") != "assistant":
                    note("bedrock-role", f"The role is {payload.get('role')!r}, not assistant.")
            case "contentBlockStart":
                self._start(payload, note)
            case "contentBlockDelta":
                self._delta(payload, note)
            case "contentBlockStop":
                self._stop(payload, note)
            case "messageStop":
                self._end(payload, note)
            case _:
                self._usage = used(payload, self.facts, note)
        self.facts |= {key: payload[key] for key in _FACTS if key in payload}

    def turn(self, note: Note) -> Turn:
        """Say that no more events come, and return what was put together."""
        if self._open is not None:
            note("bedrock-order", f"Block {self._open.index} was never ended.")
            self._close(note)
        if self._state != "end":
            note("bedrock-end", f"The stream ended where {self._state} was due.")
        finish = finished(self._reason, self.facts)
        usage = self._usage or Usage(input_tokens=0, output_tokens=0)
        return Turn(
            choices=(Choice(blocks=tuple(self._blocks), finish=finish),), usage=usage, facts=self.facts
        )

    def _check_order(self, name: str, note: Note) -> None:
        inside = name.startswith("contentBlock")
        if self._state != name and not (self._state == "messageStop" and inside):
            note("bedrock-order", f"{name} came where {self._state} was due.")
        if name == "messageStart" or inside:
            self._state = "messageStop"
        else:
            self._state = "metadata" if name == "messageStop" else "end"

    def _start(self, payload: dict[str, Any], note: Note) -> None:
        self._finish_open(note)
        start = payload.get("start")
        index = self._index(payload, note)
        if not isinstance(start, dict) or len(start) != 1:
            note("bedrock-start", "A contentBlockStart has no tool in it.")
            start = start if isinstance(start, dict) else {}
        self._open = _Open(index, start)

    def _delta(self, payload: dict[str, Any], note: Note) -> None:
        delta = payload.get("delta")
        if self._open is None or payload.get("contentBlockIndex") != self._open.index:
            self._finish_open(note)
            self._open = _Open(self._index(payload, note))
        if not isinstance(delta, dict) or len(delta) != 1:
            note("bedrock-delta", "A delta does not have exactly one member.")
            return
        self._open.deltas.append(delta)

    def _stop(self, payload: dict[str, Any], note: Note) -> None:
        if self._open is None:
            index = self._index(payload, note)
            note("bedrock-order", f"Block {index} ended without having begun.")
            return
        if payload.get("contentBlockIndex") != self._open.index:
            note(
                "bedrock-index",
                f"Block {self._open.index} is open, {payload.get('contentBlockIndex')!r} ended.",
            )
        self._close(note)

    def _finish_open(self, note: Note) -> None:
        if self._open is not None:
            note("bedrock-order", f"Block {self._open.index} was not ended before the next began.")
            self._close(note)

    def _index(self, payload: dict[str, Any], note: Note) -> int:
        index, due = payload.get("contentBlockIndex"), len(self._blocks)
        if isinstance(index, bool) or index != due:
            note("bedrock-index", f"Block {index!r} began where block {due} was due.")
        return index if isinstance(index, int) else due

    def _close(self, note: Note) -> None:
        held, self._open = self._open, None
        if held is None:
            return
        kinds = {key for delta in held.deltas for key in delta}
        tool = _part(held.start, "toolUse")
        plain_tool = tool is not None and tool.get("type") in {None, "tool_use"}
        if held.start is None and kinds == {"text"}:
            self._blocks.append(Text(pieces=tuple(_text(delta, "text", note) for delta in held.deltas)))
        elif held.start is None and kinds == {"reasoningContent"}:
            self._blocks.append(_reasoning([delta["reasoningContent"] for delta in held.deltas], note))
        elif tool is not None and plain_tool and kinds <= {"toolUse"}:
            self._blocks.append(self._tool(tool, held, note))
        elif not kinds and held.start is None:
            self._blocks.append(Text(pieces=()))
        else:
            if plain_tool or len(kinds - {"citation"}) > 1:
                note("bedrock-delta", f"Block {held.index} mixes {', '.join(sorted(kinds))}.")
            self._blocks.append(Opaque(protocol=NAME, payload={"start": held.start, "deltas": held.deltas}))

    def _tool(self, tool: dict[str, Any], held: _Open, note: Note) -> ToolCall:
        check_tool(tool, self._ids, note)
        pieces = tuple(_text(_part(delta, "toolUse") or {}, "input", note) for delta in held.deltas)
        if pieces and not pieces[0]:
            pieces = pieces[1:]
        if not any(pieces):
            pieces = ("{}",)
        name = tool.get("name")
        if not _is_object("".join(pieces)):
            self._unfinished.append(str(name))
        return ToolCall(name=str(name), pieces=pieces, id=str(tool.get("toolUseId") or "") or None)

    def _end(self, payload: dict[str, Any], note: Note) -> None:
        self._finish_open(note)
        reason = payload.get("stopReason")
        self._reason = reason if isinstance(reason, str) else None
        called = any(isinstance(block, ToolCall) for block in self._blocks)
        check_reason(self._reason, note, called=called)
        if self._unfinished and self._reason in _CUT_SHORT:
            last = self._blocks[-1]
            if isinstance(last, ToolCall) and not _is_object(last.text):
                self._blocks[-1] = replace(last, arguments=members(last.text)[0], cut=True)
        elif self._unfinished:
            names = ", ".join(self._unfinished)
            note("bedrock-arguments", f"The input of {names} is not a JSON object.")


# -- shared with the reader of whole answers --------------------------------------------------------------------


def check_keys(
    held: dict[str, Any], required: frozenset[str], optional: frozenset[str], what: str, note: Note
) -> None:
    """Note members that are missing or that the service model does not have."""
    missing = sorted(required - held.keys())
    if missing:
        note("bedrock-keys", f"{what} lacks {', '.join(missing)}.")
    unknown = sorted(held.keys() - required - optional)
    if unknown:
        note("bedrock-keys", f"{what} has {', '.join(map(repr, unknown))}, which the service does not send.")


def check_tool(tool: dict[str, Any], ids: set[str], note: Note) -> None:
    """Note what is wrong with a tool call's name and id."""
    name, identity = tool.get("name"), tool.get("toolUseId")
    if not isinstance(name, str) or not name:
        note("bedrock-type", "A tool call has no name.")
    if not isinstance(identity, str) or not _TOOL_ID.fullmatch(identity):
        note("bedrock-tool-id", f"{identity!r} is no id of a tool call.")
    elif identity in ids:
        note("bedrock-tool-id", f"The id {identity} stands twice.")
    else:
        ids.add(identity)


def check_reason(reason: str | None, note: Note, *, called: bool) -> None:
    """Note a stop reason that is unknown or that the blocks contradict."""
    if reason not in STOP_REASONS:
        note("bedrock-stop-reason", f"{reason!r} is no stop reason.")
    elif reason == "tool_use" and not called:
        note("bedrock-stop-reason", "The stop reason is tool_use, but no tool was called.")


_FINISH: dict[str | None, FinishReason] = {
    "tool_use": "tool_call",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}
_PLAIN = frozenset({"end_turn", "tool_use", "max_tokens", "stop_sequence"})


def finished(reason: str | None, facts: dict[str, Json]) -> Finish:
    """Return why it ended; a reason that the neutral ones cannot hold is kept as the fact ``stopReason``."""
    if reason in STOP_REASONS and reason not in _PLAIN:
        facts["stopReason"] = reason
    if reason == "stop_sequence":
        fields = facts.get("additionalModelResponseFields")
        known = fields.get("stop_sequence") if isinstance(fields, dict) else None
        return Finish("stop", known if isinstance(known, str) else "")
    return Finish(_FINISH.get(reason, "stop"))


_COUNTS = frozenset({"inputTokens", "outputTokens", "totalTokens"})
_CACHE_COUNTS = frozenset(
    {
        "cacheReadInputTokens",
        "cacheWriteInputTokens",
        "cacheReadInputTokenCount",
        "cacheWriteInputTokenCount",
    }
)
_OTHER_COUNTS = frozenset({"serverToolUsage", "cacheDetails"})


def used(answer: dict[str, Any], facts: dict[str, Json], note: Note) -> Usage:
    """Return the usage of a metadata event or a whole answer; its latency goes to the facts."""
    metrics = answer.get("metrics")
    held = answer.get("usage")
    latency = metrics.get("latencyMs") if isinstance(metrics, dict) else None
    facts["latencyMs"] = latency if _is_count(latency) else 0
    if not _is_count(latency):
        note("bedrock-end", "There is no latency in metrics.")
    if not isinstance(held, dict):
        note("bedrock-usage", "There is no usage.")
        return Usage(input_tokens=0, output_tokens=0)
    check_keys(held, _COUNTS, _CACHE_COUNTS | _OTHER_COUNTS, "usage", note)
    counts = {key: held.get(key, 0) for key in _COUNTS | _CACHE_COUNTS}
    bad = sorted(key for key, value in counts.items() if not _is_count(value))
    if bad:
        note("bedrock-usage", f"{', '.join(bad)}: not a count.")
        counts |= dict.fromkeys(bad, 0)
    facts |= {key: held[key] for key in _OTHER_COUNTS if held.get(key)}
    read, wrote = counts["cacheReadInputTokens"], counts["cacheWriteInputTokens"]
    prompt = counts["inputTokens"] + read + wrote
    if not bad and counts["totalTokens"] != prompt + counts["outputTokens"]:
        note(
            "bedrock-usage",
            f"The total is {counts['totalTokens']}, the parts are {prompt + counts['outputTokens']}.",
        )
    return Usage(
        input_tokens=prompt, output_tokens=counts["outputTokens"], cache_read=read, cache_write=wrote
    )


def opened_data(data: Json, note: Note) -> str:
    """Return what ``redactedContent`` holds in its base64."""
    try:
        return base64.b64decode(str(data), validate=True).decode()
    except (binascii.Error, ValueError):
        note("bedrock-reasoning", "redactedContent is not base64 of text.")
        return ""


def _reasoning(deltas: list[Json], note: Note) -> Reasoning:
    pieces: list[str] = []
    signature: str | None = None
    redacted: str | None = None
    for delta in deltas:
        match delta:
            case {"text": str(text)} if len(delta) == 1:
                if signature is not None or redacted is not None:
                    note("bedrock-reasoning", "Reasoning goes on after its signature.")
                pieces.append(text)
            case {"signature": str(text)} if len(delta) == 1 and signature is None and redacted is None:
                signature = text
            case {"redactedContent": data} if len(delta) == 1 and redacted is None and not pieces:
                redacted = opened_data(data, note)
            case _:
                note(
                    "bedrock-reasoning",
                    "A delta of reasoning has not exactly one text, signature or redacted data.",
                )
    return Reasoning(pieces=tuple(pieces), signature=signature, redacted=redacted)


def _part(held: dict[str, Any] | None, key: str) -> dict[str, Any] | None:
    found = held.get(key) if held is not None else None
    return found if isinstance(found, dict) else None


def _text(held: dict[str, Any], key: str, note: Note) -> str:
    text = held.get(key)
    if not isinstance(text, str):
        note("bedrock-type", f"{key} is not a string.")
        return ""
    return text


def _is_count(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
