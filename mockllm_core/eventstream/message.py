"""What an event-stream message holds, and how its header types are spelled."""

from __future__ import annotations

from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

from mockllm_core.record import record

__all__ = ["Header", "HeaderType", "HeaderValue", "Message"]

HeaderType: TypeAlias = Literal[
    "boolean", "byte", "short", "integer", "long", "byte_array", "string", "timestamp", "uuid"
]
"""The ten types of the wire under nine names: true (0) and false (1) are both ``boolean``."""

HeaderValue: TypeAlias = bool | int | bytes | str | datetime


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


@record()
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


TRUE, FALSE, BYTE, SHORT, INTEGER, LONG, BYTE_ARRAY, STRING, TIMESTAMP, UUID = range(10)
"""The type byte of a header."""

PRELUDE = 12
"""Bytes of the two lengths and their checksum."""

OVERHEAD = 16
"""Bytes of a message without headers and payload."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
