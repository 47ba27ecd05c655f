"""Look at one chunk for what breaks the protocol's rules, without reading its meaning."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

from mockllm_core.protocols.google_genai import ids, rules
from mockllm_core.protocols.google_genai.ids import signature_state
from mockllm_core.protocols.google_genai.spell import Number, airy, pretty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mockllm_core.frame import Json

    Find: TypeAlias = Callable[[str, str], None]

__all__ = ["chunk", "parsed"]

_FREE = frozenset({"args", "response", "extras", "nullValue"})
_CALL = ("name", "args", "id", "partialArgs", "willContinue")
_PARTIAL = ("jsonPath", "nullValue", "numberValue", "stringValue", "boolValue", "willContinue")
_DATA = tuple(
    name
    for name in rules.PARTS
    if name not in ("thought", "thoughtSignature", "videoMetadata", "mediaResolution", "partMetadata")
)


def parsed(text: str, find: Find, *, one_line: bool) -> Json:
    """Return a chunk's value, None when it is no JSON; numbers keep their spelling."""
    try:
        value = json.loads(text, parse_float=Number)
    except (ValueError, RecursionError):
        return None
    if (airy(value) if one_line else pretty(value)) != text:
        find("gemini-spelling", "the JSON is not spaced or escaped as the provider writes it")
    return value


def chunk(value: dict[str, Json], find: Find, *, vertex: bool) -> None:
    """Note what breaks the rules in one chunk."""
    if _null(value):
        find("gemini-null", "the chunk holds a null")
    _keys(value, rules.TOP, find, "the chunk")
    if not isinstance(value.get("modelVersion"), str):
        find("gemini-identity", "the chunk has no modelVersion")
    ident = value.get("responseId")
    if not isinstance(ident, str):
        find("gemini-identity", "the chunk has no responseId")
    elif not ids.is_response_id(ident):
        find("gemini-identity", f"{ident[:40]!r} is no response id of Google's")
    candidates = value.get("candidates", [])
    if not isinstance(candidates, list):
        find("gemini-parts", "candidates is no list")
        candidates = []
    for candidate in candidates:
        if isinstance(candidate, dict):
            _candidate(candidate, find, vertex=vertex)
        else:
            find("gemini-parts", "a candidate is no object")
    _usage(value.get("usageMetadata"), find, vertex=vertex)


def _candidate(candidate: dict[str, Json], find: Find, *, vertex: bool) -> None:
    _keys(candidate, rules.candidate_order(vertex=vertex), find, "a candidate")
    index = candidate.get("index", 0)
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        find("gemini-index", "a candidate's index is no whole number")
    word = candidate.get("finishReason", "STOP")
    if not isinstance(word, str) or word not in rules.FINISH_WORDS:
        find("gemini-finish", f"{word!r} is no finish reason")
    content = candidate.get("content")
    if content is None or content == {}:
        if "finishReason" not in candidate:
            find("gemini-parts", "a candidate that goes on has no content")
        return
    if not isinstance(content, dict):
        find("gemini-parts", "content is no object")
        return
    _keys(content, rules.CONTENT[vertex], find, "content")
    if content.get("role") != "model":
        find("gemini-role", "content has not the role model")
    parts = content.get("parts", [])
    if not isinstance(parts, list):
        find("gemini-parts", "parts is no list")
        return
    for part in parts:
        _part(part, find, vertex=vertex)


def _part(part: Json, find: Find, *, vertex: bool) -> None:
    if not isinstance(part, dict):
        find("gemini-parts", "a part is no object")
        return
    _keys(part, rules.PARTS, find, "a part")
    if sum(name in part for name in _DATA) != 1:
        find("gemini-parts", "a part says not exactly one thing")
    if "text" in part and not isinstance(part["text"], str):
        find("gemini-parts", "a text is no string")
    call = part.get("functionCall")
    if call is not None:
        _call(call, find, vertex=vertex)
    signature = part.get("thoughtSignature")
    if signature is not None and (
        not isinstance(signature, str) or signature_state(signature) == "undecodable"
    ):
        find("gemini-signature", "a thought signature is no base64")


def _call(call: Json, find: Find, *, vertex: bool) -> None:
    """Note what is wrong with a call, or on Vertex AI with one piece of a call."""
    if vertex and isinstance(call, dict) and "args" not in call:
        _keys(call, _CALL, find, "a call")
        if call.get("willContinue", True) is not True:
            find("gemini-parts", "a call that goes on says no other willContinue than true")
        parts = call.get("partialArgs", [{}])
        if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
            find("gemini-parts", "partialArgs is no list of objects")
            return
        for part in parts:
            _keys(part, _PARTIAL, find, "a partial argument")
    elif (
        not isinstance(call, dict)
        or not isinstance(call.get("name"), str)
        or not isinstance(call.get("args"), dict)
    ):
        find("gemini-parts", "a call needs a name and an object of arguments")
    else:
        _keys(call, _CALL[:3], find, "a call")


def _usage(usage: Json, find: Find, *, vertex: bool) -> None:
    if not isinstance(usage, dict):
        find("gemini-usage", "the chunk has no usageMetadata")
        return
    _keys(usage, rules.USAGE, find, "usageMetadata")
    counts = {name: count for name, count in usage.items() if name.endswith("Count")}
    if not all(
        isinstance(count, int) and not isinstance(count, bool) and count >= 0 for count in counts.values()
    ):
        find("gemini-usage", "a count is no whole number")
        return
    if vertex and not counts:
        return
    # of files by their address, the provider tells neither the prompt's tokens nor the sum
    if "totalTokenCount" not in counts and ("promptTokenCount" in counts or not counts):
        find("gemini-usage", "usageMetadata has no totalTokenCount")
    if "totalTokenCount" not in counts:
        return
    parts = ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "toolUsePromptTokenCount")
    if counts["totalTokenCount"] != sum(counts.get(name, 0) for name in parts):
        find("gemini-usage", "totalTokenCount is not the sum of the counts")
    for listed in ("promptTokensDetails", "candidatesTokensDetails"):
        told = usage.get(listed)
        if told is not None and _sum(told) != counts.get(listed.replace("TokensDetails", "TokenCount"), 0):
            find("gemini-usage", f"{listed} does not add up to its count")


def _sum(told: Json) -> Json:
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        return None
    counts = [one.get("tokenCount", 0) for one in told]
    return sum(counts) if all(isinstance(count, int) for count in counts) else None


def _keys(given: dict[str, Json], order: tuple[str, ...], find: Find, what: str) -> None:
    """Note keys that nobody sends, and keys out of order."""
    places = []
    for key in given:
        if key in order:
            places.append(order.index(key))
        else:
            find("gemini-keys", f"{what} has the key {key[:40]!r}, which the provider does not send")
    if places != sorted(places):
        find("gemini-order", f"the keys of {what} are not in the provider's order")


def _null(value: Json) -> bool:
    """Whether a null stands anywhere but in what a model or a tool wrote."""
    waiting: list[Json] = [value]
    while waiting:
        one = waiting.pop()
        if one is None:
            return True
        inner: Iterable[Json] = ()
        if isinstance(one, dict):
            inner = (held for key, held in one.items() if key not in _FREE)
        elif isinstance(one, list):
            inner = one
        waiting.extend(inner)
    return False
