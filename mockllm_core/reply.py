"""What the model says (Reply), and the same with everything decided (Turn).

A user builds Replies. ``plan`` makes a Turn of one, a reader makes a Turn of a provider's answer, and an
encoder spells a Turn. Stream reads a block's pieces, whole reads its text, so the two cannot disagree.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

from mockllm_core.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockllm_core.frame import Json

__all__ = [
    "Block",
    "Choice",
    "Finish",
    "FinishReason",
    "Opaque",
    "Reasoning",
    "Refusal",
    "Reply",
    "Text",
    "ToolCall",
    "Turn",
    "Usage",
]

FinishReason = Literal["stop", "length", "content_filter", "tool_call"]


@record()
class _Words:
    """A block that is text.

    Attributes:
        pieces: the text, cut as it is streamed; an uncut text is one piece.
    """

    pieces: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """Return a block of one uncut piece."""
        return cls(pieces=(text,))

    @property
    def text(self) -> str:
        """All pieces, joined."""
        return "".join(self.pieces)


@record()
class Text(_Words):
    """Words of the answer.

    Attributes:
        logprobs: one entry per piece, each in the protocol's own form; None when not asked for.
        citations: the sources that it names, each in the protocol's own form.
    """

    logprobs: tuple[Json, ...] | None = None
    citations: tuple[Json, ...] = ()


@record(kw_only=True)
class Reasoning(_Words):
    """What the model thought before it answered.

    Attributes:
        pieces: the thoughts as streamed; empty when the provider keeps them to itself.
        signature: the provider's opaque proof; None lets the encoder derive one where its protocol has one.
        redacted: opaque data that stands instead of the thoughts; None for readable ones.
        parts: how many pieces each part of a summary has, where a protocol has several parts; None for one.
    """

    pieces: tuple[str, ...] = ()
    signature: str | None = None
    redacted: str | None = None
    parts: tuple[int, ...] | None = None


@record(kw_only=True)
class Refusal(_Words):
    """The model declines; ``logprobs`` as in Text."""

    logprobs: tuple[Json, ...] | None = None


@record()
class ToolCall:
    """The model calls a tool.

    Attributes:
        name: the tool.
        arguments: a JSON value; ``plan`` spells it in the protocol's spacing. None when ``pieces`` hold it.
        pieces: the arguments as text, cut as streamed.
        id: the call's id; None lets the encoder derive one.
        free_text: True for a custom tool whose input is the text itself, not JSON.
        cut: True where the arguments end in the middle: ``pieces`` go as far as they were written, ``arguments``
            holds the members that are whole.
    """

    name: str
    arguments: Json = None
    pieces: tuple[str, ...] = ()
    id: str | None = None
    free_text: bool = False
    cut: bool = False

    @property
    def text(self) -> str:
        """The arguments' text, joined."""
        return "".join(self.pieces)


@record(kw_only=True)
class Opaque:
    """A block of one protocol that has no neutral meaning, carried through; other protocols refuse it.

    Attributes:
        protocol: the protocol's name.
        payload: the block as that protocol's reader and encoder agree on it.
        tokens: what it adds to the answer's; 0 where a reader found it.
    """

    protocol: str
    payload: Json
    tokens: int = 0


Block: TypeAlias = Text | Reasoning | Refusal | ToolCall | Opaque


@record()
class Reply:
    """What the model says: blocks in order. Knows nothing of ids, tokens or protocols.

    Attributes:
        blocks: what is said.
        finish: why it ends; None lets ``plan`` tell (a tool call, a stop sequence, the token cap, or the end).
        notes: what the tester should know (an argument that could not be made valid), one sentence each.
    """

    blocks: tuple[Block, ...]
    finish: FinishReason | None = None
    notes: tuple[str, ...] = ()


@record()
class Finish:
    """Why a choice ended; ``sequence`` is the stop sequence that was met, if one was."""

    reason: FinishReason
    sequence: str | None = None


@record()
class Usage:
    """Tokens.

    Attributes:
        input_tokens: the whole prompt, cached parts included.
        output_tokens: all that was generated, reasoning included.
        cache_read: of the prompt, read from a cache.
        cache_write: of the prompt, written to a cache.
        reasoning: of the output, reasoning.
    """

    input_tokens: int
    output_tokens: int
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0


@record()
class Choice:
    """One of the answers asked for."""

    blocks: tuple[Block, ...]
    finish: Finish


@record()
class Turn:
    """One answer, everything decided: what an encoder spells.

    Attributes:
        choices: at least one.
        usage: tokens over all choices.
        facts: values that one protocol's reader noted and its encoder repeats (the running counts of a
            stream, a tier's name). Values only, never the form; empty for a Turn that ``plan`` made.
        notes: carried over from the replies.
    """

    choices: tuple[Choice, ...]
    usage: Usage
    facts: Mapping[str, Json] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks of the first choice."""
        return self.choices[0].blocks

    @property
    def finish(self) -> Finish:
        """Why the first choice ended."""
        return self.choices[0].finish
