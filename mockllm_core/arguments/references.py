"""Find what a reference in a schema points to, inside the schema only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urljoin

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["References", "Target"]

_HOMES = (("$defs",), ("definitions",), ("components", "schemas"), ("schemas",))


class Target(NamedTuple):
    """A schema that a reference names: itself, the base address of its own references, where it stands."""

    node: Json
    base: str
    pointer: str


class References:
    """The addresses of one schema; nothing outside it is ever fetched.

    Args:
        root: the whole schema.
    """

    def __init__(self, root: Json) -> None:
        self.root = root
        self._resources: dict[str, Json] = {"": root}
        self._anchors: dict[str, Target] = {}
        self._indexed = False

    def rebase(self, node: dict[str, Json], base: str) -> str:
        """Return the base address inside ``node``, which may carry an ``$id`` (``id`` in draft 4)."""
        own = node.get("$id", node.get("id"))
        if not isinstance(own, str) or not own or own.startswith("#"):
            return base
        base = _join(base, own.partition("#")[0])
        self._resources.setdefault(base, node)
        return base

    def find(self, reference: str, base: str) -> Target | None:
        """Return what ``reference`` names, or None when that is elsewhere or missing."""
        address, _, fragment = reference.partition("#")
        if address:
            self._index()
            base = _join(base, address)
        if base not in self._resources:
            return self._by_name(reference)
        resource = self._resources[base]
        fragment = unquote(fragment)
        if not fragment:
            return Target(resource, base, "#" if resource is self.root else base)
        if fragment.startswith("/"):
            found = _walk(resource, fragment[1:].split("/"))
            return Target(found[0], base, f"#{fragment}") if found else self._by_name(reference)
        self._index()
        return self._anchors.get(f"{base}#{fragment}") or self._anchors.get(f"#{fragment}")

    def _by_name(self, reference: str) -> Target | None:
        """Look a bare or misplaced name up where definitions usually stand."""
        name = unquote(reference.rpartition("/")[2].lstrip("#"))
        if "://" in reference or not isinstance(self.root, dict):
            return None
        for home in _HOMES:
            found = _walk(self.root, [*home, name.replace("~", "~0").replace("/", "~1")])
            if found:
                return Target(found[0], "", "#/" + "/".join((*home, name)))
        return None

    def _index(self) -> None:
        if self._indexed:
            return
        self._indexed = True
        todo: list[tuple[Json, str, str]] = [(self.root, "", "#")]
        while todo:
            node, base, pointer = todo.pop()
            if isinstance(node, dict):
                base = self.rebase(node, base)
                self._name(node, base, pointer)
                todo += [(value, base, f"{pointer}/{key}") for key, value in reversed(node.items())]
            elif isinstance(node, list):
                todo += [(value, base, f"{pointer}/{nth}") for nth, value in reversed(list(enumerate(node)))]

    def _name(self, node: dict[str, Json], base: str, pointer: str) -> None:
        for key in ("$anchor", "$dynamicAnchor", "$id", "id"):
            name = node.get(key)
            if isinstance(name, str) and (key.endswith("nchor") or name.startswith("#")):
                name = name.lstrip("#")
                self._anchors.setdefault(f"{base}#{name}", Target(node, base, pointer))
                self._anchors.setdefault(f"#{name}", Target(node, base, pointer))


def _join(base: str, address: str) -> str:
    try:
        return urljoin(base, address)
    except ValueError:
        return address


def _walk(node: Json, steps: list[str]) -> tuple[Json] | None:
    for step in steps:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict) and name in node:
            node = node[name]
        elif isinstance(node, list) and name.isdecimal() and len(name) < 9 and int(name) < len(node):
            node = node[int(name)]
        else:
            return None
    return (node,)
