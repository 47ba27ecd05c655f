"""The contracts of OpenAI's routes, from the openai package's request types."""

from __future__ import annotations

from typing import Any

from mockllm_cli.derive.rules import Contract, without_null
from mockllm_cli.derive.shapes import DeriveError, Shapes, nullable
from mockllm_core.protocols.openai_chat.refusals import BEFORE

__all__ = [
    "chat",
    "compact",
    "completions",
    "conversations",
    "embeddings",
    "input_tokens",
    "responses",
]

#: "a-z, A-Z, 0-9, or contain underscores and dashes": the SDK's docstrings of every function's and schema's name
_NAME = "^[a-zA-Z0-9_-]+$"

#: the pattern that the API's own 400 cites for a participant's name (public issue threads)
_PARTICIPANT = r"^[^\s<|\\/>]+$"


def _made(shape: Any) -> Contract:
    shapes = Shapes()
    root = shapes.members(shape)
    contract = Contract(root, shapes)
    # a draft in which 1.0 is no integer: 400 "expected an integer, but got a decimal number instead." (the conformance
    # tests of a public project, which it runs against the API, too, have it of 1000.0; 2026)
    contract.root["$schema"] = "http://json-schema.org/draft-04/schema#"
    if "stream" in root["properties"]:
        # the SDK has one type for true and one for false or null; on the wire it is one key
        contract.set("", "stream", {"type": ["boolean", "null"]})
    return contract


def _ranges(contract: Contract, **ranges: tuple[float, float | None]) -> None:
    """Bound numbers as the SDK's docstrings do."""
    for key, (low, high) in ranges.items():
        contract.limit(f".{key}", minimum=low, **({} if high is None else {"maximum": high}))


def chat() -> Contract:
    """POST /v1/chat/completions."""
    from openai.types.chat import completion_create_params as params

    contract = _made(params.CompletionCreateParamsNonStreaming)
    _chat_history(contract)
    _chat_tools(contract)
    # 400 `empty_array`: an array of messages, tools or tool calls has at least one (public issue threads)
    contract.limit(".messages", minItems=1)
    contract.limit(".model", minLength=1)
    _ranges(
        contract,
        frequency_penalty=(-2, 2),
        presence_penalty=(-2, 2),
        temperature=(0, 2),
        top_p=(0, 1),
        # how many at most, the model says
        top_logprobs=(0, None),
        n=(1, 128),
        max_tokens=(1, None),
        max_completion_tokens=(1, None),
    )
    contract.limit(".logit_bias{}", minimum=-100, maximum=100)
    # docstring of `stop`: up to 4 sequences
    contract.limit(".stop", maxItems=4)
    _metadata(contract)
    contract.limit("JSONSchema.name", minLength=1, maxLength=64, pattern=_NAME)
    contract.first("", *_CHAT_ORDER)
    contract.root["x-unknown-first"] = True
    return contract


_CHAT_ORDER = (
    *BEFORE,
    "max_tokens",
    "stop",
    "logit_bias",
    "temperature",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "logprobs",
    "top_logprobs",
    "user",
    "seed",
    "safety_identifier",
    "prompt_cache_options",
    "prompt_cache_key",
    "prompt_cache_retention",
    "service_tier",
    "stream",
    "store",
    "metadata",
    "verbosity",
)
"""The order in which the API was observed to look at keys (a public project's tests of August 2026)."""


def _chat_history(contract: Contract) -> None:
    assistant = "ChatCompletionAssistantMessageParam"
    # a reply sent back carries `annotations` (every recorded whole reply has it)
    contract.add(assistant, "annotations", {"type": "array"})
    # some clients name the function beside the call's id, as the API's older guide did
    contract.add("ChatCompletionToolMessageParam", "name", {"type": "string"})
    # content is a text or a list of parts everywhere; the old function role is typed as text alone
    parts = contract.at("ChatCompletionToolMessageParam.content")
    contract.set("ChatCompletionFunctionMessageParam", "content", nullable(parts))
    # that content is there is looked at last of all, after the model and the options, but for the newest role
    for role in ("System", "User", "Tool", "Function"):
        contract.optional(f"ChatCompletion{role}MessageParam", "content")
    contract.limit(f"{assistant}.tool_calls", minItems=1)
    for role in ("Developer", "System", "User", "Assistant"):
        contract.limit(f"ChatCompletion{role}MessageParam.name", pattern=_PARTICIPANT)
    for called in ("chat_completion_message_function_tool_call_param.Function", "FunctionCall"):
        contract.limit(f"{called}.name", minLength=1, pattern=_NAME)


