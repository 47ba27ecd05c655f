"""The provider's recorded answers, read and spelled again byte for byte."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from mockllm_core import contract
from mockllm_core.errors import ApiError, ErrorKind
from mockllm_core.exchange import HttpRequest
from mockllm_core.protocols.openai_chat import PROTOCOL
from mockllm_core.protocols.openai_chat.values import EPOCH
from mockllm_core.stamp import Stamp
from recordings import harness

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockllm_core.exchange import Headers
    from mockllm_core.frame import Finding
    from mockllm_core.reply import Turn

    Chunks = list[dict[str, Any]]
    Undo = Callable[[dict[str, Any], Chunks], None]

RECORDINGS = harness.load("openai-chat")
DEVIATIONS = json.loads(
    files("mockllm_core.protocols.openai_chat").joinpath("deviations.json").read_text("utf-8")
)
SINCE = {entry["item"]: date.fromisoformat(entry["since"]) for entry in DEVIATIONS if entry["dated"]}

HTTP = {"date", "connection", "transfer-encoding", "content-length", "content-encoding", "set-cookie"}
"""Headers that the host sends, and cookies."""

ACCOUNT = {"openai-organization", "openai-project", "cf-ray", "x-request-id"}
"""Headers that recorders drop."""

CHANGING = {
    "openai-processing-ms": r"\d+",
    "x-ratelimit-limit-(requests|tokens|input-images)": r"\d+",
    "x-ratelimit-remaining-(requests|tokens|input-images)": r"\d+",
    "x-ratelimit-reset-(requests|tokens|input-images)": r"(\d+m)?[\d.]+m?s",
    "x-envoy-upstream-service-time": r"\d+",
    "x-request-id": r"req_([0-9a-f]{32}|REDACTED)",
    "retry-after": r"\d+",
    "retry-after-ms": r"\d+",
}


def created(recording: harness.Recording) -> int | None:
    found = re.search(rb'"created": ?(\d+)', recording.body)
    return int(found[1]) if found else None


def day(recording: harness.Recording) -> date | None:
    """The day of the answer: the body's own time, else the recorder's."""
    stamp = created(recording)
    return datetime.fromtimestamp(stamp, UTC).date() if stamp else recording.recorded


def dated(recording: harness.Recording) -> list[str]:
    """The items that came after an answer's day, the newest first."""
    when = day(recording)
    newest = sorted(SINCE, key=lambda item: SINCE[item], reverse=True)
    return [item for item in newest if when is not None and when < SINCE[item]]


def stamp(recording: harness.Recording) -> Stamp:
    """A source of ids at the time of the answer, so that times need no normalising."""
    return Stamp(seed=b"0", now=datetime.fromtimestamp(created(recording) or 0, UTC))


def read(recording: harness.Recording) -> tuple[Turn, list[Finding]]:
    findings: list[Finding] = []
    if harness.call_of(recording, PROTOCOL).stream:
        reader = PROTOCOL.reader("")
        reader.feed(recording.body)
        turn = reader.finish()
        return turn, reader.findings
    return PROTOCOL.read_whole(recording.body, findings), findings


def encode(recording: harness.Recording, turn: Turn) -> bytes:
    call = harness.call_of(recording, PROTOCOL)
    if call.stream:
        return b"".join(frame.wire for frame in PROTOCOL.stream(turn, call, stamp(recording)))
    return PROTOCOL.whole(turn, call, stamp(recording))


def unknowable(wire: bytes) -> bytes:
    """Blank what no mock can know: 24 characters of the id (the first 5 tell the time) and the padding."""
    wire = re.sub(rb"(chatcmpl-\w{5})\w{24}\b", rb"\1" + b"?" * 24, wire)
    return re.sub(rb'("obfuscation":")(\w+)"', lambda match: match[1] + b"?" * len(match[2]) + b'"', wire)


# -- undoing what has changed since -----------------------------------------------------------------------------


def _without(key: str) -> Undo:
    def undo(answer: dict[str, Any], _: Chunks) -> None:
        answer.pop(key, None)

    return undo


def _no_tier(answer: dict[str, Any], chunks: Chunks) -> None:
    """Streams did not name the tier, whole answers only when it was asked for."""
    if chunks or answer["service_tier"] == "default":
        answer.pop("service_tier", None)


def _tier_first(answer: dict[str, Any], chunks: Chunks) -> None:
    if not chunks:
        late = {key: answer.pop(key) for key in ("usage", "system_fingerprint")}
        answer.update(late)


def _no_null_usage(answer: dict[str, Any], chunks: Chunks) -> None:
    if chunks and not answer.get("usage"):
        answer.pop("usage", None)


