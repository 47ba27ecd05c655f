"""The encoders' mirror: streams and bodies read back into a Turn, every break of the rules noted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockllm_core import jsontext, sse
from mockllm_core.frame import Finding
from mockllm_core.protocol import Reading
from mockllm_core.protocols.openai_responses.carried import ITEMS, LISTED, carried_faults
from mockllm_core.protocols.openai_responses.compaction import COMPACTING, KIND
from mockllm_core.protocols.openai_responses.gather import STATELESS, Item, gathered
from mockllm_core.protocols.openai_responses.rules import (
    ANNOTATED,
    RULES,
    SORTED,
    STEPS,
    event_faults,
    response_faults,
)

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.reply import Turn

__all__ = ["READING", "ResponsesReader", "read_whole"]

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SERVERS = re.compile(
    r"response\.(web_search_call|file_search_call|code_interpreter_call|code_interpreter_call_code|"
    r"image_generation_call|mcp_call|mcp_call_arguments|mcp_list_tools|reasoning_text|"
    r"shell_call_command|shell_call_output_content|apply_patch_call_operation_diff)\.[a-z_.]+"
)
"""Events of the provider's own tools: carried through as they are."""

_BEGUN = (*STATELESS, "program_output")
"""Kinds of items that do not begin in progress."""

_ENDS = ("response.completed", "response.incomplete", "response.failed")
_MOVING = frozenset(
    [
        "status",
        "completed_at",
        "content_filters",
        "error",
        "incomplete_details",
        "output",
        "usage",
        "service_tier",
        "moderation",
        "tool_usage",
    ]
)
_STATUS = {"response.created": "in_progress"} | {
    name: name.removeprefix("response.") for name in ("response.queued", "response.in_progress", *_ENDS)
}
_OPENINGS = ("response.created", "response.in_progress")
_QUEUED = ("response.created", "response.queued", "response.in_progress")
"""How a stream begins, and one of the background."""
_KNOWN = frozenset(
    (*STEPS, *_STATUS, ANNOTATED, "response.output_item.added", "response.output_item.done", "error")
)


