"""Hold 200 clients for minutes, half of them leaving whenever they like: ``python tests/benchmarks/soak.py``.

The server runs as a process of its own. No response is stored: what is asked to be kept
would show as growth until its bound. Prints a line every few seconds (requests, memory, descriptors, threads)
and says at the end whether they stayed flat. Linux only: it reads ``/proc``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

WORDS = "the quick brown fox jumps over the lazy dog and does it again "
BODIES = [
    ("/v1/chat/completions", {"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": "%"}]}),
    ("/v1/responses", {"model": "gpt-4o", "stream": True, "store": False, "input": "%"}),
    ("/v1/messages", {"model": "c", "max_tokens": 9999, "stream": True, "messages": [{"role": "user", "content": "%"}]}),
    ("/model/m/converse-stream", {"messages": [{"role": "user", "content": [{"text": "%"}]}]}),
    ("/v1beta/models/g:streamGenerateContent?alt=sse", {"contents": [{"role": "user", "parts": [{"text": "%"}]}]}),
]  # fmt: skip


@dataclass(slots=True)
class Tally:
    """What the clients saw."""

    whole: int = 0
    left: int = 0
    wrong: int = 0
    seconds: list[float] = field(default_factory=list)


async def client(port: int, seed: int, end: float, tally: Tally) -> None:
    """Ask, read, and leave in the middle every other time, until the end."""
    chance = random.Random(seed)
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    while time.monotonic() < end:
        if reader is None or writer is None:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                tally.wrong += 1
                await asyncio.sleep(0.2)
                continue
        begun = time.monotonic()
        leaves = chance.random() < 0.5
        try:
            writer.write(_request(chance))
            if leaves:
                await reader.read(chance.choice([0, 1, 100, 5000]))
                await asyncio.sleep(chance.random() * 0.2)
                writer.close()
                reader = writer = None
                tally.left += 1
            else:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readuntil(b"\r\n0\r\n\r\n")
                tally.whole += 1
                tally.wrong += not head.startswith(b"HTTP/1.1 200 ")
                tally.seconds.append(time.monotonic() - begun)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            tally.wrong += 1
            reader = writer = None
        await asyncio.sleep(chance.random() * 0.5)
    if writer is not None:
        writer.close()


def _request(chance: random.Random) -> bytes:
    path, body = chance.choice(BODIES)
    text = (WORDS * 8)[: chance.choice([5, 60, 400])]
    data = json.dumps(body).replace("%", text).encode()
    delay = chance.choice([0, 0, 5, 30])
    return (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nx-mockllm-delay: {delay}\r\nContent-Length: {len(data)}\r\n\r\n".encode()
        + data
    )


def measured(pid: int) -> tuple[int, int, int]:
    """Return resident KiB, open descriptors and threads of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = {
        name: int(number) for name, number in re.findall(r"^(VmRSS|Threads):\s+(\d+)", status, re.MULTILINE)
    }
    return found["VmRSS"], len(list(Path(f"/proc/{pid}/fd").iterdir())), found["Threads"]


async def hold(port: int, pid: int, minutes: float, clients: int) -> tuple[Tally, list[tuple[int, int, int]]]:
    """Run the clients and measure the server every five seconds."""
    tally, seen = Tally(), []
    end = time.monotonic() + minutes * 60
    tasks = [asyncio.create_task(client(port, number, end, tally)) for number in range(clients)]
    while time.monotonic() < end:
        await asyncio.sleep(5)
        seen.append(measured(pid))
        rss, descriptors, threads = seen[-1]
        say(
            f"{tally.whole} whole, {tally.left} left, {tally.wrong} wrong; {rss} KiB, {descriptors} fds, {threads} threads"
        )
    _, stuck = await asyncio.wait(tasks, timeout=30)
    for task in stuck:
        say(f"stuck: {task.get_stack()}")
        task.cancel()
    tally.wrong += len(stuck)
    return tally, seen


def say(line: str) -> None:
    """Report."""
    print(line, flush=True)  # noqa: T201 - a report


def main() -> int:
    """Return 1 when memory, descriptors or threads grew, or an answer was wrong."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=2.0)
    options.add_argument("--clients", type=int, default=200)
    chosen = options.parse_args()
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "mockllm_cli", "serve", "--port", "0"], stdout=subprocess.PIPE, stderr=log
        )
        assert server.stdout is not None
        port = int(server.stdout.readline().rpartition(b":")[2])
        empty = measured(server.pid)
        tally, seen = asyncio.run(hold(port, server.pid, chosen.minutes, chosen.clients))
        time.sleep(3)
        last = measured(server.pid)
        server.terminate()
        code = server.wait(10)
        log.seek(0)
        said = log.read()
    third = len(seen) // 3
    early, late = (
        sum(rss for rss, _, _ in part) / len(part) for part in (seen[third : 2 * third], seen[2 * third :])
    )
    drift = late / early - 1
    seconds = sorted(tally.seconds)
    say(f"requests {tally.whole + tally.left}, wrong {tally.wrong}, slowest whole answer {seconds[-1]:.2f} s")
    say(
        f"memory: {empty[0]} KiB empty, {seen[-1][0]} KiB at the end, last third against the middle {drift:+.1%}"
    )
    say(f"descriptors {empty[1]} before, {last[1]} after; threads {empty[2]} before, {last[2]} after")
    say(f"exit code {code}, tracebacks in the log {said.count(b'Traceback')}")
    flat = drift < 0.05 and last[1] <= empty[1] + 3 and last[2] == empty[2]
    return int(not (flat and tally.wrong == 0 and code == 0 and b"Traceback" not in said))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
