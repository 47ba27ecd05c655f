"""Terminals of a grammar as forms: what ``NAME: ...`` stands for, and a literal of a rule."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockllm_core.lark.ast import Alternative, Atom, Expansions, Part, Value
from mockllm_core.lark.common import PLAIN
from mockllm_core.lark.places import GrammarError, Place
from mockllm_core.lark.reader import ENDLESS
from mockllm_core.lark.rust_regex import RegexError, read
from mockllm_core.lark.rust_text import debug

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.lark.ast import Named
    from mockllm_core.lark.forms import Form, Forms

__all__ = ["Terminals"]

_CHUNKS = ("substring_chunks", "substring_words", "substring_chars")
_MOST_CHUNKS = 60
"""Chunks of which texts are written, where there are more."""
_META = frozenset("\\.+*?()|[]{}^$#&-~")
_NO_TERMINAL = {
    "json": "%json literals cannot be used in terminals",
    "lark": "nested %lark { ... } cannot be used in terminals",
    "applied": "name::param cannot be used in terminals",
    "template": "template usage not supported yet",
}


class Terminals:
    """Reads the terminals of one grammar.

    Args:
        forms: makes their forms.
        named: what names stand for.

    Attributes:
        begun: names whose bodies are being read, rules among them.
    """

    def __init__(self, forms: Forms, named: dict[str, Named]) -> None:
        self._forms, self._named = forms, named
        self._done: dict[str, Form] = {}
        self.begun: set[str] = set()

    def one(self, pattern: str, place: Place) -> Expansions:
        """Return the body of a terminal that is just an expression."""
        part = Part(Atom(Value("regex", pattern)))
        return Expansions(place, (Alternative(((part,),)),))

    def expansions(self, held: Expansions) -> Form:
        """Return the form of a body."""
        ways: list[Form] = []
        for way in held.ways:
            if way.condition is not None:
                raise GrammarError("'%if' is not supported in terminals")
            try:
                fits = [self._forms.then([self._part(part) for part in parts]) for parts in way.all_of]
            except GrammarError as error:
                raise held.place.told(error) from None
            ways.append(self._forms.all_of(fits))
        return self._forms.any_of(ways)

    def _part(self, part: Part) -> Form:
        form = self.atom(part.atom)
        if part.operator:
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[part.operator]
            return self._forms.times(form, least, most)
        if part.bounds is None:
            return form
        first, last = part.bounds
        if first < 0:
            raise GrammarError(f"range start must be >= 0, got ({first}, {last})")
        if first > last:
            raise GrammarError(f"range end must be >= start, got ({first}, {last})")
        return self._forms.times(form, first, None if last == ENDLESS else last)

    def atom(self, atom: Atom) -> Form:
        """Return the form of an atom."""
        held = self.expansions(atom.held) if isinstance(atom.held, Expansions) else self.value(atom.held)
        if atom.optional:
            held = self._forms.times(held, 0, 1)
        return self._forms.no(held) if atom.negated else held

    def value(self, value: Value) -> Form:
        """Return the form of a literal, or of what a name stands for."""
        match value.kind:
            case "name":
                return self._name(value.text)
            case "range":
                return self._range(value.text, value.more)
            case "string" if value.more:
                return self._regex("string with i-flag", "(?i)" + _escaped(value.text))
            case "string":
                return self._forms.text(value.text)
            case "regex":
                return self._pattern(value.text, value.more)
            case "substring":
                return self._substring(value.value)
            case "special":
                told = f"special tokens (like {debug(value.text)}) cannot be used in terminals"
                raise GrammarError(told)
            case "reference":
                told = f"grammar references (like {debug(value.text)}) cannot be used in terminals"
                raise GrammarError(told)
            case kind:
                raise GrammarError(_NO_TERMINAL[kind])

    def _name(self, name: str) -> Form:
        if name in self._done:
            return self._done[name]
        if name in self.begun:
            raise GrammarError(f"circular reference in token {debug(name)} definition")
        held = self._named.get(name)
        if held is None or not held.terminal:
            raise GrammarError(f"unknown name: {debug(name)}")
        self.begun.add(name)
        self._done[name] = self.expansions(held.body)
        self.begun.discard(name)
        return self._done[name]

    def _range(self, first: str, last: str) -> Form:
        if len(first) != 1:
            raise GrammarError("range start must be a single character")
        if len(last) != 1:
            raise GrammarError("range end must be a single character")
        if first > last:
            shown = [debug(one)[1:-1].replace('\\"', '"').replace("'", "\\'") for one in (first, last)]
            raise GrammarError(f"invalid range order: '{shown[0]}'..'{shown[1]}'")
        return self._forms.set(((ord(first), ord(last)),))

    def _pattern(self, pattern: str, flags: str) -> Form:
        if "l" in flags:
            raise GrammarError("l-flag is not supported in regexes")
        return self._regex("regex", f"(?{flags}){pattern}" if flags else pattern)

    def _regex(self, called: str, pattern: str) -> Form:
        try:
            form = read(pattern, self._forms)
            if pattern in PLAIN:
                self._forms.plainer[form] = read(PLAIN[pattern], self._forms)
        except RegexError as error:
            shown = debug(pattern, most=len(pattern.encode("utf-8", "surrogatepass")))
            raise GrammarError(f"invalid regex {shown} (in {called}): {error}") from None
        return form

    def _substring(self, given: Json) -> Form:
        found = [key for key in _CHUNKS if given.get(key) is not None]
        if not found:
            raise GrammarError("no fields set on %regex")
        if len(found) > 1:
            told = ", ".join(debug(key) for key in found)
            raise GrammarError(f"only one field can be set on %regex; got [{told}]")
        held = given[found[0]]
        if found[0] == "substring_words":
            held = re.findall(r"\w+|\s+|[^\w\s]+", str(held))
        rest = self._forms.empty
        begun = [rest]
        for chunk in reversed([str(one) for one in held][:_MOST_CHUNKS]):
            rest = self._forms.times(self._forms.then((self._forms.text(chunk), rest)), 0, 1)
            begun.append(rest)
        return self._forms.any_of(reversed(begun))


def _escaped(text: str) -> str:
    return "".join("\\" + char if char in _META else char for char in text)
