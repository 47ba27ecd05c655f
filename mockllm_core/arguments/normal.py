"""Every dialect into one: JSON Schema 2020-12 without anything that is not well formed.

The result stands on its own: each schema that a reference reaches becomes a definition ``r0``, ``r1``, ... (``r0`` is
the whole), and what no reference reaches is not read at all. What could not be read is said in notes, never raised.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from mockllm_core.arguments import dialect, limits
from mockllm_core.arguments.graph import break_loops, expansion, recursive
from mockllm_core.arguments.loose import nullable, wrapped, written_date
from mockllm_core.arguments.patterns import neutral
from mockllm_core.arguments.place import Place
from mockllm_core.arguments.references import References

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.frame import Json

__all__ = ["Node", "Normal", "normalise"]

Node: TypeAlias = "bool | dict[str, Json]"


class Normal(NamedTuple):
    """A schema in the one dialect.

    Attributes:
        definitions: ``r0`` (the whole) and every schema that a reference reaches.
        origins: where each definition stood, as a JSON pointer.
        notes: what was not read as written, in sentences.
        lossy: an assertion was left out, so nothing can be promised about the value.
        recursive: some definition reaches itself.
        size: schemas in it with every reference written out; infinite where it is recursive.
    """

    definitions: dict[str, Node]
    origins: dict[str, str]
    notes: tuple[str, ...]
    lossy: bool
    recursive: bool
    size: float

    @property
    def document(self) -> dict[str, Json]:
        """The schema for a validator, references and all."""
        return {"$ref": "#/$defs/r0", "$defs": self.definitions}


def normalise(schema: Json) -> Normal:
    """Return a schema in the one dialect; never raises for JSON."""
    return _Reader(schema).result()


class _Reader:
    def __init__(self, root: Json) -> None:
        self.root = wrapped(root)
        self.references = References(self.root)
        draft = root.get("$schema") if isinstance(root, dict) else None
        self.old = isinstance(draft, str) and any(name in draft for name in dialect.OLD_DRAFTS)
        self.definitions: dict[str, Node] = {}
        self.origins: dict[str, str] = {}
        self.notes: dict[str, None] = {}
        self.lossy = False
        self.read_so_far = 0
        self._keys: dict[int | str, str] = {}
        self._due: list[tuple[str, Json, str, str]] = []
        self.edges: list[tuple[str, str]] = []
        self.loops: list[tuple[str, dict[str, Json], str]] = []

    def result(self) -> Normal:
        self._define(self.root, "", "#")
        for key, node, base, pointer in self._due:  # grows while it is read
            self.definitions[key] = self.read(node, Place(base, pointer, 0, key, same=True))
        for pointer in break_loops(self.loops, self.origins):
            self.note(pointer, "the reference leads back to itself without a step into the value")
        looped = recursive(self.edges)
        size: float = self.read_so_far
        if len(self.edges) >= len(self.definitions):
            size = inf if looped else expansion(self.definitions)
        return Normal(self.definitions, self.origins, tuple(self.notes), self.lossy, looped, size)

    def note(self, pointer: str, sentence: str) -> None:
        if len(self.notes) < 20:
            self.notes[f"{pointer}: {sentence}"[:300].encode("ascii", "backslashreplace").decode()] = None

    def lose(self, pointer: str, sentence: str) -> None:
        self.lossy = True
        self.note(pointer, sentence)

    def _define(self, node: Json, base: str, pointer: str) -> str:
        identity = id(node) if isinstance(node, dict) else pointer
        key = self._keys.get(identity)
        if key is None:
            key = self._keys[identity] = f"r{len(self._keys)}"
            self.origins[key] = pointer
            self._due.append((key, node, base, pointer))
        return key

    def read(self, node: Json, place: Place) -> Node:
        """Return one schema in the one dialect."""
        self.read_so_far += 1
        if isinstance(node, bool):
            return node
        if not isinstance(node, dict):
            return self._loose(node, place)
        if self.read_so_far > limits.NODES or place.depth > limits.NESTING:
            self.lose(
                "#",
                f"the schema has over {limits.NODES} parts or {limits.NESTING} levels; the rest is not read",
            )
            return True
        base = self.references.rebase(node, place.base) if "$id" in node or "id" in node else place.base
        if base != place.base:
            place = Place(base, place.pointer, place.depth, place.owner, place.same)
        out: dict[str, Json] = {}
        if self.old and isinstance(node.get("$ref"), str):
            node = {"$ref": node["$ref"], "nullable": node.get("nullable")}
        for word, value in node.items():
            key = dialect.SPELLINGS.get(word, word)
            kind = dialect.KINDS.get(key)
            if kind and (value is not None or kind in _NULL_COUNTS):
                _METHODS[kind](self, out, key, value, place)
        return self._finish(out, node)

    def _loose(self, node: Json, place: Place) -> Node:
        if isinstance(node, str) and dialect.type_words(node) is not None:
            out: dict[str, Json] = {}
            self._type(out, "type", node, place)
            return out
        if node is not None:
            self.lose(place.pointer, f"a schema is an object or a boolean, not {type(node).__name__}")
        return True

    def _finish(self, out: dict[str, Json], node: dict[str, Json]) -> Node:
        for bound, strict in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if out.get(strict) is True:
                del out[strict]
                if bound in out:
                    out[strict] = out.pop(bound)
        if out.get("format") == "enum":
            del out["format"]
        extra = out.pop("additionalItems", None)
        if extra is not None and "prefixItems" in out:
            out.setdefault("items", extra)
        if "items" in out and "prefixItems" in out and self.old and "prefixItems" in node:
            out.setdefault("allOf", []).append({"items": out["items"]})
        order = node.get("propertyOrdering", node.get("property_ordering"))
        if isinstance(order, list) and "properties" in out:
            known = out["properties"]
            first = {name: known[name] for name in order if isinstance(name, str) and name in known}
            out["properties"] = first | known
        if node.get("nullable", node.get("x-nullable")) is True:
            return nullable(out)
        return out

    # one method for each kind of keyword: (reader, out, keyword, value, place)

    def _reference(self, out: dict[str, Json], key: str, value: Json, place: Place) -> None:
        if not isinstance(value, str):
            return
        target = self.references.find(value, place.base)
        if target is None:
            elsewhere = "://" in value.partition("#")[0] or not value.startswith("#")
            where = "outside the schema" if elsewhere else "nowhere"
            (self.note if elsewhere else self.lose)(
                place.pointer, f"reference {value!r} leads {where} and counts as anything"
            )
            return
        name = self._define(*target)
        if key in out:
            beside: dict[str, Json] = {}
            out.setdefault("allOf", []).append(beside)
            out = beside
        out["$ref"] = f"#/$defs/{name}"
        self.edges.append((place.owner, name))
        if place.same:
            self.loops.append((place.owner, out, name))

    def _type(self, out: dict[str, Json], _: str, value: Json, place: Place) -> None:
        found: list[str] = []
        branches: list[Node] = []
        free = False
        for word in value if isinstance(value, list) else [value]:
            known = dialect.type_words(word) if isinstance(word, str) else None
            if known:
                kind, form = known
                found += [kind] if kind and kind not in found else []
                free |= not kind
                if form:
                    out.setdefault("format", form)
            elif isinstance(word, dict):
                branches.append(self.read(word, place.beside("type")))
            else:
                free = True
                self.lose(
                    f"{place.pointer}/type", f"type {str(word)[:40]!r} is unknown and counts as anything"
                )
        if branches:
            out.setdefault("allOf", []).append({"anyOf": [*branches, *({"type": kind} for kind in found)]})
        elif found and not free:
            out["type"] = found[0] if len(found) == 1 else found

    def _enum(self, out: dict[str, Json], key: str, value: Json, place: Place) -> None:
        if not isinstance(value, list):
            self.lose(f"{place.pointer}/{key}", "enum is not a list")
            return
        members = [member for member in value[: limits.ENUM] if dialect.clean(member)]
        if members or not value:
            out[key] = members
        else:
            self.lose(f"{place.pointer}/{key}", "no member is free of NUL and lone surrogates")

    def _const(self, out: dict[str, Json], key: str, value: Json, place: Place) -> None:
        if dialect.clean(value):
            out[key] = value
        else:
            self.lose(f"{place.pointer}/{key}", "the constant holds NUL or a lone surrogate")

    def _default(self, out: dict[str, Json], key: str, value: Json, _: Place) -> None:
        if dialect.clean(value):
            out[key] = value

    def _example(self, out: dict[str, Json], _: str, value: Json, place: Place) -> None:
        self._examples(out, "examples", [value], place)

    def _examples(self, out: dict[str, Json], key: str, value: Json, _: Place) -> None:
        if isinstance(value, list):
            out.setdefault(key, []).extend(
                item for item in value[:20] if item is not None and dialect.clean(item)
            )

    def _description(self, out: dict[str, Json], _: str, value: Json, __: Place) -> None:
        if isinstance(value, str) and ("YYYY" in value or "ISO 8601" in value or "ISO8601" in value):
            out["$comment"] = "date-time" if "ISO" in value or "HH" in value else written_date(value)

    def _word(self, out: dict[str, Json], key: str, value: Json, _: Place) -> None:
        if isinstance(value, str) and dialect.clean_text(value):
            out.setdefault(key, value) if key != "format" else out.__setitem__(key, value)

    def _pattern(self, out: dict[str, Json], key: str, value: Json, place: Place) -> None:
        spelled = neutral(value) if isinstance(value, str) else None
        if spelled is None:
            self.lose(f"{place.pointer}/{key}", "the regular expression cannot be read")
        else:
            out[key] = spelled

    def _required(self, out: dict[str, Json], key: str, value: Json, place: Place) -> None:
        names = [value] if isinstance(value, str) else value
        if isinstance(names, bool):
            return  # read by the object around
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            self.lose(f"{place.pointer}/{key}", "required is not a list of names")
            return
        wanted = out.setdefault(key, [])
        for name in names[: limits.ITEMS]:
            if not dialect.clean_text(name):
                self.lose(f"{place.pointer}/{key}", f"the name {name!r} holds NUL or a lone surrogate")
            elif name not in wanted:
                wanted.append(name)

    def _properties(self, out: dict[str, Json], key: str, value: Json, place: Place) -> None:
        if isinstance(value, list) and all(
            isinstance(item, dict) and isinstance(item.get("name"), str) for item in value
        ):
            value = {item["name"]: item for item in value}
        if not isinstance(value, dict):
            self.lose(f"{place.pointer}/{key}", "properties is not an object")
            return
        read: dict[str, Node] = {}
        for name, sub in value.items():
            if not dialect.clean_text(name):
                self.note(
                    f"{place.pointer}/{key}",
                    f"the property {name!r} holds NUL or a lone surrogate and is left out",
                )
                continue
            read[name] = self.read(sub, place.down(f"{key}/{name}"))
            if isinstance(sub, dict) and sub.get("required") is True:
                self._required(out, "required", [name], place)
        out[key] = read

    def _patterns(self, out: dict[str, Json], key: str, value: Json, place: Place) -> None:
        if not isinstance(value, dict):
            self.lose(f"{place.pointer}/{key}", "patternProperties is not an object")
            return
        for pattern, sub in value.items():
            spelled = neutral(pattern)
            if spelled is None:
                self.lose(f"{place.pointer}/{key}", f"the regular expression {pattern[:80]!r} cannot be read")
            else:
                out.setdefault(key, {})[spelled] = self.read(sub, place.down(f"{key}/{pattern}"))

    def _map(self, out: dict[str, Json], key: str, value: Json, place: Place) -> None:
        if isinstance(value, dict):
            found = {name: self.read(sub, place.beside(f"{key}/{name}")) for name, sub in value.items()}
            out.setdefault(key, {}).update(
                {name: sub for name, sub in found.items() if dialect.clean_text(name)}
            )

    def _dependent(self, out: dict[str, Json], key: str, value: Json, _: Place) -> None:
        if isinstance(value, dict):
            for name, needed in value.items():
                names = [needed] if isinstance(needed, str) else needed
                if isinstance(names, list) and dialect.clean_text(name):
                    out.setdefault(key, {})[name] = [
                        each for each in dict.fromkeys(map(str, names)) if dialect.clean_text(each)
                    ]

    def _dependencies(self, out: dict[str, Json], _: str, value: Json, place: Place) -> None:
        if isinstance(value, dict):
            lists = {name: need for name, need in value.items() if isinstance(need, list | str)}
            self._dependent(out, "dependentRequired", lists, place)
            rest = {name: need for name, need in value.items() if name not in lists}
            self._map(out, "dependentSchemas", rest, place)

    def _items(self, out: dict[str, Json], key: str, value: Json, place: Place) -> None:
        if isinstance(value, list):
            self._tuple(out, "prefixItems", value, place)
        else:
            out[key] = self.read(value, place.down(key))

    def _extra(self, out: dict[str, Json], _: str, value: Json, place: Place) -> None:
        out["additionalItems"] = self.read(value, place.down("additionalItems"))

    def _schema(self, out: dict[str, Json], key: str, value: Json, place: Place) -> None:
        if isinstance(value, str) and value.lower() in ("true", "false"):
            value = value.lower() == "true"
        out[key] = self.read(value, place.down(key))

    def _place(self, out: dict[str, Json], key: str, value: Json, place: Place) -> None:
        out[key] = self.read(value, place.beside(key))

    def _list(self, out: dict[str, Json], key: str, value: Json, place: Place) -> None:
        branches = [value] if isinstance(value, dict) else value
        if not isinstance(branches, list) or not branches:
            self.lose(f"{place.pointer}/{key}", f"{key} is not a list of schemas")
            return
        read = [self.read(sub, place.beside(f"{key}/{nth}")) for nth, sub in enumerate(branches)]
        out[key] = [*out.get(key, ()), *read]

    def _tuple(self, out: dict[str, Json], key: str, value: Json, place: Place) -> None:
        if isinstance(value, list) and value:
            out[key] = [self.read(sub, place.down(f"{key}/{nth}")) for nth, sub in enumerate(value)]

    def _flag(self, out: dict[str, Json], key: str, value: Json, _: Place) -> None:
        if value is True or (isinstance(value, str) and value.lower() == "true"):
            out[key] = True

    def _number(self, out: dict[str, Json], key: str, value: Json, place: Place) -> None:
        found = dialect.number(value)
        if found is None:
            self.lose(f"{place.pointer}/{key}", f"{key} is not a number")
        else:
            out[key] = found

    def _exclusive(self, out: dict[str, Json], key: str, value: Json, place: Place) -> None:
        if value is True:
            out[key] = True
        elif value is not False:
            self._number(out, key, value, place)

    def _step(self, out: dict[str, Json], key: str, value: Json, place: Place) -> None:
        found = dialect.number(value)
        if found is None or found <= 0:
            self.lose(f"{place.pointer}/{key}", "multipleOf is not a number above 0")
        else:
            out[key] = found

    def _count(self, out: dict[str, Json], key: str, value: Json, place: Place) -> None:
        found = dialect.count(value)
        if found is not None:
            out[key] = found
        elif not (
            key.startswith("min") and isinstance(value, int) and value < 0
        ):  # at least -1 of them: always so
            self.lose(f"{place.pointer}/{key}", f"{key} is not a whole number of at least 0")


_NULL_COUNTS = frozenset(("const", "default"))
_METHODS: dict[str, Callable[[_Reader, dict[str, Json], str, Json, Place], None]] = {
    kind: getattr(_Reader, f"_{kind}") for kind in frozenset(dialect.KINDS.values())
}
