"""The list of models, one model, and counting tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from mockllm_core import tokens
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.jsontext import compact, utf8
from mockllm_core.protocols.anthropic_messages.families import MODELS, Model, spoken
from mockllm_core.protocols.anthropic_messages.headers import plain_headers
from mockllm_core.protocols.anthropic_messages.parse import conversation

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Incoming
    from mockllm_core.stamp import Stamp

__all__ = ["count", "models", "one_model"]


def models(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer ``GET /v1/models``: a page, newest first; ``limit``, ``after_id`` and ``before_id`` choose it.

    Raises:
        ApiError: a limit that is no whole number from 1 to 1000.
    """
    query = {key: values[-1] for key, values in parse_qs(incoming.http.query).items()}
    given = query.get("limit", "20")
    if not given.isascii() or not given.isdigit() or not 1 <= int(given[:9]) <= 1000:
        raise ApiError(
            "invalid_request", "limit: Input should be greater than or equal to 1 and at most 1000"
        )
    limit = int(given)
    ids = [model.id for model in MODELS]
    begin, end = 0, len(ids)
    if query.get("after_id") in ids:
        begin = ids.index(query["after_id"]) + 1
    if query.get("before_id") in ids:
        end = ids.index(query["before_id"])
        begin = max(begin, end - limit)
    page = MODELS[begin:end][:limit]
    more = begin + len(page) < end if "before_id" not in query else begin > 0
    body = {
        "data": [_entry(model) for model in page],
        "has_more": more,
        "first_id": page[0].id if page else None,
        "last_id": page[-1].id if page else None,
    }
    return _plain(body, stamp)


def one_model(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer ``GET /v1/models/{model}``; a name that is not in the list is a model too, of unknown age."""
    name = spoken(incoming.params["model"])
    known = {model.id: model for model in MODELS}
    return _plain(
        _entry(known.get(name) or Model(name, name, "1970-01-01T00:00:00Z", 200_000, 64_000)), stamp
    )


def count(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer ``POST /v1/messages/count_tokens`` by the same estimate as usage."""
    body = incoming.body
    counted = tokens.prompt(conversation(body.get("model") or "", body))
    told: dict[str, Json] = {"input_tokens": counted}
    if body.get("context_management") is not None:
        # no edit is applied here, so there were as many before
        told["context_management"] = {"original_input_tokens": counted}
    return _plain(told, stamp)


def _entry(model: Model) -> dict[str, Json]:
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.name,
        "created_at": model.created,
        "max_input_tokens": model.reads,
        "max_tokens": model.writes,
        "lifecycle": "active",
    }


def _plain(body: Json, stamp: Stamp) -> HttpResponse:
    return HttpResponse(status=200, headers=plain_headers(stamp), body=utf8(compact(body)))
