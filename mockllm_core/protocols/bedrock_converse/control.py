"""The control plane, for the clients that ask which models there are.

Spec: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.jsontext import sorted_compact
from mockllm_core.protocols.bedrock_converse.families import family

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Incoming
    from mockllm_core.stamp import Stamp

__all__ = ["MODELS", "availability", "empty_list", "list_models", "list_profiles", "one_model", "one_profile"]

MODELS = (
    ("anthropic.claude-opus-4-6-v1", "Claude Opus 4.6"),
    ("anthropic.claude-sonnet-4-6", "Claude Sonnet 4.6"),
    ("anthropic.claude-sonnet-4-5-20250929-v1:0", "Claude Sonnet 4.5"),
    ("anthropic.claude-haiku-4-5-20251001-v1:0", "Claude Haiku 4.5"),
    ("amazon.nova-pro-v1:0", "Nova Pro"),
    ("amazon.nova-lite-v1:0", "Nova Lite"),
    ("amazon.nova-micro-v1:0", "Nova Micro"),
    ("amazon.titan-text-express-v1", "Titan Text Express"),
    ("amazon.titan-embed-text-v2:0", "Titan Embeddings V2"),
    ("cohere.embed-english-v3", "Embed English"),
    ("meta.llama3-3-70b-instruct-v1:0", "Llama 3.3 70B"),
    ("openai.gpt-oss-120b-1:0", "gpt-oss-120b"),
)
"""Id and name of the models listed; any other id is answered too."""


_FILTERS = {
    "byOutputModality": ("outputModalities", ("TEXT", "IMAGE", "EMBEDDING")),
    "byInferenceType": ("inferenceTypesSupported", ("ON_DEMAND", "PROVISIONED")),
    "byCustomizationType": (
        "customizationsSupported",
        ("FINE_TUNING", "CONTINUED_PRE_TRAINING", "DISTILLATION"),
    ),
}
"""What the list can be asked for: the member that has to hold the value, and the values of the service model."""


def list_models(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer ``GET /foundation-models``, with its four filters.

    Raises:
        ApiError: a filter has a value that the service model does not know.
    """
    asked = _query(incoming)
    provider = asked.get("byProvider", "").lower()
    found = [_summary(model, name) for model, name in MODELS]
    found = [one for one in found if provider in ("", one["providerName"].lower())]
    for name, (member, values) in _FILTERS.items():
        if name in asked:
            wanted = _among(name, asked[name], values)
            found = [one for one in found if wanted in one[member]]
    return _answer({"modelSummaries": found}, stamp)


