"""How much one answer may hold: a short request must not ask for gigabytes."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.reply import Reasoning, Refusal, Text
from mockllm_core.tokens import CHARS_PER_TOKEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockllm_core.conversation import Conversation
    from mockllm_core.reply import Reply, Turn

__all__ = ["check_size", "check_tokens"]

_MOST = 33_554_432
"""Characters of all choices together: as much as one request can bring."""
_MOST_SCORED = 262_144
"""The same where each token comes with its probability and those of its rivals, some hundred times its bytes."""
_MOST_TOKENS = 16_384
"""Tokens whose probabilities are told in all choices together."""
_CHOICE = 1_024
"""What a choice counts as beside its text."""


def check_size(conversation: Conversation, replies: Sequence[Reply]) -> None:
    """Refuse an answer that would hold too much.

    Raises:
        ApiError: its choices together, or its log probabilities, are too long.
    """
    most = _MOST_SCORED if conversation.scored else _MOST
    left = inf if conversation.max_tokens is None else CHARS_PER_TOKEN * conversation.max_tokens
    choices = len(replies)
    size: float = (choices - 1) * _CHOICE
    for reply in replies:
        size += sum([min(left, _length(block)) for block in getattr(reply, "blocks", ())])
        if size > most:
            told = " with log probabilities" if conversation.scored else ""
            raise ApiError(
                "request_too_large",
                f"An answer{told} holds at most {most >> 10} KiB of text, in {choices} choices as in one.",
            )


def check_tokens(turn: Turn) -> None:
    """Refuse an answer with log probabilities of too many tokens: small pieces are many of them.

    Raises:
        ApiError: it has too many.
    """
    tokens = sum(
        len(block.pieces)
        for choice in turn.choices
        for block in choice.blocks
        if isinstance(block, Text | Refusal)
    )
    if tokens > _MOST_TOKENS:
        raise ApiError(
            "request_too_large",
            f"An answer with log probabilities holds at most {_MOST_TOKENS} tokens in all its choices, not {tokens}.",
        )


def _length(block: object) -> int:
    return sum(map(len, block.pieces)) if isinstance(block, Text | Reasoning | Refusal) else 0
