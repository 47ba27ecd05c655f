"""The tools that Claude's provider runs: what an answer holds that uses each of them once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockllm_core.conversation import Hosted, ToolResult
from mockllm_core.jsontext import quote
from mockllm_core.protocols.anthropic_messages import opaque
from mockllm_core.protocols.anthropic_messages.mcp import asked_of_servers
from mockllm_core.protocols.anthropic_messages.returned import pending
from mockllm_core.protocols.anthropic_messages.toolsearch import finds, is_search
from mockllm_core.protocols.anthropic_messages.uses import called, result
from mockllm_core.protocols.anthropic_messages.web import fetched, in_code, searched
from mockllm_core.reply import Opaque
from mockllm_core.responders import GREETING

if TYPE_CHECKING:
    from mockllm_core.conversation import Conversation
    from mockllm_core.frame import Json

__all__ = ["hosted"]

_ADVICE = "Answer in the words of the question."
_PYTHON = "code_execution_20250522"
_MOST_PRINTED = 10_000
_LONGEST = 100
"""Characters of what was asked that a call repeats."""


def hosted(asked: Conversation, body: Json) -> tuple[Hosted, ...]:
    """Return the tools of a request that the provider runs, each as used once.

    What a call brings that an earlier answer made, and that is still to be run, comes first (see ``pending``).
    """
    text = asked.last_user_text() or GREETING
    short = " ".join(text.lstrip()[: 10 * _LONGEST].split())[:_LONGEST].rstrip()
    tools = [tool for tool in body.get("tools") or () if isinstance(tool, dict)]
    waiting = list(pending(body.get("messages")).values())
    made: list[Hosted] = []
    for tool in tools:
        kind = str(tool.get("type"))
        if kind.startswith("web_search_2"):
            made.append(searched(tool, short, asked.model))
        elif kind.startswith("web_fetch_2"):
            made.append(fetched(tool, text, asked.model))
        elif kind.startswith("code_execution_2"):
            python = "code_execution" in waiting
            wanted = python or "code_execution" in asked.tool_choice.names or "bash_code_execution" in waiting
            taken = any(
                str(other.get("type")).startswith("web_") and in_code(other, asked.model) for other in tools
            )
            said = (_returned(asked) or short) if python else short
            made.append(_ran(_PYTHON if python else kind, said, idle=taken and not wanted))
        elif is_search(kind):
            made.append(finds(tool, asked, tools, short, waited=tool.get("name") in waiting))
        elif kind.startswith("advisor_2"):
            made.append(_advised())
    made += asked_of_servers(body, tools, short)
    if waiting:
        made = _resumed(made, waiting)
    if asked.output_schema is not None:
        # a structured answer cites nothing
        return tuple(replace(one, citations=()) for one in made)
    return tuple(made)


def _resumed(made: list[Hosted], waiting: list[str]) -> list[Hosted]:
    """Return the tools with those first whose calls are made already: of these comes what they bring alone.

    So begins the answer to a turn that was paused, or that called a function beside: the second answer in the AI SDK's
    ``anthropic-tool-search-deferred-regex.chunks.txt``, and the provider's page on server tools.
    """
    first: list[Hosted] = []
    for name in waiting:
        for tool in made:
            call = tool.blocks[0] if tool.blocks else None
            if isinstance(call, Opaque) and opaque.held(call).get("name") == name:
                made.remove(tool)
                first.append(replace(tool, blocks=tool.blocks[1:]))
                break
    return first + made


def _returned(asked: Conversation) -> str:
    """Return what the functions that code called gave back, as that code prints it."""
    parts = asked.messages[-1].parts if asked.messages else ()
    return "\n".join([part.text for part in parts if isinstance(part, ToolResult)])[:_MOST_PRINTED]


def _advised() -> Hosted:
    """Return advice, asked for without a word: the recording of Claude Sonnet 5."""
    advice = {"type": "advisor_result", "text": _ADVICE, "stop_reason": "end_turn"}
    return Hosted(name="advisor", blocks=(called("advisor", {}), result("advisor_tool_result", advice)))


def _ran(kind: str, text: str, *, idle: bool) -> Hosted:
    """Return code that prints what was asked; none where code is there for a search that runs in it.

    Bash since August 2025, Python before: pydantic-ai's ``test_anthropic_code_execution_tool_stream`` of April 2026 and the
    AI SDK's ``anthropic-code-execution-20260120-issue-18193.chunks.txt`` of July.
    """
    if idle:
        return Hosted(name="code_execution", blocks=())
    told: dict[str, Json] = {"stdout": f"{text}\n", "stderr": "", "return_code": 0, "content": []}
    if kind == _PYTHON:
        call = called("code_execution", {"code": f"print({quote(text)})"})
        prefix = "code_execution"
    else:
        escaped = text.replace("'", "'\"'\"'")
        call = called("bash_code_execution", {"command": f"printf '%s\\n' '{escaped}'"})
        prefix = "bash_code_execution"
    came = result(f"{prefix}_tool_result", {"type": f"{prefix}_result", **told})
    return Hosted(name="code_execution", blocks=(call, came))
