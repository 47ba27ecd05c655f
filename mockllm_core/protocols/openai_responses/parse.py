"""From a checked request to a Call.

Liberal: explicit nulls, plain strings or lists of parts, items without ids, tools that cannot be called.
Refused is what a contract cannot say and the provider does not take.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockllm_core import tokens
from mockllm_core.conversation import (
    Conversation,
    Media,
    Message,
    Sealed,
    Tool,
    ToolChoice,
    ToolResult,
    ToolUse,
    Words,
)
from mockllm_core.errors import ApiError
from mockllm_core.exchange import Asked
from mockllm_core.grammar import schema_of
from mockllm_core.protocol import Call
from mockllm_core.protocols.openai_responses import compaction, families
from mockllm_core.protocols.openai_responses.complaints import MISSING
from mockllm_core.protocols.openai_responses.echo import AZURE
from mockllm_core.protocols.openai_responses.offered import HOSTED, check_demand, tool_name
from mockllm_core.protocols.openai_responses.refusals import check, check_trigger, no_moderation, nothing
from mockllm_core.protocols.openai_responses.seal import genuine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.conversation import Hosted, Part, Role
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Endpoint, Incoming
    from mockllm_core.reply import Opaque

__all__ = ["conversation", "counted", "input_list", "parse"]

_ENCRYPTED = "reasoning.encrypted_content"
_MESSAGE = (None, "", "message")
"""Types of an item that is a message: it may have none."""
_ROLES: dict[str, Role] = {
    "user": "user",
    "assistant": "assistant",
    "system": "system",
    "developer": "system",
}


_TOLD = frozenset(("include", "max_output_tokens", "parallel_tool_calls", "reasoning", "text", "tool_choice"))
"""Keys that ask for another answer than a plain one, beside the tools."""


def parse(incoming: Incoming, endpoint: Endpoint) -> Call:
    """Return the request understood.

    Raises:
        ApiError: a missing model or input, what nothing is kept of, an option that the model does not have,
            tool calls and outputs that do not belong together, a tool choice that names no tool, or
            encrypted reasoning that was changed.
    """
    asked = incoming.body
    silent = isinstance(incoming.http, Asked) and incoming.http.silent
    check(asked, silent=silent)
    if endpoint.form == AZURE and asked.get("moderation"):
        raise no_moderation()
    model = asked["model"]
    stream = bool(asked.get("stream")) if endpoint.stream is None else endpoint.stream
    said, form = conversation(asked, silent=silent), endpoint.form
    if silent:
        return Call(model=model, stream=stream, conversation=said, body=asked, form=form, alone=True)
    alone = compaction.triggers(asked.get("input"))
    lead: tuple[Opaque, ...] = ()
    if alone or "context_management" in asked:
        lead = compaction.lead(asked, said if alone else _since(asked, said))
    if said.hosted and not alone:
        from mockllm_core.protocols.openai_responses import serving

        lead = (*serving.lists(asked["tools"], input_list(asked.get("input"))), *lead)
    if lead:
        return Call(
            model=model, stream=stream, conversation=said, body=asked, form=form, lead=lead, alone=alone
        )
    return Call(model=model, stream=stream, conversation=said, body=asked, form=form)


def conversation(asked: Json, *, silent: bool = False) -> Conversation:
    """Return a request body with the provider taken out; ``model`` may be absent, as when tokens are counted.

    One that is to be answered by nothing may hold nothing.
    """
    given, earlier = input_list(asked.get("input")), asked.get("previous_response_id")
    if not given and not earlier and not silent:
        raise nothing()
    model = asked.get("model") or ""
    messages = _messages(asked, given, known=not earlier)
    offered = asked.get("tools") or ()
    tools = _tools(offered) if offered else ()
    hosted: tuple[Hosted, ...] = ()
    if len(tools) < len(offered):
        from mockllm_core.protocols.openai_responses import using

        hosted, tools = using.hosted(asked, given, messages), using.undeferred(tools, asked)
    if _TOLD.isdisjoint(asked):
        return Conversation(model=model, messages=messages, tools=tools, hosted=hosted)
    form = (asked.get("text") or {}).get("format") or {}
    return Conversation(
        model=model,
        messages=messages,
        tools=tools,
        hosted=hosted,
        tool_choice=_choice(asked.get("tool_choice"), offered, model),
        parallel=asked.get("parallel_tool_calls") is not False,
        output_schema=form.get("schema") if form.get("type") == "json_schema" else None,
        json_mode=form.get("type") == "json_object",
        reasoning=_reasons(asked, families.family(model)),
        scored="message.output_text.logprobs" in (asked.get("include") or ()),
        max_tokens=asked.get("max_output_tokens") or None,
    )


def _since(asked: Json, said: Conversation) -> Conversation:
    """Return what was said since the last compaction, which is what another one would be due for."""
    given = input_list(asked.get("input"))
    since = compaction.following((), given)
    return said if len(since) == len(given) else replace(said, messages=_messages(asked, since, known=False))


def counted(asked: Json, *keys: str) -> Conversation:
    """Return what the input holds, and those other keys: all else may be anything where no answer is asked for."""
    kept = ("model", "input", "instructions", "previous_response_id", *keys)
    return conversation({key: asked[key] for key in kept if key in asked})


def input_list(given: Json) -> list[Json]:
    """Return ``input`` as a list of items: a plain string is one user message."""
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    return list(given or ())


# -- items held against each other -----------------------------------------------------------------------------


_CALLS = (
    "function_call",
    "custom_tool_call",
    "computer_call",
    "local_shell_call",
    "shell_call",
    "apply_patch_call",
)
"""Calls that the client answers: refused without their outputs under their own names (public reports of 2025 and 2026)."""


_SEALED = ("reasoning", "compaction")


def _belonging(typed: list[Json], *, known: bool) -> None:
    """Refuse a tool's output without its call, a call without its output, and reasoning that was changed.

    Args:
        typed: the items that are no messages.
        known: whether these are all items of the conversation; otherwise a call may stand before them.
    """
    calls: dict[str, str] = {}
    outputs: dict[str, str] = {}
    for item in typed:
        kind = item["type"]
        if kind == "item_reference":
            known = False
        elif kind in _CALLS and item.get("call_id"):
            calls[item["call_id"]] = kind
        elif kind.removesuffix("_output") in _CALLS and item.get("call_id"):
            outputs[item["call_id"]] = kind
        elif kind in _SEALED and item.get("encrypted_content") and not genuine(item["encrypted_content"]):
            sealed = item["encrypted_content"]
            which = f"for item {item['id']}" if item.get("id") else f"{sealed[:4]}...{sealed[-4:]}"
            raise ApiError(
                "invalid_request",
                f"The encrypted content {which} could not be verified. "
                "Reason: Encrypted content could not be decrypted or parsed.",
                code="invalid_encrypted_content",
            )
    for given, wanted, sentence in (
        (outputs if known else {}, calls, "No tool call found for {} with call_id {}."),
        (calls, outputs, "No tool output found for {} {}."),
    ):
        lone = next((name for name in given if name not in wanted), None)
        if lone is not None:
            raise ApiError(
                "invalid_request", sentence.format(given[lone].replace("_", " "), lone), param="input"
            )


# -- messages ---------------------------------------------------------------------------------------------------


def _messages(asked: Json, given: list[Json], *, known: bool) -> tuple[Message, ...]:
    """Return the conversation, its items held against each other as ``_belonging`` does it."""
    made: list[Message] = []
    typed: list[Json] = []
    instructions = asked.get("instructions")
    if instructions and isinstance(instructions, str):
        made.append(Message("system", (Words(instructions),)))
    for item in given:
        if item.get("type") not in _MESSAGE:
            typed.append(item)
            made += _typed(item)
            continue
        content = item.get("content")
        parts = (Words(content),) if isinstance(content, str) else tuple(_parts(content))
        made.append(Message(_ROLES.get(item.get("role") or "user", "user"), parts))
    if typed:
        _belonging(typed, known=known)
        if any(item["type"] == "compaction_trigger" for item in typed):
            check_trigger(given, asked)
    return tuple(made)


def _typed(item: Json) -> Iterator[Message]:
    """Yield what an item that is no message says; a search or a reference says nothing to a responder."""
    match item["type"]:
        case "function_call":
            used = ToolUse(item.get("name") or "", item.get("arguments") or "", item.get("call_id") or "")
            yield Message("assistant", (used,))
        case "custom_tool_call":
            used = ToolUse(item.get("name") or "", item.get("input") or "", item.get("call_id") or "")
            yield Message("assistant", (used,))
        case "reasoning":
            texts = [part.get("text") or "" for part in item.get("summary") or ()]
            if any(texts):
                yield Message("assistant", (Words("\n\n".join(texts)),))
        case "compaction":
            # what it stands for was said before, so it is not what the answer follows
            yield Message("system", (Sealed(tokens.sealed(item.get("encrypted_content") or "")),))
        case kind if kind.endswith("_output") and kind != "tool_search_output":
            text = "".join(part.text for part in _parts(item.get("output")) if isinstance(part, Words))
            yield Message("tool", (ToolResult(item.get("call_id") or "", text),))
        case _:
            pass


def _parts(content: Json) -> Iterator[Part]:
    """Yield the parts of a message or of a tool's output: a string, or a list of typed parts."""
    if isinstance(content, str):
        yield Words(content)
    if not isinstance(content, list):
        return
    for part in content:
        if isinstance(part, str):
            yield Words(part)
            continue
        match part.get("type"):
            case "input_image":
                yield Media("image", _size(part.get("image_url")))
            case "input_file":
                yield Media("document", _size(part.get("file_data")))
            case "input_audio":
                yield Media("audio", _size((part.get("input_audio") or {}).get("data")))
            case "refusal":
                yield Words(part.get("refusal") or "")
            case _:
                yield Words(part.get("text") or "")


