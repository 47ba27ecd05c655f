"""Our Converse bytes against the recorded ones: read a recording, spell it again, compare."""

from __future__ import annotations

import json
import re
from datetime import date
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest

from mockllm_core.errors import ApiError, ErrorKind
from mockllm_core.eventstream import Decoder
from mockllm_core.protocols.bedrock_converse import PROTOCOL
from mockllm_core.protocols.bedrock_converse.errors import KINDS
from mockllm_core.protocols.bedrock_converse.stream import PADDING
from recordings import harness

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockllm_core.frame import Finding
    from mockllm_core.reply import Turn
    from recordings.harness import Recording

ALL = harness.load("bedrock-converse")
ANSWERS = [
    case
    for case in ALL
    if case.values[0] is None or ("/converse" in case.values[0].path and case.values[0].status == 200)
]
ERRORS = [case for case in ALL if case.values[0] is None or case.values[0].status != 200]

SINCE = {
    row["item"]: date.fromisoformat(f"{row['since']}-01"[:10])
    for row in json.loads(
        (resources.files("mockllm_core.protocols.bedrock_converse") / "deviations.json").read_text()
    )
    if row["dated"]
}


def whole_body(recording: Recording) -> bytes:
    """The body; where the recorder re-indented it, without the spaces it put in."""
    if recording.raw:
        return recording.body
    return json.dumps(json.loads(recording.body), separators=(",", ":"), ensure_ascii=False).encode()


def read(recording: Recording) -> Turn:
    findings: list[Finding] = []
    if harness.call_of(recording, PROTOCOL).stream:
        return harness.read(recording, PROTOCOL)
    turn = PROTOCOL.read_whole(whole_body(recording), findings)
    assert not findings
    return turn


def frames(wire: bytes) -> list[tuple[bytes, bytes]]:
    """Each message's header block and payload, the characters of the padding taken out and its law checked."""
    found = []
    at = 0
    for message in Decoder().feed(wire):
        length = int.from_bytes(wire[at + 4 : at + 8], "big")
        payload, times = re.subn(rb'"p":"([^"]*)"', b'"p":""', message.payload)
        held = json.loads(message.payload)["p"]
        assert times == 1
        assert 2 <= len(held) <= 61
        assert PADDING.startswith(held)
        found.append((wire[at + 12 : at + 12 + length], payload))
        at += message.total_length
    assert at == len(wire)
    return found


def without_server_tools(payload: bytes) -> bytes:
    return payload.replace(b'"serverToolUsage":{},', b"")


UNDO: dict[str, Callable[[bytes], bytes]] = {"serverToolUsage": without_server_tools}


def test_every_listed_older_form_is_undone_here() -> None:
    assert set(SINCE) == set(UNDO)


@pytest.mark.parametrize("recording", ANSWERS)
def test_a_recorded_answer_is_spelled_again_byte_for_byte(recording: Recording) -> None:
    call = harness.call_of(recording, PROTOCOL)
    ours: Any = harness.encode(read(recording), call, PROTOCOL)
    theirs: Any = frames(recording.body) if call.stream else [(b"", whole_body(recording))]
    ours = frames(ours) if call.stream else [(b"", ours)]
    day = recording.recorded
    items = [item for item in UNDO if day is None or day < SINCE[item]]

    def aged(tried: Sequence[str]) -> list[tuple[bytes, bytes]]:
        found = ours
        for item in tried:
            found = [(head, UNDO[item](payload)) for head, payload in found]
        return list(found)

    used = harness.needed(items, lambda tried: aged(tried) == theirs)
    if used is None:
        assert aged(items) == theirs
    harness.count("bedrock-converse", recording, used or [])


@pytest.mark.parametrize("recording", ANSWERS)
def test_a_recorded_answer_has_our_headers(recording: Recording) -> None:
    call = harness.call_of(recording, PROTOCOL)
    ours = dict(PROTOCOL.headers(read(recording), call, harness.stamp()))
    theirs = {name: value for name, value in recording.headers.items() if name not in OF_THE_HOST}
    assert theirs.get("content-type", ours["content-type"]) == ours["content-type"]
    if "x-amzn-requestid" in theirs and "headers_note" not in recording.data:
        assert theirs.keys() == ours.keys()
        assert shape(theirs["x-amzn-requestid"]) == shape(ours["x-amzn-requestid"])


OF_THE_HOST = {"connection", "content-length", "date", "transfer-encoding"}


def shape(identity: str) -> str:
    return re.sub("[0-9a-f]", "x", identity)


@pytest.mark.parametrize("recording", ERRORS)
def test_a_recorded_error_is_spelled_again(recording: Recording) -> None:
    name = recording.headers["x-amzn-errortype"].partition(":")[0]
    kind: ErrorKind = next(kind for kind, form in KINDS.items() if form.name == name)
    message = json.loads(recording.body)["message"]
    ours = PROTOCOL.error(ApiError(kind, message), None, harness.stamp())
    assert ours.status == recording.status
    assert ours.body == whole_body(recording)
    headers = dict(ours.headers)
    theirs = {name: value for name, value in recording.headers.items() if name not in OF_THE_HOST}
    assert headers.keys() == theirs.keys()
    assert headers["x-amzn-errortype"] == theirs["x-amzn-errortype"]
    assert headers["content-type"] == theirs["content-type"]
    harness.tally["bedrock-converse"][recording.name] = "bytes" if recording.raw else "events"


@pytest.mark.parametrize("recording", ANSWERS)
def test_a_damaged_recording_gives_findings_and_no_exception(recording: Recording) -> None:
    call = harness.call_of(recording, PROTOCOL)
    body = recording.body
    for at in range(0, len(body), 97):
        damaged = body[:at] + bytes([body[at] ^ 0x15]) + body[at + 1 :]
        findings: list[Finding] = []
        if call.stream:
            reader = PROTOCOL.reader("")
            reader.feed(damaged)
            reader.finish()
            assert reader.findings
        else:
            PROTOCOL.read_whole(damaged, findings)
