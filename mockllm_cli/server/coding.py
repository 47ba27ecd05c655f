"""Content encodings: of request bodies undone within a limit, of answers applied when the client asks."""

from __future__ import annotations

import re
import sys
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from mockllm_cli.server.head import BadRequest
from mockllm_core.frame import Frame, Pause, frames

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockllm_core.exchange import HttpResponse
    from mockllm_core.frame import Step

__all__ = ["accepts_gzip", "decode", "gzipped"]

_NEVER = re.compile(r"q=0(\.0*)?")
_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class _Decoder(Protocol):
    """What zlib and zstd have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...


def decode(coding: str, body: bytes, limit: int) -> bytes:
    """Return the decoded body.

    Raises:
        BadRequest: 415 for an unknown coding, 400 for a damaged body, 413 past the limit.
    """
    if coding == "zstd":
        return _unzstd(body, limit)
    if coding not in _WINDOW:
        raise BadRequest(
            415, f"content-encoding {coding[:20]} is not understood; gzip, deflate and zstd are."
        )
    window = _WINDOW[coding]
    if coding == "deflate" and body[:1] and (body[0] & 0x0F) != 8:
        window = -15  # raw deflate, which many clients send under that name
    decoder = zlib.decompressobj(window)
    try:
        decoded = decoder.decompress(body, limit + 1)
    except zlib.error as error:
        raise BadRequest(400, f"The request body is not {coding}.") from error
    if len(decoded) > limit:
        raise BadRequest(413, f"The decoded request body is longer than {limit} bytes.")
    _check_end(coding, decoder)
    return decoded


def _check_end(coding: str, decoder: _Decoder) -> None:
    """Refuse a body of which the coding is a part only: what stands behind it would be lost without a word."""
    if not decoder.eof:
        raise BadRequest(400, f"The request body ends before its {coding} data does.")
    if decoder.unused_data:
        raise BadRequest(400, f"The request body goes on behind its {coding} data.")


def _unzstd(body: bytes, limit: int) -> bytes:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    # a frame may ask for a window of 2 GiB; RFC 9659 lets it have 8 MiB on the web
    decoder = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: 23})
    try:
        decoded = decoder.decompress(body, limit + 1)
    except zstd.ZstdError as error:
        raise BadRequest(400, "The request body is not zstd.") from error
    if len(decoded) > limit:
        raise BadRequest(413, f"The decoded request body is longer than {limit} bytes.")
    _check_end("zstd", decoder)
    return decoded


def accepts_gzip(accepted: str) -> bool:
    """Return whether an ``accept-encoding`` header takes gzip; ``gzip;q=0`` does not."""
    for one in accepted.lower().split(","):
        coding, _, weight = one.partition(";")
        if coding.strip() in ("gzip", "x-gzip"):
            return _NEVER.fullmatch(weight.replace(" ", "")) is None
    return False


def gzipped(response: HttpResponse) -> HttpResponse:
    """Return the response with its body gzipped; every frame can be read as soon as it is there."""
    headers = (*response.headers, ("content-encoding", "gzip"), ("vary", "Accept-Encoding"))
    if response.body is None:
        return replace(response, headers=headers, steps=_flushed(response.steps))
    coder = zlib.compressobj(wbits=_WINDOW["gzip"])
    return replace(response, headers=headers, body=coder.compress(response.body) + coder.flush())


def _flushed(steps: Iterable[Step]) -> Iterator[Step]:
    coder = zlib.compressobj(wbits=_WINDOW["gzip"])
    for step in steps:
        if isinstance(step, Pause):
            yield step
            continue
        for frame in frames((step,)):
            yield Frame(frame.event, coder.compress(frame.wire) + coder.flush(zlib.Z_SYNC_FLUSH))
    yield Frame("", coder.flush())
