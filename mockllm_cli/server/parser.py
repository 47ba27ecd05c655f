"""HTTP/1.1 requests from bytes, strictly: a request means one thing or it is refused.

Sans-I/O: feed bytes, ask for the next request. What is ambiguous (two lengths, a length beside chunks, a bare
line feed, a folded header) is a 400 after which the connection closes, so nothing behind it is ever run.

Spec: RFC 9112 (message syntax), RFC 9110 (fields).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from mockllm_core.errors import ErrorKind, MockllmError
from mockllm_core.exchange import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BadRequest", "Limits", "Parser", "Preface", "Received"]

_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([!-~\x80-\xff]+) HTTP/([0-9])\.([0-9])")
# possessive: a field of 64 KiB of blanks must not be tried from each of them
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]++):[ \t]*+([^\x00-\x08\x0a-\x1f\x7f]*+)")
_BLANK = re.compile(rb"(?:\r\n)++")
_LONE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_LINE_BYTES = 4096
_HTTP2 = b"PRI * HTTP/2.0\r\n\r\n"
_LENGTH = re.compile(r"[0-9]{1,19}")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*+(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may hold, in bytes.

    Attributes:
        line: the request line.
        fields: how many header fields.
        headers: all fields together.
        body: the body, before and after its content encoding is undone.
    """

    line: int = 65_536
    fields: int = 100
    headers: int = 65_536
    body: int = 33_554_432


class BadRequest(MockllmError):
    """A request that cannot be taken; the connection closes after the answer.

    Attributes:
        status: the HTTP status.
        kind: the same for a protocol's ``error``.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.kind: ErrorKind = (
            "request_too_large" if status == 413 else "timeout" if status == 408 else "invalid_request"
        )


@dataclass(frozen=True, slots=True)
class Received:
    """A whole request.

    Attributes:
        request: for the engine.
        keep_alive: whether the connection stays open after the answer.
        chunked: whether the answer may be chunked (HTTP/1.1).
    """

    request: HttpRequest
    keep_alive: bool
    chunked: bool


class Preface(Exception):
    """The connection speaks HTTP/2; ``data`` holds all that came."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = data


