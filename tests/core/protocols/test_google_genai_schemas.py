"""Schemas in Google's own dialect: what each host refuses, and in which words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from core.protocols.google_genai_case import NOW, answer, call_for, chunks, path_of, refusal, request

from mockllm_core.responders import respond

Schema = dict[str, Any]


def test_one_of_two_schemas_is_left_out() -> None:
    """Google's reference demands it; the sentence is inferred."""
    config = {"responseMimeType": "application/json", "responseSchema": {"type": "STRING"}}
    both = config | {"responseJsonSchema": {"type": "string"}}
    place = "* GenerateContentRequest.generation_config.response_json_schema: "
    for vertex in (False, True):
        assert told(request(generationConfig=both), vertex=vertex).startswith(place)


def declaring(*schemas: Schema, key: str = "parameters") -> dict[str, Any]:
    declared = [{"name": f"f{at}", key: given} for at, given in enumerate(schemas)]
    return request(tools=[{"functionDeclarations": declared}])


def object_of(**properties: Any) -> Schema:
    return {"type": "OBJECT", "properties": properties}


def told(body: Any, *, vertex: bool = False) -> str:
    return str(refusal(body, path_of(NOW, vertex=vertex))["message"])


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        (object_of(a={"type": "ARRAY"}), [".properties[a].items: missing field."]),
        (object_of(a={"type": "array", "items": {"type": "array"}}), [".properties[a].items.items: missing field."]),
        (object_of(a={"any_of": [{"type": "STRING"}, {"type": "ARRAY"}]}), [".properties[a].any_of[1].items: missing field."]),
        (object_of(a={"type": "INTEGER", "enum": ["1"]}), [".properties[a].enum: only allowed for STRING type"]),
        (object_of(a={"enum": ["x"]}), [".properties[a].enum: only allowed for STRING type"]),
        (
            object_of(b=object_of(c={"type": "BOOLEAN", "enum": ["true"]}), d={"type": "ARRAY"}),
            [
                ".properties[b].properties[c].enum: only allowed for STRING type",
                ".properties[d].items: missing field.",
            ],
        ),
    ],
)  # fmt: skip
def test_the_gemini_api_names_each_place(given: Schema, faults: list[str]) -> None:
    place = "* GenerateContentRequest.tools[0].function_declarations[1].parameters"
    assert told(declaring(object_of(), given)) == "".join(f"{place}{fault}\n" for fault in faults)
    place = "* GenerateContentRequest.generation_config.response_schema"
    config = {"responseMimeType": "application/json", "responseSchema": given}
    assert told(request(generationConfig=config)) == "".join(f"{place}{fault}\n" for fault in faults)


def test_what_is_fine_is_taken_and_json_schemas_are_not_looked_at() -> None:
    fine = object_of(
        a={"type": "ARRAY", "items": {"type": "STRING", "enum": ["x"]}}, enum={"type": "STRING"}, items={"type": "INTEGER"}
    )  # fmt: skip
    call_for(declaring(fine), path_of(NOW))
    loose = {"type": "object", "properties": {"a": {"type": "array"}, "b": {"type": "integer", "enum": [1]}}}
    call_for(declaring(loose, key="parametersJsonSchema"), path_of(NOW))
    config = {"responseMimeType": "application/json", "responseJsonSchema": loose}
    call_for(request(generationConfig=config), path_of(NOW))


def test_numbers_in_an_enum_are_refused_by_the_reader_of_json() -> None:
    """As in github.com/microsoft/azure-devops-mcp/issues/139."""
    given = object_of(a={"type": "INTEGER", "enum": [0, 1]})
    for vertex in (False, True):
        assert told(declaring(given), vertex=vertex) == (
            "Invalid value at 'tools[0].function_declarations[0].parameters.properties[0].value.enum[0]' (TYPE_STRING), 0"
        )


@pytest.mark.parametrize(
    ("given", "place"),
    [
        (object_of(a={"enum": ["x"]}), "parameters.a"),
        (object_of(a=object_of(b={"description": "B."})), "parameters.a.b"),
        (object_of(a={"type": "ARRAY", "items": {}}), "parameters.a.items"),
        ({"properties": {"a": {"type": "STRING"}}}, "parameters"),
    ],
)
def test_vertex_wants_a_type_everywhere(given: Schema, place: str) -> None:
    assert told(declaring(given), vertex=True) == (
        f"Unable to submit request because `f0` functionDeclaration `{place}` schema didn't specify the schema type"
        " field. Learn more: https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling"
    )


@pytest.mark.parametrize(
    ("kind", "enum", "value"),
    [
        ("INTEGER", ["101"], 101),
        ("number", ["1.5"], 1.5),
        ("INTEGER", ["one"], "one"),
        ("INTEGER", ["true"], "true"),
    ],
)
def test_an_enum_of_numbers_on_vertex_gives_numbers(kind: str, enum: list[str], value: Any) -> None:
    body = declaring(object_of(floor={"type": kind, "enum": enum}) | {"required": ["floor"]})
    body["toolConfig"] = {"functionCallingConfig": {"mode": "ANY"}}
    call = call_for(body, path_of(NOW, vertex=True))
    (block,) = respond(call.conversation).blocks
    assert getattr(block, "arguments", None) == {"floor": value}
    (part,) = chunks(answer(body, path_of(NOW, method="generateContent", vertex=True)))[0]["candidates"][0][
        "content"
    ]["parts"]
    assert part["functionCall"]["args"] == {"floor": value}


def test_a_schema_with_faults_without_end_gets_a_complaint_with_one() -> None:
    given = object_of(**{f"p{at}": {"type": "ARRAY"} for at in range(5_000)})
    for _ in range(2):
        assert told(declaring(given)).count("\n") == 100
    assert len(json.dumps(given)) > 100_000
