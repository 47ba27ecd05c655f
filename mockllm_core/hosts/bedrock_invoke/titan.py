"""Titan Text's own bodies. Sources: public recordings of a stream and a whole answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.frame import Event
from mockllm_core.jsontext import compact
from mockllm_core.reply import Refusal, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json
    from mockllm_core.reply import Turn

__all__ = ["answer", "events"]

_REASONS = {"stop": "FINISH", "length": "LENGTH", "content_filter": "CONTENT_FILTERED", "tool_call": "FINISH"}


def events(turn: Turn) -> Iterator[Event]:
    """Yield the pieces of text; the last one says why it ended."""
    pieces = [
        piece for block in turn.blocks if isinstance(block, Text | Refusal) for piece in block.pieces
    ] or [""]
    for nth, piece in enumerate(pieces):
        last = nth == len(pieces) - 1
        chunk = {
            "outputText": piece,
            "index": 0,
            "totalOutputTextTokenCount": turn.usage.output_tokens if last else None,
            "completionReason": _reason(turn) if last else None,
            "inputTextTokenCount": turn.usage.input_tokens if nth == 0 else None,
        }
        yield Event("", compact(chunk))


def answer(turn: Turn) -> Json:
    """Return a whole answer."""
    text = "".join(block.text for block in turn.blocks if isinstance(block, Text | Refusal))
    result = {"tokenCount": turn.usage.output_tokens, "outputText": text, "completionReason": _reason(turn)}
    return {"inputTextTokenCount": turn.usage.input_tokens, "results": [result]}


def _reason(turn: Turn) -> str:
    if any(isinstance(block, Refusal) for block in turn.blocks):
        return "CONTENT_FILTERED"
    stopped = turn.finish.reason == "stop" and turn.finish.sequence is not None
    return "STOP_CRITERIA_MET" if stopped else _REASONS[turn.finish.reason]
