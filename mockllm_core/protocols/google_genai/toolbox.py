"""Tools that do not go together, or not with a model or a form of answer: what is said of them.

A function declared twice, functions beside tools that Google runs, such a tool and an answer in JSON, and what is of
other models.

The sentences: "Duplicate function declaration found" from 2025 to September 2026 (among others
github.com/googleapis/dotnet-genai/issues/189); of functions beside a built-in tool, the Gemini API to 2.x
github.com/withceleste/celeste-python/issues/197, from 3 on github.com/cloudwego/eino-ext/issues/761 (April to September
2026), Vertex AI to 2.x github.com/google/adk-python/issues/3025. Vertex AI takes both from Gemini 3 on. Computer use is
made to go with functions of one's own.

Before Gemini 3: of ``includeServerSideToolInvocations`` github.com/egonSchiele/agency-lang/issues/495 (July 2026, 2.5
Flash); of JSON, the Gemini API github.com/snailyp/gemini-balance/issues/264 and many since, to July 2026, Vertex AI
github.com/pollinations/pollinations/issues/6834 (January 2026, code; "Search" and "URL Context" are in others' notes
of 2026). Of the search of Gemini 1.5, both hosts' sentences are in many projects' notes, of August 2025 to September
2026; those of early 2025 ("Please use google_search field instead of google_search_retrieval field.") are older.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.protocols.google_genai.families import family, resolved
from mockllm_core.protocols.google_genai.options import many, pick, snake

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["check", "is_built_in", "others"]

_BUILT_IN = (
    "googleSearch",
    "googleSearchRetrieval",
    "codeExecution",
    "urlContext",
    "googleMaps",
    "fileSearch",
)
_ON_VERTEX = {"googleSearch": "Search", "codeExecution": "Code Execution", "urlContext": "URL Context"}
_LEARN_MORE = " Learn more: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/gemini"
_FUNCTIONS = frozenset(("functionDeclarations", "function_declarations"))
_EITHER_WAY = frozenset((*_BUILT_IN, *map(snake, _BUILT_IN)))


def check(body: Json, model: str, *, vertex: bool) -> None:
    """Raise ApiError for tools that the model does not take, or not together."""
    told = not vertex and pick(pick(body, "toolConfig"), "includeServerSideToolInvocations") is True
    if told and (0, 0) < family(model).version < (3, 0):
        raise _refused(f"Tool call context circulation is not enabled for models/{resolved(model)}")
    seen: set[Json] = set()
    run: list[str] = []
    for tool in many(body, "tools"):
        for declared in many(tool, "functionDeclarations"):
            name = pick(declared, "name")
            if name in seen:
                raise _refused(f"Duplicate function declaration found: {name}")
            seen.add(name)
        if is_built_in(tool):
            run += [name for name in _BUILT_IN if pick(tool, name) is not None]
    if run and (version := family(model).version) > (0, 0):
        _retired(run, version, vertex=vertex)
        if seen:
            _together(version, told=told, vertex=vertex)
        _in_json(body, run, version, vertex=vertex)


def is_built_in(tool: dict[str, Json]) -> bool:
    """Tell whether Google runs the tool."""
    return not _EITHER_WAY.isdisjoint(tool) and any(pick(tool, name) is not None for name in _BUILT_IN)


def others(tools: Json) -> bool:
    """Tell whether there are tools beside functions; a request's usual list of them is seen at once."""
    for tool in tools if isinstance(tools, list) else (tools,):
        if not isinstance(tool, dict) or len(tool) != 1 or _FUNCTIONS.isdisjoint(tool):
            return True
    return False


def _retired(run: list[str], version: tuple[int, int], *, vertex: bool) -> None:
    """Refuse the search of Gemini 1.5 to later models."""
    if "googleSearchRetrieval" in run and version >= (2, 0):
        raise _refused(
            "Unable to submit request because google_search_retrieval is not supported; please use google_search field"
            f" instead.{_LEARN_MORE}"
            if vertex
            else "google_search_retrieval is not supported. Please use google_search tool instead."
        )


def _together(version: tuple[int, int], *, told: bool, vertex: bool) -> None:
    """Refuse functions beside a tool that Google runs, unless that model takes them and was told to."""
    if version < (3, 0):
        raise _refused(
            "Multiple tools are supported only when they are all search tools."
            if vertex
            else "Tool use with function calling is unsupported by the model."
        )
    if not vertex and not told:
        raise _refused(
            "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function"
            " calling."
        )


def _in_json(body: Json, run: list[str], version: tuple[int, int], *, vertex: bool) -> None:
    """Refuse JSON beside a tool that Google runs, which Gemini 3 was the first to take."""
    mime = str(pick(pick(body, "generationConfig"), "responseMimeType")).lower()
    if mime != "application/json" or version >= (3, 0):
        return
    if not vertex:
        raise _refused("Tool use with a response mime type: 'application/json' is unsupported")
    for name in run:
        if name in _ON_VERTEX:
            raise _refused(
                "Unable to submit request because controlled generation is not supported with"
                f" {_ON_VERTEX[name]} tool.{_LEARN_MORE}"
            )


def _refused(sentence: str) -> ApiError:
    return ApiError("invalid_request", sentence)
