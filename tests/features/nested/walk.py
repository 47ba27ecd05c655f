"""Every nested option of the installed SDKs' request types, each in the smallest request that holds it.

The types are read as the contracts read them (``mockllm_cli.derive``): a TypedDict, a botocore shape and a pydantic
model all become definitions with keys. An option is ``Definition.key``, and ``Definition`` alone is one alternative of
a union: a kind of tool, of content part, of choice. A definition is met once, on the shortest way from the request to
it, so what an option does is asked for once however many places hold it.
"""

from __future__ import annotations

import copy
import json
from collections import deque
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any

from features.asks import GEMINI, Ask, betas, hello
from features.seen import NOW

from mockllm_cli.derive import derive
from mockllm_core.engine import Engine, Settings
from mockllm_core.frame import frames

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Schema = dict[str, Any]

_PLACE = "#/$defs/"
_TEXTS = ("some_text_of_its_own", "another_text_that_is_longer_than_the_first_by_far")


@dataclass(frozen=True, kw_only=True)
class Api:
    """What is decided of one API's nested options.

    Attributes:
        column: the API.
        values: what stands for an option (``Definition.key``, or a key of any) where a made value would not do.
        within: a request that holds the definition, ``SLOT`` standing for it, where the smallest would make no sense.
        beside: keys that a definition gets beside its required ones.
        models: the model to ask where the usual one has no such option, by pattern.
        last: definitions that are walked after all others: what they hold makes more sense elsewhere.
        streamed: definitions that exist in streams only, patterns.
        silent: why options do nothing, reason to patterns.
    """

    column: str
    values: Mapping[str, Any] = field(default_factory=dict)
    within: Mapping[str, Any] = field(default_factory=dict)
    beside: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    last: tuple[str, ...] = ()
    streamed: tuple[str, ...] = ()
    silent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


SLOT = "<the definition>"


@cache
def contract_of(column: str) -> Schema:
    """Return the contract that the installed SDK makes, as a schema."""
    return json.loads(derive(column))  # type: ignore[no-any-return]


def _named(schema: Schema) -> Iterator[str]:
    """Yield the definitions that a key's value may hold, not those inside them."""
    if "$ref" in schema:
        yield schema["$ref"].removeprefix(_PLACE)
    for inner in schema.get("anyOf", ()):
        yield from _named(inner)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _named(schema[key])


