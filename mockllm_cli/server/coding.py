"""Content encodings: of request bodies undone within a limit, of answers applied when the client asks."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from mockllm_core.frame import Frame, Pause, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mockllm_core.exchange import HttpResponse
    from mockllm_core.frame import Step

__all__ = ["Coding", "coding_of", "encoded"]

_NEVER = re.compile(r"q=0(\.0*)?")


Coding: TypeAlias = Literal["br", "gzip"]
"""How an answer can be encoded."""

_CLOUDFLARE = frozenset({"openai-chat", "openai-completions", "openai-responses", "anthropic-messages"})
"""What answers in Brotli those who take it, and in gzip all others who take that."""
_GOOGLE = frozenset({"google-genai", "anthropic-vertex"})
"""What answers in gzip."""
_STREAMS = frozenset({"anthropic-messages", "google-genai", "anthropic-vertex"})
"""What encodes streams, too; recorded streams of OpenAI are never encoded, and AWS and Azure encode nothing."""
_SHORTEST = 48
"""Bytes from which on an answer is encoded."""


def coding_of(protocol: str, accepted: str, *, stream: bool) -> Coding | None:
    """Return how the provider encodes such an answer for an ``accept-encoding`` header, None for not at all.

    Sources: the recordings with ``content-encoding: gzip``, all of which were asked for by ``gzip, deflate``; Brotli as
    clients met it at OpenAI (JSON only) and Anthropic (JSON and streams).
    """
    cloudflare = protocol in _CLOUDFLARE
    if not (cloudflare or protocol in _GOOGLE) or (stream and protocol not in _STREAMS):
        return None
    taken = _accepted(accepted)
    if cloudflare and "br" in taken and _brotli() is not None:
        return "br"
    return "gzip" if "gzip" in taken else None


def _accepted(header: str) -> set[str]:
    """Return the codings that a client takes; ``gzip;q=0`` is not one."""
    taken: set[str] = set()
    for one in header.lower().split(","):
        coding, _, weight = one.partition(";")
        if _NEVER.fullmatch(weight.replace(" ", "")) is None:
            taken.add(coding.strip().removeprefix("x-"))
    return taken


@lru_cache(maxsize=1)
def _brotli() -> Callable[[], _Brotli] | None:
    """Return what makes an encoder, None where the package ``brotli`` is not installed."""
    try:
        import brotli
    except ImportError:
        return None
    return partial(brotli.Compressor, quality=4)


class _Brotli(Protocol):
    def process(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...

    def finish(self) -> bytes: ...


class _Coder:
    """Encodes one answer.

    Args:
        coding: how.
        size: bytes of the answer, None where nobody knows: a short one needs little memory, which is half its cost.

    Attributes:
        add: from more of the answer to what can be sent of it.
        flush: to the bytes after which all that was added can be read.
        finish: to the last ones.
    """

    def __init__(self, coding: Coding, size: int | None) -> None:
        made = _brotli() if coding == "br" else None
        if made is not None:
            brotli = made()
            self.add, self.flush, self.finish = brotli.process, brotli.flush, brotli.finish
            return
        window = _WIDEST if size is None else min(_WIDEST, max(_NARROWEST, size.bit_length()))
        gzip = zlib.compressobj(
            _QUICK, zlib.DEFLATED, _AS_GZIP + window, zlib.DEF_MEM_LEVEL - 2 * (window < _WIDEST)
        )
        self.add, self.flush, self.finish = gzip.compress, partial(gzip.flush, zlib.Z_SYNC_FLUSH), gzip.flush


_QUICK = 1
_AS_GZIP = 16
_NARROWEST, _WIDEST = 10, zlib.MAX_WBITS
"""Bits of the window in which texts are found again."""


def encoded(response: HttpResponse, coding: Coding) -> HttpResponse:
    """Return the response encoded: in chunks, as the recorded ones are, since its length is known too late.

    Of a stream, every run of frames can be read as soon as it is there.
    """
    if response.body is not None and len(response.body) < _SHORTEST:
        return response
    headers = (*response.headers, ("content-encoding", coding))
    if all(name != "vary" for name, _ in headers):
        headers = (*headers, ("vary", "Accept-Encoding"))
    if response.body is None:
        return replace(response, headers=headers, steps=_flushed(response.steps, _Coder(coding, None)))
    coder = _Coder(coding, len(response.body))
    whole = Frame("", coder.add(response.body) + coder.finish())
    return replace(response, headers=headers, body=None, steps=(whole,))


def _flushed(steps: Iterable[Step], coder: _Coder) -> Iterator[Step]:
    for step in steps:
        if isinstance(step, Pause):
            yield step
            continue
        wire = coder.add(step.wire) + coder.flush()
        yield Run(wire, step.number, _uncut) if isinstance(step, Run) else Frame(step.event, wire)
    yield Run(coder.finish(), 0, _uncut)


def _uncut(wire: bytes) -> tuple[Frame, ...]:
    """Return what cannot be cut any more."""
    return (Frame("", wire),)
