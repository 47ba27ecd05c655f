"""A deterministic token estimate, and ways to cut text into pieces.

The estimate is ``max(1, ceil(characters / 4))``: no tokenizer, no download, the same for streams, whole
answers and token counting.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING

from mockllm_core.arguments.cache import Cache, last_key_of
from mockllm_core.conversation import Media, Sealed, ToolUse, Words
from mockllm_core.jsontext import compact

if TYPE_CHECKING:
    from mockllm_core.conversation import Conversation
    from mockllm_core.frame import Json

__all__ = ["CHARS_PER_TOKEN", "MEDIA_TOKENS", "cut", "estimate", "prompt", "sealed"]

CHARS_PER_TOKEN = 4
MEDIA_TOKENS = {"image": 258, "document": 258, "audio": 128, "video": 1032}
"""What one part that is not text counts as, whatever its size."""

_LENGTHS: Cache[int] = Cache(2048)
_MOST_PIECES = 2000
_TOKEN = re.compile(
    r" ?[^\W_]{1,6}|\s+?(?= ?\S)|\\(?:u[0-9a-fA-F]{4}|[^u\s])?|[^\w\s\\]{1,2}|\s{1,16}|_", re.DOTALL
)
"""A backslash goes with what follows: no recorded piece of a call's arguments ends within an escape."""


def estimate(characters: int) -> int:
    """Return the tokens that a text of that many characters counts as; at least 1."""
    return (characters + CHARS_PER_TOKEN - 1) // CHARS_PER_TOKEN or 1


def sealed(token: str) -> int:
    """Return the tokens that encrypted content counts as: one for 4 bytes of what it holds, at least 1.

    It is a Fernet token, of which 57 bytes are no content.
    """
    return max(1, (len(token.rstrip("=")) * 3 // 4 - 57) // CHARS_PER_TOKEN)


def prompt(conversation: Conversation) -> int:
    """Return the tokens of a request: all its text and tool definitions as one text, and each part that is none.

    A tool counts its name, its description and its schema as compact JSON.
    """
    characters = media = 0
    for message in conversation.messages:
        for part in message.parts:
            if isinstance(part, Words):
                characters += len(part.text)
            elif isinstance(part, ToolUse):
                characters += len(part.name) + len(part.arguments)
            elif isinstance(part, Media):
                media += MEDIA_TOKENS.get(part.kind, MEDIA_TOKENS["image"])
            elif isinstance(part, Sealed):
                media += part.tokens
            else:
                characters += len(part.text)
    for tool in conversation.tools:
        characters += len(tool.name) + len(tool.description)
        if tool.schema is not None:
            characters += _length(tool.schema)
    return estimate(characters) + media


def _length(schema: Json) -> int:
    """Return the characters of a schema as compact JSON, counted once for each schema that comes again."""
    key = last_key_of(schema)
    if key is None:
        return len(compact(schema))
    return _LENGTHS.get(key, lambda: len(compact(schema)), 1 + len(key) // 1000)


def cut(text: str, size: int = 0) -> tuple[str, ...]:
    """Cut a text into pieces whose joined form is the text; the empty text is no piece.

    ``size`` 0 cuts about a token a piece (a short word with the space before it). Above 0, whole tokens are
    gathered until a piece has at least ``size`` characters. Past 2,000 pieces they grow, so that a long text
    stays cheap. No code point is ever cut; a CR LF pair may be.
    """
    if not text:
        return ()
    size = max(size, -(-len(text) // _MOST_PIECES) if len(text) > _MOST_PIECES * CHARS_PER_TOKEN else 0)
    if size > 64:
        return tuple(text[at : at + size] for at in range(0, len(text), size))
    tokens = _TOKEN.findall(text)
    if size <= 1:
        return tuple(tokens)
    ends = list(accumulate(map(len, tokens)))
    pieces: list[str] = []
    at, last = 0, len(text)
    while at < last:
        end = ends[bisect_left(ends, at + size)] if at + size < last else last
        pieces.append(text[at:end])
        at = end
    return tuple(pieces)
