r"""JSON as this API writes it: jsontext's, but for the numbers, and the templates of delta events.

Numbers are the shortest that read back, as Python's are, yet with a plain exponent and only below 1e-5:
``0.00002``, ``2e-6``, ``-1.9e-7``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockllm_core import jsontext, sse
from mockllm_core.frame import Frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from itertools import count

    from mockllm_core.frame import Json
    from mockllm_core.stamp import Stamp

__all__ = ["compact", "deltas", "event", "number", "pretty"]

_EXPONENT = re.compile(r"(?:^|[:\[,\s])-?\d[\d.]*e[-+]?\d")
"""Finds every number with an exponent, and little else: an id's hex digits follow other characters."""
_BEYOND = re.compile(r"[^\x00-\x7f]+")
_HOLE = re.compile(r'"<(?:delta|logprobs|noise|sequence)>"')


def number(value: float) -> str:
    """Return a float's shortest spelling.

    >>> number(1.0), number(2.5e-05), number(2e-06), number(1e22)
    ('1.0', '0.000025', '2e-6', '1e22')
    """
    text = float.__repr__(value)
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return text
    power = int(exponent)
    if power != -5:
        return f"{mantissa}e{power}"
    sign = "-" if mantissa.startswith("-") else ""
    return f"{sign}0.0000{mantissa.removeprefix('-').replace('.', '')}"


def compact(value: Json) -> str:
    """Return JSON without spaces."""
    text = jsontext.compact(value)
    return "".join(_spelled(value, None)) if _has_exponent(text) else text


def pretty(value: Json) -> str:
    r"""Return JSON with an indent of two spaces and no final newline, in ASCII.

    A whole body escapes what an event spells raw: recorded so in August 2025 and March 2026.

    >>> pretty("na\u00efve \U0001f388")
    '"na\\u00efve \\ud83c\\udf88"'
    """
    text = jsontext.pretty(value)
    if _has_exponent(text):
        text = "".join(_spelled(value, "\n"))
    return text if text.isascii() else _BEYOND.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _has_exponent(text: str) -> bool:
    """Whether JSON text of Python's seems to hold a number with an exponent, which always has a sign there."""
    return ("e-" in text or "e+" in text) and _EXPONENT.search(text) is not None


def _spelled(value: Json, line: str | None) -> Iterator[str]:
    """Yield JSON piece by piece; ``line`` is a line break with its indent, None for none.

    Only for the rare values that hold a number with an exponent: the standard encoder cannot be told how to
    write one.
    """
    if isinstance(value, float):
        yield number(value)
    elif isinstance(value, dict | list) and value:
        pairs: Iterable[tuple[str, Json]] = (
            [(jsontext.quote(key) + (":" if line is None else ": "), held) for key, held in value.items()]
            if isinstance(value, dict)
            else [("", held) for held in value]
        )
        inner = None if line is None else line + "  "
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        for nth, (key, held) in enumerate(pairs):
            yield ("," if nth else opening) + (inner or "") + key
            yield from _spelled(held, inner)
        yield (line or "") + closing
    else:
        yield jsontext.compact(value)


def event(payload: dict[str, Json]) -> Frame:
    """Return one event, named as its ``type``; key order is the payload's."""
    return sse.event(payload["type"], compact(payload))


def deltas(
    payload: dict[str, Json],
    pieces: Iterable[str],
    sequence: count[int],
    stamp: Stamp,
    *,
    logprobs: tuple[Json, ...] | None = None,
    noisy: bool = True,
) -> Iterator[Frame]:
    """Yield one event per piece from a template: the payload, encoded once, with holes.

    Args:
        payload: keys in wire order; ``<delta>``, ``<logprobs>``, ``<noise>`` and ``<sequence>`` mark the holes.
        pieces: the texts of the deltas.
        sequence: the stream's counter.
        stamp: where the obfuscation comes from.
        logprobs: one JSON value a piece; None is an empty list.
        noisy: False leaves out ``obfuscation``.

    The obfuscation is as many of A-Z, a-z, 0-9 as fill the delta up to a multiple of 16 characters, at most 15.
    """
    if not noisy:
        payload = {key: held for key, held in payload.items() if key != "obfuscation"}
    name = payload["type"]
    parts = _HOLE.split(f"event: {name}\ndata: {jsontext.compact(payload)}\n\n")
    head, tail, start = parts[0], parts[-1], len(f"event: {name}\ndata: ")
    between = parts[1:-1]
    for nth, piece in enumerate(pieces):
        number = next(sequence)
        text = head + jsontext.quote(piece)
        at = 0
        if "logprobs" in payload:
            text += between[0] + (compact(logprobs[nth]) if logprobs else "[]")
            at = 1
        if noisy:
            text += between[at] + '"' + stamp.noise(-len(piece) % 16, number) + '"'
            at += 1
        wire = f"{text}{between[at]}{number}{tail}".encode()
        yield Frame(name, wire, start, len(wire) - 2)
