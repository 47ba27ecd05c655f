"""A grammar that llguidance refuses is refused in its words: ``refused.json`` holds what version 1.7.6 says of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mockllm_core import render
from mockllm_core.lark import read
from mockllm_core.offline import Refused

REFUSED: list[list[str]] = json.loads((Path(__file__).parent / "refused.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("definition", "told"), REFUSED)
def test_a_fault_is_told_as_llguidance_tells_it(definition: str, told: str) -> None:
    assert read(definition).fault == told


def chat(syntax: str, definition: str) -> dict[str, Any]:
    grammar = {"type": "grammar", "grammar": {"syntax": syntax, "definition": definition}}
    tool = {"type": "custom", "custom": {"name": "patch", "format": grammar}}
    function = {"type": "function", "function": {"name": "other"}}
    return {
        "model": "gpt-5",
        "messages": [{"role": "user", "content": "Hi"}],
        "tools": [function, tool],
    }


def responses(syntax: str, definition: str) -> dict[str, Any]:
    form = {"type": "grammar", "syntax": syntax, "definition": definition}
    return {"model": "gpt-5", "input": "Hi", "tools": [{"type": "custom", "name": "patch", "format": form}]}


def refused(protocol: str, body: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(Refused) as caught:
        render(protocol, body)
    response = caught.value.response
    assert response.status == 400
    error: dict[str, Any] = json.loads(response.body or b"")["error"]
    return error


CASES = [
    ("lark", "start: begin_patch", 'Invalid lark grammar: at 1(8): unknown name: "begin_patch"\n'),
    ("lark", 'start: "a"~2..5', "Invalid lark grammar: 1(14): error parsing signed integer: invalid digit"),
    ("lark", "{item}", "Invalid lark grammar: 1(1): expecting rule, token or statement"),
    (
        "regex",
        "a(?=b)",
        'Invalid regex grammar: at 1(8): invalid regex "a(?=b)" (in regex): regex parse error:\n',
    ),
    ("regex", r"(a)\1", "Invalid regex grammar: at 1(8): invalid regex"),
    (
        "regex",
        "a/(",
        'Invalid regex grammar: at 1(8): invalid regex "a\\\\/(" (in regex): regex parse error:\n',
    ),
]


@pytest.mark.parametrize(("syntax", "definition", "told"), CASES)
def test_both_apis_refuse_it_and_name_its_place(syntax: str, definition: str, told: str) -> None:
    error = refused("openai-chat", chat(syntax, definition))
    assert error["message"].startswith(told)
    assert error["param"] == "tools[1].custom.format.grammar.definition"
    assert refused("openai-responses", responses(syntax, definition)) == {
        **error,
        "param": "tools[0].format.definition",
    }
    assert (error["type"], error["code"]) == ("invalid_request_error", "invalid_value")
