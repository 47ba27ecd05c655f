"""From a checked request to a Call.

Liberal as the provider is: a string or blocks everywhere, explicit nulls, unknown keys and unknown kinds of blocks.
What the contract cannot say and the provider refuses is in ``refuse.py``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

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
from mockllm_core.protocols.anthropic_messages.offered import unrunnable
from mockllm_core.protocols.anthropic_messages.refuse import refuse
from mockllm_core.protocols.anthropic_messages.served import check_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.conversation import Part, Role
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Endpoint, Incoming

__all__ = ["conversation", "parse"]

_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant", "system": "system"}

_FREE = ToolChoice()

_CLIENT_TOOLS: dict[str, Json] = {
    "bash": {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]},
    "text_editor": {
        "type": "object",
        "properties": {"command": {"enum": ["view"]}, "path": {"type": "string"}},
        "required": ["command", "path"],
    },
    "memory": {
        "type": "object",
        "properties": {"command": {"enum": ["view"]}, "path": {"const": "/memories"}},
        "required": ["command", "path"],
    },
    "computer": {
        "type": "object",
        "properties": {"action": {"enum": ["screenshot"]}},
        "required": ["action"],
    },
}
"""The provider's own tools that the client runs: the least arguments that each takes."""


def parse(incoming: Incoming, endpoint: Endpoint) -> Call:
    """Return the request understood; the model stands in the path where a host puts it there.

    Raises:
        ApiError: what the provider refuses and a contract cannot say, in its own words.
    """
    body = incoming.body
    model = incoming.params.get("model") or body.get("model") or ""
    if not endpoint.form:
        check_version(incoming.http.headers)
    refuse(body, model, incoming.http.headers, endpoint.form)
    stream = endpoint.stream
    if stream is None:
        stream = body.get("stream") is True
    betas = incoming.http.headers.get("anthropic-beta", "")
    asked = conversation(model, body, betas)
    if ("tools" in body and len(asked.tools) < len(body["tools"] or ())) or "mcp_servers" in body:
        from mockllm_core.protocols.anthropic_messages.hosted import hosted

        asked = replace(asked, hosted=hosted(asked, body))
    if asked.tool_choice.mode in ("any", "tool"):
        _check_forced(asked, body)
    options = (("anthropic-beta", betas),) if betas else ()
    return Call(
        model=model, stream=stream, conversation=asked, body=body, form=endpoint.form, options=options
    )


_OPTIONS = frozenset(("output_config", "output_format", "stop_sequences", "thinking", "tool_choice", "tools"))
"""What a conversation has beside its messages and their cap."""


def _check_forced(asked: Conversation, body: Json) -> None:
    """Refuse a call that is demanded where there is no tool, or none that is known here."""
    if not body.get("tools"):
        sentence = f"tool_choice.{asked.tool_choice.mode} may only be specified while providing tools"
        raise ApiError("invalid_request", sentence, model=asked.model)
    names = [*(tool.name for tool in asked.tools), *(tool.name for tool in asked.hosted)]
    forced = next(iter(asked.tool_choice.names), "")
    if not names or (forced and forced not in names):
        kinds = [tool["type"] for tool in body["tools"] if not forced or tool.get("name") == forced]
        raise ApiError("invalid_request", unrunnable(kinds, asked.model), model=asked.model)


def conversation(model: str, body: Json, betas: str = "") -> Conversation:
    """Return the neutral conversation of a request body; ``betas`` is the header of that name."""
    most = body.get("max_tokens")
    most = most if isinstance(most, int) and most > 0 else None
    messages = _messages(body)
    if _OPTIONS.isdisjoint(body):
        return Conversation(model=model, messages=messages, max_tokens=most)
    tools, choice, thinking = body.get("tools"), body.get("tool_choice"), body.get("thinking")
    stops = body.get("stop_sequences")
    return Conversation(
        model=model,
        messages=messages,
        tools=tuple(_tools(tools)) if tools else (),
        tool_choice=_choice(choice) if choice else _FREE,
        parallel=not (isinstance(choice, dict) and choice.get("disable_parallel_tool_use") is True),
        output_schema=_schema(body) if "output_config" in body or "output_format" in body else None,
        reasoning=_thinks(thinking, messages, f"{betas}{body.get('anthropic_beta')}") if thinking else False,
        max_tokens=most,
        stop=tuple(one for one in stops if isinstance(one, str)) if stops else (),
    )


