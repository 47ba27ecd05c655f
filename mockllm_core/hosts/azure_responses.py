"""Azure OpenAI's Responses: the events of OpenAI Responses under Azure's paths.

Spec: https://learn.microsoft.com/azure/ai-foundry/openai/how-to/responses. ``/openai/v1/responses``, and
``/openai/responses`` with an ``api-version`` (any is taken, none is a 404); the body's ``model`` names the deployment. Different on the
wire, as answers of 2025 and 2026 in public projects show it: the response has ``content_filters`` (null until it is
finished, then one entry for the prompt and one for the answer) and neither ``billing`` nor ``tool_usage`` nor
``cache_write_tokens``; ``model`` is the deployment, the snapshot stands in ``x-ms-served-model``
(openai/openai-python issue 3271); headers and the gateway's errors are Azure's.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.hosts.azure_gateway import NO_ROUTE, check_version, front
from mockllm_core.hosts.azure_openai import RETRY, headers, refused
from mockllm_core.jsontext import pretty, utf8
from mockllm_core.protocols.openai_responses import PROTOCOL as RESPONSES
from mockllm_core.protocols.openai_responses.body import AZURE
from mockllm_core.protocols.openai_responses.errors import THROTTLED
from mockllm_core.protocols.openai_responses.families import snapshot
from mockllm_core.protocols.openai_responses.state import stateful

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.exchange import HttpRequest
    from mockllm_core.protocol import Call, Endpoint, Incoming, Memory, WireProtocol
    from mockllm_core.stamp import Stamp

__all__ = ["PROTOCOL"]


def _plain(theirs: Endpoint, incoming: Incoming, stamp: Stamp) -> HttpResponse:
    assert theirs.answer is not None  # noqa: S101 - only plain endpoints come here
    check_version(incoming)
    answered = theirs.answer(incoming, stamp)
    return replace(answered, headers=(answered.headers[0], *front(stamp)))


def _socket(theirs: Endpoint, incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Open a socket under the path that has no date: the guide knows of no other.

    https://learn.microsoft.com/azure/foundry/openai/how-to/websockets
    """
    if not incoming.http.path.startswith("/openai/v1/"):
        raise ApiError("not_found", "Resource not found", code=NO_ROUTE)
    assert theirs.answer is not None  # noqa: S101 - only plain endpoints come here
    return replace(theirs.answer(incoming, stamp), headers=front(stamp))


def _azure(theirs: Endpoint) -> Endpoint:
    """Return an endpoint of OpenAI's under Azure's path."""
    path = f"/openai{theirs.path}"
    if theirs.header == "upgrade":
        return replace(theirs, path=path, answer=partial(_socket, theirs))
    if theirs.kind == "plain":
        return replace(theirs, path=path, answer=partial(_plain, theirs))
    query = "" if theirs.path.startswith("/v1") else "api-version=2025-03-01-preview"
    return replace(theirs, path=path, form=AZURE, query=query)


def _versioned(parse: Callable[[Incoming, Endpoint], Call], incoming: Incoming, endpoint: Endpoint) -> Call:
    check_version(incoming)
    return parse(incoming, endpoint)


def _error(error: ApiError, request: HttpRequest | None, stamp: Stamp) -> HttpResponse:
    """Return an error; a 429 comes from behind the gateway, in words of public reports of 2026."""
    if error.kind != "rate_limit":
        return refused(RESPONSES, error, request, stamp)
    told = {
        "message": error.message or THROTTLED,
        "type": "too_many_requests",
        "param": None,
        "code": "too_many_requests",
    }
    sent = (("content-type", "application/json"), *front(stamp), *RETRY)
    return HttpResponse(status=429, headers=sent, body=utf8(pretty({"error": told})))


def _under_azure(theirs: WireProtocol) -> WireProtocol:
    """Return the record of OpenAI's Responses (bound to a memory or not) as Azure's."""
    return replace(
        theirs,
        name="azure-responses",
        title="Azure OpenAI Responses",
        endpoints=tuple(map(_azure, theirs.endpoints)),
        parse=partial(_versioned, theirs.parse),
        headers=partial(headers, served=snapshot),
        error=_error,
        bound=_bound,
    )


def _bound(_protocol: WireProtocol, memory: Memory) -> WireProtocol:
    return _under_azure(stateful(RESPONSES, memory))


PROTOCOL = _under_azure(RESPONSES)
"""Responses under Azure's paths."""
