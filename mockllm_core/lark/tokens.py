"""Cut a Lark grammar into tokens as llguidance's lexer does: the longest, and never a step back.

Where a token could still go on and does not, the grammar is refused even if a shorter token would have fit: ``a~2..5``
is a number ``2.`` and a dot, so refused (as a public report of August 2026 measured on Azure, twelve times of twelve).
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mockllm_core.lark.forms import Forms
from mockllm_core.lark.places import GrammarError, highlighted
from mockllm_core.lark.rust_regex import read
from mockllm_core.record import record

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.lark.forms import Form

__all__ = ["SHOWN", "Token", "tokens"]

_LITERALS = (
    "->", ":", ",", ".", "..", "%declare", "%llguidance", "%ignore", "%import", "%override", "%json", "%regex",
    "%lark", "%if", "(", ")", "{", "}", "[", "]", "~", "|", "&", "=", "#", "_", "::",
)  # fmt: skip
_PATTERNS = {
    "op": "[+*?]",
    "rule": r"!?[_?]?[a-z][_a-z0-9\-]*",
    "token": r"_?[A-Z][_A-Z0-9\-]*",
    "string": r'"(\\([\"\\\/bfnrt]|u[a-fA-F0-9]{4})|[^\"\\\x00-\x1F\x7F])*"(i|)',
    "regexp": r"/(\\.|[^/\\])+/[imslux]*",
    "number": r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?",
    "hex": "0[xX][0-9a-fA-F]+",
    "newline": r"(\r?\n)+[ \t]*",
    "special": r"<[^<>\s]+>",
    "reference": r"@[a-zA-Z0-9_\-]+",
}
_SKIPPED = r"((#|//)[^\n]*)|[ \t]+"
_STRING = re.compile(r'"(?:\\.|[^"\\])*"')
_JSON = ("%json", "%llguidance", "%regex")
SHOWN = {
    "op": "'+' or '*' or '?'",
    "rule": "'rule_name'",
    "token": "'TOKEN_NAME'",
    "string": '"string..."',
    "regexp": "/regexp.../",
    "number": "a number",
    "hex": "a 0x-hex-number",
    "newline": "'\\n'",
    "special": "<special_token>",
    "reference": "@grammar_name",
}
"""What messages call a kind; a literal stands in quotes."""


@record()
class Token:
    """A token.

    Attributes:
        kind: of the patterns, or the literal itself.
        text: as it stands there.
        line: where, from 1 on.
        column: the same, in bytes.
        value: the JSON behind ``%json`` and the like.
    """

    kind: str
    text: str
    line: int
    column: int
    value: Json = None


class _Machine:
    """Knows after each character which tokens may still go on."""

    def __init__(self) -> None:
        self._forms = forms = Forms()
        kinds = {"skip": read(_SKIPPED, forms), **{literal: forms.text(literal) for literal in _LITERALS}}
        kinds.update((kind, read(pattern, forms)) for kind, pattern in _PATTERNS.items())
        self.start: tuple[tuple[str, Form], ...] = tuple(kinds.items())
        self._after: dict[tuple[object, str], tuple[tuple[str, Form], ...]] = {}

    def after(self, state: tuple[tuple[str, Form], ...], char: str) -> tuple[tuple[str, Form], ...]:
        # all characters beyond ASCII are alike to the tokens, but for spaces
        char = char if char.isascii() else "\u2003" if char.isspace() else "\u00e9"
        key = (state, char)
        found = self._after.get(key)
        if found is None:
            forms = self._forms
            moved = ((kind, forms.after(form, char)) for kind, form in state)
            found = self._after[key] = tuple((kind, form) for kind, form in moved if form is not forms.none)
        return found


@lru_cache(maxsize=1)
def _machine() -> _Machine:
    return _Machine()


def tokens(definition: str) -> list[Token]:
    """Return the tokens of a grammar.

    Raises:
        GrammarError: there is none at some place.
    """
    machine, source = _machine(), definition + "\n"
    found: list[Token] = []
    at, line, column, early = 0, 1, 1, True
    while at < len(source):
        kind, end, final = _next(machine, source, at, (line, column))
        text, value, place = source[at:end], None, (line, column - (early and at > 0))
        # where nothing longer could follow, the next token's place is told as that of this one's last character: that is
        # seen of each character but the first, unless the token before ended so, too
        early = final and (early or end - at > 1)
        if kind in _JSON:
            value, end = _json(kind, source, end)
        # one character of JSON is not counted
        line, column = _moved(source[at : end - (kind in _JSON)], line, column)
        if kind != "skip":
            found.append(Token(kind, text, *place, value))
        at = end
    return found


def _next(machine: _Machine, source: str, at: int, place: tuple[int, int]) -> tuple[str, int, bool]:
    """Return the kind of the next token, where it ends, and whether it could not have gone on."""
    state, end = machine.start, at
    while end < len(source):
        after = machine.after(state, source[end])
        if not after:
            break
        state = after
        end += 1
    kind = next((kind for kind, form in state if form.nullable), None) if end > at else None
    if kind is None:
        line, column = _moved(source[at:end], *place)
        raise GrammarError(f"{line}({column}): lexer error\n{highlighted(source, line, column)}")
    return kind, end, all(form.kind == "empty" for _, form in state)


def _moved(text: str, line: int, column: int) -> tuple[int, int]:
    """Return the line and column behind a text."""
    head, newline, tail = text.rpartition("\n")
    width = len(tail.encode("utf-8", "surrogatepass"))
    if not newline:
        return line, column + width
    return line + head.count("\n") + 1, width + 1


def _json(kind: str, source: str, at: int) -> tuple[Json, int]:
    """Read the value behind a keyword; the words for a fault are serde's, the place is not told by either."""
    start = at
    while start < len(source) and source[start] in " \t\r\n":
        start += 1
    called = "%regex" if kind == "%regex" else f'"{kind}"'
    if start == len(source):
        raise GrammarError(f"failed to parse {called}: empty json")
    try:
        value, end = json.JSONDecoder(strict=True, parse_constant=_no_constant).raw_decode(source, start)
    except (json.JSONDecodeError, RecursionError, ValueError) as error:
        told = _fault(source, at, error if isinstance(error, ValueError) else ValueError())
        raise GrammarError(f"failed to parse {called}: {told}") from None
    if kind == "%regex":
        _check_fields(value, source[at:end])
    return value, end


