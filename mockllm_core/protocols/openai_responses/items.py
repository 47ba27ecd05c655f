"""Output items: everything an item needs is decided once, so that all events and the whole body agree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core.errors import UnsupportedReply
from mockllm_core.protocols.openai_responses import families
from mockllm_core.protocols.openai_responses.seal import seal
from mockllm_core.reply import Opaque, Reasoning, Refusal, Text, ToolCall
from mockllm_core.stamp import HEX

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Turn
    from mockllm_core.stamp import Stamp

__all__ = [
    "NAME",
    "Place",
    "Seals",
    "added",
    "done",
    "final",
    "layout",
    "response_id",
    "supports",
    "text_part",
]

NAME = "openai-responses"
_OPENED = 35
_FINISHED = 47


@lru_cache(maxsize=64)
def response_id(stamp: Stamp) -> str:
    """Return ``resp_`` and 50 hex: 16 shared with all items, ``00``, 8 of Unix time, 24 of its own."""
    return _id("resp_", stamp)


def _id(prefix: str, stamp: Stamp, *path: object) -> str:
    return f"{prefix}{_shared(stamp)}{stamp.chars(HEX, 24, prefix, *path)}"


@lru_cache(maxsize=64)
def _shared(stamp: Stamp) -> str:
    return f"{stamp.chars(HEX, 16, 'response')}00{stamp.unix:08x}"


class Seals(NamedTuple):
    """A reasoning item's encrypted content: another text each time it is sent."""

    added: str
    done: str
    final: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One output item, everything decided.

    Attributes:
        block: what it says.
        index: its place in ``output``.
        id: its id.
        status: ``completed`` or ``incomplete``.
        phase: ``commentary`` or ``final_answer``, None for models that have none.
        call_id: of a tool call.
        seals: of reasoning; None sends no encrypted content.
        parts: of reasoning: the pieces of each part of the summary that is shown.
        logprobs: of text: a list of tokens for each piece; None when not asked for.
    """

    block: Block
    index: int
    id: str
    status: str = "completed"
    phase: str | None = None
    call_id: str = ""
    seals: Seals | None = None
    parts: tuple[tuple[str, ...], ...] = ()
    logprobs: tuple[Json, ...] | None = None


def supports(turn: Turn) -> None:
    """Raise UnsupportedReply for what this API has no words for: several choices, redacted thoughts."""
    if len(turn.choices) != 1:
        raise UnsupportedReply(f"{NAME} has one choice, not {len(turn.choices)}")
    for block in turn.blocks:
        if isinstance(block, Opaque) and block.protocol != NAME:
            raise UnsupportedReply(f"{NAME} cannot spell a block of {block.protocol}")
        if isinstance(block, Reasoning) and block.redacted is not None:
            raise UnsupportedReply(f"{NAME} has no redacted reasoning, only encrypted content")


def layout(turn: Turn, call: Call, stamp: Stamp) -> list[Place]:
    """Decide every item of a turn: one for each block."""
    phases = turn.facts.get("phases") or _phases(turn, call)
    last = len(turn.blocks) - 1
    cut = "incomplete" if turn.finish.reason in ("length", "content_filter") else "completed"
    places: list[Place] = []
    for index, block in enumerate(turn.blocks):
        status = cut if index == last else "completed"
        match block:
            case Text() | Refusal():
                logprobs = _logprobs(block, call, stamp, index) if isinstance(block, Text) else None
                places.append(
                    Place(
                        block=block,
                        index=index,
                        id=_id("msg_", stamp, index),
                        status=status,
                        phase=phases[index],
                        logprobs=logprobs,
                    )
                )
            case Reasoning():
                seals = _seals(block, turn, stamp, index)
                parts = _parts(block) if _summarised(call.body) else ()
                places.append(
                    Place(block=block, index=index, id=_id("rs_", stamp, index), seals=seals, parts=parts)
                )
            case ToolCall():
                prefix = "ctc_" if block.free_text else "fc_"
                called = block.id or stamp.id("call_", index)
                places.append(
                    Place(
                        block=block, index=index, id=_id(prefix, stamp, index), status=status, call_id=called
                    )
                )
            case Opaque():
                prefix = str(block.payload["item"].get("id", "item_")).partition("_")[0] + "_"
                places.append(Place(block=block, index=index, id=_id(prefix, stamp, index)))
    return places


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
    final = block.signature or seal(stamp, blocks, index, "final")
    return Seals(opened, finished, final)


def _logprobs(block: Text, call: Call, stamp: Stamp, index: int) -> tuple[Json, ...] | None:
    """Return a list of tokens for each piece when the request asks for them."""
    if "message.output_text.logprobs" not in (call.body.get("include") or ()):
        return None
    if block.logprobs is not None:
        return block.logprobs
    likely = call.body.get("top_logprobs") or 0
    return tuple([_token(piece, likely, stamp, index, nth)] for nth, piece in enumerate(block.pieces))


def _token(piece: str, likely: int, stamp: Stamp, *path: int) -> Json:
    """Return one token with its probability and the likeliest ones, itself the first of them."""
    chance = -stamp.number(2_000_000, "logprob", *path) / 1e8
    others = [
        _scored(f"{piece}{nth}", chance - 4.0 - nth - stamp.number(10_000, "other", nth, *path) / 1e4)
        for nth in range(1, likely)
    ]
    return {**_scored(piece, chance), "top_logprobs": [_scored(piece, chance), *others] if likely else []}


def _scored(token: str, chance: float) -> dict[str, Json]:
    return {"bytes": list(token.encode("utf-8", "replace")), "logprob": chance, "token": token}


def text_part(text: str, logprobs: Json = ()) -> Json:
    """Return a part of a message's content."""
    return {"type": "output_text", "annotations": [], "logprobs": list(logprobs), "text": text}


