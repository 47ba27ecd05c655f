"""One ``mockllm serve`` for all clients, an event loop for the async ones, and a count of connections."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdk.cases import Run


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """The address of a ``mockllm serve --port 0 --seed 0`` of its own process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mockllm_cli", "serve", "--port", "0", "--seed", "0", "--log-level", "error"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("mockllm listening on http://127.0.0.1:"), line + process.communicate()[1]
    yield line.split()[-1]
    process.terminate()
    _, errors = process.communicate(timeout=15)
    assert process.returncode == 0
    assert "Traceback" not in errors


@pytest.fixture(scope="session")
def run() -> Iterator[Run]:
    """Run a coroutine on the one event loop that all async clients live on: their connections are kept."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Addresses that any client connects to while the test runs."""
    made: list[Any] = []
    connect = socket.socket.connect

    def counted(self: socket.socket, address: Any) -> None:
        made.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", counted)
    return made
