"""Boto3's bedrock-runtime against Converse, ConverseStream and InvokeModel; its bedrock client for models."""

from __future__ import annotations

import json
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sdk.bedrock import CREDENTIALS, ERRORS, MODEL, gather, header, invoked, read, spell
from sdk.cases import CASES, SAME, Ask, Said, bare, user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sdk.cases import Way

WAYS = ("whole", "stream")
MISSING = {"none": "Converse has no tool choice of none"}


def made(url: str, retries: int = 0, service: str = "bedrock-runtime") -> Any:
    config = Config(retries={"total_max_attempts": retries + 1, "mode": "standard"})
    return boto3.client(service, endpoint_url=url, config=config, **CREDENTIALS)


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[Any]:
    client = made(url)
    yield client
    client.close()


@pytest.fixture(scope="module")
def ways(client: Any) -> dict[str, Way]:
    def asked(operation: Callable[..., Any], ask: Ask) -> Any:
        add = header(ask)
        client.meta.events.register("before-sign.bedrock-runtime.*", add, unique_id="calls")
        try:
            return operation(**spell(ask))
        finally:
            client.meta.events.unregister("before-sign.bedrock-runtime.*", add, unique_id="calls")

    def whole(ask: Ask) -> Said:
        return read(asked(client.converse, ask))

    def stream(ask: Ask) -> Said:
        return gather(list(asked(client.converse_stream, ask)["stream"]))

    return {"whole": whole, "stream": stream}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("way", WAYS)
def test_every_case_in_every_way(ways: dict[str, Way], way: str, case: str) -> None:
    if case in MISSING:
        pytest.skip(MISSING[case])
    CASES[case](ways[way])


@pytest.mark.parametrize("name", SAME)
def test_all_ways_tell_the_same(ways: dict[str, Way], name: str) -> None:
    said = {way: ways[way](SAME[name]) for way in WAYS}
    assert {way: bare(one) for way, one in said.items()} == dict.fromkeys(WAYS, bare(said["whole"]))


@pytest.mark.parametrize("way", WAYS)
def test_connections_are_reused(ways: dict[str, Way], way: str, connections: list[Any]) -> None:
    ways[way](user("Warm up."))
    connections.clear()
    for _ in range(4):
        ways[way](user("Again."))
    assert connections == []


@pytest.mark.parametrize("operation", ["converse", "converse_stream"])
@pytest.mark.parametrize("kind", ERRORS)
def test_errors_are_typed(client: Any, kind: str, operation: str) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**spell(user("Hi")) | {"modelId": f"mock-error-{kind}"})
    told = caught.value.response
    assert (told["ResponseMetadata"]["HTTPStatusCode"], told["Error"]["Code"]) == ERRORS[kind]
    assert told["Error"]["Message"]
    assert told["ResponseMetadata"]["RequestId"]
    if named := getattr(client.exceptions, ERRORS[kind][1], None) if _modelled(client, kind) else None:
        assert type(caught.value) is named


def _modelled(client: Any, kind: str) -> bool:
    return ERRORS[kind][1] in client.meta.service_model.shape_names


@pytest.mark.parametrize("operation", ["converse", "converse_stream"])
def test_a_bad_request_is_refused_before_the_first_byte(client: Any, operation: str) -> None:
    sent = {"modelId": MODEL, "messages": [{"role": "robot", "content": [{"text": "Hi"}]}]}
    with pytest.raises(client.exceptions.ValidationException, match="role"):
        getattr(client, operation)(**sent)


def test_the_clients_own_retry_is_quick(url: str) -> None:
    patient = made(url, retries=1)
    started = time.monotonic()
    with pytest.raises(ClientError) as caught:
        patient.converse(**spell(user("Hi")) | {"modelId": "mock-error-rate_limit"})
    patient.close()
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 1
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456",
        f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/{MODEL}",
        "anthropic.claude-haiku-4-5-20251001-v1:0",
        "amazon.nova-lite-v1:0",
    ],
)
@pytest.mark.parametrize("operation", ["converse", "converse_stream"])
def test_a_models_name_may_be_an_arn(client: Any, operation: str, arn: str) -> None:
    told = getattr(client, operation)(**spell(user("Hi")) | {"modelId": arn})
    said = read(told) if operation == "converse" else gather(list(told["stream"]))
    assert said.text == "Hi"


