"""Content encodings of request bodies, undone within a limit and some at a time: a kilobyte can hold 32 MiB."""

from __future__ import annotations

import re
import sys
import zlib
from functools import partial
from typing import TYPE_CHECKING, Protocol

from mockllm_cli.server.head import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["decode", "decoding"]

_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_STEP = 2_097_152
"""Bytes of text made at a time: some milliseconds."""
_PIECE = 131_072
"""Bytes looked at at a time: the decoders copy what is left of them."""
_BEGINS = {
    "gzip": re.compile(rb"\x1f\x8b"),
    "x-gzip": re.compile(rb"\x1f\x8b"),
    "zstd": re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"),
}
"""How the next member of what may have several begins: RFC 1952, 2.2; RFC 8878, 3.1."""
_MEMBERS = 10_000
"""Members of a body: each costs something, and an empty one is a few bytes."""
_TOGETHER = 64
"""Of these so many in a turn."""


class _Decoder(Protocol):
    """What zlib and zstd have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes | memoryview, max_length: int, /) -> bytes: ...


def decode(coding: str, body: bytes, limit: int) -> bytes:
    """Return the decoded body.

    Raises:
        BadRequest: as ``decoding`` does.
    """
    return b"".join(decoding(coding, body, limit))


def decoding(coding: str, body: bytes, limit: int) -> Iterator[bytes]:
    """Yield the decoded body, some at a time; others may have their turn in between.

    What is long and what is empty took as long as a turn may; gzip and zstd may have several members, one behind
    the other.

    Raises:
        BadRequest: 415 for an unknown coding, 400 for a damaged body, 413 past the limit.
    """
    if coding in ("", "identity"):
        yield body
        return
    if coding not in (*_WINDOW, "zstd"):
        raise BadRequest(
            415, f"content-encoding {coding[:20]} is not understood; gzip, deflate and zstd are."
        )
    begin, wrong = _zstd() if coding == "zstd" else _zlib(coding, body)
    decoder, members = begin(), 1
    unread, made, at = memoryview(body), 0, 0
    while True:
        # zlib hands back what it has not looked at, zstd keeps it
        piece = unread[at : at + _PIECE] if getattr(decoder, "needs_input", True) else b""
        try:
            part = decoder.decompress(piece, min(_STEP, limit + 1 - made))
        except wrong as error:
            raise BadRequest(400, f"The request body is not {coding}.") from error
        left = decoder.unused_data if decoder.eof else getattr(decoder, "unconsumed_tail", b"")
        at += len(piece) - len(left)
        made += len(part)
        if made > limit:
            raise BadRequest(413, f"The decoded request body is longer than {limit} bytes.")
        if part or not decoder.eof:
            yield part
        if decoder.eof:
            if at == len(body):
                return
            _check_next(coding, body, at, members)
            if members % _TOGETHER == 0:
                yield b""
            decoder, members = begin(), members + 1
        elif not part and at == len(body):
            raise BadRequest(400, f"The request body ends before its {coding} data does.")


def _check_next(coding: str, body: bytes, at: int, members: int) -> None:
    """See that what stands there is not lost without a word: it is one more member."""
    begins = _BEGINS.get(coding)
    if begins is None or begins.match(body, at) is None:
        raise BadRequest(400, f"The request body goes on behind its {coding} data.")
    if members == _MEMBERS:
        raise BadRequest(413, f"The request body has more than {_MEMBERS} {coding} members.")


def _zlib(coding: str, body: bytes) -> tuple[Callable[[], _Decoder], type[Exception]]:
    window = _WINDOW[coding]
    if coding == "deflate" and body[:1] and (body[0] & 0x0F) != 8:
        window = -15  # raw deflate, which many clients send under that name
    return partial(zlib.decompressobj, window), zlib.error


def _zstd() -> tuple[Callable[[], _Decoder], type[Exception]]:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    # a frame may ask for a window of 2 GiB; RFC 9659 lets it have 8 MiB on the web
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 23}
    return partial(zstd.ZstdDecompressor, options=options), zstd.ZstdError
