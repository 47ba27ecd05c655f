"""Everything that several schemas ask of one value, joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from mockllm_core.arguments.normal import Node
    from mockllm_core.frame import Json

__all__ = [
    "ANY",
    "ARRAY",
    "BITS",
    "BOOLEAN",
    "INTEGER",
    "NULL",
    "NUMBER",
    "OBJECT",
    "STRING",
    "Impossible",
    "Shape",
    "same",
    "type_bit",
]

NULL, BOOLEAN, INTEGER, FRACTION, STRING, ARRAY, OBJECT = (1 << bit for bit in range(7))
NUMBER = INTEGER | FRACTION
ANY = 127
BITS = {
    "null": NULL,
    "boolean": BOOLEAN,
    "integer": INTEGER,
    "number": NUMBER,
    "string": STRING,
    "array": ARRAY,
    "object": OBJECT,
}


class Impossible(Exception):
    """No value can be: the sentence says why."""


class Shape:
    """What schemas that hold together ask of one value; keywords not met keep their widest meaning.

    ``options`` are choices still open: lists of alternatives, each a tuple of schemas to add. ``objects`` and ``arrays``
    stay one entry a schema, because ``additionalProperties`` and ``items`` look at their own schema only.
    """

    __slots__ = (
        "arrays",
        "contains",
        "content",
        "definitions",
        "dependent",
        "encoding",
        "enum",
        "examples",
        "formats",
        "high",
        "high_open",
        "hint",
        "keys",
        "least_items",
        "least_length",
        "least_properties",
        "loose_items",
        "loose_properties",
        "low",
        "low_open",
        "map",
        "most_items",
        "most_length",
        "most_properties",
        "names",
        "nots",
        "objects",
        "one_of",
        "options",
        "patterns",
        "required",
        "roots",
        "steps",
        "types",
        "unique",
        "whole",
    )

    def __init__(self, definitions: Mapping[str, Node]) -> None:
        self.definitions = definitions
        self.types = ANY
        self.enum: list[Json] | None = None
        self.low: float | None = None
        self.high: float | None = None
        self.low_open = self.high_open = self.unique = self.whole = self.map = False
        self.least_length = self.least_items = self.least_properties = 0
        self.most_length: int | None = None
        self.most_items: int | None = None
        self.most_properties: int | None = None
        self.steps: tuple[float, ...] = ()
        self.patterns: tuple[str, ...] = ()
        self.formats: tuple[str, ...] = ()
        self.encoding = self.hint = ""
        self.examples: tuple[Json, ...] = ()
        self.required: dict[str, None] = {}
        self.names: tuple[Node, ...] = ()
        self.objects: tuple[tuple[Mapping[str, Node], Mapping[str, Node], Node], ...] = ()
        self.arrays: tuple[tuple[list[Node], Node], ...] = ()
        self.contains: tuple[tuple[Node, int, int | None], ...] = ()
        self.loose_items: tuple[Node, ...] = ()
        self.loose_properties: tuple[Node, ...] = ()
        self.dependent: tuple[tuple[str, Node], ...] = ()
        self.options: tuple[list[tuple[Node, ...]], ...] = ()
        self.one_of: tuple[list[Node], ...] = ()
        self.nots: tuple[Node, ...] = ()
        self.content: Node = True
        self.roots: tuple[Node, ...] = ()
        self.keys: tuple[str, ...] = ()

    def copy(self) -> Shape:
        """Return a shape that can be narrowed without narrowing this one."""
        twin = Shape.__new__(Shape)
        for slot in Shape.__slots__:
            setattr(twin, slot, getattr(self, slot))
        return twin

    def add(self, node: Node) -> None:
        """Join one schema to the others.

        Raises:
            Impossible: nothing satisfies them all.
        """
        self.roots = (*self.roots, node)
        self._join(node)

    def _join(self, node: Node) -> None:
        if isinstance(node, bool):
            if not node:
                raise Impossible("nothing is allowed here")
            return
        self._reach(node)
        for key, value in node.items():
            join = _JOIN.get(key)
            if join:
                join(self, value, node)
        if not self.types:
            raise Impossible("no type is left")

    def _reach(self, node: dict[str, Json]) -> None:
        """Join what needs several keywords of one schema at once."""
        if "properties" in node or "additionalProperties" in node or "patternProperties" in node:
            entry = (
                node.get("properties", {}),
                node.get("patternProperties", {}),
                node.get("additionalProperties", True),
            )
            self.objects = (*self.objects, entry)
            self.map |= "properties" not in node
        if "items" in node or "prefixItems" in node:
            self.arrays = (*self.arrays, (node.get("prefixItems", []), node.get("items", True)))
        if "contains" in node:
            self.contains = (
                *self.contains,
                (node["contains"], node.get("minContains", 1), node.get("maxContains")),
            )
        if "if" in node:
            then, other = node.get("then", True), node.get("else", True)
            self.options = (*self.options, [(node["if"], then), ({"not": node["if"]}, other)])

    def _reference(self, value: str, _: dict[str, Json]) -> None:
        key = value[8:]
        if len(self.keys) > 100:
            raise Impossible("the references form too long a chain")
        if key not in self.keys:
            # once: joined again it asks nothing new, and definitions that name the next one twice would double each time
            self.keys = (*self.keys, key)
            self._join(self.definitions[key])

    def _type(self, value: str | list[str], _: dict[str, Json]) -> None:
        bits = (
            BITS[value]
            if isinstance(value, str)
            else sum(BITS[kind] for kind in set(value) - ({"integer"} if "number" in value else set()))
        )
        self.types &= bits

    def _enum(self, value: list[Json], _: dict[str, Json]) -> None:
        if self.enum is not None:
            value = [member for member in value if any(same(member, other) for other in self.enum)]
        if not value:
            raise Impossible("no member of the enum is left")
        self.enum = value

    def _const(self, value: Json, node: dict[str, Json]) -> None:
        self._enum([value], node)

    def _default(self, value: Json, _: dict[str, Json]) -> None:
        self.examples = (*self.examples, value)

    def _examples(self, value: list[Json], _: dict[str, Json]) -> None:
        self.examples = (*value, *self.examples)

    def _minimum(self, value: float, _: dict[str, Json]) -> None:
        if self.low is None or value > self.low:
            self.low, self.low_open = value, False

    def _maximum(self, value: float, _: dict[str, Json]) -> None:
        if self.high is None or value < self.high:
            self.high, self.high_open = value, False

    def _above(self, value: Json, _: dict[str, Json]) -> None:
        if value is not True and (self.low is None or value >= self.low):
            self.low, self.low_open = value, True

    def _below(self, value: Json, _: dict[str, Json]) -> None:
        if value is not True and (self.high is None or value <= self.high):
            self.high, self.high_open = value, True

    def _all(self, value: list[Node], _: dict[str, Json]) -> None:
        for sub in value:
            self._join(sub)

    def _any(self, value: list[Node], _: dict[str, Json]) -> None:
        self.options = (*self.options, [(sub,) for sub in value])

    def _one(self, value: list[Node], _: dict[str, Json]) -> None:
        self.options = (*self.options, [(sub,) for sub in value])
        if len(value) > 1:
            self.one_of = (*self.one_of, value)

    def _required(self, value: list[str], _: dict[str, Json]) -> None:
        # copies share it
        self.required = self.required | dict.fromkeys(value)

    def _dependent_required(self, value: dict[str, list[str]], _: dict[str, Json]) -> None:
        self.dependent += tuple((name, {"required": needed}) for name, needed in value.items())

    def _dependent_schemas(self, value: dict[str, Node], _: dict[str, Json]) -> None:
        self.dependent += tuple(value.items())

    def _not(self, value: Node, _: dict[str, Json]) -> None:
        """Narrow where a negation is simple; what is left is checked on the finished value."""
        if isinstance(value, bool):
            if value:
                raise Impossible("nothing is allowed here")
            return
        keys = set(value) - {"$comment", "default", "examples"}
        if not keys:
            raise Impossible("nothing is allowed here")
        if keys == {"type"}:
            kinds = value["type"]
            for kind in [kinds] if isinstance(kinds, str) else kinds:
                self.types &= ~BITS[kind]
        elif keys == {"not"}:
            self._join(value["not"])
        elif keys == {"anyOf"}:
            for sub in value["anyOf"]:
                self._not(sub, {})
        elif (
            keys <= {"required", "type"}
            and len(value.get("required", ())) == 1
            and value.get("type", "object") == "object"
        ):
            self.objects = (*self.objects, ({value["required"][0]: False}, {}, True))
            if self.types == ANY and "type" not in value:
                self.types = OBJECT
            self.nots = (*self.nots, value)
        else:
            self.nots = (*self.nots, value)


def same(one: Json, other: Json) -> bool:
    """Return whether two JSON values are equal: 1 is 1.0 but never true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    return bool(one == other)


