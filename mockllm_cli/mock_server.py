"""A server in a thread, for tests."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, Self

from mockllm_cli.memory import BoundedMemory
from mockllm_cli.secrets import redacted, redacted_query
from mockllm_cli.server import Server
from mockllm_core import jsontext
from mockllm_core.engine import FIXED_NOW, Settings
from mockllm_core.record import record
from mockllm_core.reply import Reply
from mockllm_core.responders import respond

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from types import TracebackType

    from mockllm_cli.server import Exchange, Limits, Timeouts
    from mockllm_core.frame import Json
    from mockllm_core.responders import Responder

__all__ = ["MockServer", "Recorded", "environment"]


@record()
class Recorded:
    """One request that the server answered.

    Attributes:
        method: upper case.
        path: as sent, query included, keys in it replaced.
        headers: names in lower case; values that may carry a key are replaced.
        body: parsed JSON, None when there was none.
        status: of the answer.
        complete: False when the client left before the end of the answer.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: Json
    status: int
    complete: bool


def _parsed(body: bytes) -> Json:
    try:
        return jsontext.parse(body)
    except ValueError:
        return None


def environment(url: str) -> dict[str, str]:
    """Return the variables that point each official SDK at a server; every key is a dummy."""
    return {
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_KEY": "mock",
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": "mock",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url,
        "AWS_ACCESS_KEY_ID": "mock",
        "AWS_SECRET_ACCESS_KEY": "mock",
        "AWS_DEFAULT_REGION": "us-east-1",
        "GOOGLE_GEMINI_BASE_URL": url,
        "GEMINI_API_KEY": "mock",
    }


def _elsewhere(url: str) -> dict[str, str]:
    """Return the variables of those clients that reach the same APIs on another road."""
    return {
        # the openai module's own client would not choose between two keys
        "OPENAI_API_TYPE": "openai",
        "OPENAI_API_VERSION": "2024-10-21",
        "AZURE_OPENAI_ENDPOINT": url,
        "AZURE_OPENAI_API_KEY": "mock",
        "ANTHROPIC_BEDROCK_BASE_URL": url,
        "ANTHROPIC_BEDROCK_MANTLE_BASE_URL": f"{url}/anthropic",
        "ANTHROPIC_FOUNDRY_BASE_URL": f"{url}/anthropic/",
        "ANTHROPIC_FOUNDRY_API_KEY": "mock",
        "ANTHROPIC_VERTEX_BASE_URL": f"{url}/v1",
        "ANTHROPIC_VERTEX_PROJECT_ID": "mock",
        "CLOUD_ML_REGION": "us-east5",
        "GOOGLE_VERTEX_BASE_URL": url,
    }


class MockServer:
    """All five APIs on a port of this process, in a thread of its own.

    Use it as a context manager, or call ``start`` and ``stop``.

    Args:
        host: the address to bind.
        port: 0 picks a free one.
        seed: the same request with the same seed gets the same bytes.
        now: the time of every answer; the default is fixed too.
        responder: what to say; the default calls tools and echoes text. It runs in a pool of threads.
        reply: fixed text instead of the echo.
        strict: refuse keys that the provider does not know.
        args: style of generated arguments.
        delay: seconds between the frames of a stream.
        piece: characters a streamed piece has; None cuts as the provider does.
        keep: how many requests ``requests`` holds.
        limits: of one request; None for the usual ones.
        timeouts: of one client; None for the usual ones.

    Raises:
        OSError: the address cannot be bound.
    """

    def __init__(  # noqa: PLR0913 - keywords of a server
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: str = "0",
        now: datetime = FIXED_NOW,
        responder: Responder = respond,
        reply: str | None = None,
        strict: bool = False,
        args: Literal["plausible", "fuzz", "near-miss"] = "plausible",
        delay: float = 0.0,
        piece: int | None = None,
        keep: int = 1000,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._now = now
        self._settings = Settings(
            seed=seed, responder=responder, reply=reply, strict=strict, args=args, delay=delay, piece=piece
        )
        self._limits = limits
        self._timeouts = timeouts
        self._memory = BoundedMemory()
        self.requests: deque[Recorded] = deque(maxlen=keep)
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Bind and answer; returns when the port is open."""
        server = Server(
            (self._host, self._port),
            self._settings,
            now=self._now,
            memory=self._memory,
            observer=self._observe,
            limits=self._limits,
            timeouts=self._timeouts,
        )
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, name="mockllm", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Finish what is under way for at most a second, close the port and end the thread."""
        if self._server is None or self._thread is None:
            return
        self._server.timeouts = self._server.timeouts._replace(drain=0.5)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = self._thread = None

    def says(self, what: str | Reply | Responder | None) -> None:
        """Decide what is said from now on, until ``clear``.

        Args:
            what: a text, a Reply, a function from a Conversation to a Reply, or None for what was said at first.

        Raises:
            TypeError: it is none of these.
        """
        settings = self._settings
        if isinstance(what, str):
            settings = replace(settings, reply=what)
        elif isinstance(what, Reply):
            settings = replace(settings, responder=lambda _: what)
        elif callable(what):
            settings = replace(settings, responder=what)
        elif what is not None:
            raise TypeError(f"what is said is a text, a Reply or a function, not {type(what).__name__}")
        self._running.use(settings)

    def clear(self) -> None:
        """Forget the requests, the stored responses, the prompt caches and what ``says`` decided."""
        self.requests.clear()
        self._memory.clear()
        self.says(None)

    @property
    def _running(self) -> Server:
        if self._server is None:
            raise RuntimeError("the mock server is not running: use it as a context manager or call start()")
        return self._server

    def _observe(self, exchange: Exchange) -> None:
        request, response = exchange.request, exchange.response
        if request is None:
            return
        query = f"?{redacted_query(request.query)}" if request.query else ""
        self.requests.append(
            Recorded(
                method=request.method,
                path=request.path + query,
                headers=redacted(request.headers),
                body=_parsed(request.body),
                status=response.status,
                complete=exchange.complete,
            )
        )

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._running.port}"

    @property
    def openai_url(self) -> str:
        """The base URL of the OpenAI SDKs."""
        return f"{self.url}/v1"

    @property
    def anthropic_url(self) -> str:
        """The base URL of the Anthropic SDKs."""
        return self.url

    @property
    def bedrock_url(self) -> str:
        """The endpoint URL of a ``bedrock-runtime`` client."""
        return self.url

    @property
    def google_url(self) -> str:
        """The base URL of the Google GenAI SDKs."""
        return self.url

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that point each SDK here, and its clients for Azure, Bedrock and Vertex AI."""
        return environment(self.url) | _elsewhere(self.url)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
