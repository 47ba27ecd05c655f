"""The opaque proof beside Claude's reasoning: ours can be told from a foreign one, and a tampered one from both.

A signature is base64 of a protobuf-like record whose field sizes are those of real ones. A foreign signature cannot
be checked, so it is accepted.
"""

from __future__ import annotations

import base64
import binascii
from hashlib import blake2b
from typing import TYPE_CHECKING

from mockllm_core.stamp import HEX

if TYPE_CHECKING:
    from mockllm_core.stamp import Stamp

__all__ = ["is_sound", "sign"]

_MARK = blake2b(b"mockllm reasoning", digest_size=12).digest()
_HEAD = b"\x0a\x48\x08\x0b\x10\x01\x18\x02\x2a\x40"
_TAIL = b"\x18\x01"
_MARK_AT = len(_HEAD) + 64 + 2 + 12 + 2
_PROOF_AT = _MARK_AT + 12 + 2


def sign(text: str, stamp: Stamp, *path: object) -> str:
    """Return the signature of one reasoning text: base64, longer for a longer text."""
    rest = 40 + min(len(text), 2000) // 2
    noise = bytes.fromhex(stamp.chars(HEX, 2 * (64 + 12 + rest), "signature", *path))
    before = _HEAD + noise[:64] + b"\x12\x0c" + noise[64:76] + b"\x1a\x0c" + _MARK + b"\x22\x30"
    after = b"\x2a" + _varint(rest) + noise[76:]
    inner = before + _proof(before + after, text) + after
    record = b"\x12" + _varint(len(inner)) + inner + _TAIL
    return base64.b64encode(record).decode()


def is_sound(signature: str, text: str) -> bool:
    """Tell whether a signature sent back belongs to its text, or is somebody else's: a hand-written one, too."""
    try:
        record = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return not _holds_mark(signature)
    start = record.find(_HEAD)
    if start < 0 or not record.endswith(_TAIL):
        return not _holds_mark(signature)
    inner = record[start : -len(_TAIL)]
    marked = inner[:_MARK_AT] + _MARK + inner[_MARK_AT + 12 :]
    proof, rest = marked[_PROOF_AT : _PROOF_AT + 48], marked[:_PROOF_AT] + marked[_PROOF_AT + 48 :]
    if proof == _proof(rest, text):
        return marked == inner and record[:start] == b"\x12" + _varint(len(inner))
    return not _holds_mark(signature)


def _holds_mark(signature: str) -> bool:
    """Tell whether text holds half of our mark: a character too many or too few shifts all bits after it."""
    kept = "".join(char for char in signature if char.isascii() and (char.isalnum() or char in "+/"))
    shifted = (kept[shift:] for shift in range(4))
    decoded = [base64.b64decode(text[: len(text) // 4 * 4]) for text in shifted]
    return any(half in raw for raw in decoded for half in (_MARK[:6], _MARK[6:]))


def _proof(rest: bytes, text: str) -> bytes:
    return blake2b(rest + text.encode("utf-8", "surrogatepass"), digest_size=48).digest()


def _varint(number: int) -> bytes:
    held = bytearray()
    while number > 0x7F:
        held.append(number & 0x7F | 0x80)
        number >>= 7
    held.append(number)
    return bytes(held)
