"""One value from one schema: join what is asked, choose branches, fill in.

A choice that leads nowhere is taken back: ``Impossible`` drops an optional property, an array's last item or a branch,
and ends at the first thing that is demanded. Every step costs fuel, so that no schema can keep it busy.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core.arguments import limits
from mockllm_core.arguments.accepts import Exhausted, Known, accepts
from mockllm_core.arguments.containers import Trail, array_of, object_of, recurs
from mockllm_core.arguments.heights import height
from mockllm_core.arguments.numbers import number_for
from mockllm_core.arguments.shape import (
    ANY,
    ARRAY,
    BOOLEAN,
    NULL,
    NUMBER,
    OBJECT,
    STRING,
    Impossible,
    Shape,
    same,
)
from mockllm_core.arguments.texts import text_of
from mockllm_core.jsontext import compact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mockllm_core.arguments.dice import Dice
    from mockllm_core.arguments.normal import Node
    from mockllm_core.frame import Json

__all__ = ["Builder", "Manner"]


class Manner(NamedTuple):
    """How a value is tried.

    Attributes:
        rich: optional properties and a few items, else only what must be.
        hints: examples and defaults before invention.
    """

    rich: bool
    hints: bool


class Builder:
    """Builds one value.

    Args:
        definitions: the schema in the one dialect.
        heights: levels of each definition's flattest value, where definitions are recursive.
        dice: chance.
        manner: rich or lean, with or without hints.
    """

    def __init__(
        self, definitions: Mapping[str, Node], heights: Mapping[str, float] | None, dice: Dice, manner: Manner
    ) -> None:
        self.definitions = definitions
        self.heights = heights
        self.dice = dice
        self.rich, self.hints = manner
        self.fuel = limits.FUEL
        self.choices = 0
        self.wide = False
        self.known = Known(definitions, limits.CHECKS)

    def build(self) -> Json:
        """Return a value for the whole schema.

        Raises:
            Impossible: nothing was found that satisfies it.
            Exhausted: it took too many steps.
        """
        return self.value(({"$ref": "#/$defs/r0"},), "", Trail(0, ()))

    def spend(self, steps: int) -> None:
        """Count steps.

        Raises:
            Exhausted: there are none left.
        """
        self.fuel -= steps
        if self.fuel < 0:
            raise Exhausted

    def value(self, nodes: Iterable[Node], name: str, trail: Trail) -> Json:
        """Return a value that satisfies all the schemas, for the property of that name.

        Raises:
            Impossible: nothing was found that does.
            Exhausted: it took too many steps.
        """
        if trail.depth > limits.DEPTH:
            raise Impossible(f"no value ends within {limits.DEPTH} levels")
        shape = Shape(self.definitions)
        for node in nodes:
            shape.add(node)
        return self._solve(shape, name, trail)

    def _solve(self, shape: Shape, name: str, trail: Trail) -> Json:
        self.spend(1)
        if shape.enum is not None:
            return self._member(shape)
        if shape.examples and self.hints and self.dice.chance(0.75 if trail.depth else 0.5):
            known = [
                each for each in shape.examples if each not in ({}, [], "", None) and self._takes(shape, each)
            ]
            if known:
                return self.dice.pick(known)
        if shape.options:
            return self._branch(shape, name, trail)
        if shape.dependent:
            return self._dependent(shape, name, trail)
        return self._made(shape, name, trail)

    def _takes(self, shape: Shape, value: Json) -> bool:
        return all(accepts(node, value, self.known) for node in shape.roots)

    def _member(self, shape: Shape) -> Json:
        members = shape.enum or []
        if self.hints and len(members) > 2 and shape.examples and self.dice.chance(0.3):
            preferred = [member for member in members if any(same(member, each) for each in shape.examples)]
            members = preferred + members
            start = 0
        else:
            start = self.dice.below(len(members))
        turned = members[start:] + members[:start]
        turned.sort(key=lambda member: member is None)
        if len(shape.roots) == 1 and shape.types == ANY and not (shape.options or shape.nots):
            return turned[0]
        for member in turned:
            if self._takes(shape, member):
                return member
        raise Impossible("no member of the enum satisfies the rest")

    # branches

    def _branch(self, shape: Shape, name: str, trail: Trail) -> Json:
        options = shape.options[0]
        trial = shape.copy()
        trial.options = shape.options[1:]
        trial.whole |= self._decimal(options)
        return self._first(self._ordered(options, shape, trail), trial, name, trail)

    def _first(self, alternatives: Iterable[tuple[Node, ...]], shape: Shape, name: str, trail: Trail) -> Json:
        """Return a value by the first alternative that leads to one."""
        reason = Impossible("no branch is left")
        if self.choices >= limits.CHOICES:
            raise Impossible(f"more than {limits.CHOICES} choices hang together")
        self.choices += 1
        try:
            for alternative in alternatives:
                trial = shape.copy()
                try:
                    for node in alternative:
                        trial.add(node)
                    return self._solve(trial, name, trail)
                except Impossible as found:
                    reason = found
        finally:
            self.choices -= 1
        raise reason

    def _ordered(
        self, options: list[tuple[Node, ...]], shape: Shape, trail: Trail
    ) -> Sequence[tuple[Node, ...]]:
        """Return the alternatives in the order to try: null and "anything" last, flat ones first in a recursion."""
        start = self.dice.below(len(options))
        turned = options[start:] + options[:start]
        decimal = self._decimal(options)
        turned.sort(key=lambda each: _rank(each[0], decimal=decimal))
        if self.heights is not None:
            tall = {id(each): max(height(node, self.heights) for node in each) for each in turned}
            turned = [each for each in turned if tall[id(each)] < inf]
            nodes = [node for each in turned for node in each]
            again = recurs(self, nodes, trail.keys + shape.keys) and (
                trail.depth > 1 or self.dice.chance(0.5)
            )
            if not self.rich or trail.depth > 3 or again:
                turned.sort(key=lambda each: tall[id(each)])
        return turned

    @staticmethod
    def _decimal(options: list[tuple[Node, ...]]) -> bool:
        """Return whether these are pydantic's branches for a Decimal: number, or text that says less than it means."""
        kinds = [node.get("type") for (node, *_) in options if isinstance(node, dict)]
        return "number" in kinds and "string" in kinds and set(kinds) <= {"number", "string", "null"}

    def _dependent(self, shape: Shape, name: str, trail: Trail) -> Json:
        """Turn "with this property, that schema" into a choice: without the property, or with both."""
        property_name, node = shape.dependent[0]
        absent: Node = {"properties": {property_name: False}}
        trial = shape.copy()
        trial.dependent = shape.dependent[1:]
        if not trial.types & OBJECT:
            return self._solve(trial, name, trail)
        both = [(absent,), ({"required": [property_name]}, node)]
        if property_name in shape.required:
            both = both[1:]
        elif (
            self.rich and self.dice.chance(0.4) and any(property_name in entry[0] for entry in shape.objects)
        ):
            both.reverse()
        return self._first(both, trial, name, trail)

    # finished shapes

    def _made(self, shape: Shape, name: str, trail: Trail) -> Json:
        reason = Impossible("no type is left")
        rich = self.rich
        for kind in self._kinds(shape, trail):
            for nth in range(4 if shape.nots or shape.one_of or shape.contains else 1):
                self.rich = rich and nth < 2
                try:
                    value = self._of_kind(kind, shape, name, trail)
                except Impossible as found:
                    reason = found
                    break
                finally:
                    self.rich = rich
                if self._holds(shape, value):
                    return value
                reason = Impossible("not, oneOf or contains rules out every value tried")
        raise reason

    def _holds(self, shape: Shape, value: Json) -> bool:
        known = self.known
        return (
            not any(accepts(node, value, known) for node in shape.nots)
            and all(sum(accepts(node, value, known) for node in nodes) == 1 for nodes in shape.one_of)
            and (
                not isinstance(value, list) or all(_contained(each, value, known) for each in shape.contains)
            )
        )

    def _kinds(self, shape: Shape, trail: Trail) -> list[int]:
        """Return the types to try, in order: what the keywords speak of first, null last."""
        spoken = 0
        if (
            shape.objects
            or shape.required
            or shape.least_properties
            or shape.names
            or shape.most_properties is not None
        ):
            spoken |= OBJECT
        if (
            shape.arrays
            or shape.contains
            or shape.least_items
            or shape.unique
            or shape.most_items is not None
            or shape.loose_items
        ):
            spoken |= ARRAY
        if shape.steps or shape.low is not None or shape.high is not None:
            spoken |= NUMBER
        if (
            shape.patterns
            or shape.formats
            or shape.least_length
            or shape.most_length is not None
            or shape.encoding
        ):
            spoken |= STRING
        if not spoken:
            spoken = (
                OBJECT if not trail.depth and shape.types & OBJECT else STRING if shape.types == ANY else 0
            )
        kinds = [kind for kind in (NUMBER, STRING, OBJECT, ARRAY, BOOLEAN) if shape.types & kind]
        if len(kinds) > 1:
            start = self.dice.below(len(kinds))
            kinds = kinds[start:] + kinds[:start]
            kinds.sort(key=lambda kind: (not kind & spoken, shape.types != ANY and kind != NUMBER))
        return [*kinds, *([NULL] if shape.types & NULL else [])]

    def _of_kind(self, kind: int, shape: Shape, name: str, trail: Trail) -> Json:
        if kind == STRING:
            if shape.content is not True and shape.hint == "application/json":
                return compact(self.value((shape.content,), name, Trail(trail.depth + 1, trail.keys)))
            text = text_of(shape, self.dice, name, wide=self.wide)
            self.spend(len(text) // (limits.PATTERNED if shape.patterns else limits.LONG))
            return text
        if kind == NUMBER:
            return number_for(shape, self.dice, name, wide=self.wide)
        if kind == BOOLEAN:
            return self.dice.chance(0.5)
        if kind == OBJECT:
            return object_of(self, shape, name, trail)
        return array_of(self, shape, name, trail) if kind == ARRAY else None


def _rank(node: Node, *, decimal: bool) -> int:
    """Return how late a branch is tried."""
    if isinstance(node, bool):
        return 3 if node else 4
    kind = node.get("type")
    if kind == "null" or ("const" in node and node["const"] is None):
        return 2
    if not node:
        return 1
    return 0 if not decimal or kind == "number" else 1


def _contained(demand: tuple[Node, int, int | None], items: list[Json], known: Known) -> bool:
    node, least, most = demand
    found = sum(accepts(node, item, known) for item in items)
    return least <= found and (most is None or found <= most)
