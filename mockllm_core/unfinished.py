"""A call whose arguments end in the middle, as a cap on the answer's tokens leaves it, and what is whole of them.

A provider whose calls are text sends the text as far as it goes. One whose calls are objects sends the members that
were finished (Claude holds a parameter back until its value is whole), or closes what is open (Gemini 3).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockllm_core.frame import Json

__all__ = ["members", "mended", "shortened"]

_decoded = json.JSONDecoder().raw_decode
_blank = re.compile(r"[ \t\n\r]*").match
_letters = re.compile(r'(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*').match
_after_number = frozenset(",]} \t\n\r")


def members(text: str) -> tuple[dict[str, Json], int]:
    """Return the members of an object that are whole, and how many characters of its text go up to the last of them.

    A comma behind that is not among the characters; a number is whole when something stands behind it.
    """
    at = _past(text, 0)
    if text[at : at + 1] != "{":
        return {}, 0
    found, _, end = _read(text, at, _whole)
    return found, end


def mended(text: str) -> dict[str, Json]:
    """Return an object whose text ends in the middle, with all that is open closed: half a text stays, half a key goes."""
    try:
        value, _ = _mended(text, _past(text, 0))
    except (ValueError, RecursionError):
        return members(text)[0]
    return value if isinstance(value, dict) else {}


def shortened(pieces: Sequence[str], length: int) -> tuple[str, ...]:
    """Return the pieces of so many of their first characters."""
    kept: list[str] = []
    for piece in pieces:
        if length <= 0:
            break
        kept.append(piece[:length])
        length -= len(piece)
    return tuple(kept)


def _past(text: str, at: int) -> int:
    """Return where what is not blank goes on."""
    found = _blank(text, at)
    return found.end() if found else at


def _whole(text: str, at: int) -> tuple[Json, int]:
    """Return the value at a place and where it ends; ValueError where it does not."""
    try:
        value, end = _decoded(text, at)
    except RecursionError:
        raise ValueError from None
    if type(value) in (int, float) and text[end : end + 1] not in _after_number:
        raise ValueError
    return value, end


def _mended(text: str, at: int) -> tuple[Json, int]:
    """Return the value at a place, closed where the text ends inside of it; ValueError where nothing is to be seen."""
    opened = text[at : at + 1]
    if opened == '"':
        said = _letters(text, at + 1)
        end = said.end() if said else at + 1
        return json.loads(f'{text[at:end]}"', strict=False), end + 1
    if opened == "{":
        found, at, _ = _read(text, at, _mended)
        return found, at
    if opened != "[":
        return _whole(text, at)
    items: list[Json] = []
    at = _past(text, at + 1)
    while at < len(text) and text[at] != "]":
        try:
            item, at = _mended(text, at)
        except ValueError:
            return items, len(text)
        items.append(item)
        at = _past(text, at)
        if text[at : at + 1] == ",":
            at = _past(text, at + 1)
    return items, at + 1


def _read(
    text: str, at: int, value_at: Callable[[str, int], tuple[Json, int]]
) -> tuple[dict[str, Json], int, int]:
    """Return the members of the object at a place, where it ends (or the text), and where what is whole of it ends."""
    found: dict[str, Json] = {}
    end, at = 0, _past(text, at + 1)
    while at < len(text) and text[at] != "}":
        try:
            key, at = _whole(text, at)
            at = _past(text, at)
            if not isinstance(key, str) or text[at : at + 1] != ":":
                return found, len(text), end
            found[key], at = value_at(text, _past(text, at + 1))
        except ValueError:
            return found, len(text), end
        end = at
        at = _past(text, at)
        if text[at : at + 1] == ",":
            at = _past(text, at + 1)
    return (found, at + 1, at + 1) if at < len(text) else (found, at, end)
