"""What is refused of tools: of the provider's own what a host or a model has not, and demanded calls of those that it runs.

None of these is run here. One that is only offered is taken and not used, as by a model that has no use for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.protocols.anthropic_messages.families import family, spoken, version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockllm_core.frame import Json

__all__ = ["tools", "unrunnable"]

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
"""The provider's tools that are called here, but for the computer, of which each model knows one."""

_OLD = frozenset(("bash_20241022", "text_editor_20241022", "text_editor_20250124", "text_editor_20250429"))
"""What 4.5 and later do not know any more: reports of Sonnet 4.5 and Haiku 4.5, of Opus 5 and Sonnet 5 in August 2026."""


_ALL_DEFERRED = "All tools have defer_loading set. At least one tool must be non-deferred."
"""The provider's page on the tool search tool prints this 400."""


def tools(body: Json, model: str, form: str) -> str:
    """Return what is wrong with the tools of a request and with its choice among them, ``""`` for nothing."""
    given = body.get("tools")
    found = _lacking(given, model, form) or _outdated(given, model, form) or _domains(given)
    if found:
        return found
    names = [
        tool.get("name") for tool in body.get("tools") or () if isinstance(tool, dict) and "name" in tool
    ]
    if len(names) != len(set(map(str, names))):
        return "tools: Tool names must be unique."
    if all(
        isinstance(tool, dict) and tool.get("defer_loading") is True for tool in body.get("tools") or (None,)
    ):
        return _ALL_DEFERRED
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") in ("any", "tool") and family(model).always:
        return 'tool_choice: type "tool" and "any" are not supported for this model.'
    if isinstance(choice, dict) and choice.get("type") == "tool" and choice.get("name") not in names:
        return f"Tool '{choice.get('name')}' not found in provided tools"
    return ""


def _lacking(given: Json, model: str, form: str) -> str:
    """Complain of the first tool that the host has not; of 4.7 and later Bedrock says so in other words (July 2026)."""
    tags = _TAGS.get(form)
    if not tags:
        return ""
    for nth, tool in enumerate(given or ()):
        kind = tool.get("type") if isinstance(tool, dict) else None
        if isinstance(kind, str) and kind.startswith(_HOSTLESS) and kind not in tags:
            if form == "bedrock" and family(model).omits:
                return f"tool type '{kind}' is not supported for this model"
            expected = ", ".join(f"'{tag}'" for tag in tags)
            return f"tools.{nth}: Input tag '{kind}' found using 'type' does not match any of the expected tags: {expected}"
    return ""


def _domains(given: Json) -> str:
    """Complain of the sites that a search or a fetch may look at: both lists at once, an empty one of a search.

    The provider's pages on managed agents print both sentences; the place before the second is reported of this API
    (CherryHQ/cherry-studio 10374, September 2025), where an empty list of a fetch is taken.
    """
    for nth, tool in enumerate(given or ()):
        kind = tool.get("type") if isinstance(tool, dict) else None
        if not isinstance(kind, str) or not kind.startswith(("web_search_2", "web_fetch_2")):
            continue
        lists = [name for name in ("allowed_domains", "blocked_domains") if isinstance(tool.get(name), list)]
        if len(lists) == 2:
            return f"tools.{nth}.{kind}: Only one of allowed_domains or blocked_domains may be set."
        if lists and not tool[lists[0]] and kind.startswith("web_search"):
            return f"tools.{nth}.{kind}.{lists[0]}: Empty list of domains is ambiguous. Provide at least one domain or null."
    return ""


def _outdated(given: Json, model: str, form: str) -> str:
    """Complain of the provider's tools that the client runs in versions that the model does not know."""
    kinds = [tool.get("type") for tool in given or () if isinstance(tool, dict)]
    unknown = [kind for kind in kinds if isinstance(kind, str) and not _known(kind, model, form)]
    if not unknown:
        return ""
    if form == "bedrock" and family(model).omits:
        return f"tool type '{unknown[0]}' is not supported for this model"
    seen = any(isinstance(kind, str) and kind.startswith("computer_") for kind in kinds)
    return unrunnable(unknown, model, _computer(model, form) if seen else "")


def _known(kind: str, model: str, form: str) -> bool:
    number = version(model)
    if kind.startswith("computer_2") and number >= (4, 0):
        # the one before is left to Opus 4.5, of which nobody has told
        known = _computer(model, form)
        return kind == known or (kind == "computer_20250124" and "opus-4-5" in model)
    return kind not in _OLD or number < (4, 5)


def _computer(model: str, form: str) -> str:
    """Return what a model has of a computer: the pages on computer use and on Opus 5.5."""
    number = version(model)
    if number >= (5, 5) and form != "bedrock":
        return "computer_toolset_20260801"
    return "computer_20251124" if number >= (4, 6) or "opus-4-5" in model else "computer_20250124"


def unrunnable(kinds: Iterable[str], model: str, computer: str = "") -> str:
    """Return what is said of tools of the provider's own that a model has not.

    Seen of every such kind of tool since 2025, and said so in the provider's page on Claude Opus 5.5.

    >>> unrunnable(["computer_20241022", "bash_20241022"], "claude-haiku-4-5")
    "'claude-haiku-4-5-20251001' does not support tool types: computer_20241022, bash_20241022. Did you mean one of \
bash_20250124, memory_20250818, text_editor_20250728?"
    """
    known = ", ".join(sorted((*_RUN, computer)) if computer else _RUN)
    return f"'{spoken(model)}' does not support tool types: {', '.join(kinds)}. Did you mean one of {known}?"
