"""Read a streamed answer: the encoder's mirror.

``EventReader`` takes events, whatever framed them; ``Reader`` takes server-sent events as bytes.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mockllm_core import jsontext, sse
from mockllm_core.jsontext import spaced
from mockllm_core.protocols.anthropic_messages.note import Notes, begun, finish, usage
from mockllm_core.protocols.anthropic_messages.opaque import CALLS, NAME
from mockllm_core.reply import Choice, Finish, Opaque, Reasoning, Text, ToolCall, Turn, Usage
from mockllm_core.unfinished import members

if TYPE_CHECKING:
    from mockllm_core.frame import Finding, Json
    from mockllm_core.reply import Block

__all__ = ["EventReader", "Reader"]

_FITS = {
    "text": ("text_delta", "citations_delta"),
    "thinking": ("thinking_delta", "signature_delta"),
    "tool_use": ("input_json_delta",),
    "server_tool_use": ("input_json_delta",),
    "mcp_tool_use": ("input_json_delta",),
    "redacted_thinking": (),
}
_HELD = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "input_json_delta": "partial_json",
    "citations_delta": "citation",
}
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SPACE = re.compile(r"[ \t\r\n]")
_MOST_SPACES = 15


class _Open:
    """A block between its start and its stop."""

    def __init__(self, block: dict[str, Json]) -> None:
        self.block = block
        self.kind = str(block.get("type", ""))
        self.deltas: list[dict[str, Json]] = []

    def held(self, kind: str) -> list[str]:
        """Return the texts of the deltas of one kind."""
        key = _HELD[kind]
        texts = [delta.get(key) for delta in self.deltas if delta.get("type") == kind]
        return [text for text in texts if isinstance(text, str)]


class EventReader:
    """Read events of a Messages stream.

    Attributes:
        findings: what breaks the rules, in order.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._notes = Notes(self.findings)
        self._stage = "start"
        self._blocks: list[Block] = []
        self._open: _Open | None = None
        self._start: dict[str, int] = {}
        self._final: dict[str, Json] = {}
        self._delta: dict[str, Json] = {}
        self._facts: dict[str, Json] = {"protocol": NAME}
        self._halves: list[tuple[int, int, str]] = []
        self._pings: list[int] = []
        self._events = 0
        self._handlers = {
            "message_start": self._message_start,
            "content_block_start": self._block_start,
            "content_block_delta": self._block_delta,
            "content_block_stop": self._block_stop,
            "message_delta": self._message_delta,
            "message_stop": self._message_stop,
            "error": self._broken,
        }

    def note(self, rule: str, sentence: str) -> None:
        """Note a broken rule at the current event."""
        self._notes.note(rule, sentence)

    def event(self, data: str, offset: int, name: str | None = None) -> None:
        """Take one event: its JSON, the byte where it began, and its name where the framing has one."""
        self._notes.event += 1
        self._notes.offset = offset
        try:
            payload = jsontext.parse(data)
        except ValueError:
            payload = None
        if not isinstance(payload, dict):
            self.note("json", "the data is not a JSON object")
            return
        kind = payload.get("type")
        if name is not None and name != kind:
            line = f"an event line {name[:40]!r}" if name else "no event line"
            self.note("event-name", f"{line} stands before data {_typed(kind)}")
        if self._stage == "end":
            self.note("end", "an event comes after the last one")
            return
        if kind == "ping":
            self._ping(payload)
            return
        handler = self._handlers.get(kind) if isinstance(kind, str) else None
        if handler is None:
            self.note("order", f"data {_typed(kind)} is no event of this protocol")
        else:
            handler(payload)
        self._events += 1

    def finish(self) -> Turn:
        """Say that no more events come, and return what was read."""
        if self._stage != "end":
            self.note("end", "the stream ends before message_stop")
        if self._open is not None:
            self._blocks.append(self._closed(self._open))
            self._open = None
        self._end_calls()
        self._notes.event = -1
        blocks = tuple(self._blocks)
        facts = dict(self._facts)
        ended = finish(self._notes, self._delta, blocks, facts) if self._delta else Finish("stop")
        cost = usage(self._notes, self._final, self._start, facts) if self._start or self._final else _NOTHING
        if self._start:
            facts["start"] = dict(self._start)
        default = [2] if blocks else []
        if self._pings != default:
            facts["pings"] = self._pings
        return Turn(choices=(Choice(blocks=blocks, finish=ended),), usage=cost, facts=facts)

    def _end_calls(self) -> None:
        """Take a last call that is cut for one where the tokens were used up; note all others that are no JSON."""
        last = self._blocks[-1] if self._blocks else None
        if self._halves and isinstance(last, ToolCall) and self._delta.get("stop_reason") in _USED_UP:
            text = last.text
            if self._halves[-1][2] == text:
                del self._halves[-1]
                self._blocks[-1] = replace(last, arguments=members(text)[0], cut=True)
        for event, offset, text in self._halves:
            self._notes.event, self._notes.offset = event, offset
            self.note("tool-json", f"the pieces are no JSON object: {text[:80]!r}")

    # -- one method an event, in wire order -------------------------------------------------------------------

    def _message_start(self, payload: dict[str, Json]) -> None:
        if self._stage != "start":
            self.note("order", "a second message_start")
            return
        self._stage = "blocks"
        self._notes.shape("message_start", payload)
        message = self._notes.shape("message", payload.get("message"))
        self._notes.identity(message.get("id"))
        if (
            message.get("type") != "message"
            or message.get("role") != "assistant"
            or message.get("content") != []
        ):
            self.note("keys", "a stream begins with an empty message of the assistant")
        if message.get("stop_reason") is not None:
            self.note("stop", "a stream begins without a stop reason")
        if "diagnostics" in message:
            self._facts["diagnostics"] = message["diagnostics"]
        self._start = begun(self._notes, message.get("usage"), self._facts)

    def _block_start(self, payload: dict[str, Json]) -> None:
        self._in_order("blocks", "content_block_start")
        if self._open is not None:
            self.note("order", "a block opens before the last one is closed")
            self._blocks.append(self._closed(self._open))
        self._notes.shape("content_block_start", payload)
        if payload.get("index") != len(self._blocks):
            self.note("index", f"block {len(self._blocks)} has index {str(payload.get('index'))[:20]}")
        block = payload.get("content_block")
        self._open = _Open(block if isinstance(block, dict) else {})
        self._opened(self._open)

    def _opened(self, opened: _Open) -> None:
        kind, block = opened.kind, opened.block
        if not kind:
            self.note("keys", "a block has no type")
        if kind in ("text", "thinking", "redacted_thinking", "tool_use", "server_tool_use"):
            self._notes.shape(kind, block)
        if kind in ("tool_use", *CALLS):
            self._notes.identity(block.get("id"))
        if (
            kind == "tool_use"
            and block.get("input") != {}
            and block.get("caller") in (None, {"type": "direct"})
        ):
            self.note("tool-opening", "a tool call opens with an input")
        if (kind == "text" and block.get("text") != "") or (
            kind == "thinking" and block.get("thinking") != ""
        ):
            self.note("keys", f"a {kind} block does not open empty")

    def _block_delta(self, payload: dict[str, Json]) -> None:
        self._notes.shape("content_block_delta", payload)
        delta = payload.get("delta")
        delta = delta if isinstance(delta, dict) else {}
        if self._open is None:
            self.note("order", "a delta outside of a block")
            return
        if payload.get("index") != len(self._blocks):
            self.note(
                "index", f"a delta of block {len(self._blocks)} has index {str(payload.get('index'))[:20]}"
            )
        kind = delta.get("type")
        if not isinstance(kind, str) or kind not in _FITS.get(self._open.kind, (kind,)):
            self.note("delta", f"{str(kind)[:40]!r} does not fit a block of type {self._open.kind[:40]!r}")
        elif kind in _HELD:
            self._notes.shape(kind, delta)
            if kind != "citations_delta" and not isinstance(delta.get(_HELD[kind]), str):
                self.note("delta", f"{kind} holds no text")
        self._open.deltas.append(delta)

    def _block_stop(self, payload: dict[str, Json]) -> None:
        self._notes.shape("content_block_stop", payload)
        if self._open is None:
            self.note("order", "a block is closed that is not open")
            return
        if payload.get("index") != len(self._blocks):
            self.note("index", f"block {len(self._blocks)} is closed as {str(payload.get('index'))[:20]}")
        self._blocks.append(self._closed(self._open))
        self._open = None

    def _message_delta(self, payload: dict[str, Json]) -> None:
        self._in_order("blocks", "message_delta")
        if self._open is not None:
            self.note("order", "message_delta inside of a block")
        self._stage = "stop"
        self._notes.shape("message_delta", payload)
        self._delta = self._notes.shape("delta", payload.get("delta"))
        self._final = self._notes.shape("usage", payload.get("usage"))
        if "context_management" in payload:
            self._facts["context_management"] = payload["context_management"]

    def _message_stop(self, payload: dict[str, Json]) -> None:
        self._in_order("stop", "message_stop")
        self._notes.shape("message_stop", payload)
        self._stage = "end"

    def _ping(self, payload: dict[str, Json]) -> None:
        if len(payload) != 1 or self._stage == "start":
            self.note("ping", "a ping with more than its type, or before the message")
        self._pings.append(self._events)

    def _broken(self, payload: dict[str, Json]) -> None:
        error = payload.get("error")
        error = error if isinstance(error, dict) else {}
        self.note("error", f"{str(error.get('type'))[:60]}: {str(error.get('message'))[:200]}")
        self._facts["error"] = error
        self._stage = "end"

    def _in_order(self, stage: str, event: str) -> None:
        if self._stage != stage:
            self.note("order", f"{event} does not come here")

    # -- blocks -----------------------------------------------------------------------------------------------

    def _closed(self, opened: _Open) -> Block:
        cited = any(delta.get("type") == "citations_delta" for delta in opened.deltas)
        if cited and list(opened.block.items()) == _CITING and _cited_first(opened.deltas):
            named = tuple(delta["citation"] for delta in opened.deltas if "citation" in delta)
            return Text(pieces=tuple(opened.held("text_delta")), citations=named)
        match opened.kind:
            case "text" if "citations" not in opened.block and not cited:
                return Text(pieces=tuple(opened.held("text_delta")))
            case "thinking":
                return self._thoughts(opened)
            case "redacted_thinking":
                data = opened.block.get("data")
                return Reasoning(redacted=data if isinstance(data, str) else "")
            case "tool_use":
                return self._call(opened)
            case "server_tool_use" | "mcp_tool_use":
                self._pieces(opened)
            case _:
                pass
        return Opaque(protocol=NAME, payload={"block": opened.block, "deltas": opened.deltas})

    def _thoughts(self, opened: _Open) -> Reasoning:
        kinds = [delta.get("type") for delta in opened.deltas]
        if kinds.count("signature_delta") != 1 or kinds[-1] != "signature_delta":
            self.note("signature", "a thinking block does not end with its one signature")
        proofs = opened.held("signature_delta")
        return Reasoning(
            pieces=tuple(opened.held("thinking_delta")), signature="".join(proofs) if proofs else None
        )

    def _call(self, opened: _Open) -> ToolCall:
        caller = opened.block.get("caller", {"type": "direct"})
        if caller != {"type": "direct"}:
            self._facts.setdefault("callers", {})[str(len(self._blocks))] = caller
        if isinstance(toolset := opened.block.get("toolset_name"), str):
            self._facts.setdefault("toolsets", {})[str(len(self._blocks))] = toolset
        name, identity = opened.block.get("name"), opened.block.get("id")
        pieces = self._pieces(opened)
        if not pieces:
            pieces = (spaced(opened.block.get("input") or {}),)
        return ToolCall(
            name=name if isinstance(name, str) else "",
            pieces=pieces,
            id=identity if isinstance(identity, str) else None,
        )

    def _pieces(self, opened: _Open) -> tuple[str, ...]:
        """Return the pieces of a call's arguments without the empty one that opens them."""
        pieces = opened.held("input_json_delta")
        if not pieces:
            if not opened.block.get("input"):
                self.note("tool-opening", "a tool call has no first, empty piece")
            return ()
        if pieces[0] != "":
            self.note("tool-opening", "the first piece of a tool call is not empty")
        else:
            pieces = pieces[1:]
        text = "".join(pieces)
        try:
            whole = json.loads(text) if text else {}
        except (ValueError, RecursionError):
            whole = None
        if not isinstance(whole, dict):
            self._halves.append((self._notes.event, self._notes.offset, text))
        return tuple(pieces)


