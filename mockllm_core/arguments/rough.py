"""The best guess for a schema that nothing satisfies: its types and names, whatever else it demands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.arguments import limits
from mockllm_core.arguments.accepts import Exhausted
from mockllm_core.arguments.builder import Builder, Manner
from mockllm_core.arguments.containers import Trail
from mockllm_core.arguments.shape import Impossible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockllm_core.arguments.dice import Dice
    from mockllm_core.arguments.normal import Node
    from mockllm_core.frame import Json

__all__ = ["rough"]


def rough(definitions: Mapping[str, Node], dice: Dice) -> Json:
    """Return a value of about the right form, keeping whatever parts can be right."""
    return _Rough(definitions, dice).value({"$ref": "#/$defs/r0"}, 0, ())


class _Rough:
    def __init__(self, definitions: Mapping[str, Node], dice: Dice) -> None:
        self.definitions = definitions
        self.dice = dice
        self.left = 200
        self.fuel = limits.FUEL

    def value(self, node: Node, depth: int, keys: tuple[str, ...]) -> Json:
        self.left -= 1
        if isinstance(node, bool) or self.left < 0 or depth > 8:
            return {} if not depth else None
        if depth:
            found = self._whole(node)
            if found is not None:
                return found[0]
        key = node.get("$ref", "")[8:]
        if key and key not in keys:
            return self.value(self.definitions[key], depth, (*keys, key))
        if node.get("enum"):
            return node["enum"][0]
        if "const" in node:
            return node["const"]
        return self._typed(node, depth, keys)

    def _whole(self, node: Node) -> tuple[Json] | None:
        """Return the part's own value where it has one."""
        builder = Builder(self.definitions, None, self.dice, Manner(rich=False, hints=True))
        builder.fuel = allowed = min(self.fuel, limits.FUEL // 20)
        try:
            return (builder.value((node,), "", Trail(1, ())),)
        except (Impossible, Exhausted):
            return None
        finally:
            self.fuel -= allowed - max(builder.fuel, 0)

    def _typed(self, node: dict[str, Json], depth: int, keys: tuple[str, ...]) -> Json:
        for branches in ("allOf", "anyOf", "oneOf"):
            if node.get(branches) and "properties" not in node:
                found = [self.value(sub, depth, keys) for sub in node[branches][:4]]
                if branches == "allOf" and all(isinstance(each, dict) for each in found):
                    return {name: item for each in found for name, item in each.items()}
                return found[0]
        kinds = node.get("type", "object" if not depth or "properties" in node else "null")
        kind = kinds if isinstance(kinds, str) else kinds[0]
        if kind == "object":
            known = node.get("properties", {})
            names = node.get("required") or list(known)[:1]
            return {name: self.value(known.get(name, True), depth + 1, keys) for name in names[:50]}
        simple: dict[str, Json] = {"array": [], "string": "text", "integer": 1, "number": 1, "boolean": True}
        return simple.get(kind)
