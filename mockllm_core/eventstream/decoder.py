"""Read event-stream messages from bytes in any partition; the layout is in the package's docstring."""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import TYPE_CHECKING
from zlib import crc32

from mockllm_core.errors import (
    BadHeaderName,
    BadHeaderValue,
    DuplicateHeader,
    EventStreamError,
    HeaderOverrun,
    LengthOutOfRange,
    MessageChecksumMismatch,
    PreludeChecksumMismatch,
    Truncated,
    UnknownHeaderType,
)
from mockllm_core.eventstream.message import (
    BYTE,
    BYTE_ARRAY,
    EPOCH,
    FALSE,
    INTEGER,
    LONG,
    MILLISECOND,
    OVERHEAD,
    PRELUDE,
    SHORT,
    STRING,
    TIMESTAMP,
    TRUE,
    UUID,
    Header,
    Message,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from mockllm_core.eventstream.message import HeaderType, HeaderValue

__all__ = ["Decoder"]

HEADERS_LIMIT = 128 * 1024
PAYLOAD_LIMIT = 24 * 1024 * 1024

_LENGTHS = struct.Struct(">II")
_PRELUDE = struct.Struct(">III")


def _signed(held: bytes) -> int:
    return int.from_bytes(held, "big", signed=True)


def _instant(held: bytes) -> datetime | int:
    try:
        return EPOCH + _signed(held) * MILLISECOND
    except OverflowError:
        return _signed(held)


def _uuid(held: bytes) -> str:
    text = held.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


_VALUES: dict[int, tuple[HeaderType, int, Callable[[bytes], HeaderValue]]] = {
    TRUE: ("boolean", 0, lambda _: True),
    FALSE: ("boolean", 0, lambda _: False),
    BYTE: ("byte", 1, _signed),
    SHORT: ("short", 2, _signed),
    INTEGER: ("integer", 4, _signed),
    LONG: ("long", 8, _signed),
    BYTE_ARRAY: ("byte_array", 2, bytes),
    STRING: ("string", 2, bytes.decode),
    TIMESTAMP: ("timestamp", 8, _instant),
    UUID: ("uuid", 16, _uuid),
}
"""By type byte: the type's name, the bytes that follow (for arrays and strings those of their length), the reader."""


class Decoder:
    """Feed bytes in any partition, take whole messages; nothing is trusted before its checksum.

    Memory is what was fed and not yet taken: a length only bounds it, nothing is set aside for one.

    Attributes:
        offset: where the message begins that is read next, counted from the first byte fed.
        pending: how many bytes wait for the rest of their message, or to be taken.
    """

    def __init__(self) -> None:
        self.offset = 0
        self.pending = 0
        self._held = b""
        self._view = memoryview(self._held)
        self._start = 0
        self._fed = bytearray()
        self._need = PRELUDE
        self._headers_length = 0
        self._fault: EventStreamError | None = None

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take bytes at once; return an iterator over the messages they finish.

        Each is read when it is asked for, so those before a fault come out first. What is left in the iterator
        comes with the next feed. After a fault the decoder takes nothing more and raises it again.

        Raises, while iterating:
            PreludeChecksumMismatch: the CRC-32 of the lengths is wrong.
            LengthOutOfRange: headers exceed 128 KiB or the payload 24 MiB, or the lengths contradict each other.
            MessageChecksumMismatch: the CRC-32 of the message is wrong.
            HeaderOverrun, UnknownHeaderType, DuplicateHeader, BadHeaderName, BadHeaderValue: the checksums are
                right and the headers are not.
        """
        if self._fault is None:
            self._fed += data
            self.pending += len(data)
        return self._messages()

    def close(self) -> None:
        """Say that no more bytes come; whole messages not taken by now are dropped.

        Raises:
            Truncated: the input ends inside a message.
            EventStreamError: the fault met before, or one in what was not taken.
        """
        for _ in self._messages():
            pass
        if self.pending:
            end = self.offset + self.pending
            what = f"the input ends after {self.pending} of {self._need} bytes"
            if self._need == PRELUDE:
                what = f"the input ends after {self.pending} of the first {self._need} bytes"
            raise _fault(Truncated, what, self.offset, end, (self._need, self.pending))

    def _messages(self) -> Iterator[Message]:
        if self._fault is not None:
            raise self._fault
        try:
            while self.pending >= self._need:
                if self._fed:
                    self._join()
                if self._need == PRELUDE:
                    self._read_prelude()
                else:
                    yield self._read_message()
        except EventStreamError as fault:
            self._fault = fault
            raise
        self._join()

    def _join(self) -> None:
        """Drop what was read and put what was fed behind the rest: never once a message, so that time stays linear."""
        if self._start or self._need <= self.pending:
            self._held = b"".join([self._view[self._start :], self._fed])
            self._view = memoryview(self._held)
            self._start = 0
            self._fed.clear()

    def _read_prelude(self) -> None:
        """Check the first 12 bytes and learn the length. No message is that short, so it tells the two states."""
        prelude = self._held[self._start : self._start + PRELUDE]
        lengths = _lengths(prelude)
        if lengths is None:
            raise self._bad_prelude(*_PRELUDE.unpack(prelude))
        self._need, self._headers_length = lengths

    def _bad_prelude(self, total: int, headers: int, checksum: int) -> EventStreamError:
        computed = crc32(_LENGTHS.pack(total, headers))
        if computed != checksum:
            what = f"the prelude's CRC-32 is {checksum:#010x}, its bytes give {computed:#010x}"
            return _fault(PreludeChecksumMismatch, what, self.offset, None, (computed, checksum))
        if headers > HEADERS_LIMIT:
            what = f"{headers} bytes of headers, over the limit of {HEADERS_LIMIT}"
            return _fault(LengthOutOfRange, what, self.offset, self.offset + 4, (HEADERS_LIMIT, headers))
        if total < OVERHEAD + headers:
            what = f"a total length of {total}, where {headers} bytes of headers need {OVERHEAD + headers}"
            return _fault(LengthOutOfRange, what, self.offset, self.offset, (OVERHEAD + headers, total))
        payload = total - headers - OVERHEAD
        what = f"{payload} bytes of payload, over the limit of {PAYLOAD_LIMIT}"
        return _fault(LengthOutOfRange, what, self.offset, self.offset, (PAYLOAD_LIMIT, payload))

    def _read_message(self) -> Message:
        held, start, total = self._held, self._start, self._need
        body, end = start + PRELUDE + self._headers_length, start + total - 4
        computed = crc32(self._view[start:end])
        checksum = int.from_bytes(held[end : end + 4], "big")
        if computed != checksum:
            what = f"the message's CRC-32 is {checksum:#010x}, its bytes give {computed:#010x}"
            raise _fault(MessageChecksumMismatch, what, self.offset, None, (computed, checksum))
        headers = self._headers(held[start + PRELUDE : body])
        message = Message(headers, held[body:end], self.offset, total)
        self._start += total
        self.offset += total
        self.pending -= total
        self._need = PRELUDE
        return message

    def _headers(self, block: bytes) -> tuple[Header, ...]:
        if len(block) <= _USUAL:
            try:
                return _usual(block)
            except EventStreamError:
                pass  # it does not know where in the stream it is
        return tuple(_Headers(block, self.offset))


@lru_cache(maxsize=1024)
def _lengths(prelude: bytes) -> tuple[int, int] | None:
    """Return the lengths of a message and of its headers, None when the first 12 bytes are not sound."""
    total, headers, checksum = _PRELUDE.unpack(prelude)
    payload = total - headers - OVERHEAD
    sound = crc32(prelude[:8]) == checksum and headers <= HEADERS_LIMIT and 0 <= payload <= PAYLOAD_LIMIT
    return (total, headers) if sound else None


_USUAL = 256
"""Bytes of headers that are remembered: a stream has a few kinds of events."""


@lru_cache(maxsize=256)
def _usual(block: bytes) -> tuple[Header, ...]:
    return tuple(_Headers(block, 0))


class _Headers:
    """Read a message's header block; every fault names its byte in the stream."""

    def __init__(self, block: bytes, message: int) -> None:
        self._block = block
        self._message = message

    def __iter__(self) -> Iterator[Header]:
        names: set[str] = set()
        at = 0
        while at < len(self._block):
            name, after = self._name(at)
            if name in names:
                raise self._fault(DuplicateHeader, f"the header {name!r} stands twice", at, None, name)
            names.add(name)
            header, at = self._value(name, after)
            yield header

    def _name(self, at: int) -> tuple[str, int]:
        """The name whose length byte is at ``at``, and where its type byte is."""
        start = at + 1
        end = start + self._block[at]
        if start == end:
            raise self._fault(BadHeaderName, "a header without a name", at, None, 0)
        if end > len(self._block):
            raise self._overrun("a header's name", at, end)
        try:
            return self._block[start:end].decode(), end
        except UnicodeDecodeError as bad:
            at = start + bad.start
            raise self._fault(
                BadHeaderName, "a header name is not UTF-8", at, None, self._block[at]
            ) from None

    def _value(self, name: str, at: int) -> tuple[Header, int]:
        """The header whose type byte is at ``at``, and where the next one begins."""
        if at == len(self._block):
            raise self._overrun(f"the type of the header {name!r}", at, at + 1)
        code = self._block[at]
        if code not in _VALUES:
            what = f"the header {name!r} has the unknown type {code}"
            raise self._fault(UnknownHeaderType, what, at, None, code)
        kind, width, read = _VALUES[code]
        start = at + 1
        end = start + width
        if end <= len(self._block) and code in {BYTE_ARRAY, STRING}:
            at, start, end = start, end, end + int.from_bytes(self._block[start:end], "big")
        if end > len(self._block):
            raise self._overrun(f"the value of the header {name!r}", at, end)
        try:
            return Header(name, kind, read(self._block[start:end])), end
        except UnicodeDecodeError as bad:
            at = start + bad.start
            what = f"the value of the header {name!r} is not UTF-8"
            raise self._fault(BadHeaderValue, what, at, None, self._block[at]) from None

    def _overrun(self, what: str, at: int, end: int) -> EventStreamError:
        limit = len(self._block)
        return self._fault(HeaderOverrun, f"{what} runs past the {limit} bytes of headers", at, limit, end)

    def _fault(
        self, kind: type[EventStreamError], what: str, at: int, expected: int | None, found: int | str
    ) -> EventStreamError:
        return _fault(kind, what, self._message, self._message + PRELUDE + at, (expected, found))


def _fault(
    kind: type[EventStreamError], what: str, offset: int, at: int | None, held: tuple[int | None, int | str]
) -> EventStreamError:
    """One sentence with its places; ``held`` is what was expected and what was found."""
    place = "" if at is None else f" (at byte {at})"
    return kind(
        f"message at byte {offset}: {what}{place}", offset=offset, at=at, expected=held[0], found=held[1]
    )
