"""What every client is asked, in no provider's words, and what its answer must be.

An ``Ask`` is one request. Each client's file spells it in that client's own arguments and tells a ``Said``; the
functions in CASES ask and judge. A client runs every case in every way it has: sync or async, whole or streamed
event by event or through its own accumulator.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import jsonschema_rs

__all__ = [
    "CASES",
    "ERRORS",
    "SAME",
    "SCHEMA",
    "Ask",
    "Call",
    "Result",
    "Run",
    "Said",
    "Tool",
    "Way",
    "bare",
    "plain",
]


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call; ``schema`` is the JSON Schema of its arguments."""

    name: str
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call as a client tells it, its arguments parsed."""

    name: str
    arguments: Any
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a client made of an answer.

    Attributes:
        text: all text.
        thoughts: all shown reasoning.
        calls: the tool calls in order.
        finish: ``stop``, ``length`` or ``tool``.
        tokens: of the prompt and of the answer.
        turn: the answer as this client sends it back in the next request.
        body: the whole answer as plain values, from a whole body or the client's own accumulator; None when
            this way has neither.
    """

    text: str
    calls: tuple[Call, ...]
    finish: str
    tokens: tuple[int, int]
    thoughts: str = ""
    turn: Any = None
    body: Any = None


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a call, sent to the model."""

    call: Call
    text: str = "12 degrees"


Turn: TypeAlias = str | tuple[str, ...] | Said | tuple[Result, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request.

    Attributes:
        turns: a text or a tuple of texts is the user's, a Said the model's, a tuple of results the tools'.
        choice: ``auto``, ``any``, ``none`` or the name of the tool to call.
        schema: what the text of the answer must satisfy.
        calls: how many tools to call at once, asked for by header.
    """

    turns: tuple[Turn, ...]
    system: str = ""
    tools: tuple[Tool, ...] = ()
    choice: str = ""
    schema: dict[str, Any] | None = None
    reasoning: bool = False
    limit: int = 0
    stop: str = ""
    calls: int = 0


Way: TypeAlias = Callable[[Ask], Said]
Run: TypeAlias = Callable[[Coroutine[Any, Any, Any]], Any]

WEATHER = Tool(
    "get_weather",
    {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            "days": {"type": "integer", "minimum": 1, "maximum": 7},
        },
        "required": ["city", "unit", "days"],
        "additionalProperties": False,
    },
)
MAIL = Tool(
    "send_mail",
    {
        "type": "object",
        "properties": {
            "to": {"type": "array", "items": {"$ref": "#/$defs/Person"}, "minItems": 1},
            "subject": {"type": "string"},
        },
        "required": ["to", "subject"],
        "additionalProperties": False,
        "$defs": {
            "Person": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "address": {"type": "string"}},
                "required": ["name", "address"],
                "additionalProperties": False,
            }
        },
    },
)
TIME = Tool("get_time", {"type": "object", "properties": {}, "additionalProperties": False})
TOOLS = {tool.name: tool for tool in (WEATHER, MAIL, TIME)}

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "level": {"type": "string", "enum": ["low", "high"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "author": {"$ref": "#/$defs/Author"},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "required": ["title", "level", "tags", "author", "note"],
    "additionalProperties": False,
    "$defs": {
        "Author": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
            "required": ["name", "age"],
            "additionalProperties": False,
        }
    },
}

WORDS = 'Grüße aus Zürich 👋 日本語, a line\nand <another> & "quoted" \\ one more \u2028 end.'
LONG = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen " * 4


def user(*texts: str, **more: Any) -> Ask:
    return Ask(turns=(texts[0] if len(texts) == 1 else texts,), **more)


def valid(schema: dict[str, Any], value: Any) -> bool:
    return jsonschema_rs.Draft202012Validator(schema).is_valid(value)


def called(said: Said, *finish: str) -> list[str]:
    """Names of the called tools, each call's arguments checked against its schema, the finish reason too."""
    assert said.finish in (finish or ("tool",))
    for call in said.calls:
        assert valid(TOOLS[call.name].schema, call.arguments), call
    assert len({call.id for call in said.calls}) == len(said.calls)
    return [call.name for call in said.calls]


def answered(said: Said, text: str) -> None:
    assert said.text == text
    assert said.calls == ()
    assert said.finish == "stop"


def text(ask: Way) -> None:
    answered(ask(user(WORDS)), WORDS)


def blocks(ask: Way) -> None:
    answered(ask(user("Some context. ", "And ", "the question?")), "Some context. And the question?")


def system(ask: Way) -> None:
    answered(ask(user("Hello.", system="You are kind.")), "Hello.")


def multi(ask: Way) -> None:
    first = ask(user("My name is Ada."))
    answered(ask(Ask(turns=("My name is Ada.", first, "What is my name?"))), "What is my name?")


