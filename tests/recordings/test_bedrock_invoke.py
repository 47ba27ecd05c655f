"""Our InvokeModel bytes against the recorded ones: read a recording, spell it again, compare."""

from __future__ import annotations

import base64
import json
import re
from datetime import date
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest

from mockllm_core.errors import ApiError
from mockllm_core.eventstream import Decoder
from mockllm_core.hosts.bedrock_invoke import PROTOCOL
from mockllm_core.protocols.bedrock_converse.stream import PADDING
from recordings import harness

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockllm_core.frame import Finding
    from mockllm_core.reply import Turn
    from recordings.harness import Recording

ALL = harness.load("bedrock-converse")
LISTED = json.loads((resources.files("mockllm_core.hosts.bedrock_invoke") / "deviations.json").read_text())
SINCE = {row["item"]: date.fromisoformat(row["since"]) for row in LISTED if row["dated"]}


def events(answer: bytes | Recording) -> list[tuple[bytes, bytes]]:
    """Each message's header block and the JSON in its bytes; the law of the padding is checked."""
    wire, day = (answer, None) if isinstance(answer, bytes) else (answer.body, answer.recorded)
    unpadded = day is not None and day < SINCE["padding"]
    found = []
    at = 0
    for message in Decoder().feed(wire):
        length = int.from_bytes(wire[at + 4 : at + 8], "big")
        matched = re.fullmatch(rb'\{"bytes":"([A-Za-z0-9+/]+=*)"(?:,"p":"(\w+)")?\}', message.payload)
        assert matched
        assert matched[2] or unpadded
        assert matched[2] is None or 2 <= len(matched[2]) <= 61
        assert PADDING.startswith((matched[2] or b"").decode())
        found.append((wire[at + 12 : at + 12 + length], base64.b64decode(matched[1])))
        at += message.total_length
    return found


def is_spoken(recording: Recording) -> bool:
    """Whether it is an answer, by a family and of a kind that the list of deviations does not leave out."""
    if "/invoke" not in recording.path or recording.status != 200:
        return False
    frames = recording.body.startswith(b"\0")
    said = b"".join(data for _, data in events(recording)) if frames else recording.body
    if b"amazon-bedrock-guardrail" in said:
        return "invoke-guardrails" not in {row["item"] for row in LISTED}
    try:
        harness.call_of(recording, PROTOCOL)
    except ApiError:
        return "invoke-families" not in {row["item"] for row in LISTED}
    return True


ANSWERS = [case for case in ALL if case.values[0] is None or is_spoken(case.values[0])]
OF_THE_HOST = {"connection", "content-length", "date", "transfer-encoding"}


def whole_body(recording: Recording) -> bytes:
    """The body without the spaces that the recorder put in."""
    return json.dumps(json.loads(recording.body), separators=(",", ":"), ensure_ascii=False).encode()


def read(recording: Recording) -> tuple[Turn, list[Finding]]:
    findings: list[Finding] = []
    if harness.call_of(recording, PROTOCOL).stream:
        reader = PROTOCOL.reader("")
        reader.feed(recording.body)
        return reader.finish(), reader.findings
    return PROTOCOL.read_whole(whole_body(recording), findings), findings


def wide_usage(event: dict[str, Any]) -> None:
    message = event.get("message", event)
    usage = message.get("usage")
    if usage is None or "input_tokens" not in usage:
        return
    kept = (
        ["output_tokens"] if event["type"] == "message_delta" else ["input_tokens", *CACHED, "output_tokens"]
    )
    if not any(usage.get(name) for name in CACHED):
        kept = [name for name in kept if name not in CACHED]
    message["usage"] = {key: usage[key] for key in kept}


def stop_details(event: dict[str, Any]) -> None:
    (event.get("delta") or event.get("message") or event).pop("stop_details", None)


def model_first(event: dict[str, Any]) -> None:
    message = event.get("message", event)
    if message.get("type") == "message":
        keys = ["id", "type", "role", "model", *(key for key in message if key not in ORDERED)]
        older = {key: message[key] for key in keys}
        message.clear()
        message.update(older)


def nova_cache(event: dict[str, Any]) -> None:
    usage = event.get("usage") or event.get("metadata", {}).get("usage", {})
    usage.pop("cacheReadInputTokenCount", None)
    usage.pop("cacheWriteInputTokenCount", None)


def nova_role(event: dict[str, Any]) -> None:
    if "output" in event:
        message = event["output"]["message"]
        message["content"] = message.pop("content")


ORDERED = ("id", "type", "role", "model")
OLDER = {"bedrock-usage", "bedrock-padding"}
CACHED = ("cache_creation_input_tokens", "cache_read_input_tokens")
UNDO: dict[str, Callable[[dict[str, Any]], None]] = {
    "stop-details": stop_details,
    "model-first": model_first,
    "usage-width": wide_usage,
    "nova-cache-counts": nova_cache,
    "nova-role-first": nova_role,
}


def test_every_listed_older_form_is_undone_here() -> None:
    assert set(SINCE) == {*UNDO, "padding"}


def undone(data: bytes, items: Sequence[str]) -> bytes:
    """An event or a message in its older form."""
    event: dict[str, Any] = json.loads(data)
    for item in items:
        UNDO[item](event)
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()


def identified(data: bytes) -> bytes:
    """The message's own id, which no Turn holds, with its characters taken out."""
    return re.sub(rb'"id":"msg_bdrk_01(\w{22})"', lambda found: b'"id":"msg_bdrk_01%d"' % len(found[1]), data)


@pytest.mark.parametrize("recording", ANSWERS)
def test_a_recorded_answer_is_spelled_again_byte_for_byte(recording: Recording) -> None:
    call = harness.call_of(recording, PROTOCOL)
    turn, findings = read(recording)
    wire = harness.encode(turn, call, PROTOCOL)
    ours = events(wire) if call.stream else [(b"", wire)]
    theirs = events(recording) if call.stream else [(b"", whole_body(recording))]
    day = recording.recorded

    def aged(items: Sequence[str]) -> list[tuple[bytes, bytes]]:
        return [(head, identified(undone(data, items) if items else data)) for head, data in ours]

    wanted = [(head, identified(data)) for head, data in theirs]
    items = [item for item in UNDO if day is None or day < SINCE[item]]
    used = harness.needed(items, lambda tried: aged(tried) == wanted)
    if used is None:
        assert aged(items) == wanted
    assert {finding.rule for finding in findings} <= (OLDER if used else set())
    harness.count("bedrock-converse", recording, used or [])


@pytest.mark.parametrize("recording", ANSWERS)
def test_a_recorded_answer_has_our_headers(recording: Recording) -> None:
    call = harness.call_of(recording, PROTOCOL)
    ours = dict(PROTOCOL.headers(read(recording)[0], call, harness.stamp()))
    theirs = {name: value for name, value in recording.headers.items() if name not in OF_THE_HOST}
    if "headers_note" not in recording.data:
        assert ours.keys() == theirs.keys()
    for name, value in theirs.items():
        if name not in {"x-amzn-requestid", "x-amzn-bedrock-invocation-latency"}:
            assert value == ours[name]


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