def _fault(source: str, at: int, error: ValueError) -> str:
    """Return serde's words for a fault of JSON; which of them it is, is told from Python's."""
    where = error.pos if isinstance(error, json.JSONDecodeError) else at
    told = error.msg if isinstance(error, json.JSONDecodeError) else ""
    line, column = _moved(source[at:where], 1, 1)
    before = source[at:where].rstrip()
    if told.startswith(("Unterminated string", "Invalid control")):
        end = source.find("\n", where)
        line, _ = _moved(source[at : end + 1], 1, 0)
        return f"control character (\\u0000-\\u001F) found while parsing a string at line {line} column 0"
    if where >= len(source.rstrip()):
        line, column = _moved(source[at:], 1, 0)
        return f"EOF while parsing {_inside(before)} at line {line} column {column - (line > 1)}"
    if told.startswith("Invalid \\"):
        return f"invalid escape at line {line} column {column + 1}"
    if told.startswith("Expecting ','"):
        words = "expected `,` or `]`" if _inside(before) == "a list" else "expected `,` or `}`"
    elif told.startswith("Expecting ':'"):
        words = "expected `:`"
    elif told.startswith(("Expecting property", "Illegal trailing")):
        words = "trailing comma" if source[where] == "}" else "key must be a string"
    else:
        words = "expected value"
    return f"{words} at line {line} column {column}"


def _inside(text: str) -> str:
    """Return what JSON that ends too early ends in."""
    plain = _STRING.sub('""', text)
    if '"' in plain.replace('""', ""):
        return "a string"
    held = [char for char in plain if char in "[]{}"]
    opened: list[str] = []
    for char in held:
        if char in "[{":
            opened.append(char)
        elif opened:
            opened.pop()
    if not opened or plain[-1:] in ":,":
        return "a value"
    return "a list" if opened[-1] == "[" else "an object"


def _check_fields(value: Json, text: str) -> None:
    if not isinstance(value, dict):
        line, column = _moved(text, 1, 0)
        shown = f"string {json.dumps(value)}" if isinstance(value, str) else "value"
        told = f"invalid type: {shown}, expected struct RegexExt at line {line} column {column}"
        raise GrammarError(f"failed to parse %regex: {told}")
    known = ("substring_chunks", "substring_words", "substring_chars")
    odd = next((key for key in value if key not in known), None)
    if odd is not None:
        line, column = _moved(text[: text.find(f'"{odd}"') + len(odd) + 2], 1, 1)
        told = ", ".join(f"`{key}`" for key in known)
        told = f"unknown field `{odd}`, expected one of {told} at line {line} column {column}"
        raise GrammarError(f"failed to parse %regex: {told}")


def _no_constant(name: str) -> Json:
    raise ValueError(name)
