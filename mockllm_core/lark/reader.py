"""Read a Lark grammar into its items, and refuse one that is none in llguidance's words.

Spec: llguidance's parser/src/lark/parser.rs and docs/syntax.md; every message was compared with llguidance 1.7's own.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from mockllm_core.lark.ast import Alternative, Atom, Expansions, Item, Named, Part, Statement, Value
from mockllm_core.lark.cursor import Cursor, called
from mockllm_core.lark.numbers import integer, unsigned
from mockllm_core.lark.places import GrammarError, highlighted
from mockllm_core.lark.rust_text import debug
from mockllm_core.lark.tokens import Token, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ENDLESS", "read_items"]

ENDLESS = 2**31 - 1
"""The upper bound of what may come any number of times."""
_DEEPEST = 30
_NO_PART = frozenset(("newline", "|", "->", "}", ")", "]", "&", "%if"))
_LONE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def read_items(definition: str) -> tuple[Item, ...]:
    """Return the rules, terminals and directives of a grammar, in order.

    Raises:
        GrammarError: it is broken.
    """
    return _Reader(definition, tokens(definition), 0).start()


class _Reader(Cursor):
    """Reads the items of one grammar, token by token."""

    def __init__(self, source: str, held: Sequence[Token], depth: int) -> None:
        super().__init__(source, held)
        self._depth = depth

    def start(self) -> tuple[Item, ...]:
        try:
            return self._items()
        except GrammarError as error:
            token = self.peek()
            if token is None:
                raise GrammarError(f"at EOF: {error}") from None
            value = "{ ...json... }" if token.value is not None else debug(token.text)
            shown = highlighted(self.source, token.line, token.column)
            told = f"{token.line}({token.column}): {error} (at {value} ({called(token.kind)}))\n{shown}"
            raise GrammarError(told) from None

    def _items(self) -> tuple[Item, ...]:
        if self._depth >= _DEEPEST:
            raise GrammarError("lark grammar too deeply nested")
        found: list[Item] = []
        while self.peek() is not None:
            if self.took("newline"):
                continue
            kind = self.kind()
            if kind in ("rule", "token"):
                found.append(self._named(kind))
            else:
                found.append(self._statement())
        return tuple(found)

    # items

    def _named(self, kind: str) -> Named:
        name = self.next(kind).text
        parametric = kind == "rule" and self.took("::")
        if parametric:
            self.next("_")
        templated = self.kind() == "{"
        if templated:
            self._template(kind)
        prioritised = self.took(".")
        if prioritised:
            integer(self.next("number").text)
        if kind == "rule":
            name = name.removeprefix("!").removeprefix("?")
        place = self.place()
        made = Named(name, kind == "token", place, Expansions(place, ()), templated, prioritised, parametric)
        if kind == "rule" and self.took("["):
            self._attributes(made)
        self.next(":")
        made.body = self._expansions()
        return made

    def _template(self, kind: str) -> None:
        self.next("{")
        self.next(kind)
        while self.took(","):
            self.next(kind)
        self.next("}")

    def _attributes(self, rule: Named) -> None:
        while self.kind() != "]":
            key = self.next("rule").text
            if key == "capture":
                if self.took("="):
                    self._plain(self.next("string").text)
            elif key == "lazy":
                stopped = rule.ends is not None and rule.ends[1].kind == "string" and not rule.ends[1].text
                if rule.ends is None or stopped:
                    rule.ends = ("suffix", Value("regex"))
            else:
                self.next("=")
                self._attribute(rule, key)
            if not self.took(","):
                break
        self.next("]")

    def _attribute(self, rule: Named, key: str) -> None:
        match key:
            case "stop" | "suffix":
                value = self._value()
                if rule.ends is not None:
                    raise GrammarError("Cannot have multiple stop/suffix conditions")
                rule.ends = (key, value)
            case "stop_capture":
                self._plain(self.next("string").text)
                if rule.stop_capture:
                    raise GrammarError("Cannot have multiple stop_capture names")
                rule.stop_capture = True
            case "max_tokens":
                rule.kept[key] = unsigned(self.next("number").text)
            case "temperature":
                rule.kept[key] = float(self.next("number").text)
            case _:
                raise GrammarError(f"Unknown attribute: {key}")

    def _statement(self) -> Statement:
        place = self.place()
        if self.took("%ignore"):
            return Statement("ignore", place, self._expansions())
        if self.took("%import"):
            return Statement("import", place, names=self._imported())
        if self.took("%override"):
            self._named("rule")
            return Statement("override", place)
        if self.took("%declare"):
            if not self.took("rule") and not self.took("token"):
                raise GrammarError("Expected at least one name after %declare")
            while self.took("rule") or self.took("token"):
                pass
            return Statement("declare", place)
        if self.kind() == "%llguidance":
            return Statement("llguidance", place, value=self.next("%llguidance").value)
        raise GrammarError("expecting rule, token or statement")

    def _imported(self) -> tuple[tuple[str, str], ...]:
        path = "." if self.took(".") else ""
        path += self._name()
        while self.took("."):
            path += "." + self._name()
        if self.took("->"):
            return ((path, self._name()),)
        if not self.took("("):
            return ((path, path.rpartition(".")[2]),)
        names = [self._name()]
        while self.took(","):
            names.append(self._name())
        self.next(")")
        return tuple((f"{path}.{name}", name) for name in names)

    def _name(self) -> str:
        token = self.peek()
        if self.took("rule") or self.took("token"):
            return token.text if token else ""
        raise GrammarError("Expected name (RULE or TOKEN)")

    # bodies

    def _expansions(self) -> Expansions:
        if self._depth + 1 >= _DEEPEST:
            raise GrammarError("lark grammar too deeply nested")
        self._depth += 1
        place = self.place()
        ways = [self._way()]
        while self._bar():
            ways.append(self._way())
        self._depth -= 1
        return Expansions(place, tuple(ways))

    def _bar(self) -> bool:
        if self.kind() == "newline" and self.kind(1) == "|":
            self.at += 1
        return self.took("|")

    def _way(self) -> Alternative:
        parts = [self._parts()]
        while self.took("&"):
            parts.append(self._parts())
        if self.took("->"):
            self.next("rule")
        condition = self.condition() if self.took("%if") else None
        if condition is not None and condition.kind == "true":
            condition = None
        return Alternative(tuple(parts), condition)

    def _parts(self) -> tuple[Part, ...]:
        found: list[Part] = []
        while self.kind() not in _NO_PART:
            found.append(self._part())
        return tuple(found)

    def _part(self) -> Part:
        atom = self._atom()
        if self.kind() == "op":
            return Part(atom, operator=self.next("op").text)
        if self.kind() == "~" and self.kind(1) == "number":
            self.at += 1
            least = most = integer(self.next("number").text)
            if self.took(".."):
                most = integer(self.next("number").text)
            return Part(atom, bounds=(least, most))
        if self.took("{"):
            least = 0 if self.kind() == "," else integer(self.next("number").text)
            most = least
            if self.took(","):
                most = ENDLESS if self.kind() == "}" else integer(self.next("number").text)
            self.next("}")
            if most == 0:
                raise GrammarError("End number in range cannot be 0")
            return Part(atom, bounds=(least, most))
        return Part(atom)

    def _atom(self) -> Atom:
        negated = self.took("~")
        for begin, end in (("(", ")"), ("[", "]")):
            if self.took(begin):
                held = self._expansions()
                self.next(end)
                return Atom(held, optional=begin == "[", negated=negated)
        return Atom(self._value(), negated=negated)

    def _text(self, token: str) -> tuple[str, str]:
        flags = "i" if token.endswith("i") else ""
        text = token.removesuffix("i")
        try:
            found = str(json.loads(text))
        except json.JSONDecodeError as error:
            raise GrammarError(f"error parsing string: {error.msg}") from None
        if any("\ud800" <= char <= "\udfff" for char in found):
            lone = _LONE.search(text)
            column = min(lone.end() + 1 if lone else 0, len(text))
            told = (
                "lone leading surrogate in hex escape"
                if lone and text.startswith("\\u", lone.end())
                else "unexpected end of hex escape"
            )
            raise GrammarError(f"error parsing string: {told} at line 1 column {column}")
        return found, flags

    def _plain(self, token: str) -> str:
        text, flags = self._text(token)
        if flags:
            raise GrammarError("flags not allowed in this context")
        return text

    def _value(self) -> Value:
        kind = self.kind()
        token = self.peek()
        if token is None or kind not in _VALUES:
            raise GrammarError("Expected value")
        self.at += 1
        match kind:
            case "string":
                if self.took(".."):
                    last = self.next("string").text
                    return Value("range", self._plain(token.text), self._plain(last))
                return Value("string", *self._text(token.text))
            case "regexp":
                pattern, _, flags = token.text[1:].rpartition("/")
                return Value("regex", pattern, flags)
            case "%lark":
                return self._nested()
            case "rule" | "token":
                return self._used(token.text)
            case _:
                return Value(_VALUES[kind], token.text, value=token.value)

    def _nested(self) -> Value:
        if not self.took("{"):
            raise GrammarError("Expected '{' after %lark")
        level, end = 1, self.at
        while end < len(self.tokens):
            level += {"{": 1, "}": -1}.get(self.tokens[end].kind, 0)
            if level == 0:
                break
            end += 1
        if level:
            raise GrammarError("Unmatched %lark { ... }")
        inner = self.tokens[self.at : end]
        self.at = end + 1
        return Value("lark", items=_Reader(self.source, inner, self._depth + 1).start())

    def _used(self, name: str) -> Value:
        if self.kind() == "{" and self.kind(1) not in (",", "number"):
            self.at += 1
            self._value()
            while self.took(","):
                self._value()
            self.next("}")
            return Value("template", name)
        if self.took("::"):
            return Value("applied", name, value=self.parameter())
        return Value("name", name)


_VALUES = {
    "string": "string",
    "regexp": "regex",
    "reference": "reference",
    "special": "special",
    "%json": "json",
    "%regex": "substring",
    "%lark": "lark",
    "rule": "name",
    "token": "name",
}
