"""What Converse says that a model does not support, and what a Claude says of cache points, in its own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockllm_core.errors import ApiError
from mockllm_core.protocols.bedrock_converse.refuse import MODEL_SAID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.conversation import Tool, ToolChoice
    from mockllm_core.frame import Json
    from mockllm_core.protocols.bedrock_converse.families import Family

__all__ = ["check_choice", "check_points", "marked"]

_UNFORCED = {"Llama": ("any", "tool"), "Mistral": ("tool",)}
"""Choices that a family does not take: public reports of 2024 to 2026, and the reference of ToolChoice."""


def check_choice(form: Family, tools: tuple[Tool, ...], choice: ToolChoice, config: dict[str, Any]) -> None:
    """Refuse a system tool of a model that has none, and a choice that the model does not take.

    A demand for a system tool is one that is not taken: nobody has shown one that was. That the sentence about a system tool ends as
    the others do is inferred: its first half stands in a public project of 2026 (stdapi-ai/stdapi.ai).

    Raises:
        ApiError: see above.
    """
    entries = [_object(entry) for entry in _list(config.get("tools"))]
    system = {_object(entry["systemTool"]).get("name") for entry in entries if "systemTool" in entry}
    if system and form.provider != "Amazon":
        raise _unsupported("systemTool", "toolConfig.tools")
    unrun = not system.isdisjoint(choice.names) or (choice.mode == "any" and not tools)
    if choice.mode in _UNFORCED.get(form.name, ()) or unrun:
        place = f"toolConfig.toolChoice.{choice.mode}"
        raise _unsupported(place, place)
    if choice.mode == "tool" and choice.names[0] not in {tool.name for tool in tools}:
        raise ApiError(
            "invalid_request",
            f"{MODEL_SAID}tool_choice: Tool '{choice.names[0]}' not found in provided tools",
            param="toolConfig.toolChoice.tool.name",
        )


def _unsupported(field: str, param: str) -> ApiError:
    sentence = f"This model doesn't support the {field} field. Remove {field} and try again."
    return ApiError("invalid_request", sentence, param=param)


# -- cache points -------------------------------------------------------------------------------------------------


_MOST = 4


def marked(body: dict[str, Any]) -> bool:
    """Tell whether the system prompt has a cache point."""
    held = body.get("system")
    return isinstance(held, list) and any("cachePoint" in _object(block) for block in held)


def check_points(body: dict[str, Any]) -> None:
    """Refuse more points than a Claude takes, and one kept an hour behind one kept five minutes.

    The model sees a mark on the block before each point, tools first. Seen behind Converse in 2026: the first.

    Raises:
        ApiError: see above.
    """
    marks = list(_marks(body))
    if len(marks) > _MOST:
        found = f"A maximum of {_MOST} blocks with cache_control may be provided. Found {len(marks)}."
        raise ApiError("invalid_request", MODEL_SAID + found)
    brief = False
    for place, ttl in marks:
        if ttl != "1h":
            brief = True
        elif brief:
            raise ApiError(
                "invalid_request",
                f"{MODEL_SAID}{place}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' "
                "cache_control block. Note that blocks are processed in the following order: `tools`, `system`, "
                "`messages`.",
            )


def _marks(body: dict[str, Any]) -> Iterator[tuple[str, Json]]:
    """Yield the place of the block before each point, as the model counts, and the time that it is kept."""
    rows = [("tools", _object(body.get("toolConfig")).get("tools")), ("system", body.get("system"))]
    for nth, message in enumerate(_list(body.get("messages"))):
        rows.append((f"messages.{nth}.content", _object(message).get("content")))
    for name, blocks in rows:
        last = -1
        for block in _list(blocks):
            point = _object(block).get("cachePoint")
            if not isinstance(point, dict):
                last += 1
            elif last >= 0:
                yield f"{name}.{last}", point.get("ttl")


def _object(value: Json) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Any]:
    return value if isinstance(value, list) else []
