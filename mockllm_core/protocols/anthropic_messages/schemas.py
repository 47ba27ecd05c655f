"""What the provider refuses of the schemas that it must hold an answer or a call to, and beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json

__all__ = ["refused"]

_OPEN = "For 'object' type, 'additionalProperties' must be explicitly set to false"
"""Reported of answers and of strict tools alike, at any depth of the schema."""

_CITED = "Citations cannot be enabled when output format is set. Please disable citations on uploaded document blocks."
"""Several public projects saw it in 2026."""

_MANY = ("$defs", "definitions", "properties")
_LISTS = ("allOf", "anyOf", "oneOf")


def refused(body: Json) -> str:
    """Return the complaint of the first schema that leaves an object open, or of citations beside a form of answers."""
    for place, schema in _held_to(body):
        if _is_open(schema):
            return f"{place}: {_OPEN}"
    if any(isinstance(form, dict) for form in _forms(body).values()) and _cites(body):
        return _CITED
    return ""


def _cites(body: Json) -> bool:
    """Tell whether a document is to be cited, beside the words of the user or in a result."""
    left = [message.get("content") for message in body.get("messages") or () if isinstance(message, dict)]
    while left:
        held = left.pop()
        for block in held if isinstance(held, list) else ():
            if isinstance(block, dict):
                cited = block.get("citations")
                if isinstance(cited, dict) and cited.get("enabled") is True:
                    return True
                left.append(block.get("content"))
    return False


def _forms(body: Json) -> dict[str, Json]:
    config = body.get("output_config")
    return {
        "output_config.format": config.get("format") if isinstance(config, dict) else None,
        "output_format": body.get("output_format"),
    }


def _held_to(body: Json) -> Iterator[tuple[str, Json]]:
    """Yield schemas that are kept to the letter, each with the place that is named of it."""
    for nth, tool in enumerate(body.get("tools") or ()):
        if isinstance(tool, dict) and tool.get("strict") is True:
            yield f"tools.{nth}.custom", tool.get("input_schema")
    for place, form in _forms(body).items():
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
