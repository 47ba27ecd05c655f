"""What a server keeps between requests, bounded."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["BoundedMemory"]


class BoundedMemory:
    """Names and values; the oldest go when there are too many or they are too large. Safe to use from threads.

    Args:
        most: how many values are kept.
        bytes_: how many bytes they hold together, as told by those who put them.
    """

    def __init__(self, most: int = 10_000, bytes_: int = 64 << 20) -> None:
        self._most = most
        self._bytes = bytes_
        self._held: OrderedDict[str, tuple[Json, int]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, name: str) -> Json:
        """Return what was put under a name, None when there is nothing (any more)."""
        with self._lock:
            found = self._held.get(name)
        return None if found is None else found[0]

    def put(self, name: str, value: Json, size: int) -> None:
        """Keep a value of about that many bytes."""
        with self._lock:
            self._drop(name)
            self._held[name] = (value, size)
            self._size += size
            while len(self._held) > self._most or (self._size > self._bytes and len(self._held) > 1):
                self._drop(next(iter(self._held)))

    def hold(self, name: str, value: Json, size: int) -> None:
        """Keep nothing: clients come and go."""

    def delete(self, name: str) -> bool:
        """Forget a name; tell whether there was something."""
        with self._lock:
            return self._drop(name)

    def names(self, prefix: str) -> list[str]:
        """Return the names that begin so, in the order in which they were put."""
        with self._lock:
            return [name for name in self._held if name.startswith(prefix)]

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._held.clear()
            self._size = 0

    def _drop(self, name: str) -> bool:
        found = self._held.pop(name, None)
        if found is not None:
            self._size -= found[1]
        return found is not None
