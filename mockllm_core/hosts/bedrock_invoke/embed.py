"""Embeddings: Titan's bodies and Cohere's.

Specs: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html and
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockllm_core import tokens
from mockllm_core.conversation import Words
from mockllm_core.embedding import embed
from mockllm_core.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.stamp import Stamp

__all__ = ["check", "cohere", "titan"]

_TITAN_SIZES = (1024, 512, 256)
_COHERE_SIZES = (1536, 1024, 512, 256)
_MOST_TEXTS = 96
_COHERE_ENUMS = {
    "input_type": ("search_document", "search_query", "classification", "clustering", "image"),
    "truncate": ("NONE", "START", "END", "LEFT", "RIGHT"),
}
"""AWS's guide to Cohere Embed 3 and 4."""


def check(form: str, body: dict[str, Any], model: str) -> None:
    """Raise ApiError for a size or a type of vector that the model does not make, and for what Cohere asks for."""
    if form == "cohere-embed":
        _check_cohere(body, model)
    key, sizes = (
        ("output_dimension", _COHERE_SIZES) if form == "cohere-embed" else ("dimensions", _TITAN_SIZES)
    )
    size = body.get(key)
    if size is not None and (isinstance(size, bool) or size not in sizes):
        wanted = ", ".join(map(str, sorted(sizes)))
        raise ApiError(
            "invalid_request",
            f"Malformed input request: #/{key}: {size!r} is not a valid enum value [{wanted}], "
            "please reformat your input and try again.",
            param=key,
            model=model,
        )
    types = body.get("embedding_types" if form == "cohere-embed" else "embeddingTypes")
    known = set(_INTEGERS if form == "cohere-embed" else ()) | {"float", "binary"}
    for one in types if isinstance(types, list) else ():
        if one not in known:
            raise ApiError(
                "invalid_request",
                f"Malformed input request: {one!r} is not a valid embedding type, "
                "please reformat your input and try again.",
                model=model,
            )


def _check_cohere(body: dict[str, Any], model: str) -> None:
    texts = body.get("texts")
    found = len(texts) if isinstance(texts, list) else 0
    what = ""
    if "input_type" not in body:
        what = "#: required key [input_type] not found"
    elif found > _MOST_TEXTS:
        what = f"#/texts: expected maximum item count: {_MOST_TEXTS}, found: {found}"
    else:
        for key, values in _COHERE_ENUMS.items():
            if body.get(key) is not None and body[key] not in values:
                what = f"#/{key}: {body[key]} is not a valid enum value"
    if what:
        sentence = f"Malformed input request: {what}, please reformat your input and try again."
        raise ApiError("invalid_request", sentence, model=model)


def titan(call: Call) -> Json:
    """Return Titan's answer: version 2 has 1,024 numbers or as asked for, version 1 has 1,536."""
    text = _texts(call)[0]
    size = call.body.get("dimensions") or (
        1536 if "text-v1" in call.model or "g1-text" in call.model else 1024
    )
    vector = embed(text, size)
    answer: dict[str, Json] = {"embedding": vector, "inputTextTokenCount": tokens.estimate(len(text))}
    if "text-v1" in call.model or "g1-text" in call.model:
        return answer
    kinds = call.body.get("embeddingTypes")
    asked = kinds if isinstance(kinds, list) and kinds else ["float"]
    made: dict[str, Json] = {"float": vector, "binary": [int(number > 0) for number in vector]}
    if "float" not in asked:
        del answer["embedding"]
    return answer | {"embeddingsByType": {kind: made[kind] for kind in asked}}


def _bits(vector: list[float]) -> list[int]:
    """Return the signs of the numbers, eight to a byte."""
    signs = [number > 0 for number in vector]
    return [
        sum(1 << (7 - nth) for nth, sign in enumerate(signs[at : at + 8]) if sign)
        for at in range(0, len(signs), 8)
    ]


_INTEGERS: dict[str, Callable[[list[float]], list[int]]] = {
    "int8": lambda vector: [round(number * 127) for number in vector],
    "uint8": lambda vector: [round(number * 127) + 128 for number in vector],
    "binary": lambda vector: [byte - 128 for byte in _bits(vector)],
    "ubinary": _bits,
}


def cohere(call: Call, stamp: Stamp) -> Json:
    """Return Cohere's answer: a list of vectors, or one list a type when types were asked for."""
    texts = _texts(call)
    size = call.body.get("output_dimension") or (1536 if "embed-v4" in call.model else 1024)
    vectors = [embed(text, size) for text in texts]
    kinds = call.body.get("embedding_types")
    answer: dict[str, Json] = {"embeddings": vectors, "id": stamp.uuid("embedding")}
    if isinstance(kinds, list) and kinds:
        made = {
            kind: vectors if kind == "float" else [_INTEGERS[kind](vector) for vector in vectors]
            for kind in kinds
        }
        answer["embeddings"] = made
    by_type = isinstance(answer["embeddings"], dict)
    return answer | {
        "response_type": "embeddings_by_type" if by_type else "embeddings_floats",
        "texts": texts,
    }


def _texts(call: Call) -> list[str]:
    return [
        part.text
        for message in call.conversation.messages
        for part in message.parts
        if isinstance(part, Words)
    ]
