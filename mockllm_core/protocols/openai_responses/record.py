"""The record, and the endpoints that it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core import jsontext, tokens
from mockllm_core.exchange import HttpResponse
from mockllm_core.pattern import OBFUSCATION, Varying
from mockllm_core.plan import Cut
from mockllm_core.protocol import Endpoint, WireProtocol
from mockllm_core.protocols.openai_responses import state
from mockllm_core.protocols.openai_responses.complaints import complain
from mockllm_core.protocols.openai_responses.errors import error, fail
from mockllm_core.protocols.openai_responses.headers import headers, plain
from mockllm_core.protocols.openai_responses.items import NAME, supports, varying
from mockllm_core.protocols.openai_responses.parse import counted
from mockllm_core.protocols.openai_responses.stream import stream, whole

if TYPE_CHECKING:
    from mockllm_core.protocol import Incoming, Reading
    from mockllm_core.stamp import Stamp

__all__ = ["PROTOCOL"]


def _counted(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    """Answer ``POST /v1/responses/input_tokens`` with the estimate that usage has, too."""
    told = {"object": "response.input_tokens", "input_tokens": tokens.prompt(counted(incoming.body, "tools"))}
    return HttpResponse(status=200, headers=plain(stamp), body=jsontext.pretty(told).encode())


def _opened(incoming: Incoming, stamp: Stamp) -> HttpResponse:
    from mockllm_core.protocols.openai_responses.socket import opened

    return opened(incoming, stamp)


def _reading() -> Reading:
    from mockllm_core.protocols.openai_responses.read import READING

    return READING


_COUNT, _COMPACT = "openai-responses-input-tokens", "openai-responses-compact"
_ENDPOINTS = (
    Endpoint(method="POST", path="/v1/responses", contract=NAME),
    Endpoint(method="POST", path="/responses", contract=NAME),
    Endpoint(
        method="POST", path="/v1/responses/input_tokens", kind="plain", contract=_COUNT, answer=_counted
    ),
    Endpoint(method="POST", path="/responses/input_tokens", kind="plain", contract=_COUNT, answer=_counted),
    *(
        Endpoint(method="POST", path=path, kind="plain", contract=_COMPACT, answer=state.uncompacted)
        for path in ("/v1/responses/compact", "/responses/compact")
    ),
    *state.endpoints(),
    *(
        Endpoint(method="GET", path=path, kind="plain", header="upgrade", answer=_opened)
        for path in ("/v1/responses", "/responses")
    ),
)

PROTOCOL = WireProtocol(
    name=NAME,
    title="OpenAI Responses",
    endpoints=_ENDPOINTS,
    cut=Cut(text=0, arguments=0, dumps=jsontext.compact, raw=True),
    parse=state.forgetful,
    supports=supports,
    runs=stream,
    whole=whole,
    headers=headers,
    complain=complain,
    error=error,
    fail=fail,
    reading=_reading,
    varying=Varying(stream, stream, varying, OBFUSCATION),
    bound=state.stateful,
)
