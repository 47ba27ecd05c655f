"""Every recorded Gemini answer is read, spelled again and found the same, byte for byte."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from datetime import UTC, date, datetime
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from mockllm_core import contract
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpRequest
from mockllm_core.protocols.google_genai import PROTOCOL
from mockllm_core.protocols.google_genai.families import resolved
from mockllm_core.protocols.google_genai.ids import is_response_id
from recordings import harness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockllm_core.frame import Finding
    from mockllm_core.reply import Turn
    from recordings.harness import Recording

NAME = "google-genai"
ALL = harness.load(NAME)
GOOD = [one for one in ALL if one.values[0] is None or one.values[0].status == 200]
REFUSED = [one for one in ALL if one.values[0] is None or one.values[0].status != 200]

RESPONSE_ID = re.compile(rb'"responseId": "([A-Za-z0-9_-]+)"')
CREATED = re.compile(rb'"createTime": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"')

DATED = {
    item["item"]: date.fromisoformat(item["since"])
    for item in json.loads(
        (resources.files("mockllm_core.protocols.google_genai") / "deviations.json").read_text("utf-8")
    )
    if item["dated"]
}
UNDO = {
    "service-tier": re.compile(rb',\s*"serviceTier": "[a-z]+"'),
    "call-id": re.compile(rb',\s*"id": "[a-z0-9]{8}"'),
    "finish-message": re.compile(rb',\s*"finishMessage": "Model generated function call\(s\)\."'),
}


def test_every_listed_older_form_is_undone_here() -> None:
    assert set(DATED) == {*UNDO, "tier-header"}


def answered(recording: Recording) -> date:
    """Return the day on which the answer was made, as its response id tells."""
    found = RESPONSE_ID.search(recording.body)
    assert found is not None
    raw = urlsafe_b64decode(found[1] + b"=" * (-len(found[1]) % 4))
    return datetime.fromtimestamp(int.from_bytes(raw[:4], "little"), UTC).date()


def newer(day: date) -> list[str]:
    """Return the items that the provider added after that day, the newest first."""
    return sorted((item for item in DATED if DATED[item] > day), key=lambda item: DATED[item], reverse=True)


def plain(wire: bytes) -> bytes:
    """Return the bytes without what no mock can know: the characters of ids and the time."""

    def ident(found: re.Match[bytes]) -> bytes:
        assert is_response_id(found[1].decode())
        return b'"responseId": "ID"'

    return CREATED.sub(b'"createTime": "TIME"', RESPONSE_ID.sub(ident, wire))


def read(recording: Recording) -> Turn:
    """Return the answer as a Turn; findings fail the test, but for those that the recorder itself made."""
    if recording.raw or "body_note" not in recording.data:
        return harness.read(recording, PROTOCOL)
    findings: list[Finding] = []
    turn = PROTOCOL.read_whole(recording.body, findings)
    assert {finding.rule for finding in findings} <= {"gemini-spelling", "gemini-order"}
    return turn


def same(ours: bytes, recording: Recording) -> bool:
    """Whether our bytes are the recording's, as far as it kept them."""
    if recording.raw:
        return plain(ours) == plain(recording.body)
    return bool(json.loads(plain(ours)) == json.loads(plain(recording.body)))


@pytest.mark.parametrize("recording", GOOD)
def test_an_answer_is_reproduced_but_for_what_was_added_since(recording: Recording) -> None:
    ours = harness.encode(read(recording), harness.call_of(recording, PROTOCOL), PROTOCOL)
    items = [item for item in newer(answered(recording)) if item in UNDO]
    used = harness.needed(items, lambda tried: same(aged(ours, tried), recording))
    if used is None:
        assert plain(aged(ours, items)) == plain(recording.body)
    harness.count(NAME, recording, used or [])


def aged(wire: bytes, items: Sequence[str]) -> bytes:
    """Return our bytes as the provider sent them before those items."""
    for item in items:
        wire = UNDO[item].sub(b"", wire)
    return wire


@pytest.mark.parametrize("recording", GOOD)
def test_the_model_asked_for_resolves_to_the_one_that_answered(recording: Recording) -> None:
    asked, answered_by = harness.call_of(recording, PROTOCOL).model, read(recording).facts["model"]
    assert answered_by == resolved(asked) or (asked.endswith("-latest") and asked == resolved(asked))