class ResponsesReader:
    """Read a stream; feed bytes in any partition, then finish. Never raises over the content.

    Attributes:
        findings: what broke a rule, in the order it was met.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._decoder = sse.Decoder()
        self._number = 0
        self._offset = 0
        self._opening: dict[str, Json] | None = None
        self._begun = len(_OPENINGS)
        self._closing: dict[str, Json] | None = None
        self._error: Json = None
        self._items: list[Item] = []
        self._open: Item | None = None
        self._lists: list[Item] = []

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        for received in self._decoder.feed(data):
            self._offset = received.offset
            self._take(received)
            self._number += 1

    def finish(self) -> Turn:
        """Say that no more bytes come, and return what was read."""
        self._offset = self._decoder.offset
        if self._decoder.pending:
            self._note("responses-framing", "the stream ends inside an event")
        if self._closing is None:
            self._note("responses-terminator", "the stream ends without response.completed")
        response = self._closing or self._opening or {}
        return gathered(self._items, response, self._error)

    def _note(self, rule: str, sentence: str) -> None:
        self.findings.append(Finding(rule, self._number, self._offset, sentence))

    def _take(self, received: sse.Received) -> None:
        data = received.data or ""
        try:
            payload = jsontext.parse(data)
        except ValueError:
            self._note("responses-json", "the payload is not JSON")
            return
        name = payload.get("type") if isinstance(payload, dict) else None
        if not isinstance(name, str):
            self._note("responses-json", "the payload is no object with a type")
            return
        if received.wire != f"event: {name}\ndata: {data}\n\n".encode("utf-8", "surrogatepass"):
            self._note("responses-framing", f"{name} is not framed as one event line and one data line")
        if re.search(r"\s", _STRING.sub("", data)):
            self._note("responses-json", f"{name} is not compact JSON")
        if payload.get("sequence_number") != self._number:
            found = payload.get("sequence_number")
            self._note("responses-sequence", f"{name} has sequence_number {found}, not {self._number}")
        self._step(name, payload)

    def _step(self, name: str, payload: dict[str, Json]) -> None:
        if self._closing is not None:
            self._note("responses-terminator", f"{name} follows the last event")
            return
        if name == COMPACTING:
            self._compacting(payload)
            return
        self._turn_to(payload.get("output_index"))
        told = (self._opening or {}).get("created_at")
        born = told if isinstance(told, int) else 0
        if name not in _KNOWN:
            self._tools(name, payload, ordered=born >= SORTED)
            return
        for rule, sentence in event_faults(payload, born):
            self._note(rule, sentence)
        if name in _STATUS:
            self._whole(name, payload.get("response"))
            return
        if name == "error":
            self._error = payload.get("error")
            return
        if self._number < self._begun:
            self._note("responses-order", f"{name} comes before response.created and response.in_progress")
        if name == "response.output_item.added":
            self._added(payload)
        elif self._open is None:
            self._note("responses-order", f"{name} comes outside an item")
        elif name == "response.output_item.done":
            self._done(payload)
        else:
            self._part(name, payload, self._open)

    # -- the response ---------------------------------------------------------------------------------------

    def _whole(self, name: str, response: Json) -> None:
        if not isinstance(response, dict):
            self._note("responses-keys", f"{name} has no response object")
            return
        for rule, sentence in response_faults(response, streamed=True):
            self._note(rule, sentence)
        first = self._opening is None
        status = response.get("status")
        if first and status == "queued" and response.get("background") is True:
            self._begun = len(_QUEUED)
        elif status != _STATUS[name]:
            self._note("responses-status", f"{name} has status {status}")
        order = _QUEUED if self._begun == len(_QUEUED) else _OPENINGS
        wanted = order[self._number] if self._number < len(order) else ""
        if name != wanted and (wanted or name in _QUEUED):
            self._note("responses-order", f"{name} stands at the wrong place")
        if self._opening is None:
            self._opening = response
        changed = [
            key
            for key in response.keys() | self._opening.keys()
            if key not in _MOVING and response.get(key) != self._opening.get(key)
        ]
        if changed:
            self._note("responses-echo", f"{', '.join(sorted(changed))} changed since response.created")
        if name in _ENDS:
            self._end(name, response)

    def _end(self, name: str, response: dict[str, Json]) -> None:
        self._closing = response
        if name == "response.failed":
            if not isinstance(self._error, dict) or not isinstance(response.get("error"), dict):
                self._note(
                    "responses-order", "response.failed comes without an error event or without an error"
                )
            return
        if self._open is not None:
            self._note("responses-order", f"{name} comes inside an item")
        for sentence in usage_faults(response.get("usage")):
            self._note("responses-usage", sentence)
        listed = response.get("output")
        told = [_unsealed(item.done) for item in self._items]
        if not isinstance(listed, list) or [_unsealed(item) for item in listed] != told:
            self._note("responses-output", "the response's output is not what the items were")
        for rule, sentence in id_faults(response, [item.id for item in self._items]):
            self._note(rule, sentence)

    # -- items ------------------------------------------------------------------------------------------------

    def _turn_to(self, index: Json) -> None:
        """Go on with another list of a server's tools, of which several come at once."""
        for item in self._lists:
            if item.nth == index:
                self._open = item

    def _added(self, payload: dict[str, Json]) -> None:
        item = payload.get("item")
        opened = Item(item if isinstance(item, dict) else {}, len(self._items))
        if self._open is not None and not self._open.type == opened.type == LISTED:
            self._note("responses-order", "an item begins before the last one is done")
        self._open = opened
        self._items.append(opened)
        if opened.type == LISTED:
            self._lists.append(opened)
        self._indexed(payload, opened)
        if opened.type not in _BEGUN and opened.added.get("status") != "in_progress":
            self._note("responses-status", "an item begins with another status than in_progress")
        if opened.says() != "":
            self._note("responses-text", "an item begins with content")

    def _done(self, payload: dict[str, Json]) -> None:
        item, opened = payload.get("item"), self._open
        if opened is None or not isinstance(item, dict):
            return
        self._belongs(payload, item.get("id"), opened)
        for rule, sentence in opened.finish(item):
            self._note(rule, sentence)
        self._lists = [one for one in self._lists if one is not opened]
        self._open = self._lists[-1] if self._lists else None

    def _belongs(self, payload: dict[str, Json], named: Json, opened: Item) -> None:
        if named != opened.id:
            self._note("responses-item-id", f"the id {named} is not the item's, {opened.id}")
        self._indexed(payload, opened)

    def _indexed(self, payload: dict[str, Json], opened: Item) -> None:
        if payload.get("output_index") != opened.nth:
            self._note("responses-index", f"output_index is {payload.get('output_index')}, not {opened.nth}")

    def _part(self, name: str, payload: dict[str, Json], opened: Item) -> None:
        self._belongs(payload, payload.get("item_id"), opened)
        for rule, sentence in opened.annotate(payload) if name == ANNOTATED else opened.take(name, payload):
            self._note(rule, sentence)

    def _tools(self, name: str, payload: dict[str, Json], *, ordered: bool) -> None:
        """Take an event of a tool of the provider's, which is kept as it is."""
        if not _SERVERS.fullmatch(name):
            self._note("responses-unknown-event", f"{name} is no event of this API")
        elif self._open is not None:
            for rule, sentence in carried_faults(payload, self._open.type, ordered=ordered):
                self._note(rule, sentence)
            self._belongs(payload, payload.get("item_id", self._open.id), self._open)
        self._carry(payload)

    def _compacting(self, payload: dict[str, Json]) -> None:
        """Take the progress of a compaction, which tells nothing but that there is some."""
        for rule, sentence in event_faults(payload, 0):
            self._note(rule, sentence)
        if self._open is None or self._open.type != KIND:
            self._note("responses-compaction", f"{COMPACTING} comes outside a compaction item")
        else:
            self._belongs(payload, payload.get("item_id"), self._open)
        self._carry(payload)

    def _carry(self, payload: dict[str, Json]) -> None:
        if self._open is None:
            self._note("responses-order", f"{payload['type']} comes outside an item")
        else:
            self._open.carry(payload)


