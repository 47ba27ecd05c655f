"""A bounded memory that lets one caller at a time make what is missing."""

from __future__ import annotations

from marshal import dumps
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from mockllm_core.frame import Json

__all__ = ["Cache", "key_of", "last_key_of"]

_T = TypeVar("_T")


class Cache(Generic[_T]):
    """Keeps the values asked for last: two halves, of which the older goes as a whole when the younger is full.

    So nothing is put in order when a value is found, and no lock is taken for one in the younger half.

    Args:
        size: what the values kept may weigh together.
    """

    def __init__(self, size: int) -> None:
        self._half = size // 2
        self._weight = 0
        self._young: dict[Hashable, tuple[_T, int]] = {}
        self._old: dict[Hashable, tuple[_T, int]] = {}
        self._under_way: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], _T], weight: int = 1) -> _T:
        """Return the value for a key, made by one caller while others with the same key wait.

        What ``make`` raises is the caller's; nothing is kept of it. A value heavier than half of the cache is kept
        until the next one comes.
        """
        kept = self._young.get(key)
        return kept[0] if kept is not None else self._missed(key, make, weight)

    def _missed(self, key: Hashable, make: Callable[[], _T], weight: int) -> _T:
        with self._lock:
            kept = self._young.get(key) or self._old.get(key)
            if kept is not None:
                self._keep(key, kept)
                return kept[0]
            mine = self._under_way.setdefault(key, Lock())
        with mine:
            with self._lock:
                kept = self._young.get(key) or self._old.get(key)
            if kept is not None:
                return kept[0]
            try:
                made = make()
                with self._lock:
                    self._keep(key, (made, weight))
            finally:
                with self._lock:
                    self._under_way.pop(key, None)
        return made

    def _keep(self, key: Hashable, kept: tuple[_T, int]) -> None:
        """Put a value into the younger half; the lock is held."""
        if key in self._young:
            return
        if self._young and self._weight + kept[1] > self._half:
            self._old, self._young, self._weight = self._young, {}, 0
        self._young[key] = kept
        self._weight += kept[1]


_last: tuple[Json, bytes | None] = (None, None)


def key_of(schema: Json) -> bytes | None:
    """Return bytes that are equal for equal schemas, member for member; None for what is nested too deeply.

    The JSON text would cost three times as much.
    """
    global _last  # noqa: PLW0603 - one tuple, put there at once: a thread can miss it, never get half of it
    try:
        key = dumps(schema, 2)
    except ValueError:
        return None
    _last = schema, key
    return key


def last_key_of(schema: Json) -> bytes | None:
    """Return ``key_of`` a schema, which the tool that was just called has had made already."""
    kept, key = _last
    return key if kept is schema and key is not None else key_of(schema)
