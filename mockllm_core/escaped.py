r"""Answers in ASCII: every other character of their JSON as ``\uXXXX``.

The providers send raw UTF-8, and so do we; this is for clients and tools that cannot. It works on what is about to
be sent, so that no protocol knows of it: outside its strings JSON has no such character, and neither has the
framing of server-sent events. An event-stream message is written anew, since its lengths and checksum change.
Padding (``obfuscation``, ``p``) stays as long as it was.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import replace
from typing import TYPE_CHECKING

from mockllm_core.frame import Frame, Pause, frames

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockllm_core.exchange import HttpResponse
    from mockllm_core.frame import Step

__all__ = ["escaped", "escaped_frame"]

_BEYOND = re.compile("[^\x00-\x7f]")
_INNER = re.compile(rb'("bytes": ?")([A-Za-z0-9+/=]*)(")')


def escaped(response: HttpResponse) -> HttpResponse:
    """Return the response with nothing but ASCII in its JSON."""
    if response.body is not None:
        return replace(response, body=_ascii(response.body))
    return replace(response, steps=_steps(response.steps))


def _steps(steps: Iterable[Step]) -> Iterator[Step]:
    for step in steps:
        if isinstance(step, Pause):
            yield step
        else:
            yield from map(escaped_frame, frames((step,)))


def escaped_frame(frame: Frame) -> Frame:
    """Return the frame with nothing but ASCII in its JSON."""
    if int.from_bytes(frame.wire[:4], "big") == len(frame.wire):
        return _message(frame)  # no text of ours begins with its own length
    if frame.wire.isascii():
        return frame
    wire = _ascii(frame.wire)
    return Frame(frame.event, wire, frame.start, frame.end and len(wire) - len(frame.wire) + frame.end)


def _message(frame: Frame) -> Frame:
    from mockllm_core.eventstream import Decoder, encode

    payload = frame.wire[frame.start : frame.end]
    made = _ascii(payload)
    if frame.event == "chunk":
        # InvokeModel carries the model's own JSON in base64
        made = _INNER.sub(lambda found: found[1] + b64encode(_ascii(b64decode(found[2]))) + found[3], made)
    if made == payload:
        return frame
    (message,) = Decoder().feed(frame.wire)
    wire = encode(replace(message, payload=made))
    return Frame(frame.event, wire, frame.start, frame.start + len(made))


def _ascii(text: bytes) -> bytes:
    return text if text.isascii() else _BEYOND.sub(_escape, text.decode()).encode("ascii")


def _escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
