"""What OpenAI Responses requests say, and which of them are refused with which words."""

from __future__ import annotations

from typing import Any

import pytest

from mockllm_core.conversation import Media, Message, ToolChoice, ToolResult, ToolUse, Words
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpRequest
from mockllm_core.plan import plan
from mockllm_core.protocol import Call, Incoming
from mockllm_core.protocols.openai_responses import PROTOCOL
from mockllm_core.protocols.openai_responses.parse import parse
from mockllm_core.protocols.openai_responses.seal import genuine, seal
from mockllm_core.reply import Reply, Text
from recordings.harness import stamp

F = {"type": "function", "name": "f", "parameters": {"type": "object"}}
G = {"type": "custom", "name": "g"}


def parsed(**body: Any) -> Call:
    asked = {"model": "gpt-4o-mini", "input": "hi", **body}
    incoming = Incoming(http=HttpRequest(method="POST", path="/v1/responses"), params={}, body=asked)
    return parse(incoming, PROTOCOL.endpoints[0])


def refused(**body: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        parsed(**body)
    return caught.value


@pytest.mark.parametrize(
    "given",
    [
        "hello",
        [{"role": "user", "content": "hello"}],
        [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}],
        [
            {
                "role": "user",
                "content": [{"type": "input_text", "text": "hel"}, {"type": "input_text", "text": "lo"}],
            }
        ],
        [{"role": "user", "content": ["hello"]}],
        [{"role": "user", "content": "hello", "id": None, "status": None}],
        [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "x"}],
        [{"role": "developer", "content": "d"}, {"role": "user", "content": "hello"}],
        [{"role": "user", "content": "hello"}, {"type": "item_reference", "id": "rs_1"}],
        [{"role": "user", "content": "hello"}, {"type": "web_search_call", "id": "ws_1"}],
        [
            {"role": "user", "content": "hello"},
            {"role": "user", "content": [{"type": "input_image", "image_url": "https://x/y"}]},
        ],
    ],
)
def test_the_last_users_text_is_found_in_every_spelling(given: Any) -> None:
    assert parsed(input=given).conversation.last_user_text() == "hello"


def test_instructions_come_first_as_a_system_message() -> None:
    messages = parsed(instructions="Be brief.").conversation.messages
    assert messages == (Message("system", (Words("Be brief."),)), Message("user", (Words("hi"),)))


def test_a_whole_conversation_is_read_in_order() -> None:
    given = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,QUJDRA=="}]},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "t"}]},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "c2", "name": "g", "input": "x"},
        {"type": "function_call_output", "call_id": "c1", "output": "one"},
        {
            "type": "custom_tool_call_output",
            "call_id": "c2",
            "output": [{"type": "input_text", "text": "two"}],
        },
        {
            "role": "assistant",
            "content": [{"type": "output_text", "text": "a"}, {"type": "refusal", "refusal": "r"}],
        },
        {"role": "user", "content": [{"type": "input_file", "file_id": "f"}, {"type": "input_audio"}]},
    ]
    assert [(message.role, message.parts) for message in parsed(input=given).conversation.messages] == [
        ("system", (Words("s"),)),
        ("user", (Media("image", 4),)),
        ("assistant", (Words("t"),)),
        ("assistant", (ToolUse("f", "{}", "c1"),)),
        ("assistant", (ToolUse("g", "x", "c2"),)),
        ("tool", (ToolResult("c1", "one"),)),
        ("tool", (ToolResult("c2", "two"),)),
        ("assistant", (Words("a"), Words("r"))),
        ("user", (Media("document"), Media("audio"))),
    ]


def test_after_a_tools_output_the_conversation_knows_it() -> None:
    given = [
        {"role": "user", "content": "hello"},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "one"},
    ]
    assert parsed(input=given, tools=[F]).conversation.after_tool_result()


def test_every_optional_field_may_be_null() -> None:
    keys = [
        "instructions",
        "tools",
        "tool_choice",
        "text",
        "reasoning",
        "include",
        "stream",
        "stream_options",
        "max_output_tokens",
        "metadata",
        "temperature",
        "top_p",
        "top_logprobs",
        "parallel_tool_calls",
        "store",
        "user",
        "truncation",
        "service_tier",
        "conversation",
        "prompt",
        "background",
        "previous_response_id",
    ]
    call = parsed(**dict.fromkeys(keys))
    assert call.stream is False
    turn = plan([Reply(blocks=(Text.of("x"),))], call.conversation, PROTOCOL.cut)
    plain = parsed()
    # what is null is as if it were not there
    assert PROTOCOL.whole(turn, call, stamp()) == PROTOCOL.whole(turn, plain, stamp())


