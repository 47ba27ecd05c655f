r"""Errors in Google's form.

``{"error": {"code", "message", "status", ["details"]}}`` with two spaces of indent and a final line break. A failing
stream request without ``alt=sse`` gets the same inside a JSON array. With ``alt=sse`` the body is the same JSON, but
the content type is the stream's own: https://github.com/google-gemini/gemini-cli/issues/13972 shows a client that
took it for text. Nothing here has a Retry-After header: the delay is in a RetryInfo detail.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.frame import Frame
from mockllm_core.protocols.google_genai.checks import BAD_NAME
from mockllm_core.protocols.google_genai.headers import ALWAYS, EVENT_STREAM, JSON
from mockllm_core.protocols.google_genai.options import pick, snake
from mockllm_core.protocols.google_genai.spell import airy, number, pretty
from mockllm_core.protocols.google_genai.stream import framed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.contract import Complaint
    from mockllm_core.exchange import Headers, HttpRequest
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["complain", "error", "fail"]


class _Kind(NamedTuple):
    code: int
    status: str
    message: str


_KINDS: dict[str, _Kind] = {
    "invalid_request": _Kind(400, "INVALID_ARGUMENT", "Request contains an invalid argument."),
    "authentication": _Kind(
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid"
        " authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
    ),
    "permission": _Kind(
        403,
        "PERMISSION_DENIED",
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or"
        " other form of API consumer identity to call this API.",
    ),
    "not_found": _Kind(404, "NOT_FOUND", "Requested entity was not found."),
    "method_not_allowed": _Kind(405, "UNIMPLEMENTED", "The method is not allowed here."),
    "conflict": _Kind(409, "ABORTED", "The operation was aborted."),
    "request_too_large": _Kind(
        413, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes."
    ),
    "rate_limit": _Kind(429, "RESOURCE_EXHAUSTED", ""),
    "server_error": _Kind(
        500,
        "INTERNAL",
        "An internal error has occurred. Please retry or report in"
        " https://developers.generativeai.google/guide/troubleshooting",
    ),
    "unavailable": _Kind(503, "UNAVAILABLE", "The service is currently unavailable."),
    "overloaded": _Kind(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "timeout": _Kind(504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
}

_API = "generativelanguage.googleapis.com"
_QUOTAS = (
    ("generate_content_free_tier_requests", "GenerateRequestsPerDayPerProjectPerModel-FreeTier"),
    ("generate_content_free_tier_requests", "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"),
    ("generate_content_free_tier_input_token_count", "GenerateContentInputTokensPerModelPerMinute-FreeTier"),
)
_METHOD = re.compile(r"(?::|%3A)([A-Za-z]\w*)\Z", re.IGNORECASE | re.ASCII)
_OF_MODEL = re.compile(r"/(?:models|tunedModels)/[^/]*\Z")
_RETRY = re.compile(r"retry in ([0-9]+)")


def error(failure: ApiError, request: HttpRequest | None, stamp: Stamp) -> HttpResponse:
    """Return the answer for an error before the first byte."""
    failure = _addressed(failure, request)
    kind = _KINDS[failure.kind]
    path = "" if request is None else request.path
    vertex = "/publishers/" in path or "/projects/" in path
    body = {"error": _body(failure, path, stamp, vertex=vertex)}
    method = _METHOD.search(path)
    streams = method is not None and method[1] == "streamGenerateContent"
    events = (
        streams
        and request is not None
        and re.search(r"(?:^|&)(?:\$|%24)?alt=sse(?:&|\Z)", request.query) is not None
    )
    text = f"[{pretty(body)}\n]" if streams and not events else f"{pretty(body)}\n"
    headers: Headers = (*(EVENT_STREAM if events else JSON), *ALWAYS)
    if not vertex:
        headers += (("server-timing", f"gfet4t7; dur={20 + stamp.number(200, 'duration')}"),)
    if failure.allow:
        headers += (("allow", ", ".join(failure.allow)),)
    return HttpResponse(status=_status(failure, kind), headers=headers, body=text.encode())


def _addressed(failure: ApiError, request: HttpRequest | None) -> ApiError:
    """Return what the provider says where nothing answers: not in the words of others, and never 405 to a POST.

    ``x:nope`` is no model that could be described, but a method that its model does not have.
    """
    if request is None:
        return failure
    method = _METHOD.search(request.path)
    # who asks for the error itself by a model's name gets no list of what is allowed
    described = request.method == "POST" and bool(failure.allow) and "POST" not in failure.allow
    if not (described and method) and failure.code != "unknown_url":
        return failure
    of_model = method and _OF_MODEL.search(request.path, 0, method.start())
    model = unquote(request.path[: method.start()].rpartition("/")[2]) if method and of_model else None
    return ApiError("not_found", "", model=model)


def _status(failure: ApiError, kind: _Kind) -> int:
    # a bad key is 400 INVALID_ARGUMENT, not 401
    return 400 if failure.code == "API_KEY_INVALID" else kind.code


def _body(failure: ApiError, path: str, stamp: Stamp, *, vertex: bool) -> dict[str, Json]:
    kind = _KINDS[failure.kind]
    if failure.code == "API_KEY_INVALID":
        kind = _KINDS["invalid_request"]
    message = failure.message or _message(failure, path, stamp)
    made: dict[str, Json] = {"code": kind.code, "message": message, "status": kind.status}
    details = _details(failure, message)
    if details or (vertex and "Unable to submit request" in message):
        made["details"] = details
    return made


def _message(failure: ApiError, path: str, stamp: Stamp) -> str:
    """Return the sentence that the provider usually sends."""
    if failure.kind == "rate_limit":
        return _exhausted(failure.model or "gemini-2.5-flash", stamp)
    if failure.kind == "not_found" and failure.model:
        if "/publishers/" in path:
            place = path.strip("/").partition("/")[2].rpartition("/")[0]
            return (
                f"Publisher Model `{place}/{failure.model}` was not found or your project does not have access to it. Please"
                " ensure you are using a valid model version. For more information, see:"
                " https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions"
            )
        version = path.strip("/").partition("/")[0] or "v1beta"
        method = _METHOD.search(path)
        return (
            f"models/{failure.model} is not found for API version {version}, or is not supported for"
            f" {method[1] if method else 'generateContent'}. Call ModelService.ListModels to see the list of available"
            " models and their supported methods."
        )
    return _KINDS[failure.kind].message


def _exhausted(model: str, stamp: Stamp) -> str:
    wait = f"{5 + stamp.number(50, 'retry')}.{stamp.number(10**9, 'retry nanoseconds'):09d}"
    quotas = "".join(
        f"\n* Quota exceeded for metric: {_API}/{metric}, limit: 0, model: {model}"
        for metric in (_QUOTAS[2][0], _QUOTAS[0][0], _QUOTAS[1][0])
    )
    return (
        "You exceeded your current quota, please check your plan and billing details. For more information on this"
        " error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your current usage, head to:"
        f" https://ai.dev/rate-limit. {quotas}\nPlease retry in {wait}s."
    )


def _details(failure: ApiError, message: str) -> list[Json]:
    kind = "type.googleapis.com/google.rpc."
    if failure.code == "API_KEY_INVALID":
        return [
            {
                "@type": f"{kind}ErrorInfo",
                "reason": "API_KEY_INVALID",
                "domain": "googleapis.com",
                "metadata": {"service": _API},
            },
            {"@type": f"{kind}LocalizedMessage", "locale": "en-US", "message": message},
        ]
    if failure.kind == "rate_limit" and (wait := _RETRY.search(message)):
        model = failure.model or "gemini-2.5-flash"
        return [
            {
                "@type": f"{kind}Help",
                "links": [
                    {
                        "description": "Learn more about Gemini API quotas",
                        "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
                    }
                ],
            },
            {
                "@type": f"{kind}QuotaFailure",
                "violations": [
                    {
                        "quotaMetric": f"{_API}/{metric}",
                        "quotaId": quota,
                        "quotaDimensions": {"location": "global", "model": model},
                    }
                    for metric, quota in _QUOTAS
                ],
            },
            {"@type": f"{kind}RetryInfo", "retryDelay": f"{wait[1]}s"},
        ]
    if failure.param is not None and failure.kind == "invalid_request":
        violation = {"field": failure.param} if failure.param else {}
        lines = [{**violation, "description": message}]
        return [{"@type": f"{kind}BadRequest", "fieldViolations": lines}]
    return []


def fail(failure: ApiError, call: Call, turn: Turn, stamp: Stamp, sent: int) -> Iterator[Frame]:
    """Yield the frames of an error after ``sent`` chunks; the Python SDK looks for one that begins with it."""
    del turn
    body = {"error": _body(failure, "", stamp, vertex=call.form.startswith("vertex"))}
    array = call.form.endswith("array")
    yield framed(pretty(body) if array else airy(body), sent, array=array)
    if array:
        yield Frame("", b"]")


# -- what a contract complains of --------------------------------------------------------------------------------

_SCALARS = {
    "a string": "TYPE_STRING",
    "a boolean": "TYPE_BOOL",
    "an integer": "TYPE_INT32",
    "a number": "TYPE_FLOAT",
}
_MESSAGES = {
    "contents": "Content",
    "parts": "Part",
    "system_instruction": "Content",
    "tools": "Tool",
    "tool_config": "ToolConfig",
    "generation_config": "GenerationConfig",
    "safety_settings": "SafetySetting",
    "function_declarations": "FunctionDeclaration",
    "function_calling_config": "FunctionCallingConfig",
    "thinking_config": "ThinkingConfig",
    "response_schema": "Schema",
    "parameters": "Schema",
    "function_call": "FunctionCall",
    "function_response": "FunctionResponse",
    "inline_data": "Blob",
    "file_data": "FileData",
    "content": "Content",
    "mode": "FunctionCallingConfig.Mode",
    "type": "Type",
    "category": "HarmCategory",
    "threshold": "SafetySetting.HarmBlockThreshold",
    "thinking_level": "ThinkingConfig.ThinkingLevel",
    "media_resolution": "GenerationConfig.MediaResolution",
}
_STRUCTS = ("args", "response")


def complain(complaint: Complaint) -> ApiError:
    """Return a contract's complaint in the words of Google's JSON reader."""
    place = _place(complaint.path)
    match complaint.kind:
        case "json":
            message = f"Invalid JSON payload received. {_unreadable(complaint.expected)}"
            return ApiError("invalid_request", message, param="")
        case "missing" | "length" | "union" | "range" | "pattern":
            return _missing(complaint, place)
        case "unknown":
            parent, name = _place(complaint.path[:-1]), str(complaint.path[-1])
            at = f" at '{parent}'" if parent else ""
            message = f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.'
            return ApiError("invalid_request", message, param=parent)
        case "type" | "value":
            return _wrong(complaint, place)


def _place(path: tuple[str | int, ...]) -> str:
    """Return a path as Google writes it: snake case, and a map's entry as ``properties[0].value``."""
    text = ""
    entry = False
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif entry:
            text += "[0].value"
        else:
            text += f".{snake(step)}" if text else snake(step)
        entry = step == "properties" and not entry
    return text


