"""The provider's response headers. Source: the recordings of 2026; rate-limit numbers are those of a large account."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from mockllm_core.stamp import ACCOUNT, BASE58, HEX

if TYPE_CHECKING:
    from datetime import datetime

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
    ("anthropic-workspace-id", ACCOUNT.id("wrkspc_01", alphabet=BASE58, length=22)),
)
_RETRY_SECONDS = 3
"""What a rate limit asks to wait: short, so that a test that retries is not slow."""


def request_id(stamp: Stamp, form: str = "") -> str:
    """Return the id of the answer, the same in the header and in an error's body; ``form`` is the Call's."""
    prefix = "req_vrtx_01" if form == "vertex" else "req_01"
    return stamp.id(prefix, "request", alphabet=BASE58, length=22)


def headers(_turn: Turn, call: Call, stamp: Stamp) -> Headers:
    """Return the headers of an answer."""
    kind = ("content-type", "text/event-stream; charset=utf-8" if call.stream else "application/json")
    cache = (("cache-control", "no-cache"),) if call.stream else ()
    return (kind, *cache, *_limits(stamp), *_account(stamp), *_EDGE, *_traced(stamp))


def plain_headers(stamp: Stamp) -> Headers:
    """Return the headers of an answer that no model made (a list, a count): no rate limits."""
    return (("content-type", "application/json"), *_account(stamp), *_EDGE, *_timed(stamp))


def error_headers(error: ApiError, stamp: Stamp) -> Headers:
    """Return the headers of an error: who may retry is told when."""
    extra: list[tuple[str, str]] = []
    if error.kind == "rate_limit":
        extra += [("retry-after", str(_RETRY_SECONDS)), *_limits(stamp, left=0), ("x-should-retry", "true")]
    elif error.kind == "overloaded":
        extra += [("cache-control", "no-store, no-cache"), ("x-should-retry", "true")]
    elif error.kind in ("server_error", "unavailable", "timeout"):
        extra.append(("x-should-retry", "true"))
    elif error.kind not in ("conflict", "method_not_allowed"):
        extra.append(("x-should-retry", "false"))
    if error.allow:
        extra.append(("allow", ", ".join(error.allow)))
    return (("content-type", "application/json"), *extra, *_account(stamp), *_EDGE, *_traced(stamp))


def _limits(stamp: Stamp, left: int | None = None) -> Headers:
    """Return limit, what is left of it and when it is whole again: RFC 3339, whole seconds, UTC."""
    wait = 0 if left is None else _RETRY_SECONDS
    return _limits_at((stamp.now + timedelta(seconds=wait)).replace(microsecond=0), left)


@lru_cache(maxsize=16)
def _limits_at(whole: datetime, left: int | None) -> Headers:
    reset = whole.strftime("%Y-%m-%dT%H:%M:%SZ")
    made: list[tuple[str, str]] = []
    for name, limit in _LIMITS:
        remaining = limit - (name == "requests") if left is None else left
        made += [
            (f"anthropic-ratelimit-{name}-limit", str(limit)),
            (f"anthropic-ratelimit-{name}-remaining", str(remaining)),
            (f"anthropic-ratelimit-{name}-reset", reset),
        ]
    return tuple(made)


def _account(stamp: Stamp) -> Headers:
    """Return whose request it was (the same for every request) and which, for the API and its front."""
    return (
        *_OURS,
        ("request-id", request_id(stamp)),
        ("cf-ray", f"{stamp.chars(HEX, 16, 'ray')}-IAD"),
    )


def _traced(stamp: Stamp) -> Headers:
    return (("traceresponse", f"00-{stamp.chars(HEX, 32, 'trace')}-{stamp.chars(HEX, 16, 'span')}-01"),)


def _timed(stamp: Stamp) -> Headers:
    return (("server-timing", f"x-originResponse;dur={30 + stamp.number(100, 'dur')}"),)
