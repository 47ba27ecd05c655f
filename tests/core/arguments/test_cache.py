"""A bounded memory for many threads."""

from __future__ import annotations

import gc
import weakref
from threading import Barrier, Thread
from typing import Never

import pytest

from mockllm_core.arguments.cache import Cache


def test_threads_that_want_the_same_key_get_one_value_made_once() -> None:
    cache: Cache[object] = Cache(4)
    made: list[object] = []
    found: list[object] = []
    start = Barrier(8)

    def make() -> object:
        made.append(object())
        return made[-1]

    def ask() -> None:
        start.wait(10)
        found.append(cache.get("key", make))

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(made) == 1
    assert found == made * 8


def test_the_value_asked_for_longest_ago_goes_first() -> None:
    cache: Cache[int] = Cache(2)
    for key in (1, 2, 1, 3):
        cache.get(key, lambda key=key: key)  # type: ignore[misc]
    assert cache.get(1, lambda: -1) == 1
    assert cache.get(2, lambda: -2) == -2


def test_a_key_whose_value_cannot_be_made_is_forgotten() -> None:
    class Key:
        """A key whose end can be seen."""

    def fail() -> Never:
        raise ValueError("no value")

    cache: Cache[int] = Cache(2)
    key = Key()
    gone = weakref.ref(key)
    with pytest.raises(ValueError, match="no value"):
        cache.get(key, fail)
    assert cache.get(key, lambda: 5) == 5
    other = Key()
    gone_too = weakref.ref(other)
    with pytest.raises(ValueError, match="no value"):
        cache.get(other, fail)
    del key, other
    gc.collect()
    assert gone() is not None  # it has a value
    assert gone_too() is None


def test_heavy_values_leave_room_for_fewer_and_the_heaviest_stays_until_the_next() -> None:
    cache: Cache[int] = Cache(20)
    for key in range(4):
        cache.get(key, lambda key=key: key, 5)  # type: ignore[misc]
    assert [cache.get(key, lambda: -1, 5) for key in (2, 3, 0)] == [2, 3, 0]
    assert cache.get("heaviest", lambda: 7, 1000) == 7
    assert cache.get("heaviest", lambda: -1, 1000) == 7
    assert cache.get(1, lambda: -1) == -1
