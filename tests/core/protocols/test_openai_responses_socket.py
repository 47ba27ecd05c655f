"""Responses on a WebSocket, decided without one: messages that are requests, and answers that are messages."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from laws.fuzzing import _mutated

from mockllm_cli.memory import BoundedMemory
from mockllm_core.engine import Engine, Settings
from mockllm_core.exchange import Asked, HttpRequest
from mockllm_core.frame import Pause, frames
from mockllm_core.websocket import Served

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PATHS = ("/v1/responses", "/responses", "/openai/v1/responses")
HEADERS = {
    "upgrade": "websocket",
    "accept-encoding": "gzip",
    "authorization": "Bearer k",
    "sec-websocket-key": "k",
}


class Talk:
    """One socket: what a host does, without a network."""

    def __init__(self, path: str = PATHS[0], *, keeps: bool = True, **settings: Any) -> None:
        shared = BoundedMemory() if keeps else None
        self.engine = Engine(Settings(**settings), shared)
        opening = self.engine.answer(HttpRequest(method="GET", path=path, headers=HEADERS), now=NOW)
        assert isinstance(opening, Served)
        self.opening, self.dialogue = opening, opening.dialogue
        self.own = Engine(Settings(**settings), opening.dialogue.memory(shared))

    def raw(self, message: bytes) -> list[bytes]:
        asked = self.dialogue.take(message)
        if isinstance(asked, bytes):
            return [asked]
        response = self.own.answer(asked, now=NOW)
        return [one for one in self.dialogue.told(asked, response) if not isinstance(one, Pause)]

    def say(self, **event: Any) -> list[dict[str, Any]]:
        said = {"type": "response.create", "model": "gpt-5.2", **event}
        return [json.loads(one) for one in self.raw(json.dumps(said).encode())]

    def last(self, **event: Any) -> dict[str, Any]:
        return self.say(**event)[-1]

    def id(self, **event: Any) -> str:
        told = self.last(**event)
        assert told["type"] == "response.completed", told
        return str(told["response"]["id"])


@pytest.mark.parametrize("path", PATHS)
def test_events_are_those_of_a_stream_over_http(path: str) -> None:
    talk = Talk(path)
    body = {
        "model": "gpt-5.2",
        "input": "Say it",
        "tools": [{"type": "function", "name": "f"}],
        "stream": True,
    }
    asked = HttpRequest(
        method="POST", path=path, headers={"authorization": "Bearer k"}, body=json.dumps(body).encode()
    )
    streamed = [one.wire[one.start : one.end] for one in frames(talk.engine.answer(asked, now=NOW).steps)]
    del body["stream"]
    assert talk.raw(json.dumps({"type": "response.create", **body}).encode()) == streamed
    assert len(streamed) > 5


def test_the_handshake_has_neither_id_nor_limits() -> None:
    headers = dict(Talk().opening.headers)
    assert headers["x-openai-proxy-wasm"] == "v0.1"
    assert not headers.keys() & {"x-request-id", "content-type", "openai-processing-ms"}
    assert not any(name.startswith("x-ratelimit") for name in headers)


def test_a_request_has_the_handshakes_headers_but_for_its_own() -> None:
    asked = Talk().dialogue.take(b'{"type":"response.create"}')
    assert isinstance(asked, Asked)
    assert asked.headers == {"authorization": "Bearer k", "content-type": "application/json"}


def test_what_belongs_to_the_transport_is_dropped() -> None:
    events = Talk().say(input="hi", stream=False, background=True)
    assert [one["type"] for one in (events[0], events[-1])] == ["response.created", "response.completed"]
    assert events[-1]["response"]["background"] is False


@pytest.mark.parametrize("lane", ["main", "a.b-c_9", "x" * 256])
def test_a_lane_is_told_in_each_event(lane: str) -> None:
    events = Talk().say(input="hi", stream_id=lane)
    assert [one["stream_id"] for one in events] == [lane] * len(events)


def test_without_a_lane_none_is_told() -> None:
    assert all("stream_id" not in one for one in Talk().say(input="hi"))


@pytest.mark.parametrize("lane", ["", "x" * 257, "a b", "é", 5, None, ["a"], "a\n"])
def test_what_is_no_lane_is_refused(lane: Any) -> None:
    assert Talk().say(input="hi", stream_id=lane) == [
        {
            "type": "error",
            "status": 400,
            "error": {
                "type": "invalid_request_error",
                "code": "invalid_stream_id",
                "message": "The 'stream_id' field must be a non-empty string with at most 256 characters and may only "
                "contain letters, numbers, underscores, hyphens, and periods.",
                "param": "stream_id",
            },
        }
    ]


def test_a_socket_has_thirty_two_lanes_beside_the_one_without_a_name() -> None:
    talk = Talk()
    for nth in range(32):
        talk.id(input="hi", stream_id=f"agent_{nth}")
    refused = talk.last(input="hi", stream_id="agent_33")
    assert (refused["status"], refused["stream_id"]) == (400, "agent_33")
    assert refused["error"]["code"] == "websocket_stream_limit_reached"
    assert refused["error"]["message"].startswith(
        "This WebSocket connection has reached its maximum number of distinct stream IDs (32)."
    )
    talk.id(input="hi", stream_id="agent_0")
    talk.id(input="hi")


def test_a_lane_goes_on_though_nothing_is_stored() -> None:
    talk = Talk()
    first = talk.id(input="My name is Ada", store=False, stream_id="main")
    then = talk.last(input="again", store=False, stream_id="main", previous_response_id=first)["response"]
    assert then["previous_response_id"] == first
    assert then["usage"]["input_tokens"] > talk.last(input="again")["response"]["usage"]["input_tokens"]
    # nobody else finds it
    got = talk.engine.answer(HttpRequest(method="GET", path=f"/v1/responses/{first}"), now=NOW)
    assert got.status == 404


def test_of_what_is_not_stored_only_a_lanes_last_can_be_gone_on_with() -> None:
    talk = Talk()
    first = talk.id(input="one", store=False)
    second = talk.id(input="two", store=False, previous_response_id=first)
    lost = talk.last(input="three", store=False, previous_response_id=first)
    assert lost["error"]["code"] == "previous_response_not_found"
    talk.id(input="four", store=False, previous_response_id=second)


def test_a_continuation_that_fails_takes_what_it_went_on_from_with_it() -> None:
    talk = Talk()
    first = talk.id(input="one", store=False)
    assert talk.last(input="two", temperature=9, store=False)["type"] == "error"
    talk.id(input="elsewhere", store=False, stream_id="a", previous_response_id=first)
    assert talk.last(input=5, store=False, previous_response_id=first)["type"] == "error"
    assert talk.last(input="three", store=False, previous_response_id=first)["type"] == "error"


def test_a_conversation_forks_into_another_lane() -> None:
    talk = Talk()
    plan = talk.id(input="plan", store=False, stream_id="planner")
    talk.id(input="criticise", store=False, stream_id="critic", previous_response_id=plan)
    talk.id(input="go on", store=False, stream_id="planner", previous_response_id=plan)


def test_lanes_that_rest_lose_their_last_to_long_ones() -> None:
    talk = Talk()
    rests = talk.id(input="one", store=False, stream_id="rests")
    speaks = ""
    for nth in range(3):
        # each holds a question and an answer of 3 MB, as it is counted
        speaks = talk.id(input="long " * 600_000, store=False, stream_id=f"speaks{nth}")
    lost = talk.last(input="two", store=False, stream_id="rests", previous_response_id=rests)
    assert lost["error"]["code"] == "previous_response_not_found"
    talk.id(input="go on", store=False, stream_id="speaks2", previous_response_id=speaks)


def test_what_is_stored_is_found_by_everybody() -> None:
    talk = Talk()
    name = talk.id(input="hi")
    talk.id(input="two")
    talk.id(input="three", previous_response_id=name)
    assert talk.engine.answer(HttpRequest(method="GET", path=f"/v1/responses/{name}"), now=NOW).status == 200


def test_a_server_that_keeps_nothing_keeps_the_last_of_a_lane() -> None:
    talk = Talk(keeps=False)
    first = talk.id(input="hi")
    talk.id(input="two", previous_response_id=first)
    assert (
        talk.last(input="three", previous_response_id=first)["error"]["code"] == "previous_response_not_found"
    )


def test_a_tools_result_goes_on_in_the_lane() -> None:
    talk = Talk()
    tools = [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}]
    first = talk.last(input="call it", store=False, tools=tools)["response"]
    call = first["output"][0]
    assert call["type"] == "function_call"
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "done"}
    then = talk.last(input=[result], store=False, tools=tools, previous_response_id=first["id"])["response"]
    assert [item["type"] for item in then["output"]] == ["message"]


@pytest.mark.parametrize("given", [{}, {"input": []}, {"input": "hi"}], ids=["no input", "empty", "some"])
def test_an_answer_that_is_only_prepared_says_nothing(given: dict[str, Any]) -> None:
    talk = Talk()
    events = talk.say(generate=False, store=False, instructions="Be brief", **given)
    assert [one["type"] for one in events] == [
        "response.created",
        "response.in_progress",
        "response.completed",
    ]
    made = events[-1]["response"]
    assert (made["output"], made["usage"]["output_tokens"], made["status"]) == ([], 0, "completed")
    then = talk.last(input="now", store=False, previous_response_id=made["id"])["response"]
    assert then["output"][0]["content"][0]["text"] == "now"


def test_only_a_socket_prepares() -> None:
    body = json.dumps({"model": "gpt-5.2", "input": "hi", "generate": False}).encode()
    whole = Talk().engine.answer(HttpRequest(method="POST", path=PATHS[0], body=body), now=NOW)
    assert whole.body is not None
    assert json.loads(whole.body)["output"]


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({}, {"code": "missing_required_parameter", "message": "Missing required parameter: 'type'.", "param": "type"}),
        (
            {"type": 5},
            {
                "code": "invalid_type",
                "message": "Invalid type for 'type': expected a string, but got an integer instead.",
                "param": "type",
            },
        ),
        (
            {"type": "session.update"},
            {
                "code": "invalid_value",
                "message": "Invalid value: 'session.update'. Supported values are: 'response.create' and "
                "'response.steer'.",
                "param": "type",
            },
        ),
        (
            {"type": "response.create", "input": "hi"},
            {
                "code": "missing_required_parameter",
                "message": "Missing required parameter: 'model'.",
                "param": "model",
            },
        ),
    ],
)  # fmt: skip
def test_an_error_is_an_event_without_nulls(message: dict[str, Any], error: dict[str, str]) -> None:
    (told,) = Talk().raw(json.dumps(message).encode())
    assert json.loads(told) == {
        "type": "error",
        "status": 400,
        "error": {"type": "invalid_request_error", **error},
    }
    assert list(json.loads(told)["error"]) == ["type", "code", "message", "param"]


@pytest.mark.parametrize("message", [b"", b"{", b"\xff", b"[" * 2000, b"[]", b"5", b'"x"', b"null"])
def test_what_is_no_object_gets_what_http_says(message: bytes) -> None:
    (told,) = Talk().raw(message)
    error = json.loads(told)
    assert (error["type"], error["status"]) == ("error", 400)
    assert error["error"]["message"]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("rate_limit", 429, "rate_limit_exceeded"), ("authentication", 401, "invalid_api_key")],
)
def test_errors_asked_for_keep_their_status(kind: str, status: int, code: str) -> None:
    told = Talk().last(model=f"mock-error-{kind}", input="hi", stream_id="a")
    assert (told["status"], told["stream_id"], told["error"]["code"]) == (status, "a", code)


def test_no_message_is_too_odd() -> None:
    chance, talk = random.Random(7), Talk()
    base = {"type": "response.create", "stream_id": "a", "model": "gpt-5.2", "input": "hi", "generate": True}
    for _ in range(1500):
        for one in talk.raw(json.dumps(_mutated(base, chance)).encode()):
            event = json.loads(one)
            assert event.get("status", 200) < 500, event


def test_pauses_stay_between_events() -> None:
    talk = Talk(delay=0.5)
    asked = talk.dialogue.take(b'{"type":"response.create","model":"gpt-5.2","input":"hi"}')
    assert isinstance(asked, Asked)
    told = list(talk.dialogue.told(asked, talk.own.answer(asked, now=NOW)))
    assert [one for one in told if isinstance(one, Pause)] == [Pause(0.5)] * (len(told) // 2)


def test_after_an_hour_it_is_over() -> None:
    talk = Talk()
    assert talk.opening.most == 3600
    assert json.loads(talk.dialogue.over()) == {
        "type": "error",
        "status": 400,
        "error": {
            "type": "invalid_request_error",
            "code": "websocket_connection_limit_reached",
            "message": "Responses websocket connection limit reached (60 minutes). Create a new websocket connection to "
            "continue.",
        },
    }


def test_azures_older_path_opens_none() -> None:
    request = HttpRequest(
        method="GET", path="/openai/responses", query="api-version=2025-04-01-preview", headers=HEADERS
    )
    assert Talk().engine.answer(request, now=NOW).status == 404
