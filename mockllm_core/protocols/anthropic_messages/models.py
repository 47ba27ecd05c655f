"""The list of models, one model, and counting tokens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from mockllm_core import tokens
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.jsontext import compact, utf8
from mockllm_core.protocols.anthropic_messages.families import MODELS, Model, family, spoken
from mockllm_core.protocols.anthropic_messages.headers import plain_headers
from mockllm_core.protocols.anthropic_messages.parse import conversation
from mockllm_core.protocols.anthropic_messages.served import check_version

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Incoming
    from mockllm_core.stamp import Stamp

__all__ = ["batches", "count", "counted", "files", "models", "one_model", "skills"]


def models(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer ``GET /v1/models``: a page, newest first; ``limit``, ``after_id`` and ``before_id`` choose it.

    ``lifecycle`` chooses stages; all models are active.

    Raises:
        ApiError: a limit that is no whole number from 1 to 1000, or a stage or a version that there is not.
    """
    check_version(incoming.http.headers)
    asked = parse_qs(incoming.http.query)
    query = {key: values[-1] for key, values in asked.items()}
    stages = [stage for key in ("lifecycle", "lifecycle[]") for stage in asked.get(key, ())]
    if not set(stages) <= set(_STAGES):
        raise ApiError("invalid_request", "lifecycle: Input should be 'active', 'deprecated' or 'retired'")
    known = MODELS if not stages or "active" in stages else ()
    given = query.get("limit", "20")
    if not given.isascii() or not given.isdigit() or not 1 <= int(given[:9]) <= 1000:
        raise ApiError(
            "invalid_request", "limit: Input should be greater than or equal to 1 and at most 1000"
        )
    limit = int(given)
    ids = [model.id for model in known]
    begin, end = 0, len(ids)
    if query.get("after_id") in ids:
        begin = ids.index(query["after_id"]) + 1
    if query.get("before_id") in ids:
        end = ids.index(query["before_id"])
        begin = max(begin, end - limit)
    page = known[begin:end][:limit]
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
    check_version(incoming.http.headers)
    name = spoken(incoming.params["model"])
    known = {model.id: model for model in MODELS}
    return _plain(
        _entry(known.get(name) or Model(name, name, "1970-01-01T00:00:00Z", 200_000, 64_000)), stamp
    )


def batches(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer ``GET /v1/messages/batches``: nobody has made one."""
    del incoming
    return _plain({"data": [], "has_more": False, "first_id": None, "last_id": None}, stamp)


def files(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer ``GET /v1/files``: nobody has made one.

    The beta of 2025 has pages of ids, as the reference shows them; clients of November 2026 send no beta and read
    ``next_page``.
    """
    if "files-api-2025" in incoming.http.headers.get("anthropic-beta", ""):
        return _plain({"data": [], "first_id": None, "has_more": False, "last_id": None}, stamp)
    return _plain({"data": [], "next_page": None}, stamp)


def skills(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer ``GET /v1/skills``: nobody has made one."""
    del incoming
    return _plain({"data": [], "has_more": False, "next_page": None}, stamp)


def count(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer ``POST /v1/messages/count_tokens``."""
    check_version(incoming.http.headers)
    return counted(incoming, stamp)


def counted(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Return what a request's body counts as, by the same estimate as usage."""
    body = incoming.body
    found = tokens.prompt(conversation(body.get("model") or "", body))
    told: dict[str, Json] = {"input_tokens": found}
    if body.get("context_management") is not None:
        # no edit is applied here, so there were as many before
        told["context_management"] = {"original_input_tokens": found}
    return _plain(told, stamp)


def _entry(model: Model) -> dict[str, Json]:
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.name,
        "created_at": model.created,
        "line": line[0] if (line := _LINE.search(model.id)) else None,
        "max_input_tokens": model.reads,
        "max_tokens": model.writes,
        "capabilities": _capabilities(model.id),
        "lifecycle": "active",
        "deprecated_at": None,
        "retires_at": None,
    }


_LINE = re.compile(r"(?<=-)(haiku|sonnet|opus|fable|mythos)\b")
"""A model's line; the API told it on 2 October 2026 (TotallyHot.ArcRouter), and its client has the key."""
_STAGES = ("active", "deprecated", "retired")


def _capabilities(model: str) -> dict[str, Json]:
    """Return what a model can do, in the order of the API's answer for Claude Haiku 4.5 of October 2026.

    A public project (TotallyHot.ArcRouter) keeps that answer among its tests, another one Claude Sonnet 5's of July 2026;
    what each version does with thinking and effort is what ``refuse`` goes by. ``server_tools`` and two types of thinking
    came later: they are in the reference, and required by the client of November.
    """
    form = family(model)
    efforts = (
        (form.efforts or _EFFORTS) if form.adaptive else ("low", "medium", "high") if form.effort else ()
    )
    return {
        "batch": _YES,
        "citations": _YES,
        "code_execution": _supported(said="haiku-4-5" not in model),
        "context_management": {
            **_YES,
            "clear_tool_uses_20250919": _YES,
            "clear_thinking_20251015": _YES,
            "compact_20260112": _supported(said=form.adaptive),
        },
        "effort": {
            **_supported(said=form.effort),
            **{level: _supported(said=level in efforts) for level in _EFFORTS},
        },
        "image_input": _YES,
        "pdf_input": _YES,
        "server_tools": {**_YES, "web_search": _YES, "code_execution": _YES},
        "structured_outputs": _YES,
        "thinking": {
            **_YES,
            "types": {
                "enabled": _supported(said=not form.omits),
                "adaptive": _supported(said=form.adaptive),
                "disabled": _supported(said=form.off == "disabled"),
                "between_tools": _supported(said=form.off == "between_tools"),
            },
        },
    }


def _supported(*, said: bool) -> dict[str, Json]:
    return {"supported": said}


_YES = _supported(said=True)
_EFFORTS = ("low", "medium", "high", "xhigh", "max")


def _plain(body: Json, stamp: Stamp) -> HttpResponse:
    return HttpResponse(status=200, headers=plain_headers(stamp), body=utf8(compact(body)))
