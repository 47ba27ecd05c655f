"""``POST /v1/embeddings``: one vector for each text, in floats or base64.

Spec: https://platform.openai.com/docs/api-reference/embeddings. A vector is that of ``mockllm_core.embedding`` in
32-bit floats, so that both encodings hold the same numbers. Tokens are embedded by their numbers.
"""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING

from mockllm_core import tokens
from mockllm_core.embedding import embed
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.jsontext import float32, pretty, utf8
from mockllm_core.protocol import Endpoint
from mockllm_core.protocols.openai_chat import headers

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Incoming
    from mockllm_core.stamp import Stamp

__all__ = ["ENDPOINTS", "answer", "listed"]

_DIMENSIONS = {
    "text-embedding-ada-002": 1536,
    "text-embedding-3-small": 1536,
    "text-embedding-3-large": 3072,
}
_USUAL, _MOST = 1536, 65_536
_CONTEXT = 8_192
_REQUEST = 300_000
_SNAPSHOTS = {"text-embedding-ada-002": "text-embedding-ada-002-v2"}
_NOT_EMBEDDING = ("gpt-", "o1", "o3", "o4", "chatgpt-")


def answer(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer a request for embeddings.

    Raises:
        ApiError: the model makes no embeddings, or not of that size.
    """
    body = incoming.body
    model = str(body["model"])
    answered = listed(body, model)
    sent = (
        *headers.of_engine(stamp, images=False),
        ("openai-model", headers.plain(answered["model"])),
    )
    return HttpResponse(status=200, headers=sent, body=utf8(pretty(answered) + "\n"))


def listed(body: Json, model: str) -> dict[str, Json]:
    """Return the answer's object; raises ApiError as ``answer`` does."""
    dimensions = _size(body, model)
    encoded = body.get("encoding_format") == "base64"
    _check(body["input"])
    inputs = _inputs(body["input"])
    count = _counted(inputs, alone=isinstance(body["input"], str))
    data = []
    for index, (text, _) in enumerate(inputs):
        raw = struct.pack(f"<{dimensions}f", *embed(text, dimensions))
        vector: Json = base64.b64encode(raw).decode() if encoded else _floats(raw, dimensions)
        data.append({"object": "embedding", "index": index, "embedding": vector})
    return {
        "object": "list",
        "data": data,
        "model": _SNAPSHOTS.get(model, model),
        "usage": {"prompt_tokens": count, "total_tokens": count},
    }


def _size(body: Json, model: str) -> int:
    if model.startswith(_NOT_EMBEDDING):
        message = "You are not allowed to generate embeddings from this model"
        raise ApiError("permission", message, code="")
    asked = body.get("dimensions")
    if asked is None:
        return _DIMENSIONS.get(model, _USUAL)
    if model == "text-embedding-ada-002":
        raise ApiError("invalid_request", "This model does not support specifying dimensions.")
    most = _DIMENSIONS.get(model, _MOST)
    if asked > most:
        message = f"Invalid value for 'dimensions' = {asked}. Must be less than or equal to {most}."
        raise ApiError("invalid_request", message)
    return int(asked)


def _check(given: Json) -> None:
    """Refuse an empty input of several.

    Raises:
        ApiError: in the words of openai/openai-python 576.
    """
    if not isinstance(given, list) or isinstance(given[0], int | float):
        return
    for one in given:
        if not one:
            message = (
                "'$.input' is invalid. Please check the API reference: "
                "https://platform.openai.com/docs/api-reference."
            )
            raise ApiError("invalid_request", message)


def _counted(inputs: list[tuple[str, int]], *, alone: bool) -> int:
    """Return the tokens of a request, by the count that its usage tells.

    Args:
        inputs: each text with its tokens.
        alone: whether it is one text and no list.

    Raises:
        ApiError: one input is too long, or all together; as the API said it in October 2026 to tests of
            cequence-io/openai-scala-client.
    """
    for index, (_, count) in enumerate(inputs):
        if count > _CONTEXT and alone:
            sentence = f"Invalid 'input': maximum context length is {_CONTEXT} tokens."
            raise ApiError("invalid_request", sentence)
        if count > _CONTEXT:
            place = f"input[{index}]"
            sentence = f"Invalid '{place}': maximum input length is {_CONTEXT} tokens."
            raise ApiError("invalid_request", sentence, param=place, code="invalid_value")
    count = sum(count for _, count in inputs)
    if count > _REQUEST:
        sentence = f"Requested {count} tokens, max {_REQUEST} tokens per request"
        raise ApiError("invalid_request", sentence, code="max_tokens_per_request")
    return count


def _inputs(given: Json) -> list[tuple[str, int]]:
    """Return each text with the tokens it counts as."""
    if isinstance(given, str) or isinstance(given[0], int | float):
        given = [given]
    return [
        (one, tokens.estimate(len(one)))
        if isinstance(one, str)
        else (" ".join(str(int(token)) for token in one), len(one))
        for one in given
    ]


def _floats(raw: bytes, count: int) -> list[float]:
    """Return the numbers in as few digits as tell 32-bit floats apart: 0.25, -0.006929283."""
    return [float32(value) for value in struct.unpack(f"<{count}f", raw)]


ENDPOINTS = (
    Endpoint(method="POST", path="/v1/embeddings", kind="plain", contract="openai-embeddings", answer=answer),
    Endpoint(method="POST", path="/embeddings", kind="plain", contract="openai-embeddings", answer=answer),
)
