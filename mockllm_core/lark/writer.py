"""Write a text of a grammar: by chance while it is small, then the shortest way; and parse it before it is given away."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mockllm_core.arguments.dice import Dice
from mockllm_core.lark.compiler import compiled
from mockllm_core.lark.forms import TooMuchError
from mockllm_core.lark.parser import accepts
from mockllm_core.lark.places import GrammarError, UnfollowedError
from mockllm_core.lark.sample import sampled, shortened
from mockllm_core.lark.symbols import ENDLESS, Productions
from mockllm_core.record import record

if TYPE_CHECKING:
    from mockllm_core.lark.forms import Form
    from mockllm_core.lark.nodes import Grammar, Lexeme
    from mockllm_core.lark.symbols import Symbol

__all__ = ["Written", "read"]

_LONGEST = 65_536
_TRIES = 24
_LARGE = 5_000
_SAID = 8_000


@record()
class Written:
    """A grammar as far as we can follow it.

    Attributes:
        fault: what the provider refuses it with; ``""`` where it does not.
        grammar: what texts are written of; None where we cannot.
        productions: the same.
    """

    fault: str = ""
    grammar: Grammar | None = None
    productions: Productions | None = None

    def text(self, said: str, seed: str) -> str | None:
        """Return what was said, where the grammar takes it, else a text that it takes; None where none was found."""
        if self.grammar is None or self.productions is None:
            return None
        self.grammar.forms.begin()
        try:
            if len(said) <= _SAID and accepts(self.grammar, self.productions, said, {}):
                return said
            return _text(self.grammar, self.productions, seed)
        except (TooMuchError, RecursionError):
            return None


@lru_cache(maxsize=32)
def read(definition: str) -> Written:
    """Return a grammar, or its fault; the same one for the same text."""
    if len(definition) > _LONGEST:
        return Written()
    try:
        grammar = compiled(definition)
    except GrammarError as error:
        return Written(str(error))
    except (UnfollowedError, TooMuchError, RecursionError):
        return Written()
    try:
        productions = Productions(grammar.start)
    except (TooMuchError, RecursionError):
        return Written()
    if productions.sizes[productions.start] > _LARGE:
        return Written()
    return Written("", grammar, productions)


@lru_cache(maxsize=256)
def _text(grammar: Grammar, productions: Productions, seed: str) -> str | None:
    for nth in range(_TRIES):
        writer = _Writer(grammar, productions, Dice(seed, str(nth)), room=_room(nth))
        lexemes = writer.lexemes()
        if lexemes is None:
            return None
        given: dict[Lexeme, list[str]] = {}
        for lexeme, text in lexemes:
            if lexeme.schema:
                given.setdefault(lexeme, []).append(text)
        for joined in dict.fromkeys((_spaced(grammar, lexemes), "".join(text for _, text in lexemes))):
            if writer.hidden or accepts(grammar, productions, joined, given):
                return joined
    return None


def _room(nth: int) -> int:
    """Return how much more than the least is written at a try: less and less, then nothing."""
    return 60 >> (nth // 4) if nth < _TRIES - 4 else 0


def _spaced(grammar: Grammar, lexemes: list[tuple[Lexeme, str]]) -> str:
    """Put what a grammar ignores between its lexemes, so that they are read apart."""
    out: list[str] = []
    before: Lexeme | None = None
    for lexeme, text in lexemes:
        if (
            text
            and before is not None
            and lexeme.space < len(grammar.spaces)
            and before.space == lexeme.space
        ):
            out.append(_space(grammar, grammar.spaces[lexeme.space]))
        if text:
            out.append(text)
            before = lexeme
    return "".join(out)


def _space(grammar: Grammar, form: Form | None) -> str:
    if form is None:
        return ""
    return next((text for text in (" ", "\n") if grammar.forms.matches(form, text)), "")


class _Writer:
    """Writes the lexemes of one text."""

    def __init__(self, grammar: Grammar, productions: Productions, dice: Dice, *, room: int) -> None:
        self._forms, self._productions, self._dice, self._room = grammar.forms, productions, dice, room
        self.hidden = False

    def lexemes(self) -> list[tuple[Lexeme, str]] | None:
        """Return the lexemes in order, each with its text; None where one has none."""
        found: list[tuple[Lexeme, str]] = []
        left: list[tuple[Symbol, int]] = [(self._productions.start, 0)]
        while left:
            symbol, depth = left.pop()
            lexeme = symbol[0].lexeme
            if lexeme is not None:
                text = self._lexeme(lexeme)
                if text is None:
                    return None
                found.append((lexeme, text))
                continue
            way = self._way(symbol, depth)
            left += [(one, depth + (symbol[0].kind == "rule")) for one in reversed(way)]
        return found

    def _way(self, symbol: Symbol, depth: int) -> tuple[Symbol, ...]:
        sizes = self._productions.sizes
        ways = [(sum(sizes[one] for one in way), way) for way in self._productions.of(symbol)]
        least = min(size for size, _ in ways)
        room = max(self._room, 0) if depth < 12 else 0
        fit = [(size, way) for size, way in ways if size < ENDLESS and size - least <= room]
        size, way = self._dice.pick(fit) if room > 0 else min(fit, key=lambda one: one[0])
        self._room -= size - least + (len(ways) > 1)
        return way

    def _lexeme(self, lexeme: Lexeme) -> str | None:
        if lexeme.schema:
            return _json(lexeme, self._dice)
        form = lexeme.form
        if lexeme.hidden is not None:
            self.hidden = True
            forms = self._forms
            stopped = forms.then((forms.anything, lexeme.hidden, forms.anything))
            form = forms.all_of((form, forms.no(stopped)))
        text = sampled(self._forms, form, self._dice, spare=8 if self._room > 0 else 0)
        if text is not None and lexeme.lazy:
            text = shortened(self._forms, form, text)
        if text is not None and lexeme.cap is not None and len(text) > lexeme.cap:
            text = self._forms.shortest(form)
        return text


def _json(lexeme: Lexeme, dice: Dice) -> str | None:
    from mockllm_core.arguments import generate
    from mockllm_core.jsontext import compact

    made = generate(lexeme.schema[0], str(dice.below(1 << 30)))
    return compact(made.value) if made.valid else None
