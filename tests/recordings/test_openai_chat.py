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
    from collections.abc import Callable

    from mockllm_core.exchange import Headers
    from mockllm_core.frame import Finding
    from mockllm_core.reply import Turn

    Chunks = list[dict[str, Any]]

RECORDINGS = harness.load("openai-chat")
DEVIATIONS = json.loads(
    files("mockllm_core.protocols.openai_chat").joinpath("deviations.json").read_text("utf-8")
)
SINCE = {entry["item"]: date.fromisoformat(entry["since"]) for entry in DEVIATIONS}

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
    """The items that an answer of that day differs in."""
    when = day(recording)
    return [item for item, since in SINCE.items() if when is not None and when < since]


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


def _without(key: str) -> Callable[[Chunks], Chunks]:
    return lambda chunks: [{name: chunk[name] for name in chunk if name != key} for chunk in chunks]


def _no_null_usage(chunks: Chunks) -> Chunks:
    return [{name: chunk[name] for name in chunk if name != "usage" or chunk[name]} for chunk in chunks]


def _short_usage(chunks: Chunks) -> Chunks:
    for chunk in chunks:
        if usage := chunk.get("usage"):
            del usage["prompt_tokens_details"]
            usage["completion_tokens_details"] = {"reasoning_tokens": 0}
    return chunks


def _usage_first(chunks: Chunks) -> Chunks:
    indices = {call["index"] for chunk in chunks for choice in chunk["choices"] for call in called(choice)}
    if len(indices) < 2 or "usage" not in chunks[0]:
        return chunks
    for chunk in chunks[:-2]:
        rest = {key: chunk.pop(key) for key in ("choices", "obfuscation") if key in chunk}
        usage = chunk.pop("usage")
        chunk.update({"usage": usage} | rest)
    return chunks


def called(choice: dict[str, Any]) -> list[Any]:
    return choice["delta"].get("tool_calls") or []


UNDO: dict[str, Callable[[Chunks], Chunks]] = {
    "obfuscation": _without("obfuscation"),
    "service-tier": _without("service_tier"),
    "null-usage": _no_null_usage,
    "usage-details": _short_usage,
    "parallel-usage-place": _usage_first,
}


def undone(wire: bytes, items: list[str]) -> bytes:
    """Our stream as the provider sent it on that day."""
    events = wire.decode().split("\n\n")
    chunks = [json.loads(event[6:]) for event in events if event.startswith("data: {")]
    for item in items:
        chunks = UNDO.get(item, list)(chunks)
    texts = [json.dumps(chunk, separators=(",", ":"), ensure_ascii=False) for chunk in chunks]
    return "".join(f"data: {text}\n\n" for text in [*texts, "[DONE]"]).encode()


# -- the proofs ---------------------------------------------------------------------------------------------------


def of_status(*statuses: int) -> list[Any]:
    return [param for param in RECORDINGS if param.values[0] is None or param.values[0].status in statuses]


def streams() -> list[Any]:
    found = of_status(200)
    return [param for param in found if param.values[0] is None or param.values[0].body.startswith(b"data")]


@pytest.mark.parametrize("recording", of_status(200))
def test_a_recorded_answer_is_reproduced_byte_for_byte(recording: harness.Recording) -> None:
    turn, findings = read(recording)
    ours, theirs = encode(recording, turn), recording.body
    items = dated(recording)
    if unknowable(ours) == unknowable(theirs):
        assert not findings
        harness.tally["openai-chat"][recording.name] = "bytes"
        return
    assert items, "an answer of today's form differs"
    assert unknowable(undone(ours, items)) == unknowable(theirs)
    assert {finding.rule for finding in findings} <= {"chat-keys", "chat-usage"}
    harness.tally["openai-chat"][recording.name] = (
        f"dated: {', '.join(item for item in items if item in UNDO)}"
    )


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
def test_the_dated_name_of_a_recorded_model_is_known(recording: harness.Recording) -> None:
    from mockllm_core.protocols.openai_chat.families import snapshot

    assert snapshot(recording.request["model"]) == read(recording)[0].facts["model"]


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
    assert response.body == recording.body
    compare_headers(recording, response.headers)
    harness.tally["openai-chat"][recording.name] = "bytes"


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
