"""Read a request in both of its spellings, ``systemInstruction`` and ``system_instruction``.

Google's servers take either at every depth, and one value where a list is meant. ``pick`` and ``many`` are the only
way in which this package looks into a request body.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core import jsontext
from mockllm_core.once import once_by_value

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call

__all__ = [
    "Options",
    "cached_in",
    "camel",
    "enum",
    "many",
    "options",
    "pick",
    "schema",
    "snake",
    "whole_number",
]

_CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")
_UNDERSCORE = re.compile(r"(?<=[a-z])_([a-z])")


def snake(name: str) -> str:
    """Return ``systemInstruction`` as ``system_instruction``."""
    return _CAPITAL.sub(lambda found: "_" + found[1].lower(), name)


class _Snake(dict[str, str]):
    """What ``snake`` returns for each name that it was ever asked for."""

    def __missing__(self, name: str) -> str:
        made = self[name] = snake(name)
        return made


_SNAKE = _Snake()


def camel(name: str) -> str:
    """Return ``any_of`` as ``anyOf``."""
    return _UNDERSCORE.sub(lambda found: found[1].upper(), name)


def pick(body: Json, name: str) -> Json:
    """Return a key's value in either spelling; None when it is absent or null, or the body is no object."""
    if not isinstance(body, dict):
        return None
    value = body.get(name)
    return body.get(_SNAKE[name]) if value is None else value


def many(body: Json, name: str) -> list[Json]:
    """Return a repeated key as a list: what is no list is one value of it, nulls are left out."""
    if not isinstance(body, dict):
        return []
    value = body.get(name)
    if value is None:
        value = body.get(_SNAKE[name])
        if value is None:
            return []
    if not isinstance(value, list):
        return [value]
    return [item for item in value if item is not None] if None in value else value


def enum(value: Json, names: tuple[str, ...]) -> str:
    """Return an enum's name in upper case, from its name in any case or its number; ``""`` for none."""
    if isinstance(value, str):
        return value.upper()
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(names):
        return names[value]
    return ""


def whole_number(value: Json) -> int | None:
    """Return a whole number; protobuf's JSON takes ``5``, ``5.0`` and ``"5"``."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return int(value) if re.fullmatch(r"-?[0-9]{1,18}", value) else None
    return int(value) if isinstance(value, (int, float)) and value == int(value) else None


_SCHEMA_MAPS = frozenset(["properties", "$defs", "defs", "definitions", "patternProperties"])
_SCHEMA_VALUES = frozenset(["enum", "example", "default", "const", "required", "propertyOrdering"])
_NUMBERS = frozenset(["integer", "number", "INTEGER", "NUMBER"])
_TYPES = ("", "string", "number", "integer", "boolean", "array", "object", "null")


def schema(given: Json) -> Json:
    """Return a schema of Google's dialect with its own keys in camel case, property names untouched.

    What comes again is read once, and then shared: it is not to be changed.
    """
    return _read(given) if isinstance(given, dict) else _camelled(given)


def _camelled(given: Json) -> Json:
    if isinstance(given, list):
        return [_camelled(item) for item in given]
    if not isinstance(given, dict):
        return given
    made: dict[str, Json] = {}
    for key, value in given.items():
        name = camel(key) if "_" in key else key
        if type(value) is str or name in _SCHEMA_VALUES:
            made[name] = value
        elif isinstance(value, dict):
            made[name] = (
                {inner: _camelled(item) for inner, item in value.items()}
                if name in _SCHEMA_MAPS
                else _camelled(value)
            )
        elif name == "type" and isinstance(value, int) and 0 < value < len(_TYPES):
            made[name] = _TYPES[value]
        else:
            made[name] = _camelled(value)
    if "enum" in made and made.get("type") in _NUMBERS:
        made["enum"] = _numbers(made["enum"])
    return made


_read = once_by_value()(_camelled)


def _numbers(given: Json) -> Json:
    """Return an enum of numbers, which are texts in Google's dialect: ``{type: INTEGER, enum: ["101", "201"]}``."""
    try:
        numbers = [jsontext.parse(one) for one in given]
    except (AttributeError, TypeError, ValueError):
        return given
    return numbers if all(type(one) in (int, float) for one in numbers) else given


class Options(NamedTuple):
    """What an encoder wants to know of a request, beside the conversation.

    Attributes:
        declared: it declares functions.
        tier: the service tier asked for, in lower case.
        cached: what the cached content that it names counts as, None without one.
        cache_details: the same by kinds of media.
        logprobs: None when not asked for, else how many alternatives a token gets.
        bare_enum: the answer is one bare value of an enum (``text/x.enum``).
    """

    declared: bool
    tier: str
    cached: int | None
    cache_details: Json
    logprobs: int | None
    bare_enum: bool


_USUAL = Options(
    declared=False, tier="standard", cached=None, cache_details=None, logprobs=None, bare_enum=False
)
_DECLARED = _USUAL._replace(declared=True)
_ASKED = frozenset(
    spelled
    for name in ("generationConfig", "serviceTier", "cachedContent")
    for spelled in (name, snake(name))
)


def cached_in(body: Json) -> dict[str, Json]:
    """Return what ``caches`` put in the place of a cached content's name: its ``tokens``, and ``of`` what kinds."""
    held = pick(body, "cachedContent")
    return held if isinstance(held, dict) else {}


def options(call: Call) -> Options:
    """Return a request's options."""
    body, declared = call.body, bool(call.conversation.tools)
    if _ASKED.isdisjoint(body):
        return _DECLARED if declared else _USUAL
    config = pick(body, "generationConfig")
    tier = pick(body, "serviceTier")
    held = cached_in(body)
    return Options(
        declared=declared,
        tier=tier.lower().removeprefix("service_tier_") if isinstance(tier, str) and tier else "standard",
        cached=held.get("tokens"),
        cache_details=held.get("of"),
        logprobs=(whole_number(pick(config, "logprobs")) or 0)
        if pick(config, "responseLogprobs") is True
        else None,
        bare_enum=str(pick(config, "responseMimeType")).lower() == "text/x.enum",
    )
