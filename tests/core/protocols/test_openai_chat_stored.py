"""Completions that are kept: what is stored, listed, fetched, changed and deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from features.seen import NOW

from mockllm_cli.memory import BoundedMemory
from mockllm_core.engine import Engine, Settings
from mockllm_core.exchange import HttpRequest, HttpResponse
from mockllm_core.frame import frames
from mockllm_core.protocols.openai_chat.stored import Stored
from recordings.harness import stamp

ROOT = "/v1/chat/completions"


def asked(
    engine: Engine, method: str, path: str, body: Any = None, fresh: bytes | None = None
) -> HttpResponse:
    """Ask the engine; a stream is read to its end."""
    path, _, query = path.partition("?")
    sent = b"" if body is None else json.dumps(body).encode()
    http = HttpRequest(method=method, path=path, query=query, body=sent)
    response = engine.answer(http, now=NOW, fresh=fresh)
    tuple(frames(response.steps))
    return response


def told(response: HttpResponse) -> Any:
    return json.loads(response.body or b"")


def made(engine: Engine, text: str = "Hi", **more: Any) -> str:
    """Have a completion stored, and return its id."""
    body = {"model": "gpt-4o-mini", "store": True, "messages": [{"role": "user", "content": text}], **more}
    name: str = told(asked(engine, "POST", ROOT, body))["id"]
    return name


@pytest.fixture
def engine() -> Engine:
    return Engine(Settings(), BoundedMemory())


ASKED = {
    "messages": [{"role": "user", "content": "Say `this is a test`."}],
    "model": "gpt-4o-mini",
    "store": True,
}
ANSWERED = {
    "id": "chatcmpl-CGSbhP05yVK6UddcCirjjbqYBCuqe",
    "object": "chat.completion",
    "created": 1758039249,
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "This is a test.",
                "refusal": None,
                "annotations": [],
            },
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {
        "prompt_tokens": 14,
        "completion_tokens": 5,
        "total_tokens": 19,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    },
    "service_tier": "default",
    "system_fingerprint": "fp_560af6e559",
}
RECORDED = (
    '{"object":"chat.completion","id":"chatcmpl-CGSbhP05yVK6UddcCirjjbqYBCuqe","model":"gpt-4o-mini-2024-07-18",'
    '"created":1758039249,"request_id":"req_8d76635f30e1459e8acdf5b92744f2f1","tool_choice":null,"usage":{'
    '"total_tokens":19,"completion_tokens":5,"prompt_tokens":14},"seed":-8132613597486110237,"top_p":1.0,'
    '"temperature":1.0,"presence_penalty":0.0,"frequency_penalty":0.0,"system_fingerprint":"fp_560af6e559",'
    '"input_user":null,"service_tier":"default","tools":null,"metadata":{},"choices":[{"index":0,"message":{'
    '"content":"This is a test.","role":"assistant","tool_calls":null,"function_call":null},'
    '"finish_reason":"stop","logprobs":null}],"response_format":null}'
)
"""What api.openai.com gave for it: openai/openai-dotnet, ChatStoreTests/StoredChatCompletionsWork, September 2025."""


def test_a_recorded_completion_is_kept_as_it_was() -> None:
    held = Stored(json.dumps(ANSWERED).encode(), ASKED, stamp()).completion()
    drawn = ("request_id", "seed")
    spelled = json.dumps(held | {key: json.loads(RECORDED)[key] for key in drawn}, separators=(",", ":"))
    assert spelled == RECORDED
    assert len(RECORDED) == 664  # its content-length
    assert -(2**63) <= held["seed"] < 2**63


def test_the_bodies_are_laid_out_as_recorded(engine: Engine) -> None:
    name = made(
        engine, "Order filtering test: Please provide a comprehensive response about machine learning."
    )
    listed = asked(engine, "GET", f"{ROOT}/{name}/messages?limit=5&order=asc").body
    assert (
        listed
        == (
            f'{{"object":"list","data":[{{"id":"{name}-0","role":"user","content":"Order filtering test: Please provide '
            'a comprehensive response about machine learning.","content_parts":null,"name":null}],'
            f'"first_id":"{name}-0","last_id":"{name}-0","has_more":false}}'
        ).encode()
    )
    assert len(listed) == 345  # the recorded content-lengths, ids being of one length
    gone = asked(engine, "DELETE", f"{ROOT}/{name}").body
    assert gone == f'{{"object":"chat.completion.deleted","id":"{name}","deleted":true}}'.encode()
    assert len(gone) == 97
    missing = asked(engine, "GET", f"{ROOT}/{name}")
    assert missing.status == 404
    assert missing.body is not None
    assert len(missing.body) == 189
    assert told(missing) == {
        "error": {
            "message": f"Completion {name} not found",
            "type": "invalid_request_error",
            "param": "completion_id",
            "code": "not_found",
        }
    }


def test_no_limits_stand_in_the_headers(engine: Engine) -> None:
    answers = [asked(engine, "GET", f"{ROOT}{path}") for path in ("", f"/{made(engine)}", "/chatcmpl-x")]
    for response in answers:
        names = [name for name, _ in response.headers]
        assert names[:2] == ["content-type", "openai-organization"]
        assert not [name for name in names if "ratelimit" in name or "expose" in name]


@pytest.mark.parametrize("seed", [None, b"fresh"])
def test_a_stream_is_kept_as_the_whole_is(engine: Engine, seed: bytes | None) -> None:
    """Also when the same request comes again and again, and its stream is made by a pattern."""
    body = {**ASKED, "stream": True}
    for nth in range(4):
        fresh = seed and seed + bytes([nth])
        response = asked(engine, "POST", ROOT, body, fresh)
        (held,) = told(asked(engine, "GET", f"{ROOT}?limit=1"))["data"]
        assert held["choices"][0]["message"]["content"] == "Say `this is a test`."
        assert held["request_id"] == dict(response.headers)["x-request-id"]
    assert len(told(asked(engine, "GET", ROOT))["data"]) == (1 if seed is None else 4)


def test_what_was_asked_for_is_kept(engine: Engine) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    more: Any = {
        "tools": [tool],
        "tool_choice": "auto",
        "seed": 7,
        "temperature": 0,
        "top_p": 0.5,
        "user": "ada",
    }
    held = told(asked(engine, "GET", f"{ROOT}/{made(engine, **more)}"))
    assert [held[key] for key in ("tools", "tool_choice", "seed", "input_user")] == [[tool], "auto", 7, "ada"]
    assert b'"top_p":0.5,"temperature":0.0' in json.dumps(held, separators=(",", ":")).encode()
    (call,) = held["choices"][0]["message"]["tool_calls"]
    assert call["function"]["name"] == "f"
    assert held["choices"][0]["message"]["content"] is None


def test_parts_stand_in_a_place_of_their_own(engine: Engine) -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    given = [{"role": "system", "content": "s"}, {"role": "user", "name": "ada", "content": parts}]
    name = made(engine, messages=given)
    assert told(asked(engine, "GET", f"{ROOT}/{name}/messages"))["data"] == [
        {"id": f"{name}-0", "role": "system", "content": "s", "content_parts": None, "name": None},
        {"id": f"{name}-1", "role": "user", "content": None, "content_parts": parts, "name": "ada"},
    ]


def test_messages_come_in_order_a_page_at_a_time(engine: Engine) -> None:
    name = made(engine, messages=[{"role": "user", "content": str(nth)} for nth in range(3)])
    first = told(asked(engine, "GET", f"{ROOT}/{name}/messages?limit=2"))
    assert ([one["content"] for one in first["data"]], first["has_more"]) == (["0", "1"], True)
    rest = told(asked(engine, "GET", f"{ROOT}/{name}/messages?limit=2&after={first['last_id']}"))
    assert ([one["content"] for one in rest["data"]], rest["has_more"]) == (["2"], False)
    back = told(asked(engine, "GET", f"{ROOT}/{name}/messages?order=desc"))
    assert [one["content"] for one in back["data"]] == ["2", "1", "0"]


def test_the_list_is_newest_first_filtered_and_paged(engine: Engine) -> None:
    """As recorded, whatever the reference says of the order; an alias is not the name of what answered."""
    one = made(engine, "1", metadata={"a": "x", "b": "y"})
    two = made(engine, "2", metadata={"a": "x"}, model="gpt-4o")
    three = made(engine, "3")

    def ids(query: str) -> list[str]:
        return [held["id"] for held in told(asked(engine, "GET", f"{ROOT}?{query}"))["data"]]

    assert ids("") == [three, two, one]
    assert ids("order=asc") == [one, two, three]
    assert ids("limit=1") == [three]
    assert ids(f"after={two}") == [one]
    assert ids("metadata[a]=x") == [two, one]
    assert ids("metadata%5Ba%5D=x&metadata[b]=y") == [one]
    assert ids("metadata[a]=z") == []
    assert ids("model=gpt-4o-2024-08-06") == [two]
    assert ids("model=gpt-4o") == []
    page = told(asked(engine, "GET", f"{ROOT}?limit=2"))
    assert (page["first_id"], page["last_id"], page["has_more"]) == (three, two, True)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("?limit=0", 400, "integer_below_min_value"),
        ("?limit=101", 400, "integer_above_max_value"),
        ("?limit=x", 400, "invalid_type"),
        ("?order=up", 400, "invalid_value"),
        ("?after=chatcmpl-x", 404, "not_found"),
        ("/chatcmpl-x/messages", 404, "not_found"),
        ("/resp_x", 404, "not_found"),
    ],
)
def test_what_cannot_be_fetched_is_refused(engine: Engine, path: str, status: int, code: str) -> None:
    response = asked(engine, "GET", ROOT + path)
    assert (response.status, told(response)["error"]["code"]) == (status, code)


def test_tags_are_replaced(engine: Engine) -> None:
    name = made(engine, metadata={"a": "x", "b": "y"})
    changed = told(asked(engine, "POST", f"{ROOT}/{name}", {"metadata": {"a": "z"}}))
    assert (changed["id"], changed["metadata"]) == (name, {"a": "z"})
    assert told(asked(engine, "GET", f"{ROOT}/{name}")) == changed
    assert told(asked(engine, "POST", f"{ROOT}/{name}", {"metadata": None}))["metadata"] == {}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Missing required parameter: 'metadata'."),
        (
            {"metadata": {"a": 1}},
            "Invalid type for 'metadata.a': expected a string, but got an integer instead.",
        ),
        (
            {"metadata": []},
            "Invalid type for 'metadata': expected a metadata object, but got an array instead.",
        ),
    ],
)
def test_tags_that_are_none_are_refused(engine: Engine, body: Any, message: str) -> None:
    response = asked(engine, "POST", f"{ROOT}/{made(engine)}", body)
    assert (response.status, told(response)["error"]["message"]) == (400, message)


@pytest.mark.parametrize("more", [{"store": False}, {"store": None}])
def test_what_is_not_to_be_stored_is_not(engine: Engine, more: Any) -> None:
    name = made(engine, **more)
    assert asked(engine, "GET", f"{ROOT}/{name}").status == 404
    assert told(asked(engine, "GET", ROOT))["data"] == []


def test_without_a_memory_nothing_is_there() -> None:
    engine = Engine(Settings())
    name = made(engine)
    assert told(asked(engine, "GET", ROOT)) == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }
    for method, path, body in (
        ("GET", f"/{name}", None),
        ("GET", f"/{name}/messages", None),
        ("POST", f"/{name}", {"metadata": {}}),
        ("DELETE", f"/{name}", None),
    ):
        assert asked(engine, method, ROOT + path, body).status == 404


def test_the_oldest_are_forgotten_and_no_longer_listed() -> None:
    engine = Engine(Settings(), BoundedMemory(most=2))
    names = [made(engine, str(nth)) for nth in range(3)]
    assert [one["id"] for one in told(asked(engine, "GET", f"{ROOT}?order=asc"))["data"]] == names[1:]