def _chat_tools(contract: Contract) -> None:
    # 400 `array_above_max_length`, at most 128; an empty list was 400 `empty_array` until 2026 (public issue threads)
    contract.limit(".tools", maxItems=128)
    contract.limit(".functions", minItems=1, maxItems=128)
    for tool in (
        "FunctionDefinition",
        "completion_create_params.Function",
        "chat_completion_named_tool_choice_param.Function",
    ):
        contract.limit(f"{tool}.name", minLength=1, maxLength=64, pattern=_NAME)
    contract.limit("chat_completion_custom_tool_param.Custom.name", minLength=1)


def _tags(contract: Contract) -> None:
    # docstring: 16 pairs, values of at most 512 characters
    contract.limit(".metadata", maxProperties=16)
    contract.limit(".metadata{}", maxLength=512)


def _metadata(contract: Contract) -> None:
    _tags(contract)
    # docstring of the last; 400 `string_above_max_length` of the others (public issue threads, of both APIs)
    for name in ("user", "prompt_cache_key", "safety_identifier"):
        contract.limit(f".{name}", maxLength=64)


def responses() -> Contract:
    """POST /v1/responses."""
    from openai.types.responses import response_create_params as params

    contract = _made(params.ResponseCreateParamsNonStreaming)
    _items(contract)
    _choices(contract)
    _response_options(contract)
    _ranges(
        contract,
        temperature=(0, 2),
        top_p=(0, 1),
        top_logprobs=(0, 20),
        frequency_penalty=(-2, 2),
        presence_penalty=(-2, 2),
        max_tool_calls=(1, None),
        max_output_tokens=(16, None),
    )
    # the conformance tests of a public project, which it runs against the API, too (2026)
    contract.limit(".context_management", minItems=1)
    contract.limit("ContextManagement.compact_threshold", minimum=1000)
    _metadata(contract)
    contract.limit("ResponseFormatTextJSONSchemaConfigParam.name", minLength=1, maxLength=64, pattern=_NAME)
    return contract


_ORDER = (
    "messages",
    "model",
    "input",
    "previous_response_id",
    "moderation",
    "prompt",
    "include",
    "tools",
    "tool_choice",
    "metadata",
    "text",
    "temperature",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "parallel_tool_calls",
    "stream",
    "stream_options",
    "background",
    "max_output_tokens",
    "max_tool_calls",
    "reasoning",
    "user",
    "safety_identifier",
    "prompt_cache_options",
    "prompt_cache_key",
    "prompt_cache_retention",
    "truncation",
    "instructions",
    "store",
    "service_tier",
    "top_logprobs",
    "context_management",
)
"""The order in which the API was observed to look at keys (a public project's tests of August 2026)."""


def _response_options(contract: Contract) -> None:
    """What the same tests show of keys, beside their order: two that the SDK lacks, and what is refused."""
    for key in ("presence_penalty", "frequency_penalty"):
        contract.add("", key, {"type": "number"})
    # a chat's key: refused in any form
    contract.add("", "messages", {"type": "null"})
    contract.set("", "model", {"type": "string"})
    # null is no input
    contract.set("", "input", without_null(contract.at(".input")))
    # a stored prompt or a conversation may bring the model, and the input
    contract.one_given("", "model", "prompt")
    contract.one_given("", "input", "prompt", "conversation", empty=True)
    contract.first("", *_ORDER)


def input_tokens() -> Contract:
    """POST /v1/responses/input_tokens."""
    from openai.types.responses.input_token_count_params import InputTokenCountParams

    contract = _made(InputTokenCountParams)
    _items(contract)
    _choices(contract)
    return contract


def compact() -> Contract:
    """POST /v1/responses/compact."""
    from openai.types.responses.response_compact_params import ResponseCompactParams

    contract = _made(ResponseCompactParams)
    _items(contract)
    contract.set("", "model", {"type": "string"})
    contract.first("", "model", "input", "previous_response_id")
    return contract


def _items(contract: Contract, place: str = ".input[]") -> None:
    """What input items and tools have in common on the Responses routes."""
    _messages(contract, place)
    # history comes back without ids and states: LangChain, the AI SDK and codex leave them out
    for one in contract.at(place)["anyOf"]:
        name = one["$ref"].removeprefix("#/$defs/")
        needed = contract.shape(name).get("required", ())
        keys = [key for key in ("id", "status") if key in needed]
        if keys and name != "ItemReference":
            contract.optional(name, *keys)
    # codex sends searches back without what was searched
    contract.optional("ResponseFunctionWebSearchParam", "action")
    # Pydantic AI sends an image back by its id alone
    contract.optional("ImageGenerationCall", "result")
    # LangChain leaves out what code put out where there was nothing
    contract.optional("ResponseCodeInterpreterToolCallParam", "outputs")
    # docstring: defaults to auto
    contract.optional("ResponseInputImageParam", "detail")
    # named by the API among the types that it knows; the SDK has them in no type of this route
    kinds = {"enum": ["agent_message", "multi_agent_call", "multi_agent_call_output"]}
    contract.defs["AgentItem"] = {
        "type": "object",
        "properties": {"type": kinds},
        "required": ["type"],
        "additionalProperties": True,
    }
    contract.at(place)["anyOf"].append({"$ref": "#/$defs/AgentItem"})
    _response_tools(contract)


