"""An answer that used tools of Google's own: what its candidates say beside the text, and what its chunks count.

Loaded only where such a tool was offered. As recorded (see ``hosted``):

- to 2.5 the Gemini API says ``groundingMetadata`` in every chunk of text where a search or a page was offered, ``{}`` but in
  the last, and ``urlContextMetadata`` in the first; from 3 on, and Vertex AI, both in the last chunk alone;
- offsets are bytes of UTF-8, an offset of 0 is absent, scores come to 2.0 alone;
- code, its result and the text have chunks of their own; to 2.5 the code's has a ``finishReason``, too; on Gemini 3 a result
  has no ``index`` and counts only the prompt;
- what the tools read (``toolUsePromptTokenCount``) is counted from the text on, on Gemini 3 in the last chunk.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockllm_core import tokens
from mockllm_core.protocols.google_genai import ids
from mockllm_core.protocols.google_genai.candidates import ORDER, VERTEX_ORDER, texts
from mockllm_core.reply import Opaque, Text

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocols.google_genai.candidates import Answer
    from mockllm_core.protocols.google_genai.template import Bit
    from mockllm_core.reply import Block, Choice, Turn

__all__ = ["Chunks", "noted"]

_READ = 100
"""Tokens of what one tool's result adds to the prompt."""

_CALLS = ("executableCode", "toolCall")
_RESULTS = ("codeExecutionResult", "toolResponse")
_EMPTY = ("google_search", "url_context")
_GEMINI = (
    "searchEntryPoint",
    "groundingChunks",
    "groundingSupports",
    "retrievalMetadata",
    "webSearchQueries",
    "googleMapsWidgetContextToken",
)
_VERTEX = (
    "webSearchQueries",
    "retrievalQueries",
    "searchEntryPoint",
    "groundingChunks",
    "groundingSupports",
    "retrievalMetadata",
    "googleMapsWidgetContextToken",
)


def noted(answer: Answer) -> Turn:
    """Return the answer's turn with facts as a reader would note them; unchanged where no tool shows in it."""
    turn = answer.turn
    facts: dict[str, Json] = {}
    choices: list[Choice] = []
    extras: dict[str, Json] = {}
    for index, choice in enumerate(turn.choices):
        if answer.bare(index):
            choices.append(choice)
            continue
        blocks, signatures = _named(answer, choice, index)
        choices.append(replace(choice, blocks=blocks))
        if signatures:
            facts.setdefault("signatures", {}).update(signatures)
        if keys := _keys(answer, choice):
            extras[str(index)] = keys
    if not extras and not any(map(_used, choices)):
        return turn
    facts["hosted"] = True
    if extras:
        facts["extras"] = [extras]
    if any(_used(choice) for choice in choices):
        read = [tool for tool in answer.call.conversation.hosted if not tool.ends]
        facts["tool_use"] = _READ * len(read)
    return replace(turn, choices=tuple(choices), facts=facts)


def _is_made(block: Block) -> bool:
    return isinstance(block, Opaque) and block.protocol == "google-genai"


def _used(choice: Choice) -> bool:
    return any(_is_made(block) or (isinstance(block, Text) and block.citations) for block in choice.blocks)


def _named(answer: Answer, choice: Choice, index: int) -> tuple[tuple[Block, ...], dict[str, str]]:
    """Give the parts their ids, a result that of its call, and on Gemini 3 a signature to each that has one."""
    blocks: list[Block] = []
    signatures: dict[str, str] = {}
    ident = ""
    for at, block in enumerate(choice.blocks):
        if not (isinstance(block, Opaque) and isinstance(block.payload, dict)):
            blocks.append(block)
            continue
        ((name, held),) = list(block.payload.items())[:1] or (("", None),)
        made: Block = block
        if isinstance(held, dict) and held.get("id", "") is None:
            if name in _CALLS:
                ident = ids.call_id(answer.stamp, "gemini", index, 1000 + at)
            made = replace(block, payload={name: held | {"id": ident}})
        blocks.append(made)
        if answer.form.signature == "last" and name in (*_CALLS, "toolResponse"):
            signatures[f"{index}.{at}"] = ids.signature(
                answer.stamp, nested=not answer.vertex, size=96, path=(index, at)
            )
    return tuple(blocks), signatures


