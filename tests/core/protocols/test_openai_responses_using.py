"""Tools of OpenAI's own, used: items, events and their order, choices, and what they use up."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from core.protocols.responses_tools import HELLO, TOOLS, F, ask, events, kinds, names, sent
from core.protocols.test_openai_responses_socket import Talk

from mockllm_cli.memory import BoundedMemory
from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.exchange import HttpRequest
from mockllm_core.frame import frames
from mockllm_core.protocol import Incoming
from mockllm_core.protocols.openai_responses import PROTOCOL
from mockllm_core.reply import Text
from recordings.harness import stamp

SEARCH = {"type": "web_search"}


@pytest.fixture
def engine() -> Engine:
    return Engine(Settings(), BoundedMemory())


# -- a search of the web ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11"]
)
def test_a_search_comes_before_the_text_that_cites_it(engine: Engine, kind: str) -> None:
    call, message = ask(engine, tools=[{"type": kind}])["output"]
    assert call == {
        "id": call["id"],
        "type": "web_search_call",
        "status": "completed",
        "action": {"type": "search", "queries": [HELLO], "query": HELLO},
    }
    assert call["id"].startswith("ws_")
    (part,) = message["content"]
    assert part["text"] == HELLO
    assert part["annotations"] == [
        {
            "type": "url_citation",
            "end_index": len(HELLO),
            "start_index": 0,
            "title": "Example Domain",
            "url": "https://example.com/?utm_source=openai",
        }
    ]


def test_the_events_of_a_search_are_in_order(engine: Engine) -> None:
    told = events(engine, tools=[SEARCH])
    assert names(told) == [
        "output_item.added",
        "web_search_call.in_progress",
        "web_search_call.searching",
        "web_search_call.completed",
        "output_item.done",
    ]
    assert list(told[2]["item"]) == ["id", "type", "status"]
    said = [name for name in names(told, 1) if name != "output_text.delta"]
    assert said == [
        "output_item.added",
        "content_part.added",
        "output_text.annotation.added",
        "output_text.done",
        "content_part.done",
        "output_item.done",
    ]
    annotation = next(one for one in told if one["type"].endswith("annotation.added"))
    assert (annotation["annotation_index"], annotation["content_index"]) == (0, 0)


def test_sources_are_told_where_they_are_asked_for(engine: Engine) -> None:
    action = ask(engine, tools=[SEARCH], include=["web_search_call.action.sources"])["output"][0]["action"]
    assert list(action) == ["type", "queries", "query", "sources"]
    assert action["sources"] == [{"type": "url", "url": "https://example.com/"}]


@pytest.mark.parametrize(
    ("filters", "url"),
    [
        ({"allowed_domains": ["openai.com", "x.org"]}, "https://openai.com/"),
        ({"blocked_domains": ["example.com"]}, "https://example.org/"),
        (None, "https://example.com/"),
    ],
)
def test_the_page_is_one_that_may_be_found(engine: Engine, filters: Any, url: str) -> None:
    told = ask(engine, tools=[{**SEARCH, "filters": filters}], include=["web_search_call.action.sources"])
    assert told["output"][0]["action"]["sources"][0]["url"] == url


def test_a_long_text_is_searched_for_in_part(engine: Engine) -> None:
    told = ask(engine, tools=[SEARCH], input="word " * 999)
    assert len(told["output"][0]["action"]["query"]) == 200
    assert told["output"][1]["content"][0]["text"] == "word " * 999


def test_a_citation_lies_within_what_is_left_of_a_text(engine: Engine) -> None:
    # the query takes 50 tokens of the answer's
    told = ask(engine, tools=[SEARCH], input="word " * 999, max_output_tokens=66)
    (part,) = told["output"][1]["content"]
    assert (told["status"], told["usage"]["output_tokens"]) == ("incomplete", 66)
    assert part["annotations"][0]["end_index"] == len(part["text"]) == 64
    told = ask(engine, tools=[SEARCH], input="word " * 999, max_output_tokens=50)
    (part,) = told["output"][1]["content"]
    assert (part["text"], part["annotations"]) == ("", [])


def test_what_is_cited_has_log_probabilities_too(engine: Engine) -> None:
    (part,) = ask(engine, tools=[SEARCH], include=["message.output_text.logprobs"])["output"][1]["content"]
    assert "".join(token["token"] for token in part["logprobs"]) == HELLO
    assert part["annotations"]


# -- choices ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "choice",
    [
        "auto",
        "required",
        {"type": "web_search"},
        {"type": "web_search_preview"},
        {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "web_search"}]},
        {"type": "allowed_tools", "mode": "required", "tools": [{"type": "web_search"}]},
    ],
)
def test_a_search_may_be_demanded(engine: Engine, choice: Any) -> None:
    told = ask(engine, tools=[SEARCH], tool_choice=choice)
    assert kinds(told) == ["web_search_call", "message"]
    assert told["tool_choice"] == choice


@pytest.mark.parametrize(
    "choice",
    ["none", {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]}],
)
def test_what_is_not_allowed_is_not_used(engine: Engine, choice: Any) -> None:
    assert "web_search_call" not in kinds(ask(engine, tools=[SEARCH, F], tool_choice=choice))


def test_functions_come_first_unless_another_is_demanded(engine: Engine) -> None:
    assert kinds(ask(engine, tools=[SEARCH, F])) == ["function_call"]
    assert kinds(ask(engine, tools=[SEARCH, F], tool_choice={"type": "web_search"})) == [
        "web_search_call",
        "message",
    ]


def test_after_a_functions_output_the_search_comes_before_the_text(engine: Engine) -> None:
    first = ask(engine, tools=[SEARCH, F])
    (call,) = first["output"]
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "42"}
    told = ask(engine, tools=[SEARCH, F], input=[output], previous_response_id=first["id"])
    assert kinds(told) == ["web_search_call", "message"]


REFUSED = (
    "Tool choices other than 'auto' are not supported with model 'gpt-5-mini' and the following tool types: "
)


@pytest.mark.parametrize(
    ("choice", "tools", "listed"),
    [
        ("required", [SEARCH], "'web_search'"),
        ({"type": "web_search"}, [{"type": "web_search_preview"}], "'web_search_preview'"),
        (
            {"type": "code_interpreter"},
            [SEARCH, F, {"type": "code_interpreter", "container": {"type": "auto"}}],
            "'code_interpreter', 'web_search'",
        ),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "file_search"}]},
            [{"type": "file_search", "vector_store_ids": ["vs"]}],
            "'file_search'",
        ),
    ],
)
def test_gpt_5_lets_nobody_demand_a_search(
    engine: Engine, choice: Any, tools: list[Any], listed: str
) -> None:
    """openai/openai-python 2537."""
    told = ask(engine, model="gpt-5-mini", tools=tools, tool_choice=choice)
    assert told["error"] == {
        "message": f"{REFUSED}{listed}.",
        "type": "invalid_request_error",
        "param": "tool_choice",
        "code": None,
    }


@pytest.mark.parametrize("model", ["gpt-5.5", "gpt-4.1", "o4-mini", "gpt-5-pro"])
def test_other_models_do(engine: Engine, model: str) -> None:
    assert kinds(ask(engine, model=model, tools=[SEARCH], tool_choice="required"))[-1] == "message"


def test_no_more_are_used_than_may_be(engine: Engine) -> None:
    tools = [SEARCH, {"type": "web_search_preview"}]
    assert kinds(ask(engine, tools=tools)).count("web_search_call") == 2
    assert kinds(ask(engine, tools=tools, max_tool_calls=1)).count("web_search_call") == 1


# -- what is used up ----------------------------------------------------------------------------------------------------


def test_a_search_counts_in_the_end(engine: Engine) -> None:
    told = events(engine, tools=[SEARCH])
    counts = [
        one["response"]["tool_usage"]["web_search"]["num_requests"] for one in told if "response" in one
    ]
    assert counts == [0, 0, 1]
    plain = ask(engine)
    # the query counts as what it is long, in tokens of four characters
    told = ask(engine, tools=[SEARCH])
    assert told["usage"]["output_tokens"] == plain["usage"]["output_tokens"] + 7


# -- the answer is kept, sent back, and read back -------------------------------------------------------------------------


def test_items_may_be_sent_back(engine: Engine) -> None:
    first = ask(engine, tools=[SEARCH])
    history = [{"role": "user", "content": HELLO}, *first["output"], {"role": "user", "content": "And now?"}]
    told = ask(engine, tools=[SEARCH], input=history)
    assert told["output"][1]["content"][0]["text"] == "And now?"
    told = ask(engine, tools=[SEARCH], input="And now?", previous_response_id=first["id"])
    assert told["output"][0]["action"]["query"] == "And now?"


def test_a_kept_answer_has_them(engine: Engine) -> None:
    first = ask(engine, tools=[SEARCH])
    request = HttpRequest(method="GET", path=f"/v1/responses/{first['id']}")
    assert json.loads(engine.answer(request, now=FIXED_NOW).body or b"") == first


@pytest.mark.parametrize("case", TOOLS)
def test_what_runs_in_the_background_has_them(engine: Engine, case: str) -> None:
    tools, items = TOOLS[case]
    begun = ask(engine, tools=tools, background=True)
    request = HttpRequest(method="GET", path=f"/v1/responses/{begun['id']}")
    looks = [json.loads(engine.answer(request, now=FIXED_NOW).body or b"") for _ in range(2)]
    assert [look["status"] for look in looks] == ["in_progress", "completed"]
    assert kinds(looks[1]) == items.split()


@pytest.mark.parametrize("case", TOOLS)
def test_a_socket_has_them(case: str) -> None:
    tools, items = TOOLS[case]
    talk = Talk()
    told = talk.say(input=HELLO, tools=tools, model="my-model", store=False)[-1]["response"]
    assert kinds(told) == items.split()
    # and the lane remembers what was said, though nothing is stored
    if items.endswith("message"):
        then = talk.say(input="And now?", model="my-model", store=False, previous_response_id=told["id"])
        assert kinds(then[-1]["response"]) == ["message"]


def test_the_reader_finds_the_sources(engine: Engine) -> None:
    turn = PROTOCOL.read_whole(sent(engine, tools=[SEARCH]).body or b"", [])
    (text,) = [block for block in turn.blocks if isinstance(block, Text)]
    assert (text.text, text.citations[0]["type"]) == (HELLO, "url_citation")


# -- laws of all of them ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", TOOLS)
def test_a_stream_ends_in_the_whole_answer(engine: Engine, case: str) -> None:
    tools, items = TOOLS[case]
    streamed, whole = events(engine, tools=tools)[-1]["response"], ask(engine, tools=tools)
    assert kinds(whole) == items.split()
    assert _blurred(streamed["output"]) == _blurred(whole["output"])
    assert streamed["usage"] == whole["usage"]
    assert streamed["tool_usage"] == whole["tool_usage"]


def _blurred(output: Any) -> Any:
    text = json.dumps(output)
    return re.sub(r'"(\w+)_[0-9A-Za-z]{24,}"|"(gAAA)[-\w]+=*"', r'"\1\2"', text)


@pytest.mark.parametrize("case", TOOLS)
@pytest.mark.parametrize("options", [None, {"include_obfuscation": False}])
def test_what_is_read_is_spelled_again(engine: Engine, case: str, options: Any) -> None:
    body = {"model": "my-model", "input": HELLO, "tools": TOOLS[case][0], "stream": True}
    if options:
        body["stream_options"] = options
    request = HttpRequest(method="POST", path="/v1/responses", body=json.dumps(body).encode())
    wire = b"".join(frame.wire for frame in frames(engine.answer(request, now=FIXED_NOW).steps))
    reader = PROTOCOL.reader("")
    reader.feed(wire)
    turn = reader.finish()
    call = PROTOCOL.parse(Incoming(http=request, params={}, body=body), PROTOCOL.endpoints[0])
    again = b"".join(frame.wire for frame in PROTOCOL.stream(turn, call, stamp()))
    assert _without_chance(again) == _without_chance(wire)
    assert b'"obfuscation"' in wire if _has_deltas(wire) and not options else b'"obfuscation"' not in wire


def _has_deltas(wire: bytes) -> bool:
    return b'.delta\ndata: {"type":"response.' in wire.replace(b"shell_call_output_content.delta", b"")


def _without_chance(wire: bytes) -> bytes:
    wire = re.sub(rb'"((?!call_)[a-z]+_)[0-9a-f]{48,50}"', rb'"\1"', wire)
    wire = re.sub(rb'"(created_at|completed_at)":\d+', rb'"\1":0', wire)
    return re.sub(rb'"obfuscation":"(\w*)"', lambda found: b'"%d"' % len(found[1]), wire)


@pytest.mark.parametrize("case", TOOLS)
def test_each_answer_has_ids_of_its_own(case: str) -> None:
    first, second = (
        sent(Engine(Settings(seed=seed)), tools=TOOLS[case][0]).body or b"" for seed in ("1", "2")
    )
    found = re.findall(rb'"(?:call|cntr|[a-z]+)_[0-9A-Za-z]{24,}"', first)
    assert found
    assert not set(found) & set(re.findall(rb'"(?:call|cntr|[a-z]+)_[0-9A-Za-z]{24,}"', second))


@pytest.mark.parametrize("case", TOOLS)
def test_azure_uses_them_too(engine: Engine, case: str) -> None:
    body = json.dumps({"model": "my-model", "input": HELLO, "tools": TOOLS[case][0]}).encode()
    request = HttpRequest(method="POST", path="/openai/v1/responses", body=body)
    told = json.loads(engine.answer(request, now=FIXED_NOW).body or b"")
    assert kinds(told) == TOOLS[case][1].split()
    assert "tool_usage" not in told


@pytest.mark.parametrize("case", TOOLS)
def test_none_is_used_that_may_not_be(engine: Engine, case: str) -> None:
    used = kinds(ask(engine, tools=TOOLS[case][0], tool_choice="none"))
    # a server's tools are listed all the same: that is nothing that the model does
    assert [kind for kind in used if kind != "mcp_list_tools"] == ["message"]
