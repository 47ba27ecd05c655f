"""``mockllm decode-eventstream``: read an AWS event-stream dump or a live pipe, message by message.

Light at import: rich and the codec are imported when the command runs.
"""

from __future__ import annotations

import json
import os
import re
import sys
from base64 import b64decode, b64encode
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from io import TextIOWrapper
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO, TextIO

    from mockllm_core.eventstream import Header, Message
    from mockllm_core.frame import Json

__all__ = ["DecodeFormat", "decode", "decode_eventstream"]

CHUNK = 64 * 1024
"""Bytes asked for at a time; a pipe gives what it has."""


class DecodeFormat(StrEnum):
    """How decoded messages are shown."""

    json = "json"
    table = "table"
    payload = "payload"


def decode_eventstream(
    file: Annotated[str, typer.Argument(help="An event-stream dump; - is stdin.", metavar="FILE|-")],
    output: Annotated[
        DecodeFormat | None,
        typer.Option("--format", help="Default: json when piped, table on a terminal.", show_default=False),
    ] = None,
) -> None:
    """Show the messages of an AWS event stream (`application/vnd.amazon.eventstream`), as Bedrock sends it.

    Every checksum, length and header is checked. All whole messages before a fault are printed; the fault
    is one line on stderr with the byte at which its message begins and, where known, the faulty byte itself;
    the exit code is 1. Of an input that is something else (SSE, JSON, base64) it says what. Any size and an endless pipe will do: memory stays constant and each read is flushed.

    `json`: one object a line, `{"offset", "total_length", "headers": {NAME: {"type", "value"}}, "payload"}`.
    A payload that is not JSON stands in base64 under `payload_base64`; the JSON inside an InvokeModel
    `{"bytes": ...}` stands under `decoded` as well; `exception` or `error` names a message that is one.
    `table`: a row a message. `payload`: only the payloads, one a line. Control characters are escaped in all.

    **Examples**

    `mockllm decode-eventstream dump.bin`

    `mockllm render bedrock-converse request.json | mockllm decode-eventstream -`

    `mockllm decode-eventstream dump.bin --format json | jq .payload.delta.text`
    """
    from mockllm_cli.errors import CliError
    from mockllm_cli.files import named, opened
    from mockllm_core.errors import EventStreamError

    chosen = output or (DecodeFormat.table if sys.stdout.isatty() else DecodeFormat.json)
    _speak_plainly(sys.stdout, chosen)
    try:
        with opened(file) as stream:
            decode(stream, sys.stdout, output=chosen, name=named(file))
    except EventStreamError as fault:
        raise CliError(f"{named(file)}: {type(fault).__name__}: {fault}") from None
    except BrokenPipeError:
        _forget(sys.stdout)
    except OSError as error:
        _forget(sys.stdout)
        raise CliError(f"cannot write the output: {error.strerror or error}") from None


def decode(stream: BinaryIO, out: TextIO, *, output: DecodeFormat, name: str = "the input") -> None:
    """Write every whole message of a stream; what one read brought is flushed before the next.

    Args:
        stream: read in chunks, with ``read1`` where there is one, so that a live pipe shows at once.
        out: where the text goes. JSON is pure ASCII, so the encoding does not matter to it.
        output: how a message is spelled.
        name: what to call the stream in a sentence.

    Raises:
        EventStreamError: the fault, after all that comes before it is written.
        CliError: the stream cannot be read, or is something else that is known: text, JSON, gzip.
    """
    from mockllm_cli.errors import CliError
    from mockllm_cli.lookalike import HEAD, looks_like
    from mockllm_core.errors import EventStreamError
    from mockllm_core.eventstream import Decoder

    rows = _Rows(out) if output is DecodeFormat.table else _Lines(out, _SPELLINGS[output])
    decoder = Decoder()
    fault = None
    head = b""
    try:
        for chunk in _chunks(stream):
            head = head or chunk[:HEAD]
            rows.show(decoder.feed(chunk))
            out.flush()
        decoder.close()
    except EventStreamError as error:
        fault = error
    rows.end()
    out.flush()
    like = looks_like(head) if fault and not decoder.offset else None
    if like:
        raise CliError(f"{name} is no event stream; {like}")
    if fault:
        raise fault


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    from mockllm_cli.errors import CliError

    read = getattr(stream, "read1", stream.read)
    while True:
        try:
            chunk = read(CHUNK)
        except OSError as error:
            raise CliError(f"cannot read the input: {error.strerror or error}") from None
        if not chunk:
            return
        yield chunk


def _speak_plainly(out: TextIO, output: DecodeFormat) -> None:
    """Make stdout take every character: a payload goes to a pipe as UTF-8, whatever the locale."""
    if isinstance(out, TextIOWrapper):
        piped = output is DecodeFormat.payload and not out.isatty()
        out.reconfigure(encoding="utf-8" if piped else None, errors="backslashreplace")


