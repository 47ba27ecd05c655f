"""The contracts of Anthropic's routes, from the anthropic package's beta request types, which hold the plain ones."""

from __future__ import annotations

from typing import Any

from mockllm_cli.derive.rules import Contract, without_null
from mockllm_cli.derive.shapes import DeriveError, Shapes

__all__ = ["bedrock_invoke", "count_tokens", "messages", "vertex"]

#: the patterns that the API's own 400s cite (public issue threads)
_TOOL = "^[a-zA-Z0-9_-]{1,128}$"
_CALLED = "^[a-zA-Z0-9_-]{1,200}$"
_ID = "^[a-zA-Z0-9_-]+$"

#: null is refused for these as any other wrong type is (a public project's tests of August 2026, and public reports of
#: ``system``); for what the SDK calls optional it is taken
_NEVER_NULL = ("output_config", "system", "thinking", "tool_choice", "tools")

#: the order in which the API was observed to look at keys (the same tests)
_ORDER = (
    "model",
    "tool_choice",
    "tools",
    "messages",
    "system",
    "thinking",
    "output_config",
    "cache_control",
    "max_tokens",
    "metadata",
    "stop_sequences",
    "temperature",
    "service_tier",
    "top_k",
    "top_p",
    "stream",
    "container",
    "inference_geo",
)

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
    for key in _NEVER_NULL:
        contract.set("", key, without_null(contract.at(f".{key}")))
    contract.required("BetaSystemMessageParam", "content")
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
    contract.limit("BetaToolParam.name", minLength=1, pattern=_TOOL)
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
    contract.set("", "stream", {"type": "boolean"})
    # the SDK's docstring: 0 fills the prompt cache and says nothing
    contract.limit(".max_tokens", minimum=0)
    contract.open(".speed")
    contract.set("", "service_tier", {"enum": ["auto", "standard_only"]})
    # sampling left the SDK's types with 2.x; the API takes it (recorded) and clients send it (AI SDK, LangChain)
    number = {"type": "number", "minimum": 0, "maximum": 1}
    # null was refused by old and new models in September 2026; a top_k of -1 was taken
    for key, schema in (("temperature", number), ("top_p", number), ("top_k", {"type": "integer"})):
        contract.root["properties"][key] = schema
    contract.first("", *_ORDER)
    return contract


def count_tokens() -> Contract:
    """POST /v1/messages/count_tokens."""
    from anthropic.types import message_count_tokens_params as plain
    from anthropic.types.beta import message_count_tokens_params as beta

    contract = _made(beta.MessageCountTokensParams, plain.MessageCountTokensParams)
    contract.first("", *(key for key in _ORDER if key in contract.root["properties"]))
    return contract


def bedrock_invoke() -> Contract:
    """POST /model/{id}/invoke for Anthropic's models: the path carries the model and whether to stream."""
    contract = messages()
    contract.drop("", "model", "stream")
    # AWS user guide, "Anthropic Claude Messages API": required, and betas in the body
    contract.add("", "anthropic_version", {"type": "string"})
    contract.required("", "anthropic_version")
    contract.add("", "anthropic_beta", {"type": "array", "items": {"type": "string"}})
    return contract


def vertex() -> Contract:
    """POST :rawPredict and :streamRawPredict: as on Bedrock, but the SDK leaves ``stream`` in the body."""
    contract = bedrock_invoke()
    contract.add("", "stream", {"type": ["boolean", "null"]})
    return contract
