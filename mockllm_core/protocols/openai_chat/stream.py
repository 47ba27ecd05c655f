"""A Turn as server-sent events, in wire order."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core import sse
from mockllm_core.jsontext import compact, escaped, quote
from mockllm_core.protocols.openai_chat import moderation
from mockllm_core.protocols.openai_chat.values import (
    answered_model,
    answers_legacy,
    call_id,
    completion_id,
    finish_reason,
    has_logprobs_key,
    logprob_entries,
    service_tier,
    system_fingerprint,
    usage_text,
    visible,
)
from mockllm_core.reply import Opaque, Reasoning, Refusal, Text, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mockllm_core.frame import Json, Run
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Choice, Turn
    from mockllm_core.stamp import Stamp

__all__ = ["stream", "usual_order"]

_MOST = 500
"""So many chunks are made at a time: a long answer is never held whole."""


_HOLE = "\\u0000"
"""In place of a text while its surroundings are spelled."""


class _Pieces(NamedTuple):
    """Choice objects that follow each other and differ in one string only.

    Attributes:
        before: their JSON up to the string's text, its quote included.
        pieces: the texts, at most _MOST.
        after: their JSON from the quote on.
    """

    before: str
    pieces: Sequence[str]
    after: str


def stream(
    turn: Turn, call: Call, stamp: Stamp, respell: Callable[[str], str] | None = None
) -> Iterator[Run]:
    """Yield one turn in wire order.

    Each choice is: its role, its deltas, its finish. Several choices take turns, one chunk each. Then
    usage? moderation? [DONE]

    ``respell`` is for a host that sends these chunks in another form: from the JSON of one to what it sends.
    """
    choices = [_spoken(turn, call, stamp, index) for index in range(len(turn.choices))]
    spoken = choices[0] if len(choices) == 1 else _in_turn(choices, turn.facts.get("order"))
    options = call.body.get("stream_options") or {}
    counted = options.get("include_usage") is True
    rest = '],"usage":null' if counted else "]"
    number = sum([1 if isinstance(said, str) else len(said.pieces) for said in spoken])
    moderated = moderation.wanted(turn, call)
    chunks = _Chunks(turn, call, stamp, number + counted + moderated, respell)
    for said in spoken:
        if isinstance(said, str):
            chunks.add(said + rest)
        else:
            chunks.add_each(said.before, escaped(said.pieces), said.after + rest)
        if len(chunks.texts) >= _MOST:
            yield chunks.run()
    if counted:
        chunks.add(f'],"usage":{usage_text(turn, call)}')
    if moderated:
        results = moderation.respell(moderation.results(turn, call, stamp))
        chunks.add(f'],"moderation":{results}{rest[1:]}')
    chunks.texts.append("data: [DONE]\n\n")
    yield chunks.run()


# -- a choice -------------------------------------------------------------------------------------------------------


def _spoken(turn: Turn, call: Call, stamp: Stamp, index: int) -> list[str | _Pieces]:
    """Return the choice objects of one choice: role, deltas, finish."""
    choice = turn.choices[index]
    blocks = visible(choice, call)
    say = _Choice(turn, call, stamp, index)
    spoken: list[str | _Pieces] = [say.opening(blocks)]
    nth = 0
    for block in blocks:
        match block:
            case Text() | Refusal():
                spoken += say.words(block)
            case ToolCall():
                if len(blocks) > 1:
                    spoken.append(say.delta(say.called(block, nth)))
                spoken += say.arguments(block, nth)
                nth += 1
            case Opaque():
                spoken.append(say.delta(compact(block.payload)[1:-1]))
            case Reasoning():
                continue
    spoken.append(say.finish(choice))
    return spoken


class _Choice:
    """Spells the objects of one choice: ``{"index", "delta", ["logprobs"], "finish_reason"}``."""

    def __init__(self, turn: Turn, call: Call, stamp: Stamp, index: int) -> None:
        self._call = call
        self._stamp = stamp
        self._index = index
        self._legacy = answers_legacy(call)
        self._before = f'{{"index":{index},"delta":{{'
        self._key = has_logprobs_key(turn, call)
        self._after = '},"logprobs":null,"finish_reason":null}' if self._key else '},"finish_reason":null}'

    def delta(self, delta: str, logprobs: str = "null") -> str:
        """Return one choice object; ``delta`` is its JSON without braces."""
        if logprobs == "null":
            return f"{self._before}{delta}{self._after}"
        return f'{self._before}{delta}}},"logprobs":{logprobs},"finish_reason":null}}'

    def opening(self, blocks: tuple[Block, ...]) -> str:
        """Return the role, and what comes with it: a single call its header, several calls nothing."""
        return self.delta(f'"role":"assistant",{self._beside_role(blocks)}', self._no_tokens(blocks[0]))

    def _beside_role(self, blocks: tuple[Block, ...]) -> str:
        first = blocks[0]
        match first:
            case Refusal():
                return '"content":null,"refusal":""'
            case ToolCall():
                if len(blocks) > 1:
                    return '"content":null'
                return f'"content":null,{self.called(first, 0)},"refusal":null'
            case Text() | Reasoning() | Opaque():
                return '"content":"","refusal":null'

    def _no_tokens(self, first: Block) -> str:
        """Return the empty log probabilities of the role's chunk."""
        if isinstance(first, Text | Refusal):
            entries = logprob_entries(first, self._call, self._stamp, self._index)
            if entries is not None:
                return compact(_logprobs(first, []))
        return "null"

    def words(self, block: Text | Refusal) -> list[_Pieces] | list[str]:
        key = "content" if isinstance(block, Text) else "refusal"
        entries = logprob_entries(block, self._call, self._stamp, self._index)
        if entries is None:
            return _cut(f'{self._before}"{key}":"', block.pieces, f'"{self._after}')
        return [
            self.delta(f'"{key}":{quote(piece)}', compact(_logprobs(block, tokens)))
            for piece, tokens in zip(block.pieces, entries, strict=True)
        ]

    def called(self, call: ToolCall, nth: int) -> str:
        """Return the delta that begins a call."""
        name = quote(call.name)
        if self._legacy:
            return f'"function_call":{{"name":{name},"arguments":""}}'
        kind, said = ("custom", "input") if call.free_text else ("function", "arguments")
        head = f'"index":{nth},"id":{quote(call_id(call, self._stamp, self._index, nth))},"type":"{kind}"'
        return f'"tool_calls":[{{{head},"{kind}":{{"name":{name},"{said}":""}}}}]'

    def arguments(self, call: ToolCall, nth: int) -> list[_Pieces]:
        if self._legacy:
            before, after = '"function_call":{"arguments":"', '"}'
        else:
            held = '"custom":{"input":"' if call.free_text else '"function":{"arguments":"'
            before, after = f'"tool_calls":[{{"index":{nth},{held}', '"}}]'
        return _cut(self._before + before, call.pieces, after + self._after)

    def finish(self, choice: Choice) -> str:
        logprobs = ',"logprobs":null' if self._key else ""
        reason = finish_reason(choice.finish, self._call)
        return f'{self._before}}}{logprobs},"finish_reason":"{reason}"}}'


