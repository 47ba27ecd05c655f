"""The words in which relaxations and tightenings are written: small edits of a contract.

Every edit raises DeriveError when what it speaks of is not there any more, so that no rule goes dead in silence.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mockllm_cli.derive.shapes import DeriveError, Schema, nullable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_cli.derive.shapes import Shapes

__all__ = ["Contract", "without_null"]

#: depth of JSON that a contract with recursive shapes takes, Gemini's alone: protobuf stops at 100 messages in one
#: another. It also bounds the stack that a walk needs.
_DEPTH = 100

#: the JSON types in the order in which a sentence names them
_KINDS = ("string", "integer", "number", "boolean", "array", "object", "null")

#: a bound and the JSON type that it speaks of
_BOUNDS = {
    "minimum": ("integer", "number"),
    "maximum": ("integer", "number"),
    "minLength": ("string",),
    "maxLength": ("string",),
    "pattern": ("string",),
    "minItems": ("array",),
    "maxItems": ("array",),
    "minProperties": ("object",),
    "maxProperties": ("object",),
}


class Contract:
    """A contract in the making: its root object and the named definitions.

    A place is ``Definition.key``, or ``.key`` for the root; ``[]`` after it means an array's items, ``{}`` an
    object's further values.
    """

    def __init__(self, root: Schema, shapes: Shapes) -> None:
        names = shapes.named()
        self.root: Schema = _renamed(root, names)
        self.defs: dict[str, Schema] = {
            names[name]: _renamed(shape, names) for name, shape in shapes.defs.items()
        }

    def shape(self, name: str) -> Schema:
        """Return a definition, or the root for ``""``."""
        if not name:
            return self.root
        if name not in self.defs:
            raise DeriveError(f"{name} is gone")
        return self.defs[name]

    def at(self, place: str) -> Schema:
        """Return the schema at a place."""
        name, _, key = place.partition(".") if place.count(".") == 1 else place.rpartition(".")
        first, *steps = key.replace("[]", "\0[]").replace("{}", "\0{}").split("\0")
        schema: Schema = self._properties(name, first)[first]
        for step in steps:
            kind, inner = ("array", "items") if step == "[]" else ("object", "additionalProperties")
            held = [one for one in _spread(schema) if kind in one.get("type", ()) and inner in one]
            if len(held) != 1:
                raise DeriveError(f"{place} is not one {kind}")
            schema = held[0][inner]
        return schema

    def optional(self, name: str, *keys: str) -> None:
        """Let keys be absent, or null."""
        shape = self.shape(name)
        for key in keys:
            if key not in shape.get("required", ()):
                raise DeriveError(f"{name}.{key} is not required any more")
            shape["required"].remove(key)
            shape["properties"][key] = nullable(shape["properties"][key])
        if not shape["required"]:
            del shape["required"]

    def required(self, name: str, *keys: str) -> None:
        """Demand keys, and refuse null for them."""
        properties = self._properties(name, *keys)
        for key in keys:
            needed = self.shape(name).setdefault("required", [])
            if key in needed:
                raise DeriveError(f"{name}.{key} is required already")
            needed.append(key)
            properties[key] = without_null(properties[key])

    def set(self, name: str, key: str, schema: Schema) -> None:
        """Give a key another schema."""
        self._properties(name, key)[key] = schema

    def add(self, name: str, key: str, schema: Schema) -> None:
        """Give a key that the SDK's type does not have."""
        properties = self.shape(name)["properties"]
        if key in properties:
            raise DeriveError(f"{name}.{key} is there now")
        properties[key] = nullable(schema)

    def first(self, name: str, *keys: str) -> None:
        """Move keys to the front: what is wrong with them is said before anything else."""
        properties = self._properties(name, *keys)
        moved = {key: properties[key] for key in keys}
        self.shape(name)["properties"] = {**moved, **properties}

    def drop(self, name: str, *keys: str) -> None:
        """Take keys out that are no part of the body."""
        properties = self._properties(name, *keys)
        for key in keys:
            del properties[key]
            if key in self.shape(name).get("required", ()):
                self.shape(name)["required"].remove(key)

    def limit(self, place: str, **bounds: Any) -> None:
        """Add bounds to what a place holds; in a union to every member that a bound can speak of."""
        schema = self.at(place)
        for bound, value in bounds.items():
            held = [one for one in _spread(schema) if set(_BOUNDS[bound]) & set(_kinds(one))]
            if not held:
                raise DeriveError(f"{place} holds nothing that has a {bound}")
            for one in held:
                one[bound] = value

    def open(self, *places: str) -> None:
        """Take any text where the SDK lists the known ones."""
        for place in places:
            schema = self.at(place)
            if "enum" not in schema:
                raise DeriveError(f"{place} is no list of values any more")
            null = None in schema.pop("enum")
            schema["type"] = ["string", "null"] if null else "string"

    def extend(self, place: str, *values: str) -> None:
        """Take further values beside the listed ones."""
        schema = self.at(place)
        known = [value for value in values if value in schema["enum"]]
        if known:
            raise DeriveError(f"{place} has {', '.join(known)} now")
        schema["enum"] = [*values, *schema["enum"]]

    def exactly_one(self, name: str, *keys: str) -> None:
        """Let exactly one of the keys be given: there, and not null."""
        self._properties(name, *keys)
        self.shape(name)["oneOf"] = [_given(key, [None]) for key in keys]

    def one_given(self, name: str, *keys: str, empty: bool = False) -> None:
        """Demand that at least one of the keys is given: there, not null and, unless it may be ``empty``, no empty list."""
        self._properties(name, *keys)
        group = {"anyOf": [_given(key, [None] if empty else [None, []]) for key in keys]}
        self.shape(name).setdefault("allOf", []).append(group)

    def used(self) -> list[str]:
        """Return the names of the definitions that the root reaches."""
        return sorted(_used(self.root, self.defs))

    def dump(self, name: str) -> str:
        """Return the file's text: one line a key and a definition, so that a diff names what moved."""
        root, defs = _merged(_ordered(self.root), {key: _ordered(self.defs[key]) for key in self.used()})
        lines = [f'"title": "{name}"']
        if any(key in _used(shape, defs) for key, shape in defs.items()):
            lines.append(f'"x-max-depth": {_DEPTH}')
        for key, value in root.items():
            if value:
                lines.append(f'"{key}": {_block(value) if key == "properties" else _text(value)}')
        if defs:
            lines.append(f'"$defs": {_block(defs)}')
        return "{\n  " + ",\n  ".join(lines) + "\n}\n"

    def _properties(self, name: str, *keys: str) -> dict[str, Schema]:
        """Return a shape's keys, after seeing that the named ones are there."""
        properties: dict[str, Schema] = self.shape(name)["properties"]
        gone = [key for key in keys if key not in properties]
        if gone:
            raise DeriveError(f"{name or 'the request'} has no {', '.join(gone)} any more")
        return properties


