r"""Lark grammars, as custom tools send them: read one, and write a text that it accepts.

What OpenAI's guide on custom tools shows is followed: rules and terminals, literals, regular expressions, alternatives,
groups, ``? * + ~``, ranges, aliases, ``%import common.X`` and ``%ignore``. Templates, ``%declare``, ``%override``,
``%extend`` and imports of other files are not: such a grammar is None here.

Where the grammar ignores a space, one stands between any two terminals of a rule, so that they are read apart.
Reference: https://lark-parser.readthedocs.io/en/stable/grammar.html
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from mockllm_core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Grammar", "read", "write"]

_LONGEST = 65_536
_STEPS = 2_000
_DEPTH = 60
_ENDLESS = 10**6

_TOKEN = re.compile(
    r"""(?P<space>[ \t\f]+|//[^\n]*|\#[^\n]*)
    |(?P<line>\r?\n)
    |(?P<text>"(?:\\.|[^"\\\n])*"i?)
    |(?P<pattern>/(?!/)(?:\\.|[^/\\\n])+/[imslux]*)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<number>-?[0-9]+)
    |(?P<mark>->|\.\.|[:|()\[\]?*+~!%.,])""",
    re.VERBOSE,
)

_COMMON = {
    "DIGIT": "[0-9]",
    "HEXDIGIT": "[a-fA-F0-9]",
    "INT": "[0-9]{1,3}",
    "SIGNED_INT": "-?[1-9][0-9]{0,2}",
    "DECIMAL": "[0-9]{1,2}[.][0-9]{1,2}",
    "FLOAT": "[0-9]{1,2}[.][0-9]{1,2}",
    "SIGNED_FLOAT": "-?[0-9]{1,2}[.][0-9]{1,2}",
    "NUMBER": "[1-9][0-9]{0,2}",
    "SIGNED_NUMBER": "-?[1-9][0-9]{0,2}",
    "ESCAPED_STRING": '"[a-z]{3,9}"',
    "LCASE_LETTER": "[a-z]",
    "UCASE_LETTER": "[A-Z]",
    "LETTER": "[A-Za-z]",
    "WORD": "[A-Za-z]{3,9}",
    "CNAME": "[a-z][a-z_]{3,9}",
    "WS_INLINE": " ",
    "WS": " ",
    "CR": "\\r",
    "LF": "\\n",
    "NEWLINE": "\\n",
    "SH_COMMENT": "\\#[a-z]{3,9}",
    "CPP_COMMENT": "//[a-z]{3,9}",
    "SQL_COMMENT": "--[a-z]{3,9}",
}
"""What the terminals of ``common`` are written as: a part of what each accepts."""


@record()
class Node:
    """A part of a rule.

    Attributes:
        kind: ``text``, ``pattern``, ``name``, ``all`` of the parts in turn, or ``one`` of them.
        text: the literal, the regular expression or the name.
        parts: what it is made of.
        least: how often it comes at least.
        most: how often it comes at most.
    """

    kind: str
    text: str = ""
    parts: tuple[Node, ...] = ()
    least: int = 1
    most: int = 1


@dataclass(slots=True)
class Grammar:
    """A grammar as it was read.

    Attributes:
        rules: what each rule and terminal stands for.
        ignored: what may stand between terminals.
        apart: whether that includes a space.
        heights: how deep the shortest text of each rule is.
    """

    rules: dict[str, Node] = field(default_factory=dict)
    ignored: list[Node] = field(default_factory=list)
    apart: bool = False
    heights: dict[str, int] = field(default_factory=dict)


class _UnreadError(Exception):
    """The grammar is broken, or has what is not followed."""


_Token: TypeAlias = tuple[str, str, bool]
"""A kind, the text, and whether it begins a line."""


def _tokens(definition: str) -> Iterator[_Token]:
    at, first = 0, True
    while at < len(definition):
        found = _TOKEN.match(definition, at)
        if found is None:
            raise _UnreadError(definition[at : at + 20])
        at = found.end()
        kind = found.lastgroup or ""
        if kind == "line":
            first = True
        elif kind != "space":
            yield kind, found[0], first
            first = False


class _Reader:
    """Reads one grammar, token by token."""

    def __init__(self, definition: str) -> None:
        self._tokens = [*_tokens(definition), ("end", "", True)]
        self._at = 0
        self.grammar = Grammar()

    def all(self) -> Grammar:
        while self._tokens[self._at][0] != "end":
            if self._took("%"):
                self._directive()
            else:
                self._rule()
        return self.grammar

    def _took(self, text: str) -> bool:
        kind, found, _ = self._tokens[self._at]
        if kind == "mark" and found == text:
            self._at += 1
            return True
        return False

    def _next(self, kind: str, text: str = "") -> str:
        found = self._tokens[self._at]
        if found[0] != kind or (text and found[1] != text):
            raise _UnreadError(found[1])
        self._at += 1
        return found[1]

    def _rule(self) -> None:
        while self._took("?") or self._took("!"):
            pass
        name = self._next("name")
        if self._took("."):
            self._next("number")
        self._next("mark", ":")
        self.grammar.rules[name] = self._any()

    def _directive(self) -> None:
        word = self._next("name")
        if word == "ignore":
            self.grammar.ignored.append(self._any())
            return
        if word != "import" or self._next("name") != "common":
            raise _UnreadError(word)
        if self._took("."):
            name = self._next("name")
            self._import(name, self._next("name") if self._took("->") else name)
            return
        self._next("mark", "(")
        while not self._took(")"):
            name = self._next("name")
            self._import(name, name)
            self._took(",")

    def _import(self, name: str, known_as: str) -> None:
        if name not in _COMMON:
            raise _UnreadError(name)
        self.grammar.rules[known_as] = Node("pattern", _COMMON[name])

    def _any(self) -> Node:
        choices = [self._sequence()]
        while self._took("|"):
            choices.append(self._sequence())
        return choices[0] if len(choices) == 1 else Node("one", parts=tuple(choices))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while not self._ends():
            if self._took("->"):
                self._next("name")
                break
            parts.append(self._repeated())
        return parts[0] if len(parts) == 1 else Node("all", parts=tuple(parts))

    def _ends(self) -> bool:
        kind, text, first = self._tokens[self._at]
        if kind == "end" or (kind == "mark" and text in "|)]%"):
            return True
        if not first:
            return False
        # a rule begins where a name and a colon begin a line
        at = self._at
        while self._tokens[at][1] in ("?", "!"):
            at += 1
        after = self._tokens[at + 1][1] if at + 1 < len(self._tokens) else ""
        return self._tokens[at][0] == "name" and after in (":", ".")

    def _repeated(self) -> Node:
        part = self._atom()
        for mark, least, most in (("?", 0, 1), ("*", 0, _ENDLESS), ("+", 1, _ENDLESS)):
            if not self._tokens[self._at][2] and self._took(mark):
                return Node("all", parts=(part,), least=least, most=most)
        if self._took("~"):
            least = most = self._count()
            if self._took(".."):
                most = self._count()
            if not 0 <= least <= most:
                raise _UnreadError("~")
            return Node("all", parts=(part,), least=least, most=most)
        return part

    def _count(self) -> int:
        text = self._next("number")
        if len(text) > 4:
            raise _UnreadError(text)
        return int(text)

    def _atom(self) -> Node:
        for begin, end, least in (("(", ")", 1), ("[", "]", 0)):
            if self._took(begin):
                held = self._any()
                self._next("mark", end)
                return held if least else Node("all", parts=(held,), least=0)
        kind, text, _ = self._tokens[self._at]
        self._at += 1
        if kind == "name":
            return Node("name", text)
        if kind == "pattern":
            body, _, flags = text[1:].rpartition("/")
            body = body.replace("\\/", "/")
            return Node("pattern", f"(?{flags}:{body})" if set(flags) & set("ims") else body)
        if kind != "text":
            raise _UnreadError(text)
        literal = _literal(text)
        if self._took(".."):
            last = _literal(self._next("text"))
            if len(literal) != 1 or len(last) != 1 or last < literal:
                raise _UnreadError(text)
            return Node("pattern", f"[{re.escape(literal)}-{re.escape(last)}]")
        return Node("text", literal)


def _literal(text: str) -> str:
    try:
        return str(ast.literal_eval(text.removesuffix("i")))
    except (SyntaxError, ValueError):
        raise _UnreadError(text) from None


def _height(node: Node, heights: dict[str, int]) -> int:
    """Return how deep a part's shortest text is."""
    return _inner(node, heights) if node.least else 0


