"""Error bodies, checked against their API's envelope: an error is not an answer, and has rules of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mockllm_core import jsontext
from mockllm_core.frame import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockllm_core.frame import Json

__all__ = ["ERROR_RULES", "check_error", "is_error"]

ERROR_RULES = {
    "error-json": "An error's body is one JSON object: SDKs read its message from it.",
    "error-keys": "An error has the envelope's keys in its order, no others: SDKs choose the exception by them.",
    "error-value": "Each key of the envelope has its type, and the kind is one that the provider knows.",
    "error-status": "The HTTP status, where it is recorded, is the one that the provider sends with that kind.",
    "error-layout": "Spaces and line breaks are the provider's.",
}

_ANTHROPIC = {
    "invalid_request_error": (400, 413),
    "authentication_error": (401,),
    "billing_error": (402,),
    "permission_error": (403,),
    "not_found_error": (404,),
    "request_too_large": (413,),
    "rate_limit_error": (429,),
    "api_error": (500,),
    "timeout_error": (504, 408),
    "overloaded_error": (529, 503),
}
_GOOGLE = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "DATA_LOSS": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}

_Complaint = tuple[str, str]
_ORDER = "are not in the provider's order"


def is_error(protocol: str, body: bytes) -> bool:
    """Whether a whole body is an error of its API and no answer."""
    value = _object(body)
    if value is None:
        return False
    if protocol == "bedrock-converse":
        return ("message" in value or "Message" in value) and not {"output", "stopReason", "usage"} & set(
            value
        )
    if protocol == "openai-responses":
        # a response object has the key too: null, or why it failed
        return isinstance(value.get("error"), dict) and "output" not in value
    return bool(value.get("error")) and not {"choices", "candidates", "content"} & set(value)


def check_error(
    protocol: str, body: bytes, *, status: int | None, raw: bool = True, ordered: bool = True
) -> list[Finding]:
    """Return what is wrong with an error's body.

    Args:
        protocol: whose envelope it should be.
        body: the whole body.
        status: the HTTP status it came with; None when that is not known.
        raw: whether its spaces are the wire's own.
        ordered: whether its keys stand in the wire's order.
    """
    value = _object(body)
    if value is None:
        return [Finding("error-json", -1, 0, "the body is not one JSON object")]
    found = [one for one in _CHECKS[protocol](value, status) if ordered or not one[1].endswith(_ORDER)]
    text = body.decode("utf-8", "replace")
    if raw and text not in _LAYOUTS[protocol](json.loads(body)):
        found.append(("error-layout", "spaces or line breaks are not the provider's"))
    if status is not None and status < 400:
        found.append(("error-status", f"an error came with status {status}"))
    return [Finding(rule, -1, 0, sentence) for rule, sentence in found]


def _object(body: bytes) -> dict[str, Json] | None:
    """Return the object; a stream of Gemini's that fails at once is a list of one."""
    try:
        value = jsontext.parse(body)
    except ValueError:
        return None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict) else None


def _keys(
    value: Json, place: str, wanted: tuple[str, ...], optional: tuple[str, ...] = ()
) -> Iterator[_Complaint]:
    if not isinstance(value, dict):
        yield "error-keys", f"{place} is no object"
        return
    if missing := [key for key in wanted if key not in value and key not in optional]:
        yield "error-keys", f"{place} lacks {', '.join(missing)}"
    if other := [key for key in value if key not in wanted]:
        yield "error-keys", f"{place} has {', '.join(other)}, which the provider does not send"
    elif list(value) != [key for key in wanted if key in value]:
        yield "error-keys", f"the keys of {place} {_ORDER}"


def _words(value: Json, *keys: str) -> Iterator[_Complaint]:
    for key in keys:
        if isinstance(value, dict) and key in value and not (isinstance(value[key], str) and value[key]):
            yield "error-value", f"{key} is no text"


def _openai(value: dict[str, Json], status: int | None) -> Iterator[_Complaint]:
    yield from _keys(value, "the body", ("error",))
    error = value.get("error")
    yield from _keys(error, "error", ("message", "type", "param", "code"))
    yield from _words(error, "message", "type")
    for key in ("param", "code"):
        held = error.get(key) if isinstance(error, dict) else None
        if not isinstance(held, str | None):
            yield "error-value", f"{key} is neither text nor null"
    code = error.get("code") if isinstance(error, dict) else None
    wanted = {"invalid_api_key": 401, "model_not_found": (400, 404), "rate_limit_exceeded": 429}.get(
        str(code)
    )
    if (
        status is not None
        and wanted is not None
        and status not in (wanted if isinstance(wanted, tuple) else (wanted,))
    ):
        yield "error-status", f"{code} came with status {status}"


def _anthropic(value: dict[str, Json], status: int | None) -> Iterator[_Complaint]:
    yield from _keys(value, "the body", ("type", "error", "request_id"), ("request_id",))
    if value.get("type") != "error":
        yield "error-value", "type is not error"
    error = value.get("error")
    # details came with some errors of 2026
    yield from _keys(error, "error", ("details", "type", "message"), ("details",))
    yield from _words(error, "message")
    kind = error.get("type") if isinstance(error, dict) else None
    if kind not in _ANTHROPIC:
        yield "error-value", f"{kind!r} is no kind of error"
    elif status is not None and status not in _ANTHROPIC[kind]:
        yield "error-status", f"{kind} came with status {status}"


def _bedrock(value: dict[str, Json], _: int | None) -> Iterator[_Complaint]:
    yield from _keys(value, "the body", ("message",))
    yield from _words(value, "message")


def _google(value: dict[str, Json], status: int | None) -> Iterator[_Complaint]:
    yield from _keys(value, "the body", ("error",))
    error = value.get("error")
    yield from _keys(error, "error", ("code", "message", "status", "details"), ("details",))
    yield from _words(error, "message")
    if not isinstance(error, dict):
        return
    kind, code = error.get("status"), error.get("code")
    if kind not in _GOOGLE:
        yield "error-value", f"{kind!r} is no status of Google's"
    elif code != _GOOGLE[kind]:
        yield "error-value", f"{kind} has the code {code!r}, not {_GOOGLE[kind]}"
    if status is not None and code != status:
        yield "error-status", f"the code {code!r} came with status {status}"
    if not isinstance(error.get("details", []), list):
        yield "error-value", "details is no list"


_CHECKS: dict[str, Callable[[dict[str, Json], int | None], Iterator[_Complaint]]] = {
    "openai-chat": _openai,
    "openai-responses": _openai,
    "anthropic-messages": _anthropic,
    "bedrock-converse": _bedrock,
    "google-genai": _google,
}


def _indented(value: Json, by: int) -> str:
    return json.dumps(value, indent=by, ensure_ascii=False)


def _either(value: Json) -> tuple[str, ...]:
    """OpenAI's engine indents by 2 and its gateway by 4 with a newline."""
    return (_indented(value, 2), f"{_indented(value, 4)}\n")


def _compact(value: Json) -> tuple[str, ...]:
    return (json.dumps(value, separators=(",", ":"), ensure_ascii=False),)


def _airy(value: Json) -> tuple[str, ...]:
    """Google's printer; in a stream the list's brackets stand around it."""
    if isinstance(value, list):
        return (f"[{_indented(value[0], 2)}\n]", f"{_indented(value, 2)}\n")
    return (f"{_indented(value, 2)}\n", _indented(value, 2))


_LAYOUTS: dict[str, Callable[[Json], tuple[str, ...]]] = {
    "openai-chat": _either,
    "openai-responses": _either,
    "anthropic-messages": _compact,
    "bedrock-converse": _compact,
    "google-genai": _airy,
}
