"""``mockllm lint``: check a captured answer against its protocol's rules."""

from __future__ import annotations

import base64
import binascii
import json
import re
import sys
from typing import TYPE_CHECKING, BinaryIO

from mockllm_cli.console import visible
from mockllm_cli.errors import CliError
from mockllm_cli.files import named, opened
from mockllm_cli.lint_errors import ERROR_RULES, check_error, is_error
from mockllm_core import jsontext
from mockllm_core.record import record
from mockllm_core.registry import HOSTS, find
from mockllm_core.routing import match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Finding, Json
    from mockllm_core.protocol import WireProtocol

__all__ = ["Captured", "captured", "findings", "lint", "list_rules"]

_EVENT_STREAM = "application/vnd.amazon.eventstream"
_SSE = "text/event-stream"
_BLOCK = 1 << 16

#: other roads to a protocol's answers: told by a recording's endpoint, or by the bytes
_ROADS = {
    "openai-chat": ("azure-openai", "openai-completions"),
    "openai-responses": ("azure-responses",),
    "anthropic-messages": ("anthropic-vertex",),
    "bedrock-converse": ("bedrock-invoke",),
}
#: rules about what a re-serialised recording did not keep
_SPACES = re.compile(r".*-(layout|spelling|padding)")
_HEADER_BLOCK = re.compile(rb"HTTP/\d(\.\d)? \d{3}")
_CHUNK_LINE = re.compile(rb"[0-9A-Fa-f]{1,8}(;[^\r\n]*)?\r\n(?=data:|event:|[{\[\x00])")


@record()
class Captured:
    """An answer as captured.

    Attributes:
        body: its bytes, without HTTP framing.
        kind: its content-type, told by a recording or by the bytes themselves.
        path: the path that was asked, where a recording tells it.
        status: the HTTP status, where a recording tells it.
        raw: whether its spaces are the wire's own; a recorder may have spelled JSON anew.
        ordered: whether its keys stand in the wire's order.
    """

    body: bytes
    kind: str
    path: str = ""
    status: int | None = None
    raw: bool = True
    ordered: bool = True

    @property
    def streamed(self) -> bool:
        """Whether it is a stream: events, event-stream messages or a JSON array of chunks."""
        return self.kind.startswith((_SSE, _EVENT_STREAM)) or self.body.lstrip()[:1] == b"["


def lint(protocol: str, source: str, output: str) -> None:
    """Print one finding a line, as soon as it is found; exit 1 when there is any. Only a person is told that there is none.

    Raises:
        CliError: there are findings, or the file cannot be read, holds nothing, or is no captured body.
    """
    one = _named(protocol)
    count = 0
    try:
        with opened(source) as file:
            for finding in _findings(one, file, named(source)):
                count += 1
                _show(finding, output)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CliError(f"cannot read {named(source)}: {error.strerror or error}") from None
    if count:
        raise CliError(f"{count} finding{'s' if count > 1 else ''} in {named(source)}")
    if sys.stderr.isatty():
        sys.stderr.write(f"mockllm: no findings in {named(source)}\n")


def _named(name: str) -> WireProtocol:
    """Return a protocol, or another road to its answers, by its name."""
    return next((host for host in HOSTS if host.name == name), None) or find(name)


def _show(finding: Finding, output: str) -> None:
    if output == "json":
        print(json.dumps(finding._asdict()))  # noqa: T201 - the product
        return
    place = "answer" if finding.event < 0 else f"event {finding.event}"
    print(f"{place}, byte {finding.offset}: {finding.rule}: {visible(finding.sentence)}")  # noqa: T201 - the product


def list_rules(protocol: str | None, protocols: tuple[WireProtocol, ...]) -> None:
    """Print every rule of one protocol, or of all, with what it protects."""
    for one in (_named(protocol),) if protocol else protocols:
        rules = dict(one.rules)
        for host in HOSTS:
            if host.name in _ROADS.get(one.name, ()):
                rules |= {rule: protects for rule, protects in host.rules.items() if rule not in rules}
        for rule, protects in {**rules, **ERROR_RULES}.items():
            print(f"{one.name}  {rule}  {protects}")  # noqa: T201 - the product


def captured(data: bytes) -> Captured:
    """Return the answer that a file holds: raw bytes, or a recording (JSON with ``body_text`` or ``body_base64``).

    Raises:
        CliError: the bytes are HTTP's or gzip's and not the body's, or a recording's base64 is none.
    """
    _refuse_http(data)
    if data[:1] == b"\0":
        return Captured(data, _EVENT_STREAM)
    recording = _recording(data)
    if recording is not None:
        return _recorded(recording)
    first = data.lstrip()[:1]
    return Captured(data, "application/json" if first in (b"{", b"[") else _SSE)


