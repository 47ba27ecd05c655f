"""What an answer costs in which the provider ran tools: after each, the model reads the prompt again and all that was added.

A stream opens with the prompt as it was asked, and ends with the sum over all readings: both recordings with tools that
the provider ran, and every other that public projects keep. What a tool brought counts as its JSON.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockllm_core import tokens
from mockllm_core.jsontext import compact
from mockllm_core.protocols.anthropic_messages import opaque
from mockllm_core.protocols.anthropic_messages.cache import written
from mockllm_core.reply import Opaque

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Block, Usage

__all__ = ["summed"]


def summed(blocks: Sequence[Block], usage: Usage, call: Call) -> tuple[Usage, dict[str, Json]]:
    """Return the usage summed over all readings of the prompt, and what only a part of the answer tells.

    That is how a stream opens (``start``, with at most ``first`` tokens out), and each reading by itself where an advisor was asked (``iterations``): of no
    other tool are they told. What is in the cache is read from it each time.
    """
    before, rounds = _rounds(blocks)
    prompt, kept = usage.input_tokens + before, usage.cache_read + usage.cache_write
    if not rounds:
        return replace(usage, input_tokens=prompt) if before else usage, {}
    minutes, hour = written(usage, call)
    split: dict[str, Json] = {"ephemeral_5m_input_tokens": minutes, "ephemeral_1h_input_tokens": hour}
    start = _reading(
        prompt, usage.cache_read, usage.cache_write, rounds[0][0].tokens + usage.reasoning, split
    )
    readings = [start]
    out, added, again = start["output_tokens"], 0, 0
    for nth, (use, brought) in enumerate(rounds, 1):
        if opaque.opened(use).get("name") == "advisor":
            asked = _reading(prompt + added, 0, 0, brought, _UNSPLIT, "advisor_message")
            readings.append(asked | {"model": _advisor(call)})
        added += use.tokens + brought
        again += prompt + added
        spent = rounds[nth][0].tokens if nth < len(rounds) else max(0, usage.output_tokens - out)
        out += spent
        readings.append(_reading(prompt + added, kept, 0, spent, _UNSPLIT))
    total = replace(usage, input_tokens=prompt + again, cache_read=usage.cache_read + kept * len(rounds))
    begun = {key: start[key] for key in _INPUT} | {"first": start["output_tokens"]}
    told: dict[str, Json] = {"start": begun, "cache_creation": split}
    if any("model" in reading for reading in readings):
        told["iterations"] = readings
    return total, told


_INPUT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_UNSPLIT: dict[str, Json] = {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0}


def _advisor(call: Call) -> str:
    """Return the model that gives advice."""
    tools = [tool for tool in call.body.get("tools") or () if isinstance(tool, dict)]
    return next(str(tool.get("model")) for tool in tools if str(tool.get("type")).startswith("advisor_"))


def _rounds(blocks: Sequence[Block]) -> tuple[int, list[tuple[Opaque, int]]]:
    """Return the tokens of what was called before, and each call with those of what it brought, but for one still to be run."""
    found: list[tuple[Opaque, int]] = []
    before = 0
    for block in blocks:
        if not isinstance(block, Opaque):
            continue
        held = opaque.held(block)
        if held.get("type") in opaque.CALLS:
            if block.tokens:
                found.append((block, 0))
        elif "caller" not in held:
            brought = tokens.estimate(len(compact(held.get("content"))))
            if found:
                found[-1] = (found[-1][0], found[-1][1] + brought)
            else:
                before += brought
    return before, [one for one in found if one[1]]


def _reading(prompt: int, read: int, write: int, output: int, split: Json, kind: str = "message") -> dict[str, Json]:  # fmt: skip
    return {
        "input_tokens": prompt - read - write,
        "output_tokens": output,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": write,
        "cache_creation": split,
        "type": kind,
    }
