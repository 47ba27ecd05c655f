"""Read answers of Converse and ConverseStream: the encoders' mirror, strict, and never raising over what it reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mockllm_core import eventstream, jsontext
from mockllm_core.errors import EventStreamError
from mockllm_core.frame import Finding
from mockllm_core.protocol import Reading
from mockllm_core.protocols.bedrock_converse.assembly import (
    NAME,
    Assembly,
    check_keys,
    check_reason,
    check_tool,
    finished,
    opened_data,
    used,
)
from mockllm_core.protocols.bedrock_converse.rules import RULES
from mockllm_core.protocols.bedrock_converse.stream import PADDING
from mockllm_core.reply import Choice, Opaque, Reasoning, Text, ToolCall, Turn

if TYPE_CHECKING:
    from mockllm_core.eventstream import Message
    from mockllm_core.frame import Json
    from mockllm_core.protocols.bedrock_converse.assembly import Note
    from mockllm_core.reply import Block

__all__ = ["READING", "ConverseReader", "frame_object", "read_whole"]

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SPACE = re.compile(rb"[ \t\r\n]")
_HEADERS = (":event-type", ":content-type", ":message-type")


class ConverseReader:
    """Read a stream: feed bytes in any partition, then finish.

    Attributes:
        findings: what breaks the rules so far, in order.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._decoder = eventstream.Decoder()
        self._assembly = Assembly()
        self._count = 0
        self._broken = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes; after a broken frame nothing more is read."""
        if self._broken:
            return
        try:
            for message in self._decoder.feed(data):
                self._take(message)
        except EventStreamError as fault:
            self._broken = True
            self.findings.append(Finding("bedrock-framing", self._count, fault.offset, str(fault)))

    def finish(self) -> Turn:
        """Say that no more bytes come, and return what was read."""
        if not self._broken:
            try:
                self._decoder.close()
            except EventStreamError as fault:
                self.findings.append(Finding("bedrock-framing", self._count, fault.offset, str(fault)))
        return self._assembly.turn(
            lambda rule, sentence: self.findings.append(Finding(rule, -1, self._decoder.offset, sentence))
        )

    def _take(self, message: Message) -> None:
        number = self._count
        self._count += 1

        def note(rule: str, sentence: str) -> None:
            self.findings.append(Finding(rule, number, message.offset, sentence))

        payload = frame_object(message, note)
        if payload is not None:
            self._assembly.take(message.event_type or "", payload, note)


def frame_object(message: Message, note: Note) -> dict[str, Any] | None:
    """Return a frame's payload without its padding; None for an exception or what is no JSON object."""
    if message.message_type in {"exception", "error"}:
        name = message.exception_type or message.error_code
        said = message.payload.decode("utf-8", "replace") or message.text(":error-message")
        note("bedrock-exception", f"{name}: {said}")
        return None
    if tuple(header.name for header in message.headers) != _HEADERS:
        note("bedrock-headers", f"The headers are {', '.join(header.name for header in message.headers)}.")
    if message.message_type != "event" or message.content_type != "application/json":
        note("bedrock-headers", f"The frame is {message.message_type!r} of {message.content_type!r}.")
    payload = _object(message.payload, note)
    if payload is None:
        return None
    padding = payload.pop("p", None)
    if not isinstance(padding, str) or not PADDING.startswith(padding) or not 2 <= len(padding) <= 61:
        note("bedrock-padding", f"p is {padding!r}." if padding is not None else "There is no p.")
    return payload


def _object(data: bytes, note: Note) -> dict[str, Any] | None:
    """Return a JSON object, noting how it is spelled."""
    try:
        value = jsontext.parse(data)
    except ValueError as error:
        note("bedrock-json", f"The payload is not JSON: {error}")
        return None
    if not isinstance(value, dict):
        note("bedrock-json", "The payload is not a JSON object.")
        return None
    if _SPACE.search(_STRINGS.sub(b"", data)):
        note("bedrock-spelling", "There is white space between tokens.")
    unsorted = _unsorted(value)
    if unsorted is not None:
        note("bedrock-spelling", f"The keys of {unsorted or 'the payload'} are not sorted.")
    empty = _null(value)
    if empty is not None:
        note("bedrock-null", f"{empty} is null.")
    return value


