"""Requests in all spellings that clients send, and those that Google refuses."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from core.protocols.google_genai_case import (
    NEW,
    NOW,
    OLD,
    THINK,
    TOOLS,
    call_for,
    path_of,
    refusal,
    request,
    routed,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core.conversation import Media, Message, Tool, ToolChoice, ToolResult, ToolUse, Words
from mockllm_core.errors import ApiError
from mockllm_core.protocols.google_genai.options import schema, snake

SCHEMA = {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}}
FULL = {
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "contents": [
        {"role": "user", "parts": [{"text": "a"}, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]},
        {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {"a_b": 1}, "id": "x1"}}]},
        {
            "role": "user",
            "parts": [{"functionResponse": {"name": "f", "id": "x1", "response": {"result": "rainy"}}}],
        },
    ],
    "tools": [
        {"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object"}}]},
        {"computerUse": {"environment": "ENVIRONMENT_BROWSER"}},
    ],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
    "generationConfig": {
        "maxOutputTokens": 9,
        "stopSequences": ["x"],
        "candidateCount": 2,
        "responseMimeType": "text/x.enum",
        "responseSchema": SCHEMA,
    },
}


def snaked(value: Any) -> Any:
    """Return a request with its own keys in snake case, what it carries untouched."""
    if isinstance(value, list):
        return [snaked(item) for item in value]
    if isinstance(value, dict):
        free = ("args", "response", "parametersJsonSchema", "responseSchema")
        return {snake(key): item if key in free else snaked(item) for key, item in value.items()}
    return value


def test_a_request_is_understood_in_both_spellings() -> None:
    camel = call_for(FULL).conversation
    assert call_for(snaked(FULL)).conversation == camel
    assert camel.messages == (
        Message("system", (Words("Be brief."),)),
        Message("user", (Words("a"), Media("image", 3))),
        Message("assistant", (ToolUse("f", '{"a_b":1}', "x1"),)),
        Message("tool", (ToolResult("x1", "rainy"),)),
    )
    assert camel.tools == (Tool(name="f", schema={"type": "object"}),)
    assert camel.tool_choice == ToolChoice("tool", ("f",))
    assert (camel.max_tokens, camel.stop, camel.choices) == (9, ("x",), 2)
    assert camel.output_schema == SCHEMA


@pytest.mark.parametrize(
    ("mode", "names", "expected"),
    [
        ("AUTO", [], ToolChoice("auto")),
        ("any", [], ToolChoice("any")),
        ("ANY", ["get_weather"], ToolChoice("tool", ("get_weather",))),
        ("NONE", [], ToolChoice("none")),
        ("VALIDATED", ["get_weather"], ToolChoice("auto", ("get_weather",))),
        (None, [], ToolChoice("auto")),
    ],
)
def test_a_function_calling_mode_becomes_a_choice(
    mode: str | None, names: list[str], expected: ToolChoice
) -> None:
    config = {"functionCallingConfig": {"mode": mode, "allowedFunctionNames": names}}
    assert call_for(request(tools=TOOLS, toolConfig=config)).conversation.tool_choice == expected


@pytest.mark.parametrize(
    ("config", "wanted", "any_json"),
    [
        ({"responseMimeType": "application/json"}, None, True),
        (
            {"responseMimeType": "application/json", "responseJsonSchema": {"$ref": "#/$defs/a"}},
            {"$ref": "#/$defs/a"},
            False,
        ),
        (
            {"response_mime_type": "application/json", "response_schema": {"any_of": [{"type": "STRING"}]}},
            {"anyOf": [{"type": "STRING"}]},
            False,
        ),
        ({"responseMimeType": "text/plain"}, None, False),
        ({"responseMimeType": "application/xml", "responseSchema": {"type": "STRING"}}, None, False),
        ({"responseMimeType": "Application/YAML", "responseJsonSchema": {"type": "string"}}, None, False),
        ({"responseMimeType": "application/xml"}, None, False),
        ({"responseSchema": {"type": "STRING"}}, None, False),
        ({"responseMimeType": "text/plain", "responseJsonSchema": {"type": "string"}}, None, False),
        (
            {"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": ["a"]}},
            {"type": "STRING", "enum": ["a"]},
            False,
        ),
        ({}, None, False),
    ],
)
def test_the_output_asked_for_is_found(config: dict[str, Any], wanted: Any, any_json: bool) -> None:
    found = call_for(request(generationConfig=config)).conversation
    assert (found.output_schema, found.json_mode) == (wanted, any_json)


@pytest.mark.parametrize("name", ["responseSchema", "responseJsonSchema"])
@pytest.mark.parametrize(
    "mime", [{}, {"responseMimeType": "text/plain"}, {"responseMimeType": "application/xml"}]
)
def test_vertex_ai_refuses_a_schema_for_prose(mime: dict[str, Any], name: str) -> None:
    body = request(generationConfig={name: {"type": "STRING"}} | mime)
    with pytest.raises(ApiError) as caught:
        call_for(body, path_of(vertex=True))
    assert caught.value.message == "Request contains an invalid argument."
    body["generationConfig"]["responseMimeType"] = "application/json"
    assert call_for(body, path_of(vertex=True)).conversation.output_schema


@pytest.mark.parametrize(
    ("model", "thinking", "expected"),
    [
        (NOW, {"includeThoughts": True}, True),
        (NOW, {"include_thoughts": True, "thinking_budget": 0}, False),
        (NOW, {"thinkingBudget": 512}, False),
        (NEW, {"includeThoughts": True, "thinkingLevel": "low"}, True),
        (NOW, None, False),
    ],
)
def test_thoughts_are_shown_only_when_asked_for(model: str, thinking: Any, expected: bool) -> None:
    call = call_for(request(generationConfig={"thinkingConfig": thinking}), path_of(model))
    assert call.conversation.reasoning is expected


@pytest.mark.parametrize(
    ("path", "form", "stream"),
    [
        (path_of() + "?alt=sse", "sse", True),
        (path_of() + "?key=k&alt=sse&x=1", "sse", True),
        (path_of() + "?%24alt=sse", "sse", True),
        (path_of(), "array", True),
        (path_of() + "?x=alt=sse", "array", True),
        (path_of() + "?$alt=json;enum-encoding=int", "array", True),
        (path_of(method="generateContent") + "?alt=sse", "whole", False),
        (path_of(vertex=True) + "?alt=sse", "vertex-sse", True),
        (
            path_of(vertex=True, method="generateContent") + "?%24alt=json%3Benum-encoding%3Dint",
            "vertex-whole",
            False,
        ),
        ("/v1/publishers/google/models/gemini-2.5-flash:streamGenerateContent", "vertex-array", True),
        ("/v1/models/gemini-2.5-flash%3AstreamGenerateContent", "array", True),
        ("/v1beta/tunedModels/mine-1:generateContent", "whole", False),
    ],
)
def test_the_path_and_query_choose_the_spelling(path: str, form: str, stream: bool) -> None:
    call = call_for(request(), path)
    assert (call.form, call.stream) == (form, stream)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/projects/p/locations/us-central1/publishers/google/models/gemini-2.5-flash:countTokens",
        "/v1beta/models/gemini-embedding-001:embedContent",
        "/v1/models/gemini-embedding-001:batchEmbedContents",
        "/v1beta/models/tunings%2Fx%3A1:generateContent",
    ],
)
def test_every_named_path_has_a_route(path: str) -> None:
    assert routed(path)[1]["model"]


def test_schemas_keep_their_property_names_and_lose_their_snakes() -> None:
    given_schema = {
        "type": 6,
        "properties": {"min_items": {"type": 5, "min_items": 1, "items": {"any_of": [{"enum": ["a_b"]}]}}},
    }
    assert schema(given_schema) == {
        "type": "object",
        "properties": {
            "min_items": {"type": "array", "minItems": 1, "items": {"anyOf": [{"enum": ["a_b"]}]}}
        },
    }


@pytest.mark.parametrize(
    ("response", "text"),
    [
        ({"result": "rainy"}, "rainy"),
        ({"temperature": 3}, '{"temperature":3}'),
        ({"a": "x", "b": "y"}, '{"a":"x","b":"y"}'),
        ({}, "{}"),
        (None, ""),
    ],
)
def test_a_tools_answer_is_its_one_text_or_its_json(response: Any, text: str) -> None:
    body = request()
    body["contents"] += [
        {"role": "model", "parts": [{"functionCall": {"name": "f"}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": response}}]},
    ]
    assert call_for(body).conversation.messages[-1].parts == (ToolResult("f", text),)


def config(**given_config: Any) -> dict[str, Any]:
    return request(generationConfig=given_config)


JSON = {"responseMimeType": "application/json"}
REFUSED = [
    (NOW, {"contents": []}, "* GenerateContentRequest.contents: contents is not specified\n"),
    (NOW, {}, "* GenerateContentRequest.contents: contents is not specified\n"),
    (
        NOW,
        {"contents": [{"role": "system", "parts": [{"text": "a"}]}]},
        "Please use a valid role: user, model.",
    ),
    (
        NOW,
        config(temperature=2.5),
        "* GenerateContentRequest.generation_config.temperature: temperature must be in the range [0.0, 2.0].\n",
    ),
    (
        NOW,
        config(topP=1.5),
        "* GenerateContentRequest.generation_config.top_p: top_p must be in the range [0.0, 1.0].\n",
    ),
    (
        NOW,
        config(responseMimeType="audio/wav"),
        "* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are",
    ),
    (
        NOW,
        config(responseModalities=["IMAGE"]),
        "Model does not support the requested response modalities: image",
    ),
    (
        NOW,
        config(responseFormat=[{"text": {}}, {"audio": {"bitRate": 1}}]),
        "Model does not support the requested response modalities: audio,text",
    ),
    (NEW, config(candidateCount=2), "Multiple candidates is not enabled for this model"),
    (NOW, config(responseLogprobs=True), "Logprobs is not enabled for models/gemini-2.5-"),
    (NOW, config(frequencyPenalty=-0.5), "Penalty is not enabled for models/gemini-2.5-"),
    (NEW, config(presencePenalty=0.5), "Penalty is not enabled for this model"),
    (NEW, config(responseLogprobs=True), "Logprobs is not enabled for this model"),
    (
        NOW,
        config(candidateCount=9),
        "* GenerateContentRequest.generation_config.candidate_count: candidate_count must be in the range [1, 8].\n",
    ),
    (
        NOW,
        config(thinkingConfig={"thinkingLevel": "HIGH"}),
        "Thinking level is not supported for this model.",
    ),
    (
        NEW,
        config(thinkingConfig={"thinkingLevel": "HIGH", "thinkingBudget": 1}),
        "You can only set only one of thinking budget and thinking level.",
    ),
    (
        "gemini-2.5-pro",
        config(thinkingConfig={"thinkingBudget": 0}),
        "Budget 0 is invalid. This model only works in thinking mode.",
    ),
    (OLD, config(**THINK), "Unable to submit request because thinking is not supported by this model."),
    (
        NOW,
        config(logprobs=3),
        "* GenerateContentRequest.generation_config.logprobs: logprobs is only valid when",
    ),
    (
        NOW,
        config(stopSequences=list("abcdef")),
        "* GenerateContentRequest.generation_config.stop_sequences: the number of stop_sequences must not exceed 5.\n",
    ),
    (
        NOW,
        request(tools=TOOLS, generationConfig=JSON),
        "Function calling with a response mime type: 'application/json' is unsupported",
    ),
    (
        NOW,
        request(tools=[{}]),
        "tools[0].tool_type: required one_of 'tool_type' must have one initialized field",
    ),
    (
        NOW,
        request(toolConfig={"functionCallingConfig": {"mode": "ANY"}}),
        "Function calling config is set without function_declarations.",
    ),
    (
        NOW,
        request(
            tools=TOOLS,
            toolConfig={"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["other"]}},
        ),
        "allowed_function_names should be a subset of the provided function_declarations.",
    ),
    *(
        (
            NOW,
            request(tools=TOOLS, toolConfig={"functionCallingConfig": {**mode, names: ["get_weather"]}}),
            # printed in public traffic logs of October 2025
            "Please set allowed_function_names only when function calling mode is ANY.",
        )
        for mode in ({}, {"mode": "AUTO"}, {"mode": "NONE"}, {"mode": "MODE_UNSPECIFIED"})
        for names in ("allowedFunctionNames", "allowed_function_names")
    ),
]


@pytest.mark.parametrize(("model", "body", "message"), REFUSED)
def test_what_google_refuses_is_refused_in_its_words(model: str, body: Any, message: str) -> None:
    told = refusal(body, path_of(model, method="generateContent"))
    assert told["message"].startswith(message)
    assert (told["code"], told["status"]) == (400, "INVALID_ARGUMENT")


def test_vertex_says_a_range_in_its_own_words_with_empty_details() -> None:
    told = refusal(config(temperature=1000.0), path_of(NOW, method="generateContent", vertex=True))
    assert told["message"].startswith(
        "Unable to submit request because it has a temperature value of 1000 but"
    )
    assert told["details"] == []


def test_vertex_wants_a_role_and_takes_several_candidates_of_gemini_3() -> None:
    path = path_of(NEW, method="generateContent", vertex=True)
    assert call_for(config(candidateCount=2), path).conversation.choices == 2
    assert (
        refusal({"contents": [{"parts": [{"text": "a"}]}]}, path)["message"]
        == "Please use a valid role: user, model."
    )


@pytest.mark.parametrize(
    "body",
    [
        {"contents": [{"parts": [{"text": ""}]}]},
        request(
            systemInstruction=None, tools=None, toolConfig=None, generationConfig=None, safetySettings=None
        ),
        request(tools=[{"googleSearch": {}}, {"codeExecution": {}}, {"urlContext": {}}]),
        request(generationConfig={"thinkingConfig": None, "stopSequences": None, "responseModalities": []}),
        request(safetySettings=[{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]),
        request(somethingNew={"a": 1}),
        request(tools=TOOLS, generationConfig={"responseMimeType": "text/plain"}),
    ],
)
def test_what_google_takes_is_taken(body: Any) -> None:
    assert call_for(body).conversation.messages


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["parts", "text", "args", "name"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(
    st.dictionaries(
        st.sampled_from(["contents", "tools", "toolConfig", "generationConfig", "system_instruction"]),
        JSON_VALUES,
    )
)
@settings(deadline=None, max_examples=100)
def test_any_body_is_taken_or_refused_as_a_request(body: dict[str, Any]) -> None:
    with suppress(ApiError):
        call_for(body, path_of(NEW))


@pytest.mark.parametrize(
    ("text", "schema_of_it", "any_json"),
    [
        ({"mimeType": "application/json", "schema": {"const": 1}}, {"const": 1}, False),
        ({"mime_type": "APPLICATION_JSON", "json_schema": {"const": 1}}, {"const": 1}, False),
        ({"mime_type": "application/json"}, None, True),
        ({"mimeType": "text/plain"}, None, False),
    ],
)
def test_the_newer_response_format_says_what_the_older_keys_say(
    text: Any, schema_of_it: Any, any_json: bool
) -> None:
    asked = call_for(config(responseFormat=[{"text": text}]), path_of(NOW)).conversation
    assert (asked.output_schema, asked.json_mode) == (schema_of_it, any_json)
