"""A Converse body as a Conversation.

Request: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html. The contract says what is
well formed; here stand the rules that cross fields. Whatever is no block of a known kind is left out.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from mockllm_core.conversation import (
    Conversation,
    Media,
    Message,
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
    Words,
)
from mockllm_core.errors import ApiError
from mockllm_core.jsontext import compact
from mockllm_core.protocol import Call
from mockllm_core.protocols.bedrock_converse.families import CLAUDE, asks_to_think, family
from mockllm_core.protocols.bedrock_converse.features import check_features, lacking
from mockllm_core.protocols.bedrock_converse.refuse import (
    MODEL_SAID,
    check_images,
    check_last,
    check_most,
    check_thought,
    refuse,
)
from mockllm_core.protocols.bedrock_converse.signature import is_sound
from mockllm_core.protocols.bedrock_converse.turns import check_turns
from mockllm_core.protocols.bedrock_converse.unsupported import check_choice, check_points, marked

if TYPE_CHECKING:
    from mockllm_core.conversation import Part
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Endpoint, Incoming

__all__ = ["conversation", "messages", "offered", "parse"]

_ROLES: dict[Json, Literal["system", "user", "assistant"]] = {
    "system": "system",
    "user": "user",
    "assistant": "assistant",
}


def parse(incoming: Incoming, endpoint: Endpoint) -> Call:
    """Return the Call of a checked body.

    Raises:
        ApiError: a rule across fields is broken (tool blocks without ``toolConfig``, a schema that is not JSON,
            reasoning with a forced tool, a signature that is not its text's), or the model does not support what is asked.
    """
    model = incoming.params["model"]
    body = _object(incoming.body)
    stream = bool(endpoint.stream)
    lacks = lacking(model)
    if lacks:
        check_features(lacks, body, stream=stream)
    return Call(
        model=model,
        stream=stream,
        conversation=offered(conversation(model, body), body),
        body=body,
        form=endpoint.form,
        cut=family(model).cut,
    )


def offered(asked: Conversation, body: dict[str, Any]) -> Conversation:
    """Return a conversation with the system tools that its body offers."""
    if "toolConfig" in body:
        config = _object(body["toolConfig"])
        if any(["systemTool" in _object(tool) for tool in _list(config.get("tools"))]):  # noqa: C419 - a list is quicker
            from mockllm_core.protocols.bedrock_converse.hosted import hosted

            return replace(asked, hosted=hosted(config, asked))
    return asked


_OPTIONS = frozenset(
    (
        "additionalModelRequestFields",
        "additionalModelResponseFieldPaths",
        "inferenceConfig",
        "outputConfig",
        "toolConfig",
    )
)
"""What a conversation has, or can be refused for, beside its messages."""


def conversation(model: str, body: Json) -> Conversation:
    """Return the body's conversation; raises ApiError like ``parse``."""
    talks = _only_talks(body)
    points = marked(body)
    if talks and not points and _OPTIONS.isdisjoint(body):
        turns = messages(body)
        _check_prompt(model, turns)
        return Conversation(model=model, messages=turns, reasoning=family(model).thinks)
    fields = _object(body.get("additionalModelRequestFields"))
    limits = _object(body.get("inferenceConfig"))
    config = _object(body.get("toolConfig"))
    tools = _tools(config) if config else ()
    choice = _choice(config) if config else _AUTO
    turns = messages(body)
    _check_pointers(body)
    _check_prompt(model, turns)
    if config:
        check_choice(family(model), tools, choice, config)
    claude = family(model).provider == CLAUDE.provider
    if not talks:
        check_turns(body)
    if limits:
        check_most(model, limits)
    if claude and (fields or limits or config):
        refuse(family(model), fields, choice, limits)
    if claude and (points or config or not talks):
        check_points(body)
    if claude and not talks:
        _check_signatures(body)
        check_images(_list(body.get("messages")))
        check_last(family(model), _list(body.get("messages")))
        if _object(fields.get("thinking") or fields.get("reasoning_config")).get("type") == "enabled":
            check_thought(_list(body.get("messages")))
    sequences = limits.get("stopSequences") or fields.get("stop_sequences")
    return Conversation(
        model=model,
        messages=turns,
        tools=tools,
        tool_choice=choice,
        parallel=not fields
        or _object(fields.get("tool_choice")).get("disable_parallel_tool_use") is not True,
        output_schema=_schema(body, fields) if fields or "outputConfig" in body else None,
        reasoning=asks_to_think(model, fields) and not (claude and fields and _calls_on(fields, turns)),
        max_tokens=_whole(limits.get("maxTokens")) or _whole(fields.get("max_tokens")),
        stop=tuple([text for text in _list(sequences) if isinstance(text, str) and text])
        if sequences
        else (),
    )


def _calls_on(fields: dict[str, Any], turns: tuple[Message, ...]) -> bool:
    """Tell whether a Claude goes on calling without a thought: it has a fixed budget, and a tool has answered.

    The beta that interleaves thoughts and calls stands in the fields.
    """
    if _object(fields.get("thinking") or fields.get("reasoning_config")).get("type") != "enabled":
        return False
    interleaved = "interleaved-thinking" in str(fields.get("anthropic_beta"))
    return not interleaved and any(isinstance(part, ToolResult) for part in turns[-1].parts)


def messages(body: dict[str, Any]) -> tuple[Message, ...]:
    """Return a body's turns, the system prompt first."""
    system = _parts(body["system"]) if "system" in body else ()
    turns = [Message("system", system)] if system else []
    for message in _list(body.get("messages")):
        role = _ROLES.get(message.get("role")) if isinstance(message, dict) else None
        if role is not None:
            turns.append(Message(role, _parts(message.get("content"))))
    return tuple(turns)


def _parts(content: Json) -> tuple[Part, ...]:
    if isinstance(content, str):
        return (Words(content),)
    found: list[Part] = []
    for block in _list(content):
        if isinstance(block, dict):
            text = block.get("text")
            if isinstance(text, str):
                found.append(Words(text))
            else:
                found += _part(block)
    return tuple(found)


def _part(block: dict[str, Any]) -> tuple[Part, ...]:
    """Return what a content block holds that is not text; a cache point holds nothing."""
    found: tuple[Part, ...] = ()
    match block:
        case {"reasoningContent": {"reasoningText": {"text": str(text)}}}:
            found = (Words(text),)
        case {"guardContent": {"text": {"text": str(text)}}}:
            found = (Words(text),)
        case {"toolUse": dict(use)}:
            arguments = compact(use.get("input") if use.get("input") is not None else {})
            found = (ToolUse(str(use.get("name") or ""), arguments, str(use.get("toolUseId") or "")),)
        case {"toolResult": dict(result)}:
            found = (ToolResult(str(result.get("toolUseId") or ""), _result(result.get("content"))),)
        case {"citationsContent": {"content": list(content)}}:
            found = _parts(content)
        case {"guardContent": {"image": dict(media)}}:
            found = (Media("image", _size(media.get("source"))),)
        case {"searchResult": dict()}:
            found = (Media("document"),)
        case _:
            for kind in ("image", "document", "video", "audio"):
                if isinstance(block.get(kind), dict):
                    found = (Media(kind, _size(block[kind].get("source"))),)
    return found


def _result(content: Json) -> str:
    texts: list[str] = []
    for block in _list(content):
        match block:
            case {"text": str(text)}:
                texts.append(text)
            case {"json": value} if value is not None:
                texts.append(compact(value))
            case _:
                pass
    return content if isinstance(content, str) else "".join(texts)


def _size(source: Json) -> int:
    """Return the bytes of an inline blob, known from the length of its base64."""
    data = _object(source).get("bytes")
    return len(data.rstrip("=")) * 3 // 4 if isinstance(data, str) else 0


def _tools(config: dict[str, Any]) -> tuple[Tool, ...]:
    found: list[Tool] = []
    for entry in _list(config.get("tools")):
        spec = _object(_object(entry).get("toolSpec"))
        if isinstance(spec.get("name"), str):
            schema = _object(spec.get("inputSchema")).get("json")
            found.append(
                Tool(name=spec["name"], description=str(spec.get("description") or ""), schema=schema)
            )
    return tuple(found)


_AUTO = ToolChoice()


def _choice(config: dict[str, Any]) -> ToolChoice:
    choice = _object(config.get("toolChoice"))
    if choice.get("any") is not None:
        return ToolChoice("any")
    name = _object(choice.get("tool")).get("name")
    return ToolChoice("tool", (name,)) if isinstance(name, str) else _AUTO


def _schema(body: dict[str, Any], fields: dict[str, Any]) -> Json:
    """Return the schema of a structured answer: Converse sends it as a JSON string, Claude's own field as an object."""
    form = _object(_object(body.get("outputConfig")).get("textFormat"))
    text = _object(_object(form.get("structure")).get("jsonSchema")).get("schema")
    if isinstance(text, str):
        try:
            schema = json.loads(text)
        except (ValueError, RecursionError):
            schema = None
        if not isinstance(schema, dict | bool):
            place = "outputConfig.textFormat.structure.jsonSchema.schema"
            raise ApiError(
                "invalid_request", f"The value at {place} is not a valid JSON schema.", param=place
            )
        return schema
    if isinstance(text, dict):
        return text
    asked = _object(_object(fields.get("output_config")).get("format")) or _object(
        fields.get("output_format")
    )
    return asked.get("schema") if asked.get("type") == "json_schema" else None


# -- what the contract cannot say -------------------------------------------------------------------------------


def _check_prompt(model: str, turns: tuple[Message, ...]) -> None:
    """A prompt resource brings its own messages; every other model needs one, and the first is the user's."""
    for message in turns:
        if message.role == "assistant":
            raise ApiError(
                "invalid_request",
                "A conversation must start with a user message. Try again with a conversation that starts with a "
                "user message.",
                param="messages",
            )
        if message.role != "system":
            return
    if ":prompt/" not in model:
        raise ApiError(
            "invalid_request",
            "1 validation error detected: Value null at 'messages' failed to satisfy constraint: "
            "Member must not be null",
            param="messages",
        )


def _check_pointers(body: dict[str, Any]) -> None:
    for pointer in _list(body.get("additionalModelResponseFieldPaths")):
        if not isinstance(pointer, str) or not pointer.startswith("/") or len(pointer) < 2:
            raise ApiError(
                "invalid_request",
                f"The additional model response field path {pointer!r} is not a valid JSON Pointer. "
                "Provide a valid JSON Pointer and try again.",
                param="additionalModelResponseFieldPaths",
            )


def _only_talks(body: dict[str, Any]) -> bool:
    """Tell whether every block is a text that is not blank, and the user has the last word: no rule is broken then."""
    message: Json = None
    for message in _list(body.get("messages")):
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, list):
            for block in content:
                if isinstance(block, dict):
                    text = block.get("text")
                    if len(block) != 1 or not text or text.isspace():
                        return False
    return isinstance(message, dict) and message.get("role") == "user"


def _check_signatures(body: dict[str, Any]) -> None:
    for nth, message in enumerate(_list(body.get("messages"))):
        for place, block in enumerate(_list(_object(message).get("content"))):
            text = _object(_object(_object(block).get("reasoningContent")).get("reasoningText"))
            signature = text.get("signature")
            if isinstance(signature, str) and not is_sound(signature, str(text.get("text") or "")):
                raise ApiError(
                    "invalid_request",
                    f"{MODEL_SAID}messages.{nth}.content.{place}: Invalid `signature` in `thinking` block",
                    param=f"messages[{nth}].content[{place}]",
                )


# -- values of any type, read without trust ---------------------------------------------------------------------


def _object(value: Json) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Any]:
    return value if isinstance(value, list) else []


def _whole(value: Json) -> int | None:
    """Return a positive whole number, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 1:
        return None
    return int(value) if value == value // 1 else None
