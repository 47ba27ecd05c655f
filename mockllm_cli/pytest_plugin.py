"""The pytest fixture ``mockllm``: a running server, the SDKs' variables set, its journal empty."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_cli.mock_server import MockServer


@pytest.fixture(scope="session")
def _mockllm_server() -> Iterator[MockServer]:
    from mockllm_cli.mock_server import MockServer

    with MockServer() as server:
        yield server


@pytest.fixture
def mockllm(_mockllm_server: MockServer, monkeypatch: pytest.MonkeyPatch) -> MockServer:
    """A mock of five LLM APIs: one server a test session, cleared for each test, the SDKs pointed at it."""
    _mockllm_server.clear()
    for name, value in _mockllm_server.env.items():
        monkeypatch.setenv(name, value)
    imported = sys.modules.get("openai")
    if getattr(imported, "api_type", "") is None:
        # it has read its variable already
        monkeypatch.setattr(imported, "api_type", "openai")
    for name in ("NO_PROXY", "no_proxy"):
        # where a proxy is set, it would be asked for the server, too
        near = os.environ.get(name, "")
        if near != "*":
            monkeypatch.setenv(name, f"{near},127.0.0.1" if near else "127.0.0.1")
    return _mockllm_server
