"""With ``--ascii`` the same JSON goes out in ASCII."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mockllm_core.engine import Engine, Settings
from mockllm_core.escaped import escaped, escaped_frame
from mockllm_core.eventstream import Decoder
from mockllm_core.exchange import HttpRequest
from mockllm_core.frame import Frame, Pause, frames
from mockllm_core.sse import data

TEXT = "Wörd 😀 中文 \u2028 ok"
MESSAGES = [{"role": "user", "content": TEXT}]
CASES: list[tuple[str, Any]] = [
    ("/v1/chat/completions", {"model": "m", "messages": MESSAGES}),
    ("/v1/chat/completions", {"model": "m", "messages": MESSAGES, "stream": True}),
    ("/v1/responses", {"model": "m", "input": TEXT, "stream": True}),
    ("/v1/messages", {"model": "m", "max_tokens": 99, "messages": MESSAGES, "stream": True}),
    ("/model/m/converse", {"messages": [{"role": "user", "content": [{"text": TEXT}]}]}),
    ("/model/m/converse-stream", {"messages": [{"role": "user", "content": [{"text": TEXT}]}]}),
    ("/v1beta/models/g:streamGenerateContent", {"contents": [{"parts": [{"text": TEXT}]}]}),
    ("/model/anthropic.claude-3-haiku/invoke-with-response-stream",
     {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 99, "messages": MESSAGES}),
]  # fmt: skip


def sent(path: str, body: Any) -> tuple[list[Frame], list[Frame]]:
    request = HttpRequest(method="POST", path=path, body=json.dumps(body).encode())
    made = []
    for change in (lambda same: same, escaped):
        response = change(Engine(Settings()).answer(request, now=datetime(2026, 1, 1, tzinfo=UTC)))
        assert response.status == 200
        whole = response.body
        made.append(list(frames(response.steps)) if whole is None else [Frame("", whole, 0, len(whole))])
    return made[0], made[1]


@pytest.mark.parametrize(("path", "body"), CASES[:-1])
def test_the_json_is_the_same_and_ascii(path: str, body: Any) -> None:
    raw, ascii_only = sent(path, body)
    assert [frame.payload for frame in raw] == [frame.payload for frame in ascii_only]
    assert any(before != after for before, after in zip(raw, ascii_only, strict=True))
    for frame in ascii_only:
        assert frame.wire[frame.start : frame.end].isascii()
        if "stream" in path.rpartition("/")[2] and path.startswith("/model"):
            (message,) = Decoder().feed(frame.wire)
            assert message.payload == frame.wire[frame.start : frame.end]
        else:
            assert frame.wire.isascii()


def test_the_json_in_base64_is_ascii_too() -> None:
    path, body = CASES[-1]
    raw, ascii_only = sent(path, body)

    def inner(frame: Frame) -> bytes:
        return base64.b64decode(json.loads(frame.wire[frame.start : frame.end])["bytes"])

    assert not all(inner(frame).isascii() for frame in raw)
    assert all(inner(frame).isascii() for frame in ascii_only)
    assert [json.loads(inner(frame)) for frame in raw] == [json.loads(inner(frame)) for frame in ascii_only]


@pytest.mark.parametrize(
    ("text", "wire"),
    [("é", b'data: "\\u00e9"\n\n'), ("😀", b'data: "\\ud83d\\ude00"\n\n'), ("a", b'data: "a"\n\n')],
)
def test_characters_beyond_the_first_plane_are_two_escapes(text: str, wire: bytes) -> None:
    frame = escaped_frame(data(f'"{text}"'))
    assert frame.wire == wire
    assert frame.payload == text


def test_pauses_stay() -> None:
    from mockllm_core.exchange import HttpResponse

    steps = (Pause(1.0), data('"é"'))
    assert [type(step) for step in escaped(HttpResponse(status=200, headers=(), steps=steps)).steps] == [
        Pause,
        Frame,
    ]
