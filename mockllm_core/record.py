"""Immutable values that cost what plain ones cost."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["record"]

_Class = TypeVar("_Class", bound=type)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(*, kw_only: bool = False, slots: bool = True, eq: bool = True) -> Callable[[_Class], _Class]:
    """Make a dataclass that type checkers hold frozen: compared and hashed by its values, never to be changed.

    ``dataclass(frozen=True)`` sets each field through ``object.__setattr__``, which makes a record three times as
    dear; a request makes about twenty. So nothing watches over them at run time: change a copy, by
    ``dataclasses.replace``. It also writes and compiles five methods for each class, of which only ``__init__`` has
    to be the class's own: that is a tenth of the time to the first answer.

    Args:
        kw_only: all fields are given by name.
        slots: the fields are all that a value holds.
        eq: False compares by identity.
    """

    def made(cls: _Class) -> _Class:
        done: Any = dataclass(eq=False, repr=False, slots=slots, kw_only=kw_only)(cls)
        done.__repr__ = _repr
        if eq:
            values = attrgetter(*[one.name for one in fields(done) if one.compare])
            done.__eq__, done.__hash__ = _compared(values), lambda self: hash(values(self))
        finished: _Class = done
        return finished

    return made


def _compared(values: Callable[[object], object]) -> Callable[[object, object], bool]:
    def equal(self: object, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    return equal


def _repr(self: Any) -> str:
    shown = [f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr]
    return f"{type(self).__qualname__}({', '.join(shown)})"
