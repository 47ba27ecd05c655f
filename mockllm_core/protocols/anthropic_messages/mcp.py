"""Tools of MCP servers that Claude's provider asks, each server's first one used once.

The forms: ``anthropic-mcp.1.chunks.txt`` of the AI SDK and pydantic-ai's ``test_anthropic_mcp_servers_stream``, both of 2025.
No server is asked: what a tool brings is what was asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.arguments import generate
from mockllm_core.conversation import Hosted
from mockllm_core.protocols.anthropic_messages.uses import called, result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json

__all__ = ["asked_of_servers"]

_UNKNOWN = "search"
"""A tool of a server that nobody has listed."""


def asked_of_servers(body: Json, tools: list[dict[str, Json]], text: str) -> Iterator[Hosted]:
    """Yield a use of each server's first tool that is not turned off; the older beta offers servers without a toolset."""
    sets = [tool for tool in tools if tool.get("type") == "mcp_toolset"]
    for toolset in sets:
        listed = [one for one in toolset.get("tools") or () if isinstance(one, dict)]
        name = _first(toolset, listed)
        if name is not None:
            schema = next((one.get("input_schema") for one in listed if one.get("name") == name), None)
            yield _used(str(toolset.get("mcp_server_name")), name, schema, text)
    offered = {toolset.get("mcp_server_name") for toolset in sets}
    for server in body.get("mcp_servers") or ():
        if isinstance(server, dict) and server.get("name") not in offered:
            held = server.get("tool_configuration")
            told: dict[str, Json] = held if isinstance(held, dict) else {}
            if told.get("enabled") is not False:
                names = told.get("allowed_tools") or (_UNKNOWN,)
                yield _used(str(server.get("name")), str(names[0]), None, text)


def _first(toolset: dict[str, Json], listed: list[dict[str, Json]]) -> str | None:
    default, configs = toolset.get("default_config"), toolset.get("configs")
    usual = not (isinstance(default, dict) and default.get("enabled") is False)
    known: dict[str, Json] = configs if isinstance(configs, dict) else {}
    names = [str(one.get("name")) for one in listed] or list(known)
    for name in names:
        own = known.get(name)
        enabled = own.get("enabled") if isinstance(own, dict) else None
        if usual if enabled is None else enabled:
            return name
    return _UNKNOWN if usual and not listed and _UNKNOWN not in known else None


def _used(server: str, name: str, schema: Json, text: str) -> Hosted:
    made = generate(schema, "0").value if schema is not None else None
    given: dict[str, Json] = made if isinstance(made, dict) else {"query": text}
    call = called(name, given, kind="mcp_tool_use", server_name=server)
    came = result("mcp_tool_result", [{"type": "text", "text": text}], is_error=False)
    return Hosted(name=name, blocks=(call, came))
