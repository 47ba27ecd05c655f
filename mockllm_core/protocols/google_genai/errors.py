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
from mockllm_core.protocols.google_genai.headers import ALWAYS, EVENT_STREAM, JSON
from mockllm_core.protocols.google_genai.spell import airy, pretty
from mockllm_core.protocols.google_genai.stream import framed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.errors import ErrorKind
    from mockllm_core.exchange import Headers, HttpRequest
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["error", "fail", "sentence"]


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
    # printed so since 19 February 2026 (continuedev/continue issue 10639); before, "The model is overloaded."
    "overloaded": _Kind(
        503,
        "UNAVAILABLE",
        "This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try again"
        " later.",
    ),
    "timeout": _Kind(504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
}

_OF_VERTEX = {
    "rate_limit": "Resource exhausted. Please try again later. Please refer to"
    " https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details.",
    "server_error": "Internal error encountered.",
    "overloaded": _KINDS["unavailable"].message,
}
"""What Vertex AI says in other words, as public logs of 2025 and 2026 print them."""

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
    for path, named, sentence in _ABSENT:
        if request.method != "POST" and (found := path.fullmatch(request.path)) is not None:
            return ApiError(named, sentence.format(found[1]))
    of_model = method and _OF_MODEL.search(request.path, 0, method.start())
    model = unquote(request.path[: method.start()].rpartition("/")[2]) if method and of_model else None
    return ApiError("not_found", "", model=model)


_ABSENT: tuple[tuple[re.Pattern[str], ErrorKind, str], ...] = (
    (
        re.compile(r"/v\d\w*/files/([^/:]+)(?::download)?"),
        "permission",
        "You do not have permission to access the File {} or it may not exist.",
    ),
    (re.compile(r"/v\d\w*/(tunedModels/[^/:]+)"), "not_found", "Tuned model {} does not exist."),
)
"""What is said of things that a client can make, none of which is here: printed so in public reports."""


def _status(failure: ApiError, kind: _Kind) -> int:
    # a bad key is 400 INVALID_ARGUMENT, not 401
    return 400 if failure.code == "API_KEY_INVALID" else failure.status or kind.code


def _body(failure: ApiError, path: str, stamp: Stamp, *, vertex: bool) -> dict[str, Json]:
    kind = _KINDS[failure.kind]
    if failure.code == "API_KEY_INVALID":
        kind = _KINDS["invalid_request"]
    message = _of_request(failure.message, path) or sentence(failure, path, stamp)
    made: dict[str, Json] = {"code": failure.status or kind.code, "message": message, "status": kind.status}
    details = _details(failure, message, path)
    if details or (vertex and "Unable to submit request" in message):
        made["details"] = details
    return made


_REQUESTS = {
    "countTokens": "CountTokensRequest",
    "embedContent": "EmbedContentRequest",
    "batchEmbedContents": "BatchEmbedContentsRequest",
}
_GENERATE = "* GenerateContentRequest."


def _of_request(message: str, path: str) -> str:
    """Return a complaint about a field with the name of the message that the path's method takes."""
    if not message.startswith(_GENERATE):
        return message
    method = _METHOD.search(path)
    name = _REQUESTS.get(method[1]) if method else None
    if name is None and "/cachedContents" in path:
        name = "CreateCachedContentRequest.cached_content"
    return message if name is None else f"* {name}.{message[len(_GENERATE) :]}"


def sentence(failure: ApiError, path: str, stamp: Stamp) -> str:
    """Return the sentence that the provider usually sends."""
    vertex = "/projects/" in path or "/publishers/" in path
    if vertex and failure.kind in _OF_VERTEX:
        return _OF_VERTEX[failure.kind]
    if vertex and failure.kind == "permission":
        return f"Permission '{_PREDICT}' denied on resource '//{_VERTEX_API}/{_resource(path)}' (or it may not exist)."
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


_VERTEX_API = "aiplatform.googleapis.com"
_PREDICT = "aiplatform.endpoints.predict"


def _resource(path: str) -> str:
    """Return what a path of Vertex AI names, without the version before it and the method behind it."""
    return unquote(_METHOD.sub("", path)).strip("/").partition("/")[2]


def _details(failure: ApiError, message: str, path: str) -> list[Json]:
    kind = "type.googleapis.com/google.rpc."
    if message.startswith(f"Permission '{_PREDICT}'"):
        return [
            {
                "@type": f"{kind}ErrorInfo",
                "reason": "IAM_PERMISSION_DENIED",
                "domain": _VERTEX_API,
                "metadata": {"permission": _PREDICT, "resource": _resource(path)},
            }
        ]
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
        return [{"@type": f"{kind}BadRequest", "fieldViolations": _violations(message, failure.param)}]
    return []


def _violations(message: str, field: str) -> list[Json]:
    """Return the fields at fault: one, or one a line where the JSON reader does not know several."""
    lines = (
        message.split("\n")
        if message.startswith("Invalid JSON payload received. Unknown name")
        else [message]
    )
    if len(lines) == 1:
        return [{**({"field": field} if field else {}), "description": message}]
    places = [found[1] if (found := _AT.search(line)) else "" for line in lines]
    return [
        {**({"field": place} if place else {}), "description": line}
        for place, line in zip(places, lines, strict=True)
    ]


_AT = re.compile(r" at '([^']*)'")


def fail(failure: ApiError, call: Call, turn: Turn, stamp: Stamp, sent: int) -> Iterator[Frame]:
    """Yield the frames of an error after ``sent`` chunks; the Python SDK looks for one that begins with it."""
    del turn
    vertex = call.form.startswith("vertex")
    path = f"/v1/publishers/google/models/{call.model}" if vertex else ""
    body = {"error": _body(failure, path, stamp, vertex=vertex)}
    array = call.form.endswith("array")
    yield framed(pretty(body) if array else airy(body), sent, array=array)
    if array:
        yield Frame("", b"]")
