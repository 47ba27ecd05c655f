"""Pauses between frames, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.frame import Frame, Pause

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockllm_core.frame import Step

__all__ = ["paced"]


def paced(frames: Iterable[Frame], seconds: float) -> Iterator[Step]:
    """Yield the frames with a pause of that length before each but the first."""
    pause = Pause(seconds)
    first = True
    for frame in frames:
        if not first:
            yield pause
        first = False
        yield frame
