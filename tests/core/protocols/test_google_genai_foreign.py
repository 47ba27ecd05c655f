"""Fields that only one of Google's hosts has: the other does not find them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import google.genai.models as sdk
import pytest
from core.protocols.google_genai_case import NEW, TOOLS, call_for, path_of, refusal, request

from mockllm_core.protocols.google_genai import foreign

GEMINI, VERTEX = (path_of(NEW, method="generateContent", vertex=vertex) for vertex in (False, True))
CALL = {
    "role": "model",
    "parts": [{"functionCall": {"name": "get_weather", "args": {}, "willContinue": False}}],
}


def said(part: dict[str, Any]) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}, {"role": "user", "parts": [part]}]}


def tool(**kind: Any) -> dict[str, Any]:
    return request(tools=[{"codeExecution": {}}, kind])


def config(**more: Any) -> dict[str, Any]:
    return request(generationConfig=more)


OF_VERTEX = [
    (request(modelArmorConfig={"promptTemplateName": "t"}), "modelArmorConfig", ""),
    (config(audioTimestamp=True), "audioTimestamp", "generation_config"),
    (request(generation_config={"audio_timestamp": True}), "audio_timestamp", "generation_config"),
    (config(routingConfig={}), "routingConfig", "generation_config"),
    (
        config(imageConfig={"personGeneration": "ALLOW_ALL"}),
        "personGeneration",
        "generation_config.image_config",
    ),
    (
        request(
            safetySettings=[{"category": "HARM_CATEGORY_HARASSMENT", "method": "SEVERITY"}], labels={"a": "b"}
        ),
        "method",
        "safety_settings[0]",
    ),
    (tool(retrieval={"vertexAiSearch": {}}), "retrieval", "tools[1]"),
    (tool(enterprise_web_search={}), "enterprise_web_search", "tools[1]"),
    (tool(googleSearch={"excludeDomains": ["a.b"]}), "excludeDomains", "tools[1].google_search"),
    (tool(googleMaps={"authConfig": {"authType": "OAUTH"}}), "authType", "tools[1].google_maps.auth_config"),
    (
        request(toolConfig={"functionCallingConfig": {"streamFunctionCallArguments": False}}),
        "streamFunctionCallArguments",
        "tool_config.function_calling_config",
    ),
]

OF_GEMINI = [
    (request(store=False), "store", ""),
    (config(enableEnhancedCivicAnswers=True), "enableEnhancedCivicAnswers", "generation_config"),
    (tool(fileSearch={"fileSearchStoreNames": ["a"]}), "fileSearch", "tools[1]"),
    (tool(mcpServers=[{"name": "a"}]), "name", "tools[1].mcp_servers[0]"),
    (
        request(tools=[*TOOLS, {"googleSearch": {}}], toolConfig={"includeServerSideToolInvocations": True}),
        "includeServerSideToolInvocations",
        "tool_config",
    ),
    (said({"text": "Hi", "partMetadata": {"a": 1}}), "partMetadata", "contents[1].parts[0]"),
]


@pytest.mark.parametrize(("body", "name", "place"), OF_VERTEX)
def test_what_vertex_ai_alone_has_is_no_field_of_the_gemini_api(body: Any, name: str, place: str) -> None:
    _unknown(body, GEMINI, name, place)
    assert call_for(body, VERTEX).conversation.messages


@pytest.mark.parametrize(("body", "name", "place"), OF_GEMINI)
def test_what_the_gemini_api_alone_has_is_no_field_of_vertex_ai(body: Any, name: str, place: str) -> None:
    _unknown(body, VERTEX, name, place)
    assert call_for(body, GEMINI).conversation.messages


def _unknown(body: Any, path: str, name: str, place: str) -> None:
    told = refusal(body, path)
    at = f" at '{place}'" if place else ""
    message = f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.'
    assert (told["code"], told["message"]) == (400, message)


def test_all_such_fields_are_named() -> None:
    body = request(labels={"a": "b"}, modelArmorConfig={}, generationConfig={"routingConfig": {}})
    first = 'Invalid JSON payload received. Unknown name "modelArmorConfig": Cannot find field.'
    second = "Invalid JSON payload received. Unknown name \"routingConfig\" at 'generation_config': Cannot find field."
    told = refusal(body, GEMINI)
    assert told["message"] == f"{first}\n{second}"
    assert told["details"][0]["fieldViolations"] == [
        {"description": first},
        {"field": "generation_config", "description": second},
    ]


def test_labels_are_taken_by_both_hosts() -> None:
    for path in (GEMINI, VERTEX):
        assert call_for(request(labels={"team": "a"}), path).conversation.messages


def test_a_call_in_pieces_is_no_part_of_the_gemini_api() -> None:
    body = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}, CALL]}
    _unknown(body, GEMINI, "willContinue", "contents[1].parts[0].function_call")


SPELLED = {"outputMimeType", "outputCompressionQuality", "generationOutputConfig", "batchContents"}
"""What the SDK spells otherwise on the wire; ``batchContents`` is no request's."""
ELSEWHERE = re.compile("_(CountTokens|EmbedContent|GenerateVideos|GenerateImages|EditImage|UpscaleImage)")


@pytest.mark.parametrize("host", ["mldev", "vertex"])
def test_every_field_that_the_sdk_does_not_send_to_a_host_is_in_the_table(host: str) -> None:
    source = Path(sdk.__file__).read_text("utf-8")
    refused: set[str] = set()
    for one in re.finditer(rf"\ndef (_\w+_to_{host})\(.*?(?=\ndef |\nclass )", source, re.DOTALL):
        if not ELSEWHERE.match(one[1]):
            keys = re.findall(r"getv\(\w+, \['(\w+)'\]\) is not None:\s*raise ValueError", one[0])
            refused |= {re.sub("_(.)", lambda found: found[1].upper(), key) for key in keys}
    beside = (foreign._OF_VERTEX, foreign._PARTS_OF_VERTEX) if host == "mldev" else (foreign._OF_GEMINI, foreign._PARTS_OF_GEMINI)  # fmt: skip
    held = {name for table in beside for _, names in table for name in names}
    assert refused
    assert refused - SPELLED <= held