def test_only_functions_and_custom_tools_can_be_called() -> None:
    tools = [F, {"type": "web_search"}, G, {"type": "namespace", "name": "n", "tools": [F]}]
    conversation = parsed(tools=tools).conversation
    assert [(tool.name, tool.free_text) for tool in conversation.tools] == [("f", False), ("g", True)]


@pytest.mark.parametrize(
    ("choice", "tools", "sentence"),
    [
        ({"type": "image_generation"}, [F], "Tool choice 'image_generation' not found in 'tools' parameter."),
        (
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "mcp", "server_label": "b"}]},
            [{"type": "mcp", "server_label": "a", "server_url": "https://example.com/mcp"}],
            "Tool choice 'mcp' not found in 'tools' parameter.",
        ),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "image_generation"}]},
            [{"type": "file_search", "vector_store_ids": ["vs"]}, F],
            "Tool choice 'image_generation' not found in 'tools' parameter.",
        ),
    ],
)
def test_a_demand_for_a_tool_that_is_not_offered_is_refused(
    choice: Any, tools: list[Any], sentence: str
) -> None:
    with pytest.raises(ApiError) as caught:
        parsed(tools=tools, tool_choice=choice)
    told = caught.value
    assert (told.kind, told.message, told.param, told.code) == (
        "invalid_request",
        sentence,
        "tool_choice",
        None,
    )


def test_of_no_tools_none_can_be_demanded() -> None:
    with pytest.raises(ApiError, match=r"tool_choice\.tools': empty array") as caught:
        parsed(tools=[F], tool_choice={"type": "allowed_tools", "mode": "required", "tools": []})
    assert (caught.value.param, caught.value.code) == ("tool_choice.tools", "empty_array")


@pytest.mark.parametrize(
    ("given", "choice"),
    [
        (None, ToolChoice()),
        ("auto", ToolChoice()),
        ("none", ToolChoice("none")),
        ("required", ToolChoice("any")),
        ({"type": "function", "name": "f"}, ToolChoice("tool", ("f",))),
        ({"type": "custom", "name": "g"}, ToolChoice("tool", ("g",))),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "f"}]},
            ToolChoice("any", ("f",)),
        ),
        (
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "custom", "name": "g"}]},
            ToolChoice("auto", ("g",)),
        ),
        ({"type": "web_search_preview"}, ToolChoice("tool", ("* web",))),
        ({"type": "mcp", "server_label": "s", "name": "n"}, ToolChoice("tool", ("* mcp s",))),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "web_search"}, {"name": "f"}]},
            ToolChoice("any", ("* web", "f")),
        ),
    ],
)
def test_a_tool_choice_is_read_in_every_form(given: Any, choice: ToolChoice) -> None:
    server = {"type": "mcp", "server_label": "s", "server_url": "https://example.com/mcp"}
    tools = [F, G, {"type": "web_search"}, server]
    assert parsed(tools=tools, tool_choice=given).conversation.tool_choice == choice


def test_structured_output_is_asked_for_in_text_format() -> None:
    schema = {"type": "object"}
    form = {"type": "json_schema", "name": "n", "schema": schema}
    assert parsed(text={"format": form}).conversation.output_schema == schema
    assert parsed(input="Answer in JSON.", text={"format": {"type": "json_object"}}).conversation.json_mode


@pytest.mark.parametrize(
    ("model", "body", "shown"),
    [
        ("gpt-5", {"reasoning": {"summary": "auto"}}, True),
        ("gpt-5", {"include": ["reasoning.encrypted_content"]}, True),
        ("gpt-5", {"reasoning": {"effort": "high", "summary": None}}, False),
        ("gpt-5", {}, False),
        ("my-own", {"reasoning": {"summary": "concise"}}, True),
        ("gpt-4o", {"reasoning": {"effort": None, "summary": None}}, False),
    ],
)
def test_reasoning_is_shown_when_the_request_asks_for_it(model: str, body: Any, shown: bool) -> None:
    assert parsed(model=model, **body).conversation.reasoning is shown


def test_the_cap_and_parallel_calls_are_told() -> None:
    conversation = parsed(max_output_tokens=20, parallel_tool_calls=False).conversation
    assert conversation.max_tokens == 20
    assert not conversation.parallel


