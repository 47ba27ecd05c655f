"""Signatures of thinking blocks: derived from the thoughts, so that a changed one can be told. And sealed results.

The bytes have the provider's outer form (a protocol-buffers message in base64, as recorded). Inside, two marks
say that this library made it, and a keyed hash covers the thoughts and all other bytes. A signature without a
mark was made by somebody else and cannot be judged.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import blake2b, shake_128
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mockllm_core.stamp import Stamp

__all__ = ["Verdict", "broken", "judge", "redact", "seal", "sign"]

Verdict = Literal["ours", "tampered", "foreign"]

_KEY = b"mockllm thinking signature"
_MOST = 4096
_TAG = 64
_NONCE = 12
_SEAL = 48
_SEALED = b"\x0a\x2a\x08\x0c\x18\x02\x22\x2463b2a1c9-5e0d-4f78-9a46-d1c20b7e8f35"
_HEAD = b"\x08\x0c\x18\x02\x2a" + bytes([_TAG])


def sign(thoughts: str, model: str, stamp: Stamp, *path: object) -> str:
    """Return the signature of a thinking block with these thoughts (as sent: ``""`` when they are kept back)."""
    return _made(thoughts, model, stamp.chars("0123456789abcdef", 64, "signature", *path).encode())


def redact(thoughts: str, model: str, stamp: Stamp, *path: object) -> str:
    """Return the data of a redacted thinking block that stands for these thoughts."""
    return _made(
        "", model, f"{stamp.chars('0123456789abcdef', 64, 'redacted', *path)}{len(thoughts)}".encode()
    )


def judge(signature: str, thoughts: str) -> Verdict:
    """Tell whether a signature that came back is ours and unchanged, ours but changed, or somebody else's."""
    raw = _decoded(signature)
    at = raw.find(_HEAD, 0, 16) + len(_HEAD)
    if at >= len(_HEAD) and b64encode(raw).decode() == signature:
        tag, rest = raw[at : at + _TAG], raw[:at] + raw[at + _TAG :]
        if tag == _tag(rest, thoughts):
            return "ours"
    # a character put in or left out shifts the bits of all that follows, so the marks are looked for in each place
    kept = _cleaned(signature)
    return "tampered" if any(_marked(_loosely(kept[shift:])) for shift in range(4)) else "foreign"


def seal(text: str, kind: int) -> str:
    """Return what stands for a text that the provider alone can read: of a found page, or of a place in one.

    The outer form is that of ``encrypted_content`` (kind 3) and of ``encrypted_index`` (kind 4) of January 2026, in a
    public project's recording (pydantic-ai, ``test_anthropic_web_search_tool_stream``): a head with a UUID, two nonces,
    a seal, and as many bytes as the text has.
    """
    entropy = f"{kind}{text}".encode("utf-8", "surrogatepass")
    nonce = _digest(entropy, b"nonce", _NONCE)
    held = _field(0x2A, shake_128(entropy).digest(min(_MOST, 16 + len(text))))
    before = _SEALED + _field(0x12, nonce) + _field(0x1A, _digest(nonce, b"mark", _NONCE))
    start = b"\x12" + _varint(len(before) + 2 + _SEAL + len(held)) + before
    after = held + b"\x18" + bytes([kind])
    return b64encode(start + _proof(start + after) + after).decode()


def broken(sealed: str) -> bool:
    """Tell whether what ``seal`` made came back changed; what others made cannot be judged."""
    raw = _decoded(sealed)
    at = raw.find(b"\x22" + bytes([_SEAL]), len(_SEALED))
    after = at + 2 + _SEAL
    if at > 0 and b64encode(raw).decode() == sealed and raw[at:after] == _proof(raw[:at] + raw[after:]):
        return False
    kept = _cleaned(sealed)
    return any(_marked(_loosely(kept[shift:])) for shift in range(4))


def _proof(rest: bytes) -> bytes:
    tag = _digest(rest, b"sealed", _SEAL // 2)
    return _field(0x22, tag + _digest(tag, b"mark", _SEAL // 2))


def _made(thoughts: str, model: str, entropy: bytes) -> str:
    name = model.encode("utf-8", "replace")[:60]
    nonce = _digest(entropy, b"nonce", _NONCE)
    sealed = _digest(entropy, b"seal", _SEAL // 2)
    body = shake_128(entropy).digest(min(_MOST, 96 + len(thoughts)))
    inner = b"".join(
        (
            _field(0x12, nonce),
            _field(0x1A, _digest(nonce, b"mark", _NONCE)),
            _field(0x22, sealed + _digest(sealed, b"mark", _SEAL // 2)),
            _field(0x2A, body),
        )
    )
    named = b"\x32" + bytes([len(name)]) + name + b"\x38\x00"
    size = len(_HEAD) + _TAG + len(named)
    before = b"\x0a" + _varint(size) + _HEAD
    after = named + inner
    start = b"\x12" + _varint(len(before) + _TAG + len(after)) + before
    after += b"\x18\x01"
    return b64encode(start + _tag(start + after, thoughts) + after).decode()


def _marked(raw: bytes) -> bool:
    """Tell whether one of the two marks is whole; each is a hash of its neighbour, so chance cannot make one."""
    for lead, size in ((b"\x12" + bytes([_NONCE]), _NONCE), (b"\x22" + bytes([_SEAL]), _SEAL // 2)):
        between = 2 if size == _NONCE else 0
        at = raw.find(lead)
        while at >= 0:
            begin = at + len(lead)
            half = raw[begin : begin + size]
            mark = raw[begin + size + between : begin + 2 * size + between]
            if len(mark) == size and mark == _digest(half, b"mark", size):
                return True
            at = raw.find(lead, at + 1)
    return False


def _decoded(signature: str) -> bytes:
    """Return the bytes of base64, as much as there is of it."""
    try:
        return b64decode(signature.encode("ascii", "ignore"), validate=True)
    except ValueError:
        return _loosely(_cleaned(signature))


def _cleaned(signature: str) -> bytes:
    """Return the characters that are base64, padding left out."""
    text = signature.encode("ascii", "ignore")
    return bytes(byte for byte in text if chr(byte).isalnum() or byte in b"+/")


def _loosely(text: bytes) -> bytes:
    """Decode as many whole groups as there are."""
    return b64decode(text[: len(text) // 4 * 4])


def _tag(rest: bytes, thoughts: str) -> bytes:
    return blake2b(
        rest + b"\0" + thoughts.encode("utf-8", "surrogatepass"), digest_size=_TAG, key=_KEY
    ).digest()


def _digest(data: bytes, purpose: bytes, size: int) -> bytes:
    return blake2b(data, digest_size=size, key=_KEY, person=purpose).digest()


def _field(tag: int, data: bytes) -> bytes:
    return bytes([tag]) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