@cache
def ways(column: str, last: tuple[str, ...] = ()) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return for each definition the shortest way to it: (definition, key) from the request on."""
    contract = contract_of(column)
    found: dict[str, tuple[tuple[str, str], ...]] = {"": ()}
    waiting = deque([""])
    late: deque[str] = deque()
    while waiting or late:
        name = (waiting or late).popleft()
        for key, schema in _keys(contract, name):
            for inner in _named(schema):
                if inner not in found:
                    found[inner] = (*found[name], (name, key))
                    (late if inner in last else waiting).append(inner)
    return found


def _keys(contract: Schema, name: str) -> Iterator[tuple[str, Schema]]:
    """Yield a definition's keys, Gemini's in one of their two spellings."""
    properties: Schema = (contract["$defs"][name] if name else contract).get("properties", {})
    for key, schema in properties.items():
        if "_" not in key or contract["title"] != GEMINI or key.startswith("_"):
            yield key, schema


def options(column: str) -> Iterator[str]:
    """Yield every option below the top level."""
    contract = contract_of(column)
    for name in ways(column):
        if name:
            yield name
            needed = contract["$defs"][name].get("required", ())
            for key, schema in _keys(contract, name):
                if key not in needed or _varies(schema):
                    yield f"{name}.{key}"


def _varies(schema: Schema) -> bool:
    """Say whether a required key may hold one plain value or another; what else it holds is met on its own."""
    if "anyOf" in schema:
        return any(_varies(one) for one in schema["anyOf"])
    kinds = schema.get("type", ())
    return len(schema.get("enum", ())) > 1 or bool(
        {"string", "integer", "number", "boolean"} & {*([kinds] if isinstance(kinds, str) else kinds)}
    )


class Body:
    """Makes requests of one API around an option."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._contract = contract_of(api.column)

    def of(self, option: str, *, without: bool = False) -> Any:
        """Return the request with the option, or the same without it."""
        name, _, key = (
            option.rpartition(".")
            if "." in option and option not in ways(self._api.column)
            else (option, "", "")
        )
        made = self._object(name)
        if key:
            required = self._contract["$defs"][name].get("required", ())
            if without and key not in required:
                made.pop(key, None)
            elif not without or key not in self._api.beside.get(name, {}):
                made[key] = self._value(
                    option,
                    self._contract["$defs"][name]["properties"][key],
                    other=key in required and not without,
                )
                self._alone(name, key, made)
        return self._around(name, made, without=without and not key)

    def _around(self, name: str, made: Any, *, without: bool) -> Any:
        for above, key in reversed(ways(self._api.column, self._api.last)[name]):
            held = _first(self._api.within, name)
            if held is not None:
                return hello(self._api.column) | (_emptied(held) if without else _filled(held, made))
            wrapped = self._wrapped(self._shape(above)["properties"][key], name, made)
            if not above:
                return hello(self._api.column) if without else self._request(key, wrapped)
            outer = self._object(above)
            outer[key] = wrapped
            self._alone(above, key, outer)
            name, made = above, outer
        return made

    def _request(self, key: str, value: Any) -> Any:
        body = hello(self._api.column)
        if key in ("messages", "contents", "input"):
            said = hello(self._api.column)[key]
            said = [{"role": "user", "content": said}] if isinstance(said, str) else said
            return body | {key: [*value, *said]}
        return body | {key: value}

    def _shape(self, name: str) -> Schema:
        return self._contract["$defs"][name] if name else self._contract

    def _object(self, name: str) -> Any:
        shape = self._shape(name)
        made = {
            key: self._value(f"{name}.{key}", shape["properties"][key]) for key in shape.get("required", ())
        }
        made |= copy.deepcopy(dict(self._api.beside.get(name, {})))
        for group in (shape, *shape.get("allOf", ())):
            groups = group.get("oneOf") or (group.get("anyOf") if group is not shape else None) or ()
            keys = [one["required"][0] for one in groups]
            if keys and not any(key in made for key in keys):
                made[keys[0]] = self._value(f"{name}.{keys[0]}", shape["properties"][keys[0]])
        return made

    def _alone(self, name: str, key: str, made: Any) -> None:
        """Take out what cannot stand beside the key."""
        keys = [one["required"][0] for one in self._shape(name).get("oneOf", ())]
        if key in keys:
            for other in keys:
                if other != key:
                    made.pop(other, None)

    def _wrapped(self, schema: Schema, name: str, made: Any) -> Any:
        if schema.get("$ref") == _PLACE + name:
            return made
        for inner in schema.get("anyOf", ()):
            if name in _named(inner):
                return self._wrapped(inner, name, made)
        if isinstance(schema.get("items"), dict) and name in _named(schema["items"]):
            return [self._wrapped(schema["items"], name, made)]
        return {"k": self._wrapped(schema["additionalProperties"], name, made)}

    def _value(self, option: str, schema: Schema, *, other: bool = False) -> Any:
        """Return a value of a key: decided, or the smallest; ``other`` than the one that it has anyway."""
        key = option.rpartition(".")[2]
        mark = ("!",) if other else ()
        for name in (*(option + one for one in mark), *(key + one for one in mark), option, key):
            if name in self._api.values:
                return copy.deepcopy(self._api.values[name])
        return self._made(schema, other=other)

    def _made(self, schema: Schema, *, other: bool = False) -> Any:
        if "$ref" in schema:
            return self._object(schema["$ref"].removeprefix(_PLACE))
        if "enum" in schema:
            return [value for value in schema["enum"] if value is not None][-1 if other else 0]
        if "anyOf" in schema:
            return self._made(next(one for one in schema["anyOf"] if one.get("type") != "null"), other=other)
        kinds = schema.get("type", "object")
        kind = kinds if isinstance(kinds, str) else kinds[0]
        if kind == "array":
            return [self._made(schema["items"])] if schema.get("items") else []
        if kind == "object":
            inner = schema.get("additionalProperties")
            return {"k": self._made(inner)} if isinstance(inner, dict) and inner else {}
        low = (schema.get("minimum", 1) or 1) + other
        return {"string": _TEXTS[other], "boolean": not other, "integer": low, "number": low}[kind]


