"""Decide: from what is said to a Turn with its cuts, its end and its cost."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache, partial
from math import inf
from typing import TYPE_CHECKING

from mockllm_core import tokens
from mockllm_core.record import record
from mockllm_core.reply import Choice, Finish, Opaque, Reasoning, Refusal, Reply, Text, ToolCall, Turn, Usage
from mockllm_core.unfinished import members

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockllm_core.conversation import Conversation
    from mockllm_core.frame import Json
    from mockllm_core.reply import Block, FinishReason

__all__ = ["Cut", "led", "plan"]


@record(kw_only=True, eq=False)
class Cut:
    """How a protocol cuts a reply; a protocol has one or a few, each equal to itself alone.

    Attributes:
        text: least characters of a piece of text, reasoning or refusal; 0 is about a token.
        arguments: the same for a tool's arguments; None sends them in one piece.
        dumps: how the provider's models spell arguments.
        raw: arguments travel as text in every form, so that text which is no JSON can be sent too.
        exact: pieces have exactly that many characters (the last may be shorter), not whole tokens.
    """

    text: int
    arguments: int | None
    dumps: Callable[[Json], str]
    raw: bool = False
    exact: bool = False


def led(lead: tuple[Opaque, ...], replies: Sequence[Reply]) -> list[Reply]:
    """Return the replies behind what a protocol says itself; that alone where there is none."""
    return [replace(reply, blocks=(*lead, *reply.blocks)) for reply in replies] or [Reply(lead)]


def plan(replies: Sequence[Reply], conversation: Conversation, cut: Cut) -> Turn:
    """Return the Turn of one reply for each choice.

    What is said ends at the first stop sequence (text only) or where ``max_tokens`` are used up: in the middle of a text,
    of thoughts, of a refusal or of a call's arguments; a call whose name is not reached is not made. Tokens are
    estimated as ``tokens`` states.

    Raises:
        TypeError: what a user's responder returned is no Reply.
    """
    choices: list[Choice] = []
    notes: tuple[str, ...] = ()
    output = reasoning = spent = thought = 0
    for reply in replies:
        if not isinstance(reply, Reply):
            raise TypeError(f"a responder returns a Reply, not {type(reply).__name__}")
        if choices and reply == replies[len(choices) - 1]:
            # choices may be many and long, and say the same
            choices.append(choices[-1])
            output += spent
            reasoning += thought
            continue
        choice, characters, thoughts = _chosen(reply, conversation, cut)
        choices.append(choice)
        spent = tokens.estimate(characters) if characters or choice.blocks else 0
        thought = tokens.estimate(thoughts) if thoughts else 0
        output += spent
        reasoning += thought
        if reply.notes:
            notes += tuple(reply.notes)
    # positional, here and below: keywords double the cost of a record
    usage = Usage(tokens.prompt(conversation), max(output, reasoning), 0, 0, reasoning)
    return Turn(tuple(choices), usage, {}, notes)


def _chosen(reply: Reply, conversation: Conversation, cut: Cut) -> tuple[Choice, int, int]:
    """Return what is said of a reply and why it ends, with its characters and those of its thoughts."""
    stops, most = conversation.stop, conversation.max_tokens
    left = inf if most is None else most * tokens.CHARS_PER_TOKEN
    blocks: list[Block] = []
    characters = thoughts = 0
    reason: FinishReason = "stop"
    ended: Finish | None = None
    for block in reply.blocks:
        if isinstance(block, ToolCall):
            text = _arguments(block, cut)
            length = len(block.name) + len(text)
            if length > left:
                length, ended = int(left), _OUT
                if length >= len(block.name):
                    blocks.append(_half(block, text[: length - len(block.name)], cut))
            else:
                reason = "tool_call"
                blocks.append(_called(block, text, cut))
        elif isinstance(block, Opaque):
            length = block.tokens * tokens.CHARS_PER_TOKEN
            if length > left:
                # a call of the provider's own tool is made whole or not at all: no recording has a part of one
                characters, ended = characters + int(left), _OUT
                break
            blocks.append(block)
        else:
            text = "".join(block.pieces)
            length = len(text)
            if length > left or (stops and type(block) is Text):
                length, ended = _ended(text, left, stops if type(block) is Text else ())
                if ended:
                    text = text[:length]
                    block = replace(block, pieces=(text,))  # noqa: PLW2901 - what is left of it
            blocks.append(_worded(block, text, cut))
            if isinstance(block, Reasoning):
                thoughts += length
        characters += length
        if ended:
            break
        left -= length
    return Choice(tuple(blocks), ended or _finish(reply.finish or reason)), characters, thoughts


_OUT = Finish("length")


def _ended(text: str, left: float, stops: tuple[str, ...]) -> tuple[int, Finish | None]:
    """Return how much is said of a text and why it ends there; None where it is said to its end."""
    stopped = _stopped(text, stops) if stops else None
    if stopped and stopped[0] <= left:
        return stopped[0], Finish("stop", stopped[1])
    return (int(left), _OUT) if len(text) > left else (len(text), None)


def _stopped(text: str, stop: tuple[str, ...]) -> tuple[int, str] | None:
    """Return where the first stop sequence begins, and which it is."""
    met = [(at, sequence) for sequence in stop if sequence and (at := text.find(sequence)) >= 0]
    return min(met, default=None, key=lambda found: found[0])


def _arguments(call: ToolCall, cut: Cut) -> str:
    if call.pieces and (cut.raw or call.cut or call.arguments is None):
        return call.text
    return cut.dumps(call.arguments)


def _called(call: ToolCall, text: str, cut: Cut) -> ToolCall:
    """Return the call with its arguments in pieces; a user's own cuts stand."""
    if len(call.pieces) > 1:
        return call
    pieces = (text,) if cut.arguments is None else tuple(_cutter(cut.arguments, cut.exact)(text))
    # nearly every answer passes a constructor here; replace is three times as dear
    return ToolCall(call.name, call.arguments, pieces, call.id, call.free_text, call.cut)


def _half(call: ToolCall, text: str, cut: Cut) -> ToolCall:
    """Return the call with arguments that end in the middle."""
    whole = None if call.free_text else members(text)[0]
    pieces: tuple[str, ...] = (text,) if text else ()
    if text and cut.arguments is not None:
        pieces = tuple(_cutter(cut.arguments, cut.exact)(text))
    return ToolCall(call.name, whole, pieces, call.id, call.free_text, True)


def _worded(block: Text | Reasoning | Refusal, text: str, cut: Cut) -> Text | Reasoning | Refusal:
    """Return the block with its text in pieces; a user's own cuts stand."""
    if len(block.pieces) > 1:
        return block
    pieces = tuple(_cutter(cut.text, cut.exact)(text))
    if isinstance(block, Text):
        return Text(pieces, block.logprobs, block.citations)
    return replace(block, pieces=pieces)


@lru_cache(maxsize=64)
def _cutter(size: int, exact: bool) -> Callable[[str], Sequence[str]]:  # noqa: FBT001 - a key of the cache
    """Return what cuts a text into pieces of that many characters, or of whole tokens of at least so many."""
    if exact:
        # a third of the cost of slices
        return re.compile(f".{{1,{size}}}", re.DOTALL).findall
    return partial(tokens.cut, size=size)


_finish = lru_cache(maxsize=16)(Finish)
