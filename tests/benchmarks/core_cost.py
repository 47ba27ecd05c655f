"""What one answer costs without sockets: the engine alone, as multiples of reading and writing the request's JSON once.

    PYTHONPATH=tests python -m benchmarks.core_cost [--profile PROTOCOL KIND]

A warm loop, so a lower bound; the multiples hardly move between machines. ``seeded`` answers are those of
``serve --seed``, whose ids come from a digest of the request.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from benchmarks import asks

from mockllm_cli.memory import BoundedMemory
from mockllm_core.engine import Engine, Settings
from mockllm_core.exchange import HttpRequest
from mockllm_core.frame import frames

if TYPE_CHECKING:
    from collections.abc import Callable

_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    """Print a row for each protocol and kind, or a profile of one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--profile", nargs=2, metavar=("PROTOCOL", "KIND"))
    given = parser.parse_args()
    engine = Engine(Settings(piece=10), BoundedMemory())
    if given.profile:
        asked = _request(*given.profile)
        profile = cProfile.Profile()
        profile.runcall(lambda: [_answer(engine, asked, fresh=True) for _ in range(300)])
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
        return
    print("| API | answer | frames | to a JSON round trip | seeded | us |")  # noqa: T201 - a report
    print("|---|---|--:|--:|--:|--:|")  # noqa: T201 - a report
    for protocol in asks.PROTOCOLS:
        for kind in asks.KINDS:
            asked = _request(protocol, kind)
            unit = _cost(lambda: json.dumps(json.loads(asked.body)), 500)  # noqa: B023 - called at once
            times = 20 if kind == "long" else 200
            fresh = _cost(lambda: _answer(engine, asked, fresh=True), times)  # noqa: B023 - called at once
            seeded = _cost(lambda: _answer(engine, asked, fresh=False), times)  # noqa: B023 - called at once
            frames = _answer(engine, asked, fresh=True)
            print(  # noqa: T201 - a report
                f"| {protocol} | {kind} | {frames} | {fresh / unit:.1f} | {seeded / unit:.1f} | {fresh * 1e6:.0f} |"
            )


def _request(protocol: str, kind: str) -> HttpRequest:
    asked = asks.ask(protocol, kind)
    path, _, query = asked.target.partition("?")
    return HttpRequest(
        method="POST", path=path, query=query, headers=asks.HEADERS, body=json.dumps(asked.body).encode()
    )


def _answer(engine: Engine, request: HttpRequest, *, fresh: bool) -> int:
    """Make a whole answer and return its number of frames."""
    response = engine.answer(request, now=_NOW, fresh=b"0123456789abcdef" if fresh else None)
    wire = [frame.wire for frame in frames(response.steps)]
    b"".join(wire)
    return len(wire)


def _cost(work: Callable[[], object], times: int) -> float:
    """Return the CPU seconds of one call: the best of five runs."""
    best = float("inf")
    for _ in range(5):
        begin = time.process_time()
        for _ in range(times):
            work()
        best = min(best, (time.process_time() - begin) / times)
    return best


if __name__ == "__main__":
    main()
