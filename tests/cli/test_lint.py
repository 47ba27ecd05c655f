"""``mockllm lint``: what it lets pass, what it names, and that nothing makes it fall over."""

from __future__ import annotations

import base64
import io
import json
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cli.lint_mutations import (
    ANSWERS,
    ANTHROPIC_ERROR,
    ERRORS,
    GEMINI_ERROR,
    MUTATIONS,
    OPENAI_ERROR,
    ROADS,
    answer,
    reframed,
    spoiled,
)
from hypothesis import given
from hypothesis import strategies as st

from mockllm_cli import lint
from mockllm_cli.app import LintName
from mockllm_cli.errors import CliError
from mockllm_core import eventstream
from mockllm_core.registry import HOSTS, PROTOCOLS, find
from recordings import harness

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from recordings.harness import Recording

    Run = Callable[..., subprocess.CompletedProcess[bytes]]

NAMES = tuple(protocol.name for protocol in PROTOCOLS)


def linted(
    protocol: str, wire: bytes, path: Path, capsys: pytest.CaptureFixture[str]
) -> list[dict[str, object]]:
    """The findings that the command prints, and that it fails exactly when there are some."""
    file = path / "answer"
    file.write_bytes(wire)
    said = ""
    try:
        lint.lint(protocol, str(file), "json")
    except CliError as error:
        said = str(error)
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert bool(found) == (" finding" in said)
    return found


