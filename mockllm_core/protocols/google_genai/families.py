"""What differs by model family at the same date, and which snapshot an alias names.

Read off the recordings: ``index`` from 2.5 on, ``candidatesTokensDetails`` and ``avgLogprobs`` up to 2.0, call ids
on Gemini 3 except 3 Pro, one chunk per call and a last empty chunk on Gemini 3, ``finishMessage`` from 2.5 on.
Vertex AI writes the same answers with another message type: no ``index`` for the first candidate, candidate
details on every model, no ``finishMessage``, ``avgLogprobs`` up to 2.5 (as printed in January, June and August 2026),
and a last empty chunk from 2.5 on but not on Gemini 3.0.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Literal

from mockllm_core.record import record

__all__ = ["ALIASES", "Family", "family", "least_cached", "resolved"]

ALIASES = {"gemini-flash-latest": "gemini-3.6-flash"}
"""Alias to what ``modelVersion`` says; every other name is echoed."""

_VERSION = re.compile(r"gemini-(\d+)(?:\.(\d+))?")
_LATEST = re.compile(r"gemini-[a-z-]*latest\Z")


@record(kw_only=True)
class Family:
    """One model family's form.

    Attributes:
        version: major and minor number; ``(0, 0)`` for a model that is no Gemini.
        index: the first candidate says ``"index": 0``.
        candidate_details: usage has ``candidatesTokensDetails``.
        average: a whole answer has ``avgLogprobs``.
        together: all calls of an answer share one chunk.
        call_id: alphabet's name of ``functionCall.id``: ``gemini`` (8 of a-z0-9), ``vertex`` (``call_`` and six
            digits) or ``""`` for no id.
        trailing: a stream ends with a chunk of the empty text.
        thinking: the model thinks, so it may be asked to.
        signature: where the thought signature stands: ``first`` (first part that is no thought, when functions
            are declared), ``last`` (the first call, else the last text) or ``""``.
        finish_message: a candidate that ends in calls says so.
    """

    version: tuple[int, int]
    index: bool = True
    candidate_details: bool = False
    average: bool = False
    together: bool = True
    call_id: Literal["", "gemini", "vertex"] = ""
    trailing: bool = False
    thinking: bool = True
    signature: Literal["", "first", "last"] = "first"
    finish_message: bool = True


_OLD = Family(
    version=(2, 0),
    index=False,
    candidate_details=True,
    average=True,
    thinking=False,
    signature="",
    finish_message=False,
)
_TWO_FIVE = Family(version=(2, 5))
_THREE = Family(version=(3, 0), together=False, call_id="gemini", trailing=True, signature="last")


@lru_cache(maxsize=256)
def family(model: str, *, vertex: bool = False) -> Family:
    """Return the form of a model's answers; a name that says no version gets the 2.5 form."""
    name = resolved(model)
    found = _VERSION.search(name)
    version = (int(found[1]), int(found[2] or 0)) if found else (0, 0)
    if version >= (3, 0) or _LATEST.search(name):
        made = replace(_THREE, version=max(version, (3, 0)))
        if "gemini-3-pro" in name:
            made = replace(made, call_id="")
    elif (0, 0) < version < (2, 5):
        made = replace(_OLD, version=version)
    else:
        made = replace(_TWO_FIVE, version=version)
    if not vertex:
        return made
    return replace(
        made,
        index=False,
        candidate_details=True,
        average=made.average or made.version == (2, 5),
        call_id="vertex" if made.call_id else "",
        trailing=made.thinking and made.version != (3, 0),
        finish_message=False,
    )


def least_cached(model: str, *, vertex: bool) -> int:
    """Return how many tokens a cached content must hold at least.

    As the refusals of 2026 print it, not as the tables say, which are about implicit caching: on the Gemini API 1,024
    on six models of the 3 family (26 September), 2,048 on 2.5 Flash-Lite (26 May) and 2.5 Pro, 4,096 on 2.0 Flash
    (28 July), 1,024 on 2.5 Flash; on Vertex AI 4,096 on 3.5 and 3.8 Flash (July to 27 September), 1,024 on 2.5 Flash.
    """
    name = resolved(model)
    version = family(name, vertex=vertex).version
    if vertex:
        return 4096 if version >= (3, 0) else 1024
    if (0, 0) < version < (2, 5):
        return 4096
    return 2048 if version == (2, 5) and ("-lite" in name or "-pro" in name) else 1024


def resolved(model: str) -> str:
    """Return the model's name in ``modelVersion``, without ``models/`` and the like before it."""
    name = model.rpartition("/")[2]
    return ALIASES.get(name, name)
