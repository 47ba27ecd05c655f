"""``mockllm render``: a request's frames, offline."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[bytes]]

USER = [{"role": "user", "content": "hi"}]
REQUESTS: dict[str, dict[str, object]] = {
    "openai-chat": {"model": "gpt-4o", "messages": USER},
    "openai-responses": {"model": "gpt-4o", "input": "hi"},
    "anthropic-messages": {"model": "claude-sonnet-4-6", "max_tokens": 50, "messages": USER},
    "bedrock-converse": {"messages": [{"role": "user", "content": [{"text": "hi"}]}]},
    "google-genai": {"contents": [{"parts": [{"text": "hi"}]}]},
}


def body(protocol: str, **changes: object) -> bytes:
    return json.dumps({**REQUESTS[protocol], **changes}).encode()


@pytest.mark.parametrize(
    ("protocol", "flags", "begins"),
    [
        ("openai-chat", ["--stream"], b"data: {"),
        ("openai-chat", [], b'{\n  "id": "chatcmpl-'),
        ("openai-responses", ["--stream"], b"event: response.created\ndata: {"),
        ("openai-responses", ["--no-stream"], b'{\n  "id": "resp_'),
        ("anthropic-messages", ["--stream"], b"event: message_start\ndata: {"),
        ("anthropic-messages", [], b'{"model":"claude-sonnet-4-6","id":"msg_01'),
        ("bedrock-converse", [], b"\0\0\0"),
        ("bedrock-converse", ["--no-stream"], b'{"metrics":{"latencyMs":'),
        ("google-genai", [], b'data: {"candidates": ['),
        ("google-genai", ["--no-stream"], b'{\n  "candidates": ['),
        (
            "google-genai",
            ["--path", "/v1beta/models/gemini-2.5-flash:streamGenerateContent"],
            b'[{\n  "candidates"',
        ),
        ("bedrock-converse", ["--path", "/model/amazon.nova-micro-v1%3A0/converse"], b'{"metrics"'),
    ],
)
def test_the_bytes_are_the_providers(run: Run, protocol: str, flags: list[str], begins: bytes) -> None:
    done = run("render", protocol, "-", *flags, stdin=body(protocol))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(begins)
    assert done.stderr == b""


@pytest.mark.parametrize("protocol", REQUESTS)
def test_frames_as_json_add_up_to_the_wire(run: Run, protocol: str, tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    path.write_bytes(body(protocol))
    wire = run("render", protocol, "request.json", "--stream").stdout
    lines = [
        json.loads(line)
        for line in run("render", protocol, str(path), "--stream", "--format", "json").stdout.splitlines()
    ]
    assert [line["index"] for line in lines] == list(range(len(lines)))
    assert sum(line["size"] for line in lines) == len(wire)
    assert lines[-1]["offset"] + lines[-1]["size"] == len(wire)


def test_a_table_is_for_people(run: Run) -> None:
    done = run(
        "render", "anthropic-messages", "-", "--stream", "--format", "table", stdin=body("anthropic-messages")
    )
    text = done.stdout.decode()
    assert "content_block_delta" in text
    assert "\x1b" not in text
    head, first, *_ = text.splitlines()
    assert head.split() == ["offset", "bytes", "event", "payload"]
    assert first.split()[:1] == ["0"]
    assert first.split()[2] == "message_start"
    assert all(len(line) <= 100 for line in text.splitlines())


@pytest.mark.parametrize("protocol", ["openai-chat", "bedrock-converse"])
def test_a_narrow_table_keeps_its_columns(run: Run, protocol: str) -> None:
    done = run("render", protocol, "-", "--stream", "--format", "table", stdin=body(protocol), columns=60)
    lines = done.stdout.decode().splitlines()
    assert all(len(line) <= 60 for line in lines)
    offsets = [int(line.split()[0]) for line in lines[1:]]
    sizes = [int(line.split()[1]) for line in lines[1:]]
    assert offsets == [sum(sizes[:nth]) for nth in range(len(sizes))]


def test_the_model_goes_into_the_path_or_the_body(run: Run) -> None:
    done = run("render", "google-genai", "-", "--model", "gemini-3-pro", stdin=body("google-genai"))
    assert b'"modelVersion": "gemini-3-pro"' in done.stdout
    done = run("render", "openai-chat", "-", "--model", "gpt-4.1-nano", stdin=body("openai-chat"))
    assert b'"model": "gpt-4.1-nano' in done.stdout


def test_several_tools_can_be_called(run: Run) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    done = run("render", "openai-chat", "-", "--tool-calls", "3", stdin=body("openai-chat", tools=[tool]))
    assert len(json.loads(done.stdout)["choices"][0]["message"]["tool_calls"]) == 3


def test_the_seed_decides_the_bytes(run: Run) -> None:
    first, again, other = (
        run("render", "openai-chat", "-", "--seed", seed, stdin=body("openai-chat")).stdout for seed in "001"
    )
    assert first == again != other


def test_an_event_stream_can_be_piped_into_its_decoder(run: Run) -> None:
    stream = run("render", "bedrock-converse", "-", stdin=body("bedrock-converse")).stdout
    done = run("decode-eventstream", "-", stdin=stream)
    events = [json.loads(line)["headers"][":event-type"]["value"] for line in done.stdout.splitlines()]
    assert events == ["messageStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"]


def test_a_refused_request_prints_the_providers_error_and_exits_1(run: Run) -> None:
    done = run("render", "openai-chat", "-", stdin=body("openai-chat", messages=[]))
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["param"] == "messages"
    assert done.stderr.decode().startswith("mockllm: openai-chat refuses the request with status 400")


@pytest.mark.parametrize("protocol", sorted(REQUESTS))
@pytest.mark.parametrize("data", [b"{", b"\xff", b"", b"[NaN]"], ids=["cut", "bytes", "empty", "NaN"])
def test_what_is_no_json_gets_the_providers_400(run: Run, protocol: str, data: bytes) -> None:
    done = run("render", protocol, "-", "--no-stream", stdin=data)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert "message" in (told if protocol == "bedrock-converse" else told["error"])
    assert done.stderr.decode().startswith(f"mockllm: stdin is {'not JSON: ' if data else 'empty'}")


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "says"),
    [
        (["openai-chat", "nowhere.json"], b"", 1, "cannot read nowhere.json"),
        (["openai-chat", "."], b"", 1, "cannot read ."),
        (["openai-chat", "-"], b"{", 1, "stdin is not JSON"),
        (["openai-chat", "-"], b" \n", 1, "stdin is empty"),
        (["openai-chat", "-"], b"\xff", 1, "stdin is not JSON"),
        (["openai", "-"], b"{}", 2, "openai"),
        (["openai-chat", "-", "--now", "never"], b"{}", 2, "--now"),
        (["openai-chat", "-", "--path", "/nowhere"], b"{}", 1, "404"),
        (["openai-chat", "-", "--tool-calls", "0"], b"{}", 2, "tool-calls"),
        (["openai-chat", "-"], b"[]", 1, "400"),
    ],
)
def test_a_mistake_is_named(run: Run, arguments: list[str], stdin: bytes, code: int, says: str) -> None:
    done = run("render", *arguments, stdin=stdin)
    assert (done.returncode, says in done.stderr.decode()) == (code, True), done.stderr
    assert b"Traceback" not in done.stderr


def test_a_closed_pipe_is_quiet(run: Run) -> None:
    import subprocess
    import sys

    command = f"{sys.executable} -m mockllm_cli render openai-chat - --stream | head -c 10"
    data = body("openai-chat", messages=[{"role": "user", "content": "x " * 200_000}])
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], input=data, capture_output=True, timeout=60
    )
    assert done.stderr == b""
