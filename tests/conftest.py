"""What all tests share: snapshots of exact bytes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable

# a busy machine must not fail a law, and CI must say the same of the same commit; elsewhere each run looks further
_PATIENT = [HealthCheck.too_slow]
settings.register_profile("usual", deadline=None, suppress_health_check=_PATIENT)
settings.register_profile("ci", deadline=None, suppress_health_check=_PATIENT, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "usual")

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