def _keys(answer: Answer, choice: Choice) -> dict[str, Json]:
    """Return what a candidate says beside its content: what the tools give, and where in the text that stands."""
    for block in choice.blocks:
        if isinstance(block, Text) and block.citations:
            keys: dict[str, Json] = {}
            for cited in block.citations:
                for name, held in cited.items():
                    keys[name] = _joined(keys.get(name, {}), held)
            if "groundingMetadata" in keys:
                said = "".join(texts(block, answer.options))
                keys["groundingMetadata"] = _metadata(answer, keys["groundingMetadata"], said)
            return keys
    if _says_empty(answer):
        return {"groundingMetadata": {}}
    return {}


def _says_empty(answer: Answer) -> bool:
    """Tell whether chunks without a source say that there is none."""
    if answer.vertex or answer.form.version >= (3, 0):
        return False
    return any(tool.name in _EMPTY for tool in answer.call.conversation.hosted)


def _joined(one: dict[str, Json], other: dict[str, Json]) -> dict[str, Json]:
    made = dict(one)
    for key, value in other.items():
        if isinstance(value, list):
            held = made.get(key, [])
            made[key] = [*held, *(one for one in value if one not in held)]
        else:
            made[key] = value
    return made


def _metadata(answer: Answer, given: dict[str, Json], text: str) -> dict[str, Json]:
    made = dict(given)
    old = (0, 0) < answer.form.version < (2, 5)
    chunks = made.get("groundingChunks", ())
    if text and chunks:
        segment = {"endIndex": len(text.encode("utf-8", "surrogatepass")), "text": text}
        support: dict[str, Json] = {"segment": segment, "groundingChunkIndices": list(range(len(chunks)))}
        if old:
            support["confidenceScores"] = [0.9375] * len(chunks)
        made["groundingSupports"] = [support]
    if old or answer.vertex:
        made["retrievalMetadata"] = {}
    return {key: made[key] for key in (_VERTEX if answer.vertex else _GEMINI) if key in made}


class Chunks:
    """Spreads over the chunks of a stream what the facts say of the whole."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        told = answer.turn.facts.get("extras") or [{}]
        self._extras: dict[str, Json] = told[0]
        self._begun: set[int] = set()
        self._old = not answer.vertex and answer.form.version < (3, 0)

    def tell(self, chunk: dict[str, Json], now: list[tuple[int, Bit, bool]], *, last: bool) -> None:
        """Put into a chunk what belongs there; ``now`` is what it says of which candidate, and whether that ends."""
        candidates = chunk["candidates"]
        for at, (index, bit, ends) in enumerate(now):
            candidates[at] = self._candidate(candidates[at], index, bit, ends=ends)
        bit = now[0][1]
        usage = chunk["usageMetadata"]
        counted = usage.get("candidatesTokenCount", 0), usage.get("thoughtsTokenCount", 0)
        counter = self._answer.counter
        if self._answer.vertex or (last and not _any(bit, _CALLS)):
            return
        if self._old:
            if not self._begun:
                chunk["usageMetadata"] = counter.early(*counted)
        elif _any(bit, _RESULTS):
            chunk["usageMetadata"] = counter.early(0, 0)
        elif _any(bit, _CALLS):
            said = tokens.estimate(len(str(bit.parts)) // 4)
            chunk["usageMetadata"] = counter.early(said, counted[1])
        else:
            chunk["usageMetadata"] = counter.early(*counted)

    def _candidate(self, given: dict[str, Json], index: int, bit: Bit, *, ends: bool) -> dict[str, Json]:
        keys = dict(self._extras.get(str(index), {}))
        made = dict(given)
        if _any(bit, _CALLS) and self._old and self._answer.word(index) == "STOP":
            made["finishReason"] = "STOP"
        elif _any(bit, _RESULTS) and not self._old and index == 0:
            made.pop("index", None)
        elif keys and (ends or (self._old and _says(bit))):
            if self._old:
                if not ends and "groundingMetadata" in keys:
                    keys["groundingMetadata"] = {}
                    if not _says_empty(self._answer):
                        del keys["groundingMetadata"]
                if index in self._begun:
                    keys.pop("urlContextMetadata", None)
            made |= keys
        if _says(bit):
            self._begun.add(index)
        order = VERTEX_ORDER if self._answer.vertex else ORDER
        return {key: made[key] for key in order if key in made} | made


def _any(bit: Bit, names: tuple[str, ...]) -> bool:
    return any(name in part for part in bit.parts or () for name in names)


def _says(bit: Bit) -> bool:
    return any("text" in part and not part.get("thought") for part in bit.parts or ())
