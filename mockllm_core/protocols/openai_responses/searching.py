"""Searches: of the web, and of files.

A web search as recorded in 2026 of gpt-5.2 (January, pydantic/pydantic-ai ``test_openai_include_raw_annotations_streaming``)
and gpt-5-mini (September, ``test_openai_responses_model_web_search_tool_with_blocked_domains``): ``action`` comes when it is
done, its sources where ``include`` names them (vercel/ai ``issue-22343-live-web-search-store-false.json``, October 2026).

A search of files as recorded of gpt-4o in August 2026 (pydantic/pydantic-ai ``test_openai_responses_file_citation_context_
replay``), its results in December 2025 (``…_model_file_search_tool_with_results``), its events in September 2025 (vercel/ai
``openai-file-search-tool.2.chunks.txt``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.conversation import Hosted
from mockllm_core.protocols.openai_responses.calls import called, started, steps
from mockllm_core.protocols.openai_responses.offered import tool_name

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocols.openai_responses.calls import Wanted

__all__ = ["files", "web"]

_SOURCES, _RESULTS = "web_search_call.action.sources", "file_search_call.results"
_STEPS = ("in_progress", "searching", "completed")


def web(tool: dict[str, Json], wanted: Wanted) -> Hosted:
    """Return a search of the web, which finds one page."""
    page = f"https://{_domain(tool.get('filters') or {})}/"
    action: dict[str, Json] = {"type": "search", "queries": [wanted.query], "query": wanted.query}
    if _SOURCES in wanted.include:
        action["sources"] = [{"type": "url", "url": page}]
    item = {"id": "ws_", "type": "web_search_call", "status": "completed", "action": action}
    call = called(item, started(item, "action"), steps("web_search_call", _STEPS), wanted.query)
    # its pages are cited with this ending, as recorded
    cited = {"type": "url_citation", "title": "Example Domain", "url": f"{page}?utm_source=openai"}
    return Hosted(name=tool_name(tool), blocks=(call,), citations=(cited,))


def _domain(filters: Json) -> str:
    """Return where the page is: the first domain allowed, or an example that is not blocked."""
    allowed, blocked = filters.get("allowed_domains") or (), filters.get("blocked_domains") or ()
    examples = ("example.com", "example.org", "example.net")
    return allowed[0] if allowed else next((one for one in examples if one not in blocked), examples[0])


_FILE = {"file_id": "file-1aBcDeFgHiJkLmNoPqRsTu", "filename": "example.txt"}
"""The file that every search finds."""


def files(tool: dict[str, Json], wanted: Wanted) -> Hosted:
    """Return a search of files, which finds one in the first vector store."""
    results = None
    if _RESULTS in wanted.include:
        found = {"attributes": {}, **_FILE, "score": 0.9716, "text": wanted.query}
        stores = tool.get("vector_store_ids") or ()
        results = [found | {"vector_store_id": stores[0]} if stores else found]
    item: dict[str, Json] = {
        "id": "fs_",
        "type": "file_search_call",
        "status": "completed",
        "queries": [wanted.query],
        "results": results,
    }
    begun: dict[str, Json] = {"queries": [], "results": None}
    call = called(item, started(item) | begun, steps("file_search_call", _STEPS), wanted.query)
    return Hosted(name=tool_name(tool), blocks=(call,), citations=({"type": "file_citation", **_FILE},))
