"""Tools of OpenAI's own that an answer uses: the items they come as, and the text behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from features.asks import AZURE_RESPONSES, HELLO, MODELS, RESPONSES, SCHEMA, Ask, hello
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
            ask=Ask(column=column, body=hello(column) | body, model=model or MODELS[column]),
            check=check,
            refused=refused,
        )
        for column in _BOTH
    }
    return Row(group="OpenAI's own tools", name=name, cells=dict(cells))


def _turns(
    name: str, check: Callable[[Seen], None], *items: dict[str, Any], text: str = HELLO, **body: Any
) -> Row:
    """Return a row whose input goes on behind a message."""
    said = {"role": "user", "content": text}
    return _row(name, check, **body, input=[said, *items])


_SEARCH = {"type": "web_search"}
_INTERPRETER = {"type": "code_interpreter", "container": {"type": "auto"}}
_SERVER = {"type": "mcp", "server_label": "wiki", "server_url": "https://example.com/mcp"}
_ASKED = {
    "type": "mcp_approval_request",
    "id": "mcpr_1",
    "server_label": "wiki",
    "name": "search",
    "arguments": "{}",
}
_ALLOWED = {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True}
_LIST = {"type": "mcp_list_tools", "id": "mcpl_1", "server_label": "wiki", "tools": []}
_COMMAND = {"type": "shell_call", "call_id": "call_1", "action": {"commands": ["echo hello"]}}
_PRINTED = {
    "type": "shell_call_output",
    "call_id": "call_1",
    "output": [{"stdout": "hello\n", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}],
}
_LATER = {"type": "function", "name": "weather", "parameters": SCHEMA, "defer_loading": True}
_SPACE = {
    "type": "namespace",
    "name": "crm",
    "description": "Customers.",
    "tools": [_LATER | {"defer_loading": False}],
}
_PROGRAMMED = {
    "type": "function",
    "name": "weather",
    "parameters": SCHEMA,
    "allowed_callers": ["programmatic"],
}
_PROGRAM = {
    "type": "program",
    "call_id": "call_1",
    "code": "text(await tools.weather());",
    "fingerprint": "",
}
_CALLED = {
    "type": "function_call",
    "call_id": "call_2",
    "caller": {"type": "program", "caller_id": "call_1"},
    "name": "weather",
    "arguments": "{}",
}
_COUNTED = {"type": "function_call_output", "call_id": "call_2", "output": '{"sunny": true}'}

ROWS: tuple[Row, ...] = (
    _row("`web_search`: a search, and a text that cites its source", _searched, tools=[_SEARCH], include=["web_search_call.action.sources"]),
    _row("`file_search`: a search, and a text that cites the file; results by `include`", _items("file_search_call", "message"), tools=[{"type": "file_search", "vector_store_ids": ["vs_1"]}], include=["file_search_call.results"]),
    _row("`code_interpreter`: its code in pieces; outputs by `include`", _items("code_interpreter_call", "message"), tools=[_INTERPRETER], include=["code_interpreter_call.outputs"]),
    _row("`image_generation`: a picture of one pixel, `partial_images` before it", _items("image_generation_call", "message"), tools=[{"type": "image_generation", "partial_images": 1}]),
    _row("`mcp`: the server's tools, and a request for approval that ends the answer", _items("mcp_list_tools", "mcp_approval_request"), tools=[_SERVER]),
    _turns("`mcp`: a call that was approved", _items("mcp_call", "message"), _LIST, _ASKED, _ALLOWED, tools=[_SERVER]),
    _row("`mcp`: a call that needs no approval", _items("mcp_list_tools", "mcp_call", "message"), tools=[_SERVER | {"require_approval": "never"}]),
    _row("`computer`, `computer_use_preview`: a screenshot is asked for", _items("computer_call"), tools=[{"type": "computer"}]),
    _row("`shell`: a command, for the client to run", _items("shell_call"), tools=[{"type": "shell"}]),
    _turns("the output of a command is followed by text", _items("message"), _COMMAND, _PRINTED, tools=[{"type": "shell"}]),
    _row("`shell` in a container of OpenAI's: a command and its output", _items("shell_call", "shell_call_output", "message"), tools=[{"type": "shell", "environment": {"type": "container_auto"}}]),
    _row("`apply_patch`: a new file", _items("apply_patch_call"), tools=[{"type": "apply_patch"}]),
    _row("`namespace`: a function is called in it", _items("function_call"), tools=[_SPACE]),
    _row("`tool_search`: a deferred function is looked for and called", _items("tool_search_call", "tool_search_output", "function_call"), tools=[_LATER, {"type": "tool_search"}]),
    _row("`tool_search` that the client runs", _items("tool_search_call"), tools=[{"type": "tool_search", "execution": "client", "parameters": SCHEMA}]),
    _row("`programmatic_tool_calling`: a program calls a function that programs alone may call", _items("program", "function_call"), tools=[{"type": "programmatic_tool_calling"}, _PROGRAMMED]),
    _turns("what a program told is followed by text", _items("program_output", "message"), _PROGRAM, _CALLED, _COUNTED, tools=[{"type": "programmatic_tool_calling"}, _PROGRAMMED]),
    _row("one that is demanded", _items("web_search_call", "message"), tools=[_SEARCH], tool_choice={"type": "web_search_preview"}),
    _row("`max_tool_calls`", _items("web_search_call", "message"), tools=[_SEARCH, _INTERPRETER], max_tool_calls=1),
    _row("a search or a code interpreter that is demanded of gpt-5, its mini or its nano", _said(_REFUSED), model="gpt-5-mini", tools=[_SEARCH], tool_choice="required", refused=400),
)  # fmt: skip