@pytest.mark.parametrize("person", [True, False])
def test_a_person_is_told_that_there_is_nothing_to_find(
    person: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, (protocol, *_) = next(iter(ANSWERS.items()))
    path = tmp_path / "answer"
    path.write_bytes(answer(name))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: person)
    lint.lint(protocol, str(path), "text")
    assert capsys.readouterr() == ("", f"mockllm: no findings in {path}\n" if person else "")


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_of_ours_is_clean(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert linted(ANSWERS[name][0], answer(name), tmp_path, capsys) == []


@pytest.mark.parametrize("road", ROADS)
def test_another_road_to_an_answer_has_a_name_of_its_own(
    road: tuple[str, bool], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wire = answer(road)
    assert linted(road[0], wire, tmp_path, capsys) == []
    host = next(host for host in HOSTS if host.name == road[0])
    spoils = wire[:-9] if road[1] else wire[:-1] + b" }"
    found = linted(road[0], spoils, tmp_path, capsys)
    assert found
    assert {one["rule"] for one in found} <= set(host.rules)
    lint.list_rules(road[0], PROTOCOLS)
    told = [line.split("  ", 2) for line in capsys.readouterr().out.splitlines()]
    assert {line[0] for line in told} == {road[0]}
    assert set(host.rules) <= {line[1] for line in told}


def test_an_error_is_known_by_the_name_of_a_road_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert linted("azure-openai", OPENAI_ERROR, tmp_path, capsys) == []
    found = linted("openai-completions", OPENAI_ERROR.replace(b'"param"', b'"parm"'), tmp_path, capsys)
    assert {one["rule"] for one in found} == {"error-keys"}


def test_all_that_can_be_checked_can_be_named() -> None:
    assert {one.value for one in LintName} == {one.name for one in (*PROTOCOLS, *HOSTS)}


@pytest.mark.parametrize(("name", "change", "rule"), [(one[0], one[1:4], one[4]) for one in MUTATIONS])
def test_one_changed_detail_is_told_by_its_rule(
    name: str,
    change: tuple[str, str, int],
    rule: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    protocol = ANSWERS[name][0]
    found = linted(protocol, spoiled(name, *change), tmp_path, capsys)
    assert rule in {one["rule"] for one in found}, found
    assert rule in find(protocol).rules
    assert all(one["sentence"] for one in found)


FRAMES: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("converse", lambda wire: wire[:40] + b"\xff" + wire[41:], "bedrock-framing"),
    ("converse", lambda wire: wire[:-5], "bedrock-framing"),
    (
        "converse",
        lambda wire: reframed(wire, lambda name, data: None if name == "metadata" else (name, data)),
        "bedrock-end",
    ),
    (
        "converse",
        lambda wire: reframed(wire, lambda name, data: None if name == "messageStart" else (name, data)),
        "bedrock-order",
    ),
    (
        "converse",
        lambda wire: reframed(wire, lambda name, data: (name.title(), data)),
        "bedrock-event-unknown",
    ),
    (
        "converse",
        lambda wire: eventstream.event(
            "contentBlockStart", b'{"contentBlockIndex":0,"p":"ab","start":{}}'
        ).wire.join(_cut(wire)),
        "bedrock-start",
    ),
    (
        "converse",
        lambda wire: wire.replace(b":message-type\x07\x00\x05event", b":message-typf\x07\x00\x05event"),
        "bedrock-framing",
    ),
    ("messages", lambda wire: wire[: wire.index(b"event: message_stop")], "anthropic-end"),
    ("messages", lambda wire: wire[wire.index(b"event: content_block_start") :], "anthropic-order"),
    ("responses", lambda wire: wire[: wire.index(b"event: response.completed")], "responses-terminator"),
    ("responses", lambda wire: _without(wire, b"response.in_progress"), "responses-order"),
    ("responses", lambda wire: _without(wire, b"response.content_part.added"), "responses-order"),
    ("responses", lambda wire: _without(wire, b"response.output_item.done"), "responses-order"),
    ("responses", lambda wire: wire + b"data: [DONE]\n\n", "responses-json"),
    ("gemini", lambda wire: wire + b"data: [DONE]\r\n\r\n", "gemini-json"),
    ("gemini", lambda wire: wire[:-1], "gemini-framing"),
    ("chat", lambda wire: wire[:-1], "chat-framing"),
]


def _cut(wire: bytes) -> tuple[bytes, bytes]:
    """Cut behind the first frame."""
    size = int.from_bytes(wire[:4], "big")
    return wire[:size], wire[size:]


def _without(wire: bytes, event: bytes) -> bytes:
    """Leave out the first event of a name."""
    events = wire.split(b"\n\n")
    first = next(at for at, one in enumerate(events) if one.startswith(b"event: " + event + b"\n"))
    return b"\n\n".join(events[:first] + events[first + 1 :])


@pytest.mark.parametrize(("name", "change", "rule"), FRAMES)
def test_a_broken_frame_or_a_missing_event_is_told_by_its_rule(
    name: str,
    change: Callable[[bytes], bytes],
    rule: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = linted(ANSWERS[name][0], change(answer(name)), tmp_path, capsys)
    assert rule in {one["rule"] for one in found}, found


@pytest.mark.parametrize(
    ("protocol", "body", "change", "rule"), [(*one[:2], one[2:4], one[4]) for one in ERRORS]
)
def test_an_errors_body_is_held_to_its_own_envelope(
    protocol: str,
    body: bytes,
    change: tuple[str, str],
    rule: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert linted(protocol, body, tmp_path, capsys) == []
    found = linted(protocol, body.replace(change[0].encode(), change[1].encode(), 1), tmp_path, capsys)
    assert {one["rule"] for one in found} >= {rule}
    assert all(str(one["rule"]).startswith("error-") for one in found)


@pytest.mark.parametrize(
    ("protocol", "body", "right", "wrong"),
    [
        ("openai-chat", OPENAI_ERROR.replace(b'"code": null', b'"code": "invalid_api_key"'), 401, 400),
        ("anthropic-messages", ANTHROPIC_ERROR, 404, 500),
        ("bedrock-converse", b'{"message":"No."}', 400, 200),
        ("google-genai", GEMINI_ERROR, 404, 400),
    ],
)
def test_an_errors_status_fits_its_kind(
    protocol: str, body: bytes, right: int, wrong: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def recorded(status: int) -> bytes:
        return json.dumps({"status": status, "headers": {}, "body_text": body.decode()}).encode()

    assert linted(protocol, recorded(right), tmp_path, capsys) == []
    found = linted(protocol, recorded(wrong), tmp_path, capsys)
    assert [one["rule"] for one in found] == ["error-status"]


# -- recordings ---------------------------------------------------------------------------------------------------

RECORDED = [case for name in NAMES for case in harness.load(name)]
#: days from which a recorded answer has the form of today, as the protocols' deviations date them
TODAY = "2025-11-01"


def _day(recording: Recording) -> str:
    made = re.search(rb'"created(?:_at)?": ?(\d+)', recording.body)
    kept = datetime.fromtimestamp(int(made[1]), UTC).date() if made else recording.recorded
    return kept.isoformat() if kept else "9999"


@pytest.mark.parametrize("recording", RECORDED)
def test_a_recording_of_todays_form_is_clean(recording: Recording) -> None:
    found = lint.findings(find(recording.protocol), lint.captured(json.dumps(recording.data).encode()))
    if "excerpt" in recording.data:
        pytest.skip("events were taken out of it")
    if _day(recording) < TODAY:
        # an older form may differ, in keys and in what is counted of it
        assert {one.rule.rpartition("-")[2] for one in found} <= {"keys", "usage", "error"}
    elif recording.status == 200 and b'"type":"error"' in recording.body[:60]:
        assert {one.rule.rpartition("-")[2] for one in found} == {"error"}
    else:
        assert found == []


# -- input of other kinds -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {}\n\n", "curl without -i"),
        (b"HTTP/2 200\r\n\r\n", "curl without -i"),
        (b"1f4\r\ndata: {}\n\n\r\n0\r\n\r\n", "without --raw"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b'{"body_base64": "!"}', "neither base64 nor text"),
    ],
)
@pytest.mark.parametrize("protocol", NAMES)
def test_what_is_no_body_gets_a_hint(protocol: str, data: bytes, hint: str, tmp_path: Path) -> None:
    file = tmp_path / "answer"
    file.write_bytes(data)
    with pytest.raises(CliError, match=hint):
        lint.lint(protocol, str(file), "text")


def test_a_file_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CliError, match="cannot read"):
        lint.lint("openai-chat", str(tmp_path / "none"), "text")
    with pytest.raises(CliError, match="cannot read"):
        lint.lint("openai-chat", str(tmp_path), "text")


def test_a_recordings_base64_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = base64.b64encode(answer("converse")).decode()
    recording = {
        "status": 200,
        "headers": {"content-type": "application/vnd.amazon.eventstream"},
        "body_base64": body,
    }
    assert linted("bedrock-converse", json.dumps(recording).encode(), tmp_path, capsys) == []


def test_a_stream_is_checked_as_it_comes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first finding is printed before the input ends: the input here never does."""

    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def read(self, _: int = -1) -> bytes:
            if capsys.readouterr().out:
                raise KeyboardInterrupt
            return answer("chat")

    class Standard:
        buffer = Endless()

    monkeypatch.setattr(sys, "stdin", Standard())
    with pytest.raises(KeyboardInterrupt):
        lint.lint("openai-chat", "-", "text")


def test_the_command_prints_a_line_for_each_finding_and_fails(run: Run) -> None:
    done = run("lint", "openai-chat", "-", stdin=spoiled("chat", "data: [DONE]\n\n", ""))
    assert done.returncode == 1
    assert done.stdout.decode().startswith("answer, byte ")
    assert "chat-done: the stream ends without [DONE]" in done.stdout.decode()
    assert done.stderr.decode() == "mockllm: 1 finding in stdin\n"
    assert run("lint", "openai-chat", "-", stdin=answer("chat")).returncode == 0
    assert run("lint", "openai-chat").returncode == 2


def test_the_rules_are_listed_with_what_each_protects(run: Run) -> None:
    every = run("lint", "--rules").stdout.decode().splitlines()
    one = run("lint", "--rules", "bedrock-converse").stdout.decode().splitlines()
    assert {line.split("  ")[0] for line in every} == set(NAMES)
    assert [line for line in every if line.startswith("bedrock-converse  ")] == one
    assert {"bedrock-order", "bedrock-chunk", "error-keys"} <= {line.split("  ")[1] for line in one}
    assert all(len(line.split("  ")[2]) > 20 for line in every)


# -- garbage --------------------------------------------------------------------------------------------------------

BEGINS = (
    b"",
    b"data: ",
    b"event: message_start\ndata: ",
    b"[",
    b"{",
    b"\0\0\0",
    b'{"choices": ',
    b'{"output": ',
)
WORDS = st.sampled_from(
    [
        b"null",
        b"[]",
        b"{}",
        b'"',
        b"1e999",
        b"\n\n",
        b"\r\n\r\n",
        b"data: ",
        b"\xff",
        b"\\ud800",
        b"}",
        b"]",
        b"-1",
        b"true",
    ]
)


@given(begin=st.sampled_from(BEGINS), rest=st.lists(st.one_of(WORDS, st.binary(max_size=8)), max_size=12))
def test_garbage_gives_findings_and_no_exception(begin: bytes, rest: list[bytes]) -> None:
    data = begin + b"".join(rest)
    for protocol in PROTOCOLS:
        try:
            lint.findings(protocol, lint.captured(data))
        except CliError:
            continue


VALUES: st.SearchStrategy[object] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.just(1.5), st.text(max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=4,
)


@given(data=st.data(), name=st.sampled_from([name for name in ANSWERS if not name.startswith("converse")]))
def test_any_value_in_any_place_gives_findings_and_no_exception(data: st.DataObject, name: str) -> None:
    """One value of one payload is replaced by another of any type."""
    wire = answer(name).decode()
    lines = wire.split("\n") if wire.startswith(("data: ", "event: ")) else [wire]
    places = [at for at, line in enumerate(lines) if "{" in line]
    at = data.draw(st.sampled_from(places))
    before, brace, text = lines[at].partition("{")
    after = "\r" if text.endswith("\r") else ""
    try:
        payload = json.loads(brace + text.rstrip())
    except ValueError:
        return
    _replace(payload, data)
    lines[at] = before + json.dumps(payload) + after
    lint.findings(find(ANSWERS[name][0]), lint.captured("\n".join(lines).encode()))


@given(data=st.data(), name=st.sampled_from([name for name in ANSWERS if name.startswith("converse")]))
def test_any_value_in_any_frame_gives_findings_and_no_exception(data: st.DataObject, name: str) -> None:
    def change(payload: bytes) -> bytes:
        value = json.loads(payload)
        _replace(value, data)
        return json.dumps(value).encode()

    wire = answer(name)
    if wire.startswith(b"\0"):
        nth = data.draw(st.integers(0, 3))
        seen = iter(range(1000))
        wire = reframed(wire, lambda event, held: (event, change(held) if next(seen) == nth else held))
    else:
        wire = change(wire)
    lint.findings(find("bedrock-converse"), lint.captured(wire))


def _replace(value: object, data: st.DataObject) -> None:
    """Put any value in a place of a tree, a few levels down at most."""
    for _ in range(6):
        keys: list[object] = (
            list(value)
            if isinstance(value, dict)
            else list(range(len(value)))
            if isinstance(value, list)
            else []
        )
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        if data.draw(st.booleans()) or not isinstance(value[key], dict | list):  # type: ignore[index]
            value[key] = data.draw(VALUES)  # type: ignore[index]
            return
        value = value[key]  # type: ignore[index]
