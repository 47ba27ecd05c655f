"""Tools of OpenAI's own that an answer uses: the items they come as, and the text behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from features.asks import AZURE_RESPONSES, HELLO, MODELS, RESPONSES, Ask, hello
from features.cells import Cell, Row

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.seen import Seen

_BOTH = (RESPONSES, AZURE_RESPONSES)
_REFUSED = (
    "Tool choices other than 'auto' are not supported with model 'gpt-5-mini' and the following tool types:"
)


def _output(seen: Seen) -> list[Any]:
    return list(seen.body.get("response", seen.body)["output"])


def _items(*kinds: str) -> Callable[[Seen], None]:
    """Return a check of the items' kinds; a message says what the user said."""

    def check(seen: Seen) -> None:
        assert [item["type"] for item in _output(seen)] == list(kinds)
        if "message" in kinds:
            assert seen.text() == HELLO

    return check


def _searched(seen: Seen) -> None:
    _items("web_search_call", "message")(seen)
    call, message = _output(seen)
    assert call["action"]["query"] == HELLO
    assert call["action"]["sources"] == [{"type": "url", "url": "https://example.com/"}]
    (annotation,) = message["content"][0]["annotations"]
    assert (annotation["type"], annotation["end_index"]) == ("url_citation", len(HELLO))
    response = seen.body.get("response", seen.body)
    if seen.column == RESPONSES:
        assert response["tool_usage"]["web_search"] == {"num_requests": 1}


def _said(sentence: str) -> Callable[[Seen], None]:
    def check(seen: Seen) -> None:
        assert seen.body["error"]["message"].startswith(sentence)

    return check


def _row(name: str, check: Callable[[Seen], None], *, model: str = "", refused: int = 0, **body: Any) -> Row:
    cells = {
        column: Cell(
            ask=Ask(column=column, body=hello(column, **body), model=model or MODELS[column]),
            check=check,
            refused=refused,
        )
        for column in _BOTH
    }
    return Row(group="OpenAI's own tools", name=name, cells=dict(cells))


_SEARCH = {"type": "web_search"}

ROWS: tuple[Row, ...] = (
    _row("`web_search`: a search, and a text that cites its source", _searched, tools=[_SEARCH], include=["web_search_call.action.sources"]),
    _row("one that is demanded", _items("web_search_call", "message"), tools=[_SEARCH], tool_choice={"type": "web_search_preview"}),
    _row("a search or a code interpreter that is demanded of gpt-5, its mini or its nano", _said(_REFUSED), model="gpt-5-mini", tools=[_SEARCH], tool_choice="required", refused=400),
)  # fmt: skip
