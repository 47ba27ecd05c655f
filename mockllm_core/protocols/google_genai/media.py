"""What is refused of media in a part: data that is no base64, and types that no model reads.

The sentences: base64 (a bug report of 2026 and others), "Unsupported MIME type" of the Gemini API
(github.com/googleapis/python-genai/issues/744, 2025 to 2026), Vertex AI's of an unsupported and of an empty type
(github.com/agno-agi/agno/issues/3964; live tests of several public projects, 2026). Refused is what was reported as refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.protocols.google_genai.options import pick

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockllm_core.frame import Json

__all__ = ["check"]

_SHOWN = 4096
"""Characters of bad data that are told again."""

_UNREAD = r"(?i)[^/]*|image/(?:svg\+xml|tiff)|application/(?:octet-stream|zip|msword|vnd\..*|cu-seeme)"
_UNREAD_BY_VERTEX = r"(?i)application/(?:json|x-javascript)"
_LEARN_MORE = "Learn more: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/gemini"


def check(part: Mapping[str, Json], place: str, *, vertex: bool, counting: bool) -> None:
    """Raise ApiError for a part's media; Vertex AI counts the tokens of any type."""
    for name, spelled in (("inlineData", "inline_data"), ("fileData", "file_data")):
        held = pick(part, name)
        if held is None:
            continue
        data = pick(held, "data") if name == "inlineData" else None
        if isinstance(data, str) and not _decodes(data):
            where = f"{place}.{spelled}.data"
            told = f"Invalid value at '{where}' (TYPE_BYTES), Base64 decoding failed for \"{data[:_SHOWN]}\""
            raise ApiError("invalid_request", told, param=where)
        mime = pick(held, "mimeType")
        wrong = _wrong(mime if isinstance(mime, str) else "", name, vertex=vertex)
        if wrong and not (vertex and counting):
            raise ApiError("invalid_request", wrong)


def _wrong(mime: str, name: str, *, vertex: bool) -> str:
    if not mime:
        told = f"Unable to submit request because it has an empty mimeType parameter in {name}. Add a value to the parameter"
        return f"{told} and try again. {_LEARN_MORE}" if vertex else ""
    kind = mime.partition(";")[0].strip()
    if not (re.fullmatch(_UNREAD, kind) or (vertex and re.fullmatch(_UNREAD_BY_VERTEX, kind))):
        return ""
    if vertex:
        told = f"Unable to submit request because it has a mimeType parameter with value {mime}, which is not supported."
        return f"{told} Update the mimeType and try again. {_LEARN_MORE}"
    return f"Unsupported MIME type: {mime}"


def _decodes(data: str) -> bool:
    """Tell whether protobuf's JSON reader takes it: either alphabet, with or without padding, blanks anywhere."""
    bare = data if data.isascii() and not any(blank in data for blank in " \n\r\t") else "".join(data.split())
    core = bare.rstrip("=")
    return (
        len(bare) - len(core) <= _PADDING and len(core) % 4 != 1 and re.fullmatch(_ALPHABET, core) is not None
    )


_PADDING = 2
_ALPHABET = r"[A-Za-z0-9+/_-]*"