def findings(protocol: WireProtocol, answer: Captured) -> list[Finding]:
    """Return all that is wrong with an answer, in the order of its bytes."""
    streamed = answer.streamed
    # a road fails as its protocol does
    api = next((name for name, roads in _ROADS.items() if protocol.name in roads), protocol.name)
    if answer.body.lstrip()[:1] in (b"{", b"[") and is_error(api, answer.body):
        return check_error(api, answer.body, status=answer.status, raw=answer.raw, ordered=answer.ordered)
    road = _road(protocol, answer)
    if streamed:
        reader = road.reader(answer.kind)
        reader.feed(answer.body)
        reader.finish()
        found = sorted(reader.findings, key=lambda finding: finding.offset)
    else:
        found = []
        road.read_whole(answer.body, found)
    if not answer.raw:
        found = [one for one in found if not _SPACES.fullmatch(one.rule)]
    if not answer.ordered:
        found = [one for one in found if not one.rule.endswith("order")]
    return found


# -- reading ------------------------------------------------------------------------------------------------------


def _findings(protocol: WireProtocol, file: BinaryIO, name: str) -> Iterator[Finding]:
    """Yield the findings; an event stream is read block by block, JSON as a whole."""
    head = file.read(_BLOCK)
    while head and not head.strip() and (more := file.read(_BLOCK)):
        head += more
    if not head.strip():
        raise CliError(f"{name} is empty")
    _refuse_http(head)
    if head[:1] != b"\0" and head.lstrip()[:1] in (b"{", b"["):
        yield from findings(protocol, captured(head + file.read()))
        return
    answer = Captured(head, _EVENT_STREAM if head[:1] == b"\0" else _SSE)
    reader = _road(protocol, answer).reader(answer.kind)
    shown = 0
    while head:
        reader.feed(head)
        yield from reader.findings[shown:]
        shown = len(reader.findings)
        head = file.read(_BLOCK)
    reader.finish()
    yield from reader.findings[shown:]


def _refuse_http(data: bytes) -> None:
    """Tell apart what is no body, and how to get one."""
    if _HEADER_BLOCK.match(data):
        raise CliError("this begins with an HTTP status line: keep the body only (curl without -i)")
    if _CHUNK_LINE.match(data):
        raise CliError("this is framed by HTTP chunks: keep the body only (curl without --raw)")
    if data[:2] == b"\x1f\x8b":
        raise CliError("this is gzip: unpack it first (gunzip, or curl --compressed)")


def _recording(data: bytes) -> dict[str, Json] | None:
    try:
        value = jsontext.parse(data)
    except ValueError:
        return None
    if isinstance(value, dict) and ("body_text" in value or "body_base64" in value):
        return value
    return None


def _recorded(recording: dict[str, Json]) -> Captured:
    body = recording.get("body_base64")
    try:
        raw = (
            base64.b64decode(body, validate=True)
            if isinstance(body, str)
            else str(recording.get("body_text")).encode()
        )
    except (binascii.Error, UnicodeEncodeError):
        raise CliError("the recording's body is neither base64 nor text") from None
    headers = recording.get("headers")
    kind = headers.get("content-type") if isinstance(headers, dict) else None
    if not isinstance(kind, str):
        first = raw.lstrip()[:1]
        kind = _EVENT_STREAM if raw[:1] == b"\0" else "application/json" if first in (b"{", b"[") else _SSE
    status, note = recording.get("status"), str(recording.get("body_note", ""))
    return Captured(
        body=raw,
        kind=kind,
        path=str(recording.get("endpoint") or "").partition("?")[0],
        status=status if isinstance(status, int) else None,
        raw=not note and "fidelity" not in recording,
        ordered=not re.search(r"key order (?!is\))", note),
    )


def _road(protocol: WireProtocol, answer: Captured) -> WireProtocol:
    """Return who reads an answer: the protocol, or a host whose path was asked or whose bytes these are."""
    for host in HOSTS:
        if host.name not in _ROADS.get(protocol.name, ()):
            continue
        asked = [match(one.path, answer.path) for one in host.endpoints if one.kind == "generate"]
        if any(params is not None for params in asked):
            return host
        if host.name == "bedrock-invoke" and not answer.path and _invoked(answer.body):
            return host
    return protocol


def _invoked(body: bytes) -> bool:
    """Whether Bedrock's bytes are those of InvokeModel: frames of type chunk, or a message of Claude's."""
    if body[:1] == b"\0":
        return b":event-type\x07\x00\x05chunk" in body[:200]
    return re.match(rb'\s*\{\s*"(model|id)"', body) is not None
