"""What the tests of Bedrock share: a request through parse, respond, plan and encode, and boto3 on top of it."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from urllib3 import HTTPResponse as RawResponse

from mockllm_core import contract
from mockllm_core.errors import ApiError
from mockllm_core.eventstream import Decoder
from mockllm_core.exchange import HttpRequest, HttpResponse
from mockllm_core.frame import frames
from mockllm_core.hosts.bedrock_invoke import PROTOCOL as INVOKE
from mockllm_core.plan import plan
from mockllm_core.protocol import Incoming, WireProtocol
from mockllm_core.protocols.bedrock_converse import PROTOCOL
from mockllm_core.responders import respond
from mockllm_core.routing import match
from mockllm_core.stamp import Stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.conversation import Controls, Conversation
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Reply, Turn

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
NOVA = "us.amazon.nova-micro-v1:0"
GPT_OSS = "openai.gpt-oss-120b-1:0"
TITAN = "amazon.titan-text-express-v1"
STAMP = Stamp(seed=b"0", now=datetime(2026, 1, 1, tzinfo=UTC))

WEATHER: dict[str, Any] = {
    "toolSpec": {
        "name": "get_weather",
        "description": "Get the weather.",
        "inputSchema": {
            "json": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
        },
    }
}


def asking(text: str, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"text": text}]}], **more}


def call_of(
    body: Any, model: str = CLAUDE, *, stream: bool = True, protocol: WireProtocol = PROTOCOL
) -> Call:
    suffix = "-stream" if stream else ""
    path = f"/model/{quote(model, safe='')}/converse{suffix}"
    http = HttpRequest(method="POST", path=path, body=json.dumps(body).encode())
    endpoint = next(one for one in protocol.endpoints if one.stream is stream)
    return protocol.parse(Incoming(http=http, params={"model": model}, body=body), endpoint)


def turn_of(call: Call, reply: Reply | None = None) -> Turn:
    return plan([reply or respond(call.conversation)], call.conversation, call.cut or PROTOCOL.cut)


def wire(turn: Turn, call: Call) -> bytes:
    if call.stream:
        return b"".join(frame.wire for frame in PROTOCOL.stream(turn, call, STAMP))
    return PROTOCOL.whole(turn, call, STAMP)


def answered(body: Any, model: str = CLAUDE, *, stream: bool = True, reply: Reply | None = None) -> bytes:
    call = call_of(body, model, stream=stream)
    return wire(turn_of(call, reply), call)


def events(data: bytes) -> list[tuple[str, Any]]:
    """Each frame's event type and payload, the padding taken out."""
    found = []
    for message in Decoder().feed(data):
        payload = json.loads(message.payload)
        payload.pop("p", None)
        found.append((message.event_type or "", payload))
    return found


def shown(data: bytes) -> bytes:
    """A stream for a reviewer: one line a frame, its event type and its payload."""
    return b"".join(
        f"{message.event_type or message.exception_type} ".encode() + message.payload + b"\n"
        for message in Decoder().feed(data)
    )


def answer(
    request: HttpRequest,
    protocols: tuple[WireProtocol, ...] = (PROTOCOL,),
    responder: Callable[[Conversation], Reply] = respond,
    controls: Controls | None = None,
) -> HttpResponse:
    """Answer a request as the engine does, for these protocols alone."""
    for protocol in protocols:
        for endpoint in protocol.endpoints:
            params = match(endpoint.path, request.path)
            if params is None or endpoint.method != request.method:
                continue
            body = json.loads(request.body) if request.method == "POST" else None
            incoming = Incoming(http=request, params=params, body=body)
            try:
                complaint = contract.check(endpoint.contract, body) if endpoint.contract else None
                if complaint is not None:
                    raise protocol.complain(complaint)
                if endpoint.answer is not None:
                    return endpoint.answer(incoming, STAMP)
                call = protocol.parse(incoming, endpoint)
                if controls is not None:
                    call = replace(call, conversation=replace(call.conversation, controls=controls))
                turn = plan([responder(call.conversation)], call.conversation, call.cut or protocol.cut)
                protocol.supports(turn)
                headers = protocol.headers(turn, call, STAMP)
                if call.stream:
                    return HttpResponse(status=200, headers=headers, steps=protocol.stream(turn, call, STAMP))
                return HttpResponse(status=200, headers=headers, body=protocol.whole(turn, call, STAMP))
            except ApiError as error:
                return protocol.error(error, request, STAMP)
    raise AssertionError(f"no route for {request.method} {request.path}")


def body_of(response: HttpResponse) -> bytes:
    if response.body is not None:
        return response.body
    return b"".join(frame.wire for frame in frames(response.steps))


def client(
    service: str = "bedrock-runtime", answering: Callable[..., HttpResponse] = answer, **options: Any
) -> Any:
    """A boto3 client whose requests are answered by ``answering``, without a network or retries."""
    made = boto3.client(
        service,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        endpoint_url="http://127.0.0.1:1",
        config=Config(retries={"total_max_attempts": 1}),
    )

    def send(request: Any, **_: Any) -> AWSResponse:
        url = urlsplit(request.url)
        body = request.body.read() if hasattr(request.body, "read") else request.body or b""
        heads = {
            name.lower(): value.decode() if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
        }
        http = HttpRequest(method=request.method, path=url.path, query=url.query, body=body, headers=heads)
        response = answering(http, **options)
        raw = RawResponse(body=io.BytesIO(body_of(response)), preload_content=False)
        return AWSResponse(request.url, response.status, dict(response.headers), raw)

    made.meta.events.register(f"before-send.{service}.*", send)
    return made


# -- InvokeModel


def claude(text: str, **more: Any) -> dict[str, Any]:
    return {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 1000,
        "messages": [{"role": "user", "content": text}],
        **more,
    }


def nova(text: str, **more: Any) -> dict[str, Any]:
    return {
        "schemaVersion": "messages-v1",
        "messages": [{"role": "user", "content": [{"text": text}]}],
        **more,
    }


def titan(text: str, **config: Any) -> dict[str, Any]:
    return {"inputText": text, "textGenerationConfig": config}


def bedrock(**options: Any) -> Any:
    return client(answering=partial(answer, protocols=(PROTOCOL, INVOKE), **options))


def invoked(model: str, body: Any, **options: Any) -> Any:
    response = bedrock(**options).invoke_model(modelId=model, body=json.dumps(body))
    return json.loads(response["body"].read())


def streamed(model: str, body: Any, **options: Any) -> list[Any]:
    response = bedrock(**options).invoke_model_with_response_stream(modelId=model, body=json.dumps(body))
    return [json.loads(event["chunk"]["bytes"]) for event in response["body"]]
