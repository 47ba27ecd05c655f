"""A Turn as one body: two spaces of indent and a final line break."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.protocols.google_genai.candidates import Answer, beside, choice_calls, merged, sign, texts
from mockllm_core.protocols.google_genai.spell import pretty
from mockllm_core.protocols.google_genai.template import Bit, Writer
from mockllm_core.reply import Opaque, Reasoning, Refusal, Text, ToolCall

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["whole"]


def whole(turn: Turn, call: Call, stamp: Stamp) -> bytes:
    """Return one turn as one body."""
    answer = Answer(turn, call, stamp)
    turn = answer.turn
    if len(turn.choices) == 1 and not turn.facts and not answer.bare(0):
        return _alone(answer)
    body: dict[str, Json]
    if (feedback := turn.facts.get("prompt_feedback")) is not None:
        body = {"promptFeedback": feedback}
    else:
        body = {"candidates": [_candidate(answer, index) for index in range(len(turn.choices))]}
    blocked = not turn.facts and all(map(answer.bare, range(len(turn.choices))))
    body["usageMetadata"] = answer.counter.blocked() if blocked else answer.counter.total()
    return f"{pretty(body | answer.closing())}\n".encode()


def _alone(answer: Answer) -> bytes:
    """Return the only candidate's body: what the last element of an array is, framing aside."""
    parts, likely = _parts(answer, 0)
    average = answer.average(0, likely)
    writer = Writer(answer, array=True, characters=0)
    writer.chunk(
        Bit(parts, likely=likely), ends=True, **({} if average is None else {"avgLogprobs": average})
    )
    return writer.run().wire[1:]


def _candidate(answer: Answer, index: int) -> dict[str, Json]:
    noted = answer.turn.facts.get("extras", ())
    more: dict[str, Json] = dict(noted[0].get(str(index), {})) if len(noted) == 1 else {}
    if answer.bare(index):
        return answer.candidate(index, None, ends=True, **more)
    parts, likely = _parts(answer, index)
    if likely:
        more["logprobsResult"] = likely
    if (average := answer.average(index, likely)) is not None:
        more["avgLogprobs"] = average
    return answer.candidate(index, parts, ends=True, **more)


def _parts(answer: Answer, index: int) -> tuple[list[Json], Json]:
    """Return a choice's parts, the signature in its place, and its ``logprobsResult``."""
    choice = answer.turn.choices[index]
    calls = choice_calls(choice)
    parts: list[Json] = []
    likely: list[Json] = []
    for at, block in enumerate(choice.blocks):
        own = answer.more(index, at)
        match block:
            case Reasoning():
                if block.pieces:
                    parts.append({"text": block.text, "thought": True} | own)
            case Text():
                pieces = texts(block, answer.options)
                if block.logprobs is not None or answer.options.logprobs is not None:
                    likely += [
                        answer.logprobs(block, piece, nth, (index, at)) for nth, piece in enumerate(pieces)
                    ]
                parts.append({"text": "".join(pieces)} | own)
            case ToolCall():
                parts.append(answer.part(block, index, calls[at]) | own)
            case Opaque():
                parts.append(beside(answer.part(block, index, 0), own))
            case Refusal():
                continue  # blocked: its words are lost
    if not parts and answer.word(index) == "STOP":
        parts.append({"text": ""})
    signature = answer.signature(index)
    if signature is not None and not sign(parts, signature, answer.form.signature or "first"):
        parts.append({"text": "", "thoughtSignature": signature})
    return parts, merged(likely)
