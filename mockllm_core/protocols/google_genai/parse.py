"""From a checked request to a Call, liberal in spelling, strict where the provider is.

What only a contract cannot say is refused here in the provider's words: ranges, tool configurations, thinking on
models without it, and Gemini 3's thought signatures.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qsl

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
from mockllm_core.once import once_by_value
from mockllm_core.protocol import Call
from mockllm_core.protocols.google_genai import checks, joiner, partial, toolbox
from mockllm_core.protocols.google_genai.families import family
from mockllm_core.protocols.google_genai.options import enum, many, pick, schema, whole_number

if TYPE_CHECKING:
    from mockllm_core.conversation import Part
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Endpoint, Incoming

__all__ = ["conversation", "form_of", "parse"]

_AUTO = ToolChoice()


def parse(incoming: Incoming, endpoint: Endpoint) -> Call:
    """Return the request, understood.

    Raises:
        ApiError: for what the provider refuses though its types allow it.
    """
    body = incoming.body
    vertex = endpoint.form == "vertex"
    model = incoming.params["model"]
    if vertex:
        if not checks.PLAIN.issuperset(body):
            body = joiner.whole(body)
    elif "embedding" in model:
        # printed in 2026 of gemini-embedding-001
        raise ApiError("not_found", "", model=model)
    asked = conversation(model, body)
    stream = bool(endpoint.stream)
    if "tools" in body and toolbox.others(body["tools"]):
        from mockllm_core.protocols.google_genai.hosted import hosted

        asked = replace(asked, hosted=hosted(body, asked, vertex=vertex))
    checks.check(asked, body, vertex=vertex, stream=stream)
    in_pieces = bool(asked.tools) and stream and partial.wanted(body, asked.model, vertex=vertex)
    return Call(
        model=asked.model,
        stream=stream,
        conversation=asked,
        body=body,
        form=form_of(endpoint.form, incoming.http.query, stream=stream),
        cut=partial.CUT if in_pieces else None,
    )


@lru_cache(maxsize=256)
def form_of(form: str, query: str, *, stream: bool) -> str:
    """Return the spelling wanted: ``sse``, ``array`` or ``whole``, with ``vertex-`` before it on Vertex AI."""
    alt = dict(parse_qsl(query, keep_blank_values=True))
    # "$alt=json;enum-encoding=int" is how older Google clients ask for JSON
    kind = "sse" if "sse" in (alt.get("alt"), alt.get("$alt")) else "array"
    return f"{form}-{kind if stream else 'whole'}".removeprefix("-")


def conversation(model: str, body: Json) -> Conversation:
    """Return a request with the provider taken out."""
    if isinstance(body, dict) and checks.PLAIN.issuperset(body):
        return Conversation(model=model, messages=tuple(_said(body)))
    config = pick(body, "generationConfig")
    if not config:
        return Conversation(
            model=model, messages=tuple(_messages(body)), tools=_tools(body), tool_choice=_choice(body)
        )
    thinking = pick(config, "thinkingConfig")
    silent = whole_number(pick(thinking, "thinkingBudget")) == 0
    wanted, any_json = _output(config)
    choices = whole_number(pick(config, "candidateCount"))
    return Conversation(
        model=model,
        messages=tuple(_messages(body)),
        tools=_tools(body),
        tool_choice=_choice(body),
        output_schema=wanted,
        json_mode=any_json,
        reasoning=pick(thinking, "includeThoughts") is True and not silent and family(model).thinking,
        choices=max(1, choices or 1),
        scored=pick(config, "responseLogprobs") is True,
        max_tokens=whole_number(pick(config, "maxOutputTokens")),
        stop=tuple([text for text in many(config, "stopSequences") if isinstance(text, str)]),
    )


def _output(config: Json) -> tuple[Json, bool]:
    """Return the schema that the text must satisfy, and whether any JSON will do.

    A schema alone is no wish for JSON: the Gemini API answers in prose then (github.com/googleapis/go-genai/issues/297).
    """
    mime = pick(config, "responseMimeType")
    if not checks.in_prose(mime):
        for name in ("responseJsonSchema", "responseSchema"):
            given = pick(config, name)
            if isinstance(given, dict):
                return schema(given) if name == "responseSchema" else given, False
    for form in many(config, "responseFormat"):  # the newer way to say the same
        text = pick(form, "text")
        for name in ("schema", "jsonSchema"):
            given = pick(text, name)
            if isinstance(given, dict):
                return given, False
        mime = pick(text, "mimeType") or mime
    return None, isinstance(mime, str) and mime.lower() in ("application/json", "application_json")


# -- messages ---------------------------------------------------------------------------------------------------


def _messages(body: Json) -> list[Message]:
    system = pick(body, "systemInstruction")
    made: list[Message] = []
    if isinstance(system, str):
        made.append(Message("system", (Words(system),)))
    elif system is not None:
        made.append(Message("system", tuple(_parts(system))))
    return made + _said(body)


def _said(body: Json) -> list[Message]:
    made: list[Message] = []
    for content in many(body, "contents"):
        parts = tuple(_parts(content))
        made.append(Message(_role(content, parts), parts))
    return made


def _role(content: Json, parts: tuple[Part, ...]) -> Literal["user", "assistant", "tool"]:
    if parts and type(parts[0]) is ToolResult and all(isinstance(part, ToolResult) for part in parts):
        return "tool"
    role = pick(content, "role")
    return "assistant" if role != "user" and str(role).lower() == "model" else "user"


def _parts(content: Json) -> list[Part]:
    if isinstance(content, str):
        return [Words(content)]
    return [part for given in many(content, "parts") if (part := _part(given)) is not None]


def _part(given: Json) -> Part | None:  # noqa: PLR0911 - one return for each kind of part
    if isinstance(given, str):
        return Words(given)
    if (
        type(given) is dict and len(given) == 1 and type(text := given.get("text")) is str
    ):  # nearly every part
        return Words(text)
    if isinstance(call := pick(given, "functionCall"), dict):
        arguments = pick(call, "args")
        name, ident = pick(call, "name"), pick(call, "id")
        return ToolUse(
            name if isinstance(name, str) else "",
            compact({} if arguments is None else arguments),
            ident if isinstance(ident, str) else "",
        )
    if isinstance(answered := pick(given, "functionResponse"), dict):
        ident = pick(answered, "id") or pick(answered, "name")
        return ToolResult(ident if isinstance(ident, str) else "", _result(pick(answered, "response")))
    if isinstance(text := pick(given, "text"), str):
        return Words(text)
    if isinstance(code := pick(given, "executableCode"), dict):
        return Words(str(pick(code, "code") or ""))
    if isinstance(ran := pick(given, "codeExecutionResult"), dict):
        return Words(str(pick(ran, "output") or ""))
    for name in ("inlineData", "fileData"):
        if isinstance(data := pick(given, name), dict):
            return Media(_kind(pick(data, "mimeType")), _size(pick(data, "data")))
    return None


def _result(response: Json) -> str:
    """Return a tool's answer as text: the one text in it, else its JSON."""
    if isinstance(response, str):
        return response
    if isinstance(response, dict) and len(response) == 1:
        (only,) = response.values()
        if isinstance(only, str):
            return only
    return "" if response is None else compact(response)


