"""Ids and chance are addresses: same seed, same path, same value."""

from datetime import UTC, datetime
from hashlib import blake2b, shake_128
from uuid import UUID

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


@given(st.sampled_from([ALNUM, BASE58, BASE64URL, HEX, "01", "x"]), st.integers(0, 300))
def test_two_bytes_make_a_character(alphabet: str, length: int) -> None:
    if len(alphabet) == 16:
        length += 129  # up to here hex digits are made of half a byte each
    raw = shake_128(blake2b(stamp().seed, digest_size=32).digest() + b"('x',)").digest(2 * length)
    numbers = [int.from_bytes(raw[at : at + 2]) for at in range(0, 2 * length, 2)]
    assert stamp().chars(alphabet, length, "x") == "".join(
        [alphabet[number % len(alphabet)] for number in numbers]
    )


def test_every_character_of_an_alphabet_is_drawn() -> None:
    assert set(stamp().chars(BASE58, 5000)) == set(BASE58)


def test_a_uuid_is_version_4() -> None:
    made = UUID(stamp().uuid("request"))
    assert (made.version, str(made)) == (4, stamp().uuid("request"))


@given(st.integers(0, 64), st.integers(0, 10_000))
def test_noise_has_the_length_asked_for(length: int, nth: int) -> None:
    noise = stamp().noise(length, nth)
    assert len(noise) == length
    assert set(noise) <= set(ALNUM)


COUNTS = st.sampled_from([0, 1, 60, 61, 62, 4031, 4032, 4033]) | st.integers(0, 9000)


@given(COUNTS, st.just(0) | COUNTS)
def test_letters_are_one_character_of_noise_a_frame(number: int, first: int) -> None:
    made = stamp()
    assert made.letters(number, first) == "".join(made.noise(1, first + nth) for nth in range(number))


@given(st.integers(1, 200) | st.integers(4000, 9000), st.integers(0, 16))
def test_the_noise_of_many_frames_is_that_of_each(number: int, length: int) -> None:
    text, starts = stamp().noise_cuts(number)
    for nth in {0, number // 2, max(0, number - 62), number - 1}:
        assert text[starts[nth] : starts[nth] + length] == stamp().noise(length, nth)


@given(st.integers(1, 128), st.lists(st.text(max_size=5) | st.integers()))
def test_hex_digits_are_those_of_the_path(length: int, path: list[str | int]) -> None:
    assert stamp().hex(length, repr(tuple(path)).encode()) == stamp().chars(HEX, length, *path)


@given(st.lists(st.integers(0, 64)), st.integers(0, 9000))
def test_the_noises_of_frames_in_a_row_are_those_of_each(lengths: list[int], first: int) -> None:
    assert stamp().noises(lengths, first) == [
        stamp().noise(length, nth) for nth, length in enumerate(lengths, first)
    ]


def test_a_number_stays_below_its_bound_and_meets_all_values() -> None:
    assert {stamp().number(3, nth) for nth in range(50)} == {0, 1, 2}


def test_the_ids_are_the_same_on_every_machine() -> None:
    assert stamp().id("call_", 0) == "call_" + stamp().chars(ALNUM, 24, "call_", 0)
    assert stamp().unix == 1767225600
