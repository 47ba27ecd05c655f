"""What people write where a schema is due, read as they mean it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.arguments import dialect

if TYPE_CHECKING:
    from mockllm_core.arguments.normal import Node
    from mockllm_core.frame import Json

__all__ = ["nullable", "wrapped", "written_date"]


def wrapped(root: Json) -> Json:
    """Read ``{"city": {"type": "string"}}`` as the properties that its author meant."""
    if (
        not isinstance(root, dict)
        or not root
        or any(dialect.SPELLINGS.get(key, key) in dialect.KINDS for key in root)
    ):
        return root
    values = [value for key, value in root.items() if not key.startswith("$")]
    if values and all(isinstance(value, dict) and "type" in value for value in values):
        return {"type": "object", "properties": {k: v for k, v in root.items() if not k.startswith("$")}}
    return root


def nullable(out: dict[str, Json]) -> Node:
    """Let null in, beside what a schema with ``nullable: true`` demands."""
    kind = out.get("type")
    if isinstance(kind, str | list) and not out.keys() & {"$ref", "anyOf", "oneOf", "allOf"}:
        kinds = [kind] if isinstance(kind, str) else kind
        if "null" not in kinds:
            out["type"] = [*kinds, "null"]
        if "enum" in out and None not in out["enum"]:
            out["enum"] = [*out["enum"], None]
        return out
    if kind is None and not out:
        return True
    return {"anyOf": [out, {"type": "null"}]}


def written_date(text: str) -> str:
    """Return the form of date that a description spells out, ``""`` for none."""
    for form in ("MM-DD-YYYY", "DD-MM-YYYY", "MM/DD/YYYY", "DD/MM/YYYY", "YYYY/MM/DD", "DD.MM.YYYY"):
        if form in text:
            return form
    return "date" if "YYYY-MM-DD" in text else ""
