"""Encrypted reasoning: opaque text that can be sent back, and is known again when it was changed on the way.

The provider's is a Fernet token in base64url with padding: one byte 0x80, eight bytes Unix time, sixteen of
initialisation vector, a multiple of sixteen of ciphertext, thirty-two of MAC. Ours has the same form and says
nothing. The vector and half of the MAC are marks by which we know our own, so that a token of the real
provider, which nobody but it can check, is accepted.
"""

from __future__ import annotations

import base64
from hashlib import blake2b
from typing import TYPE_CHECKING

from mockllm_core.stamp import HEX

if TYPE_CHECKING:
    from mockllm_core.stamp import Stamp

__all__ = ["OPENED", "genuine", "seal"]

OPENED = 824
"""Characters of encrypted content that a reasoning item begins with, before anything was thought."""

_KEY = b"mockllm sealed reasoning"
_LEAST = 1 + 8 + 16 + 16 + 32


def _mark(name: bytes, data: bytes) -> bytes:
    return blake2b(data, digest_size=16, key=_KEY, person=name).digest()


def seal(stamp: Stamp, blocks: int, *path: object) -> str:
    """Return a token of ``blocks`` (at least 1) times sixteen bytes of content for this path."""
    noise = b"".join(
        bytes.fromhex(stamp.chars(HEX, 128, "sealed", nth, *path)) for nth in range(-(-blocks // 4))
    )
    content = noise[: 16 * blocks]
    head = b"\x80" + stamp.unix.to_bytes(8)
    vector = _mark(b"vector", content[:16])
    tail = _mark(b"tail", content[-16:])
    body = head + vector + content + tail
    return base64.urlsafe_b64encode(body + _mark(b"mac", body)).decode()


def genuine(token: str) -> bool:
    """Tell whether a token can be what an answer held: ours unchanged, or another's that is well formed."""
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except ValueError:
        return False
    if len(raw) < _LEAST or raw[0] != 0x80 or (len(raw) - 57) % 16:
        return False
    vector, content, tail, mac = raw[9:25], raw[25:-32], raw[-32:-16], raw[-16:]
    ours = vector == _mark(b"vector", content[:16]) or tail == _mark(b"tail", content[-16:])
    return not ours or mac == _mark(b"mac", raw[:-16])
