"""Regular expressions as forms that are matched by derivatives, so that *and* and *not* cost no more than *or*.

The derivative of a form by a character matches what may follow that character. Forms of one ``Forms`` are one object
where they are equal. How many there are and how much is joined to make them is bounded, so that no grammar takes for ever;
what was made for earlier texts is forgotten once it is much.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from mockllm_core.lark import charset

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockllm_core.lark.charset import Ranges

__all__ = ["Form", "Forms", "TooMuchError"]

_MOST = 20_000
_SPENT = 600_000
_KEPT = 5_000
_STATES = 1_500
_READABLE = "aeton0159_- .,:;/()[]{}\"'+*=<>!?#&%@^~|\\$`\n\t\r"

_Held: TypeAlias = "tuple[Form, ...] | Ranges | str"


class TooMuchError(Exception):
    """More work than a mock does."""


class Form:
    """A regular expression.

    Attributes:
        kind: ``none`` (matches nothing), ``empty`` (the empty text), ``set``, ``text``, ``then``, ``or``, ``and``,
            ``not`` or ``times``.
        held: the forms, the characters or the text that it is made of.
        least: how often, of ``times``.
        most: the same; None for without end.
        nullable: whether it matches the empty text.
        after: derivatives that were asked for.
    """

    __slots__ = ("after", "held", "kind", "least", "most", "nullable")

    def __init__(self, kind: str, held: _Held, least: int, most: int | None, *, nullable: bool) -> None:
        self.kind, self.held, self.least, self.most, self.nullable = kind, held, least, most, nullable
        self.after: dict[str, Form] = {}

    @property
    def forms(self) -> tuple[Form, ...]:
        """The forms that it is made of."""
        return self.held  # type: ignore[return-value] # of these kinds it is so

    @property
    def ranges(self) -> Ranges:
        """The characters of a ``set``."""
        return self.held  # type: ignore[return-value] # of this kind it is so

    @property
    def text(self) -> str:
        """The text of a ``text``."""
        return self.held  # type: ignore[return-value] # of this kind it is so


class Forms:
    """Makes forms, each one once.

    Attributes:
        none: matches nothing.
        empty: matches the empty text.
        anything: matches any text.
        plainer: for some forms, one that matches a part of what they do and that is nicer to write.
    """

    def __init__(self) -> None:
        self.plainer: dict[Form, Form] = {}
        self._made: dict[tuple[object, ...], Form] = {}
        self._base: dict[tuple[object, ...], Form] = {}
        self._most, self._left = _MOST, _SPENT
        self.none = self._form("none", (), nullable=False)
        self.empty = self._form("empty", (), nullable=True)
        self.anything = self.times(self.set(charset.ALL), 0, None)

    def _form(self, kind: str, held: _Held, least: int = 1, most: int | None = 1, *, nullable: bool) -> Form:
        key = (kind, held, least, most)
        found = self._made.get(key)
        if found is None:
            self._left -= len(held)
            if len(self._made) >= self._most or self._left < 0:
                raise TooMuchError(kind)
            found = self._made[key] = Form(kind, held, least, most, nullable=nullable)
        return found

    def begin(self) -> None:
        """Take what there is for the grammar's own, or what was made since for enough, and allow for more."""
        if not self._base:
            self._base = dict(self._made)
        elif len(self._made) > len(self._base) + _KEPT:
            self._made = dict(self._base)
            for form in self._base.values():
                form.after.clear()
        self._most, self._left = len(self._made) + _MOST, _SPENT

    def set(self, ranges: Ranges) -> Form:
        """Match one of the characters."""
        return self._form("set", ranges, nullable=False) if ranges else self.none

    def text(self, text: str) -> Form:
        """Match just this text."""
        return self._form("text", text, nullable=False) if text else self.empty

    def then(self, parts: Iterable[Form]) -> Form:
        """Match the parts in turn."""
        flat: list[Form] = []
        for part in parts:
            flat += part.forms if part.kind == "then" else (part,)
        flat = [part for part in flat if part is not self.empty]
        if self.none in flat:
            return self.none
        if len(flat) < 2:
            return flat[0] if flat else self.empty
        return self._form("then", tuple(flat), nullable=all(part.nullable for part in flat))

    def any_of(self, parts: Iterable[Form]) -> Form:
        """Match any of the parts."""
        flat: dict[Form, None] = {}
        for part in parts:
            flat.update(dict.fromkeys(part.forms if part.kind == "or" else (part,)))
        flat.pop(self.none, None)
        if self.anything in flat:
            return self.anything
        if len(flat) < 2:
            return next(iter(flat), self.none)
        return self._form("or", tuple(flat), nullable=any(part.nullable for part in flat))

    def all_of(self, parts: Iterable[Form]) -> Form:
        """Match what all of the parts match."""
        flat: dict[Form, None] = {}
        for part in parts:
            flat.update(dict.fromkeys(part.forms if part.kind == "and" else (part,)))
        flat.pop(self.anything, None)
        if self.none in flat:
            return self.none
        if len(flat) < 2:
            return next(iter(flat), self.anything)
        return self._form("and", tuple(flat), nullable=all(part.nullable for part in flat))

    def no(self, part: Form) -> Form:
        """Match what the part does not."""
        if part is self.none or part is self.anything:
            return self.anything if part is self.none else self.none
        if part.kind == "not":
            return part.forms[0]
        return self._form("not", (part,), nullable=not part.nullable)

    def times(self, part: Form, least: int, most: int | None) -> Form:
        """Match the part so often."""
        if part is self.empty or most == 0:
            return self.empty
        if part is self.none:
            return self.empty if least == 0 else self.none
        if (least, most) == (1, 1):
            return part
        if part.kind == "times" and part.least == 0 and part.most is None:
            return part
        least = 0 if part.nullable else least
        return self._form("times", (part,), least, most, nullable=least == 0)

    def after(self, form: Form, char: str) -> Form:
        """Return what may follow a character."""
        found = form.after.get(char)
        if found is None:
            found = form.after[char] = self._after(form, char)
        return found

    def _after(self, form: Form, char: str) -> Form:
        match form.kind:
            case "set":
                found = self.empty if charset.has(form.ranges, ord(char)) else self.none
            case "text":
                found = self.text(form.text[1:]) if form.text[0] == char else self.none
            case "then":
                found = self.any_of(self._after_parts(form, char))
            case "or":
                found = self.any_of([self.after(part, char) for part in form.forms])
            case "and":
                found = self.all_of([self.after(part, char) for part in form.forms])
            case "not":
                found = self.no(self.after(form.forms[0], char))
            case "times":
                most = None if form.most is None else form.most - 1
                rest = self.times(form.forms[0], max(form.least - 1, 0), most)
                found = self.then((self.after(form.forms[0], char), rest))
            case _:
                found = self.none
        return found

    def _after_parts(self, form: Form, char: str) -> Iterator[Form]:
        for at, part in enumerate(form.forms):
            self._left -= len(form.forms) - at
            yield self.then((self.after(part, char), *form.forms[at + 1 :]))
            if not part.nullable:
                return

    def width(self, form: Form) -> int:
        """Return how long a text that it matches is at least, as far as that is plain."""
        match form.kind:
            case "text":
                return len(form.text)
            case "then":
                return sum(map(self.width, form.forms))
            case "or":
                return min(map(self.width, form.forms))
            case "and":
                return max(map(self.width, form.forms))
            case "times":
                return form.least * self.width(form.forms[0])
            case _:
                return int(form.kind == "set")

    def matches(self, form: Form, text: str) -> bool:
        """Return whether it matches the whole text."""
        for char in text:
            form = self.after(form, char)
            if form is self.none:
                return False
        return form.nullable

    def shortest(self, form: Form, *, more: bool = False) -> str | None:
        """Return a short text that it matches, None where none was found; with ``more`` no empty one, if there is another."""
        if form.nullable and not more:
            return ""
        seen = {form}
        front = [(form, "")]
        while front and len(seen) < _STATES:
            following = []
            for at, said in front:
                for char in candidates(at):
                    then = self.after(at, char)
                    if then.nullable:
                        return said + char
                    if then not in seen and then is not self.none:
                        seen.add(then)
                        following.append((then, said + char))
            front = following
        return "" if form.nullable else None


def candidates(form: Form) -> list[str]:
    """Return characters of which some may begin a match, if any do: at least one of each kind that makes a difference."""
    edges = {0}
    wanted: dict[str, None] = {}
    for ranges in firsts(form):
        for low, high in ranges:
            edges |= {low, high + 1}
        wanted.update(dict.fromkeys(char for char in _READABLE if charset.has(ranges, ord(char))))
        wanted[chr(ranges[0][0])] = None
    ordered = sorted(edge for edge in edges if edge <= 0x10FFFF)[:300]
    for low, high in pairwise((*ordered, 0x110000)):
        char = next((char for char in _READABLE if low <= ord(char) < high), chr(low))
        if not "\ud800" <= char <= "\udfff":
            wanted[char] = None
    return list(wanted)


def firsts(form: Form) -> Iterator[Ranges]:
    """Yield sets of characters that a match may begin with, or may not."""
    match form.kind:
        case "set":
            yield form.ranges
        case "text":
            yield ((ord(form.text[0]),) * 2,)
        case "then":
            for part in form.forms:
                yield from firsts(part)
                if not part.nullable:
                    return
        case _:
            for part in form.forms:
                yield from firsts(part)
