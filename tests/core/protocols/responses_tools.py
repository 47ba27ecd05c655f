"""Asking Responses for tools of OpenAI's own: what the tests of them share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mockllm_core.engine import FIXED_NOW
from mockllm_core.exchange import HttpRequest
from mockllm_core.frame import frames
from mockllm_core.protocols.openai_responses import PROTOCOL

if TYPE_CHECKING:
    from mockllm_core.engine import Engine
    from mockllm_core.exchange import HttpResponse
    from mockllm_core.frame import Finding

HELLO = "Who is the mayor of Paris?"
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
F = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}
LATER = {"type": "function", "name": "later", "parameters": SCHEMA, "defer_loading": True}
PROGRAMMED = {"type": "function", "name": "stock", "parameters": SCHEMA, "allowed_callers": ["programmatic"]}
SERVER = {"type": "mcp", "server_label": "wiki", "server_url": "https://example.com/mcp"}

TOOLS: dict[str, tuple[list[Any], str]] = {
    "web_search": ([{"type": "web_search"}], "web_search_call message"),
    "file_search": (
        [{"type": "file_search", "vector_store_ids": ["vs_1"]}],
        "file_search_call message",
    ),
    "code_interpreter": (
        [{"type": "code_interpreter", "container": {"type": "auto"}}],
        "code_interpreter_call message",
    ),
    "image_generation": (
        [{"type": "image_generation", "partial_images": 2}],
        "image_generation_call message",
    ),
    "mcp": ([SERVER], "mcp_list_tools mcp_approval_request"),
    "mcp, never asked": (
        [{**SERVER, "require_approval": "never"}],
        "mcp_list_tools mcp_call message",
    ),
    "two servers": (
        [{**SERVER, "require_approval": "never"}, {**SERVER, "server_label": "learn"}],
        "mcp_list_tools mcp_list_tools mcp_call mcp_approval_request",
    ),
    "computer": ([{"type": "computer"}], "computer_call"),
    "computer_use_preview": (
        [
            {
                "type": "computer_use_preview",
                "display_width": 1,
                "display_height": 1,
                "environment": "browser",
            }
        ],
        "computer_call",
    ),
    "shell": ([{"type": "shell"}], "shell_call"),
    "local shell": ([{"type": "shell", "environment": {"type": "local"}}], "shell_call"),
    "hosted shell": (
        [{"type": "shell", "environment": {"type": "container_auto"}}],
        "shell_call shell_call_output message",
    ),
    "apply_patch": ([{"type": "apply_patch"}], "apply_patch_call"),
    "namespace": (
        [{"type": "namespace", "name": "crm", "description": "Customers.", "tools": [F]}],
        "function_call",
    ),
    "tool_search": (
        [LATER, {"type": "tool_search"}],
        "tool_search_call tool_search_output function_call",
    ),
    "tool_search by the client": (
        [LATER, {"type": "tool_search", "execution": "client", "parameters": SCHEMA}],
        "tool_search_call",
    ),
    "programmatic_tool_calling": (
        [{"type": "programmatic_tool_calling"}, PROGRAMMED],
        "program function_call",
    ),
}
"""Tools that are offered, and the items of the answer."""


def sent(engine: Engine, **body: Any) -> HttpResponse:
    asked = {"model": "my-model", "input": HELLO, **body}
    request = HttpRequest(method="POST", path="/v1/responses", body=json.dumps(asked).encode())
    return engine.answer(request, now=FIXED_NOW)


def ask(engine: Engine, **body: Any) -> Any:
    """Ask for a whole answer, and read it without a finding."""
    response = sent(engine, **body)
    assert response.body is not None
    if response.status == 200:
        findings: list[Finding] = []
        PROTOCOL.read_whole(response.body, findings)
        assert findings == []
    return json.loads(response.body)


def events(engine: Engine, **body: Any) -> list[Any]:
    """Ask for a stream, and read it without a finding."""
    told = list(frames(sent(engine, stream=True, **body).steps))
    reader = PROTOCOL.reader("")
    for frame in told:
        reader.feed(frame.wire)
    reader.finish()
    assert reader.findings == []
    return [frame.payload for frame in told]


def kinds(response: Any) -> list[str]:
    return [item["type"] for item in response["output"]]


def names(told: list[Any], item: int = 0) -> list[str]:
    """Return what happens to one item."""
    return [one["type"].removeprefix("response.") for one in told if one.get("output_index") == item]
