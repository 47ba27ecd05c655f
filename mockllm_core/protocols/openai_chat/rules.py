"""The rules that the reader knows: a name and what it protects."""

from __future__ import annotations

__all__ = ["RULES"]

RULES: dict[str, str] = {
    "chat-framing": "An event is one `data: ` line with LF and a blank line: a client that looks for `event:` or CRLF waits.",
    "chat-json": "A payload is a JSON object without spaces: clients parse each line by itself.",
    "chat-keys": "Chunks, choices, messages and usage have the provider's keys in the provider's order, no others.",
    "chat-id": "`id` is `chatcmpl-` and 29 letters or digits, the same on every chunk: clients tell answers apart by it.",
    "chat-stable": "`created`, `model`, `service_tier` and `system_fingerprint` are the same on every chunk.",
    "chat-value": "A field has the type and one of the words that the provider's reference gives.",
    "chat-null": "Absent parts of a delta are left out: a null `type` or `id` breaks accumulators.",
    "chat-role": "The first delta of a choice, and only that, has the role `assistant`.",
    "chat-choice": "A chunk has one choice, counted from 0: clients look choices up by `index`.",
    "chat-tool": "A call begins with `index`, `id`, `type`, name and empty arguments; what follows has only its index.",
    "chat-arguments": "The pieces of a function's arguments join into JSON.",
    "chat-finish": "Each choice ends with one empty delta and a finish reason, and nothing follows it.",
    "chat-usage": "If usage was asked for, every chunk has `usage`, null but on the one chunk without choices; its sums agree.",
    "chat-logprobs": "Log probabilities come with each piece, and their tokens and bytes spell it.",
    "chat-obfuscation": "Padding is on all chunks or none, of A-Z, a-z, 0-9, and makes each payload 1 more than 16 n long.",
    "chat-done": "`[DONE]` ends the stream, once: clients stop there.",
    "chat-layout": "A whole answer is indented by 2 and ends with a newline.",
    "chat-error": "An answer that began well does not turn into an error.",
}