def _size(data: Json) -> int:
    """Return the bytes of a data URL or of base64; 0 for a link or nothing."""
    if not isinstance(data, str) or data.startswith(("http:", "https:")):
        return 0
    return len(data.rpartition(",")[2].rstrip("=")) * 3 // 4


# -- tools --------------------------------------------------------------------------------------------------------


def _tools(given: Json) -> tuple[Tool, ...]:
    """Return the functions that can be called; a search, a code interpreter and the like are none."""
    made: list[Tool] = []
    for at, tool in enumerate(given):
        kind, name, description = tool.get("type"), tool.get("name") or "", tool.get("description") or ""
        if kind == "function":
            made.append(Tool(name=name, description=description, schema=tool.get("parameters")))
        elif kind == "custom":
            schema = schema_of(tool.get("format"), f"tools[{at}].format")
            made.append(Tool(name=name, description=description, schema=schema, free_text=True))
    return tuple(made)


def _choice(given: Json, tools: Json, model: str) -> ToolChoice:
    match given:
        case "required":
            if not tools:
                raise ApiError(
                    "invalid_request",
                    "Tool choice 'required' must be specified with 'tools' parameter.",
                    param="tool_choice",
                )
            if not _tools(tools):
                check_demand(tools, model)
            return ToolChoice("any")
        case "none":
            return ToolChoice("none")
        case {"type": "function" | "custom", "name": str(name)}:
            _named(name, tools)
            return ToolChoice("tool", (name,))
        case {"type": "allowed_tools", "mode": mode, "tools": list(allowed)}:
            return _allowed(allowed, tools, model, demanded=mode == "required")
        case {"type": str(kind)}:
            name = _present(given, kind, tools)
            check_demand(tools, model)
            return ToolChoice("tool", (name,))
        case _:
            return ToolChoice()


