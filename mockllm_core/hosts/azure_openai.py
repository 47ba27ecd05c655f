"""Azure OpenAI: the chunks of OpenAI Chat with Azure's content filters, under Azure's paths.

Spec: https://learn.microsoft.com/azure/ai-services/openai/reference. ``/openai/deployments/{deployment}/...`` with an
``api-version`` (any is taken, none is a 404) names the model in the path; ``/openai/v1/...`` in the body. What is different on the wire,
as answers of 2025 and 2026 in public projects show it:

* JSON is compact with its keys sorted, streamed or whole, with a final newline when whole; choices always have
  ``logprobs``;
* a stream begins with a chunk without choices that has ``prompt_filter_results``; each choice has
  ``content_filter_results``, empty beside anything but text; a whole answer has both. An answer that a filter ended
  says which one;
* since May 2026 ``latency_checkpoint`` stands in the usage of a whole answer and beside that of a stream;
* ``obfuscation`` is that of the chunk before the filters were added (it counts characters: an emoji in such a stream is
  what tells);
* embeddings pass through: they have OpenAI's layout;
* the gateway's errors have only ``code`` and ``message``.

A deployment may filter asynchronously, which no request can ask for: words come without results, and results in chunks of
their own (no ``delta``; ``content_filter_offsets``). That is not sent here.

The reader reads chat, not the older text completions.
"""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from mockllm_core import contract, sse
from mockllm_core.exchange import HttpResponse
from mockllm_core.hosts import azure_models, openai_embeddings
from mockllm_core.hosts.azure_gateway import NO_ROUTE, check_version, front, no_talker
from mockllm_core.hosts.openai_completions import PROTOCOL as COMPLETIONS
from mockllm_core.jsontext import pretty, quote, sorted_compact, utf8
from mockllm_core.prompt_cache import remembering
from mockllm_core.protocol import Endpoint
from mockllm_core.protocols.openai_chat import PROTOCOL as CHAT
from mockllm_core.protocols.openai_chat.families import snapshot
from mockllm_core.protocols.openai_chat.headers import plain
from mockllm_core.protocols.openai_chat.stream import stream as chat_stream
from mockllm_core.protocols.openai_chat.values import AZURE, checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockllm_core.errors import ApiError, ErrorKind
    from mockllm_core.exchange import Headers, HttpRequest
    from mockllm_core.frame import Frame, Json, Run
    from mockllm_core.protocol import Call, Incoming, Reading, WireProtocol
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["PROTOCOL", "RETRY", "headers", "refused"]

_TEXT = "azure-completions"
_SAFE = {"filtered": False, "severity": "safe"}
_ABSENT = {"detected": False, "filtered": False}
_HARMS = {"hate": _SAFE, "self_harm": _SAFE, "sexual": _SAFE, "violence": _SAFE}
_OUTPUT = {**_HARMS, "protected_material_code": _ABSENT, "protected_material_text": _ABSENT}
_BLOCKED = {**_OUTPUT, "violence": {"filtered": True, "severity": "medium"}}
"""What ended an answer: which harm it was is made up, as nothing said is one."""
_INPUT = sorted_compact({**_HARMS, "jailbreak": _ABSENT})
# its two keys stand in this order, though the results are sorted
_PROMPT = f'[{{"prompt_index":0,"content_filter_results":{_INPUT}}}]'
_OPENING = f'{{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":{_PROMPT}}}'

_GATEWAY: dict[ErrorKind, tuple[int, str, str]] = {
    "authentication": (
        401,
        "401",
        (
            "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
            "active subscription and use a correct regional API endpoint for your resource."
        ),
    ),
    "permission": (403, "403", "Access denied due to Virtual Network/Firewall rules."),
    "not_found": (
        404,
        "DeploymentNotFound",
        (
            "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, "
            "please wait a moment and try again."
        ),
    ),
    "method_not_allowed": (405, "405", "Method Not Allowed"),
    "rate_limit": (429, "RateLimitReached", ""),
    "timeout": (408, "Timeout", "The operation was timeout."),
}
"""Errors made before the model is reached: status, code, usual sentence."""


def parse(incoming: Incoming, endpoint: Endpoint) -> Call:
    """Return the request understood; a deployment's name stands for the model.

    Raises:
        ApiError: the body breaks the contract of chat, or the provider refuses what it asks for.
    """
    check_version(incoming)
    base = _base(endpoint.form)
    return base.parse(_with_model(incoming, base.name), endpoint)


def _base(form: str) -> WireProtocol:
    """Return the protocol whose answers are sent: chat, or the older text completions."""
    return COMPLETIONS if form == _TEXT else CHAT


