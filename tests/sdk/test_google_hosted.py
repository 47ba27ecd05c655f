"""The google-genai package reads answers that used a tool that Google runs, and sends them back."""

from __future__ import annotations

from typing import Any

import pytest
from google import genai
from google.genai import types

ASKED = "Wie groß ist https://go.dev/blog? " + "word " * 30
TOOLS: dict[str, Any] = {
    "search": {"google_search": {}},
    "page": {"url_context": {}},
    "code": {"code_execution": {}},
    "maps": {"google_maps": {}},
    "files": {"file_search": {"file_search_store_names": ["fileSearchStores/a"]}},
}
MODELS = ("gemini-2.5-flash", "gemini-3.5-flash")


@pytest.fixture(scope="session")
def client(url: str) -> genai.Client:
    return genai.Client(api_key="mock", http_options=types.HttpOptions(base_url=url))


def config(name: str, model: str) -> types.GenerateContentConfig:
    shown = {"include_server_side_tool_invocations": True} if model == MODELS[1] else {}
    return types.GenerateContentConfig.model_validate({"tools": [TOOLS[name]], "tool_config": shown or None})


def said(content: types.Content | None) -> str:
    return "".join(part.text or "" for part in (content and content.parts) or ())


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", TOOLS)
def test_a_stream_adds_up_to_the_whole(client: genai.Client, name: str, model: str) -> None:
    sent: Any = {"model": model, "contents": ASKED, "config": config(name, model)}
    whole = client.models.generate_content(**sent)
    streamed = list(client.models.generate_content_stream(**sent))
    (one,) = whole.candidates or [types.Candidate()]
    chunks = [chunk.candidates[0] for chunk in streamed if chunk.candidates]
    assert said(one.content) == ASKED
    assert "".join(said(chunk.content) for chunk in chunks) == ASKED
    kinds = [_kind(part) for part in (one.content and one.content.parts) or ()]
    told = [_kind(part) for chunk in chunks for part in (chunk.content and chunk.content.parts) or ()]
    assert kinds == list(dict.fromkeys(told))
    assert chunks[-1].grounding_metadata == one.grounding_metadata
    assert whole.usage_metadata
    assert whole.usage_metadata.tool_use_prompt_token_count == 100
    if name == "code":
        assert (whole.executable_code, whole.code_execution_result) == ("print(6 * 7)" + "\n" * (model == MODELS[0]), "42\n")  # fmt: skip
    else:
        assert one.grounding_metadata
        (support,) = one.grounding_metadata.grounding_supports or [types.GroundingSupport()]
        assert support.segment
        assert support.segment.end_index == len(ASKED.encode())
    pages = [chunk.url_context_metadata for chunk in chunks if chunk.url_context_metadata]
    assert pages == [one.url_context_metadata] * (name == "page")


def _kind(part: types.Part) -> str:
    (kind,) = part.model_dump(exclude_none=True, exclude={"thought_signature"})
    return str(kind)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", TOOLS)
def test_a_chat_goes_on(client: genai.Client, name: str, model: str) -> None:
    chat = client.chats.create(model=model, config=config(name, model))
    assert "".join(chunk.text or "" for chunk in chat.send_message_stream(ASKED)) == ASKED
    assert said((chat.send_message("And now?").candidates or [])[0].content) == "And now?"


def test_a_computer_is_used_and_answered(client: genai.Client) -> None:
    screen = types.ComputerUse(environment=types.Environment.ENVIRONMENT_BROWSER)
    asked: Any = types.GenerateContentConfig(tools=[types.Tool(computer_use=screen)])
    model = "gemini-2.5-computer-use-preview-10-2025"
    first = client.models.generate_content(model=model, contents=ASKED, config=asked)
    (call,) = first.function_calls or [types.FunctionCall()]
    assert call.name == "open_web_browser"
    done = types.Part.from_function_response(
        name="open_web_browser", response={"url": "https://example.com/"}
    )
    history: list[Any] = [types.UserContent(ASKED), (first.candidates or [])[0].content, types.UserContent([done])]  # fmt: skip
    assert client.models.generate_content(model=model, contents=history, config=asked).text == ASKED
