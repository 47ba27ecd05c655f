"""Keep keys out of logs and journals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["redacted", "redacted_query"]

REDACTED = "REDACTED"
_SECRET = re.compile(
    r"authorization|cookie|(?:api|subscription)-?key|token|secret|signature|credential|websocket-protocol",
    re.IGNORECASE,
)
_QUERY = re.compile(r"(^|&)([^=&]*(?:key|token|secret|signature|credential)[^=&]*)=[^&]*", re.IGNORECASE)


def redacted(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with the value of every one that may carry a key replaced."""
    return {name: REDACTED if _SECRET.search(name) else value for name, value in headers.items()}


def redacted_query(query: str) -> str:
    """Return the query with the value of every parameter that may carry a key replaced."""
    return _QUERY.sub(rf"\1\2={REDACTED}", query)
