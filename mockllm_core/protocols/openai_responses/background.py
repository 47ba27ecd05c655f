"""Responses that run in the background: queued when they are made, in progress at the first look, finished at the second.

A mock has no work that takes its time, so looks are what moves it, and not the clock: the same calls get the same
answers. Until it is finished it can be cancelled. What needs the answer (a conversation that goes on from it, a stream that
is taken up) finishes it, and so does a stream that is read to its end; one that the client leaves can be taken up there.

There is no event for cancelling: a stream that somebody reads while it is cancelled goes on to ``response.completed``, and
the response is completed then, with its usage (as observed in January 2026, openai/openai-python 2643).

The queued body is that of public logs of January 2026 (BerriAI/litellm, pull request 19899). The words of refusals, and
that a cancelled response has no output, stand in tests of Microsoft's for the same API. ``store`` decides how long a
response is kept, not whether (the provider's guide of 2026: ten minutes without ``store: true``).

Guide: https://developers.openai.com/api/docs/guides/background
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.frame import frames
from mockllm_core.pages import asked_last
from mockllm_core.protocols.openai_responses.headers import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.frame import Frame, Run
    from mockllm_core.protocols.openai_responses.state import Stored
    from mockllm_core.stamp import Stamp

__all__ = ["Running", "cancelled", "replayed", "runs"]


def runs(asked: dict[str, object]) -> bool:
    """Tell whether a request asks for the background."""
    return asked.get("background") is True


class Running:
    """A response of the background as it is kept; calling it gives what is kept of it now.

    Args:
        begun: the body that told that it is queued.
        finished: makes what is kept of it in the end.
        steps: its events, when it was streamed.

    Attributes:
        finished: the same; to call it tells nobody that it is over.
        over: whether it is finished, for somebody has seen it so.
        looked: whether somebody has seen it in progress.
        cancelled: whether it was cancelled before.
    """

    def __init__(
        self, begun: bytes, finished: Callable[[], Stored], steps: tuple[Frame | Run, ...] = ()
    ) -> None:
        self._begun = begun
        self.finished = finished
        self.steps = steps
        self.over = False
        self.looked = False
        self.cancelled = False

    def look(self) -> Stored:
        """Return the response as a ``GET`` finds it."""
        if self.over or self.looked or self.cancelled:
            return self()
        self.looked = True
        return self._unfinished("in_progress")

    def __call__(self) -> Stored:
        """Return the response as it is now, which ends it."""
        self.over = True
        return self._unfinished("cancelled") if self.cancelled else self.finished()

    def told(self) -> None:
        """Note that its stream was read to the end, which finishes it even if it was cancelled on the way."""
        self.over, self.cancelled = True, False

    def _unfinished(self, status: str) -> Stored:
        return replace(self.finished(), response={**json.loads(self._begun), "status": status})


def cancelled(held: object) -> None:
    """Cancel a response; one that is cancelled already stays so.

    Raises:
        ApiError: it did not run in the background, or is finished.
    """
    if not isinstance(held, Running):
        raise ApiError("invalid_request", "Cannot cancel a synchronous response.")
    if held.over and not held.cancelled:
        raise _refused("Cannot cancel a completed response.", "response_id")
    held.cancelled = True


def replayed(held: object, query: str, stamp: Stamp) -> HttpResponse:
    """Answer a ``GET`` with ``stream=true``: the events after ``starting_after``, or all.

    Raises:
        ApiError: nothing was streamed, or the number is none.
    """
    if not isinstance(held, Running):
        # as reported in openai-python 2579
        raise _refused(
            "This response cannot be streamed because it was not created with background=true.", "stream"
        )
    if held.cancelled or not held.steps:
        raise _refused(
            "This response cannot be streamed because it was not created with stream=true or the stream TTL has expired.",
            "stream",
        )
    after = asked_last(query).get("starting_after", "-1")
    number = after.removeprefix("-")
    if not (number.isascii() and number.isdecimal()):
        sentence = f"Invalid type for 'starting_after': expected an integer, but got '{after}' instead."
        raise ApiError("invalid_request", sentence, param="starting_after", code="invalid_type")
    held.over = True
    # sequence_number counts from 0
    first = 0 if after.startswith("-") else int(number[:9]) + 1
    sent = (("content-type", "text/event-stream; charset=utf-8"), *plain(stamp)[1:])
    return HttpResponse(status=200, headers=sent, steps=islice(frames(held.steps), first, None))


def _refused(sentence: str, param: str) -> ApiError:
    return ApiError("invalid_request", sentence, param=param, code="invalid_request_error")
