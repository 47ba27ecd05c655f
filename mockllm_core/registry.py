"""All that is spoken here: a literal tuple, greppable, typed and ordered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.errors import UnknownProtocol
from mockllm_core.hosts import (
    anthropic_vertex,
    azure_openai,
    azure_responses,
    bedrock_invoke,
    openai_completions,
)
from mockllm_core.protocols import (
    anthropic_messages,
    bedrock_converse,
    google_genai,
    openai_chat,
    openai_responses,
)

if TYPE_CHECKING:
    from mockllm_core.protocol import WireProtocol

__all__ = ["HOSTS", "PROTOCOLS", "find"]

PROTOCOLS: tuple[WireProtocol, ...] = (
    openai_chat.PROTOCOL,
    openai_responses.PROTOCOL,
    anthropic_messages.PROTOCOL,
    bedrock_converse.PROTOCOL,
    google_genai.PROTOCOL,
)
"""The APIs that can be named on the command line."""

HOSTS: tuple[WireProtocol, ...] = (
    openai_completions.PROTOCOL,
    azure_openai.PROTOCOL,
    azure_responses.PROTOCOL,
    anthropic_vertex.PROTOCOL,
    bedrock_invoke.PROTOCOL,
)
"""Other roads to their events; asked for by path."""


def find(name: str) -> WireProtocol:
    """Return the protocol of that name.

    Raises:
        UnknownProtocol: there is none.
    """
    for protocol in PROTOCOLS:
        if protocol.name == name:
            return protocol
    known = ", ".join(protocol.name for protocol in PROTOCOLS)
    raise UnknownProtocol(f"{name!r} is no protocol; there are {known}")
