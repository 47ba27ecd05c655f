"""OpenAI's own tools one by one: what their items hold, and how a conversation goes on."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pytest
from core.protocols.responses_tools import (
    HELLO,
    LATER,
    PROGRAMMED,
    SCHEMA,
    SERVER,
    F,
    ask,
    events,
    kinds,
    names,
    sent,
)

from mockllm_cli.memory import BoundedMemory
from mockllm_core.engine import Engine, Settings
from mockllm_core.protocols.openai_responses.seal import genuine


@pytest.fixture
def engine() -> Engine:
    return Engine(Settings(), BoundedMemory())


# -- files ------------------------------------------------------------------------------------------------------------


STORES = [{"type": "file_search", "vector_store_ids": ["vs_1", "vs_2"]}]


def test_a_search_of_files_tells_its_results_where_they_are_asked_for(engine: Engine) -> None:
    call, message = ask(engine, tools=STORES)["output"]
    assert list(call) == ["id", "type", "status", "queries", "results"]
    assert (call["queries"], call["results"]) == ([HELLO], None)
    (annotation,) = message["content"][0]["annotations"]
    assert list(annotation) == ["type", "file_id", "filename", "index"]
    assert (annotation["type"], annotation["index"]) == ("file_citation", len(HELLO) - 1)
    (result,) = ask(engine, tools=STORES, include=["file_search_call.results"])["output"][0]["results"]
    assert list(result) == ["attributes", "file_id", "filename", "score", "text", "vector_store_id"]
    assert result["vector_store_id"] == "vs_1"
    assert result["file_id"] == annotation["file_id"]


def test_the_events_of_a_search_of_files(engine: Engine) -> None:
    told = events(engine, tools=STORES)
    steps = [f"file_search_call.{step}" for step in ("in_progress", "searching", "completed")]
    assert names(told) == ["output_item.added", *steps, "output_item.done"]
    assert told[2]["item"]["queries"] == []


# -- code -------------------------------------------------------------------------------------------------------------


def interpreter(container: Any) -> list[Any]:
    return [{"type": "code_interpreter", "container": container}]


def test_code_is_python_that_comes_in_pieces(engine: Engine) -> None:
    told = events(engine, tools=interpreter({"type": "auto"}))
    done = next(one for one in told if one["type"].endswith("code_interpreter_call_code.done"))
    pieces = [one["delta"] for one in told if one["type"].endswith("code_interpreter_call_code.delta")]
    assert "".join(pieces) == done["code"] == f"print({HELLO!r})\n"
    assert len(pieces) > 3
    compile(done["code"], "code", "exec")
    assert [name for name in names(told) if not name.endswith(".delta")] == [
        "output_item.added",
        "code_interpreter_call.in_progress",
        "code_interpreter_call_code.done",
        "code_interpreter_call.interpreting",
        "code_interpreter_call.completed",
        "output_item.done",
    ]


def test_its_outputs_are_told_where_they_are_asked_for(engine: Engine) -> None:
    tools = interpreter({"type": "auto"})
    assert ask(engine, tools=tools)["output"][0]["outputs"] is None
    shown = ask(engine, tools=tools, include=["code_interpreter_call.outputs"])["output"][0]
    assert shown["outputs"] == [{"type": "logs", "logs": f"{HELLO}\n"}]


def test_it_runs_in_the_container_that_was_named_or_in_a_new_one(engine: Engine) -> None:
    assert ask(engine, tools=interpreter("cntr_1"))["output"][0]["container_id"] == "cntr_1"
    tools = interpreter({"type": "auto"}) * 2
    first, second, _ = ask(engine, tools=tools)["output"]
    assert first["container_id"] == second["container_id"]
    assert len(first["container_id"]) == len("cntr_") + 48


# -- pictures ---------------------------------------------------------------------------------------------------------


def test_a_picture_is_a_valid_one(engine: Engine) -> None:
    call, message = ask(engine, tools=[{"type": "image_generation"}])["output"]
    assert list(call) == [
        *("id", "type", "status", "action", "background", "output_format", "quality", "result"),
        *("revised_prompt", "size"),
    ]
    assert message["content"][0]["text"] == HELLO
    data = base64.b64decode(call["result"])
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    at, found = 8, []
    while at < len(data):
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + size]
        assert zlib.crc32(kind + body) == int.from_bytes(data[at + 8 + size : at + 12 + size])
        found.append(kind)
        at += 12 + size
        if kind == b"IDAT":
            assert zlib.decompress(body) == b"\0\xff\xff\xff"
    assert found == [b"IHDR", b"IDAT", b"IEND"]


@pytest.mark.parametrize(
    ("form", "begins"),
    [("webp", b"RIFF"), ("jpeg", b"\xff\xd8\xff"), ("gif", b"GIF89a"), ("svg", b"<svg ")],
)
def test_a_picture_has_the_form_that_was_asked_for(engine: Engine, form: str, begins: bytes) -> None:
    call = ask(engine, tools=[{"type": "image_generation", "output_format": form}])["output"][0]
    assert call["output_format"] == form
    assert base64.b64decode(call["result"]).startswith(begins)


@pytest.mark.parametrize("many", [0, 1, 3])
def test_partial_pictures_come_in_a_stream(engine: Engine, many: int) -> None:
    told = events(engine, tools=[{"type": "image_generation", "partial_images": many}])
    assert names(told) == [
        "output_item.added",
        "image_generation_call.in_progress",
        "image_generation_call.generating",
        *["image_generation_call.partial_image"] * many,
        "image_generation_call.completed",
        "output_item.done",
    ]
    partial = [one["partial_image_index"] for one in told if one["type"].endswith("partial_image")]
    assert partial == list(range(many))
    assert list(told[2]["item"]) == ["id", "type", "status"]


def test_a_picture_is_counted_by_its_quality(engine: Engine) -> None:
    told = ask(engine, tools=[{"type": "image_generation", "quality": "low"}, {"type": "web_search"}])
    assert told["tool_usage"] == {
        "image_gen": {
            "input_tokens": 7,
            "input_tokens_details": {"image_tokens": 0, "text_tokens": 7},
            "output_tokens": 272,
            "output_tokens_details": {"image_tokens": 272, "text_tokens": 0},
            "total_tokens": 279,
        },
        "web_search": {"num_requests": 1},
    }


def test_gpt_5_lets_a_picture_be_demanded(engine: Engine) -> None:
    """Recorded in February 2026."""
    told = ask(engine, model="gpt-5", tools=[{"type": "image_generation"}], tool_choice="required")
    assert kinds(told) == ["image_generation_call", "message"]


# -- MCP servers --------------------------------------------------------------------------------------------------------


def test_a_server_is_asked_leave_for_and_the_answer_ends(engine: Engine) -> None:
    told = ask(engine, tools=[SERVER])
    listed, request = told["output"]
    assert told["status"] == "completed"
    assert list(listed) == ["id", "type", "server_label", "tools"]
    assert list(listed["tools"][0]) == ["annotations", "description", "input_schema", "name"]
    assert request == {
        "id": request["id"],
        "type": "mcp_approval_request",
        "arguments": json.dumps({"query": HELLO}, separators=(",", ":")),
        "name": "search",
        "server_label": "wiki",
    }
    assert (listed["id"][:5], request["id"][:5]) == ("mcpl_", "mcpr_")


def approval(request: Any, *, approve: bool) -> dict[str, Any]:
    return {
        "type": "mcp_approval_response",
        "approval_request_id": request["id"],
        "approve": approve,
    }


@pytest.mark.parametrize("stored", [True, False])
def test_leave_runs_the_call_that_was_asked_for(engine: Engine, stored: bool) -> None:
    first = ask(engine, tools=[SERVER])
    answer = approval(first["output"][1], approve=True)
    if stored:
        told = ask(engine, tools=[SERVER], input=[answer], previous_response_id=first["id"])
    else:
        history = [{"role": "user", "content": HELLO}, *first["output"], answer]
        told = ask(engine, tools=[SERVER], input=history)
    call, message = told["output"]
    assert list(call) == [
        *("id", "type", "status", "approval_request_id", "arguments", "error", "name", "output"),
        "server_label",
    ]
    assert call["approval_request_id"] == first["output"][1]["id"]
    assert (call["name"], call["arguments"]) == ("search", first["output"][1]["arguments"])
    assert message["content"][0]["text"] == HELLO
    # the next turn asks again, and lists no more
    then = ask(engine, tools=[SERVER], input="More?", previous_response_id=told["id"]) if stored else None
    assert then is None or kinds(then) == ["mcp_approval_request"]


def test_a_request_for_leave_that_came_back_without_its_id_is_answered_by_none(engine: Engine) -> None:
    first = ask(engine, tools=[SERVER])
    request = {key: value for key, value in first["output"][1].items() if key != "id"}
    told = ask(engine, tools=[SERVER], input=[{"role": "user", "content": HELLO}, request])
    assert kinds(told) == ["mcp_list_tools", "mcp_approval_request"]


def test_what_is_not_allowed_is_not_run(engine: Engine) -> None:
    first = ask(engine, tools=[SERVER])
    answer = approval(first["output"][1], approve=False)
    told = ask(engine, tools=[SERVER], input=[answer], previous_response_id=first["id"])
    assert kinds(told) == ["message"]


def test_a_list_is_not_repeated_unless_it_is_lost(engine: Engine) -> None:
    """Recorded in December 2025: where the list is not sent back, it comes again."""
    first = ask(engine, tools=[SERVER])
    request = first["output"][1]
    history = [{"role": "user", "content": HELLO}, request, approval(request, approve=True)]
    assert kinds(ask(engine, tools=[SERVER], input=history)) == ["mcp_list_tools", "mcp_call", "message"]


@pytest.mark.parametrize(
    ("wanted", "asks"),
    [
        (None, True),
        ("always", True),
        ("never", False),
        ({"never": {"tool_names": ["ask"]}}, False),
        ({"never": {"tool_names": ["other"]}}, True),
        ({"always": {"tool_names": ["ask"]}}, True),
        ({"always": {"tool_names": ["other"]}}, False),
    ],
)
def test_leave_is_asked_as_the_request_says(engine: Engine, wanted: Any, asks: bool) -> None:
    server = {**SERVER, "require_approval": wanted, "allowed_tools": ["ask", "other"]}
    listed, second = ask(engine, tools=[server])["output"][:2]
    assert [tool["name"] for tool in listed["tools"]] == ["ask", "other"]
    assert second["name"] == "ask"
    assert second["type"] == ("mcp_approval_request" if asks else "mcp_call")


def test_the_tool_of_a_server_may_be_chosen(engine: Engine) -> None:
    servers = [
        {**SERVER, "require_approval": "never"},
        {**SERVER, "server_label": "b", "require_approval": "never"},
    ]
    choice = {"type": "mcp", "server_label": "b", "name": "ask_question"}
    told = ask(engine, tools=servers, tool_choice=choice)
    assert kinds(told) == ["mcp_list_tools", "mcp_list_tools", "mcp_call", "message"]
    assert (told["output"][2]["server_label"], told["output"][2]["name"]) == ("b", "ask_question")


def test_several_servers_are_asked_at_once(engine: Engine) -> None:
    told = events(engine, tools=[SERVER, {**SERVER, "server_label": "learn"}])
    lists = [(one["type"].removeprefix("response."), one["output_index"]) for one in told[2:10]]
    assert lists == [
        ("output_item.added", 0),
        ("mcp_list_tools.in_progress", 0),
        ("output_item.added", 1),
        ("mcp_list_tools.in_progress", 1),
        ("mcp_list_tools.completed", 0),
        ("mcp_list_tools.completed", 1),
        ("output_item.done", 0),
        ("output_item.done", 1),
    ]


def test_lists_come_before_all_else(engine: Engine) -> None:
    reasons = {"model": "gpt-5.5", "reasoning": {"summary": "auto"}}
    told = ask(engine, tools=[SERVER], **reasons)
    assert kinds(told) == ["mcp_list_tools", "reasoning", "mcp_approval_request"]
    assert kinds(ask(engine, tools=[SERVER, F], **reasons)) == [
        "mcp_list_tools",
        "reasoning",
        "function_call",
    ]


def test_the_events_of_a_servers_call(engine: Engine) -> None:
    told = events(engine, tools=[{**SERVER, "require_approval": "never"}])
    assert names(told) == [
        "output_item.added",
        "mcp_list_tools.in_progress",
        "mcp_list_tools.completed",
        "output_item.done",
    ]
    assert names(told, 1) == [
        "output_item.added",
        "mcp_call.in_progress",
        "mcp_call_arguments.delta",
        "mcp_call_arguments.done",
        "mcp_call.completed",
        "output_item.done",
    ]


# -- what the client runs -----------------------------------------------------------------------------------------------


PREVIEW = {"type": "computer_use_preview", "display_width": 1, "display_height": 1, "environment": "linux"}
SCREEN = {"type": "computer_screenshot", "image_url": "data:image/png;base64,AAAA"}


@pytest.mark.parametrize(
    ("tool", "output"),
    [
        ({"type": "computer"}, {"type": "computer_call_output", "output": SCREEN}),
        (PREVIEW, {"type": "computer_call_output", "output": SCREEN}),
        (
            {"type": "shell"},
            {
                "type": "shell_call_output",
                "output": [{"stdout": "hello\n", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}],
            },
        ),
        ({"type": "apply_patch"}, {"type": "apply_patch_call_output", "status": "completed"}),
    ],
)
@pytest.mark.parametrize("stored", [True, False])
def test_a_loop_ends_in_text(engine: Engine, tool: Any, output: Any, stored: bool) -> None:
    first = ask(engine, tools=[tool])
    (call,) = first["output"]
    answer = {**output, "call_id": call["call_id"]}
    if stored:
        told = ask(engine, tools=[tool], input=[answer], previous_response_id=first["id"])
    else:
        told = ask(engine, tools=[tool], input=[{"role": "user", "content": HELLO}, call, answer])
    assert kinds(told) == ["message"]
    # also where a call is demanded: an agent's loop has to end
    forced = ask(
        engine,
        tools=[tool],
        tool_choice="required",
        input=[{"role": "user", "content": HELLO}, call, answer],
    )
    assert kinds(forced) == ["message"]


def test_a_call_without_its_output_is_refused(engine: Engine) -> None:
    (call,) = ask(engine, tools=[{"type": "shell"}])["output"]
    told = json.loads(sent(engine, input=[call, {"role": "user", "content": "And?"}]).body or b"")
    assert told["error"]["message"] == f"No tool output found for shell call {call['call_id']}."


def test_a_computer_has_actions_and_its_preview_one(engine: Engine) -> None:
    (call,) = ask(engine, tools=[{"type": "computer"}])["output"]
    assert list(call) == ["id", "type", "status", "actions", "call_id", "pending_safety_checks"]
    (call,) = ask(engine, tools=[PREVIEW])["output"]
    assert call["action"] == {"type": "screenshot"}


def test_a_hosted_shell_goes_on_to_text(engine: Engine) -> None:
    tool = {"type": "shell", "environment": {"type": "container_reference", "container_id": "cntr_1"}}
    call, output, message = ask(engine, tools=[tool])["output"]
    assert call["environment"] == {"type": "container_reference", "container_id": "cntr_1"}
    assert output["call_id"] == call["call_id"]
    assert output["output"][0]["stdout"] == "hello\n"
    assert message["content"][0]["text"] == HELLO


def test_a_container_that_is_made_is_echoed_by_its_id(engine: Engine) -> None:
    environment = {"type": "container_auto", "file_ids": ["file-1"]}
    told = events(engine, tools=[{"type": "shell", "environment": environment}])
    call = told[-1]["response"]["output"][0]
    assert len(call["environment"]["container_id"]) == len("cntr_") + 48
    for one in (told[0], told[1], told[-1]):
        assert one["response"]["tools"] == [{"type": "shell", "environment": call["environment"]}]


def test_the_events_of_a_shell_and_of_a_patch(engine: Engine) -> None:
    told = names(events(engine, tools=[{"type": "shell"}]))
    assert [name for name in told if not name.endswith("delta")] == [
        "output_item.added",
        "shell_call_command.added",
        "shell_call_command.done",
        "output_item.done",
    ]
    told = names(events(engine, tools=[{"type": "apply_patch"}]))
    assert set(told) == {
        "output_item.added",
        "apply_patch_call_operation_diff.delta",
        "apply_patch_call_operation_diff.done",
        "output_item.done",
    }


# -- functions that are looked for --------------------------------------------------------------------------------------


def test_a_function_of_a_namespace_is_called_in_it(engine: Engine) -> None:
    tool = {
        "type": "namespace",
        "name": "crm",
        "description": "Customers.",
        "tools": [{**F, "parameters": SCHEMA}],
    }
    first = ask(engine, tools=[tool])
    (call,) = first["output"]
    assert list(call) == ["id", "type", "status", "arguments", "call_id", "name", "namespace"]
    assert (call["name"], call["namespace"]) == ("f", "crm")
    assert isinstance(json.loads(call["arguments"])["a"], int)
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "done"}
    assert kinds(ask(engine, tools=[tool], input=[output], previous_response_id=first["id"])) == ["message"]


def test_a_deferred_function_is_searched_for_once(engine: Engine) -> None:
    tools = [LATER, {"type": "tool_search"}]
    first = ask(engine, tools=tools)
    search, found, call = first["output"]
    assert search["arguments"] == {"paths": ["later"]}
    assert (search["call_id"], search["execution"]) == (None, "server")
    assert found["tools"][0]["name"] == "later"
    assert (call["name"], call["namespace"]) == ("later", "later")
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "done"}
    then = ask(engine, tools=tools, input=[output], previous_response_id=first["id"])
    assert kinds(then) == ["message"]
    more = ask(engine, tools=tools, input="More?", previous_response_id=then["id"])
    assert kinds(more) == ["function_call"]


def test_a_function_that_is_not_deferred_comes_first(engine: Engine) -> None:
    (call,) = ask(engine, tools=[LATER, F, {"type": "tool_search"}])["output"]
    assert (call["name"], "namespace" in call) == ("f", False)


def test_one_that_is_demanded_is_called_at_once(engine: Engine) -> None:
    choice = {"type": "function", "name": "later"}
    (call,) = ask(engine, tools=[LATER, {"type": "tool_search"}], tool_choice=choice)["output"]
    assert call["name"] == "later"


def test_without_a_search_it_is_like_any_other(engine: Engine) -> None:
    assert kinds(ask(engine, tools=[LATER])) == ["function_call"]


def test_a_function_is_no_call_that_the_cap_counts(engine: Engine) -> None:
    space = {"type": "namespace", "name": "crm", "description": "Customers.", "tools": [F]}
    told = ask(engine, tools=[{"type": "web_search"}, space], max_tool_calls=1)
    assert kinds(told) == ["web_search_call", "function_call"]
    told = ask(engine, tools=[space, {"type": "web_search"}], max_tool_calls=1)
    assert kinds(told) == ["function_call"]


def test_what_the_client_found_is_called(engine: Engine) -> None:
    tool = {"type": "tool_search", "execution": "client", "parameters": SCHEMA}
    first = ask(engine, tools=[tool])
    (search,) = first["output"]
    assert (search["execution"], search["call_id"][:5]) == ("client", "call_")
    assert isinstance(search["arguments"]["a"], int)
    found = {
        "type": "tool_search_output",
        "call_id": search["call_id"],
        "status": "completed",
        "execution": "client",
        "tools": [LATER],
    }
    then = ask(engine, tools=[tool], input=[found], previous_response_id=first["id"])
    (call,) = then["output"]
    assert (call["type"], call["name"]) == ("function_call", "later")
    nothing = ask(engine, tools=[tool], input=[{**found, "tools": []}], previous_response_id=first["id"])
    assert kinds(nothing) == ["message"]


def test_a_server_of_which_nothing_is_allowed_is_listed_alone(engine: Engine) -> None:
    listed, _ = told = ask(engine, tools=[SERVER | {"allowed_tools": []}])["output"]
    assert (listed["tools"], told[1]["type"]) == ([], "message")
    usual, _ = ask(engine, tools=[SERVER | {"allowed_tools": {"read_only": True}}])["output"]
    assert [one["name"] for one in usual["tools"]] == ["search"]


# -- functions that programs call ---------------------------------------------------------------------------------------

PROGRAMS: Any = [{"type": "programmatic_tool_calling"}, PROGRAMMED]


def test_a_program_calls_a_function(engine: Engine) -> None:
    first = ask(engine, tools=PROGRAMS)
    program, call = first["output"]
    assert list(program) == ["id", "type", "call_id", "code", "fingerprint"]
    assert program["id"].startswith("cm_")
    assert genuine(program["fingerprint"])
    assert program["code"] == (
        f"const result = await tools.stock({call['arguments']});\ntext(JSON.stringify(result));\n"
    )
    assert list(call) == ["id", "type", "status", "arguments", "call_id", "caller", "name"]
    assert call["status"] == "in_progress"
    assert call["caller"] == {"type": "program", "caller_id": program["call_id"]}
    assert isinstance(json.loads(call["arguments"])["a"], int)
    assert (first["status"], call["call_id"] == program["call_id"]) == ("completed", False)


@pytest.mark.parametrize(
    ("output", "result"),
    [
        ('{"units": 42}', '{"units":42}'),
        ("none", '"none"'),
        ([{"type": "input_text", "text": "x"}], '[{"type":"input_text","text":"x"}]'),
    ],
)
@pytest.mark.parametrize("kept", [True, False])
def test_what_a_program_told_comes_before_the_text(
    engine: Engine, output: object, result: str, kept: bool
) -> None:
    first = ask(engine, tools=PROGRAMS)
    program, call = first["output"]
    answer = {"type": "function_call_output", "call_id": call["call_id"], "output": output}
    said = {"role": "user", "content": HELLO}
    more = (
        {"input": [answer], "previous_response_id": first["id"]}
        if kept
        else {"input": [said, program, call, answer | {"caller": call["caller"]}]}
    )
    then = ask(engine, tools=PROGRAMS, **more)
    told, text = then["output"]
    assert list(told) == ["id", "type", "status", "call_id", "result"]
    assert (told["type"], told["status"], told["result"]) == ("program_output", "completed", result)
    assert told["call_id"] == program["call_id"]
    assert text["type"] == "message"
    assert [one["type"] for one in events(engine, tools=PROGRAMS, **more)][2:4] == [
        "response.output_item.added",
        "response.output_item.done",
    ]


def test_a_program_is_added_without_its_code(engine: Engine) -> None:
    told = events(engine, tools=PROGRAMS)
    added, done = (one["item"] for one in told if "item" in one and one["item"]["type"] == "program")
    assert (added["code"], added["fingerprint"] == done["fingerprint"]) == ("", False)
    assert added["call_id"] == done["call_id"]
    assert sum(one["type"].endswith("arguments.delta") for one in told) == 1


def test_a_name_that_is_no_word_is_quoted(engine: Engine) -> None:
    program, _ = ask(engine, tools=[PROGRAMS[0], PROGRAMMED | {"name": "in-stock"}])["output"]
    assert 'tools["in-stock"]({' in program["code"]


@pytest.mark.parametrize(
    ("tools", "more"),
    [
        ([PROGRAMMED], {}),
        ([PROGRAMS[0], PROGRAMMED | {"allowed_callers": ["direct", "programmatic"]}], {}),
        (PROGRAMS, {"tool_choice": {"type": "function", "name": "stock"}}),
    ],
)
def test_a_function_that_may_be_called_is_called_at_once(
    engine: Engine, tools: list[Any], more: dict[str, Any]
) -> None:
    (call,) = ask(engine, tools=tools, **more)["output"]
    assert (call["type"], "caller" in call) == ("function_call", False)


def test_without_functions_there_is_no_program(engine: Engine) -> None:
    assert kinds(ask(engine, tools=PROGRAMS[:1])) == ["message"]
    assert kinds(ask(engine, tools=[*PROGRAMS[:1], {"type": "web_search"}])) == ["web_search_call", "message"]
