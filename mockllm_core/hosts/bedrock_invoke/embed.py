"""Titan's embeddings.

Spec: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockllm_core import tokens
from mockllm_core.embedding import embed
from mockllm_core.errors import ApiError

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call

__all__ = ["check", "check_length", "titan"]

_SIZES = (1024, 512, 256)
_KINDS = ("float", "binary")


def check(body: dict[str, Any], model: str) -> None:
    """Raise ApiError for a size or a type of vector that the model does not make."""
    size = body.get("dimensions")
    if size is not None and (isinstance(size, bool) or size not in _SIZES):
        wanted = ", ".join(map(str, sorted(_SIZES)))
        raise ApiError(
            "invalid_request",
            f"Malformed input request: #/dimensions: {size!r} is not a valid enum value [{wanted}], "
            "please reformat your input and try again.",
            param="dimensions",
            model=model,
        )
    types = body.get("embeddingTypes")
    for one in types if isinstance(types, list) else ():
        if one not in _KINDS:
            raise ApiError(
                "invalid_request",
                f"Malformed input request: {one!r} is not a valid embedding type, "
                "please reformat your input and try again.",
                model=model,
            )


_LONGEST, _MOST = 50_000, 8_192


def check_length(text: str, model: str) -> None:
    """Raise ApiError for more text than Titan's models for embeddings take, in the words of reports of 2024 to 2026.

    The blank at the end of the second is theirs.
    """
    if len(text) > _LONGEST:
        found = f"Malformed input request: expected maxLength: {_LONGEST}, actual: {len(text)}"
        raise ApiError("invalid_request", f"{found}, please reformat your input and try again.", model=model)
    if (count := tokens.estimate(len(text))) > _MOST:
        found = f"Max input tokens: {_MOST}, request input token count: {count} "
        raise ApiError("invalid_request", f"400 Bad Request: Too many input tokens. {found}", model=model)


def titan(call: Call) -> Json:
    """Return Titan's answer: version 2 has 1,024 numbers or as asked for, version 1 has 1,536."""
    text = str(call.body["inputText"])
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
