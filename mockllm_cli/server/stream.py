"""One request of an HTTP/2 connection, and its answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from mockllm_cli.server.connection import HIGH_WATER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_cli.server.answer import Answer
    from mockllm_core.exchange import HttpRequest

__all__ = ["Stream"]


class Stream:
    """One request and its answer.

    Attributes:
        due: monotonic time at which the client was too slow: with the rest of its request, then with taking what
            is ``unsent``; 0 while it is our turn.
        asked: the request was understood or refused.
        request: what it asks, once that is understood.
        decoding: undoes its body's encoding, some at a time; None when there is nothing more to undo.
        ended: the client has sent all of it.
    """

    __slots__ = (
        "answer",
        "asked",
        "asked_at",
        "body",
        "decoding",
        "due",
        "ended",
        "headers",
        "request",
        "size",
        "unsent",
    )

    def __init__(self, headers: list[tuple[bytes, bytes]], due: float) -> None:
        self.headers = headers
        self.asked_at = time.monotonic()
        self.due = due
        # one piece: clients may cut a body into frames of a byte, and a list would hold each of them
        self.body = bytearray()
        self.size = 0
        self.asked = self.ended = False
        self.request: HttpRequest | None = None
        self.decoding: Iterator[bytes] | None = None
        self.answer: Answer | None = None
        self.unsent = memoryview(b"")

    @property
    def owed(self) -> int:
        """Bytes that are held for what is not sent of the answer."""
        kept = len(cast("bytes", self.unsent.obj))
        return kept if self.answer is None else kept + self.answer.held

    def sent(self, length: int, until: float) -> None:
        """Step over what was sent; who takes some of a long piece has until then for more of it."""
        before = len(self.unsent)
        self.unsent = self.unsent[length:]
        if len(self.unsent) // HIGH_WATER < before // HIGH_WATER:
            self.due = until

    def taken(self) -> None:
        """Note that the request was understood or refused: no more of it is waited for, or kept."""
        self.asked = True
        self.due = 0.0
        self.body = bytearray()
