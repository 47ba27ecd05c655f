"""What the tests of the command line share: run it as a person would."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Run = "Callable[..., subprocess.CompletedProcess[bytes]]"


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run ``mockllm ARGUMENTS`` in an empty folder, its output piped."""

    def call(
        *arguments: str, stdin: bytes = b"", timeout: float = 60, columns: int = 100
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "mockllm_cli", *arguments],
            input=stdin,
            capture_output=True,
            cwd=tmp_path,
            timeout=timeout,
            env={**os.environ, "COLUMNS": str(columns)},
        )

    return call


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Start ``mockllm serve --port 0 ARGUMENTS`` and return the process and its URL."""
    running: list[subprocess.Popen[str]] = []

    def call(*arguments: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "mockllm_cli", "serve", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
        running.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("mockllm listening on http"), line
        return process, line.split()[-1]

    yield call
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()
