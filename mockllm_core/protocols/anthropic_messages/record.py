"""The record that names all parts of the protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.jsontext import spaced
from mockllm_core.pattern import Varying
from mockllm_core.plan import Cut
from mockllm_core.protocol import Endpoint, WireProtocol
from mockllm_core.protocols.anthropic_messages.cache import remembering
from mockllm_core.protocols.anthropic_messages.errors import complain, error, fail
from mockllm_core.protocols.anthropic_messages.headers import headers
from mockllm_core.protocols.anthropic_messages.models import (
    batches,
    count,
    files,
    models,
    one_model,
    skills,
)
from mockllm_core.protocols.anthropic_messages.parse import parse
from mockllm_core.protocols.anthropic_messages.shape import ASKED, NAME, supports
from mockllm_core.protocols.anthropic_messages.stream import SPACES, stream, varying
from mockllm_core.protocols.anthropic_messages.whole import whole

if TYPE_CHECKING:
    from mockllm_core.protocol import Reading

__all__ = ["PROTOCOL"]

_FOUNDRY = "/anthropic"
"""Stands before the paths on Microsoft Foundry and Bedrock's Mantle, which take and answer the same."""


def _reading() -> Reading:
    from mockllm_core.protocols.anthropic_messages.read_whole import READING

    return READING


PROTOCOL = WireProtocol(
    name=NAME,
    title="Anthropic Messages",
    endpoints=(
        *(
            endpoint
            for above in ("", _FOUNDRY)
            for endpoint in (
                Endpoint(method="POST", path=f"{above}/v1/messages", contract=NAME),
                Endpoint(
                    method="POST",
                    path=f"{above}/v1/messages/count_tokens",
                    kind="plain",
                    contract="anthropic-count-tokens",
                    answer=count,
                ),
            )
        ),
        Endpoint(method="GET", path="/v1/models", kind="plain", header="anthropic-version", answer=models),
        Endpoint(
            method="GET",
            path="/v1/models/{model}",
            kind="plain",
            header="anthropic-version",
            answer=one_model,
        ),
        Endpoint(method="GET", path="/v1/messages/batches", kind="plain", sole=True, answer=batches),
        *(
            Endpoint(
                method="GET", path=path, kind="plain", header="anthropic-version", sole=True, answer=answer
            )
            for path, answer in (("/v1/files", files), ("/v1/skills", skills))
        ),
    ),
    cut=Cut(text=12, arguments=8, dumps=spaced),
    parse=parse,
    supports=supports,
    runs=stream,
    whole=whole,
    headers=headers,
    complain=complain,
    error=error,
    fail=fail,
    reading=_reading,
    ends=ASKED,
    varying=Varying(stream, stream, varying, SPACES),
    bound=remembering,
)
