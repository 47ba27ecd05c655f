"""The Live API, which is not served: its WebSocket opens, hears the client's ``setup`` and closes.

What the service does, as it was probed in public in September 2026 and is printed in issues since 2025: every handshake
succeeds, whatever key it has; nothing is said before the first message comes; then comes a close frame and no message.
Its reason is the sentence that the same mistake gets over HTTP, cut where a close frame ends. Close codes: 1007 for what
a message holds and for keys, 1008 for a model that is not found or a caller that may not, 1011 for a quota and what is
the service's own fault.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from mockllm_core import jsontext
from mockllm_core.asked import check_named, error_asked_for
from mockllm_core.contract import Complaint
from mockllm_core.errors import ApiError
from mockllm_core.protocols.google_genai.complaints import complain
from mockllm_core.protocols.google_genai.errors import sentence
from mockllm_core.websocket import CloseReason, Opening, check_handshake, shortened

if TYPE_CHECKING:
    from mockllm_core.errors import ErrorKind
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Incoming
    from mockllm_core.stamp import Stamp

__all__ = ["opened"]

_CODES: dict[ErrorKind, int] = {
    "invalid_request": 1007,
    "authentication": 1007,
    "permission": 1008,
    "not_found": 1008,
    "method_not_allowed": 1008,
    "conflict": 1008,
    "request_too_large": 1009,
    "rate_limit": 1011,
    "server_error": 1011,
    "unavailable": 1011,
    "overloaded": 1011,
    "timeout": 1011,
}
_BAD_KEY = "API key not valid. Please pass a valid API key."
_CONSTRAINED = "Constrained"
_INNER = "v1main"
"""The version that the service names to who comes with a token of short life."""


def opened(incoming: Incoming, stamp: Stamp) -> Opening:
    """Answer the handshake."""
    check_handshake(incoming.http)
    version, method = incoming.params["version"], incoming.params.get("method", "")
    if method.endswith(_CONSTRAINED):
        version, method = _INNER, method.removesuffix(_CONSTRAINED)
    prefix = f"/{version}" if method else f"/{version}/publishers/google"
    method = method or "BidiGenerateContent"
    place = (prefix, f"{method[:1].lower()}{method[1:]}")
    return Opening(status=101, headers=(), body=b"", hears=True, closing=partial(_closed, place, stamp))


def _closed(place: tuple[str, str], stamp: Stamp, message: bytes | None) -> CloseReason:
    """Return the end that the first message brings about."""
    prefix, method = place
    model = ""
    if message is None:
        error = ApiError("timeout", "")
    else:
        try:
            model = _model(message)
            error = _refusal(model)
        except ApiError as complaint:
            error = complaint
    vertex = prefix.endswith("/publishers/google")
    if error.kind == "authentication" and not vertex:
        error = ApiError("invalid_request", _BAD_KEY)
    prefix = f"{prefix.partition('/publishers/')[0]}/{model.rpartition('/models/')[0]}" if vertex else prefix
    path = f"{prefix}/models/{error.model or ''}:{method}"
    told = error.message or sentence(error, path, stamp)
    return CloseReason(code=_CODES[error.kind], reason=shortened(told), model=error.model or model)


def _model(message: bytes) -> str:
    """Return the model that a setup names.

    Raises:
        ApiError: the message is no setup, or names none.
    """
    if len(message) > _LONG:
        return _named(message)
    try:
        said = jsontext.parse(message)
    except ValueError as error:
        raise complain(Complaint(path=(), kind="json", expected=str(error), found=None)) from None
    setup: Json = said.get("setup") if isinstance(said, dict) else None
    model = setup.get("model") if isinstance(setup, dict) else None
    if not isinstance(model, str) or not model:
        raise ApiError("invalid_request", "")
    return model


def _named(message: bytes) -> str:
    """Return the model of a long setup, of which others need not wait for all to be read.

    In a text of it the quotes would be escaped, and what a schema calls so is an object.

    Raises:
        ApiError: none is named.
    """
    found = _MODEL.search(message) if b'"setup"' in message else None
    if found is None:
        raise ApiError("invalid_request", "")
    return found[1].decode("utf-8", "replace")


_LONG = 65_536
_MODEL = re.compile(rb'"model"\s*+:\s*+"([^"\\]++)"')


def _refusal(model: str) -> ApiError:
    """Return the error that a model's name asks for, or that there is no such model."""
    kind = error_asked_for(model)
    if kind is None:
        check_named(model, ())
    return ApiError(kind or "not_found", "", model=model.rpartition("/")[2])
