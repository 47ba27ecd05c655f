"""Errors in the provider's words: before the first byte, from the contract, and in the middle of a stream."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.jsontext import compact, utf8
from mockllm_core.protocols.anthropic_messages.headers import error_headers, request_id
from mockllm_core.protocols.anthropic_messages.stream import framed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.contract import Complaint
    from mockllm_core.errors import ErrorKind
    from mockllm_core.exchange import HttpRequest
    from mockllm_core.frame import Frame, Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["KINDS", "complain", "envelope", "error", "fail", "payload"]

_LIMIT = (
    "This request would exceed your organization's rate limit of 20,000 input tokens per minute. For details, refer "
    "to: https://docs.claude.com/en/api/rate-limits. You can see the response headers for current usage. Please "
    "reduce the prompt length or the maximum tokens requested, or try again later. You may also contact sales at "
    "https://www.anthropic.com/contact-sales to discuss your options for a rate limit increase."
)

KINDS: dict[ErrorKind, tuple[int, str, str]] = {
    "invalid_request": (400, "invalid_request_error", "Error"),
    "authentication": (401, "authentication_error", "invalid x-api-key"),
    "permission": (
        403,
        "permission_error",
        "Your API key does not have permission to use the specified resource.",
    ),
    "not_found": (404, "not_found_error", "Not Found"),
    "method_not_allowed": (405, "invalid_request_error", "Method Not Allowed"),
    "conflict": (409, "invalid_request_error", "Conflict"),
    "request_too_large": (413, "request_too_large", "Request exceeds the maximum size"),
    "rate_limit": (429, "rate_limit_error", _LIMIT),
    "server_error": (500, "api_error", "Internal server error"),
    "unavailable": (503, "api_error", "Service Unavailable"),
    "overloaded": (529, "overloaded_error", "Overloaded"),
    "timeout": (504, "timeout_error", "Request timed out"),
}
"""Kind -> status, the provider's type and its usual sentence."""


def error(error: ApiError, _request: HttpRequest | None, stamp: Stamp) -> HttpResponse:
    """Return an error as the provider answers it: compact JSON whose ``request_id`` repeats the header."""
    status, _, _ = KINDS[error.kind]
    body = utf8(compact(envelope(error, request_id(stamp))))
    return HttpResponse(status=status, headers=error_headers(error, stamp), body=body)


def envelope(error: ApiError, identity: str) -> dict[str, Json]:
    """Return an error's body."""
    return {"type": "error", "error": payload(error), "request_id": identity}


def payload(error: ApiError) -> dict[str, Json]:
    """Return the inner object: the provider's type and a sentence, details before them where a code says more."""
    _, kind, usual = KINDS[error.kind]
    message = error.message
    if error.kind == "not_found" and error.code == "unknown_url":
        message = usual
    elif not message and error.kind == "not_found" and error.model:
        message = f"model: {error.model}"
    told = {"details": {"error_code": error.code}} if error.code and error.code != "unknown_url" else {}
    return {**told, "type": kind, "message": message or usual}


def fail(error: ApiError, call: Call, _turn: Turn, stamp: Stamp, sent: int) -> Iterator[Frame]:
    """Yield the error event; the provider then closes the connection without ``message_stop``."""
    _, kind, usual = KINDS[error.kind]
    body = {
        "type": "error",
        "error": {"details": None, "type": kind, "message": error.message or usual},
        "request_id": request_id(stamp, call.form),
    }
    yield framed("error", compact(body), stamp.number(16, "padding", "error", sent))


def complain(complaint: Complaint) -> ApiError:
    """Return a contract's complaint in the words of the provider's validator."""
    if complaint.kind == "json":
        return ApiError("invalid_request", f"The request body is not valid JSON: {complaint.expected}")
    place, sentence = _of_a_role(complaint) or (_place(complaint), _sentence(complaint))
    return ApiError(
        "invalid_request", f"{place}: {sentence}" if place else sentence, param=complaint.place or None
    )


def _of_a_role(complaint: Complaint) -> tuple[str, str] | None:
    """Return place and sentence of a role that there is not, or of what a system message cannot hold."""
    match complaint.path:
        case ("messages", int(), "role") if complaint.kind == "value":
            return "messages", f'Unexpected role "{complaint.found}". Allowed roles are "user" or "assistant"'
        case ("messages", int(nth), "content", int(), "type") if complaint.among == _SYSTEM_BLOCKS:
            return (
                f"messages.{nth}",
                "role 'system' supports text, tool_addition, and tool_removal blocks only",
            )
        case _:
            return None


_SYSTEM_BLOCKS = ("text", "tool_addition", "tool_removal")


