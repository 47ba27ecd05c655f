"""Fuzz for as long as you like: ``python tests/benchmarks/fuzz.py --minutes 10``.

A failure is told by target and number; ``--case engine:123`` runs it again with its traceback.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from laws.fuzzing import TARGETS

MOST = 20
"""Failures that end a run."""


def run(minutes: float, begin: int) -> int:
    """Run all targets in turn until the time is up; return how many cases failed."""
    failed: dict[str, str] = {}
    end = time.monotonic() + minutes * 60
    number = begin
    while time.monotonic() < end and len(failed) < MOST:
        for name, target in TARGETS.items():
            try:
                target(number)
            except Exception as error:  # noqa: BLE001 - any exception is a finding
                frame = traceback.extract_tb(error.__traceback__)[-1]
                place = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
                if place not in failed:
                    failed[place] = f"{name}:{number}"
                    print(f"{name}:{number}  {place}  {str(error)[:300]}", flush=True)  # noqa: T201 - a report
        number += 1
    print(f"{number - begin} cases for each of {', '.join(TARGETS)}; {len(failed)} kinds of failure")  # noqa: T201 - a report
    return len(failed)


def main() -> int:
    """Return 1 when anything failed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=1.0)
    options.add_argument("--begin", type=int, default=1_000_000, help="the first number")
    options.add_argument("--case", metavar="TARGET:NUMBER", help="run one case again")
    chosen = options.parse_args()
    if chosen.case:
        name, _, number = chosen.case.partition(":")
        TARGETS[name](int(number))
        return 0
    return int(run(chosen.minutes, chosen.begin) > 0)


if __name__ == "__main__":
    sys.exit(main())