def _short_usage(answer: dict[str, Any], _: Chunks) -> None:
    if usage := answer.get("usage"):
        usage.pop("prompt_tokens_details", None)
        if "completion_tokens_details" in usage:
            usage["completion_tokens_details"] = {"reasoning_tokens": 0}


def _text_usage(answer: dict[str, Any], _: Chunks) -> None:
    if usage := answer.get("usage"):
        for name, kept in (("prompt", "cached_tokens"), ("completion", "reasoning_tokens")):
            details = usage.get(f"{name}_tokens_details")
            if details:
                usage[f"{name}_tokens_details"] = {kept: details[kept]}


def _bare_usage(answer: dict[str, Any], _: Chunks) -> None:
    if usage := answer.get("usage"):
        usage.pop("prompt_tokens_details", None)
        usage.pop("completion_tokens_details", None)


def _usage_first(answer: dict[str, Any], chunks: Chunks) -> None:
    indices = {call["index"] for chunk in chunks for choice in chunk["choices"] for call in called(choice)}
    if len(indices) < 2 or "usage" not in answer or any(answer is chunk for chunk in chunks[-2:]):
        return
    rest = {key: answer.pop(key) for key in ("choices", "obfuscation") if key in answer}
    usage = answer.pop("usage")
    answer.update({"usage": usage} | rest)


def _unsaid(key: str) -> Undo:
    """Take a key out of every message or delta."""

    def undo(answer: dict[str, Any], _: Chunks) -> None:
        for choice in answer["choices"]:
            (choice.get("message") or choice["delta"]).pop(key, None)

    return undo


def called(choice: dict[str, Any]) -> list[Any]:
    return choice["delta"].get("tool_calls") or []


UNDO: dict[str, Undo] = {
    "obfuscation": _without("obfuscation"),
    "annotations": _unsaid("annotations"),
    "service-tier": _no_tier,
    "service-tier-place": _tier_first,
    "usage-audio": _text_usage,
    "null-usage": _no_null_usage,
    "usage-details": _short_usage,
    "usage-no-details": _bare_usage,
    "parallel-usage-place": _usage_first,
    "refusal": _unsaid("refusal"),
}


def undone(wire: bytes, items: Sequence[str]) -> bytes:
    """Our answer as the provider sent it on that day."""
    undos = [UNDO[item] for item in reversed(list(UNDO)) if item in items]
    if not wire.startswith(b"data: "):
        answer = json.loads(wire)
        for undo in undos:
            undo(answer, [])
        return (json.dumps(answer, indent=2, ensure_ascii=False) + "\n").encode()
    events = wire.decode().split("\n\n")
    chunks = [json.loads(event[6:]) for event in events if event.startswith("data: {")]
    for undo in undos:
        for chunk in chunks:
            undo(chunk, chunks)
    texts = [json.dumps(chunk, separators=(",", ":"), ensure_ascii=False) for chunk in chunks]
    return "".join(f"data: {text}\n\n" for text in [*texts, "[DONE]"]).encode()


# -- the proofs ---------------------------------------------------------------------------------------------------


HEADERS = {"expose-headers", "envoy-header", "wasm-header", "headers"}


def test_every_listed_older_form_is_undone_here() -> None:
    assert set(SINCE) == {*UNDO, *HEADERS}


def of_status(*statuses: int) -> list[Any]:
    return [param for param in RECORDINGS if param.values[0] is None or param.values[0].status in statuses]


def streams() -> list[Any]:
    found = of_status(200)
    return [param for param in found if param.values[0] is None or param.values[0].body.startswith(b"data")]


@pytest.mark.parametrize("recording", of_status(200))
def test_a_recorded_answer_is_reproduced_byte_for_byte(recording: harness.Recording) -> None:
    turn, findings = read(recording)
    ours, theirs = encode(recording, turn), theirs_of(recording)

    def same(items: Sequence[str]) -> bool:
        return unknowable(undone(ours, items) if items else ours) == unknowable(theirs)

    items = dated(recording)
    used = harness.needed([item for item in items if item in UNDO], same)
    assert used is not None, difference(
        unknowable(undone(ours, items) if items else ours), unknowable(theirs)
    )
    kept = {"chat-keys", "chat-usage"} if used else set()
    assert {finding.rule for finding in findings} <= kept | (set() if recording.raw else {"chat-layout"})
    harness.count("openai-chat", recording, used)


def theirs_of(recording: harness.Recording) -> bytes:
    """The recorded body; where a recorder spelled a whole one anew, in the provider's layout."""
    if recording.raw or not recording.body.startswith(b"{"):
        return recording.body
    return (json.dumps(json.loads(recording.body), indent=2, ensure_ascii=False) + "\n").encode()


