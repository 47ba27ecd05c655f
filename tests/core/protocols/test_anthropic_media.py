"""What is refused of images and documents; the sentences are those of public reports, to October 2026."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from core.protocols.anthropic_case import body

from mockllm_core import contract
from mockllm_core.errors import ApiError
from mockllm_core.protocols.anthropic_messages import PROTOCOL
from mockllm_core.protocols.anthropic_messages.refuse import refuse

PNG, JPEG, GIF, WEBP, PDF = (
    base64.b64encode(head + bytes(20)).decode()
    for head in (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF", b"%PDF-1.7")
)
SAID = {"type": "text", "text": "See."}


def image(data: str, media: str = "image/png") -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": media, "data": data}}


def paper(data: str, media: str = "application/pdf") -> dict[str, Any]:
    return {"type": "document", "source": {"type": "base64", "media_type": media, "data": data}}


def complaint(*blocks: Any, model: str = "claude-sonnet-4-6", messages: Any = None, form: str = "") -> str:
    sent = body(model=model, messages=messages or [{"role": "user", "content": [*blocks, SAID]}])
    wrong = contract.check("anthropic-messages", sent)
    if wrong is not None:
        return PROTOCOL.complain(wrong).message
    try:
        refuse(sent, model, form=form)
    except ApiError as error:
        return error.message
    return ""


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        (image(""), "image.source.base64: image cannot be empty"),
        (image("@@@"), "image.source.base64: invalid base64 data"),
        (image("abcde"), "image.source.base64: invalid base64 data"),
        (image(f"data:image/png;base64,{PNG}"), "image.source.base64: invalid base64 data"),
        (
            image(PNG, "image/jpeg"),
            (
                "image.source.base64: The image was specified using the image/jpeg media type, "
                "but the image appears to be a image/png image"
            ),
        ),
        (
            image(WEBP),
            (
                "image.source.base64: The image was specified using the image/png media type, "
                "but the image appears to be a image/webp image"
            ),
        ),
        (
            image(PNG, "image/bmp"),
            "image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'",
        ),
        (paper(""), "pdf.source.base64.data: PDF cannot be empty"),
        (paper("%"), "document.source.base64: invalid base64 data"),
        (paper(JPEG), "pdf.source.base64.data: The PDF specified was not valid."),
        (paper(PDF, "text/csv"), "document.source.base64.media_type: Input should be 'application/pdf'"),
        (
            {"type": "image", "source": {"type": "s3"}},
            (
                "image.source: Input tag 's3' found using 'type' does not match any of the expected tags: "
                "'base64', 'file', 'url'"
            ),
        ),
    ],
)
def test_bad_media_is_refused_by_its_place(block: Any, sentence: str) -> None:
    assert complaint(block) == f"messages.0.content.0.{sentence}"


@pytest.mark.parametrize(
    "block",
    [
        image(PNG),
        image(GIF, "image/gif"),
        image(JPEG, "image/jpeg"),
        image("aGVsbG8="),
        paper(PDF),
        paper("aGVsbG8="),
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
        {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": ""}},
        {"type": "document", "source": {"type": "content", "content": [SAID, image(PNG)]}},
    ],
)
def test_media_that_looks_right_is_taken(block: Any) -> None:
    assert complaint(block) == ""


@pytest.mark.parametrize("form", ["vertex", "bedrock"])
@pytest.mark.parametrize("kind", ["image", "document"])
def test_the_clouds_fetch_no_url(form: str, kind: str) -> None:
    block = {"type": kind, "source": {"type": "url", "url": "https://example.com/a"}}
    told = f"messages.0.content.0.{kind}.source.base64.data: URL sources are not supported"
    assert complaint(block, form=form) == told
    assert complaint(image(PNG), form=form) == ""


def test_media_inside_of_results_and_documents_is_looked_at() -> None:
    inside = {"type": "document", "source": {"type": "content", "content": [image("")]}}
    place = "messages.0.content.0.document.source.content.content.0.image.source.base64"
    assert complaint(inside) == f"{place}: image cannot be empty"
    turns = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "t", "content": [image("", "image/bmp")]}],
        },
    ]
    place = "messages.2.content.0.tool_result.content.0.image.source.base64"
    assert complaint(messages=turns).startswith(f"{place}.media_type: Input should be 'image/jpeg'")


@pytest.mark.parametrize(("model", "most"), [("claude-sonnet-4-6", 600), ("claude-haiku-4-5", 100)])
def test_there_is_a_most_of_media_by_the_model(model: str, most: int) -> None:
    assert complaint(*[image(PNG)] * most, model=model) == ""
    told = f"Too much media: 0 document pages + {most + 1} images > {most}"
    assert complaint(*[image(PNG)] * (most + 1), model=model) == told


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        (
            {"type": "tool_use", "id": "a b", "name": "f", "input": {}},
            "tool_use.id: String should match pattern",
        ),
        ({"type": "thinking", "thinking": "a"}, "thinking.signature: Field required"),
        ({"type": "text"}, "text.text: Field required"),
    ],
)
def test_a_place_in_a_block_names_its_kind(block: Any, sentence: str) -> None:
    said = {"role": "user", "content": "a"}
    told = complaint(messages=[said, {"role": "assistant", "content": [block]}, said])
    assert told.startswith(f"messages.1.content.0.{sentence}")
