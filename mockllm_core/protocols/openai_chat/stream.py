"""A Turn as server-sent events, in wire order."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core import sse
from mockllm_core.frame import batches
from mockllm_core.jsontext import compact, escaped, quote
from mockllm_core.protocols.openai_chat import moderation
from mockllm_core.protocols.openai_chat.values import (
    AZURE,
    answers_legacy,
    asks_logprobs,
    backend,
    call_id,
    checkpoint,
    completion_id,
    finish_reason,
    logprob_entries,
    usage_text,
    visible,
)
from mockllm_core.reply import Opaque, Refusal, Text, ToolCall
from mockllm_core.stamp import noise_start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mockllm_core.frame import Json, Run
    from mockllm_core.protocol import Call
    from mockllm_core.protocols.openai_chat.values import Backend
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["stream", "usual_order", "varying"]

_FIRST = 40
"""Chunks of the first run; see ``batches``."""


_NO_OPTIONS: dict[str, Json] = {}
_NO_LOGPROBS = ',"logprobs":null,"finish_reason":null}'
_WORDS = (Text, Refusal)
_HOLE = "\\u0000"
"""In place of a text while its surroundings are spelled."""


class _Pieces(NamedTuple):
    """Choice objects that follow each other and differ in one string only.

    Attributes:
        before: their JSON up to the string's text, its quote included.
        pieces: the texts.
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
    source = backend(turn, call)
    choices = [_spoken(turn, call, stamp, index, source) for index in range(len(turn.choices))]
    counts = [*map(_count, choices)]
    spoken = _in_turn(choices, turn.facts.get("order") or usual_order(counts)) if choices[1:] else choices[0]
    options = call.body.get("stream_options") or _NO_OPTIONS
    counted = options.get("include_usage") is True
    moderated = moderation.wanted(turn, call)
    number = sum(counts) + counted + moderated
    padded = options.get("include_obfuscation") is not False
    chunks = _Chunks(source, stamp, number if padded else 0, respell)
    rest = '],"usage":null' if counted else "]"
    for said in spoken:
        if isinstance(said, str):
            chunks.add(said + rest)
        elif len(said.pieces) <= _FIRST:
            chunks.add_each(said.before, escaped(said.pieces), said.after + rest)
        else:
            for begin, end in batches(len(said.pieces)):
                chunks.add_each(said.before, escaped(said.pieces[begin:end]), said.after + rest)
                yield chunks.run()
        if len(chunks.texts) >= _FIRST:
            yield chunks.run()
    if counted:
        took = f',"latency_checkpoint":{compact(checkpoint(turn, stamp))}' if call.form == AZURE else ""
        chunks.add(f'],"usage":{usage_text(turn, call)}{took}')
    if moderated:
        results = moderation.respell(moderation.results(turn, call, stamp))
        chunks.add(f'],"moderation":{results}{rest[1:]}')
    chunks.texts.append("data: [DONE]\n\n")
    yield chunks.run()


# -- a choice -------------------------------------------------------------------------------------------------------


def _spoken(turn: Turn, call: Call, stamp: Stamp, index: int, source: Backend) -> list[str | _Pieces]:
    """Return the choice objects of one choice: role, deltas, finish."""
    choice = turn.choices[index]
    blocks = visible(choice, call)
    asked = asks_logprobs(call)
    form = _form(index, source.logprobs or asked, answers_legacy(call))
    alone = len(blocks) == 1
    spoken: list[str | _Pieces] = []
    nth = 0
    for block in blocks:
        if isinstance(block, ToolCall):
            name = "" if form.legacy else call_id(block, stamp, index, nth)
            if alone:
                spoken.append(form.opens_call(form.called(block, nth, name)))
            else:
                if not spoken:
                    spoken.append(form.opens_calls)
                spoken.append(form.delta(form.called(block, nth, name)))
            spoken.append(form.arguments(block, nth))
            nth += 1
        elif isinstance(block, _WORDS):
            entries = None
            if asked or block.logprobs is not None:
                entries = logprob_entries(block, call, stamp, index)
            if not spoken:
                spoken.append(form.opening(block, entries))
            spoken += form.words(block, entries)
        else:
            if not spoken:
                spoken.append(form.opens_text)
            if isinstance(block, Opaque):
                spoken.append(form.delta(compact(block.payload)[1:-1]))
    spoken.append(f'{form.finish}{finish_reason(choice.finish, call)}"}}')
    return spoken


