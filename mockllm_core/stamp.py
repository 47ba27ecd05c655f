"""Ids, times and chance, derived from a seed: addresses, not draws.

The same seed and path give the same value in any order, any thread and on any machine.
"""

from __future__ import annotations

from binascii import b2a_base64
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b, shake_128
from struct import unpack
from typing import TYPE_CHECKING, Generic, TypeVar

from mockllm_core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["ACCOUNT", "ALNUM", "BASE58", "BASE64URL", "HEX", "Stamp", "noise_start"]

ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
HEX = "0123456789abcdef"

_Value = TypeVar("_Value")

_NOISE = 4096
_STEP = 17
_SPAN = 4079  # a prime, so that frames far apart do not repeat each other
_AS_ALNUM = bytes(ord(ALNUM[byte % 62]) for byte in range(256))


_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_STANDARD = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


_NO_BASE58 = b"+/0IOl\n"


@lru_cache(maxsize=16)
def _dropped(alphabet: str) -> bytes:
    """Return what base64 writes and a large alphabet lacks; b"" for an alphabet that it cannot write."""
    kept = bytes([byte for byte in _STANDARD if chr(byte).translate({43: "-", 47: "_"}) in alphabet])
    return _STANDARD.translate(None, kept) + b"\n" if len(kept) == len(alphabet) >= 56 else b""


def noise_start(nth: int) -> int:
    """Return where the noise of that frame begins; see ``Stamp.noise_cuts``."""
    return nth * _STEP % _SPAN


@lru_cache(maxsize=1)
def _starts() -> tuple[int, ...]:
    """Return where the noise of each frame begins, until it begins anew."""
    return tuple([nth * _STEP % _SPAN for nth in range(_SPAN)])


