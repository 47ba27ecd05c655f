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
    "of_rate_limit",
    "plain",
]

ORGANIZATION = ACCOUNT.id("org-", "organization")
"""The organization that a request is counted for, the same for all."""

PROJECT = ACCOUNT.id("proj_", "project")
"""Its project."""

# the paths of what each answer draws
_REQUEST = repr(("req_", "request")).encode()
_RAY = repr(("", "ray")).encode()
_MILLISECONDS = repr(("milliseconds",)).encode()

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
    images = [
        part
        for message in call.conversation.messages
        for part in message.parts
        if isinstance(part, Media) and part.kind == "image"
    ]
    return _engine(kind, stamp, turn.usage.input_tokens, images=bool(images))


def of_engine(stamp: Stamp, *, images: bool = False) -> Headers:
    """Return the headers of an error that the engine makes; ``images`` when the request holds any."""
    return _engine("application/json", stamp, 25, images=images)


def _engine(kind: str, stamp: Stamp, prompt: int, *, images: bool) -> Headers:
    counted: Headers = ()
    if images:
        counted = (
            ("x-ratelimit-limit-input-images", str(_IMAGES)),
            ("x-ratelimit-remaining-input-images", str(_IMAGES - 1)),
            ("x-ratelimit-reset-input-images", "1ms"),
        )
    return (
        ("content-type", kind),
        *EXPOSED,
        ("openai-organization", ORGANIZATION),
        ("openai-processing-ms", str(200 + int(stamp.hex(16, _MILLISECONDS), 16) % 800)),
        ("openai-project", PROJECT),
        ("openai-version", "2020-10-01"),
        *counted,
        *_limits(_TOKENS - prompt if prompt < _TOKENS else 0, "0s"),
        *_ended(stamp),
    )


def of_gateway(stamp: Stamp) -> Headers:
    """Return the headers of an error that the gateway makes."""
    return (("content-type", "application/json; charset=utf-8"), ("vary", "Origin"), *_ended(stamp))


def of_rate_limit(stamp: Stamp, *, quota: bool) -> Headers:
    """Return the headers of a 429; one over the quota names no time to come back."""
    retry: Headers = () if quota else (("retry-after", "1"), ("retry-after-ms", "494"))
    return (
        ("content-type", "application/json; charset=utf-8"),
        ("vary", "Origin"),
        *retry,
        *_limits(0, "1m0.052s"),
        *_ended(stamp),
    )


def _limits(tokens: int, reset: str) -> Headers:
    return (
        *_QUOTA,
        ("x-ratelimit-remaining-tokens", str(tokens)),
        ("x-ratelimit-reset-requests", "6ms"),
        ("x-ratelimit-reset-tokens", reset),
    )


def _ended(stamp: Stamp) -> Headers:
    return (
        ("x-request-id", f"req_{stamp.hex(32, _REQUEST)}"),
        *_FRONT,
        ("cf-ray", f"{stamp.hex(16, _RAY)}-SJC"),
    )
