"""Errors in the provider's form: before the first byte, and inside a stream.

The body is ``{"error": {"message", "type", "param", "code"}}``, absent places null. Errors of the gateway (401, 403,
404, 405, 429, a body that is not JSON) are indented by 4 with a final newline, as ``application/json; charset=utf-8``
with ``vary: Origin``; those of the engine by 2 without a newline, as ``application/json``, a stored completion's 404 too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core import sse
from mockllm_core.exchange import HttpResponse
from mockllm_core.jsontext import compact, pretty, utf8
from mockllm_core.protocols.openai_chat import headers
from mockllm_core.protocols.openai_chat.complaints import NO_MODEL, NOT_JSON
from mockllm_core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.errors import ApiError, ErrorKind
    from mockllm_core.exchange import HttpRequest
    from mockllm_core.frame import Frame, Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["COMPLETION", "described", "error", "fail"]

COMPLETION = "completion_id"
"""The ``param`` of errors about a stored completion, which the engine makes."""


@record()
class _Form:
    """How one kind is answered: status, type, code and usual sentence, and whether the gateway makes it."""

    status: int
    type: str
    code: str | None
    message: str
    gateway: bool = False


_FORMS: dict[ErrorKind, _Form] = {
    "invalid_request": _Form(400, "invalid_request_error", None, "The request is invalid."),
    "authentication": _Form(
        401,
        "invalid_request_error",
        "invalid_api_key",
        "Incorrect API key provided: sk-mock****llm. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
        gateway=True,
    ),
    "permission": _Form(
        403,
        "invalid_request_error",
        "model_not_found",
        "Project `{project}` does not have access to model `{model}`",
        gateway=True,
    ),
    "not_found": _Form(
        404,
        "invalid_request_error",
        "model_not_found",
        "The model `{model}` does not exist or you do not have access to it.",
        gateway=True,
    ),
    "method_not_allowed": _Form(
        405,
        "invalid_request_error",
        None,
        "Not allowed to {method} on {path}. (HINT: Perhaps you meant to use a different HTTP method?)",
        gateway=True,
    ),
    "conflict": _Form(
        409, "invalid_request_error", None, "The resource was changed by another request. Please try again."
    ),
    "request_too_large": _Form(413, "server_error", None, "Maximum content size limit (26214400) exceeded"),
    "rate_limit": _Form(
        429,
        "tokens",
        "rate_limit_exceeded",
        "Rate limit reached for {model} in organization {organization} on tokens per min (TPM): Limit 30000000, "
        "Used 30000000, Requested 247009. Please try again in 494ms. Visit "
        "https://platform.openai.com/account/rate-limits to learn more.",
        gateway=True,
    ),
    "server_error": _Form(
        500,
        "server_error",
        None,
        "The server had an error while processing your request. Sorry about that!",
    ),
    "unavailable": _Form(
        503,
        "service_unavailable_error",
        "server_is_overloaded",
        "Our servers are currently overloaded. Please try again later.",
    ),
    # there is no 529 here; an overload is a 503
    "overloaded": _Form(
        503,
        "service_unavailable_error",
        "server_is_overloaded",
        "Our servers are currently overloaded. Please try again later.",
    ),
    "timeout": _Form(408, "server_error", None, "Request timed out."),
}


def error(error: ApiError, request: HttpRequest | None, stamp: Stamp) -> HttpResponse:
    """Return the error before the first byte.

    A code of ``""`` means null where the kind usually has one.
    """
    form = _FORMS[error.kind]
    body = {"error": _body(error, form, request)}
    kept = error.param == COMPLETION
    gateway = (form.gateway and not kept) or error.message in (NOT_JSON, NO_MODEL)
    text = pretty(body, 4) + "\n" if gateway else pretty(body)
    sent = headers.of_gateway(stamp) if gateway else headers.of_engine(stamp, images=_shows_image(request))
    if kept:
        sent = headers.of_kept(stamp)
    if error.kind == "rate_limit":
        sent = headers.of_rate_limit(stamp, quota=error.code == "insufficient_quota")
    if error.allow:
        sent += (("allow", ", ".join(error.allow)),)
    return HttpResponse(status=form.status, headers=sent, body=utf8(text))


def fail(error: ApiError, call: Call, turn: Turn, stamp: Stamp, sent: int) -> Iterator[Frame]:
    """Yield what follows ``sent`` frames when the answer breaks off: one error payload and no ``[DONE]``.

    Not recorded; the official clients raise on a payload with a top-level ``error``.
    """
    del call, turn, stamp, sent
    yield sse.data(compact({"error": described(error)}))


def described(error: ApiError) -> dict[str, Json]:
    """Return an error's message, type, param and code, where it is told in another form than an answer's body."""
    return _body(error, _FORMS[error.kind], None)


def _body(error: ApiError, form: _Form, request: HttpRequest | None) -> dict[str, Json]:
    kind = form.type
    code = form.code if error.code is None and not error.message else error.code or None
    if error.kind == "rate_limit":
        code = code or form.code
        kind = "insufficient_quota" if code == "insufficient_quota" else _limit(error.message)
    elif code == "max_tokens_per_request":
        kind = code
    elif code == "unknown_url" and error.message.startswith("Invalid URL"):
        code = None
    elif error.kind in ("authentication", "unavailable", "overloaded") and error.code is None:
        code = form.code
    filled = {
        "{model}": error.model or "mock-model",
        "{method}": request.method if request else "GET",
        "{path}": request.path if request else "/",
        "{project}": headers.PROJECT,
        "{organization}": headers.ORGANIZATION,
    }
    message = error.message
    if not message:
        message = form.message
        for hole, value in filled.items():
            message = message.replace(hole, value)
    return {"message": message, "type": kind, "param": error.param, "code": code}


def _limit(message: str) -> str:
    """Return which limit a sentence names."""
    return "requests" if "requests per" in message else "tokens"


def _shows_image(request: HttpRequest | None) -> bool:
    return request is not None and b'"image_url"' in request.body