def _block(values: dict[str, Any]) -> str:
    lines = ",\n    ".join(f"{json.dumps(key)}: {_text(value)}" for key, value in values.items())
    return f"{{\n    {lines}\n  }}"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _given(key: str, absent: list[Any]) -> Schema:
    return {"required": [key], "properties": {key: {"not": {"enum": absent}}}}


def _spread(schema: Schema) -> list[Schema]:
    return list(schema["anyOf"]) if "anyOf" in schema else [schema]


def _kinds(schema: Schema) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else kinds


def without_null(schema: Schema) -> Schema:
    """Return the schema of what a key holds, null left out."""
    if "anyOf" in schema:
        kept = [without_null(one) for one in schema["anyOf"] if one != {"type": "null"}]
        return kept[0] if len(kept) == 1 else {"anyOf": kept}
    if isinstance(schema.get("type"), list):
        kinds = [kind for kind in schema["type"] if kind != "null"]
        return {**schema, "type": kinds[0] if len(kinds) == 1 else kinds}
    if None in schema.get("enum", ()):
        return {**schema, "enum": [value for value in schema["enum"] if value is not None]}
    return schema


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    """Return a copy whose references go by other names, alternatives that became one said once."""
    if isinstance(schema, list):
        made = [_renamed(one, names) for one in schema]
        return [one for at, one in enumerate(made) if not (isinstance(one, dict) and one in made[:at])]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        name = schema["$ref"].removeprefix("#/$defs/")
        return {"$ref": f"#/$defs/{names.get(name, name)}"}
    return {key: _renamed(inner, names) for key, inner in schema.items()}


def _merged(root: Schema, defs: dict[str, Schema]) -> tuple[Schema, dict[str, Schema]]:
    """Return the same contract with one definition for all that say the same."""
    while True:
        first: dict[str, str] = {}
        for name in sorted(defs, key=lambda name: (len(name), name)):
            first.setdefault(_text(defs[name]), name)
        names = {name: first[_text(shape)] for name, shape in defs.items()}
        if all(name == other for name, other in names.items()):
            return root, defs
        root = _renamed(root, names)
        defs = {name: _renamed(defs[name], names) for name in sorted(defs) if names[name] == name}


def _ordered(schema: Any) -> Any:
    """Return a copy whose alternatives stand in an order of their own.

    Python's typing module keeps one object for ``Union[A, B]`` and ``Union[B, A]``, so the order in which an SDK
    wrote them depends on what was imported first.
    """
    if isinstance(schema, list):
        return [_ordered(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: inner if key in {"allOf", "oneOf"} else _ordered(inner) for key, inner in schema.items()}
    if isinstance(made.get("enum"), list):
        made["enum"].sort(key=lambda value: (value is None, str(value)))
    if isinstance(made.get("type"), list):
        made["type"].sort(key=_KINDS.index)
    if isinstance(made.get("anyOf"), list):
        made["anyOf"].sort(key=_rank)
    return made


def _rank(schema: Schema) -> tuple[int, str]:
    """Return where an alternative stands: listed values, plain types, arrays, objects, null."""
    kinds = _kinds(schema)
    if "enum" in schema:
        return 0, ""
    if "$ref" in schema:
        return len(_KINDS), schema["$ref"]
    if kinds == ["null"]:
        return len(_KINDS) + 1, ""
    return 1 + _KINDS.index(kinds[0]), _text(schema)


def _refs(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].removeprefix("#/$defs/")
        for inner in schema.values():
            yield from _refs(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _refs(inner)


def _used(root: Schema, defs: dict[str, Schema]) -> set[str]:
    found: set[str] = set()
    waiting = list(_refs(root))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _refs(defs[name])
    return found