def test_invoke_model(client: Any) -> None:
    told = client.invoke_model(**invoked("Hello."))
    body = json.loads(told["body"].read())
    assert told["contentType"] == "application/json"
    assert body["content"] == [{"type": "text", "text": "Hello."}]
    assert body["stop_reason"] == "end_turn"
    assert body["usage"]["output_tokens"] > 0


def test_invoke_model_with_a_response_stream(client: Any) -> None:
    told = client.invoke_model_with_response_stream(**invoked("Hello, you there."))
    events = [json.loads(event["chunk"]["bytes"]) for event in told["body"]]
    assert events[0]["type"] == "message_start"
    assert events[-1]["type"] == "message_stop"
    assert events[-1]["amazon-bedrock-invocationMetrics"]["outputTokenCount"] > 0
    deltas = [event["delta"]["text"] for event in events if event["type"] == "content_block_delta"]
    assert "".join(deltas) == "Hello, you there."


@pytest.mark.parametrize("operation", ["invoke_model", "invoke_model_with_response_stream"])
def test_invoke_model_calls_tools_and_refuses(client: Any, operation: str) -> None:
    tool = {"name": "f", "input_schema": {"type": "object", "properties": {"n": {"type": "integer"}}}}
    told = getattr(client, operation)(**invoked("Hi", tools=[tool]))
    if operation == "invoke_model":
        (block,) = json.loads(told["body"].read())["content"]
        assert block["name"] == "f"
        assert isinstance(block["input"]["n"], int)
    else:
        events = [json.loads(event["chunk"]["bytes"]) for event in told["body"]]
        pieces = [
            event["delta"]["partial_json"] for event in events if event["type"] == "content_block_delta"
        ]
        assert isinstance(json.loads("".join(pieces))["n"], int)
    with pytest.raises(client.exceptions.ValidationException):
        getattr(client, operation)(modelId=MODEL, body="{}")
    with pytest.raises(client.exceptions.ThrottlingException):
        getattr(client, operation)(**invoked("Hi") | {"modelId": "mock-error-rate_limit"})


def test_tokens_are_counted_as_they_are_billed(client: Any) -> None:
    sent = spell(user("How many tokens?"))
    billed = client.converse(**sent)["usage"]["inputTokens"]
    model = sent.pop("modelId").removeprefix("us.")  # no inference profile's tokens are counted
    assert client.count_tokens(modelId=model, input={"converse": sent})["inputTokens"] == billed
    body = invoked("How many tokens?")["body"]
    assert client.count_tokens(modelId=model, input={"invokeModel": {"body": body}})["inputTokens"] == billed


@pytest.mark.parametrize(
    ("model", "body", "key", "size"),
    [
        ("amazon.titan-embed-text-v2:0", {"inputText": "Hi"}, "embedding", 1024),
        ("cohere.embed-english-v3", {"texts": ["Hi"], "input_type": "search_query"}, "embeddings", 1),
    ],
)
def test_embeddings(client: Any, model: str, body: dict[str, Any], key: str, size: int) -> None:
    told = client.invoke_model(modelId=model, body=json.dumps(body))
    assert len(json.loads(told["body"].read())[key]) == size


def test_models_are_listed_and_found(url: str) -> None:
    control = made(url, service="bedrock")
    models = control.list_foundation_models()["modelSummaries"]
    assert models
    name = models[0]["modelId"]
    assert control.get_foundation_model(modelIdentifier=name)["modelDetails"]["modelId"] == name
    profiles = control.list_inference_profiles()["inferenceProfileSummaries"]
    found = control.get_inference_profile(inferenceProfileIdentifier=profiles[0]["inferenceProfileId"])
    assert found["inferenceProfileArn"] == profiles[0]["inferenceProfileArn"]
    control.close()


def test_a_stream_that_is_left_does_no_harm(client: Any) -> None:
    ask = partial(client.converse_stream, **spell(user("word " * 2000)))
    stream = ask()["stream"]
    next(iter(stream))
    stream.close()
    assert gather(list(ask()["stream"])).finish == "stop"


def test_a_body_that_is_no_json_is_refused_as_the_model_would(client: Any) -> None:
    with pytest.raises(ClientError) as caught:
        client.invoke_model(modelId=MODEL, body=b"{nope")
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (
        "ValidationException",
        "Malformed input request, please reformat your input and try again.",
    )
