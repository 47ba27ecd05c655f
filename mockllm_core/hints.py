"""Bounds, formats and choices that a client moved from a schema's keywords into its descriptions, moved back.

Claude's structured output takes no ``minimum``, ``maxItems`` or ``pattern``. Clients write them into the description,
hope that the model reads it, and check the answer against the schema that they took them from. Five forms are read:

    {minimum: 1, maximum: 7}                                  Anthropic's own SDKs, and LangChain through them
    minimum: 1; max items: 3; pattern: ^a+$.                  the AI SDK
    minimum=1, maxItems=3                                     Pydantic AI, also for OpenAI's strict schemas
    Note: minimum value: 1, maximum number of items: 3.       litellm
    Format: date        or        A day (format: date)        Pydantic AI, of a text's format, for Gemini

The first three tell formats in their own form too, of which a provider takes a few only. Anthropic's SDKs before
version 1 tell the choices in theirs as well: ``{enum: ['a', 'b']}`` or ``{enum: ["a","b"]}``, ``{const: a}``.
"""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING

from mockllm_core.arguments.formats import FORMATS

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["hinted"]

_SPELLED = {
    "minimum": ("minimum", "minimum value"),
    "maximum": ("maximum", "maximum value"),
    "exclusiveMinimum": ("exclusiveMinimum", "exclusive minimum", "exclusive minimum value"),
    "exclusiveMaximum": ("exclusiveMaximum", "exclusive maximum", "exclusive maximum value"),
    "multipleOf": ("multipleOf", "multiple of"),
    "minLength": ("minLength", "min length", "minimum length"),
    "maxLength": ("maxLength", "max length", "maximum length"),
    "minItems": ("minItems", "min items", "minimum number of items"),
    "maxItems": ("maxItems", "max items", "maximum number of items"),
    "minProperties": ("minProperties", "min properties", "minimum number of properties"),
    "maxProperties": ("maxProperties", "max properties", "maximum number of properties"),
}
_KEYWORDS = {name: keyword for keyword, names in _SPELLED.items() for name in names}
_NAMES = "|".join(sorted(_KEYWORDS, key=len, reverse=True))

_NUMBER = re.compile(
    rf"(?<!\w)({_NAMES})(?:: |=|(?<=multiple of) )(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w%])"
)
_UNIQUE = re.compile(r"(?:uniqueItems|unique items)(?:: |=)[Tt]rue\b|all array items must be unique")
_PATTERN = re.compile(
    rf"(?<!\w)pattern(?:: |=)(\"?\^.+?)(?=(?:, |; )(?:format|unique ?[iI]tems|{_NAMES})(?:: |=)|\}}\Z|\.?\Z)"
)
_FORMAT = re.compile(r"(?:\A|(?<=[(;{,] )|(?<=[({\n]))[Ff]ormat(?:: |=)\"?([\w-]+)\"?(?=[,;)}]|\.?\Z)")
_CHOICE = re.compile(r"(?:\{|, )(enum(?=: \[)|const): (\[.*?\]|.+?)(?=, \$?[A-Za-z]+: |\}\Z)")

_APPLIES = {
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "enum", "const"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "enum", "const"),
    "string": ("minLength", "maxLength", "pattern", "format", "enum", "const"),
    "boolean": ("enum", "const"),
    "array": ("minItems", "maxItems", "uniqueItems"),
    "object": ("minProperties", "maxProperties"),
}
_MAPS = ("properties", "$defs", "definitions")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_DEEPEST = 64
_LONGEST = 2000
"""Characters at the end of a description that are read: the notes stand there, and no text may cost much time."""


def hinted(schema: Json, depth: int = 0) -> Json:
    """Return the schema with the bounds that its descriptions tell; the very same object where they tell none.

    A keyword that stands in the schema already is left as it is, and so is what lies deeper than 64 levels.
    """
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return schema
    moved: dict[str, Json] = {}
    for key, held in schema.items():
        if key in _MAPS and isinstance(held, dict):
            inner: Json = {name: hinted(part, depth + 1) for name, part in held.items()}
            if any(inner[name] is not part for name, part in held.items()):
                moved[key] = inner
        elif key in _LISTS and isinstance(held, list):
            inner = [hinted(part, depth + 1) for part in held]
            if any(new is not part for new, part in zip(inner, held, strict=True)):
                moved[key] = inner
        elif key == "items":
            inner = hinted(held, depth + 1)
            if inner is not held:
                moved[key] = inner
        elif key == "description" and isinstance(held, str):
            told = _told(held, schema.get("type"))
            moved |= {name: value for name, value in told.items() if name not in schema}
    return {**schema, **moved} if moved else schema


def _told(description: str, kind: Json) -> dict[str, Json]:
    """Return the keywords that a description tells and that mean something for that type."""
    description = description[-_LONGEST:].rstrip()
    kinds = kind if isinstance(kind, list) else [kind]
    applies = {name for one in kinds if isinstance(one, str) for name in _APPLIES.get(one, ())}
    told: dict[str, Json] = {}
    for name, digits in _NUMBER.findall(description):
        number = float(digits)
        told[_KEYWORDS[name]] = int(number) if number.is_integer() else number
    if _UNIQUE.search(description):
        told["uniqueItems"] = True
    if found := _PATTERN.search(description):
        told["pattern"] = _bare(found[1])
    if (found := _FORMAT.search(description)) and found[1] in FORMATS:
        told["format"] = found[1]
    if description.endswith("}") and (found := _CHOICE.search(description)):
        value = _literal(found[2], found[2] if found[1] == "const" and "string" in kinds else None)
        if value is not None and isinstance(value, list) == (found[1] == "enum"):
            told[found[1]] = value
    return {name: value for name, value in told.items() if name in applies}


def _literal(text: str, otherwise: Json) -> Json:
    """Return a value as JavaScript's JSON or Python's ``repr`` spells it; the other where it is neither."""
    for read in (json.loads, ast.literal_eval):
        try:
            value: Json = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        else:
            return value if otherwise is None or isinstance(value, str) else otherwise
    return otherwise


def _bare(text: str) -> str:
    """Return a pattern without JavaScript's JSON quotes around it, or the bracket that ends the whole note."""
    if text.startswith('"'):
        try:
            return str(json.loads(text))
        except ValueError:
            return text
    return text[:-1] if text.endswith(")") and text.count(")") > text.count("(") else text
