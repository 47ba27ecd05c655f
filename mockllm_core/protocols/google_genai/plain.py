"""Endpoints that no model answers: lists of models and token counts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from mockllm_core import tokens
from mockllm_core.errors import ApiError
from mockllm_core.exchange import HttpResponse
from mockllm_core.protocols.google_genai.candidates import token_id
from mockllm_core.protocols.google_genai.checks import check_contents
from mockllm_core.protocols.google_genai.headers import plain_headers
from mockllm_core.protocols.google_genai.options import cached_in, many, pick
from mockllm_core.protocols.google_genai.parse import conversation
from mockllm_core.protocols.google_genai.spell import pretty
from mockllm_core.protocols.google_genai.usage import details

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.frame import Json
    from mockllm_core.protocol import Incoming
    from mockllm_core.stamp import Stamp

__all__ = [
    "MODELS",
    "answered",
    "compute_tokens",
    "count_tokens",
    "count_vertex_tokens",
    "get_model",
    "get_vertex_model",
    "list_models",
    "list_vertex_models",
    "no_entity",
    "nothing_made",
    "paged",
]

MODELS = (
    ("gemini-2.0-flash", "2.0", "Gemini 2.0 Flash"),
    ("gemini-2.0-flash-001", "2.0", "Gemini 2.0 Flash 001"),
    ("gemini-2.5-flash", "001", "Gemini 2.5 Flash"),
    ("gemini-2.5-flash-lite", "001", "Gemini 2.5 Flash-Lite"),
    ("gemini-2.5-pro", "2.5", "Gemini 2.5 Pro"),
    ("gemini-3-flash-preview", "3-flash-preview-12-2025", "Gemini 3 Flash Preview"),
    ("gemini-3-pro-preview", "3-pro-preview-11-2025", "Gemini 3 Pro Preview"),
    ("gemini-3.5-flash", "001", "Gemini 3.5 Flash"),
    ("gemini-3.6-flash", "001", "Gemini 3.6 Flash"),
    ("gemini-flash-latest", "Gemini Flash Latest", "Gemini Flash Latest"),
    ("gemini-embedding-001", "001", "Gemini Embedding 001"),
)
"""Id, version and display name of the models that are listed; any other name is answered too."""

_PAGE = 50


def list_models(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Return a page of models; ``nextPageToken`` only when more follow."""
    page, more = paged([_model(*model) for model in MODELS], incoming.http.query, "ListModelsRequest")
    return answered({"models": page} | more, stamp)


def paged(listed: list[Json], query: str, asked: str) -> tuple[list[Json], dict[str, Json]]:
    """Return the page of a list that a query's ``pageSize`` and ``pageToken`` name, and what tells of the next.

    Raises:
        ApiError: one of them is no number of ours; ``asked`` is the request's name in Google's words.
    """
    found = parse_qs(query)
    size = _asked(found, "pageSize", asked) or _PAGE
    begin = _asked(found, "pageToken", asked)
    more: dict[str, Json] = {"nextPageToken": str(begin + size)} if begin + size < len(listed) else {}
    return listed[begin : begin + size], more


def _asked(query: dict[str, list[str]], name: str, asked: str) -> int:
    text = (query.get(name) or [""])[-1]
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        spelled = "page_size" if name == "pageSize" else "page_token"
        raise ApiError("invalid_request", f"* {asked}.{spelled}: unexpected value\n")
    return int(text)


def nothing_made(asked: str) -> Callable[[Incoming, Stamp], HttpResponse]:
    """Return what answers a list of what a client can make, and nobody has made here; ``asked`` as in ``paged``."""

    def answer(incoming: Incoming, stamp: Stamp) -> HttpResponse:
        # an empty list is absent, as every empty field is
        paged([], incoming.http.query, asked)
        return answered({}, stamp, vertex="project" in incoming.params)

    return answer


