"""What Responses refuses of tools that it runs and of parts that carry nothing, in the words of public reports."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.exchange import HttpRequest, HttpResponse


def ask(**body: Any) -> HttpResponse:
    sent = {"model": "gpt-5.5", "input": "hi"} | body
    request = HttpRequest(method="POST", path="/v1/responses", body=json.dumps(sent).encode())
    return Engine(Settings()).answer(request, now=FIXED_NOW)


def refusal(param: str, message: str, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        # captured of gpt-5.5 in August 2026 and of gpt-6-astra in September; gpt-4 in October, o3-mini in May
        ("gpt-5.5", "computer_use_preview"),
        ("gpt-6-astra-2026-09-03", "computer_use_preview"),
        ("gpt-4", "web_search_preview"),
        ("gpt-4.1-nano-2025-04-14", "web_search"),
        ("o3-mini", "web_search_preview"),
        ("gpt-5.3-codex-spark", "image_generation"),
        ("gpt-5.2-pro", "code_interpreter"),
    ],
)
def test_a_tool_that_the_model_has_not_is_refused_when_it_is_offered(model: str, kind: str) -> None:
    response = ask(model=model, tools=[{"type": "function", "name": "f", "parameters": None}, _tool(kind)])
    assert response.status == 400
    assert json.loads(response.body or b"") == refusal(
        "tools", f"Tool '{kind}' is not supported with {model}."
    )


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("computer-use-preview", "computer_use_preview"),
        ("gpt-4o", "web_search_preview"),
        ("gpt-4.1", "web_search"),
        ("gpt-5-nano", "web_search"),
        ("my-model", "computer_use_preview"),
        ("gpt-5.5", "image_generation"),
    ],
)
def test_any_other_is_taken(model: str, kind: str) -> None:
    assert ask(model=model, tools=[_tool(kind)]).status == 200


def _tool(kind: str) -> dict[str, Any]:
    match kind:
        case "computer_use_preview":
            return {"type": kind, "display_width": 1, "display_height": 1, "environment": "mac"}
        case "code_interpreter":
            return {"type": kind, "container": {"type": "auto"}}
        case _:
            return {"type": kind}


@pytest.mark.parametrize(
    ("kinds", "listed"),
    [
        (["web_search"], "web_search"),
        (["web_search_preview", "image_generation"], "image_gen, web_search"),
    ],
)
def test_some_tools_need_more_than_the_least_effort(kinds: list[str], listed: str) -> None:
    """openai/codex 3559, of September 2025; with a picture, a public report of June 2026."""
    tools = [{"type": kind} for kind in kinds]
    response = ask(model="gpt-5", tools=tools, reasoning={"effort": "minimal"})
    assert json.loads(response.body or b"") == refusal(
        "tools", f"The following tools cannot be used with reasoning.effort 'minimal': {listed}."
    )
    assert ask(model="gpt-5", tools=tools, reasoning={"effort": "low"}).status == 200
    assert ask(model="gpt-5", tools=[{"type": "shell"}], reasoning={"effort": "minimal"}).status == 200


def test_the_local_shell_is_gone() -> None:
    response = ask(tools=[{"type": "local_shell"}])
    assert json.loads(response.body or b"") == refusal(
        "tools", "The local_shell tool is no longer supported."
    )


def test_an_mcp_server_has_an_address() -> None:
    server = {"type": "mcp", "server_label": "s"}
    response = ask(tools=[{"type": "web_search"}, server])
    message = (
        "Missing mutually exclusive parameters: 'tools[1]'. Ensure you are providing exactly one of: 'server_url', "
        "'connector_id', or 'tunnel_id'."
    )
    assert json.loads(response.body or b"") == refusal(
        "tools[1]", message, "missing_mutually_exclusive_parameters"
    )
    assert ask(tools=[server | {"connector_id": "connector_gmail"}]).status == 200


@pytest.mark.parametrize(
    ("part", "sentence", "code"),
    [
        (
            {"type": "input_image", "detail": "auto"},
            "Missing mutually exclusive parameters: '{}'. Ensure you are providing exactly one of: 'file_id' or 'image_url'.",
            "missing_mutually_exclusive_parameters",
        ),
        (
            {"type": "input_image", "image_url": None},
            "Missing mutually exclusive parameters: '{}'. Ensure you are providing exactly one of: 'file_id' or 'image_url'.",
            "missing_mutually_exclusive_parameters",
        ),
        (
            {"type": "input_image", "image_url": "https://x/y.png", "file_id": "file-1"},
            "Mutually exclusive parameters: '{}'. Ensure you are only providing one of: 'file_id' or 'image_url'.",
            "mutually_exclusive_parameters",
        ),
        (
            {"type": "input_file", "file_id": "file-1", "filename": "a.pdf"},
            "Mutually exclusive parameters: '{}'. Ensure you are only providing one of: 'file_id' or 'filename'.",
            "mutually_exclusive_parameters",
        ),
        (
            {"type": "input_file", "filename": "a.pdf"},
            (
                "Missing mutually exclusive parameters: '{}'. Ensure you are providing exactly one of: 'file_id', "
                "'file_url', or 'file_data'."
            ),
            "missing_mutually_exclusive_parameters",
        ),
    ],
)
def test_a_part_carries_one_thing(part: dict[str, Any], sentence: str, code: str) -> None:
    place = "input[0].content[1]"
    content = [{"type": "input_text", "text": "Look."}, part]
    response = ask(input=[{"role": "user", "content": content}])
    assert response.status == 400
    assert json.loads(response.body or b"") == refusal(place, sentence.format(place), code)


def test_a_part_of_a_result_does_so_too() -> None:
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    result = {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_image"}]}
    response = ask(input=[call, result])
    assert json.loads(response.body or b"")["error"]["param"] == "input[1].output[0]"


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_image", "file_id": "file-1", "image_url": None},
        {"type": "input_file", "file_url": "https://x/a.pdf"},
        {"type": "input_file", "file_id": "file-1"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,QUJD"},
    ],
)
def test_a_part_with_one_thing_is_taken(part: dict[str, Any]) -> None:
    assert ask(input=[{"role": "user", "content": [part]}]).status == 200
