"""``response.steer`` on a WebSocket: what a user adds to a response that is under way.

What is added is queued and acknowledged (``response.steer.accepted``). Behind the response comes, unasked, another that
goes on from it with what was queued, by the settings of the first; where the response waits for the client (a tool's
result, an approval), ``response.steer.pending`` says for what, and what was queued stands before the input that brings
it. The provider may cut a response short at the end of an item, which then ends as incomplete, "steered"; here it always
finishes, as it may there. And since an answer is made in a moment, it can be steered until its lane goes on.

Guide: https://developers.openai.com/api/docs/guides/steering (September 2026), whose examples give the events' keys and
their order; the openai package (``ResponseSteerEvent``) has the codes. Not shown anywhere: the words of a failure, how much
may wait, and the numbers of failures.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockllm_core import jsontext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json
    from mockllm_core.stamp import Stamp

__all__ = ["Steering", "Target"]

_ID = re.compile(rb'"id":"(resp_[^"]*)"')
"""Where the first event of an answer names the response."""
_NUMBER = b'"sequence_number":'
_STEERED = re.compile(rb'"model":"gpt-6[^"]*"')
_UNSTEERED = ("conversation", "context_management", "multi_agent")
"""With these a response is not steered."""
_MOST, _MOST_BYTES = 16, 262_144
_PARTS = frozenset(("input_text", "input_image", "input_file"))
_WANTED: dict[str, tuple[str, tuple[str, ...]]] = {
    "function_call": ("function_call_output", ("call_id", "name")),
    "custom_tool_call": ("custom_tool_call_output", ("call_id",)),
    "computer_call": ("computer_call_output", ("call_id",)),
    "shell_call": ("shell_call_output", ("call_id",)),
    "apply_patch_call": ("apply_patch_call_output", ("call_id",)),
    "mcp_approval_request": ("mcp_approval_response", ("approval_request_id",)),
}
"""What a response waits for behind such an item, and the keys that name it."""
_WORDS = {
    "invalid_input": "Steering accepts only 'type', 'previous_response_id' and 'input', a string or a non-empty array of "
    "user messages.",
    "response_not_found": "Response with id '{}' is not available on this WebSocket connection.",
    "steering_not_supported": "Steering is not supported for this response.",
    "too_many_pending_steers": "Too much steering input is pending for this response.",
    "response_not_active": "The response is no longer accepting steering input.",
}


class Target:
    """The last response of a lane.

    Args:
        lane: its lane.
        body: the request.

    Attributes:
        name: the response's id, once it is told.
        steers: what waits to be said: ids and inputs.
    """

    def __init__(self, lane: str, body: bytes) -> None:
        self.lane = lane
        self.name = ""
        self.body = body if _STEERED.search(body) else b""
        self.steers: list[tuple[str, Json]] = []
        self.told: set[str] = set()
        self._number = self._shift = 0
        self._last = b""
        self._wanted: list[Json] | None = None

    def passes(self, text: bytes) -> bytes:
        """Note an event of the response; return it with the number that it has behind those of steering."""
        if not self.name and (found := _ID.search(text)):
            self.name = found[1].decode()
        if not self.body:
            return text
        before, _, behind = text.rpartition(_NUMBER)
        digits = re.match(rb"\d+", behind)
        if not digits:
            return text
        self._number = int(digits[0]) + self._shift + 1
        self._last = text
        if not self._shift:
            return text
        return before + _NUMBER + str(self._number - 1).encode() + behind[digits.end() :]

    def numbered(self) -> int:
        """Return the number of an event of steering."""
        self._number += 1
        self._shift += 1
        return self._number - 1

    def wanted(self) -> list[Json] | None:
        """Return what the finished response waits for; None when it is not over."""
        if self._wanted is not None or not self._last.startswith(
            (b'{"type":"response.completed"', b'{"type":"response.incomplete"')
        ):
            return self._wanted
        output = jsontext.parse(self._last)["response"]["output"]
        self._wanted = [
            {"type": kind, **{key: item.get("id" if key == "approval_request_id" else key) for key in keys}}
            for item in output
            for kind, keys in (_WANTED.get(item["type"], ("", ())),)
            if kind
        ]
        return self._wanted


class Steering:
    """What is steered on one socket.

    Args:
        stamp: the handshake's, for ids.
    """

    def __init__(self, stamp: Stamp) -> None:
        self._stamp = stamp
        self._targets: dict[str, Target] = {}
        self._says: list[bytes] = []
        self._count = 0

    def begins(self, lane: str, body: bytes) -> Target:
        """Return the response that a lane goes on with; what was to steer the one before is given back."""
        before = self._targets.get(lane)
        if before is not None:
            self._says += [
                _failed("response_not_active", before, before.name, *steer) for steer in before.steers
            ]
        target = self._targets[lane] = Target(lane, body)
        return target

    def steer(self, event: dict[str, Json]) -> None:
        """Queue what is to steer a response, and say what becomes of it."""
        self._says.append(self._steered(event))

    def _steered(self, event: dict[str, Json]) -> bytes:
        name, given = event.get("previous_response_id"), event.get("input")
        found = next((one for one in self._targets.values() if one.name and one.name == name), None)
        if event.keys() != {"type", "previous_response_id", "input"} or not _is_input(given):
            return _failed("invalid_input", found, name, "", given)
        if found is None:
            return _failed("response_not_found", None, name, "", given)
        if not found.body or any(jsontext.parse(found.body).get(key) for key in _UNSTEERED):
            return _failed("steering_not_supported", found, name, "", given)
        held = sum(len(jsontext.compact(one)) for _, one in (*found.steers, ("", given)))
        if len(found.steers) >= _MOST or held > _MOST_BYTES:
            return _failed("too_many_pending_steers", found, name, "", given)
        self._count += 1
        steer = self._stamp.id("steer_", self._count, alphabet="0123456789abcdef", length=32)
        found.steers.append((steer, given))
        return _told("accepted", found, {"steer": {"id": steer, "previous_response_id": name}})

    def due(self) -> Iterator[bytes | tuple[str, dict[str, Json]]]:
        """Yield what is to be said now, and in which lane what is to be asked: of responses that are over."""
        says, self._says = self._says, []
        yield from says
        for target in self._targets.values():
            wanted = target.wanted() if target.steers else None
            if wanted is None:
                continue
            for steer, _ in target.steers if wanted else ():
                if steer not in target.told:
                    target.told.add(steer)
                    of = {"id": steer, "previous_response_id": target.name}
                    more = {"steer": of, "reason": "waiting_for_required_input", "required_input": wanted}
                    yield _told("pending", target, more)
            if not wanted:
                asked = jsontext.parse(target.body) | {"previous_response_id": target.name}
                yield target.lane, asked | {"input": self.before(target.lane, [])}

    def waits(self, lane: str, name: Json) -> bool:
        """Tell whether something waits for what goes on from a response in its lane."""
        target = self._targets.get(lane)
        return target is not None and bool(target.steers) and target.name == name

    def before(self, lane: str, given: Json) -> list[Json]:
        """Return the input that goes on from a lane's response, behind what waited for it."""
        target = self._targets[lane]
        waiting, target.steers = target.steers, []
        return [item for one in (*(steer for _, steer in waiting), given) for item in _items(one)]


