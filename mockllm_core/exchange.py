"""HTTP as values: what a host hands to the engine and gets back."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING

from mockllm_core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockllm_core.frame import Step

__all__ = ["Asked", "Headers", "HttpRequest", "HttpResponse", "Note", "header_text", "remarked"]

Headers = tuple[tuple[str, str], ...]
"""Names in lower case, in the order they are sent."""


@record(kw_only=True)
class HttpRequest:
    """One request, decoded from its framing but not yet understood.

    Attributes:
        method: upper case.
        path: as sent, percent-encoding kept, without the query.
        query: what followed ``?``, without it.
        headers: names in lower case; of a repeated header the last one.
        body: all of it, content encoding already undone.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@record(kw_only=True)
class Asked(HttpRequest):
    """A message on a WebSocket, as the request that it stands for.

    Attributes:
        lane: which of the conversations on one socket it belongs to, ``""`` for the one without a name.
        silent: nothing is to be said.
    """

    lane: str = ""
    silent: bool = False


@record()
class Note:
    """What the host's log and journal want to know of an exchange.

    Attributes:
        protocol: the protocol that answered, ``""`` for none.
        model: as asked for, ``""`` when there is none.
        stream: whether frames are streamed.
        remarks: sentences for the log (an argument that is not valid for its schema).
    """

    protocol: str = ""
    model: str = ""
    stream: bool = False
    remarks: tuple[str, ...] = ()


@record()
class HttpResponse:
    """One answer. The host adds ``date``, ``connection`` and the framing headers.

    Attributes:
        status: the code.
        headers: the provider's, in order.
        body: the whole body, or None when ``steps`` holds the answer.
        steps: frames and pauses of a streamed answer, for one pass.
        note: for the log.
    """

    status: int
    headers: Headers
    body: bytes | None = None
    steps: Iterable[Step] = ()
    note: Note = Note()


def header_text(text: str) -> str:
    """Return text that can stand in a header: printable ASCII, at most 500 characters."""
    return "".join(char if " " <= char <= "~" else "?" for char in text)[:500]


def remarked(response: HttpResponse, remark: str, note: Note) -> HttpResponse:
    """Return a refusal with what a person may want to know beside it, in a header and in the log, if anything."""
    if not remark:
        return replace(response, note=note)
    headers = (*response.headers, ("x-mockllm-note", header_text(remark)))
    return replace(response, headers=headers, note=replace(note, remarks=(remark,)))
