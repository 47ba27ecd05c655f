"""Ids and chance are addresses: same seed, same path, same value."""

from base64 import urlsafe_b64encode
from collections import Counter
from datetime import UTC, datetime
from hashlib import blake2b, shake_128
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockllm_core.stamp import ALNUM, BASE58, BASE64URL, HEX, Stamp

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def stamp(seed: bytes = b"0") -> Stamp:
    return Stamp(seed=seed, now=NOW)


def test_the_same_path_gives_the_same_id_in_any_order() -> None:
    first = [stamp().id("call_", nth) for nth in range(3)]
    again = stamp()
    assert [again.id("call_", nth) for nth in (2, 1, 0)] == first[::-1]


def test_another_seed_path_or_prefix_gives_another_id() -> None:
    ids = {stamp().id("a", 0), stamp().id("a", 1), stamp().id("b", 0), stamp(b"1").id("a", 0)}
    assert len({one[1:] for one in ids}) == 4


@given(st.sampled_from([ALNUM, BASE58, BASE64URL, HEX]), st.integers(0, 200))
def test_characters_come_from_the_alphabet(alphabet: str, length: int) -> None:
    text = stamp().chars(alphabet, length, "x")
    assert len(text) == length
    assert set(text) <= set(alphabet)


@given(st.binary(max_size=20), st.binary(max_size=20), st.integers(0, 40))
def test_base58_draws_as_many_letters_as_asked(seed: bytes, key: bytes, length: int) -> None:
    text = stamp(seed).base58(length, key)
    assert len(text) == length
    assert set(text) <= set(BASE58)
    assert text == stamp(seed).base58(40, key)[:length]


def test_every_letter_of_base58_is_as_likely_as_another() -> None:
    seen = Counter("".join([stamp().base58(22, str(nth).encode()) for nth in range(4000)]))
    assert set(seen) == set(BASE58)
    assert max(seen.values()) < 1.2 * min(seen.values())


def _number(base58: str) -> int:
    assert len(base58) == 22
    number = 0
    for letter in base58:
        number = number * 58 + BASE58.index(letter)
    return number


@given(
    st.datetimes(min_value=datetime(2025, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.binary(max_size=8),
    st.binary(max_size=8),
)
def test_a_uuid_in_base58_is_one_of_version_7_that_tells_its_millisecond(
    now: datetime, seed: bytes, key: bytes
) -> None:
    """As the request ids of the recordings do, and since July 2026 the ids of messages."""
    made = Stamp(seed=seed, now=now)
    for spelled in (made.base58_uuid7(key), made.base58_own):
        uuid = UUID(int=_number(spelled))
        assert (uuid.version, uuid.variant) == (7, RFC_4122)
        assert uuid.int >> 80 == made.unix * 1000 + now.microsecond // 1000


def test_ids_of_one_millisecond_are_many() -> None:
    assert len({stamp().base58_uuid7(str(nth).encode()) for nth in range(20_000)}) == 20_000
    assert stamp().base58_own != stamp(b"1").base58_own


def test_a_random_id_in_base58_is_a_number_of_128_bits() -> None:
    made = [stamp().base58_uuid(str(nth).encode()) for nth in range(4000)]
    assert max(map(_number, made)) < 2**128
    assert len({one[0] for one in made}) == 31
    assert len(set(made)) == 4000


@given(st.integers(0, 300))
def test_the_letters_are_those_of_base64_that_the_alphabet_has(length: int) -> None:
    digest = shake_128(blake2b(stamp().seed, digest_size=32).digest() + b"('x',)").digest(2 * length + 16)
    drawn = urlsafe_b64encode(digest).decode()
    for alphabet in (ALNUM, BASE58, BASE64URL):
        kept = "".join(letter for letter in drawn.rstrip("=") if letter in alphabet)
        assert stamp().chars(alphabet, length, "x") == kept[:length]


@pytest.mark.parametrize("alphabet", [ALNUM, BASE58, BASE64URL, "0123456789"])
def test_every_letter_is_as_likely_as_another(alphabet: str) -> None:
    counts = Counter("".join(stamp().chars(alphabet, 500, nth) for nth in range(64)))
    expected = 32_000 / len(alphabet)
    assert len(counts) == len(alphabet)
    # five standard deviations
    assert all(abs(count - expected) < 5 * expected**0.5 for count in counts.values())


def test_every_character_of_an_alphabet_is_drawn() -> None:
    assert set(stamp().chars(BASE58, 5000)) == set(BASE58)


def test_a_uuid_is_version_4() -> None:
    made = UUID(stamp().uuid("request"))
    assert (made.version, str(made)) == (4, stamp().uuid("request"))


@given(st.integers(0, 300) | st.integers(4000, 9000))
def test_each_frame_has_noise_of_its_own(number: int) -> None:
    text, starts = stamp().noise_cuts(number)
    noises = [text[start : start + 16] for start in starts[:number]]
    assert len(noises) == number
    assert {len(noise) for noise in noises} <= {16}
    assert len(set(noises)) == min(number, 4079)
    assert set(text) <= set(ALNUM)
    longer, places = stamp().noise_cuts(9000)
    assert noises == [longer[start : start + 16] for start in places[:number]]


@given(st.integers(0, 300) | st.integers(4000, 9000), st.integers(0, 20_000), st.integers(0, 20_000))
def test_the_noise_of_some_frames_is_that_of_all(number: int, begin: int, end: int) -> None:
    begin, end = sorted((min(begin, number), min(end, number)))
    text, starts = stamp().noise_cuts(number)
    some, places = stamp().noise_cuts(number, begin, end)
    assert (some, list(places)) == (text, list(starts[begin:end]))


@given(st.integers(0, 9000), st.integers(0, 9000))
def test_a_letter_belongs_to_its_frame(number: int, first: int) -> None:
    made = stamp().letters(number, first)
    assert made == stamp().letters(first + number)[first:]
    assert len(made) == number
    assert set(made) <= set(ALNUM)


@given(st.integers(1, 128), st.lists(st.text(max_size=5) | st.integers()))
def test_hex_digits_are_those_of_the_path(length: int, path: list[str | int]) -> None:
    assert stamp().hex(length, repr(tuple(path)).encode()) == stamp().chars(HEX, length, *path)


def test_a_number_stays_below_its_bound_and_meets_all_values() -> None:
    assert {stamp().number(3, nth) for nth in range(50)} == {0, 1, 2}


def test_the_ids_are_the_same_on_every_machine() -> None:
    assert stamp().id("call_", 0) == "call_" + stamp().chars(ALNUM, 24, "call_", 0)
    assert stamp().unix == 1767225600