class Parser:
    """Feed bytes in any partition; ``next`` returns one request at a time, so that pipelined ones wait.

    Attributes:
        state: ``idle`` (nothing of a request is here), ``head`` or ``body``; timeouts differ by it.
        expects: True once, when the client waits for ``100 Continue``.
        asked: the request that is coming in, without its body, as far as it is known; for refusals.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.state: Literal["idle", "head", "body"] = "idle"
        self.expects = False
        self.asked: HttpRequest | None = None
        self._held = b""
        self._at = self._searched = 0
        self._fresh = True
        self._reading: tuple[_Head, Iterator[bytes | None]] | None = None

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self._held = self._held[self._at :] + data if self.buffered else data
        self._at = 0

    @property
    def buffered(self) -> int:
        """Bytes taken and not yet part of a returned request."""
        return len(self._held) - self._at

    def next(self) -> Received | None:
        """Return the next whole request, or None when more bytes are needed.

        Raises:
            BadRequest: the bytes are no request that may be taken.
            Preface: the client speaks HTTP/2 (RFC 9113, 3.4).
        """
        if self._reading is None:
            head = self._read_head()
            if head is None:
                return None
            self._reading = head, self._chunks() if head.chunked else self._sized(head.length)
            self.expects = head.expects and not self.buffered
            self.state = "body"
        head, reading = self._reading
        body = next(reading)
        if body is None:
            return None
        self._reading = None
        self.state = "head" if self.buffered else "idle"
        self.expects = False
        path, _, query = head.target.partition("?")
        request = HttpRequest(
            method=head.method, path=path, query=query, headers=head.headers, body=self._decoded(head, body)
        )
        self.asked = None
        return Received(request, head.keep_alive, head.minor >= 1)

    # -- head --------------------------------------------------------------------------------------------------

    def _read_head(self) -> _Head | None:
        held = self._held = self._held[self._at :] if self._at else self._held
        self._at = 0
        if blank := _BLANK.match(held):
            held = self._held = held[blank.end() :]
            self._searched = 0
        if not held:
            self.state = "idle"
            return None
        self.state = "head"
        if held.startswith(_HTTP2) and self._fresh:
            raise Preface(held)
        # what came before was searched when it came
        end = held.find(b"\r\n\r\n", max(0, self._searched - 3))
        if end < 0:
            self._check_unfinished(held)
            self._searched = len(held)
            return None
        self._searched = 0
        self._at = end + 4
        self._fresh = False
        return self._parse_head(held[:end])

    def _check_unfinished(self, held: bytes) -> None:
        """Refuse early what can never become a request, so that nobody waits for a timeout."""
        lone = _LONE.search(held, max(0, self._searched - 1))
        if lone and not (lone.end() == len(held) and held.endswith(b"\r")):
            raise BadRequest(400, "A line of the request head does not end with CR LF.")
        line = held.find(b"\r\n")
        if (len(held) if line < 0 else line) > self.limits.line:
            raise BadRequest(414, f"The request line is longer than {self.limits.line} bytes.")
        if line >= 0 and len(held) - line > self.limits.headers:
            self._begun(held[:line])
            raise BadRequest(431, f"The header fields are longer than {self.limits.headers} bytes.")

    def _begun(self, line: bytes) -> tuple[str, str, int]:
        """Return method, target and minor version of a request line, and remember who is asked."""
        match = _LINE.fullmatch(line)
        if match is None:
            raise BadRequest(400, "The request line is not METHOD TARGET HTTP/1.1.")
        if match[3] != b"1":
            raise BadRequest(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.")
        method, target = match[1].decode(), _origin(match[2].decode("latin-1"))
        self.asked = _request(method, target, {})
        return method, target, int(match[4])

    def _parse_head(self, head: bytes) -> _Head:
        lines = head.split(b"\r\n")
        if len(lines[0]) > self.limits.line:
            raise BadRequest(414, f"The request line is longer than {self.limits.line} bytes.")
        method, target, minor = self._begun(lines[0])
        if len(head) - len(lines[0]) > self.limits.headers:
            raise BadRequest(431, f"The header fields are longer than {self.limits.headers} bytes.")
        if len(lines) - 1 > self.limits.fields:
            raise BadRequest(431, f"There are more than {self.limits.fields} header fields.")
        headers = self._fields(lines)
        self.asked = _request(method, target, headers)
        return _Head.of(method, target, minor, headers)

    def _fields(self, lines: list[bytes]) -> dict[str, str]:
        headers: dict[str, str] = {}
        for nth in range(1, len(lines)):
            line = lines[nth]
            # clients send the same short lines over and over; long ones are not kept
            field = _known_field(line) if len(line) < _SHORT_FIELD else _field(line)
            if field is None:
                raise BadRequest(400, f"Header field {nth} is malformed.")
            name, value = field
            if name in headers:
                if name in _ONCE:
                    raise BadRequest(400, f"The header {name} is there twice.")
                value = f"{headers[name]}, {value}"
            headers[name] = value
        return headers

    # -- body --------------------------------------------------------------------------------------------------

    def _sized(self, length: int) -> Iterator[bytes | None]:
        """Yield None until the body is whole, then the body."""
        if length > self.limits.body:
            raise BadRequest(413, f"The request body is longer than {self.limits.body} bytes.")
        parts: list[bytes] = []
        while self.buffered < length:
            parts.append(self._took(self.buffered))
            length -= len(parts[-1])
            yield None
        parts.append(self._took(length))
        yield b"".join(parts)

    def _chunks(self) -> Iterator[bytes | None]:
        """Yield None until the last chunk and its trailers are here, then the body."""
        body = bytearray()
        while True:
            while (line := self._line()) is None:
                yield None
            match = _CHUNK.fullmatch(line)
            if match is None:
                raise BadRequest(400, "A chunk's size is malformed.")
            size = int(match[1], 16)
            if size == 0:
                break
            if len(body) + size > self.limits.body:
                raise BadRequest(413, f"The request body is longer than {self.limits.body} bytes.")
            while size:
                if not self.buffered:
                    yield None
                    continue
                part = self._took(min(size, self.buffered))
                body += part
                size -= len(part)
            while self.buffered < 2:
                yield None
            if self._took(2) != b"\r\n":
                raise BadRequest(400, "A chunk is longer than its size.")
        trailers = 0
        while line != b"":
            while (line := self._line()) is None:
                yield None
            trailers += 1
            if line and (trailers > self.limits.fields or _FIELD.fullmatch(line) is None):
                raise BadRequest(400, "A trailer field is malformed.")
        yield bytes(body)

    def _took(self, length: int) -> bytes:
        """Return the next bytes, which are here, and step over them."""
        begin = self._at
        self._at = begin + length
        return self._held[begin : begin + length]

    def _line(self) -> bytes | None:
        """Return the next line without its CR LF, None when it is not whole yet."""
        end = self._held.find(b"\n", self._at)
        if end < 0:
            if self.buffered > _LINE_BYTES:
                raise BadRequest(400, "A chunk's size line is too long.")
            return None
        if end - self._at > _LINE_BYTES or self._held[end - 1 : end] != b"\r" or end == self._at:
            raise BadRequest(400, "A chunk's size line does not end with CR LF.")
        line = self._took(end - 1 - self._at)
        self._at += 2
        return line

    def _decoded(self, head: _Head, body: bytes) -> bytes:
        coding = head.headers.get("content-encoding", "identity").strip().lower()
        if coding in ("", "identity") or not body:
            return body
        from mockllm_cli.server.coding import decode

        return decode(coding, body, self.limits.body)


_SHORT_FIELD = 256


def _field(line: bytes) -> tuple[str, str] | None:
    """Return the name in lower case and the value of one header line, None when it is malformed."""
    field = _FIELD.fullmatch(line)
    return field and (field[1].decode().lower(), field[2].decode("latin-1").rstrip(" \t"))


_known_field = lru_cache(maxsize=1024)(_field)
_ONCE = frozenset(
    {"content-length", "transfer-encoding", "host", "content-type", "content-encoding", "expect"}
)


@dataclass(frozen=True, slots=True)
class _Head:
    method: str
    target: str
    minor: int
    headers: dict[str, str]
    length: int
    chunked: bool
    keep_alive: bool
    expects: bool

    @classmethod
    def of(cls, method: str, target: str, minor: int, headers: dict[str, str]) -> _Head:
        if minor >= 1 and "host" not in headers:
            raise BadRequest(400, "The header host is missing.")
        chunked = _chunked(headers, minor)
        length = _length(headers)
        expect = headers.get("expect", "").lower()
        if expect not in ("", "100-continue"):
            raise BadRequest(417, "Only 'expect: 100-continue' is understood.")
        options = {option.strip() for option in headers.get("connection", "").lower().split(",")}
        keep_alive = "close" not in options and (minor >= 1 or "keep-alive" in options)
        waits = bool(expect) and minor >= 1 and (chunked or length > 0)
        return cls(method, target, minor, headers, length, chunked, keep_alive, waits)


def _request(method: str, target: str, headers: dict[str, str]) -> HttpRequest:
    path, _, query = target.partition("?")
    return HttpRequest(method=method, path=path, query=query, headers=headers)


def _chunked(headers: dict[str, str], minor: int) -> bool:
    coding = headers.get("transfer-encoding")
    if coding is None:
        return False
    if minor < 1 or "content-length" in headers:
        raise BadRequest(400, "transfer-encoding stands beside content-length or in HTTP/1.0.")
    if coding.lower() != "chunked":
        raise BadRequest(
            501 if coding.lower().endswith("chunked") else 400, "Only 'transfer-encoding: chunked' is taken."
        )
    return True


def _length(headers: dict[str, str]) -> int:
    length = headers.get("content-length")
    if length is None:
        return 0
    if _LENGTH.fullmatch(length) is None:
        raise BadRequest(400, "content-length is not a whole number of at most 19 digits.")
    return int(length)


def _origin(target: str) -> str:
    """Return the origin form of a target; an absolute one loses its scheme and host."""
    if target.startswith("/") or target == "*":
        return target
    scheme, separator, rest = target.partition("://")
    if separator and scheme.lower() in ("http", "https"):
        _, slash, path = rest.partition("/")
        return slash + path if slash else "/"
    raise BadRequest(400, "The request target does not begin with a slash.")
