"""Toolsets that the client runs (computer, browser): a call names a member, and beside it the toolset.

The SDK's types of August 2026, and public loops of September 2026 that send such calls back:
``{"type": "tool_use", "id": "toolu_...", "name": "screenshot", "input": {}, "toolset_name": "computer"}``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.conversation import Tool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json

__all__ = ["MEMBERS", "called_of", "toolset_of"]

_SETS: dict[str, tuple[str, tuple[str, ...]]] = {
    "computer_toolset_": ("computer", ("screenshot", "cursor_position")),
    "browser_toolset_": ("browser", ("list_tabs", "get_page_text")),
}
"""By the beginning of a toolset's type: its name, and members that take no arguments and change nothing."""

MEMBERS = frozenset(member for _, members in _SETS.values() for member in members)


def called_of(toolset: dict[str, Json]) -> Iterator[Tool]:
    """Yield the member that is called of a toolset: the first of the harmless ones that is not turned off."""
    configs = toolset.get("configs")
    for member in _held(toolset)[1]:
        config = configs.get(member) if isinstance(configs, dict) else None
        if not (isinstance(config, dict) and config.get("enabled") is False):
            yield Tool(name=member, schema={"type": "object"})
            return


def toolset_of(member: str, tools: Json) -> str:
    """Return the name of the toolset that a call of that name belongs to, ``""`` for a function of the user's."""
    found = ""
    for tool in tools or ():
        if isinstance(tool, dict):
            if tool.get("name") == member:
                return ""
            name, members = _held(tool)
            found = name if member in members else found
    return found


def _held(tool: dict[str, Json]) -> tuple[str, tuple[str, ...]]:
    kind = str(tool.get("type"))
    return next((held for begins, held in _SETS.items() if kind.startswith(begins)), ("", ()))
