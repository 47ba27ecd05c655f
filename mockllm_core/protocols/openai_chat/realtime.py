"""The Realtime API, which is not served: its WebSocket opens, says in an ``error`` event why, and closes.

What the service does, as it was probed in public in September 2026 and is printed in issues since 2024: every handshake
succeeds, whatever is wrong; event and close frame come at once; the close frame's reason is the error's type and code
with a dot between them. Close codes: 3000 for keys, 4000 for what is asked (no model, one that does not talk, the
headers of the beta), 4004 for a model that the key may not use, 1013 for a quota. Those of other kinds are inferred.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from mockllm_core.asked import check_named, error_asked_for
from mockllm_core.errors import ApiError
from mockllm_core.exchange import Note
from mockllm_core.jsontext import compact, utf8
from mockllm_core.protocols.openai_chat import headers
from mockllm_core.protocols.openai_chat.errors import described
from mockllm_core.websocket import CloseReason, Opening, check_handshake, offered, shortened

if TYPE_CHECKING:
    from mockllm_core.errors import ErrorKind
    from mockllm_core.exchange import HttpRequest
    from mockllm_core.protocol import Incoming
    from mockllm_core.stamp import Stamp

__all__ = ["opened"]

_BETA = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."
_NO_MODEL = (
    "You must provide a model parameter, for example wss://api.openai.com/v1/realtime?model=gpt-realtime-1.5"
)
_NO_TALKER = (
    'Model "{}" is not supported in realtime mode. See https://platform.openai.com/docs/models for a list of supported'
    " models."
)
_TRANSCRIBER = "gpt-4o-transcribe"
"""What a session for transcription, which names its model later, is refused with."""

_CODES: dict[ErrorKind, int] = {
    "invalid_request": 4000,
    "authentication": 3000,
    "permission": 3003,
    "not_found": 4004,
    "method_not_allowed": 4000,
    "conflict": 4000,
    "request_too_large": 1009,
    "rate_limit": 1013,
    "server_error": 1011,
    "unavailable": 1013,
    "overloaded": 1013,
    "timeout": 3008,
}


def opened(incoming: Incoming, stamp: Stamp) -> Opening:
    """Answer the handshake; the service picks the subprotocol ``realtime`` of those that a web page offers."""
    http = incoming.http
    check_handshake(http)
    asked = parse_qs(http.query)
    model = asked.get("model", [""])[0]
    sent = headers.of_socket(stamp)
    if "realtime" in offered(http):
        sent += (("sec-websocket-protocol", "realtime"),)
    error = _refusal(http, model, transcribes=asked.get("intent") == ["transcription"])
    return Opening(
        status=101,
        headers=sent,
        body=b"",
        note=Note(model=model),
        hears=False,
        closing=partial(_closed, error, stamp),
    )


def _refusal(http: HttpRequest, model: str, *, transcribes: bool) -> ApiError:
    """Return what is wrong, in the order in which the service looks: the key, the beta's marks, the model."""
    kind = error_asked_for(model)
    if kind is not None:
        return ApiError(kind, "", model=model)
    try:
        check_named(model, ())
    except ApiError as error:
        return error
    if "realtime=v1" in http.headers.get("openai-beta", "") or "openai-beta.realtime-v1" in offered(http):
        return ApiError("invalid_request", _BETA, code="beta_api_shape_disabled")
    if not model and not transcribes:
        return ApiError("invalid_request", _NO_MODEL, code="missing_model")
    # what only writes down is no talker, either
    if transcribes or ("realtime" in model and "whisper" not in model):
        return ApiError("not_found", "", model=model or _TRANSCRIBER)
    return ApiError("invalid_request", _NO_TALKER.format(model), code="invalid_model")


def _closed(error: ApiError, stamp: Stamp, message: bytes | None) -> CloseReason:
    del message  # none is waited for
    told = described(error)
    kind, code = told["type"], told["code"]
    event = {
        "type": "error",
        "event_id": stamp.id("event_", "error", length=21),
        "error": {
            "type": kind,
            "code": code,
            "message": told["message"],
            "param": told["param"],
            "event_id": None,
        },
    }
    reason = f"{kind}.{code}" if code else kind
    return CloseReason(code=_CODES[error.kind], reason=shortened(reason), text=utf8(compact(event)))
