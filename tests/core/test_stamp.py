"""Ids and chance are addresses: same seed, same path, same value."""

from base64 import urlsafe_b64encode
from collections import Counter
from datetime import UTC, datetime
from hashlib import blake2b, shake_128
from uuid import UUID

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
