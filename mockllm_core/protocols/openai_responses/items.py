"""Output items: everything an item needs is decided once, so that all events and the whole body agree."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core import jsontext, likely
from mockllm_core.errors import UnsupportedReply
from mockllm_core.protocols.openai_responses import families, spell
from mockllm_core.protocols.openai_responses.seal import seal
from mockllm_core.protocols.openai_responses.spell import HOLE, WORD
from mockllm_core.reply import Opaque, Reasoning, Refusal, Text, ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Turn
    from mockllm_core.stamp import Stamp

__all__ = [
    "NAME",
    "Ids",
    "Place",
    "Seals",
    "added",
    "done",
    "final",
    "ids",
    "layout",
    "refusal_part",
    "summary_part",
    "supports",
    "text_part",
    "varying",
]

NAME = "openai-responses"
_RESPONSE = b"('resp_',)"
"""The path of a stamp, as ``Stamp.hex`` takes it."""
_OPENED, _FINISHED = 35, 47


class Ids(NamedTuple):
    """What the ids of one answer are made of.

    An id is a prefix and 50 hex: 16 shared, ``00`` and 8 of Unix time, which are shared too, and 24 of its own.

    Attributes:
        response: the response's id.
        shared: what the ids of its items have in common with it.
        own: what the first items have of their own, joined.
    """

    response: str
    shared: str
    own: str


def ids(stamp: Stamp) -> Ids:
    """Return the ids of the answer with that stamp, all of one draw."""
    drawn = stamp.hex(112, _RESPONSE)
    shared = f"{drawn[:16]}00{stamp.unix:08x}"
    return Ids(f"resp_{shared}{drawn[16:40]}", shared, drawn[40:])


def _id(prefix: str, made: Ids, stamp: Stamp, index: int) -> str:
    own = made.own[24 * index : 24 * index + 24] or stamp.hex(24, _path(prefix, index))
    return f"{prefix}{made.shared}{own}"


@lru_cache(maxsize=256)
def _path(prefix: str, index: int) -> bytes:
    return repr((prefix, index)).encode()


class Seals(NamedTuple):
    """A reasoning or compaction item's encrypted content: another text each time it is sent."""

    added: str
    done: str
    final: str


class Place(NamedTuple):
    """One output item, everything decided.

    Attributes:
        block: what it says.
        nth: its place in ``output``.
        id: its id.
        quoted: all its text as one JSON string, ``""`` for a block that has no text of its own.
        status: ``completed`` or ``incomplete``.
        phase: ``commentary`` or ``final_answer``, None for models that have none.
        call_id: of a tool call.
        seals: of reasoning, and of a compaction; None sends no encrypted content.
        parts: of reasoning: the pieces of each part of the summary that is shown.
        logprobs: of text: a list of tokens for each piece; None when not asked for.
        plain: its text needs no escape.
    """

    block: Block
    nth: int
    id: str
    quoted: str = ""
    status: str = "completed"
    phase: str | None = None
    call_id: str = ""
    seals: Seals | None = None
    parts: tuple[tuple[str, ...], ...] = ()
    logprobs: tuple[Json, ...] | None = None
    plain: bool = False


def supports(turn: Turn) -> None:
    """Raise UnsupportedReply for what this API has no words for: several choices, redacted thoughts."""
    if len(turn.choices) != 1:
        raise UnsupportedReply(f"{NAME} has one choice, not {len(turn.choices)}")
    for block in turn.choices[0].blocks:
        if isinstance(block, (Text, ToolCall)):
            continue
        if isinstance(block, Opaque) and block.protocol != NAME:
            raise UnsupportedReply(f"{NAME} cannot spell a block of {block.protocol}")
        if isinstance(block, Reasoning) and block.redacted is not None:
            raise UnsupportedReply(f"{NAME} has no redacted reasoning, only encrypted content")


