"""Say what moved between two editions of a contract."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_cli.derive.shapes import Schema

__all__ = ["moved"]


def moved(old: Schema, new: Schema) -> list[str]:
    """Return one sentence for each thing that differs, in the order of the contract; none when nothing does."""
    found = list(_shape("", _root(old), _root(new)))
    before, after = old.get("$defs", {}), new.get("$defs", {})
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            found.append(f"{name} is gone")
        elif name not in before:
            found.append(f"{name} is new: {_keys(after[name])}")
        else:
            found += _shape(name, before[name], after[name])
    return found


def _root(contract: Schema) -> Schema:
    return {key: value for key, value in contract.items() if key not in {"$defs", "title"}}


def _shape(name: str, old: Schema, new: Schema) -> Iterator[str]:
    """Yield what differs in one object."""
    before, after = old.get("properties", {}), new.get("properties", {})
    needed, wanted = old.get("required", []), new.get("required", [])
    for key in dict.fromkeys([*before, *after]):
        place = f"{name}.{key}" if name else key
        if key not in after:
            yield f"{place} is gone"
        elif key not in before:
            yield f"{place} is new: {'required, ' if key in wanted else ''}{_said(after[key])}"
        else:
            if (key in needed) != (key in wanted):
                yield f"{place} is {'required' if key in wanted else 'optional'} now"
            if before[key] != after[key]:
                yield f"{place} was {_said(before[key])}, is {_said(after[key])}"
    if list(before) != list(after) and before.keys() == after.keys():
        yield f"{name or 'the request'} lists its keys in another order"
    for key in dict.fromkeys([*old, *new]):
        if key not in {"properties", "required"} and old.get(key) != new.get(key):
            place = f"{name}'s {key}" if name else f"the request's {key}"
            yield f"{place} was {_text(old.get(key))}, is {_text(new.get(key))}"


def _keys(schema: Schema) -> str:
    return ", ".join(schema.get("properties", {})) or _said(schema)


def _said(schema: Any) -> str:
    """Return a schema in few words: ``string | null``, ``[TextBlock | ImageBlock]``, ``'a' | 'b'``."""
    if not isinstance(schema, dict) or not schema:
        return "anything" if schema == {} else _text(schema)
    if "anyOf" in schema:
        return " | ".join(map(_said, schema["anyOf"]))
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix("#/$defs/")
    if "enum" in schema:
        return " | ".join("null" if one is None else repr(one) for one in schema["enum"])
    kinds = schema.get("type", "anything")
    words = [
        f"[{_said(schema['items'])}]" if kind == "array" and "items" in schema else kind
        for kind in ([kinds] if isinstance(kinds, str) else kinds)
    ]
    bounds = {key: value for key, value in schema.items() if key not in {"type", "items"}}
    return " | ".join(words) + (f" {_text(bounds)}" if bounds else "")


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
