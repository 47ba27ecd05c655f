"""What is refused of an answer's blocks that came back: sealed ones of ours that were changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.protocols.anthropic_messages.contents import blocks_of
from mockllm_core.protocols.anthropic_messages.signature import broken, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockllm_core.frame import Json

__all__ = ["changed"]


def changed(messages: Sequence[dict[str, Json]]) -> str:
    """Complain of a thought or a search result of ours that came back changed; those of other servers cannot be judged."""
    for nth, message in enumerate(messages):
        if message.get("role") != "assistant" or not isinstance(message.get("content"), list):
            continue
        for at, block in enumerate(blocks_of(message)):
            match block:
                case {"type": "thinking", "thinking": str(text), "signature": str(proof)}:
                    if judge(proof, text) == "tampered":
                        return f"messages.{nth}.content.{at}: Invalid `signature` in `thinking` block"
                case {"type": "redacted_thinking", "data": str(proof)}:
                    if judge(proof, "") == "tampered":
                        return f"messages.{nth}.content.{at}: Invalid `data` in `redacted_thinking` block"
                case {"type": "web_search_tool_result", "content": list(found)}:
                    place = _unsealed(found)
                    if place is not None:
                        return f"messages.{nth}.content.{place}: Invalid `encrypted_content` in `search_result` block"
                case _:
                    pass
    return ""


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
