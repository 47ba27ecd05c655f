"""A call's arguments in pieces, as Vertex AI streams them on Gemini 3 for ``streamFunctionCallArguments``.

Three streams of that kind are recorded, of April and May 2026 (github.com/vercel/ai, ``packages/google/src/
__fixtures__``: ``google-stream-tool-call-arguments``, ``google-vertex-stream-tool-call-arguments-nested.1``,
``google-stream-tool-call-array-arguments-missing-terminal-function-call``; a fourth, ``google-stream-no-args-tool-
call``, has calls without arguments). Each chunk has one ``functionCall``:

    {name, willContinue} ({partialArgs: [one], willContinue} | {willContinue})* {}

A text goes in as many parts as it comes in, each with ``willContinue``, and ends in an empty one without it; a number
comes at once. What has ended is told by the bracket behind it: after a text an object that closes is a chunk of its own,
``{willContinue}``, or ``{}`` where the whole call closes; a number that stands last takes that with it, so that its chunk
has no ``willContinue`` and no ``{}`` follows. No chunk has an id, and a call without arguments is its bare name.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from mockllm_core import jsontext
from mockllm_core.jsontext import compact
from mockllm_core.plan import Cut
from mockllm_core.protocols.google_genai.families import family
from mockllm_core.protocols.google_genai.options import pick
from mockllm_core.reply import ToolCall
from mockllm_core.unfinished import mended, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockllm_core.frame import Json
    from mockllm_core.protocols.google_genai.families import Family
    from mockllm_core.reply import Turn

__all__ = ["CUT", "asked", "calls", "ended", "trails", "wanted"]

CUT = Cut(text=48, arguments=48, dumps=compact)
"""How a reply is cut whose arguments come in pieces: those are cut as text is."""


def asked(body: Json) -> bool:
    """Tell whether a request asks for arguments in pieces."""
    config = pick(pick(body, "toolConfig"), "functionCallingConfig")
    return pick(config, "streamFunctionCallArguments") is True


def wanted(body: Json, model: str, *, vertex: bool) -> bool:
    """Tell whether arguments come in pieces; older models take the wish and send them whole."""
    return vertex and asked(body) and family(model).version >= (3, 0)


def trails(model: str) -> bool:
    """Tell whether a chunk of the empty text ends such a stream: recorded on Flash, not on Pro."""
    return "-pro" not in model


def calls(call: ToolCall, arguments: dict[str, Json]) -> list[dict[str, Json]]:
    """Return the ``functionCall`` of each chunk; texts are cut where the pieces of the arguments' JSON meet.

    There is none for arguments that hold an empty list or object: no part can say it, so they come whole.
    """
    opening: dict[str, Json] = {"name": call.name} | ({"id": call.id} if call.id else {})
    if not arguments:
        return [opening]
    if _hollow(arguments):
        return []
    pieces = call.pieces if len(call.pieces) > 1 and call.text == compact(arguments) else ()
    writer = _Writer(opening | {"willContinue": True}, pieces)
    writer.value(arguments, "$")
    return writer.left_open() if call.cut else writer.ended()


def ended(turn: Turn, form: Family) -> Turn:
    """Return a turn whose calls that are cut are as Gemini sends them: closed where they end, or not at all.

    Gemini 3.5 answers with ``MAX_TOKENS`` and the part of a large argument that was written (github.com/googleapis/
    js-genai/issues/1619, May 2026, where others of the same request end in ``MALFORMED_FUNCTION_CALL``); 2.5 with
    ``"content": {"role": "model"}`` (github.com/patterns-ai-core/langchainrb/pull/1023).
    """
    choices = []
    for choice in turn.choices:
        last = choice.blocks[-1] if choice.blocks else None
        if isinstance(last, ToolCall) and last.cut:
            kept = (_mended(last),) if form.version >= (3, 0) else ()
            choices.append(replace(choice, blocks=(*choice.blocks[:-1], *kept)))
        else:
            choices.append(choice)
    return replace(turn, choices=tuple(choices))


def _mended(call: ToolCall) -> ToolCall:
    """Return a call with all closed that is open in its arguments, cut where they were."""
    closed = mended(call.text)
    text = compact(closed)
    same = next(
        (at for at, (one, other) in enumerate(zip(text, call.text, strict=False)) if one != other), None
    )
    same = min(len(text), len(call.text)) if same is None else same
    *before, last = shortened(call.pieces, same) or ("",)
    return replace(call, arguments=closed, pieces=(*before, last + text[same:]))


def _hollow(value: Json) -> bool:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict | list):
            if not one:
                return True
            waiting += one.values() if isinstance(one, dict) else one
    return False


_SHORT = re.compile(r"[^\W\d]\w*\Z")
_UNIT = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.|.", re.DOTALL)


def _step(key: str) -> str:
    """Return an object's key as RFC 9535 has it behind the path to its object."""
    if _SHORT.match(key):
        return f".{key}"
    quoted = jsontext.quote(key)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"['{quoted}']"


