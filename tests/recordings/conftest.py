"""Print, at the end of a run, how many recordings are reproduced, and by which dated differences."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from recordings.harness import tally

if TYPE_CHECKING:
    import pytest

KINDS = {
    "bytes": "in every byte",
    "events": "in every event, where the recorder did not keep spaces",
    "dated": "but for dated differences",
}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not tally:
        return
    terminalreporter.section("recordings reproduced")
    for protocol in sorted(tally):
        kinds = Counter(how.partition(":")[0] for how in tally[protocol].values())
        parts = ", ".join(f"{kinds[kind]} {words}" for kind, words in KINDS.items() if kinds[kind])
        terminalreporter.write_line(f"{protocol}: {len(tally[protocol])} ({parts})")
        items = Counter(
            item
            for how in tally[protocol].values()
            if how.startswith("dated: ")
            for item in how.removeprefix("dated: ").split(", ")
        )
        if items:
            told = ", ".join(f"{item} {times}" for item, times in sorted(items.items()))
            terminalreporter.write_line(f"    older forms: {told}")