def _is_input(given: Json) -> bool:
    if isinstance(given, str):
        return bool(given)
    return isinstance(given, list) and bool(given) and all(map(_is_message, given))


def _is_message(item: Json) -> bool:
    if not isinstance(item, dict) or item.keys() - {"type", "role", "content"}:
        return False
    content = item.get("content")
    parts = [{"type": "input_text"}] if isinstance(content, str) else content
    return (
        item.get("type", "message") == "message"
        and item.get("role") == "user"
        and isinstance(parts, list)
        and all(isinstance(part, dict) and part.get("type") in _PARTS for part in parts)
    )


def _items(given: Json) -> list[Json]:
    if isinstance(given, list):
        return given
    return [{"type": "message", "role": "user", "content": given}] if given else []


def _told(name: str, target: Target | None, more: dict[str, Json]) -> bytes:
    number = 0 if target is None or not target.body else target.numbered()
    told: dict[str, Json] = {"type": f"response.steer.{name}", "sequence_number": number, **more}
    if target is not None and target.lane:
        told["stream_id"] = target.lane
    return jsontext.compact(told).encode()


def _failed(code: str, target: Target | None, name: Json, steer: str, given: Json) -> bytes:
    """Return the event that gives back what does not steer."""
    of = ({"id": steer} if steer else {}) | {"previous_response_id": name, "input": given}
    words = _WORDS[code].format(name)
    return _told(
        "failed",
        target,
        {"steer": of, "error": {"type": "invalid_request_error", "code": code, "message": words}},
    )
