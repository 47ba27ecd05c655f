"""The provider's response headers. Source: the recordings of 2026; rate-limit numbers are those of a large account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from mockllm_core.stamp import ACCOUNT

if TYPE_CHECKING:
    from mockllm_core.errors import ApiError
    from mockllm_core.exchange import Headers
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["error_headers", "headers", "plain_headers", "request_id"]

_LIMITS = (
    ("input-tokens", 4_000_000),
    ("output-tokens", 800_000),
    ("requests", 20_000),
    ("tokens", 4_800_000),
)
_EDGE = (
    ("cf-cache-status", "DYNAMIC"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("server", "cloudflare"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
    ("vary", "Accept-Encoding"),
    ("x-robots-tag", "none"),
)
_OURS = (
    ("anthropic-organization-id", ACCOUNT.uuid("organization")),
    ("anthropic-workspace-id", f"wrkspc_01{ACCOUNT.base58_uuid(b'workspace')}"),
)
_RETRY_SECONDS = 3
"""What a rate limit asks to wait: short, so that a test that retries is not slow."""


def request_id(stamp: Stamp, form: str = "") -> str:
    """Return the id of the answer, the same in the header and in an error's body; ``form`` is the Call's.

    It is a UUID of version 7 in base58: in every recording since July 2025 it tells the millisecond of the answer.
    """
    prefix = "req_vrtx_01" if form == "vertex" else "req_01"
    return prefix + stamp.base58_own


def headers(_turn: Turn, call: Call, stamp: Stamp) -> Headers:
    """Return the headers of an answer."""
    return (*_standing(stamp.unix, call.stream), *_drawn(stamp))


def plain_headers(stamp: Stamp) -> Headers:
    """Return the headers of an answer that no model made (a list, a count): no rate limits."""
    return (("content-type", "application/json"), *_OURS, *_drawn(stamp)[:-1], _timed(stamp))


def error_headers(error: ApiError, stamp: Stamp) -> Headers:
    """Return the headers of an error: who may retry is told when."""
    extra: list[tuple[str, str]] = []
    if error.kind == "rate_limit":
        reset = stamp.now + timedelta(seconds=_RETRY_SECONDS)
        extra += [("retry-after", str(_RETRY_SECONDS)), *_limits(reset, left=0), ("x-should-retry", "true")]
    elif error.kind == "overloaded":
        extra += [("cache-control", "no-store, no-cache"), ("x-should-retry", "true")]
    elif error.kind in ("server_error", "unavailable", "timeout"):
        extra.append(("x-should-retry", "true"))
    elif error.kind not in ("conflict", "method_not_allowed"):
        extra.append(("x-should-retry", "false"))
    if error.allow:
        extra.append(("allow", ", ".join(error.allow)))
    extra += _OURS
    return (("content-type", "application/json"), *extra, *_drawn(stamp))


@lru_cache(maxsize=16)
def _standing(unix: int, stream: bool) -> Headers:  # noqa: FBT001 - a keyword would make the cache slower
    """Return the headers that all answers of one second begin with."""
    cache = (("cache-control", "no-cache"),) if stream else ()
    kind = ("content-type", "text/event-stream; charset=utf-8" if stream else "application/json")
    return (kind, *cache, *_limits(datetime.fromtimestamp(unix, UTC)), *_OURS)


def _limits(reset: datetime, left: int | None = None) -> Headers:
    """Return limit, what is left of it and when it is whole again: RFC 3339, whole seconds, UTC."""
    until = reset.strftime("%Y-%m-%dT%H:%M:%SZ")
    made: list[tuple[str, str]] = []
    for name, limit in _LIMITS:
        remaining = limit - (name == "requests") if left is None else left
        made += [
            (f"anthropic-ratelimit-{name}-limit", str(limit)),
            (f"anthropic-ratelimit-{name}-remaining", str(remaining)),
            (f"anthropic-ratelimit-{name}-reset", until),
        ]
    return tuple(made)


def _drawn(stamp: Stamp) -> Headers:
    """Return which request it was, for the API, for its front and, last, for a trace."""
    drawn = stamp.drawn[:32].hex()
    return (
        ("request-id", request_id(stamp)),
        ("cf-ray", f"{drawn[:16]}-IAD"),
        *_EDGE,
        ("traceresponse", f"00-{drawn[16:48]}-{drawn[48:]}-01"),
    )


def _timed(stamp: Stamp) -> tuple[str, str]:
    return "server-timing", f"x-originResponse;dur={30 + stamp.number(100, 'dur')}"
