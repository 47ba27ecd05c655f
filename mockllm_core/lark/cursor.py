"""A place in the tokens of a Lark grammar, and what may stand there: a token, a parameter, a condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.lark.numbers import unsigned
from mockllm_core.lark.params import COMPARED, COUNTED, Condition, Parameter
from mockllm_core.lark.places import GrammarError, Place
from mockllm_core.lark.tokens import SHOWN, Token

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Cursor", "called"]

_PARAMETERS = frozenset(("incr", "decr", "bit_and", "bit_or", "set_bit", "clear_bit"))
_CONDITIONS = frozenset(
    (*COMPARED, *COUNTED, "and", "or", "not", "bit_clear", "bit_set", "is_zeros", "is_ones")
)


def called(kind: str) -> str:
    """Return what messages call a kind of token."""
    return SHOWN.get(kind) or f"'{kind}'"


class Cursor:
    """Walks over the tokens of a grammar.

    Attributes:
        source: its text.
        tokens: all of them.
        at: the place.
    """

    def __init__(self, source: str, held: Sequence[Token]) -> None:
        self.source, self.tokens, self.at = source, held, 0

    def peek(self) -> Token | None:
        """Return the token here, None at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def kind(self, ahead: int = 0) -> str:
        """Return what kind it is, or one further on is; ``""`` at the end."""
        at = self.at + ahead
        return self.tokens[at].kind if at < len(self.tokens) else ""

    def took(self, kind: str) -> bool:
        """Pass a token, if it is of that kind."""
        if self.kind() == kind:
            self.at += 1
            return True
        return False

    def next(self, kind: str) -> Token:
        """Pass a token that has to be of that kind."""
        token = self.peek()
        if token is None:
            raise GrammarError(f"Expected token {called(kind)}, found end of input")
        if token.kind != kind:
            raise GrammarError(f"Expected token {called(kind)}, found {called(token.kind)}")
        self.at += 1
        return token

    def place(self) -> Place:
        """Return where that is."""
        token = self.peek()
        return Place(self.source, token.line if token else 0, token.column if token else 0)

    def parameter(self) -> Parameter:
        """Read what a rule is called with."""
        if self.kind() in ("number", "hex"):
            return Parameter("const", self._number())
        if self.took("_"):
            return Parameter("self")
        name = self.next("rule").text
        if name not in _PARAMETERS:
            raise GrammarError(f"Unexpected expression '{name}'")
        self.next("(")
        if name in ("incr", "decr"):
            made = Parameter(name, bits=self._bits())
        elif name in ("bit_and", "bit_or"):
            made = Parameter(name.removeprefix("bit_"), self._number())
        else:
            bit = 1 << self._bounded(63)
            made = Parameter("or", bit) if name == "set_bit" else Parameter("and", (1 << 64) - 1 & ~bit)
        self.next(")")
        return made

    def _number(self) -> int:
        if self.kind() == "hex":
            return int(self.next("hex").text, 16)
        return unsigned(self.next("number").text)

    def _bounded(self, most: int) -> int:
        found = unsigned(self.next("number").text)
        if found > most:
            raise GrammarError(f"number {found} is too large; must be <= {most}")
        return found

    def _bits(self) -> tuple[int, int]:
        if self.took("["):
            first = self._bounded(63)
            self.next(":")
            last = self._bounded(64)
            self.next("]")
            if last <= first:
                raise GrammarError(f"end bit index {last} must be > start bit index {first}")
            return first, last
        if self.took("_"):
            return 0, 64
        raise GrammarError("expected '_' or '[start_bit:stop_bit]'")

    def condition(self) -> Condition:
        """Read when an alternative is open."""
        name = self.next("rule").text
        if name == "true":
            return Condition(name)
        if name not in _CONDITIONS:
            raise GrammarError(f"Unexpected condition '{name}'")
        self.next("(")
        made = self._tested(name)
        self.next(")")
        return made

    def _tested(self, name: str) -> Condition:
        if name in ("and", "or", "not"):
            parts = [self.condition()]
            if name != "not":
                self.next(",")
                parts.append(self.condition())
            return Condition(name, parts=tuple(parts))
        if name in ("bit_clear", "bit_set"):
            bit = self._bounded(63)
            return Condition("eq", (bit, bit + 1), int(name == "bit_set"))
        bits = self._bits()
        if name in ("is_zeros", "is_ones"):
            return Condition("eq", bits, (1 << (bits[1] - bits[0])) - 1 if name == "is_ones" else 0)
        self.next(",")
        return Condition(name, bits, self._bounded(63) if name in COUNTED else self._number())
