"""Tools of the provider's own are used before a text, or end the answer."""

from __future__ import annotations

import pytest

from mockllm_core.conversation import Conversation, Hosted, Message, Tool, ToolChoice, ToolResult, Words
from mockllm_core.reply import Opaque, Text, ToolCall
from mockllm_core.responders import respond

ASKED = Message("user", (Words("hi"),))
SEARCHED = Opaque(protocol="p", payload={"searched": True})
CLICKED = Opaque(protocol="p", payload={"clicked": True})
SOURCE = {"url": "https://example.com/"}
SEARCH = Hosted(name="search", blocks=(SEARCHED,), citations=(SOURCE,))
SCREEN = Hosted(name="screen", blocks=(CLICKED,), ends=True)
CITED = Text(("hi",), citations=(SOURCE,))
FUNCTION = Tool(name="f", schema={"type": "object"})


def conversation(*hosted: Hosted, **more: object) -> Conversation:
    return Conversation(model="m", messages=(ASKED,), hosted=hosted, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "blocks"),
    [
        pytest.param(
            conversation(SEARCH), (SEARCHED, CITED), id="a search stands before the text that names it"
        ),
        pytest.param(conversation(SEARCH, SCREEN), (SEARCHED, CLICKED), id="what the client acts on ends it"),
        pytest.param(
            conversation(SEARCH, tool_choice=ToolChoice("none")), (Text(("hi",)),), id="no tools wanted"
        ),
        pytest.param(
            conversation(SEARCH, tools=(FUNCTION,), tool_choice=ToolChoice("tool", ("search",))),
            (SEARCHED, CITED),
            id="one that is demanded comes before functions",
        ),
        pytest.param(
            conversation(SEARCH, tool_choice=ToolChoice("auto", ("f",))),
            (Text(("hi",)),),
            id="one not allowed",
        ),
        pytest.param(
            conversation(SEARCH, tools=(FUNCTION,)), (ToolCall("f", {}),), id="functions come first"
        ),
    ],
)
def test_used(asked: Conversation, blocks: tuple[object, ...]) -> None:
    assert respond(asked).blocks == blocks


def test_a_loop_ends() -> None:
    asked = Conversation(
        model="m", messages=(ASKED, Message("tool", (ToolResult("1", "done"),))), hosted=(SEARCH, SCREEN)
    )
    assert respond(asked).blocks == (SEARCHED, CITED)


def test_thoughts_come_first() -> None:
    first, *rest = respond(conversation(SEARCH, reasoning=True)).blocks
    assert type(first).__name__ == "Reasoning"
    assert rest == [SEARCHED, CITED]