def tool(ask: Way) -> None:
    said = ask(user("Weather in Bern?", tools=(WEATHER,)))
    assert called(said) == ["get_weather"]
    assert said.text == ""
    assert said.calls[0].id


def required(ask: Way) -> None:
    assert called(ask(user("Hi", tools=(WEATHER, MAIL), choice="any")))[0] in TOOLS


def forced(ask: Way) -> None:
    for name in TOOLS:
        said = ask(user("Hi", tools=tuple(TOOLS.values()), choice=name))
        assert called(said, "tool", "stop") == [
            name
        ]  # Chat Completions says "stop" for a tool named by choice


def none(ask: Way) -> None:
    answered(ask(user("Just talk.", tools=(WEATHER,), choice="none")), "Just talk.")


def parallel(ask: Way) -> None:
    names = called(ask(user("All at once.", tools=(WEATHER, MAIL), calls=3)))
    assert len(names) == 3
    assert set(names) == {"get_weather", "send_mail"}


def round_(ask: Way) -> None:
    first = ask(user("All at once.", tools=(WEATHER, MAIL), calls=2))
    results = tuple(Result(call) for call in first.calls)
    assert len(results) == 2
    answered(ask(Ask(turns=("All at once.", first, results), tools=(WEATHER, MAIL))), "All at once.")


def loop(ask: Way) -> None:
    turns: tuple[Turn, ...] = ("Weather in Bern?",)
    for rounds in range(5):
        said = ask(Ask(turns=turns, tools=(WEATHER, TIME)))
        if not said.calls:
            answered(said, "Weather in Bern?")
            assert rounds == 1
            return
        turns += (said, tuple(Result(call) for call in said.calls))
    raise AssertionError("the loop does not end")


def structured(ask: Way) -> None:
    said = ask(user("Write.", schema=SCHEMA))
    assert valid(SCHEMA, json.loads(said.text))
    assert said.finish == "stop"


def usage(ask: Way) -> None:
    short, long = ask(user("Hi")), ask(user(LONG))
    assert min(*short.tokens, *long.tokens) > 0
    assert long.tokens[0] > short.tokens[0]
    assert long.tokens[1] > short.tokens[1]


def length(ask: Way) -> None:
    said = ask(user(LONG, limit=16))
    assert said.finish == "length"
    assert said.text
    assert LONG.startswith(said.text)
    assert said.tokens[1] == 16


def stop(ask: Way) -> None:
    answered(ask(user("one two three four", stop="three")), "one two ")


def reasoning(ask: Way) -> None:
    said = ask(user("Think of Bern.", reasoning=True))
    answered(said, "Think of Bern.")
    assert "Bern" in said.thoughts
    again = ask(Ask(turns=("Think of Bern.", said, "And of Basel."), reasoning=True))
    answered(again, "And of Basel.")


CASES: dict[str, Callable[[Way], None]] = {
    "text": text,
    "blocks": blocks,
    "system": system,
    "multi": multi,
    "tool": tool,
    "required": required,
    "forced": forced,
    "none": none,
    "parallel": parallel,
    "round": round_,
    "loop": loop,
    "structured": structured,
    "usage": usage,
    "length": length,
    "stop": stop,
    "reasoning": reasoning,
}

SAME: dict[str, Ask] = {
    "text": user(WORDS),
    "long": user(LONG * 20),
    "tool": user("Hi", tools=(WEATHER,)),
    "parallel": user("Hi", tools=(WEATHER, MAIL, TIME), calls=3),
    "structured": user("Hi", schema=SCHEMA),
    "length": user(LONG, limit=16),
    "reasoning": user("Think.", reasoning=True),
}
"""Asked in every way; all must tell the same, ids apart."""

ERRORS = {
    "invalid_request": 400,
    "authentication": 401,
    "permission": 403,
    "not_found": 404,
    "conflict": 409,
    "request_too_large": 413,
    "rate_limit": 429,
    "server_error": 500,
    "unavailable": 503,
    "overloaded": 529,
    "timeout": 504,
}
"""What a model named ``mock-error-KIND`` answers with, where a provider has no status of its own for it."""


def bare(said: Said) -> Said:
    """What was said without what differs between two answers to the same question: ids and raw forms."""
    return replace(said, calls=tuple(replace(call, id="") for call in said.calls), turn=None, body=None)


def plain(value: Any, drop: frozenset[str]) -> Any:
    """A body without the keys in ``drop``, at any depth, and without nulls and empty lists."""
    match value:
        case dict():
            kept = {key: plain(held, drop) for key, held in value.items() if key not in drop}
            return {key: held for key, held in kept.items() if held is not None and held != []}
        case list():
            return [plain(held, drop) for held in value]
        case _:
            return value
