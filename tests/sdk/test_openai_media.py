"""The openai package and pictures, documents and sounds: counted by the stated rule, or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PNG = "data:image/png;base64,iVBORw0KGgo="
PDF = "data:application/pdf;base64,JVBERi0xLjQ="
WORDS = "Look at it."


@pytest.fixture(scope="module", params=["openai", "azure"])
def client(request: pytest.FixtureRequest, url: str) -> Iterator[openai.OpenAI]:
    made: openai.OpenAI = openai.OpenAI(
        base_url=f"{url}/{'v1' if request.param == 'openai' else 'openai/v1'}", api_key="k", max_retries=0
    )
    with made:
        yield made


def chat(client: openai.OpenAI, part: Any, model: str = "gpt-4o") -> tuple[str | None, int]:
    content = [{"type": "text", "text": WORDS}, part]
    messages: Any = [{"role": "user", "content": content}]
    told = client.chat.completions.create(model=model, messages=messages)
    assert told.usage is not None
    with client.chat.completions.stream(
        model=model, messages=messages, stream_options={"include_usage": True}
    ) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.content == told.choices[0].message.content
    assert final.usage is not None
    assert final.usage.prompt_tokens == told.usage.prompt_tokens
    return told.choices[0].message.content, told.usage.prompt_tokens


def responses(client: openai.OpenAI, part: Any) -> tuple[str, int]:
    given: Any = [{"role": "user", "content": [{"type": "input_text", "text": WORDS}, part]}]
    told = client.responses.create(model="gpt-5.5", input=given)
    with client.responses.stream(model="gpt-5.5", input=given) as stream:
        final = stream.get_final_response()
    assert told.usage is not None
    assert final.usage is not None
    assert (final.output_text, final.usage.input_tokens) == (told.output_text, told.usage.input_tokens)
    return told.output_text, told.usage.input_tokens


def test_what_is_taken_is_counted_and_the_words_beside_it_come_back(client: openai.OpenAI) -> None:
    for url in (PNG, "https://example.com/a.png"):
        assert chat(client, {"type": "image_url", "image_url": {"url": url}}) == (WORDS, 258 + 3)
        assert responses(client, {"type": "input_image", "image_url": url, "detail": "auto"}) == (
            WORDS,
            258 + 3,
        )
    for held in ({"filename": "a.pdf", "file_data": PDF}, {"file_id": "file-abc"}):
        assert chat(client, {"type": "file", "file": held}) == (WORDS, 258 + 3)
        assert responses(client, {"type": "input_file", **held}) == (WORDS, 258 + 3)
    assert responses(client, {"type": "input_file", "file_url": "https://example.com/a.pdf"}) == (
        WORDS,
        258 + 3,
    )
    sound = {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}
    assert chat(client, sound, "gpt-audio") == (WORDS, 128 + 3)


@pytest.mark.parametrize(
    ("part", "model", "code"),
    [
        ({"type": "image_url", "image_url": {"url": "cat.jpg"}}, "gpt-4o", "invalid_image_url"),
        ({"type": "image_url", "image_url": {"url": PNG}}, "o3-mini", None),
        ({"type": "image_url", "image_url": {"url": PDF}}, "gpt-4o", "invalid_value"),
        ({"type": "file", "file": {"filename": "a.png", "file_data": PNG}}, "gpt-4o", "invalid_value"),
        ({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}, "gpt-4o-mini", "invalid_value"),
    ],
)  # fmt: skip
def test_what_is_not_taken_is_a_bad_request(
    client: openai.OpenAI, part: Any, model: str, code: str | None
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        chat(client, part, model)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_image", "image_url": PDF},
        {"type": "input_file", "filename": "a.png", "file_data": PNG},
    ],
)
def test_nor_is_it_by_responses(client: openai.OpenAI, part: Any) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        responses(client, part)
    assert refused.value.code == "invalid_value"
    assert refused.value.param is not None
    assert refused.value.param.startswith("input[0].content[1].")
