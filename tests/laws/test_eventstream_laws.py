"""Laws of the event-stream codec, with botocore's parser as the stranger who referees."""

from __future__ import annotations

import itertools
import string
import struct
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zlib import crc32

import pytest
from botocore.eventstream import EventStreamBuffer, ParserError
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core import errors
from mockllm_core.eventstream import Decoder, Header, Message, encode, event

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = 253_402_300_799_999
EARLIEST = -62_135_596_800_000

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=63) | st.sampled_from(
    [":event-type", ":message-type", ":content-type", "n" * 255]
)
instants = st.integers(EARLIEST, LATEST).map(lambda count: EPOCH + timedelta(milliseconds=count))
far = st.integers(-(2**63), EARLIEST - 1) | st.integers(LATEST + 1, 2**63 - 1)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "byte": st.integers(-(2**7), 2**7 - 1),
    "short": st.integers(-(2**15), 2**15 - 1),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "byte_array": st.binary(max_size=40),
    "string": text,
    "timestamp": instants | far,
    "uuid": st.uuids().map(str),
}


@st.composite
def headers(draw: st.DrawFn) -> Header:
    kind: Any = draw(st.sampled_from(sorted(VALUES)))
    return Header(draw(names), kind, draw(VALUES[kind]))


messages = st.builds(
    Message,
    st.lists(headers(), max_size=12, unique_by=lambda header: header.name).map(tuple),
    st.binary(max_size=200),
)
streams = st.lists(messages, min_size=1, max_size=4)


def feed(parts: list[bytes]) -> tuple[list[Message], errors.EventStreamError | None]:
    """Return the messages before the fault, and the fault, if there is one."""
    decoder = Decoder()
    found: list[Message] = []
    try:
        for part in parts:
            found += decoder.feed(part)
        decoder.close()
    except errors.EventStreamError as fault:
        return found, fault
    return found, None


def places(found: list[Message]) -> list[tuple[int, int]]:
    return [(one.offset, one.total_length) for one in found]


def sealed(head: bytes, payload: bytes) -> bytes:
    """Return a message with right lengths and checksums around any header bytes."""
    lengths = struct.pack(">II", 16 + len(head) + len(payload), len(head))
    body = lengths + struct.pack(">I", crc32(lengths)) + head + payload
    return body + struct.pack(">I", crc32(body))


@given(messages)
@settings(deadline=None)
def test_a_message_survives_the_wire(message: Message) -> None:
    wire = encode(message)
    found, fault = feed([wire])
    assert fault is None
    assert found == [message]
    assert [type(header.value) for header in found[0].headers] == [type(one.value) for one in message.headers]
    assert b"".join(map(encode, found)) == wire


@given(streams, st.lists(st.integers(0, 3_000), max_size=20))
@settings(deadline=None)
def test_any_partition_gives_the_same_messages(stream: list[Message], cuts: list[int]) -> None:
    wire = b"".join(map(encode, stream))
    edges = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    parts = [wire[start:end] for start, end in itertools.pairwise(edges)]
    found, fault = feed(parts)
    assert fault is None
    assert found == stream
    assert places(found) == places(feed([wire])[0])


