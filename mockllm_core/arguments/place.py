"""Where the reader of a schema stands."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Place"]


class Place(NamedTuple):
    """Where the reader stands.

    Attributes:
        base: address that relative references start from.
        pointer: JSON pointer, for notes.
        depth: schemas around this one.
        owner: the definition being read.
        same: this schema judges the same value as the definition does (no step into the value since).
    """

    base: str
    pointer: str
    depth: int
    owner: str
    same: bool

    def down(self, step: str) -> Place:
        """Return the place of a schema for a part of the value."""
        return Place(self.base, f"{self.pointer}/{step}", self.depth + 1, self.owner, False)

    def beside(self, step: str) -> Place:
        """Return the place of a schema for the same value."""
        return Place(self.base, f"{self.pointer}/{step}", self.depth + 1, self.owner, self.same)
