"""An answer as a test looks at it: the turn that our reader made of it, its findings, and its parts as JSON."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mockllm_core import eventstream
from mockllm_core.frame import frames
from mockllm_core.registry import HOSTS, PROTOCOLS
from mockllm_core.reply import Text, Turn

if TYPE_CHECKING:
    from features.asks import Ask

    from mockllm_core.engine import Engine
    from mockllm_core.frame import Finding

NOW = datetime(2026, 8, 1, tzinfo=UTC)
RECORDS = {protocol.name: protocol for protocol in (*PROTOCOLS, *HOSTS)}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One answer.

    Attributes:
        column: the API.
        status: of the response.
        headers: of the response, names in lower case.
        data: all its bytes.
        turn: what the reader made of it.
        findings: what the reader has to say against it.
        parts: the payloads of a stream, or the one body.
    """

    column: str
    status: int
    headers: dict[str, str]
    data: bytes
    turn: Turn
    findings: list[Finding]
    parts: list[Any]

    def text(self) -> str:
        """Return all text of the first choice."""
        return "".join(block.text for block in self.turn.blocks if isinstance(block, Text))

    @property
    def body(self) -> Any:
        """The one body, or what a stream's last payload holds of it."""
        return self.parts[-1]


def ask(engine: Engine, asked: Ask, *, stream: bool) -> Seen:
    """Send a request through the engine and read the answer with the API's own reader."""
    response = engine.answer(asked.request(stream=stream), now=NOW)
    record = RECORDS[asked.column]
    headers = dict(response.headers)
    findings: list[Finding] = []
    if response.body is not None:
        refused = response.status >= 400
        turn = _NOTHING if refused else record.read_whole(response.body, findings)
        parts = [json.loads(response.body)]
        data = response.body
    else:
        data = b"".join(frame.wire for frame in frames(response.steps))
        reader = record.reader(headers.get("content-type", ""))
        reader.feed(data)
        turn = reader.finish()
        findings = reader.findings
        parts = list(_payloads(data, headers.get("content-type", "")))
    return Seen(
        column=asked.column,
        status=response.status,
        headers=headers,
        data=data,
        turn=turn,
        findings=findings,
        parts=parts,
    )


_NOTHING = Turn(choices=(), usage=None)  # type: ignore[arg-type]


def _payloads(data: bytes, kind: str) -> list[Any]:
    """Return the JSON values of a stream: data lines, event-stream payloads (a chunk's bytes decoded), an array."""
    if kind.startswith("text/event-stream"):
        lines = data.decode().splitlines()
        return [
            json.loads(line[6:]) for line in lines if line.startswith("data: ") and line != "data: [DONE]"
        ]
    if "eventstream" not in kind:
        return list(json.loads(data))
    found = []
    for message in eventstream.Decoder().feed(data):
        payload = json.loads(message.payload)
        payload.pop("p", None)
        held = payload.get("bytes")
        found.append(json.loads(base64.b64decode(held)) if held else {message.event_type: payload})
    return found
