"""The AWS event stream, both ways: bytes beside values, each fault with its place, limits at their edge."""

from __future__ import annotations

import struct
import time
import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING
from zlib import crc32

import pytest

from mockllm_core import errors
from mockllm_core.eventstream import Decoder, Header, Message, encode, error, event, exception

if TYPE_CHECKING:
    from collections.abc import Callable

EMPTY = (
    Message(()),
    (
        b"\x00\x00\x00\x10"  # total length
        b"\x00\x00\x00\x00"  # headers length
        b"\x05\xc2\x48\xeb"  # prelude CRC-32
        b"\x7d\x98\xc8\xff"  # message CRC-32
    ),
)
PAYLOAD_ONLY = (
    Message((), b'{"a":1}'),
    (
        b"\x00\x00\x00\x17"  # total length
        b"\x00\x00\x00\x00"  # headers length
        b"\xb7\xe2\x94\xfb"  # prelude CRC-32
        b'{"a":1}'  # payload
        b"\x7a\x7e\xd1\x37"  # message CRC-32
    ),
)
ALL_TEN_TYPES = (
    Message(
        (
            Header("a", "boolean", True),
            Header("b", "boolean", False),
            Header("c", "byte", -1),
            Header("d", "short", -2),
            Header("e", "integer", -3),
            Header("f", "long", -4),
            Header("g", "byte_array", b"\x00\xff"),
            Header("h", "string", "é"),
            Header("i", "timestamp", datetime(2026, 1, 1, 0, 0, 0, 1000, tzinfo=UTC)),
            Header("j", "uuid", "01020304-0506-0708-090a-0b0c0d0e0f10"),
        )
    ),
    (
        b"\x00\x00\x00\x5d"  # total length
        b"\x00\x00\x00\x4d"  # headers length
        b"\xad\xcc\xe9\x3e"  # prelude CRC-32
        b"\x01a\x00"  # true
        b"\x01b\x01"  # false
        b"\x01c\x02\xff"  # byte
        b"\x01d\x03\xff\xfe"  # short
        b"\x01e\x04\xff\xff\xff\xfd"  # integer
        b"\x01f\x05\xff\xff\xff\xff\xff\xff\xff\xfc"  # long
        b"\x01g\x06\x00\x02\x00\xff"  # byte array, its length first
        b"\x01h\x07\x00\x02\xc3\xa9"  # string, its length first
        b"\x01i\x08\x00\x00\x01\x9b\x76\xda\xa8\x01"  # timestamp: milliseconds since 1970
        b"\x01j\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"  # uuid
        b"\x78\xf7\x7e\x2e"  # message CRC-32
    ),
)
TIMES_AT_THE_EDGE = (
    Message(
        (
            Header("t", "timestamp", -(2**63)),
            Header("u", "timestamp", datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
        )
    ),
    (
        b"\x00\x00\x00\x26"  # total length
        b"\x00\x00\x00\x16"  # headers length
        b"\xdf\x77\xb0\x9c"  # prelude CRC-32
        b"\x01t\x08\x80\x00\x00\x00\x00\x00\x00\x00"  # no datetime reaches so far back
        b"\x01u\x08\xff\xff\xff\xff\xff\xff\xff\xff"  # the millisecond before 1970
        b"\x6c\xe2\x5d\x83"  # message CRC-32
    ),
)
EVENT = (
    Message(
        (
            Header(":event-type", "string", "ping"),
            Header(":content-type", "string", "application/json"),
            Header(":message-type", "string", "event"),
        ),
        b"{}",
    ),
    (
        b"\x00\x00\x00\x5c"  # total length
        b"\x00\x00\x00\x4a"  # headers length
        b"\x0e\xc8\x55\x2d"  # prelude CRC-32
        b"\x0b:event-type\x07\x00\x04ping"
        b"\x0d:content-type\x07\x00\x10application/json"
        b"\x0d:message-type\x07\x00\x05event"
        b"{}"  # payload
        b"\x51\xc5\xa6\xfd"  # message CRC-32
    ),
)
EXCEPTION = (
    Message(
        (
            Header(":exception-type", "string", "x"),
            Header(":content-type", "string", "application/json"),
            Header(":message-type", "string", "exception"),
        ),
        b"{}",
    ),
    (
        b"\x00\x00\x00\x61"  # total length
        b"\x00\x00\x00\x4f"  # headers length
        b"\x27\x13\xdd\x95"  # prelude CRC-32
        b"\x0f:exception-type\x07\x00\x01x"
        b"\x0d:content-type\x07\x00\x10application/json"
        b"\x0d:message-type\x07\x00\x09exception"
        b"{}"  # payload
        b"\x59\xcf\xf5\xfc"  # message CRC-32
    ),
)
ERROR = (
    Message(
        (
            Header(":error-code", "string", "X"),
            Header(":error-message", "string", "why"),
            Header(":message-type", "string", "error"),
        )
    ),
    (
        b"\x00\x00\x00\x4b"  # total length
        b"\x00\x00\x00\x3b"  # headers length
        b"\xfb\x0a\x5f\x15"  # prelude CRC-32
        b"\x0b:error-code\x07\x00\x01X"
        b"\x0e:error-message\x07\x00\x03why"
        b"\x0d:message-type\x07\x00\x05error"
        b"\x52\xf5\xff\x36"  # message CRC-32
    ),
)
VECTORS = {
    "empty": EMPTY,
    "payload only": PAYLOAD_ONLY,
    "all ten types": ALL_TEN_TYPES,
    "times at the edge": TIMES_AT_THE_EDGE,
    "event": EVENT,
    "exception": EXCEPTION,
    "error": ERROR,
}


def decoded(wire: bytes) -> list[Message]:
    """Return all messages of a stream that ends well."""
    decoder = Decoder()
    messages = list(decoder.feed(wire))
    decoder.close()
    return messages


def raw(headers: bytes, payload: bytes = b"", *, total: int | None = None) -> bytes:
    """Return a message with right checksums around any header bytes, without the encoder."""
    length = 16 + len(headers) + len(payload) if total is None else total
    prelude = struct.pack(">II", length, len(headers))
    body = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return body + struct.pack(">I", crc32(body))


def prelude(total: int, headers: int) -> bytes:
    """Return the first 12 bytes of a message, checksum and all."""
    lengths = struct.pack(">II", total, headers)
    return lengths + struct.pack(">I", crc32(lengths))


@pytest.mark.parametrize(("message", "wire"), VECTORS.values(), ids=VECTORS)
def test_bytes_and_value_are_the_same_message(message: Message, wire: bytes) -> None:
    assert encode(message) == wire
    [found] = decoded(wire)
    assert found == message
    assert [header.type for header in found.headers] == [header.type for header in message.headers]
    assert (found.offset, found.total_length) == (0, len(wire))


@pytest.mark.parametrize("wire", [wire for _, wire in VECTORS.values()], ids=VECTORS)
def test_a_message_is_read_whole_byte_by_byte_and_with_more_behind_it(wire: bytes) -> None:
    [message] = decoded(wire)
    decoder = Decoder()
    for end in range(1, len(wire)):
        assert not list(decoder.feed(wire[end - 1 : end]))
        assert decoder.pending == end
    assert list(decoder.feed(wire[-1:] + b"\x00\x00")) == [message]
    assert (decoder.pending, decoder.offset) == (2, len(wire))


def test_the_shortcuts_write_the_same_bytes_and_mark_their_json() -> None:
    ping, failed, broken = event("ping", b"{}"), exception("x", b"{}"), error("X", "why")
    assert (ping.wire, failed.wire, broken.wire) == (EVENT[1], EXCEPTION[1], ERROR[1])
    assert (ping.event, failed.event, broken.event) == ("ping", "x", "X")
    assert (ping.payload, failed.payload, broken.payload) == ({}, {}, None)


def test_a_payload_that_is_no_json_is_not_marked_as_json() -> None:
    frame = event("audio", b"\x00\x01", "application/octet-stream")
    assert frame.payload is None
    [message] = decoded(frame.wire)
    assert (message.payload, message.content_type) == (b"\x00\x01", "application/octet-stream")


def test_a_message_says_what_it_is() -> None:
    [ping, failed, broken, other] = decoded(
        EVENT[1] + EXCEPTION[1] + ERROR[1] + raw(b"\x0b:event-type\x02\x01")
    )
    assert (ping.message_type, ping.event_type, ping.content_type) == ("event", "ping", "application/json")
    assert (failed.message_type, failed.exception_type) == ("exception", "x")
    assert (broken.message_type, broken.error_code) == ("error", "X")
    assert broken.text(":error-message") == "why"
    assert (other.event_type, other.message_type) == (None, None)


def test_offsets_count_from_the_start_of_the_stream() -> None:
    found = decoded(EVENT[1] + EMPTY[1] + ERROR[1])
    assert [(one.offset, one.total_length) for one in found] == [(0, 92), (92, 16), (108, 75)]


@pytest.mark.parametrize(
    ("header", "wire"),
    [
        (Header("t", "timestamp", datetime(1, 1, 1, tzinfo=UTC)), -62_135_596_800_000),
        (
            Header("t", "timestamp", datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
            253_402_300_799_999,
        ),
        (Header("t", "timestamp", -62_135_596_800_001), -62_135_596_800_001),
        (Header("t", "timestamp", 253_402_300_800_000), 253_402_300_800_000),
        (Header("t", "timestamp", 2**63 - 1), 2**63 - 1),
        # a float of seconds would lose this millisecond
        (
            Header("t", "timestamp", datetime(5138, 11, 16, 9, 46, 39, 999_000, tzinfo=UTC)),
            99_999_999_999_999,
        ),
    ],
)
def test_a_timestamp_is_exact_to_the_millisecond(header: Header, wire: int) -> None:
    bytes_of_it = raw(b"\x01t\x08" + struct.pack(">q", wire))
    assert encode(Message((header,))) == bytes_of_it
    assert decoded(bytes_of_it)[0].headers == (header,)


def test_a_timestamp_of_another_zone_is_the_same_instant() -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    there, here = datetime(2026, 1, 1, 5, 30, tzinfo=zone), datetime(2026, 1, 1, tzinfo=UTC)
    assert encode(Message((Header("t", "timestamp", there),))) == encode(
        Message((Header("t", "timestamp", here),))
    )


def test_a_uuid_may_be_written_in_capitals() -> None:
    [message] = decoded(encode(Message((Header("u", "uuid", "ABCDEF00-0000-0000-0000-000000000000"),))))
    assert message.headers[0].value == "abcdef00-0000-0000-0000-000000000000"


SHORT_HEADER = b"\x01n\x02\x07"
"""A byte header, 4 bytes long, to stand before the faulty one."""

FAULTS: dict[str, tuple[bytes, type[errors.EventStreamError], int, object, object]] = {
    # name: headers, error, faulty byte from the message's first, expected, found
    "an unknown type": (b"\x01n\x0a", errors.UnknownHeaderType, 14, None, 10),
    "the last unknown type": (b"\x01n\xff\x00\x00", errors.UnknownHeaderType, 14, None, 255),
    "a name twice": (SHORT_HEADER + b"\x01n\x00", errors.DuplicateHeader, 16, None, "n"),
    "an empty name": (b"\x00\x02\x07", errors.BadHeaderName, 12, None, 0),
    "a name that is not UTF-8": (b"\x03a\xffb\x00", errors.BadHeaderName, 14, None, 0xFF),
    "a surrogate in a name": (b"\x03\xed\xa0\x80\x00", errors.BadHeaderName, 13, None, 0xED),
    "a string that is not UTF-8": (b"\x01n\x07\x00\x03ab\xc3", errors.BadHeaderValue, 19, None, 0xC3),
    "a name past the block": (SHORT_HEADER + b"\x05abc", errors.HeaderOverrun, 16, 8, 10),
    "a name and nothing after it": (b"\x03abc", errors.HeaderOverrun, 16, 4, 5),
    "a lone length": (SHORT_HEADER + b"\x01", errors.HeaderOverrun, 16, 5, 6),
    "a byte past the block": (b"\x01n\x02", errors.HeaderOverrun, 14, 3, 4),
    "a short past the block": (b"\x01n\x03\x00", errors.HeaderOverrun, 14, 4, 5),
    "an integer past the block": (b"\x01n\x04\x00\x00\x00", errors.HeaderOverrun, 14, 6, 7),
    "a long past the block": (b"\x01n\x05" + bytes(7), errors.HeaderOverrun, 14, 10, 11),
    "half a length of an array": (b"\x01n\x06\x00", errors.HeaderOverrun, 14, 4, 5),
    "an array past the block": (b"\x01n\x06\x00\x02a", errors.HeaderOverrun, 15, 6, 7),
    "a string past the block": (b"\x01n\x07\xff\xff", errors.HeaderOverrun, 15, 5, 65_540),
    "a timestamp past the block": (b"\x01n\x08" + bytes(7), errors.HeaderOverrun, 14, 10, 11),
    "a uuid past the block": (b"\x01n\x09" + bytes(15), errors.HeaderOverrun, 14, 18, 19),
}


@pytest.mark.parametrize(("headers", "kind", "at", "expected", "found"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_header_is_named_with_its_byte(
    headers: bytes, kind: type[errors.EventStreamError], at: int, expected: object, found: object
) -> None:
    decoder = Decoder()
    messages = decoder.feed(EVENT[1] + raw(headers, b"payload of no importance") + EVENT[1])
    assert next(messages) == EVENT[0]
    with pytest.raises(kind) as caught:
        next(messages)
    assert type(caught.value) is kind
    assert (caught.value.offset, caught.value.at) == (92, 92 + at)
    assert (caught.value.expected, caught.value.found) == (expected, found)
    assert str(caught.value).startswith("message at byte 92: ")
    assert str(caught.value).endswith(f"(at byte {92 + at})")


LENGTHS: dict[str, tuple[bytes, int, object, object]] = {
    # name: prelude, faulty byte from the message's first, expected, found
    "a total of nothing": (prelude(0, 0), 0, 16, 0),
    "a total below the minimum": (prelude(15, 0), 0, 16, 15),
    "headers that leave no room": (prelude(20, 5), 0, 21, 20),
    "headers one over the limit": (prelude(131_089, 131_073), 4, 131_072, 131_073),
    "headers of 4 GiB": (prelude(16, 2**32 - 1), 4, 131_072, 2**32 - 1),
    "a payload one over the limit": (prelude(16 + 24 * 2**20 + 1, 0), 0, 24 * 2**20, 24 * 2**20 + 1),
    "a payload of 4 GiB": (prelude(2**32 - 1, 131_072), 0, 24 * 2**20, 2**32 - 1 - 131_072 - 16),
}


@pytest.mark.parametrize(("wire", "at", "expected", "found"), LENGTHS.values(), ids=LENGTHS)
def test_a_length_out_of_range_is_refused_at_its_twelfth_byte(
    wire: bytes, at: int, expected: object, found: object
) -> None:
    decoder = Decoder()
    assert list(decoder.feed(EVENT[1] + wire[:11])) == [EVENT[0]]
    with pytest.raises(errors.LengthOutOfRange) as caught:
        list(decoder.feed(wire[11:]))
    assert (caught.value.offset, caught.value.at) == (92, 92 + at)
    assert (caught.value.expected, caught.value.found) == (expected, found)


@pytest.mark.parametrize("total", [16 + 24 * 2**20, 16 + 24 * 2**20 + 1], ids=["at the limit", "over it"])
def test_a_length_sets_no_memory_aside(total: int) -> None:
    wire = prelude(total, 0)
    tracemalloc.start()
    try:
        decoder = Decoder()
        try:
            assert not list(decoder.feed(wire))
        except errors.LengthOutOfRange:
            assert total > 16 + 24 * 2**20
        else:
            assert total == 16 + 24 * 2**20
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_no_length_is_trusted_before_its_checksum() -> None:
    wire = bytearray(prelude(2**32 - 1, 2**32 - 1))
    wire[11] ^= 1
    with pytest.raises(errors.PreludeChecksumMismatch) as caught:
        list(Decoder().feed(bytes(wire)))
    assert (caught.value.offset, caught.value.at) == (0, None)
    assert (caught.value.expected, caught.value.found) == (crc32(wire[:8]), int.from_bytes(wire[8:12], "big"))


def test_a_wrong_message_checksum_is_found_before_its_headers_are_read() -> None:
    wire = bytearray(EVENT[1] + raw(b"\x01n\x0a"))
    wire[-1] ^= 1
    decoder = Decoder()
    messages = decoder.feed(bytes(wire))
    assert next(messages) == EVENT[0]
    with pytest.raises(errors.MessageChecksumMismatch) as caught:
        next(messages)
    assert (caught.value.offset, caught.value.at) == (92, None)
    assert (caught.value.expected, caught.value.found) == (
        crc32(wire[92:-4]),
        int.from_bytes(wire[-4:], "big"),
    )


def test_a_fault_is_raised_again_and_nothing_more_is_taken() -> None:
    decoder = Decoder()
    for call in (
        lambda: list(decoder.feed(b"\xff" * 12)),
        lambda: list(decoder.feed(EVENT[1])),
        decoder.close,
    ):
        with pytest.raises(errors.PreludeChecksumMismatch):
            call()
    assert decoder.pending == 12


@pytest.mark.parametrize(("size", "need"), [(1, 12), (11, 12), (12, 92), (91, 92)])
def test_a_stream_that_ends_inside_a_message_is_truncated(size: int, need: int) -> None:
    decoder = Decoder()
    assert list(decoder.feed(EMPTY[1] + EVENT[1][:size])) == [EMPTY[0]]
    with pytest.raises(errors.Truncated) as caught:
        decoder.close()
    assert (caught.value.offset, caught.value.at) == (16, 16 + size)
    assert (caught.value.expected, caught.value.found) == (need, size)


def test_a_stream_may_end_between_messages() -> None:
    decoder = Decoder()
    decoder.close()
    list(decoder.feed(EVENT[1]))
    decoder.close()


def test_messages_left_in_the_iterator_come_with_the_next_feed() -> None:
    decoder = Decoder()
    assert next(decoder.feed(EVENT[1] + ERROR[1])) == EVENT[0]
    decoder.feed(EXCEPTION[1])
    assert list(decoder.feed(b"")) == [ERROR[0], EXCEPTION[0]]
    decoder.feed(EMPTY[1])
    decoder.close()


def unfit(header: Header) -> pytest.ExceptionInfo[errors.EventStreamError]:
    with pytest.raises(errors.EventStreamError) as caught:
        encode(Message((header,)))
    assert caught.value.offset == 0
    return caught


@pytest.mark.parametrize(
    "header",
    [
        Header("n", "boolean", 1),
        Header("n", "byte", 128),
        Header("n", "byte", True),
        Header("n", "byte", "1"),
        Header("n", "short", -32_769),
        Header("n", "integer", 2**31),
        Header("n", "long", 2**63),
        Header("n", "byte_array", "text"),
        Header("n", "string", b"bytes"),
        Header("n", "string", "\ud800"),
        Header("n", "timestamp", datetime(2026, 1, 1)),  # noqa: DTZ001 - a naive time is the case
        Header("n", "timestamp", datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)),
        Header("n", "timestamp", 2**63),
        Header("n", "timestamp", False),
        Header("n", "uuid", "01020304"),
        Header("n", "uuid", "g" * 32),
        Header("n", "decimal", 1),  # type: ignore[arg-type]
    ],
    ids=repr,
)
def test_a_value_that_its_type_cannot_hold_is_not_written(header: Header) -> None:
    caught = unfit(header)
    assert caught.type is errors.BadHeaderValue
    assert "'n'" in str(caught.value)


@pytest.mark.parametrize(
    "name", ["", "n" * 256, "é" * 128, "\ud800"], ids=["empty", "256", "256 bytes", "surrogate"]
)
def test_a_name_that_cannot_be_written_is_refused(name: str) -> None:
    assert unfit(Header(name, "boolean", True)).type is errors.BadHeaderName
    longest = Header("n" * 255, "boolean", True)
    assert decoded(encode(Message((longest,))))[0].headers == (longest,)


def test_a_duplicate_is_not_written() -> None:
    with pytest.raises(errors.DuplicateHeader):
        encode(Message((Header("n", "boolean", True), Header("n", "byte", 1))))


def test_a_long_value_is_not_repeated_in_the_sentence() -> None:
    assert len(str(unfit(Header("n", "uuid", "x" * 10_000)).value)) < 200


@pytest.mark.parametrize(("kind", "letter"), [("string", "s"), ("byte_array", b"s")])
def test_a_value_of_32767_bytes_is_the_longest_to_write(kind: str, letter: str | bytes) -> None:
    longest = Header("n", kind, letter * 32_767)  # type: ignore[arg-type]
    assert decoded(encode(Message((longest,))))[0].headers == (longest,)
    caught = unfit(Header("n", kind, letter * 32_768))  # type: ignore[arg-type]
    assert (caught.type, caught.value.expected, caught.value.found) == (
        errors.LengthOutOfRange,
        32_767,
        32_768,
    )


def test_a_value_of_65535_bytes_is_read() -> None:
    [message] = decoded(raw(b"\x01n\x07\xff\xff" + b"s" * 65_535))
    assert message.headers == (Header("n", "string", "s" * 65_535),)


def test_headers_of_128_kib_are_the_most_to_write_and_to_read() -> None:
    names = ("a", "b", "c", "d")
    full = tuple(Header(name, "byte_array", bytes(32_763)) for name in names)
    wire = encode(Message(full))
    assert wire[4:8] == (128 * 1024).to_bytes(4, "big")
    assert decoded(wire)[0].headers == full
    with pytest.raises(errors.LengthOutOfRange) as caught:
        encode(Message((*full[:3], Header("d", "byte_array", bytes(32_764)))))
    assert (caught.value.expected, caught.value.found) == (131_072, 131_073)


def test_a_payload_of_16_mib_is_the_largest_to_write_and_24_mib_to_read() -> None:
    whole = bytes(24 * 2**20)
    assert decoded(raw(b"", whole))[0].payload == whole
    payload = whole[: 16 * 2**20]
    assert decoded(event("x", payload).wire)[0].payload == payload
    too_much = payload + b"\x00"
    writes: list[Callable[[], object]] = [
        lambda: event("x", too_much),
        lambda: exception("x", too_much),
        lambda: encode(Message((), too_much)),
    ]
    for write in writes:
        with pytest.raises(errors.LengthOutOfRange) as caught:
            write()
        assert (caught.value.expected, caught.value.found) == (16 * 2**20, 16 * 2**20 + 1)


def test_the_shortcuts_keep_the_limits_of_a_value() -> None:
    with pytest.raises(errors.LengthOutOfRange):
        error("X", "w" * 32_768)
    with pytest.raises(errors.LengthOutOfRange):
        event("n" * 32_768, b"{}")
    with pytest.raises(errors.BadHeaderValue):
        exception("\ud800", b"{}")


def test_a_long_stream_costs_linear_time_whole_or_byte_by_byte() -> None:
    wire = event("contentBlockDelta", b'{"p":"abc"}').wire
    many = wire * 20_000
    begin = time.perf_counter()
    assert sum(1 for _ in Decoder().feed(many)) == 20_000
    decoder = Decoder()
    count = 0
    for at in range(2_000 * len(wire)):
        for _ in decoder.feed(many[at : at + 1]):
            count += 1
    assert count == 2_000
    # quadratic time would be minutes; a slow machine needs well under this
    assert time.perf_counter() - begin < 20


def test_a_reader_that_takes_one_message_a_feed_holds_only_what_it_did_not_take() -> None:
    wire = event("x", bytes(10_000)).wire
    decoder = Decoder()
    for _ in range(200):
        next(decoder.feed(wire))
    assert decoder.pending == 0
    assert len(decoder._held) <= len(wire)
