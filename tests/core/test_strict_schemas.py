"""Schemas to be followed to the letter, refused as OpenAI refuses them; the sentences are those of public reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
import pytest

from mockllm_cli import MockServer

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = {"type": "string"}
OPEN = "'additionalProperties' is required to be supplied and to be false."
ALL = "'required' is required to be supplied and to be an array including every key in properties."


def closed(required: list[str] | None = None, **properties: Any) -> dict[str, Any]:
    names = list(properties) if required is None else required
    return {"type": "object", "properties": properties, "required": names, "additionalProperties": False}


def but(schema: dict[str, Any], *keys: str, **more: Any) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in keys} | more


NESTED = closed(steps={"type": "array", "items": closed(a=TEXT, required=[])})
ANY = closed(
    result={"anyOf": [closed(realign=closed(a=TEXT, newGoal=TEXT, required=["a"])), {"type": "null"}]}
)
WRONG = [
    (but(closed(a=TEXT), "additionalProperties"), f"In context=(), {OPEN}"),
    (but(closed(a=TEXT), additionalProperties=True), f"In context=(), {OPEN}"),
    (but(closed(a=TEXT), "required", "additionalProperties"), f"In context=(), {OPEN}"),
    ({"type": "object", "title": "tool_name"}, f"In context=(), {OPEN}"),
    (but(closed(a=TEXT, b=TEXT), "required"), f"In context=(), {ALL} Missing 'a'."),
    (closed(a=TEXT, b=TEXT, required=["a"]), f"In context=(), {ALL} Missing 'b'."),
    (closed(a=TEXT, required=["a", "c"]), f"In context=(), {ALL} Extra required key 'c' supplied."),
    (NESTED, f"In context=('properties', 'steps', 'items'), {ALL} Missing 'a'."),
    (
        ANY,
        f"In context=('properties', 'result', 'anyOf', '0', 'properties', 'realign'), {ALL} Missing 'newGoal'.",
    ),
    (
        closed(permissions={"type": "object", "properties": {}}),
        f"In context=('properties', 'permissions'), {OPEN}",
    ),
    (
        closed(held={"type": ["object", "null"], "additionalProperties": True}),
        f"In context=('properties', 'held'), {OPEN}",
    ),
    (
        closed(args={"type": "object", "additionalProperties": TEXT}),
        f"In context=(), {ALL} Extra required key 'args' supplied.",
    ),
    (closed(attributes={}), f"In context=(), {ALL} Extra required key 'attributes' supplied."),
    (
        closed(event={"$ref": "#/$defs/E", "description": "An event."}) | {"$defs": {"E": closed(a=TEXT)}},
        "In context=('properties', 'event'), $ref cannot have keywords {'description'}.",
    ),
    (but(closed(), properties=[]), "[] is not of type 'object'."),
    (closed(a={"properties": 1.5}), "1.5 is not of type 'object'."),
]
RIGHT = [
    closed(),
    closed(a=TEXT | {"default": "x", "title": "A"}, b={"type": ["string", "null"]}),
    closed(a={"type": "array", "items": closed(b=TEXT)}, c={"anyOf": [closed(d=TEXT), {"type": "null"}]}),
    closed(a={"$ref": "#/$defs/A"}) | {"$defs": {"A": closed(b=TEXT)}},
    closed(m={"type": "object", "properties": {}, "required": [], "additionalProperties": False}),
]


@pytest.fixture(scope="module")
def client() -> Iterator[openai.OpenAI]:
    with (
        MockServer() as server,
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="k", max_retries=0) as made,
    ):
        yield made


def asks(client: openai.OpenAI, schema: Any, strict: bool | None) -> list[tuple[Any, str, str, str | None]]:
    """Return how to ask with a schema, and what the error names: what it is for, its param and its code."""
    said: Any = {"strict": strict} if strict is not None else {}
    chat: Any = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}
    answer: Any = {"model": "gpt-4o-mini", "input": "hi"}
    form: Any = {"name": "f", "schema": schema, **said}
    function: Any = {"name": "f", "parameters": schema, **said}
    nested: Any = [{"type": "function", "function": function}]
    flat: Any = [{"type": "function", **function}]
    wanted: Any = {"type": "json_schema", "json_schema": form}
    text: Any = {"format": {"type": "json_schema", **form}}
    bad = "invalid_function_parameters"
    create, respond = client.chat.completions.create, client.responses.create
    return [
        (lambda: create(**chat, tools=nested), "function", "tools[0].function.parameters", bad),
        (lambda: create(**chat, response_format=wanted), "response_format", "response_format", None),
        (lambda: respond(**answer, tools=flat), "function", "tools[0].parameters", bad),
        (
            lambda: respond(**answer, text=text),
            "response_format",
            "text.format.schema",
            "invalid_json_schema",
        ),
    ]


@pytest.mark.parametrize(("schema", "fault"), WRONG)
def test_what_cannot_be_followed_to_the_letter_is_refused(
    client: openai.OpenAI, schema: dict[str, Any], fault: str
) -> None:
    for ask, what, param, code in asks(client, schema, strict=True):
        for _ in range(2):  # what comes again is looked at once
            with pytest.raises(openai.BadRequestError) as caught:
                ask()
            assert caught.value.body == {
                "message": f"Invalid schema for {what} 'f': {fault}",
                "type": "invalid_request_error",
                "param": param,
                "code": code,
            }


@pytest.mark.parametrize("schema", RIGHT)
def test_what_can_be_is_followed(client: openai.OpenAI, schema: dict[str, Any]) -> None:
    for ask, *_ in asks(client, schema, strict=True):
        ask()


@pytest.mark.parametrize("strict", [None, False])
def test_only_strict_schemas_are_looked_at(client: openai.OpenAI, strict: bool | None) -> None:
    for schema, _ in WRONG[:9]:
        for ask, *_ in asks(client, schema, strict):
            ask()


def test_a_large_schema_is_looked_at_whole(client: openai.OpenAI) -> None:
    many: Any = {f"field{nth}": TEXT for nth in range(2000)}
    for ask, *_ in asks(client, closed(None, **many, last={"type": "object", "properties": {}}), strict=True):
        with pytest.raises(openai.BadRequestError, match=r"In context=\('properties', 'last'\), 'additional"):
            ask()
