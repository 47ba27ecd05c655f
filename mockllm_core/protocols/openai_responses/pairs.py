"""Reasoning and what it led to belong together: items sent back with their ids are held against what is kept.

The three refusals are among the most reported of this API, from 2025 to September 2026: "Items are not persisted"
(github.com/can1357/oh-my-pi/issues/41, 404), "without its required following item"
(github.com/continuedev/continue/issues/8933) and "without its required 'reasoning' item"
(github.com/VRSEN/agency-swarm/issues/367). Reasoning that is sealed (``encrypted_content``) brings along all that is
needed of it. Ids of another make than ours are nobody's, and not judged.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.protocols.openai_responses.references import lost, shared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mockllm_core.frame import Json

__all__ = ["check_pairs"]

_LED_TO = frozenset(("function_call", "custom_tool_call", "message"))

_MOST = 4
"""Items looked up for one request, from the end: who drops reasoning drops it in the last turn, too."""


def check_pairs(body: Json, kept: Callable[[str], Iterable[Json]]) -> None:
    """Refuse reasoning of which nothing is kept or that nothing follows, and a call sent without its reasoning.

    Args:
        body: any request; few hold items with ids.
        kept: returns the items of the responses whose ids share that part.
    """
    given = body.get("input")
    if given.__class__ is not list or not any(map(_named, given)):
        return
    for at, item in enumerate(given):
        if item.get("type") == "reasoning" and shared(_named(item)) and not item.get("encrypted_content"):
            _thought(item, given[at + 1 :][:1], kept if body.get("store") is False else None)
    if not body.get("previous_response_id"):
        _led_to(given, kept)


def _named(item: Json) -> str:
    name = item.get("id")
    return name if isinstance(name, str) else ""


def _thought(item: Json, then: list[Json], kept: Callable[[str], Iterable[Json]] | None) -> None:
    """Check bare reasoning: it is kept, if nothing but this server's memory is asked, and the model went on after it."""
    name = item["id"]
    if kept is not None and all(one.get("id") != name for one in kept(shared(name))):
        raise lost(name, kept=False)
    if (
        not then
        or then[0].get("role", "assistant") != "assistant"
        or str(then[0].get("type")).endswith("_output")
    ):
        raise ApiError(
            "invalid_request",
            f"Item '{name}' of type 'reasoning' was provided without its required following item.",
            param="input",
        )


def _led_to(given: list[Json], kept: Callable[[str], Iterable[Json]]) -> None:
    """Check the last few items that the model said, where no reasoning of the same answer stands right before."""
    names = {_named(item) for item in given}
    looked_up = 0
    for at in range(len(given) - 1, -1, -1):
        name = _named(given[at])
        part = shared(name)
        if not part or given[at].get("type") not in _LED_TO or (at and shared(_named(given[at - 1])) == part):
            continue
        output = kept(part)
        for thought, said in pairwise(output):
            if said.get("id") == name and thought.get("type") == "reasoning" and thought["id"] not in names:
                raise ApiError(
                    "invalid_request",
                    f"Item '{name}' of type '{said['type']}' was provided without its required 'reasoning' item:"
                    f" '{thought['id']}'.",
                    param="input",
                )
        looked_up += 1
        if looked_up == _MOST:
            return
