"""What the readers hold an answer to."""

from __future__ import annotations

__all__ = ["RULES"]

RULES: dict[str, str] = {
    "anthropic-framing": "SSE clients get one `event:` line, one `data:` line and a blank line, ended by LF.",
    "anthropic-event-name": "The SDKs choose by the `event:` line; it equals the JSON's `type`.",
    "anthropic-json": "Every event's data is one JSON object.",
    "anthropic-padding": "JSON is compact, with 0 to 15 spaces before the last brace and nowhere else.",
    "anthropic-ping": 'A ping is exactly `{"type": "ping"}`, between the first and the last event.',
    "anthropic-order": "Clients build the message from the order: start, blocks one after another, delta, stop.",
    "anthropic-index": "Blocks are numbered from 0 without gaps; deltas and stops name the open block.",
    "anthropic-delta": "A delta's kind fits its block, or the text is lost.",
    "anthropic-tool-opening": "A tool call opens with an empty input and an empty first piece.",
    "anthropic-tool-json": "A tool call's pieces join into one JSON object, or the tool cannot be run.",
    "anthropic-signature": "A thinking block ends with its one signature, or it cannot be sent back.",
    "anthropic-usage": "Token counts are there at the start and at the end, whole and never falling.",
    "anthropic-stop": "The stop reason is a known one and agrees with the blocks and the stop sequence.",
    "anthropic-id": "Ids have their prefix and 22 characters of base58, and none comes twice.",
    "anthropic-keys": "Every object has the keys that the provider sends, in the provider's order.",
    "anthropic-null": "Absent fields are left out; strict clients refuse a null where none is ever sent.",
    "anthropic-error": "The provider broke the answer off with an error.",
    "anthropic-end": "An answer ends with `message_stop` and nothing after it.",
}
"""Every rule: what it protects."""