OUTPUT = {"type": "function_call_output", "call_id": "call_x", "output": "1"}
CALLED = {"type": "function_call", "call_id": "call_x", "name": "f", "arguments": "{}"}


@pytest.mark.parametrize(
    ("body", "message", "param", "code"),
    [
        ({"model": None}, "Missing required parameter: 'model'.", "model", "missing_required_parameter"),
        (
            {"reasoning": {"effort": "low"}},
            "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
            "reasoning.effort",
            "unsupported_parameter",
        ),
        (
            {"include": ["reasoning.encrypted_content"]},
            "Encrypted content is not supported with this model.",
            "include",
            None,
        ),
        (
            {"model": "gpt-5", "include": ["message.output_text.logprobs"]},
            "logprobs are not supported with reasoning models.",
            "include",
            "unsupported_parameter",
        ),
        (
            {"tools": [F], "tool_choice": {"type": "function", "name": "z"}},
            "Tool choice 'z' not found in 'tools' parameter.",
            "tool_choice",
            None,
        ),
        (
            {"tool_choice": "required"},
            "Tool choice 'required' must be specified with 'tools' parameter.",
            "tool_choice",
            None,
        ),
        (
            {"input": [OUTPUT]},
            "No tool call found for function call output with call_id call_x.",
            "input",
            None,
        ),
        ({"input": [CALLED]}, "No tool output found for function call call_x.", "input", None),
        # public reports name each kind of call by its own words
        *(
            ({"input": [{"type": kind, "call_id": "call_y"}]}, f"No tool {sentence}", "input", None)
            for kind, sentence in (
                ("custom_tool_call_output", "call found for custom tool call output with call_id call_y."),
                ("apply_patch_call_output", "call found for apply patch call output with call_id call_y."),
                ("custom_tool_call", "output found for custom tool call call_y."),
                ("computer_call", "output found for computer call call_y."),
                ("local_shell_call", "output found for local shell call call_y."),
                ("shell_call", "output found for shell call call_y."),
            )
        ),
    ],
)
def test_what_the_provider_refuses_is_refused_in_its_words(
    body: Any, message: str, param: str | None, code: str | None
) -> None:
    error = refused(**body)
    assert (error.kind, error.message, error.param, error.code) == ("invalid_request", message, param, code)


@pytest.mark.parametrize("body", [{"input": None}, {"input": []}, {"input": ""}])
def test_nothing_to_answer_is_refused(body: Any) -> None:
    error = refused(**body)
    assert error.message.startswith('One of "input" or "previous_response_id"')
    assert (error.param, error.code) == (None, "missing_required_parameter")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": {"verbosity": "low"}}, 400),
        ({"prompt": {"id": "pmpt_1"}}, 404),
    ],
)
def test_what_is_not_offered_is_refused_not_ignored(body: Any, status: int) -> None:
    response = PROTOCOL.error(refused(**body), None, stamp())
    assert response.status == status


def test_with_an_earlier_response_the_call_of_an_output_may_be_there() -> None:
    call = parsed(input=[OUTPUT], previous_response_id="resp_1")
    assert call.conversation.after_tool_result()
    assert call.conversation.last_user_text() is None


# -- encrypted reasoning sent back ------------------------------------------------------------------------------


def _back(token: str) -> Any:
    return {
        "input": [
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": token},
            {"role": "user", "content": "x"},
        ]
    }


def test_encrypted_reasoning_comes_back_unchanged() -> None:
    assert parsed(**_back(seal(stamp(), 3, "x"))).conversation.last_user_text() == "x"


def test_a_token_of_the_provider_itself_is_accepted() -> None:
    assert genuine("gAAAAABoyXus" + "A" * 128)


@pytest.mark.parametrize("at", [13, 40, 60, 90, 110, 130, 139])
def test_encrypted_reasoning_that_was_changed_is_refused(at: int) -> None:
    token = seal(stamp(), 3, "x")
    changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
    error = refused(**_back(changed))
    assert error.code == "invalid_encrypted_content"
    assert "rs_1" in error.message


@pytest.mark.parametrize("token", ["nonsense", "gAAAAABo", "", "ä" * 120])
def test_what_is_no_token_is_not_genuine(token: str) -> None:
    assert not genuine(token)


@pytest.mark.parametrize("path", ["/v1/responses", "/responses"])
def test_both_roads_lead_here(path: str) -> None:
    assert any(endpoint.path == path and endpoint.method == "POST" for endpoint in PROTOCOL.endpoints)
