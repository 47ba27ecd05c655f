"""Say what is wrong with a body that breaks its contract, as a person would.

A validator reports the first branch of a union; this walks the branch that the body itself chose, by its ``type`` or
``role`` or by its kind of JSON, in the order in which the contract lists the keys, and stops at the first thing that
is wrong. It reads the part of JSON Schema that the contracts are written in, and agrees with jsonschema-rs on it (a
property test holds the two together):

``$ref``, ``type``, ``enum``, ``properties``, ``required``, ``additionalProperties``, ``items``, ``minItems``,
``maxItems``, ``minLength``, ``maxLength``, ``pattern`` (whole text), ``minimum``, ``maximum``, ``minProperties``,
``maxProperties``, ``anyOf`` of shapes, and two idioms over keys that are given (there, and not null): ``oneOf``
(exactly one of them) and ``allOf`` of ``anyOf`` (at least one of each group). Where ``x-unknown-first`` stands, keys that
nobody knows are named before what is wrong with others. In a contract of draft 4 (``$schema``) 1.0 is no integer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from mockllm_core.contract import Complaint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mockllm_core.frame import Json

__all__ = ["explain", "kind_as_written", "kind_of"]

_Path: TypeAlias = tuple[str | int, ...]

#: the keys by which a body says which of several shapes it means
_TAGS = ("type", "role")

_WORDS = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "array": "an array",
    "object": "an object",
    "null": "null",
}


def explain(schema: Json, body: Json) -> Complaint | None:
    """Return the first thing wrong with a body, None when nothing is."""
    written = "draft-04" in schema.get("$schema", "")
    return _Walk(schema.get("$defs", {}), kind_as_written if written else kind_of).look(schema, body, ())


def kind_of(value: Json) -> str:
    """Return the name that JSON Schema has for a value's type; a whole number is an ``integer``."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        whole = isinstance(value, int) or value.is_integer()
        return "integer" if whole else "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def kind_as_written(value: Json) -> str:
    """Return the same, but a number with a point is a ``number``, whatever follows the point."""
    return "number" if isinstance(value, float) else kind_of(value)


