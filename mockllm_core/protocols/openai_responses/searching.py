"""Searches: of the web, and of files.

A web search as recorded in 2026 of gpt-5.2 (January, pydantic/pydantic-ai ``test_openai_include_raw_annotations_streaming``)
and gpt-5-mini (September, ``test_openai_responses_model_web_search_tool_with_blocked_domains``): ``action`` comes when it is
done, its sources where ``include`` names them (vercel/ai ``issue-22343-live-web-search-store-false.json``, October 2026).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.conversation import Hosted
from mockllm_core.protocols.openai_responses.calls import called, event
from mockllm_core.protocols.openai_responses.offered import tool_name

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocols.openai_responses.calls import Wanted

__all__ = ["web"]

_SOURCES = "web_search_call.action.sources"


def web(tool: dict[str, Json], wanted: Wanted) -> Hosted:
    """Return a search of the web, which finds one page."""
    page = f"https://{_domain(tool.get('filters') or {})}/"
    action: dict[str, Json] = {"type": "search", "queries": [wanted.query], "query": wanted.query}
    if _SOURCES in wanted.include:
        action["sources"] = [{"type": "url", "url": page}]
    item = {"id": "ws_", "type": "web_search_call", "status": "completed", "action": action}
    steps = [event(f"web_search_call.{step}") for step in ("in_progress", "searching", "completed")]
    call = called(item, {"status": "in_progress", "action": None}, steps, wanted.query)
    # its pages are cited with this ending, as recorded
    cited = {"type": "url_citation", "title": "Example Domain", "url": f"{page}?utm_source=openai"}
    return Hosted(name=tool_name(tool), blocks=(call,), citations=(cited,))


def _domain(filters: Json) -> str:
    """Return where the page is: the first domain allowed, or an example that is not blocked."""
    allowed, blocked = filters.get("allowed_domains") or (), filters.get("blocked_domains") or ()
    examples = ("example.com", "example.org", "example.net")
    return allowed[0] if allowed else next((one for one in examples if one not in blocked), examples[0])
