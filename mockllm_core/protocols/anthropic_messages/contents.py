"""What the provider refuses of the content of messages: nothing said, and a system message out of its place."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from mockllm_core.protocols.anthropic_messages.families import family

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mockllm_core.frame import Json

__all__ = ["blank", "blocks_of", "refused", "texts"]

_ANYWHERE = "the directive-only form (content: [] with output_config) is accepted at any position"
_HEAD = f"use the top-level 'system' parameter for the initial system prompt; {_ANYWHERE}"
_AFTER = f"role 'system' must follow a 'user' message or an 'assistant' message ending in a server tool result; {_ANYWHERE}"
_BEFORE = f"role 'system' must precede an 'assistant' message or end the array; {_ANYWHERE}"

_Message = dict[str, "Json"]


def refused(messages: Sequence[_Message], model: str) -> str:
    """Return the first complaint of what messages hold, ``""`` when there is none."""
    system = any([message.get("role") == "system" for message in messages])  # noqa: C419 - a list is quicker
    return (_systems(messages, model) if system else "") or _empty(messages)


def blocks_of(message: _Message) -> list[dict[str, Json]]:
    """Return a message's content as blocks; a text is one."""
    content = message.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block for block in content or () if isinstance(block, dict)]


def texts(content: Json) -> Iterator[str]:
    """Yield the texts of a content, a plain one unless it is empty."""
    if isinstance(content, str):
        if content:
            yield content
        return
    for block in content or ():
        if isinstance(block, dict) and block.get("type") == "text" and isinstance(block.get("text"), str):
            yield block["text"]


def blank(where: str, found: Iterable[str]) -> str:
    """Complain of a text that says nothing."""
    for text in found:
        if not text:
            return f"{where}: text content blocks must be non-empty"
        if text.isspace():
            return f"{where}: text content blocks must contain non-whitespace text"
    return ""


def _runs(messages: Sequence[_Message]) -> Iterator[tuple[str, int, int]]:
    """Yield runs of messages of one role: the role, the place of the first and that behind the last."""
    first = 0
    for role, run in groupby(messages, lambda message: str(message.get("role"))):
        behind = first + len(list(run))
        yield role, first, behind
        first = behind


# -- in the middle of a conversation --------------------------------------------------------------------------


def _systems(messages: Sequence[_Message], model: str) -> str:
    """Complain of system messages where none may stand, and of models that take none.

    The words and their order: a public project's tests of August 2026; a second one's of September 2026 have what must
    stand before; others report the models (all before Opus 4.8), of which the place is judged first.
    """
    placed = [run for run in _runs(messages) if run[0] == "system"]
    for _, first, behind in placed:
        for nth in range(first, behind):
            if not messages[nth].get("content") and not _directs(messages[nth]):
                return f"messages.{nth}: system content must contain at least one block"
    for _, first, behind in placed:
        said = [nth for nth in range(first, behind) if not _directs(messages[nth])]
        if said:
            wrong = _misplaced(messages, first, behind)
            if wrong:
                return f"messages.{said[0] if wrong is not _BEFORE else said[-1]}: {wrong}"
    for _, first, behind in placed:
        for nth in range(first, behind):
            if any(not text.strip() for text in texts(messages[nth].get("content"))):
                return f"messages.{nth}: system text blocks must contain non-whitespace text"
    return "" if family(model).systems else "role 'system' is not supported on this model"


def _directs(message: _Message) -> bool:
    """Tell whether a system message says nothing and only sets how the model works on."""
    return not message.get("content") and message.get("output_config") is not None


def _misplaced(messages: Sequence[_Message], first: int, behind: int) -> str:
    if first == 0:
        return _HEAD
    before = messages[first - 1]
    if before.get("role") == "assistant":
        last = blocks_of(before)[-1:]
        kind = str(last[0].get("type")) if last else ""
        if not kind.endswith("_tool_result"):
            return _AFTER
    return _BEFORE if behind < len(messages) and messages[behind].get("role") != "assistant" else ""


# -- nothing said ---------------------------------------------------------------------------------------------


def _empty(messages: Sequence[_Message]) -> str:
    """Complain of empty content; of messages in a row that are the user's, one with content is enough."""
    last = len(messages) - 1
    for role, first, behind in _runs(messages):
        if role == "user" and not any(messages[nth].get("content") for nth in range(first, behind)):
            return f"messages.{first}: user messages must have non-empty content"
        for nth in range(first, behind):
            content = messages[nth].get("content")
            if role == "assistant" and not content and nth < last:
                return f"messages.{nth}: all messages must have non-empty content except for the optional final assistant message"
            # a last turn of the assistant is judged as what the model continues
            if role != "assistant" or nth < last or isinstance(content, list):
                found = blank("messages", texts(content))
                if found:
                    return found
    return ""
