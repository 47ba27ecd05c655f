"""AWS event stream: encode and decode ``application/vnd.amazon.eventstream``.

A message, big-endian throughout::

    total length   u32   all bytes of the message, these four included
    headers length u32
    prelude CRC-32 u32   of the 8 bytes before it
    headers              each: name length u8, name, type u8, value
    payload
    message CRC-32 u32   of every byte before it

Specs: https://smithy.io/2.0/aws/amazon-eventstream.html (messages, what ``:message-type`` asks for) and
https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html (layout). The implementations differ
on limits. Here an encoder keeps to the narrowest and a decoder takes the widest of them.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias
from zlib import crc32

from mockllm_core.errors import BadHeaderName, BadHeaderValue, DuplicateHeader, LengthOutOfRange
from mockllm_core.frame import Frame

__all__ = [
    "Header",
    "HeaderType",
    "HeaderValue",
    "Message",
    "encode",
    "error",
    "event",
    "exception",
]

HeaderType: TypeAlias = Literal[
    "boolean", "byte", "short", "integer", "long", "byte_array", "string", "timestamp", "uuid"
]
"""The ten types of the wire under nine names: true (0) and false (1) are both ``boolean``."""

HeaderValue: TypeAlias = bool | int | bytes | str | datetime

ENCODED_HEADERS_LIMIT = 128 * 1024
ENCODED_VALUE_LIMIT = 32_767
ENCODED_PAYLOAD_LIMIT = 16 * 1024 * 1024

_LENGTHS = struct.Struct(">II")
_OVERHEAD = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_TRUE, _FALSE, _BYTE_ARRAY, _STRING, _TIMESTAMP, _UUID = 0, 1, 6, 7, 8, 9
_UUID_TEXT = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_INTEGERS = {"byte": (2, 1), "short": (3, 2), "integer": (4, 4), "long": (5, 8)}
"""Type code and width in bytes, by name."""


class Header(NamedTuple):
    """One header, its type beside its value, so that all ten types survive a round trip.

    Attributes:
        name: 1 to 255 bytes of UTF-8; the protocol's own begin with a colon.
        type: what the value is on the wire.
        value: bool for ``boolean``; int for ``byte`` (8 bits, signed), ``short`` (16), ``integer`` (32) and
            ``long`` (64); bytes; str; for ``timestamp`` an aware datetime in whole milliseconds, or the int of
            milliseconds since 1970 where no datetime reaches (before year 1, after 9999); for ``uuid`` the text
            ``8-4-4-4-12``, lower case.
    """

    name: str
    type: HeaderType
    value: HeaderValue


@dataclass(frozen=True, slots=True)
class Message:
    """One message of an event stream.

    Attributes:
        headers: in wire order; names do not repeat.
        payload: the body's bytes, JSON for most events.
        offset: where the message began in the stream it was read from; not compared.
        total_length: how many bytes it took there; not compared.
    """

    headers: tuple[Header, ...]
    payload: bytes = b""
    offset: int = field(default=0, compare=False)
    total_length: int = field(default=0, compare=False)

    def text(self, name: str) -> str | None:
        """Return a string header's value; None when there is no such header or it is no string."""
        for header in self.headers:
            if header.name == name:
                return header.value if header.type == "string" and isinstance(header.value, str) else None
        return None

    @property
    def message_type(self) -> str | None:
        """``event``, ``exception`` or ``error``."""
        return self.text(":message-type")

    @property
    def event_type(self) -> str | None:
        """Which event, when the message is one."""
        return self.text(":event-type")

    @property
    def exception_type(self) -> str | None:
        """Which modelled exception, when the message is one; its fields are the payload."""
        return self.text(":exception-type")

    @property
    def error_code(self) -> str | None:
        """Which unmodelled error, when the message is one; ``:error-message`` may say more."""
        return self.text(":error-code")

    @property
    def content_type(self) -> str | None:
        """What the payload is."""
        return self.text(":content-type")


def event(name: str, payload: bytes, content_type: str = "application/json") -> Frame:
    """Return an event message: ``:event-type, :content-type, :message-type`` in Bedrock's order, then the payload.

    The frame marks the payload as its JSON, unless ``content_type`` says it is something else.

    Raises:
        LengthOutOfRange: the payload exceeds 16 MiB, or the name or the content type 32,767 bytes.
        BadHeaderValue: the name or the content type cannot be UTF-8.
    """
    head, checksum = _event_head(name, content_type, len(payload))
    start = len(head)
    wire = head + payload + crc32(payload, checksum).to_bytes(4, "big")
    return Frame(name, wire, start, start + len(payload) if content_type == "application/json" else start)


def exception(name: str, payload: bytes) -> Frame:
    """Return a modelled exception: ``:exception-type, :content-type, :message-type: exception``, JSON payload.

    Args:
        name: the member's name in the service model, ``throttlingException``.
        payload: its JSON, ``{"message":"..."}``.

    Raises:
        LengthOutOfRange: the payload exceeds 16 MiB or the name 32,767 bytes.
        BadHeaderValue: the name cannot be UTF-8.
    """
    head, checksum = _head(
        _strings(("exception-type", name), *_JSON, ("message-type", "exception")), len(payload)
    )
    start = len(head)
    wire = head + payload + crc32(payload, checksum).to_bytes(4, "big")
    return Frame(name, wire, start, start + len(payload))


