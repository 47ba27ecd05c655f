"""What the tests of OpenAI Chat share: from a request and a reply to bytes, and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mockllm_core import contract
from mockllm_core.exchange import HttpRequest
from mockllm_core.plan import plan
from mockllm_core.protocol import Call, Incoming
from mockllm_core.protocols.openai_chat import PROTOCOL
from mockllm_core.reply import Reply, Text
from mockllm_core.stamp import Stamp

if TYPE_CHECKING:
    from mockllm_core.reply import Block, Turn

STAMP = Stamp(seed=b"0", now=datetime(2026, 1, 1, tzinfo=UTC))
ADD = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}
CLOSED = ADD | {"required": ["a", "b"], "additionalProperties": False}
TOOL = {"type": "function", "function": {"name": "add", "parameters": ADD}}
CUSTOM = {"type": "custom", "custom": {"name": "shell"}}


def request(**more: Any) -> dict[str, Any]:
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Say hello."}]} | more


def call_for(body: Any) -> Call:
    complaint = contract.check("openai-chat", body)
    if complaint is not None:
        raise PROTOCOL.complain(complaint)
    http = HttpRequest(method="POST", path="/v1/chat/completions", body=json.dumps(body).encode())
    return PROTOCOL.parse(Incoming(http=http, params={}, body=body), PROTOCOL.endpoints[0])


def turn_for(call: Call, *blocks: Block, replies: int = 1) -> Turn:
    said = blocks or (Text.of("Hello there, friend!"),)
    return plan([Reply(blocks=said)] * replies, call.conversation, PROTOCOL.cut)


def encode(turn: Turn, call: Call) -> bytes:
    PROTOCOL.supports(turn)
    if call.stream:
        return b"".join(frame.wire for frame in PROTOCOL.stream(turn, call, STAMP))
    return PROTOCOL.whole(turn, call, STAMP)


def answer(body: Any, *blocks: Block) -> bytes:
    call = call_for(body)
    return encode(turn_for(call, *blocks, replies=call.conversation.choices), call)


def chunks(wire: bytes) -> list[Any]:
    events = wire.decode().split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    return [json.loads(event.removeprefix("data: ")) for event in events[:-2]]


def choices(wire: bytes) -> list[Any]:
    return [choice for chunk in chunks(wire) for choice in chunk["choices"]]
