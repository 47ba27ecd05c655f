"""What is refused of an answer's blocks that came back: sealed ones of ours that were changed, calls without a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.protocols.anthropic_messages.contents import blocks_of
from mockllm_core.protocols.anthropic_messages.signature import broken, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockllm_core.frame import Json

__all__ = ["changed", "pending", "unfinished"]


def changed(messages: Sequence[dict[str, Json]]) -> str:
    """Complain of a thought or a search result of ours that came back changed; those of other servers cannot be judged."""
    for nth, message in enumerate(messages):
        if message.get("role") != "assistant" or not isinstance(message.get("content"), list):
            continue
        for at, block in enumerate(blocks_of(message)):
            place, what = _wrong(block, at)
            if what:
                return f"messages.{nth}.content.{place}: Invalid {what} block"
    return ""


def _wrong(block: dict[str, Json], at: int) -> tuple[int, str]:
    """Return what is changed of a block, and its place; ``""`` where nothing is."""
    what = ""
    match block:
        case {"type": "thinking", "thinking": str(text), "signature": str(proof)}:
            what = "`signature` in `thinking`" if judge(proof, text) == "tampered" else ""
        case {"type": "redacted_thinking", "data": str(proof)}:
            what = "`data` in `redacted_thinking`" if judge(proof, "") == "tampered" else ""
        case {"type": "web_search_tool_result", "content": list(found)}:
            place = _unsealed(found)
            return (at, "") if place is None else (place, "`encrypted_content` in `search_result`")
        case {"content": {"type": "encrypted_code_execution_result", "encrypted_stdout": str(out)}}:
            what = "`encrypted_stdout` in `encrypted_code_execution_result`" if broken(out) else ""
        case {"type": "text", "citations": list(cited)}:
            places = [one.get("encrypted_index") for one in cited if isinstance(one, dict)]
            if any(isinstance(one, str) and broken(one) for one in places):
                what = "`encrypted_index` in `text`"
        case _:
            pass
    return at, what


def _unsealed(found: list[Json]) -> int | None:
    """Return the place of the first result that is without its content, or has a changed one.

    The words are in many public reports (code-yeongyu/senpi 150 of July 2026 among them), all of which number the result
    within its search, not the block; one of July 2026 measured that an empty content is refused, too.
    """
    for at, one in enumerate(found):
        sealed = one.get("encrypted_content") if isinstance(one, dict) else None
        if isinstance(sealed, str) and (not sealed or broken(sealed)):
            return at
    return None


def unfinished(messages: Sequence[dict[str, Json]]) -> str:
    """Complain of a call of the provider's own tool without what came of it.

    In the words of many reports, from 2025 to November 2026, and of the provider's page on server tools. What came of it
    stands behind it in the same turn, or at the beginning of the next where the user only hands back tools' results;
    where the assistant's turn comes last it is still to come.
    """
    waiting: dict[str, tuple[int, str]] = {}
    for nth, message in enumerate(messages):
        blocks = blocks_of(message)
        if message.get("role") == "assistant":
            _wait(waiting, nth, blocks)
        elif waiting and any(block.get("type") != "tool_result" for block in blocks):
            identity, (place, name) = next(iter(waiting.items()))
            kind = "tool_search" if name.startswith("tool_search_tool") else name
            return (
                f"messages.{place}: `{name}` tool use with id `{identity}` was found without a corresponding "
                f"`{kind}_tool_result` block"
            )
    return ""


def pending(messages: Json) -> dict[str, str]:
    """Return the calls whose results are still to come, and the names of their tools; nothing else is unanswered."""
    waiting: dict[str, tuple[int, str]] = {}
    for nth, message in enumerate(messages or ()):
        if isinstance(message, dict) and message.get("role") == "assistant":
            _wait(waiting, nth, blocks_of(message))
    return {identity: name for identity, (_, name) in waiting.items()}


def _wait(waiting: dict[str, tuple[int, str]], nth: int, blocks: Sequence[dict[str, Json]]) -> None:
    """Note the calls of one turn, and take away those that it answers."""
    for block in blocks:
        identity = block.get("id")
        if block.get("type") == "server_tool_use" and isinstance(identity, str):
            waiting[identity] = (nth, str(block.get("name")))
        else:
            waiting.pop(str(block.get("tool_use_id")), None)
