"""The engine without a host: a body in, the frames that the provider would send out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mockllm_core import jsontext
from mockllm_core.engine import FIXED_NOW, Engine, Settings
from mockllm_core.errors import MockllmError
from mockllm_core.exchange import HttpRequest
from mockllm_core.frame import Frame, frames
from mockllm_core.registry import find

if TYPE_CHECKING:
    from datetime import datetime

    from mockllm_core.exchange import HttpResponse
    from mockllm_core.frame import Json
    from mockllm_core.protocol import WireProtocol

__all__ = ["Refused", "render", "request_for"]


class Refused(MockllmError):
    """A request that was rendered got an error answer; its sentence ends with the provider's own.

    Attributes:
        response: the provider's error, status, headers and body.
    """

    def __init__(self, response: HttpResponse, sentence: str) -> None:
        super().__init__(sentence)
        self.response = response


def render(  # noqa: PLR0913 - one keyword for each thing that a request can vary
    protocol: str,
    body: Json,
    *,
    stream: bool | None = None,
    seed: str = "0",
    now: datetime = FIXED_NOW,
    model: str = "",
    path: str = "",
    settings: Settings | None = None,
) -> list[Frame]:
    """Return the frames that the provider would send for a request; a whole answer is one frame.

    Args:
        protocol: one of the names in PROTOCOLS.
        body: the request body, parsed.
        stream: True or False overrides the body; None follows it (and streams where the path decides).
        seed: the same request with the same seed gives the same bytes.
        now: the time of the answer, aware, UTC.
        model: another model than ``model`` or ``modelId`` of the body.
        path: another route of the protocol, query allowed, instead of its main one.
        settings: how to answer in every other respect; its seed counts instead of ``seed``.

    Raises:
        UnknownProtocol: there is no such protocol.
        Refused: the answer is an error; it carries the response.
    """
    request = request_for(find(protocol), body, stream=stream, model=model, path=path)
    response = Engine(settings or Settings(seed=seed)).answer(request, now=now)
    if response.body is None:
        return list(frames(response.steps))
    if response.status >= 400:
        said = _told(response.body)
        raise Refused(
            response,
            f"{protocol} refuses the request with status {response.status}{': ' if said else ''}{said}",
        )
    return [Frame("", response.body, 0, len(response.body))]


def request_for(
    protocol: WireProtocol, body: Json, *, stream: bool | None = None, model: str = "", path: str = ""
) -> HttpRequest:
    """Return the HTTP request that brings a body to a protocol, as ``render`` does it."""
    query = ""
    if path:
        path, _, query = path.partition("?")
    else:
        wanted = (True, None) if stream is None else (stream, None)
        generate = [endpoint for endpoint in protocol.endpoints if endpoint.kind == "generate"]
        endpoint = next((one for one in generate if one.stream in wanted), generate[0])
        query = endpoint.query
        path = endpoint.path
        if "{model}" in path:
            body = dict(body) if isinstance(body, dict) else body
            named = [body.pop(key, None) for key in ("modelId", "model")] if isinstance(body, dict) else []
            from urllib.parse import quote

            chosen = model or next((name for name in named if isinstance(name, str) and name), "mock-model")
            path = path.replace("{model}", quote(chosen, safe=""))
        elif isinstance(body, dict) and (stream is not None or model):
            body = dict(body)
            if stream is not None:
                body["stream"] = stream
            if model:
                body["model"] = model
    return HttpRequest(method="POST", path=path, query=query, body=json.dumps(body).encode())


def _told(body: bytes) -> str:
    """Return the sentence in a provider's error body, ``""`` when it holds none."""
    try:
        told = jsontext.parse(body)
    except ValueError:
        return ""
    told = told[0] if isinstance(told, list) and told else told
    error = told.get("error", told) if isinstance(told, dict) else None
    sentence = error.get("message") if isinstance(error, dict) else None
    return sentence.strip() if isinstance(sentence, str) else ""