def _inner(node: Node, heights: dict[str, int]) -> int:
    """Return how deep it is where it stands once."""
    if node.kind == "name":
        return heights.get(node.text, _ENDLESS) + 1
    inner = [_height(part, heights) for part in node.parts]
    return min(inner) if node.kind == "one" else max(inner, default=0)


def _measured(grammar: Grammar) -> Grammar:
    """Note the heights of all rules, those past the depth that is written as endless."""
    for _ in range(_DEPTH + 1):
        found = {name: _height(node, grammar.heights) for name, node in grammar.rules.items()}
        if found == grammar.heights:
            break
        grammar.heights = found
    return grammar


@lru_cache(maxsize=128)
def read(definition: str) -> Grammar | None:
    """Return a grammar, None where it is broken or has what is not followed."""
    if len(definition) > _LONGEST:
        return None
    try:
        grammar = _measured(_Reader(definition).all())
        names = {name for node in (*grammar.rules.values(), *grammar.ignored) for name in _names(node)}
        if grammar.heights.get("start", _ENDLESS) >= _DEPTH or not grammar.rules.keys() >= names:
            return None
        grammar.apart = any(_is_space(node, grammar) for node in grammar.ignored)
    except (_UnreadError, RecursionError):
        return None
    return grammar


def _names(node: Node) -> Iterator[str]:
    if node.kind == "name":
        yield node.text
    for part in node.parts:
        yield from _names(part)


