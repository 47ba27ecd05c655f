"""A fuzzer: cases from numbers, so that one number tells a failure again.

Each target takes a number and raises when what was made from it gets an exception, a 5xx or a hang. The suite
runs a few hundred (``test_fuzz_*.py``); ``python tests/benchmarks/fuzz.py --minutes 10`` runs as many as it can.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import gzip
import itertools
import json
import random
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.contract_bad import BAD
from core.contract_good import GOOD

from mockllm_cli.memory import BoundedMemory
from mockllm_cli.server.head import BadRequest
from mockllm_cli.server.parser import Parser, Preface
from mockllm_core import contract, eventstream, sse
from mockllm_core.engine import Engine, Settings
from mockllm_core.errors import EventStreamError
from mockllm_core.exchange import HttpRequest
from mockllm_core.frame import frames
from mockllm_core.registry import HOSTS, PROTOCOLS
from mockllm_core.websocket import Opening

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TARGETS"]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS = 5.0
"""Longer than that is a hang."""

ODD: list[Any] = [
    None, True, False, 0, -1, 1.0, 2.0, 1.5, 10**400, -(10**18), 1e308, "", "x", "\0", "\ud800", "\u2028", "😀", "x" * 5000,
    [], {}, [[]], [None], {"": None}, [{}], {"a": {"b": [1]}}, "data:image/png;base64,AAAA", "mock-error-x",
    [1] * 50, {"type": "text", "text": 1}, {"$ref": "#"}, {"type": ["string", ["x"]]}, "\r\n\r\ndata: x\n\n",
]  # fmt: skip

MODELS = [
    "m", "gpt-4o", "o3", "gpt-5.1", "claude-sonnet-4-5", "gemini-2.5-flash", "anthropic.claude-3-haiku-20240307-v1:0",
    "amazon.nova-lite-v1:0", "meta.llama3-1-8b-instruct-v1:0", "amazon.titan-embed-text-v2:0", "%ff", "a%2Fb", "qwen.x",
    "deepseek.r1-v1:0", "openai.gpt-oss-20b-1:0", "cohere.embed-english-v3", "mistral.mistral-large-2402-v1:0",
]  # fmt: skip

ENDPOINTS = [
    (
        endpoint,
        [body for name, body in (*GOOD, *((one[0], one[1]) for one in BAD)) if name == endpoint.contract],
    )
    for protocol in (*PROTOCOLS, *HOSTS)
    for endpoint in protocol.endpoints
    if "%3A" not in endpoint.path
]
EVERY = [body for _, body in GOOD]


@functools.cache
def _words() -> list[str]:
    """Return every key and word that a contract knows."""
    found: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                found.add(key)
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)
        elif isinstance(value, str) and len(value) < 40:
            found.add(value)

    for name in contract.names():
        walk(contract.load(name))
    return sorted(found)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) of a JSON value."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        node = waiting.pop()
        pairs = (
            list(node.items())
            if isinstance(node, dict)
            else list(enumerate(node))
            if isinstance(node, list)
            else []
        )
        for key, inner in pairs:
            found.append((node, key))
            waiting.append(inner)
    return found


def _mutated(body: Any, chance: random.Random) -> Any:
    """Return a copy of a body with one to four places changed."""
    holder = [copy.deepcopy(body)]
    for _ in range(chance.randint(0, 4)):
        node, key = chance.choice(_places(holder) or [(holder, 0)])
        match chance.randrange(7):
            case 0:
                node[key] = copy.deepcopy(chance.choice(ODD))
            case 1:
                node[key] = [node[key]] * chance.randint(0, 3)
            case 2:
                node[key] = {chance.choice(_words()): node[key]}
            case 3 if len(node) > 1:
                del node[key]
            case 4 if isinstance(node, dict):
                node[chance.choice(_words())] = copy.deepcopy(chance.choice(ODD))
            case 5:
                node[key] = chance.choice(_words())
            case _:
                other, name = chance.choice(_places([chance.choice(EVERY)]))
                node[key] = copy.deepcopy(other[name])
    return holder[0] if holder else None


def _garbled(data: bytes, chance: random.Random) -> bytes:
    """Return bytes with a few cut, doubled, flipped or put in."""
    held = bytearray(data)
    for _ in range(chance.randint(0, 5)):
        at = chance.randint(0, len(held))
        match chance.randrange(4):
            case 0:
                del held[at : at + chance.randint(1, 20)]
            case 1:
                held[at:at] = held[max(0, at - chance.randint(1, 40)) : at]
            case 2 if at < len(held):
                held[at] ^= 1 << chance.randrange(8)
            case _:
                held[at:at] = chance.choice(
                    [b"\r\n", b"\n", b"\r", b"\0", b":", b" ", b"\xff", b"0", b"data: ", b"{"]
                )
    return bytes(held)


def _fed(data: bytes, chance: random.Random) -> list[bytes]:
    """Return the bytes cut at random places."""
    edges = sorted({0, len(data), *(chance.randint(0, len(data)) for _ in range(chance.randint(0, 6)))})
    return [data[start:end] for start, end in itertools.pairwise(edges)]


@functools.cache
def _engine(strict: bool) -> Engine:
    return Engine(Settings(strict=strict), BoundedMemory())


def engine(number: int) -> None:
    """Ask an endpoint with a body that was changed; what it says must be no 5xx and not come late."""
    chance = random.Random(number)
    endpoint, bodies = chance.choice(ENDPOINTS)
    body = _mutated(chance.choice(bodies or EVERY), chance)
    if isinstance(body, dict) and chance.random() < 0.4:
        body["stream"] = True
    data = json.dumps(body).encode()
    if chance.random() < 0.05:
        data = _garbled(data, chance)
    path = endpoint.path.replace("{model}", chance.choice(MODELS))
    path = path.replace("{project}", "p").replace("{location}", "us").replace("{id}", "resp_x")
    headers = {"x-mockllm-piece": "3"} if chance.random() < 0.1 else {}
    if endpoint.header:
        headers[endpoint.header] = "websocket" if endpoint.header == "upgrade" else "x"
    request = HttpRequest(method=endpoint.method, path=path, query=endpoint.query, headers=headers, body=data)
    begun = time.monotonic()
    response = _engine(chance.random() < 0.2).answer(request, now=NOW)
    size = sum(len(frame.wire) for frame in frames(response.steps))
    if isinstance(response, Opening):
        for message in (data, b"", None):
            closed = response.closing(message)
            assert 1000 <= closed.code < 5000, (path, data[:2000])
            assert len(closed.reason.encode()) <= 123, (path, data[:2000])
    assert response.status < 500 or b"mock-error-" in data, (response.status, path, data[:2000])
    assert time.monotonic() - begun < SECONDS, (path, data[:2000])
    assert response.body is not None or size, (path, data[:2000])


_MEMBERS = gzip.compress(b"{", mtime=0) + gzip.compress(b"}", mtime=0)
_WIRES = [
    b"POST /v1/messages?beta=true HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;a=b\r\n}\r\n0\r\nT: x\r\n\r\n",
    b"GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n",
    b"GET http://x/ HTTP/1.1\r\nHost: x\r\n" + b"A: " + b" " * 3000 + b"b\r\n" * 20 + b"\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 24\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\xff\xab\xae\x05\0",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(_MEMBERS) + _MEMBERS,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
]  # fmt: skip


def parser(number: int) -> None:
    """Feed a changed request to the parser: requests or a refusal, the same however it is cut."""
    chance = random.Random(number)
    wire = b"".join(_garbled(chance.choice(_WIRES), chance) for _ in range(chance.randint(1, 3)))
    begun = time.monotonic()
    whole, pieces = _parsed([wire]), _parsed(_fed(wire, chance))
    assert whole == pieces, wire
    assert "refused with 5xx" not in whole, wire
    assert time.monotonic() - begun < SECONDS, wire


def _parsed(fed: list[bytes]) -> list[object]:
    """Return what the parser makes of the pieces; a refusal is its kind of status (which place it names may differ)."""
    parsing = Parser()
    found: list[object] = []
    with contextlib.suppress(Preface):
        for data in fed:
            parsing.feed(data)
            try:
                while (received := parsing.next()) is not None:
                    found.append(received)
            except BadRequest as refusal:
                return [*found, f"refused with {refusal.status // 100}xx"]
    return found


def sse_decoder(number: int) -> None:
    """Feed changed events to the SSE decoder: no exception, the same however they are cut."""
    chance = random.Random(number)
    clean = sse.event("a", '{"b":"c\u2028"}').wire + sse.data("{}").wire + sse.DONE.wire
    wire = _garbled(clean * chance.randint(1, 3), chance)
    whole = sse.Decoder().feed(wire)
    pieces = sse.Decoder()
    assert [one for data in _fed(wire, chance) for one in pieces.feed(data)] == whole, wire


def eventstream_decoder(number: int) -> None:
    """Feed changed messages to the event-stream decoder: messages or its own error."""
    chance = random.Random(number)
    clean = eventstream.event("contentBlockDelta", b'{"delta":{"text":"x"}}').wire
    wire = _garbled(clean * chance.randint(1, 3), chance) if chance.random() < 0.9 else chance.randbytes(200)
    decoder = eventstream.Decoder()
    with contextlib.suppress(EventStreamError):
        for data in _fed(wire, chance):
            list(decoder.feed(data))


TARGETS: dict[str, Callable[[int], None]] = {
    "engine": engine,
    "parser": parser,
    "sse": sse_decoder,
    "eventstream": eventstream_decoder,
}
