"""Responses that are kept: what is stored, fetched, listed, deleted and gone on with."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpRequest, HttpResponse
from mockllm_core.plan import plan
from mockllm_core.protocol import Incoming, WireProtocol
from mockllm_core.protocols.openai_responses import PROTOCOL
from mockllm_core.protocols.openai_responses.state import stateful
from mockllm_core.reply import Reply, Text, ToolCall
from mockllm_core.routing import match
from recordings.harness import stamp


class Kept(dict[str, Any]):
    """A memory in a dictionary."""

    def put(self, name: str, value: Any, size: int) -> None:
        assert size > 0
        self[name] = value

    def hold(self, name: str, value: Any, size: int) -> None:
        """Keep nothing."""

    def delete(self, name: str) -> bool:
        return self.pop(name, None) is not None

    def names(self, prefix: str) -> list[str]:
        return [name for name in self if name.startswith(prefix)]


def incoming(body: Any, *, method: str = "POST", path: str = "/v1/responses", query: str = "") -> Incoming:
    return Incoming(http=HttpRequest(method=method, path=path, query=query), params={}, body=body)


def answered(protocol: WireProtocol, *, stream: bool = False, said: Any = None, **body: Any) -> Any:
    """Send a request through parse and whole or stream, and return the response object."""
    asked = {"model": "gpt-5", "input": "hi", "stream": stream, **body}
    call = protocol.parse(incoming(asked), protocol.endpoints[0])
    turn = plan([Reply(blocks=said or (Text.of("Hello"),))], call.conversation, protocol.cut)
    if stream:
        return list(protocol.stream(turn, call, stamp()))[-1].payload["response"]
    return json.loads(protocol.whole(turn, call, stamp()))


def fetched(protocol: WireProtocol, method: str, path: str, query: str = "") -> HttpResponse:
    """Route a request as the engine does: the first endpoint of that method and path."""
    for endpoint in protocol.endpoints:
        params = match(endpoint.path, path)
        if params is not None and endpoint.method == method and endpoint.answer is not None:
            http = HttpRequest(method=method, path=path, query=query)
            try:
                return endpoint.answer(Incoming(http=http, params=params, body=None), stamp())
            except ApiError as error:
                return protocol.error(error, http, stamp())
    raise AssertionError(f"nothing answers {method} {path}")


def told(response: HttpResponse) -> Any:
    return json.loads(response.body or b"")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("root", ["/v1", ""])
def test_a_response_is_fetched_as_it_was_sent(stream: bool, root: str) -> None:
    protocol = stateful(PROTOCOL, Kept())
    sent = answered(protocol, stream=stream)
    got = fetched(protocol, "GET", f"{root}/responses/{sent['id']}")
    assert got.status == 200
    assert dict(got.headers)["content-type"] == "application/json"
    assert {**told(got), "billing": None} == {**sent, "billing": None}


def test_a_streamed_response_is_fetched_in_the_bytes_of_one_that_was_not_streamed() -> None:
    bodies = []
    for stream in (False, True):
        protocol = stateful(PROTOCOL, Kept())
        sent = answered(
            protocol,
            stream=stream,
            said=(Text.of("na\u00efve \u2028 1e-7"),),
            model="gpt-4o",
            temperature=2e-6,
        )
        bodies.append(fetched(protocol, "GET", f"/v1/responses/{sent['id']}").body)
    assert bodies[0] == bodies[1]
    assert b'"billing"' in (bodies[0] or b"")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("size", [1, 20_000])
def test_what_is_echoed_is_of_this_request_and_no_other(stream: bool, size: int) -> None:
    long = "%s \0 \u2028" * size
    for value in (1, True, 1.0, -0.0, 0, False, "1", None, "\ud800", '"<json>"', [1], [True]):
        metadata = {"k": value, "%s \0 \u2028": "%d", "long": long}
        sent = answered(PROTOCOL, stream=stream, metadata=metadata, user="%s", instructions=long)
        assert json.dumps(sent["metadata"]) == json.dumps(metadata)
        assert sent["user"] == "%s"
        assert sent["instructions"] == long


def test_a_response_with_store_false_is_not_kept() -> None:
    store = Kept()
    answered(stateful(PROTOCOL, store), store=False)
    assert not store


def test_a_deleted_response_is_gone() -> None:
    protocol = stateful(PROTOCOL, Kept())
    path = f"/v1/responses/{answered(protocol)['id']}"
    assert told(fetched(protocol, "DELETE", path)) == {
        "id": path.rpartition("/")[2],
        "object": "response.deleted",
        "deleted": True,
    }
    for method in ("GET", "DELETE"):
        assert fetched(protocol, method, path).status == 404


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("protocol", [PROTOCOL, stateful(PROTOCOL, Kept())])
def test_an_unknown_id_is_404_in_the_providers_words(protocol: WireProtocol, method: str) -> None:
    got = fetched(protocol, method, "/v1/responses/resp_nope")
    assert got.status == 404
    assert told(got)["error"] == {
        "message": "Response with id 'resp_nope' not found.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


def test_without_a_store_the_input_items_are_404_too() -> None:
    assert fetched(PROTOCOL, "GET", "/v1/responses/resp_nope/input_items").status == 404
    assert fetched(PROTOCOL, "POST", "/v1/responses/resp_nope/cancel").status == 404


def test_a_conversation_goes_on_where_it_was() -> None:
    protocol = stateful(PROTOCOL, Kept())
    first = answered(protocol, input="My name is Ada.", instructions="Be brief.")
    asked = {"model": "gpt-5", "input": "And mine?", "previous_response_id": first["id"]}
    call = protocol.parse(incoming(asked), protocol.endpoints[0])
    parts: list[Any] = [part for message in call.conversation.messages for part in message.parts]
    # the earlier instructions are not carried over
    assert [part.text for part in parts] == ["My name is Ada.", "Hello", "And mine?"]
    assert call.conversation.last_user_text() == "And mine?"
    turn = plan([Reply(blocks=(Text.of("x"),))], call.conversation, protocol.cut)
    assert json.loads(protocol.whole(turn, call, stamp()))["previous_response_id"] == first["id"]


def test_a_tools_output_may_follow_the_stored_call() -> None:
    protocol = stateful(PROTOCOL, Kept())
    first = answered(protocol, said=(ToolCall(name="f", arguments={}),))
    output = {"type": "function_call_output", "call_id": first["output"][0]["call_id"], "output": "1"}
    asked = {"model": "gpt-5", "input": [output], "previous_response_id": first["id"]}
    call = protocol.parse(incoming(asked), protocol.endpoints[0])
    assert call.conversation.after_tool_result()
    assert call.conversation.last_user_text() == "hi"
    stray = {
        "model": "gpt-5",
        "input": [{**output, "call_id": "call_x"}],
        "previous_response_id": first["id"],
    }
    with pytest.raises(ApiError, match=r"No tool (call|output) found"):
        protocol.parse(incoming(stray), protocol.endpoints[0])


def test_an_unknown_previous_response_is_400() -> None:
    protocol = stateful(PROTOCOL, Kept())
    asked = {"model": "gpt-5", "input": "hi", "previous_response_id": "resp_x"}
    with pytest.raises(ApiError) as caught:
        protocol.parse(incoming(asked), protocol.endpoints[0])
    got = protocol.error(caught.value, None, stamp())
    assert got.status == 400
    assert told(got)["error"] == {
        "message": "Previous response with id 'resp_x' not found.",
        "type": "invalid_request_error",
        "param": "previous_response_id",
        "code": "previous_response_not_found",
    }


@pytest.fixture
def listing() -> tuple[WireProtocol, str]:
    protocol = stateful(PROTOCOL, Kept())
    given = [
        {"role": "user", "content": "one"},
        {"type": "message", "role": "assistant", "content": "two", "id": "msg_mine"},
        {"role": "user", "content": [{"type": "input_text", "text": "three"}]},
    ]
    return protocol, f"/v1/responses/{answered(protocol, input=given)['id']}/input_items"


def _texts(response: HttpResponse) -> list[str]:
    return [item["content"][0]["text"] for item in told(response)["data"]]


@pytest.mark.parametrize(
    ("query", "texts", "more"),
    [
        ("", ["three", "two", "one"], False),
        ("order=asc", ["one", "two", "three"], False),
        ("order=asc&limit=2", ["one", "two"], True),
        ("order=asc&after=msg_mine", ["three"], False),
        ("limit=1", ["three"], True),
        ("after=msg_mine&include=x", ["one"], False),
    ],
)
def test_input_items_are_listed_page_by_page(
    listing: tuple[WireProtocol, str], query: str, texts: list[str], more: bool
) -> None:
    got = fetched(listing[0], "GET", listing[1], query)
    assert got.status == 200
    assert _texts(got) == texts
    body = told(got)
    assert list(body) == ["object", "data", "first_id", "last_id", "has_more"]
    assert body["has_more"] is more
    assert (body["first_id"], body["last_id"]) == (body["data"][0]["id"], body["data"][-1]["id"])


def test_a_listed_message_has_an_id_a_status_and_typed_parts(listing: tuple[WireProtocol, str]) -> None:
    first, second, _ = told(fetched(listing[0], "GET", listing[1], "order=asc"))["data"]
    assert first["id"].startswith("msg_")
    assert len(first["id"]) == 54
    assert (first["type"], first["status"], first["role"]) == ("message", "completed", "user")
    assert first["content"] == [{"type": "input_text", "text": "one"}]
    assert second["content"] == [{"type": "output_text", "annotations": [], "logprobs": [], "text": "two"}]


@pytest.mark.parametrize(
    ("query", "status", "param", "code"),
    [
        ("limit=0", 400, "limit", "integer_below_min_value"),
        ("limit=101", 400, "limit", "integer_above_max_value"),
        ("limit=99999999999999999999", 400, "limit", "integer_above_max_value"),
        ("limit=ten", 400, "limit", "invalid_type"),
        ("order=up", 400, "order", "invalid_value"),
        ("after=msg_none", 404, None, None),
    ],
)
def test_a_bad_page_is_refused(
    listing: tuple[WireProtocol, str], query: str, status: int, param: str | None, code: str | None
) -> None:
    got = fetched(listing[0], "GET", listing[1], query)
    assert got.status == status
    assert (told(got)["error"]["param"], told(got)["error"]["code"]) == (param, code)


def test_what_a_kept_response_cannot_do_is_refused() -> None:
    protocol = stateful(PROTOCOL, Kept())
    path = f"/v1/responses/{answered(protocol)['id']}"
    assert fetched(protocol, "POST", f"{path}/cancel").status == 400
    assert fetched(protocol, "GET", path, "stream=true").status == 400
    assert fetched(protocol, "GET", path, "stream=false").status == 200


@pytest.mark.parametrize("path", ["/v1/responses/input_tokens", "/responses/input_tokens"])
def test_input_tokens_are_those_of_usage(path: str) -> None:
    body: dict[str, Any] = {"model": "gpt-5", "input": "Count these words.", "instructions": "Be brief."}
    endpoint = next(endpoint for endpoint in PROTOCOL.endpoints if endpoint.path == path)
    assert endpoint.answer is not None
    got = endpoint.answer(incoming(body, path=path), stamp())
    counted = answered(PROTOCOL, **body)["usage"]["input_tokens"]
    assert got.body == b'{\n  "object": "response.input_tokens",\n  "input_tokens": %d\n}' % counted


@pytest.mark.parametrize("stream", [False, True])
def test_an_item_is_named_by_its_id_alone(stream: bool) -> None:
    protocol = stateful(PROTOCOL, Kept())
    tool = {"type": "function", "name": "look", "parameters": {"type": "object"}}
    first = answered(protocol, stream=stream, said=(ToolCall(name="look", arguments={}),), tools=[tool])
    asked, (called,) = listed(protocol, first["id"]), first["output"]
    done = {"type": "function_call_output", "call_id": called["call_id"], "output": "a fish"}
    named = [{"type": "item_reference", "id": one["id"]} for one in (*asked, called)]
    body = {"model": "gpt-5", "input": [*named, done], "store": False}
    call = protocol.parse(incoming(body), protocol.endpoints[0])
    assert call.body["input"] == [*asked, called, done]
    assert [message.role for message in call.conversation.messages] == ["user", "assistant", "tool"]


def listed(protocol: WireProtocol, name: str) -> Any:
    return told(fetched(protocol, "GET", f"/v1/responses/{name}/input_items"))["data"]


@pytest.mark.parametrize("protocol", [PROTOCOL, stateful(PROTOCOL, Kept())])
@pytest.mark.parametrize("name", ["rs_1", "", "rs_" + 50 * "0"])
def test_an_item_that_is_not_kept_is_not_found(protocol: WireProtocol, name: str) -> None:
    said = [{"role": "user", "content": "hi"}, {"type": "item_reference", "id": name}]
    unkept = (
        " Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item "
        "from your input."
    )
    for store, more in ((None, ""), (True, ""), (False, unkept)):
        with pytest.raises(ApiError) as caught:
            protocol.parse(incoming({"model": "gpt-5", "input": said, "store": store}), protocol.endpoints[0])
        assert caught.value.message == f"Item with id '{name}' not found.{more}"
        assert (caught.value.kind, caught.value.param, caught.value.code) == ("not_found", "input", None)


def test_a_conversation_that_nothing_is_kept_of_is_compacted_too() -> None:
    engine = Engine(Settings())
    sent: Any = {"model": "gpt-5.1", "input": "Hello."}
    for path in ("/v1/responses/compact", "/responses/compact"):
        http = HttpRequest(method="POST", path=path, body=json.dumps(sent).encode())
        told = json.loads(engine.answer(http, now=FIXED_NOW).body or b"")
        assert [*told] == ["id", "object", "created_at", "output", "usage"]
        assert [item["type"] for item in told["output"]] == ["message", "compaction"]
    for more, code in (
        ({"previous_response_id": "resp_1"}, "previous_response_not_found"),
        ({"input": []}, "missing_required_parameter"),
        ({"model": ""}, "model_not_found"),
    ):
        http = HttpRequest(
            method="POST", path="/v1/responses/compact", body=json.dumps({**sent, **more}).encode()
        )
        refused = engine.answer(http, now=FIXED_NOW)
        assert (refused.status, json.loads(refused.body or b"")["error"]["code"]) == (400, code)
