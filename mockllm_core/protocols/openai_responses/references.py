"""Items that a request names by their id alone: put in their place, or refused when nothing is kept of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mockllm_core.frame import Json

__all__ = ["lost", "refers", "resolved", "shared"]


def refers(body: Json) -> bool:
    """Tell whether a request names any item by its id alone; few do."""
    given = body.get("input")
    if given.__class__ is list:
        for item in given:
            if item.get("type") == "item_reference":
                return True
    return False


def resolved(body: Json, kept: Callable[[str], Iterable[Json]]) -> Json:
    """Return a body whose references are replaced by what they refer to.

    Args:
        body: a request that refers to items.
        kept: returns the items of the responses whose ids share that part.

    Raises:
        ApiError: 404 for an item of which nothing is kept; the sentences stand in public reports.
    """
    known: dict[str, dict[Json, Json]] = {}
    placed = []
    for item in body["input"]:
        if item.get("type") != "item_reference":
            placed.append(item)
            continue
        name = item["id"]
        part = shared(name)
        if part not in known:
            known[part] = {one.get("id"): one for one in kept(part)} if part else {}
        found = known[part].get(name)
        if found is None:
            raise lost(name, kept=body.get("store") is not False)
        placed.append(found)
    return {**body, "input": placed}


def shared(name: str) -> str:
    """Return the part of an id that an answer and all its items share; ``""`` for an id of another make."""
    part = name.partition("_")[2][:26]
    return part if len(part) == 26 else ""


def lost(name: str, *, kept: bool) -> ApiError:
    """Return the error for an item of which nothing is kept; ``kept`` tells whether anything was to be."""
    sentence = f"Item with id '{name}' not found."
    if not kept:
        sentence += (
            " Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove "
            "this item from your input."
        )
    return ApiError("not_found", sentence, param="input")
