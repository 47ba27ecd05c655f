"""Put the events of Nova's and Titan's own streams together into a Turn."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mockllm_core import jsontext
from mockllm_core.protocols.bedrock_converse.assembly import check_reason, finished
from mockllm_core.reply import Choice, Finish, Opaque, Reasoning, Text, ToolCall, Turn, Usage

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocols.bedrock_converse.assembly import Note
    from mockllm_core.reply import Block, FinishReason

__all__ = ["NovaAssembly", "TitanAssembly", "read_nova", "read_titan"]


class NovaAssembly:
    """Take Nova's events; the blocks of one text join into one block with a piece for each."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._blocks: list[Block] = []
        self._pieces: list[str] = []
        self._thoughts: list[str] = []
        self._tool: dict[str, Any] | None = None
        self._own: dict[str, Any] | None = None
        self._index = 0
        self._inside = False
        self._reason: str | None = None
        self._usage: Usage | None = None
        self._due = "messageStart"

    def take(self, event: dict[str, Any]) -> None:
        """Take one event, the metrics removed."""
        name, payload = next(iter(event.items()), ("", None))
        if len(event) != 1 or not isinstance(payload, dict):
            self._note("bedrock-keys", "An event does not have exactly one member.")
            return
        if self._due != name and not (self._due == "messageStop" and name.startswith("contentBlock")):
            self._note("bedrock-order", f"{name} came where {self._due} was due.")
        match name:
            case "messageStart":
                if payload.get("role") != "assistant":
                    self._note("bedrock-role", f"The role is {payload.get('role')!r}, not assistant.")
                self._due = "messageStop"
            case "contentBlockStart" | "contentBlockDelta" | "contentBlockStop":
                self._block(name, payload)
            case "messageStop":
                self._due = "metadata"
                reason = payload.get("stopReason")
                self._reason = reason if isinstance(reason, str) else None
            case "metadata":
                self._due = "end"
                self._usage = _nova_usage(payload.get("usage"), self._note)
            case _:
                self._note("bedrock-event-unknown", f"There is no event {name!r}.")

    def finish(self) -> Turn:
        """Say that no more events come, and return what was put together."""
        if self._due != "end":
            self._note("bedrock-end", f"The stream ended where {self._due} was due.")
        self._flush()
        check_reason(self._reason, self._note, called=any(isinstance(one, ToolCall) for one in self._blocks))
        facts: dict[str, Json] = {}
        finish = finished(self._reason, facts)
        usage = self._usage or Usage(input_tokens=0, output_tokens=0)
        return Turn(choices=(Choice(blocks=tuple(self._blocks), finish=finish),), usage=usage, facts=facts)

    def _block(self, name: str, payload: dict[str, Any]) -> None:
        if payload.get("contentBlockIndex") != self._index:
            self._note(
                "bedrock-index",
                f"{name} names block {payload.get('contentBlockIndex')!r}, not {self._index}.",
            )
        if name == "contentBlockStart":
            self._flush()
            match payload.get("start"):
                case {"toolUse": dict(tool)} if tool.get("type") != "server_tool_use":
                    self._tool = tool | {"input": ""}
                case {"toolUse": dict()} | {"toolResult": dict()} as start:
                    self._own = {"start": start, "deltas": []}
                case _:
                    self._note("bedrock-start", "A contentBlockStart has no tool in it.")
        elif name == "contentBlockDelta":
            self._inside = True
            self._delta(payload.get("delta"))
        else:
            if not self._inside:
                self._note("bedrock-order", f"Block {self._index} ended without a delta.")
            self._inside = False
            called = self._tool is not None or (
                self._own is not None and "toolUse" in (self._own["start"] or ())
            )
            self._index += 2 if called else 1
            if called or self._own is not None:
                self._flush()

    def _delta(self, delta: Json) -> None:
        if self._own is None and isinstance(delta, dict) and "citation" in delta:
            self._flush()
            self._own = {"start": None, "deltas": []}
        if self._own is not None:
            self._own["deltas"].append(delta)
            return
        match delta:
            case {"text": str(text)} if self._tool is None and len(delta) == 1:
                if self._thoughts:
                    self._flush()
                self._pieces.append(text)
            case {"reasoningContent": {"reasoningText": {"text": str(text)}}} if self._tool is None:
                if self._pieces:
                    self._flush()
                self._thoughts.append(text)
            case {"toolUse": {"input": str(text)}} if self._tool is not None:
                self._tool["input"] += text
            case _:
                self._note("bedrock-delta", "A delta does not fit its block.")

    def _flush(self) -> None:
        if self._thoughts:
            self._blocks.append(Reasoning(pieces=tuple(self._thoughts)))
        if self._pieces:
            self._blocks.append(Text(pieces=tuple(self._pieces)))
        if self._tool is not None:
            self._blocks.append(_called(self._tool, self._tool["input"], self._note))
        if self._own is not None:
            self._blocks.append(Opaque(protocol="bedrock-converse", payload=self._own))
        self._pieces, self._thoughts, self._tool, self._own = [], [], None, None


