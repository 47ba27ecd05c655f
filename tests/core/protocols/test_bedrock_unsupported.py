"""What Converse says that a model does not support, and what a Claude says of cache points behind it."""

from __future__ import annotations

from typing import Any

import pytest
from core.protocols.bedrock_pipeline import CLAUDE, NOVA, WEATHER, asking, call_of

from mockllm_core.errors import ApiError

SYSTEM = {"systemTool": {"name": "nova_grounding"}}
FIVE, HOUR = ({"cachePoint": {"type": "default", **more}} for more in ({}, {"ttl": "1h"}))
LLAMA, MISTRAL = "us.meta.llama4-maverick-17b-instruct-v1:0", "mistral.mistral-large-2402-v1:0"
UNKNOWN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"
BEFORE = "The model returned the following errors: "


def complaint(model: str, **more: Any) -> str:
    try:
        call_of(asking("Hi", **more), model, stream=False)
    except ApiError as error:
        return error.message if error.kind == "invalid_request" else error.kind
    return ""


def unsupported(field: str) -> str:
    return f"This model doesn't support the {field} field. Remove {field} and try again."


@pytest.mark.parametrize(
    ("model", "tools", "choice", "field"),
    [
        (NOVA, [SYSTEM], {"any": {}}, "toolConfig.toolChoice.any"),
        (NOVA, [SYSTEM], {"tool": {"name": "nova_grounding"}}, "toolConfig.toolChoice.tool"),
        (NOVA, [SYSTEM, WEATHER], {"tool": {"name": "nova_grounding"}}, "toolConfig.toolChoice.tool"),
        # vercel/ai 4396, strands-agents/harness-sdk 1241 and others
        (LLAMA, [WEATHER], {"any": {}}, "toolConfig.toolChoice.any"),
        (LLAMA, [WEATHER], {"tool": {"name": "get_weather"}}, "toolConfig.toolChoice.tool"),
        (MISTRAL, [WEATHER], {"tool": {"name": "get_weather"}}, "toolConfig.toolChoice.tool"),
        (CLAUDE, [SYSTEM, WEATHER], {"auto": {}}, "systemTool"),
        ("openai.gpt-oss-120b-1:0", [SYSTEM], None, "systemTool"),
    ],
)
def test_what_a_model_does_not_support_is_told(model: str, tools: list[Any], choice: Any, field: str) -> None:
    config = {"tools": tools} | ({"toolChoice": choice} if choice else {})
    assert complaint(model, toolConfig=config) == unsupported(field)


@pytest.mark.parametrize(
    ("model", "tools", "choice"),
    [
        (NOVA, [SYSTEM], {"auto": {}}),
        (NOVA, [SYSTEM, WEATHER], {"any": {}}),
        (NOVA, [WEATHER], {"tool": {"name": "get_weather"}}),
        (LLAMA, [WEATHER], {"auto": {}}),
        (MISTRAL, [WEATHER], {"any": {}}),
    ],
)
def test_all_else_is_taken(model: str, tools: list[Any], choice: Any) -> None:
    assert not complaint(model, toolConfig={"tools": tools, "toolChoice": choice})


def text(words: str) -> dict[str, str]:
    return {"text": words}


MANY = f"{BEFORE}A maximum of 4 blocks with cache_control may be provided. Found 5."


@pytest.mark.parametrize(
    "more",
    [
        {"system": [text("a"), FIVE] * 5},
        {"system": [text("a"), FIVE] * 2, "toolConfig": {"tools": [WEATHER, FIVE]}, "messages": 2},
        {"messages": 5},
    ],
)
def test_a_claude_takes_four_cache_points(more: dict[str, Any]) -> None:
    """Seen behind Converse in 2026; other models' words are not known."""
    more = dict(more)
    content = [text("a"), FIVE] * more.pop("messages", 0) or [text("a")]
    more["messages"] = [{"role": "user", "content": content}]
    assert complaint(CLAUDE, **more) == complaint(UNKNOWN, **more) == MANY
    assert not complaint(NOVA, **more)


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"system": [text("a"), FIVE, text("b"), HOUR]}, "system.1"),
        ({"system": [text("a"), HOUR], "toolConfig": {"tools": [WEATHER, FIVE]}}, "system.0"),
        (
            {
                "system": [text("a"), FIVE],
                "messages": [{"role": "user", "content": [text("a"), text("b"), HOUR]}],
            },
            "messages.0.content.1",
        ),
        (
            {"messages": [{"role": "user", "content": [text("a"), FIVE, text("b"), HOUR]}]},
            "messages.0.content.1",
        ),
    ],
)
def test_an_hour_does_not_come_after_five_minutes(more: dict[str, Any], place: str) -> None:
    assert complaint(CLAUDE, **more) == (
        f"{BEFORE}{place}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' "
        "cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`."
    )


@pytest.mark.parametrize(
    "more",
    [
        {"system": [text("a"), HOUR, text("b"), FIVE]},
        {"system": [text("a"), FIVE] * 4},
        {"system": [text("a"), HOUR], "messages": [{"role": "user", "content": [text("a"), FIVE]}]},
    ],
)
def test_points_in_order_are_taken(more: dict[str, Any]) -> None:
    assert not complaint(CLAUDE, **more)
