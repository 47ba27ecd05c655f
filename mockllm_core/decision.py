"""What is decided of a request before anything is spelled, and the memory of it.

A decision follows from the request and the settings alone: no id, no time, no chance. So a request that comes again,
byte for byte, as those of a load test do, is understood once, and each of its answers is spelled anew with ids of its
own. A decision that asked what earlier requests left behind (a stored response) is never remembered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from mockllm_core.errors import ApiError
    from mockllm_core.exchange import Headers, HttpRequest, Note
    from mockllm_core.frame import Json
    from mockllm_core.pattern import Pattern
    from mockllm_core.protocol import Call, Memory, WireProtocol
    from mockllm_core.reply import Turn

__all__ = ["Decision", "Decisions", "Known", "Watched"]

_LONGEST = 65_536
"""Bytes of a body up to which it is remembered."""
_MOST = 524_288
"""Bytes of all bodies together; what is decided of them and their streams' patterns take many times as much."""
_MET = 4_096
"""Requests that are known to have come once."""
_ENTRY = 1_024
"""What a body counts as beside its own bytes."""


class Decision(NamedTuple):
    """All of an answer but its ids and times.

    Attributes:
        protocol: who spells it.
        call: the request understood.
        turn: what is said.
        delay: seconds between frames.
        failure: the error that breaks the stream off, and after how many frames; None for a whole one.
        headers: those that the mock adds to the provider's own.
        note: for the host's log.
        digest: the seed of its ids, where they follow from the request; ``b""`` where they are fresh each time.
    """

    protocol: WireProtocol
    call: Call
    turn: Turn
    delay: float
    failure: tuple[ApiError, int] | None
    headers: Headers
    note: Note
    digest: bytes


class Known:
    """A decision that came again.

    Attributes:
        decision: what was decided.
        pattern: of its stream; None before one was looked for, False where there is none.
    """

    __slots__ = ("decision", "headers", "method", "pattern")

    def __init__(self, request: HttpRequest, decision: Decision) -> None:
        self.decision = decision
        self.headers = request.headers
        self.method = request.method
        self.pattern: Pattern | Literal[False] | None = None


class Decisions:
    """The decisions of the last requests, by all their bytes. Threads may share it: the worst they do is forget."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str, bytes], Known] = {}
        self._size = 0
        self._met: set[int] = set()

    def get(self, request: HttpRequest) -> Known | None:
        """Return what is known of the same request, None when it is not known (any more)."""
        known = self._held.get((request.path, request.query, request.body))
        if known is None or known.method != request.method:
            return None
        # a host that remembers heads hands in the same object again
        same = known.headers is request.headers or known.headers == request.headers
        return known if same else None

    def put(self, request: HttpRequest, decision: Decision) -> None:
        """Remember a decision when its request has come twice, and forget all others when they are too many.

        What comes once would only be in the way: a test says something else each time.
        """
        key = request.path, request.query, request.body
        size = len(request.body)
        if size > _LONGEST:
            return
        met = hash(key)
        if met not in self._met:
            if len(self._met) >= _MET:
                self._met.clear()
            self._met.add(met)
            return
        self._size += size + _ENTRY
        if self._size > _MOST:
            self._held.clear()
            self._size = size + _ENTRY
        self._held[key] = Known(request, decision)


class Watched:
    """A memory that counts how often it is asked; see ``Memory`` for the rest.

    Attributes:
        asks: how often something was looked up.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.put = memory.put
        self.hold = memory.hold
        self.delete = memory.delete
        self.names = memory.names
        self.asks = 0

    def get(self, name: str) -> Json:
        """Return what was put under a name, None when there is nothing (any more)."""
        self.asks += 1
        return self._memory.get(name)
