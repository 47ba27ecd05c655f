"""Pictures and files that come as data URLs: what one lacks, in the words that OpenAI's APIs have in common.

The words stand in public reports of 2025 and 2026 (openai/codex 16605, vercel/ai 7266 and 7776, trpc-group/trpc-agent-go
1816 and tests of projects that repeat the API's answers). Nothing is opened: a picture that is none is taken.
"""

from __future__ import annotations

import re

__all__ = ["PICTURES", "lacks", "sound"]

PICTURES = frozenset(("image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp"))

_DATA = r"[A-Za-z0-9+/_\-\s]*={0,2}\s*"
_LOOKED_AT = 65_536
"""Characters of a long text that are looked at, at either end."""


def sound(data: str) -> bool:
    """Tell whether a text can be base64: a long one by its beginning and its end."""
    if len(data) > 2 * _LOOKED_AT:
        data = data[:_LOOKED_AT] + data[-_LOOKED_AT:]
    return re.fullmatch(_DATA, data) is not None


def lacks(url: str, kinds: frozenset[str]) -> str:
    """Return what a text was found to be instead of a data URL of one of the kinds; ``""`` where it is one.

    >>> lacks("data:text/plain;base64,SGk=", PICTURES)
    "unsupported MIME type 'text/plain'."
    """
    if not url.startswith("data:"):
        return "a value without the 'data:' prefix."
    head, separator, data = url[5:].partition(",")
    if not separator or not head.endswith(";base64"):
        return "a value without the ';base64' separator."
    kind = head.partition(";")[0]
    if kind.lower() not in kinds:
        return f"unsupported MIME type '{kind}'."
    if not data:
        return "empty base64-encoded bytes."
    return "" if sound(data) else "an invalid base64-encoded value."