def one_model(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer ``GET /foundation-models/{model}``; any model exists, under its id or its ARN.

    Raises:
        ApiError: a name that no provider stands before.
    """
    model = _model(incoming)
    return _answer({"modelDetails": _summary(model, dict(MODELS).get(model, model)[:20])}, stamp)


def availability(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer ``GET /foundation-model-availability/{model}``: the caller may use it, here and now."""
    told: dict[str, Json] = {
        "modelId": _model(incoming),
        "agreementAvailability": {"status": "AVAILABLE"},
        "authorizationStatus": "AUTHORIZED",
        "entitlementAvailability": "AVAILABLE",
        "regionAvailability": "AVAILABLE",
    }
    return _answer(told, stamp)


def _model(incoming: Incoming) -> str:
    model = incoming.params["model"].rpartition("/")[2]
    if "." not in model:
        raise ApiError("invalid_request", "The provided model identifier is invalid.")
    return model


def list_profiles(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer ``GET /inference-profiles``: the cross-region profile of every Claude and Nova listed, in pages.

    Raises:
        ApiError: a type that there is not, a page size out of bounds or a token that no answer held.
    """
    asked = _query(incoming)
    kind = _among("type", asked.get("type", "SYSTEM_DEFINED"), ("SYSTEM_DEFINED", "APPLICATION"))
    size, begin = asked.get("maxResults", "1000"), asked.get("nextToken", "0")
    if not size.isdigit() or not 1 <= int(size[:9]) <= 1000:
        bound = "less" if size.isdigit() and int(size[:9]) else "greater"
        raise ApiError(
            "invalid_request",
            f"1 validation error detected: Value '{size[:100]}' at 'maxResults' failed to satisfy constraint: "
            f"Member must have value {bound} than or equal to {'1000' if bound == 'less' else '1'}",
        )
    if not begin.isdigit():
        raise ApiError("invalid_request", "The provided nextToken is invalid.")
    found = [_profile(f"us.{model}") for model, _ in MODELS if family(model).name in {"Claude", "Nova"}]
    found = found if kind == "SYSTEM_DEFINED" else []
    end = int(begin[:9]) + int(size)
    body: dict[str, Json] = {"inferenceProfileSummaries": found[int(begin[:9]) : end]}
    if end < len(found):
        body["nextToken"] = str(end)
    return _answer(body, stamp)


def empty_list(member: str, incoming: Incoming, stamp: Stamp) -> HttpResponse:  # noqa: ARG001 - an endpoint's signature
    """Answer a list of what nobody made here (guardrails, jobs, custom models): there is none."""
    return _answer({member: []}, stamp)


def _query(incoming: Incoming) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(incoming.http.query).items()}


def _among(name: str, value: str, values: tuple[str, ...]) -> str:
    if value not in values:
        raise ApiError(
            "invalid_request",
            f"1 validation error detected: Value '{value[:100]}' at '{name}' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(values)}]",
        )
    return value


def one_profile(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer ``GET /inference-profiles/{profile}``; any profile exists, under its id or its ARN."""
    return _answer(_profile(incoming.params["profile"]), stamp)


_REGIONS = ("us-east-1", "us-east-2", "us-west-2")


def _profile(asked: str) -> dict[str, Json]:
    """Return a profile; those across regions are named and described as in AWS's reference."""
    identity = asked.rpartition("/")[2]
    made = "application-inference-profile" in asked
    arn = f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/{identity}"
    model = identity.partition(".")[2] if identity.count(".") > 1 else MODELS[1][0]
    held = family(model)
    name = dict(MODELS).get(model, model)
    name = f"{held.provider} {name}" if held.name == "Claude" else name
    regions = _REGIONS[:1] if made else _REGIONS
    return {
        "createdAt": "2025-01-01T00:00:00Z",
        "description": f"Routes requests to {name} in {', '.join(regions[:-1])} and {regions[-1]}."
        if not made
        else name,
        "inferenceProfileArn": asked if asked.startswith("arn:") else arn,
        "inferenceProfileId": identity,
        "inferenceProfileName": identity[:64] if made else f"US {name}"[:64],
        "models": [{"modelArn": f"arn:aws:bedrock:{region}::foundation-model/{model}"} for region in regions],
        "status": "ACTIVE",
        "type": "APPLICATION" if made else "SYSTEM_DEFINED",
        "updatedAt": "2025-01-01T00:00:00Z",
    }


_INFERENCE: dict[str, list[Json]] = {
    "Claude": ["INFERENCE_PROFILE"],
    "Nova": ["ON_DEMAND", "INFERENCE_PROFILE"],
}
"""Later Claudes are run by a profile of regions, no longer by their own id."""


def _summary(model: str, name: str) -> dict[str, Any]:
    embeds = "embed" in model
    media = (
        ["TEXT", "IMAGE"] if family(model).name in {"Claude", "Nova"} and "micro" not in model else ["TEXT"]
    )
    return {
        "customizationsSupported": [],
        "inferenceTypesSupported": _INFERENCE.get(family(model).name, ["ON_DEMAND"]),
        "inputModalities": media,
        "modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{model}",
        "modelId": model,
        "modelLifecycle": {"status": "ACTIVE"},
        "modelName": name,
        "outputModalities": ["EMBEDDING"] if embeds else ["TEXT"],
        "providerName": family(model).provider,
        "responseStreamingSupported": not embeds,
    }


def _answer(body: dict[str, Json], stamp: Stamp) -> HttpResponse:
    headers = (("content-type", "application/json"), ("x-amzn-requestid", stamp.uuid("request")))
    return HttpResponse(status=200, headers=headers, body=sorted_compact(body).encode())
