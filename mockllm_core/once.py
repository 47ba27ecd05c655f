"""What is made of a JSON value once, and known again when an equal value comes: a schema, a list of tools, options."""

from __future__ import annotations

from functools import lru_cache
from marshal import dumps, loads
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from mockllm_core.frame import Json

__all__ = ["once_by_value"]

_T = TypeVar("_T")
_Made_co = TypeVar("_Made_co", covariant=True)
_LARGE = 16_384
"""Bytes from which on a value is not kept to be known again."""


class _Once(Protocol[_Made_co]):
    def __call__(self, value: Json, more: tuple[Hashable, ...] = ()) -> _Made_co: ...


def once_by_value(size: int = 256) -> Callable[[Callable[..., _T]], _Once[_T]]:
    """Let a function look at a value once, and remember what it made of the last ``size`` values.

    A value is told by its bytes, member for member. What a function takes besides is handed over in a tuple (which costs
    nothing, as arguments of any number would). What it returns is shared: it is not to be changed.
    """

    def decorate(made: Callable[..., _T]) -> _Once[_T]:
        @lru_cache(maxsize=size)
        def known(key: bytes, more: tuple[Hashable, ...]) -> _T:
            return made(loads(key), *more)  # noqa: S302 - bytes that we made

        def looked_up(value: Json, more: tuple[Hashable, ...] = ()) -> _T:
            # version 2: the same value gives the same bytes however its parts are shared
            key = dumps(value, 2)
            return known(key, more) if len(key) < _LARGE else made(value, *more)

        return looked_up

    return decorate
