"""Does a value satisfy a schema: quick and in Python, for choices made on the way.

It decides between branches, filters enums and defaults, and checks negations. Formats and ``unevaluated*`` are left to
the validator that judges every finished value.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from mockllm_core.arguments.patterns import matches
from mockllm_core.arguments.shape import BITS, identity, same, type_bit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mockllm_core.arguments.normal import Node
    from mockllm_core.frame import Json

__all__ = ["Exhausted", "Known", "accepts"]


class Exhausted(Exception):
    """The steps that a value may take are used up."""


class Known:
    """The definitions that references lead to, and how many schemas may still be looked at.

    Args:
        definitions: the schema in the one dialect.
        left: schemas.
    """

    __slots__ = ("definitions", "left")

    def __init__(self, definitions: Mapping[str, Node], left: int) -> None:
        self.definitions = definitions
        self.left = left


def accepts(node: Node, value: Json, known: Known, depth: int = 0) -> bool:
    """Return whether a schema in the one dialect takes the value; True past 100 references without a step.

    Raises:
        Exhausted: it took too many steps.
    """
    known.left -= 1
    if known.left < 0:
        raise Exhausted
    if isinstance(node, bool):
        return node
    if depth > 100:
        return True
    for key, demand in node.items():
        check = _CHECKS.get(key)
        if check and not check(demand, value, node, known, depth):
            return False
    return True


def _reference(demand: str, value: Json, _: Json, known: Known, depth: int) -> bool:
    return accepts(known.definitions[demand[8:]], value, known, depth + 1)


def _type(demand: str | list[str], value: Json, *_: object) -> bool:
    bit = type_bit(value)
    return any(bit & BITS[kind] for kind in ([demand] if isinstance(demand, str) else demand))


def _number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _multiple(demand: float, value: Json, *_: object) -> bool:
    return not _number(value) or (Fraction(str(value)) / Fraction(str(demand))).denominator == 1


def _conditional(demand: Node, value: Json, node: dict[str, Json], known: Known, depth: int) -> bool:
    branch = node.get("then" if accepts(demand, value, known, depth + 1) else "else", True)
    return accepts(branch, value, known, depth + 1)


def _objects(demand: Json, value: Json, node: dict[str, Json], known: Known, depth: int) -> bool:
    first = node.get("properties", node.get("patternProperties", node.get("additionalProperties")))
    if (
        not isinstance(value, dict) or demand is not first
    ):  # three keywords, one look: twice at each level is for ever
        return True
    declared, patterns = node.get("properties", {}), node.get("patternProperties", {})
    rest = node.get("additionalProperties", True)
    for name, item in value.items():
        subs = [declared[name]] if name in declared else []
        subs += [sub for pattern, sub in patterns.items() if matches(pattern, name)]
        if not all(accepts(sub, item, known, depth) for sub in subs or [rest]):
            return False
    return True


def _arrays(demand: Json, value: Json, node: dict[str, Json], known: Known, depth: int) -> bool:
    if not isinstance(value, list) or demand is not node.get("prefixItems", node.get("items")):
        return True
    prefix, rest = node.get("prefixItems", []), node.get("items", True)
    return all(
        accepts(prefix[nth] if nth < len(prefix) else rest, item, known, depth)
        for nth, item in enumerate(value)
    )


def _contains(demand: Node, value: Json, node: dict[str, Json], known: Known, depth: int) -> bool:
    if not isinstance(value, list):
        return True
    found = sum(accepts(demand, item, known, depth) for item in value)
    return bool(node.get("minContains", 1) <= found <= node.get("maxContains", found))


def _unique(_: Json, value: Json, *__: object) -> bool:
    if not isinstance(value, list):
        return True
    return len(set(map(identity, value))) == len(value)


def _dependent(demand: dict[str, list[str]], value: Json, *_: object) -> bool:
    return not isinstance(value, dict) or all(
        name not in value or all(each in value for each in needed) for name, needed in demand.items()
    )


_CHECKS: dict[str, Callable[..., bool]] = {
    "$ref": _reference,
    "type": _type,
    "enum": lambda d, v, *_: v in d if isinstance(v, str) else any(same(member, v) for member in d),
    "const": lambda d, v, *_: same(d, v),
    "minimum": lambda d, v, *_: not _number(v) or v >= d,
    "maximum": lambda d, v, *_: not _number(v) or v <= d,
    "exclusiveMinimum": lambda d, v, *_: not _number(v) or v > d,
    "exclusiveMaximum": lambda d, v, *_: not _number(v) or v < d,
    "multipleOf": _multiple,
    "minLength": lambda d, v, *_: not isinstance(v, str) or len(v) >= d,
    "maxLength": lambda d, v, *_: not isinstance(v, str) or len(v) <= d,
    "pattern": lambda d, v, *_: not isinstance(v, str) or matches(d, v),
    "minItems": lambda d, v, *_: not isinstance(v, list) or len(v) >= d,
    "maxItems": lambda d, v, *_: not isinstance(v, list) or len(v) <= d,
    "uniqueItems": _unique,
    "prefixItems": _arrays,
    "items": _arrays,
    "contains": _contains,
    "minProperties": lambda d, v, *_: not isinstance(v, dict) or len(v) >= d,
    "maxProperties": lambda d, v, *_: not isinstance(v, dict) or len(v) <= d,
    "required": lambda d, v, *_: not isinstance(v, dict) or all(name in v for name in d),
    "properties": _objects,
    "patternProperties": _objects,
    "additionalProperties": _objects,
    "propertyNames": lambda d, v, _, known, depth: (
        not isinstance(v, dict) or all(accepts(d, k, known, depth) for k in v)
    ),
    "dependentRequired": _dependent,
    "dependentSchemas": lambda d, v, _, known, depth: (
        not isinstance(v, dict)
        or all(name not in v or accepts(sub, v, known, depth + 1) for name, sub in d.items())
    ),
    "allOf": lambda d, v, _, known, depth: all(accepts(sub, v, known, depth + 1) for sub in d),
    "anyOf": lambda d, v, _, known, depth: any(accepts(sub, v, known, depth + 1) for sub in d),
    "oneOf": lambda d, v, _, known, depth: sum(accepts(sub, v, known, depth + 1) for sub in d) == 1,
    "not": lambda d, v, _, known, depth: not accepts(d, v, known, depth + 1),
    "if": _conditional,
}
