"""Every feature's requests and answers are held as text under ``tests/snapshots/features``: read them in a diff."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from features.cells import Cell, Visit
from features.seen import ask
from features.table import ROWS
from features.transcript import Log, Recorder

from mockllm_cli.memory import BoundedMemory
from mockllm_core.engine import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from features.cells import Row

HOME = Path(__file__).parents[1] / "snapshots" / "features"


def _file(column: str, row: Row) -> str:
    words = re.findall("[A-Za-z0-9.]+", f"{row.group} {row.name}")
    return f"{column}/{'-'.join(words).lower()}.txt"


def _files() -> Iterator[tuple[str, list[str], Cell | Visit]]:
    """Yield a file's name, its features and how they are asked for; what is asked in the same way shares a file."""
    found: dict[str, list[str]] = {}
    for row in ROWS:
        for column, cell in row.cells.items():
            asked = (cell.ask, cell.before, cell.streams, cell.whole) if isinstance(cell, Cell) else cell
            titles = found.setdefault(f"{column} {asked}", [])
            titles.append(f"{row.group}: {row.name}")
            if len(titles) == 1:
                yield _file(column, row), titles, cell


FILES = list(_files())


def _transcript(titles: list[str], cell: Cell | Visit) -> bytes:
    log = Log([*titles])
    if isinstance(cell, Visit):
        cell.run(Recorder(Settings(), BoundedMemory(), log))
        return log.text()
    for stream, there in ((True, cell.streams), (False, cell.whole)):
        if there:
            engine = Recorder(Settings(), BoundedMemory(), log)
            for asked in (*cell.before, cell.ask):
                ask(engine, asked, stream=stream)
    return log.text()


@pytest.mark.parametrize(("name", "titles", "cell"), FILES, ids=[name for name, _, _ in FILES])
def test_the_wire_is_as_held(
    name: str, titles: list[str], cell: Cell | Visit, snapshot: Callable[[str, bytes], None]
) -> None:
    snapshot(f"features/{name}", _transcript(titles, cell))


_OURS = re.compile(r"< x-mockllm-[a-z-]+: ")
"""What the mock has to say itself, documented: headers that no client of a provider reads."""


def test_no_answer_names_the_mock() -> None:
    """In no body, no header of the provider's and no value of one: every refusal is in the provider's words."""
    told = 0
    for file in HOME.rglob("*.txt"):
        answered = False
        for line in file.read_text("utf-8").splitlines():
            if line.startswith(("> ", "=== ")):
                answered = False
            elif line.startswith("< "):
                answered = True
            if answered and not _OURS.match(line):
                told += 1
                assert "mockllm" not in line.lower(), f"{file.name}: {line}"
    assert told > 1000


def test_no_file_is_left_of_a_feature_that_is_gone(request: pytest.FixtureRequest) -> None:
    names = [name for name, _, _ in FILES]
    assert len(set(names)) == len(names)
    orphans = {str(path.relative_to(HOME)) for path in HOME.rglob("*.txt")} - set(names)
    if request.config.getoption("--snapshot-update"):
        for name in orphans:
            (HOME / name).unlink()
        return
    assert not orphans
