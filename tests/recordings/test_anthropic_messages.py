"""Every recorded Messages answer is read, spelled again and found the same, byte for byte."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from importlib import resources
from typing import TYPE_CHECKING, Any
from uuid import RFC_4122, UUID

import pytest

from mockllm_core.errors import ApiError, ErrorKind
from mockllm_core.jsontext import compact
from mockllm_core.protocols.anthropic_messages import PROTOCOL
from mockllm_core.protocols.anthropic_messages.errors import KINDS
from mockllm_core.protocols.anthropic_messages.families import family, spoken
from mockllm_core.reply import Reasoning, Turn, Usage
from mockllm_core.stamp import BASE58
from recordings import harness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mockllm_core.frame import Finding
    from recordings.harness import Recording

NAME = "anthropic-messages"
ALL = harness.load(NAME)
ANSWERS = [one for one in ALL if one.values[0] is None or one.values[0].request is not None]
GOOD = [one for one in ANSWERS if one.values[0] is None or one.values[0].status == 200]
REFUSED = [
    one
    for one in ALL
    if one.values[0] is None or one.values[0].status != 200 or one.values[0].request is None
]

PADDING = re.compile(rb"( *)\}\n\n")
MESSAGE_ID = re.compile(rb'"id":"msg_01[1-9A-HJ-NP-Za-km-z]{22}"')


def deviations() -> list[dict[str, Any]]:
    """Return the listed differences."""
    package = "mockllm_core.protocols.anthropic_messages"
    listed: list[dict[str, Any]] = json.loads((resources.files(package) / "deviations.json").read_text())
    return listed


DATED = {item["item"]: date.fromisoformat(item["since"]) for item in deviations() if item["dated"]}


# -- undoing what the provider added later -----------------------------------------------------------------------


def usages(event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the usage objects of an event or a whole message."""
    for holder in (event, event.get("message", {})):
        if "usage" in holder:
            yield holder["usage"]


def model_first(event: dict[str, Any]) -> None:
    for holder in (event, event.get("message", {})):
        if holder.get("type") == "message":
            model = holder.pop("model")
            held = dict(holder)
            holder.clear()
            for key, value in held.items():
                holder[key] = value
                if key == "role":
                    holder["model"] = model


def delta_usage(event: dict[str, Any]) -> None:
    if event.get("type") == "message_delta":
        event["usage"] = {"output_tokens": event["usage"]["output_tokens"]}


def content_first(event: dict[str, Any]) -> None:
    """The content of a whole message stood between role and model."""
    if event.get("type") == "message":
        late = {key: event.pop(key) for key in ("model", "stop_reason", "stop_sequence", "usage")}
        event.update(late)


def without(*keys: str) -> Callable[[dict[str, Any]], None]:
    def undo(event: dict[str, Any]) -> None:
        for holder in (event, event.get("message", {}), event.get("delta", {}), *usages(event)):
            for key in keys:
                holder.pop(key, None)

    return undo


UNDO: dict[str, Callable[[dict[str, Any]], None]] = {
    "model-first": model_first,
    "delta-usage": delta_usage,
    "cache-creation": without("cache_creation"),
    "cache-counts": without("cache_creation_input_tokens", "cache_read_input_tokens"),
    "content-first": content_first,
    "service-tier": without("service_tier"),
    "inference-geo": without("inference_geo"),
    "stop-details": without("stop_details"),
    "thinking-tokens": without("output_tokens_details"),
    "error-request-id": without("request_id"),
}


def newer_than(day: date | None) -> list[str]:
    """Return the items that the provider added after that day, the newest first; all when no day is known."""
    items = [item for item, since in DATED.items() if day is None or since > day]
    return sorted(items, key=lambda item: DATED[item], reverse=True)


def aged(wire: bytes, items: Sequence[str]) -> bytes:
    """Return our bytes as the provider sent them before those items."""
    if not wire.startswith(b"event: "):
        return undone(wire, items)
    lines = wire.split(b"\n")
    return b"\n".join(
        b"data: " + undone(line[6:], items) if line.startswith(b"data: {") and b'"ping"' not in line else line
        for line in lines
    )


def undone(text: bytes, items: Sequence[str]) -> bytes:
    event = json.loads(text)
    for item in items:
        UNDO[item](event)
    return compact(event).encode()


def plain(wire: bytes) -> bytes:
    """Return the bytes without padding and without the characters of the message's id."""
    return MESSAGE_ID.sub(b'"id":"msg_01"', PADDING.sub(b"}\n\n", wire))


# -- proofs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recording", GOOD)
def test_an_answer_is_reproduced_byte_for_byte(recording: Recording) -> None:
    turn, findings = read(recording)
    ours = harness.encode(turn, harness.call_of(recording, PROTOCOL), PROTOCOL)
    theirs = plain(recording.body)
    if not recording.raw and theirs.startswith(b"{"):
        theirs = plain(compact(json.loads(theirs)).encode())
    items = [item for item in newer_than(recording.recorded) if item in UNDO]
    used = harness.needed(items, lambda tried: plain(aged(ours, tried) if tried else ours) == theirs)
    if used is None:
        assert plain(aged(ours, items)) == theirs
    # the oldest order of keys is told as a fault
    assert {finding.rule for finding in findings} <= ({"anthropic-keys"} if used else set())
    harness.count(NAME, recording, used or [])


