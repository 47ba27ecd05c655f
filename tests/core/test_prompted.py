"""A schema in the prompt is the schema of an answer in JSON mode."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from mockllm_core.conversation import Controls, Conversation, Media, Message, Words
from mockllm_core.prompted import schema_told
from mockllm_core.reply import Text
from mockllm_core.responders import respond

if TYPE_CHECKING:
    from mockllm_core.conversation import Role

CITY = {"type": "object", "properties": {"city": {"const": "Bern"}}, "required": ["city"]}
USER: tuple[Role, str] = ("user", "Which city? Answer in JSON.")

# as Pydantic AI 2.31, Instructor 1.17 and LangChain 1.8 send them
PYDANTIC_AI = (
    "\nAlways respond with a JSON object that's compatible with this schema:\n\n"
    + json.dumps(CITY)
    + "\n\nDon't include any text or Markdown fencing before or after.\n"
)
INSTRUCTOR = (
    "As a genius expert, your task is to understand the content and provide\n the parsed objects in json that match "
    "the following json_schema:\n\n\n            "
    + json.dumps(CITY, indent=2)
    + "\n\n            Make sure to return an instance of the JSON, not the schema itself\n"
)
LANGCHAIN = (
    'As an example, for the schema {"properties": {"foo": {"title": "Foo", "description": "a list of strings", "type": '
    '"array", "items": {"type": "string"}}}, "required": ["foo"]}\nthe object {"foo": ["bar", "baz"]} is a well-formatted '
    'instance of the schema. The object {"properties": {"foo": ["bar", "baz"]}} is not well-formatted.\n\nHere is the '
    "output schema:\n```\n" + json.dumps(CITY) + "\n```"
)


def talk(*said: tuple[Role, str], **options: Any) -> Conversation:
    messages = tuple(Message(role, (Words(text),)) for role, text in said)
    return Conversation(model="m", messages=messages, json_mode=True, **options)


def answer(conversation: Conversation) -> Any:
    (block,) = respond(conversation).blocks
    assert isinstance(block, Text)
    return json.loads(block.text)


@pytest.mark.parametrize("prompt", [PYDANTIC_AI, INSTRUCTOR, LANGCHAIN])
@pytest.mark.parametrize("role", ["system", "user"])
def test_the_answer_satisfies_the_schema_of_the_prompt(prompt: str, role: Role) -> None:
    assert answer(talk((role, prompt), USER)) == {"city": "Bern"}


def test_the_last_message_that_has_one_counts() -> None:
    other = json.dumps({"type": "object", "properties": {"n": {"const": 1}}, "required": ["n"]})
    assert answer(talk(("system", PYDANTIC_AI), ("user", other))) == {"n": 1}
    assert answer(talk(("system", PYDANTIC_AI), ("assistant", other), USER)) == {"city": "Bern"}


def test_a_reference_to_a_definition_is_a_schema() -> None:
    schema = {"$ref": "#/$defs/City", "$defs": {"City": CITY}}
    assert answer(talk(("system", f"Schema: {json.dumps(schema)}."), USER)) == {"city": "Bern"}


def test_a_fixed_reply_is_kept() -> None:
    controls = Controls(reply="fixed")
    assert answer(talk(("system", PYDANTIC_AI), USER, controls=controls)) == {"reply": "fixed"}


def test_without_json_mode_the_prompt_is_a_text_like_any_other() -> None:
    conversation = Conversation(model="m", messages=(Message("user", (Words(PYDANTIC_AI),)),))
    (block,) = respond(conversation).blocks
    assert block == Text.of(PYDANTIC_AI)


@pytest.mark.parametrize(
    "text",
    [
        "no JSON at all",
        '{"city": "Bern"}',
        '{"properties": {"city": "Bern"}}',
        '{"properties": {}}',
        '{"type": "object"}',
        '{"$ref": "#/a"}',
        '{"type": "object", "properties": {"city"',
        "{city}",
        '[{"a": 1}]',
        '{"type": "object", "properties": {"a": {"const": NaN}}}',
        '{"type": "object", "properties": {"a": {"const": 1e999}}}',
        '{"a": 1e999, "b": ' + "9" * 5000 + "}",
    ],
)
def test_what_is_no_schema_is_echoed(text: str) -> None:
    assert schema_told(talk(("user", text))) is None
    assert answer(talk(("user", text))) == {"reply": text}


def test_half_a_character_in_a_schema_does_no_harm() -> None:
    schema = {"type": "object", "properties": {"\ud800": {"const": "\udc00"}}, "required": ["\ud800"]}
    conversation = talk(("system", json.dumps(schema)))
    assert schema_told(conversation) == schema
    assert isinstance(answer(conversation), dict)


def test_a_message_without_text_has_no_schema() -> None:
    assert schema_told(Conversation(model="m", messages=(Message("user", (Media("image"),)),))) is None


@pytest.mark.parametrize("filling", ["{", '{"a":', '{"a":1}', '{"a":[', '"', '{"properties":{"a":{'])
def test_no_prompt_costs_much_time(filling: str) -> None:
    started = time.perf_counter()
    schema_told(talk(("user", "" + filling * 200_000)))
    assert time.perf_counter() - started < 2
