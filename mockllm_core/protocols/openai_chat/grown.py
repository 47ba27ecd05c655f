"""One choice as it grows from deltas into blocks; the reader's memory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mockllm_core.protocols.openai_chat import checks
from mockllm_core.reply import Opaque, Refusal, Text, ToolCall

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.reply import Block, FinishReason

__all__ = ["Spoken", "finished", "is_json", "text_of"]

_FINISHES: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "content_filter",
    "tool_calls": "tool_call",
    "function_call": "tool_call",
}


def finished(reason: Json) -> FinishReason:
    """Return the neutral word for a finish reason; an unknown one is an end like any other."""
    return _FINISHES.get(reason, "stop") if isinstance(reason, str) else "stop"


def text_of(value: Json) -> str:
    """Return a string as it is, and "" for anything else."""
    return value if isinstance(value, str) else ""


def is_json(text: str) -> bool:
    """Tell whether a text is JSON."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


class Spoken:
    """One choice as it grows."""

    def __init__(self) -> None:
        self.finish: FinishReason | None = None
        self._deltas = 0
        self._blocks: list[_Block] = []
        self._calls: dict[int, _Block] = {}

    def blocks(self) -> tuple[Block, ...]:
        """Return the blocks in the order in which they began."""
        return tuple(block.made() for block in self._blocks)

    def complaints(self) -> list[str]:
        """Return a sentence for each function call whose arguments are not JSON; a cut answer may have one."""
        if self.finish == "length":
            return []
        calls = [block for block in self._blocks if block.kind == "function"]
        return [f"the arguments of {block.name!r} are not JSON" for block in calls if not block.is_json()]

    def take(self, delta: dict[str, Json], logprobs: Json, finish: Json) -> list[tuple[str, str]]:
        """Add a delta; return what is wrong with it, rule and sentence."""
        first = self._deltas == 0
        self._deltas += 1
        found = list(checks.delta(delta, first=first))
        if self.finish is not None:
            found.append(("chat-finish", "a choice goes on after its finish reason"))
        if finish is not None:
            self.finish = finished(finish)
            if delta and first is False:
                found.append(("chat-finish", "the chunk with the finish reason says something"))
        found += self._words(delta, logprobs, first=first)
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else []:
            found += self._call(call)
        called = delta.get("function_call")
        if isinstance(called, dict):
            found += self._legacy(called)
        other = {key: value for key, value in delta.items() if key not in checks.DELTA_KEYS}
        if other:
            self._blocks.append(_Block("opaque", payload=other))
        return found

    def _words(self, delta: dict[str, Json], logprobs: Json, *, first: bool) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for key in ("content", "refusal"):
            piece = delta.get(key)
            if not isinstance(piece, str):
                continue
            block = next((block for block in self._blocks if block.kind == key), None)
            if block is None:
                block = _Block(key)
                self._blocks.append(block)
            tokens = logprobs.get(key) if isinstance(logprobs, dict) else None
            if first and not piece:
                block.logprobs = [] if isinstance(tokens, list) else None
                continue
            block.pieces.append(piece)
            if block.logprobs is not None or isinstance(tokens, list):
                block.logprobs = [*(block.logprobs or []), tokens]
                found += checks.tokens(tokens, piece)
        return found

    def _call(self, call: Json) -> list[tuple[str, str]]:
        if not isinstance(call, dict) or not isinstance(call.get("index"), int):
            return [("chat-tool", "a tool call has no index")]
        index: int = call["index"]
        found = list(checks.tool_delta(call, begun=index in self._calls))
        kind = "custom" if isinstance(call.get("custom"), dict) else "function"
        held = call.get(kind)
        held = held if isinstance(held, dict) else {}
        block = self._calls.get(index)
        if block is None:
            if index != len(self._calls):
                found.append(("chat-tool", f"call {index} follows call {len(self._calls) - 1}"))
            block = _Block(kind, name=text_of(held.get("name")), id=text_of(call.get("id")) or None)
            self._calls[index] = block
            self._blocks.append(block)
            piece = held.get("arguments" if kind == "function" else "input")
            if isinstance(piece, str) and piece:
                block.pieces.append(piece)
            return found
        if block is not self._calls[max(self._calls)]:
            found.append(("chat-tool", f"call {index} goes on after a later one began"))
        block.pieces.append(text_of(held.get("arguments" if kind == "function" else "input")))
        return found

    def _legacy(self, called: dict[str, Json]) -> list[tuple[str, str]]:
        block = self._calls.get(-1)
        if block is None:
            block = self._calls[-1] = _Block("function", name=text_of(called.get("name")))
            self._blocks.append(block)
            if not isinstance(called.get("name"), str) or called.get("arguments") != "":
                return [("chat-tool", "a function call does not begin with its name and empty arguments")]
            return []
        block.pieces.append(text_of(called.get("arguments")))
        return (
            [] if set(called) == {"arguments"} else [("chat-tool", "a later piece has more than arguments")]
        )


class _Block:
    """A block as it grows."""

    def __init__(self, kind: str, *, name: str = "", id: str | None = None, payload: Json = None) -> None:  # noqa: A002 - the wire's word
        self.kind = kind
        self.name = name
        self.id = id
        self.payload = payload
        self.pieces: list[str] = []
        self.logprobs: list[Json] | None = None

    def is_json(self) -> bool:
        return is_json("".join(self.pieces))

    def made(self) -> Block:
        pieces = tuple(self.pieces)
        logprobs = None if self.logprobs is None else tuple(self.logprobs)
        match self.kind:
            case "content":
                return Text(pieces=pieces, logprobs=logprobs)
            case "refusal":
                return Refusal(pieces=pieces, logprobs=logprobs)
            case "opaque":
                return Opaque(protocol="openai-chat", payload=self.payload)
            case _:
                return ToolCall(name=self.name, pieces=pieces, id=self.id, free_text=self.kind == "custom")
