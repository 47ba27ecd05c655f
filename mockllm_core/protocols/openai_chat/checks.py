"""What can be said of one chunk, delta or body by itself: pairs of rule and sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json

__all__ = ["DELTA_KEYS", "MESSAGE_KEYS", "chunk", "delta", "tokens", "tool_delta", "whole"]

_Found = tuple[str, str]

_CHUNK = ("id", "object", "created", "model", "service_tier", "system_fingerprint", "choices")
_CHUNK_MORE = ("moderation", "usage", "obfuscation")
_WHOLE = (
    "id",
    "object",
    "created",
    "model",
    "choices",
    "moderation",
    "usage",
    "service_tier",
    "system_fingerprint",
)
_CHOICE = (("index", "delta", "logprobs", "finish_reason"), ("index", "delta", "finish_reason"))
_WHOLE_CHOICE = (("index", "message", "logprobs", "finish_reason"), ("index", "message", "finish_reason"))
_USAGE = (
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "prompt_tokens_details",
    "completion_tokens_details",
)
_PROMPT = ("cached_tokens", "audio_tokens")
_COMPLETION = ("reasoning_tokens", "audio_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens")
_MESSAGE = ("role", "content", "tool_calls", "function_call", "refusal", "annotations", "audio")
MESSAGE_KEYS = ("role", "content", "tool_calls", "function_call", "refusal", "annotations")
DELTA_KEYS = ("role", "content", "tool_calls", "function_call", "refusal")
_DELTA = (*DELTA_KEYS, "annotations", "audio")

_FINISHES = ("stop", "length", "content_filter", "tool_calls", "function_call")
_TIERS = ("auto", "default", "flex", "scale", "priority", "fast")
_ID = re.compile(r"chatcmpl-[A-Za-z0-9]{29}")
_CALL_ID = re.compile(r"call_[A-Za-z0-9]{24}")
_FINGERPRINT = re.compile(r"fp_[0-9a-f]{10}")
_NOISE = re.compile(r"[A-Za-z0-9]{0,15}")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def chunk(chunk: dict[str, Json], text: str) -> Iterator[_Found]:
    """Look at one chunk; ``text`` is its JSON."""
    if re.search(r"\s", _STRING.sub('""', text)):
        yield "chat-json", "the JSON has spaces"
    wanted = [*_CHUNK, *(key for key in _CHUNK_MORE if key in chunk)]
    if list(chunk) != wanted:
        yield "chat-keys", f"the keys are {', '.join(chunk)}"
    if chunk.get("object") != "chat.completion.chunk":
        yield "chat-value", "`object` is not chat.completion.chunk"
    yield from _head(chunk)
    choices = chunk.get("choices")
    if not isinstance(choices, list) or len(choices) > 1:
        yield "chat-choice", "a chunk has not one choice or none"
    for choice in choices if isinstance(choices, list) else []:
        yield from _choice(choice)
    if chunk.get("usage") is not None:
        yield from _usage(chunk["usage"])
    if "obfuscation" in chunk:
        yield from _padding(chunk["obfuscation"], text)


def _head(body: dict[str, Json]) -> Iterator[_Found]:
    if not _matches(_ID, body.get("id")):
        yield "chat-id", "`id` is not chatcmpl- and 29 letters or digits"
    if type(body.get("created")) is not int:
        yield "chat-value", "`created` is not a whole number"
    if not isinstance(body.get("model"), str):
        yield "chat-value", "`model` is not a string"
    if body.get("service_tier", "default") not in _TIERS:
        yield "chat-value", "`service_tier` is none of the tiers"
    fingerprint = body.get("system_fingerprint")
    if fingerprint is not None and not _matches(_FINGERPRINT, fingerprint):
        yield "chat-value", "`system_fingerprint` is not fp_ and 10 hex digits"


def _choice(choice: Json) -> Iterator[_Found]:
    if not isinstance(choice, dict) or not isinstance(choice.get("delta"), dict):
        yield "chat-choice", "a choice is not an object with a delta"
        return
    if tuple(choice) not in _CHOICE:
        yield "chat-keys", f"the keys of a choice are {', '.join(choice)}"
    if type(choice.get("index")) is not int:
        yield "chat-choice", "a choice has no index"
    if choice.get("finish_reason") not in (None, *_FINISHES):
        yield "chat-value", "`finish_reason` is none of the reasons"
    yield from _logprobs(choice.get("logprobs"))


def _padding(noise: Json, text: str) -> Iterator[_Found]:
    if not isinstance(noise, str) or not _NOISE.fullmatch(noise):
        yield "chat-obfuscation", "`obfuscation` is not 0 to 15 letters or digits"
    elif len(text) % 16 != 1:
        yield "chat-obfuscation", f"the payload has {len(text)} characters, not 1 more than a multiple of 16"


def delta(delta: dict[str, Json], *, first: bool) -> Iterator[_Found]:
    """Look at a delta; the first of a choice has the role."""
    wanted = [key for key in ("role", "content", "tool_calls", "function_call", "refusal") if key in delta]
    if [key for key in delta if key in DELTA_KEYS] != wanted or any(key not in _DELTA for key in delta):
        yield "chat-keys", f"the keys of a delta are {', '.join(delta)}"
    if ("role" in delta) != first or delta.get("role", "assistant") != "assistant":
        yield "chat-role", "the role is not that of a first delta, or missing there"
    for key, value in delta.items():
        if value is None and not (first and key in ("content", "refusal")):
            yield "chat-null", f"`{key}` is null"
        elif value is not None and key in _TYPES and not isinstance(value, _TYPES[key]):
            yield "chat-value", f"`{key}` has a wrong type"


_TYPES = {"content": str, "refusal": str, "tool_calls": list, "function_call": dict}


def tool_delta(call: dict[str, Json], *, begun: bool) -> Iterator[_Found]:
    """Look at an entry of a delta's ``tool_calls``."""
    kind = "custom" if "custom" in call else "function"
    held = call.get(kind)
    said = "input" if kind == "custom" else "arguments"
    if begun:
        if list(call) != ["index", kind] or not isinstance(held, dict) or list(held) != [said]:
            yield "chat-tool", f"a later piece of a call has more than its index and {said}"
        elif not isinstance(held[said], str):
            yield "chat-tool", f"`{said}` is not a string"
        return
    if list(call) != ["index", "id", "type", kind] or call.get("type") != kind:
        yield "chat-tool", f"a call does not begin with index, id, type and {kind}"
    if not _matches(_CALL_ID, call.get("id")):
        yield "chat-tool", "a call's id is not call_ and 24 letters or digits"
    if not isinstance(held, dict) or list(held) != ["name", said] or held.get(said) != "":
        yield "chat-tool", f"a call does not begin with its name and empty {said}"


