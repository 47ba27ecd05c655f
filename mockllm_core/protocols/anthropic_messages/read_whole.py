"""Read a whole answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core import jsontext
from mockllm_core.jsontext import spaced
from mockllm_core.protocol import Reading
from mockllm_core.protocols.anthropic_messages.note import Notes, begun, finish, usage
from mockllm_core.protocols.anthropic_messages.opaque import CALLS, NAME
from mockllm_core.protocols.anthropic_messages.read import Reader
from mockllm_core.protocols.anthropic_messages.rules import RULES
from mockllm_core.reply import Choice, Opaque, Reasoning, Text, ToolCall, Turn

if TYPE_CHECKING:
    from mockllm_core.frame import Finding, Json
    from mockllm_core.reply import Block

__all__ = ["READING", "read_message", "read_whole"]


def read_whole(data: bytes, findings: list[Finding]) -> Turn:
    """Read a whole body; findings are appended to the list."""
    notes = Notes(findings)
    try:
        message = jsontext.parse(data)
    except ValueError:
        message = None
        notes.note("json", "the body is not JSON")
    if message is not None and jsontext.compact(message) != data.decode("utf-8", "replace"):
        notes.note("padding", "the body is not compact JSON")
    return read_message(message, notes)


def read_message(message: Json, notes: Notes) -> Turn:
    """Read a message object, however its JSON was laid out."""
    given = notes.shape("message", message)
    facts: dict[str, Json] = {"protocol": NAME}
    notes.identity(given.get("id"))
    if given.get("type") != "message" or given.get("role") != "assistant":
        notes.note("keys", "an answer is a message of the assistant")
    content = given.get("content")
    if not isinstance(content, list):
        notes.note("keys", "content is not a list")
        content = []
    blocks = tuple(_block(block, nth, notes, facts) for nth, block in enumerate(content))
    for key in ("context_management", "diagnostics"):
        if key in given:
            facts[key] = given[key]
    ended = finish(notes, given, blocks, facts)
    held = given.get("usage")
    start = begun(notes, held, facts)
    cost = usage(notes, held if isinstance(held, dict) else {}, start, facts)
    return Turn(choices=(Choice(blocks=blocks, finish=ended),), usage=cost, facts=facts)


def _block(block: Json, nth: int, notes: Notes, facts: dict[str, Json]) -> Block:
    given = block if isinstance(block, dict) else {}
    kind = given.get("type")
    if not isinstance(kind, str):
        notes.note("keys", f"block {nth} has no type")
        kind = ""
    if kind in ("text", "thinking", "redacted_thinking", "tool_use", "server_tool_use"):
        notes.shape(kind, given)
    if kind in ("tool_use", *CALLS):
        notes.identity(given.get("id"))
    match given:
        case {"type": "text", "text": str(text)} if "citations" not in given:
            return Text(pieces=(text,) if text else ())
        case {"citations": list(named), "type": "text", "text": str(text)} if named and (
            tuple(given) == ("citations", "type", "text")
        ):
            return Text(pieces=(text,) if text else (), citations=tuple(named))
        case {"type": "thinking", "thinking": str(text), "signature": str(proof)}:
            return Reasoning(pieces=(text,) if text else (), signature=proof)
        case {"type": "redacted_thinking", "data": str(data)}:
            return Reasoning(redacted=data)
        case {"type": "tool_use", "name": str(name), "id": str(identity), "input": value}:
            if not isinstance(value, dict):
                notes.note("tool-json", f"the input of {name[:60]} is not an object")
            caller = given.get("caller", {"type": "direct"})
            if caller != {"type": "direct"}:
                facts.setdefault("callers", {})[str(nth)] = caller
            if isinstance(toolset := given.get("toolset_name"), str):
                facts.setdefault("toolsets", {})[str(nth)] = toolset
            return ToolCall(name=name, pieces=(spaced(value),), id=identity)
        case _:
            return Opaque(protocol=NAME, payload={"block": given})


READING = Reading(Reader, read_whole, RULES)
