"""Tell whether a text is one of a grammar, cut into lexemes as llguidance cuts it.

A lexeme goes on for as long as anything that may stand there does, and is taken back by no later character: ``/[a-z]+/ "z"``
has no text. So what was written from the rules alone is parsed before it is sent.
Reference: https://github.com/guidance-ai/llguidance/blob/main/docs/syntax.md#terminals-vs-rules; Earley (1970).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from mockllm_core.lark.forms import TooMuchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockllm_core.lark.forms import Form
    from mockllm_core.lark.nodes import Grammar, Lexeme
    from mockllm_core.lark.symbols import Productions, Symbol

__all__ = ["accepts"]

_MOST = 400_000

_Item: TypeAlias = "tuple[Symbol, tuple[Symbol, ...], int, _Row]"


class _Row:
    """The items behind a lexeme.

    Attributes:
        items: what was begun, and how far it is.
        wanted: who waits for a symbol.
        lexemes: who waits for a lexeme.
        begun: what begins here.
        empty: what is done here without any text.
        done: whether the whole text may end here.
    """

    __slots__ = ("begun", "done", "empty", "items", "lexemes", "wanted")

    def __init__(self) -> None:
        self.items: dict[_Item, None] = {}
        self.wanted: dict[Symbol, list[_Item]] = {}
        self.lexemes: dict[Lexeme, list[_Item]] = {}
        self.begun: set[Symbol] = set()
        self.empty: set[Symbol] = set()
        self.done = False


class _Parser:
    """Parses one text; ``given`` holds the texts that lexemes of JSON have in it."""

    def __init__(
        self, grammar: Grammar, productions: Productions, given: Mapping[Lexeme, Iterable[str]]
    ) -> None:
        self._productions, self._forms = productions, grammar.forms
        self._spaces, self._initial = grammar.spaces, grammar.initial
        self._json = {
            lexeme: self._forms.any_of([self._forms.text(text) for text in texts])
            for lexeme, texts in given.items()
        }
        self._steps = 0
        self._zero = _Row()

    def parse(self, text: str) -> bool:
        row = self._zero = _Row()
        self._fill(row, self._begin(row, self._productions.start))
        state = self._start(row, spaced=self._initial)
        fresh = state
        for char in text:
            after = self._after(state, char)
            if not after:
                ended = self._scanned(row, state) if state is not fresh else None
                if ended is None:
                    return False
                row = ended
                state = fresh = self._start(row)
                after = self._after(state, char)
                if not after:
                    return False
            state = after
            lazy: dict[Lexeme | None, Form] = {
                lexeme: form for lexeme, form in after.items() if lexeme and lexeme.lazy and form.nullable
            }
            if lazy:
                row = self._scanned(row, lazy) or row
                state = fresh = self._start(row)
        if state is fresh:
            return row.done
        ended = self._scanned(row, state)
        return ended is not None and ended.done

    def _form(self, lexeme: Lexeme) -> Form:
        return self._json.get(lexeme, self._forms.none) if lexeme.schema else lexeme.form

    def _start(self, row: _Row, *, spaced: bool = True) -> dict[Lexeme | None, Form]:
        """Return what may stand behind a row: lexemes, and under None what is ignored."""
        state: dict[Lexeme | None, Form] = {lexeme: self._form(lexeme) for lexeme in row.lexemes}
        if spaced:
            held = {lexeme.space for lexeme in row.lexemes if lexeme.space < len(self._spaces)} or {0}
            skipped = [form for space in held if (form := self._spaces[space]) is not None]
            if skipped:
                state[None] = self._forms.any_of(skipped)
        return state

    def _after(self, state: dict[Lexeme | None, Form], char: str) -> dict[Lexeme | None, Form]:
        none, after = self._forms.none, self._forms.after
        return {key: then for key, form in state.items() if (then := after(form, char)) is not none}

    def _scanned(self, row: _Row, state: Mapping[Lexeme | None, Form]) -> _Row | None:
        """Return the row behind the lexemes that end here; the same one where only what is ignored does."""
        ended = [lexeme for lexeme, form in state.items() if lexeme is not None and form.nullable]
        if not ended:
            return row if None in state and state[None].nullable else None
        made = _Row()
        moved = [
            (head, way, dot + 1, origin) for lexeme in ended for head, way, dot, origin in row.lexemes[lexeme]
        ]
        self._fill(made, moved)
        return made

    def _begin(self, row: _Row, symbol: Symbol) -> list[_Item]:
        row.begun.add(symbol)
        return [(symbol, way, 0, row) for way in self._productions.of(symbol)]

    def _fill(self, row: _Row, items: list[_Item]) -> None:
        left = items
        while left:
            item = left.pop()
            if item in row.items:
                continue
            self._steps += 1
            if self._steps > _MOST:
                raise TooMuchError("parse")
            row.items[item] = None
            head, way, dot, origin = item
            if dot == len(way):
                left += self._completed(row, head, origin)
                continue
            symbol = way[dot]
            following = (head, way, dot + 1, origin)
            lexeme = symbol[0].lexeme
            if lexeme is not None:
                row.lexemes.setdefault(lexeme, []).append(item)
                if self._form(lexeme).nullable:
                    left.append(following)
                continue
            row.wanted.setdefault(symbol, []).append(item)
            if symbol not in row.begun:
                left += self._begin(row, symbol)
            if symbol in row.empty:
                left.append(following)

    def _completed(self, row: _Row, head: Symbol, origin: _Row) -> list[_Item]:
        if origin is row:
            row.empty.add(head)
        waiting = origin.wanted.get(head, ())
        if head == self._productions.start and origin is self._zero:
            row.done = True
        return [(one, way, dot + 1, begun) for one, way, dot, begun in waiting]


def accepts(
    grammar: Grammar, productions: Productions, text: str, given: Mapping[Lexeme, Iterable[str]]
) -> bool:
    """Return whether a text is one of the grammar.

    Raises:
        TooMuchError: it would take too long to tell.
    """
    return _Parser(grammar, productions, given).parse(text)
