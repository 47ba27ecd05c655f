"""What the provider refuses of cache marks: more than four, or one kept an hour after one kept five minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json

__all__ = ["misplaced"]

_MOST = 4


def misplaced(body: dict[str, Json]) -> str:
    """Return the provider's sentence, ``""`` when the marks are in order.

    Tools come first, then the system prompt, then the messages. A mark on the whole request counts as one more.
    """
    marks = [(place, mark) for place, mark in _marks(body) if isinstance(mark, dict)]
    found = len(marks) + isinstance(body.get("cache_control"), dict)
    if found > _MOST:
        return f"A maximum of {_MOST} blocks with cache_control may be provided. Found {found}."
    brief = False
    for place, mark in marks:
        if mark.get("ttl") != "1h":
            brief = True
        elif brief:
            return (
                f"{place}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' "
                "cache_control block. Note that blocks are processed in the following order: `tools`, `system`, "
                "`messages`."
            )
    return ""


def _marks(body: dict[str, Json]) -> Iterator[tuple[str, Json]]:
    """Yield the place and the mark of each block that has one."""
    rows = [("tools", body.get("tools")), ("system", body.get("system"))]
    for nth, message in enumerate(body.get("messages") or ()):
        if isinstance(message, dict) and not isinstance(message.get("content"), str):
            rows.append((f"messages.{nth}.content", message.get("content")))
    for name, blocks in rows:
        for at, block in enumerate(blocks if isinstance(blocks, list) else ()):
            if isinstance(block, dict) and "cache_control" in block:
                yield f"{name}.{at}", block["cache_control"]