def difference(ours: bytes, theirs: bytes) -> str:
    at = next((at for at, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other), -1)
    return f"at byte {at}: ours {ours[at - 60 : at + 60]!r}, theirs {theirs[at - 60 : at + 60]!r}"


@pytest.mark.parametrize("recording", of_status(200))
def test_the_contract_and_parse_take_a_recorded_request(recording: harness.Recording) -> None:
    assert contract.check("openai-chat", recording.request) is None
    call = harness.call_of(recording, PROTOCOL)
    assert call.conversation.messages
    assert call.stream is bool(recording.request.get("stream"))


@pytest.mark.parametrize("recording", streams())
def test_a_recorded_answer_reads_the_same_in_any_pieces(recording: harness.Recording) -> None:
    once = PROTOCOL.reader("")
    once.feed(recording.body)
    by_bytes = PROTOCOL.reader("")
    for at in range(0, len(recording.body), 7):
        by_bytes.feed(recording.body[at : at + 7])
    assert by_bytes.finish() == once.finish()
    assert by_bytes.findings == once.findings


@pytest.mark.parametrize("recording", of_status(200))
def test_the_first_characters_of_a_recorded_id_tell_its_time(recording: harness.Recording) -> None:
    found = re.search(rb"chatcmpl-(\w{5})", recording.body)
    assert found is not None
    alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    seconds = 0
    for digit in found[1]:
        seconds = seconds * 62 + alphabet.index(digit)
    assert seconds + EPOCH == created(recording)


@pytest.mark.parametrize("recording", of_status(200))
def test_a_model_is_answered_by_the_dated_name_that_was_recorded(recording: harness.Recording) -> None:
    from mockllm_core.protocols.openai_chat.families import snapshot

    asked, answered = recording.request["model"], read(recording)[0].facts["model"]
    assert snapshot(asked) == answered or asked == snapshot(asked)


@pytest.mark.parametrize("recording", of_status(200))
def test_recorded_headers_are_sent(recording: harness.Recording) -> None:
    call = harness.call_of(recording, PROTOCOL)
    ours = PROTOCOL.headers(read(recording)[0], call, stamp(recording))
    compare_headers(recording, ours)


KINDS: dict[int, ErrorKind] = {
    400: "invalid_request",
    401: "authentication",
    404: "not_found",
    429: "rate_limit",
    500: "server_error",
}


@pytest.mark.parametrize("recording", of_status(*KINDS))
def test_a_recorded_error_is_reproduced_byte_for_byte(recording: harness.Recording) -> None:
    said = json.loads(recording.body)["error"]
    request = HttpRequest(
        method="POST", path="/v1/chat/completions", body=json.dumps(recording.request).encode()
    )
    error = ApiError(KINDS[recording.status], said["message"], param=said["param"], code=said["code"])
    response = PROTOCOL.error(error, request, stamp(recording))
    assert response.status == recording.status
    if recording.raw or not recording.body.startswith(b"{"):
        assert response.body == recording.body
    else:
        assert json.loads(response.body or b"") == json.loads(recording.body)
    compare_headers(recording, response.headers)
    harness.tally["openai-chat"][recording.name] = "bytes" if recording.raw else "events"


def compare_headers(recording: harness.Recording, headers: Headers) -> None:
    """Names and values are those recorded; numbers and ids have their form."""
    items = dated(recording)
    theirs = {name: value for name, value in recording.headers.items() if name not in HTTP}
    ours: dict[str, Any] = {}
    for name, value in headers:
        ours[name] = value if name not in ours else [*_listed(ours[name]), value]
    if "expose-headers" in items and "access-control-expose-headers" in ours:
        ours["access-control-expose-headers"] = "X-Request-ID"
    if "envoy-header" in items and "x-envoy-upstream-service-time" in theirs:
        ours["x-envoy-upstream-service-time"] = "1"
    if "wasm-header" in items:
        ours.pop("x-openai-proxy-wasm", None)
    if "headers" in items:
        both = set(theirs) & set(ours) - {"content-type", "strict-transport-security"}
        theirs, ours = ({name: held[name] for name in both} for held in (theirs, ours))
    assert not set(theirs) - set(ours)
    if theirs and "headers_note" not in recording.data and recording.raw:
        assert set(ours) - set(theirs) <= ACCOUNT
    for name, value in theirs.items():
        form = next((form for known, form in CHANGING.items() if re.fullmatch(known, name)), None)
        if form is None:
            assert ours[name] == value, name
        else:
            assert re.fullmatch(form, value), (name, value)
            assert re.fullmatch(form, ours[name]), (name, ours[name])


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