def _with_model(incoming: Incoming, name: str) -> Incoming:
    """Return the request with the deployment as its model, checked: a body may leave the model out."""
    body = incoming.body
    if "model" in incoming.params and isinstance(body, dict):
        body = body | {"model": incoming.params["model"]}
    complaint = contract.check(name, body)
    if complaint is not None:
        raise CHAT.complain(complaint)
    return replace(incoming, body=body)


# -- spelling -----------------------------------------------------------------------------------------------------


def stream(turn: Turn, call: Call, stamp: Stamp) -> Iterator[Frame | Run]:
    """Yield the prompt's filter results, then the chunks of chat with those of each choice."""
    yield sse.data(_OPENING)
    if call.form != _TEXT:
        yield from chat_stream(turn, call, stamp, _filtered)
        return
    for frame in COMPLETIONS.stream(turn, call, stamp):
        text = frame.wire[frame.start : frame.end].decode()
        yield sse.data(_filtered(text)) if text else frame


def _filtered(text: str) -> str:
    """Return a chunk with the filter results of its choice, its keys sorted."""
    chunk = json.loads(text)
    for choice in chunk["choices"]:
        _filter(choice, choice.get("delta", choice))
    return sorted_compact(chunk)


def whole(turn: Turn, call: Call, stamp: Stamp) -> bytes:
    """Return the whole answer with all filter results."""
    answer = json.loads(_base(call.form).whole(turn, call, stamp))
    if call.form != _TEXT:
        answer["usage"]["latency_checkpoint"] = checkpoint(turn, stamp)
    for choice in answer["choices"]:
        said = choice.get("message", choice)
        _filter(choice, said)
        if choice["finish_reason"] == "content_filter":
            said.pop("content", None)
            if "text" in said:
                said["text"] = ""
    # sorted, the filter results of the prompt come between "object" and "system_fingerprint"
    before, after = _split(answer, "prompt_filter_results")
    return utf8(f'{before},"prompt_filter_results":{_PROMPT},{after}\n')


def _filter(choice: dict[str, Json], said: dict[str, Json]) -> None:
    """Add the filter results of a choice: empty beside anything but words and the end that a filter made."""
    words = said.get("content") or said.get("refusal") or said.get("text")
    found = _OUTPUT if words else {}
    choice["content_filter_results"] = _BLOCKED if choice["finish_reason"] == "content_filter" else found


def _split(answer: dict[str, Json], key: str) -> tuple[str, str]:
    """Return the sorted JSON up to where a key belongs, without closing brace, and from there on."""
    first = {name: value for name, value in answer.items() if name < key}
    rest = {name: value for name, value in answer.items() if name > key}
    return sorted_compact(first)[:-1], sorted_compact(rest)[1:]


def headers(turn: Turn, call: Call, stamp: Stamp, served: Callable[[str], str] = snapshot) -> Headers:
    """Return the headers of a successful answer, as answers of March to July 2026 have them.

    ``served`` tells the dated model behind a name.
    """
    kind = "text/event-stream; charset=utf-8" if call.stream else "application/json"
    return (
        ("content-type", kind),
        *front(stamp),
        ("azureai-fe-is-streaming", str(call.stream)),
        *_of_deployment(call.model, stamp, turn.usage.input_tokens),
        ("x-ms-rai-invoked", "true"),
        ("x-ms-served-model", plain(served(call.model))),
    )


def _of_deployment(model: str, stamp: Stamp, tokens: int) -> Headers:
    """Return the headers that tell what answered, and what is left of its limits."""
    # a deployment's session has begun earlier and goes on
    session = blake2b(model.encode("utf-8", "replace"), digest_size=4).hexdigest()
    return (
        ("azureml-model-session", f"d{stamp.now:%Y%m%d}000902-{session}"),
        ("skip-error-remapping", "true"),
        ("x-accel-buffering", "no"),
        ("x-ms-deployment-name", plain(model)),
        ("x-ms-is-spilled-over", "false"),
        ("x-ratelimit-abusepenalty-active", "False"),
        ("x-ratelimit-key", plain(model)),
        ("x-ratelimit-limit-requests", "1500"),
        ("x-ratelimit-limit-tokens", "250000"),
        ("x-ratelimit-remaining-requests", "1499"),
        ("x-ratelimit-remaining-tokens", str(max(0, 250_000 - tokens))),
        ("x-ratelimit-renewalperiod-requests", "10"),
        ("x-ratelimit-renewalperiod-tokens", "60"),
        ("x-ratelimit-reset-requests", "0"),
        ("x-ratelimit-reset-tokens", "0"),
    )


def error(error: ApiError, request: HttpRequest | None, stamp: Stamp) -> HttpResponse:
    """Return an error: the gateway's own form where it makes it, else the engine's, which is OpenAI's."""
    return refused(CHAT, error, request, stamp)