_CITING = [("citations", []), ("type", "text"), ("text", "")]
"""How a text opens that names its sources."""


def _cited_first(deltas: list[dict[str, Json]]) -> bool:
    """Tell whether all sources, each as it is spelled here, stand before the words."""
    kinds = [
        tuple(delta) if delta.get("type") == "citations_delta" else delta.get("type") for delta in deltas
    ]
    sources = kinds.count(("type", "citation"))
    return kinds == [("type", "citation")] * sources + ["text_delta"] * (len(kinds) - sources)


_USED_UP = ("max_tokens", "model_context_window_exceeded")
"""Ends that may come in the middle of a call."""

_NOTHING = Usage(input_tokens=0, output_tokens=0)


class Reader:
    """Read a Messages stream as server-sent events; feed bytes in any partition.

    Attributes:
        findings: what breaks the rules, in order.
    """

    def __init__(self, content_type: str = "") -> None:
        self._decoder = sse.Decoder()
        self._events = EventReader()
        self.findings = self._events.findings
        self._kind = content_type

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        for received in self._decoder.feed(data):
            text = received.data or ""
            self._events.event(text, received.offset, received.event or "")
            self._framed(received, text)

    def finish(self) -> Turn:
        """Say that no more bytes come, and return what was read."""
        if self._decoder.pending.strip(b"\r\n"):
            self._events.note("framing", "the stream ends inside an event")
        return self._events.finish()

    def _framed(self, received: sse.Received, text: str) -> None:
        if received.wire != f"event: {received.event}\ndata: {text}\n\n".encode("utf-8", "replace"):
            self._events.note("framing", "an event is not one event line, one data line and a blank line")
        if received.event == "ping":
            if text != '{"type": "ping"}':
                self._events.note("ping", "a ping is spelled otherwise")
            return
        body = text[:-1].rstrip(" ")
        if len(text) - 1 - len(body) > _MOST_SPACES or _SPACE.search(_STRING.sub("", body)):
            self._events.note("padding", "spaces where the provider sends none, or more than 15 at the end")


def _typed(kind: Json) -> str:
    return "without a type" if kind is None else f"of type {str(kind)[:40]!r}"
