"""The provider's response headers, fixed ones as recorded in 2026, numbers made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.conversation import Media
from mockllm_core.stamp import ACCOUNT

if TYPE_CHECKING:
    from mockllm_core.exchange import Headers
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = [
    "EXPOSED",
    "ORGANIZATION",
    "PROJECT",
    "of_answer",
    "of_engine",
    "of_gateway",
    "of_kept",
    "of_rate_limit",
    "of_socket",
    "plain",
    "request_id",
]

ORGANIZATION = ACCOUNT.id("org-", "organization")
"""The organization that a request is counted for, the same for all."""

PROJECT = ACCOUNT.id("proj_", "project")
"""Its project."""

_REQUESTS, _TOKENS, _IMAGES = 10_000, 30_000_000, 50_000
_QUOTA: Headers = (
    ("x-ratelimit-limit-requests", str(_REQUESTS)),
    ("x-ratelimit-limit-tokens", str(_TOKENS)),
    ("x-ratelimit-remaining-requests", str(_REQUESTS - 1)),
)

# three lines of one name, as recorded in July 2026
EXPOSED: Headers = (
    ("access-control-expose-headers", "X-Request-ID"),
    ("access-control-expose-headers", "CF-Ray"),
    ("access-control-expose-headers", "CF-Ray"),
)
_AHEAD: Headers = (*EXPOSED, ("openai-organization", ORGANIZATION))
_BETWEEN: Headers = (("openai-project", PROJECT), ("openai-version", "2020-10-01"))
_SOON: Headers = (("x-ratelimit-reset-requests", "6ms"), ("x-ratelimit-reset-tokens", "0s"))
_COUNTED: Headers = (
    ("x-ratelimit-limit-input-images", str(_IMAGES)),
    ("x-ratelimit-remaining-input-images", str(_IMAGES - 1)),
    ("x-ratelimit-reset-input-images", "1ms"),
)
_FRONT: Headers = (
    ("server", "cloudflare"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
    ("x-content-type-options", "nosniff"),
    ("cf-cache-status", "DYNAMIC"),
    ("alt-svc", 'h3=":443"; ma=86400'),
    ("x-openai-proxy-wasm", "v0.1"),
)


def plain(text: str) -> str:
    """Return text that can stand in a header: printable ASCII, other characters as ``?``, at most 200."""
    return "".join(char if " " <= char <= "~" else "?" for char in text[:200])


def of_answer(turn: Turn, call: Call, stamp: Stamp) -> Headers:
    """Return the headers of a successful answer."""
    kind = "text/event-stream; charset=utf-8" if call.stream else "application/json"
    for message in call.conversation.messages:
        for part in message.parts:
            if isinstance(part, Media) and part.kind == "image":
                return _engine(kind, stamp, turn.usage.input_tokens, _COUNTED)
    return _engine(kind, stamp, turn.usage.input_tokens, ())


def of_engine(stamp: Stamp, *, images: bool = False) -> Headers:
    """Return the headers of an error that the engine makes; ``images`` when the request holds any."""
    return _engine("application/json", stamp, 25, _COUNTED if images else ())


def _engine(kind: str, stamp: Stamp, prompt: int, counted: Headers) -> Headers:
    drawn = stamp.drawn
    return (
        ("content-type", kind),
        *_AHEAD,
        ("openai-processing-ms", str(200 + (drawn[24] << 8 | drawn[25]) % 800)),
        *_BETWEEN,
        *counted,
        *_QUOTA,
        ("x-ratelimit-remaining-tokens", str(_TOKENS - prompt if prompt < _TOKENS else 0)),
        *_SOON,
        *_ended(drawn),
    )


def of_kept(stamp: Stamp) -> Headers:
    """Return the headers of what is asked about a stored completion: no limits, and no names that a page may read."""
    drawn = stamp.drawn
    return (
        ("content-type", "application/json"),
        _AHEAD[-1],
        ("openai-processing-ms", str(80 + (drawn[24] << 8 | drawn[25]) % 260)),
        *_BETWEEN,
        *_ended(drawn),
    )


def of_gateway(stamp: Stamp) -> Headers:
    """Return the headers of an error that the gateway makes."""
    return (("content-type", "application/json; charset=utf-8"), ("vary", "Origin"), *_ended(stamp.drawn))


def of_rate_limit(stamp: Stamp, *, quota: bool) -> Headers:
    """Return the headers of a 429; one over the quota names no time to come back."""
    retry: Headers = () if quota else (("retry-after", "1"), ("retry-after-ms", "494"))
    return (
        ("content-type", "application/json; charset=utf-8"),
        ("vary", "Origin"),
        *retry,
        *_QUOTA,
        ("x-ratelimit-remaining-tokens", "0"),
        ("x-ratelimit-reset-requests", "6ms"),
        ("x-ratelimit-reset-tokens", "1m0.052s"),
        *_ended(stamp.drawn),
    )


def of_socket(stamp: Stamp) -> Headers:
    """Return the headers of a handshake that succeeds: no request id, no limits."""
    return (*_FRONT, ("cf-ray", f"{stamp.drawn[16:24].hex()}-SJC"))


def request_id(stamp: Stamp) -> str:
    """Return the ``x-request-id`` of the stamp's answer."""
    return f"req_{stamp.drawn[:24].hex()[:32]}"


def _ended(drawn: bytes) -> Headers:
    digits = drawn[:24].hex()
    return (("x-request-id", f"req_{digits[:32]}"), *_FRONT, ("cf-ray", f"{digits[32:]}-SJC"))