def _logprobs(logprobs: Json) -> Iterator[_Found]:
    if logprobs is None:
        return
    if not isinstance(logprobs, dict) or list(logprobs) != ["content", "refusal"]:
        yield "chat-logprobs", "`logprobs` is not {content, refusal}"


def tokens(tokens: Json, said: str) -> Iterator[_Found]:
    """Look at the tokens of a text and their probabilities."""
    if not isinstance(tokens, list) or not all(_is_token(token) for token in tokens):
        yield "chat-logprobs", "a piece comes without well-formed log probabilities"
        return
    if b"".join(bytes(token["bytes"] or ()) for token in tokens) != said.encode("utf-8", "surrogatepass"):
        yield "chat-logprobs", "the tokens' bytes do not spell the piece"
    if any(_misspelt(token) for token in tokens):
        yield "chat-logprobs", "a token is not what its bytes spell"


def _misspelt(token: dict[str, Json]) -> bool:
    """Whether a token's text and bytes differ; half a character has no text of its own."""
    try:
        return bool(bytes(token["bytes"] or token["token"].encode()).decode() != token["token"])
    except UnicodeError:
        return False


def _is_token(token: Json, *, inner: bool = False) -> bool:
    keys = ["token", "logprob", "bytes"] + ([] if inner else ["top_logprobs"])
    if not isinstance(token, dict) or list(token) != keys or not isinstance(token["token"], str):
        return False
    raw = token["bytes"]
    if not isinstance(token["logprob"], int | float) or not isinstance(raw, list | None):
        return False
    if raw is not None and not all(type(byte) is int and 0 <= byte < 256 for byte in raw):
        return False
    top = [] if inner else token["top_logprobs"]
    return isinstance(top, list) and all(_is_token(one, inner=True) for one in top)


