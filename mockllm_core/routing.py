"""Match a raw request path to a template with ``{holes}``."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

__all__ = ["match"]

_HOLE = re.compile(r"\{(\w+)\}")


@lru_cache(maxsize=256)
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
    found = _pattern(template).fullmatch(path)
    return None if found is None else {name: unquote(held) for name, held in found.groupdict().items()}
