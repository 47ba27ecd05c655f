"""Tools of Google's own that a request offers, and what an answer that uses them once holds.

Loaded only where such a tool is offered. What an answer says beside its text stands in the text's ``citations``: for each
tool the keys of the candidate that it fills, as far as they do not depend on the text (see ``grounding``).

Forms: github.com/pydantic/pydantic-ai, tests/models/cassettes/test_google and tests/models/google/cassettes, of September
2025 to August 2026: ``web_search_tool_stream``, ``gemini_web_search_citations``, ``web_fetch_tool_stream``,
``code_execution_stream``, ``file_search_grounding_gemini_3``, ``native_output_with_builtin_tools_stream``; for Maps, and for
the parts that tell of calls, Google's guides to Grounding with Google Maps and to tool combination; for the actions of
a computer, its guide to Computer Use.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from mockllm_core import tokens
from mockllm_core.conversation import Hosted
from mockllm_core.protocols.google_genai.families import family
from mockllm_core.protocols.google_genai.options import many, pick
from mockllm_core.reply import Opaque, ToolCall

if TYPE_CHECKING:
    from mockllm_core.conversation import Conversation
    from mockllm_core.frame import Json

__all__ = ["hosted"]

_SEARCHES = ("googleSearch", "googleSearchRetrieval", "enterpriseWebSearch")
_URL = re.compile(r"https?://[^\s<>\"'`)\]}]+")
_SOURCE, _SITE = "https://example.com/", "example.com"
_PLACE = {
    "uri": "https://maps.google.com/?cid=1",
    "title": "Example Place",
    "placeId": "places/ChIJ_example-place_00000000",
}
_WIDGET = "widgetcontent/AcBXPQexample"
_ACTIONS = (
    ("open_web_browser", "wait_5_seconds", "go_back", "go_forward", "search", "navigate"),
    ("take_screenshot", "wait", "go_back", "go_forward", "navigate"),
)
"""What a model before 3 and one from 3 on may ask for first; each predefined, and harmless."""

_PASSAGE = "This is an example of what a search finds."
_CHIPS = (
    "<style>\n.container {\n  align-items: center;\n  border-radius: 8px;\n  display: flex;\n"
    "  font-family: Google Sans, Roboto, sans-serif;\n  font-size: 14px;\n  line-height: 20px;\n"
    "  padding: 8px 12px;\n}\n.chip {\n  display: inline-block;\n  border: solid 1px;\n"
    '  border-radius: 16px;\n  padding: 5px 16px;\n}\n</style>\n<div class="container">\n'
    '  <div class="carousel">\n    <a class="chip" href="{url}">{query}</a>\n  </div>\n</div>\n'
)


def hosted(body: Json, asked: Conversation, *, vertex: bool) -> tuple[Hosted, ...]:
    """Return the tools of Google's own that a request offers, in its order, each once."""
    told = not vertex and pick(pick(body, "toolConfig"), "includeServerSideToolInvocations") is True
    maker = _Maker(asked, vertex=vertex, told=told)
    made: dict[str, Hosted] = {}
    for tool in many(body, "tools"):
        for name, make in maker.kinds.items():
            if (given := pick(tool, name)) not in (None, []):
                one = make(given)
                made.setdefault(one.name, one)
    return tuple(made.values())


