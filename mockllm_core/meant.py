"""What somebody meant who misspelt a key: OpenAI's question for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockllm_core.contract import Complaint

__all__ = ["meant"]

_NEAR = 2
_LONGEST = 64


def meant(complaint: Complaint, *never: str) -> str:
    """Return the question for what was meant by an unknown key: known ones, at most two edits away, the nearest first.

    Keys that are in the body already are not asked for, nor those that are ``never`` meant.
    """
    name = str(complaint.path[-1])
    if len(complaint.path) > 1 or len(name) > _LONGEST:
        return ""
    known = [str(one) for one in complaint.among if one not in never]
    near = sorted((edits, one) for one in known if (edits := _edits(name, one)) <= _NEAR)
    asked = " or ".join(f"'{one}'" for _, one in near)
    return f" Did you mean {asked}?" if asked else ""


def _edits(one: str, other: str) -> int:
    """Return how many letters must be put in, left out or changed to make one word of the other."""
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        last, row = row, [at]
        for nth, wanted in enumerate(other, 1):
            row.append(min(last[nth] + 1, row[-1] + 1, last[nth - 1] + (letter != wanted)))
    return row[-1]
