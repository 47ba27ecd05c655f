"""OpenAI's prompt cache: what a request's beginning is worth when a later one begins alike.

https://developers.openai.com/api/docs/guides/prompt-caching. Nothing has to be marked: from 1,024 tokens on a request reads
what an earlier one with the same model, ``prompt_cache_key``, format and beginning (tools, then messages) left.

* From gpt-4o to gpt-5.5 any equal beginning is read, in steps of 128 tokens (of 2,006 tokens 1,920 in the guide's
  example; 69,376 of 71,308 in a public log of July 2026), and nothing is counted as written.
* From gpt-5.6 on a request leaves a breakpoint at the end of its last message and of each part that has a
  ``prompt_cache_breakpoint``, four at most, and is read up to such ends. Public logs of 2026: a first request writes all its
  tokens but 3 (5,454 of 5,457), the same again reads them (44,383 of 44,386), and one that goes on writes the rest (6,690
  read and 156 written of 6,849). ``prompt_cache_options.mode: explicit`` leaves the marked ends only.

The core keeps no state: the host's memory does, and without one nothing is ever cached. Nothing is forgotten for its age.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core.jsontext import compact
from mockllm_core.tokens import CHARS_PER_TOKEN, MEDIA_TOKENS, sealed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mockllm_core.frame import Frame, Json, Run
    from mockllm_core.protocol import Call, Memory, WireProtocol
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["LEAST", "counts_writes", "remembering"]

LEAST = 1_024
"""Tokens of a request that is cached at all."""

_FIRST = LEAST * CHARS_PER_TOKEN
_STEP = 128
_UNREAD = 3
"""Tokens after the last message, which are never cached."""
_WRITES = 4
"""Breakpoints that one request leaves."""
_MOST = 4_096
"""Ends that are remembered of requests with the same first 1,024 tokens."""
_ENTRY = 100
"""Bytes that each of them counts as."""

_NEVER = re.compile(r"(ft:)?(gpt-3|gpt-4(-|$)|gpt-4o-2024-05-13|davinci|babbage)")
_BREAKPOINTS = re.compile(r"(ft:)?gpt-(5\.[6-9]|[6-9]|\d\d)")


class _Beginning(NamedTuple):
    """What a request has in common with others, and how much.

    Attributes:
        name: stands for the first 1,024 tokens.
        ends: each place up to which it may be read, as a hash of all before it, and its tokens; the shortest first.
        left: those that later requests may read.
        writes: whether what is left counts as written.
    """

    name: str
    ends: dict[bytes, int]
    left: dict[bytes, int]
    writes: bool


def remembering(protocol: WireProtocol, memory: Memory) -> WireProtocol:
    """Return the protocol's record bound to a memory: a later request with the same beginning reads it."""

    def usual(turn: Turn, call: Call) -> Turn:
        found = _beginning(turn, call)
        if found is None:
            return turn
        held: dict[bytes, int] = memory.get(found.name) or {}
        if any(end not in held for end in found.left):
            kept = {**held, **found.left} if len(held) < _MOST else dict(found.left)
            memory.put(found.name, kept, _ENTRY * len(kept))
        return _read(turn, found, held)

    def runs(turn: Turn, call: Call, stamp: Stamp) -> Iterable[Frame | Run]:
        if turn.usage.input_tokens >= LEAST:
            turn = usual(turn, call)
        return protocol.runs(turn, call, stamp)

    def whole(turn: Turn, call: Call, stamp: Stamp) -> bytes:
        if turn.usage.input_tokens >= LEAST:
            turn = usual(turn, call)
        return protocol.whole(turn, call, stamp)

    varying = protocol.varying
    if varying is not None and varying.runs is protocol.runs:
        plain, texts = varying.spelled, varying.texts

        def again(turn: Turn, call: Call, stamp: Stamp) -> Iterable[Frame | Run]:
            """Spell what the same request gets once it was seen."""
            found = _beginning(turn, call)
            return plain(turn if found is None else _read(turn, found, found.left), call, stamp)

        def told(turn: Turn, call: Call, stamp: Stamp) -> Sequence[str] | None:
            """Fit no pattern where what is read is what others left."""
            if turn.usage.input_tokens >= LEAST and _explicit(call.body):
                return None
            return texts(turn, call, stamp)

        def holds(turn: Turn, call: Call) -> Callable[[], bool] | None:
            found = _beginning(turn, call)
            if found is None:
                return None
            name, last = found.name, next(reversed(found.left))
            return lambda: last in (memory.get(name) or ())

        varying = varying._replace(runs=runs, spelled=again, texts=told, holds=holds)
    return replace(protocol, runs=runs, whole=whole, varying=varying)


def _read(turn: Turn, found: _Beginning, held: Mapping[bytes, int]) -> Turn:
    """Return the turn with what is read of what is held, and what is written."""
    read = next((held[end] for end in reversed(found.ends) if end in held), 0)
    written = max(found.left.values(), default=0) if found.writes else 0
    return replace(turn, usage=replace(turn.usage, cache_read=read, cache_write=max(0, written - read)))


