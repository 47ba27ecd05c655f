"""Gather an item's events into a block, and the items into a Turn."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockllm_core import jsontext
from mockllm_core.protocols.openai_responses import families
from mockllm_core.protocols.openai_responses.carried import ITEMS, told_faults
from mockllm_core.protocols.openai_responses.items import NAME
from mockllm_core.protocols.openai_responses.rules import STEPS
from mockllm_core.protocols.openai_responses.seal import OPENED
from mockllm_core.protocols.openai_responses.spent import counted
from mockllm_core.reply import Choice, Finish, Opaque, Reasoning, Refusal, Text, ToolCall, Turn, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json
    from mockllm_core.protocols.openai_responses.rules import Fault
    from mockllm_core.reply import Block, FinishReason

__all__ = ["STATELESS", "Item", "gathered"]

STATELESS = ("reasoning", "compaction", "mcp_list_tools", "mcp_approval_request", "program", "")
"""Kinds of items that have no status."""

_DATED_NAME = re.compile(r".*-\d{4}-\d{2}-\d{2}")
_NOISE = re.compile(r"[A-Za-z0-9]*")


_OTHERS = {"namespace", "caller"}
"""What only calls have that are no plain function's."""


def _ended(item: dict[str, Json]) -> tuple[str, ...]:
    """Return the statuses of an item that is done; a program's call is in progress until it is answered."""
    caller = item.get("caller")
    programmed = isinstance(caller, dict) and caller.get("type") == "program"
    return ("completed", "incomplete", "failed", *(("in_progress",) if programmed else ()))


