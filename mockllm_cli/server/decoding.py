"""Content encodings of request bodies, undone within a limit and some at a time: a kilobyte can hold 32 MiB."""

from __future__ import annotations

import sys
import zlib
from typing import TYPE_CHECKING, Protocol

from mockllm_cli.server.head import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["decode", "decoding"]

_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_STEP = 2_097_152
"""Bytes of text made at a time: some milliseconds."""


class _Decoder(Protocol):
    """What zlib and zstd have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def decode(coding: str, body: bytes, limit: int) -> bytes:
    """Return the decoded body.

    Raises:
        BadRequest: as ``decoding`` does.
    """
    return b"".join(decoding(coding, body, limit))


def decoding(coding: str, body: bytes, limit: int) -> Iterator[bytes]:
    """Yield the decoded body, some at a time; others may have their turn in between.

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
    decoder, wrong = _zstd() if coding == "zstd" else _zlib(coding, body)
    made, rest = 0, body
    while not decoder.eof:
        try:
            part = decoder.decompress(rest, min(_STEP, limit + 1 - made))
        except wrong as error:
            raise BadRequest(400, f"The request body is not {coding}.") from error
        made += len(part)
        if made > limit:
            raise BadRequest(413, f"The decoded request body is longer than {limit} bytes.")
        # zlib hands back what it has not looked at, zstd keeps it
        rest = getattr(decoder, "unconsumed_tail", b"")
        if not part and not decoder.eof:
            raise BadRequest(400, f"The request body ends before its {coding} data does.")
        yield part
    if decoder.unused_data:
        # what stands behind it would be lost without a word
        raise BadRequest(400, f"The request body goes on behind its {coding} data.")


def _zlib(coding: str, body: bytes) -> tuple[_Decoder, type[Exception]]:
    window = _WINDOW[coding]
    if coding == "deflate" and body[:1] and (body[0] & 0x0F) != 8:
        window = -15  # raw deflate, which many clients send under that name
    return zlib.decompressobj(window), zlib.error


def _zstd() -> tuple[_Decoder, type[Exception]]:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    # a frame may ask for a window of 2 GiB; RFC 9659 lets it have 8 MiB on the web
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 23}
    return zstd.ZstdDecompressor(options=options), zstd.ZstdError