def identity(value: Json) -> Hashable:
    """Return what two JSON values have in common when they are the ``same``, and only then."""
    if isinstance(value, bool):
        return (value,)
    if isinstance(value, list):
        return tuple(map(identity, value)), list
    if isinstance(value, dict):
        return frozenset((key, identity(item)) for key, item in value.items())
    scalar: Hashable = value
    return scalar


def _larger(slot: str) -> Callable[[Shape, int, dict[str, Json]], None]:
    def join(shape: Shape, value: int, _: dict[str, Json]) -> None:
        setattr(shape, slot, max(getattr(shape, slot), value))

    return join


def _smaller(slot: str) -> Callable[[Shape, int, dict[str, Json]], None]:
    def join(shape: Shape, value: int, _: dict[str, Json]) -> None:
        known = getattr(shape, slot)
        setattr(shape, slot, value if known is None else min(known, value))

    return join


def _more(slot: str) -> Callable[[Shape, Json, dict[str, Json]], None]:
    def join(shape: Shape, value: Json, _: dict[str, Json]) -> None:
        setattr(shape, slot, (*getattr(shape, slot), value))

    return join


def _set(slot: str) -> Callable[[Shape, Json, dict[str, Json]], None]:
    def join(shape: Shape, value: Json, _: dict[str, Json]) -> None:
        setattr(shape, slot, value)

    return join


