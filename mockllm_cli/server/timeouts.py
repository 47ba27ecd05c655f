"""How long a client may take."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Timeouts"]


class Timeouts(NamedTuple):
    """How long a client may take, in seconds; a request is whole, or its client cut, 30 s after its first byte.

    Attributes:
        first: from connecting to the first byte.
        head: from a request's first byte to the end of its head.
        body: from there to the end of its body.
        idle: between requests on one connection.
        write: without the client taking a byte.
        linger: after a refusal, for the client to read it.
        drain: at a stop, for answers under way.
    """

    first: float = 20.0
    head: float = 10.0
    body: float = 20.0
    idle: float = 75.0
    write: float = 20.0
    linger: float = 2.0
    drain: float = 3.0

    def until_request(self, state: str) -> float:
        """Return the time that a parser in that state may take to the next one."""
        return self.idle if state == "idle" else self.head if state == "head" else self.body
