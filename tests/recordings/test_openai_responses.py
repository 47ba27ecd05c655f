"""Real answers of OpenAI Responses: read into a Turn and spelled again, byte for byte."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest

from mockllm_core import contract
from mockllm_core.errors import ApiError, ErrorKind
from mockllm_core.protocols.openai_responses import PROTOCOL
from mockllm_core.protocols.openai_responses.complaints import complain
from mockllm_core.protocols.openai_responses.spell import compact, pretty
from recordings import harness

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockllm_core.reply import Turn
    from recordings.harness import Recording

ALL = harness.load("openai-responses")


def _those(wanted: Callable[[Recording], bool]) -> list[Any]:
    """Return the recordings that are so; all of them when there are none at hand and every proof skips."""
    return [case for case in ALL if case.values[0] is None or wanted(case.values[0])]


ASKED = _those(lambda recording: recording.status == 200 and recording.request is not None)
COMPLETE = _those(
    lambda recording: (
        recording.status == 200 and recording.request is not None and "excerpt" not in recording.data
    )
)
EXCERPTS = _those(lambda recording: recording.status == 200 and "excerpt" in recording.data)
BROKEN = _those(lambda recording: recording.status == 200 and b"event: error\n" in recording.body)
KEPT_HEADERS = _those(
    lambda recording: recording.status == 200 and bool(recording.request and recording.headers)
)
BAD = _those(lambda recording: recording.status != 200)

Payload = dict[str, Any]


# -- what no mock can know: ids, times, tokens, noise; their lengths, alphabets and prefixes stay -----------------


def _blurred(text: str) -> str:
    text = re.sub(
        r'"((?:resp|msg|rs|fc|ctc)_)([0-9a-f]{48,50})"', lambda m: f'"{m[1]}{"#" * len(m[2])}"', text
    )
    text = re.sub(
        r'("encrypted_content": ?"gAAAA)([A-Za-z0-9_-]+)', lambda m: m[1] + re.sub(r"\w|-", "#", m[2]), text
    )
    text = re.sub(r'("(?:created_at|completed_at)": ?)\d+', r"\1#", text)
    return re.sub(r'("obfuscation": ?")([A-Za-z0-9]*)"', lambda m: f'{m[1]}{"#" * len(m[2])}"', text)


# -- older forms, undone by date ------------------------------------------------------------------------------------

_OLD_ORDER = [
    "type",
    "sequence_number",
    "item_id",
    "output_index",
    "content_index",
    "summary_index",
    "part",
    "item",
    "response",
    "delta",
    "text",
    "arguments",
    "logprobs",
    "obfuscation",
    "error",
]


def _each(payload: Payload, undo: Callable[[Payload], None]) -> Payload:
    """Change the response object of an event, or the body itself."""
    undo(payload.get("response", payload))
    return payload


def _items(payload: Payload) -> list[Payload]:
    response = payload.get("response", payload)
    return [payload["item"]] if "item" in payload else list(response.get("output") or [])


def _without_tool_usage(payload: Payload) -> Payload:
    def undo(response: Payload) -> None:
        response.pop("tool_usage", None)
        for tool in response.get("tools", ()):
            tool.pop("output_schema", None)
        if response.get("usage"):
            response["usage"]["input_tokens_details"].pop("cache_write_tokens")

    for item in _items(payload):
        if item["type"] == "reasoning":
            item.pop("content", None)
    return _each(payload, undo)


def _without(*keys: str) -> Callable[[Payload], Payload]:
    def undo(response: Payload) -> None:
        for key in keys:
            response.pop(key, None)

    return lambda payload: _each(payload, undo)


def _without_reasoning(*keys: str) -> Callable[[Payload], Payload]:
    def undo(response: Payload) -> None:
        for key in keys:
            response.get("reasoning", {}).pop(key, None)

    return lambda payload: _each(payload, undo)


def _old_order(payload: Payload) -> Payload:
    return (
        {key: payload[key] for key in sorted(payload, key=_OLD_ORDER.index)} if "type" in payload else payload
    )


def _schema_order(payload: Payload) -> Payload:
    def undo(response: Payload) -> None:
        for tool in response.get("tools", ()):
            parameters = tool["parameters"]
            parameters["additionalProperties"] = parameters.pop("additionalProperties")

    return _each(payload, undo)


def _without_summer(payload: Payload) -> Payload:
    """Take out what came in the summer of 2025."""
    payload = _without("prompt_cache_key", "safety_identifier")(payload)
    payload.get("response", payload).get("text", {}).pop("verbosity", None)
    return payload


UNDO: dict[str, Callable[[Payload], Payload]] = {
    "tool-usage": _without_tool_usage,
    "reasoning-mode": _without_reasoning("mode"),
    "reasoning-context": _without_reasoning("context"),
    "moderation": _without("moderation"),
    "penalties": _without("frequency_penalty", "presence_penalty"),
    "key-order": _old_order,
    "completed-at": _without("completed_at"),
    "billing": _without("billing"),
    "prompt-cache-retention": _without("prompt_cache_retention"),
    "schema-order": _schema_order,
    "id-length": lambda payload: payload,  # the ids are shortened in the text
    "verbosity": _without_summer,
}
LISTED = json.loads(
    (resources.files("mockllm_core.protocols.openai_responses") / "deviations.json").read_text()
)
SINCE = {row["item"]: date.fromisoformat(row["since"]) for row in LISTED if row["dated"]}


def test_every_listed_older_form_is_undone_here() -> None:
    assert set(SINCE) == {*UNDO, "expose-headers", "envoy-header"}


def _newer(day: date) -> list[str]:
    """The items that came after a day, the newest first."""
    return sorted((item for item in SINCE if day < SINCE[item]), key=lambda item: SINCE[item], reverse=True)


def _born(recording: Recording) -> date:
    found = re.search(rb'"created_at": ?(\d+)', recording.body)
    assert found is not None
    return datetime.fromtimestamp(int(found[1]), UTC).date()


def _undone(payload: Payload, items: Sequence[str]) -> Payload:
    for item, undo in UNDO.items():
        if item in items:
            payload = undo(payload)
    return payload


# -- the proof ------------------------------------------------------------------------------------------------------


def _read(recording: Recording, *, streamed: bool) -> tuple[Any, list[Any]]:
    findings: list[Any] = []
    if not streamed:
        return PROTOCOL.read_whole(recording.body, findings), findings
    reader = PROTOCOL.reader("")
    reader.feed(recording.body)
    return reader.finish(), reader.findings


def _ours(body: bytes, items: Sequence[str], *, streamed: bool) -> str:
    """Return our bytes with the older form's items undone."""
    text = body.decode()
    if items and not streamed:
        text = pretty(_undone(json.loads(body), items))
    elif items:
        lines = text.split("\n")
        for nth, line in enumerate(lines):
            if line.startswith("data: "):
                lines[nth] = "data: " + compact(_undone(json.loads(line[6:]), items))
        text = "\n".join(lines)
    text = _blurred(text)
    return re.sub(r'("(?:resp|msg|rs|fc|ctc)_#{48})##"', r'\1"', text) if "id-length" in items else text


