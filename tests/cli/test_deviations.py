"""``mockllm deviations``: the list is well formed, short, and printed whole."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from mockllm_cli.deviations import Deviation, known
from mockllm_core.registry import HOSTS, PROTOCOLS

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Run = Callable[..., subprocess.CompletedProcess[bytes]]

ROWS = known()
TODAYS = [row for row in ROWS if not row.dated]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.protocol}-{row.item}")
def test_every_row_says_what_differs_and_why(row: Deviation) -> None:
    assert row.protocol in {protocol.name for protocol in (*PROTOCOLS, *HOSTS)}
    assert re.fullmatch(r"[a-zA-Z]+(-[a-z]+)*", row.item)
    assert row.ours
    assert row.theirs
    assert row.why
    assert isinstance(row.dated, bool)
    # an older form is undone by its date, so it must have one
    assert re.fullmatch(r"\d{4}-\d\d(-\d\d)?", row.since) or (row.since == "" and not row.dated)


def test_no_item_is_listed_twice() -> None:
    assert len({(row.protocol, row.item) for row in ROWS}) == len(ROWS)


def test_the_command_shows_todays_differences_in_blocks(run: Run) -> None:
    done = run("deviations")
    assert done.returncode == 0
    blocks = done.stdout.decode().rstrip("\n").split("\n\n")
    assert len(blocks) == len(TODAYS)
    first = TODAYS[0]
    assert blocks[0].splitlines()[0].startswith(f"{first.protocol}  {first.item}")
    assert [line.split(":")[0] for line in blocks[0].splitlines()[1:]] == ["  ours", "  theirs", "  why"]
    assert done.stderr.decode() == f"{len(ROWS) - len(TODAYS)} older forms of the providers: --all\n"


def test_all_shows_the_older_forms_too(run: Run) -> None:
    done = run("deviations", "--all")
    assert done.stdout.decode().count("  theirs: ") == len(ROWS)
    assert done.stdout.decode().count(", an older form\n") == len(ROWS) - len(TODAYS)
    assert done.stderr == b""


@pytest.mark.parametrize(("flags", "rows"), [((), TODAYS), (("--all",), ROWS)])
def test_json_is_one_row_a_line(run: Run, flags: tuple[str, ...], rows: list[Deviation]) -> None:
    done = run("deviations", "--format", "json", *flags)
    assert [Deviation(**json.loads(line)) for line in done.stdout.splitlines()] == rows
    assert done.stderr == b""