def _messages(contract: Contract, place: str) -> None:
    """Make two shapes of the SDK's three for messages: what is said to the model, and what it said.

    The API takes input parts for user, system and developer and output parts for assistant, both also as one text,
    with or without ``type``, ``id`` and ``status`` (LangChain, AI SDK).
    """
    told, said = contract.shape("EasyInputMessageParam"), contract.shape("ResponseOutputMessageParam")
    roles = told["properties"]["role"]["enum"]
    if sorted(roles) != ["assistant", "developer", "system", "user"]:
        raise DeriveError(f"a message's roles are {roles} now")
    told["properties"] |= {
        "role": {"enum": [role for role in roles if role != "assistant"]},
        "id": {"type": ["string", "null"]},
        "status": {"enum": [*said["properties"]["status"]["enum"], None]},
    }
    # the API lists sound among the parts that a user's message takes; the SDK has the type, and no place for it
    for name, keys in {
        "InputAudio": {"data": {"type": "string"}, "format": {"enum": ["mp3", "wav"]}},
        "ResponseInputAudioParam": {
            "type": {"enum": ["input_audio"]},
            "input_audio": {"$ref": "#/$defs/InputAudio"},
        },
    }.items():
        contract.defs[name] = {"type": "object", "properties": keys, "required": [*keys]}
    contract.at("EasyInputMessageParam.content[]")["anyOf"].append(
        {"$ref": "#/$defs/ResponseInputAudioParam"}
    )
    contract.optional("ResponseOutputMessageParam", "type")
    contract.set(
        "ResponseOutputMessageParam",
        "content",
        {"anyOf": [{"type": "string"}, said["properties"]["content"]]},
    )
    contract.optional("ResponseOutputTextParam", "annotations")
    contract.at(place)["anyOf"].remove({"$ref": "#/$defs/Message"})


def _response_tools(contract: Contract) -> None:
    # LangChain and the AI SDK leave `strict` out; a function without arguments has no parameters
    contract.optional("FunctionToolParam", "strict", "parameters")
    contract.optional("NamespaceToolParam", "description")
    for tool in ("FunctionToolParam", "namespace_tool_param.ToolFunction"):
        contract.limit(f"{tool}.name", minLength=1, maxLength=128, pattern=_NAME)
    for tool in ("CustomToolParam", "NamespaceToolParam"):
        contract.limit(f"{tool}.name", minLength=1)


def _choices(contract: Contract) -> None:
    for choice in ("ToolChoiceFunctionParam", "ToolChoiceCustomParam"):
        contract.limit(f"{choice}.name", minLength=1)
    # a hosted tool that is offered can be chosen; the SDK's list of 3.54 lags behind its list of tools
    contract.extend("ToolChoiceTypesParam.type", "web_search", "web_search_2025_08_26")


def conversations() -> Contract:
    """POST /v1/conversations, and what makes and changes a conversation below it."""
    from openai.types.conversations.conversation_create_params import ConversationCreateParams

    contract = _made(ConversationCreateParams)
    _items(contract, ".items[]")
    # docstring: up to 20 at a time
    contract.limit(".items", maxItems=20)
    _tags(contract)
    # of items alone
    contract.add("", "include", {"type": "array"})
    return contract


def completions() -> Contract:
    """POST /v1/completions."""
    from openai.types import completion_create_params as params

    contract = _made(params.CompletionCreateParamsNonStreaming)
    # docstring: defaults to the end-of-text token
    contract.optional("", "prompt")
    _ranges(
        contract,
        frequency_penalty=(-2, 2),
        presence_penalty=(-2, 2),
        temperature=(0, 2),
        top_p=(0, 1),
        n=(1, 128),
        best_of=(0, 20),
        logprobs=(0, 5),
        max_tokens=(0, None),
    )
    contract.limit(".logit_bias{}", minimum=-100, maximum=100)
    contract.limit(".stop", maxItems=4)
    return contract


def embeddings() -> Contract:
    """POST /v1/embeddings."""
    from openai.types.embedding_create_params import EmbeddingCreateParams

    contract = _made(EmbeddingCreateParams)
    # docstring: no empty text, arrays of at most 2,048
    contract.limit(".input", minLength=1, minItems=1, maxItems=2048)
    contract.limit(".dimensions", minimum=1)
    return contract
