"""What makes the answers: the engine, in the loop; in threads what may block it (a responder of the user's, a long request)."""

from __future__ import annotations

import itertools
import logging
import os
import threading
import time
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, islice
from typing import TYPE_CHECKING

from mockllm_cli.server.beside import SCORED, Beside
from mockllm_cli.server.dress import dressed
from mockllm_core import engine
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.responders import respond

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ThreadPoolExecutor

    from mockllm_cli.server.connection import Connection
    from mockllm_cli.server.loop import Server
    from mockllm_core.errors import ErrorKind
    from mockllm_core.exchange import HttpRequest
    from mockllm_core.protocol import Memory

__all__ = ["Answering"]

log = logging.getLogger("mockllm")


class Answering:
    """From requests to responses.

    Args:
        server: whose options dress the answers.
        settings: how to answer.
        memory: what is kept between requests; None keeps nothing.
        deterministic: ids from the seed and the request; False takes fresh entropy for each answer.
        now: the time of every answer; None reads the clock.
        wake: tells the loop that an answer is ``done``.

    Attributes:
        memory: what is kept between requests; None keeps nothing.
        done: the answers that threads have made: whose they are, the request's number, and the response.
    """

    def __init__(
        self,
        server: Server,
        settings: engine.Settings,
        memory: Memory | None,
        *,
        deterministic: bool,
        now: datetime | None,
        wake: Callable[[], None],
    ) -> None:
        self._server = server
        self.memory = memory
        self._deterministic = deterministic
        self._fixed_now = now
        self._wake = wake
        self._entropy = os.urandom(24)
        self._count = itertools.count()
        self._pool: ThreadPoolExecutor | None = None
        self._long: _Queue | None = None
        self._beside = Beside()
        self.done: deque[tuple[Connection, int, HttpResponse]] = deque()
        self.use(settings)

    def use(self, settings: engine.Settings) -> None:
        """Answer by these settings from the next request on; may be called from any thread."""
        self._settings = settings
        self._engine = engine.Engine(settings, self.memory)

    def engine_over(self, memory: Memory, before: engine.Engine | None) -> engine.Engine:
        """Return an engine with another memory: the one from before, unless the settings are others now."""
        if before is not None and before.settings is self._settings:
            return before
        return engine.Engine(self._settings, memory)

    def respond(
        self, request: HttpRequest, connection: Connection, number: int, by: engine.Engine | None = None
    ) -> HttpResponse | None:
        """Return the answer, or None when a thread makes it: it will be among those ``done``.

        Args:
            request: what is asked.
            connection: who asks.
            number: which of the client's requests it is.
            by: another engine than everybody's.
        """
        by = by or self._engine
        if self._settings.responder is not respond:
            if self._pool is None:
                from concurrent.futures import ThreadPoolExecutor

                self._pool = ThreadPoolExecutor(max_workers=32, thread_name_prefix="mockllm-responder")
            self._pool.submit(self._later, request, connection, number, by)
            return None
        if by.knows(request) or not self._beside.wanted(request, self._settings.args):
            return self._made(request, by)
        if self._long is None:
            self._long = _Queue(self._later)
        self._long.put((request, connection, number, by))
        return None

    def refusal(
        self, kind: ErrorKind, sentence: str, status: int, asked: HttpRequest | None = None
    ) -> HttpResponse:
        """Return the answer to what is no request, in the form of the provider that seems to be asked."""
        error = ApiError(kind, sentence, status=status)
        response = engine.fault(error, asked, seed=self._settings.seed, now=self._now())
        note = response.note
        if asked is None and status == 400:
            # whoever speaks something else cannot show what is answered
            note = replace(note, remarks=(sentence,))
        return HttpResponse(status=status, headers=response.headers, body=response.body, note=note)

    def close(self) -> None:
        """Make no more answers."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        if self._long is not None:
            self._long.close()

    def _now(self) -> datetime:
        return self._fixed_now or datetime.now(UTC)

    def _made(self, request: HttpRequest, by: engine.Engine, *, ahead: bool = False) -> HttpResponse:
        fresh = None if self._deterministic else self._entropy + next(self._count).to_bytes(8)
        now = self._now()
        try:
            response = by.answer(request, now=now, fresh=fresh)
            if ahead and response.body is None:
                response = _begun(response, request)
        except Exception as failed:  # a bug here or in a responder of the user's must not end the server
            log.exception("no answer to %s %s", request.method, request.path)
            sentence = "The mock server failed; its log says why."
            if self._settings.responder is not respond:
                # most likely theirs, and a test shows the answer before the log
                sentence = f"The mock server failed with {type(failed).__name__}: {failed}"
            error = ApiError("server_error", sentence)
            return engine.fault(error, request, seed=self._settings.seed, now=now)
        return dressed(self._server, request, response)

    def _later(self, request: HttpRequest, connection: Connection, number: int, by: engine.Engine) -> None:
        began = time.thread_time()
        response = self._made(request, by, ahead=True)
        self._beside.took(request, time.thread_time() - began)
        self.done.append((connection, number, response))
        self._wake()


def _begun(response: HttpResponse, request: HttpRequest) -> HttpResponse:
    """Return a stream of which the first frames are made: they may take the longest.

    Where each token is told with its rivals, all are: the last frame may have them once more.
    """
    steps = iter(response.steps)
    made = list(steps if SCORED in request.body else islice(steps, 1))
    return replace(response, steps=chain(made, steps))


class _Queue:
    """Requests that one thread answers: a second would only take turns with it, and hold as much again.

    The thread dies with the process, which need not wait for an answer that nobody will get.
    """

    def __init__(self, answer: Callable[[HttpRequest, Connection, int, engine.Engine], None]) -> None:
        from queue import SimpleQueue

        self._answer = answer
        self._asked: SimpleQueue[tuple[HttpRequest, Connection, int, engine.Engine] | None] = SimpleQueue()
        self.put = self._asked.put
        threading.Thread(target=self._run, name="mockllm-long", daemon=True).start()

    def close(self) -> None:
        """Answer what is under way and no more."""
        while not self._asked.empty():
            self._asked.get()
        self.put(None)

    def _run(self) -> None:
        while (asked := self._asked.get()) is not None:
            if not asked[1].closed:
                self._answer(*asked)
