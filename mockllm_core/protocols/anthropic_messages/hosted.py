"""The tools that Claude's provider runs: what an answer holds that uses each of them once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockllm_core.protocols.anthropic_messages.web import fetched, searched
from mockllm_core.responders import GREETING

if TYPE_CHECKING:
    from mockllm_core.conversation import Conversation, Hosted
    from mockllm_core.frame import Json

__all__ = ["hosted"]

_LONGEST = 100
"""Characters of what was asked that a call repeats."""


def hosted(asked: Conversation, body: Json) -> tuple[Hosted, ...]:
    """Return the tools of a request that the provider runs, each as used once."""
    text = " ".join((asked.last_user_text() or GREETING).split())
    made: list[Hosted] = []
    for tool in body.get("tools") or ():
        kind = str(tool.get("type")) if isinstance(tool, dict) else ""
        if kind.startswith("web_search_2"):
            made.append(searched(tool, text[:_LONGEST].rstrip(), asked.model))
        elif kind.startswith("web_fetch_2"):
            made.append(fetched(tool, text, asked.model))
    if asked.output_schema is not None:
        # a structured answer cites nothing
        return tuple(replace(one, citations=()) for one in made)
    return tuple(made)
