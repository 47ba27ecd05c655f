"""Every answer of the table: a cell, streamed or whole."""

from __future__ import annotations

import pytest
from features.cells import Cell
from features.table import ROWS

ANSWERS = [
    pytest.param(cell, stream, id=f"{column}-{row.name}-{'stream' if stream else 'whole'}")
    for row in ROWS
    for column, cell in row.cells.items()
    if isinstance(cell, Cell)
    for stream in (True, False)
    if (cell.streams if stream else cell.whole)
]
