"""Read the provider's answers back: the encoders' mirror, strict about form.

A Turn read from a stream keeps its pieces; one read from a whole body has one piece a block. ``facts`` keeps ``model``,
``service_tier``, ``system_fingerprint``, the usage details that have no neutral name, ``moderation``, and the
``order`` in which several choices took turns where it is not the usual one.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mockllm_core import sse
from mockllm_core.frame import Finding
from mockllm_core.protocol import Reading
from mockllm_core.protocols.openai_chat import checks
from mockllm_core.protocols.openai_chat.grown import Spoken, finished, is_json, text_of
from mockllm_core.protocols.openai_chat.rules import RULES
from mockllm_core.protocols.openai_chat.stream import usual_order
from mockllm_core.reply import Choice, Finish, Opaque, Refusal, Text, ToolCall, Turn, Usage

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.reply import Block

__all__ = ["READING", "StreamReader", "read_whole"]

_STABLE = ("created", "model", "service_tier", "system_fingerprint")
_FACTS = ("model", "service_tier", "system_fingerprint")


class StreamReader:
    """Reads a stream: feed bytes in any partition, then finish.

    Attributes:
        findings: what breaks the rules, in the order met.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._decoder = sse.Decoder()
        self._event = -1
        self._offset = 0
        self._first: dict[str, Json] = {}
        self._choices: dict[int, Spoken] = {}
        self._order: list[int] = []
        self._usage: Json = None
        self._moderation: Json = None
        self._usage_keys = 0
        self._padded: bool | None = None
        self._chunks = 0
        self._done = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        for received in self._decoder.feed(data):
            self._event += 1
            self._offset = received.offset
            self._received(received)

    def finish(self) -> Turn:
        """Say that no more bytes come, and return what was read."""
        self._event = -1
        self._offset = self._decoder.offset
        if self._decoder.pending.strip():
            self._find("chat-framing", "the stream ends inside an event")
        if not self._done:
            self._find("chat-done", "the stream ends without [DONE]")
        indices = sorted(self._choices)
        if indices != list(range(len(indices))) or not indices:
            self._find("chat-choice", f"the choices are {indices}, not 0 and up")
        for index in indices:
            if self._choices[index].finish is None:
                self._find("chat-finish", f"choice {index} has no finish reason")
            for sentence in self._choices[index].complaints():
                self._find("chat-arguments", sentence)
        if self._usage_keys and (self._usage is None or self._usage_keys != self._chunks):
            self._find("chat-usage", "some chunks have `usage`, and not all, or none has the counts")
        return self._turn(indices)

    def _turn(self, indices: list[int]) -> Turn:
        spoken = [self._choices[index] for index in indices]
        facts: dict[str, Json] = {key: self._first[key] for key in _FACTS if key in self._first}
        if len(spoken) > 1 and indices == list(range(len(indices))):
            counts = [self._order.count(index) for index in indices]
            if self._order != [*usual_order(counts)]:
                facts["order"] = tuple(self._order)
        if self._moderation is not None:
            facts["moderation"] = self._moderation
        usage, details = _usage(self._usage)
        if details is not None:
            facts["usage"] = details
        choices = tuple(Choice(blocks=one.blocks(), finish=Finish(one.finish or "stop")) for one in spoken)
        return Turn(choices=choices or _NOTHING, usage=usage, facts=facts)

    def _find(self, rule: str, sentence: str) -> None:
        self.findings.append(Finding(rule, self._event, self._offset, sentence))

    def _received(self, received: sse.Received) -> None:
        text = received.data
        if text is None or received.event is not None or received.wire != f"data: {text}\n\n".encode():
            self._find("chat-framing", "the event is not one `data: ` line, LF and a blank line")
        if text is None:
            return
        if self._done:
            self._find("chat-done", "something follows [DONE]")
        elif text == "[DONE]":
            self._done = True
        else:
            chunk = _object(text)
            if chunk is None:
                self._find("chat-json", "the payload is not a JSON object")
            elif chunk.get("error"):
                self._find("chat-error", "the stream ends in an error")
            else:
                self._chunk(chunk, text)

    def _chunk(self, chunk: dict[str, Json], text: str) -> None:
        for rule, sentence in checks.chunk(chunk, text):
            self._find(rule, sentence)
        if not self._chunks:
            self._first = chunk
        elif chunk.get("id") != self._first.get("id"):
            self._find("chat-id", "`id` is not that of the first chunk")
        for key in _STABLE:
            if chunk.get(key) != self._first.get(key):
                self._find("chat-stable", f"`{key}` is not that of the first chunk")
        self._chunks += 1
        padded = "obfuscation" in chunk
        if self._padded not in (None, padded):
            self._find("chat-obfuscation", "some chunks have `obfuscation`, and not all")
        self._padded = padded
        choices = chunk.get("choices")
        choices = choices if isinstance(choices, list) else []
        for choice in choices:
            if isinstance(choice, dict):
                self._choice(choice)
        self._usage_keys += "usage" in chunk
        if isinstance(chunk.get("usage"), dict):
            if self._usage is not None or choices:
                self._find("chat-usage", "usage is not on one chunk without choices")
            self._usage = chunk["usage"]
        if isinstance(chunk.get("moderation"), dict):
            self._moderation = chunk["moderation"]

    def _choice(self, choice: dict[str, Json]) -> None:
        index, delta = choice.get("index"), choice.get("delta")
        if not isinstance(index, int) or not isinstance(delta, dict):
            return
        spoken = self._choices.get(index)
        if spoken is None:
            spoken = self._choices[index] = Spoken()
        self._order.append(index)
        for rule, sentence in spoken.take(delta, choice.get("logprobs"), choice.get("finish_reason")):
            self._find(rule, sentence)


