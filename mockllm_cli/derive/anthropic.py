"""The contracts of Anthropic's routes, from the anthropic package's beta request types, which hold the plain ones."""

from __future__ import annotations

from typing import Any

from mockllm_cli.derive.rules import Contract
from mockllm_cli.derive.shapes import DeriveError, Shapes, nullable

__all__ = ["bedrock_invoke", "count_tokens", "messages"]

#: the patterns that the API's own 400s cite (public issue threads)
_TOOL = "^[a-zA-Z0-9_-]{1,128}$"
_CALLED = "^[a-zA-Z0-9_-]{1,200}$"
_ID = "^[a-zA-Z0-9_-]+$"

#: sent as headers, though they are parameters of the SDK's method
_HEADERS = ("betas", "user_profile_id", "workspace_id")


def _made(beta: Any, plain: Any) -> Contract:
    # unions name the SDK's answers, Python objects, beside the plain shapes: the same JSON
    shapes = Shapes(skip=lambda shape: hasattr(shape, "model_fields"))
    root = shapes.members(beta)
    lacking = plain.__annotations__.keys() - root["properties"].keys()
    if lacking:
        raise DeriveError(f"the beta request has no {', '.join(sorted(lacking))}")
    contract = Contract(root, shapes)
    _answers(contract, shapes)
    _blocks(contract)
    _tools(contract)
    contract.drop("", *_HEADERS)
    contract.limit(".messages", minItems=1)
    contract.limit(".model", minLength=1)
    # docstring of budget_tokens: at least 1,024
    contract.limit("BetaThinkingConfigEnabledParam.budget_tokens", minimum=1024)
    # structured output as the API first had it, still sent under its beta header (litellm)
    contract.add("", "output_format", {"$ref": "#/$defs/BetaJSONOutputFormatParam"})
    return contract


def _answers(contract: Contract, shapes: Shapes) -> None:
    """Let blocks of an answer come back with every key that answers have."""
    for model in shapes.skipped:
        shape = contract.defs.get(f"{model.__name__}Param", {"properties": {}})
        for name, field in model.model_fields.items():
            shape["properties"].setdefault(field.alias or name, {})


def _blocks(contract: Contract) -> None:
    """What the blocks of a history are allowed to hold."""
    contract.limit("BetaToolUseBlockParam.name", pattern=_CALLED)
    contract.limit("BetaToolUseBlockParam.id", pattern=_ID)
    contract.limit("BetaToolResultBlockParam.tool_use_id", pattern=_ID)
    # lists that grow with every server tool
    contract.open("BetaServerToolUseBlockParam.name")
    for name, shape in contract.defs.items():
        if "error_code" in shape["properties"] and "enum" in shape["properties"]["error_code"]:
            contract.open(f"{name}.error_code")
        if "allowed_callers" in shape["properties"]:
            contract.open(f"{name}.allowed_callers[]")


def _tools(contract: Contract) -> None:
    contract.first("BetaToolParam", "name")
    contract.limit("BetaToolParam.name", pattern=_TOOL)
    contract.limit("BetaToolChoiceToolParam.name", minLength=1)
    # any JSON Schema of an object; the API's 400 asks for its type (public issue threads)
    contract.set(
        "BetaToolParam",
        "input_schema",
        {
            "type": "object",
            "properties": {"type": {"enum": ["object"]}},
            "required": ["type"],
            "additionalProperties": True,
        },
    )


def messages() -> Contract:
    """POST /v1/messages, plain and beta: one route."""
    from anthropic.types import message_create_params as plain
    from anthropic.types.beta import message_create_params as beta

    contract = _made(beta.MessageCreateParamsNonStreaming, plain.MessageCreateParamsNonStreaming)
    # the SDK has one type for true and one for false; on the wire it is one key
    contract.set("", "stream", {"type": ["boolean", "null"]})
    # the SDK's docstring: 0 fills the prompt cache and says nothing
    contract.limit(".max_tokens", minimum=0)
    contract.open(".service_tier", ".speed")
    # sampling left the SDK's types with 2.x; the API takes it (recorded) and clients send it (AI SDK, LangChain)
    number, integer = {"type": "number", "minimum": 0, "maximum": 1}, {"type": "integer", "minimum": 0}
    for key, schema in (("temperature", number), ("top_p", number), ("top_k", integer)):
        if key not in contract.root["properties"]:
            contract.root["properties"][key] = nullable(schema)
    # measured in September 2026: "temperature: Input should be a valid number" on old and new models
    contract.set("", "temperature", number)
    return contract


def count_tokens() -> Contract:
    """POST /v1/messages/count_tokens."""
    from anthropic.types import message_count_tokens_params as plain
    from anthropic.types.beta import message_count_tokens_params as beta

    return _made(beta.MessageCountTokensParams, plain.MessageCountTokensParams)


def bedrock_invoke() -> Contract:
    """POST /model/{id}/invoke for Anthropic's models: the path carries the model and whether to stream."""
    contract = messages()
    contract.drop("", "model", "stream")
    # AWS user guide, "Anthropic Claude Messages API": required, and betas in the body
    contract.add("", "anthropic_version", {"type": "string"})
    contract.required("", "anthropic_version")
    contract.add("", "anthropic_beta", {"type": "array", "items": {"type": "string"}})
    return contract
