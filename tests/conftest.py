"""What all tests share: snapshots of exact bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

SNAPSHOTS = Path(__file__).parent / "snapshots"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--snapshot-update", action="store_true", help="write the snapshots anew; review the diff"
    )


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Callable[[str, bytes], None]:
    """Compare bytes with the file of that name under ``tests/snapshots``."""

    def compare(name: str, data: bytes) -> None:
        path = SNAPSHOTS / name
        if request.config.getoption("--snapshot-update"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            return
        assert path.exists(), f"no snapshot {name}: run once with --snapshot-update and read what it wrote"
        assert data == path.read_bytes()

    return compare
