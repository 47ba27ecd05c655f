"""Recorded event streams are read, and written again to the byte."""

from __future__ import annotations

import pytest

from mockllm_core.eventstream import Decoder, encode, event
from recordings.harness import Recording, load

STREAMS = [
    parameter
    for parameter in load("bedrock-converse")
    if not isinstance(parameter.values[0], Recording)
    or parameter.values[0].headers.get("content-type") == "application/vnd.amazon.eventstream"
]


@pytest.mark.parametrize("recording", STREAMS)
def test_what_the_provider_sent_is_read_and_written_again_to_the_byte(recording: Recording) -> None:
    decoder = Decoder()
    messages = list(decoder.feed(recording.body))
    decoder.close()
    assert messages
    assert b"".join(map(encode, messages)) == recording.body
    assert b"".join(event(one.event_type or "", one.payload).wire for one in messages) == recording.body
