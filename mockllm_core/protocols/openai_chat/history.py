"""What the provider refuses of a request's messages, after all else: what they lack, and calls without answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["check_contents", "check_history"]

_INSTEAD = ("tool_calls", "function_call", "refusal", "audio")
"""What stands in for the content of an assistant's message."""


def check_contents(messages: Json) -> None:
    """Raise ApiError unless each message has content, or the assistant's something in its place."""
    for at, message in enumerate(messages):
        if message.get("content") is not None:
            continue
        if message["role"] != "assistant" or all(message.get(key) is None for key in _INSTEAD):
            raise _refused(
                "Invalid value for 'content': expected a string, got null.", f"messages.[{at}].content"
            )


def check_history(messages: Json) -> None:
    """Raise ApiError unless each tool call is answered at once, and nothing answers a call that was not made."""
    open_calls: list[str] = []
    called = False
    at = 0
    for at, message in enumerate(messages):
        if message["role"] == "tool":
            if not called:
                raise _refused(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message "
                    "with 'tool_calls'.",
                    f"messages.[{at}].role",
                )
            if message.get("tool_call_id") in open_calls:
                open_calls.remove(message["tool_call_id"])
            continue
        if open_calls:
            raise _unanswered(open_calls, at)
        calls = message.get("tool_calls") if message["role"] == "assistant" else None
        called = bool(calls)
        open_calls = [call["id"] for call in calls or () if call.get("id")]
    if open_calls:
        raise _unanswered(open_calls, at)


def _unanswered(open_calls: list[str], at: int) -> ApiError:
    return _refused(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
        f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(open_calls)}",
        f"messages.[{at}].role",
    )


def _refused(message: str, param: str) -> ApiError:
    return ApiError("invalid_request", message, param=param)
