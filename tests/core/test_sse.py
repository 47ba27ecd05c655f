"""Server-sent events, both ways."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from mockllm_core.frame import Pause, frames
from mockllm_core.sse import DONE, Decoder, data, event, run


def decoded(wire: bytes, cuts: list[int] | None = None) -> list[tuple[str | None, str | None, int]]:
    """Return (event, data, offset) of all events, fed whole or cut at the given places."""
    decoder = Decoder()
    edges = [0, *sorted({min(cut, len(wire)) for cut in cuts or []}), len(wire)]
    found = []
    for start, end in itertools.pairwise(edges):
        found += decoder.feed(wire[start:end])
    return [(one.event, one.data, one.offset) for one in found]


def test_a_frame_knows_where_its_json_is() -> None:
    assert data('{"a":1}').payload == {"a": 1}
    assert event("ping", '{"é":1}').payload == {"é": 1}
    assert DONE.payload is None


def test_a_run_is_cut_into_the_frames_that_it_holds() -> None:
    made = [data('{"a":1}'), event("ping", '{"é":1}'), event("pong", '{"é":2}'), DONE]
    whole = run("".join(frame.wire.decode() for frame in made), len(made))
    assert list(frames([data("0"), Pause(1), whole, data("9")])) == [data("0"), *made, data("9")]


def test_all_three_line_ends_are_read() -> None:
    wire = b"data: 1\n\ndata: 2\r\n\r\nevent: x\rdata: 3\r\rdata: 4\n\n"
    assert decoded(wire) == [(None, "1", 0), (None, "2", 9), ("x", "3", 20), (None, "4", 38)]


def test_comments_and_blank_lines_are_no_events() -> None:
    assert decoded(b": hello\n\n\n\ndata: 1\n\n") == [(None, "1", 11)]


def test_several_data_lines_are_one_text() -> None:
    assert decoded(b"data: a\ndata:b\n\n") == [(None, "a\nb", 0)]


texts = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=30)


@given(st.lists(st.tuples(texts, st.booleans()), max_size=6), st.lists(st.integers(0, 400), max_size=8))
def test_any_partition_gives_the_same_events(events: list[tuple[str, bool]], cuts: list[int]) -> None:
    wire = b"".join((event("n", text) if named else data(text)).wire for text, named in events)
    whole = decoded(wire)
    assert [(name, text) for name, text, _ in whole] == [
        ("n" if named else None, text) for text, named in events
    ]
    assert decoded(wire, cuts) == whole


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_garbage_is_read_the_same_in_any_partition(wire: bytes, cuts: list[int]) -> None:
    assert decoded(wire, cuts) == decoded(wire)