@pytest.mark.parametrize("recording", [one for one in ALL if one.values[0] is None or one.values[0].request])
def test_a_recorded_request_meets_the_contract(recording: Recording) -> None:
    asked, endpoint = harness.incoming(recording, PROTOCOL)
    assert contract.check(endpoint.contract, asked.body) is None


@pytest.mark.parametrize("recording", GOOD)
def test_a_stream_is_read_the_same_in_any_partition(recording: Recording) -> None:
    if not harness.call_of(recording, PROTOCOL).stream:
        pytest.skip("not a stream")
    whole = read(recording)
    for size in (1, 7, 64):
        reader = PROTOCOL.reader(str(recording.headers.get("content-type", "")))
        for at in range(0, len(recording.body), size):
            reader.feed(recording.body[at : at + size])
        assert reader.finish() == whole
        assert not reader.findings


VARYING = re.compile(r"gfet4t7; dur=\d+")


@pytest.mark.parametrize("recording", GOOD)
def test_the_fixed_headers_are_the_recorded_ones(recording: Recording) -> None:
    if not recording.headers:
        pytest.skip("the recorder dropped the headers")
    call = harness.call_of(recording, PROTOCOL)
    ours = sorted(
        (name, VARYING.sub("T", value))
        for name, value in PROTOCOL.headers(read(recording), call, harness.stamp())
    )
    hosts = ("date", "transfer-encoding", "content-encoding", "content-length", "accept-ranges")
    if "tier-header" in newer(answered(recording)):
        ours = [(name, value) for name, value in ours if name != "x-gemini-service-tier"]
    theirs = sorted(
        (name, VARYING.sub("T", str(value)))
        for name, values in recording.headers.items()
        if name not in hosts
        for told in (values if isinstance(values, list) else [values])
        for value in str(told).replace("Origin,Accept-Encoding", "Origin").split("\n")
    )
    if "accept-ranges" in recording.headers:
        # a front end of Google's that does not offer another protocol
        ours = [(name, value) for name, value in ours if name != "alt-svc"]
        theirs = [(name, value) for name, value in theirs if name != "alt-svc"]
    if "headers_note" in recording.data:
        assert set(theirs) <= set(ours)
    else:
        assert theirs == ours


KINDS = {400: "invalid_request", 404: "not_found", 429: "rate_limit", 503: "overloaded"}
DELAY = re.compile(r'"retryDelay": "\d+s"')


@pytest.mark.parametrize("recording", REFUSED)
def test_an_error_is_reproduced(recording: Recording) -> None:
    told = json.loads(recording.body)["error"]
    reasons = [detail.get("reason") for detail in told.get("details", ())]
    failure = ApiError(
        KINDS[recording.status],  # type: ignore[arg-type]
        told["message"],
        code="API_KEY_INVALID" if "API_KEY_INVALID" in reasons else None,
        model=recording.data["model"],
    )
    path = recording.path or "/v1beta/models/gemini-2.0-flash:generateContent"
    request = HttpRequest(method="POST", path=path, query=recording.query)
    ours = PROTOCOL.error(failure, request, harness.stamp())
    assert ours.status == recording.status
    assert ours.body is not None
    if "body_note" in recording.data:
        assert json.loads(ours.body) == json.loads(recording.body)
        assert list(json.loads(ours.body)["error"]) == list(told)
    else:
        assert DELAY.sub("", ours.body.decode()) == DELAY.sub("", recording.body.decode())
    kept = {("content-type", recording.headers["content-type"])}
    assert kept <= set(ours.headers)
    harness.tally[NAME][recording.name] = "events" if "body_note" in recording.data else "bytes"


@pytest.mark.parametrize("recording", REFUSED)
def test_the_usual_sentence_is_the_recorded_one(recording: Recording) -> None:
    told = json.loads(recording.body)["error"]
    if recording.status != 404:
        pytest.skip("the sentence depends on more than the kind, or is an older one (503)")
    failure = ApiError(KINDS[recording.status], "", model=recording.data["model"])  # type: ignore[arg-type]
    request = HttpRequest(method="POST", path=recording.path)
    body = PROTOCOL.error(failure, request, harness.stamp()).body
    assert body is not None
    assert json.loads(body)["error"] == told
