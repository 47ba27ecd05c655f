"""Tools that Google runs: each is used once, before the text or beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from features.asks import GEMINI, HELLO, Ask, hello
from features.cells import Cell, Row

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.seen import Seen

THREE, COMPUTER = "gemini-3.5-flash", "gemini-2.5-computer-use-preview-10-2025"
SEARCH: Any
CODE: Any
PAGE: Any
SEARCH, CODE, PAGE = {"googleSearch": {}}, {"codeExecution": {}}, {"urlContext": {}}
MAPS = {"googleMaps": {"enableWidget": True}}
FILES = {"fileSearch": {"fileSearchStoreNames": ["fileSearchStores/papers"]}}
SERVERS = {"mcpServers": [{"name": "wiki", "streamableHttpTransport": {"url": "https://example.com/mcp"}}]}
SCREEN = {"computerUse": {"environment": "ENVIRONMENT_BROWSER"}}
SHOWN: Any = {"toolConfig": {"includeServerSideToolInvocations": True}}
ADDRESS = "https://go.dev/blog/"
_PLACE = "/v1/projects/p/locations/global/publishers/google/models/{model}"


def _row(name: str, tools: list[Any], check: Callable[[Seen], None], text: str = HELLO, *, model: str = "", path: str = "", streams: bool = True, whole: bool = True, **more: Any) -> Row:  # fmt: skip
    asked = Ask(column=GEMINI, body=hello(GEMINI, text, tools=tools, **more), model=model, path=path)
    return Row(
        group="Gemini",
        name=name,
        cells={GEMINI: Cell(ask=asked, check=check, streams=streams, whole=whole)},
    )


def _parts(seen: Seen) -> list[Any]:
    return [part for one in seen.parts for part in one["candidates"][0]["content"]["parts"]]


def grounded(kind: str, text: str = HELLO) -> Callable[[Seen], None]:
    """Return a check: the text as it came, and one source of that kind for all of it."""

    def check(seen: Seen) -> None:
        assert seen.text() == text
        metadata = seen.body["candidates"][0]["groundingMetadata"]
        ((found,),) = [one.keys() for one in metadata["groundingChunks"]]
        assert found == kind
        (support,) = metadata["groundingSupports"]
        assert support["segment"] == {"endIndex": len(text.encode()), "text": text}
        assert seen.body["usageMetadata"]["toolUsePromptTokenCount"] == 100

    return check


def _fetched(seen: Seen) -> None:
    grounded("web", f"{HELLO} {ADDRESS}")(seen)
    (first,) = (one["candidates"][0] for one in seen.parts if "urlContextMetadata" in one["candidates"][0])
    assert first["urlContextMetadata"]["urlMetadata"][0]["retrievedUrl"] == ADDRESS


def _ran(seen: Seen) -> None:
    assert seen.text() == HELLO
    code, result, *_ = _parts(seen)
    assert code["executableCode"]["language"] == "PYTHON"
    assert result["codeExecutionResult"]["outcome"] == "OUTCOME_OK"
    assert code["executableCode"].get("id") == result["codeExecutionResult"].get("id")


def shown(kind: str) -> Callable[[Seen], None]:
    def check(seen: Seen) -> None:
        call, result, *_ = _parts(seen)
        assert call["toolCall"]["toolType"] == result["toolResponse"]["toolType"] == kind
        assert call["toolCall"]["id"] == result["toolResponse"]["id"]
        assert seen.text() == HELLO

    return check


def _counted(seen: Seen) -> None:
    assert seen.text() == HELLO
    assert seen.body["usageMetadata"]["toolUsePromptTokenCount"] == 100


def _clicks(seen: Seen) -> None:
    assert [part["functionCall"]["name"] for part in _parts(seen)] == ["open_web_browser"]


GROUNDED = (
    _row("`googleSearch`: the text's source in `groundingMetadata`", [SEARCH], grounded("web")),
    _row("`googleSearch` on Gemini 3", [SEARCH], grounded("web"), model=THREE),
    _row("`googleSearch` on Vertex AI", [SEARCH], grounded("web"), path=f"{_PLACE}:streamGenerateContent?alt=sse", whole=False),
    _row("`googleSearchRetrieval` of Gemini 1.5", [{"googleSearchRetrieval": {}}], grounded("web"), model="gemini-1.5-flash"),
    _row("`urlContext`: of the first address in the user's text", [PAGE], _fetched, f"{HELLO} {ADDRESS}"),
    _row("`codeExecution`: code and what came of it before the text", [CODE], _ran),
    _row("`codeExecution` on Gemini 3", [CODE], _ran, model=THREE),
    _row("`googleMaps`", [MAPS], grounded("maps")),
    _row("`fileSearch`", [FILES], grounded("retrievedContext")),
    _row("`mcpServers`: what they give is counted", [SERVERS], _counted),
    _row("`computerUse`: an action for the client, once", [SCREEN], _clicks, model=COMPUTER),
    *(
        _row(f"`includeServerSideToolInvocations`: calls and answers of `{next(iter(tool))}` shown", [tool], shown(kind), model=THREE, **SHOWN)
        for tool, kind in ((SEARCH, "GOOGLE_SEARCH_WEB"), (PAGE, "URL_CONTEXT"), (MAPS, "GOOGLE_MAPS"), (FILES, "FILE_SEARCH"))
    ),
)  # fmt: skip