def _is_space(node: Node, grammar: Grammar) -> bool:
    from mockllm_core.arguments.patterns import matches

    if node.kind == "name":
        return _is_space(grammar.rules[node.text], grammar)
    if node.kind in ("all", "one"):
        return any(_is_space(part, grammar) for part in node.parts)
    return node.text == " " if node.kind == "text" else matches(f"^(?:{node.text})$", " ")


class _Writer:
    """Writes one text: by chance while it is small, then the shortest way."""

    def __init__(
        self, grammar: Grammar, pick: Callable[[int], int], made: Callable[[str], str | None]
    ) -> None:
        self._grammar, self._pick, self._made = grammar, pick, made
        self._steps = 0

    def rule(self, node: Node, depth: int) -> Iterator[str]:
        """Yield the terminals of a part of a rule."""
        for _ in range(self._times(node, depth)):
            self._steps += 1
            if self._steps > _STEPS or depth > 2 * _DEPTH:
                raise _UnreadError("too long")
            if node.kind == "one":
                yield from self.rule(self._choice(node, depth), depth)
            elif node.kind == "all":
                for part in node.parts:
                    yield from self.rule(part, depth)
            elif node.kind == "name" and not node.text.lstrip("_").isupper():
                yield from self.rule(self._grammar.rules[node.text], depth + 1)
            else:
                yield self._terminal(node, depth)

    def _terminal(self, node: Node, depth: int) -> str:
        if node.kind == "name":
            held = self._grammar.rules[node.text]
            # what a terminal is made of stands together
            return "".join(self.rule(held, depth + 1))
        text = node.text if node.kind == "text" else self._made(node.text)
        if text is None:
            raise _UnreadError(node.text)
        return text

    def _times(self, node: Node, depth: int) -> int:
        heights = self._grammar.heights
        room = depth < 8 and self._steps < _STEPS // 20 and _inner(node, heights) < _DEPTH
        more = min(node.most - node.least, 2) if room else 0
        return node.least + (self._pick(more + 1) if more else 0)

    def _choice(self, node: Node, depth: int) -> Node:
        heights = [_height(part, self._grammar.heights) for part in node.parts]
        room = _DEPTH if depth < 8 and self._steps < _STEPS // 20 else min(heights)
        fit = [part for part, height in zip(node.parts, heights, strict=True) if height <= room]
        return fit[self._pick(len(fit))]


def write(grammar: Grammar, pick: Callable[[int], int], made: Callable[[str], str | None]) -> str | None:
    """Return a text of the grammar, None where none was found in bounded work.

    Args:
        grammar: what was read.
        pick: returns a number below the given one, by chance.
        made: returns a text for a regular expression, None where there is none.
    """
    writer = _Writer(grammar, pick, made)
    try:
        terminals = list(writer.rule(grammar.rules["start"], 0))
    except (_UnreadError, RecursionError):
        return None
    return (" " if grammar.apart else "").join(one for one in terminals if one)