# ruff: noqa: SLF001 - the table below names the methods of the class above
_JOIN: dict[str, Callable[[Shape, Json, dict[str, Json]], None]] = {
    "$ref": Shape._reference,
    "type": Shape._type,
    "enum": Shape._enum,
    "const": Shape._const,
    "default": Shape._default,
    "examples": Shape._examples,
    "$comment": _set("hint"),
    "contentEncoding": _set("encoding"),
    "contentMediaType": _set("hint"),
    "contentSchema": _set("content"),
    "minimum": Shape._minimum,
    "maximum": Shape._maximum,
    "exclusiveMinimum": Shape._above,
    "exclusiveMaximum": Shape._below,
    "multipleOf": _more("steps"),
    "minLength": _larger("least_length"),
    "maxLength": _smaller("most_length"),
    "pattern": _more("patterns"),
    "format": _more("formats"),
    "minItems": _larger("least_items"),
    "maxItems": _smaller("most_items"),
    "uniqueItems": _set("unique"),
    "unevaluatedItems": _more("loose_items"),
    "minProperties": _larger("least_properties"),
    "maxProperties": _smaller("most_properties"),
    "required": Shape._required,
    "propertyNames": _more("names"),
    "unevaluatedProperties": _more("loose_properties"),
    "dependentRequired": Shape._dependent_required,
    "dependentSchemas": Shape._dependent_schemas,
    "allOf": Shape._all,
    "anyOf": Shape._any,
    "oneOf": Shape._one,
    "not": Shape._not,
}


def type_bit(value: Json) -> int:
    """Return the bit of a value's type; a float without a fraction is an integer."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, str):
        return STRING
    if isinstance(value, list):
        return ARRAY
    if isinstance(value, dict):
        return OBJECT
    return INTEGER if value == value // 1 else FRACTION