@given(streams, st.data())
@settings(deadline=None)
def test_any_flipped_bit_is_caught_in_its_own_message(stream: list[Message], data: st.DataObject) -> None:
    wire = bytearray(b"".join(map(encode, stream)))
    bit = data.draw(st.integers(0, len(wire) * 8 - 1))
    wire[bit // 8] ^= 1 << bit % 8
    found, fault = feed([bytes(wire)])
    assert fault is not None
    ends = list(itertools.accumulate(len(encode(message)) for message in stream))
    struck = next(index for index, end in enumerate(ends) if bit // 8 < end)
    assert found == stream[:struck]
    assert fault.offset == [0, *ends][struck]


@given(streams, st.data())
@settings(deadline=None)
def test_any_cut_is_truncated_or_between_two_messages(stream: list[Message], data: st.DataObject) -> None:
    wires = [encode(message) for message in stream]
    whole = b"".join(wires)
    cut = data.draw(st.integers(0, len(whole)))
    found, fault = feed([whole[:cut]])
    ends = [0, *itertools.accumulate(map(len, wires))]
    begun = max(end for end in ends if end <= cut)
    assert found == stream[: ends.index(begun)]
    if cut == begun:
        assert fault is None
    else:
        assert isinstance(fault, errors.Truncated)
        assert (fault.offset, fault.at) == (begun, cut)


@given(st.lists(st.binary(max_size=40), max_size=8))
@settings(deadline=None)
def test_garbage_gives_messages_or_an_event_stream_error(parts: list[bytes]) -> None:
    feed(parts)


@given(st.binary(max_size=60), st.binary(max_size=20))
@settings(deadline=None)
def test_garbage_under_right_checksums_gives_a_message_or_a_place_inside_it(
    head: bytes, payload: bytes
) -> None:
    wire = sealed(head, payload)
    found, fault = feed([wire])
    if fault is None:
        assert found[0].payload == payload
    else:
        assert fault.at is not None
        assert 12 <= fault.at <= 12 + len(head)


def by_botocore(wire: bytes) -> list[tuple[dict[str, object], bytes]] | None:
    """Return what botocore reads; None when it refuses."""
    buffer = EventStreamBuffer()
    buffer.add_data(wire)
    try:
        return [(one.headers, one.payload) for one in buffer]
    except (ParserError, UnicodeDecodeError, KeyError, struct.error):
        return None


def as_botocore(found: list[Message]) -> list[tuple[dict[str, object], bytes]]:
    """Spell our values botocore's way: milliseconds for a timestamp, bytes for a uuid."""

    def value(header: Header) -> object:
        if isinstance(header.value, datetime):
            return (header.value - EPOCH) // timedelta(milliseconds=1)
        return UUID(str(header.value)).bytes if header.type == "uuid" else header.value

    return [({header.name: value(header) for header in one.headers}, one.payload) for one in found]


@given(streams)
@settings(deadline=None)
def test_botocore_reads_what_we_write(stream: list[Message]) -> None:
    wire = b"".join(map(encode, stream))
    assert by_botocore(wire) == as_botocore(stream)


@given(messages, st.data())
@settings(deadline=None)
def test_we_read_what_botocore_reads_unless_it_slices_short(message: Message, data: st.DataObject) -> None:
    """Damage headers, mend the checksums, compare: we take nothing it refuses, it takes little that we refuse."""
    wire = encode(message)
    end = 12 + int.from_bytes(wire[4:8], "big")
    head = bytearray(wire[12:end])
    for _ in range(data.draw(st.integers(0, 3)) if head else 0):
        head[data.draw(st.integers(0, len(head) - 1))] = data.draw(st.integers(0, 255) | st.integers(0, 12))
    head = head[: data.draw(st.integers(0, len(head)) | st.just(len(head)))]
    damaged = sealed(bytes(head), message.payload)
    found, fault = feed([damaged])
    theirs = by_botocore(damaged)
    if fault is None:
        assert theirs == as_botocore(found)
    elif theirs is not None:
        assert type(fault) is errors.HeaderOverrun or (
            type(fault) is errors.BadHeaderName and fault.found == 0
        )


@pytest.mark.parametrize("content", ["application/json", "text/plain"])
@given(name=st.text(string.ascii_letters, min_size=1, max_size=30), payload=st.binary(max_size=300))
@settings(deadline=None)
def test_the_fast_event_is_the_plain_message(content: str, name: str, payload: bytes) -> None:
    plain = Message(
        (
            Header(":event-type", "string", name),
            Header(":content-type", "string", content),
            Header(":message-type", "string", "event"),
        ),
        payload,
    )
    frame = event(name, payload, content)
    assert frame.wire == encode(plain)
    assert frame.wire[frame.start : frame.end] == (payload if content == "application/json" else b"")