def _cut(before: str, pieces: tuple[str, ...], after: str) -> list[_Pieces]:
    return [_Pieces(before, pieces[at : at + _MOST], after) for at in range(0, len(pieces), _MOST)]


def _logprobs(block: Text | Refusal, tokens: Json) -> dict[str, Json]:
    if isinstance(block, Text):
        return {"content": tokens, "refusal": None}
    return {"content": None, "refusal": tokens}


# -- several choices ------------------------------------------------------------------------------------------------


def _in_turn(choices: list[list[str | _Pieces]], order: Sequence[int] | None) -> list[str | _Pieces]:
    """Return the choice objects of several choices as they take turns.

    A choice opens with two chunks (role and first piece), then each gives one a round, and all finish at the
    end. ``order`` is the sequence of choice numbers that a reader noted, where it was another.
    """
    texts = [_each(choice) for choice in choices]
    wanted = usual_order([len(choice) for choice in texts]) if order is None else order
    following = [iter(choice) for choice in texts]
    return [next(following[index]) for index in wanted]


def _each(spoken: list[str | _Pieces]) -> list[str]:
    """Return every choice object by itself."""
    each: list[str] = []
    for said in spoken:
        if isinstance(said, str):
            each.append(said)
        else:
            each += [said.before + piece + said.after for piece in escaped(said.pieces)]
    return each