def _beginning(turn: Turn, call: Call) -> _Beginning | None:
    """Return the beginnings of a request that count, None when there is none."""
    kind = _kind(call.model)
    total = turn.usage.input_tokens
    if kind == "never" or total < LEAST:
        return None
    stretches = list(_stretches(call))
    text = "".join([stretch for stretch, _ in stretches])
    if len(text) < _FIRST:
        return None
    places = _steps(len(text), total) if kind == "steps" else _ends(stretches, total, call)
    salt = compact([call.model, call.body.get("prompt_cache_key"), call.conversation.output_schema])
    digest = blake2b(_bytes(salt + text[:_FIRST]), digest_size=16)
    name = f"openai-cache-{digest.hexdigest()}"
    ends: dict[bytes, int] = {}
    begin = _FIRST
    for at, tokens in places.items():
        digest.update(_bytes(text[begin:at]))
        ends[digest.digest()] = tokens
        begin = at
    if kind == "steps":
        return _Beginning(name, ends, ends, writes=False) if ends else None
    marked = _marked(stretches, explicit=_explicit(call.body))
    left = [end for end, at in zip(ends, places, strict=True) if at in marked][-_WRITES:]
    return _Beginning(name, ends, {end: ends[end] for end in left}, writes=True)


@lru_cache(maxsize=256)
def _kind(model: str) -> str:
    name = model.rpartition("/")[2]
    return "never" if _NEVER.match(name) else "ends" if _BREAKPOINTS.match(name) else "steps"


def counts_writes(model: str) -> bool:
    """Tell whether a model tells what it wrote to the cache."""
    return _kind(model) == "ends"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _steps(length: int, total: int) -> dict[int, int]:
    """Return each place a step of tokens after the last, and the tokens before it."""
    upto = min(length // CHARS_PER_TOKEN, total)
    return {tokens * CHARS_PER_TOKEN: tokens for tokens in range(LEAST, upto + 1, _STEP)}


def _ends(stretches: list[tuple[str, str]], total: int, call: Call) -> dict[int, int]:
    """Return the breakpoints past the first tokens, and how many tokens are before each."""
    explicit = _explicit(call.body)
    places: dict[int, int] = {}
    at = 0
    for text, kind in stretches:
        at += len(text)
        if at >= _FIRST and (kind == "mark" or (kind == "end" and not explicit)):
            places[at] = max(LEAST, min(at // CHARS_PER_TOKEN, total) - (_UNREAD if kind == "end" else 0))
    if not explicit:
        # what counts is what the usage tells, as near as the places are
        places[at] = max(0, total - _UNREAD)
    return places


def _marked(stretches: list[tuple[str, str]], *, explicit: bool) -> set[int]:
    """Return where a request leaves breakpoints: at its marks and, unless it says otherwise, at its end."""
    found: set[int] = set()
    at = 0
    for text, kind in stretches:
        at += len(text)
        if kind == "mark":
            found.add(at)
    return found if explicit else found | {at}


def _explicit(body: Json) -> bool:
    options = body.get("prompt_cache_options")
    return isinstance(options, dict) and options.get("mode") == "explicit"


# -- a request as one text ----------------------------------------------------------------------------------------


def _stretches(call: Call) -> Iterator[tuple[str, str]]:
    """Yield what counts as tokens, in order: the text, and ``end`` of a message, ``mark`` or nothing behind it."""
    body = call.body
    for tool in call.conversation.tools:
        yield f"{tool.name}{tool.description}{'' if tool.schema is None else compact(tool.schema)}", ""
    given = body.get("messages") or body.get("input")
    listed = [given] if isinstance(given, str) else given
    for item in (body.get("instructions"), *(listed if isinstance(listed, list) else ())):
        if isinstance(item, str):
            yield item, "end"
        elif isinstance(item, dict):
            yield from _of_item(item)


def _of_item(item: dict[str, Json]) -> Iterator[tuple[str, str]]:
    """Yield a message, or another item of an input, and then its end."""
    content = item.get("content")
    if content is None:
        content = item.get("output")
    # marks of what assistants said do nothing
    role = item.get("role")
    marks = role != "assistant"
    yield str(role or item.get("type"))[:1], ""
    for part in content if isinstance(content, list) else (content,):
        if isinstance(part, dict):
            yield _of_part(part), "mark" if marks and part.get("prompt_cache_breakpoint") else ""
        elif isinstance(part, str):
            yield part, ""
    if item.get("type") == "compaction":
        content = str(item.get("encrypted_content"))
        yield _standing(content, sealed(content)), ""
    calls = item.get("tool_calls")
    for call in (item, *(calls if isinstance(calls, list) else ())):
        named = (call.get("function") or call.get("custom") or call) if isinstance(call, dict) else None
        if isinstance(named, dict) and ("arguments" in named or "input" in named):
            yield f"{named.get('name')}{named.get('arguments') or named.get('input')}", ""
    yield "", "end"


_PICTURE = "image"
_KINDS = {"input_audio": "audio", "file": "document", "input_file": "document"}


def _of_part(part: dict[str, Json]) -> str:
    text = part.get("text", part.get("refusal"))
    if isinstance(text, str):
        return text
    bare = {key: value for key, value in part.items() if key != "prompt_cache_breakpoint"}
    return _standing(compact(bare), MEDIA_TOKENS[_KINDS.get(str(part.get("type")), _PICTURE)])


def _standing(told: str, counted: int) -> str:
    """Return a text that is as long as what something counts as, and another one for something else."""
    return blake2b(_bytes(told), digest_size=16).hexdigest().ljust(counted * CHARS_PER_TOKEN, "\0")