def _theirs(recording: Recording) -> str:
    """Return the recorded text; where spaces were not kept, in the layout of the wire."""
    text = recording.body.decode()
    if not recording.raw and text.startswith("{"):
        text = pretty(json.loads(text))
    return _blurred(text)


@pytest.mark.parametrize("recording", COMPLETE)
def test_a_recorded_answer_is_spelled_again_byte_for_byte(recording: Recording) -> None:
    call = harness.call_of(recording, PROTOCOL)
    turn, findings = _read(recording, streamed=call.stream)
    PROTOCOL.supports(turn)
    used = _explained(recording, turn)
    # an older form lacks keys, and the reader says so
    assert {finding.rule for finding in findings} <= ({"responses-keys"} if used else set())
    harness.count("openai-responses", recording, used)


def _explained(recording: Recording, turn: Turn) -> list[str]:
    """Return the dated items in which our bytes for a turn differ from the recorded; any other difference fails."""
    call = harness.call_of(recording, PROTOCOL)
    ours, theirs = harness.encode(turn, call, PROTOCOL), _theirs(recording)
    items = [item for item in _newer(_born(recording)) if item in UNDO]
    used = harness.needed(items, lambda tried: _ours(ours, tried, streamed=call.stream) == theirs)
    if used is None:
        assert _ours(ours, items, streamed=call.stream) == theirs
    return used or []


@pytest.mark.parametrize("recording", COMPLETE)
def test_the_tables_of_model_families_predict_what_was_recorded(recording: Recording) -> None:
    day = _born(recording)
    turn, _ = _read(recording, streamed=harness.call_of(recording, PROTOCOL).stream)
    # left are values of an account or of chance; everything else the tables and the request tell
    kept = {"opened", "service_tier"} | ({"prompt_cache_retention"} if day < date(2026, 4, 18) else set())
    told = replace(turn, facts={key: value for key, value in turn.facts.items() if key in kept})
    _explained(recording, told)


@pytest.mark.parametrize("recording", ASKED)
def test_a_request_that_was_answered_is_understood(recording: Recording) -> None:
    assert contract.check("openai-responses", recording.request) is None
    call = harness.call_of(recording, PROTOCOL)
    assert call.conversation.messages
    assert call.model == recording.request["model"]


@pytest.mark.parametrize("recording", EXCERPTS)
def test_an_excerpt_is_spelled_again_event_by_event(recording: Recording) -> None:
    call = harness.call_of(recording, PROTOCOL)
    turn, findings = _read(recording, streamed=True)
    # numbers and texts have gaps where deltas were taken out; the ids of that month were two digits shorter
    assert {finding.rule for finding in findings} <= {"responses-sequence", "responses-text"}
    body, theirs = harness.encode(turn, call, PROTOCOL), _events(_theirs(recording))

    def same(items: Sequence[str]) -> bool:
        ours = _events(_ours(body, items, streamed=True))
        return [_shape(event) for event in ours] == [_shape(event) for event in theirs]

    used = harness.needed(_newer(_born(recording)), same)
    assert used is not None
    harness.count("openai-responses", recording, used)


