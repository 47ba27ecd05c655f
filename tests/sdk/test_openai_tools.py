"""The openai package against tools of OpenAI's own: what it streams and parses, and a second turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from core.protocols.responses_tools import HELLO, TOOLS
from openai import OpenAI

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openai.types.responses import Response

WAYS = ("whole", "stream", "helper")


@pytest.fixture
def client(url: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{url}/v1", api_key="mock") as made:
        yield made


def answer(client: OpenAI, way: str, **more: Any) -> Response:
    asked: dict[str, Any] = {"model": "my-model", "input": HELLO, **more}
    if way == "whole":
        made: Response = client.responses.create(**asked)
        return made
    if way == "helper":
        with client.responses.stream(**asked) as stream:
            return stream.get_final_response()
    told = list(client.responses.create(stream=True, **asked))
    assert told[-1].type == "response.completed"
    last: Response = told[-1].response
    return last


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", TOOLS)
def test_every_way_gives_the_same_items(client: OpenAI, case: str, way: str) -> None:
    tools, kinds = TOOLS[case]
    told = answer(client, way, tools=tools)
    assert [item.type for item in told.output] == kinds.split()
    # what the SDK's types say of it
    type(told).model_validate(told.model_dump(warnings="error"))


@pytest.mark.parametrize("case", TOOLS)
def test_what_was_said_may_be_sent_back(client: OpenAI, case: str) -> None:
    tools, kinds = TOOLS[case]
    first = answer(client, "whole", tools=tools)
    if kinds.endswith("message"):
        assert first.output_text == HELLO
        history = [{"role": "user", "content": HELLO}, *(item.to_dict() for item in first.output)]
        again = answer(client, "whole", input=[*history, {"role": "user", "content": "And now?"}])
        assert again.output_text == "And now?"
        assert (
            answer(client, "whole", previous_response_id=first.id, input="And now?").output_text == "And now?"
        )
    assert client.responses.retrieve(first.id).output == first.output
