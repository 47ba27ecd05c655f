"""The server for tests, and the pytest fixture."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from mockllm_cli import MockServer
from mockllm_cli.secrets import redacted
from mockllm_core import Conversation, Reply, Text

if TYPE_CHECKING:
    from pathlib import Path

BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}


def ask(url: str, path: str = "/v1/chat/completions", body: Any = BODY, **headers: str) -> Any:
    request = urllib.request.Request(url + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


def test_the_journal_holds_what_was_sent_and_no_keys() -> None:
    with MockServer() as server:
        ask(server.url, path="/v1/chat/completions?key=sk-1&a=b", authorization="Bearer sk-2")
        (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/v1/chat/completions?key=REDACTED&a=b")
    assert (request.body, request.status, request.complete) == (BODY, 200, True)
    assert request.headers["authorization"] == "REDACTED"


@pytest.mark.parametrize(
    "name",
    [
        *("authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"),
        *("x-amz-security-token", "ocp-apim-subscription-key"),
    ],
)
def test_every_header_that_may_hold_a_key_is_kept_out_of_the_journal(name: str) -> None:
    assert redacted({name: "hush", "idempotency-key": "1"}) == {name: "REDACTED", "idempotency-key": "1"}


def test_an_answer_that_is_here_is_in_the_journal() -> None:
    with MockServer() as server:
        for count in range(1, 101):
            ask(server.url)
            assert len(server.requests) == count


def test_the_journal_is_bounded() -> None:
    with MockServer(keep=3) as server:
        for _ in range(5):
            ask(server.url)
        assert len(server.requests) == 3


def test_two_servers_with_one_seed_say_the_same_and_another_seed_something_else() -> None:
    with MockServer(seed="1") as one, MockServer(seed="1") as two, MockServer(seed="2") as other:
        assert ask(one.url) == ask(two.url) != ask(other.url)


def test_the_same_bytes_come_in_any_thread() -> None:
    tool = {
        "type": "function",
        "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {}}}},
    }
    bodies = [
        {**BODY, "messages": [{"role": "user", "content": f"n{n}"}], "tools": [tool]} for n in range(40)
    ]
    with MockServer() as server:
        alone = [ask(server.url, body=body) for body in bodies]
        together: dict[int, Any] = {}

        def work(start: int) -> None:
            for n in range(start, 40, 8):
                together[n] = ask(server.url, body=bodies[n])

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [together[n] for n in range(40)] == alone


def test_it_stops_within_a_second_and_can_start_again() -> None:
    server = MockServer()
    for _ in range(3):
        server.start()
        ask(server.url)
        begun = time.monotonic()
        server.stop()
        assert time.monotonic() - begun < 1
    server.stop()


def test_the_urls_and_variables_point_at_it() -> None:
    with MockServer() as server:
        assert server.openai_url == f"{server.url}/v1"
        assert {server.anthropic_url, server.bedrock_url, server.google_url} == {server.url}
        assert server.env["OPENAI_BASE_URL"] == server.openai_url
        assert server.env["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] == server.url


def test_a_server_that_is_not_running_says_so() -> None:
    with pytest.raises(RuntimeError, match="not running"):
        _ = MockServer().url


def test_what_cannot_be_said_is_told_at_once() -> None:
    with MockServer() as server, pytest.raises(TypeError, match="a text, a Reply or a function, not int"):
        server.says(7)  # type: ignore[arg-type]


def test_clear_forgets_stored_responses() -> None:
    with MockServer() as server:
        made = ask(server.url, "/v1/responses", {"model": "gpt-4o", "input": "hi"})
        with urllib.request.urlopen(f"{server.url}/v1/responses/{made['id']}", timeout=10) as answer:
            assert json.loads(answer.read())["id"] == made["id"]
        server.clear()
        with pytest.raises(urllib.error.HTTPError) as gone:
            urllib.request.urlopen(f"{server.url}/v1/responses/{made['id']}", timeout=10)
        assert gone.value.code == 404
        gone.value.close()


def test_the_fixture_points_the_sdks_at_a_server_and_is_cleared_for_each_test(
    mockllm: MockServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import os

    assert len(mockllm.requests) == 0
    assert os.environ["ANTHROPIC_BASE_URL"] == mockllm.url
    ask(mockllm.url)
    assert len(mockllm.requests) == 1


@pytest.mark.parametrize("near", ["", "*", "example.com"])
def test_the_fixture_is_reached_beside_a_proxy(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, near: str
) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, near)
    server = request.getfixturevalue("mockllm")
    from google import genai
    from openai import OpenAI

    boto3 = pytest.importorskip("boto3")
    assert OpenAI(max_retries=0).responses.create(model="gpt-5", input="a").output_text == "a"
    assert genai.Client().models.generate_content(model="gemini-2.5-flash", contents="b").text == "b"
    message = {"role": "user", "content": [{"text": "c"}]}
    boto3.client("bedrock-runtime").converse(modelId="amazon.nova-pro-v1:0", messages=[message])
    assert [one.status for one in server.requests] == [200, 200, 200]


def test_what_is_said_can_be_decided_in_the_middle_and_is_forgotten() -> None:
    def shout(conversation: Conversation) -> Reply:
        return Reply(blocks=(Text.of((conversation.last_user_text() or "").upper()),))

    with MockServer() as server:
        said = []
        for what in ("yes", Reply(blocks=(Text.of("no"),)), shout, None):
            server.says(what)
            said.append(ask(server.url)["choices"][0]["message"]["content"])
        server.says("yes")
        server.clear()
        said.append(ask(server.url)["choices"][0]["message"]["content"])
    assert said == ["yes", "no", "HI", "hi", "hi"]