class _Form:
    """Spells the objects of one choice: ``{"index", "delta", ["logprobs"], "finish_reason"}``.

    Args:
        index: the choice's number.
        key: there is a key ``logprobs``.
        legacy: a call is a ``function_call``.

    Attributes:
        opens_text: the object with the role, before text; ``opens_refusal`` and ``opens_calls`` alike.
        finish: the object with the finish reason, up to the reason's text.
    """

    def __init__(self, index: int, key: bool, legacy: bool) -> None:  # noqa: FBT001 - a cache takes them by place
        self.legacy = legacy
        self._before = f'{{"index":{index},"delta":{{'
        logprobs = ',"logprobs":null' if key else ""
        self._after = f'}}{logprobs},"finish_reason":null}}'
        self._said = f'"{self._after}'
        self._content = f'{self._before}"content":"'
        self._refusal = f'{self._before}"refusal":"'
        self.opens_text = self.delta('"role":"assistant","content":"","refusal":null')
        self.opens_refusal = self.delta('"role":"assistant","content":null,"refusal":""')
        self.opens_calls = self.delta('"role":"assistant","content":null')
        self.finish = f'{self._before}}}{logprobs},"finish_reason":"'

    def delta(self, delta: str) -> str:
        """Return one choice object; ``delta`` is its JSON without braces."""
        return f"{self._before}{delta}{self._after}"

    def opening(self, block: Text | Refusal, entries: Sequence[Json] | None) -> str:
        """Return the role, with empty log probabilities where there are any."""
        opening = self.opens_text if isinstance(block, Text) else self.opens_refusal
        return opening if entries is None else _with_logprobs(opening, block, [])

    def opens_call(self, called: str) -> str:
        """Return the role with a single call's header."""
        return self.delta(f'"role":"assistant","content":null,{called},"refusal":null')

    def words(self, block: Text | Refusal, entries: Sequence[Json] | None) -> list[_Pieces] | list[str]:
        """Return the pieces of a text; ``entries`` are their tokens."""
        before = self._content if isinstance(block, Text) else self._refusal
        if entries is None:
            return [_Pieces(before, block.pieces, self._said)]
        return [
            _with_logprobs(f"{before}{quote(piece)[1:-1]}{self._said}", block, tokens)
            for piece, tokens in zip(block.pieces, entries, strict=True)
        ]

    def called(self, call: ToolCall, nth: int, id: str) -> str:  # noqa: A002 - the wire's word
        """Return the delta that begins a call."""
        name = quote(call.name)
        if self.legacy:
            return f'"function_call":{{"name":{name},"arguments":""}}'
        kind, said = ("custom", "input") if call.free_text else ("function", "arguments")
        head = f'"index":{nth},"id":{quote(id)},"type":"{kind}"'
        return f'"tool_calls":[{{{head},"{kind}":{{"name":{name},"{said}":""}}}}]'

    def arguments(self, call: ToolCall, nth: int) -> _Pieces:
        """Return the pieces of a call's arguments."""
        if self.legacy:
            before, after = '"function_call":{"arguments":"', '"}'
        else:
            held = '"custom":{"input":"' if call.free_text else '"function":{"arguments":"'
            before, after = f'"tool_calls":[{{"index":{nth},{held}', '"}}]'
        return _Pieces(self._before + before, call.pieces, after + self._after)


_form = lru_cache(maxsize=512)(_Form)


def _count(spoken: list[str | _Pieces]) -> int:
    return sum([1 if isinstance(said, str) else len(said.pieces) for said in spoken])