def _rounded(place: Place) -> list[Json]:
    """Return all tokens of a text as a finished item repeats them: to six decimals."""

    def short(token: Json) -> Json:
        told = {**token, "logprob": round(token["logprob"], 6)}
        if "top_logprobs" in token:
            told["top_logprobs"] = [short(other) for other in token["top_logprobs"]]
        return told

    return [short(token) for tokens in place.logprobs or () for token in tokens]


def added(place: Place) -> Json:
    """Return the item as ``response.output_item.added`` opens it."""
    block = place.block
    match block:
        case Text() | Refusal():
            return _message(place, "in_progress", [])
        case Reasoning():
            return _reasoning(place, place.seals and place.seals.added, [])
        case ToolCall():
            return _called(place, block, "in_progress", "")
        case Opaque():
            return {**(block.payload.get("added") or block.payload["item"]), "id": place.id}


def done(place: Place) -> Json:
    """Return the item as ``response.output_item.done`` closes it."""
    return _closed(place, place.seals and place.seals.done)


def final(place: Place) -> Json:
    """Return the item as the finished response lists it."""
    return _closed(place, place.seals and place.seals.final)


def _closed(place: Place, sealed: str | None) -> Json:
    block = place.block
    match block:
        case Text():
            return _message(place, place.status, [text_part(block.text, _rounded(place))])
        case Refusal():
            return _message(place, place.status, [{"type": "refusal", "refusal": block.text}])
        case Reasoning():
            summary = [{"type": "summary_text", "text": "".join(part)} for part in place.parts]
            return _reasoning(place, sealed, summary)
        case ToolCall():
            return _called(place, block, place.status, block.text)
        case Opaque():
            return {**block.payload["item"], "id": place.id}


def _message(place: Place, status: str, content: list[Json]) -> Json:
    return {
        "id": place.id,
        "type": "message",
        "status": status,
        "content": content,
        **({"phase": place.phase} if place.phase else {}),
        "role": "assistant",
    }


def _reasoning(place: Place, sealed: str | None, summary: list[Json]) -> Json:
    return {
        "id": place.id,
        "type": "reasoning",
        "content": [],
        **({"encrypted_content": sealed} if sealed else {}),
        "summary": summary,
    }


def _called(place: Place, block: ToolCall, status: str, text: str) -> Json:
    if block.free_text:
        return {
            "id": place.id,
            "type": "custom_tool_call",
            "status": status,
            "call_id": place.call_id,
            "input": text,
            "name": block.name,
        }
    return {
        "id": place.id,
        "type": "function_call",
        "status": status,
        "arguments": text,
        "call_id": place.call_id,
        "name": block.name,
    }
