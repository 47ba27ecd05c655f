"""What Azure OpenAI's gateway asks of every request, and puts on every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from mockllm_core.asked import error_asked_for
from mockllm_core.errors import ApiError

if TYPE_CHECKING:
    from mockllm_core.exchange import Headers, HttpResponse
    from mockllm_core.protocol import Incoming
    from mockllm_core.stamp import Stamp

__all__ = ["NO_ROUTE", "check_version", "front", "no_talker"]

NO_ROUTE = "404"
"""The code of what the gateway does not know."""


def check_version(incoming: Incoming) -> None:
    """Refuse a request without ``api-version`` where the path is not that of version 1.

    Raises:
        ApiError: the gateway's 404, whose words are reported in MicrosoftDocs/azure-docs 114602 and many others.
    """
    http = incoming.http
    if not http.path.startswith("/openai/v1/") and not parse_qs(http.query).get("api-version"):
        raise ApiError("not_found", "Resource not found", code=NO_ROUTE)


def no_talker(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Refuse a WebSocket of the Realtime API, which is not served.

    Unlike OpenAI, Azure refuses handshakes: with 401, 404 and 429 in public reports (Azure-Samples/aisearch-openai-rag-audio
    37, 48, 56). That the 404's words are those of any other deployment that there is not is inferred.

    Raises:
        ApiError: always.
    """
    from mockllm_core.websocket import check_handshake

    del stamp
    check_handshake(incoming.http)
    check_version(incoming)
    asked = parse_qs(incoming.http.query)
    name = asked.get("deployment", asked.get("model", [""]))[0]
    raise ApiError(error_asked_for(name) or "not_found", "", model=name)


def front(stamp: Stamp) -> Headers:
    """Return the headers that Azure's gateway puts on every answer."""
    return (
        ("apim-request-id", stamp.uuid("request")),
        ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
        ("x-content-type-options", "nosniff"),
        ("x-ms-region", "East US"),
        ("x-request-id", stamp.uuid("engine")),
    )
