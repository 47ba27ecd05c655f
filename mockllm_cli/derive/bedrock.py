"""The contract of Bedrock's Converse and ConverseStream, from types_aiobotocore_bedrock_runtime's request types.

The bounds are those of the published service model (botocore's ``bedrock-runtime``), which the typed dictionaries
leave out.
"""

from __future__ import annotations

from typing import Any

from mockllm_cli.derive.rules import Contract
from mockllm_cli.derive.shapes import Shapes

__all__ = ["converse"]

#: the service model's tagged unions: exactly one member
_UNIONS = (
    "AudioSource",
    "CitationGeneratedContent",
    "CitationLocation",
    "CitationSourceContent",
    "ContentBlock",
    "DocumentContentBlock",
    "DocumentSource",
    "GuardrailConverseContentBlock",
    "GuardrailConverseImageSource",
    "ImageSource",
    "OutputFormatStructure",
    "PromptVariableValues",
    "ReasoningContentBlock",
    "SystemContentBlock",
    "Tool",
    "ToolChoice",
    "ToolInputSchema",
    "ToolResultContentBlock",
    "VideoSource",
)

_TOOL = "^[a-zA-Z0-9_-]+$"


def converse() -> Contract:
    """POST /model/{id}/converse and /converse-stream."""
    from types_aiobotocore_bedrock_runtime import type_defs as types

    # the answers' types stand beside the requests' in unions; they differ in how Python holds bytes
    shapes = Shapes(skip=_is_answer)
    contract = Contract(
        shapes.members(types.ConverseRequestTypeDef, types.ConverseStreamRequestTypeDef), shapes
    )
    # in the path
    contract.drop("", "modelId")
    # optional in the model for the sake of stored prompts; the service asks for them
    contract.required("", "messages")
    contract.limit(".messages", minItems=1)
    contract.limit("MessageTypeDef.content", minItems=1)
    for union in _UNIONS:
        name = f"{union}TypeDef"
        # restJson: null members of a union are ignored
        contract.exactly_one(name, *contract.shape(name)["properties"])
    _tools(contract)
    contract.limit("SystemContentBlockTypeDef.text", minLength=1)
    contract.limit("InferenceConfigurationTypeDef.maxTokens", minimum=1)
    contract.limit("InferenceConfigurationTypeDef.temperature", minimum=0, maximum=1)
    contract.limit("InferenceConfigurationTypeDef.topP", minimum=0, maximum=1)
    contract.limit("InferenceConfigurationTypeDef.stopSequences", maxItems=2500)
    contract.limit(".additionalModelResponseFieldPaths", maxItems=10)
    contract.limit(".requestMetadata", minProperties=1, maxProperties=16)
    contract.limit(".requestMetadata{}", maxLength=256)
    contract.open("ServiceTierTypeDef.type", "PerformanceConfigurationTypeDef.latency")
    return contract


def _tools(contract: Contract) -> None:
    contract.limit("ToolConfigurationTypeDef.tools", minItems=1)
    for holder in ("ToolSpecificationTypeDef", "ToolUseBlockTypeDef", "SpecificToolChoiceTypeDef"):
        contract.limit(f"{holder}.name", minLength=1, maxLength=64, pattern=_TOOL)
    for holder in ("ToolUseBlockTypeDef", "ToolResultBlockTypeDef"):
        contract.limit(f"{holder}.toolUseId", minLength=1, maxLength=64, pattern="^[a-zA-Z0-9_.:-]+$")


def _is_answer(shape: Any) -> bool:
    return str(getattr(shape, "__name__", "")).endswith("OutputTypeDef")
