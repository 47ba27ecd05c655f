"""Response headers; what the transport adds (date, length, connection) is the host's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.stamp import ACCOUNT

if TYPE_CHECKING:
    from mockllm_core.exchange import Headers
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["COMMON", "LIMITS", "headers", "of_socket", "plain", "varying"]

COMMON: Headers = (
    ("server", "cloudflare"),
    ("openai-version", "2020-10-01"),
    ("x-content-type-options", "nosniff"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
    ("cf-cache-status", "DYNAMIC"),
    ("alt-svc", 'h3=":443"; ma=86400'),
)
LIMITS: Headers = (
    ("x-ratelimit-limit-requests", "30000"),
    ("x-ratelimit-limit-tokens", "150000000"),
    ("x-ratelimit-remaining-requests", "29999"),
    ("x-ratelimit-remaining-tokens", "149999632"),
    ("x-ratelimit-reset-requests", "2ms"),
    ("x-ratelimit-reset-tokens", "0s"),
)
_EXPOSED: Headers = (
    ("access-control-expose-headers", "X-Request-ID"),
    ("access-control-expose-headers", "CF-Ray"),
    ("access-control-expose-headers", "CF-Ray"),
)


def varying(stamp: Stamp) -> Headers:
    """Return the headers that differ from answer to answer."""
    drawn = stamp.hex(60, _REQUEST)
    return (
        ("openai-processing-ms", str(40 + int(drawn[48:], 16) % 960)),
        ("x-request-id", f"req_{drawn[:32]}"),
        ("cf-ray", f"{drawn[32:48]}-IAD"),
    )


_REQUEST = b"('request',)"

_ACCOUNT: Headers = (
    ("openai-organization", ACCOUNT.id("org-", "organization")),
    ("openai-project", ACCOUNT.id("proj_", "project")),
)


_PLAIN: Headers = (("content-type", "application/json"), *COMMON, *_ACCOUNT, *_EXPOSED)
_WHOLE: Headers = (*_PLAIN, *LIMITS)
_STREAM: Headers = (("content-type", "text/event-stream; charset=utf-8"), *_WHOLE[1:])


def headers(turn: Turn, call: Call, stamp: Stamp) -> Headers:  # noqa: ARG001 - the signature of every protocol
    """Return the headers of a successful answer."""
    return (_STREAM if call.stream else _WHOLE) + varying(stamp)


_SOCKET: Headers = (
    *(pair for pair in COMMON if pair[0] != "openai-version"),
    ("x-openai-proxy-wasm", "v0.1"),
)


def of_socket(stamp: Stamp) -> Headers:
    """Return the headers of a handshake that succeeds: no request id, no limits (openai/codex issue 30536)."""
    return (*_SOCKET, ("cf-ray", f"{stamp.hex(16, _REQUEST)}-IAD"))


def plain(stamp: Stamp) -> Headers:
    """Return the headers of an answer that no model made: a stored response, a token count."""
    return _PLAIN + varying(stamp)
