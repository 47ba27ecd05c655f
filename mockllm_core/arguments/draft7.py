"""The one dialect as hypothesis-jsonschema reads it: draft 7, every reference written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.arguments.patterns import for_python

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockllm_core.arguments.normal import Node
    from mockllm_core.frame import Json

__all__ = ["TooLarge", "draft7"]

_MAPS = ("properties", "patternProperties")
_LISTS = ("anyOf", "oneOf", "allOf")
_ONES = ("additionalProperties", "propertyNames", "contains", "not", "if", "then", "else")
_PLAIN = frozenset(
    [
        "type",
        "enum",
        "const",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "format",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
        "required",
    ]
)


_LEAST = 50
"""Items, properties or characters that the library is asked to draw at least."""


class TooLarge(Exception):
    """Written out, the schema has more parts than hypothesis-jsonschema can work through quickly."""


def draft7(definitions: Mapping[str, Node], most: int) -> Node:
    """Return the whole schema in draft 7; a definition met a third time on its own path allows nothing.

    Raises:
        TooLarge: over ``most`` parts, inner ones counted more (the library works them out again for all around them), or a pattern that Python's own engine may not be trusted with.
    """
    return _Writer(definitions, most).write({"$ref": "#/$defs/r0"}, (), 1)


class _Writer:
    def __init__(self, definitions: Mapping[str, Node], most: int) -> None:
        self.definitions = definitions
        self.left = most

    def write(self, node: Node, path: tuple[str, ...], weight: int) -> Node:
        self.left -= weight
        if self.left < 0:
            raise TooLarge
        if isinstance(node, bool):
            return node
        self.left -= len(node.get("enum", ())) // 10
        if max(node.get("minLength", 0), node.get("minItems", 0), node.get("minProperties", 0)) > _LEAST:
            raise TooLarge
        out: dict[str, Json] = {key: value for key, value in node.items() if key in _PLAIN}
        if "pattern" in node:
            out["pattern"] = self._pattern(node["pattern"])
        for key in _MAPS:
            if key in node:
                out[key] = {
                    name if key == "properties" else self._pattern(name): self.write(sub, path, weight + 1)
                    for name, sub in node[key].items()
                }
        for key in _LISTS:
            if key in node:
                out[key] = [self.write(sub, path, weight * 2) for sub in node[key]]
        for key in _ONES:
            if key in node:
                out[key] = self.write(node[key], path, weight + 1)
        self._arrays(out, node, path, weight)
        self._dependent(out, node, path, weight)
        if "$ref" not in node:
            return out
        key = node["$ref"][8:]
        target = path.count(key) < 2 and self.write(self.definitions[key], (*path, key), weight)
        return {"allOf": [target, out]} if out else target

    def _arrays(
        self, out: dict[str, Json], node: dict[str, Json], path: tuple[str, ...], weight: int
    ) -> None:
        if "prefixItems" in node:
            out["items"] = [self.write(sub, path, weight) for sub in node["prefixItems"]]
            if "items" in node:
                out["additionalItems"] = self.write(node["items"], path, weight)
        elif "items" in node:
            out["items"] = self.write(node["items"], path, weight + 1)

    def _dependent(
        self, out: dict[str, Json], node: dict[str, Json], path: tuple[str, ...], weight: int
    ) -> None:
        needed: dict[str, Json] = dict(node.get("dependentRequired", {}))
        needed |= {
            name: self.write(sub, path, weight) for name, sub in node.get("dependentSchemas", {}).items()
        }
        if needed:
            out["dependencies"] = needed

    @staticmethod
    def _pattern(pattern: str) -> str:
        spelled = for_python(pattern)
        if spelled is None:
            raise TooLarge
        return spelled