def _forget(out: TextIO) -> None:
    """Point a stdout that takes no more at nothing, or the interpreter complains when it leaves."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


class _Lines:
    """A line a message."""

    def __init__(self, out: TextIO, spell: Callable[[Message], str]) -> None:
        self._out = out
        self._spell = spell

    def show(self, messages: Iterator[Message]) -> None:
        self._out.writelines(map(self._spell, messages))

    def end(self) -> None:
        """Nothing follows the last line."""


def _as_json(message: Message) -> str:
    """One object in ASCII; a JSON payload keeps its own spelling of numbers, its key order, even a key twice."""
    found = _json_in(message.payload)
    if found is None:
        held = f'"payload_base64":"{b64encode(message.payload).decode()}"'
    else:
        held = f'"payload":{_escaped(found[0], _NOT_ASCII)}'
        inner = _inner(*found)
        if inner is not None:
            held += f',"decoded":{_escaped(inner, _NOT_ASCII)}'
    return f'{{"offset":{message.offset},"total_length":{message.total_length},{_headers(message.headers)},{held}}}\n'


@lru_cache(maxsize=256)
def _headers(headers: tuple[Header, ...]) -> str:
    """The member ``headers``, and the name of an exception or error behind it: the same for most messages."""
    message = _message(headers)
    each = ",".join(
        f'{_quoted(header.name)}:{{"type":"{header.type}","value":{_value(header)}}}' for header in headers
    )
    named = ""
    if message.message_type == "exception":
        named = f',"exception":{_quoted(message.exception_type or "")}'
    elif message.message_type == "error":
        named = f',"error":{_quoted(message.error_code or "")}'
    return f'"headers":{{{each}}}{named}'


def _message(headers: tuple[Header, ...]) -> Message:
    from mockllm_core.eventstream import Message

    return Message(headers)


def _as_payload(message: Message) -> str:
    """The payload in one line: JSON stays JSON, text has its control characters written out, bytes as well."""
    found = _json_in(message.payload)
    return f"{_escaped(found[0], _HIDDEN) if found is not None else _plain(message.payload)}\n"


_SPELLINGS = {DecodeFormat.json: _as_json, DecodeFormat.payload: _as_payload}
_NOT_ASCII = re.compile("[^ -~]+")
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


def _escaped(text: str, pattern: re.Pattern[str]) -> str:
    r"""JSON text in one line, with what the pattern finds as ``\uXXXX``; line breaks stand between tokens only."""
    if text.isascii() and text.isprintable():
        return text
    return pattern.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    # what stands between tokens never touches what stands in a string: there is a quote between them
    found = match[0]
    return " " * len(found) if found[0] in "\t\n\r" else _quoted(found)[1:-1]


def _quoted(text: str) -> str:
    return json.dumps(text).replace("\x7f", "\\u007f")


def _plain(payload: bytes) -> str:
    from mockllm_cli.console import visible

    return visible(payload.decode("utf-8", "backslashreplace"))


def _value(header: Header) -> str:
    """A header's value as JSON: bytes in base64, a time as ISO 8601 in milliseconds."""
    value = header.value
    if isinstance(value, bytes):
        return f'"{b64encode(value).decode()}"'
    if isinstance(value, datetime):
        return f'"{value.isoformat(timespec="milliseconds").replace("+00:00", "Z")}"'
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _json_in(payload: bytes) -> tuple[str, Json] | None:
    """The payload as text and its value when it is JSON: strict UTF-8, no NaN, not nested too deeply to be read.

    Numbers become booleans: only the shape and the strings count here, and no number is too long for that.
    """
    try:
        text = payload.decode()
        return text, _parsed(text)
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is not JSON")


_decoder = json.JSONDecoder(parse_int=bool, parse_float=bool, parse_constant=_refuse)
_scan = _decoder.scan_once  # type: ignore[attr-defined]


def _parsed(text: str) -> Json:
    try:
        value, end = _scan(text, 0)
    except StopIteration:
        value, end = None, -1
    # the decoder takes blanks at both ends, and says what is wrong
    return value if end == len(text) else _decoder.decode(text)


def _inner(text: str, value: Json) -> str | None:
    """The model's own JSON inside an InvokeModel chunk, ``{"bytes":"<base64>"}``."""
    held = value.get("bytes") if '"bytes"' in text and isinstance(value, dict) else None
    if not isinstance(held, str):
        return None
    try:
        found = _json_in(b64decode(held, validate=True))
    except ValueError:
        return None
    return found and found[0]


class _Rows:
    """A row a message as it comes, elided to the terminal's width, and a summary under them."""

    def __init__(self, out: TextIO) -> None:
        from mockllm_cli.console import Rows

        self._rows = Rows(out)
        self._messages = 0
        self._bytes = 0

    def show(self, messages: Iterator[Message]) -> None:
        for message in messages:
            if not self._messages:
                self._rows.columns("offset", "bytes", "event", "payload", "bold")
            self._messages += 1
            self._bytes += message.total_length
            name, extra, style = _row(message.headers)
            text = extra + self._text(message.payload)
            self._rows.columns(str(message.offset), str(message.total_length), name, text, style)

    def end(self) -> None:
        if self._messages:
            many = "" if self._messages == 1 else "s"
            self._rows.row(f"{self._messages:,} message{many}, {self._bytes:,} bytes", "dim")

    def _text(self, payload: bytes) -> str:
        """The payload, or what is inside it."""
        found = _json_in(payload)
        if found is None:
            return payload[: self._rows.width].decode("utf-8", "backslashreplace")
        return _inner(*found) or found[0]


@lru_cache(maxsize=256)
def _row(headers: tuple[Header, ...]) -> tuple[str, str, str]:
    """What a message is called, its headers beyond the usual ones, and the style of its row."""
    message = _message(headers)
    kind = message.message_type
    name = message.event_type or message.exception_type or message.error_code or "-"
    extra = "".join([f"{header.name}={_value(header)} " for header in headers if header.name not in _USUAL])
    if kind in {"exception", "error"}:
        return f"{kind} {name}", extra, "red"
    return name, extra, ""


_USUAL = {":event-type", ":exception-type", ":error-code", ":message-type", ":content-type"}