def _thinks(thinking: Json, messages: tuple[Message, ...], betas: str) -> bool:
    """Tell whether the request makes the model think now.

    With a fixed budget it thinks before its first call and not again until the user speaks, but for the beta that
    interleaves thoughts and calls; one that chooses thinks at any time; ``between_tools`` is only once a tool answered.
    """
    match thinking:
        case {"type": "adaptive"}:
            return True
        case {"type": "enabled"}:
            return "interleaved-thinking" in betas or not _answers(messages)
        case {"type": "between_tools"}:
            return _answers(messages)
        case _:
            return False


def _answers(messages: tuple[Message, ...]) -> bool:
    return any(isinstance(part, ToolResult) for part in (messages[-1].parts if messages else ()))


def _schema(body: Json) -> Json:
    """Return the schema of a structured answer: ``output_config.format``, or the older ``output_format``."""
    config = body.get("output_config")
    places = (config.get("format") if isinstance(config, dict) else None, body.get("output_format"))
    for place in places:
        if isinstance(place, dict) and place.get("type") == "json_schema":
            return place.get("schema")
    return None


def _choice(choice: Json) -> ToolChoice:
    match choice:
        case {"type": "any"}:
            return ToolChoice("any")
        case {"type": "tool", "name": str(name)}:
            return ToolChoice("tool", (name,))
        case {"type": "none"}:
            return ToolChoice("none")
        case _:
            return ToolChoice()


def _tools(tools: Json) -> Iterator[Tool]:
    """Yield the tools that a client can run; the provider's own server tools are left out."""
    for tool in tools:
        if not isinstance(tool, dict):
            continue
        kind = tool.get("type") or "custom"
        name = tool.get("name")
        if not isinstance(name, str):
            if "_toolset_2" in kind:
                from mockllm_core.protocols.anthropic_messages.toolsets import called_of

                yield from called_of(tool)
            continue
        if kind == "custom":
            yield Tool(name=name, description=tool.get("description") or "", schema=tool.get("input_schema"))
            continue
        for client, schema in _CLIENT_TOOLS.items():
            if kind.startswith(f"{client}_2"):
                yield Tool(name=name, schema=schema)


def _messages(body: Json) -> tuple[Message, ...]:
    made = [
        Message(
            _ROLES.get(message.get("role"), "user"),
            # most messages of most requests hold a text
            (Words(content),) if isinstance(content := message.get("content"), str) else _parts(content),
        )
        for message in body.get("messages") or ()
    ]
    if body.get("system"):
        made.insert(0, Message("system", _parts(body["system"])))
    return tuple(made)


def _parts(content: Json) -> tuple[Part, ...]:
    if isinstance(content, str):
        return (Words(content),)
    made: list[Part] = []
    for block in content or ():
        if isinstance(block, str):
            made.append(Words(block))
        elif isinstance(block, dict):
            made += _part(block)
    return tuple(made)


def _part(block: dict[str, Json]) -> Iterator[Part]:
    match block:
        case {"type": "text", "text": str(text)} | {"type": "thinking", "thinking": str(text)}:
            yield Words(text)
        case {"type": "tool_use" | "server_tool_use" | "mcp_tool_use", "name": str(name)}:
            given = block.get("input")
            yield ToolUse(name, compact({} if given is None else given), str(block.get("id") or ""))
        case {"type": "tool_result" | "mcp_tool_result"}:
            inner = _parts(block.get("content"))
            text = "".join(part.text for part in inner if isinstance(part, Words))
            yield ToolResult(str(block.get("tool_use_id") or ""), text)
            yield from (part for part in inner if isinstance(part, Media))
        case {"type": "image" | "document" as kind}:
            yield Media(kind, _size(block.get("source")))
        case {"type": "search_result" | "container_upload"}:
            yield Media("document")
        case {"type": str(kind), "tool_use_id": str(use)} if kind.endswith("_tool_result"):
            yield ToolResult(use, compact(block.get("content")))
        case _:
            return


def _size(source: Json) -> int:
    """Return the bytes of inline content: base64 decoded, or text."""
    data = source.get("data") if isinstance(source, dict) else None
    if not isinstance(data, str):
        return 0
    if source.get("type") != "base64":
        return len(data.encode("utf-8", "surrogatepass"))
    return max(0, len(data) * 3 // 4 - data.count("=", max(0, len(data) - 2)))
