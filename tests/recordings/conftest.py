"""Print, at the end of a run, how many recordings are reproduced."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from recordings.harness import tally

if TYPE_CHECKING:
    import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not tally:
        return
    terminalreporter.section("recordings reproduced")
    for protocol in sorted(tally):
        kinds = Counter(how.partition(":")[0] for how in tally[protocol].values())
        parts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        terminalreporter.write_line(f"{protocol}: {len(tally[protocol])} ({parts})")
