"""Which requests are answered beside the loop, so that nobody waits for them: told by a look at their bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockllm_core.exchange import HttpRequest

__all__ = ["SCORED", "Beside"]

_LONG = 65_536
"""Bytes of a body that always takes long; for embeddings, long answers to short texts, one is enough."""
_SHORT = 1_024
"""The same for a body that may ask for many times its own length."""
SCORED = b"ogprobs"
_MANIFOLD = (b'"n"', b"andidate", SCORED)
"""What such a body has in it: several choices (``candidateCount``), or each token's rivals."""

_LONG_SCHEMA = 16_384
"""The same for a body with a schema or a grammar."""
_SCHEMA = (b"chema", b"arameters", b"rammar")
"""What stands before one."""
_MAZE = (
    b'"minI', b'"minL', b'"minP', b'"uniqueI', b'"depend', b'"pattern', b'"propertyN', b'"contains"', b'"$ref"',
    b'"not"', b'"if"', b'"oneOf"', b'"allOf"', b'grammar"',
)  # fmt: skip
"""The keywords by which a few bytes of a schema can ask for hundreds of milliseconds."""
_EMPTY = re.compile(rb'"enum"\s*:\s*\[\s*\]')
_DISGUISED = re.compile(rb"\\u00[2-7]")
"""A letter that may hide any of them."""

_QUICK = 0.01
"""Seconds of work that others may wait for."""
_MOST = 1_024


class Beside:
    """Judges requests, and learns which schemas are quick: most requests that have one come with the same again."""

    def __init__(self) -> None:
        self._quick: set[int] = set()

    def wanted(self, request: HttpRequest, style: str = "plausible") -> bool:
        """Tell whether a request may take long, when arguments are made in that style."""
        body = request.body
        schema = _has_schema(body)
        if _lasts(request, style, schema=schema):
            return True
        if not schema:
            return False
        asked = _asked(body)
        key = hash(asked)
        if key in self._quick:
            return False
        if _is_maze(asked):
            return True
        self._learn(key)
        return False

    def took(self, request: HttpRequest, seconds: float) -> None:
        """Learn how long a request took that was wanted here."""
        if seconds < _QUICK and len(request.body) <= _LONG_SCHEMA:
            self._learn(hash(_asked(request.body)))

    def _learn(self, key: int) -> None:
        if len(self._quick) >= _MOST:
            self._quick.clear()
        self._quick.add(key)


def _lasts(request: HttpRequest, style: str, *, schema: bool) -> bool:
    """Tell whether a request takes long whatever its schema is."""
    body = request.body
    size = len(body)
    if size > _LONG or (body and "mbed" in request.path):
        return True
    # a list is quicker than what any() would rather have
    if (schema or size > _SHORT) and any([word in body for word in _MANIFOLD]):  # noqa: C419
        return True
    return schema and (size > _LONG_SCHEMA or style != "plausible" or "x-mockllm-args" in request.headers)


def _has_schema(body: bytes) -> bool:
    # one byte is found quicker than words are; the smallest body with a schema has four
    return body.count(b"{") > 3 and (
        b"arameters" in body or b"chema" in body or b"rammar" in body or b"\\u00" in body
    )


def _asked(body: bytes) -> bytes:
    """Return a body from its first schema on: what the user says stands before, mostly."""
    if b"\\u00" in body and _DISGUISED.search(body):
        return body
    return body[min([at for word in _SCHEMA if (at := body.find(word)) >= 0], default=0) :]


def _is_maze(asked: bytes) -> bool:
    return (
        any(word in asked for word in _MAZE)
        or _EMPTY.search(asked) is not None
        or _DISGUISED.search(asked) is not None
    )