def _unsealed(item: Json) -> Json:
    """Return an item without its encrypted content, which is another text each time."""
    if not isinstance(item, dict):
        return item
    return {key: value for key, value in item.items() if key not in ("encrypted_content", "fingerprint")}


def usage_faults(usage: Json) -> list[str]:
    """Return what is wrong with the final usage."""
    if not isinstance(usage, dict):
        return ["there is no usage"]
    counts = [_count(usage.get(key)) for key in ("input_tokens", "output_tokens", "total_tokens")]
    if min(counts) < 0:
        return ["a count of usage is missing or no number"]
    faults = (
        [] if counts[0] + counts[1] == counts[2] else ["input and output tokens do not add up to the total"]
    )
    for side, most in (("input", counts[0]), ("output", counts[1])):
        details = usage.get(f"{side}_tokens_details")
        parts = list(details.values()) if isinstance(details, dict) else [None]
        if not all(0 <= _count(part) <= most for part in parts):
            faults.append(f"{side}_tokens_details is missing or exceeds its total")
    return faults


def _count(value: Json) -> int:
    """Return a number of tokens, -1 for what is none."""
    return value if type(value) is int else -1


_PREFIX = {
    "message": "msg_",
    "function_call": "fc_",
    "custom_tool_call": "ctc_",
    "reasoning": "rs_",
    KIND: "cmp_",
    **{kind: prefix for kind, (prefix, _) in ITEMS.items()},
}


def id_faults(response: dict[str, Json], items: list[str]) -> list[tuple[str, str]]:
    """Return the ids that have not their form: 48 hex with the shared part last, or since autumn 2025 50, it first."""
    faults = [
        ("responses-id", f"the id {named} has not the form of its kind")
        for named in (response.get("id"), *items)
        if not isinstance(named, str) or not re.fullmatch(r"[a-z]+_(?:[0-9a-f]{48}|[0-9a-f]{50})", named)
    ]
    if not faults and not str(response.get("id")).startswith("resp_"):
        faults.append(("responses-id", f"the id {response['id']} does not begin with resp_"))
    if not faults:
        hexes = [named.partition("_")[2] for named in (str(response.get("id")), *items)]
        shared = {text[:16] if len(text) == 50 else text[32:] for text in hexes}
        if len(shared) > 1:
            faults.append(("responses-id", "the response and its items do not share a part of their ids"))
    listed = response.get("output")
    for item in listed if isinstance(listed, list) else ():
        kind, named = (str(item.get("type")), str(item.get("id"))) if isinstance(item, dict) else ("", "")
        if not named.startswith(_PREFIX.get(kind, "")):
            faults.append(("responses-id", f"the id {named} does not begin with {_PREFIX[kind]}"))
    return faults


_BEHIND = ("queued", "in_progress", "cancelled")
"""What else a response of the background can be."""


def read_whole(data: bytes, findings: list[Finding]) -> Turn:
    """Read a body that was not streamed; findings are appended."""

    def note(rule: str, sentence: str) -> None:
        findings.append(Finding(rule, -1, 0, sentence))

    try:
        response = jsontext.parse(data)
    except ValueError:
        response = None
    if not isinstance(response, dict):
        note("responses-json", "the body is no JSON object")
        return gathered([], {}, None)
    text = data.decode("utf-8", "replace")
    if _STRING.sub('""', text) != _STRING.sub('""', jsontext.pretty(response)):
        from mockllm_core.protocols.openai_responses.spell import pretty

        if _STRING.sub('""', text) != _STRING.sub('""', pretty(response)):
            note("responses-layout", "the body has not an indent of two spaces without a final newline")
    for rule, sentence in response_faults(response, streamed=False):
        note(rule, sentence)
    status = response.get("status")
    ended = status in ("completed", "incomplete", "failed")
    if not ended and not (response.get("background") is True and status in _BEHIND):
        note("responses-status", f"the response has status {status}")
    for sentence in usage_faults(response.get("usage")) if ended or response.get("usage") is not None else ():
        note("responses-usage", sentence)
    listed = response.get("output")
    items: list[Item] = []
    for told in listed if isinstance(listed, list) else ():
        item = Item(told if isinstance(told, dict) else {})
        for rule, sentence in item.whole(item.added):
            note(rule, sentence)
        items.append(item)
    for rule, sentence in id_faults(response, [item.id for item in items]):
        note(rule, sentence)
    return gathered(items, response, None)


READING = Reading(lambda _: ResponsesReader(), read_whole, RULES)
