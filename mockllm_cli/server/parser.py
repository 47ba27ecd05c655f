"""HTTP/1.1 requests from bytes, strictly: a request means one thing or it is refused.

Sans-I/O: feed bytes, ask for the next request. What is ambiguous (two lengths, a length beside chunks, a bare
line feed, a folded header) is a 400 after which the connection closes, so nothing behind it is ever run.

Spec: RFC 9112 (message syntax).
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Literal

from mockllm_cli.server.head import FIELD, BadRequest, Head, Limits, asked, check_line, read
from mockllm_core.exchange import HttpRequest
from mockllm_core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Parser", "Preface", "Received"]

_BLANK = re.compile(rb"(?:\r\n)++")
_LONE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_BEGUN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}(?: (?:[!-~\x80-\xff]++(?: [HTP/0-9.]*+\r?)?)?)?")
"""What a request line may begin with, wherever it is cut."""
_BEGUN_BYTES = 64
_LINE_BYTES = 4096
_CHUNKS = 256
"""Chunks of a body that are taken in a turn."""
_SOON = 65_536
"""Bytes that take no time to decode."""
_TLS = b"\x16\x03"
"""How a client greets that would speak TLS (RFC 8446, section 5.1: a handshake, version 3.x)."""
_HTTP2 = b"PRI * HTTP/2.0\r\n\r\n"
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})(?:[ \t]*+;[^\x00-\x08\x0a-\x1f\x7f]*)?")


@record()
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
        size: bytes of the body under way that have been taken, beside those buffered.
        expects: True once, when the client waits for ``100 Continue``.
        paused: ``next`` returned None although there may be a request in the bytes that are here; ask it again.

    Args:
        limits: of one request.
        in_turns: others wait, so ``next`` does not all at once that takes long.
    """

    __slots__ = (
        "_at",
        "_fresh",
        "_head",
        "_headers",
        "_held",
        "_in_turns",
        "_reading",
        "_refused",
        "_searched",
        "expects",
        "limits",
        "paused",
        "size",
        "state",
    )

    def __init__(self, limits: Limits | None = None, *, in_turns: bool = False) -> None:
        self.limits = limits or Limits()
        self._in_turns = in_turns
        self.paused = False
        self.state: Literal["idle", "head", "body"] = "idle"
        self.expects = False
        self._held = b""
        self._at = self._searched = self.size = 0
        self._fresh = True
        self._head: Head | None = None
        self._headers: Mapping[str, str] = {}
        self._reading: Iterator[bytes | None] | None = None
        self._refused: HttpRequest | None = None

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self._held = self._held[self._at :] + data if self._at < len(self._held) else data
        self._at = 0

    @property
    def buffered(self) -> int:
        """Bytes taken and not yet part of a returned request."""
        return len(self._held) - self._at

    def rest(self) -> bytes:
        """Return the bytes behind the last request, which begin no other: the connection speaks something else now."""
        return self._held[self._at :]

    @property
    def asked(self) -> HttpRequest | None:
        """The request that is coming in or was refused, without its body, as far as it is known."""
        return self._refused if self._head is None else _request(self._head, self._headers, b"")

    def next(self) -> Received | None:
        """Return the next whole request, or None when more bytes are needed.

        Raises:
            BadRequest: the bytes are no request that may be taken.
            Preface: the client speaks HTTP/2 (RFC 9113, 3.4).
        """
        body: bytes | None
        if self._reading is not None:
            self.paused = False
            body = next(self._reading)
        elif self._at == len(self._held) or (found := self._find_head()) is None:
            return None
        else:
            self._head, self._headers, length = found
            end = self._at + length
            if length > self.limits.body:
                raise BadRequest(413, f"The request body is longer than {self.limits.body} bytes.")
            if end <= len(self._held) and not (self._head.chunked or "content-encoding" in self._headers):
                # all of it is here, as it nearly always is
                body = self._held[self._at : end]
                self._at = end
            else:
                body = self._begin_body(self._head, length)
        head = self._head
        if body is None or head is None:
            return None
        if self._reading is not None:
            self._reading = None
            self.size = 0
        self.expects = False
        self.state = "head" if self._at < len(self._held) else "idle"
        self._head = None
        return Received(_request(head, self._headers, body), head.keep_alive, head.minor >= 1)

    # -- head --------------------------------------------------------------------------------------------------

    def _find_head(self) -> tuple[Head, Mapping[str, str], int] | None:
        """Step over the next head and return it, with its headers and the length behind it; None when it is not whole."""
        held = self._held = self._held[self._at :] if self._at else self._held
        self._at = 0
        if held.startswith(b"\r\n") and (blank := _BLANK.match(held)):
            held = self._held = held[blank.end() :]
            self._searched = 0
        if not held or held == b"\r":
            # half an empty line is no request that has begun: who sends nothing else wins no time by it
            self.state = "idle"
            return None
        if self._fresh and held.startswith(_HTTP2):
            raise Preface(held)
        # what came before was searched when it came
        end = held.find(b"\r\n\r\n", max(0, self._searched - 3))
        if end < 0:
            self.state = "head"
            self._check_unfinished(held)
            self._searched = len(held)
            return None
        self._searched = 0
        self._at = end + 4
        self._fresh = False
        try:
            return read(held[:end], self.limits)
        except BadRequest as error:
            self.state = "head"
            # a line too long to be looked at names nobody
            self._refused = None if error.status == 414 else asked(held[:end])
            raise

    def _check_unfinished(self, held: bytes) -> None:
        """Refuse early what can never become a request, so that nobody waits for a timeout."""
        if self._fresh and held.startswith(_TLS):
            raise BadRequest(400, "This port speaks no TLS: its URL begins with http://, not https://.")
        lone = _LONE.search(held, max(0, self._searched - 1))
        if lone and not (lone.end() == len(held) and held.endswith(b"\r")):
            raise BadRequest(400, "A line of the request head does not end with CR LF.")
        line = held.find(b"\r\n")
        if (len(held) if line < 0 else line) > self.limits.line:
            raise BadRequest(414, f"The request line is longer than {self.limits.line} bytes.")
        if self._searched < max(line, _BEGUN_BYTES) and not (self._fresh and _HTTP2.startswith(held)):
            # what speaks another protocol waits for an answer before it says more
            if line >= 0:
                check_line(held[:line])
            elif _BEGUN.fullmatch(held[:_BEGUN_BYTES]) is None:
                raise BadRequest(400, "The request line is not METHOD TARGET HTTP/1.1.")
        if line >= 0 and len(held) - line > self.limits.headers:
            check_line(held[:line])
            self._refused = asked(held[:line])
            raise BadRequest(431, f"The header fields are longer than {self.limits.headers} bytes.")

    # -- body --------------------------------------------------------------------------------------------------

    def _begin_body(self, head: Head, length: int) -> bytes | None:
        """Make what reads a body that comes in parts, and let it begin."""
        self.state = "body"
        self.expects = head.expects and not self.buffered
        reading = self._reading = self._chunks() if head.chunked else self._sized(length)
        if "content-encoding" in self._headers and (length or head.chunked):
            self._reading = self._then_decoded(reading)
        return next(self._reading)

    def _sized(self, length: int) -> Iterator[bytes | None]:
        """Yield None until the body is whole, then the body."""
        parts: list[bytes] = []
        while self.buffered < length:
            parts.append(self._took(self.buffered))
            length -= len(parts[-1])
            self.size += len(parts[-1])
            yield None
        parts.append(self._took(length))
        yield b"".join(parts)

    def _chunks(self) -> Iterator[bytes | None]:
        """Yield None until the last chunk and its trailers are here, then the body."""
        body = bytearray()
        for nth in itertools.count(1):
            if self._in_turns and not nth % _CHUNKS:
                self.paused = True
                yield None
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
                self.size = len(body)
            while self.buffered < 2:
                yield None
            if self._took(2) != b"\r\n":
                raise BadRequest(400, "A chunk is longer than its size.")
        yield from self._trailers()
        yield bytes(body)

    def _trailers(self) -> Iterator[None]:
        """Yield None until all is here that may stand behind the last chunk; it is dropped."""
        for nth in itertools.count(1):
            while (line := self._line()) is None:
                yield None
            if not line:
                return
            if nth > self.limits.fields or FIELD.fullmatch(line) is None:
                raise BadRequest(400, "A trailer field is malformed.")

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

    def _then_decoded(self, reading: Iterator[bytes | None]) -> Iterator[bytes | None]:
        """Yield None until the body is whole and its encoding undone, then the body."""
        for body in reading:
            if not body:
                yield body
                continue
            from mockllm_cli.server.decoding import decoding

            parts: list[bytes] = []
            self.size = len(body)
            for part in decoding(self._headers["content-encoding"].strip().lower(), body, self.limits.body):
                parts.append(part)
                self.size += len(part)
                if self._in_turns and (len(part) > _SOON or not part):
                    self.paused = True
                    yield None
            yield b"".join(parts)


def _request(head: Head, headers: Mapping[str, str], body: bytes) -> HttpRequest:
    return HttpRequest(method=head.method, path=head.path, query=head.query, headers=headers, body=body)