def _with_logprobs(spoken: str, block: Text | Refusal, tokens: Json) -> str:
    """Return a choice object with log probabilities; it ends with the null in their place."""
    said = [tokens, None] if isinstance(block, Text) else [None, tokens]
    logprobs = compact(dict(zip(("content", "refusal"), said, strict=True)))
    return f'{spoken.removesuffix(_NO_LOGPROBS)},"logprobs":{logprobs},"finish_reason":null}}'


# -- several choices ------------------------------------------------------------------------------------------------


def _in_turn(choices: list[list[str | _Pieces]], order: Iterable[int]) -> Iterator[str]:
    """Yield the choice objects of several choices as they take turns.

    A choice opens with two chunks (role and first piece), then each gives one a round, and all finish at the
    end: ``usual_order``, unless a reader noted another. They may be millions, so that none is made before its turn.
    """
    following = [_each(choice) for choice in choices]
    for index in order:
        yield next(following[index])


def _each(spoken: list[str | _Pieces]) -> Iterator[str]:
    """Yield every choice object by itself."""
    for said in spoken:
        if isinstance(said, str):
            yield said
            continue
        before, pieces, after = said
        for begin, end in batches(len(pieces)):
            yield from [before + piece + after for piece in escaped(pieces[begin:end])]


def usual_order(counts: Sequence[int]) -> Iterator[int]:
    """Yield the turns that choices of so many chunks take: 0, 0, 1, 1, 0, 1, ..., 0, 1."""
    opened = [min(2, count - 1) for count in counts]
    for index, count in enumerate(opened):
        yield from [index] * count
    bodies = [count - 1 - opening for count, opening in zip(counts, opened, strict=True)]
    for turn in range(max(bodies, default=0)):
        yield from [index for index, left in enumerate(bodies) if left > turn]
    yield from range(len(counts))


# -- chunks ---------------------------------------------------------------------------------------------------------


def varying(turn: Turn, call: Call, stamp: Stamp) -> Sequence[str] | None:
    """Return what differs between two streams of a Turn, beside obfuscation: how chunks begin, and call ids.

    Log probabilities and moderation results are made anew for each answer.
    """
    if asks_logprobs(call) or moderation.wanted(turn, call):
        return None
    ids = [
        f'"id":{quote(call_id(block, stamp, index, nth))}'
        for index, choice in enumerate(turn.choices)
        for nth, block in enumerate(one for one in choice.blocks if isinstance(one, ToolCall))
    ]
    return (_beginning(stamp, backend(turn, call)), *ids)


def _beginning(stamp: Stamp, source: Backend) -> str:
    """Return what each chunk of an answer has before its choices."""
    return f'data: {{"id":"{completion_id(stamp)}{_head(stamp.unix, source)}'


class _Chunks:
    """Spells chunks: ``{"id", "object", "created", "model", ..., "choices", ["usage"], ["obfuscation"]}``.

    Args:
        source: what answers.
        number: so many will be padded; 0 when none shall be.
        respell: the form that a host gives them, where it has its own.

    Attributes:
        texts: those made since the last run, framed as events.
    """

    def __init__(
        self, source: Backend, stamp: Stamp, number: int, respell: Callable[[str], str] | None
    ) -> None:
        self._respell = respell
        self._head = _beginning(stamp, source)
        self._stamp, self._number = stamp, number
        self._padded = number > 0
        self._noise = stamp.noise_cuts(number, 0, 0)[0] if number else ""
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
            start = noise_start(self._sent)
            self._sent += 1
            # "data: " is 6 characters, the brace that closes is one
            text = f'{text},"obfuscation":"{self._noise[start : start + (5 - len(text)) % 16]}"}}\n\n'
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
        sent = self._sent + len(pieces)
        starts = self._stamp.noise_cuts(self._number, self._sent, sent)[1]
        self._sent = sent
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
def _head(created: int, source: Backend) -> str:
    """Return what each chunk of an answer has between its id and its choices."""
    head: dict[str, Json] = {"object": "chat.completion.chunk", "created": created, "model": source.model}
    head["service_tier"] = source.tier
    head["system_fingerprint"] = source.fingerprint
    return f'",{compact(head)[1:-1]},"choices":['
