"""Which body a model takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.protocols.bedrock_converse.families import family

if TYPE_CHECKING:
    from typing import Any

__all__ = ["CLAUDE", "COHERE_EMBED", "NOVA", "TITAN", "TITAN_EMBED", "form_of"]

CLAUDE = "bedrock"
"""The name under which the Anthropic protocol knows this host."""
NOVA = "nova"
TITAN = "titan"
TITAN_EMBED = "titan-embed"
COHERE_EMBED = "cohere-embed"

_NAMED = {"Claude": CLAUDE, "Nova": NOVA, "Titan": TITAN}
_TELLING = re.compile(
    "anthropic|claude|nova|titan|cohere|meta\\.|llama|mistral|openai|gpt|qwen|deepseek|ai21|"
    "(?:stability|writer|luma|twelvelabs)\\."
)
_NO_TEXT = re.compile("canvas|reel|sonic|image|stability\\.|luma\\.|twelvelabs\\.")
"""Models whose answers are no text."""


def form_of(model: str, body: dict[str, Any]) -> str:
    """Return the form of a model's bodies; a name that says nothing (a profile's ARN) leaves it to the body.

    Raises:
        ApiError: the family has bodies that are not spoken here.
    """
    name = model.lower()
    if "embed" in name:
        if "nova" in name or "twelvelabs" in name:
            raise _no_access(model, "There is no Converse for it, either.")
        return COHERE_EMBED if "cohere" in name else TITAN_EMBED
    if not _TELLING.search(name):
        return _by_body(body)
    form = _NAMED.get(family(model).name)
    if form is None:
        draws = _NO_TEXT.search(name) is not None
        raise _no_access(model, "There is no Converse for it, either." if draws else "Converse speaks it.")
    return form


def _no_access(model: str, instead: str) -> ApiError:
    """Return what AWS says to somebody who may not use the model, in the words of public reports of 2024 to 2026."""
    return ApiError(
        "permission",
        "You don't have access to the model with the specified model ID.",
        model=model,
        remark=f"mockllm's InvokeModel speaks Claude, Nova, Titan and Cohere Embed, not {model}. {instead}",
    )


def _by_body(body: dict[str, Any]) -> str:
    if "input_type" in body and not {"texts", "images", "inputs"}.isdisjoint(body):
        return COHERE_EMBED
    if "inputText" in body:
        return TITAN if "textGenerationConfig" in body else TITAN_EMBED
    if "schemaVersion" in body or "inferenceConfig" in body:
        return NOVA
    return CLAUDE
