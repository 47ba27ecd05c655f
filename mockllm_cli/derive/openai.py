"""The contracts of OpenAI's routes, from the openai package's request types."""

from __future__ import annotations

from typing import Any

from mockllm_cli.derive.rules import Contract
from mockllm_cli.derive.shapes import Schema, Shapes

__all__ = ["chat", "completions", "embeddings", "input_tokens", "responses"]

_BOOLEAN: Schema = {"type": ["boolean", "null"]}


def _made(*shapes: Any) -> Contract:
    made = Shapes()
    root = made.members(*shapes)
    contract = Contract(root, made.defs)
    if "stream" in root["properties"]:
        # the SDK has a type for either value; on the wire it is one key
        contract.set("", "stream", _BOOLEAN)
    return contract


def chat() -> Contract:
    """POST /v1/chat/completions."""
    from openai.types.chat import completion_create_params as params

    contract = _made(params.CompletionCreateParamsNonStreaming)
    contract.limit(".messages", minItems=1)
    return contract


def responses() -> Contract:
    """POST /v1/responses."""
    from openai.types.responses import response_create_params as params

    contract = _made(params.ResponseCreateParamsNonStreaming)
    _items(contract)
    contract.one_given("", "model", "prompt")
    contract.one_given("", "input", "previous_response_id", "prompt", "conversation")
    return contract


def _items(contract: Contract) -> None:
    """What input items and tools of Responses have in common on its two routes."""
    contract.optional("FunctionToolParam", "strict", "parameters")
    contract.optional("ResponseOutputMessageParam", "id", "status")
    contract.optional("ResponseReasoningItemParam", "id", "summary")


def input_tokens() -> Contract:
    """POST /v1/responses/input_tokens."""
    from openai.types.responses.input_token_count_params import InputTokenCountParams

    contract = _made(InputTokenCountParams)
    _items(contract)
    return contract


def completions() -> Contract:
    """POST /v1/completions."""
    from openai.types import completion_create_params as params

    return _made(params.CompletionCreateParamsNonStreaming)


def embeddings() -> Contract:
    """POST /v1/embeddings."""
    from openai.types.embedding_create_params import EmbeddingCreateParams

    return _made(EmbeddingCreateParams)
