"""``mockllm deviations``: where our bytes differ from the providers'."""

from __future__ import annotations

import json
from importlib import resources
from typing import NamedTuple

from mockllm_core.registry import PROTOCOLS

__all__ = ["Deviation", "deviations", "known"]


class Deviation(NamedTuple):
    """One difference.

    Attributes:
        protocol: the protocol's name.
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
    """Return all that are known, protocol by protocol."""
    found: list[Deviation] = []
    for protocol in PROTOCOLS:
        package = f"mockllm_core.protocols.{protocol.name.replace('-', '_')}"
        text = (resources.files(package) / "deviations.json").read_text(encoding="utf-8")
        found += [Deviation(protocol=protocol.name, **row) for row in json.loads(text)]
    return found


def deviations(*, dated: bool, output: str) -> None:
    """Print one a line: today's by default, the providers' older forms too with ``dated``."""
    for row in known():
        if row.dated and not dated:
            continue
        if output == "json":
            print(json.dumps(row._asdict(), ensure_ascii=False))  # noqa: T201 - the product
        else:
            since = f" (since {row.since})" if row.since else ""
            lines = (
                f"{row.protocol}  {row.item}{since}",
                f"ours:   {row.ours}",
                f"theirs: {row.theirs}",
                f"why:    {row.why}",
            )
            print("\n  ".join(lines))  # noqa: T201 - the product