class _Walk:
    """One walk over a body; ``look`` returns what is wrong with a value, or None."""

    def __init__(self, defs: Mapping[str, Json], kind: Callable[[Json], str]) -> None:
        self._defs = defs
        self._kind = kind

    def _fits(self, kinds: Iterable[str], value: Json) -> bool:
        kind = self._kind(value)
        return kind in kinds or (kind == "integer" and "number" in kinds)

    def look(self, schema: Json, value: Json, path: _Path) -> Complaint | None:
        schema = self._resolved(schema)
        if "anyOf" in schema:
            return self._union(self._branches(schema), value, path)
        kinds = _kinds(schema)
        if kinds and not self._fits(kinds, value):
            return _wrong_type([schema], value, path)
        if "enum" in schema and not _one_of(value, schema["enum"]):
            return _wrong_value(schema["enum"], value, path)
        return self._inside(schema, value, path)

    def _inside(self, schema: Json, value: Json, path: _Path) -> Complaint | None:
        """Look at the bounds and contents of a value whose type is right."""
        match value:
            case str():
                return _text(schema, value, path)
            case list():
                return self._array(schema, value, path)
            case dict():
                return self._object(schema, value, path)
            case bool() | None:
                return None
            case _:
                return _number(schema, value, path)

    def _resolved(self, schema: Json) -> Json:
        while "$ref" in schema:
            schema = self._defs[schema["$ref"].rpartition("/")[2]]
        return schema

    def _branches(self, schema: Json) -> list[Json]:
        """Return the shapes of a union, unions within it opened up."""
        found: list[Json] = []
        for one in schema["anyOf"]:
            branch = self._resolved(one)
            found += self._branches(branch) if "anyOf" in branch else [branch]
        return found

    def _array(self, schema: Json, value: list[Json], path: _Path) -> Complaint | None:
        wrong = _size(schema, value, path, "minItems", "maxItems", "item")
        if wrong is not None or "items" not in schema:
            return wrong
        items = schema["items"]
        for index, item in enumerate(value):
            wrong = self.look(items, item, (*path, index))
            if wrong is not None:
                return wrong
        return None

    def _object(self, schema: Json, value: Mapping[str, Json], path: _Path) -> Complaint | None:
        properties = schema.get("properties", {})
        required = schema.get("required", ())
        if "x-unknown-first" in schema and all(name in value for name in required):
            wrong = self._others(schema, value, path)
            if wrong is not None:
                return wrong
        # what a value is comes before what it holds
        for name in sorted(properties, key=lambda name: name not in _TAGS):
            inner = properties[name]
            if name not in value:
                if name in required:
                    return _missing(self._wanted(inner), (*path, name))
                continue
            wrong = self.look(inner, value[name], (*path, name))
            if wrong is not None:
                return wrong
        return (
            _members(schema, value, path)
            or self._others(schema, value, path)
            or _size(schema, value, path, "minProperties", "maxProperties", "key")
        )

    def _others(self, schema: Json, value: Mapping[str, Json], path: _Path) -> Complaint | None:
        """Look at the keys that the schema does not list."""
        rest = schema.get("additionalProperties", True)
        if rest is True:
            return None
        properties = schema.get("properties", {})
        for name in value:
            if name in properties:
                continue
            if rest is False:
                known = tuple(key for key in properties if key not in value)
                return Complaint(
                    path=(*path, name), kind="unknown", expected="no such key", found=value[name], among=known
                )
            wrong = self.look(rest, value[name], (*path, name))
            if wrong is not None:
                return wrong
        return None

    def _wanted(self, schema: Json) -> str:
        schema = self._resolved(schema)
        return _expected(self._branches(schema) if "anyOf" in schema else [schema])

    def _union(self, branches: list[Json], value: Json, path: _Path) -> Complaint | None:
        fitting = [branch for branch in branches if not _kinds(branch) or self._fits(_kinds(branch), value)]
        if not fitting:
            return _wrong_type(branches, value, path)
        if isinstance(value, dict) and len(fitting) > 1:
            chosen = self._tagged(fitting, value, path)
            if isinstance(chosen, Complaint):
                return chosen
            fitting = chosen
        found: list[Complaint] = []
        for branch in fitting:
            wrong = self.look(branch, value, path)
            if wrong is None:
                return None
            found.append(wrong)
        if value.__class__ is str and all(wrong.kind == "value" for wrong in found):
            return _wrong_value([one for wrong in found for one in wrong.among], value, path)
        return max(found, key=_progress)

    def _tagged(self, branches: list[Json], value: Mapping[str, Json], path: _Path) -> list[Json] | Complaint:
        """Return the branches that a value's tags leave, or the complaint that they leave none."""
        for key in _TAGS:
            tags = [(branch, self._tag(branch, key)) for branch in branches]
            allowed = sorted({one for _, values in tags for one in values if one is not None})
            if not allowed:
                continue
            if key not in value:
                free = [branch for branch, _ in tags if key not in branch.get("required", ())]
                if not any(values for branch, values in tags if branch in free):
                    # only shapes that have no such tag do without it: were they meant?
                    branches = [branch for branch in free if self.look(branch, value, path) is None]
                    if not branches:
                        return _missing(_listed(allowed), (*path, key))
                else:
                    branches = free
                continue
            for branch in (branch for branch, values in tags if not values):
                if self.look(branch, value, path) is None:
                    return [branch]
            branches = [branch for branch, values in tags if values and _one_of(value[key], values)]
            if not branches:
                return _wrong_value(allowed, value[key], (*path, key))
        return branches

    def _tag(self, branch: Json, key: str) -> list[Json]:
        found = self._resolved(branch.get("properties", {}).get(key, {}))
        return list(found.get("enum", ()))


def _progress(wrong: Complaint) -> tuple[int, list[int]]:
    """How far into the body a branch was right: the furthest is the one that was meant."""
    return len(wrong.path), [step for step in wrong.path if isinstance(step, int)]


def _kinds(schema: Json) -> list[str]:
    """Return the JSON types that a schema takes; none when it takes all."""
    kinds = schema.get("type")
    if kinds is None:
        return sorted({kind_of(value) for value in schema.get("enum", ())})
    return [kinds] if isinstance(kinds, str) else kinds