def usual_order(counts: Sequence[int]) -> list[int]:
    """Return the turns that choices of so many chunks take: [0, 0, 1, 1, 0, 1, ..., 0, 1]."""
    order: list[int] = []
    opened = [min(2, count - 1) for count in counts]
    for index, count in enumerate(opened):
        order += [index] * count
    bodies = [count - 1 - opening for count, opening in zip(counts, opened, strict=True)]
    for turn in range(max(bodies, default=0)):
        order += [index for index, left in enumerate(bodies) if left > turn]
    return order + list(range(len(counts)))


# -- chunks ---------------------------------------------------------------------------------------------------------


class _Chunks:
    """Spells chunks: ``{"id", "object", "created", "model", ..., "choices", ["usage"], ["obfuscation"]}``.

    Args:
        number: so many there will be.
        respell: the form that a host gives them, where it has its own.

    Attributes:
        texts: those made since the last run, framed as events.
    """

    def __init__(
        self, turn: Turn, call: Call, stamp: Stamp, number: int, respell: Callable[[str], str] | None
    ) -> None:
        self._respell = respell
        model, tier = answered_model(turn, call), service_tier(turn, call)
        head = _head(stamp.unix, model, tier, system_fingerprint(turn, call))
        self._head = f'data: {{"id":"{completion_id(stamp)}{head}'
        self._padded = (call.body.get("stream_options") or {}).get("include_obfuscation") is not False
        self._noise, self._starts = stamp.noise_cuts(number) if self._padded else ("", ())
        self._sent = 0
        self.texts: list[str] = []

    def add(self, rest: str) -> None:
        """Make a chunk; ``rest`` is its JSON from the choice on, without the brace that closes it.

        Its obfuscation is random text that makes the length of the JSON, counted in characters, 1 more than a
        multiple of 16: (-B) mod 16 characters for B characters without the field. Recorded chunks are ASCII; an
        Azure stream with an emoji shows that characters count, not bytes.
        """
        text = self._head + rest
        if self._padded:
            start = self._starts[self._sent]
            self._sent += 1
            # "data: " is 6 characters, the brace that closes is one
            noise = self._noise[start : start + (5 - len(text)) % 16]
            text = f'{text},"obfuscation":"{noise}"}}\n\n'
        else:
            text += "}\n\n"
        self.texts.append(text if self._respell is None else f"data: {self._respell(text[6:-2])}\n\n")

    def add_each(self, before: str, pieces: Sequence[str], after: str) -> None:
        """Make one chunk for each piece; what stands around it is the same."""
        if self._respell is not None and "" in pieces:
            # what has no text may have another form
            for piece in pieces:
                self.add(f"{before}{piece}{after}")
            return
        before = self._head + before
        left = 5 - len(before) - len(after)
        after, end = (after + ',"obfuscation":"', '"}\n\n') if self._padded else (after + "}\n\n", "")
        if self._respell is not None:
            before, after, end = self._respelled(self._respell, before, after, end)
        if not self._padded:
            self.texts += [f"{before}{piece}{after}" for piece in pieces]
            return
        noise = self._noise
        starts = self._starts[self._sent : self._sent + len(pieces)]
        self._sent += len(pieces)
        self.texts += [
            f"{before}{piece}{after}{noise[start : start + (left - len(piece)) % 16]}{end}"
            for piece, start in zip(pieces, starts, strict=True)
        ]

    def _respelled(
        self, respell: Callable[[str], str], before: str, after: str, end: str
    ) -> tuple[str, str, str]:
        """Return what stands around the piece and the noise in the host's form."""
        noise = _HOLE if self._padded else ""
        text = f"data: {respell(f'{before}{_HOLE}{after}{noise}{end}'[6:-2])}\n\n"
        before, _, rest = text.partition(_HOLE)
        after, noised, end = rest.partition(f'"obfuscation":"{noise}"')
        return (before, f'{after}"obfuscation":"', f'"{end}') if noised else (before, rest, "")

    def run(self) -> Run:
        """Return the chunks made since the last run."""
        texts, self.texts = self.texts, []
        return sse.run("".join(texts), len(texts))


@lru_cache(maxsize=64)
def _head(created: int, model: str, tier: str | None, fingerprint: str | None) -> str:
    """Return what each chunk of an answer has between its id and its choices."""
    head: dict[str, Json] = {"object": "chat.completion.chunk", "created": created, "model": model}
    if tier is not None:
        head["service_tier"] = tier
    head["system_fingerprint"] = fingerprint
    return f'",{compact(head)[1:-1]},"choices":['
