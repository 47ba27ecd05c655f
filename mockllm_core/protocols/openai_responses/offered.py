"""What the provider refuses of the tools that it runs itself: what a model has not, and calls that are demanded."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["HOSTED", "check_demand", "check_tools", "exactly_one", "tool_name"]

_CALLED = frozenset(("function", "custom"))
"""Tools that are called here."""

_LACKS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("web_search", r"gpt-4(-\d|-turbo|$)|gpt-4\.1-nano|o3-mini|gpt-5-chat"),
        ("computer_use_preview", r"gpt-\d|o\d|chatgpt-"),
        ("image_generation", r"gpt-5\.3-codex-spark"),
        ("code_interpreter", r"gpt-5\.2-pro"),
    )
)
"""Tools by the beginning of their names, and models that were reported to refuse them between August 2025 and October 2026."""


def check_tools(tools: Json, model: str, effort: str | None = None) -> None:
    """Refuse tools that the model has not, or nobody any more, or not with that effort; an MCP server without an address.

    The first sentence began with "Hosted tool" until 2025 (openai/openai-agents-python 132, Azure-Samples/computer-use 8).
    The second was captured of the API in August 2026. The third: public reports of 2025 and 2026 (openai/codex 3559),
    which name no other tools. The last: public reports of Azure, up to 2026.

    Raises:
        ApiError: see above.
    """
    for nth, tool in enumerate(tools):
        kind = tool.get("type")
        if kind in _CALLED:
            continue
        if _lacking(kind, model):
            raise _refused(f"Tool '{kind}' is not supported with {model}.", "tools")
        if kind == "local_shell":
            raise _refused("The local_shell tool is no longer supported.", "tools")
        if kind == "mcp":
            exactly_one(tool, f"tools[{nth}]", ("server_url", "connector_id", "tunnel_id"))
    if effort == "minimal":
        told = {_LAZY[begins] for begins in _LAZY if any(tool["type"].startswith(begins) for tool in tools)}
        if told:
            listed = ", ".join(sorted(told))
            sentence = f"The following tools cannot be used with reasoning.effort 'minimal': {listed}."
            raise _refused(sentence, "tools")


@lru_cache(maxsize=256)
def _lacking(kind: str, model: str) -> bool:
    return any(kind.startswith(begins) and pattern.match(model) for begins, pattern in _LACKS)


_LAZY = {"web_search": "web_search", "image_generation": "image_gen"}
"""Tools that need more thought, as the refusal names them."""


def exactly_one(held: Json, place: str, names: tuple[str, ...]) -> None:
    """Refuse a place that has none of the names.

    Captured by public projects for a picture (2026) and an MCP server (2025 without ``tunnel_id``, 2026 with it).

    Raises:
        ApiError: see above.
    """
    if all(held.get(name) is None for name in names):
        listed = [f"'{name}'" for name in names]
        among = " or ".join(listed) if len(listed) == 2 else f"{', '.join(listed[:-1])}, or {listed[-1]}"
        sentence = f"Missing mutually exclusive parameters: '{place}'. Ensure you are providing exactly one of: {among}."
        raise ApiError("invalid_request", sentence, param=place, code="missing_mutually_exclusive_parameters")


HOSTED = "* "
"""How the names of tools that are no functions begin in a Conversation: no function can be named so."""


def tool_name(tool: Json) -> str:
    """Return what a tool that is no function, or a choice of one, is called in a Conversation.

    A kind may have several names (web_search, web_search_preview_2025_03_11), and there may be several MCP servers.
    """
    family = str(tool.get("type")).partition("_")[0]
    return f"{HOSTED}{family} {tool.get('server_label')}" if family == "mcp" else f"{HOSTED}{family}"


_UNDEMANDING = re.compile(r"gpt-5(-mini|-nano)?(-2025-08-07)?$")
_UNDEMANDED = ("web_search", "file_search", "code_interpreter")


def check_demand(tools: Json, model: str) -> None:
    """Refuse to let a tool that is no function be demanded of a model that was reported to refuse it.

    Of gpt-5, gpt-5-mini and gpt-5-nano, with these tools, since August 2025 (openai/openai-python 2537, which is open). It
    was said of image generation, too, until gpt-5 was recorded to take ``required`` with it in February 2026
    (pydantic/pydantic-ai, ``test_openai_responses_image_generation_with_tool_output.yaml``).

    Raises:
        ApiError: see above.
    """
    kinds = sorted({tool["type"] for tool in tools if tool["type"].startswith(_UNDEMANDED)})
    if kinds and _UNDEMANDING.match(model):
        raise _refused(
            f"Tool choices other than 'auto' are not supported with model '{model}' and the following tool types: "
            f"{', '.join(map(repr, kinds))}.",
            "tool_choice",
        )


def _refused(sentence: str, param: str) -> ApiError:
    return ApiError("invalid_request", sentence, param=param)
