"""What is refused of images and documents that come inline; whatever looks like none is taken for one.

The sentences, as public reports print them: "image cannot be empty", "invalid base64 data" (October 2026) and the media type
that does not fit (2026, in place of "Image does not match the provided media type" of 2025), each behind the place with
its tags; "The PDF specified was not valid." and "PDF cannot be empty" behind ``pdf``; "Too much media" from 2024 to 2026.
Vertex AI and Bedrock fetch nothing: "URL sources are not supported", 2026.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from typing import TYPE_CHECKING

from mockllm_core.pictures import looks, mistaken
from mockllm_core.protocols.anthropic_messages.families import family

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockllm_core.frame import Json

__all__ = ["unreadable"]

_FETCHES_NOT = frozenset(("bedrock", "vertex"))
"""Forms of the hosts that take no URL."""


def unreadable(messages: Iterable[dict[str, Json]], model: str, form: str = "") -> str:
    """Return the first complaint of media in messages on the host of that form, ``""`` when there is none."""
    images = pages = 0
    for place, block in _blocks(messages):
        kind = block.get("type")
        images += kind == "image"
        pages += kind == "document"
        source = block.get("source")
        if form in _FETCHES_NOT and isinstance(source, dict) and source.get("type") == "url":
            return f"{place}.{kind}.source.base64.data: URL sources are not supported"
        if (
            isinstance(source, dict)
            and source.get("type") == "base64"
            and isinstance(source.get("data"), str)
        ):
            found = (_image if kind == "image" else _document)(place, source)
            if found:
                return found
    # 600 images for the models that read a million tokens, 100 for the others, as the provider's page on images says
    most = 600 if family(model).geo == "global" else 100
    if images + pages > most:
        return f"Too much media: {pages} document pages + {images} images > {most}"
    return ""


def _blocks(messages: Iterable[dict[str, Json]]) -> Iterator[tuple[str, dict[str, Json]]]:
    """Yield images and documents with their places, those in results and in documents, too."""
    for nth, message in enumerate(messages):
        waiting = [(f"messages.{nth}", message.get("content"))]
        while waiting:
            place, content = waiting.pop()
            for at, block in enumerate(content) if isinstance(content, list) else ():
                if isinstance(block, dict):
                    kind = block.get("type")
                    here = f"{place}.content.{at}"
                    if kind in ("image", "document"):
                        yield here, block
                    if kind == "tool_result":
                        waiting.append((f"{here}.tool_result", block.get("content")))
                    source = block.get("source") if kind == "document" else None
                    if isinstance(source, dict) and source.get("type") == "content":
                        waiting.append((f"{here}.document.source.content", source.get("content")))


def _image(place: str, source: dict[str, Json]) -> str:
    data, media = source["data"], source.get("media_type")
    place = f"{place}.image.source.base64"
    if not data:
        return f"{place}: image cannot be empty"
    if not _decodes(data):
        return f"{place}: invalid base64 data"
    found = mistaken(data, str(media))
    return f"{place}: {found}" if found else ""


def _document(place: str, source: dict[str, Json]) -> str:
    data = source["data"]
    if not data:
        return f"{place}.pdf.source.base64.data: PDF cannot be empty"
    if not _decodes(data):
        return f"{place}.document.source.base64: invalid base64 data"
    return f"{place}.pdf.source.base64.data: The PDF specified was not valid." if looks(data) else ""


def _decodes(data: str) -> bool:
    try:
        b64decode(data, validate=True)
    except (Error, ValueError):
        return False
    return True
