"""Titan Text's own bodies. Sources: public recordings of a stream and a whole answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.jsontext import quotes
from mockllm_core.reply import Refusal, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json
    from mockllm_core.reply import Turn

__all__ = ["answer", "texts"]

_REASONS = {"stop": "FINISH", "length": "LENGTH", "content_filter": "CONTENT_FILTERED", "tool_call": "FINISH"}


def texts(turn: Turn, most: int) -> Iterator[list[str]]:
    """Yield the JSON of the pieces of text, at most ``most`` at a time; the last one says why it ended."""
    pieces = [
        piece for block in turn.blocks if isinstance(block, Text | Refusal) for piece in block.pieces
    ] or [""]
    last, usage, reason = len(pieces) - 1, turn.usage, f'"{_reason(turn)}"'
    for first in range(0, len(pieces), most):
        yield [
            f'{{"outputText":{text},"index":0,'
            f'"totalOutputTextTokenCount":{usage.output_tokens if nth == last else "null"},'
            f'"completionReason":{reason if nth == last else "null"},'
            f'"inputTextTokenCount":{usage.input_tokens if nth == 0 else "null"}}}'
            for nth, text in enumerate(quotes(pieces[first : first + most]), first)
        ]


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
