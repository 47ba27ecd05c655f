"""Match a raw request path to a template with ``{holes}``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mockllm_core.errors import ApiError

if TYPE_CHECKING:
    from mockllm_core.exchange import HttpRequest

__all__ = ["match", "unknown"]

_HOLE = re.compile(r"\{(\w+)\}")


@lru_cache(maxsize=512)
def _pattern(template: str) -> re.Pattern[str]:
    """Compile a template; a hole takes anything (slashes too: some models are ARNs), the literal text decides."""
    parts = _HOLE.split(template)
    return re.compile(
        "".join(f"(?P<{part}>.+)" if nth % 2 else re.escape(part) for nth, part in enumerate(parts))
    )


def match(template: str, path: str) -> dict[str, str] | None:
    """Return what the holes hold, percent-decoded, or None when the path is another.

    >>> match("/model/{model}/converse", "/model/a%3A0/converse")
    {'model': 'a:0'}
    """
    if "{" not in template:
        return {} if path == template else None
    found = _pattern(template).fullmatch(path)
    return None if found is None else {name: unquote(held) for name, held in found.groupdict().items()}


def unknown(request: HttpRequest) -> ApiError:
    """Return the 404 of a path that nobody answers; each protocol has words of its own, these are OpenAI's.

    Public reports have two sentences: under ``/v1/`` one without a code (openai/openai-node 132,
    openai/openai-python 250 and many others), elsewhere one with ``unknown_url``.
    """
    asked = f"{request.method} {request.path}"
    message = f"Invalid URL ({asked})" if request.path.startswith("/v1/") else _UNKNOWN.format(asked)
    return ApiError("not_found", message, code="unknown_url")


_UNKNOWN = (
    "Unknown request URL: {}. Please check the URL for typos, or see the docs at "
    "https://platform.openai.com/docs/api-reference/."
)
