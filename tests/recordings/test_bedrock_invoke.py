"""Our InvokeModel bytes against the recorded ones: read a recording, spell it again, compare."""

from __future__ import annotations

import base64
import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from mockllm_core.eventstream import Decoder
from mockllm_core.hosts.bedrock_invoke import PROTOCOL
from mockllm_core.protocols.bedrock_converse.stream import PADDING
from recordings import harness

if TYPE_CHECKING:
    from mockllm_core.frame import Finding
    from mockllm_core.reply import Turn
    from recordings.harness import Recording

ALL = harness.load("bedrock-converse")
ANSWERS = [case for case in ALL if case.values[0] is None or "/invoke" in case.values[0].path]

MODEL_FIRST_SINCE = date(2025, 10, 15)
WIDE_USAGE_SINCE = date(2025, 8, 15)
STOP_DETAILS_SINCE = date(2026, 3, 15)
OF_THE_HOST = {"connection", "content-length", "date", "transfer-encoding"}


def whole_body(recording: Recording) -> bytes:
    """The body without the spaces that the recorder put in."""
    return json.dumps(json.loads(recording.body), separators=(",", ":"), ensure_ascii=False).encode()


def read(recording: Recording) -> Turn:
    if harness.call_of(recording, PROTOCOL).stream:
        return harness.read(recording, PROTOCOL)
    findings: list[Finding] = []
    turn = PROTOCOL.read_whole(whole_body(recording), findings)
    assert not findings
    return turn


def events(wire: bytes) -> list[tuple[bytes, bytes]]:
    """Each message's header block and the JSON in its bytes; the law of the padding is checked."""
    found = []
    at = 0
    for message in Decoder().feed(wire):
        length = int.from_bytes(wire[at + 4 : at + 8], "big")
        matched = re.fullmatch(rb'\{"bytes":"([A-Za-z0-9+/]+=*)","p":"(\w+)"\}', message.payload)
        assert matched
        assert 2 <= len(matched[2]) <= 61
        assert PADDING.startswith(matched[2].decode())
        found.append((wire[at + 12 : at + 12 + length], base64.b64decode(matched[1])))
        at += message.total_length
    return found


def undone(data: bytes, items: list[str]) -> bytes:
    """An event or a message of Claude in its older form."""
    event: dict[str, Any] = json.loads(data)
    message = event.get("message", event if "role" in event else None)
    usage = (message or event).get("usage")
    if "usage-width" in items and usage is not None:
        kept = ("output_tokens",) if event["type"] == "message_delta" else ("input_tokens", "output_tokens")
        (message or event)["usage"] = {key: usage[key] for key in kept}
    if "stop-details" in items:
        (event.get("delta") or message or {}).pop("stop_details", None)
    if "model-first" in items and message is not None:
        keys = ["id", "type", "role", "model", *(key for key in message if key not in ORDERED)]
        older = {key: message[key] for key in keys}
        message.clear()
        message.update(older)
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()


ORDERED = ("id", "type", "role", "model")


def identified(data: bytes) -> bytes:
    """The message's own id, which no Turn holds, with its characters taken out."""
    return re.sub(rb'"id":"msg_bdrk_01(\w{22})"', lambda found: b'"id":"msg_bdrk_01%d"' % len(found[1]), data)


@pytest.mark.parametrize("recording", ANSWERS)
def test_a_recorded_answer_is_spelled_again_byte_for_byte(recording: Recording) -> None:
    call = harness.call_of(recording, PROTOCOL)
    turn = read(recording)
    wire = harness.encode(turn, call, PROTOCOL)
    ours = events(wire) if call.stream else [(b"", wire)]
    theirs = events(recording.body) if call.stream else [(b"", whole_body(recording))]
    since = {
        "model-first": MODEL_FIRST_SINCE,
        "usage-width": WIDE_USAGE_SINCE,
        "stop-details": STOP_DETAILS_SINCE,
    }
    assert recording.recorded is not None
    items = (
        [item for item, day in since.items() if recording.recorded < day] if call.form == "bedrock" else []
    )
    if items:
        ours = [(head, undone(data, items)) for head, data in ours]
    assert [(head, identified(data)) for head, data in ours] == [
        (head, identified(data)) for head, data in theirs
    ]
    plain = "bytes" if recording.raw else "events"
    harness.tally["bedrock-converse"][recording.name] = f"dated: {', '.join(items)}" if items else plain


@pytest.mark.parametrize("recording", ANSWERS)
def test_a_recorded_answer_has_our_headers(recording: Recording) -> None:
    call = harness.call_of(recording, PROTOCOL)
    ours = dict(PROTOCOL.headers(read(recording), call, harness.stamp()))
    theirs = {name: value for name, value in recording.headers.items() if name not in OF_THE_HOST}
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        if name not in {"x-amzn-requestid", "x-amzn-bedrock-invocation-latency"}:
            assert value == theirs[name]


@pytest.mark.parametrize("recording", ANSWERS)
def test_a_damaged_recording_gives_findings_and_no_exception(recording: Recording) -> None:
    for at in range(0, len(recording.body), 211):
        damaged = recording.body[:at] + bytes([recording.body[at] ^ 0x15]) + recording.body[at + 1 :]
        if harness.call_of(recording, PROTOCOL).stream:
            reader = PROTOCOL.reader("")
            reader.feed(damaged)
            reader.finish()
            assert reader.findings
        else:
            PROTOCOL.read_whole(damaged, [])
