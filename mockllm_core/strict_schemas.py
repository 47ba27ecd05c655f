"""What OpenAI's APIs refuse of a schema that an answer or a call must follow to the letter (``strict``), in their words.

Every object says ``additionalProperties: false`` and requires all that it has: the two rules that public probing of 2026
found kept (titles and defaults are taken), and that a reference stands alone, reported in October 2026. What the API does not
see as a property (``{}``, an object without ``properties``) may not be required, as measured in September 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.once import once_by_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json

__all__ = ["check_answer", "check_function"]

_REQUIRED = "'required' is required to be supplied and to be an array including every key in properties."

_Path = tuple[str, ...]


def check_function(name: str, schema: Json, param: str) -> None:
    """Raise ApiError for the parameters of a strict function; ``param`` is where they stand."""
    found = _fault(schema)
    if found:
        told = f"Invalid schema for function '{name}': {found}"
        raise ApiError("invalid_request", told, param=param, code="invalid_function_parameters")


def check_answer(name: str, schema: Json, param: str, code: str | None) -> None:
    """Raise ApiError for the schema of a strict answer."""
    found = _fault(schema)
    if found:
        told = f"Invalid schema for response_format '{name}': {found}"
        raise ApiError("invalid_request", told, param=param, code=code)


@once_by_value()
def _fault(schema: Json) -> str:
    """Return the first fault of a schema with its place, ``""`` when there is none."""
    for path, node in _nodes(schema):
        held = node.get("properties", {})
        if not isinstance(held, dict):
            # so without a place: many reports, of 2024 to 2026 (browser-use/browser-use 759)
            return f"{held!r} is not of type 'object'."
        if found := _wrong(node, held):
            return f"In context={path!r}, {found}."
    return ""


def _nodes(schema: Json) -> Iterator[tuple[_Path, dict[str, Json]]]:
    """Yield every schema inside of one, the outer ones first, each with its place."""
    left: list[tuple[_Path, Json]] = [((), schema)]
    while left:
        path, node = left.pop()
        if not isinstance(node, dict):
            continue
        yield path, node
        inner: list[tuple[_Path, Json]] = []
        for key in ("properties", "$defs", "definitions"):
            if isinstance(held := node.get(key), dict):
                inner += [((*path, key, str(name)), one) for name, one in held.items()]
        inner.append(((*path, "items"), node.get("items")))
        if isinstance(held := node.get("anyOf"), list):
            inner += [((*path, "anyOf", str(nth)), one) for nth, one in enumerate(held)]
        left += reversed(inner)


def _wrong(node: dict[str, Json], held: dict[str, Json]) -> str:
    if "$ref" in node:
        beside = ", ".join([repr(key) for key in node if key != "$ref"])
        return f"$ref cannot have keywords {{{beside}}}" if beside else ""
    if "properties" not in node and not _is_object(node):
        return ""
    if node.get("additionalProperties") is not False:
        return "'additionalProperties' is required to be supplied and to be false"
    seen = {name: one for name, one in held.items() if _is_seen(one)}
    required = node.get("required")
    required = [one for one in required if isinstance(one, str)] if isinstance(required, list) else []
    lacking = next((name for name in seen if name not in required), None)
    if lacking is not None:
        return f"{_REQUIRED} Missing '{lacking}'"
    extra = next((name for name in required if name not in seen), None)
    return f"{_REQUIRED} Extra required key '{extra}' supplied" if extra is not None else ""


def _is_object(node: dict[str, Json]) -> bool:
    kind = node.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind)


def _is_seen(node: Json) -> bool:
    """Tell whether the API takes it for a property: an object of which nothing is said, or only what others may be, is none."""
    if not isinstance(node, dict) or not node:
        return False
    return "properties" in node or not _is_object(node) or node.get("additionalProperties") is True
