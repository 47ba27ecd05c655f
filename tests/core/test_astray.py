"""A base URL with a part too few or too many: the log says which."""

from __future__ import annotations

import pytest

from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.exchange import HttpRequest

LOST = [
    # the AI SDK and DSPy with Anthropic's own base URL
    ("/messages", "/v1/messages", "lacks /v1 at its end"),
    # litellm with Google's own base URL
    ("/models/gemini-2.5-flash:generateContent", "/v1beta/models/gemini-2.5-flash:generateContent", "lacks /v1beta at its end"),
    # Anthropic's SDK with OpenAI's base URL
    ("/v1/v1/messages", "/v1/messages", "must not end with /v1"),
    ("/v1/model/a/converse", "/model/a/converse", "must not end with /v1"),
    ("/v1/v1beta/models/g:generateContent", "/v1beta/models/g:generateContent", "must not end with /v1"),
    # OpenAI's with Google's
    ("/v1beta/openai/chat/completions", "/v1/chat/completions", "must end with /v1, not with /v1beta/openai"),
    ("/v1/messages/messages", "/v1/messages", "must end with /v1, not with /v1/messages"),
    ("/a/b/v1/responses", "/v1/responses", "must not end with /a/b"),
    ("//v1/messages", "/v1/messages", "must not end with /"),
]  # fmt: skip


def note(method: str, path: str) -> tuple[int, str, tuple[str, ...]]:
    request = HttpRequest(method=method, path=path, body=b"{}")
    response = Engine(Settings()).answer(request, now=FIXED_NOW)
    return response.status, dict(response.headers).get("x-mockllm-note", ""), response.note.remarks


@pytest.mark.parametrize(("path", "meant", "why"), LOST)
def test_what_the_base_url_should_be_is_said_in_a_header_and_in_the_log(
    path: str, meant: str, why: str
) -> None:
    status, said, remarks = note("POST", path)
    assert status in (404, 405)
    assert said == f"POST {path} is no path of an API, but {meant} is: the client's base URL {why}."
    assert remarks == (said,)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/vector_stores"),
        ("POST", "/v1/"),
        ("POST", "/x"),
        ("GET", "/v1/messages"),
        ("DELETE", "/v1/v1/messages"),
        ("POST", "/v1/messages/"),
        ("POST", "/a/b/c/d/v1/messages"),
        ("POST", f"/{'a' * 600}/v1/messages"),
    ],
)
def test_where_no_other_base_would_do_nothing_is_said(method: str, path: str) -> None:
    status, said, remarks = note(method, path)
    assert status in (404, 405)
    assert (said, remarks) == ("", ())
