"""``GET /v1/models``, and ``GET`` and ``DELETE /v1/models/{model}``.

A name is known when it is in the list, or begins as the provider's own names do; any other is a 404, so that a client
can see one. Chat itself answers to any model name.

Spec: https://platform.openai.com/docs/api-reference/models
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.jsontext import pretty, utf8
from mockllm_core.protocol import Endpoint
from mockllm_core.protocols.openai_chat import headers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json
    from mockllm_core.protocol import Incoming
    from mockllm_core.stamp import Stamp

__all__ = ["deleted", "listed", "nothing_made", "one"]

_MODELS = {
    "gpt-3.5-turbo": 1677610602,
    "gpt-4.1": 1744316542,
    "gpt-4.1-mini": 1744318173,
    "gpt-4.1-nano": 1744321707,
    "gpt-4o": 1715367049,
    "gpt-4o-mini": 1721172741,
    "gpt-5": 1754425777,
    "gpt-5-mini": 1754425928,
    "gpt-5-nano": 1754426384,
    "o3-mini": 1737146383,
    "o4-mini": 1744225351,
    "text-embedding-3-large": 1705953180,
    "text-embedding-3-small": 1705948997,
}
_OLD = ("gpt-3.5-turbo", "gpt-4", "gpt-4-0613")
"""Models of before November 2023 are owned by ``openai``."""
_OURS = re.compile(r"(ft:)?(gpt-|o\d|chatgpt-|codex-|text-embedding-|davinci-|babbage-|mock-|omni-)")


def listed(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer the list of models."""
    del incoming
    return _answer({"object": "list", "data": [_model(name) for name in _MODELS]}, stamp)


def one(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer one model by its name.

    Raises:
        ApiError: no such model.
    """
    return _answer(_model(_known(incoming)), stamp)


def deleted(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Refuse to delete a model, whosever it is.

    Raises:
        ApiError: the 403 that a public project got of the API for ``whisper-1`` (wrappers in C# look for
            its ``api.delete``, too), or the 404 of a model that does not exist.
    """
    del stamp
    name = _known(incoming)
    message = "You have insufficient permissions for this operation. Missing scopes: api.delete."
    raise ApiError("permission", message, code="", model=name)


_PAGE: dict[str, Json] = {"first_id": None, "last_id": None, "has_more": False}
_LISTS: dict[str, dict[str, Json]] = {
    "files": _PAGE,
    "batches": _PAGE,
    "fine_tuning/jobs": {"has_more": False},
    "vector_stores": _PAGE,
    "containers": _PAGE,
    "evals": _PAGE,
    "skills": _PAGE,
    "videos": _PAGE,
}
"""What a client can make and nobody has made here: the keys beside ``data``, as the API's reference lists them."""


def nothing_made() -> Iterator[Endpoint]:
    """Yield the lists of what a client can make: empty, as those of a new account."""

    def answer(told: dict[str, Json], incoming: Incoming, stamp: Stamp) -> HttpResponse:
        del incoming
        return _answer({"object": "list", "data": [], **told}, stamp)

    for path, told in _LISTS.items():
        yield Endpoint(
            method="GET", path=f"/v1/{path}", kind="plain", sole=True, answer=partial(answer, told)
        )


def _known(incoming: Incoming) -> str:
    name = incoming.params["model"]
    if name not in _MODELS and not _OURS.match(name):
        message = f"The model '{name}' does not exist"
        raise ApiError("not_found", message, param="model", code="model_not_found", model=name)
    return name


def _model(name: str) -> dict[str, Json]:
    owner = "openai" if name in _OLD else "system"
    return {"id": name, "object": "model", "created": _MODELS.get(name, 1735689600), "owned_by": owner}


def _answer(body: Json, stamp: Stamp) -> HttpResponse:
    sent = (
        ("content-type", "application/json"),
        *headers.EXPOSED,
        ("openai-organization", headers.ORGANIZATION),
        ("openai-version", "2020-10-01"),
        *headers.of_gateway(stamp)[2:],
    )
    return HttpResponse(status=200, headers=sent, body=utf8(pretty(body)))