def _allowed(allowed: list[Json], tools: Json, model: str, *, demanded: bool) -> ToolChoice:
    if demanded and not allowed:
        place = "tool_choice.tools"
        sentence = f"Invalid '{place}': empty array. Expected an array with minimum length 1, but got an empty array instead."
        raise ApiError("invalid_request", sentence, param=place, code="empty_array")
    names: list[str] = []
    for nth, tool in enumerate(allowed):
        kind, name = tool.get("type"), tool.get("name")
        if isinstance(name, str) and kind != "mcp":
            _named(name, tools)
            names.append(name)
        elif kind not in (None, "function", "custom"):
            names.append(_present(tool, str(kind), tools))
        elif demanded:
            place = f"tool_choice.tools[{nth}].{'name' if kind else 'type'}"
            sentence = f"Missing required parameter: '{place}'."
            raise ApiError("invalid_request", sentence, param=place, code=MISSING)
    if demanded and all(name.startswith(HOSTED) for name in names):
        check_demand(tools, model)
    return ToolChoice("any" if demanded else "auto", tuple(names))


def _present(choice: Json, kind: str, tools: Json) -> str:
    """Return what a tool of OpenAI's own is called in a Conversation; refuse one that is not offered."""
    name = tool_name(choice)
    if name not in map(tool_name, tools):
        raise _not_given(kind)
    return name


def _named(name: str, tools: Json) -> None:
    if all(tool.get("name") != name for tool in tools):
        raise _not_given(name)


def _not_given(name: str) -> ApiError:
    sentence = f"Tool choice '{name}' not found in 'tools' parameter."
    return ApiError("invalid_request", sentence, param="tool_choice")


def _reasons(asked: Json, row: families.Family) -> bool:
    """Tell whether the answer shows reasoning: a summary or its encrypted form was asked for."""
    reasoning = asked.get("reasoning") or {}
    summary = reasoning.get("summary") or reasoning.get("generate_summary")
    return row.reasons is not False and bool(summary or _ENCRYPTED in (asked.get("include") or ()))
