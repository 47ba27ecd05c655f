"""Which tools of OpenAI's own an answer uses, and how it calls them.

Loaded only where such a tool is offered. Each is used once, with what the user said last; ``max_tool_calls`` is the most
that are. What they find is made up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.conversation import Conversation
from mockllm_core.protocols.openai_responses import acting, deferring, programs, running, searching, serving
from mockllm_core.protocols.openai_responses.calls import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.conversation import Hosted, Message, Tool
    from mockllm_core.frame import Json

__all__ = ["hosted", "undeferred"]

_MOST = 200
"""Characters of what the user said that a tool is called with."""

_KINDS: dict[str, Callable[[dict[str, Json], Wanted], Hosted | None]] = {
    "web": searching.web,
    "file": searching.files,
    "code": running.code,
    "image": running.picture,
    "mcp": serving.server,
    "computer": acting.computer,
    "shell": acting.shell,
    "apply": acting.patch,
    "namespace": deferring.namespace,
    "tool": deferring.search,
    "programmatic": programs.program,
}
"""The first word of a tool's type, which may be a preview's or have a date, and what calls it."""


_FUNCTIONS = ("namespace", "tool", "programmatic")
"""What brings about a call of a function, which is no call of a tool of OpenAI's own."""


def hosted(asked: Json, given: list[Json], messages: tuple[Message, ...]) -> tuple[Hosted, ...]:
    """Return the tools of OpenAI's own that a request offers."""
    said = Conversation(model="", messages=messages).last_user_text() or ""
    choice = asked.get("tool_choice")
    named = choice.get("name") if isinstance(choice, dict) and choice.get("type") == "mcp" else None
    include = tuple(asked.get("include") or ())
    wanted = Wanted(said[:_MOST], include, given, asked["tools"], str(named or ""))
    made: list[Hosted] = []
    left = asked.get("max_tool_calls")
    for tool in asked["tools"]:
        kind = str(tool.get("type")).partition("_")[0]
        make = _KINDS.get(kind) if left != 0 or kind in _FUNCTIONS else None
        used = make(tool, wanted) if make else None
        if used:
            made.append(used)
            left = left if left is None or kind in _FUNCTIONS or not used.blocks else left - 1
    return tuple(made)


def undeferred(tools: tuple[Tool, ...], asked: Json) -> tuple[Tool, ...]:
    """Return the functions that may be called at once: those that are neither searched for nor called by programs alone.

    They may where nothing searches or writes programs, or where one is demanded by name.
    """
    offered, choice = asked["tools"], asked.get("tool_choice")
    kinds = {tool.get("type") for tool in offered}
    later = set()
    if "tool_search" in kinds:
        later |= {tool.get("name") for tool in offered if tool.get("defer_loading") is True}
    if "programmatic_tool_calling" in kinds:
        later |= {tool["name"] for tool in offered if programs.programmed(tool)}
    if not later:
        return tools
    named = choice.get("name") if isinstance(choice, dict) else None
    return tuple(tool for tool in tools if tool.name not in later - {named})
