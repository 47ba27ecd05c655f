"""What a part of a grammar may be written as, one step at a time: for the writer and for the parser."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from mockllm_core.lark.forms import TooMuchError
from mockllm_core.lark.nodes import Node

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ENDLESS", "Productions", "Symbol"]

Symbol: TypeAlias = "tuple[Node, int]"
"""A part, and the parameter of the rule that it stands in."""

_MOST = 30_000
ENDLESS = 10**9
"""The size of what has no text."""


class Productions:
    """Knows what symbols are made of, and how long their shortest texts are."""

    def __init__(self, start: Node) -> None:
        self.start: Symbol = (start, 0)
        self._known: dict[Symbol, tuple[tuple[Symbol, ...], ...]] = {}
        self.sizes = self._measured()

    def of(self, symbol: Symbol) -> tuple[tuple[Symbol, ...], ...]:
        """Return the ways to write a symbol that is no lexeme."""
        found = self._known.get(symbol)
        if found is None:
            if len(self._known) > _MOST:
                raise TooMuchError(symbol[0].kind)
            found = self._known[symbol] = tuple(self._made(symbol))
        return found

    def _made(self, symbol: Symbol) -> Iterator[tuple[Symbol, ...]]:
        node, given = symbol
        match node.kind:
            case "rule" if node.rule and node.rule.body:
                yield ((node.rule.body, node.given.of(given) if node.given else 0),)
            case "or":
                for part, condition in zip(node.parts, node.conditions, strict=True):
                    if condition is None or condition.holds(given):
                        yield ((part, given),)
            case "times":
                yield from _repeated(node, given)
            case _:
                yield tuple((part, given) for part in node.parts)

    def _measured(self) -> dict[Symbol, int]:
        """Return how many lexemes and rules the shortest text of each symbol takes."""
        found: list[Symbol] = []
        seen, left = {self.start}, [self.start]
        while left:
            symbol = left.pop()
            found.append(symbol)
            if symbol[0].kind == "lexeme":
                continue
            for way in self.of(symbol):
                for inner in way:
                    if inner not in seen:
                        seen.add(inner)
                        left.append(inner)
        sizes = dict.fromkeys(found, ENDLESS)
        for symbol in found:
            if symbol[0].kind == "lexeme":
                sizes[symbol] = 0 if (one := symbol[0].lexeme) and one.form.nullable and not one.schema else 1
        found.reverse()
        for _ in range(300):
            changed = False
            for symbol in found:
                if symbol[0].kind != "lexeme" and self._size(symbol, sizes) < sizes[symbol]:
                    sizes[symbol] = self._size(symbol, sizes)
                    changed = True
            if not changed:
                return sizes
        raise TooMuchError("sizes")

    def _size(self, symbol: Symbol, sizes: dict[Symbol, int]) -> int:
        least = min((sum(sizes[one] for one in way) for way in self.of(symbol)), default=ENDLESS)
        return min(least + (symbol[0].kind == "rule"), ENDLESS)


def _repeated(node: Node, given: int) -> Iterator[tuple[Symbol, ...]]:
    """Yield what may stand for something that comes several times."""
    part = (node.parts[0], given)
    if node.least > 0:
        most = None if node.most is None else node.most - node.least
        head = (part,) * node.least
        yield head if most == 0 else (*head, (_rest(node, 0, most), given))
        return
    yield ()
    if node.most is None:
        # the list first: a parser of Earley's takes one that begins with itself in one pass
        yield ((node, given), part)
    elif node.most == 1:
        yield (part,)
    elif node.most > 1:
        yield (part, (_rest(node, 0, min(node.most - 1, 1_000)), given))


def _rest(node: Node, least: int, most: int | None) -> Node:
    if node.rest is None:
        node.rest = Node("times", parts=node.parts, least=least, most=most)
    return node.rest
