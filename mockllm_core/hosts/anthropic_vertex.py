"""Claude on Vertex AI: the events of Anthropic Messages under Google's paths.

Spec: https://docs.anthropic.com/en/api/claude-on-vertex-ai. The path names the model and whether the answer streams;
the body has ``anthropic_version: vertex-2023-10-16`` and no model. Streams are server-sent events as on Anthropic's own
host, ids say ``vrtx``. What the model refuses is told in Anthropic's form, what the platform refuses in Google's (in an
array where a stream was asked for). No recording shows the response headers; they are those of Google's other answers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.jsontext import compact, pretty, utf8
from mockllm_core.protocol import Endpoint
from mockllm_core.protocols.anthropic_messages import PROTOCOL as MESSAGES
from mockllm_core.protocols.anthropic_messages.errors import KINDS, envelope
from mockllm_core.protocols.anthropic_messages.headers import request_id
from mockllm_core.protocols.anthropic_messages.models import counted
from mockllm_core.protocols.anthropic_messages.served import is_version

if TYPE_CHECKING:
    from mockllm_core.errors import ErrorKind
    from mockllm_core.exchange import Headers, HttpRequest
    from mockllm_core.protocol import Call, Incoming
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["PROTOCOL"]

_MODELS = "/v1/projects/{project}/locations/{location}/publishers/anthropic/models"
_CONTRACT = "anthropic-vertex"
_VERSION = "vertex-2023-10-16"

_GOOGLE = (
    ("vary", "Origin, X-Origin, Referer"),
    ("server", "scaffolding on HTTPServer2"),
    ("x-xss-protection", "0"),
    ("x-frame-options", "SAMEORIGIN"),
    ("x-content-type-options", "nosniff"),
)

_PLATFORM: dict[ErrorKind, tuple[int, str, str]] = {
    "authentication": (
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
    ),
    "permission": (403, "PERMISSION_DENIED", "The caller does not have permission"),
    "not_found": (404, "NOT_FOUND", "Not Found"),
    "method_not_allowed": (405, "INVALID_ARGUMENT", "Method Not Allowed"),
    "conflict": (409, "ABORTED", "The operation was aborted."),
    "rate_limit": (429, "RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later."),
    "unavailable": (503, "UNAVAILABLE", "The service is currently unavailable."),
    "timeout": (504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
}
"""Errors that Google makes before the model is reached: status, Google's name, the usual sentence."""


def _headers(_turn: Turn, call: Call, stamp: Stamp) -> Headers:
    kind = "text/event-stream; charset=utf-8" if call.stream else "application/json"
    cache = (("cache-control", "no-cache"),) if call.stream else ()
    return (("content-type", kind), *cache, ("request-id", request_id(stamp, "vertex")), *_GOOGLE)


def _error(error: ApiError, request: HttpRequest | None, stamp: Stamp) -> HttpResponse:
    if error.kind not in _PLATFORM:
        identity = request_id(stamp, "vertex")
        headers = (("content-type", "application/json"), ("request-id", identity), *_GOOGLE)
        body = compact(envelope(error, identity))
        return HttpResponse(status=KINDS[error.kind][0], headers=headers, body=utf8(body))
    status, name, usual = _PLATFORM[error.kind]
    message = error.message or (_unknown(request) if error.kind == "not_found" else "") or usual
    body = pretty({"error": {"code": status, "message": message, "status": name}})
    streamed = request is not None and request.path.endswith(":streamRawPredict")
    allow = (("allow", ", ".join(error.allow)),) if error.allow else ()
    headers = (("content-type", "application/json; charset=UTF-8"), *allow, *_GOOGLE)
    return HttpResponse(status=status, headers=headers, body=utf8(f"[{body}\n]" if streamed else f"{body}\n"))


def _unknown(request: HttpRequest | None) -> str:
    """Return Google's sentence for a model that does not exist."""
    _, found, name = (request.path if request else "").partition("/projects/")
    if not found:
        return ""
    return (
        f"Publisher Model `projects/{name.rpartition(':')[0]}` was not found or your project does not have access to it. "
        "Please ensure you are using a valid model version. For more information, see: "
        "https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions"
    )


def _count(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer the token count; its body names the model, its path does not."""
    answer = counted(incoming, stamp)
    headers: Headers = (
        ("content-type", "application/json"),
        ("request-id", request_id(stamp, "vertex")),
        *_GOOGLE,
    )
    return replace(answer, headers=headers)


def _route(verb: str, *, stream: bool) -> Endpoint:
    path = f"{_MODELS}/{{model}}:{verb}"
    return Endpoint(method="POST", path=path, stream=stream, form="vertex", contract=_CONTRACT)


def _parse(incoming: Incoming, endpoint: Endpoint) -> Call:
    """Return the Call of a body; the path names the model, and a body that does so, too, is refused (public reports).

    The host's guide names one version, the SDK from 2.0 on sends its own; the sentence about another is InvokeModel's.
    """
    body = incoming.body
    if isinstance(body, dict) and "model" in body:
        raise ApiError("invalid_request", "model: Extra inputs are not permitted", param="model")
    version = body.get("anthropic_version") if isinstance(body, dict) else None
    if version != _VERSION and not is_version(version):
        raise ApiError("invalid_request", f"Invalid API version: {version}", param="anthropic_version")
    return MESSAGES.parse(incoming, endpoint)


PROTOCOL = replace(
    MESSAGES,
    name="anthropic-vertex",
    title="Anthropic Messages on Vertex AI",
    endpoints=(
        Endpoint(
            method="POST",
            path=f"{_MODELS}/count-tokens:rawPredict",
            kind="plain",
            contract="anthropic-count-tokens",
            answer=_count,
        ),
        _route("rawPredict", stream=False),
        _route("streamRawPredict", stream=True),
    ),
    parse=_parse,
    headers=_headers,
    error=_error,
)