class _Writer:
    """Walks arguments along their JSON text."""

    def __init__(self, opening: dict[str, Json], pieces: Sequence[str]) -> None:
        self._made = [opening]
        self._ends = list(accumulate(map(len, pieces)))
        self._at = 0
        self._text = self._closed = False

    def value(self, value: Json, path: str) -> None:
        """Write what stands at a path."""
        if isinstance(value, str):
            self._texts(value, path)
        elif isinstance(value, dict):
            for key, inner in value.items():
                self._at += 1 + len(jsontext.quote(key)) + 1  # what opens or parts, the key, the colon
                self.value(inner, path + _step(key))
            self._at += 1
            self._closed = True
        elif isinstance(value, list):
            for nth, inner in enumerate(value):
                self._at += 1
                self.value(inner, f"{path}[{nth}]")
            self._at += 1
        else:
            kind = "nullValue" if value is None else "boolValue" if isinstance(value, bool) else "numberValue"
            self._part({"jsonPath": path, kind: value}, text=False)
            self._at += len(compact(value))

    def ended(self) -> list[dict[str, Json]]:
        """Return all, the end of the call included."""
        if self._text:
            self._made.append({})
        else:
            del self._made[-1]["willContinue"]
        return self._made

    def left_open(self) -> list[dict[str, Json]]:
        """Return all of a call that ends in the middle: neither its last text nor itself is told to end."""
        last = self._made[-1].get("partialArgs")
        if last and last[0].get("stringValue") == "":
            del self._made[-1]
        return self._made

    def _texts(self, value: str, path: str) -> None:
        quoted = jsontext.quote(value)
        for piece in self._cut(value, quoted):
            self._part({"jsonPath": path, "stringValue": piece, "willContinue": True})
        self._part({"jsonPath": path, "stringValue": ""})
        self._at += len(quoted)

    def _cut(self, value: str, quoted: str) -> Iterator[str]:
        """Yield a text's pieces, none of them empty."""
        if not value:
            return
        first = bisect_right(self._ends, self._at + 1)
        last = bisect_right(self._ends, self._at + len(quoted) - 2)
        ends = [end - self._at - 1 for end in self._ends[first:last]]
        if ends and len(quoted) - 2 != len(value):  # no cut inside of an escape
            lengths = list(accumulate(len(unit) for unit in _UNIT.findall(quoted[1:-1])))
            ends = [bisect_right(lengths, end) for end in ends]
        for begin, end in pairwise((0, *ends, len(value))):
            if begin < end:
                yield value[begin:end]

    def _part(self, part: dict[str, Json], *, text: bool = True) -> None:
        if self._closed and self._text:
            self._made.append({"willContinue": True})
        self._made.append({"partialArgs": [part], "willContinue": True})
        self._text, self._closed = text, False
