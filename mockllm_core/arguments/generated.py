"""What a generator returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mockllm_core.record import record

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["CutText", "Generated", "Style"]

Style = Literal["plausible", "fuzz", "near-miss"]
"""Believable values; any legal value; values wrong in exactly one place."""


class CutText(str):
    """JSON text that ends too early: a near-miss to send as it is where a protocol carries arguments as text."""

    __slots__ = ()


@record()
class Generated:
    """A value made for a schema.

    Attributes:
        value: JSON, free of NUL and lone surrogates; the caller's own copy. ``CutText`` for a cut near-miss.
        valid: the value was checked against the schema and accepted, and no assertion of the schema was left out.
        notes: sentences for a log: what is wrong with the value, what could not be read in the schema.
    """

    value: Json
    valid: bool
    notes: tuple[str, ...] = ()
