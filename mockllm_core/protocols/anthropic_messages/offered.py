"""What is refused of the tools that the provider runs: those that a host has not, and calls that are demanded.

None is run here. One that is only offered is taken and not used, as by a model that has no use for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.protocols.anthropic_messages.families import family, spoken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockllm_core.frame import Json

__all__ = ["lacking", "unrunnable"]

_HOSTLESS = ("advisor_", "code_execution_", "mcp_toolset", "web_fetch_", "web_search_")
"""Tools that need more than a model, by the beginning of their types."""

_ANYWHERE = (
    "bash_20250124",
    "custom",
    "memory_20250818",
    "text_editor_20250124",
    "text_editor_20250429",
    "text_editor_20250728",
    "tool_search_tool_bm25",
    "tool_search_tool_bm25_20251119",
    "tool_search_tool_regex",
    "tool_search_tool_regex_20251119",
)
_TAGS = {
    "bedrock": _ANYWHERE,
    "vertex": (
        *_ANYWHERE[:1],
        "browser_toolset_20260801",
        "computer_toolset_20260801",
        *_ANYWHERE[1:],
        "web_search_20250305",
    ),
}
"""What the hosts say that a tool can be: Bedrock in July 2026 (several public projects), Vertex AI with Claude Sonnet 5 in
August 2026 (seoeunbae/agentrouter-multi-llm-gcp)."""

_RUN = ("bash_20250124", "memory_20250818", "text_editor_20250728")
"""The provider's tools that are called here."""


def lacking(tools: Json, model: str, form: str) -> str:
    """Complain of the first tool that the host has not; of 4.7 and later Bedrock says so in other words (July 2026)."""
    tags = _TAGS.get(form)
    if not tags:
        return ""
    for nth, tool in enumerate(tools or ()):
        kind = tool.get("type") if isinstance(tool, dict) else None
        if isinstance(kind, str) and kind.startswith(_HOSTLESS) and kind not in tags:
            if form == "bedrock" and family(model).omits:
                return f"tool type '{kind}' is not supported for this model"
            expected = ", ".join(f"'{tag}'" for tag in tags)
            return f"tools.{nth}: Input tag '{kind}' found using 'type' does not match any of the expected tags: {expected}"
    return ""


def unrunnable(kinds: Iterable[str], model: str) -> str:
    """Return what is said of tools of the provider's own that a model has not.

    Seen of every such kind of tool since 2025, and said so in the provider's page on Claude Opus 5.5.

    >>> unrunnable(["computer_20241022", "bash_20241022"], "claude-haiku-4-5")
    "'claude-haiku-4-5-20251001' does not support tool types: computer_20241022, bash_20241022. Did you mean one of \
bash_20250124, memory_20250818, text_editor_20250728?"
    """
    return f"'{spoken(model)}' does not support tool types: {', '.join(kinds)}. Did you mean one of {', '.join(_RUN)}?"