def read(recording: Recording) -> tuple[Turn, list[Finding]]:
    """Return the recorded answer and what the reader has to say about it."""
    findings: list[Finding] = []
    if harness.call_of(recording, PROTOCOL).stream:
        reader = PROTOCOL.reader(str(recording.headers.get("content-type", "")))
        reader.feed(recording.body)
        return reader.finish(), reader.findings
    turn = PROTOCOL.read_whole(recording.body, findings)
    if not recording.raw:
        findings = [finding for finding in findings if finding.rule != "anthropic-padding"]
    return turn, findings


@pytest.mark.parametrize("recording", GOOD)
def test_padding_keeps_its_law(recording: Recording) -> None:
    turn = read(recording)[0]
    ours = harness.encode(turn, harness.call_of(recording, PROTOCOL), PROTOCOL)
    for wire in (recording.body, ours):
        assert all(len(spaces) <= 15 for spaces in PADDING.findall(wire))
    assert recording.body.count(b"event: ping") == ours.count(b"event: ping")


@pytest.mark.parametrize("recording", ANSWERS)
def test_every_recorded_request_is_understood(recording: Recording) -> None:
    if recording.status != 200:
        pytest.skip("the provider refused it")
    call = harness.call_of(recording, PROTOCOL)
    assert call.model == recording.request["model"]
    assert call.conversation.messages[-1].parts


@pytest.mark.parametrize("recording", GOOD)
def test_the_table_of_families_says_what_the_answers_say(recording: Recording) -> None:
    model = recording.request["model"]
    form = family(model)
    text = recording.body.decode()
    assert f'"model":"{spoken(model)}"' in text
    geo = re.findall(r'"inference_geo":"(\w+)"', text)
    assert set(geo) <= {form.geo}
    if '"type":"tool_use"' in text:
        assert ('"caller"' in text) == form.caller
    if "thinking_delta" in text:
        assert ('"thinking":""}' in text.partition("thinking_delta")[2]) == form.hollow


@pytest.mark.parametrize("recording", GOOD)
def test_thoughts_are_shown_or_kept_back_as_the_provider_does(recording: Recording) -> None:
    """The same thoughts, as a responder of ours would give them, leave the same kind of block."""
    turn = read(recording)[0]
    thoughts = [block for block in turn.blocks if isinstance(block, Reasoning) and block.redacted is None]
    if not thoughts:
        pytest.skip("nothing was thought in the open")
    call = harness.call_of(recording, PROTOCOL)
    fresh = Turn(
        choices=(
            type(turn.choices[0])(blocks=(Reasoning.of("Let me think."),), finish=turn.choices[0].finish),
        ),
        usage=Usage(input_tokens=1, output_tokens=4, reasoning=4),
    )
    ours = harness.encode(fresh, call, PROTOCOL)
    assert (b"Let me think." in ours) == bool(thoughts[0].text)


