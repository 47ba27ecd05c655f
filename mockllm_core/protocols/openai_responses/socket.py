"""Responses on a WebSocket: each ``response.create`` is a request, and each event of its answer a message.

The body is that of ``POST /v1/responses`` without what belongs to its transport (``stream``, ``background``), with
``stream_id``, the lane in which it waits for its turn, and ``generate``, which is false where an answer is only prepared.
A lane's last response can be continued from as long as the socket is open, whatever ``store`` says, until a continuation
of it fails (so openresponses reads the guide).

What steers a response stands in ``steering``.

Guide: https://developers.openai.com/api/docs/guides/websocket-mode (September 2026), whose four errors stand below; errors
of requests come in the same form, without what is null, as clients print it (openai/codex, and steipete in
openclaw/openclaw pull 122727). Not shown anywhere: where in an event ``stream_id`` stands, the words for a message of
another type, and the events of a response that is only prepared.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core import jsontext
from mockllm_core.contract import Complaint
from mockllm_core.exchange import Asked, Note
from mockllm_core.frame import Pause, frames
from mockllm_core.protocols.openai_responses.complaints import complain
from mockllm_core.protocols.openai_responses.headers import of_socket
from mockllm_core.protocols.openai_responses.steering import Steering
from mockllm_core.websocket import Served, check_handshake

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mockllm_core.errors import ApiError
    from mockllm_core.exchange import HttpRequest, HttpResponse
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Incoming, Memory
    from mockllm_core.stamp import Stamp

__all__ = ["opened"]

_HOUR = 3600.0
_LANES = 32
_LANE = re.compile(r"[A-Za-z0-9_.-]{1,256}")
_ASKED = frozenset(("type", "stream_id", "generate", "stream", "background"))
"""What an event has beside the request."""
_KINDS = ("response.create", "response.steer")
_OF_HANDSHAKE = frozenset(("accept-encoding", "connection", "content-length", "upgrade"))
"""Headers of a handshake that say nothing of the requests behind it, beside those of WebSockets."""


def opened(incoming: Incoming, stamp: Stamp) -> Served:
    """Answer the handshake."""
    check_handshake(incoming.http)
    return Served(
        status=101,
        headers=of_socket(stamp),
        body=b"",
        note=Note(),
        dialogue=_Lanes(incoming.http, stamp),
        most=_HOUR,
    )


class _Lanes:
    """What is said on one socket.

    Args:
        http: the handshake.
        stamp: its ids.
    """

    def __init__(self, http: HttpRequest, stamp: Stamp) -> None:
        self._path, self._query = http.path, http.query
        self._headers = {
            name: value
            for name, value in http.headers.items()
            if name not in _OF_HANDSHAKE and not name.startswith("sec-websocket-")
        } | {"content-type": "application/json"}
        self._names: set[str] = set()
        self._passing = _Passing()
        self._steering = Steering(stamp)

    def memory(self, shared: Memory | None) -> Memory:
        """Return what all keep, and above it what each lane said last."""
        self._passing.shared = shared
        return self._passing

    def take(self, message: bytes) -> Asked | bytes:
        """Return the request that a message stands for, or the event that refuses it."""
        try:
            event = jsontext.parse(message)
        except ValueError:
            event = None
        if not isinstance(event, dict):
            # what is said of such a body over HTTP
            return self._request(message, "", silent=False)
        if event.get("type") == "response.steer":
            self._steering.steer(event)
            return b""
        named = "stream_id" in event
        lane = event.get("stream_id", "")
        if named and not (isinstance(lane, str) and _LANE.fullmatch(lane)):
            return _refused(_error("invalid_stream_id", _NO_LANE, "stream_id"), "")
        kind = event.get("type")
        if kind not in _KINDS:
            return _refused(_of(_complaint(kind, named="type" in event)), lane)
        if named:
            if lane not in self._names and len(self._names) >= _LANES:
                return _refused(_error("websocket_stream_limit_reached", _NO_MORE_LANES, "stream_id"), lane)
            self._names.add(lane)
        silent = event.get("generate") is False
        asked = {key: value for key, value in event.items() if key not in _ASKED} | {"stream": True}
        if silent:
            asked.setdefault("input", [])
        if (name := asked.get("previous_response_id")) and self._steering.waits(lane, name):
            asked["input"] = self._steering.before(lane, asked.get("input"))
        return self._request(jsontext.compact(asked).encode(), lane, silent=silent)

    def told(self, asked: Asked, response: HttpResponse) -> Iterator[bytes | Pause]:
        """Yield an answer's events; of one that is no stream, what is wrong."""
        lane = asked.lane
        if response.body is not None:
            self._passing.forget(_continued(asked.body))
            told = jsontext.parse(response.body)
            yield _refused(told.get("error", told), lane, response.status)
            return
        mark = _mark(lane)
        target = self._steering.begins(lane, asked.body)
        for step in response.steps:
            if isinstance(step, Pause):
                yield step
                continue
            for frame in frames((step,)):
                text = target.passes(frame.wire[frame.start : frame.end])
                if text:
                    yield text[:-1] + mark if mark else text
        self._passing.settle(target.name, lane)

    def due(self) -> Iterator[Asked | bytes]:
        """Yield what is to be said or asked unasked: what steers a response that is over."""
        for one in self._steering.due():
            if isinstance(one, bytes):
                yield one
            else:
                lane, asked = one
                yield self._request(jsontext.compact(asked).encode(), lane, silent=False)

    def over(self) -> bytes:
        """Return what is said after an hour."""
        return _refused(_error("websocket_connection_limit_reached", _TOO_LONG), "")

    def _request(self, body: bytes, lane: str, *, silent: bool) -> Asked:
        return Asked(
            method="POST",
            path=self._path,
            query=self._query,
            headers=self._headers,
            body=body,
            lane=lane,
            silent=silent,
        )


