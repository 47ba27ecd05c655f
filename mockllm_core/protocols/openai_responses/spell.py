r"""JSON as this API writes it: jsontext's, but for the numbers, and templates with holes for what varies.

Numbers are the shortest that read back, as Python's are, yet with a plain exponent and only below 1e-5:
``0.00002``, ``2e-6``, ``-1.9e-7``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core import jsontext, sse
from mockllm_core.frame import batches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mockllm_core.frame import Frame, Json
    from mockllm_core.stamp import Stamp

__all__ = [
    "HOLE",
    "WORD",
    "Delta",
    "Template",
    "Told",
    "ascii_only",
    "compact",
    "deltas",
    "event",
    "listed",
    "number",
    "pretty",
    "template",
    "text",
    "written",
]

HOLE = "<json>"
"""Stands in a template where JSON text goes."""
WORD = "<word>"
"""The same inside quotes, where text goes that needs no escape."""

_EXPONENT = re.compile(r"(?:^|[:\[,\s])-?\d[\d.]*e[-+]?\d")
"""Finds every number with an exponent, and little else: an id's hex digits follow other characters."""
_BEYOND = re.compile(r"[^\x00-\x7f]+")
_BATCH = 40


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
    return ascii_only(text)


def ascii_only(text: str) -> str:
    """Return JSON text with everything beyond ASCII escaped."""
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


def text(value: Json, *, whole: bool, depth: int) -> str:
    """Return JSON as it stands in a stream, or ``depth`` levels deep in a whole body."""
    if not whole:
        return compact(value)
    return (
        pretty(value).replace("\n", "\n" + "  " * depth) if isinstance(value, dict | list) else pretty(value)
    )


def listed(texts: Sequence[str], *, whole: bool, depth: int) -> str:
    """Return a list of JSON texts; in a whole body its key is ``depth`` levels deep, and the texts one more."""
    if not texts:
        return "[]"
    if not whole:
        return f"[{','.join(texts)}]"
    line = "\n" + "  " * depth
    return f"[{line}  {f',{line}  '.join(texts)}{line}]"


# -- templates --------------------------------------------------------------------------------------------------


Told = tuple[str, int]
"""Events as framed text, and how many they are."""


class Template(NamedTuple):
    """JSON with holes, to be filled by ``%``; indexed by whether it stands in a whole body."""

    streamed: str
    whole: str


def template(value: Json, depth: int = 0) -> Template:
    """Return a value of ours, with HOLE and WORD in it, as it stands in a stream and so deep in a whole body."""
    return Template(_holes(compact(value)), _holes(text(value, whole=True, depth=depth)))


def written(payload: dict[str, Json]) -> str:
    """Return an event with HOLE and WORD in it, framed, to be filled by ``%``; key order is the payload's."""
    return _holes(f"event: {payload['type']}\ndata: {compact(payload)}\n\n")


def _holes(spelled: str) -> str:
    spelled = spelled.replace("%", "%%")
    return spelled.replace(f'"{HOLE}"', "%s").replace(WORD, "%s")


def event(payload: dict[str, Json]) -> Frame:
    """Return one event, named as its ``type``; key order is the payload's."""
    return sse.event(payload["type"], compact(payload))


class Delta(NamedTuple):
    """The text of an event that comes for each piece, but for what differs from piece to piece.

    Attributes:
        head: its name line, and its payload up to the delta's opening quote.
        item: from the delta's closing quote on: the item's id, and logprobs if there are any.
        place: from there to the number.
        tail: what follows the number.
        logprobs: one JSON value a piece, where ``item`` ends before it.
        plain: no piece has a character that is escaped.
    """

    head: str
    item: str
    place: str
    tail: str
    logprobs: tuple[Json, ...] | None = None
    plain: bool = False


def deltas(
    one: Delta, pieces: tuple[str, ...], number: int, stamp: Stamp | None, around: tuple[str, str, int]
) -> Iterable[Told]:
    """Return one event per piece between others: in one text, unless they are many.

    Args:
        one: the event.
        pieces: the texts of the deltas.
        number: of the first event.
        stamp: where the obfuscation comes from; None for none.
        around: the event before them, if there is one, the events after them, and how many both are.

    The obfuscation is as many of A-Z, a-z, 0-9 as fill the delta up to a multiple of 16 characters, at most 15.
    """
    count = len(pieces)
    if count > _BATCH:
        return _batches(one, pieces, number, stamp, around)
    opening, closing, more = around
    return ((f"{opening}{_batch(one, pieces, number, stamp, number + count)}{closing}", count + more),)


def _batches(
    one: Delta, pieces: tuple[str, ...], number: int, stamp: Stamp | None, around: tuple[str, str, int]
) -> Iterator[Told]:
    opening, closing, more = around
    end = number + len(pieces)
    yield opening, 1 if opening else 0
    for at, until in batches(len(pieces)):
        batch = pieces[at:until]
        some = one if one.logprobs is None else one._replace(logprobs=one.logprobs[at:until])
        yield _batch(some, batch, number + at, stamp, end), len(batch)
    yield closing, more - 1 if opening else more


def _batch(one: Delta, pieces: tuple[str, ...], number: int, stamp: Stamp | None, end: int) -> str:
    """Return the events of so many pieces; ``end`` is the number after the last of all."""
    if not pieces:
        return ""
    head, item, place, tail, logprobs, plain = one
    spelled = pieces if plain else jsontext.escaped(pieces)
    if logprobs is not None:
        spelled = [f"{text}{item}{compact(told)}" for text, told in zip(spelled, logprobs, strict=True)]
        item = ""
    if stamp is None:
        before = f"{item}{place}"
        between = [f"{text}{before}{nth}" for nth, text in enumerate(spelled, number)]
    else:
        before, after, last = f'{item},"obfuscation":"', f'"{place}', number + len(pieces)
        noise, starts = stamp.noise_cuts(end, number, last)
        between = [
            f"{text}{before}{noise[start : start + -size % 16]}{after}{nth}"
            for text, size, nth, start in zip(
                spelled, map(len, pieces), range(number, last), starts, strict=True
            )
        ]
    return f"{head}{f'{tail}{head}'.join(between)}{tail}"
