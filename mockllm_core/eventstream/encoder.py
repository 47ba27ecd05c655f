"""Write event-stream messages; the layout is in the package's docstring."""

from __future__ import annotations

import re
import struct
from datetime import datetime
from functools import lru_cache
from zlib import crc32

from mockllm_core.errors import BadHeaderName, BadHeaderValue, DuplicateHeader, LengthOutOfRange
from mockllm_core.eventstream.message import (
    BYTE,
    BYTE_ARRAY,
    EPOCH,
    FALSE,
    INTEGER,
    LONG,
    MILLISECOND,
    OVERHEAD,
    SHORT,
    STRING,
    TIMESTAMP,
    TRUE,
    UUID,
    Header,
    Message,
)
from mockllm_core.frame import Frame

__all__ = ["encode", "error", "event", "event_head", "exception"]

HEADERS_LIMIT = 128 * 1024
VALUE_LIMIT = 32_767
PAYLOAD_LIMIT = 16 * 1024 * 1024

_LENGTHS = struct.Struct(">II")
_UUID_TEXT = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_INTEGERS = {"byte": (BYTE, 1), "short": (SHORT, 2), "integer": (INTEGER, 4), "long": (LONG, 8)}
"""Type byte and width, by name."""


def event(name: str, payload: bytes, content_type: str = "application/json") -> Frame:
    """Return an event message: ``:event-type, :content-type, :message-type`` in Bedrock's order, then the payload.

    The frame marks the payload as its JSON, unless ``content_type`` says it is something else.

    Raises:
        LengthOutOfRange: the payload exceeds 16 MiB, or the name or the content type 32,767 bytes.
        BadHeaderValue: the name or the content type cannot be UTF-8.
    """
    head, checksum = event_head(name, len(payload), content_type)
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
def event_head(name: str, size: int, content_type: str = "application/json") -> tuple[bytes, int]:
    """Everything before a payload of that size, and its CRC: a stream repeats a few names and a few dozen lengths."""
    return _head(_event_headers(name, content_type), size)


@lru_cache(maxsize=256)
def _event_headers(name: str, content_type: str) -> bytes:
    """Return an event's headers, which are the same at every length."""
    return _strings(("event-type", name), ("content-type", content_type), ("message-type", "event"))


def _strings(*pairs: tuple[str, str]) -> bytes:
    return b"".join(_header(Header(f":{name}", "string", value)) for name, value in pairs)


def _head(headers: bytes, size: int) -> tuple[bytes, int]:
    """Prelude and headers, and the CRC that the payload continues."""
    _within("the headers", len(headers), HEADERS_LIMIT)
    _within("the payload", size, PAYLOAD_LIMIT)
    lengths = _LENGTHS.pack(OVERHEAD + len(headers) + size, len(headers))
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
            code, held = TRUE if value else FALSE, b""
        case ("byte" | "short" | "integer" | "long") as kind, int(value) if not isinstance(value, bool):
            code, width = _INTEGERS[kind]
            held = _signed(header, value, width)
        case "byte_array", bytes(value):
            code, held = BYTE_ARRAY, _sized(header, value)
        case "string", str(value):
            code, held = STRING, _sized(header, _utf8(header, value))
        case "timestamp", datetime() as value if value.utcoffset() is not None:
            count, rest = divmod(value - EPOCH, MILLISECOND)
            if rest:
                raise _unfit(header)
            code, held = TIMESTAMP, _signed(header, count, 8)
        case "timestamp", int(value) if not isinstance(value, bool):
            code, held = TIMESTAMP, _signed(header, value, 8)
        case "uuid", str(value) if _UUID_TEXT.fullmatch(value):
            code, held = UUID, bytes.fromhex(value.replace("-", ""))
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
    _within(f"the header {header.name!r}", len(value), VALUE_LIMIT)
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
