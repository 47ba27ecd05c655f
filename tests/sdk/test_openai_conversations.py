"""The official SDK keeps a conversation on a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openai
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="mock", max_retries=0) as client:
        yield client


def test_a_conversation_goes_on(client: openai.OpenAI) -> None:
    talk = client.conversations.create(metadata={"topic": "names"})
    for text in ("My name is Ada.", "What is it?"):
        made = client.responses.create(model="gpt-5", input=text, conversation=talk.id)
        assert made.conversation is not None
        assert (made.output_text, made.conversation.id) == (text, talk.id)
    items = list(client.conversations.items.list(talk.id, order="asc", limit=3))
    assert [item.role for item in items if item.type == "message"] == ["user", "assistant"] * 2
    assert client.conversations.items.retrieve(items[0].id or "", conversation_id=talk.id) == items[0]
    assert client.conversations.update(talk.id, metadata={"topic": "more"}).metadata == {"topic": "more"}
    assert client.conversations.delete(talk.id).deleted
    with pytest.raises(openai.NotFoundError, match="not found"):
        client.conversations.retrieve(talk.id)


@pytest.mark.parametrize(
    ("items", "words"),
    [
        pytest.param([{"role": "user", "content": "hi"}] * 21, "maximum length 20", id="too many"),
        pytest.param(
            [{"role": "cat", "content": "hi"}], "Supported values are: 'assistant'", id="no such role"
        ),
    ],
)
def test_bad_items_are_refused(client: openai.OpenAI, items: list[object], words: str) -> None:
    with pytest.raises(openai.BadRequestError, match=words):
        client.post("/conversations", body={"items": items}, cast_to=object)
