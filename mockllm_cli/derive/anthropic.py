"""The contracts of Anthropic's routes, from the anthropic package's request types."""

from __future__ import annotations

from typing import Any

from mockllm_cli.derive.rules import Contract
from mockllm_cli.derive.shapes import Schema, Shapes

__all__ = ["bedrock_invoke", "count_tokens", "messages"]

_BOOLEAN: Schema = {"type": ["boolean", "null"]}


def _made(*shapes: Any) -> Contract:
    # unions name the SDK's answers beside the plain shapes: the same JSON
    made = Shapes(skip=lambda shape: hasattr(shape, "model_fields"))
    root = made.members(*shapes)
    contract = Contract(root, made.defs)
    contract.limit(".messages", minItems=1)
    return contract


def messages() -> Contract:
    """POST /v1/messages, plain and beta: one route."""
    from anthropic.types.beta import message_create_params as params

    contract = _made(params.MessageCreateParamsNonStreaming)
    contract.set("", "stream", _BOOLEAN)
    contract.limit(".max_tokens", minimum=1)
    return contract


def count_tokens() -> Contract:
    """POST /v1/messages/count_tokens."""
    from anthropic.types.beta.message_count_tokens_params import MessageCountTokensParams

    return _made(MessageCountTokensParams)


def bedrock_invoke() -> Contract:
    """POST /model/{id}/invoke for Anthropic's models: the path carries the model and whether to stream."""
    contract = messages()
    contract.drop("", "model", "stream")
    contract.add("", "anthropic_version", {"type": "string"})
    contract.add("", "anthropic_beta", {"type": "array", "items": {"type": "string"}})
    contract.required("", "anthropic_version")
    return contract
