"""Claude's search for tools that are not loaded: before the call of one, and alone where a search is demanded.

A call of a function with ``defer_loading`` comes behind the search that found it, in one answer: the recording of Claude
Sonnet 4.6, and ``anthropic-tool-search-regex.1.chunks.txt`` of the AI SDK, from which the form of a pattern is.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from mockllm_core.conversation import Hosted
from mockllm_core.protocols.anthropic_messages.contents import blocks_of
from mockllm_core.protocols.anthropic_messages.named import references
from mockllm_core.protocols.anthropic_messages.uses import called, result
from mockllm_core.reply import ToolCall

if TYPE_CHECKING:
    from mockllm_core.conversation import Conversation
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Opaque, Usage

__all__ = ["finds", "found_first", "is_search"]

_MOST = 5
"""Of the tools that a search finds, as the provider's page on it says: three to five."""


def is_search(kind: str) -> bool:
    """Tell whether a tool is the search; its name, without a date, is a type, too."""
    return kind.startswith(("tool_search_tool_regex", "tool_search_tool_bm25"))


def finds(tool: dict[str, Json], asked: Conversation, tools: list[dict[str, Json]], text: str, *, waited: bool) -> Hosted:  # fmt: skip
    """Return a search for what was asked, where one is demanded or ``waited`` for; else it is used before a call alone."""
    name = str(tool.get("name"))
    demanded = asked.tool_choice.mode in ("any", "tool") and not asked.after_tool_result()
    deferred = [str(one.get("name")) for one in tools if one.get("defer_loading") is True and one.get("name")]
    blocks = _search(str(tool.get("type")), name, text, deferred[:_MOST])
    return Hosted(name=name, blocks=blocks if demanded or waited else ())


def found_first(blocks: tuple[Block, ...], usage: Usage, call: Call) -> tuple[tuple[Block, ...], Usage]:
    """Return the blocks with a search before the first call of a tool that is not loaded, and what they cost.

    A tool that an earlier search found is loaded. There is no search where its tokens do not fit.
    """
    tools = [tool for tool in call.body.get("tools") or () if isinstance(tool, dict)]
    search = next((tool for tool in tools if is_search(str(tool.get("type")))), None)
    deferred = {tool.get("name") for tool in tools if tool.get("defer_loading") is True}
    places = [at for at, block in enumerate(blocks) if isinstance(block, ToolCall) and block.name in deferred]
    if search is None or not places:
        return blocks, usage
    messages = [one for one in call.body.get("messages") or () if isinstance(one, dict)]
    known = set(references(chain.from_iterable(map(blocks_of, messages))))
    names = [block.name for block in blocks if isinstance(block, ToolCall) and block.name in deferred - known]
    if not names:
        return blocks, usage
    wanted = list(dict.fromkeys(names))
    asked = " ".join(" ".join(wanted).replace("_", " ").split())
    made = _search(str(search.get("type")), str(search.get("name")), asked, wanted)
    spent = usage.output_tokens + sum(block.tokens for block in made)
    if spent > call.body.get("max_tokens", spent):
        return blocks, usage
    first = places[0]
    return (*blocks[:first], *made, *blocks[first:]), replace(usage, output_tokens=spent)


def _search(kind: str, name: str, query: str, names: list[str]) -> tuple[Opaque, Opaque]:
    pattern = "|".join(names) or ".*"
    given: dict[str, Json] = {"query": query} if "bm25" in kind else {"pattern": pattern, "limit": 10}
    found = [{"type": "tool_reference", "tool_name": one} for one in names]
    told = {"type": "tool_search_tool_search_result", "tool_references": found}
    return called(name, given), result("tool_search_tool_result", told)