_UNREADABLE = (
    ("Expecting value", "Expected a value."),
    ("Expecting property name", "Expected an object key or }."),
    ("Expecting ':'", "Expected : between key:value pair."),
    ("Expecting ','", "Expected , or } after key:value pair."),
    ("Unterminated string", "Closing quote expected in string."),
    ("Invalid control character", "Invalid control character in string."),
    ("Invalid \\", "Invalid escape sequence."),
    ("Extra data", "Parsing terminated before end of input."),
    ("'utf-8' codec", "Encountered non UTF-8 code points."),
    ("the JSON is nested", "Message too deep. Max recursion depth reached for key 'contents'"),
)


def _unreadable(expected: str) -> str:
    """Return what protobuf's JSON reader says for what ours met; the excerpt that it adds is left out."""
    for ours, theirs in _UNREADABLE:
        if expected.startswith(ours):
            return theirs
    return expected[:1].upper() + expected[1:].rstrip(".") + "."


def _missing(complaint: Complaint, place: str) -> ApiError:
    """Spell what the server's own checks say of a field that is not there, or too small, or set twice."""
    name = place.rpartition(".")[2].partition("[")[0]
    if complaint.kind == "union":
        return _oneof(complaint, place, name)
    empty = complaint.kind in ("missing", "length")
    if empty and name in ("contents", "content", "requests"):
        told = f"{name} is not specified"
    elif empty and name == "parts":
        told = "contents.parts must not be empty."
    elif empty and name == "name":
        told = BAD_NAME if "function_declarations" in place else "Name cannot be empty."
    elif empty:
        told = f"{name} is required"
    else:
        told = f"{name} must be {complaint.expected}"
    return ApiError("invalid_request", f"* GenerateContentRequest.{place}: {told}\n")


