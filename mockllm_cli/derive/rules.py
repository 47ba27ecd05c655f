"""The words in which relaxations and tightenings are written: small edits of a contract, which fail when they no longer fit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mockllm_cli.derive.shapes import DeriveError, nullable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_cli.derive.shapes import Schema

__all__ = ["Contract"]

_GIVEN = {"not": {"type": "null"}}


class Contract:
    """A contract in the making: its root object and the named definitions.

    A place is ``Definition.key``, or ``.key`` for the root; ``[]`` after it means an array's items, ``{}`` an
    object's further values. Every edit raises DeriveError when the place is not there any more, so that a rule
    never goes dead in silence.
    """

    def __init__(self, root: Schema, defs: dict[str, Schema]) -> None:
        self.root = root
        self.defs = defs

    def at(self, place: str) -> Schema:
        """Return the schema at a place, without its null."""
        return self._reach(place)

    def object(self, name: str) -> Schema:
        """Return a definition, or the root for ``""``."""
        if not name:
            return self.root
        if name not in self.defs:
            raise DeriveError(f"{name} is gone")
        return self.defs[name]

    def optional(self, name: str, *keys: str) -> None:
        """Let keys be absent, or null."""
        shape = self.object(name)
        for key in keys:
            if key not in shape.get("required", ()):
                raise DeriveError(f"{name}.{key} is not required any more")
            shape["required"].remove(key)
            shape["properties"][key] = nullable(shape["properties"][key])
        if not shape["required"]:
            del shape["required"]

    def required(self, name: str, *keys: str) -> None:
        """Demand keys, and refuse null for them."""
        shape = self.object(name)
        for key in keys:
            if key not in shape["properties"]:
                raise DeriveError(f"{name}.{key} is gone")
            if key in shape.setdefault("required", []):
                raise DeriveError(f"{name}.{key} is required already")
            shape["required"].append(key)
            shape["properties"][key] = _without_null(shape["properties"][key])

    def set(self, name: str, key: str, schema: Schema) -> None:
        """Give a key another schema; it must be there."""
        shape = self.object(name)
        if key not in shape["properties"]:
            raise DeriveError(f"{name}.{key} is gone")
        shape["properties"][key] = schema

    def add(self, name: str, key: str, schema: Schema) -> None:
        """Give a key that the SDK's type does not have; it must not be there."""
        shape = self.object(name)
        if key in shape["properties"]:
            raise DeriveError(f"{name}.{key} is there now")
        shape["properties"][key] = nullable(schema)

    def drop(self, name: str, *keys: str) -> None:
        """Take keys out that are no part of the body."""
        shape = self.object(name)
        for key in keys:
            if key not in shape["properties"]:
                raise DeriveError(f"{name}.{key} is gone")
            del shape["properties"][key]
            if key in shape.get("required", ()):
                shape["required"].remove(key)

    def limit(self, place: str, **bounds: Any) -> None:
        """Add bounds (``minimum``, ``minItems``, ``minLength``, ``pattern``...) to what a place holds.

        In a union they go to the one member that has the bounds' type.
        """
        schema = self._reach(place)
        schema.update(bounds)

    def exactly_one(self, name: str, *keys: str) -> None:
        """Let exactly one of the keys be given (there, and not null: Smithy and protobuf read null as absent)."""
        shape = self.object(name)
        gone = [key for key in keys if key not in shape["properties"]]
        if gone:
            raise DeriveError(f"{name} has no {', '.join(gone)}")
        shape["oneOf"] = [_given(key) for key in keys]

    def one_given(self, name: str, *keys: str) -> None:
        """Demand that at least one of the keys is given."""
        shape = self.object(name)
        gone = [key for key in keys if key not in shape["properties"]]
        if gone:
            raise DeriveError(f"{name} has no {', '.join(gone)}")
        shape.setdefault("allOf", []).append({"anyOf": [_given(key) for key in keys]})

    def _reach(self, place: str) -> Schema:
        name, _, key = place.partition(".")
        steps = key.replace("[]", "\0[]").replace("{}", "\0{}").split("\0")
        shape = self.object(name)
        if steps[0] not in shape["properties"]:
            raise DeriveError(f"{place} is gone")
        schema = shape["properties"][steps[0]]
        for step in steps[1:]:
            kind, inner = ("array", "items") if step == "[]" else ("object", "additionalProperties")
            held = [one for one in _spread(schema) if kind in one.get("type", ()) and inner in one]
            if len(held) != 1:
                raise DeriveError(f"{place} is not one {kind}")
            schema = held[0][inner]
        return schema  # type: ignore[no-any-return]  # a schema is a dict of anything

    def dump(self, name: str) -> str:
        """Return the file's text: one line a definition, so that a diff names what moved."""
        body = dict(self.root)
        used = _used(self.root, self.defs)
        head = {"title": name, **({"x-max-depth": 200} if _recursive(self.defs, used) else {})}
        lines = [
            f"{json.dumps(key)}: {_text(value)}" for key, value in {**head, **body}.items() if value != []
        ]
        properties = ",\n    ".join(
            f"{json.dumps(key)}: {_text(value)}" for key, value in body["properties"].items()
        )
        lines = [
            f'"properties": {{\n    {properties}\n  }}' if line.startswith('"properties": ') else line
            for line in lines
        ]
        if used:
            defs = ",\n    ".join(f"{json.dumps(key)}: {_text(self.defs[key])}" for key in sorted(used))
            lines.append(f'"$defs": {{\n    {defs}\n  }}')
        return "{\n  " + ",\n  ".join(lines) + "\n}\n"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _given(key: str) -> Schema:
    return {"required": [key], "properties": {key: _GIVEN}}


def _spread(schema: Schema) -> list[Schema]:
    return list(schema["anyOf"]) if "anyOf" in schema else [schema]


def _without_null(schema: Schema) -> Schema:
    if "anyOf" in schema:
        kept = [_without_null(one) for one in schema["anyOf"] if one != {"type": "null"}]
        return kept[0] if len(kept) == 1 else {"anyOf": kept}
    if isinstance(schema.get("type"), list):
        kinds = [kind for kind in schema["type"] if kind != "null"]
        return {**schema, "type": kinds[0] if len(kinds) == 1 else kinds}
    if None in schema.get("enum", ()):
        return {**schema, "enum": [value for value in schema["enum"] if value is not None]}
    return schema


def _refs(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].rpartition("/")[2]
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


def _recursive(defs: dict[str, Schema], used: set[str]) -> bool:
    return any(name in _used(defs[name], defs) for name in used)
