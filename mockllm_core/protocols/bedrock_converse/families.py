"""What differs by model family: where texts are cut, how arguments are spelled, how reasoning is asked for.

Sources: recordings of Claude 3 to 4.6, Nova, Titan, gpt-oss, Qwen, DeepSeek and Kimi on Converse, 2025 and 2026.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mockllm_core.jsontext import compact, spaced
from mockllm_core.plan import Cut

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = [
    "CLAUDE",
    "GPT_OSS",
    "NOVA",
    "OTHER",
    "TITAN",
    "Family",
    "asks_to_think",
    "family",
]


class Family(NamedTuple):
    """One family's form.

    Attributes:
        name: for people.
        provider: as the model lists name it.
        cut: how its replies are cut and its arguments spelled.
        empty_input: a streamed tool call begins with an empty piece of input.
        tool_type: in a whole answer ``toolUse`` has ``"type":"tool_use"``.
        cache_counts: the usage of a whole answer always has the cache counts, zeros too.
        signed: its reasoning carries a signature.
        thinks: it shows reasoning without being asked.
        opening: a stream with reasoning opens with an empty text block.
        omits: its thoughts are kept back, all but the signature, unless ``display`` asks for them.
        masks: a word stands for its thoughts, all of which are counted (the guide to Nova 2: `[REDACTED]`).
        adaptive: it can be asked to think as much as it chooses (Claude 4.6 and later).
        always: no call can be forced (Claude 5.1 and later).
        off: the type of ``thinking`` that turns it off, ``""`` where nothing does (see the Messages protocol's families).
        samples: how many of ``temperature`` and ``topP`` it takes; with 0 a temperature of 1 only (Claude 4.7 and later).
        effort: it takes ``output_config.effort`` (Claude Opus 4.5, and all of 4.6 and later).
        prefill: a last turn of the assistant is continued (Claude before 4.6).
        breaks: a call that the cap on the answer's tokens would cut ends in an error (Nova).
    """

    name: str
    provider: str
    cut: Cut
    empty_input: bool = False
    tool_type: bool = False
    cache_counts: bool = False
    signed: bool = False
    thinks: bool = False
    opening: bool = False
    omits: bool = False
    masks: bool = False
    adaptive: bool = True
    always: bool = False
    off: str = "disabled"
    samples: int = 2
    effort: bool = True
    prefill: bool = True
    breaks: bool = False


CLAUDE = Family(
    name="Claude",
    provider="Anthropic",
    cut=Cut(text=10, arguments=8, dumps=spaced),
    empty_input=True,
    tool_type=True,
    cache_counts=True,
    signed=True,
)
_CLAUDE_OMITTING = CLAUDE._replace(omits=True, samples=0, prefill=False)
_CLAUDE_4_5 = CLAUDE._replace(adaptive=False, samples=1, effort=False)
_CLAUDE_4 = CLAUDE._replace(adaptive=False, effort=False)
_CLAUDE_WITHOUT_CACHE = Family(
    name="Claude",
    provider="Anthropic",
    cut=Cut(text=0, arguments=8, dumps=spaced),
    empty_input=True,
    signed=True,
    adaptive=False,
    effort=False,
)
NOVA = Family(name="Nova", provider="Amazon", cut=Cut(text=12, arguments=None, dumps=compact), breaks=True)
NOVA_2 = NOVA._replace(masks=True)
TITAN = Family(name="Titan", provider="Amazon", cut=Cut(text=200, arguments=None, dumps=compact))
GPT_OSS = Family(
    name="gpt-oss",
    provider="OpenAI",
    cut=Cut(text=16, arguments=None, dumps=compact),
    thinks=True,
    opening=True,
)
OTHER = Family(name="other", provider="Mock", cut=Cut(text=0, arguments=None, dumps=compact))

_FAMILIES: tuple[tuple[str, Family], ...] = (
    (r"claude-(?:v|instant|3-(?:opus|sonnet|haiku)-|3-5-sonnet-20240620)", _CLAUDE_WITHOUT_CACHE),
    (r"claude-sonnet-5-[5-9](?!\d)", _CLAUDE_OMITTING._replace(always=True, off="between_tools")),
    (r"claude-haiku-5-[1-9](?!\d)", _CLAUDE_OMITTING._replace(always=True)),
    (r"claude-[a-z]+-5-[1-9](?!\d)", _CLAUDE_OMITTING._replace(always=True, off="")),
    (r"claude-fable-", _CLAUDE_OMITTING._replace(off="")),
    (r"claude-(?:opus-4-[789]|[a-z]+-5)(?!\d)", _CLAUDE_OMITTING),
    (r"claude-[a-z]+-4-6(?!\d)", CLAUDE._replace(samples=1, prefill=False)),
    (r"claude-opus-4-5(?!\d)", _CLAUDE_4_5._replace(effort=True)),
    (r"claude-[a-z]+-4-[15](?!\d)", _CLAUDE_4_5),
    (r"claude-(?:3-|[a-z]+-4(?!-\d(?!\d)))", _CLAUDE_4),
    (r"anthropic\.|claude", CLAUDE),
    (r"nova-(?:canvas|reel|sonic)|titan-image", OTHER._replace(provider="Amazon")),
    (r"nova-2-", NOVA_2),
    (r"amazon\.nova|(?:^|[./])nova-", NOVA),
    (r"amazon\.titan|titan-", TITAN),
    (r"gpt-oss", GPT_OSS),
    (r"deepseek", Family(name="DeepSeek", provider="DeepSeek", cut=OTHER.cut, thinks=True)),
    (r"kimi", Family(name="Kimi", provider="Moonshot AI", cut=OTHER.cut, thinks=True)),
    (r"qwen\.", Family(name="Qwen", provider="Qwen", cut=OTHER.cut)),
    (r"meta\.|llama", Family(name="Llama", provider="Meta", cut=OTHER.cut)),
    (r"mistral", Family(name="Mistral", provider="Mistral AI", cut=OTHER.cut)),
    (r"ai21\.", Family(name="Jamba", provider="AI21 Labs", cut=OTHER.cut)),
    (r"(?:stability|writer|luma|twelvelabs)\.", OTHER),
    (r"cohere\.", Family(name="Command", provider="Cohere", cut=OTHER.cut)),
)


@lru_cache(maxsize=256)
def family(model: str) -> Family:
    """Return the family of a model id, an inference profile or an ARN; a name that says nothing is a Claude."""
    name = model.lower()
    return next((found for pattern, found in _FAMILIES if re.search(pattern, name)), CLAUDE)


def asks_to_think(model: str, fields: Json) -> bool:
    """Tell whether a request makes the model show reasoning.

    ``fields`` are its ``additionalModelRequestFields``: ``thinking`` or ``reasoning_config`` (Claude),
    ``reasoningConfig`` (Nova), ``reasoning_effort`` (gpt-oss), ``reasoning_config`` as an effort (Qwen).
    """
    if not isinstance(fields, dict) or not fields:
        return family(model).thinks
    for key in ("thinking", "reasoning_config", "reasoningConfig"):
        asked = fields.get(key)
        if isinstance(asked, dict):
            return asked.get("type") in ("enabled", "adaptive")
        if isinstance(asked, str):
            return asked != "none"
    return family(model).thinks
