"""Read InvokeModel answers: the frames as Bedrock's, the events in them as the family's."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from mockllm_core import eventstream, jsontext
from mockllm_core.errors import EventStreamError
from mockllm_core.frame import Finding
from mockllm_core.hosts.bedrock_invoke.assembly import NovaAssembly, TitanAssembly, read_nova, read_titan
from mockllm_core.hosts.bedrock_invoke.options import ACTION, TRACE
from mockllm_core.protocol import Reading
from mockllm_core.protocols.anthropic_messages.read import EventReader
from mockllm_core.protocols.anthropic_messages.record import PROTOCOL as ANTHROPIC
from mockllm_core.protocols.bedrock_converse.read import frame_object
from mockllm_core.protocols.bedrock_converse.rules import RULES as CONVERSE_RULES
from mockllm_core.reply import Choice, Finish, Turn, Usage

if TYPE_CHECKING:
    from mockllm_core.eventstream import Message
    from mockllm_core.frame import Json

__all__ = ["READING", "InvokeReader", "read_whole"]

RULES = {
    **CONVERSE_RULES,
    **ANTHROPIC.rules,
    "bedrock-chunk": "Frames are of type chunk and hold base64 of one JSON object; SDKs hand its bytes on.",
    "bedrock-metrics": "The last event, and no other, has amazon-bedrock-invocationMetrics.",
}

_METRICS = "amazon-bedrock-invocationMetrics"
_NOTHING = Turn(
    choices=(Choice(blocks=(), finish=Finish("stop")),), usage=Usage(input_tokens=0, output_tokens=0)
)


class InvokeReader:
    """Read a stream; its first event tells the family.

    Attributes:
        findings: what breaks the rules so far, in order.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._decoder = eventstream.Decoder()
        self._family: EventReader | NovaAssembly | TitanAssembly | None = None
        self._metrics: Json = None
        self._count = 0
        self._offset = 0
        self._broken = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes; after a broken frame nothing more is read."""
        if self._broken:
            return
        try:
            for message in self._decoder.feed(data):
                self._take(message)
                self._count += 1
        except EventStreamError as fault:
            self._fault(fault)

    def finish(self) -> Turn:
        """Say that no more bytes come, and return what was read."""
        if not self._broken:
            try:
                self._decoder.close()
            except EventStreamError as fault:
                self._fault(fault)
        if self._family is None:
            self._note("bedrock-end", "The stream has no event.")
            return _NOTHING
        if self._metrics is None:
            self._note("bedrock-metrics", "The last event has no metrics.")
        turn = self._family.finish()
        if isinstance(self._family, EventReader):
            self.findings += self._family.findings
        if isinstance(self._metrics, dict):
            return Turn(
                choices=turn.choices,
                usage=turn.usage,
                facts={**turn.facts, "invocationMetrics": self._metrics},
            )
        return turn

    def _fault(self, fault: EventStreamError) -> None:
        self._broken = True
        self.findings.append(Finding("bedrock-framing", self._count, fault.offset, str(fault)))

    def _note(self, rule: str, sentence: str) -> None:
        self.findings.append(Finding(rule, self._count, self._offset, sentence))

    def _take(self, message: Message) -> None:
        self._offset = message.offset
        payload = frame_object(message, self._note)
        if payload is None:
            return
        if message.event_type != "chunk" or set(payload) != {"bytes"}:
            self._note("bedrock-chunk", f"The frame is {message.event_type!r} with {', '.join(payload)}.")
        event = _opened(payload.get("bytes"))
        if event is None:
            self._note("bedrock-chunk", "The bytes are not base64 of a JSON object.")
            return
        if self._metrics is not None:
            self._note("bedrock-metrics", "An event comes after the one with the metrics.")
        self._metrics = event.pop(_METRICS, None)
        event = _unguarded(event)
        if self._family is None:
            self._family = self._begun(event)
        if isinstance(self._family, EventReader):
            self._family.event(jsontext.compact(event), message.offset)
        else:
            self._family.take(event)

    def _begun(self, event: dict[str, Any]) -> EventReader | NovaAssembly | TitanAssembly:
        if "type" in event:
            return EventReader()
        return TitanAssembly(self._note) if "outputText" in event else NovaAssembly(self._note)


def _opened(data: Json) -> dict[str, Any] | None:
    try:
        value = jsontext.parse(base64.b64decode(str(data), validate=True))
    except (binascii.Error, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _unguarded(value: dict[str, Any]) -> dict[str, Any]:
    """Return an event or a whole answer without what a guardrail adds: its own members, and Titan's floats."""
    if ACTION not in value:
        return value
    return {key: _counted(one) for key, one in value.items() if key not in {ACTION, TRACE}}


def _counted(value: Any) -> Any:
    if isinstance(value, list):
        return [_counted(one) for one in value]
    if isinstance(value, dict):
        return {key: _counted(one) for key, one in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def read_whole(data: bytes, findings: list[Finding]) -> Turn:
    """Return a whole answer as a Turn; findings are appended."""
    try:
        answer = jsontext.parse(data)
    except ValueError as error:
        findings.append(Finding("bedrock-json", -1, 0, f"The body is not JSON: {error}"))
        return _NOTHING

    def note(rule: str, sentence: str) -> None:
        findings.append(Finding(rule, -1, 0, sentence))

    if isinstance(answer, dict) and ACTION in answer:
        answer = _unguarded(answer)
        data = jsontext.compact(answer).encode()
    match answer:
        case {"results": list(results)}:
            return read_titan(answer, results, note)
        case {"output": dict()}:
            return read_nova(answer, note)
        case _:
            return ANTHROPIC.read_whole(data, findings)


READING = Reading(lambda _: InvokeReader(), read_whole, RULES)
