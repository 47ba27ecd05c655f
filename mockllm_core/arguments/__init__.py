"""JSON Schema to values: valid, readable, instant and the same every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.arguments.dice import Dice
from mockllm_core.arguments.generated import CutText, Generated, Style

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["CutText", "Generated", "Style", "generate"]


def generate(schema: Json, seed: str = "0", *, style: Style = "plausible") -> Generated:
    """Return a value for a schema; the same schema, seed and style give the same value on any machine."""
    value = _value(schema, Dice(repr(schema), seed, style))
    try:
        import jsonschema_rs

        valid = jsonschema_rs.is_valid(schema, value, validate_formats=True)
    except Exception as error:  # noqa: BLE001 - whatever the schema holds, a value is due
        return Generated(value, valid=False, notes=(str(error).splitlines()[0],))
    return Generated(value, valid, () if valid else ("the value does not satisfy the schema",))


def _value(schema: Json, dice: Dice) -> Json:
    if not isinstance(schema, dict):
        return {}
    for key in ("enum", "examples"):
        if isinstance(schema.get(key), list) and schema[key]:
            return dice.pick(schema[key])
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    kind = schema.get("type")
    match kind:
        case "string":
            return dice.pick(("river", "harbor", "meadow", "lantern"))
        case "integer" | "number":
            return dice.between(1, 9)
        case "boolean":
            return dice.chance(0.5)
        case "array":
            return [_value(schema.get("items"), dice)]
        case "null":
            return None
        case _:
            properties = schema.get("properties")
            return (
                {name: _value(sub, dice) for name, sub in properties.items()}
                if isinstance(properties, dict)
                else {}
            )
