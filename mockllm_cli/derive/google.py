"""The contracts of Gemini's routes, composed from google-genai's types: the REST body is none of the SDK's own."""

from __future__ import annotations

from typing import Any

from mockllm_cli.derive.rules import Contract
from mockllm_cli.derive.shapes import Schema, Shapes

__all__ = ["batch_embed_contents", "count_tokens", "embed_content", "generate"]


def _both(name: str, alias: str) -> tuple[str, ...]:
    return (alias,) if alias == name else (alias, name)


def _values(values: list[Any]) -> Schema:
    return {"enum": [*values, *(value.lower() for value in values)]}


def _body(**keys: Any) -> Contract:
    from google.genai import types

    made = Shapes(spellings=_both, value=_values)
    root: Schema = {"type": "object", "properties": {}}
    for key, (kind, many) in keys.items():
        held = made.of(getattr(types, kind) if isinstance(kind, str) else kind)
        schema: Schema = (
            {"type": ["array", "null"], "items": held} if many else {"anyOf": [held, {"type": "null"}]}
        )
        for name in _spelled(key):
            root["properties"][name] = schema
    return Contract(root, made.defs)


def _spelled(name: str) -> tuple[str, ...]:
    head, *tail = name.split("_")
    return _both(name, head + "".join(part.capitalize() for part in tail))


def _generate_keys() -> dict[str, Any]:
    return {
        "contents": ("Content", True),
        "system_instruction": ("Content", False),
        "tools": ("Tool", True),
        "tool_config": ("ToolConfig", False),
        "safety_settings": ("SafetySetting", True),
        "generation_config": ("GenerationConfig", False),
        "cached_content": (str, False),
        "labels": (dict[str, str], False),
        "model": (str, False),
    }


def generate() -> Contract:
    """POST /v1beta/models/{m}:generateContent and :streamGenerateContent."""
    contract = _body(**_generate_keys())
    contract.required("", "contents")
    contract.limit(".contents", minItems=1)
    return contract


def count_tokens() -> Contract:
    """POST /v1beta/models/{m}:countTokens."""
    return _body(**_generate_keys())


def embed_content() -> Contract:
    """POST /v1beta/models/{m}:embedContent."""
    return _body(
        content=("Content", False),
        task_type=(str, False),
        title=(str, False),
        output_dimensionality=(int, False),
        model=(str, False),
    )


def batch_embed_contents() -> Contract:
    """POST /v1beta/models/{m}:batchEmbedContents."""
    return embed_content()
