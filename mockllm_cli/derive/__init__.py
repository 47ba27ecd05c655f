"""Request contracts from the SDKs' own request types: derived ahead of time, checked in as data.

``shapes`` turns Python types into JSON Schemas, ``rules`` has the words for relaxing and tightening them, and a
module a provider says which types make which contract and what the provider does otherwise, with its source. The
SDKs are imported when a contract is made, never before. ``moved`` says what a newer SDK changed.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_cli.derive.rules import Contract

__all__ = ["CONTRACTS", "SDKS", "derive", "versions"]

_GOOGLE, _ANTHROPIC = ("google", "google-genai"), ("anthropic", "anthropic")
_BEDROCK, _OPENAI = ("bedrock", "types-aiobotocore-bedrock-runtime"), ("openai", "openai")

#: contract -> (module here, distribution, function)
CONTRACTS = {
    "anthropic-count-tokens": (*_ANTHROPIC, "count_tokens"),
    "anthropic-messages": (*_ANTHROPIC, "messages"),
    "anthropic-vertex": (*_ANTHROPIC, "vertex"),
    "bedrock-converse": (*_BEDROCK, "converse"),
    "bedrock-invoke-anthropic": (*_ANTHROPIC, "bedrock_invoke"),
    "google-batch-embed-contents": (*_GOOGLE, "batch_embed_contents"),
    "google-cached-content": (*_GOOGLE, "cached_content"),
    "google-count-tokens": (*_GOOGLE, "count_tokens"),
    "google-embed-content": (*_GOOGLE, "embed_content"),
    "google-genai": (*_GOOGLE, "generate"),
    "openai-chat": (*_OPENAI, "chat"),
    "openai-completions": (*_OPENAI, "completions"),
    "openai-conversations": (*_OPENAI, "conversations"),
    "openai-embeddings": (*_OPENAI, "embeddings"),
    "openai-responses": (*_OPENAI, "responses"),
    "openai-responses-compact": (*_OPENAI, "compact"),
    "openai-responses-input-tokens": (*_OPENAI, "input_tokens"),
}

#: the distributions whose types make the contracts
SDKS = tuple(sorted({distribution for _, distribution, _ in CONTRACTS.values()}))


def derive(contract: str) -> str:
    """Return a contract's text, made from the SDK that is installed.

    Raises:
        DeriveError: the SDK's types no longer fit the rules.
        ImportError: the SDK is not installed, or has not that type.
    """
    module, _, function = CONTRACTS[contract]
    make: Callable[[], Contract] = getattr(import_module(f"mockllm_cli.derive.{module}"), function)
    return make().dump(contract)


def versions() -> dict[str, str]:
    """Return the versions of the SDKs that are installed; ``""`` for one that is not."""
    found = {}
    for sdk in SDKS:
        try:
            found[sdk] = version(sdk)
        except ModuleNotFoundError:
            found[sdk] = ""
    return found
