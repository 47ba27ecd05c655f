"""Calls and responses that do not take turns are refused, on both hosts."""

from __future__ import annotations

from typing import Any

import pytest
from core.protocols.google_genai_case import NOW, TOOLS, call_for, path_of, refusal

COUNT = (
    "Please ensure that the number of function response parts is equal to the number of function call parts of the"
    " function call turn."
)
AFTER_CALL = "Please ensure that function response turn comes immediately after a function call turn."
AFTER_USER = "Please ensure that function call turn comes immediately after a user turn or after a function response turn."
CALL = {"functionCall": {"name": "get_weather", "args": {}}}
DONE = {"functionResponse": {"name": "get_weather", "response": {}}}
WORDS = {"text": "a"}


def user(*parts: Any) -> Any:
    return {"role": "user", "parts": list(parts)}


def model(*parts: Any) -> Any:
    return {"role": "model", "parts": list(parts)}


@pytest.mark.parametrize("vertex", [False, True])
@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ([user(WORDS), model(CALL), user(WORDS)], COUNT),
        ([user(WORDS), model(CALL, CALL), user(DONE)], COUNT),
        ([user(WORDS), model(CALL), model(CALL), user(DONE), user(DONE)], COUNT),
        ([user(WORDS), model(CALL), user(DONE, DONE)], COUNT),
        ([user(DONE)], AFTER_CALL),
        ([user(WORDS), user(DONE)], AFTER_CALL),
        ([user(WORDS), model(WORDS), user(DONE)], AFTER_CALL),
        ([user(WORDS), model(CALL), user(DONE), user(DONE)], AFTER_CALL),
        ([model(CALL), user(DONE)], AFTER_USER),
    ],
)
def test_calls_and_responses_take_turns(contents: Any, message: str, *, vertex: bool) -> None:
    told = refusal(
        {"contents": contents, "tools": TOOLS}, path_of(NOW, method="generateContent", vertex=vertex)
    )
    assert (told["code"], told["status"], told["message"]) == (400, "INVALID_ARGUMENT", message)


@pytest.mark.parametrize(
    "contents",
    [
        [user(WORDS), model(CALL), user(DONE)],
        [user(WORDS), model(WORDS, CALL, CALL), user(WORDS, DONE, DONE), model(WORDS), user(WORDS)],
        [user(WORDS), model(CALL), model(CALL), model(WORDS), user(DONE, DONE)],
        [user(WORDS), model(CALL), {"role": "function", "parts": [DONE]}],
        [user(WORDS), model(CALL), user(DONE), model(CALL), user(DONE)],
        [model(WORDS), user(WORDS)],
    ],
)
def test_turns_in_order_are_taken(contents: Any) -> None:
    assert call_for({"contents": contents, "tools": TOOLS}).conversation.messages