def _kind(mime: Json) -> str:
    kind = str(mime).partition("/")[0].lower()
    return kind if kind in ("image", "audio", "video") else "document"


def _size(data: Json) -> int:
    return len(data.rstrip("=")) * 3 // 4 if isinstance(data, str) else 0


# -- tools ------------------------------------------------------------------------------------------------------


def _tools(body: Json) -> tuple[Tool, ...]:
    """Return the functions; searches, code execution and the like cannot be called and are left out."""
    given = pick(body, "tools")
    return () if given is None else _declared(given)


@once_by_value()
def _declared(tools: Json) -> tuple[Tool, ...]:
    made: list[Tool] = []
    for tool in many({"tools": tools}, "tools"):
        for declared in many(tool, "functionDeclarations"):
            name, description = pick(declared, "name"), pick(declared, "description")
            given = pick(declared, "parametersJsonSchema")
            if given is None:
                given = schema(pick(declared, "parameters"))
            made.append(
                Tool(
                    name=name if isinstance(name, str) else "",
                    description=description if isinstance(description, str) else "",
                    schema=given,
                )
            )
    return tuple(made)


def _choice(body: Json) -> ToolChoice:
    config = pick(pick(body, "toolConfig"), "functionCallingConfig")
    if config is None:
        return _AUTO
    names = tuple(name for name in many(config, "allowedFunctionNames") if isinstance(name, str))
    match enum(pick(config, "mode"), checks.MODES):
        case "ANY":
            return ToolChoice("tool" if names else "any", names)
        case "NONE":
            return ToolChoice("none", names)
        case _:
            return ToolChoice("auto", names)
