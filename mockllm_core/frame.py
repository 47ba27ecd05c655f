"""The smallest values on the wire: what one write to the socket holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Event", "Finding", "Frame", "Json", "Pause", "Run", "Step", "batches", "frames"]

Json: TypeAlias = Any
"""A JSON value: None, bool, int, float, str, list or dict of them. The one ``Any`` of the package."""


class Event(NamedTuple):
    """One event of a stream before framing.

    Attributes:
        name: the event's name on the wire (``content_block_delta``); ``""`` where events have none.
        data: its JSON text, spelled as the provider spells it, without any framing or padding.
    """

    name: str
    data: str


class Frame(NamedTuple):
    """Exact bytes for the wire: one SSE event, one event-stream message, one array element, or a whole body.

    Attributes:
        event: the event's name, ``""`` where events have none.
        wire: the bytes to send.
        start: where the JSON payload begins in ``wire``.
        end: where it ends; ``start == end`` when the frame carries no JSON (``[DONE]``, a closing bracket).
    """

    event: str
    wire: bytes
    start: int = 0
    end: int = 0

    @property
    def payload(self) -> Json:
        """The JSON payload, parsed from the bytes on each call; None when there is none."""
        import json

        return json.loads(self.wire[self.start : self.end]) if self.end > self.start else None


class Run(NamedTuple):
    """Frames that follow each other, as one piece of bytes: nobody cuts them who only sends them.

    Attributes:
        wire: the bytes of all of them.
        number: how many they are.
        cut: makes the frames of the bytes.
    """

    wire: bytes
    number: int
    cut: Callable[[bytes], Iterable[Frame]]


class Pause(NamedTuple):
    """A gap between frames; the host sleeps it, the core never does.

    Attributes:
        seconds: how long, at least 0.
    """

    seconds: float


Step: TypeAlias = Frame | Run | Pause
"""What a streamed answer is made of."""


def frames(steps: Iterable[Step]) -> Iterator[Frame]:
    """Yield every frame by itself, those of a Run too; pauses are left out."""
    for step in steps:
        if isinstance(step, Frame):
            yield step
        elif isinstance(step, Run):
            yield from step.cut(step.wire)


def batches(number: int) -> Iterator[tuple[int, int]]:
    """Yield where each batch of so many pieces begins and ends: few at first, then as many as came before, up to 500.

    A slow stream holds what is made and not sent; a long one is made quicker in large runs.
    """
    begin, end = 0, 40
    while begin < number:
        yield begin, min(end, number)
        begin, end = end, end + min(end, 500)


class Finding(NamedTuple):
    """One way in which an answer breaks its protocol's rules.

    Attributes:
        rule: the rule's name (``chat-role-missing``).
        event: the number of the event or frame, from 0; -1 for the answer as a whole.
        offset: the byte at which that event begins.
        sentence: what is wrong, for a person.
    """

    rule: str
    event: int
    offset: int
    sentence: str
