"""The JSON schema that a prompt tells, for an answer in JSON mode.

A client that asks for any JSON object (``response_format: json_object``, ``responseMimeType: application/json``)
writes what it wants into a message: Pydantic AI's ``PromptedOutput``, Instructor's ``Mode.JSON`` and LangChain's format
instructions put a whole schema there, and check the answer against it.
"""

from __future__ import annotations

from json import JSONDecoder
from math import isfinite
from typing import TYPE_CHECKING

from mockllm_core.conversation import Words

if TYPE_CHECKING:
    from mockllm_core.conversation import Conversation
    from mockllm_core.frame import Json

__all__ = ["schema_told"]


def _number(text: str) -> float:
    """Return a number that JSON can spell; ``NaN``, ``Infinity`` and ``1e999`` are none."""
    number = float(text)
    if not isfinite(number):
        raise ValueError(text)
    return number


_DECODER = JSONDecoder(parse_float=_number, parse_constant=_number)
_LONGEST = 100_000
"""Characters of a text that are read."""
_STARTS = 50
"""Opening braces that are tried: what looks like JSON and is none may not cost much time."""


def schema_told(conversation: Conversation) -> Json:
    """Return the last JSON schema in the last system or user message that has one; None when none has.

    The last, since LangChain's instructions explain by a schema of their own what a schema is before they give it.
    """
    for message in reversed(conversation.messages):
        if message.role in ("system", "user"):
            for part in reversed(message.parts):
                if isinstance(part, Words) and '"' in part.text and "{" in part.text:
                    found = _last_schema(part.text[:_LONGEST])
                    if found is not None:
                        return found
    return None


def _last_schema(text: str) -> Json:
    found: Json = None
    at = text.find("{")
    for _ in range(_STARTS):
        if at < 0:
            break
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            found = value if _is_schema(value) else found
        at = text.find("{", end)
    return found


def _is_schema(value: Json) -> bool:
    """Tell whether an object is the schema of an object, and not merely an object with a key of such a name."""
    if not isinstance(value, dict):
        return False
    if isinstance(value.get("$ref"), str):
        return isinstance(value.get("$defs", value.get("definitions")), dict)
    parts = value.get("properties")
    if isinstance(parts, dict) and parts:
        return all(isinstance(part, dict | bool) for part in parts.values())
    return value.get("type") == "object" and isinstance(value.get("additionalProperties"), dict)
