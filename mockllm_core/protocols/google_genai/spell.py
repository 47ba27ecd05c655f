r"""JSON text as Google's servers write it.

Two spellings of one printer: airy, ``{"a": [1,2]}``, the pretty form with its line breaks taken out, in
server-sent events; and pretty, two spaces of indent, everywhere else. Beside what JSON demands they escape ``<``
and ``>`` (recorded as ``\u003c``, ``\u003e``), DEL, the C1 controls and the invisible characters that protobuf's
JSON writer lists (https://github.com/protocolbuffers/protobuf, json_escaping.cc). Numbers are protobuf doubles: a
whole one has no ``.0``, others have 15 digits where those suffice and 17 where they do not.
"""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING, Self

from mockllm_core import jsontext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockllm_core.frame import Json

__all__ = ["Number", "airy", "number", "pretty", "quote", "quotes", "spelled"]

_ESCAPED = re.compile(
    "[<>\x7f-\x9f\u00ad\u0600-\u0603\u06dd\u070f\u17b4\u17b5\u200b-\u200f\u202a-\u202e\u2060-\u2064"
    "\u206a-\u206f\ufeff\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]"
)


_ATOMS = frozenset([str, int, bool, type(None)])


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 | code >> 10:04x}\\u{0xDC00 | code & 0x3FF:04x}"


def _escaped(text: str) -> str:
    """Escape what JSON leaves alone; of ASCII that is three characters."""
    if text.isascii() and not ("<" in text or ">" in text or "\x7f" in text):
        return text
    return _ESCAPED.sub(_escape, text)


def quote(text: str) -> str:
    """Return one JSON string, quotes included."""
    return _escaped(jsontext.quote(text))


def quotes(pieces: Sequence[str]) -> list[str]:
    """Return each text as one JSON string."""
    text = "".join(pieces)
    return jsontext.quotes(pieces) if text.isascii() and _escaped(text) is text else list(map(quote, pieces))


class Number(float):
    """A number that a reader took off the wire, with its spelling there; ``json.loads(parse_float=Number)``."""

    raw: str

    def __new__(cls, raw: str) -> Self:
        """Keep the spelling."""
        made = super().__new__(cls, raw)
        made.raw = raw
        return made


def number(value: float) -> str:
    """Return a number as a protobuf double prints."""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Number):
        return value.raw
    if not isfinite(value):
        return f'"{value}"'.replace("inf", "Infinity").replace("nan", "NaN")
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    short = f"{value:.15g}"
    return short if float(short) == value else f"{value:.17g}"


def airy(value: Json) -> str:
    """Return JSON on one line: a space after each colon, none after a comma."""
    return _escaped(jsontext.airy(value)) if _standard(value) else _spelled(value)


def _spelled(value: Json) -> str:
    """Return what ``airy`` does, for a value with a float that the standard encoder spells otherwise."""
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, dict):
        return "{" + ",".join([f"{quote(key)}: {_spelled(item)}" for key, item in value.items()]) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_spelled, value)) + "]"
    return number(value) if isinstance(value, float) else jsontext.airy(value)


def _standard(value: Json) -> bool:
    """Whether the standard encoder spells all of a value as it is spelled here; of floats it does most."""
    if isinstance(value, dict):
        value = value.values()
    elif isinstance(value, float):
        text = float.__repr__(value)
        odd = "e" in text or "n" in text or len(text) > 16 or text.endswith(".0")
        return (not odd and type(value) is float) or number(value) == text
    elif not isinstance(value, (list, tuple)):
        return True
    for item in value:  # noqa: SIM110 - a generator costs twice as much
        if type(item) not in _ATOMS and not _standard(item):
            return False
    return True


def pretty(value: Json, level: int = 0) -> str:
    """Return JSON with two spaces of indent and no final line break, as it stands ``level`` deep in a body."""
    if isinstance(value, str):
        return quote(value)
    if not value or not isinstance(value, (dict, list, tuple)):
        return airy(value)
    inner = "\n" + "  " * (level + 1)
    if isinstance(value, dict):
        opening, closing = "{}"
        items = [f"{quote(key)}: {pretty(item, level + 1)}" for key, item in value.items()]
    else:
        opening, closing = "[]"
        items = [pretty(item, level + 1) for item in value]
    return f"{opening}{inner}{f',{inner}'.join(items)}{inner[:-2]}{closing}"


def spelled(value: Json, level: int | None) -> str:
    """Return JSON as it stands ``level`` deep in a pretty body, or airy for None."""
    return airy(value) if level is None else pretty(value, level)
