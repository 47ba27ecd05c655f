"""A call that is cut is read as one, and spelled again as it was."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from features import short
from features.cells import Cell
from features.seen import RECORDS, ask

from mockllm_core.engine import Engine, Settings
from mockllm_core.protocol import Incoming
from mockllm_core.routing import match
from mockllm_core.stamp import Stamp

if TYPE_CHECKING:
    from mockllm_core.frame import Finding
    from mockllm_core.protocol import Call

STAMP = Stamp(seed=b"0", now=datetime(2026, 8, 1, tzinfo=UTC))
ANSWERS = [
    pytest.param(cell, stream, id=f"{column}-{row.name}-{'stream' if stream else 'whole'}")
    for row in (*short.TOOLS, *short.ANTHROPIC, *short.OTHERS)
    for column, cell in row.cells.items()
    for stream in (True, False)
    if isinstance(cell, Cell) and not cell.refused and (cell.whole or stream)
]


def _call(cell: Cell, *, stream: bool) -> Call:
    request = cell.ask.request(stream=stream)
    record = RECORDS[cell.ask.column]
    for endpoint in record.endpoints:
        params = match(endpoint.path, request.path)
        if params is not None and endpoint.method == "POST":
            incoming = Incoming(http=request, params=params, body=json.loads(request.body))
            return record.parse(incoming, endpoint)
    raise AssertionError(request.path)


@pytest.mark.parametrize(("cell", "stream"), ANSWERS)
def test_what_was_read_of_a_cut_call_is_spelled_again(cell: Cell, stream: bool) -> None:
    seen = ask(Engine(Settings()), cell.ask, stream=stream)
    record, call = RECORDS[cell.ask.column], _call(cell, stream=stream)
    record.supports(seen.turn)
    findings: list[Finding] = []
    if stream:
        reader = record.reader(seen.headers["content-type"])
        reader.feed(b"".join(frame.wire for frame in record.stream(seen.turn, call, STAMP)))
        again, findings = reader.finish(), reader.findings
    else:
        again = record.read_whole(record.whole(seen.turn, call, STAMP), findings)
    assert findings == []
    assert again.choices == seen.turn.choices
    assert again.usage == seen.turn.usage
