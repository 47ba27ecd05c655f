"""Texts as Rust's ``{:?}`` shows them."""

from __future__ import annotations

__all__ = ["debug"]

_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"', "\\": "\\\\", "\0": "\\0"}


def debug(text: str, *, most: int = 100) -> str:
    """Return a text in quotes, the end left out where it is long."""
    cut = text.encode("utf-8", "surrogatepass")[:most].decode("utf-8", "replace")
    shown = "".join(
        _SHORT.get(char) or (char if char.isprintable() else f"\\u{{{ord(char):x}}}") for char in cut
    )
    return f'"{shown}..."' if len(cut) < len(text) else f'"{shown}"'