class TitanAssembly:
    """Take Titan's chunks of text."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._pieces: list[str] = []
        self._counts = {"inputTextTokenCount": 0, "totalOutputTextTokenCount": 0}
        self._reason: Json = None

    def take(self, event: dict[str, Any]) -> None:
        """Take one chunk, the metrics removed."""
        text = event.get("outputText")
        if not isinstance(text, str):
            self._note("bedrock-keys", "A chunk has no outputText.")
            return
        if self._reason is not None:
            self._note("bedrock-order", "A chunk comes after the one with the completion reason.")
        self._pieces.append(text)
        self._reason = event.get("completionReason") or self._reason
        for name in self._counts:
            count = event.get(name)
            if isinstance(count, int):
                self._counts[name] = count

    def finish(self) -> Turn:
        """Say that no more chunks come, and return what was put together."""
        finish = _titan_finish(self._reason, self._note)
        usage = Usage(
            input_tokens=self._counts["inputTextTokenCount"],
            output_tokens=self._counts["totalOutputTextTokenCount"],
        )
        return Turn(choices=(Choice(blocks=(Text(pieces=tuple(self._pieces)),), finish=finish),), usage=usage)


def read_nova(answer: dict[str, Any], note: Note) -> Turn:
    """Return Nova's whole answer as a Turn."""
    blocks: list[Block] = []
    match answer.get("output"):
        case {"message": {"content": list(content), "role": "assistant"}}:
            blocks = [block for held in content if (block := _nova_block(held, note)) is not None]
        case _:
            note("bedrock-keys", "output has no message with content and role.")
    reason = answer.get("stopReason")
    reason = reason if isinstance(reason, str) else None
    check_reason(reason, note, called=any(isinstance(block, ToolCall) for block in blocks))
    facts: dict[str, Json] = {}
    finish = finished(reason, facts)
    usage = _nova_usage(answer.get("usage"), note)
    return Turn(choices=(Choice(blocks=tuple(blocks), finish=finish),), usage=usage, facts=facts)


def read_titan(answer: dict[str, Any], results: list[Any], note: Note) -> Turn:
    """Return Titan's whole answer as a Turn."""
    blocks: tuple[Block, ...] = ()
    output = 0
    match results:
        case [{"tokenCount": int(count), "outputText": str(text), "completionReason": reason}]:
            blocks = (Text.of(text),)
            output = count
        case _:
            note(
                "bedrock-keys",
                "There is not exactly one result with tokenCount, outputText and completionReason.",
            )
            reason = None
    prompt = answer.get("inputTextTokenCount")
    usage = Usage(input_tokens=prompt if isinstance(prompt, int) else 0, output_tokens=output)
    return Turn(choices=(Choice(blocks=blocks, finish=_titan_finish(reason, note)),), usage=usage)


def _nova_block(held: Json, note: Note) -> Block | None:
    match held:
        case {"text": str(text)}:
            return Text.of(text)
        case {"reasoningContent": {"reasoningText": {"text": str(text)}}}:
            return Reasoning.of(text)
        case {"toolUse": {"type": "server_tool_use"}} | {"toolResult": dict()} | {"citationsContent": dict()}:
            return Opaque(protocol="bedrock-converse", payload={"block": held})
        case {"toolUse": {"input": dict(arguments)} as tool}:
            return _called(tool, jsontext.compact(arguments), note)
        case _:
            note("bedrock-delta", "A content block is of no known kind.")
            return None


def _called(tool: dict[str, Any], text: str, note: Note) -> ToolCall:
    name, identity = tool.get("name"), tool.get("toolUseId")
    if not isinstance(name, str) or not isinstance(identity, str) or not identity:
        note("bedrock-tool-id", "A tool call lacks its name or its id.")
    try:
        sound = isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        sound = False
    if not sound:
        note("bedrock-arguments", f"The input of {name} is not a JSON object.")
    return ToolCall(name=str(name), pieces=(text,), id=str(identity or "") or None)


def _nova_usage(held: Json, note: Note) -> Usage:
    names = ("inputTokens", "outputTokens", "cacheReadInputTokenCount", "cacheWriteInputTokenCount")
    told: dict[str, Any] = held if isinstance(held, dict) else {}
    counts: list[int] = [told[name] if _is_count(told.get(name)) else 0 for name in names]
    if not all(_is_count(told.get(name)) for name in names):
        note("bedrock-usage", "The usage lacks a count.")
    prompt, output, read, wrote = counts
    return Usage(input_tokens=prompt + read + wrote, output_tokens=output, cache_read=read, cache_write=wrote)


def _is_count(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


_TITAN_REASONS: dict[str, tuple[FinishReason, str | None]] = {
    "FINISH": ("stop", None),
    "LENGTH": ("length", None),
    "STOP_CRITERIA_MET": ("stop", ""),
    "CONTENT_FILTERED": ("content_filter", None),
}


def _titan_finish(reason: Json, note: Note) -> Finish:
    known = _TITAN_REASONS.get(reason) if isinstance(reason, str) else None
    if known is None:
        note("bedrock-stop-reason", f"{reason!r} is no completion reason.")
        return Finish("stop")
    return Finish(*known)
