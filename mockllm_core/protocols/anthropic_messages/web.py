"""Claude's web search and web fetch, each used once: what is found is made up, and the same each time.

From the streams of public projects: a search of January 2026 (pydantic-ai, ``test_anthropic_web_search_tool_stream``); a
fetch of 2025 and one inside code of March 2026 (the AI SDK, ``anthropic-web-fetch-tool.1`` and ``-20260209.1``), another
of April (pydantic-ai, ``test_anthropic_web_fetch_dynamic_filtering_stream``); a search inside code of August, whole (the
AI SDK, ``anthropic-web-search-dynamic-filtering-multiple.1``). Of a text that cites what was fetched, the form is the
reference's: https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-fetch-tool.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mockllm_core.conversation import Hosted
from mockllm_core.jsontext import quote
from mockllm_core.protocols.anthropic_messages.families import version
from mockllm_core.protocols.anthropic_messages.signature import seal
from mockllm_core.protocols.anthropic_messages.uses import called, called_by_code, result

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.reply import Opaque

__all__ = ["fetched", "in_code", "searched"]

_USUAL = ("example.com", "example.org", "example.net")
_SAYS = (
    "This domain is for use in documentation examples without needing permission. Avoid use in operations."
)
_PAGE = f"{{title}}\n\n# {{title}}\n\n{_SAYS}\n\n[Learn more](https://iana.org/domains/example)"
_URL = re.compile(r"https?://[^\s<>\"'`\\]+")
_ENDS = ".,;:!?)]}*"
"""What ends a sentence and not the address in it."""

_LONGEST = 250
"""Characters of an address that may be fetched, as the provider's page says."""
_MOST = 20
"""Addresses that are looked at."""

_CONTENT, _INDEX = 3, 4


def in_code(tool: dict[str, Json], model: str) -> bool:
    """Tell whether a tool is called by code: the versions of 2026 are, unless only direct calls are allowed.

    Models before 4.6 have no such filtering.
    """
    number = version(model)
    callers = tool.get("allowed_callers")
    return (
        "_2026" in str(tool.get("type"))
        and (number >= (4, 6) or number == (0, 0))
        and not (isinstance(callers, list) and not any(str(one).startswith("code") for one in callers))
    )


def searched(tool: dict[str, Json], asked: str, model: str) -> Hosted:
    """Return a search for what was asked, with one result."""
    url = _site(tool)
    title = _title(url)
    found = {
        "type": "web_search_result",
        "title": title,
        "url": url,
        "encrypted_content": seal(_PAGE.format(title=title), _CONTENT),
        "page_age": None,
    }
    query: dict[str, Json] = {"query": asked}
    cited = {
        "type": "web_search_result_location",
        "cited_text": _SAYS,
        "url": url,
        "title": title,
        "encrypted_index": seal(f"{url} {_SAYS}"[:19], _INDEX),
    }
    if not in_code(tool, model):
        blocks = (called("web_search", query), result("web_search_tool_result", [found]))
        return Hosted(name="web_search", blocks=blocks, citations=(cited,))
    inner = (
        called_by_code("web_search", query),
        result("web_search_tool_result", [found], by_code=True),
    )
    came: dict[str, Json] = {
        "type": "encrypted_code_execution_result",
        "encrypted_stdout": seal(_PAGE.format(title=title), _CONTENT),
        "stderr": "",
        "return_code": 0,
        "content": [],
    }
    code = f'\nresult = await web_search({{"query": {quote(asked)}}})\nprint(result)\n'
    return Hosted(name="web_search", blocks=_around(tool, code, inner, came), citations=(cited,))


def fetched(tool: dict[str, Json], asked: str, model: str) -> Hosted:
    """Return a fetch of the first address in what was asked that may be fetched, else of the usual page."""
    named = (found[0].rstrip(_ENDS) for found in islice(_URL.finditer(asked), _MOST))
    url = next((one for one in named if len(one) <= _LONGEST and _allowed(one, tool)), "") or _site(tool)
    title = _title(url)
    page = _PAGE.format(title=title)
    document: dict[str, Json] = {
        "type": "document",
        "source": {"type": "text", "media_type": "text/plain", "data": page},
        "title": title,
    }
    cites = tool.get("citations")
    cited: tuple[Json, ...] = ()
    if isinstance(cites, dict) and cites.get("enabled") is True:
        document["citations"] = {"enabled": True}
        begin = page.index(_SAYS)
        place = {"start_char_index": begin, "end_char_index": begin + len(_SAYS), "file_id": None}
        about = {"document_index": 0, "document_title": title}
        cited = ({"type": "char_location", "cited_text": _SAYS, **about, **place},)
    got: dict[str, Json] = {"type": "web_fetch_result", "url": url, "retrieved_at": "", "content": document}
    if not in_code(tool, model):
        blocks = (called("web_fetch", {"url": url}), result("web_fetch_tool_result", got))
        return Hosted(name="web_fetch", blocks=blocks, citations=cited)
    inner = (
        called_by_code("web_fetch", {"url": url}),
        result("web_fetch_tool_result", got, by_code=True),
    )
    came: dict[str, Json] = {
        "type": "code_execution_result",
        "stdout": f"{page}\n",
        "stderr": "",
        "return_code": 0,
        "content": [],
        "abort_reason": None,
    }
    code = (
        f'\nimport json\nresult = await web_fetch({{"url": {quote(url)}}})\n'
        'print(json.loads(result)["content"]["source"]["data"])\n'
    )
    return Hosted(name="web_fetch", blocks=_around(tool, code, inner, came), citations=cited)


def _around(
    tool: dict[str, Json], code: str, inner: tuple[Opaque, ...], came: dict[str, Json]
) -> tuple[Opaque, ...]:
    """Return the code around a call; what it read itself is left out where the tool wants it so."""
    if tool.get("response_inclusion") == "excluded":
        inner = ()
    return (called("code_execution", {"code": code}), *inner, result("code_execution_tool_result", came))


# -- which page ---------------------------------------------------------------------------------------------------


def _site(tool: dict[str, Json]) -> str:
    """Return the address of what is found: in the first domain that is allowed, and in none that is blocked."""
    allowed = tool.get("allowed_domains")
    for domain in allowed if isinstance(allowed, list) else ():
        if isinstance(domain, str) and (bare := _bare(domain)):
            return f"https://{bare}" if "/" in bare else f"https://{bare}/"
    sites = (*(f"https://{name}/" for name in _USUAL), "https://www.iana.org/")
    return next((site for site in sites if _allowed(site, tool)), "https://mirror.example/")


def _allowed(url: str, tool: dict[str, Json]) -> bool:
    """Tell whether an address lies in the allowed domains, and in no blocked one; a domain includes those below it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host, path = (parts.hostname or "").lower(), parts.path
    inside = {
        key: [_within(host, path, _bare(one)) for one in tool.get(key) or () if isinstance(one, str)]
        for key in ("allowed_domains", "blocked_domains")
    }
    allowed = inside["allowed_domains"]
    return bool(host) and (not allowed or any(allowed)) and not any(inside["blocked_domains"])


def _within(host: str, path: str, domain: str) -> bool:
    name, _, under = domain.partition("/")
    return (host == name or host.endswith(f".{name}")) and path.lstrip("/").startswith(under)


def _bare(domain: str) -> str:
    """Return a domain without a scheme, and without what a wildcard stands for."""
    return domain.lower().removeprefix("https://").removeprefix("http://").partition("*")[0].strip("/. ")


def _title(url: str) -> str:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = url
    return "Example Domain" if host in _USUAL else host