def _unsorted(value: Json, place: str = "") -> str | None:
    """Return where keys are out of order."""
    if isinstance(value, dict):
        keys = list(value)
        if keys != sorted(keys):
            return place
        # a document that a tool gave keeps its order
        return _first(
            _unsorted(held, f"{place}.{key}".strip(".")) for key, held in value.items() if key != "json"
        )
    if isinstance(value, list):
        return _first(_unsorted(held, f"{place}[{nth}]") for nth, held in enumerate(value))
    return None


_FREE = frozenset({"input", "additionalModelResponseFields"})
"""What the model or its own API wrote: a null may stand there."""


def _null(value: Json, place: str = "") -> str | None:
    """Return where a null stands that the service would have left out."""
    if isinstance(value, dict):
        held = ((key, one) for key, one in value.items() if key not in _FREE)
        return _first(
            f"{place}.{key}".strip(".") if one is None else _null(one, f"{place}.{key}".strip("."))
            for key, one in held
        )
    if isinstance(value, list):
        return _first(_null(one, f"{place}[{nth}]") for nth, one in enumerate(value))
    return None


def _first(found: Any) -> str | None:
    return next((one for one in found if one is not None), None)


_ANSWER = frozenset({"metrics", "output", "stopReason", "usage"})
_EXTRAS = frozenset({"additionalModelResponseFields", "performanceConfig", "serviceTier", "trace"})


def read_whole(data: bytes, findings: list[Finding]) -> Turn:
    """Return a whole answer as a Turn; findings are appended."""

    def note(rule: str, sentence: str) -> None:
        findings.append(Finding(rule, -1, 0, sentence))

    answer = _object(data, note) or {}
    check_keys(answer, _ANSWER, _EXTRAS, "The answer", note)
    facts: dict[str, Json] = {key: answer[key] for key in _EXTRAS if key in answer}
    blocks = _content(answer.get("output"), note)
    reason = answer.get("stopReason")
    reason = reason if isinstance(reason, str) else None
    check_reason(reason, note, called=any(isinstance(block, ToolCall) for block in blocks))
    usage = used(answer, facts, note)
    return Turn(choices=(Choice(blocks=blocks, finish=finished(reason, facts)),), usage=usage, facts=facts)


def _content(output: Json, note: Note) -> tuple[Block, ...]:
    match output:
        case {"message": {"content": list(content), "role": str(role)} as message} if len(output) == 1:
            if role != "assistant":
                note("bedrock-role", f"The role is {role!r}, not assistant.")
            check_keys(message, frozenset({"content", "role"}), frozenset(), "output.message", note)
        case _:
            note("bedrock-keys", "output has no message with content and role.")
            return ()
    ids: set[str] = set()
    return tuple(_block(block, ids, note) for block in content)


_TOOL = frozenset({"input", "name", "toolUseId"})


def _block(block: Json, ids: set[str], note: Note) -> Block:
    if not isinstance(block, dict) or len(block) != 1:
        note("bedrock-delta", "A content block does not have exactly one member.")
        return Opaque(protocol=NAME, payload={"block": block})
    match block:
        case {"text": str(text)}:
            return Text.of(text)
        case {"toolUse": {"name": str(name), "toolUseId": str(identity)} as use} if use.get("type") in {
            None,
            "tool_use",
        }:
            check_tool(use, ids, note)
            check_keys(use, _TOOL, frozenset({"type"}), "toolUse", note)
            if not isinstance(use.get("input"), dict):
                note("bedrock-arguments", f"The input of {name} is not a JSON object.")
            return ToolCall(name=name, pieces=(jsontext.compact(use.get("input", {})),), id=identity or None)
        case {"reasoningContent": {"reasoningText": {"text": str(text)} as held}}:
            check_keys(held, frozenset({"text"}), frozenset({"signature"}), "reasoningText", note)
            signature = held.get("signature")
            signed = signature if isinstance(signature, str) else None
            return Reasoning(pieces=(text,) if text else (), signature=signed)
        case {"reasoningContent": {"redactedContent": data}}:
            return Reasoning(redacted=opened_data(data, note))
        case _:
            return Opaque(protocol=NAME, payload={"block": block})


READING = Reading(lambda _: ConverseReader(), read_whole, RULES)
