"""Response headers, as recorded; the Vertex AI recordings have no server-timing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.protocols.google_genai.options import options

if TYPE_CHECKING:
    from mockllm_core.exchange import Headers
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["ALWAYS", "EVENT_STREAM", "JSON", "headers", "plain_headers"]

EVENT_STREAM: Headers = (("content-type", "text/event-stream"), ("content-disposition", "attachment"))
JSON: Headers = (("content-type", "application/json; charset=UTF-8"),)
ALWAYS: Headers = (
    ("vary", "Origin"),
    ("vary", "X-Origin"),
    ("vary", "Referer"),
    ("server", "scaffolding on HTTPServer2"),
    ("x-xss-protection", "0"),
    ("x-frame-options", "SAMEORIGIN"),
    ("x-content-type-options", "nosniff"),
    ("alt-svc", 'h3=":443"; ma=2592000,h3-29=":443"; ma=2592000'),
)
_DURATION = b"('duration',)"
"""The path of a stamp, as ``Stamp.hex`` takes it."""
_STREAM = EVENT_STREAM + ALWAYS
_BODY = JSON + ALWAYS


def headers(turn: Turn, call: Call, stamp: Stamp) -> Headers:
    """Return the headers of an answer; ``server-timing`` has milliseconds."""
    form = call.form
    usual = _STREAM if form.endswith("sse") else _BODY
    if form.startswith("vertex"):
        return usual
    duration = 300 + 6 * turn.usage.output_tokens + int(stamp.hex(8, _DURATION), 16) % 300
    made = (*usual, ("server-timing", f"gfet4t7; dur={duration}"))
    if call.stream:
        return made
    # whole answers have it since June 2026; streams of August 2026 have not
    return (*made, ("x-gemini-service-tier", turn.facts.get("tier") or options(call).tier))


def plain_headers(stamp: Stamp, *, vertex: bool = False) -> Headers:
    """Return the headers of an answer that no model gives."""
    if vertex:
        return _BODY
    return (*_BODY, ("server-timing", f"gfet4t7; dur={20 + int(stamp.hex(8, _DURATION), 16) % 100}"))
