"""Request contracts from the SDKs' own request types: derived ahead of time, checked in as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_cli.derive.rules import Contract

__all__ = ["CONTRACTS", "derive"]


def derive(name: str) -> str:
    """Return a contract's text, made from the SDKs that are installed."""
    return _makers()[name]().dump(name)


def _makers() -> dict[str, Callable[[], Contract]]:
    from mockllm_cli.derive import anthropic, bedrock, google, openai

    return {
        "anthropic-count-tokens": anthropic.count_tokens,
        "anthropic-messages": anthropic.messages,
        "bedrock-converse": bedrock.converse,
        "bedrock-invoke-anthropic": anthropic.bedrock_invoke,
        "google-batch-embed-contents": google.batch_embed_contents,
        "google-count-tokens": google.count_tokens,
        "google-embed-content": google.embed_content,
        "google-genai": google.generate,
        "openai-chat": openai.chat,
        "openai-completions": openai.completions,
        "openai-embeddings": openai.embeddings,
        "openai-responses": openai.responses,
        "openai-responses-input-tokens": openai.input_tokens,
    }


CONTRACTS = tuple(_makers())
