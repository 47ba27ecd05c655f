"""The contract of Bedrock's Converse and ConverseStream, from types_aiobotocore_bedrock_runtime's request types.

The bounds are those of the published service model (botocore's ``bedrock-runtime``), which the typed dictionaries
leave out.
"""

from __future__ import annotations

import sys
from types import ModuleType
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

_IMPORTED = (
    "aiobotocore",
    "aiobotocore.client",
    "aiobotocore.eventstream",
    "aiobotocore.paginate",
    "aiobotocore.response",
    "aiobotocore.session",
    "botocore",
    "botocore.client",
    "botocore.errorfactory",
    "botocore.exceptions",
)

_TOOL = "^[a-zA-Z0-9_-]+$"

#: whole groups of four, the last one padded
_BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"

_BLOBS = ("AudioSource", "DocumentSource", "GuardrailConverseImageSource", "ImageSource", "VideoSource")


class _Unused:
    """What the stubs import from aiobotocore and botocore; no request type is made of it."""

    def __class_getitem__(cls, _: object) -> type[_Unused]:
        return cls


class _StandIn(ModuleType):
    """A module that has every name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name: str) -> type[_Unused]:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (_Unused,), {})


def _type_defs() -> Any:
    """Return the stubs' module of types; the libraries that its package imports may be missing."""
    try:
        from types_aiobotocore_bedrock_runtime import type_defs
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in ("aiobotocore", "botocore"):
            raise
        names = [name for name in _IMPORTED if name.partition(".")[0] not in sys.modules]
        sys.modules |= {name: _StandIn(name) for name in names}
        try:
            from types_aiobotocore_bedrock_runtime import type_defs
        finally:
            for name in names:
                del sys.modules[name]
    return type_defs


def converse() -> Contract:
    """POST /model/{id}/converse and /converse-stream."""
    types = _type_defs()
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
    # restJson: a blob is base64 text; the service model asks each for a byte or more
    for holder in _BLOBS:
        contract.limit(f"{holder}TypeDef.bytes", minLength=1, pattern=_BASE64)
    contract.limit("ReasoningContentBlockTypeDef.redactedContent", pattern=_BASE64)
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
