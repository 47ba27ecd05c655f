"""Aiobotocore's bedrock-runtime against Converse, ConverseStream and InvokeModel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import ClientError

from sdk.bedrock import CREDENTIALS, ERRORS, MODEL, gather, header, invoked, read, spell
from sdk.cases import CASES, SAME, Ask, Said, bare, user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sdk.cases import Run, Way

WAYS = ("async-whole", "async-stream")
MISSING = {"none": "Converse has no tool choice of none"}


@pytest.fixture(scope="module")
def client(url: str, run: Run) -> Iterator[Any]:
    config = AioConfig(retries={"total_max_attempts": 1})
    made = get_session().create_client("bedrock-runtime", endpoint_url=url, config=config, **CREDENTIALS)
    yield run(made.__aenter__())
    run(made.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def ways(client: Any, run: Run) -> dict[str, Way]:
    async def asked(operation: Callable[..., Any], ask: Ask) -> Any:
        add = header(ask)
        client.meta.events.register("before-sign.bedrock-runtime.*", add, unique_id="calls")
        try:
            return await operation(**spell(ask))
        finally:
            client.meta.events.unregister("before-sign.bedrock-runtime.*", add, unique_id="calls")

    async def whole(ask: Ask) -> Said:
        return read(await asked(client.converse, ask))

    async def stream(ask: Ask) -> Said:
        return gather([event async for event in (await asked(client.converse_stream, ask))["stream"]])

    return {"async-whole": lambda ask: run(whole(ask)), "async-stream": lambda ask: run(stream(ask))}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("way", WAYS)
def test_every_case_in_every_way(ways: dict[str, Way], way: str, case: str) -> None:
    if case in MISSING:
        pytest.skip(MISSING[case])
    CASES[case](ways[way])


@pytest.mark.parametrize("name", SAME)
def test_all_ways_tell_the_same(ways: dict[str, Way], name: str) -> None:
    said = {way: ways[way](SAME[name]) for way in WAYS}
    assert bare(said["async-whole"]) == bare(said["async-stream"])


@pytest.mark.parametrize("way", WAYS)
def test_connections_are_reused(ways: dict[str, Way], way: str, connections: list[Any]) -> None:
    ways[way](user("Warm up."))
    connections.clear()
    for _ in range(4):
        ways[way](user("Again."))
    assert connections == []


@pytest.mark.parametrize("operation", ["converse", "converse_stream"])
@pytest.mark.parametrize("kind", ERRORS)
def test_errors_are_typed(client: Any, run: Run, kind: str, operation: str) -> None:
    sent = spell(user("Hi")) | {"modelId": f"mock-error-{kind}"}
    with pytest.raises(ClientError) as caught:
        run(getattr(client, operation)(**sent))
    told = caught.value.response
    assert (told["ResponseMetadata"]["HTTPStatusCode"], told["Error"]["Code"]) == ERRORS[kind]
    assert told["Error"]["Message"]
    assert told["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize("operation", ["converse", "converse_stream"])
def test_a_bad_request_is_refused_before_the_first_byte(client: Any, run: Run, operation: str) -> None:
    sent = {"modelId": MODEL, "messages": [{"role": "robot", "content": [{"text": "Hi"}]}]}
    with pytest.raises(client.exceptions.ValidationException, match="role"):
        run(getattr(client, operation)(**sent))


def test_a_models_name_may_be_an_arn(client: Any, run: Run) -> None:
    arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456"
    assert read(run(client.converse(**spell(user("Hi")) | {"modelId": arn}))).text == "Hi"


def test_invoke_model_whole_and_streamed(client: Any, run: Run) -> None:
    async def told() -> tuple[str, str]:
        whole = await client.invoke_model(**invoked("Hello, you there."))
        body = json.loads(await whole["body"].read())
        stream = await client.invoke_model_with_response_stream(**invoked("Hello, you there."))
        events = [json.loads(event["chunk"]["bytes"]) async for event in stream["body"]]
        deltas = [event["delta"]["text"] for event in events if event["type"] == "content_block_delta"]
        return body["content"][0]["text"], "".join(deltas)

    assert run(told()) == ("Hello, you there.", "Hello, you there.")


def test_tokens_are_counted_as_they_are_billed(client: Any, run: Run) -> None:
    sent = spell(user("How many tokens?"))
    billed = run(client.converse(**sent))["usage"]["inputTokens"]
    model = sent.pop("modelId").removeprefix("us.")  # no inference profile's tokens are counted
    counted = run(client.count_tokens(modelId=model, input={"converse": sent}))
    assert counted["inputTokens"] == billed