#: what a header's value is made of where it changes from answer to answer
VARIABLE = {
    "request-id": r"req_01[1-9A-HJ-NP-Za-km-z]{22}",
    **{
        f"anthropic-ratelimit-{what}-{part}": form
        for what in ("requests", "tokens", "input-tokens", "output-tokens")
        for part, form in (
            ("limit", r"\d+"),
            ("remaining", r"\d+"),
            ("reset", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
        )
    },
}
#: what the host adds, and what came and went by date or by the client's wish
NOT_OURS = {"date", "connection", "transfer-encoding", "content-length", "content-encoding", "vary"}
BY_DATE = {
    "via",
    "x-envoy-upstream-service-time",
    "server-timing",
    "traceresponse",
    "content-security-policy",
} | {"strict-transport-security"}


@pytest.mark.parametrize("recording", GOOD)
def test_the_fixed_headers_are_the_recorded_ones(recording: Recording) -> None:
    theirs = recording.headers
    if not theirs or "headers_note" in recording.data:
        pytest.skip("the headers were not recorded")
    turn = read(recording)[0]
    ours = dict(PROTOCOL.headers(turn, harness.call_of(recording, PROTOCOL), harness.stamp()))
    if "headers" in newer_than(recording.recorded or date.max):
        theirs = {name: value for name, value in theirs.items() if name in ours}
        ours = {name: value for name, value in ours.items() if name in theirs}
    # which limits an account has, and how near it is to them, is the account's
    theirs = {name: value for name, value in theirs.items() if name != "retry-after"}
    for name, value in theirs.items():
        if name in NOT_OURS or name in BY_DATE:
            assert name not in ours or name in NOT_OURS or name in BY_DATE
        elif name in VARIABLE:
            assert re.fullmatch(VARIABLE[name], value)
            assert re.fullmatch(VARIABLE[name], ours[name])
        else:
            assert ours[name] == value, name
    account = {"anthropic-organization-id", "anthropic-workspace-id", "cf-ray"}
    account |= {name for name in ours if name.startswith("anthropic-ratelimit-")}
    assert ours.keys() - theirs.keys() <= account | BY_DATE | NOT_OURS


def _time_in(identity: str) -> datetime:
    number = 0
    for letter in identity[-22:]:
        number = number * 58 + BASE58.index(letter)
    uuid = UUID(int=number)
    assert (uuid.version, uuid.variant) == (7, RFC_4122)
    return datetime.fromtimestamp((uuid.int >> 80) / 1000, UTC)


@pytest.mark.parametrize("recording", GOOD)
def test_a_request_id_tells_its_time_as_the_recorded_ones_do(recording: Recording) -> None:
    theirs, sent = recording.headers.get("request-id", ""), recording.headers.get("date")
    if not sent or parsedate_to_datetime(sent) < datetime(2025, 7, 1, tzinfo=UTC):
        pytest.skip("no id and date, or one of before July 2025, which was random")
    assert -1 < (parsedate_to_datetime(sent) - _time_in(theirs)).total_seconds() < 3
    turn = read(recording)[0]
    ours = dict(PROTOCOL.headers(turn, harness.call_of(recording, PROTOCOL), harness.stamp()))
    assert _time_in(ours["request-id"]) == harness.stamp().now


def test_a_message_id_tells_its_time_as_the_newest_recorded_one_does() -> None:
    newest = [one.values[0] for one in GOOD if one.values[0] and "sonnet-5" in one.values[0].name]
    if not newest:
        pytest.skip("no recordings here")
    turn, call = read(newest[0])[0], harness.call_of(newest[0], PROTOCOL)
    (theirs,) = re.findall(rb'"id":"(msg_01\w{22})"', newest[0].body)
    (ours,) = re.findall(rb'"id":"(msg_01\w{22})"', harness.encode(turn, call, PROTOCOL))
    assert _time_in(theirs.decode()).date() == date(2026, 7, 20)
    assert _time_in(ours.decode()) == harness.stamp().now


def kind_of(body: dict[str, Any], status: int) -> ErrorKind:
    found = [kind for kind, (code, name, _) in KINDS.items() if name == body["error"]["type"]]
    exact = [kind for kind in found if KINDS[kind][0] == status]
    return (exact or found)[0]


@pytest.mark.parametrize("recording", REFUSED)
def test_an_error_is_reproduced(recording: Recording) -> None:
    if recording.status == 200:
        wire = recording.body
        error = json.loads(wire.partition(b"data: ")[2])["error"]
        call = harness.call_of(GOOD[0].values[0], PROTOCOL)
        turn = harness.read(GOOD[0].values[0], PROTOCOL)
        raised = ApiError("overloaded", error["message"])
        ours = b"".join(frame.wire for frame in PROTOCOL.fail(raised, call, turn, harness.stamp(), 3))
        assert plain(aged(ours, ["error-request-id"])) == plain(wire)
        harness.tally[NAME][recording.name] = "dated: error-request-id"
        return
    theirs = json.loads(recording.body)
    raised = ApiError(kind_of(theirs, recording.status), theirs["error"]["message"])
    answer = PROTOCOL.error(raised, None, harness.stamp())
    assert answer.body is not None
    assert answer.status == recording.status
    ours = re.sub(rb"req_01\w{22}", b"req", answer.body)
    wanted = re.sub(rb"req_01\w{22}", b"req", recording.body)
    items = [item for item in newer_than(recording.recorded or date.max) if item == "error-request-id"]
    ours = undone(ours, items)
    if "body_note" in recording.data:
        assert json.loads(ours) == json.loads(wanted)
    else:
        assert ours == wanted
    harness.tally[NAME][recording.name] = (
        f"dated: {items[0]}" if items else "events" if "body_note" in recording.data else "bytes"
    )
    sent = dict(answer.headers)
    for name in ("content-type", "x-should-retry", "cache-control"):
        if name in recording.headers:
            assert sent[name] == recording.headers[name]


@pytest.mark.parametrize("recording", REFUSED)
def test_an_empty_message_means_the_usual_sentence(recording: Recording) -> None:
    if recording.status not in (401, 404, 529):
        pytest.skip("its sentence names the caller's case")
    theirs = json.loads(recording.body)["error"]
    model = recording.request["model"] if recording.request else None
    answer = PROTOCOL.error(
        ApiError(kind_of({"error": theirs}, recording.status), "", model=model), None, harness.stamp()
    )
    assert json.loads(answer.body or b"")["error"] == theirs


def test_every_listed_difference_says_what_and_why() -> None:
    for item in deviations():
        assert set(item) == {"item", "ours", "theirs", "since", "why", "dated"}
        assert (item["item"] in {*UNDO, "headers"}) == item["dated"]


@pytest.mark.parametrize("recording", REFUSED)
def test_a_request_refused_for_its_effort_names_the_levels(recording: Recording) -> None:
    """A recorded refusal that the request alone explains comes from parse, in the same words."""
    if recording.status != 400 or "effort" not in recording.body.decode():
        pytest.skip("refused for another reason")
    with pytest.raises(ApiError) as raised:
        harness.call_of(recording, PROTOCOL)
    assert raised.value.message == json.loads(recording.body)["error"]["message"]
