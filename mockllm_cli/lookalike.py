"""What a file is that was taken for an event stream, told from how it begins."""

from __future__ import annotations

import re

__all__ = ["HEAD", "looks_like"]

HEAD = 4096
"""Bytes that are enough to tell."""

_EVENTS = re.compile(rb"(?:data|event|id|retry)?:")
_HTTP = re.compile(rb"HTTP/\d|[A-Z]+ \S+ HTTP/\d")
_BASE64 = re.compile(rb"AA[A-Za-z0-9+/\s]+=*\s*")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MARKS = (
    (b"chat.completion", "openai-chat"),
    (b'"response', "openai-responses"),
    (b"message_start", "anthropic-messages"),
    (b'"type":"message"', "anthropic-messages"),
    (b'"candidates"', "google-genai"),
    (b'"stopReason"', "bedrock-converse"),
)


def looks_like(head: bytes) -> str | None:
    """Return what the input looks like and the command for it, None when that cannot be told.

    Args:
        head: the first bytes of what is no event stream.
    """
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    protocol = next((name for mark, name in _MARKS if mark in text), "PROTOCOL")
    if head.startswith(b"\x1f\x8b"):
        return "it looks gzipped: gunzip -c FILE | mockllm decode-eventstream -"
    if _HTTP.match(text):
        return "it looks like HTTP with its head: keep the body alone (curl without -i)"
    if _EVENTS.match(text):
        return f"it looks like server-sent events: mockllm lint {protocol} FILE"
    if text.startswith((b"{", b"[")):
        return f"it looks like JSON: mockllm lint {protocol} FILE"
    if _BASE64.fullmatch(text):
        return "it looks like base64: base64 -d FILE | mockllm decode-eventstream -"
    return "it looks like text, and an event stream is binary" if _is_text(text) else None


def _is_text(data: bytes) -> bool:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        if error.start < len(data) - 3:
            return False
        text = data[: error.start].decode()  # the last character is cut
    return bool(text) and not _CONTROL.search(text)