class _Maker:
    """Makes what each kind of tool gives; ``told`` where the answer shows the calls, too."""

    def __init__(self, asked: Conversation, *, vertex: bool, told: bool) -> None:
        text = asked.last_user_text() or ""
        found = _URL.search(text)
        self._url = found[0].rstrip(".,;:!?") if found else _SOURCE
        self._query = " ".join(text.split())[:100].rstrip() or "example"
        self._vertex = vertex
        self._three = family(asked.model, vertex=vertex).version >= (3, 0)
        self._told = told and self._three
        self.kinds = {
            **dict.fromkeys(_SEARCHES, self._search),
            "codeExecution": self._code,
            "urlContext": self._page,
            "googleMaps": self._maps,
            "fileSearch": self._files,
            "retrieval": self._corpus,
            "mcpServers": self._servers,
            "computerUse": self._computer,
        }

    def _calls(self, kind: str, args: Json = None, response: Json = None) -> tuple[Opaque, ...]:
        """Return the parts that tell of a call and of what it gave; their ids are those of an answer."""
        if not self._told:
            return ()
        call = {"toolType": kind} | ({} if args is None else {"args": args}) | {"id": None}
        gave = {"toolType": kind} | ({} if response is None else {"response": response}) | {"id": None}
        return _part(toolCall=call), _part(toolResponse=gave)

    def _web(self, url: str, title: str) -> dict[str, Json]:
        return {"web": {"uri": url, "title": title} | ({"domain": title} if self._vertex else {})}

    def _search(self, _given: Json) -> Hosted:
        chips = _CHIPS.replace("{url}", _SOURCE).replace("{query}", escape(self._query))
        metadata = {
            "searchEntryPoint": {"renderedContent": chips},
            "groundingChunks": [self._web(_SOURCE, _SITE)],
            "webSearchQueries": [self._query],
        }
        queries, suggested = {"queries": [self._query]}, {"search_suggestions": chips}
        return Hosted(
            name="google_search",
            blocks=self._calls("GOOGLE_SEARCH_WEB", queries, suggested),
            citations=({"groundingMetadata": metadata},),
        )

    def _code(self, _given: Json) -> Hosted:
        code, output = "print(6 * 7)", "42\n"
        if not self._three:
            code += "\n"
        ident = {"id": None} if self._three and not self._vertex else {}
        # Gemini 3 counts as the answer's what stands behind the last result
        said = 0 if self._three else tokens.estimate(len(code))
        return Hosted(
            name="code_execution",
            blocks=(
                _part(said, executableCode={"language": "PYTHON", "code": code} | ident),
                _part(codeExecutionResult={"outcome": "OUTCOME_OK", "output": output} | ident),
            ),
        )

    def _page(self, _given: Json) -> Hosted:
        site = self._url.partition("://")[2].partition("/")[0]
        fetched = {"retrievedUrl": self._url, "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"}
        told = {"retrieved_url": self._url, "url_retrieval_status": "URL_RETRIEVAL_STATUS_SUCCESS"}
        return Hosted(
            name="url_context",
            blocks=self._calls("URL_CONTEXT", {"urls": [self._url]}, {"urls_metadata": [told]}),
            citations=(
                {
                    "groundingMetadata": {"groundingChunks": [self._web(self._url, site)]},
                    "urlContextMetadata": {"urlMetadata": [fetched]},
                },
            ),
        )

    def _maps(self, given: Json) -> Hosted:
        metadata = {"groundingChunks": [{"maps": _PLACE}], "webSearchQueries": [self._query]}
        gave: dict[str, Json] = {"places": [_PLACE]}
        if pick(given, "enableWidget") is True:
            metadata["googleMapsWidgetContextToken"] = _WIDGET
            gave["google_maps_widget_context_token"] = _WIDGET
        return Hosted(
            name="google_maps",
            blocks=self._calls("GOOGLE_MAPS", {"queries": [self._query]}, gave),
            citations=({"groundingMetadata": metadata},),
        )

    def _files(self, given: Json) -> Hosted:
        stores = [name for name in many(given, "fileSearchStoreNames") if isinstance(name, str)]
        found = {"text": _PASSAGE} | ({"fileSearchStore": stores[0]} if stores else {})
        metadata = {"groundingChunks": [{"retrievedContext": found}]}
        return Hosted(
            name="file_search",
            blocks=self._calls("FILE_SEARCH"),
            citations=({"groundingMetadata": metadata},),
        )

    def _corpus(self, _given: Json) -> Hosted:
        found = {"uri": _SOURCE, "title": _SITE, "text": _PASSAGE}
        metadata = {"retrievalQueries": [self._query], "groundingChunks": [{"retrievedContext": found}]}
        return Hosted(name="retrieval", blocks=(), citations=({"groundingMetadata": metadata},))

    def _servers(self, _given: Json) -> Hosted:
        # no part and no key tells of them; what they give is counted as what any tool gives
        return Hosted(name="mcp_servers", blocks=(), citations=({},))

    def _computer(self, given: Json) -> Hosted:
        excluded = many(given, "excludedPredefinedFunctions")
        names = _ACTIONS[self._three]
        name = next((one for one in names if one not in excluded), names[0])
        args: dict[str, Json] = {"url": _SOURCE} if name == "navigate" else {}
        if self._three:
            args["intent"] = f"Do as asked: {self._query}"
        return Hosted(name="computer_use", blocks=(ToolCall(name, args),), ends=True)


def _part(said: int = 0, /, **payload: Json) -> Opaque:
    return Opaque(protocol="google-genai", payload=payload, tokens=said)
