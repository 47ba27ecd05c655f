"""``mockllm lint``: check a captured answer against its protocol's rules."""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mockllm_cli.console import visible
from mockllm_cli.errors import CliError
from mockllm_core import jsontext
from mockllm_core.registry import find

if TYPE_CHECKING:
    from mockllm_core.frame import Finding, Json
    from mockllm_core.protocol import WireProtocol

__all__ = ["Captured", "captured", "findings", "lint", "list_rules"]

_EVENT_STREAM = "application/vnd.amazon.eventstream"
_SSE = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Captured:
    """An answer as captured.

    Attributes:
        body: its bytes, without HTTP framing.
        kind: its content-type, told by a recording or by the bytes themselves.
    """

    body: bytes
    kind: str

    @property
    def streamed(self) -> bool:
        """Whether it is a stream: events, event-stream messages or a JSON array of chunks."""
        return self.kind.startswith((_SSE, _EVENT_STREAM)) or self.body.lstrip()[:1] == b"["


def lint(protocol: str, source: str, output: str) -> None:
    """Print one finding a line; exit 1 when there is any.

    Raises:
        CliError: the file cannot be read or holds nothing.
    """
    found = findings(find(protocol), captured(_read(source)))
    for finding in found:
        if output == "json":
            print(json.dumps(finding._asdict()))  # noqa: T201 - the product
        else:
            place = "answer" if finding.event < 0 else f"event {finding.event}"
            print(f"{place}, byte {finding.offset}: {finding.rule}: {visible(finding.sentence)}")  # noqa: T201 - the product
    if found:
        raise CliError(f"{len(found)} finding{'s' if len(found) > 1 else ''} in {source}")


def list_rules(protocol: str | None, protocols: tuple[WireProtocol, ...]) -> None:
    """Print every rule of one protocol, or of all, with what it protects."""
    for one in (find(protocol),) if protocol else protocols:
        for rule, protects in one.rules.items():
            print(f"{one.name}  {rule}  {protects}")  # noqa: T201 - the product


def captured(data: bytes) -> Captured:
    """Return the answer that a file holds: raw bytes, or a recording (JSON with ``body_text`` or ``body_base64``)."""
    if data[:1] == b"\0":
        return Captured(data, _EVENT_STREAM)
    recording = _recording(data)
    if recording is not None:
        body = recording.get("body_base64")
        raw = base64.b64decode(body) if isinstance(body, str) else str(recording["body_text"]).encode()
        headers = recording.get("headers")
        kind = headers.get("content-type") if isinstance(headers, dict) else None
        return Captured(raw, str(kind)) if kind else captured(raw)
    first = data.lstrip()[:1]
    return Captured(data, "application/json" if first in (b"{", b"[") else _SSE)


def findings(protocol: WireProtocol, answer: Captured) -> list[Finding]:
    """Return all that is wrong with an answer, in the order of its bytes."""
    if not answer.streamed:
        found: list[Finding] = []
        protocol.read_whole(answer.body, found)
        return found
    reader = protocol.reader(answer.kind)
    reader.feed(answer.body)
    reader.finish()
    return sorted(reader.findings, key=lambda finding: finding.offset)


def _recording(data: bytes) -> dict[str, Json] | None:
    try:
        value = jsontext.parse(data)
    except ValueError:
        return None
    if isinstance(value, dict) and ("body_text" in value or "body_base64" in value):
        return value
    return None


def _read(source: str) -> bytes:
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise CliError(f"cannot read {source}: {error.strerror or error}") from None
    if not data.strip():
        raise CliError(f"{'stdin' if source == '-' else source} is empty")
    return data
