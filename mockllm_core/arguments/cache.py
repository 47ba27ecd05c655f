"""A bounded memory that lets one caller at a time make what is missing."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["Cache"]

_T = TypeVar("_T")


class Cache(Generic[_T]):
    """Keeps the values asked for last.

    Args:
        size: values kept.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._known: dict[Hashable, _T] = {}
        self._under_way: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Return the value for a key, made by one caller while others with the same key wait.

        What ``make`` raises is the caller's; nothing is kept of it.
        """
        with self._lock:
            if key in self._known:
                found = self._known[key] = self._known.pop(key)  # the youngest stands last
                return found
            mine = self._under_way.setdefault(key, Lock())
        with mine:
            with self._lock:
                if key in self._known:
                    return self._known[key]
            try:
                made = make()
                with self._lock:
                    self._known[key] = made
                    while len(self._known) > self._size:
                        del self._known[next(iter(self._known))]
            finally:
                with self._lock:
                    self._under_way.pop(key, None)
        return made
