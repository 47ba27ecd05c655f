"""Measure the server against a limit and, when it is there, a peer; all as ratios taken in the same round.

    PYTHONPATH=tests python -m benchmarks.run [--rounds N] [--seconds S] [--aimock CLI.js] [--kinds short,long] [--json FILE] [--svg FILE]
    PYTHONPATH=tests python -m benchmarks.run --short

The limit is ``limit.py``, an epoll loop that answers canned bytes. The peer is the npm package ``@copilotkit/aimock``,
given by the path of its ``dist/cli.js``. Pieces have 10 characters everywhere, so that all send as many events;
``ours, default pieces`` cuts as the providers do. Requests are checked and logged as usual. The server runs on one
core and the client on another. CPU is user and system time of the server for one whole answer.

``--short`` is for CI: one quick round, ratios and errors only, limits so wide that a busy machine stays within them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TypedDict

from benchmarks import asks
from benchmarks.chart import bars
from benchmarks.load import load
from benchmarks.servers import Process

HERE = Path(__file__).parent
SERVE = [sys.executable, "-m", "mockllm_cli", "serve", "--port", "{port}"]
OURS = [*SERVE, "--piece", "10"]
LIMIT = [sys.executable, str(HERE / "limit.py"), "{port}"]

KINDS = ",".join(asks.KINDS)


class Row(TypedDict):
    """One server in one cell; the numbers are medians over the rounds."""

    server: str
    protocol: str
    kind: str
    cpu_us: float
    rate: float
    p99_ms: float
    cpu_to_limit: float
    errors: int


def main() -> int:
    """Print the table; return 1 when ``--short`` finds a limit exceeded."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--kinds", default=KINDS, help=f"of answers: {KINDS}")
    parser.add_argument("--aimock", metavar="CLI.js")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--svg", type=Path)
    given = parser.parse_args()
    if given.short:
        return _short()
    cells = [(protocol, kind) for protocol in asks.PROTOCOLS for kind in given.kinds.split(",")]
    commands = {"limit": LIMIT, "ours": OURS, "ours, default pieces": SERVE}
    with tempfile.TemporaryDirectory() as folder:
        if given.aimock:
            commands["aimock"] = _aimock(given.aimock, Path(folder))
        rows = _measure(commands, cells, given.rounds, given.seconds, given.clients)
    start = _starts(5)
    _print(rows)
    print(f"start to first answer: {start:.1f} times python -c pass")  # noqa: T201 - a report
    if given.json:
        given.json.write_text(json.dumps({"start_to_python": round(start, 2), "rows": rows}, indent=1) + "\n")
    if given.svg:
        given.svg.write_text(_chart(rows))
    return 0


