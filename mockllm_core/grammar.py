"""The text that a custom tool's grammar allows, as a schema of a string.

Chat sends ``{"type": "grammar", "grammar": {"syntax", "definition"}}``, Responses the same without the inner object.
A regular expression becomes a ``pattern`` for the whole text. A Lark grammar is not followed: the tool gets the
user's text then, as one without a grammar does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["schema_of", "written"]


def schema_of(form: Json) -> Json:
    """Return the schema of a custom tool's ``format``; None when any text will do, or nothing is known of it."""
    if not isinstance(form, dict) or form.get("type") != "grammar":
        return None
    held = form.get("grammar", form)
    definition = held.get("definition") if isinstance(held, dict) else None
    if not isinstance(definition, str) or held.get("syntax") != "regex":
        return None
    return {"type": "string", "pattern": f"^(?:{definition})$"}


def written(schema: Json, said: str, seed: str) -> str:
    """Return the text itself where the grammar allows it, else one that the grammar allows."""
    from mockllm_core.arguments import generate
    from mockllm_core.arguments.patterns import matches

    pattern = schema.get("pattern") if isinstance(schema, dict) else None
    if not isinstance(pattern, str) or matches(pattern, said):
        return said
    made = generate(schema, seed)
    return made.value if made.valid and isinstance(made.value, str) else said