def _str(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


class Item:
    """One output item while it is read.

    Attributes:
        added: as it began.
        done: as it ended; the same until then.
        nth: its place in the output.
        id: its id.
        type: its kind.
    """

    def __init__(self, added: dict[str, Json], nth: int = 0) -> None:
        self.added = added
        self.nth = nth
        self.done = added
        self.id = _str(added.get("id"))
        self.type = _str(added.get("type"))
        self._stage = "open" if self.type in ("function_call", "custom_tool_call") else ""
        self._parts: list[list[str]] = [[]] if self._stage else []
        self._logprobs: list[Json] = []
        self._annotations: list[Json] = []
        self._events: list[Json] = []
        self._opaque = self.type not in ("message", "reasoning", "function_call", "custom_tool_call")

    def says(self) -> str:
        """Return the text that the item began with; a call of the provider's own may be whole from the beginning."""
        if self._opaque:
            return ""
        contents = _list(self.added.get("content")) + _list(self.added.get("summary"))
        return _str(self.added.get("arguments")) + _str(self.added.get("input")) + "".join(map(str, contents))

    def carry(self, payload: dict[str, Json]) -> None:
        """Keep an event as it is, and the item with it."""
        self._opaque = True
        self._keep(payload)

    def annotate(self, payload: dict[str, Json]) -> Iterator[Fault]:
        """Take a source that a text names, and yield what is wrong with it."""
        self._keep(payload)
        if self.type != "message" or self._stage != "open":
            yield "responses-order", f"{payload['type']} comes outside a text"
            self._opaque = True
        if payload.get("annotation_index") != len(self._annotations):
            yield "responses-index", f"annotation_index is {payload.get('annotation_index')}"
        self._annotations.append(payload.get("annotation"))

    def _keep(self, payload: dict[str, Json]) -> None:
        self._events.append(payload)

    def take(self, name: str, payload: dict[str, Json]) -> Iterator[Fault]:
        """Take an event of a part, and yield what is wrong with it."""
        kind, step, _ = STEPS[name]
        self._keep(payload)
        if kind != self.type:
            yield "responses-order", f"{name} comes in a {self.type} item"
            self._opaque = True
            return
        index = payload.get("content_index", payload.get("summary_index", 0))
        if index != max(0, len(self._parts) - (step != "open")):
            yield "responses-index", f"{name} has the index {index}"
        before = {"open": ("",), "delta": ("open",), "told": ("open",), "close": ("told",)}[step]
        if self._stage not in before:
            yield "responses-order", f"{name} does not follow on what was sent"
        if step == "open":
            self._stage = "open"
            self._parts.append([])
            if _text(payload.get("part")) != "":
                yield "responses-text", "a part begins with text"
        elif step == "delta":
            yield from self._delta(name, payload)
        else:
            self._stage = "told" if step == "told" else ""
            told = next(
                (payload[key] for key in ("text", "refusal", "arguments", "input") if key in payload), None
            )
            told = _text(payload.get("part")) if step == "close" else told
            if told != "".join(self._parts[-1] if self._parts else []):
                yield "responses-text", f"{name} does not repeat the deltas"

    def _delta(self, name: str, payload: dict[str, Json]) -> Iterator[Fault]:
        delta, noise = payload.get("delta"), payload.get("obfuscation", "")
        if not isinstance(delta, str):
            yield "responses-keys", f"{name} has no delta"
            return
        if self._annotations:
            # a source in the middle of a text has no neutral place
            self._opaque = True
        if self._parts:
            self._parts[-1].append(delta)
        self._logprobs.append(_list(payload.get("logprobs")))
        if "obfuscation" in payload and (
            not isinstance(noise, str) or len(noise) != -len(delta) % 16 or not _NOISE.fullmatch(noise)
        ):
            yield "responses-obfuscation", f"the obfuscation of {delta!r} is {noise!r}"

    def finish(self, item: dict[str, Json]) -> Iterator[Fault]:
        """Take the item as it is finished, and yield what is wrong with it."""
        self.done = item
        if item.get("type") != self.type:
            yield "responses-order", f"the item was a {self.type} and is done as a {item.get('type')}"
            self._opaque = True
        if self._stage not in ("", "told") or (
            self._stage == "told" and self.type in ("message", "reasoning")
        ):
            yield "responses-order", "an item is done while a part is open"
        if not self._opaque and [("".join(part)) for part in self._parts] != self._told():
            yield "responses-text", "the finished item does not repeat the deltas"
        if self.type not in STATELESS[:-1] and item.get("status") not in _ended(item):
            yield "responses-status", f"an item is done with status {item.get('status')}"
        if self.type in ITEMS:
            yield from told_faults(self._events, item)
        yield from self._judged()

    def whole(self, item: dict[str, Json]) -> Iterator[Fault]:
        """Take an item that was not streamed, and yield what is wrong with it."""
        self.done = item
        told = self._told()
        self._parts = [[text] if text else [] for text in told]
        tokens = [token for part in _list(item.get("content")) for token in _tokens(part)]
        if tokens and len(told) == 1 and "".join(_str(token.get("token")) for token in tokens) == told[0]:
            self._parts = [[token["token"] for token in tokens]]
            self._logprobs = [[token] for token in tokens]
        if self.type not in STATELESS and item.get("status") not in _ended(item):
            yield "responses-status", f"an item has status {item.get('status')}"
        yield from self._judged()

    def _told(self) -> list[str]:
        """Return the texts of the finished item's parts."""
        match self.type:
            case "message":
                return [_text(part) for part in _list(self.done.get("content"))]
            case "reasoning":
                return [_text(part) for part in _list(self.done.get("summary"))]
            case "function_call":
                return [_str(self.done.get("arguments"))]
            case _:
                return [_str(self.done.get("input"))]

    def _judged(self) -> Iterator[Fault]:
        """Yield faults of the finished item; what the neutral blocks cannot hold is carried as it is."""
        if self.type == "message":
            parts = _list(self.done.get("content"))
            plain = {"type", "annotations", "logprobs", "text"}, {"type", "refusal"}
            if len(parts) != 1 or not isinstance(parts[0], dict) or set(parts[0]) not in plain:
                yield "responses-keys", "a message has another content than one text or one refusal"
                self._opaque = True
            else:
                yield from self._cited(_list(parts[0].get("annotations")), _text(parts[0]))
        elif (self.type == "reasoning" and self.done.get("content")) or _OTHERS & self.done.keys():
            self._opaque = True
        if self.type == "function_call" and self.done.get("status") in ("completed", "in_progress"):
            try:
                jsontext.parse(_str(self.done.get("arguments")))
            except ValueError:
                yield "responses-arguments", "the arguments are not JSON"

    def _cited(self, sources: list[Json], text: str) -> Iterator[Fault]:
        """Yield what is wrong with the sources of a finished text."""
        if self.added is not self.done and sources != self._annotations:
            yield "responses-annotations", "the finished item does not repeat the annotations"
            self._opaque = True
        self._annotations = sources
        for source in sources:
            if not isinstance(source, dict) or not isinstance(source.get("type"), str):
                yield "responses-annotations", "an annotation is no object with a type"
                self._opaque = True
                continue
            places = [source.get(key, 0) for key in ("start_index", "index", "end_index")]
            if any(type(at) is not int for at in places) or not 0 <= min(places) <= max(places) <= len(text):
                yield "responses-annotations", f"the {source['type']} lies outside its text"

    def block(self) -> Block:
        """Return what the item says."""
        if self._opaque:
            payload: dict[str, Json] = {"item": self.done}
            if self._events or self.added is not self.done:
                payload = {"added": self.added, "events": self._events, "item": self.done}
            return Opaque(protocol=NAME, payload=payload)
        pieces = tuple(piece for part in self._parts for piece in part)
        match self.type:
            case "reasoning":
                lengths = tuple(len(part) for part in self._parts)
                parts = None if len(lengths) == (1 if pieces else 0) else lengths
                signature = _str(self.done.get("encrypted_content"))
                return Reasoning(pieces=pieces, signature=signature, parts=parts)
            case "message" if _list(self.done.get("content"))[:1] and "refusal" in self.done["content"][0]:
                return Refusal(pieces=pieces)
            case "message":
                logprobs = tuple(self._logprobs) if any(self._logprobs) else None
                return Text(pieces=pieces, logprobs=logprobs, citations=tuple(self._annotations))
            case _:
                free = self.type == "custom_tool_call"
                return ToolCall(
                    name=_str(self.done.get("name")),
                    pieces=pieces,
                    id=_str(self.done.get("call_id")) or None,
                    free_text=free,
                )


def _text(part: Json) -> str:
    if not isinstance(part, dict):
        return ""
    return _str(part.get("text", part.get("refusal")))


def _tokens(part: Json) -> list[Json]:
    found = _list(part.get("logprobs")) if isinstance(part, dict) else []
    return found if all(isinstance(token, dict) for token in found) else []


# -- the turn ---------------------------------------------------------------------------------------------------


def gathered(items: list[Item], response: dict[str, Json], error: Json) -> Turn:
    """Return the turn; what no neutral value holds and nothing predicts goes to ``facts``."""
    blocks = tuple(item.block() for item in items)
    facts = _facts(items, blocks, response)
    if error is not None:
        facts["error"] = error
    choice = Choice(blocks=blocks, finish=Finish(_reason(blocks, response)))
    return Turn(choices=(choice,), usage=_usage(response.get("usage")), facts=facts)


def _reason(blocks: tuple[Block, ...], response: dict[str, Json]) -> FinishReason:
    details = response.get("incomplete_details")
    reason = details.get("reason") if isinstance(details, dict) else None
    if reason == "content_filter":
        return "content_filter"
    if reason is not None:
        return "length"
    return "tool_call" if any(isinstance(block, ToolCall) for block in blocks) else "stop"


def _usage(usage: Json) -> Usage:
    def number(held: Json, *path: str) -> int:
        for key in path:
            held = held.get(key) if isinstance(held, dict) else None
        return held if type(held) is int and held >= 0 else 0

    return Usage(
        input_tokens=number(usage, "input_tokens"),
        output_tokens=number(usage, "output_tokens"),
        cache_read=number(usage, "input_tokens_details", "cached_tokens"),
        cache_write=number(usage, "input_tokens_details", "cache_write_tokens"),
        reasoning=number(usage, "output_tokens_details", "reasoning_tokens"),
    )


def _facts(items: list[Item], blocks: tuple[Block, ...], response: dict[str, Json]) -> dict[str, Json]:
    """Return the values that the tables do not predict: of the account, of the model, of chance."""
    facts: dict[str, Json] = {}
    model = _str(response.get("model"))
    row = families.family(model)
    if _DATED_NAME.fullmatch(model) and model not in families.SNAPSHOTS.values():
        facts["model"] = model
    for key in ("conversation", "moderation", "prompt_cache_options"):
        if response.get(key):
            facts[key] = response[key]
    if "access_programs" in response:
        # null, too: it came in September 2026
        facts["access_programs"] = response["access_programs"]
    for key, usual in (
        ("service_tier", "default"),
        ("prompt_cache_retention", row.retention),
        ("top_p", row.top_p),
    ):
        value = response.get(key, usual)
        if value != usual and (key == "prompt_cache_retention" or value is not None):
            facts[key] = value
    spent = response.get("tool_usage")
    if spent is not None and spent != counted([item.done for item in items]):
        facts["tool_usage"] = spent
    reasoning = response.get("reasoning")
    if isinstance(reasoning, dict):
        asked = reasoning.get("effort") or reasoning.get("summary")
        thinks = row.reasons or (row.reasons is None and bool(asked))
        predicted = {
            "effort": row.effort,
            "context": "current_turn" if thinks else None,
            "mode": "standard" if thinks else None,
            "summary": "detailed",
        }
        told = {key: reasoning[key] for key, usual in predicted.items() if reasoning.get(key, usual) != usual}
        if told.get("summary", "") is None:
            del told["summary"]
        if told:
            facts["reasoning"] = told
    opened = {
        index: _str(item.added["encrypted_content"])
        for index, item in enumerate(items)
        if isinstance(blocks[index], Reasoning)
        and item.added is not item.done
        and len(_str(item.added.get("encrypted_content"))) not in (0, OPENED)
    }
    if opened:
        facts["opened"] = opened
    last = max((nth for nth, block in enumerate(blocks) if isinstance(block, ToolCall)), default=-1)
    usual_phases = ["commentary" if nth < last else "final_answer" for nth in range(len(items))]
    phases = [_str(item.done.get("phase")) or None for item in items]
    odd = [
        phase != (usual if row.phased else None)
        for phase, usual, block in zip(phases, usual_phases, blocks, strict=True)
        if isinstance(block, Text | Refusal)
    ]
    if any(odd):
        facts["phases"] = phases
    return facts
