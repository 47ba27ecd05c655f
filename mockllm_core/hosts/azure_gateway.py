"""What Azure OpenAI's gateway asks of every request, and puts on every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from mockllm_core.errors import ApiError

if TYPE_CHECKING:
    from mockllm_core.exchange import Headers
    from mockllm_core.protocol import Incoming
    from mockllm_core.stamp import Stamp

__all__ = ["NO_ROUTE", "check_version", "front"]

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


def front(stamp: Stamp) -> Headers:
    """Return the headers that Azure's gateway puts on every answer."""
    return (
        ("apim-request-id", stamp.uuid("request")),
        ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
        ("x-content-type-options", "nosniff"),
        ("x-ms-region", "East US"),
        ("x-request-id", stamp.uuid("engine")),
    )