def _usage(usage: Json) -> Iterator[_Found]:
    if not isinstance(usage, dict) or list(usage) != list(_USAGE):
        yield "chat-usage", "usage has not the five fields"
        return
    for key, wanted in (("prompt_tokens_details", _PROMPT), ("completion_tokens_details", _COMPLETION)):
        held = usage[key]
        if not isinstance(held, dict) or list(held)[: len(wanted)] != list(wanted):
            yield "chat-usage", f"`{key}` has not its fields"
        elif not all(type(count) is int and count >= 0 for count in held.values()):
            yield "chat-usage", f"`{key}` holds no counts"
    counts = [usage[key] for key in _USAGE[:3]]
    if not all(type(count) is int and count >= 0 for count in counts):
        yield "chat-usage", "the token counts are not whole numbers"
    elif counts[0] + counts[1] != counts[2]:
        yield "chat-usage", f"{counts[0]} and {counts[1]} tokens are not {counts[2]}"


# -- whole answers ------------------------------------------------------------------------------------------------


def whole(answer: dict[str, Json], text: str) -> Iterator[_Found]:
    """Look at a whole answer; ``text`` is its JSON."""
    if not text.startswith('{\n  "id": ') or not text.endswith("\n}\n"):
        yield "chat-layout", "the body is not indented by 2 with a final newline"
    if list(answer) != [key for key in _WHOLE if key in answer or key != "moderation"]:
        yield "chat-keys", f"the keys are {', '.join(answer)}"
    if answer.get("object") != "chat.completion":
        yield "chat-value", "`object` is not chat.completion"
    yield from _head(answer)
    yield from _usage(answer.get("usage"))
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices:
        yield "chat-choice", "there is no choice"
        return
    for nth, choice in enumerate(choices):
        if not isinstance(choice, dict) or not isinstance(choice.get("message"), dict):
            yield "chat-choice", "a choice is not an object with a message"
            continue
        if tuple(choice) not in _WHOLE_CHOICE:
            yield "chat-keys", f"the keys of a choice are {', '.join(choice)}"
        if choice.get("index") != nth:
            yield "chat-choice", "the choices are not counted from 0"
        if choice.get("finish_reason") not in _FINISHES:
            yield "chat-finish", "a choice has no finish reason"
        yield from _message(choice["message"], choice.get("logprobs"))


def _message(message: dict[str, Json], logprobs: Json) -> Iterator[_Found]:
    needed = ("role", "content", "refusal", "annotations")
    if list(message) != [key for key in _MESSAGE if key in message or key in needed]:
        yield "chat-keys", f"the keys of a message are {', '.join(message)}"
    if message.get("role") != "assistant":
        yield "chat-role", "the role is not assistant"
    for key in ("content", "refusal"):
        if not isinstance(message.get(key), str | None):
            yield "chat-value", f"`{key}` is not a string"
    for key in ("tool_calls", "function_call", "audio"):
        if key in message and message[key] is None:
            yield "chat-null", f"`{key}` is null"
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else []:
        yield from _call(call)
    yield from _logprobs(logprobs)
    if isinstance(logprobs, dict):
        for key in ("content", "refusal"):
            if isinstance(message.get(key), str):
                yield from tokens(logprobs.get(key), message[key])


def _call(call: Json) -> Iterator[_Found]:
    kind = "custom" if isinstance(call, dict) and "custom" in call else "function"
    said = "input" if kind == "custom" else "arguments"
    if not isinstance(call, dict) or list(call) != ["id", "type", kind] or call["type"] != kind:
        yield "chat-tool", f"a call is not id, type and {kind}"
        return
    if not _matches(_CALL_ID, call["id"]):
        yield "chat-tool", "a call's id is not call_ and 24 letters or digits"
    held = call[kind]
    if not isinstance(held, dict) or list(held) != ["name", said] or not isinstance(held[said], str):
        yield "chat-tool", f"a call has not a name and {said}"


def _matches(pattern: re.Pattern[str], value: Json) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