@lru_cache(maxsize=256)
def _uuid7_starts(milliseconds: int) -> tuple[str, str, str, str]:
    """Return four times the twelve first letters of BASE58 after which any ten spell a version-7 UUID of this time.

    RFC 9562: 48 bits of time, 7 in four bits, 12 bits of chance, 2 in two bits, 62 bits of chance. The 12 bits are made
    from the time, so that few letters have to be computed anew: once a millisecond.
    """
    chance = milliseconds * 0x9E37 >> 4 & 0xFFF
    least = milliseconds << 80 | 7 << 76 | chance << 64 | 2 << 62
    high, low = divmod(least // _TEN + 1, _PAIRS)
    if low > _PAIRS - 4:
        # the 62 bits are 10.7 times what ten letters hold, so some may be passed over
        high, low = high + 1, 0
    pairs = _pairs()
    high, fifth = divmod(high, _PAIRS)
    high, fourth = divmod(high, _PAIRS)
    head = _six(high) + pairs[fourth] + pairs[fifth]
    return head + pairs[low], head + pairs[low + 1], head + pairs[low + 2], head + pairs[low + 3]


_TEN = 58**10
_PAIRS = 58**2


@lru_cache(maxsize=1)
def _pairs() -> list[str]:
    return [first + second for first in BASE58 for second in BASE58]


@lru_cache(maxsize=64)
def _six(number: int) -> str:
    """Return six letters; as the first of an id they stay the same for 13 seconds."""
    pairs = _pairs()
    return pairs[number // _PAIRS**2] + pairs[number // _PAIRS % _PAIRS] + pairs[number % _PAIRS]


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
        """Return ``length`` characters of ``alphabet`` for this path."""
        key = repr(path).encode()
        size = len(alphabet)
        if size == 16 and 0 < length <= 128:
            return self.hex(length, key)
        digest = shake_128(self._key + key).digest(2 * length + 16)
        dropped = _dropped(alphabet)
        if dropped:
            # base64 draws its letters evenly, and those that are left stay even: at least 5 of 8 more than needed
            return b2a_base64(digest).translate(_URL_SAFE, dropped)[:length].decode()
        # two bytes a character keep the bias of the modulo below 0.1 %
        return "".join([alphabet[drawn % size] for drawn in unpack(f">{length}H16x", digest)])

    def id(self, prefix: str, *path: object, alphabet: str = ALNUM, length: int = 24) -> str:
        """Return ``prefix`` and ``length`` characters: same seed, prefix and path, same id."""
        return prefix + self.chars(alphabet, length, prefix, *path)

    def hex(self, length: int, key: bytes) -> str:
        """Return ``chars(HEX, length, *path)`` of 1 to 128 digits, where ``key`` is the path's ``repr``."""
        return blake2b(self._key + key, digest_size=(length + 1) // 2).hexdigest()[:length]

    def base58(self, length: int, key: bytes) -> str:
        """Return up to 40 characters of BASE58 for this key: half the cost of ``chars``."""
        # 64 bytes are 86 letters of base64, 58 of 64 of which are in BASE58
        return b2a_base64(blake2b(self._key + key).digest()).translate(None, _NO_BASE58)[:length].decode()

    def base58_uuid(self, key: bytes) -> str:
        """Return the 22 letters of BASE58 that spell 128 bits drawn by this key."""
        drawn = self.base58(22, key)
        # 58**22 is more than 2**128: the first of 22 letters is one of the first 31, or a 32nd that is left out here
        return drawn if drawn[0] < "Y" else BASE58[BASE58.index(drawn[0]) - 29] + drawn[1:]

    def base58_uuid7(self, key: bytes) -> str:
        """Return the 22 letters of BASE58 that spell a version-7 UUID of ``now``, drawn by this key."""
        return self._timed(self.base58(11, key))

    def _timed(self, drawn: str) -> str:
        return self._uuid7[ord(drawn[0]) & 3] + drawn[1:11]

    @_once
    def _uuid7(self) -> tuple[str, str, str, str]:
        return _uuid7_starts(self.unix * 1000 + self.now.microsecond // 1000)

    def number(self, below: int, *path: object) -> int:
        """Return an integer from 0 up to, not including, ``below`` (at least 1)."""
        return int.from_bytes(blake2b(self._key + repr(path).encode(), digest_size=8).digest()) % below

    def uuid(self, *path: object) -> str:
        """Return a version-4 UUID in its 36-character form."""
        raw = self.chars(HEX, 32, "uuid", *path)
        variant = "89ab"[int(raw[16], 16) & 3]
        return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-{variant}{raw[17:20]}-{raw[20:]}"

    @_once
    def drawn(self) -> bytes:
        """64 bytes for what every answer of a protocol has, its request id say: one draw is cheaper than several."""
        return blake2b(self._key + b"drawn").digest()

    @_once
    def base58_own(self) -> str:
        """The ``base58_uuid7`` of the answer itself: the last half of ``drawn``, so that it costs no draw."""
        return self._timed(b2a_base64(self.drawn[32:]).translate(None, _NO_BASE58).decode())

    def noise_cuts(self, number: int, begin: int = 0, end: int | None = None) -> tuple[str, Sequence[int]]:
        """Return a text of A-Z, a-z, 0-9 for so many frames, and where each one finds 16 characters of its own.

        Only the places of the frames from ``begin`` to ``end`` are told, without an end those of all.
        """
        end = number if end is None else end
        if number * _STEP <= _SPAN:
            return self._noise(number * _STEP), range(begin * _STEP, end * _STEP, _STEP)
        starts = _starts()
        at = begin % _SPAN
        # a long answer asks for a few at a time
        return self._noise(_NOISE), (starts * (1 + (at + end - begin) // _SPAN))[at : at + end - begin]

    def noise_pieces(self, number: int) -> bytes:
        """Return for each of so many frames the 17 characters that its noise is cut from, joined."""
        length = number * _STEP
        text = self._noise(min(length, _SPAN))
        return (text if length <= _SPAN else text[:_SPAN] * -(-length // _SPAN)).encode()

    def letters(self, number: int, first: int = 0) -> str:
        """Return one of A-Z, a-z, 0-9 for each of so many frames from the ``first`` on, joined."""
        first %= _NOISE
        end = first + number
        text = self._noise(min(end, _NOISE))
        return text[first:end] if end <= _NOISE else (text * -(-end // _NOISE))[first:end]

    def _noise(self, length: int) -> str:
        """Return at least that many characters, always the same ones."""
        held: str = self.__dict__.get("_held", "")
        if len(held) < length:
            drawn = shake_128(self._key + b"noise").digest(min(length, _SPAN)).translate(_AS_ALNUM)
            # what begins near the end goes on at the beginning
            held = self.__dict__["_held"] = (drawn + drawn[: max(0, length - _SPAN)]).decode()
        return held

    @_once
    def _key(self) -> bytes:
        seed = self.seed
        # what is a digest or entropy already gains nothing by another
        return seed if len(seed) == 32 else blake2b(seed, digest_size=32).digest()


ACCOUNT = Stamp(seed=b"mockllm account", now=datetime(1970, 1, 1, tzinfo=UTC))
"""Where the ids of the one account that all requests belong to come from."""
