"""What the provider refuses of the pictures, files and sounds beside a request's words.

Chat Completions has words of its own: those for pictures stand in SDK users' reports from 2024 to August 2026
(MervinPraison/PraisonAI 3934, zou-group/textgrad 210 and many others; codes are those of the SDK's list of errors), those
for files in trpc-group/trpc-agent-go 1816 and openai/openai-agents-python 1513, those for sound in pydantic-ai's tests
and, in their newest form, in logs of gpt-5.6 from 2026.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.media import PICTURES, lacks, sound

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["check_media", "check_sound"]

_BLIND = r"gpt-3\.5-turbo|gpt-4(?![o.\d]|-vision)|o1-mini|o1-preview|o3-mini"
"""Models that take no pictures."""
_HEARING = r"(gpt-4o(-mini)?|gpt)-audio"
"""Models that take sound, and take no request without."""
_DEAF = r"gpt-|chatgpt-|o\d"
"""Names of models that take none; a deployment may have any other."""

_PDF = frozenset(("application/pdf",))
_PICTURE = (
    "a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU=')"
)
_FILE = "a base64-encoded data URL with an application/pdf MIME type (e.g. 'data:application/pdf;base64,SGVsbG8sIFdvcmxkIQ==')"


def check_media(messages: Json, model: str) -> None:
    """Raise ApiError for the first part of a message that is not taken."""
    for nth, message in enumerate(messages):
        content = message.get("content")
        if not isinstance(content, list):
            continue
        for at, part in enumerate(content):
            kind = part.get("type") if isinstance(part, dict) else None
            if kind == "image_url":
                if re.match(_BLIND, model):
                    sentence = "Invalid content type. image_url is only supported by certain models."
                    raise _refused(sentence, f"messages.[{nth}].content.[{at}].type")
                _picture(part["image_url"]["url"], f"messages[{nth}].content[{at}].image_url.url")
            elif kind == "file":
                _file(part["file"], f"messages[{nth}].content[{at}].file")
            elif kind == "input_audio":
                _sound(part["input_audio"]["data"], model, nth)


def check_sound(body: Json, model: str) -> None:
    """Raise ApiError where a model that listens or speaks shall do neither."""
    if "audio" not in model or not re.match(_HEARING, model) or "audio" in (body.get("modalities") or ()):
        return
    contents = (message.get("content") for message in body["messages"])
    parts = (part for content in contents if isinstance(content, list) for part in content)
    if not any(isinstance(part, dict) and part.get("type") == "input_audio" for part in parts):
        sentence = "This model requires that either input content or output modality contain audio."
        raise _refused(sentence, "model", "invalid_value")


def _picture(url: str, place: str) -> None:
    if url.startswith(("http://", "https://")):
        return
    if not url.startswith("data:"):
        sentence = f"Failed to download image from {url}. Image URL is invalid."
        raise _refused(sentence, None, "invalid_image_url")
    wrong = lacks(url, PICTURES)
    if not wrong:
        return
    if wrong.startswith("unsupported MIME type 'image/"):
        sentence = (
            "You uploaded an unsupported image. Please make sure your image has of one the following formats: "
            "['png', 'jpeg', 'gif', 'webp']."
        )
        raise _refused(sentence, None, "invalid_image_format")
    if wrong.endswith(("value.", "bytes.")):
        raise _refused("Invalid base64 image_url.", None, "invalid_base64_image")
    raise _refused(
        f"Invalid image URL: '{place}'. Expected {_PICTURE}, but got {wrong}", place, "invalid_value"
    )


def _file(held: Json, place: str) -> None:
    """Look at a file: one that was uploaded, or one with a name."""
    if held.get("file_id"):
        return
    data = held.get("file_data")
    if data is None or held.get("filename") is None:
        name = f"{place}.file_id"
        raise _refused(f"Missing required parameter: '{name}'.", name, "missing_required_parameter")
    wrong = lacks(data, _PDF)
    if wrong:
        name = f"{place}.file_data"
        raise _refused(
            f"Invalid file data: '{name}'. Expected {_FILE}, but got {wrong}", name, "invalid_value"
        )


def _sound(data: str, model: str, nth: int) -> None:
    if re.match(_DEAF, model) and not re.match(_HEARING, model):
        place = f"messages[{nth}]"
        sentence = f"Invalid '{place}'. Content blocks are expected to be either text or image_url type."
        raise _refused(sentence, place, "invalid_value")
    if not sound(data):
        raise _refused("The audio file could not be decoded or its format is not supported.", None)


def _refused(message: str, param: str | None, code: str | None = None) -> ApiError:
    return ApiError("invalid_request", message, param=param, code=code)
