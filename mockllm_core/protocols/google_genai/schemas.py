"""What each host refuses of a schema in Google's own dialect, which has fewer words than JSON Schema.

Schemas in ``parametersJsonSchema`` and ``responseJsonSchema`` are not looked at. The Gemini API names every place at
fault, a line each: arrays without ``items`` (printed so from 2025 to 22 September 2026, among others in
github.com/cline/cline/issues/7926) and an ``enum`` of anything but a STRING (to May 2026,
github.com/anomalyco/opencode/pull/28412). Vertex AI takes such an ``enum`` (``{type: INTEGER, enum: ["101"]}`` stands in
its reference) and refuses what says no type (April 2026, github.com/oOo0oOo/lean-lsp-mcp/issues/185).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mockllm_core.errors import ApiError
from mockllm_core.once import once_by_value
from mockllm_core.protocols.google_genai.options import many, pick, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json

__all__ = ["check"]

_MOST = 100
"""Lines of the longest complaint."""


def check(body: Json, *, vertex: bool) -> None:
    """Raise ApiError for a schema that the host would refuse."""
    lines: list[str] = []
    for at, tool in enumerate(many(body, "tools")):
        for nth, declared in enumerate(many(tool, "functionDeclarations")):
            for name in ("parameters", "response"):
                given = pick(declared, name)
                if not isinstance(given, dict):
                    continue
                if vertex:
                    _untyped(given, str(pick(declared, "name")), name)
                else:
                    place = f"tools[{at}].function_declarations[{nth}].{name}"
                    lines += [f"{place}{fault}" for fault in _faults(given).lines]
    given = pick(pick(body, "generationConfig"), "responseSchema")
    if isinstance(given, dict) and not vertex:
        lines += [f"generation_config.response_schema{fault}" for fault in _faults(given).lines]
    if lines:
        message = "".join(f"* GenerateContentRequest.{line}\n" for line in lines[:_MOST])
        raise ApiError("invalid_request", message)


class _Faults(NamedTuple):
    """What is wrong with a schema: for the Gemini API, and the first place without a type for Vertex AI."""

    lines: tuple[str, ...]
    untyped: str | None


@once_by_value()
def _faults(given: Json) -> _Faults:
    """Return a schema's faults."""
    found: list[str] = []
    untyped: str | None = None
    for place, dotted, node in _nodes(schema(given)):
        kind = str(node.get("type")).upper()
        if node.get("enum") and kind != "STRING":
            found.append(f"{place}.enum: only allowed for STRING type")
        if kind == "ARRAY" and not isinstance(node.get("items"), dict):
            found.append(f"{place}.items: missing field.")
        if untyped is None and not any(node.get(word) for word in ("type", "anyOf", "ref", "$ref")):
            untyped = dotted
    return _Faults(tuple(found), untyped)


def _untyped(given: Json, function: str, name: str) -> None:
    place = _faults(given).untyped
    if place is not None:
        raise ApiError(
            "invalid_request",
            f"Unable to submit request because `{function}` functionDeclaration `{name}{place}` schema didn't specify"
            " the schema type field. Learn more:"
            " https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling",
        )


def _nodes(node: Json) -> Iterator[tuple[str, str, dict[str, Json]]]:
    """Yield all schemas in a schema with their places as both hosts write them: ``.properties[a].items``, ``.a.items``."""
    waiting: list[tuple[str, str, Json]] = [("", "", node)]
    while waiting:
        place, dotted, node = waiting.pop()
        if not isinstance(node, dict):
            continue
        yield place, dotted, node
        inner = [(f"{place}.items", f"{dotted}.items", node.get("items"))]
        held = node.get("properties")
        for name, one in held.items() if isinstance(held, dict) else ():
            inner.append((f"{place}.properties[{name}]", f"{dotted}.{name}", one))
        held = node.get("anyOf")
        for at, one in enumerate(held if isinstance(held, list) else ()):
            inner.append((f"{place}.any_of[{at}]", f"{dotted}.any_of[{at}]", one))
        waiting += reversed(inner)
