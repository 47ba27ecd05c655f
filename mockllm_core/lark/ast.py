"""A Lark grammar as it was read, before its names mean anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from mockllm_core.record import record

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.lark.params import Condition, Parameter
    from mockllm_core.lark.places import Place

__all__ = ["Alternative", "Atom", "Expansions", "Item", "Named", "Part", "Statement", "Value"]


@record()
class Value:
    """What stands for itself or a name.

    Attributes:
        kind: ``range``, ``name``, ``string``, ``regex``, ``reference``, ``special``, ``json``, ``substring``, ``lark``,
            ``applied`` (a name with a parameter) or ``template``.
        text: the name, the text, the pattern or the first character.
        more: flags, or the last character.
        value: JSON, or a parameter.
        items: of a grammar inside.
    """

    kind: str
    text: str = ""
    more: str = ""
    value: Json | Parameter = None
    items: tuple[Item, ...] = ()


@record()
class Atom:
    """A value, or what stands in parentheses or brackets; ``negated`` by ``~``."""

    held: Value | Expansions
    optional: bool = False
    negated: bool = False


@record()
class Part:
    """An atom and how often it comes: an operator, or bounds."""

    atom: Atom
    operator: str = ""
    bounds: tuple[int, int] | None = None


@record()
class Alternative:
    """One way of several: parts in turn, of each that must fit at once."""

    all_of: tuple[tuple[Part, ...], ...]
    condition: Condition | None = None


@record()
class Expansions:
    """All ways, and where they stand."""

    place: Place
    ways: tuple[Alternative, ...]


@dataclass(slots=True)
class Named:
    """A rule or a terminal.

    Attributes:
        place: of its body.
        name: without its marks.
        terminal: whether it is one.
        body: what it stands for.
        templated: whether it has parameters of a template.
        prioritised: whether it has a priority.
        parametric: whether it has a parameter.
        ends: ``stop`` or ``suffix`` and the value; ``lazy`` is a suffix of nothing.
        kept: ``max_tokens`` and ``temperature``, where given.
        stop_capture: whether the end is captured.
    """

    name: str
    terminal: bool
    place: Place
    body: Expansions
    templated: bool = False
    prioritised: bool = False
    parametric: bool = False
    ends: tuple[str, Value] | None = None
    kept: dict[str, float] = field(default_factory=dict)
    stop_capture: bool = False


@record()
class Statement:
    """A directive.

    Attributes:
        kind: ``ignore``, ``import``, ``override``, ``declare`` or ``llguidance``.
        place: where it stands.
        body: of ``ignore``.
        names: what is imported, each with the name it gets.
        value: of ``llguidance``.
    """

    kind: str
    place: Place
    body: Expansions | None = None
    names: tuple[tuple[str, str], ...] = ()
    value: Json = None


Item: TypeAlias = "Named | Statement"
