"""Many events at once are the bytes of each event by itself."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm_core.errors import LengthOutOfRange
from mockllm_core.eventstream import Template, event, run

RESTS = st.lists(st.binary(max_size=40) | st.integers(1000, 1100).map(bytes), max_size=6)
NAMES = st.sampled_from(["contentBlockDelta", "chunk", "é", "n" * 300])


@settings(deadline=None, max_examples=60)
@given(NAMES, st.text(st.characters(exclude_categories=["Cs"]), max_size=20), RESTS)
def test_a_filled_template_is_every_event_by_itself(name: str, beginning: str, rests: list[bytes]) -> None:
    template = Template(name, beginning)
    expected = [event(name, beginning.encode() + rest) for rest in rests]
    wire = b"".join(template.fill(rests))
    assert wire == b"".join(template.fill(rests)) == b"".join(frame.wire for frame in expected)
    made = run(wire, len(rests))
    assert list(made.cut(made.wire)) == expected
    assert made.number == len(expected)


def test_events_of_different_names_are_cut_apart() -> None:
    frames = [event("messageStart", b'{"a":1}'), event("x", b""), event("metadata", b"{}")]
    made = run(b"".join(frame.wire for frame in frames), 3)
    assert list(made.cut(made.wire)) == frames


def test_a_payload_over_the_limit_is_refused_as_one_event_is() -> None:
    with pytest.raises(LengthOutOfRange, match="16777217 bytes"):
        Template("a", '"').fill([b" " * 16 * 1024 * 1024])
