"""The requests that are measured: five protocols, six kinds, as the official SDKs send them.

``short``, ``long`` and ``tool`` are one request that comes again and again, as in most load tests; ``new-short`` and the
like have another text in each request.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

__all__ = ["KINDS", "PROTOCOLS", "Ask", "ask", "raw"]

PROTOCOLS = ("openai-chat", "openai-responses", "anthropic-messages", "bedrock-converse", "google-genai")
KINDS = ("short", "new-short", "long", "new-long", "tool", "new-tool")

VARIES = b"nowx0000"
"""In each text: what ``new`` requests have digits for."""
SHORT = "Please say these fifty characters to me: nowx0000!"
_WORDS = 'A wide river runs past seven mills; "turn", they say, 0123456789 times a day. '
LONG = ("nowx0000 " + _WORDS * 60)[:4096]
TOOL = "book_table"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "place": {"type": "string", "maxLength": 40},
        "area": {"type": "string", "enum": ["inside", "terrace"]},
        "guests": {"type": "integer", "minimum": 1, "maximum": 12},
        "quiet": {"type": "boolean"},
        "budget": {"type": "number", "minimum": 0},
        "wishes": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
    },
    "required": ["place", "area", "guests", "quiet", "budget", "wishes"],
}
HEADERS = {
    "accept": "application/json",
    "accept-encoding": "identity",
    "connection": "keep-alive",
    "content-type": "application/json",
    "user-agent": "benchmark",
    "authorization": "Bearer key",
    **{f"x-stainless-{nth}": "value" for nth in ("lang", "os", "arch", "runtime", "async", "retry-count")},
}


class Ask(NamedTuple):
    """One request.

    Attributes:
        target: path and query.
        body: its JSON.
        last: bytes that only a whole answer holds.
    """

    target: str
    body: dict[str, Any]
    last: bytes


def ask(protocol: str, kind: str) -> Ask:
    """Return the streaming request of that protocol and kind."""
    text = LONG if kind.endswith("long") else SHORT
    tool = kind.endswith("tool")
    said = [{"role": "user", "content": text}]
    body: dict[str, Any]
    more: dict[str, Any]
    match protocol:
        case "openai-chat":
            body = {"model": "gpt-4o-mini", "stream": True, "messages": said}
            function = {"name": TOOL, "parameters": SCHEMA}
            more = {"tools": [{"type": "function", "function": function}]}
            target, last = "/v1/chat/completions", b"data: [DONE]"
        case "openai-responses":
            body = {"model": "gpt-4o-mini", "stream": True, "input": said}
            more = {"tools": [{"type": "function", "name": TOOL, "parameters": SCHEMA}]}
            target, last = "/v1/responses", b"response.completed"
        case "anthropic-messages":
            body = {"model": "claude-sonnet-4-5", "max_tokens": 8192, "stream": True, "messages": said}
            more = {"tools": [{"name": TOOL, "input_schema": SCHEMA}]}
            target, last = "/v1/messages", b"message_stop"
        case "bedrock-converse":
            body = {"messages": [{"role": "user", "content": [{"text": text}]}]}
            spec = {"toolSpec": {"name": TOOL, "inputSchema": {"json": SCHEMA}}}
            more = {"toolConfig": {"tools": [spec]}}
            target, last = "/model/anthropic.claude-3-haiku-20240307-v1:0/converse-stream", b"messageStop"
        case "google-genai":
            body = {"contents": [{"role": "user", "parts": [{"text": text}]}]}
            more = {"tools": [{"functionDeclarations": [{"name": TOOL, "parameters": SCHEMA}]}]}
            target = "/v1beta/models/gemini-2.0-flash:streamGenerateContent?alt=sse"
            last = b'"finishReason"'
        case _:
            raise ValueError(protocol)
    return Ask(target, body | more if tool else body, last)


def raw(asked: Ask) -> bytes:
    """Return the bytes of the request."""
    body = json.dumps(asked.body).encode()
    head = [f"POST {asked.target} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}"]
    head += [f"{name}: {value}" for name, value in HEADERS.items()]
    return "\r\n".join([*head, "", ""]).encode() + body