def refused(base: WireProtocol, error: ApiError, request: HttpRequest | None, stamp: Stamp) -> HttpResponse:
    """Return an error of Azure's in front of one of OpenAI's APIs."""
    form = _GATEWAY.get(error.kind)
    lost = error.code in (NO_ROUTE, "unknown_url")
    if lost:
        form = 404, NO_ROUTE, "Resource not found"
    elif form is None or (error.message and error.kind in ("permission", "not_found")):
        answer = base.error(error, request, stamp)
        return replace(answer, headers=(answer.headers[0], *front(stamp)))
    status, code, usual = form
    message = usual if lost else error.message or usual or _throttled(error.model or "", request)
    # as the gateway has it, only in this one
    space = " " if error.kind == "rate_limit" else ""
    body = f'{{"error":{{"code":"{code}","message":{space}{quote(message)}}}}}'
    sent: Headers = (("content-type", "application/json"), *front(stamp))
    if error.kind == "rate_limit":
        sent += RETRY
    if error.allow:
        sent += (("allow", ", ".join(error.allow)),)
    return HttpResponse(status=status, headers=sent, body=utf8(body))


RETRY: Headers = (("retry-after", "1"), ("retry-after-ms", "1000"), ("x-ratelimit-reset-tokens", "1"))
"""When to come back: the headers of a 429."""

_OPERATIONS = (
    ("/chat/completions", "ChatCompletions_Create"),
    ("/completions", "Completions_Create"),
    ("/embeddings", "Embeddings_Create"),
)


def _throttled(model: str, request: HttpRequest | None) -> str:
    """Return the sentence of a 429, as public reports from autumn 2025 to 2026 have it; the region is that of ``front``."""
    path, query = ("", "") if request is None else (request.path, request.query)
    asked = next((name for end, name in _OPERATIONS if path.endswith(end)), _OPERATIONS[0][1])
    version = parse_qs(query).get("api-version", [""])[-1]
    under = f"Azure OpenAI API version {version}" if version else "OpenAI Language Model Instance API"
    return (
        f"Your requests to {model} for {model} in East US have exceeded the token rate limit for your current OpenAI S0 "
        f"pricing tier. This request was for {asked} under {under}. Please retry after 1 second. To increase your default "
        "rate limit, visit: https://aka.ms/oai/quotaincrease."
    )


def embeddings(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer a request for embeddings, the deployment being the model.

    Raises:
        ApiError: the body breaks the contract, or the model makes no embeddings of that size.
    """
    check_version(incoming)
    known = _with_model(incoming, "openai-embeddings")
    model = str(known.body["model"])
    answered = openai_embeddings.listed(known.body, model)
    left = _of_deployment(model, stamp, answered["usage"]["total_tokens"])
    sent = (("content-type", "application/json"), *front(stamp), *left)
    return HttpResponse(status=200, headers=sent, body=utf8(pretty(answered) + "\n"))


def _reading() -> Reading:
    from mockllm_core.hosts.azure_openai_read import READING

    return READING


_DEPLOYMENT = "/openai/deployments/{model}"

PROTOCOL = replace(
    CHAT,
    name="azure-openai",
    title="Azure OpenAI Chat Completions",
    endpoints=(
        Endpoint(
            method="POST",
            path=f"{_DEPLOYMENT}/chat/completions",
            form=AZURE,
            query="api-version=2024-10-21",
        ),
        Endpoint(method="POST", path="/openai/v1/chat/completions", form=AZURE),
        Endpoint(method="POST", path=f"{_DEPLOYMENT}/completions", form=_TEXT),
        Endpoint(method="POST", path=f"{_DEPLOYMENT}/embeddings", kind="plain", answer=embeddings),
        Endpoint(method="POST", path="/openai/v1/embeddings", kind="plain", answer=embeddings),
        *(
            Endpoint(method="GET", path=f"{root}{rest}", kind="plain", answer=answer)
            for root in ("/openai/v1/models", "/openai/models")
            for rest, answer in (("", azure_models.listed), ("/{model}", azure_models.one))
        ),
        *(
            Endpoint(method="DELETE", path=f"{root}/{{model}}", kind="plain", answer=azure_models.deleted)
            for root in ("/openai/v1/models", "/openai/models")
        ),
        *azure_models.nothing_made(),
        *(
            Endpoint(method="GET", path=path, kind="plain", header="upgrade", sole=True, answer=no_talker)
            for path in ("/openai/v1/realtime", "/openai/realtime")
        ),
    ),
    parse=parse,
    runs=stream,
    whole=whole,
    headers=headers,
    error=error,
    reading=_reading,
    bound=remembering,
)
"""Chat under Azure's paths."""
