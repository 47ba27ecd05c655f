"""How deep the flattest value of a schema is: what ends every recursion that can end."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mockllm_core.arguments.normal import Node
    from mockllm_core.frame import Json

__all__ = ["definition_heights", "height"]


def definition_heights(definitions: Mapping[str, Node]) -> dict[str, float]:
    """Return for each definition the levels of its flattest value, infinite where none ends."""
    known = dict.fromkeys(definitions, inf)
    for _ in range(len(definitions) + 1):
        changed = False
        for key, node in definitions.items():
            found = height(node, known)
            if found != known[key]:
                known[key], changed = found, True
        if not changed:
            break
    return known


def height(node: Node, known: Mapping[str, float]) -> float:
    """Return the levels of a schema's flattest value: 0 for text, 1 for an object of texts."""
    if isinstance(node, bool):
        return 0 if node else inf
    if "enum" in node or "const" in node:
        return 0
    most: float = 0
    if "$ref" in node:
        most = known[node["$ref"][8:]]
    for sub in node.get("allOf", ()):
        most = max(most, height(sub, known))
    for key in ("anyOf", "oneOf"):
        if key in node:
            most = max(most, min(height(sub, known) for sub in node[key]))
    kinds = node.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    if kinds and not all(kind in ("object", "array") for kind in kinds):
        return most
    return max(most, _inside(node, kinds, known))


def _inside(node: dict[str, Json], kinds: Collection[str], known: Mapping[str, float]) -> float:
    """Return the height that properties and items force: the lower one where both types are allowed."""
    properties = node.get("properties", {})
    found: list[float] = []
    if not kinds or "object" in kinds:
        needed = [properties[name] for name in node.get("required", ()) if name in properties]
        found.append(max((1 + height(sub, known) for sub in needed), default=0))
    if kinds and "array" in kinds:
        least = node.get("minItems", 0)
        prefix = node.get("prefixItems", [])
        needed = [*prefix[:least], *([node.get("items", True)] if least > len(prefix) else [])]
        found.append(max((1 + height(sub, known) for sub in needed), default=0))
    return min(found, default=0)
