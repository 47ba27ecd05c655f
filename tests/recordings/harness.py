"""Real recorded answers, and what the proofs over them share.

The recordings are not part of this repository: they are looked for in ``$MOCKLLM_RECORDINGS`` and in
``shared/wire/recordings`` beside the checkout. Without them the proofs skip, in CI they fail.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mockllm_core.exchange import HttpRequest
from mockllm_core.protocol import Call, Endpoint, Incoming, WireProtocol
from mockllm_core.routing import match
from mockllm_core.stamp import Stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mockllm_core.reply import Turn

HERE = Path(__file__).resolve()
FOLDER = Path(os.environ.get("MOCKLLM_RECORDINGS") or HERE.parents[3] / "shared" / "wire" / "recordings")

#: protocol -> recording -> how it matched: "bytes", "events" (whitespace not recorded) or "dated: ITEM, ..."
tally: dict[str, dict[str, str]] = defaultdict(dict)


@dataclass(frozen=True)
class Recording:
    """One recorded exchange."""

    protocol: str
    name: str
    data: dict[str, Any]

    def __str__(self) -> str:
        return self.name

    @property
    def request(self) -> Any:
        return self.data["request"]

    @property
    def status(self) -> int:
        return int(self.data["status"])

    @property
    def body(self) -> bytes:
        if "body_base64" in self.data:
            return base64.b64decode(self.data["body_base64"])
        return str(self.data["body_text"]).encode()

    @property
    def path(self) -> str:
        return str(self.data.get("endpoint") or "").partition("?")[0]

    @property
    def query(self) -> str:
        return str(self.data.get("endpoint") or "").partition("?")[2]

    @property
    def headers(self) -> dict[str, Any]:
        return dict(self.data["headers"])

    @property
    def raw(self) -> bool:
        """Whether spaces and key order are the wire's own."""
        return not any(key in self.data for key in ("body_note", "fidelity", "excerpt"))

    @property
    def ordered(self) -> bool:
        """Whether key order is the wire's own, as far as a note about the body tells."""
        return not re.search(r"key order (?!is\))", str(self.data.get("body_note", "")))

    @property
    def recorded(self) -> date | None:
        """The day of the answer, where a header or the file tells it."""
        if "recorded" in self.data:
            return datetime.fromisoformat(str(self.data["recorded"])[:10].ljust(10, "0")).date()
        sent = self.headers.get("date")
        return parsedate_to_datetime(sent).date() if sent else None


def load(protocol: str, names: Iterable[str] = ()) -> list[Any]:
    """Return pytest parameters: all recordings of a protocol's folder, or the named ones."""
    folder = FOLDER / protocol
    if not folder.is_dir():
        reason = f"no recordings in {folder}: set MOCKLLM_RECORDINGS"
        if os.environ.get("CI"):
            # skipped proofs would look like proofs: stop the collection, which fails the run
            raise FileNotFoundError(reason)
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason), id="missing")]
    wanted = set(names)
    found = [path for path in sorted(folder.glob("*.json")) if not wanted or path.stem in wanted]
    return [
        pytest.param(
            Recording(protocol, path.stem, json.loads(path.read_text(encoding="utf-8"))), id=path.stem
        )
        for path in found
    ]


def incoming(recording: Recording, protocol: WireProtocol) -> tuple[Incoming, Endpoint]:
    """Return the recorded request as the engine would hand it to the protocol, and the endpoint it meets."""
    path = recording.path or protocol.endpoints[0].path
    http = HttpRequest(
        method="POST", path=path, query=recording.query, body=json.dumps(recording.request).encode()
    )
    for endpoint in protocol.endpoints:
        params = match(endpoint.path, path)
        if params is not None and endpoint.method == "POST":
            return Incoming(http=http, params=params, body=recording.request), endpoint
    raise AssertionError(f"no endpoint of {protocol.name} takes {path}")


def call_of(recording: Recording, protocol: WireProtocol) -> Call:
    """Return the recorded request, parsed."""
    return protocol.parse(*incoming(recording, protocol))


def needed(items: Sequence[str], same: Callable[[Sequence[str]], bool]) -> list[str] | None:
    """Return the dated differences that explain a recording; None when they do not.

    Args:
        items: those that came after the day of the answer, the newest first.
        same: whether our bytes, these items undone, are the recording's.
    """
    for count in range(len(items) + 1):
        newest = list(items[:count])
        # some items came to some models first: one of them may not be needed
        for tried in (newest, *([one for one in newest if one != left] for left in newest)):
            if same(tried):
                return [one for one in tried if not same([other for other in tried if other != one])]
    return None


def count(protocol: str, recording: Recording, items: Sequence[str]) -> None:
    """Put a recording that is reproduced into the tally."""
    exact = "bytes" if recording.raw else "events"
    tally[protocol][recording.name] = f"dated: {', '.join(items)}" if items else exact


def stamp() -> Stamp:
    """Return a fixed source of ids and times."""
    return Stamp(seed=b"0", now=datetime(2026, 1, 1, tzinfo=UTC))


def read(recording: Recording, protocol: WireProtocol) -> Turn:
    """Return the recorded answer as a Turn; anything that a reader finds wrong with it fails the test."""
    kind = str(recording.headers.get("content-type", ""))
    findings: list[Any] = []
    if call_of(recording, protocol).stream:
        reader = protocol.reader(kind)
        reader.feed(recording.body)
        turn = reader.finish()
        findings = reader.findings
    else:
        turn = protocol.read_whole(recording.body, findings)
    assert not findings, findings
    return turn


def encode(turn: Turn, call: Call, protocol: WireProtocol) -> bytes:
    """Return our bytes for a Turn, streamed or whole as the call asks."""
    if call.stream:
        return b"".join(frame.wire for frame in protocol.stream(turn, call, stamp()))
    return protocol.whole(turn, call, stamp())
