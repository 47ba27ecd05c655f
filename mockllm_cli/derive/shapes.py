"""Python types as JSON Schemas in their wire form.

An SDK's request types say what Python may hold; this says what the JSON then looks like: bytes are base64 text, an
``Iterable`` is an array, a datetime is text, an enumeration is its values. Only a small part of JSON Schema is
written, the part that ``mockllm_core.explain`` reads.

Every key that a type does not require may also be null: providers take an explicit null for an absent value, and
clients send it (llama-index: ``user: null``).
"""

from __future__ import annotations

import collections
import collections.abc
import datetime as dt
import enum
import os
import types
import typing
from typing import Any, TypeAlias

import typing_extensions

if typing.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["DeriveError", "Schema", "Shapes", "nullable", "union"]

Schema: TypeAlias = dict[str, Any]

_SCALARS: dict[Any, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bytes: {"type": "string"},
    dt.datetime: {"type": "string"},
    dt.date: {"type": "string"},
    type(None): {"type": "null"},
    None: {"type": "null"},
}
_LISTS = (list, set, tuple, collections.abc.Iterable, collections.abc.Sequence)
_REQUIRED: set[Any] = {typing.Required, typing_extensions.Required}
_NOT_REQUIRED: set[Any] = {typing.NotRequired, typing_extensions.NotRequired}
_WRAPPERS: set[Any] = {typing.Annotated, typing_extensions.ReadOnly, *_REQUIRED, *_NOT_REQUIRED}
_MAPS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)


class DeriveError(Exception):
    """An SDK's types hold something that the generator has no rule for, or lack what a rule is about."""


class Shapes:
    """Turns types into schemas; every class becomes a named definition, written once.

    Attributes:
        defs: the definitions by full name, module and class.
        skipped: the classes that ``skip`` left out.

    Args:
        spellings: the names on the wire of a model's field, from (python name, alias); the first is the one
            that definitions are written for, further ones are accepted beside it.
        value: what an enumeration's members look like on the wire; None for their plain values.
        skip: classes to leave out of unions: an SDK's own answers as Python objects, beside the plain shape.
    """

    def __init__(
        self,
        spellings: Callable[[str, str], tuple[str, ...]] | None = None,
        value: Callable[[list[Any]], Schema] | None = None,
        skip: Callable[[Any], bool] | None = None,
    ) -> None:
        self.defs: dict[str, Schema] = {}
        self._names: dict[Any, str] = {}
        self._spellings = spellings or (lambda _name, alias: (alias,))
        self._value = value or (lambda values: {"enum": values})
        self._skip = skip or (lambda _shape: False)
        self.skipped: list[Any] = []

    def of(self, shape: Any) -> Schema:
        """Return a type's schema.

        Raises:
            DeriveError: a type that has no wire form.
        """
        found = self._maybe(shape)
        if found is None:
            raise DeriveError(f"no wire form for {shape!r}")
        return found

    def members(self, *shapes: Any) -> Schema:
        """Return one object schema with the keys of all the classes, whose first mention wins."""
        merged: Schema = {"type": "object", "properties": {}, "required": []}
        for shape in shapes:
            self.of(shape)
            found = self.defs[self._names[shape]]
            merged["properties"] = {**found["properties"], **merged["properties"]}
            merged["required"] += [key for key in found.get("required", ()) if key not in merged["required"]]
        return merged

    def named(self) -> dict[str, str]:
        """Return the short name of each definition: its class's, with the module's before it where two share one."""
        short = collections.Counter(name.rpartition(".")[2] for name in self.defs)
        found = {}
        for name in self.defs:
            module, _, last = name.rpartition(".")
            found[name] = last if short[last] == 1 else f"{module.rpartition('.')[2]}.{last}"
        if len(set(found.values())) != len(found):
            raise DeriveError("two types of one name come from modules of one name")
        return found

    def _maybe(self, shape: Any) -> Schema | None:
        """Return a type's schema, None for what only Python can hold (a file, a path)."""
        if isinstance(shape, typing_extensions.TypeAliasType):
            return self._maybe(shape.__value__)
        origin = typing.get_origin(shape)
        if origin is not None:
            return self._generic(shape, origin, typing.get_args(shape))
        if shape in (Any, object):
            return {}
        if shape in _SCALARS:
            return dict(_SCALARS[shape])
        if isinstance(shape, type) and issubclass(shape, enum.Enum):
            return self._value([member.value for member in shape])
        return self._named(shape) if _has_fields(shape) else None

    def _generic(self, shape: Any, origin: Any, args: tuple[Any, ...]) -> Schema | None:
        if origin is typing.Literal:
            return {"enum": list(args)}
        if origin in (typing.Union, types.UnionType):
            return self._union(args)
        if _wraps(origin):
            return self._maybe(args[0])
        if isinstance(origin, type) and issubclass(origin, (os.PathLike, typing.IO)):
            return None
        if origin in _LISTS or getattr(origin, "__name__", "") == "SequenceNotStr":
            return {"type": "array", "items": self.of(args[0])} if args else {"type": "array"}
        if origin in _MAPS:
            values = self.of(args[1])
            return {"type": "object", "additionalProperties": values} if values else {"type": "object"}
        raise DeriveError(f"no wire form for {shape!r}")

    def _union(self, args: tuple[Any, ...]) -> Schema | None:
        kept: list[Schema] = []
        for one in args:
            if self._skip(one):
                self.skipped += [one] if one not in self.skipped else []
            elif (found := self._maybe(one)) is not None:
                kept.append(found)
        return union(kept) if kept else None

    def _named(self, shape: Any) -> Schema:
        name = self._names.get(shape)
        if name is None:
            name = self._names[shape] = f"{shape.__module__}.{shape.__name__}"
            self.defs[name] = {}  # taken before its fields are walked: types may hold themselves
            self.defs[name].update(self._object(shape))
        return {"$ref": f"#/$defs/{name}"}

    def _object(self, shape: Any) -> Schema:
        properties: Schema = {}
        required: list[str] = []
        for names, inner, needed in _fields(shape, self._spellings):
            found = self._maybe(inner)
            if found is None:
                continue
            for name in names:
                properties[name] = found if needed else nullable(found)
            if needed:
                required.append(names[0])
        made: Schema = {"type": "object", "properties": properties}
        if required:
            made["required"] = required
        return made


