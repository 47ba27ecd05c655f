"""Responses of the background: how they begin, what is refused, and what our own reader thinks of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mockllm_cli.memory import BoundedMemory
from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.exchange import HttpRequest
from mockllm_core.frame import frames
from mockllm_core.protocols.openai_responses import PROTOCOL

if TYPE_CHECKING:
    from mockllm_core.exchange import HttpResponse
    from mockllm_core.frame import Finding

BODY = {"model": "gpt-5.5", "input": "Hello there.", "background": True}


@pytest.fixture
def engine() -> Engine:
    return Engine(Settings(), BoundedMemory())


def ask(engine: Engine, method: str, path: str, body: Any = None, query: str = "") -> HttpResponse:
    sent = b"" if body is None else json.dumps(body).encode()
    return engine.answer(HttpRequest(method=method, path=path, query=query, body=sent), now=FIXED_NOW)


def told(response: HttpResponse) -> Any:
    return json.loads(response.body or b"")


def wire(response: HttpResponse) -> bytes:
    return b"".join(frame.wire for frame in frames(response.steps))


def found(data: bytes, *, stream: bool) -> list[str]:
    findings: list[Finding] = []
    if stream:
        reader = PROTOCOL.reader("")
        reader.feed(data)
        reader.finish()
        findings = reader.findings
    else:
        PROTOCOL.read_whole(data, findings)
    return [one.rule for one in findings]


@pytest.mark.parametrize("root", ["/v1", "", "/openai/v1"])
def test_what_is_queued_differs_from_what_is_finished_in_a_few_keys(engine: Engine, root: str) -> None:
    begun = ask(engine, "POST", f"{root}/responses", BODY)
    assert begun.status == 200
    queued = told(begun)
    place = f"{root}/responses/{queued['id']}"
    looked = ask(engine, "GET", place)
    assert told(looked) == queued | {"status": "in_progress"}
    finished = told(ask(engine, "GET", place))
    assert list(queued) == list(told(looked)) == list(finished)
    assert told(ask(engine, "GET", place)) == finished
    moved = {key for key, value in queued.items() if finished[key] != value}
    azure = {"content_filters"} if root == "/openai/v1" else set()
    assert moved == {"status", "completed_at", "output", "service_tier", "usage"} | azure
    assert (begun.body or b"").startswith(b'{\n  "id": "resp_')
    if not azure:
        assert found(begun.body or b"", stream=False) == found(looked.body or b"", stream=False) == []


def test_a_stream_of_the_background_is_queued_twice_and_read_back(engine: Engine) -> None:
    data = wire(ask(engine, "POST", "/v1/responses", {**BODY, "stream": True}))
    events = data.decode().split("\n\n")
    assert [event.partition("\n")[0] for event in events[:4]] == [
        "event: response.created",
        "event: response.queued",
        "event: response.in_progress",
        "event: response.output_item.added",
    ]
    assert found(data, stream=True) == []
    # without what says that it is queued, or with it at another place, it is none of the provider's
    assert "responses-order" in found(("\n\n".join(events[:1] + events[2:])).encode(), stream=True)
    swapped = [events[0], events[2], events[1], *events[3:]]
    assert "responses-order" in found("\n\n".join(swapped).encode(), stream=True)


def test_the_same_request_again_is_another_response_each_time() -> None:
    engine = Engine(Settings(), BoundedMemory())
    names = set()
    for nth in range(6):
        for stream in (False, True):
            request = HttpRequest(
                method="POST", path="/v1/responses", body=json.dumps({**BODY, "stream": stream}).encode()
            )
            made = engine.answer(request, now=FIXED_NOW, fresh=bytes([nth, stream]))
            data = wire(made) if stream else made.body or b""
            name = (
                json.loads(data.split(b"data: ", 2)[1].split(b"\n")[0])["response"]["id"]
                if stream
                else told(made)["id"]
            )
            looks = [told(ask(engine, "GET", f"/v1/responses/{name}"))["status"] for _ in range(2)]
            # a stream was read to its end
            assert looks == ["completed" if stream else "in_progress", "completed"]
            names.add(name)
    assert len(names) == 12


@pytest.mark.parametrize(
    ("made", "query", "message", "param", "code"),
    [
        (
            {"background": False, "stream": True},
            "stream=true",
            "This response cannot be streamed because it was not created with background=true.",
            "stream",
            "invalid_request_error",
        ),
        (
            {},
            "stream=true",
            "This response cannot be streamed because it was not created with stream=true or the stream TTL has expired.",
            "stream",
            "invalid_request_error",
        ),
        (
            {"stream": True},
            "stream=true&starting_after=soon",
            "Invalid type for 'starting_after': expected an integer, but got 'soon' instead.",
            "starting_after",
            "invalid_type",
        ),
    ],
)
def test_what_cannot_be_streamed_again_is_refused(
    engine: Engine, made: Any, query: str, message: str, param: str, code: str
) -> None:
    response = ask(engine, "POST", "/v1/responses", {**BODY, **made})
    data = wire(response) or response.body or b""
    name = data[data.index(b"resp_") :][:55].decode()
    refused = ask(engine, "GET", f"/v1/responses/{name}", query=query)
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    assert (refused.status, told(refused)) == (400, {"error": error})


def test_a_stream_that_is_taken_up_behind_its_end_is_empty(engine: Engine) -> None:
    data = wire(ask(engine, "POST", "/v1/responses", {**BODY, "stream": True}))
    place = f"/v1/responses/{data[data.index(b'resp_') :][:55].decode()}"
    for query, rest in (
        ("", data),
        ("&starting_after=-1", data),
        ("&starting_after=99999999999999999999", b""),
    ):
        again = ask(engine, "GET", place, query=f"stream=true{query}")
        assert (again.status, wire(again)) == (200, rest)
        assert dict(again.headers)["content-type"] == "text/event-stream; charset=utf-8"


def test_a_stream_that_was_left_can_be_cancelled_and_then_not_be_taken_up(engine: Engine) -> None:
    steps = iter(ask(engine, "POST", "/v1/responses", {**BODY, "stream": True}).steps)
    first = next(frames([next(steps)]))
    place = f"/v1/responses/{first.payload['response']['id']}"
    assert told(ask(engine, "POST", f"{place}/cancel"))["status"] == "cancelled"
    assert ask(engine, "GET", place, query="stream=true").status == 400
    # what goes on with it goes on without what it would have said
    then = ask(
        engine, "POST", "/v1/responses", {"model": "m", "input": "x", "previous_response_id": place[14:]}
    )
    assert told(then)["status"] == "completed"


def test_a_stream_that_is_cancelled_while_it_is_read_goes_on_and_is_completed(engine: Engine) -> None:
    # openai/openai-python 2643: no event tells of it, the events go on, and in the end the response is completed
    steps = iter(ask(engine, "POST", "/v1/responses", {**BODY, "stream": True}).steps)
    first = next(frames([next(steps)]))
    place = f"/v1/responses/{first.payload['response']['id']}"
    cancelled = told(ask(engine, "POST", f"{place}/cancel"))
    assert (cancelled["status"], cancelled["usage"]) == ("cancelled", None)
    assert told(ask(engine, "GET", place))["status"] == "cancelled"
    rest = list(frames(steps))
    assert rest[-1].event == "response.completed"
    finished = told(ask(engine, "GET", place))
    assert (finished["status"], finished["usage"]) == ("completed", rest[-1].payload["response"]["usage"])
    refused = ask(engine, "POST", f"{place}/cancel")
    assert (refused.status, told(refused)["error"]["message"]) == (400, "Cannot cancel a completed response.")
    assert ask(engine, "GET", place, query="stream=true").status == 200


def test_where_nothing_is_kept_nothing_runs_in_the_background() -> None:
    for stream in (False, True):
        response = ask(Engine(Settings()), "POST", "/v1/responses", {**BODY, "stream": stream})
        assert (response.status, told(response)["error"]["param"]) == (400, "background")


@pytest.mark.parametrize("looks", [0, 1])
def test_what_needs_the_answer_finishes_it(engine: Engine, looks: int) -> None:
    name = told(ask(engine, "POST", "/v1/responses", BODY))["id"]
    for _ in range(looks):
        ask(engine, "GET", f"/v1/responses/{name}")
    then = {"model": "gpt-5.5", "input": "And?", "previous_response_id": name}
    assert told(ask(engine, "POST", "/v1/responses", then))["status"] == "completed"
    assert told(ask(engine, "GET", f"/v1/responses/{name}"))["status"] == "completed"
    assert ask(engine, "POST", f"/v1/responses/{name}/cancel").status == 400


def test_to_list_its_input_is_no_look_at_the_answer(engine: Engine) -> None:
    name = told(ask(engine, "POST", "/v1/responses", BODY))["id"]
    listed = told(ask(engine, "GET", f"/v1/responses/{name}/input_items"))["data"]
    assert listed[0]["content"] == [{"type": "input_text", "text": "Hello there."}]
    assert told(ask(engine, "GET", f"/v1/responses/{name}"))["status"] == "in_progress"
