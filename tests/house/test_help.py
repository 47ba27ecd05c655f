"""The help texts are what they were when somebody last read them."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mockllm_cli.app import app

if TYPE_CHECKING:
    from collections.abc import Callable

SNAPSHOTS = Path(__file__).resolve().parents[1] / "snapshots"
COMMANDS = sorted(
    command.name or command.callback.__name__ for command in app.registered_commands if command.callback
)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_the_help_is_as_read(
    command: str, snapshot: Callable[[str, bytes], None], request: pytest.FixtureRequest
) -> None:
    drawn_by = SNAPSHOTS / "help" / "typer-version.txt"
    if request.config.getoption("--snapshot-update"):
        drawn_by.write_text(version("typer") + "\n", encoding="utf-8")
    elif drawn_by.read_text(encoding="utf-8").strip() != version("typer"):
        pytest.skip(f"another typer drew the texts: {drawn_by.read_text(encoding='utf-8').strip()}")
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    arguments = [command, "--help"] if command else ["--help"]
    done = subprocess.run(
        [Path(sys.executable).parent / "mockllm", *arguments],
        capture_output=True,
        env=environment,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert b"Examples" in done.stdout or not command
    text = "\n".join(line.rstrip() for line in done.stdout.decode().splitlines())
    snapshot(f"help/{command or 'mockllm'}.txt", text.encode() + b"\n")
