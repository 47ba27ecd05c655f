"""What went over the wire in one feature, as text that a person reads and a diff shows.

An exchange is its request, a line each beginning with ``>``, and its answer, whose head begins with ``<`` and names
the exact number of body bytes. A body of text stands as it is; an event stream is shown a message a line (its length,
headers and payload, the inside of ``bytes`` decoded) under a digest of its exact bytes.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core import eventstream
from mockllm_core.engine import Engine
from mockllm_core.frame import frames

if TYPE_CHECKING:
    from datetime import datetime

    from mockllm_core.engine import Settings
    from mockllm_core.exchange import Headers, HttpRequest, HttpResponse
    from mockllm_core.protocol import Memory


class Exchange(NamedTuple):
    """One request and the answer it got."""

    request: HttpRequest
    status: int
    headers: Headers
    body: bytes


@dataclass
class Log:
    """Exchanges in order, under titles."""

    parts: list[Exchange | str] = field(default_factory=list)

    def text(self) -> bytes:
        """Return all of it, as bytes: an answer's own line ends are kept."""
        return b"\n".join(
            f"=== {one}".encode() if isinstance(one, str) else b"\n" + _shown(one) for one in self.parts
        )


class Recorder(Engine):
    """An engine that writes down what it is asked and answers."""

    def __init__(self, settings: Settings, memory: Memory | None = None, log: Log | None = None) -> None:
        super().__init__(settings, memory)
        self.log = log or Log()

    def answer(self, request: HttpRequest, *, now: datetime, fresh: bytes | None = None) -> HttpResponse:
        """Answer, and keep the exchange; a stream is read to its end first."""
        response = super().answer(request, now=now, fresh=fresh)
        steps = tuple(response.steps)
        data = b"".join(one.wire for one in frames(steps)) if response.body is None else response.body
        self.log.parts.append(Exchange(request, response.status, response.headers, data))
        return replace(response, steps=steps)


def _shown(one: Exchange) -> bytes:
    request = one.request
    target = f"{request.path}?{request.query}" if request.query else request.path
    lines = [f"> {request.method} {target}"]
    lines += [f"> {name}: {value}" for name, value in request.headers.items() if name != "content-type"]
    if request.body:
        lines.append(f"> {request.body.decode()}")
    framed = dict(one.headers).get("content-type", "").endswith("eventstream")
    digest = f", blake2b {blake2b(one.body, digest_size=16).hexdigest()}" if framed else ""
    lines += ["", f"< {one.status}, {len(one.body)} bytes{digest}"]
    lines += [f"< {name}: {value}" for name, value in one.headers]
    body = "".join(map(_message, eventstream.Decoder().feed(one.body))).encode() if framed else one.body
    return "\n".join(lines).encode() + b"\n\n" + body + (b"" if body.endswith(b"\n") else b"\n")


def _message(message: eventstream.Message) -> str:
    headers = " ".join(f"{one.name}={message.text(one.name)}" for one in message.headers)
    payload = message.payload.decode()
    held = json.loads(payload).get("bytes")
    if held:
        inside = base64.b64decode(held).decode()
        payload = payload.replace(f'"{held}"', f"base64({inside})")
    return f"{message.total_length:5} {headers} {payload}\n"
