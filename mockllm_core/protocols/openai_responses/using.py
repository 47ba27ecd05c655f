"""Which tools of OpenAI's own an answer uses, and how it calls them.

Loaded only where such a tool is offered. Each is used once, with what the user said last; ``max_tool_calls`` is the most
that are. What they find is made up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.protocols.openai_responses import searching
from mockllm_core.protocols.openai_responses.calls import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.conversation import Hosted, Message
    from mockllm_core.frame import Json

__all__ = ["hosted"]

_MOST = 200
"""Characters of what the user said that a tool is called with."""

_KINDS: dict[str, Callable[[dict[str, Json], Wanted], Hosted]] = {
    "web": searching.web,
}
"""The first word of a tool's type, which may be a preview's or have a date, and what calls it."""


def hosted(asked: Json, given: list[Json], messages: tuple[Message, ...]) -> tuple[Hosted, ...]:
    """Return the tools of OpenAI's own that a request offers."""
    from mockllm_core.conversation import Conversation

    said = Conversation(model="", messages=messages).last_user_text() or ""
    choice = asked.get("tool_choice")
    named = str(choice.get("name") or "") if isinstance(choice, dict) else ""
    wanted = Wanted(said[:_MOST], tuple(asked.get("include") or ()), given, named)
    made = [
        make(tool, wanted)
        for tool in asked["tools"]
        if (make := _KINDS.get(str(tool.get("type")).partition("_")[0]))
    ]
    return tuple(made[: asked.get("max_tool_calls")])
