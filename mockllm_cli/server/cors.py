"""OPTIONS, and cross-origin answers, the latter only when asked for. Spec: https://fetch.spec.whatwg.org/#http-cors-protocol."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockllm_core.exchange import HttpResponse

if TYPE_CHECKING:
    from mockllm_core.exchange import HttpRequest

__all__ = ["allowed", "options"]

_METHODS = "DELETE, GET, HEAD, OPTIONS, POST"


def options(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return what OPTIONS gets: the methods of the path, or of all of them (RFC 9110, 9.3.7), or the path's own 404."""
    if request.path == "*":
        return HttpResponse(status=204, headers=(("allow", _METHODS),), body=b"", note=response.note)
    allow = tuple(pair for pair in response.headers if pair[0] == "allow")
    return HttpResponse(status=204, headers=allow, body=b"", note=response.note) if allow else response


def allowed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return the response with leave for every origin; a preflight request gets an empty one."""
    origin = request.headers.get("origin")
    if origin is None:
        return response
    headers = (("access-control-allow-origin", "*"), ("access-control-expose-headers", "*"))
    if request.method != "OPTIONS":
        kept = tuple(pair for pair in response.headers if pair[0] != "access-control-expose-headers")
        return replace(response, headers=kept + headers)
    wanted = request.headers.get("access-control-request-headers", "*")
    preflight = (
        ("access-control-allow-methods", "GET, POST, DELETE, OPTIONS"),
        ("access-control-allow-headers", wanted),
        ("access-control-max-age", "600"),
    )
    return HttpResponse(status=204, headers=headers[:1] + preflight, body=b"", note=response.note)
