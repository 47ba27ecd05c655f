"""Every operation of both clients of Bedrock, called with the least that botocore lets through."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import botocore
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

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
        denied = f"User: arn:aws:iam::123456789012:user/mockllm is not authorized to perform: bedrock:{operation} on "
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
        f"User: arn:aws:iam::123456789012:user/mockllm is not authorized to perform: bedrock:{operation} "
        f"on resource: arn:aws:bedrock:us-east-1:123456789012:{resource} "
        f"because no identity-based policy allows the bedrock:{operation} action"
    )


def test_a_path_that_no_operation_has_is_not_denied() -> None:
    assert denial("GET", "/nothing") is None
    assert denial("PUT", "/custom-models/m1") is None
