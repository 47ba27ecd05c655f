"""The contract of Bedrock's Converse and ConverseStream, from types_aiobotocore_bedrock_runtime's request types."""

from __future__ import annotations

from typing import Any

from mockllm_cli.derive.rules import Contract
from mockllm_cli.derive.shapes import Shapes

__all__ = ["converse"]


def converse() -> Contract:
    """POST /model/{id}/converse and /converse-stream."""
    from types_aiobotocore_bedrock_runtime import type_defs as types

    made = Shapes(skip=_is_answer)
    root = made.members(types.ConverseRequestTypeDef, types.ConverseStreamRequestTypeDef)
    contract = Contract(root, made.defs)
    contract.drop("", "modelId")
    contract.required("", "messages")
    contract.limit(".messages", minItems=1)
    return contract


def _is_answer(shape: Any) -> bool:
    return str(getattr(shape, "__name__", "")).endswith("OutputTypeDef")
