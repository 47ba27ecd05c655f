"""Hold an answer against the official SDK's own types; boto's against the service model."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import anthropic.types
import anthropic.types.beta
import botocore.session
import openai.types
import openai.types.chat
import openai.types.responses
from features.asks import (
    AZURE,
    AZURE_RESPONSES,
    CHAT,
    COMPLETIONS,
    CONVERSE,
    GEMINI,
    MESSAGES,
    RESPONSES,
    VERTEX,
)
from google.genai import types as google
from pydantic import TypeAdapter

if TYPE_CHECKING:
    from features.seen import Seen

_TYPES: dict[str, tuple[Any, Any]] = {
    CHAT: (openai.types.chat.ChatCompletion, openai.types.chat.ChatCompletionChunk),
    AZURE: (openai.types.chat.ChatCompletion, openai.types.chat.ChatCompletionChunk),
    RESPONSES: (openai.types.responses.Response, openai.types.responses.ResponseStreamEvent),
    AZURE_RESPONSES: (openai.types.responses.Response, openai.types.responses.ResponseStreamEvent),
    COMPLETIONS: (openai.types.Completion, openai.types.Completion),
    MESSAGES: (anthropic.types.Message, anthropic.types.RawMessageStreamEvent),
    VERTEX: (anthropic.types.Message, anthropic.types.RawMessageStreamEvent),
    GEMINI: (google.GenerateContentResponse, google.GenerateContentResponse),
}


_BETA: tuple[Any, Any] = (anthropic.types.beta.BetaMessage, anthropic.types.beta.BetaRawMessageStreamEvent)
_OF_BETAS = (b'"mcp_tool_use"', b'"advisor_tool_result"')
"""Blocks that the SDK's types have in its beta namespace alone."""


@cache
def _adapter(column: str, *, stream: bool, beta: bool = False) -> TypeAdapter[Any]:
    return TypeAdapter((_BETA if beta else _TYPES[column])[stream])


def fits(seen: Seen, *, stream: bool) -> None:
    """Raise what the SDK's types have against any part of the answer; InvokeModel has bodies of many kinds and none."""
    if seen.column == CONVERSE:
        operation = "ConverseStream" if stream else "Converse"
        shape = _model().operation_model(operation).output_shape
        for part in seen.parts:
            _member(shape.members["stream"] if stream else shape, part, operation)
        return
    if seen.column not in _TYPES or (stream and seen.column in (AZURE, COMPLETIONS)):
        return  # their streams have chunks that the SDK's types do not know; it takes them unchecked
    beta = any(block in seen.data for block in _OF_BETAS)
    adapter = _adapter(seen.column, stream=stream, beta=beta)
    for part in seen.parts:
        if part.get("type") not in _UNTYPED and not _custom(part):
            adapter.validate_python(_typed(_counted(part) if seen.column == AZURE_RESPONSES else part))


_UNTYPED = (
    "ping",
    "response.apply_patch_call_operation_diff.delta",
    "response.apply_patch_call_operation_diff.done",
)
"""Events, as recorded, that the SDKs' types leave out."""


def _custom(part: Any) -> bool:
    """Tell whether a chunk of Chat begins the call of a custom tool, which the SDK's type of a chunk leaves out."""
    return any(
        call.get("type") == "custom"
        for choice in part.get("choices") or ()
        for call in choice.get("delta", {}).get("tool_calls") or ()
    )


def _typed(part: Any) -> Any:
    """Return a part as the SDK's types want it where the provider, as recorded, sends something else."""
    if part.get("type") == "response.output_item.added" and part["item"]["type"] in _BEGUN:
        return part | {"item": _BEGUN[part["item"]["type"]] | part["item"]}
    usage = part.get("usageMetadata")
    if usage and "serviceTier" in usage:
        usage = {key: value for key, value in usage.items() if key != "serviceTier"}
        return part | {"usageMetadata": usage}
    return part


_BEGUN: dict[str, dict[str, Any]] = {
    "web_search_call": {"action": {"type": "search"}},
    "image_generation_call": {"result": None},
}
"""What the SDK's types ask of a call of these tools that has just begun, and the provider tells when it is done."""


def _counted(part: Any) -> Any:
    """Return a part of Azure's with the writes into a cache, which the SDK's type asks for and Azure does not tell."""
    holder = part.get("response", part)
    if not holder.get("usage"):
        return part
    details = {"cache_write_tokens": 0} | holder["usage"]["input_tokens_details"]
    usage = holder["usage"] | {"input_tokens_details": details}
    return part | {"response": holder | {"usage": usage}} if "response" in part else part | {"usage": usage}


@cache
def _model() -> Any:
    return botocore.session.get_session().get_service_model("bedrock-runtime")


_SCALARS = {"string": str, "integer": int, "long": int, "boolean": bool, "blob": str}


def _member(shape: Any, value: Any, place: str) -> None:
    """Raise AssertionError where a value is not of a shape of the service model."""
    match shape.type_name:
        case "structure":
            if getattr(shape, "is_document_type", False):
                return
            unknown = set(value) - set(shape.members) - _UNMODELLED
            assert not unknown, f"{place} has {unknown}"
            for name in shape.required_members:
                assert name in value, f"{place} lacks {name}"
            for name in set(value) & set(shape.members):
                _member(shape.members[name], value[name], f"{place}.{name}")
        case "list":
            for one in value:
                _member(shape.member, one, f"{place}[]")
        case "map":
            for one in value.values():
                _member(shape.value, one, f"{place}{{}}")
        case kind if kind in _SCALARS:
            assert type(value) is _SCALARS[kind], f"{place} is {value!r}"
            # a call's type is tool_use on the wire; the model has only server_tool_use
            if getattr(shape, "enum", None) and not place.endswith("toolUse.type"):
                assert value in shape.enum, f"{place} is {value!r}"
        case _:
            pass


_UNMODELLED = {"serverToolUsage", "cacheReadInputTokenCount", "cacheWriteInputTokenCount", "actionReason"}
"""Members that the service sends and its published model does not have, as recorded."""
