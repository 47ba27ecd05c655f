"""What the provider refuses of the schemas that it must hold an answer or a call to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json

__all__ = ["refused"]

_OPEN = "For 'object' type, 'additionalProperties' must be explicitly set to false"
"""Reported of answers and of strict tools alike, at any depth of the schema."""

_MANY = ("$defs", "definitions", "properties")
_LISTS = ("allOf", "anyOf", "oneOf")


def refused(body: Json) -> str:
    """Return the complaint of the first schema that leaves an object open, ``""`` when there is none."""
    for place, schema in _held_to(body):
        if _is_open(schema):
            return f"{place}: {_OPEN}"
    return ""


def _held_to(body: Json) -> Iterator[tuple[str, Json]]:
    """Yield schemas that are kept to the letter, each with the place that is named of it."""
    for nth, tool in enumerate(body.get("tools") or ()):
        if isinstance(tool, dict) and tool.get("strict") is True:
            yield f"tools.{nth}.custom", tool.get("input_schema")
    config = body.get("output_config")
    held = {
        "output_config.format": config.get("format") if isinstance(config, dict) else None,
        "output_format": body.get("output_format"),
    }
    for place, form in held.items():
        if isinstance(form, dict):
            yield f"{place}.schema", form.get("schema")


def _is_open(schema: Json) -> bool:
    left = [schema]
    while left:
        one = left.pop()
        if not isinstance(one, dict):
            continue
        kind = one.get("type")
        if (kind == "object" or (isinstance(kind, list) and "object" in kind)) and (
            one.get("additionalProperties") is not False
        ):
            return True
        left.append(one.get("items"))
        for key in _MANY:
            left += one[key].values() if isinstance(one.get(key), dict) else ()
        for key in _LISTS:
            left += one[key] if isinstance(one.get(key), list) else ()
    return False
