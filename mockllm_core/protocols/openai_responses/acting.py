"""What the client runs: a call of these ends the answer, and its output is answered in text.

A shell and a patch as recorded in November and December 2025 (vercel/ai ``openai-shell-tool.1.chunks.txt``,
``openai-apply-patch-tool.1.chunks.txt``), the keys of their events in the order of 2026. A computer's call by the SDK's
types: ``computer`` has a list of actions, its preview one; no stream of either is public.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.conversation import Hosted
from mockllm_core.protocols.openai_responses import running
from mockllm_core.protocols.openai_responses.calls import called, deltas, event, started
from mockllm_core.protocols.openai_responses.offered import tool_name
from mockllm_core.tokens import cut

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocols.openai_responses.calls import Wanted

__all__ = ["computer", "patch", "shell"]

_CALL_ID = (("call_id",),)
_SCREENSHOT = {"type": "screenshot"}


def computer(tool: dict[str, Json], wanted: Wanted) -> Hosted:
    """Return a wish to see the screen."""
    del wanted
    asked: dict[str, Json] = (
        {"actions": [_SCREENSHOT]} if tool["type"] == "computer" else {"action": _SCREENSHOT}
    )
    item: dict[str, Json] = {
        "id": "cu_",
        "type": "computer_call",
        "status": "completed",
        **asked,
        "call_id": "",
        "pending_safety_checks": [],
    }
    call = called(item, started(item), (), _SCREENSHOT["type"], _CALL_ID)
    return Hosted(name=tool_name(tool), blocks=(call,), ends=True)


def shell(tool: dict[str, Json], wanted: Wanted) -> Hosted:
    """Return a command; in a container of OpenAI's it is run there, and does not end the answer."""
    del wanted
    environment = tool.get("environment")
    if environment and environment["type"] != "local":
        return Hosted(name=tool_name(tool), blocks=running.command(environment))
    where = {"environment": {"type": "local"}} if environment else {}
    return Hosted(name=tool_name(tool), blocks=(running.shell(where, _CALL_ID),), ends=True)


def patch(tool: dict[str, Json], wanted: Wanted) -> Hosted:
    """Return a patch that makes a new file."""
    del wanted
    diff = "+hello\n"
    operation = {"type": "create_file", "diff": diff, "path": "hello.txt"}
    item: dict[str, Json] = {
        "id": "apc_",
        "type": "apply_patch_call",
        "status": "completed",
        "call_id": "",
        "operation": operation,
    }
    events = [
        *deltas("apply_patch_call_operation_diff.delta", cut(diff)),
        event("apply_patch_call_operation_diff.done", diff=diff),
    ]
    begun = started(item) | {"operation": operation | {"diff": ""}}
    return Hosted(name=tool_name(tool), blocks=(called(item, begun, events, diff, _CALL_ID),), ends=True)
