"""What a row of the table is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from features.asks import Ask
    from features.seen import Seen
    from features.transcript import Recorder


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One API's way to ask for a feature.

    Attributes:
        ask: the request.
        check: raises AssertionError when the answer does not show the feature.
        refused: the status, where the provider refuses it; the check then looks at the error.
        streams: False where only whole answers have it.
        whole: False where only streams have it.
        before: requests sent first, to the same engine.
    """

    ask: Ask
    check: Callable[[Seen], None]
    refused: int = 0
    streams: bool = True
    whole: bool = True
    before: tuple[Ask, ...] = ()


@dataclass(frozen=True)
class Visit:
    """A feature that is no single answer (kept responses, counts, lists): ``run`` asks an engine and asserts."""

    run: Callable[[Recorder], None]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A feature: its group in the docs, its name, and a cell for each API that has it."""

    group: str
    name: str
    cells: Mapping[str, Cell | Visit]
