"""Arrays and objects: how many parts, which ones, and what each must be."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core.arguments import limits
from mockllm_core.arguments.accepts import accepts
from mockllm_core.arguments.heights import height
from mockllm_core.arguments.patterns import matches
from mockllm_core.arguments.shape import Impossible, identity
from mockllm_core.arguments.words import WORDS, keyed_by_words

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from mockllm_core.arguments.builder import Builder
    from mockllm_core.arguments.normal import Node
    from mockllm_core.arguments.shape import Shape
    from mockllm_core.frame import Json

__all__ = ["Trail", "array_of", "object_of", "recurs"]

_LEVELS: tuple[tuple[float, int], ...] = ((0.6, 6), (0.4, 4), (0.25, 3), (0.15, 2))
"""How likely an optional property is, and how many there are at most, level by level."""


class Trail(NamedTuple):
    """The way from the whole value to a part: levels, and the definitions passed."""

    depth: int
    keys: tuple[str, ...]


def array_of(builder: Builder, shape: Shape, name: str, trail: Trail) -> list[Json]:
    """Return an array for the shape; items beyond the least number are dropped where none is possible."""
    down = Trail(trail.depth + 1, trail.keys + shape.keys)
    wanted = max((low for _, low, _ in shape.contains), default=0)
    least = max(shape.least_items, wanted)
    most = limits.ITEMS if shape.most_items is None else shape.most_items
    if least > min(most, limits.ITEMS):
        raise Impossible(f"{least} items are more than the {min(most, limits.ITEMS)} allowed")
    items: list[Json] = []
    others: set[Hashable] | None = set() if shape.unique else None
    for nth in range(min(max(least, _length(builder, shape, trail)), most)):
        nodes = _item(shape, nth)
        nodes += [node for node, low, _ in shape.contains if nth < low]
        try:
            items.append(_next_item(builder, nodes, _singular(name), down, others))
        except Impossible:
            if nth < least:
                raise
            break
    return items


def _length(builder: Builder, shape: Shape, trail: Trail) -> int:
    prefix = max((len(entry[0]) for entry in shape.arrays), default=0)
    if prefix:
        return prefix
    if recurs(builder, _item(shape, 0), trail.keys + shape.keys) and (trail.depth > 1 or not builder.rich):
        return 0
    if not builder.rich or trail.depth > 3:
        return 1
    return builder.dice.between(1, 3 if trail.depth < 2 else 2)


def _next_item(
    builder: Builder, nodes: list[Node], name: str, trail: Trail, others: set[Hashable] | None
) -> Json:
    for nth in range(40):
        builder.wide = nth > 6
        value = builder.value(nodes, name, trail)
        builder.wide = False
        if others is None:
            return value
        if (known := identity(value)) not in others:
            others.add(known)
            return value
    raise Impossible("no further item differs from the others")


def recurs(builder: Builder, nodes: Iterable[Node], keys: tuple[str, ...]) -> bool:
    """Return whether schemas lead straight back to a definition that is being filled in."""
    if builder.heights is None:
        return False
    for node in nodes:
        if isinstance(node, dict):
            if node.get("$ref", "")[8:] in keys:
                return True
            subs = [sub for key in ("anyOf", "oneOf", "allOf") for sub in node.get(key, ())]
            subs += [node[key] for key in ("items", "additionalProperties") if key in node]
            if recurs(builder, subs, keys):
                return True
    return False


def object_of(builder: Builder, shape: Shape, name: str, trail: Trail) -> dict[str, Json]:
    """Return an object for the shape: what is required, and something optional, in the schema's order; a map's entries."""
    down = Trail(trail.depth + 1, trail.keys + shape.keys)
    most = limits.ITEMS if shape.most_properties is None else shape.most_properties
    least = max(shape.least_properties, len(shape.required))
    if least > most:
        raise Impossible(f"{least} properties are more than the {most} allowed")
    declared = dict.fromkeys(each for entry in shape.objects for each in entry[0])
    builder.spend(len(declared) // 4)
    optional = [each for each in declared if each not in shape.required and _open(builder, shape, each)]
    chosen = _chosen(builder, shape, optional, down, most - len(shape.required))
    out: dict[str, Json] = {}
    for each in (*declared, *(each for each in shape.required if each not in declared)):
        if each in shape.required:
            out[each] = builder.value(_property(shape, each), each, down)
        elif each in chosen:
            _try(builder, out, shape, each, down)
    if len(out) < min(max(least, 1), most):
        _fill(builder, out, shape, [each for each in optional if each not in out], down, least)
        out = {each: out[each] for each in declared if each in out} | out
    spoken = bool(shape.names) or keyed_by_words(name)
    if not out and _is_map(builder, shape, down, spoken=spoken):
        _enter(builder, out, shape, down, min(most, builder.dice.between(1, 2)), spoken=spoken)
    return out


def _is_map(builder: Builder, shape: Shape, down: Trail, *, spoken: bool) -> bool:
    """Return whether the schemas say that any name will do, and name none: a dictionary.

    Where nothing is said of names at all, what the object is called decides (``spoken``). One that may hold anything
    is left empty where it is the whole value: that is how a tool without arguments looks.
    """
    if not builder.rich or down.depth > len(_LEVELS) or any(names for names, _, _ in shape.objects):
        return False
    if not shape.map:
        return spoken and not shape.objects and down.depth > 1
    told: list[Node] = [rest for _, _, rest in shape.objects if isinstance(rest, dict) and rest]
    told += [sub for _, patterns, _ in shape.objects for sub in patterns.values() if sub]
    free = down.depth > 1 and any(rest in (True, {}) for _, _, rest in shape.objects)
    return bool(told or free) and not recurs(builder, told, down.keys)


def _enter(
    builder: Builder, out: dict[str, Json], shape: Shape, down: Trail, wanted: int, *, spoken: bool
) -> None:
    """Add entries under invented names, as far as that is possible; without ``spoken`` the names are numbers."""
    for nth in range(wanted * 4):
        if len(out) >= wanted:
            return
        try:
            name = _invented(builder, shape, nth, down, spoken=spoken)
        except Impossible:
            return
        if name not in out and _open(builder, shape, name):
            _try(builder, out, shape, name, down)


def _open(builder: Builder, shape: Shape, name: str) -> bool:
    """Return whether an optional property can be there at all."""
    nodes = _property(shape, name)
    if False in nodes or not all(accepts(node, name, builder.known) for node in shape.names):
        return False
    return builder.heights is None or all(height(node, builder.heights) < inf for node in nodes)


def _chosen(builder: Builder, shape: Shape, optional: list[str], down: Trail, most: int) -> set[str]:
    level = down.depth - 1
    if not builder.rich or level >= len(_LEVELS):
        return set()
    share, limit = _LEVELS[level]
    found: set[str] = set()
    for name in optional:
        if len(found) >= min(limit, most):
            break
        if builder.dice.chance(share) and not (
            level > 0 and recurs(builder, _property(shape, name), down.keys)
        ):
            found.add(name)
    return found


def _try(builder: Builder, out: dict[str, Json], shape: Shape, name: str, down: Trail) -> None:
    try:
        out[name] = builder.value(_property(shape, name), name, down)
    except Impossible:
        return


def _fill(
    builder: Builder, out: dict[str, Json], shape: Shape, optional: list[str], down: Trail, least: int
) -> None:
    """Add properties up to the least number, and one where there would be none; invent names only on demand."""
    start = builder.dice.below(len(optional))
    turned = optional[start:] + optional[:start]
    if builder.heights is not None:
        known = builder.heights
        turned.sort(key=lambda name: max(height(node, known) for node in _property(shape, name) or [True]))
    for name in turned[: max(least, 8)]:
        if len(out) >= max(least, 1):
            return
        if len(out) < least or not recurs(builder, _property(shape, name), down.keys):
            _try(builder, out, shape, name, down)
    _enter(builder, out, shape, down, least, spoken=True)
    if len(out) < least:
        raise Impossible(f"fewer than {least} properties are possible")


def _invented(builder: Builder, shape: Shape, nth: int, down: Trail, *, spoken: bool) -> str:
    patterns = [pattern for entry in shape.objects for pattern, sub in entry[1].items() if sub is not False]
    pattern = patterns[nth // 2 % len(patterns)] if patterns and (not spoken or nth % 2 == 0) else ""
    if not patterns and not spoken:
        return str(builder.dice.between(1, 99))
    word = builder.dice.pick(WORDS)
    word = word if nth < 20 else f"{word}_{nth}"
    if (not pattern or matches(pattern, word)) and all(_names(node, word, builder) for node in shape.names):
        return word
    nodes: list[Node] = [{"type": "string"}, *shape.names]
    if pattern:
        nodes.append({"pattern": pattern})
    return str(builder.value(nodes, "", down))


def _names(node: Node, word: str, builder: Builder) -> bool:
    """Return whether what is asked of names takes a word; formats are not looked at, so none is taken to be one."""
    return accepts(node, word, builder.known) and not (isinstance(node, dict) and "format" in node)


def _property(shape: Shape, name: str) -> list[Node]:
    """Return what the schemas ask of one property."""
    nodes: list[Node] = []
    covered = False
    for declared, patterns, rest in shape.objects:
        mine = [declared[name]] if name in declared else []
        if patterns:
            mine += [sub for pattern, sub in patterns.items() if matches(pattern, name)]
        if not mine and rest is not True:
            mine = [rest]
        covered |= bool(mine)
        nodes += mine
    return nodes if covered else [*nodes, *shape.loose_properties]


def _item(shape: Shape, nth: int) -> list[Node]:
    """Return what the schemas ask of one item."""
    nodes: list[Node] = []
    covered = False
    for prefix, rest in shape.arrays:
        if nth < len(prefix):
            nodes.append(prefix[nth])
        elif rest is not True:
            nodes.append(rest)
        else:
            continue
        covered = True
    return nodes if covered else [*nodes, *shape.loose_items]


def _singular(name: str) -> str:
    if name.endswith("ies"):
        return name[:-3] + "y"
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name
