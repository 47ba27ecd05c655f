"""What the provider refuses since a name leads nowhere: keys of no beta, tools that a search found, MCP servers unused."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockllm_core.frame import Json

__all__ = ["lost_reference", "references", "unknown", "unused_server"]

_OF_BETAS = {
    "billing_policy": ("",),
    "context_management": ("context-management-", "compact-"),
    "fallback_credit_token": ("fallback-credit-",),
    "fallbacks": ("server-side-fallback-",),
    "mcp_servers": ("mcp-client-",),
}
"""Keys that the SDK of November 2026 has among its betas alone, but for those that are refused in other words; each with the
betas that open it (of ``billing_policy`` nobody tells which)."""

_TOOLSETS = "mcp-client-2025-11-20"
"""The beta in which a server's tools are offered by a toolset; in the one before it the server alone offers them."""


def lost_reference(blocks: Iterable[dict[str, Json]], tools: Json) -> str:
    """Complain of a reference to a tool that is not defined.

    As recorded in autumn 2026 (the AI SDK, ``anthropic-tool-choice-none-tool-search-history.error.json``); the provider's
    page on its tool search prints other words, "has no corresponding tool definition".

    What an MCP server offers is not known here, so with one any name may be right.
    """
    known = None
    for name in references(blocks):
        if known is None:
            offered = [tool for tool in tools or () if isinstance(tool, dict)]
            if any(tool.get("type") == "mcp_toolset" for tool in offered):
                return ""
            known = {tool.get("name") for tool in offered}
        if name not in known:
            return f"Tool reference '{name}' not found in available tools"
    return ""


def references(blocks: Iterable[dict[str, Json]]) -> Iterator[str]:
    """Yield the names of the tools that results refer to, those of the provider's search and those of a client's own."""
    for block in blocks:
        kind, content = block.get("type"), block.get("content")
        if kind == "tool_search_tool_result" and isinstance(content, dict):
            content = content.get("tool_references")
        elif kind != "tool_result":
            continue
        for one in content if isinstance(content, list) else ():
            if isinstance(one, dict) and one.get("type") == "tool_reference":
                yield str(one.get("tool_name"))


def unknown(body: Json, betas: str) -> str:
    """Complain of a key that the API does not know without a beta.

    Measured of ``mcp_servers`` and ``context_management`` by a public project that compared a proxy of its own with the
    API in August 2026, which took 18 keys without a beta; the others follow. Bedrock says so, too (anthropics/claude-code
    49548 and 51700, April 2026), and Vertex AI of a key that it does not know (37746; OpenHands/software-agent-sdk 1630).
    All those clients send betas: of other keys, so one does not open another's (claude-code 14135).
    """
    sent = betas.replace("None", "")
    for key, openers in _OF_BETAS.items():
        if body.get(key) is not None and not (sent and any(one in sent for one in openers)):
            return f"{key}: Extra inputs are not permitted"
    return ""


def unused_server(body: Json, betas: str) -> str:
    """Complain of an MCP server without its toolset, as reported in anthropic-sdk-csharp 255."""
    if _TOOLSETS not in betas:
        return ""
    used = {tool.get("mcp_server_name") for tool in body.get("tools") or () if isinstance(tool, dict)}
    for server in body.get("mcp_servers") or ():
        name = server.get("name") if isinstance(server, dict) else None
        if name not in used:
            return f"MCP server '{name}' is defined but not referenced by any `mcp_toolset` in `tools`."
    return ""
