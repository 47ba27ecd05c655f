"""A schema made ready once: read, measured, and with its judge."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mockllm_core.arguments.heights import definition_heights
from mockllm_core.arguments.judge import Judge
from mockllm_core.arguments.normal import normalise

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["Prepared"]


class Prepared:
    """What every style needs of a schema.

    Args:
        text: its JSON text, the key of everything drawn for it.
        schema: the schema itself; never changed.
    """

    def __init__(self, text: str, schema: Json) -> None:
        self.text = text
        self.normal = normalise(schema)
        self.judge = Judge(self.normal)
        self.strategies: dict[str, object] = {}
        """hypothesis' strategies for parts of the schema, by JSON text, once they were asked for."""

    @cached_property
    def heights(self) -> dict[str, float] | None:
        """Levels of each definition's flattest value, where some definition reaches itself."""
        return definition_heights(self.normal.definitions) if self.normal.recursive else None