def _events(text: str) -> list[Payload]:
    data = re.findall(r"^data: (.*)$", text, re.MULTILINE)
    return [json.loads(re.sub(r'(_at":)#', r"\g<1>0", line)) for line in data]


def _shape(event: Payload) -> str:
    """Return an event without its number, with texts only where they are deltas, and ids of any length."""
    text = re.sub(r"#+", "#", json.dumps(event, ensure_ascii=False))
    text = re.sub(r'"sequence_number": \d+', '"sequence_number": 0', text)
    return re.sub(r'"text": "(?:[^"\\]|\\.)+"', '"text": "..."', text)


@pytest.mark.parametrize("recording", BROKEN)
def test_an_error_inside_a_stream_is_spelled_again_event_by_event(recording: Recording) -> None:
    turn, findings = _read(recording, streamed=True)
    assert not findings
    told = turn.facts["error"]
    kind: ErrorKind = "rate_limit" if told["type"] == "insufficient_quota" else "server_error"
    failure = ApiError(kind, told["message"], param=told["param"], code=told["code"])
    request = {"model": recording.data["model"], "input": "hi", "stream": True}
    replayed = replace(recording, data={**recording.data, "request": request, "endpoint": "/v1/responses"})
    call = harness.call_of(replayed, PROTOCOL)
    opening = [frame.wire for frame in PROTOCOL.stream(turn, call, harness.stamp())][:2]
    ending = [frame.wire for frame in PROTOCOL.fail(failure, call, turn, harness.stamp(), len(opening))]
    body, theirs = b"".join([*opening, *ending]), _events(_theirs(recording))

    def same(items: Sequence[str]) -> bool:
        ours = _events(_ours(body, items, streamed=True))
        # the source re-encoded its numbers: 1 for 1.0
        return json.dumps(_numbered(ours)) == json.dumps(_numbered(theirs))

    used = harness.needed(_newer(_born(recording)), same)
    assert used is not None
    harness.count("openai-responses", recording, used)


def _numbered(events: list[Payload]) -> list[Payload]:
    return json.loads(json.dumps(events), parse_float=float, parse_int=float)  # type: ignore[no-any-return]


@pytest.mark.parametrize("recording", BAD)
def test_a_recorded_error_is_spelled_again(recording: Recording) -> None:
    told = json.loads(recording.body)["error"]
    kinds: dict[int, ErrorKind] = {400: "invalid_request", 401: "authentication", 429: "rate_limit"}
    failure = ApiError(kinds[recording.status], told["message"], param=told["param"], code=told["code"])
    response = PROTOCOL.error(failure, None, harness.stamp())
    assert response.status == recording.status
    assert response.body is not None
    ordered = {"error": {key: told[key] for key in ("message", "type", "param", "code")}}
    assert response.body.decode() == pretty(ordered)
    # the recorded length of the wire's own bytes
    assert len(response.body) == int(recording.headers.get("content-length", len(response.body)))
    _fixed_headers(dict(response.headers), recording.headers)
    harness.tally["openai-responses"][recording.name] = "events"


@pytest.mark.parametrize("recording", BAD)
def test_the_recorded_mistakes_are_refused_with_the_recorded_words(recording: Recording) -> None:
    told = json.loads(recording.body)["error"]
    if told["code"] == "model_not_found":
        failure = ApiError("not_found", "", model=recording.request["model"])
    else:
        complaint = contract.check("openai-responses", recording.request)
        assert complaint is not None
        failure = complain(complaint)
    response = PROTOCOL.error(failure, None, harness.stamp())
    assert response.status == recording.status
    assert json.loads(response.body or b"")["error"] == told


VARYING = re.compile(
    r"date|connection|transfer-encoding|content-length|content-encoding|openai-processing-ms|x-request-id|"
    r"x-ratelimit-.*"
)


def _fixed_headers(ours: dict[str, str], recorded: dict[str, Any]) -> None:
    for name, value in recorded.items():
        if VARYING.fullmatch(name):
            assert name in ours or not name.startswith(("x-", "openai-"))
        elif name != "vary" or value != "Accept-Encoding":
            assert ours.get(name) == value


@pytest.mark.parametrize("recording", KEPT_HEADERS)
def test_the_headers_of_a_recorded_answer_are_sent(recording: Recording) -> None:
    call = harness.call_of(recording, PROTOCOL)
    turn, _ = _read(recording, streamed=call.stream)
    sent = PROTOCOL.headers(turn, call, harness.stamp())
    recorded = dict(recording.headers)
    exposed = [value for name, value in sent if name == "access-control-expose-headers"]
    if "expose-headers" not in _newer(_born(recording)):
        assert recorded.pop("access-control-expose-headers", exposed) == exposed
    recorded.pop("access-control-expose-headers", None)
    if "envoy-header" in _newer(_born(recording)):
        recorded.pop("x-envoy-upstream-service-time", None)
    _fixed_headers(dict(sent), recorded)