def get_model(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Return one model; a name that is not listed is described by what its family is."""
    name = _named(incoming)
    known = next((model for model in MODELS if model[0] == name), None)
    return answered(_model(*(known or (name, "001", name.replace("-", " ").title()))), stamp)


def no_entity(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Refuse, as any path that Google does not have is refused.

    Raises:
        ApiError: always.
    """
    del incoming, stamp
    raise ApiError("not_found", "", code="unknown_url")


def _named(incoming: Incoming) -> str:
    """Return the model's name; a method after a colon is there, but not for GET, and nothing is below a model."""
    name = incoming.params["model"]
    if "/" in name:
        raise ApiError("not_found", "")
    if ":" in name:
        raise ApiError("method_not_allowed", "", allow=("OPTIONS", "POST"))
    return name


def _model(name: str, version: str, title: str) -> dict[str, Json]:
    made: dict[str, Json] = {"name": f"models/{name}", "version": version, "displayName": title}
    if "embedding" in name:
        return made | {
            "description": "Obtain a distributed representation of a text.",
            "inputTokenLimit": 2048,
            "outputTokenLimit": 1,
            "supportedGenerationMethods": ["embedContent", "countTokens"],
        }
    old = name.startswith("gemini-2.0")
    made |= {
        "description": title,
        "inputTokenLimit": 1048576,
        "outputTokenLimit": 8192 if old else 65536,
        "supportedGenerationMethods": [
            "generateContent",
            "countTokens",
            "createCachedContent",
        ],
        "temperature": 1,
        "topP": 0.95,
        "topK": 40 if old else 64,
        "maxTemperature": 2,
    }
    return made if old else made | {"thinking": True}


def list_vertex_models(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Return Vertex AI's list of the same models, in one page."""
    del incoming
    return answered(
        {"publisherModels": [_publisher_model(name) for name, _, _ in MODELS]}, stamp, vertex=True
    )


def get_vertex_model(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Return one model as Vertex AI describes it."""
    return answered(_publisher_model(_named(incoming)), stamp, vertex=True)


def _publisher_model(name: str) -> dict[str, Json]:
    return {
        "name": f"publishers/google/models/{name}",
        "versionId": "default",
        "openSourceCategory": "PROPRIETARY",
        "launchStage": "GA",
    }


# -- token counts -------------------------------------------------------------------------------------------------


def count_tokens(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Return the tokens of a prompt by the same estimate as an answer's usage."""
    return answered(_counted(incoming, vertex=False), stamp)


def count_vertex_tokens(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Return the same as Vertex AI does, with the billable characters."""
    return answered(_counted(incoming, vertex=True), stamp, vertex=True)


def _counted(incoming: Incoming, *, vertex: bool) -> dict[str, Json]:
    from mockllm_core.conversation import Words
    from mockllm_core.protocol import Call

    inner = pick(incoming.body, "generateContentRequest")
    body = incoming.body if inner is None else inner
    if inner is not None and not vertex and not pick(inner, "model"):
        place = "generate_content_request.model"
        raise ApiError("invalid_request", f"* CountTokensRequest.{place}: model is not specified\n")
    check_contents(body, vertex=vertex, counting=True)
    asked = conversation(incoming.params["model"], body)
    total = tokens.prompt(asked)
    made: dict[str, Json] = {"totalTokens": total}
    if vertex:
        parts = [part for message in asked.messages for part in message.parts]
        made["totalBillableCharacters"] = sum(
            len("".join(part.text.split())) for part in parts if isinstance(part, Words)
        )
    call = Call(model=asked.model, stream=False, conversation=asked, body=body)
    made |= {"promptTokensDetails": details(call, total)}
    held = cached_in(body)
    if held and not vertex:
        made |= {"cachedContentTokenCount": held["tokens"], "cacheTokensDetails": held["of"]}
    return {key: made[key] for key in _COUNTED if key in made}


def compute_tokens(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Return the tokens of each content in base64, with an id each: Vertex AI has this to look at its tokenizer.

    They are pieces of about a token, as an answer is cut; their number is not the estimate that usage counts.
    """
    from base64 import b64encode

    told: list[Json] = []
    for content in many(incoming.body, "contents"):
        texts = [pick(part, "text") for part in many(content, "parts")]
        said = [piece for text in texts if isinstance(text, str) for piece in tokens.cut(text)]
        raw = [piece.encode("utf-8", "surrogatepass") for piece in said]
        made: dict[str, Json] = {
            "tokens": [b64encode(one).decode() for one in raw],
            "tokenIds": [str(token_id(piece)) for piece in said],
        }
        role = pick(content, "role")
        told.append(made | ({"role": role} if isinstance(role, str) and role else {}))
    return answered({"tokensInfo": told}, stamp, vertex=True)


_COUNTED = (
    "totalTokens",
    "totalBillableCharacters",
    "cachedContentTokenCount",
    "promptTokensDetails",
    "cacheTokensDetails",
)


def answered(body: dict[str, Json], stamp: Stamp, *, vertex: bool = False) -> HttpResponse:
    """Return a body with the headers of an answer that no model gives."""
    return HttpResponse(
        status=200, headers=plain_headers(stamp, vertex=vertex), body=f"{pretty(body)}\n".encode()
    )
