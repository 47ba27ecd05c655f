"""What a Claude has not is refused behind Converse in its own words, by its version."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from core.protocols.bedrock_pipeline import WEATHER, asking, call_of

from mockllm_core.errors import ApiError

BEFORE = "The model returned the following errors: "
CHOOSES = (
    '"thinking.type.{}" is not supported for this model. Use "thinking.type.adaptive" and '
    '"output_config.effort" to control thinking behavior.'
)
INSTEAD = (
    'To turn thinking off on this model, send "thinking": {"type": "between_tools"} instead of {"type": "disabled"}. '
    "The model does not think before responding."
)
HAIKU_4_5 = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
SONNET_4 = "us.anthropic.claude-sonnet-4-20250514-v1:0"
FORCED = {"tools": [WEATHER], "toolChoice": {"any": {}}}


def fields(**more: Any) -> dict[str, Any]:
    return {"additionalModelRequestFields": more}


def limits(**more: Any) -> dict[str, Any]:
    return {"inferenceConfig": more}


SEARCH = {"type": "web_search_20250305", "name": "web_search"}

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    # https://repost.aws/questions/QUSd3wAByQTtyzUPzgqss3TQ, with the tags of July 2026
    (
        HAIKU_4_5,
        fields(tools=[SEARCH]),
        (
            "tools.0: Input tag 'web_search_20250305' found using 'type' does not match any of the expected tags: "
            "'bash_20250124', 'custom', 'memory_20250818', 'text_editor_20250124', 'text_editor_20250429', "
            "'text_editor_20250728', 'tool_search_tool_bm25', 'tool_search_tool_bm25_20251119', 'tool_search_tool_regex', "
            "'tool_search_tool_regex_20251119'"
        ),
    ),
    (
        "anthropic.claude-sonnet-5",
        fields(tools=[{"type": "custom"}, SEARCH]),
        "tool type 'web_search_20250305' is not supported for this model",
    ),
    (HAIKU_4_5, fields(thinking={"type": "adaptive"}), "adaptive thinking is not supported on this model"),
    (SONNET_4, fields(thinking={"type": "adaptive"}), "adaptive thinking is not supported on this model"),
    (
        HAIKU_4_5,
        fields(output_config={"effort": "low"}),
        "This model does not support the effort parameter.",
    ),
    (
        HAIKU_4_5,
        limits(temperature=0.5, topP=0.5),
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
    ),
    ("anthropic.claude-opus-4-7", limits(temperature=0.0), "`temperature` is deprecated for this model."),
    ("anthropic.claude-sonnet-5", limits(topP=1.0), "`top_p` is deprecated for this model."),
    ("anthropic.claude-sonnet-5", fields(top_k=5), "`top_k` is deprecated for this model."),
    (
        "anthropic.claude-opus-4-8",
        fields(thinking={"type": "enabled", "budget_tokens": 1024}),
        CHOOSES.format("enabled"),
    ),
    ("anthropic.claude-opus-5-5", fields(thinking={"type": "disabled"}), CHOOSES.format("disabled")),
    ("anthropic.claude-fable-5", fields(thinking={"type": "disabled"}), CHOOSES.format("disabled")),
    (
        "anthropic.claude-sonnet-5-5",
        fields(thinking={"type": "disabled"}),
        INSTEAD,
    ),
    (
        HAIKU_4_5,
        fields(thinking={"type": "between_tools"}),
        '"thinking.type.between_tools" is not supported for this model.',
    ),
    (
        "anthropic.claude-opus-5-5",
        {"toolConfig": FORCED},
        'tool_choice: type "tool" and "any" are not supported for this model.',
    ),
]


@pytest.mark.parametrize(("model", "more", "sentence"), REFUSED)
def test_what_a_claude_has_not_is_refused(model: str, more: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ApiError) as raised:
        call_of(asking("Hi", **more), model=model)
    assert raised.value.message == BEFORE + sentence
    assert raised.value.kind == "invalid_request"


@pytest.mark.parametrize(
    ("model", "more"),
    [
        (
            "anthropic.claude-opus-4-6-v1",
            fields(thinking={"type": "adaptive"}, output_config={"effort": "low"}),
        ),
        ("anthropic.claude-opus-4-5-20251101-v1:0", fields(output_config={"effort": "low"})),
        (SONNET_4, limits(temperature=0.5, topP=0.5)),
        (HAIKU_4_5, limits(temperature=0.5) | fields(top_k=5)),
        ("anthropic.claude-sonnet-5", limits(temperature=1.0)),
        ("anthropic.claude-sonnet-5", {"toolConfig": FORCED}),
        ("us.amazon.nova-pro-v1:0", limits(temperature=0.5, topP=0.5)),
        ("amazon.titan-text-express-v1", limits(temperature=0.5, topP=0.5)),
    ],
)
def test_what_a_model_has_is_taken(model: str, more: dict[str, Any]) -> None:
    assert call_of(asking("Hi", **more), model=model).model == model


PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode()
NOT_SO = (
    "The image was specified using the image/jpeg media type, but the image appears to be a image/png image"
)


def shown(form: str) -> dict[str, Any]:
    return {"image": {"format": form, "source": {"bytes": PNG}}}


def seen(model: str, form: str) -> None:
    call_of({"messages": [{"role": "user", "content": [{"text": "See."}, shown(form)]}]}, model=model)


def test_a_claude_refuses_an_image_of_another_kind() -> None:
    with pytest.raises(ApiError) as raised:
        seen(SONNET_4, "jpeg")
    assert raised.value.message == f"{BEFORE}messages.0.content.1.image.source.bytes: {NOT_SO}"
    seen(SONNET_4, "png")
    seen("us.amazon.nova-pro-v1:0", "jpeg")


def test_a_claude_refuses_an_image_of_another_kind_in_a_result() -> None:
    result = {"toolUseId": "t", "content": [shown("jpeg")]}
    turns = [
        {"role": "user", "content": [{"text": "See."}]},
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t", "name": "f", "input": {}}}]},
        {"role": "user", "content": [{"toolResult": result}]},
    ]
    with pytest.raises(ApiError) as raised:
        call_of({"messages": turns, "toolConfig": {"tools": [WEATHER]}}, model=SONNET_4)
    place = "messages.2.content.0.tool_result.content.0.image.source.bytes"
    assert raised.value.message == f"{BEFORE}{place}: {NOT_SO}"
