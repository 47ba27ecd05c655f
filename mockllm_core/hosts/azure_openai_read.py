"""Read Azure's form of chat back: look at what Azure adds, take it off, and read what is left as chat."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mockllm_core import sse
from mockllm_core.frame import Finding
from mockllm_core.jsontext import compact, pretty
from mockllm_core.protocol import Reading
from mockllm_core.protocols.openai_chat import PROTOCOL as CHAT

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.reply import Turn

__all__ = ["READING", "StreamReader", "read_whole"]

RULES: dict[str, str] = {
    **{name: rule for name, rule in CHAT.rules.items() if name not in ("chat-keys", "chat-layout")},
    "azure-keys": "Chunks and choices have no keys but those of chat and the filter results.",
    "azure-sorted": "Azure spells all keys in order, without spaces.",
    "azure-prompt-filter": "A stream begins with the prompt's filter results, a whole answer has them.",
    "azure-choice-filter": "Each choice has `content_filter_results`.",
}

_ORDERS = {
    "chunk": ("id", "object", "created", "model", "service_tier", "system_fingerprint", "choices"),
    "whole": ("id", "object", "created", "model", "choices", "usage", "service_tier", "system_fingerprint"),
    "choice": ("index", "delta", "message", "logprobs", "finish_reason"),
    "delta": ("role", "content", "tool_calls", "function_call", "refusal", "annotations"),
    "usage": ("prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details"),
    "prompt_tokens_details": ("cached_tokens", "audio_tokens"),
    "completion_tokens_details": ("reasoning_tokens", "audio_tokens", "accepted_prediction_tokens"),
    "call": ("index", "id", "type", "function", "custom"),
    "function": ("name", "arguments"),
    "custom": ("name", "input"),
    "logprobs": ("content", "refusal"),
    "token": ("token", "logprob", "bytes", "top_logprobs"),
}
"""The order in which OpenAI sends the keys that Azure sorts; others follow."""


class StreamReader:
    """Reads a stream: feed bytes in any partition, then finish.

    Attributes:
        findings: what breaks the rules.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._decoder = sse.Decoder()
        self._chat = CHAT.reader("")
        self._event = -1

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        for received in self._decoder.feed(data):
            self._event += 1
            chunk = _object(received.data)
            if chunk is None:
                self._chat.feed(received.wire)
                continue
            found = list(_sorted(chunk, received.data or ""))
            if self._event == 0 and chunk.get("choices") == [] and "prompt_filter_results" in chunk:
                self._find(received, found)
                continue
            if self._event == 0:
                found.append(("azure-prompt-filter", "the first chunk has no prompt_filter_results"))
            found += _unfiltered(chunk)
            self._find(received, found)
            self._chat.feed(f"data: {compact(_ordered(chunk, 'chunk'))}\n\n".encode())

    def finish(self) -> Turn:
        """Say that no more bytes come, and return what was read."""
        self._chat.feed(self._decoder.pending)
        turn = self._chat.finish()
        self.findings += [one for one in self._chat.findings if one.rule in RULES]
        return turn

    def _find(self, received: sse.Received, found: list[tuple[str, str]]) -> None:
        self.findings += [Finding(rule, self._event, received.offset, sentence) for rule, sentence in found]


def read_whole(body: bytes, findings: list[Finding]) -> Turn:
    """Read a whole body; what is wrong with it is appended to ``findings``."""
    text = body.decode("utf-8", "replace")
    answer = _object(text)
    if answer is None:
        return CHAT.read_whole(body, findings)
    found = list(_sorted(answer, text.removesuffix("\n")))
    if isinstance(usage := answer.get("usage"), dict):
        usage.pop("latency_checkpoint", None)
    if not isinstance(answer.pop("prompt_filter_results", None), list):
        found.append(("azure-prompt-filter", "there are no prompt_filter_results"))
    found += _unfiltered(answer)
    findings += [Finding(rule, -1, 0, sentence) for rule, sentence in found]
    rest: list[Finding] = []
    turn = CHAT.read_whole((pretty(_ordered(answer, "whole")) + "\n").encode(), rest)
    findings += [one for one in rest if one.rule in RULES]
    return turn


def _object(text: str | None) -> dict[str, Any] | None:
    try:
        value = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _sorted(answer: dict[str, Json], text: str) -> list[tuple[str, str]]:
    """Look at keys: in order at every level but in the prompt's results, known, and nothing spaced."""
    found: list[tuple[str, str]] = []
    if not _in_order(answer) or re.search(r"\s", _STRING.sub("", text)):
        found.append(("azure-sorted", "the keys are not in order, or there are spaces"))
    choices = answer.get("choices")
    given = [answer, *(choices if isinstance(choices, list) else [])]
    if any(set(one) - _KNOWN for one in given if isinstance(one, dict)):
        found.append(("azure-keys", "there are keys that Azure does not send"))
    return found


def _in_order(value: Json) -> bool:
    if isinstance(value, list):
        return all(map(_in_order, value))
    if not isinstance(value, dict):
        return True
    inner = (value[name] for name in value if name != "prompt_filter_results")
    return list(value) == sorted(value) and all(map(_in_order, inner))


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_KNOWN = {name for order in ("chunk", "choice") for name in _ORDERS[order]}
_KNOWN |= {"usage", "obfuscation", "moderation", "prompt_filter_results", "content_filter_results"}
_KNOWN |= {"latency_checkpoint"}


def _unfiltered(answer: dict[str, Json]) -> list[tuple[str, str]]:
    """Take the filter results off the choices; return what is wrong with them."""
    choices = answer.get("choices")
    return [
        ("azure-choice-filter", "a choice has no content_filter_results")
        for choice in (choices if isinstance(choices, list) else [])
        if not isinstance(choice, dict) or not isinstance(choice.pop("content_filter_results", None), dict)
    ]


_INNER = {
    "choices": "choice",
    "message": "delta",
    "tool_calls": "call",
    "content": "token",
    "refusal": "token",
}
_INNER |= {"top_logprobs": "token"}


def _ordered(value: Json, kind: str) -> Json:
    """Return the value with its keys in OpenAI's order."""
    if isinstance(value, list):
        return [_ordered(one, kind) for one in value]
    if not isinstance(value, dict):
        return value
    order = {name: at for at, name in enumerate(_ORDERS.get(kind, ()))}
    if kind == "chunk":
        order |= {"latency_checkpoint": 96, "moderation": 97, "usage": 98, "obfuscation": 99}
    names = sorted(value, key=lambda name: order.get(name, 50))
    return {name: _ordered(value[name], _INNER.get(name, name)) for name in names}


READING = Reading(lambda _: StreamReader(), read_whole, RULES)