def _oneof(complaint: Complaint, place: str, name: str) -> ApiError:
    found = complaint.found if isinstance(complaint.found, dict) else {}
    given = [key for key in found if pick(found, key) is not None]
    if len(given) > 1:
        message = (
            f"Invalid value at '{place}' (oneof), oneof field 'data' is already set. Cannot set '{given[-1]}'"
        )
        return ApiError("invalid_request", message, param=place)
    if name == "tools":
        return ApiError(
            "invalid_request",
            f"{place}.tool_type: required one_of 'tool_type' must have one initialized field",
        )
    inside = f"{place}.data" if place else "data"
    told = f"* GenerateContentRequest.{inside}: required oneof field 'data' must have one initialized field\n"
    return ApiError("invalid_request", told)


def _wrong(complaint: Complaint, place: str) -> ApiError:
    """Spell a wrong type or value as the proto reader does."""
    found = complaint.found
    parent, _, name = place.rpartition(".")
    bare = name.partition("[")[0]
    if bare == "role" and complaint.kind == "value":
        return ApiError("invalid_request", "Please use a valid role: user, model.")
    repeated = complaint.expected.startswith("an array")
    if not complaint.path:
        message = f'Invalid JSON payload received. Unknown name "": {_shape(found)}'
        return ApiError("invalid_request", message, param="")
    if isinstance(found, list) and not repeated:
        at = f" at '{parent}'" if parent else ""
        message = f'Invalid JSON payload received. Unknown name "{bare}"{at}: Proto field is not repeating, cannot start list.'
        return ApiError("invalid_request", message, param=parent)
    scalar = next((kind for words, kind in _SCALARS.items() if complaint.expected.startswith(words)), None)
    if isinstance(found, dict) and scalar:
        message = f"Invalid value at '{parent}' ({bare}), Starting an object on a scalar field"
        return ApiError("invalid_request", message, param=parent)
    if bare in _STRUCTS:
        kind = "type.googleapis.com/google.protobuf.Struct"
    else:
        package = "type.googleapis.com/google.ai.generativelanguage.v1beta."
        kind = scalar or (package + _MESSAGES[bare] if bare in _MESSAGES else "TYPE_MESSAGE")
    message = f"Invalid value at '{place}' ({kind}), {_given(found)}"
    return ApiError("invalid_request", message, param=place)


def _shape(found: Json) -> str:
    return (
        "Root element must be a message."
        if not isinstance(found, list)
        else "Proto field is not repeating, cannot start list."
    )


def _given(found: Json) -> str:
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        return number(found)
    return airy(found) if not isinstance(found, str) else f'"{found}"'
