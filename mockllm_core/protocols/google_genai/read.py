"""Read an answer back into a Turn: streams in either framing, in any partition of their bytes, and whole bodies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core import sse
from mockllm_core.frame import Finding
from mockllm_core.protocol import Reading
from mockllm_core.protocols.google_genai.gather import Gatherer
from mockllm_core.protocols.google_genai.rules import RULES

if TYPE_CHECKING:
    from mockllm_core.reply import Turn

__all__ = ["READING", "StreamReader", "read_whole", "reader"]


def reader(content_type: str) -> StreamReader:
    """Return a reader for a stream: an array when the content type is JSON, else server-sent events."""
    return StreamReader(array="json" in content_type)


def read_whole(data: bytes, findings: list[Finding]) -> Turn:
    """Return what a whole body says; what is wrong with it is appended to the findings."""
    text = data.decode("utf-8", "replace")
    gatherer = Gatherer(streamed=False, findings=findings)
    ended = text.endswith("\n")
    if not ended:
        findings.append(Finding("gemini-spelling", 0, len(data), "the body does not end with a line break"))
    gatherer.take(text[:-1] if ended else text, 0, 0)
    return gatherer.turn()


class StreamReader:
    """Feed bytes, then finish.

    Attributes:
        findings: what breaks the rules so far.
    """

    def __init__(self, *, array: bool) -> None:
        self.findings: list[Finding] = []
        self._gatherer = Gatherer(streamed=True, findings=self.findings)
        self._events = sse.Decoder()
        self._elements = _Elements(self.findings) if array else None
        self._count = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        if self._elements is not None:
            for element in self._elements.feed(data):
                self._take(element.text, element.offset)
            return
        for received in self._events.feed(data):
            text = received.data
            if text is None or received.wire != f"data: {text}\r\n\r\n".encode():
                sentence = "an event is not one data line that ends with CR LF CR LF"
                self.findings.append(Finding("gemini-framing", self._count, received.offset, sentence))
            if text is not None:
                self._take(text, received.offset)

    def _take(self, text: str, offset: int) -> None:
        self._gatherer.take(text, self._count, offset)
        self._count += 1

    def finish(self) -> Turn:
        """Say that no more bytes come, and return what was read."""
        if self._elements is not None:
            self._elements.finish(self._count)
        elif self._events.pending.strip(b"\r\n"):
            sentence = "the stream ends inside an event"
            self.findings.append(Finding("gemini-framing", self._count, self._events.offset, sentence))
        return self._gatherer.turn()


class _Element(NamedTuple):
    text: str
    offset: int


_TOKEN = re.compile(rb'["\\{}\[\]]')


class _Elements:
    """Cuts a JSON array into its elements, in any partition, and checks what stands between them."""

    def __init__(self, findings: list[Finding]) -> None:
        self._findings = findings
        self._held = b""
        self._offset = 0
        self._scanned = 0
        self._depth = 0
        self._string = False
        self._escaped = -1
        self._nth = 0
        self._begin = 0
        self._closed = False

    def feed(self, data: bytes) -> list[_Element]:
        """Take bytes and return the elements that they finish."""
        self._held += data
        found: list[_Element] = []
        for match in _TOKEN.finditer(self._held, self._scanned):
            at, token = match.start(), match[0]
            if self._string:
                if token == b"\\" and self._escaped != at:
                    self._escaped = at + 1
                elif token == b'"' and self._escaped != at:
                    self._string = False
            elif token == b'"':
                self._string = self._depth > 1
            elif token in b"{[":
                self._open(at)
            elif token in b"}]":
                found += self._close(at)
        self._scanned = len(self._held)
        self._trim()
        return found

    def _open(self, at: int) -> None:
        self._depth += 1
        if self._depth == 2:
            self._between(self._held[self._begin : at], b"[" if self._nth == 0 else b"\n,\r\n")
            self._begin = at

    def _close(self, at: int) -> list[_Element]:
        self._depth -= 1
        if self._depth == 1:
            text = self._held[self._begin : at + 1].decode("utf-8", "replace")
            element = _Element(text, self._offset + self._begin)
            self._begin = at + 1
            self._nth += 1
            return [element]
        if self._depth == 0:
            self._between(self._held[self._begin : at + 1], b"\n]" if self._nth else b"[]")
            self._begin = at + 1
            self._closed = True
        return []

    def _between(self, given: bytes, wanted: bytes) -> None:
        if given != wanted:
            sentence = f"{given[:20]!r} stands where the provider sends {wanted!r}"
            self._findings.append(Finding("gemini-array", self._nth, self._offset + self._begin, sentence))

    def _trim(self) -> None:
        """Let go of what has been cut."""
        if self._begin:
            self._held = self._held[self._begin :]
            self._offset += self._begin
            self._scanned -= self._begin
            self._escaped -= self._begin
            self._begin = 0

    def finish(self, count: int) -> None:
        """Note an array that never ends, or bytes behind it."""
        if not self._closed:
            self._findings.append(Finding("gemini-array", count, self._offset, "the array is not closed"))
        elif self._held:
            self._findings.append(Finding("gemini-array", count, self._offset, "bytes follow the array"))


READING = Reading(reader, read_whole, RULES)
