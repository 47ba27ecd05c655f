"""Chunks into a Turn: what the reader of a stream and the reader of a whole body share.

Nothing here raises over what an answer holds. A value that the neutral kinds have no place for goes into the Turn's
facts: ``model, usage (per chunk), tier, traffic, details, tool_use, finish, average, extras (per
chunk), grouping (parts a chunk, where unusual), ends (chunks with a finishReason, where not the last), signature
(None: none in the form's place), signatures (elsewhere), partial (arguments come in pieces), prompt_feedback``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockllm_core.frame import Finding
from mockllm_core.jsontext import compact
from mockllm_core.protocols.google_genai import joiner, look, partial
from mockllm_core.protocols.google_genai.candidates import BLOCKED, CALLED, FINISH, grouping
from mockllm_core.protocols.google_genai.families import family
from mockllm_core.reply import Choice, Finish, Opaque, Reasoning, Text, ToolCall, Turn, Usage

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocols.google_genai.families import Family
    from mockllm_core.reply import Block, FinishReason

__all__ = ["Gatherer"]

_REASONS: dict[str, FinishReason] = {"STOP": "stop", "MAX_TOKENS": "length", "OTHER": "stop"}
_FILTERS = (
    "SAFETY",
    "RECITATION",
    "BLOCKLIST",
    "PROHIBITED",
    "SPII",
    "LANGUAGE",
    "MODEL_ARMOR",
    "IMAGE",
    "NO_IMAGE",
)
_COUNTS = (
    "promptTokenCount",
    "candidatesTokenCount",
    "totalTokenCount",
    "cachedContentTokenCount",
    "toolUsePromptTokenCount",
    "thoughtsTokenCount",
)
_DETAILS = {
    "prompt": ("promptTokenCount", "promptTokensDetails"),
    "cache": ("cachedContentTokenCount", "cacheTokensDetails"),
    "candidates": ("candidatesTokenCount", "candidatesTokensDetails"),
    "tool_use": ("toolUsePromptTokenCount", "toolUsePromptTokensDetails"),
}
_KNOWN = frozenset({"content", "finishReason", "index", "avgLogprobs", "logprobsResult"})


@dataclass(slots=True)
class _Run:
    """One block as it grows."""

    kind: str
    pieces: list[str] = field(default_factory=list)
    likely: list[Json] = field(default_factory=list)
    block: Block | None = None

    def made(self) -> Block:
        if self.block is not None:
            return self.block
        if self.kind == "thought":
            return Reasoning(pieces=tuple(self.pieces))
        likely = tuple(self.likely) if any(one is not None for one in self.likely) else None
        return Text(pieces=tuple(self.pieces), logprobs=likely)


@dataclass(slots=True)
class _Open:
    """A call whose arguments come in pieces, while it goes on."""

    run: _Run
    name: str
    ident: str | None
    joiner: joiner.Joiner = field(default_factory=joiner.Joiner)


@dataclass(slots=True)
class _Candidate:
    runs: list[_Run] = field(default_factory=list)
    signatures: list[tuple[int, str]] = field(default_factory=list)
    calls: list[bool] = field(default_factory=list)
    grouping: list[int] = field(default_factory=list)
    chunks: int = 0
    ends: list[int] = field(default_factory=list)
    word: str = ""
    average: float | None = None
    open: _Open | None = None
    pieced: bool = False


class Gatherer:
    """Takes chunks, notes findings, makes the Turn."""

    def __init__(self, *, streamed: bool, findings: list[Finding]) -> None:
        self._streamed = streamed
        self._findings = findings
        self._candidates: dict[int, _Candidate] = {}
        self._usages: list[dict[str, int]] = []
        self._extras: list[dict[str, Json]] = []
        self._last_usage: dict[str, Json] = {}
        self._facts: dict[str, Json] = {}
        self._response_id: Json = None
        self._vertex = False
        self._at = (0, 0)

    def find(self, rule: str, sentence: str) -> None:
        """Note a finding at the current chunk."""
        self._findings.append(Finding(rule, *self._at, sentence))

    def take(self, text: str, event: int, offset: int) -> None:
        """Take one chunk's JSON text."""
        self._at = (event, offset)
        chunk = look.parsed(text, self.find, one_line=self._streamed and "\n" not in text)
        if not isinstance(chunk, dict):
            self.find("gemini-json", "the chunk is no JSON object")
            return
        if "error" in chunk:
            message = chunk["error"].get("message") if isinstance(chunk["error"], dict) else chunk["error"]
            self.find("gemini-error", f"an error stands in the answer: {message}")
            return
        usage = chunk.get("usageMetadata")
        self._vertex = "createTime" in chunk or (isinstance(usage, dict) and "trafficType" in usage)
        look.chunk(chunk, self.find, vertex=self._vertex)
        self._identity(chunk)
        self._usage(usage)
        if isinstance(chunk.get("promptFeedback"), dict):
            self._facts["prompt_feedback"] = chunk["promptFeedback"]
        extras: dict[str, Json] = {}
        candidates = chunk.get("candidates")
        for candidate in candidates if isinstance(candidates, list) else ():
            if isinstance(candidate, dict):
                self._candidate(candidate, extras)
        self._extras.append(extras)

    def _identity(self, chunk: dict[str, Json]) -> None:
        model, ident = chunk.get("modelVersion"), chunk.get("responseId")
        if isinstance(model, str) and self._facts.setdefault("model", model) != model:
            self.find("gemini-identity", "modelVersion changes within the answer")
        if isinstance(ident, str):
            if self._response_id not in (None, ident):
                self.find("gemini-identity", "responseId changes within the answer")
            self._response_id = ident

    def _usage(self, usage: Json) -> None:
        counts: dict[str, int] = {}
        if isinstance(usage, dict):
            for name in _COUNTS:
                if isinstance(usage.get(name), int) and not isinstance(usage[name], bool):
                    counts[name] = usage[name]
            if counts:
                self._last_usage = usage
            if usage.get("trafficType", "ON_DEMAND") != "ON_DEMAND":
                self._facts["traffic"] = usage["trafficType"]
            if isinstance(usage.get("serviceTier"), str) and usage["serviceTier"] != "standard":
                self._facts["tier"] = usage["serviceTier"]
        self._usages.append(counts)

    # -- candidates ---------------------------------------------------------------------------------------------

    def _form(self) -> Family:
        return family(str(self._facts.get("model", "")), vertex=self._vertex)

    def _candidate(self, given: dict[str, Json], extras: dict[str, Json]) -> None:
        index = given.get("index", 0)
        index = index if isinstance(index, int) and not isinstance(index, bool) and 0 <= index < 1024 else 0
        held = self._candidates.setdefault(index, _Candidate())
        word = given.get("finishReason")
        content = given.get("content")
        parts = content.get("parts") if isinstance(content, dict) else None
        parts = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
        if not (isinstance(word, str) and self._last_and_empty(held, parts, word)):
            for part in parts:
                self._part(held, part, given.get("logprobsResult"))
                held.calls.append("functionCall" in part)
            held.grouping += [len(parts)] if parts else []
        if isinstance(word, str):
            held.word = word
            held.ends.append(held.chunks)
        held.chunks += 1
        if isinstance(given.get("avgLogprobs"), (int, float)):
            held.average = given["avgLogprobs"]
        more = {key: value for key, value in given.items() if key not in _KNOWN}
        if more.get("finishMessage", "") in (CALLED, BLOCKED.get(str(word))):
            del more["finishMessage"]
        if self._streamed and "index" not in given and self._form().index:
            more["unnumbered"] = True
        if more:
            extras[str(index)] = more

    def _last_and_empty(self, held: _Candidate, parts: list[dict[str, Json]], word: str) -> bool:
        """Take the empty text that only ends a candidate, its signature included; False when it is none."""
        if len(parts) != 1 or parts[0].get("text") != "" or parts[0].get("thought"):
            return False
        trailing = self._streamed and self._trails(held)
        if not trailing and (held.runs or word != "STOP"):
            return False
        signature = parts[0].get("thoughtSignature")
        if isinstance(signature, str):
            held.signatures.append((len(held.runs), signature))
        return True

    def _trails(self, held: _Candidate) -> bool:
        """Whether a chunk of the empty text ends a candidate."""
        return partial.trails(str(self._facts.get("model", ""))) if held.pieced else self._form().trailing

    def _part(self, held: _Candidate, part: dict[str, Json], likely: Json) -> None:
        text, call = part.get("text"), part.get("functionCall")
        if isinstance(text, str):
            kind = "thought" if part.get("thought") is True else "text"
            run = held.runs[-1] if held.runs else None
            if run is None or run.kind != kind or not self._streamed:
                run = _Run(kind)
                held.runs.append(run)
            run.pieces.append(text)
            run.likely.append(likely)
        elif isinstance(call, dict) and self._vertex and self._streamed and "args" not in call:
            self._piece(held, call)
        elif isinstance(call, dict) and isinstance(call.get("name"), str):
            args, ident = call.get("args", {}), call.get("id")
            ident = ident if isinstance(ident, str) else None
            made = ToolCall(name=call["name"], pieces=(compact(args),), id=ident)
            held.runs.append(_Run("call", block=made))
        elif next(iter(part), "") == "thoughtSignature":
            # that of a tool which Google ran stands first, and is its own
            held.runs.append(_Run("opaque", block=Opaque(protocol="google-genai", payload=part)))
            return
        else:
            payload = {key: value for key, value in part.items() if key != "thoughtSignature"}
            held.runs.append(_Run("opaque", block=Opaque(protocol="google-genai", payload=payload)))
        signature = part.get("thoughtSignature")
        if isinstance(signature, str):
            held.signatures.append((len(held.runs) - 1, signature))

    def _piece(self, held: _Candidate, call: dict[str, Json]) -> None:
        """Take a chunk of a call whose arguments come in pieces."""
        held.pieced = True
        name, ident = call.get("name"), call.get("id")
        if isinstance(name, str):
            self._closed(held)
            ident = ident if isinstance(ident, str) else None
            run = _Run("call", block=ToolCall(name=name, pieces=("{}",), id=ident))
            held.runs.append(run)
            held.open = _Open(run, name, ident)
        elif held.open is None:
            self.find("gemini-parts", "a call goes on that never began")
            return
        parts = call.get("partialArgs", ())
        for part in parts if isinstance(parts, list) else ():
            if sentence := held.open.joiner.take(part):
                self.find("gemini-parts", sentence)
        if call.get("willContinue") is not True:
            self._closed(held, ends=True)

    def _closed(self, held: _Candidate, *, ends: bool = False) -> None:
        """Put together the call that goes on, if there is one; it should have said that it ``ends``."""
        made, held.open = held.open, None
        if made is not None:
            cut = not ends and held.word == "MAX_TOKENS"
            made.run.block = ToolCall(name=made.name, pieces=made.joiner.pieces(), id=made.ident, cut=cut)
            if not ends and not cut:
                self.find("gemini-parts", f"the arguments of {made.name} never end")

    # -- the end ------------------------------------------------------------------------------------------------

    def turn(self) -> Turn:
        """Return what was gathered; findings about the answer as a whole are noted here."""
        self._at = (-1, 0)
        if not self._candidates and "prompt_feedback" not in self._facts:
            self.find("gemini-empty", "the answer has no candidate")
        form = self._form()
        choices = [self._choice(index, form) for index in sorted(self._candidates)]
        if sorted(self._candidates) != list(range(len(self._candidates))):
            self.find("gemini-index", "the candidates are not numbered from 0 without gaps")
        if not choices:
            choices = [Choice(blocks=(), finish=Finish("content_filter"))]
        self._note()
        return Turn(choices=tuple(choices), usage=self._total(), facts=self._facts)

    def _choice(self, index: int, form: Family) -> Choice:
        held = self._candidates[index]
        self._closed(held)
        if held.pieced:
            self._facts["partial"] = True
        blocks = [run.made() for run in held.runs]
        if not held.word:
            self.find("gemini-finish", f"candidate {index} never ends: no chunk has its finishReason")
        called = any(isinstance(block, ToolCall) for block in blocks)
        reason: FinishReason = "stop"
        if held.word == "STOP":
            reason = "tool_call" if called else "stop"
        elif held.word.startswith(_FILTERS):
            reason = "content_filter"
        else:
            reason = _REASONS.get(held.word, "stop")
        if held.word and held.word != FINISH[reason]:
            self._facts.setdefault("finish", {})[str(index)] = held.word
        if held.average is not None:
            self._facts.setdefault("average", {})[str(index)] = held.average
        if self._streamed:
            self._pace(index, held, form)
        self._sign(index, held, blocks, form)
        return Choice(blocks=tuple(blocks), finish=Finish(reason))

    def _pace(self, index: int, held: _Candidate, form: Family) -> None:
        """Note parts that came together or apart against the form's habit, and an end before the last chunk."""
        if held.grouping != grouping(held.calls, together=form.together):
            self._facts.setdefault("grouping", {})[str(index)] = held.grouping
        if held.ends and held.ends != [held.chunks - 1]:
            self._facts.setdefault("ends", {})[str(index)] = held.ends

    def _sign(self, index: int, held: _Candidate, blocks: list[Block], form: Family) -> None:
        """Give the signature that stands in the form's place to the thoughts, told or not; note the others."""
        given = dict(held.signatures)
        first = given.pop(self._place(held, form), None)
        thought = next((at for at, block in enumerate(blocks) if isinstance(block, Reasoning)), None)
        moved = 0
        if first is None:
            if form.signature == "last" or given:
                self._facts["signature"] = None
        elif thought is None:
            blocks.insert(0, Reasoning(signature=first))
            moved = 1
        else:
            blocks[thought] = Reasoning(pieces=tuple(held.runs[thought].pieces), signature=first)
        for at, signature in given.items():
            self._facts.setdefault("signatures", {})[f"{index}.{at + moved}"] = signature

    def _place(self, held: _Candidate, form: Family) -> int:
        """Return the run on which the form puts its signature; one past the last is the empty last chunk."""
        said = [at for at, run in enumerate(held.runs) if run.kind != "thought"]
        called = [at for at in said if held.runs[at].kind == "call"]
        if form.signature != "last":
            return said[0] if said else len(held.runs)
        if called:
            return called[0]
        return len(held.runs) if (self._streamed and self._trails(held)) or not said else said[-1]

    def _note(self) -> None:
        # a whole answer's counts follow from its usage, but where some are not told
        if any(self._usages) and (self._streamed or "totalTokenCount" not in self._usages[-1]):
            self._facts["usage"] = self._usages
        if any(self._extras):
            self._facts["extras"] = self._extras
        for name, (count, listed) in _DETAILS.items():
            told = self._last_usage.get(listed)
            if told and told != [{"modality": "TEXT", "tokenCount": self._last_usage.get(count)}]:
                self._facts.setdefault("details", {})[name] = told
        if tool_use := self._last_usage.get("toolUsePromptTokenCount"):
            self._facts["tool_use"] = tool_use

    def _total(self) -> Usage:
        told = self._last_usage
        counts = {name: told[name] if isinstance(told.get(name), int) else 0 for name in _COUNTS}
        thoughts = counts["thoughtsTokenCount"]
        return Usage(
            input_tokens=counts["promptTokenCount"],
            output_tokens=counts["candidatesTokenCount"] + thoughts,
            cache_read=counts["cachedContentTokenCount"],
            reasoning=thoughts,
        )
