"""Which definitions reach which: loops that no value can end, and recursion that a value can."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockllm_core.frame import Json

__all__ = ["break_loops", "recursive"]


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
