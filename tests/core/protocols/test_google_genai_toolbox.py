"""Tools that Gemini does not take together, or with JSON, or any more, and budgets of thought and of tokens outside of a model's range."""

from __future__ import annotations

from typing import Any

import pytest
from core.protocols.google_genai_case import NEW, NOW, OLD, TOOLS, call_for, path_of, refusal, request

WITH_SEARCH = request(tools=[*TOOLS, {"googleSearch": {}}])
ONE_TOOL = request(tools=[TOOLS[0] | {"code_execution": {}}])
ENABLED = WITH_SEARCH | {"toolConfig": {"includeServerSideToolInvocations": True}}
UNSUPPORTED = "Tool use with function calling is unsupported by the model."
ALL_SEARCH = "Multiple tools are supported only when they are all search tools."
ENABLE = "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling."
CIRCULATION = "Tool call context circulation is not enabled for models/gemini-2.5-flash"
IN_JSON = "Tool use with a response mime type: 'application/json' is unsupported"
CONTROLLED = "Unable to submit request because controlled generation is not supported with {} tool."
RETIRED = "google_search_retrieval is not supported. Please use google_search tool instead."
RETIRED_ON_VERTEX = "Unable to submit request because google_search_retrieval is not supported; please use google_search field instead."
MORE = " Learn more: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/gemini"
OF_15 = request(tools=[{"google_search_retrieval": {"dynamic_retrieval_config": {"dynamic_threshold": 0.3}}}])


def in_json(name: str) -> Any:
    return request(tools=[{name: {}}], generationConfig={"response_mime_type": "application/json"})


@pytest.mark.parametrize(
    ("model", "body", "vertex", "message"),
    [
        (NOW, request(tools=TOOLS * 2), False, "Duplicate function declaration found: get_weather"),
        (NEW, request(tools=TOOLS * 2), True, "Duplicate function declaration found: get_weather"),
        (OLD, WITH_SEARCH, False, UNSUPPORTED),
        (NOW, WITH_SEARCH, False, UNSUPPORTED),
        (NOW, ONE_TOOL, False, UNSUPPORTED),
        (NOW, ENABLED, False, CIRCULATION),
        (NOW, WITH_SEARCH, True, ALL_SEARCH),
        (NEW, WITH_SEARCH, False, ENABLE),
        (NEW, ONE_TOOL, False, ENABLE),
        (NOW, in_json("googleSearch"), False, IN_JSON),
        (NOW, in_json("codeExecution"), False, IN_JSON),
        (NOW, in_json("url_context"), False, IN_JSON),
        (NOW, in_json("googleSearch"), True, CONTROLLED.format("Search") + MORE),
        (OLD, in_json("code_execution"), True, CONTROLLED.format("Code Execution") + MORE),
        (NOW, in_json("urlContext"), True, CONTROLLED.format("URL Context") + MORE),
        (OLD, OF_15, False, RETIRED),
        (NEW, OF_15, False, RETIRED),
        (NEW, OF_15, True, RETIRED_ON_VERTEX + MORE),
    ],
)
def test_tools_that_do_not_go_together_are_refused(
    model: str, body: Any, *, vertex: bool, message: str
) -> None:
    told = refusal(body, path_of(model, method="generateContent", vertex=vertex))
    assert (told["code"], told["status"], told["message"]) == (400, "INVALID_ARGUMENT", message)


@pytest.mark.parametrize(
    ("model", "body", "vertex"),
    [
        (NEW, ENABLED, False),
        (NEW, WITH_SEARCH, True),
        (NEW, in_json("googleSearch"), False),
        (NEW, in_json("codeExecution"), True),
        ("gemini-1.5-pro", OF_15, False),
        ("gemini-1.5-pro", OF_15, True),
        ("gemma-3-27b-it", WITH_SEARCH, False),
        (NOW, request(tools=[{"googleSearch": {}}, {"urlContext": {}}]), False),
        (NOW, request(tools=[*TOOLS, {"computerUse": {"environment": "ENVIRONMENT_BROWSER"}}]), False),
    ],
)
def test_tools_that_go_together_are_taken(model: str, body: Any, *, vertex: bool) -> None:
    assert call_for(body, path_of(model, method="generateContent", vertex=vertex)).conversation.messages


def thinking(budget: int) -> Any:
    return request(generationConfig={"thinkingConfig": {"thinkingBudget": budget}})


@pytest.mark.parametrize(
    ("model", "least", "most", "free"),
    [
        ("gemini-2.5-pro", 128, 32768, (-1,)),
        ("gemini-2.5-flash", 0, 24576, (-1,)),
        ("gemini-2.5-flash-lite", 512, 24576, (-1, 0)),
    ],
)
def test_a_budget_of_thought_is_within_the_models_range(
    model: str, least: int, most: int, free: tuple[int, ...]
) -> None:
    path = path_of(model, method="generateContent")
    for budget in (least, most, *free):
        assert call_for(thinking(budget), path).conversation.messages
    for budget in (most + 1, *((least - 1,) if least else ())):
        told = refusal(thinking(budget), path)
        sentence = (
            f"The thinking budget {budget} is invalid. Please choose a value between {least} and {most}."
        )
        assert (told["code"], told["message"]) == (400, sentence)


@pytest.mark.parametrize(
    ("model", "asked", "most"),
    [(NEW, 131072, 65536), (NOW, 65537, 65536), (OLD, 32768, 8192), (NOW, 0, 65536)],
)
def test_vertex_ai_refuses_more_tokens_than_a_model_writes(model: str, asked: int, most: int) -> None:
    """Reports of 2024 to September 2026; nobody has told that the Gemini API does so."""
    path = path_of(model, method="generateContent", vertex=True)
    told = refusal(request(generationConfig={"maxOutputTokens": asked}), path)
    assert told["message"] == (
        f"Unable to submit request because it has a maxOutputTokens value of {asked} but the supported range is from 1 "
        f"(inclusive) to {most + 1} (exclusive). Update the value and try again."
    )
    assert call_for(request(generationConfig={"maxOutputTokens": most}), path).conversation.max_tokens == most
    if asked:
        elsewhere = path_of(model, method="generateContent")
        assert (
            call_for(request(generationConfig={"maxOutputTokens": asked}), elsewhere).conversation.max_tokens
            == asked
        )
