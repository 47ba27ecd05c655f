"""The control plane, for the clients that ask which models there are.

Spec: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from mockllm_core.exchange import HttpResponse
from mockllm_core.jsontext import sorted_compact
from mockllm_core.protocols.bedrock_converse.families import family

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Incoming
    from mockllm_core.stamp import Stamp

__all__ = ["MODELS", "list_models", "list_profiles", "one_model", "one_profile"]

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


def list_models(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer ``GET /foundation-models``, with the filters ``byProvider`` and ``byOutputModality``."""
    asked = parse_qs(incoming.http.query)
    provider = asked.get("byProvider", [""])[0].lower()
    modality = asked.get("byOutputModality", [""])[0]
    found = [
        summary
        for model, name in MODELS
        for summary in (_summary(model, name),)
        if provider in {"", summary["providerName"].lower()}
        and modality in {"", summary["outputModalities"][0]}
    ]
    return _answer({"modelSummaries": found}, stamp)


def one_model(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer ``GET /foundation-models/{model}``; any model exists, under its id or its ARN."""
    model = incoming.params["model"].rpartition("/")[2]
    return _answer({"modelDetails": _summary(model, dict(MODELS).get(model, model)[:20])}, stamp)


def list_profiles(incoming: Incoming, stamp: Stamp) -> HttpResponse:  # noqa: ARG001 - an endpoint's signature
    """Answer ``GET /inference-profiles``: the cross-region profile of every Claude and Nova listed."""
    found = [_profile(f"us.{model}") for model, _ in MODELS if family(model).name in {"Claude", "Nova"}]
    return _answer({"inferenceProfileSummaries": found}, stamp)


def one_profile(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer ``GET /inference-profiles/{profile}``; any profile exists, under its id or its ARN."""
    return _answer(_profile(incoming.params["profile"]), stamp)


def _profile(asked: str) -> dict[str, Json]:
    identity = asked.rpartition("/")[2]
    made = "application-inference-profile" in asked
    arn = f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/{identity}"
    model = identity.partition(".")[2] if identity.count(".") > 1 else MODELS[1][0]
    return {
        "inferenceProfileArn": asked if asked.startswith("arn:") else arn,
        "inferenceProfileId": identity,
        "inferenceProfileName": identity[:64],
        "models": [{"modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{model}"}],
        "status": "ACTIVE",
        "type": "APPLICATION" if made else "SYSTEM_DEFINED",
    }


def _summary(model: str, name: str) -> dict[str, Json]:
    embeds = "embed" in model
    media = (
        ["TEXT", "IMAGE"] if family(model).name in {"Claude", "Nova"} and "micro" not in model else ["TEXT"]
    )
    return {
        "customizationsSupported": [],
        "inferenceTypesSupported": ["ON_DEMAND"],
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
