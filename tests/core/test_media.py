"""Pictures, files and sounds beside the words: what is counted, what is refused and in which words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockllm_cli.memory import BoundedMemory
from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.exchange import HttpRequest
from mockllm_core.media import PICTURES, lacks, sound

ENGINE = Engine(Settings(), BoundedMemory())
PNG = "iVBORw0KGgo="
PDF = "data:application/pdf;base64,JVBERi0xLjQ="
AN_IMAGE = (
    "a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU=')"
)
A_PDF = "a base64-encoded data URL with an application/pdf MIME type (e.g. 'data:application/pdf;base64,SGVsbG8sIFdvcmxkIQ==')"
A_FILE = "a base64-encoded data URL with a valid file MIME type (e.g. 'data:text/plain;base64,SGVsbG8sIFdvcmxkIQ==')"
SEE = "Please see https://platform.openai.com/docs/assistants/tools/file-search#supported-files for supported file types."
CHATS = ("/v1/chat/completions", "/openai/v1/chat/completions")
RESPONSES = ("/v1/responses", "/openai/v1/responses")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        (f"data:image/png;base64,{PNG}", ""),
        (f"data:IMAGE/PNG;base64,{PNG}", ""),
        (f"data:image/webp;name=a;base64,{PNG}", ""),
        (PNG, "a value without the 'data:' prefix."),
        ("data:image/png,hello", "a value without the ';base64' separator."),
        ("data:image/png;base64", "a value without the ';base64' separator."),
        ("data:text/plain;charset=utf-8;base64,AAAA", "unsupported MIME type 'text/plain'."),
        ("data:;base64,AAAA", "unsupported MIME type ''."),
        ("data:image/png;base64,", "empty base64-encoded bytes."),
        ("data:image/png;base64,@@@@", "an invalid base64-encoded value."),
        ("data:image/png;base64,AA=A", "an invalid base64-encoded value."),
        ("data:image/png;base64,undefined!", "an invalid base64-encoded value."),
    ],
)
def test_a_data_url_lacks_one_thing_or_nothing(url: str, found: str) -> None:
    assert lacks(url, PICTURES) == found


def test_of_a_long_text_the_ends_are_looked_at() -> None:
    long = "A" * 200_000
    assert sound(long)
    assert not sound(f"@{long}")
    assert not sound(f"{long}@")


def ask(path: str, body: dict[str, Any]) -> tuple[int, Any]:
    request = HttpRequest(method="POST", path=path, body=json.dumps(body).encode())
    response = ENGINE.answer(request, now=FIXED_NOW)
    return response.status, json.loads(response.body or b"")


def chat(part: Any, path: str = CHATS[0], model: str = "gpt-4o") -> tuple[int, Any]:
    words = {"type": "text", "text": "Look at it."}
    return ask(path, {"model": model, "messages": [{"role": "user", "content": [words, part]}]})


def responses(part: Any, path: str = RESPONSES[0]) -> tuple[int, Any]:
    words = {"type": "input_text", "text": "Look at it."}
    return ask(path, {"model": "gpt-5.5", "input": [{"role": "user", "content": [words, part]}]})


def error(message: str, param: str | None, code: str | None) -> Any:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def picture(url: str) -> Any:
    return {"type": "image_url", "image_url": {"url": url}}


def file(**held: str) -> Any:
    return {"type": "file", "file": held}


def heard(data: str) -> Any:
    return {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}


PLACE = "messages[0].content[1]"


@pytest.mark.parametrize("path", CHATS)
@pytest.mark.parametrize(
    ("part", "model", "refused"),
    [
        (picture("cat.jpg"), "gpt-4o", error("Failed to download image from cat.jpg. Image URL is invalid.", None, "invalid_image_url")),
        (picture("data:image/png;base64,@@"), "gpt-4o", error("Invalid base64 image_url.", None, "invalid_base64_image")),
        (picture("data:image/png;base64,"), "gpt-4o", error("Invalid base64 image_url.", None, "invalid_base64_image")),
        (
            picture(f"data:image/heic;base64,{PNG}"),
            "gpt-4o",
            error("You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].", None, "invalid_image_format"),
        ),
        (
            picture(PDF),
            "gpt-4o",
            error(f"Invalid image URL: '{PLACE}.image_url.url'. Expected {AN_IMAGE}, but got unsupported MIME type 'application/pdf'.", f"{PLACE}.image_url.url", "invalid_value"),
        ),
        *(
            (picture("https://example.com/a.png"), model, error("Invalid content type. image_url is only supported by certain models.", "messages.[0].content.[1].type", None))
            for model in ("gpt-3.5-turbo", "gpt-4", "gpt-4-turbo", "o3-mini")
        ),
        *(
            (part, "gpt-4o", error(f"Missing required parameter: '{PLACE}.file.file_id'.", f"{PLACE}.file.file_id", "missing_required_parameter"))
            for part in (file(), file(file_data=PDF), file(filename="a.pdf"))
        ),
        *(
            (file(filename="a", file_data=data), "gpt-4o", error(f"Invalid file data: '{PLACE}.file.file_data'. Expected {A_PDF}, but got {found}", f"{PLACE}.file.file_data", "invalid_value"))
            for data, found in (
                ("data:text/markdown;base64,AAAA", "unsupported MIME type 'text/markdown'."),
                ("data:application/pdf;base64,https://example.com/a.pdf", "an invalid base64-encoded value."),
                ("JVBERi0xLjQ=", "a value without the 'data:' prefix."),
            )
        ),
        *(
            (heard("AAAA"), model, error("Invalid 'messages[0]'. Content blocks are expected to be either text or image_url type.", "messages[0]", "invalid_value"))
            for model in ("gpt-4o-mini", "gpt-5.6-luna", "o3")
        ),
        (heard("@@"), "gpt-audio", error("The audio file could not be decoded or its format is not supported.", None, None)),
    ],
)  # fmt: skip
def test_chat_refuses_what_it_cannot_read(path: str, part: Any, model: str, refused: Any) -> None:
    assert chat(part, path, model) == (400, refused)


@pytest.mark.parametrize(
    ("part", "model", "counted"),
    [
        (picture("https://example.com/a.png"), "gpt-4o", 258),
        (picture(f"data:image/png;base64,{PNG}"), "gpt-4.1-mini", 258),
        (file(filename="a.pdf", file_data=PDF), "gpt-4o", 258),
        (file(file_id="file-abc"), "gpt-4o", 258),
        (heard("AAAA"), "gpt-audio", 128),
        (heard("AAAA"), "gpt-4o-mini-audio-preview", 128),
        (heard("AAAA"), "my-deployment", 128),
    ],
)
def test_chat_counts_what_it_takes_and_says_the_words_beside_it(part: Any, model: str, counted: int) -> None:
    status, told = chat(part, model=model)
    assert (status, told["choices"][0]["message"]["content"]) == (200, "Look at it.")
    assert told["usage"]["prompt_tokens"] == counted + 3


def test_a_model_that_listens_wants_a_sound() -> None:
    told = error(
        "This model requires that either input content or output modality contain audio.",
        "model",
        "invalid_value",
    )
    body = {"model": "gpt-4o-audio-preview", "messages": [{"role": "user", "content": "Hello."}]}
    assert ask(CHATS[0], body) == (400, told)


@pytest.mark.parametrize("path", RESPONSES)
@pytest.mark.parametrize(
    ("part", "place", "sentence"),
    [
        ({"type": "input_image", "image_url": "cat.jpg"}, "image_url", "Invalid '{}'. Expected a valid URL, but got a value with an invalid format."),
        *(
            ({"type": "input_image", "image_url": url}, "image_url", f"Invalid '{{}}'. Expected {AN_IMAGE}, but got {found}")
            for url, found in (
                ("data:text/markdown;base64,AAAA", "unsupported MIME type 'text/markdown'."),
                ("data:image/png;base64,", "empty base64-encoded bytes."),
                ("data:image/png;base64,@@", "an invalid base64-encoded value."),
                ("data:image/png,AAAA", "a value without the ';base64' separator."),
            )
        ),
        *(
            ({"type": "input_file", "filename": "a", "file_data": data}, "file_data", f"Invalid file data: '{{}}'. Expected {A_FILE}, but got {found} {SEE}")
            for data, found in (
                ("data:text/x-ruby-script;base64,AAAA", "unsupported MIME type 'text/x-ruby-script'."),
                ("data:application/pdf;base64,https://example.com/a.pdf", "an invalid base64-encoded value."),
            )
        ),
    ],
)  # fmt: skip
def test_responses_refuses_what_it_cannot_read(path: str, part: Any, place: str, sentence: str) -> None:
    where = f"input[0].content[1].{place}"
    assert responses(part, path) == (400, error(sentence.format(where), where, "invalid_value"))


def test_without_a_memory_it_is_the_same() -> None:
    body = {
        "model": "gpt-5.5",
        "input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}],
    }
    request = HttpRequest(method="POST", path=RESPONSES[0], body=json.dumps(body).encode())
    assert Engine(Settings()).answer(request, now=FIXED_NOW).status == 400


def test_a_place_is_that_of_the_request_whatever_was_said_before() -> None:
    first = responses({"type": "input_image", "image_url": "https://example.com/a.png"})[1]["id"]
    again = [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]
    told = ask(RESPONSES[0], {"model": "gpt-5.5", "input": again, "previous_response_id": first})[1]
    assert told["error"]["param"] == "input[0].content[0].image_url"


def test_a_tools_output_is_looked_at_too() -> None:
    call = {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"}
    output = {
        "type": "function_call_output",
        "call_id": "c",
        "output": [{"type": "input_image", "image_url": "x"}],
    }
    status, told = ask(
        RESPONSES[0], {"model": "gpt-5.5", "input": [{"role": "user", "content": "Look."}, call, output]}
    )
    assert (status, told["error"]["param"]) == (400, "input[2].output[0].image_url")
    status, told = ask(
        f"{RESPONSES[0]}/input_tokens",
        {"model": "gpt-5.5", "input": [{"role": "user", "content": output["output"]}]},
    )
    assert status == 200  # nothing is answered, so nothing is looked at


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_image", "image_url": "https://example.com/a.png"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"},
        {"type": "input_image", "file_id": "file-abc"},
        {"type": "input_file", "file_url": "https://example.com/a.pdf"},
        {"type": "input_file", "file_id": "file-abc"},
        {"type": "input_file", "filename": "a.pdf", "file_data": PDF},
        {"type": "input_file", "filename": "a.csv", "file_data": "data:text/csv;base64,AAAA"},
    ],
)
def test_responses_counts_what_it_takes_and_says_the_words_beside_it(part: Any) -> None:
    status, told = responses(part)
    assert (status, told["output"][0]["content"][0]["text"]) == (200, "Look at it.")
    assert told["usage"]["input_tokens"] == 258 + 3
