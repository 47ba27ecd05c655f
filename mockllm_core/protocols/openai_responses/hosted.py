"""How tools that the provider runs are echoed: their defaults filled in, what is secret left out.

From answers that public projects keep: web search of July 2026 (two projects, the same bytes), the preview of it of
2026, file search, MCP and image generation of June to September 2026 (pydantic-ai's cassettes, vercel/ai's fixtures). A
container, a computer, a shell are repeated as given.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["hosted"]

_PLACE = {"type": "approximate", "city": None, "country": None, "region": None, "timezone": None}
_SOMEWHERE = {**_PLACE, "country": "US"}
_SEARCH = {"search_content_types": ["text"], "search_context_size": "medium", "user_location": None}
_DEFAULTS: dict[str, dict[str, Json]] = {
    "web_search": {"return_token_budget": "default", **_SEARCH},
    "web_search_preview": _SEARCH,
    "file_search": {
        "filters": None,
        "max_num_results": 20,
        "ranking_options": {"ranker": "auto", "score_threshold": 0.0},
    },
    "image_generation": {
        "background": "auto",
        "model": "gpt-image-2",
        "moderation": "auto",
        "n": 1,
        "output_compression": 100,
        "output_format": "png",
        "quality": "auto",
        "size": "auto",
    },
    "mcp": {
        "allowed_tools": None,
        "headers": None,
        "require_approval": "always",
        "server_description": None,
    },
}
_UNTOLD = {"action": "auto", "partial_images": 0}
"""What is not repeated of a picture that is asked for."""
_DATED = re.compile(r"_\d{4}_\d\d_\d\d$")


def hosted(tool: dict[str, Json]) -> dict[str, Json]:
    """Return the tool with what it does not say; a key given as null counts as not given."""
    kind = _DATED.sub("", str(tool.get("type")))
    defaults = _DEFAULTS.get(kind)
    if defaults is None:
        return tool
    found = defaults | {key: value for key, value in tool.items() if value is not None}
    if "user_location" in defaults:
        given = found["user_location"]
        found["user_location"] = _PLACE | given if isinstance(given, dict) else _SOMEWHERE
    if kind == "file_search" and isinstance(found["ranking_options"], dict):
        found["ranking_options"] = defaults["ranking_options"] | found["ranking_options"]
    if kind == "mcp":
        # https://platform.openai.com/docs/guides/tools-connectors-mcp: tokens are not shown; paths were not in mid-2025
        found |= {"headers": None}
        found.pop("authorization", None)
    if kind == "image_generation":
        found = {key: value for key, value in found.items() if _UNTOLD.get(key, ()) != value}
    return found