# -- whole answers ------------------------------------------------------------------------------------------------


def read_whole(body: bytes, findings: list[Finding]) -> Turn:
    """Read a whole body; what is wrong with it is appended to ``findings``."""

    def find(rule: str, sentence: str) -> None:
        findings.append(Finding(rule, -1, 0, sentence))

    text = body.decode("utf-8", "replace")
    answer = _object(text)
    if answer is None:
        find("chat-json", "the body is not a JSON object")
        return Turn(choices=_NOTHING, usage=Usage(input_tokens=0, output_tokens=0))
    if answer.get("error"):
        find("chat-error", "the answer is an error")
    for rule, sentence in checks.whole(answer, text):
        find(rule, sentence)
    choices = answer.get("choices")
    made: list[Choice] = []
    for choice in choices if isinstance(choices, list) else []:
        if isinstance(choice, dict) and isinstance(choice.get("message"), dict):
            blocks = tuple(_whole_blocks(choice["message"], choice.get("logprobs")))
            reason = choice.get("finish_reason")
            finish = finished(reason)
            made.append(Choice(blocks=blocks, finish=Finish(finish)))
            if finish != "length":
                calls = [block for block in blocks if isinstance(block, ToolCall) and not block.free_text]
                for call in calls:
                    if not is_json(call.text):
                        find("chat-arguments", f"the arguments of {call.name!r} are not JSON")
    usage, details = _usage(answer.get("usage"))
    facts = {key: answer[key] for key in _FACTS if key in answer}
    if isinstance(answer.get("moderation"), dict):
        facts["moderation"] = answer["moderation"]
    if details is not None:
        facts["usage"] = details
    return Turn(choices=tuple(made) or _NOTHING, usage=usage, facts=facts)


def _whole_blocks(message: dict[str, Json], logprobs: Json) -> list[Block]:
    blocks: list[Block] = []
    probable = logprobs if isinstance(logprobs, dict) else {}
    for key, kind in (("content", Text), ("refusal", Refusal)):
        text, tokens = message.get(key), probable.get(key)
        if isinstance(text, str):
            pieces = (text,) if text else ()
            entries = (tokens,) if text else ()
            blocks.append(kind(pieces=pieces, logprobs=entries if isinstance(tokens, list) else None))
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else []:
        if isinstance(call, dict):
            free = isinstance(call.get("custom"), dict)
            held = call.get("custom" if free else "function")
            held = held if isinstance(held, dict) else {}
            said = text_of(held.get("input" if free else "arguments"))
            name, known = text_of(held.get("name")), text_of(call.get("id")) or None
            blocks.append(ToolCall(name=name, pieces=(said,) if said else (), id=known, free_text=free))
    called = message.get("function_call")
    if isinstance(called, dict):
        said = text_of(called.get("arguments"))
        blocks.append(ToolCall(name=text_of(called.get("name")), pieces=(said,) if said else ()))
    other = {key: value for key, value in message.items() if key not in checks.MESSAGE_KEYS}
    if message.get("annotations"):
        other["annotations"] = message["annotations"]
    if other:
        blocks.append(Opaque(protocol="openai-chat", payload=other))
    return blocks


# -- helpers --------------------------------------------------------------------------------------------------------

_NOTHING = (Choice(blocks=(), finish=Finish("stop")),)


def _usage(usage: Json) -> tuple[Usage, Json]:
    """Return the neutral counts, and the details without a neutral name (None when there is no usage)."""
    if not isinstance(usage, dict):
        return Usage(input_tokens=0, output_tokens=0), None
    prompt = usage.get("prompt_tokens_details")
    completion = usage.get("completion_tokens_details")
    prompt = prompt if isinstance(prompt, dict) else {}
    completion = completion if isinstance(completion, dict) else {}
    counts = Usage(
        input_tokens=_count(usage.get("prompt_tokens")),
        output_tokens=_count(usage.get("completion_tokens")),
        cache_read=_count(prompt.get("cached_tokens")),
        cache_write=_count(prompt.get("cache_write_tokens")),
        reasoning=_count(completion.get("reasoning_tokens")),
    )
    return counts, {
        "prompt_tokens_details": {key: prompt[key] for key in prompt if key != "cached_tokens"},
        "completion_tokens_details": {
            key: completion[key] for key in completion if key != "reasoning_tokens"
        },
    }


def _count(value: Json) -> int:
    return value if isinstance(value, int) and value >= 0 else 0


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


READING = Reading(lambda _: StreamReader(), read_whole, RULES)
