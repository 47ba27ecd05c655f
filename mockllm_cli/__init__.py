"""The command line and the server: the only place with effects."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockllm_cli.mock_server import MockServer

__all__ = ["MockServer"]


def __getattr__(name: str) -> object:
    """Import the server when it is asked for, so that the command line starts without it."""
    if name == "MockServer":
        from mockllm_cli.mock_server import MockServer

        return MockServer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
