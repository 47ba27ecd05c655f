"""What a model does not support is refused by Converse in AWS's words, as public reports have them."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from core.protocols.bedrock_pipeline import CLAUDE, GPT_OSS, WEATHER, asking, call_of

from mockllm_core.errors import ApiError

TITAN, MISTRAL = "amazon.titan-text-express-v1", "mistral.mistral-7b-instruct-v0:2"
LARGE, R1, GLM = "mistral.mistral-large-2402-v1:0", "us.deepseek.r1-v1:0", "zai.glm-5"
LLAMA_3, LLAMA_3_1, LLAMA_3_2 = (
    "meta.llama3-8b-instruct-v1:0",
    "us.meta.llama3-1-8b-instruct-v1:0",
    "us.meta.llama3-2-90b-instruct-v1:0",
)
LLAMA_4, MICRO, LITE = (
    "us.meta.llama4-maverick-17b-instruct-v1:0",
    "us.amazon.nova-micro-v1:0",
    "us.amazon.nova-lite-v1:0",
)
QWEN = "qwen.qwen3-32b-v1:0"

NO_SYSTEM = (
    "This model doesn't support system messages. Try again without a system message or use a model that supports system "
    "messages."
)
NO_TOOLS = "This model doesn't support tool use."
NO_STREAMED_TOOLS = "This model doesn't support tool use in streaming mode."
NO_IMAGE = "This model doesn't support the image content block that you provided. Update the content block and try again."
NO_DOCUMENT = "This model doesn't support documents."
NO_STOPS = "This model doesn't support the stopSequences field. Remove stopSequences and try again."

_PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(40)).decode()
SYSTEM: dict[str, Any] = {"system": [{"text": "Be kind."}]}
TOOLS: dict[str, Any] = {"toolConfig": {"tools": [WEATHER]}}
STOPS: dict[str, Any] = {"inferenceConfig": {"stopSequences": ["x"]}}


def holding(**block: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"text": "Look."}, block]}]}


IMAGE = holding(image={"format": "png", "source": {"bytes": _PIXEL}})
DOCUMENT = holding(document={"format": "txt", "name": "a", "source": {"text": "abc"}})


def complaint(model: str, more: dict[str, Any], *, stream: bool) -> str:
    try:
        call_of(asking("Hi", **more), model, stream=stream)
    except ApiError as error:
        return error.message if error.kind == "invalid_request" else error.kind
    return ""


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("model", "more", "sentence"),
    [
        # as measured of Mistral 7B on 1 October 2026
        (MISTRAL, SYSTEM, NO_SYSTEM),
        (TITAN, SYSTEM, NO_SYSTEM),
        (TITAN, TOOLS, NO_TOOLS),
        (R1, TOOLS, NO_TOOLS),
        (LLAMA_3, TOOLS, NO_TOOLS),
        (MICRO, IMAGE, NO_IMAGE),
        (GPT_OSS, IMAGE, NO_IMAGE),
        (LLAMA_3_1, IMAGE, NO_IMAGE),
        (GLM, IMAGE, NO_IMAGE),
        (GLM, DOCUMENT, NO_DOCUMENT),
        # probed on 24 August 2026
        (GPT_OSS, STOPS, NO_STOPS),
        (QWEN, STOPS, NO_STOPS),
        (GLM, STOPS, NO_STOPS),
    ],
)
def test_what_a_model_lacks_is_refused(
    model: str, more: dict[str, Any], sentence: str, *, stream: bool
) -> None:
    assert complaint(model, more, stream=stream) == sentence


@pytest.mark.parametrize("model", [LLAMA_3_1, LLAMA_3_2, LLAMA_4])
def test_llamas_call_tools_in_whole_answers_alone(model: str) -> None:
    assert complaint(model, TOOLS, stream=True) == NO_STREAMED_TOOLS
    assert complaint(model, TOOLS, stream=False) == ""


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("model", "more"),
    [
        (TITAN, STOPS),
        (TITAN, DOCUMENT),
        (MISTRAL, {"system": []}),
        (LARGE, SYSTEM),
        (LARGE, TOOLS),
        (LLAMA_3_2, IMAGE),
        (LLAMA_4, IMAGE),
        (MICRO, SYSTEM | TOOLS | STOPS),
        (LITE, IMAGE),
        (GPT_OSS, SYSTEM | TOOLS),
        (CLAUDE, SYSTEM | TOOLS | STOPS | IMAGE),
        ("my-model", SYSTEM | TOOLS | STOPS | IMAGE),
    ],
)
def test_what_a_model_has_is_taken(model: str, more: dict[str, Any], *, stream: bool) -> None:
    assert complaint(model, more, stream=stream) == ""


NO_CACHE = (
    "You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more "
    "information."
)
POINT: dict[str, Any] = {"cachePoint": {"type": "default"}}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", [GPT_OSS, LARGE, "us.meta.llama3-3-70b-instruct-v1:0", "moonshot.kimi-k2-thinking", "nvidia.nemotron-super-3-120b", "anthropic.claude-3-haiku-20240307-v1:0"])  # fmt: skip
def test_a_cache_point_is_denied_where_there_is_no_cache(model: str, *, stream: bool) -> None:
    """anomalyco/opencode 782 (2025), BerriAI/litellm 39210 (2026): 403, of points anywhere."""
    places: list[dict[str, Any]] = [holding(**POINT), {"system": [{"text": "Be kind."}, POINT]}]
    if stream is False:
        places.append({"toolConfig": {"tools": [WEATHER, POINT]}})
    for more in places:
        with pytest.raises(ApiError) as caught:
            call_of(asking("Hi", **more), model, stream=stream)
        assert (caught.value.kind, caught.value.message) == ("permission", NO_CACHE)


@pytest.mark.parametrize("model", [CLAUDE, MICRO, LITE, "anthropic.claude-3-5-haiku-20241022-v1:0", "us.anthropic.claude-3-5-sonnet-20241022-v2:0", "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"])  # fmt: skip
def test_a_cache_point_is_taken_where_there_is_one_or_nobody_knows(model: str) -> None:
    assert not complaint(model, holding(**POINT), stream=False)
