"""Responses that run in the background: told as queued at first, and finished as soon as somebody asks again.

A mock has no work that takes its time, so there is nothing to wait for: the first ``GET`` finds the finished response, and
until then it can be cancelled. A stream that the client leaves goes on and can be taken up where it was left.

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
        over: whether it is finished, for somebody has seen it so.
        cancelled: whether it was cancelled before.
    """

    def __init__(
        self, begun: bytes, finished: Callable[[], Stored], steps: tuple[Frame | Run, ...] = ()
    ) -> None:
        self._begun = begun
        self._finished = finished
        self.steps = steps
        self.over = False
        self.cancelled = False

    def __call__(self) -> Stored:
        """Return the response as it is now, which ends it."""
        self.over = True
        held = self._finished()
        if not self.cancelled:
            return held
        return replace(held, response={**json.loads(self._begun), "status": "cancelled"})


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
