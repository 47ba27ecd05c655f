"""Which definitions reach which: loops that no value can end, and recursion that a value can."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockllm_core.frame import Json

__all__ = ["break_loops", "expansion", "recursive"]


def recursive(edges: Iterable[tuple[str, str]]) -> bool:
    """Return whether some definition reaches itself."""
    return bool(_back_edges(edges))


def break_loops(steps: list[tuple[str, dict[str, Json], str]], origins: Mapping[str, str]) -> list[str]:
    """Make every reference that judges its own value by itself impossible; return where they stood.

    Args:
        steps: (definition, the schema in it that holds the reference, definition referred to), where both judge
            the same value.
        origins: JSON pointer of each definition.
    """
    back = _back_edges((owner, name) for owner, _, name in steps)
    broken = []
    for owner, node, name in steps:
        if (owner, name) in back:
            node.clear()
            node["not"] = True
            broken.append(origins[owner])
    return broken


def expansion(definitions: Mapping[str, Json]) -> float:
    """Return how many schemas there are with every reference written out; definitions must not be recursive."""
    sizes: dict[str, float] = {}

    def size(node: Json) -> float:
        if isinstance(node, dict):
            found = 1 + sum(map(size, node.values()))
            reference = node.get("$ref")
            return found + sizes.get(reference[8:], 0) if isinstance(reference, str) else found
        return sum(map(size, node)) if isinstance(node, list) else 0

    due = ["r0"]
    seen: set[str] = set()
    order: list[str] = []
    while due:  # a definition is sized after those that it refers to
        key = due.pop()
        if key in seen:
            if key not in sizes:
                sizes[key] = size(definitions[key])
            continue
        seen.add(key)
        order.append(key)
        due.append(key)
        due += [name for name in _names(definitions[key]) if name in definitions and name not in seen]
    return sizes["r0"]


def _names(node: Json) -> list[str]:
    if isinstance(node, dict):
        reference = node.get("$ref")
        own = [reference[8:]] if isinstance(reference, str) else []
        return own + [name for sub in node.values() for name in _names(sub)]
    return [name for sub in node for name in _names(sub)] if isinstance(node, list) else []


def _back_edges(edges: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    after: dict[str, dict[str, None]] = defaultdict(dict)
    for owner, name in edges:
        after[owner][name] = None
    back: set[tuple[str, str]] = set()
    done: set[str] = set()
    for start in list(after):
        if start in done:
            continue
        open_now: dict[str, None] = {start: None}
        trail = [(start, iter(after[start]))]
        while trail:
            owner, rest = trail[-1]
            for name in rest:
                if name in open_now:
                    back.add((owner, name))
                elif name not in done:
                    open_now[name] = None
                    trail.append((name, iter(after.get(name, {}))))
                    break
            else:
                trail.pop()
                done.add(owner)
                del open_now[owner]
    return back
