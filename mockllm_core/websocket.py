"""A WebSocket as a value: what its handshake is answered with, what is said on it, and the words that close it.

One API is served on sockets, OpenAI's Responses: a message of the client's stands for a request, and the events of its
answer go out as messages. The others are refused in the provider's own way: OpenAI and Google open the socket first
and say on it why they close it, Azure's gateway refuses the handshake.

Spec: RFC 6455, 4.2 (the server's handshake), 5.5.1 and 7.4 (close codes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mockllm_core.exchange import HttpResponse
from mockllm_core.record import record
from mockllm_core.routing import unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockllm_core.exchange import Asked, HttpRequest
    from mockllm_core.frame import Pause
    from mockllm_core.protocol import Memory

__all__ = ["CloseReason", "Dialogue", "Opening", "Served", "check_handshake", "offered", "shortened"]

_REASON = 123
"""Bytes of a reason: a close frame has 125, two of which are the code."""


@record(kw_only=True)
class CloseReason:
    """How a WebSocket ends.

    Attributes:
        code: of the close frame.
        reason: of the close frame, at most 123 bytes in UTF-8.
        text: a text message before it, ``b""`` for none.
        model: as asked for, where a message named it.
    """

    code: int
    reason: str
    text: bytes = b""
    model: str = ""


@record(kw_only=True)
class Opening(HttpResponse):
    """The answer to a handshake that succeeds; the host adds what RFC 6455 asks of it.

    Attributes:
        hears: whether the client's first message is waited for.
        closing: from that message to the end; from ``b""`` where none is waited for, from None where none came.
    """

    hears: bool
    closing: Callable[[bytes | None], CloseReason]


class Dialogue(Protocol):
    """What is said on one socket that stays open; messages of one lane are answered one after another."""

    def memory(self, shared: Memory | None) -> Memory:
        """Return what is kept for the socket's requests: what all have, and what goes when the socket does."""

    def take(self, message: bytes) -> Asked | bytes:
        """Return the request that a message stands for, or the message that refuses it, if any is to be said."""

    def told(self, asked: Asked, response: HttpResponse) -> Iterator[bytes | Pause]:
        """Yield the messages of an answer, in UTF-8, and the pauses between them."""

    def due(self) -> Iterator[Asked | bytes]:
        """Yield what is to be said now without being asked for, and what is to be answered next in its lane."""

    def over(self) -> bytes:
        """Return what is said when the socket was open for as long as one may be."""


@record(kw_only=True)
class Served(HttpResponse):
    """The answer to a handshake that opens a socket on which requests are answered.

    Attributes:
        dialogue: what is said on it.
        most: seconds that it may be open.
    """

    dialogue: Dialogue
    most: float


def check_handshake(http: HttpRequest) -> None:
    """Refuse what is no WebSocket's handshake where nothing else is answered.

    Raises:
        ApiError: the 404 of any path that is not known.
    """
    wanted = [one.strip() for one in http.headers.get("upgrade", "").lower().split(",")]
    if http.method != "GET" or "websocket" not in wanted:
        raise unknown(http)


def offered(http: HttpRequest) -> tuple[str, ...]:
    """Return the subprotocols that the client offers."""
    header = http.headers.get("sec-websocket-protocol", "")
    return tuple(one.strip() for one in header.split(",") if one.strip())


def shortened(reason: str) -> str:
    """Return as much of a reason as a close frame holds."""
    return reason.encode("utf-8", "replace")[:_REASON].decode("utf-8", "ignore")
