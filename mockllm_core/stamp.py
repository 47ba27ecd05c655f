"""Ids, times and chance, derived from a seed: addresses, not draws.

The same seed and path give the same value in any order, any thread and on any machine.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b, shake_128
from typing import TYPE_CHECKING, Generic, TypeVar

from mockllm_core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["ACCOUNT", "ALNUM", "BASE58", "BASE64URL", "HEX", "Stamp"]

ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
HEX = "0123456789abcdef"

_Value = TypeVar("_Value")

_NOISE = 4096
_LITTLE = 1024
_AS_ALNUM = bytes(ord(ALNUM[byte % 62]) for byte in range(256))


@lru_cache(maxsize=16)
def _tables(alphabet: str) -> tuple[bytes, bytes, bytes]:
    """Return what makes a letter of two bytes: what each adds to the letter's number, and the letters by number."""
    size = len(alphabet)
    high = bytes([byte * 256 % size for byte in range(256)])
    low = bytes([byte % size for byte in range(256)])
    return high, low, bytes([ord(alphabet[byte % size]) for byte in range(256)])


@lru_cache(maxsize=1)
def _starts() -> tuple[int, ...]:
    """Return where the noise of each frame begins, until it begins anew."""
    span = _NOISE - 64
    return tuple([nth * 67 % span for nth in range(span)])


class _once(Generic[_Value]):  # noqa: N801 - a decorator, like property
    """A property computed on first use: functools' own takes a lock each time before Python 3.12."""

    def __init__(self, make: Callable[[Stamp], _Value]) -> None:
        self._make = make
        self._name = make.__name__

    def __get__(self, stamp: Stamp, owner: type[Stamp]) -> _Value:
        # without a __set__ the instance's dict comes first from now on
        value = stamp.__dict__[self._name] = self._make(stamp)
        return value


@record(slots=False)
class Stamp:
    """Where an answer's ids, times and chance come from.

    Attributes:
        seed: any bytes; two answers with the same seed are the same answer.
        now: the time of the answer, aware, UTC.
    """

    seed: bytes
    now: datetime

    @_once
    def unix(self) -> int:
        """``now`` in whole Unix seconds."""
        return int(self.now.timestamp())

    def chars(self, alphabet: str, length: int, *path: object) -> str:
        """Return ``length`` characters of ``alphabet``, at most 128 of ASCII, for this path."""
        size = len(alphabet)
        key = repr(path).encode()
        if size == 16 and 0 < length <= 128:
            return blake2b(key, digest_size=(length + 1) // 2, key=self._key).hexdigest()[:length]
        # two bytes a character keep the bias of the modulo below 0.1 %
        drawn = shake_128(self._key + key).digest(2 * length)
        high, low, letters = _tables(alphabet)
        # all at once, as one number: no byte of the sum carries into the next
        total = int.from_bytes(drawn[::2].translate(high)) + int.from_bytes(drawn[1::2].translate(low))
        return total.to_bytes(length).translate(letters).decode()

    def id(self, prefix: str, *path: object, alphabet: str = ALNUM, length: int = 24) -> str:
        """Return ``prefix`` and ``length`` characters: same seed, prefix and path, same id."""
        return prefix + self.chars(alphabet, length, prefix, *path)

    def hex(self, length: int, key: bytes) -> str:
        """Return ``chars(HEX, length, *path)`` of 1 to 128 digits, where ``key`` is the path's ``repr``."""
        return blake2b(key, digest_size=(length + 1) // 2, key=self._key).hexdigest()[:length]

    def number(self, below: int, *path: object) -> int:
        """Return an integer from 0 up to, not including, ``below`` (at least 1)."""
        return int.from_bytes(blake2b(repr(path).encode(), digest_size=8, key=self._key).digest()) % below

    def uuid(self, *path: object) -> str:
        """Return a version-4 UUID in its 36-character form."""
        raw = self.chars(HEX, 32, "uuid", *path)
        variant = "89ab"[int(raw[16], 16) & 3]
        return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-{variant}{raw[17:20]}-{raw[20:]}"

    def noise(self, length: int, nth: int) -> str:
        """Return ``length`` (0 to 64) characters of A-Z, a-z, 0-9 for the ``nth`` frame: cheap enough for every frame."""
        start = nth * 67 % (_NOISE - 64)
        # most streams are short: they draw the first of the same bytes only
        return self._noise(_LITTLE if start < _LITTLE - 64 else _NOISE)[start : start + length]

    def noise_cuts(self, number: int) -> tuple[str, Sequence[int]]:
        """Return a text and where ``noise`` begins in it for each of the first ``number`` frames.

        ``noise(length, nth)`` is ``text[starts[nth] : starts[nth] + length]`` for lengths up to 16.
        """
        if number * 67 <= _NOISE:
            return self._noise(number * 67 - 51), range(0, number * 67, 67)
        text, starts = self._noise(_NOISE), _starts()
        return text, starts if number <= len(starts) else starts * -(-number // len(starts))

    def noises(self, lengths: Sequence[int], first: int) -> list[str]:
        """Return what ``noise`` returns for each of many frames that follow each other from the ``first``."""
        text = self._noise(min((first + len(lengths)) * 67, _NOISE))
        span = _NOISE - 64
        return [
            text[(start := nth * 67 % span) : start + length] for nth, length in enumerate(lengths, first)
        ]

    def letters(self, number: int, first: int = 0) -> str:
        """Return ``noise(1, nth)`` of so many frames from the ``first`` on, joined."""
        span = _NOISE - 64
        text = self._noise(min((first + number) * 67, _NOISE))[:span]
        drawn = text[first * 67 % span :: 67]
        while len(drawn) < number:
            # where the step past the end of the text comes down
            drawn += text[(first + len(drawn)) * 67 % span :: 67]
        return drawn[:number]

    def _noise(self, length: int) -> str:
        """Return at least that many characters, always the same ones."""
        held: str = self.__dict__.get("_drawn", "")
        if len(held) < length:
            drawn = shake_128(self._key + b"noise").digest(length).translate(_AS_ALNUM)
            held = self.__dict__["_drawn"] = drawn.decode()
        return held

    @_once
    def _key(self) -> bytes:
        return blake2b(self.seed, digest_size=32).digest()


ACCOUNT = Stamp(seed=b"mockllm account", now=datetime(1970, 1, 1, tzinfo=UTC))
"""Where the ids of the one account that all requests belong to come from."""
