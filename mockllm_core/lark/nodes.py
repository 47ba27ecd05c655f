"""A grammar as it is written and parsed: rules over lexemes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.lark.forms import Form, Forms
    from mockllm_core.lark.params import Condition, Parameter

__all__ = ["Grammar", "Lexeme", "Node", "Rule"]


@dataclass(slots=True, eq=False)
class Lexeme:
    """What is matched at once, as far as it goes.

    Attributes:
        form: what it matches.
        space: the grammar that it is of, whose spaces may stand about it.
        lazy: whether it ends as soon as it can.
        cap: its longest text, where the grammar has a word on that.
        hidden: what ends it and is not part of the text (``stop``).
        schema: of JSON, in a list; empty for any other.
    """

    form: Form
    space: int = 0
    lazy: bool = False
    cap: int | None = None
    hidden: Form | None = None
    schema: tuple[Json, ...] = ()


@dataclass(slots=True, eq=False)
class Node:
    """A part of a rule.

    Attributes:
        kind: ``lexeme``, ``then``, ``or``, ``times`` or ``rule``.
        parts: what it is made of.
        lexeme: of that kind.
        rule: of that kind.
        given: what the rule is called with.
        conditions: of ``or``, when each part is open.
        least: of ``times``.
        most: of ``times``; None for without end.
        rest: nodes for what is left of ``times``, once they were asked for.
    """

    kind: str
    parts: tuple[Node, ...] = ()
    lexeme: Lexeme | None = None
    rule: Rule | None = None
    given: Parameter | None = None
    conditions: tuple[Condition | None, ...] = ()
    least: int = 1
    most: int | None = 1
    rest: Node | None = None


@dataclass(slots=True, eq=False)
class Rule:
    """A rule: its body, once it was read."""

    name: str
    parametric: bool
    body: Node | None = None


@dataclass(slots=True, eq=False)
class Grammar:
    """A grammar of which texts can be written.

    Attributes:
        start: where they begin.
        forms: makes its forms.
        spaces: what may stand between the lexemes of each grammar; nothing where that is None.
        initial: whether it may stand before the first, too.
    """

    start: Node
    forms: Forms
    spaces: list[Form | None] = field(default_factory=list)
    initial: bool = False
