"""What the provider refuses of the tools that it runs itself: what a model has not, and calls that are demanded.

Nothing is run here. A tool of the provider's that is only offered is taken, echoed and not used, as by a model that has no
use for it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["check_tools", "exactly_one", "undemandable"]

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


def check_tools(tools: Json, model: str) -> None:
    """Refuse tools that the model has not, or nobody any more, and an MCP server without an address.

    The first sentence began with "Hosted tool" until 2025 (openai/openai-agents-python 132, Azure-Samples/computer-use 8).
    The second was captured of the API in August 2026. The third: public reports of Azure, up to 2026.

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


@lru_cache(maxsize=256)
def _lacking(kind: str, model: str) -> bool:
    return any(kind.startswith(begins) and pattern.match(model) for begins, pattern in _LACKS)


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


def undemandable(tools: Json, model: str) -> ApiError:
    """Return the refusal of a choice that leaves only tools that are not called here.

    Said of gpt-5 and its kin since August 2025, which take these tools and let nobody demand one
    (openai/openai-python 2537).
    """
    kinds = {tool["type"] for tool in tools}
    listed = ", ".join(f"'{kind}'" for kind in sorted(kinds - _CALLED or kinds))
    return _refused(
        f"Tool choices other than 'auto' are not supported with model '{model}' and the following tool types: {listed}.",
        "tool_choice",
    )


def _refused(sentence: str, param: str) -> ApiError:
    return ApiError("invalid_request", sentence, param=param)