def _first(table: Mapping[str, Any], name: str) -> Any:
    return next((value for pattern, value in table.items() if fnmatchcase(name, pattern)), None)


def _emptied(held: Any) -> Any:
    """Return a request without the slot, and without what held nothing else."""
    if isinstance(held, dict):
        made = {key: _emptied(value) for key, value in held.items() if value != SLOT}
        return {key: value for key, value in made.items() if value not in ([], {}) or held[key] == value}
    if isinstance(held, list):
        return [
            one for value in held if value != SLOT and (one := _emptied(value)) not in ({}, {"role": "user"})
        ]
    return held


def _filled(held: Any, made: Any) -> Any:
    if held == SLOT:
        return made
    if isinstance(held, dict):
        return {key: _filled(value, made) for key, value in held.items()}
    if isinstance(held, list):
        return [_filled(value, made) for value in held]
    return held


_ENGINE = Engine(Settings())


def _answers(api: Api, body: Any, model: str, ways_to_ask: tuple[bool, ...]) -> tuple[int, Any]:
    """Return the status and everything that comes back, streamed and whole; of a refusal what it says."""
    seen = []
    for stream in ways_to_ask:
        asked = Ask(column=api.column, body=body, model=model, headers=betas(api.column))
        sent = asked.request(stream=stream)
        answer = _ENGINE.answer(sent, now=NOW, fresh=b"same")
        data = b"".join(frame.wire for frame in frames(answer.steps)) if answer.body is None else answer.body
        if answer.status != 200:
            return answer.status, data
        seen.append((answer.headers, data))
    return 200, seen


def path(api: Api, option: str) -> str:
    """Return an option's place in the request, as keys joined by dots."""
    ways_there = ways(api.column, api.last)
    name, key = (option, "") if option in ways_there else option.rsplit(".", 1)
    return ".".join([*(step for _, step in ways_there[name]), *([key] if key else [])])


def reason(api: Api, option: str) -> str:
    """Return why an option may do nothing, ``""`` when nobody has said; a pattern is of its name or its place."""
    return next((why for why, told in api.silent.items() for one in told if matches(api, option, one)), "")


def matches(api: Api, option: str, pattern: str) -> bool:
    """Say whether a pattern speaks of an option, by its name or by its place."""
    return fnmatchcase(option, pattern) or fnmatchcase(path(api, option), pattern)


@cache
def _effect(column: str, option: str) -> str:
    return _found(_APIS[column], option)


_APIS: dict[str, Api] = {}


def effect(api: Api, option: str) -> str:
    """Return what an option does, found out once."""
    _APIS[api.column] = api
    return _effect(api.column, option)


def _found(api: Api, option: str) -> str:
    """Return ``shown``, ``silent``, or the words in which the request is refused: all of it, or the option alone."""
    body = Body(api)
    name = option if option in ways(api.column) else option.rpartition(".")[0]
    model = _first(api.models, option) or ""
    asked = (True,) if any(fnmatchcase(name, one) for one in api.streamed) else (True, False)
    status, got = _answers(api, body.of(option), model, asked)
    plain, before = _answers(api, body.of(option, without=True), model, asked)
    if status == 200:
        return "silent" if got == before else "shown"
    if plain != 200 and got == before:
        return "refused with what holds it"
    return f"{status} {_words(got)}"


def _words(body: bytes) -> str:
    told = json.loads(body)
    told = told.get("error", told)
    return str(told.get("message"))
