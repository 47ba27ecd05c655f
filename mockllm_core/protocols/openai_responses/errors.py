"""Errors: status, headers, body and layout; failing mid-stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mockllm_core import jsontext, sse
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.protocols.openai_responses.body import AZURE, Body
from mockllm_core.protocols.openai_responses.headers import COMMON, LIMITS, varying
from mockllm_core.protocols.openai_responses.spell import event
from mockllm_core.stamp import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.errors import ErrorKind
    from mockllm_core.exchange import Headers, HttpRequest
    from mockllm_core.frame import Frame, Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["THROTTLED", "error", "fail"]


class _Form(NamedTuple):
    """How one kind of error is answered.

    Attributes:
        status: the code.
        type: ``error.type``.
        code: ``error.code`` where the error has none of its own.
        message: the usual sentence.
        gateway: made before the engine: four spaces of indent, a final newline, another content-type.
    """

    status: int
    type: str
    code: str | None
    message: str
    gateway: bool = False


_INVALID = "invalid_request_error"
_FORMS: dict[ErrorKind, _Form] = {
    "invalid_request": _Form(
        400, _INVALID, None, "There was an issue with your request. Please check the inputs and try again"
    ),
    "authentication": _Form(
        401,
        _INVALID,
        "invalid_api_key",
        "Incorrect API key provided: sk-mock****llm. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
        gateway=True,
    ),
    "permission": _Form(
        403,
        "request_forbidden",
        "unsupported_country_region_territory",
        "Country, region, or territory not supported",
        gateway=True,
    ),
    "not_found": _Form(404, _INVALID, None, "Unknown request URL.", gateway=True),
    "method_not_allowed": _Form(
        405,
        _INVALID,
        None,
        "Not allowed to {method} on {path}. (HINT: Perhaps you meant to use a different HTTP method?)",
        gateway=True,
    ),
    "conflict": _Form(
        409,
        _INVALID,
        "conversation_locked",
        "Another process is currently operating on this conversation. Please retry in a few seconds.",
    ),
    "request_too_large": _Form(
        413, "server_error", None, "Maximum content size limit (26214400) exceeded", gateway=True
    ),
    "rate_limit": _Form(
        429,
        "tokens",
        "rate_limit_exceeded",
        f"Rate limit reached for {{model}} in organization {ACCOUNT.id('org-', 'organization')} on tokens per min "
        "(TPM): Limit 150000000, Used 150000000, Requested 1235000. Please try again in 494ms. "
        "Visit https://platform.openai.com/account/rate-limits to learn more.",
        gateway=True,
    ),
    "server_error": _Form(
        500,
        "server_error",
        None,
        "The server had an error while processing your request. Sorry about that!",
    ),
    "unavailable": _Form(
        503, "server_error", None, "The server is temporarily unavailable. Please try again later."
    ),
    # there is no 529 here: an overloaded model answers 503
    "overloaded": _Form(
        503, "server_error", None, "The engine is currently overloaded, please try again later"
    ),
    "timeout": _Form(
        504,
        "server_error",
        None,
        "The server took too long to respond. Please try again later.",
        gateway=True,
    ),
}

_TYPES = {"insufficient_quota": "insufficient_quota"}
"""Codes that have a type of their own, whatever the kind."""


def error(failure: ApiError, request: HttpRequest | None, stamp: Stamp) -> HttpResponse:
    """Return an error before the first byte.

    Unlike Chat an unknown model is 400 with ``param``: a ``not_found`` that names the model and says nothing else.
    One that is asked for by name (``mock-error-not_found``) keeps the 404.
    """
    form = _FORMS[failure.kind]
    if failure.kind == "not_found" and failure.model is not None and not failure.message:
        asked = "mock-error-not_found" in failure.model
        failure = ApiError(
            "not_found" if asked else "invalid_request",
            f"The requested model '{failure.model}' does not exist.",
            param="model",
            code="model_not_found",
        )
        form = _FORMS[failure.kind]
    told = {"error": _detail(failure, form, request)}
    text = jsontext.pretty(told, 4) + "\n" if form.gateway else jsontext.pretty(told)
    return HttpResponse(status=form.status, headers=_headers(failure, form, stamp), body=text.encode())


def _detail(failure: ApiError, form: _Form, request: HttpRequest | None) -> dict[str, Json]:
    method = request.method if request else "POST"
    path = request.path if request else "/v1/responses"
    code = None if (failure.message or "").startswith("Invalid URL") else failure.code or form.code
    usual = form.message.format(method=method, path=path, model=failure.model or "the model")
    return {
        "message": failure.message or usual,
        "type": _TYPES.get(failure.code or "", form.type),
        "param": failure.param,
        "code": code,
    }


def _headers(failure: ApiError, form: _Form, stamp: Stamp) -> Headers:
    kind = "application/json; charset=utf-8" if form.gateway else "application/json"
    headers: Headers = (("content-type", kind), *COMMON)
    if form.gateway:
        headers = (*headers, ("vary", "Origin"))
    if failure.allow:
        headers = (*headers, ("allow", ", ".join(failure.allow)))
    if failure.kind == "rate_limit":
        spent = {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "494ms"}
        limits = tuple((name, spent.get(name, value)) for name, value in LIMITS)
        headers = (*headers, ("retry-after", "1"), ("retry-after-ms", "494"), *limits)
    return (*headers, *varying(stamp))


THROTTLED = "Too Many Requests"
"""Azure's sentence for a 429."""

_AZURE_TYPES: dict[ErrorKind, str] = {
    "rate_limit": "too_many_requests",
    "authentication": "forbidden",
    "permission": "forbidden",
    "server_error": "server_error",
    "unavailable": "server_error",
    "overloaded": "server_error",
    "timeout": "server_error",
}
"""Azure's words for what a status would say; anything else is the user's."""


# -- inside a stream ------------------------------------------------------------------------------------------


def fail(failure: ApiError, call: Call, turn: Turn, stamp: Stamp, sent: int) -> Iterator[Frame]:
    """Yield ``error`` and ``response.failed``, numbered after the events that were sent."""
    detail = _detail(failure, _FORMS[failure.kind], None)
    code = detail["code"] or detail["type"]
    told = {"type": detail["type"], "code": code, "message": detail["message"], "param": detail["param"]}
    if call.form == AZURE:
        # https://learn.microsoft.com/azure/ai-foundry/openai/how-to/responses: "errors in the stream"
        limited = failure.kind == "rate_limit"
        if limited:
            # as two public projects hold it from streams of 2026
            code, detail = "too_many_requests", detail | {"message": failure.message or THROTTLED}
        told = {
            "type": _AZURE_TYPES.get(failure.kind, "user_error"),
            "code": code,
            "headers": {"x-ms-fe-error" if limited else "skip-error-remapping": "true"},
            "message": detail["message"],
            "param": detail["param"],
        }
    yield event({"type": "error", "error": told, "sequence_number": sent})
    ended = Body(call, turn, stamp).failed({"code": code, "message": detail["message"]})
    name = "response.failed"
    yield sse.event(name, f'{{"type":"{name}","response":{ended},"sequence_number":{sent + 1}}}')
