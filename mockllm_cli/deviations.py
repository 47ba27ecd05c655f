"""``mockllm deviations``: where our bytes differ from the providers'."""

from __future__ import annotations

import json
import sys
from importlib import resources
from typing import NamedTuple

from mockllm_core.registry import HOSTS, PROTOCOLS

__all__ = ["Deviation", "deviations", "known"]


class Deviation(NamedTuple):
    """One difference.

    Attributes:
        protocol: the protocol's or host's name.
        item: a short name.
        ours: what we send.
        theirs: what the provider sends, or sent.
        since: the day or month from which the provider's form holds, ``""`` when that is not known.
        why: the reason.
        dated: True when it is an older form of the provider's that we do not send any more.
    """

    protocol: str
    item: str
    ours: str
    theirs: str
    since: str
    why: str
    dated: bool


def known() -> list[Deviation]:
    """Return all that are known, protocol by protocol, then host by host."""
    found: list[Deviation] = []
    for protocol in (*PROTOCOLS, *HOSTS):
        kind = "protocols" if protocol in PROTOCOLS else "hosts"
        file = resources.files(f"mockllm_core.{kind}") / protocol.name.replace("-", "_") / "deviations.json"
        if file.is_file():
            rows = json.loads(file.read_text(encoding="utf-8"))
            found += [Deviation(protocol=protocol.name, **row) for row in rows]
    return found


def deviations(*, dated: bool, output: str) -> None:
    """Print them in blocks: today's by default, the providers' older forms too with ``dated``."""
    rows = known()
    shown = [row for row in rows if dated or not row.dated]
    for nth, row in enumerate(shown):
        if output == "json":
            print(json.dumps(row._asdict(), ensure_ascii=False))  # noqa: T201 - the product
            continue
        since = f" (since {row.since})" if row.since else ""
        older = ", an older form" if row.dated else ""
        lines = (
            f"{row.protocol}  {row.item}{since}{older}",
            f"ours:   {row.ours}",
            f"theirs: {row.theirs}",
            f"why:    {row.why}",
        )
        print(("\n" if nth else "") + "\n  ".join(lines))  # noqa: T201 - the product
    if output != "json" and (hidden := len(rows) - len(shown)):
        print(f"{hidden} older forms of the providers: --all", file=sys.stderr)  # noqa: T201 - a hint beside the product
