"""Every row of the table is run through the engine, read back, held against the SDK's types and against its usage."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from features.answers import ANSWERS
from features.asks import GEMINI
from features.cells import Cell
from features.sdk_types import fits
from features.seen import ask
from features.table import ROWS

from mockllm_cli.memory import BoundedMemory
from mockllm_core.engine import Engine, Settings

if TYPE_CHECKING:
    from features.seen import Seen


def _engine() -> Engine:
    return Engine(Settings(), BoundedMemory())


def _seen(cell: Cell, *, stream: bool) -> Seen:
    engine = _engine()
    for asked in cell.before:
        ask(engine, asked, stream=stream)
    return ask(engine, cell.ask, stream=stream)


BOTH = [
    pytest.param(cell, id=f"{column}-{row.name}")
    for row in ROWS
    for column, cell in row.cells.items()
    if isinstance(cell, Cell) and cell.streams and cell.whole and not cell.refused and not cell.ask.path
]


@pytest.mark.parametrize(("cell", "stream"), ANSWERS)
def test_the_answer_shows_the_feature_and_its_reader_has_nothing_against_it(cell: Cell, stream: bool) -> None:
    seen = _seen(cell, stream=stream)
    assert seen.status == (cell.refused or 200), seen.data
    assert seen.findings == []
    cell.check(seen)
    if not cell.refused:
        fits(seen, stream=stream)


@pytest.mark.parametrize("cell", BOTH)
def test_usage_is_the_same_streamed_and_whole_and_its_parts_fit(cell: Cell) -> None:
    seen = _seen(cell, stream=False)
    whole = seen.turn.usage
    streamed = _seen(cell, stream=True).turn.usage
    if cell.ask.body.get("stream_options") == {}:
        return
    if cell.ask.column == GEMINI and not seen.turn.blocks and seen.turn.finish.reason != "length":
        # what was blocked counts nothing; a stream has said it by then
        streamed = replace(streamed, output_tokens=streamed.reasoning)
    assert streamed == whole
    assert whole.input_tokens > 0
    assert 0 <= whole.reasoning <= whole.output_tokens
    assert 0 <= whole.cache_read + whole.cache_write <= whole.input_tokens


@pytest.mark.parametrize("cell", BOTH)
def test_the_same_request_gives_the_same_bytes(cell: Cell) -> None:
    for stream in (True, False):
        assert _seen(cell, stream=stream).data == _seen(replace(cell), stream=stream).data
