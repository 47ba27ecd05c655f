"""What models do not support behind Converse, and what AWS says of a request that asks for it.

Which: https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html, and the
reports that have the sentences, of 2024 to October 2026. A model that no row knows takes everything.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mockllm_core.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json

__all__ = ["check_features", "lacking"]

_SAID = {
    "system": "This model doesn't support system messages. Try again without a system message or use a model that supports "
    "system messages.",
    "tools": "This model doesn't support tool use.",
    "streamed tools": "This model doesn't support tool use in streaming mode.",
    "image": "This model doesn't support the image content block that you provided. Update the content block and try again.",
    "document": "This model doesn't support documents.",
    "cachePoint": "You invoked an unsupported model or your request did not allow prompt caching. See the documentation for "
    "more information.",
    "stopSequences": "This model doesn't support the stopSequences field. Remove stopSequences and try again.",
}

_LACKS = tuple(
    (re.compile(pattern), frozenset(found))
    for pattern, found in (
        (r"titan-t|cohere\.command-(text|light)|mistral-7b|mixtral-8x7b", ("system", "tools", "image")),
        (r"deepseek\.r1|llama2-|llama3-\d+b|llama3-2-[13]b|jamba-instruct", ("tools", "image")),
        (r"llama3-[13]-", ("streamed tools", "image")),
        (r"llama3-2-|llama4-", ("streamed tools",)),
        (r"nova-micro", ("image", "document")),
        (r"gpt-oss|qwen3-(32b|coder)", ("stopSequences", "image")),
        (r"zai\.glm", ("stopSequences", "image", "document")),
    )
)

_UNCACHED = re.compile(
    r"titan-|cohere\.|mistral|mixtral|deepseek|llama|jamba|gpt-oss|qwen|glm|kimi|nemotron|"
    r"claude-(?:v|instant|3-(?:opus|sonnet|haiku)-|3-5-sonnet-20240620)"
)
"""Models without a prompt cache, as the guide's table of those with one leaves over. They refuse a cache point with the
status of a denied access (DeepSeek in 2025, Kimi, Qwen, gpt-oss and Nemotron in 2026: anomalyco/opencode 782,
BerriAI/litellm 39210, Portkey-AI/docs-core 1025)."""


@lru_cache(maxsize=256)
def lacking(model: str) -> frozenset[str]:
    """Return what a model does not support."""
    name = model.lower()
    found = next((found for pattern, found in _LACKS if pattern.search(name)), frozenset())
    return found | {"cachePoint"} if _UNCACHED.search(name) else found


def check_features(lacks: frozenset[str], body: dict[str, Any], *, stream: bool) -> None:
    """Refuse the first thing that a request asks for and the model does not support.

    Raises:
        ApiError: see above.
    """
    for found in _asked(body, stream=stream):
        if found in lacks:
            raise ApiError("permission" if found == "cachePoint" else "invalid_request", _SAID[found])


def _asked(body: dict[str, Any], *, stream: bool) -> Iterator[str]:
    if body.get("system"):
        yield "system"
        yield from _points(body["system"])
    config, limits = body.get("toolConfig"), body.get("inferenceConfig")
    if isinstance(config, dict) and config.get("tools"):
        yield "tools"
        if stream:
            yield "streamed tools"
        yield from _points(config["tools"])
    if isinstance(limits, dict) and limits.get("stopSequences"):
        yield "stopSequences"
    for message in _list(body.get("messages")):
        for block in _list(message.get("content") if isinstance(message, dict) else None):
            if isinstance(block, dict):
                yield from (kind for kind in ("image", "document", "cachePoint") if kind in block)


def _points(blocks: Json) -> Iterator[str]:
    return ("cachePoint" for block in _list(blocks) if isinstance(block, dict) and "cachePoint" in block)


def _list(value: Json) -> list[Any]:
    return value if isinstance(value, list) else []