def error(code: str, message: str) -> Frame:
    """Return an unmodelled error: ``:error-code, :error-message, :message-type: error``, no payload.

    Raises:
        LengthOutOfRange: the code or the message exceeds 32,767 bytes.
        BadHeaderValue: one of them cannot be UTF-8.
    """
    headers = _strings(("error-code", code), ("error-message", message), ("message-type", "error"))
    head, checksum = _head(headers, 0)
    return Frame(code, head + checksum.to_bytes(4, "big"))


def encode(message: Message) -> bytes:
    """Return one message as bytes; its ``offset`` and ``total_length`` play no part.

    Raises:
        LengthOutOfRange: the headers exceed 128 KiB, one value 32,767 bytes, or the payload 16 MiB.
        BadHeaderName: a name is empty, exceeds 255 bytes or cannot be UTF-8.
        BadHeaderValue: a value is not what its type holds (300 as a byte, a naive datetime, microseconds).
        DuplicateHeader: a name stands twice.
    """
    names: set[str] = set()
    for header in message.headers:
        if header.name in names:
            raise DuplicateHeader(f"the header {header.name!r} stands twice", offset=0, found=header.name)
        names.add(header.name)
    head, checksum = _head(b"".join(map(_header, message.headers)), len(message.payload))
    return head + message.payload + crc32(message.payload, checksum).to_bytes(4, "big")


_JSON = (("content-type", "application/json"),)


@lru_cache(maxsize=1024)
def _event_head(name: str, content_type: str, size: int) -> tuple[bytes, int]:
    """Everything before the payload, and its CRC: a stream repeats a few names and a few dozen lengths."""
    pairs = (("event-type", name), ("content-type", content_type), ("message-type", "event"))
    return _head(_strings(*pairs), size)


def _strings(*pairs: tuple[str, str]) -> bytes:
    return b"".join(_header(Header(f":{name}", "string", value)) for name, value in pairs)


def _head(headers: bytes, size: int) -> tuple[bytes, int]:
    """Prelude and headers, and the CRC that the payload continues."""
    _within("the headers", len(headers), ENCODED_HEADERS_LIMIT)
    _within("the payload", size, ENCODED_PAYLOAD_LIMIT)
    lengths = _LENGTHS.pack(_OVERHEAD + len(headers) + size, len(headers))
    checksum = crc32(lengths)
    rest = checksum.to_bytes(4, "big") + headers
    return lengths + rest, crc32(rest, checksum)


def _within(what: str, size: int, limit: int) -> None:
    if size > limit:
        raise LengthOutOfRange(
            f"{what}: {size} bytes, over the limit of {limit}", offset=0, expected=limit, found=size
        )


def _header(header: Header) -> bytes:
    try:
        name = header.name.encode()
    except UnicodeEncodeError:
        raise BadHeaderName(
            f"the header name {header.name!r} cannot be UTF-8", offset=0, found=header.name
        ) from None
    if not 1 <= len(name) <= 255:
        raise BadHeaderName(
            f"a header name of {len(name)} bytes; 1 to 255 are possible",
            offset=0,
            expected=255,
            found=len(name),
        )
    return len(name).to_bytes(1, "big") + name + _value(header)


def _value(header: Header) -> bytes:
    """Type byte and value."""
    match header.type, header.value:
        case "boolean", bool(value):
            code, held = _TRUE if value else _FALSE, b""
        case ("byte" | "short" | "integer" | "long") as kind, int(value) if not isinstance(value, bool):
            code, width = _INTEGERS[kind]
            held = _signed(header, value, width)
        case "byte_array", bytes(value):
            code, held = _BYTE_ARRAY, _sized(header, value)
        case "string", str(value):
            code, held = _STRING, _sized(header, _utf8(header, value))
        case "timestamp", datetime() as value if value.tzinfo is not None and value.microsecond % 1000 == 0:
            code, held = _TIMESTAMP, _signed(header, (value - _EPOCH) // _MILLISECOND, 8)
        case "timestamp", int(value) if not isinstance(value, bool):
            code, held = _TIMESTAMP, _signed(header, value, 8)
        case "uuid", str(value) if _UUID_TEXT.fullmatch(value):
            code, held = _UUID, bytes.fromhex(value.replace("-", ""))
        case _:
            raise _unfit(header)
    return code.to_bytes(1, "big") + held


def _signed(header: Header, value: int, width: int) -> bytes:
    try:
        return value.to_bytes(width, "big", signed=True)
    except OverflowError:
        raise _unfit(header) from None


def _utf8(header: Header, value: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise _unfit(header) from None


def _sized(header: Header, value: bytes) -> bytes:
    _within(f"the header {header.name!r}", len(value), ENCODED_VALUE_LIMIT)
    return len(value).to_bytes(2, "big") + value


def _unfit(header: Header) -> BadHeaderValue:
    found = repr(header.value)
    shown = found if len(found) <= 80 else f"{found[:77]}..."
    return BadHeaderValue(
        f"the header {header.name!r} of type {header.type} cannot hold {shown}",
        offset=0,
        expected=header.type,
        found=shown,
    )
