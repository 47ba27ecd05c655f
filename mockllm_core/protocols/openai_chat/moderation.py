"""The moderation results that a request with ``moderation`` gets beside its answer.

Their numbers are spelled by another encoder than the rest: ``5.8e-6`` where Python writes ``5.8e-06``, and plain
decimals down to 0.00001 (recorded in July 2026). Hence the text is made here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockllm_core import moderated
from mockllm_core.jsontext import compact, pretty

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn
    from mockllm_core.stamp import Stamp

__all__ = ["respell", "results", "wanted"]

_SMALL = re.compile(r'("(?:[^"\\]|\\.)*")|(\d)(?:\.(\d+))?e-0?(\d+)')


def wanted(turn: Turn, call: Call) -> bool:
    """Tell whether the answer carries moderation results."""
    return "moderation" in turn.facts or isinstance(call.body.get("moderation"), dict)


def results(turn: Turn, call: Call, stamp: Stamp) -> dict[str, Json]:
    """Return the results for input and output: nothing is flagged, all scores are small."""
    if "moderation" in turn.facts:
        noted: dict[str, Json] = turn.facts["moderation"]
        return noted
    model = str(call.body["moderation"].get("model", "omni-moderation-latest"))
    return {side: _side(model, stamp, side) for side in ("input", "output")}


def _side(model: str, stamp: Stamp, side: str) -> dict[str, Json]:
    return {"type": "moderation_results", "model": model, "results": [moderated.result(model, stamp, side)]}


def respell(value: Json, *, indented: bool = False) -> str:
    """Return JSON text, compact or indented, with small numbers as the moderation service spells them."""
    text = pretty(value) if indented else compact(value)
    return _SMALL.sub(_number, text)


def _number(match: re.Match[str]) -> str:
    string, first, rest, exponent = match.groups()
    if string is not None:
        return str(string)
    if int(exponent) > 5:
        return f"{first}.{rest}e-{int(exponent)}" if rest else f"{first}e-{int(exponent)}"
    return "0." + "0" * (int(exponent) - 1) + first + (rest or "")