def _measure(
    commands: dict[str, list[str]], cells: list[tuple[str, str]], rounds: int, seconds: float, clients: int
) -> list[Row]:
    """Return a row for each server and cell; servers take turns within a round, so that drift cancels out."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    started = {name: Process(command, {cores[0]}) for name, command in commands.items()}
    try:
        rows = [row for cell in cells for row in _cell(started, cell, rounds, seconds, clients)]
    finally:
        for process in started.values():
            process.__exit__(None, None, None)
        os.sched_setaffinity(0, cores)
    return rows


def _cell(
    started: dict[str, Process], cell: tuple[str, str], rounds: int, seconds: float, clients: int
) -> list[Row]:
    protocol, kind = cell
    asked = asks.ask(protocol, kind)
    request = asks.raw(asked)
    seen: dict[str, list[tuple[float, float, float, float]]] = {name: [] for name in started}
    errors = dict.fromkeys(started, 0)
    for nth in range(-1, rounds):  # the first round only warms up: Node compiles, contracts are read
        base = 0.0
        for name, process in started.items():
            last = b"data: [DONE]" if name == "limit" else asked.last
            before = process.cpu()
            ran = load(
                process.port,
                request,
                last,
                clients=clients,
                seconds=seconds,
                varying=asks.VARIES if kind.startswith("new") else b"",
            )
            cpu = (process.cpu() - before) / max(1, ran.answers) * 1e6
            base = base or cpu
            if nth >= 0:
                seen[name].append((cpu, ran.answers / ran.seconds, ran.p99, cpu / base))
                errors[name] += ran.errors + (ran.answers == 0)
    rows: list[Row] = []
    for name, runs in seen.items():
        cpu, rate, late, ratio = (statistics.median(values) for values in zip(*runs, strict=True))
        rows.append(
            Row(
                server=name,
                protocol=protocol,
                kind=kind,
                cpu_us=round(cpu, 1),
                rate=round(rate),
                p99_ms=round(late, 2),
                cpu_to_limit=round(ratio, 2),
                errors=errors[name],
            )
        )
    return rows


def _starts(times: int) -> float:
    """Return the start to the first answer as a multiple of the start of a bare Python."""
    ratios = []
    for _ in range(times):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        bare = time.perf_counter() - begin
        with Process(OURS) as process:
            ratios.append(process.started / bare)
    return statistics.median(ratios)


def _aimock(cli: str, folder: Path) -> list[str]:
    """Return the peer's command line, with fixtures for the same texts."""
    arguments = {
        "place": "Rome", "area": "inside", "guests": 2, "quiet": True, "budget": 9.5, "wishes": ["a", "b"],
    }  # fmt: skip
    fixtures = [
        {
            "match": {"toolName": asks.TOOL},
            "response": {"toolCalls": [{"name": asks.TOOL, "arguments": arguments}]},
        },
        {"match": {"userMessage": "Please say"}, "response": {"content": asks.SHORT}},
        {"match": {"userMessage": "A wide river"}, "response": {"content": asks.LONG}},
    ]
    made = folder / "fixtures.json"
    made.write_text(json.dumps({"fixtures": fixtures}))
    return ["node", cli, "-p", "{port}", "-f", str(made), "-c", "10", "--log-level", "silent"]


def _print(rows: list[Row]) -> None:
    print("| API | answer | server | CPU to limit | CPU us | answers/s | p99 ms | errors |")  # noqa: T201 - a report
    print("|---|---|---|--:|--:|--:|--:|--:|")  # noqa: T201 - a report
    for row in rows:
        print(  # noqa: T201 - a report
            f"| {row['protocol']} | {row['kind']} | {row['server']} | {row['cpu_to_limit']:.1f} | {row['cpu_us']:.0f} "
            f"| {row['rate']:.0f} | {row['p99_ms']:.1f} | {row['errors']} |"
        )


def _chart(rows: list[Row]) -> str:
    lines = []
    for row in rows:
        if row["server"] not in ("ours", "aimock") or row["kind"] not in ("short", "new-short"):
            continue
        if row["kind"] == "short" or row["server"] == "ours":
            name = row["server"] if row["kind"] == "short" else "ours, each text new"
            lines.append((f"{row['protocol']}, {name}", row["cpu_us"], name))
    return bars("CPU of the server for one short streamed answer, microseconds", lines)


def _short() -> int:
    """Hold wide limits: no errors, every protocol answers, no cell costs many times what it should."""
    cells = [(protocol, "short") for protocol in asks.PROTOCOLS] + [
        ("openai-chat", "new-short"),
        ("openai-chat", "long"),
        ("openai-chat", "tool"),
    ]
    rows = _measure({"limit": LIMIT, "ours": OURS}, cells, 1, 0.6, 16)
    _print(rows)
    most = {"short": 20.0, "new-short": 20.0, "long": 60.0, "tool": 30.0}
    bad = [row for row in rows if row["errors"] or row["cpu_to_limit"] > most[row["kind"]]]
    start = _starts(3)
    print(f"start to first answer: {start:.1f} times python -c pass")  # noqa: T201 - a report
    for row in bad:
        print(f"too dear or wrong: {row}")  # noqa: T201 - a report
    return int(bool(bad) or start > 40)


if __name__ == "__main__":
    sys.exit(main())
