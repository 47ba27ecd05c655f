"""From a request that met the contract to a Call; what the provider refuses beyond the contract is refused here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core import strict_schemas
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
from mockllm_core.grammar import schema_of
from mockllm_core.protocol import Call
from mockllm_core.protocols.openai_chat.families import family
from mockllm_core.protocols.openai_chat.history import check_contents, check_history
from mockllm_core.protocols.openai_chat.media import check_media
from mockllm_core.protocols.openai_chat.refusals import check

if TYPE_CHECKING:
    from mockllm_core.conversation import Part, Role
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Endpoint, Incoming

__all__ = ["parse"]

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
_PROMPTS = ("user", "system", "developer")
_OPTIONS = frozenset(
    {
        "function_call",
        "functions",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "n",
        "parallel_tool_calls",
        "reasoning_effort",
        "response_format",
        "stop",
        "tool_choice",
    }
)
"""Keys of a body that a conversation knows, beside model, messages and tools."""
_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_MEDIA = {"image_url": "image", "input_audio": "audio", "file": "document"}


def parse(incoming: Incoming, endpoint: Endpoint) -> Call:
    """Return the request understood.

    Raises:
        ApiError: the provider refuses what is asked for, in its own words (see ``refusals``).
    """
    body = incoming.body
    model = str(body["model"])
    check(body, model)
    if not _SCHEMATIC.isdisjoint(body):
        _check_schemas(body)
    messages = body["messages"]
    understood: list[Message] = []
    answered = False
    for message in messages:
        role = message["role"]
        if role in _PROMPTS and isinstance(content := message.get("content"), str):
            understood.append(Message(_ROLES[role], (Words(content),)))
        else:
            answered = True
            understood.append(_message(message))
    if answered:
        check_contents(messages)
        check_history(messages)
        check_media(messages, model)
    tools = _tools(body) if "tools" in body or "functions" in body else ()
    if _OPTIONS.isdisjoint(body):
        conversation = Conversation(model=model, messages=tuple(understood), tools=tools)
    else:
        conversation = _with_options(body, model, tuple(understood), tools)
    stream = body.get("stream") is True if endpoint.stream is None else endpoint.stream
    return Call(model=model, stream=stream, conversation=conversation, body=body, form=endpoint.form)


_SCHEMATIC = frozenset(("response_format", "tools"))


def _check_schemas(body: Json) -> None:
    """Refuse schemas that are to be followed to the letter and cannot be."""
    for nth, tool in enumerate(body.get("tools") or ()):
        held = tool.get("function")
        if held and held.get("strict") is True:
            param = f"tools[{nth}].function.parameters"
            strict_schemas.check_function(held["name"], held.get("parameters"), param)
    held = (body.get("response_format") or {}).get("json_schema")
    if held and held.get("strict") is True:
        strict_schemas.check_answer(held["name"], held.get("schema"), "response_format", None)


def _with_options(
    body: Json, model: str, messages: tuple[Message, ...], tools: tuple[Tool, ...]
) -> Conversation:
    get = body.get
    form = get("response_format")
    return Conversation(
        model=model,
        messages=messages,
        tools=tools,
        tool_choice=_choice(body),
        parallel=get("parallel_tool_calls") is not False and not get("functions"),
        output_schema=_schema(form) if form else None,
        json_mode=bool(form) and form.get("type") == "json_object",
        reasoning=family(model).reasoning and get("reasoning_effort") in _EFFORTS,
        choices=get("n") or 1,
        scored=get("logprobs") is True,
        max_tokens=get("max_completion_tokens") or get("max_tokens") or None,
        stop=_stop(get("stop")),
    )


def _message(message: Json) -> Message:
    role = _ROLES[message["role"]]
    content = message.get("content")
    parts = (Words(content),) if isinstance(content, str) else _parts(content)
    if role == "user":
        return Message(role, parts)
    if role == "tool":
        text = "".join(part.text for part in parts if isinstance(part, Words))
        return Message(role, (ToolResult(str(message.get("tool_call_id") or ""), text),))
    if role == "assistant":
        if isinstance(refusal := message.get("refusal"), str):
            parts += (Words(refusal),)
        if calls := message.get("tool_calls"):
            parts += tuple([_use(call) for call in calls])
        if called := message.get("function_call"):
            parts += (ToolUse(called["name"], called.get("arguments") or ""),)
    return Message(role, parts)


def _parts(content: Json) -> tuple[Part, ...]:
    if content is None:
        return ()
    return tuple(part for part in map(_part, content) if part is not None)


def _part(part: Json) -> Part | None:
    if isinstance(part, str):
        return Words(part)
    kind = part.get("type")
    if kind in ("text", "refusal"):
        return Words(str(part.get(kind) or ""))
    if kind in _MEDIA:
        held = part.get(kind) or {}
        data = held if isinstance(held, str) else next((held[key] for key in _INLINE if held.get(key)), "")
        return Media(_MEDIA[kind], _decoded_size(str(data)))
    return None


_INLINE = ("data", "file_data", "url")


def _decoded_size(data: str) -> int:
    """Return the bytes behind base64 text or a ``data:`` URL; 0 for a link."""
    if data.startswith(("http://", "https://")):
        return 0
    return len(data.rpartition(",")[2].rstrip("=")) * 3 // 4


def _use(call: Json) -> ToolUse:
    held = call.get("custom") if call.get("type") == "custom" else call.get("function")
    held = held or {}
    text = held.get("input") if call.get("type") == "custom" else held.get("arguments")
    return ToolUse(str(held.get("name") or ""), str(text or ""), str(call.get("id") or ""))


def _tools(body: Json) -> tuple[Tool, ...]:
    found: list[Tool] = []
    for at, tool in enumerate(body.get("tools") or ()):
        kind = tool.get("type")
        held = tool.get(kind) if kind in ("function", "custom") else None
        if held:
            found.append(_tool(held, custom=f"tools[{at}].custom.format" if kind == "custom" else ""))
    if not found:
        found = [_tool(held) for held in body.get("functions") or ()]
    return tuple(found)


def _tool(held: Json, *, custom: str = "") -> Tool:
    """Return a function, or a custom tool, whose format stands at the place given."""
    return Tool(
        name=held["name"],
        description=held.get("description") or "",
        schema=schema_of(held.get("format"), custom) if custom else held.get("parameters"),
        free_text=bool(custom),
    )


def _choice(body: Json) -> ToolChoice:
    """Return the choice of ``tool_choice``, or of the older ``function_call``."""
    asked = body.get("tool_choice")
    if asked is None:
        asked = body.get("function_call")
    if isinstance(asked, str):
        return _MODES[asked]
    if not asked:
        return _MODES["auto"]
    kind = asked.get("type")
    if kind == "allowed_tools":
        allowed = asked.get("allowed_tools") or asked
        names = tuple(name for tool in allowed.get("tools") or () if (name := _name(tool)))
        return ToolChoice("any" if allowed.get("mode") == "required" else "auto", names)
    return ToolChoice("tool", (_name(asked),))


_MODES = {
    "none": ToolChoice("none"),
    "auto": ToolChoice("auto"),
    "required": ToolChoice("any"),
}


def _name(tool: Json) -> str:
    """Return the name in ``{"type": "function", "function": {"name"}}``, ``custom`` alike, or in ``{"name"}``."""
    held = tool.get("function") or tool.get("custom") or tool
    return str(held.get("name") or "")


def _schema(asked: Json) -> Json:
    """Return the schema of structured output; one without a schema is any JSON object."""
    if asked.get("type") != "json_schema":
        return None
    schema = (asked.get("json_schema") or {}).get("schema")
    return {"type": "object"} if schema is None else schema


def _stop(stop: Json) -> tuple[str, ...]:
    if isinstance(stop, str):
        return (stop,)
    return tuple(stop or ())
