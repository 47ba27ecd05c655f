"""Google's ids and thought signatures, derived from a Stamp.

A response id is base64url without padding of: the Unix time (4 bytes, little-endian), its microseconds and two
32-bit numbers as protobuf varints. The recorded ids decode so, to the second of their ``date`` header and to the
microsecond of Vertex AI's ``createTime``.

A thought signature is base64 of protobuf fields that hold a version byte, a key's number and what looks like noise.
Ours ends with a checksum under a key of our own, so that one which a client has damaged is told from one that
another server made.
"""

from __future__ import annotations

from base64 import b64decode, b64encode, urlsafe_b64decode
from binascii import b2a_base64
from hashlib import blake2b
from typing import TYPE_CHECKING

from mockllm_core.stamp import HEX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.stamp import Stamp

__all__ = [
    "arrival",
    "cache_id",
    "call_id",
    "create_time",
    "is_response_id",
    "response_id",
    "signature",
    "signature_state",
]

_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"
_KEY = bytes.fromhex("01") + b"mock"
_CHECK = 8
_HEADS = (9, 7, *range(4, 21))
"""Bytes before what follows the key: one or two fields' heads and the key, a damage of some bytes included."""

_LONGEST = 22_000
"""Characters of the longest signature that is ours."""

_RESPONSE = b"('response',)"
"""The path of a stamp, as ``Stamp.hex`` takes it."""

_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _microsecond(stamp: Stamp) -> int:
    # a whole second, as a fixed time is, would give an id shorter than all but one in sixty real ones
    return stamp.now.microsecond or 16_384 + stamp.number(1_000_000 - 16_384, "microsecond")


def response_id(stamp: Stamp) -> str:
    """Return ``responseId``: 23 characters, 22 when the microseconds are below 16,384, 20 when below 128."""
    drawn = int(stamp.hex(18, _RESPONSE), 16)
    # as varints: 32 bits of which the first four are set, and 32 bits of which one of the first four is
    server = drawn & 0xFFFF_FFFF | 0x0F_8080_8080
    request = drawn >> 32 & 0xFFFF_FFFF | 0x8080_8080 | 1 + (drawn >> 64) % 15 << 32
    raw = (stamp.unix & 0xFFFF_FFFF).to_bytes(4, "little") + _varint(_microsecond(stamp))
    raw += (server | request << 40).to_bytes(10, "little")
    return b2a_base64(raw, newline=False).translate(_URL_SAFE, b"=").decode()


def is_response_id(text: str) -> bool:
    """Tell whether a text decodes as a response id."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return False
    varints = raw[4:]
    return len(raw) <= 17 and sum(byte < 0x80 for byte in varints) == 3 and varints[-1:] < b"\x80"


def create_time(stamp: Stamp) -> str:
    """Return Vertex AI's ``createTime``: RFC 3339, six digits of a second, ``Z``."""
    return f"{stamp.now:%Y-%m-%dT%H:%M:%S}.{_microsecond(stamp):06d}Z"


def arrival(stamp: Stamp) -> int:
    """Return when the request came, in nanoseconds of Unix time: a little before ``createTime``."""
    return stamp.unix * 1_000_000_000 + stamp.number(_microsecond(stamp) * 1000, "arrival")


def cache_id(stamp: Stamp, *, digits: bool) -> str:
    """Return the last part of a cached content's name: 40 of a-z0-9, or on Vertex AI a number of 19 digits."""
    if digits:
        return str(10**18 + stamp.number(8 * 10**18, "cache"))
    return stamp.id("", "cache", alphabet=_LOWER, length=40)


def call_id(stamp: Stamp, style: str, choice: int, nth: int) -> str:
    """Return ``functionCall.id``: 8 of a-z0-9, or on Vertex AI ``call_`` and six digits that rise by three."""
    if style == "vertex":
        return f"call_{100_000 + stamp.number(800_000, 'call', choice) + 3 * nth}"
    return stamp.id("", "call", choice, nth, alphabet=_LOWER, length=8)


def signature(stamp: Stamp, *, nested: bool, size: int, path: tuple[int, ...]) -> str:
    """Return a thought signature over ``size`` (32 to 16,000) bytes; ``nested`` as on Gemini 3, else as on 2.5."""
    noise = bytes.fromhex(stamp.chars(HEX, 64, "signature", *path))
    body = _KEY
    while len(body) < size:
        noise = blake2b(noise).digest()
        body += noise
    body = body[:size]
    body += _checksum(body)
    field = b"\x0a" + _varint(len(body)) + body
    return b64encode(b"\x12" + _varint(len(field)) + field if nested else field).decode()


def signature_state(text: str) -> str:
    """Return ``undecodable`` (no base64), ``corrupt`` (ours, damaged) or ``fine`` (ours, or another server's).

    A character changed or cut out, or some put in, are told wherever that is: it leaves whole either the key's first
    bytes, or all that follows the key, which the checksum proves to be ours.
    """
    text = text.replace("-", "+").replace("_", "/")
    try:
        raw = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return "undecodable"
    for rest in _behind_key(text) if len(text) <= _LONGEST else ():
        body = _KEY + rest
        if body[-_CHECK:] == _checksum(body[:-_CHECK]):
            field = b"\x0a" + _varint(len(body)) + body
            return "fine" if raw in (field, b"\x12" + _varint(len(field)) + field) else "corrupt"
    return "fine" if raw.find(_KEY[:-1], 0, 16) < 0 else "corrupt"


def _behind_key(text: str) -> Iterator[bytes]:
    """Yield what may be a signature's bytes behind the key.

    Base64 is read from its end, so that what is lost or too much at its beginning moves nothing.
    """
    bare = text.rstrip("=")
    for padding in ("", "=", "==") if bare == text else (text[len(bare) :],):
        try:
            raw = b64decode("A" * (-len(bare + padding) % 4) + bare + padding, validate=True)
        except ValueError:
            continue
        for at in _HEADS:
            yield raw[at:]


def _checksum(body: bytes) -> bytes:
    return blake2b(body, digest_size=_CHECK, key=b"thought signature").digest()


def _varint(value: int) -> bytes:
    if 0x4000 <= value < 0x20_0000:  # three sevens, as nearly every microsecond
        return (value & 0x7F | (value & 0x3F80) << 1 | value >> 14 << 16 | 0x8080).to_bytes(3, "little")
    made = bytearray()
    while value >= 0x80:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)
