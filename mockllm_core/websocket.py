"""A WebSocket as a value: what its handshake is answered with, what is said on it, and the words that close it.

No provider's socket API is served; each refuses its clients in its own way. OpenAI and Google open the socket first
and say on it why they close it, Azure's gateway refuses the handshake.

Spec: RFC 6455, 4.2 (the server's handshake), 5.5.1 and 7.4 (close codes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.exchange import HttpResponse
from mockllm_core.record import record
from mockllm_core.routing import unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.exchange import HttpRequest

__all__ = ["CloseReason", "Opening", "check_handshake", "offered", "shortened"]

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
