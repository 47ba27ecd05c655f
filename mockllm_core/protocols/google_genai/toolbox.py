"""Tools that do not go together: a function declared twice, and functions beside tools that Google runs.

The sentences: "Duplicate function declaration found" from 2025 to September 2026 (among others
github.com/googleapis/dotnet-genai/issues/189); of functions beside a built-in tool, the Gemini API to 2.x
github.com/withceleste/celeste-python/issues/197, from 3 on github.com/cloudwego/eino-ext/issues/761 (April to September
2026), Vertex AI to 2.x github.com/google/adk-python/issues/3025. Vertex AI takes both from Gemini 3 on. Computer use is
made to go with functions of one's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.protocols.google_genai.families import family
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
_FUNCTIONS = frozenset(("functionDeclarations", "function_declarations"))
_EITHER_WAY = frozenset((*_BUILT_IN, *map(snake, _BUILT_IN)))


def check(body: Json, model: str, *, vertex: bool) -> None:
    """Raise ApiError for tools that the model does not take together."""
    seen: set[Json] = set()
    built_in = False
    for tool in many(body, "tools"):
        for declared in many(tool, "functionDeclarations"):
            name = pick(declared, "name")
            if name in seen:
                raise ApiError("invalid_request", f"Duplicate function declaration found: {name}")
            seen.add(name)
        built_in = built_in or is_built_in(tool)
    if built_in and seen:
        _together(body, family(model).version, vertex=vertex)


def is_built_in(tool: dict[str, Json]) -> bool:
    """Tell whether Google runs the tool."""
    return not _EITHER_WAY.isdisjoint(tool) and any(pick(tool, name) is not None for name in _BUILT_IN)


def others(tools: Json) -> bool:
    """Tell whether there are tools beside functions; a request's usual list of them is seen at once."""
    for tool in tools if isinstance(tools, list) else (tools,):
        if not isinstance(tool, dict) or len(tool) != 1 or _FUNCTIONS.isdisjoint(tool):
            return True
    return False


def _together(body: Json, version: tuple[int, int], *, vertex: bool) -> None:
    """Refuse functions beside a tool that Google runs, unless that model takes them and was told to."""
    if version == (0, 0):
        return
    if version < (3, 0):
        raise ApiError(
            "invalid_request",
            "Multiple tools are supported only when they are all search tools."
            if vertex
            else "Tool use with function calling is unsupported by the model.",
        )
    if not vertex and pick(pick(body, "toolConfig"), "includeServerSideToolInvocations") is not True:
        raise ApiError(
            "invalid_request",
            "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function"
            " calling.",
        )