def _wraps(origin: Any) -> bool:
    return origin in _WRAPPERS


def _fields(
    shape: Any, spellings: Callable[[str, str], tuple[str, ...]]
) -> Iterator[tuple[tuple[str, ...], Any, bool]]:
    """Yield a class's fields in order: names on the wire, type, required."""
    if hasattr(shape, "model_fields"):
        for name, field in shape.model_fields.items():
            yield spellings(name, field.alias or name), field.annotation, field.is_required()
        return
    needed = _needed(shape)
    for name, hint in typing_extensions.get_type_hints(shape, include_extras=True).items():
        yield (_alias(hint) or name,), hint, name in needed


def _has_fields(shape: Any) -> bool:
    return typing_extensions.is_typeddict(shape) or hasattr(shape, "model_fields")


def _needed(shape: Any) -> set[str]:
    """Return a TypedDict's required keys; its own record misses those whose annotations are text."""
    found: set[str] = set()
    inherited: set[str] = set()
    for base in getattr(shape, "__orig_bases__", ()):
        if typing_extensions.is_typeddict(base):
            found |= _needed(base)
            inherited |= base.__annotations__.keys()
    for name, hint in typing_extensions.get_type_hints(shape, include_extras=True).items():
        marks = _marks(hint)
        if name not in inherited and (_REQUIRED & marks or (shape.__total__ and not _NOT_REQUIRED & marks)):
            found.add(name)
    return found


def _marks(hint: Any) -> set[Any]:
    """Return what is wrapped around a type: Required, Annotated, ..."""
    found: set[Any] = set()
    while _wraps(origin := typing.get_origin(hint)):
        found.add(origin)
        hint = typing.get_args(hint)[0]
    return found


def _alias(hint: Any) -> str | None:
    """Return the name on the wire that an SDK notes beside a type (``from_`` is ``from``)."""
    while _wraps(typing.get_origin(hint)):
        for note in getattr(hint, "__metadata__", ()):
            alias = getattr(note, "alias", None)
            if alias:
                return str(alias)
        hint = typing.get_args(hint)[0]
    return None


def nullable(schema: Schema) -> Schema:
    """Return a schema that also takes null."""
    return union([schema, {"type": "null"}]) if schema else schema


def union(schemas: list[Schema]) -> Schema:
    """Return one schema for any of several, as small as it can be said.

    A text beside a list of known texts is any text: that is how SDKs say that a list is open.
    """
    flat = [part for schema in schemas for part in _parts(schema)]
    if {} in flat:
        return {}
    kinds = list(dict.fromkeys(one["type"] for one in flat if one.keys() == {"type"}))
    values = [
        value
        for one in flat
        if one.keys() == {"enum"}
        for value in one["enum"]
        if value is not None and _kind(value) not in kinds
    ]
    null = "null" in kinds or any(None in one.get("enum", ()) for one in flat)
    kinds = [kind for kind in kinds if kind != "null"]
    made: list[Schema] = []
    if values:
        made.append({"enum": list(dict.fromkeys(values))})
    if kinds:
        made.append({"type": kinds[0] if len(kinds) == 1 else kinds})
    for one in flat:
        # an open object takes what a closed one takes
        object_already = "object" in kinds and ("$ref" in one or one.get("type") == "object")
        if one.keys() not in ({"type"}, {"enum"}) and one not in made and not object_already:
            made.append(dict(one))
    return _with_null(made) if null else made[0] if len(made) == 1 else {"anyOf": made}


def _parts(schema: Schema) -> list[Schema]:
    """Return the members of a union, each of one type, null on its own."""
    if schema.keys() == {"anyOf"}:
        return [part for one in schema["anyOf"] for part in _parts(one)]
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": kind} if kind != "null" else {"type": "null"} for kind in schema["type"]]
    return [schema]


def _with_null(made: list[Schema]) -> Schema:
    """Return a union that also takes null, said in the first member where that is shorter."""
    for one in made:
        if "enum" in one:
            one["enum"].append(None)
            break
        if "type" in one:
            one["type"] = [*([one["type"]] if isinstance(one["type"], str) else one["type"]), "null"]
            break
    else:
        made.append({"type": "null"})
    return made[0] if len(made) == 1 else {"anyOf": made}


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "integer"
