"""Tools that Claude's provider runs: each is used once, before the text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from features.asks import HELLO, INVOKE, MESSAGES, SCHEMA, VERTEX, Ask, hello
from features.cells import Cell, Row

from mockllm_core.protocols.anthropic_messages import opaque
from mockllm_core.reply import Opaque, Text, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.seen import Seen

SEARCH = {"type": "web_search_20250305", "name": "web_search"}
NEWER = {"type": "web_search_20260318", "name": "web_search"}
FETCH = {"type": "web_fetch_20250910", "name": "web_fetch"}
NEWER_FETCH = {"type": "web_fetch_20260318", "name": "web_fetch"}
RUNS = {"type": "code_execution_20260120", "name": "code_execution"}
PYTHON = {"type": "code_execution_20250522", "name": "code_execution"}
FINDS = {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}
RANKS = {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}
DEFERRED = {"name": "weather", "input_schema": SCHEMA, "defer_loading": True}
WIKI = {"type": "url", "name": "wiki", "url": "https://example.com/mcp"}
TOOLSET = {"type": "mcp_toolset", "mcp_server_name": "wiki"}
MCP, OLD_MCP = ({"anthropic-beta": f"mcp-client-2025-{date}"} for date in ("11-20", "04-04"))
ADVISES = {"type": "advisor_20260301", "name": "advisor", "model": "claude-opus-4-8"}
USE, LATER = "server_tool_use", "claude-sonnet-5"
ADDRESS = "https://go.dev/blog/"
BY_CODE = [RUNS, {"name": "weather", "input_schema": SCHEMA, "allowed_callers": ["code_execution_20260120"]}]


def _rows(name: str, body: Callable[[str], dict[str, Any]], check: Callable[[Seen], None], columns: tuple[str, ...] = (MESSAGES,), **more: Any) -> Row:  # fmt: skip
    cells = {one: Cell(ask=Ask(column=one, body=body(one), **more), check=check) for one in columns}
    return Row(group="Anthropic", name=name, cells=dict(cells))


def _offers(tool: dict[str, Any], text: str = HELLO, **more: Any) -> Callable[[str], dict[str, Any]]:
    return lambda column: hello(column, text, tools=[tool], **more)


def used(*kinds: str, cites: str = "", says: str | None = HELLO) -> Callable[[Seen], None]:
    """Return a check: these blocks, then a text with one source of that type, or none."""

    def check(seen: Seen) -> None:
        *run, said = seen.turn.blocks
        blocks = [opaque.complete(block) for block in run if isinstance(block, Opaque)]
        assert [block["type"] for block in blocks] == list(kinds)
        calls = {block["id"] for block in blocks if "id" in block}
        assert {block["tool_use_id"] for block in blocks if "id" not in block} == calls
        assert {block["caller"]["tool_id"] for block in blocks if "caller" in block} <= {blocks[0]["id"]}
        assert isinstance(said, Text)
        assert says is None or said.text == says
        assert [one["type"] for one in said.citations] == [cites] * bool(cites)

    return check


def _found(seen: Seen) -> None:
    use, found, call = seen.turn.blocks
    assert isinstance(use, Opaque)
    assert isinstance(found, Opaque)
    assert isinstance(call, ToolCall)
    (reference,) = opaque.complete(found)["content"]["tool_references"]
    assert reference == {"type": "tool_reference", "tool_name": call.name}
    assert seen.turn.finish.reason == "tool_call"


def _called_by_code(seen: Seen) -> None:
    code, call = seen.turn.blocks
    assert isinstance(code, Opaque)
    assert isinstance(call, ToolCall)
    held = opaque.complete(code)
    assert (held["name"], call.name) == ("code_execution", "weather")
    assert "await weather(" in held["input"]["code"]
    assert seen.turn.facts["callers"] == {"1": {"type": "code_execution_20260120", "tool_id": held["id"]}}
    assert seen.turn.finish.reason == "tool_call"


def _advised(seen: Seen) -> None:
    used(USE, "advisor_tool_result")(seen)
    first, advice, last = seen.turn.facts["iterations"]
    assert (first["type"], advice["type"], last["type"]) == ("message", "advisor_message", "message")
    assert first["input_tokens"] + last["input_tokens"] == seen.turn.usage.input_tokens
    assert first["output_tokens"] + last["output_tokens"] == seen.turn.usage.output_tokens
    assert advice["model"] == ADVISES["model"]


def _paused(seen: Seen) -> None:
    (use,) = seen.turn.blocks
    assert isinstance(use, Opaque)
    assert opaque.kind(use) == USE
    assert "'pause_turn'" in str(seen.parts)


def _goes_on(seen: Seen) -> None:
    found, said = seen.turn.blocks
    assert isinstance(found, Opaque)
    assert opaque.complete(found)["tool_use_id"] == _CALLED["id"]
    assert isinstance(said, Text)
    assert "'end_turn'" in str(seen.parts)


def _acts(member: str, toolset: str) -> Callable[[Seen], None]:
    def check(seen: Seen) -> None:
        (call,) = seen.turn.blocks
        assert isinstance(call, ToolCall)
        assert (call.name, seen.turn.finish.reason) == (member, "tool_call")
        assert seen.turn.facts["toolsets"] == {"0": toolset}

    return check


_CALLED = {
    "type": USE,
    "id": "srvtoolu_01S5swZdBmTzLDVzwcT5LbHp",
    "name": "web_search",
    "input": {"query": "x"},
}
_HANDED = [{"role": "user", "content": HELLO}, {"role": "assistant", "content": [_CALLED]}]


def _searching(tool: dict[str, Any], **more: Any) -> Callable[[str], dict[str, Any]]:
    return lambda column: hello(column, tools=[tool, DEFERRED], **more)


def _contained(check: Callable[[Seen], None]) -> Callable[[Seen], None]:
    def both(seen: Seen) -> None:
        check(seen)
        assert seen.turn.facts["container"]["id"].startswith("container_01")

    return both


_CLAUDES = (MESSAGES, VERTEX, INVOKE)
_FOUND = ("web_search_tool_result", "web_search_result_location")
_CODE = "code_execution_tool_result"
_FORM = {"format": {"type": "json_schema", "schema": SCHEMA}}
_BY_CODE = (USE, USE, "web_search_tool_result", _CODE)

CLAUDES = (
    _rows("`web_search`: used before the text, which names its source", _offers(SEARCH), used(USE, *_FOUND[:1], cites=_FOUND[1]), (MESSAGES, VERTEX)),
    _rows("`web_search`, demanded", _offers(SEARCH, tool_choice={"type": "tool", "name": "web_search"}), used(USE, *_FOUND[:1], cites=_FOUND[1]), (MESSAGES, VERTEX)),
    _rows("`web_search` beside a form of answers: used and not cited", _offers(SEARCH, output_config=_FORM), used(USE, *_FOUND[:1], says=None)),
    _rows("`web_search` of 2026: called by code that runs in a container", _offers(NEWER), used(*_BY_CODE, cites=_FOUND[1]), model=LATER),
    _rows("`code_execution`: a command, in a container that the answer names", _offers(RUNS), _contained(used(USE, "bash_code_execution_tool_result"))),
    _rows("`code_execution` of May 2025: Python", _offers(PYTHON), _contained(used(USE, _CODE))),
    _rows("`code_execution`, demanded", _offers(RUNS, tool_choice={"type": "any"}), _contained(used(USE, "bash_code_execution_tool_result"))),
    _rows("`allowed_callers`: code that calls a function", lambda one: hello(one, tools=BY_CODE), _contained(_called_by_code), model=LATER),
    _rows("`web_search` of 2026 with direct calls alone", _offers(NEWER | {"allowed_callers": ["direct"]}), used(USE, *_FOUND[:1], cites=_FOUND[1]), model=LATER),
    _rows("`defer_loading`: a call behind the `tool_search_tool_bm25` that finds it", _searching(RANKS), _found, _CLAUDES),
    _rows("`defer_loading`: a call behind the `tool_search_tool_regex` that finds it", _searching(FINDS), _found, _CLAUDES),
    _rows("a tool search, demanded", _searching(RANKS, tool_choice={"type": "tool", "name": RANKS["name"]}), used(USE, "tool_search_tool_result"), _CLAUDES),
    _rows("`computer_toolset`: a member is called, and its toolset told", _offers({"type": "computer_toolset_20260801"}), _acts("screenshot", "computer"), (MESSAGES, VERTEX), model=LATER),
    _rows("`browser_toolset`: a member is called, and its toolset told", _offers({"type": "browser_toolset_20260801"}), _acts("list_tabs", "browser"), (MESSAGES, VERTEX), model=LATER),
    _rows("`mcp_toolset`: a tool of an MCP server, used", _offers(TOOLSET, mcp_servers=[WIKI]), used("mcp_tool_use", "mcp_tool_result"), headers=MCP),
    _rows("`mcp_toolset`, demanded", _offers(TOOLSET, mcp_servers=[WIKI], tool_choice={"type": "any"}), used("mcp_tool_use", "mcp_tool_result"), headers=MCP),
    _rows("`mcp_servers` of the older beta", lambda one: hello(one, mcp_servers=[WIKI]), used("mcp_tool_use", "mcp_tool_result"), headers=OLD_MCP),
    _rows("`advisor`: asked once, and told in `iterations`", _offers(ADVISES), _advised, model=LATER),
    _rows("`stop_reason: pause_turn`: a search that is still to be made", _offers(SEARCH), _paused, (MESSAGES, VERTEX), model="mock-finish-pause_turn"),
    _rows("`stop_reason: pause_turn`, handed back: the turn goes on with what was found", _offers(SEARCH, messages=_HANDED), _goes_on, (MESSAGES, VERTEX), model="mock-finish-pause_turn"),
    _rows("`web_fetch`: of the first address in the user's text", _offers(FETCH, f"{HELLO} {ADDRESS}"), used(USE, "web_fetch_tool_result", says=f"{HELLO} {ADDRESS}")),
    _rows("`web_fetch` with `citations`", _offers(FETCH | {"citations": {"enabled": True}}), used(USE, "web_fetch_tool_result", cites="char_location")),
    _rows("`web_fetch` of 2026: called by code that runs in a container", _offers(NEWER_FETCH), used(USE, USE, "web_fetch_tool_result", _CODE), model=LATER),
)  # fmt: skip