_MOST_KEPT = 16 << 20
"""Bytes of last responses that one connection keeps."""


class _Last(NamedTuple):
    """The last response of a lane, and about how many bytes it holds."""

    name: str
    value: Json
    size: int


class _Passing:
    """A memory above another: of each lane the last response, which nobody else sees.

    Attributes:
        shared: what all have; None keeps nothing.
    """

    def __init__(self) -> None:
        self.shared: Memory | None = None
        self._fresh: dict[str, tuple[Json, int]] = {}
        self._last: dict[str, _Last] = {}

    def get(self, name: str) -> Json:
        """Return what a lane or all have under a name."""
        if name in self._fresh:
            return self._fresh[name][0]
        for last in self._last.values():
            if last.name == name:
                return last.value
        return None if self.shared is None else self.shared.get(name)

    def put(self, name: str, value: Json, size: int) -> None:
        """Keep a value for all."""
        if self.shared is not None:
            self.shared.put(name, value, size)

    def hold(self, name: str, value: Json, size: int) -> None:
        """Keep a value until the next of its lane, which ``settle`` tells."""
        self._fresh[name] = value, size

    def settle(self, name: str, lane: str) -> None:
        """Let what is kept under a name be the last of a lane; lanes that rest the longest lose theirs to long ones."""
        if name not in self._fresh:
            return
        self._last.pop(lane, None)
        self._last[lane] = _Last(name, *self._fresh.pop(name))
        while len(self._last) > 1 and sum(last.size for last in self._last.values()) > _MOST_KEPT:
            del self._last[next(iter(self._last))]

    def forget(self, name: str) -> None:
        """Forget what a lane has under a name: something went wrong behind it."""
        self._last = {lane: last for lane, last in self._last.items() if last.name != name}

    def delete(self, name: str) -> bool:
        """Forget a name of all."""
        return self.shared is not None and self.shared.delete(name)

    def names(self, prefix: str) -> list[str]:
        """Return the names that begin so."""
        own = [last.name for last in tuple(self._last.values()) if last.name.startswith(prefix)]
        shared = [] if self.shared is None else self.shared.names(prefix)
        return [*shared, *(name for name in own if name not in shared)]


# -- what is wrong ------------------------------------------------------------------------------------------------

_NO_LANE = (
    "The 'stream_id' field must be a non-empty string with at most 256 characters and may only contain letters, numbers, "
    "underscores, hyphens, and periods."
)
_NO_MORE_LANES = (
    "This WebSocket connection has reached its maximum number of distinct stream IDs (32). Reuse an existing stream_id or "
    "open a new WebSocket connection."
)
_TOO_LONG = "Responses websocket connection limit reached (60 minutes). Create a new websocket connection to continue."


def _error(code: str, sentence: str, param: str | None = None) -> dict[str, Json]:
    return {"type": "invalid_request_error", "code": code, "message": sentence, "param": param}


def _of(error: ApiError) -> dict[str, Json]:
    return {
        "type": "invalid_request_error",
        "code": error.code,
        "message": error.message,
        "param": error.param,
    }


def _complaint(kind: Json, *, named: bool) -> ApiError:
    """Return what the API says of such a value elsewhere."""
    expected = f"one of {' and '.join(map(repr, _KINDS))}"
    if not named:
        return complain(Complaint(path=("type",), kind="missing", expected=expected))
    if not isinstance(kind, str):
        return complain(Complaint(path=("type",), kind="type", expected="a string", found=kind))
    return complain(Complaint(path=("type",), kind="value", expected=expected, found=kind, among=_KINDS))


def _refused(error: Mapping[str, Json], lane: str, status: int = 400) -> bytes:
    """Return the event of an error, without what is null."""
    order = ("type", "code", "message", "param")
    told: dict[str, Json] = {"type": "error", "status": status}
    if lane:
        told["stream_id"] = lane
    told["error"] = {key: error[key] for key in order if error.get(key) is not None}
    return jsontext.compact(told).encode()


def _continued(body: bytes) -> str:
    """Return which response a request that was refused was to continue."""
    try:
        asked = jsontext.parse(body)
    except ValueError:
        return ""
    return str(asked.get("previous_response_id") or "") if isinstance(asked, dict) else ""


def _mark(lane: str) -> bytes:
    return f',"stream_id":"{lane}"}}'.encode() if lane else b""
