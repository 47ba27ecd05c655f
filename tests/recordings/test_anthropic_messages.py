"""Every recorded Messages answer is read, spelled again and found the same, byte for byte."""

from __future__ import annotations

import json
import re
from datetime import date
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest

from mockllm_core.errors import ApiError, ErrorKind
from mockllm_core.jsontext import compact
from mockllm_core.protocols.anthropic_messages import PROTOCOL
from mockllm_core.protocols.anthropic_messages.errors import KINDS
from mockllm_core.protocols.anthropic_messages.families import family, spoken
from mockllm_core.reply import Reasoning, Turn, Usage
from recordings import harness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
TODAY = date(9999, 1, 1)


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


def without(key: str) -> Callable[[dict[str, Any]], None]:
    def undo(event: dict[str, Any]) -> None:
        for holder in (event, event.get("message", {}), event.get("delta", {}), *usages(event)):
            holder.pop(key, None)

    return undo


UNDO: dict[str, Callable[[dict[str, Any]], None]] = {
    "model-first": model_first,
    "delta-usage": delta_usage,
    "cache-creation": without("cache_creation"),
    "service-tier": without("service_tier"),
    "inference-geo": without("inference_geo"),
    "stop-details": without("stop_details"),
    "thinking-tokens": without("output_tokens_details"),
    "error-request-id": without("request_id"),
}


def newer_than(day: date) -> list[str]:
    """Return the items that the provider added after that day."""
    return [item for item, since in DATED.items() if since > day]


def days(recording: Recording) -> list[date]:
    """Return the days whose form the answer may have: its own, or any of the list's where none is known."""
    return [recording.recorded] if recording.recorded else [TODAY, *sorted(DATED.values(), reverse=True)]


def aged(wire: bytes, items: list[str]) -> bytes:
    """Return our bytes as the provider sent them before those items."""
    if not wire.startswith(b"event: "):
        return undone(wire, items)
    lines = wire.split(b"\n")
    return b"\n".join(
        b"data: " + undone(line[6:], items) if line.startswith(b"data: {") and b'"ping"' not in line else line
        for line in lines
    )


def undone(text: bytes, items: list[str]) -> bytes:
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
    turn = harness.read(recording, PROTOCOL)
    ours = harness.encode(turn, harness.call_of(recording, PROTOCOL), PROTOCOL)
    theirs = plain(recording.body)
    for day in days(recording):
        items = newer_than(day)
        if plain(aged(ours, items) if items else ours) == theirs:
            used = [
                item for item in items if plain(aged(ours, [one for one in items if one != item])) != theirs
            ]
            harness.tally[NAME][recording.name] = f"dated: {', '.join(used)}" if used else "bytes"
            return
    assert plain(aged(ours, newer_than(days(recording)[0]))) == theirs


@pytest.mark.parametrize("recording", GOOD)
def test_padding_keeps_its_law(recording: Recording) -> None:
    turn = harness.read(recording, PROTOCOL)
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
    turn = harness.read(recording, PROTOCOL)
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
    turn = harness.read(recording, PROTOCOL)
    ours = dict(PROTOCOL.headers(turn, harness.call_of(recording, PROTOCOL), harness.stamp()))
    for name, value in theirs.items():
        if name in NOT_OURS or name in BY_DATE:
            assert name not in ours or name in NOT_OURS or name in BY_DATE
        elif name in VARIABLE:
            assert re.fullmatch(VARIABLE[name], value)
            assert re.fullmatch(VARIABLE[name], ours[name])
        else:
            assert ours[name] == value, name
    account = {"anthropic-organization-id", "anthropic-workspace-id"}
    assert ours.keys() - theirs.keys() <= account | BY_DATE | NOT_OURS


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
    items = [item for item in newer_than(recording.recorded or TODAY) if item == "error-request-id"]
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
        assert (item["item"] in UNDO) == item["dated"]


@pytest.mark.parametrize("recording", GOOD)
def test_a_request_refused_for_its_effort_names_the_levels(recording: Recording) -> None:
    """The one recorded refusal that the request alone explains comes from parse, in the same words."""
    (refused,) = [one.values[0] for one in REFUSED if one.values[0].status == 400]
    with pytest.raises(ApiError) as raised:
        harness.call_of(refused, PROTOCOL)
    assert raised.value.message == json.loads(refused.body)["error"]["message"]
