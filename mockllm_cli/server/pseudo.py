"""The request that an HTTP/2 header list makes, refused where HTTP/1.1 refuses it.

What RFC 9113 calls malformed (8.1.1), h2 has refused before; here is what both versions share.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from mockllm_cli.server.head import ONCE, BadRequest, check_expectation, check_host, check_line
from mockllm_core.exchange import HttpRequest

if TYPE_CHECKING:
    from mockllm_cli.server.head import Limits

__all__ = ["CONVERSES", "asked", "understood"]

CONVERSES = (b"content-type", b"application/vnd.amazon.eventstream")
"""The field of a request that sends events for as long as it likes (InvokeModelWithBidirectionalStream): its head says
all that an answer needs."""

Fields = list[tuple[bytes, bytes]]


def understood(fields: Fields, body: bytes, limits: Limits) -> HttpRequest:
    """Return the request of a header list and its body, still encoded.

    Raises:
        BadRequest: it is no request that may be taken.
    """
    headers: dict[str, str] = {}
    # :authority is their host; the others stand in HTTP/1.1's request line
    if len(fields) - 3 > limits.fields:
        raise BadRequest(431, f"There are more than {limits.fields} header fields.")
    for name, value in fields:
        key = name.decode("latin-1")
        text = value.decode("latin-1")
        if key in headers and key in ONCE:
            raise BadRequest(400, f"The header {key} is there twice.")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    request = _request(headers, body)
    check_host(headers["host"])
    check_expectation(headers)
    return request


def asked(fields: Fields) -> HttpRequest | None:
    """Return whom a request that is refused asked, as far as that can be known."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in fields}
    with contextlib.suppress(BadRequest):
        return _request(headers, b"")
    return None


def _request(headers: dict[str, str], body: bytes) -> HttpRequest:
    method, target = headers.pop(":method", ""), headers.pop(":path", "")
    headers["host"] = headers.pop(":authority", headers.get("host", ""))
    headers.pop(":scheme", None)
    if not target.startswith("/") and target != "*":
        raise BadRequest(400, "The request target does not begin with a slash.")
    # the grammar of both is that of HTTP/1.1 (RFC 9110, 9.1; RFC 9113, 8.3.1)
    check_line(f"{method} {target} HTTP/1.1".encode("latin-1"))
    path, _, query = target.partition("?")
    return HttpRequest(method=method, path=path, query=query, headers=headers, body=body)
