"""Use the tools of the provider's own that are offered, each once, before a text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockllm_core.reply import Reasoning, Reply, Text

if TYPE_CHECKING:
    from mockllm_core.conversation import Conversation
    from mockllm_core.frame import Json
    from mockllm_core.reply import Block

__all__ = ["used"]


def used(conversation: Conversation, reply: Reply) -> Reply:
    """Return the reply with the tools' blocks between its thoughts and its text, which names their sources.

    A tool that the client has to act on ends the answer; like a function it is not called again when the last turn is
    a tool's result. A tool that the choice does not allow is not used.
    """
    choice = conversation.tool_choice
    if choice.mode == "none":
        return reply
    answered = conversation.after_tool_result()
    run: list[Block] = []
    citations: tuple[Json, ...] = ()
    thoughts = tuple(block for block in reply.blocks if isinstance(block, Reasoning))
    for tool in conversation.hosted:
        if (choice.names and tool.name not in choice.names) or (tool.ends and answered):
            continue
        run += tool.blocks
        citations += tool.citations
        if tool.ends:
            return Reply((*thoughts, *run), "tool_call", reply.notes)
    said = (block for block in reply.blocks if not isinstance(block, Reasoning))
    cited = [replace(block, citations=citations) if isinstance(block, Text) else block for block in said]
    return Reply((*thoughts, *run, *cited), reply.finish, reply.notes)
