"""What tools of OpenAI's own used up, beside the model: ``tool_usage`` of a finished response.

As recorded: a request for each call that searches the web (September 2026, pydantic/pydantic-ai
``test_openai_responses_model_web_search_tool_with_blocked_domains.yaml``: one call with three queries counts 1), and the
tokens of pictures, which a public report of 2026 shows to be text in and picture out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core import tokens
from mockllm_core.protocols.openai_responses.echo import TOOL_USAGE
from mockllm_core.reply import Opaque

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.reply import Turn

__all__ = ["counted", "spent"]

_IMAGE_TOKENS = {"low": 272, "medium": 1056, "high": 4160}
"""Of a square picture, by its quality: https://platform.openai.com/docs/guides/image-generation (cost and latency)."""


def spent(turn: Turn) -> Json:
    """Return what an answer's tools used up: as a reader found it, or by its items."""
    found = turn.facts.get("tool_usage")
    return found or counted([block.payload["item"] for block in turn.blocks if isinstance(block, Opaque)])


def counted(items: list[Json]) -> Json:
    """Return what those items used up; a picture counts its prompt in and, by its quality, itself out."""
    searches = pictures = prompts = 0
    for item in items:
        if item.get("type") == "web_search_call":
            searches += 1
        elif item.get("type") == "image_generation_call":
            pictures += _IMAGE_TOKENS.get(str(item.get("quality")), _IMAGE_TOKENS["medium"])
            prompts += tokens.estimate(len(str(item.get("revised_prompt") or "")))
    if not (searches or pictures):
        return TOOL_USAGE
    image = {
        "input_tokens": prompts,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": prompts},
        "output_tokens": pictures,
        "output_tokens_details": {"image_tokens": pictures, "text_tokens": 0},
        "total_tokens": prompts + pictures,
    }
    return {"image_gen": image, "web_search": {"num_requests": searches}}
