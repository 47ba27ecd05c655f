"""Calls that come in pieces (``partial``), put together: from a stream, and from the contents of a request."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from mockllm_core import jsontext
from mockllm_core.jsontext import compact
from mockllm_core.protocols.google_genai.options import camel, many, pick, snake

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["Joiner", "steps", "whole"]

_STEP = re.compile(
    r"""\.([^.\[]+)|\[(\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]""", re.DOTALL
)
_KINDS: dict[str, tuple[type, ...]] = {
    "stringValue": (str,),
    "numberValue": (int, float),
    "boolValue": (bool,),
    "nullValue": (str, type(None)),
}
_DEEPEST = 512
"""Steps of the longest path that is read."""


def steps(path: Json) -> list[str | int] | None:
    """Return a JSON path as keys and indices; None when it is none of one place."""
    if not isinstance(path, str) or path[:1] != "$":
        return None
    found: list[str | int] = []
    at = 1
    while at < len(path) and len(found) < _DEEPEST:
        step = _STEP.match(path, at)
        if step is None:
            return None
        short, index, single, double = step.groups()
        if index is not None:
            found.append(int(index))
        elif short is not None:
            found.append(short)
        else:
            text = double if single is None else single.replace("\\'", "'").replace('"', '\\"')
            try:
                found.append(jsontext.parse(f'"{text}"'))
            except ValueError:
                return None
        at = step.end()
    return found if at == len(path) else None


class Joiner:
    """Puts a call's arguments together from their parts; what was said in several pieces stays so."""

    def __init__(self) -> None:
        self._arguments: dict[str, Json] = {}
        self._texts: dict[tuple[str | int, ...], list[str]] = {}
        self._open: tuple[str | int, ...] | None = None

    def take(self, part: Json) -> str:
        """Take one of ``partialArgs``; return what is wrong with it, ``""`` for nothing."""
        if not isinstance(part, dict):
            return "a partial argument is no object"
        path = steps(part.get("jsonPath"))
        kinds = [kind for kind in _KINDS if kind in part]
        if not path or len(kinds) != 1:
            return "a partial argument needs the path of one place, and one value"
        place = tuple(path)
        value: Json = part[kinds[0]]
        if not _fits(value, kinds[0]):
            return f"{kinds[0]} holds another kind of value"
        begun = place == self._open
        self._open = place if part.get("willContinue") is True else None
        if kinds[0] == "stringValue":
            if begun:
                self._texts[place].append(value)
                return ""
            self._texts[place] = [value]
        elif kinds[0] == "nullValue":
            value = None
        return "" if self._put(path, value) else "a partial argument stands where something else does"

    def _put(self, path: list[str | int], value: Json) -> bool:
        held: Json = self._arguments
        for step, following in pairwise(path):
            made: Json = [] if isinstance(following, int) else {}
            inner = _entry(held, step)
            if not isinstance(inner, type(made)):
                if inner is not None or not _set(held, step, made):
                    return False
                inner = made
            held = inner
        return _set(held, path[-1], value)

    def pieces(self) -> tuple[str, ...]:
        """Return the arguments' JSON text, cut where the texts in it were."""
        made: list[list[str]] = [[]]
        self._spell(self._arguments, (), made)
        return tuple(map("".join, made))

    def _spell(self, value: Json, place: tuple[str | int, ...], made: list[list[str]]) -> None:
        if isinstance(value, dict):
            for nth, (key, inner) in enumerate(value.items()):
                made[-1] += "," if nth else "{", jsontext.quote(key), ":"
                self._spell(inner, (*place, key), made)
            made[-1].append("}" if value else "{}")
        elif isinstance(value, list):
            for nth, inner in enumerate(value):
                made[-1].append("," if nth else "[")
                self._spell(inner, (*place, nth), made)
            made[-1].append("]" if value else "[]")
        elif isinstance(value, str):
            first, *others = [piece for piece in self._texts.get(place, ()) if piece] or [value]
            made[-1] += '"', jsontext.quote(first)[1:-1]
            made += [[jsontext.quote(piece)[1:-1]] for piece in others]
            made[-1].append('"')
        else:
            made[-1].append(compact(value))


def _fits(value: Json, kind: str) -> bool:
    return isinstance(value, _KINDS[kind]) and isinstance(value, bool) == (kind == "boolValue")


def whole(body: Json) -> Json:
    """Return a request with the calls whole that come back in pieces, as a client had them from a stream.

    Who streams with google-genai sends each chunk's content back as it was, and Vertex AI takes it (the recorded tests
    ``test_function_call_streaming.py`` of googleapis/python-genai): the pieces go into the part with the call's name.
    """
    contents = many(body, "contents")
    if not any(_is_piece(part) for content in contents for part in many(content, "parts")):
        return body
    made: list[Json] = []
    call: dict[str, Json] | None = None
    joiners: list[tuple[dict[str, Json], Joiner]] = []
    for content in contents:
        if not isinstance(content, dict):
            made.append(content)
            continue
        parts: list[Json] = []
        for part in many(content, "parts"):
            piece = pick(part, "functionCall") if _is_piece(part) else None
            if piece is None:
                parts.append(part)
                continue
            name, given = pick(piece, "name"), many(piece, "partialArgs")
            if name and not (call and given and call["name"] == name):
                call = {"name": name, "id": pick(piece, "id")}
                joiners.append((call, Joiner()))
                kept = {key: value for key, value in part.items() if snake(key) != "function_call"}
                parts.append({"functionCall": call, **kept})
            elif call is None:
                parts.append(part)
                continue
            for one in given:
                joiners[-1][1].take({camel(key): value for key, value in one.items()})
            if pick(piece, "willContinue") is not True:
                call = None
        if parts or not many(content, "parts"):
            made.append({**content, "parts": parts})
    for call, joiner in joiners:
        call["args"] = jsontext.parse("".join(joiner.pieces()))
    return {**body, "contents": made}


def _is_piece(part: Json) -> bool:
    call = pick(part, "functionCall") if isinstance(part, dict) and "text" not in part else None
    return isinstance(call, dict) and (
        not pick(call, "name") or bool(many(call, "partialArgs")) or pick(call, "willContinue") is True
    )


def _entry(held: Json, step: str | int) -> Json:
    """Return what stands at a step, None for nothing."""
    if isinstance(held, list):
        return held[step] if isinstance(step, int) and step < len(held) else None
    return held.get(step)


def _set(held: Json, step: str | int, value: Json) -> bool:
    """Put a value at a step; False where there is no such place: a list grows by one at a time."""
    if isinstance(held, list):
        if not isinstance(step, int) or step > len(held):
            return False
        held[step : step + 1] = [value]
        return True
    if not isinstance(step, str):
        return False
    held[step] = value
    return True
