"""Every operation of both clients of Bedrock, called with the least that botocore lets through."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import botocore
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.exchange import HttpRequest
from mockllm_core.protocols.bedrock_converse.operations import denial
from sdk.bedrock import CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVED = {
    "Converse",
    "ConverseStream",
    "CountTokens",
    "InvokeModel",
    "InvokeModelWithResponseStream",
    "GetFoundationModel",
    "GetFoundationModelAvailability",
    "GetInferenceProfile",
    "ListFoundationModels",
    "ListInferenceProfiles",
}
"""What is tested elsewhere; here it is only called."""

SERVICES = ("bedrock-runtime", "bedrock")
ARN = "arn:aws:bedrock:us-east-1:123456789012:thing/abcdefghij12"


@pytest.fixture(scope="module")
def clients(url: str) -> Iterator[dict[str, Any]]:
    config = Config(retries={"total_max_attempts": 1}, read_timeout=10)
    made = {name: boto3.client(name, endpoint_url=url, config=config, **CREDENTIALS) for name in SERVICES}
    yield made
    for client in made.values():
        client.close()


def least(shape: Any, name: str = "") -> Any:
    """Return the least value of a shape."""
    kind, least_of = shape.type_name, shape.metadata.get("min", 0)
    if kind == "structure":
        union = shape.metadata.get("union")
        keys = list(shape.members)[:1] if union else shape.required_members
        return {key: least(shape.members[key], key) for key in keys}
    if kind == "list":
        return [least(shape.member)] * max(1, least_of)
    if kind == "string":
        arn = "Arn" in name or "arn:" in shape.metadata.get("pattern", "")
        return shape.enum[0] if shape.enum else ARN if arn else "a" * max(3, least_of)
    simple = {"map": {}, "boolean": True, "blob": b"{}", "timestamp": datetime(2026, 1, 1, tzinfo=UTC)}
    return simple.get(kind, max(1, least_of))


def _operations() -> list[tuple[str, str]]:
    session = botocore.session.get_session()
    return [(name, one) for name in SERVICES for one in session.get_service_model(name).operation_names]


@pytest.mark.parametrize(("service", "operation"), _operations())
def test_no_operation_is_answered_with_what_the_client_cannot_read(
    clients: dict[str, Any], service: str, operation: str
) -> None:
    client = clients[service]
    called = getattr(client, re.sub("(?<!^)(?=[A-Z])", "_", operation).lower(), None)
    model = client.meta.service_model.operation_model(operation)
    if called is None:
        # botocore has no client for streams in both directions
        assert operation == "InvokeModelWithBidirectionalStream"
        return
    sent = least(model.input_shape) if model.input_shape else {}
    try:
        told = called(**sent)
    except ClientError as error:
        found = error.response["Error"]
        denied = f"User: arn:aws:iam::123456789012:user/developer is not authorized to perform: bedrock:{operation} on "
        assert operation in SERVED or found["Code"] == "AccessDeniedException"
        assert operation in SERVED or found["Message"].startswith(denied)
    else:
        told.pop("ResponseMetadata")
        assert operation in SERVED or (operation.startswith("List") and list(told.values()) == [[]])


@pytest.mark.parametrize(
    ("method", "path", "operation", "resource"),
    [
        ("POST", "/guardrail/g1/version/1/apply", "ApplyGuardrail", "guardrail/g1"),
        ("GET", "/guardrails/g1", "GetGuardrail", "guardrail/g1"),
        ("DELETE", "/custom-models/m1", "DeleteCustomModel", "custom-model/m1"),
        (
            "POST",
            "/model/amazon.nova-sonic-v1%3A0/invoke-with-bidirectional-stream",
            "InvokeModelWithBidirectionalStream",
            "model/amazon.nova-sonic-v1:0",
        ),
    ],
)
def test_what_is_denied_is_named(method: str, path: str, operation: str, resource: str) -> None:
    assert denial(method, path) == (
        f"User: arn:aws:iam::123456789012:user/developer is not authorized to perform: bedrock:{operation} "
        f"on resource: arn:aws:bedrock:us-east-1:123456789012:{resource} "
        f"because no identity-based policy allows the bedrock:{operation} action"
    )


def test_a_path_that_no_operation_has_is_not_denied() -> None:
    assert denial("GET", "/nothing") is None
    assert denial("PUT", "/custom-models/m1") is None


def wrong(shape: Any, value: Any, place: str = "") -> Iterator[str]:
    """Yield what a value of the wire has that its shape does not know, and the other way round."""
    kind = shape.type_name
    if kind == "structure":
        yield from (f"{place}.{key}" for key in value.keys() ^ (shape.members.keys() & value.keys()))
        yield from (f"{place}.{key} missing" for key in shape.required_members if key not in value)
        for key in value.keys() & shape.members.keys():
            yield from wrong(shape.members[key], value[key], f"{place}.{key}")
    elif kind == "list":
        for one in value:
            yield from wrong(shape.member, one, f"{place}[]")
    elif not isinstance(value, bool if kind == "boolean" else str):
        yield f"{place}: {value!r} for {kind}"
    elif kind == "string" and shape.enum and value not in {*shape.enum, "INFERENCE_PROFILE"}:
        # AWS tells of INFERENCE_PROFILE though its own model does not know it
        yield f"{place}: {value!r}"


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ("ListFoundationModels", "/foundation-models"),
        ("GetFoundationModel", "/foundation-models/amazon.nova-pro-v1%3A0"),
        ("GetFoundationModelAvailability", "/foundation-model-availability/amazon.nova-pro-v1%3A0"),
        ("ListInferenceProfiles", "/inference-profiles"),
        ("GetInferenceProfile", "/inference-profiles/us.anthropic.claude-sonnet-4-6"),
        (
            "GetInferenceProfile",
            "/inference-profiles/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aapplication-inference-profile%2Fabcdefghij12",
        ),
        ("ListGuardrails", "/guardrails"),
    ],
)
def test_what_is_asked_at_the_start_has_the_shape_of_the_service_model(operation: str, path: str) -> None:
    response = Engine(Settings()).answer(HttpRequest(method="GET", path=path), now=FIXED_NOW)
    shape = (
        botocore.session.get_session().get_service_model("bedrock").operation_model(operation).output_shape
    )
    assert list(wrong(shape, json.loads(response.body or b""))) == []


def test_a_profile_is_named_and_described_as_aws_does(clients: dict[str, Any]) -> None:
    told = clients["bedrock"].get_inference_profile(
        inferenceProfileIdentifier="us.anthropic.claude-sonnet-4-6"
    )
    assert told["inferenceProfileName"] == "US Anthropic Claude Sonnet 4.6"
    assert told["description"] == (
        "Routes requests to Anthropic Claude Sonnet 4.6 in us-east-1, us-east-2 and us-west-2."
    )
    assert [one["modelArn"].split(":")[3] for one in told["models"]] == [
        "us-east-1",
        "us-east-2",
        "us-west-2",
    ]


def test_a_name_without_a_provider_is_no_models(clients: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as caught:
        clients["bedrock"].get_foundation_model(modelIdentifier="abc")
    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": "The provided model identifier is invalid.",
    }