def layout(turn: Turn, call: Call, stamp: Stamp, made: Ids) -> list[Place]:
    """Decide every item of a turn: one for each block."""
    blocks, reason = turn.choices[0].blocks, turn.choices[0].finish.reason
    phases = turn.facts.get("phases") or _phases(turn, call)
    last = len(blocks) - 1
    cut = "incomplete" if reason in ("length", "content_filter") else "completed"
    places: list[Place] = []
    for index, block in enumerate(blocks):
        status = cut if index == last else "completed"
        match block:
            case Text():
                text = "".join(block.pieces)
                quoted = jsontext.quote(text)
                places.append(
                    Place(
                        block,
                        index,
                        _id("msg_", made, stamp, index),
                        quoted,
                        status,
                        phases[index],
                        logprobs=_logprobs(block, call, stamp, index) if "include" in call.body else None,
                        plain=len(quoted) == len(text) + 2,
                    )
                )
            case Refusal():
                quoted = jsontext.quote(block.text)
                places.append(
                    Place(block, index, _id("msg_", made, stamp, index), quoted, status, phases[index])
                )
            case Reasoning():
                seals = _seals(block, turn, stamp, index)
                parts = _parts(block) if _summarised(call.body) else ()
                places.append(Place(block, index, _id("rs_", made, stamp, index), seals=seals, parts=parts))
            case ToolCall():
                name = _id("ctc_" if block.free_text else "fc_", made, stamp, index)
                called = block.id or stamp.id("call_", index)
                places.append(Place(block, index, name, jsontext.quote(block.text), status, call_id=called))
            case Opaque():
                if "own" in block.payload:
                    from mockllm_core.protocols.openai_responses.calls import owned

                    block = owned(block, stamp, index)  # noqa: PLW2901 - with what this answer alone has
                item = block.payload["item"]
                prefix = str(item.get("id", "item_")).partition("_")[0] + "_"
                sealed = block.tokens and "encrypted_content" in item
                seals = _sealed_anew(block.tokens // 4, stamp, index) if sealed else None
                places.append(Place(block, index, _id(prefix, made, stamp, index), seals=seals))
    return places


_ANEW = frozenset(("background", "include", "moderation"))


def varying(turn: Turn, call: Call, stamp: Stamp) -> Sequence[str] | None:
    """Return what differs between two streams of a Turn, beside obfuscation: ids and times.

    Log probabilities, encrypted content and moderation's scores are made anew for each answer, and what runs in the
    background is kept as it is.
    """
    if not _ANEW.isdisjoint(call.body):
        return None
    made = ids(stamp)
    texts = [made.response, f'"created_at":{stamp.unix}', f'"completed_at":{stamp.unix}']
    for index, block in enumerate(turn.blocks):
        match block:
            case Text() | Refusal():
                texts.append(_id("msg_", made, stamp, index))
            case ToolCall():
                texts.append(_id("ctc_" if block.free_text else "fc_", made, stamp, index))
                if not block.id:
                    texts.append(stamp.id("call_", index))
            case Reasoning() | Opaque():
                return None
    return texts


def _phases(turn: Turn, call: Call) -> list[str | None]:
    """Text before a tool call is commentary, the rest the answer; older models do not tell them apart."""
    if not families.family(call.model).phased:
        return [None] * len(turn.blocks)
    calls = [index for index, block in enumerate(turn.blocks) if isinstance(block, ToolCall)]
    last = calls[-1] if calls else -1
    return ["commentary" if index < last else "final_answer" for index in range(len(turn.blocks))]


def _summarised(body: Json) -> bool:
    reasoning = body.get("reasoning") or {}
    return bool(reasoning.get("summary") or reasoning.get("generate_summary"))


def _parts(block: Reasoning) -> tuple[tuple[str, ...], ...]:
    if block.parts is None:
        return (block.pieces,) if block.pieces else ()
    parts: list[tuple[str, ...]] = []
    at = 0
    for length in block.parts:
        parts.append(block.pieces[at : at + length])
        at += length
    return tuple(parts)


def _seals(block: Reasoning, turn: Turn, stamp: Stamp, index: int) -> Seals | None:
    """Return the three texts; a signature that is empty means that there are none."""
    if block.signature == "":
        return None
    blocks = _FINISHED + len(block.text) // 16
    opened = (turn.facts.get("opened") or {}).get(index) or seal(stamp, _OPENED, index, "added")
    finished = block.signature or seal(stamp, blocks, index, "done")
    return Seals(opened, finished, block.signature or seal(stamp, blocks, index, "final"))


def _sealed_anew(blocks: int, stamp: Stamp, index: int) -> Seals:
    """Return the three texts of an item that nobody has read: a compaction."""
    sizes = zip((_OPENED, blocks, blocks), Seals._fields, strict=True)
    return Seals(*(seal(stamp, size, index, name) for size, name in sizes))


def _logprobs(block: Text, call: Call, stamp: Stamp, index: int) -> tuple[Json, ...] | None:
    """Return a list of tokens for each piece when the request asks for them."""
    if "message.output_text.logprobs" not in (call.body.get("include") or ()):
        return None
    if block.logprobs is not None:
        return block.logprobs
    wanted = call.body.get("top_logprobs") or 0
    return tuple([_token(piece, wanted, stamp, index, nth)] for nth, piece in enumerate(block.pieces))


def _token(piece: str, wanted: int, stamp: Stamp, *path: int) -> Json:
    """Return one token with its probability and the likeliest ones, itself the first of them."""
    said, *others = likely.log_chances(max(wanted, 1), stamp, *path)
    own = _scored(piece, said)
    rest = map(_scored, likely.rivals(piece, len(others), path[-1]), others)
    return {**own, "top_logprobs": [own, *rest] if wanted else []}


def _scored(token: str, chance: float) -> dict[str, Json]:
    return {"bytes": list(token.encode("utf-8", "replace")), "logprob": chance, "token": token}


# -- spelling -----------------------------------------------------------------------------------------------------

_MESSAGE = {"id": WORD, "type": "message", "status": WORD, "content": HOLE, "role": "assistant"}
_PHASED = {"id": WORD, "type": "message", "status": WORD, "content": HOLE, "phase": HOLE, "role": "assistant"}
_CALL = {
    "id": WORD,
    "type": "function_call",
    "status": WORD,
    "arguments": HOLE,
    "call_id": HOLE,
    "name": HOLE,
}
_CUSTOM = {
    "id": WORD,
    "type": "custom_tool_call",
    "status": WORD,
    "call_id": HOLE,
    "input": HOLE,
    "name": HOLE,
}
_REASONING = {"id": WORD, "type": "reasoning", "content": [], "summary": HOLE}
_SEALED = {"id": WORD, "type": "reasoning", "content": [], "encrypted_content": HOLE, "summary": HOLE}
_TEXT_PART = {"type": "output_text", "annotations": [], "logprobs": HOLE, "text": HOLE}
_REFUSAL_PART = {"type": "refusal", "refusal": HOLE}
_SUMMARY_PART = {"type": "summary_text", "text": HOLE}

# an item is two levels deep in a whole body, a part four
_message, _phased, _call, _custom, _reasoning, _sealed = (
    spell.template(item, 2) for item in (_MESSAGE, _PHASED, _CALL, _CUSTOM, _REASONING, _SEALED)
)
_text_part, _refusal_part, _summary_part = (
    spell.template(part, 4) for part in (_TEXT_PART, _REFUSAL_PART, _SUMMARY_PART)
)


def text_part(quoted: str, logprobs: str = "[]", *, whole: bool = False) -> str:
    """Return a part of a message's content; ``quoted`` is its text as a JSON string."""
    return _text_part[whole] % (logprobs, quoted)


def refusal_part(quoted: str, *, whole: bool = False) -> str:
    """Return a part that declines; ``quoted`` as in ``text_part``."""
    return _refusal_part[whole] % quoted


def summary_part(quoted: str, *, whole: bool = False) -> str:
    """Return a part of the summary of reasoning; ``quoted`` as in ``text_part``."""
    return _summary_part[whole] % quoted


def added(place: Place) -> str:
    """Return the item as ``response.output_item.added`` opens it."""
    block = place.block
    match block:
        case Text() | Refusal():
            return _said(place, "in_progress", "[]", whole=False)
        case Reasoning():
            return _thought(place, place.seals and place.seals.added, "[]", whole=False)
        case ToolCall():
            return _called(place, block, "in_progress", '""', whole=False)
        case Opaque():
            held = block.payload.get("added") or block.payload["item"]
            sealed = {"encrypted_content": place.seals.added} if place.seals else {}
            return spell.compact({**held, "id": place.id, **sealed})


def done(place: Place) -> str:
    """Return the item as ``response.output_item.done`` closes it."""
    return _closed(place, place.seals and place.seals.done, whole=False)


def final(place: Place, *, whole: bool) -> str:
    """Return the item as the finished response lists it: streamed, or as a whole body."""
    return _closed(place, place.seals and place.seals.final, whole=whole)


def _closed(place: Place, sealed: str | None, *, whole: bool) -> str:
    block = place.block
    match block:
        case Text():
            # one by one, for they may be many: nobody else has a turn while a value is spelled
            scored = [spell.text(token, whole=whole, depth=6) for token in _rounded(place)]
            logprobs = spell.listed(scored, whole=whole, depth=5)
            part = text_part(place.quoted, logprobs, whole=whole)
            if block.citations and block.text:
                from mockllm_core.protocols.openai_responses import citations

                part = citations.part(block, place.quoted, logprobs, whole=whole)
            return _said(place, place.status, spell.listed([part], whole=whole, depth=3), whole=whole)
        case Refusal():
            part = refusal_part(place.quoted, whole=whole)
            return _said(place, place.status, spell.listed([part], whole=whole, depth=3), whole=whole)
        case Reasoning():
            parts = [summary_part(jsontext.quote("".join(part)), whole=whole) for part in place.parts]
            return _thought(place, sealed, spell.listed(parts, whole=whole, depth=3), whole=whole)
        case ToolCall():
            return _called(place, block, place.status, place.quoted, whole=whole)
        case Opaque():
            told = {"encrypted_content": sealed} if sealed else {}
            return spell.text({**block.payload["item"], "id": place.id, **told}, whole=whole, depth=2)


def _said(place: Place, status: str, content: str, *, whole: bool) -> str:
    if not place.phase:
        return _message[whole] % (place.id, status, content)
    return _phased[whole] % (place.id, status, content, jsontext.quote(place.phase))


def _thought(place: Place, sealed: str | None, summary: str, *, whole: bool) -> str:
    if not sealed:
        return _reasoning[whole] % (place.id, summary)
    return _sealed[whole] % (place.id, jsontext.quote(sealed), summary)


def _called(place: Place, block: ToolCall, status: str, text: str, *, whole: bool) -> str:
    name, called = jsontext.quote(block.name), jsontext.quote(place.call_id)
    if block.free_text:
        return _custom[whole] % (place.id, status, called, text, name)
    return _call[whole] % (place.id, status, text, called, name)


def _rounded(place: Place) -> Iterator[Json]:
    """Yield all tokens of a text as a finished item repeats them: to six decimals."""

    def short(token: Json) -> Json:
        told = {**token, "logprob": round(token["logprob"], 6)}
        if "top_logprobs" in token:
            told["top_logprobs"] = [short(other) for other in token["top_logprobs"]]
        return told

    return (short(token) for tokens in place.logprobs or () for token in tokens)
