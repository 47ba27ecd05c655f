"""Immutable values that cost what plain ones cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["record"]

_Class = TypeVar("_Class", bound=type)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(*, kw_only: bool = False, slots: bool = True) -> Callable[[_Class], _Class]:
    """Make a dataclass that type checkers hold frozen: compared and hashed by its values, never to be changed.

    ``dataclass(frozen=True)`` sets each field through ``object.__setattr__``, which makes a record three times as
    dear; a request makes about twenty. So nothing watches over them at run time: change a copy, by
    ``dataclasses.replace``.
    """
    return dataclass(unsafe_hash=True, slots=slots, kw_only=kw_only)  # type: ignore[return-value]