def _one_of(value: Json, allowed: Iterable[Json]) -> bool:
    kind = kind_of(value)
    return any(kind_of(one) == kind and one == value for one in allowed)


def _wrong_type(schemas: list[Json], value: Json, path: _Path) -> Complaint:
    return Complaint(path=path, kind="type", expected=_expected(schemas), found=value)


def _wrong_value(allowed: Iterable[Json], value: Json, path: _Path) -> Complaint:
    among = tuple(one for one in dict.fromkeys(allowed) if one not in {None, ""})
    if any(kind_of(one) == kind_of(value) for one in among):
        return Complaint(path=path, kind="value", expected=_listed(among), found=value, among=among)
    return Complaint(path=path, kind="type", expected=_listed(among), found=value, among=among)


def _missing(expected: str, path: _Path) -> Complaint:
    return Complaint(path=path, kind="missing", expected=expected)


def _expected(schemas: list[Json]) -> str:
    """Return words for any of several schemas: ``a string or an array``."""
    words: list[str] = []
    for schema in schemas:
        if "enum" in schema:
            values = [one for one in schema["enum"] if one not in {None, ""}]
            words += [_listed(values)] if values else []
        else:
            words += [_WORDS[kind] for kind in _kinds(schema) if kind != "null"]
    words = list(dict.fromkeys(words)) or ["null" if schemas else "a value"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _listed(values: Iterable[Json]) -> str:
    words = [
        f"'{value}'" if isinstance(value, str) else str(value).lower()
        for value in values
        if value is not None
    ]
    return words[0] if len(words) == 1 else f"one of {', '.join(words)}"


def _text(schema: Json, value: str, path: _Path) -> Complaint | None:
    wrong = _size(schema, value, path, "minLength", "maxLength", "character")
    if wrong is None and "pattern" in schema:
        import re

        if not re.fullmatch(schema["pattern"], value):
            return Complaint(path=path, kind="pattern", expected=schema["pattern"], found=value)
    return wrong


def _number(schema: Json, value: float, path: _Path) -> Complaint | None:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and value < low:
        return Complaint(path=path, kind="range", expected=f"at least {low}", found=value, limit=low)
    if high is not None and value > high:
        return Complaint(path=path, kind="range", expected=f"at most {high}", found=value, limit=high)
    return None


def _size(
    schema: Json, value: str | list[Json] | Mapping[str, Json], path: _Path, low: str, high: str, unit: str
) -> Complaint | None:
    least, most = schema.get(low, 0), schema.get(high)
    if len(value) < least:
        expected = f"at least {least} {unit}{'' if least == 1 else 's'}"
        return Complaint(path=path, kind="length", expected=expected, found=value, limit=least)
    if most is not None and len(value) > most:
        expected = f"at most {most} {unit}{'' if most == 1 else 's'}"
        return Complaint(path=path, kind="length", expected=expected, found=value, limit=most)
    return None


def _members(schema: Json, value: Mapping[str, Json], path: _Path) -> Complaint | None:
    """Look at keys of which exactly one, or at least one, must be given."""
    if "oneOf" in schema:
        names = [branch["required"][0] for branch in schema["oneOf"]]
        if sum(_given(branch, value) for branch in schema["oneOf"]) != 1:
            # protobuf's second spelling of a name goes without saying
            among = tuple(name for name in names if "_" not in name or _camel(name) not in names)
            words = f"exactly {_listed(among)}"
            return Complaint(path=path, kind="union", expected=words, found=value, among=among)
    for group in schema.get("allOf", ()):
        if not any(_given(branch, value) for branch in group["anyOf"]):
            names = [branch["required"][0] for branch in group["anyOf"]]
            among = tuple(name for name in names if "_" not in name or _camel(name) not in names)
            words = _listed(among)
            if len(names) == len(schema["properties"]):
                return Complaint(
                    path=path, kind="union", expected=f"at least {words}", found=value, among=among
                )
            return Complaint(path=(*path, names[0]), kind="missing", expected=words, among=among)
    return None


def _given(branch: Json, value: Mapping[str, Json]) -> bool:
    """Whether the key that a branch is about is there, and none of the values that count as absent."""
    name = branch["required"][0]
    return name in value and not _one_of(value[name], branch["properties"][name]["not"]["enum"])


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)
