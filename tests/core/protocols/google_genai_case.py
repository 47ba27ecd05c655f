"""What the tests of Google Gemini share: from a request and a reply to bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mockllm_core import contract
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpRequest, HttpResponse
from mockllm_core.plan import plan
from mockllm_core.protocol import Call, Endpoint, Incoming
from mockllm_core.protocols.google_genai import PROTOCOL
from mockllm_core.reply import Reply, Text
from mockllm_core.responders import respond
from mockllm_core.routing import match
from mockllm_core.stamp import Stamp

if TYPE_CHECKING:
    from mockllm_core.reply import Block, FinishReason, Turn

STAMP = Stamp(seed=b"0", now=datetime(2026, 1, 1, tzinfo=UTC))
OLD, NOW, NEW = "gemini-2.0-flash", "gemini-2.5-flash", "gemini-3.5-flash"
WEATHER = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]},
}
TOOLS = [{"functionDeclarations": [WEATHER]}]
THINK = {"thinkingConfig": {"includeThoughts": True}}


def request(text: str = "Say hello.", **more: Any) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [{"text": text}]}]} | more


def path_of(model: str = NOW, *, method: str = "streamGenerateContent", vertex: bool = False) -> str:
    place = "/v1beta1/projects/p/locations/global/publishers/google" if vertex else "/v1beta"
    return f"{place}/models/{model}:{method}"


def routed(path: str, method: str = "POST") -> tuple[Endpoint, dict[str, str]]:
    for endpoint in PROTOCOL.endpoints:
        params = match(endpoint.path, path)
        if params is not None and endpoint.method == method:
            return endpoint, params
    raise AssertionError(f"no route for {path}")


def incoming(path: str, body: Any = None, method: str = "POST") -> tuple[Incoming, Endpoint]:
    path, _, query = path.partition("?")
    endpoint, params = routed(path, method)
    http = HttpRequest(method=method, path=path, query=query, body=json.dumps(body).encode())
    return Incoming(http=http, params=params, body=body), endpoint


def call_for(body: Any, path: str = path_of() + "?alt=sse") -> Call:
    asked, endpoint = incoming(path, body)
    complaint = contract.check(endpoint.contract, body)
    if complaint is not None:
        raise PROTOCOL.complain(complaint)
    return PROTOCOL.parse(asked, endpoint)


def turn_for(call: Call, *blocks: Block, finish: FinishReason | None = None) -> Turn:
    said = Reply(blocks=blocks, finish=finish) if blocks or finish else respond(call.conversation)
    return plan([said] * call.conversation.choices, call.conversation, PROTOCOL.cut)


def encode(turn: Turn, call: Call) -> bytes:
    PROTOCOL.supports(turn)
    if call.stream:
        return b"".join(frame.wire for frame in PROTOCOL.stream(turn, call, STAMP))
    return PROTOCOL.whole(turn, call, STAMP)


def answer(body: Any, path: str, *blocks: Block, finish: FinishReason | None = None) -> bytes:
    call = call_for(body, path)
    return encode(turn_for(call, *blocks, finish=finish), call)


def chunks(wire: bytes) -> list[Any]:
    if wire.startswith(b"data: "):
        events = wire.decode().split("\r\n\r\n")
        assert events[-1] == ""
        return [json.loads(event.removeprefix("data: ")) for event in events[:-1]]
    found = json.loads(wire)
    return found if isinstance(found, list) else [found]


def refusal(body: Any, path: str) -> Any:
    """Return the error object with which a request is refused."""
    asked, endpoint = incoming(path, body)
    try:
        call_for(body, path) if endpoint.answer is None else endpoint.answer(asked, STAMP)
    except ApiError as error:
        response: HttpResponse = PROTOCOL.error(error, asked.http, STAMP)
        assert response.body is not None
        told = json.loads(response.body)
        return (told[0] if isinstance(told, list) else told)["error"]
    raise AssertionError("the request was taken")


HELLO = Text.of("Hello there, friend!")