def _sentence(complaint: Complaint) -> str:
    sentence = expected = complaint.expected
    match complaint.kind:
        case "missing":
            sentence = "Field required"
        case "unknown":
            sentence = "Extra inputs are not permitted"
        case "type":
            sentence = _kind(complaint)
        case "value":
            sentence = _choice(complaint)
        case "range":
            least = expected.removeprefix("at least ")
            most = expected.removeprefix("at most ")
            bound = (
                f"greater than or equal to {least}" if least != expected else f"less than or equal to {most}"
            )
            sentence = _RANGES.get(complaint.place, f"Input should be {bound}")
        case "length":
            sentence = _length(complaint)
        case "pattern":
            sentence = f"String should match pattern '{expected}'"
        case "union":
            sentence = f"Input should be {expected}"
        case "json":
            pass
    return sentence


def _place(complaint: Complaint) -> str:
    """Return the place as the validator writes it: members of a union stand behind their tag."""
    path = complaint.path[:-1] if _tagged(complaint) else complaint.path
    if path == ("container",) and complaint.kind == "type":
        path = ("container", "ContainerParams")
    elif path[:2] == ("thinking", "budget_tokens"):
        path = ("thinking", "enabled", "budget_tokens")
    elif path[:1] == ("tools",) and len(path) > 2 and path[2] != "type":
        path = (*path[:2], _kind_of_tool(complaint.whole, path[1]), *path[2:])
    elif path[:1] == ("messages",) and len(path) > 3:
        path = tuple(_with_tags(path, complaint.whole))
    return ".".join(map(str, path))


def _kind_of_tool(held: Json, nth: Any) -> str:
    tools = held.get("tools") if isinstance(held, dict) else None
    tool = tools[nth] if isinstance(tools, list) else None
    kind = tool.get("type") if isinstance(tool, dict) else None
    return kind if isinstance(kind, str) else "custom"


def _with_tags(path: tuple[str | int, ...], held: Json) -> Iterator[str | int]:
    """Yield the steps to a place in a message, the kind of each block and source behind it.

    Printed so by the provider: ``messages.36.content.2.image.source.base64.media_type`` (2025 to September 2026),
    ``messages.1.content.0.tool_use.id``, ``messages.2.content.0.text.cache_control``.
    """
    before: str | int = ""
    for nth, step in enumerate(path):
        yield step
        inner: Any = held if isinstance(held, dict | list) and nth < len(path) - 1 else {step: None}
        held = inner[step]
        tagged = step == "source" or (isinstance(step, int) and before == "content")
        if tagged and isinstance(held, dict) and isinstance(held.get("type"), str):
            yield held["type"]
        before = step


def _length(complaint: Complaint) -> str:
    found = complaint.found
    if complaint.path == ("messages",) and not found:
        return "at least one message is required"
    if isinstance(found, list):
        return f"List should have {complaint.expected} after validation, not {len(found)}"
    return f"String should have {complaint.expected}"


def _tagged(complaint: Complaint) -> bool:
    """Tell whether a kind is wrong: the validator then names the object that has it, not its ``type``."""
    return complaint.kind == "value" and complaint.path[-1:] == ("type",) and isinstance(complaint.found, str)


_IMAGES = "'image/jpeg', 'image/png', 'image/gif' or 'image/webp'"
"""The order in which the provider names them."""


def _choice(complaint: Complaint) -> str:
    if "image/jpeg" in complaint.among:
        return f"Input should be {_IMAGES}"
    allowed = complaint.expected.removeprefix("one of ")
    if _tagged(complaint):
        tag = complaint.found[:100]
        return f"Input tag '{tag}' found using 'type' does not match any of the expected tags: {allowed}"
    head, comma, last = allowed.rpartition(", ")
    return f"Input should be {head} or {last}" if comma else f"Input should be {allowed}"


_RANGES = {
    "max_tokens": "must be greater than or equal to 0",
    "temperature": "range: 0..1",
    "top_p": "range: 0..1",
}
"""What is said of numbers out of range at these places."""

_SHAPELESS = re.compile(r"container|metadata|output_config|system\[\d+\]")
"""Places of which is not said what they should hold."""

_NOUNS = {
    "string": "a valid string",
    "integer": "a valid integer",
    "number": "a valid number",
    "boolean": "a valid boolean",
}


def _kind(complaint: Complaint) -> str:
    """Return what is said of a value of the wrong type; of several types that would do, one is named."""
    if _SHAPELESS.fullmatch(complaint.place):
        return "Input does not match the expected shape."
    expected = complaint.expected
    if expected.startswith(("one of '", "'")):
        return _choice(complaint)
    if "array" in expected:
        return "Input should be a valid array"
    if "object" in expected:
        return "Input should be an object"
    noun = expected.partition(" or ")[0].removeprefix("a ").removeprefix("an ")
    return f"Input should be {_NOUNS.get(noun, noun)}"
