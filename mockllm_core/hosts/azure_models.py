"""Azure OpenAI's ``GET /openai/v1/models`` and ``/openai/models?api-version=...``, and one model by its name.

The list is the region's catalogue, not the resource's deployments: ids end in the model's version. Both roads send the
same form, which is not OpenAI's: no ``created`` and no ``owned_by``. As dumps of 2024 to August 2026 in public projects
have it, with the key order of Microsoft's example (azure-rest-api-specs, OpenAIAuthoring/stable/2024-10-21,
get_models.json). That deployments are listed at ``/openai/deployments`` is over: it is the gateway's 404 (seen in August
2026), here, too.

Not seen: the layout of the bytes, and the words of the 404 for a model that is not there; it gets the gateway's.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.hosts.azure_gateway import NO_ROUTE, check_version, front
from mockllm_core.jsontext import pretty, utf8
from mockllm_core.protocol import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json
    from mockllm_core.protocol import Incoming
    from mockllm_core.stamp import Stamp

__all__ = ["deleted", "listed", "nothing_made", "one"]

_DAY = 86_400
_SERVED = 1095 * _DAY
"""How long a model is served: made up, so that none of these is retired yet."""

_MODELS = {
    "gpt-4.1-2025-04-14": 1744588800,
    "gpt-4.1-mini-2025-04-14": 1744588800,
    "gpt-4.1-nano-2025-04-14": 1744588800,
    "gpt-4o-2024-08-06": 1722902400,
    "gpt-4o-2024-11-20": 1732060800,
    "gpt-4o-mini-2024-07-18": 1721260800,
    "gpt-5-2025-08-07": 1754524800,
    "gpt-5-mini-2025-08-07": 1754524800,
    "gpt-5-nano-2025-08-07": 1754524800,
    "gpt-5.4-2026-03-05": 1772668800,
    "o3-mini-2025-01-31": 1738281600,
    "o4-mini-2025-04-16": 1744761600,
    "text-embedding-3-large-1": 1706140800,
    "text-embedding-3-small-1": 1706140800,
    "claude-sonnet-4-5-20250929": 1760918400,
}
"""Ids of the catalogue, and when they came (whole days)."""

_OURS = re.compile(r"(gpt-|o\d|codex-|text-embedding-|claude-|mock-)")
_TUNED = re.compile(r"gpt-4(o|\.1)")


def listed(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer the catalogue.

    Raises:
        ApiError: the gateway's 404, for a request without ``api-version`` where one is needed.
    """
    check_version(incoming)
    return _answer({"data": [_model(name) for name in _MODELS], "object": "list"}, stamp)


_LISTS: dict[str, dict[str, Json]] = {
    "files": {"data": [], "object": "list"},
    "batches": {"data": [], "first_id": None, "has_more": False, "last_id": None},
    "fine_tuning/jobs": {"data": [], "has_more": False, "object": "list"},
    "vector_stores": {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False},
}
"""What a client can make and nobody has made here, with the keys of Azure's reference."""


def nothing_made() -> Iterator[Endpoint]:
    """Yield the lists of what a client can make: empty, as those of a new resource."""

    def answer(told: dict[str, Json], incoming: Incoming, stamp: Stamp) -> HttpResponse:
        check_version(incoming)
        return _answer(told, stamp)

    for root in ("/openai/v1", "/openai"):
        for path, told in _LISTS.items():
            yield Endpoint(
                method="GET", path=f"{root}/{path}", kind="plain", sole=True, answer=partial(answer, told)
            )


def one(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer one model by its name.

    Raises:
        ApiError: no such model, or no ``api-version``.
    """
    check_version(incoming)
    name = incoming.params["model"]
    if name not in _MODELS and not _OURS.match(name):
        raise ApiError("not_found", "Resource not found", code=NO_ROUTE)
    return _answer(_model(name), stamp)


def deleted(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Refuse to delete a model: there is none that was fine-tuned here.

    Raises:
        ApiError: the gateway's 404.
    """
    del incoming, stamp
    raise ApiError("not_found", "Resource not found", code=NO_ROUTE)


def _model(name: str) -> dict[str, Json]:
    came = _MODELS.get(name, 1735689600)
    embeds = name.startswith("text-embedding")
    tunable = _TUNED.match(name) is not None
    return {
        "status": "succeeded",
        "capabilities": {
            "fine_tune": tunable,
            "inference": True,
            "completion": False,
            "chat_completion": not embeds,
            "embeddings": embeds,
        },
        "lifecycle_status": "generally-available",
        "deprecation": {**({"fine_tune": came + _SERVED} if tunable else {}), "inference": came + _SERVED},
        "id": name,
        "created_at": came,
        "object": "model",
    }


def _answer(body: Json, stamp: Stamp) -> HttpResponse:
    sent = (("content-type", "application/json"), *front(stamp))
    return HttpResponse(status=200, headers=sent, body=utf8(pretty(body)))
