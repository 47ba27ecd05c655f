"""docs/support.md is made of the table: run with ``--snapshot-update`` to write it anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from features.asks import HOSTS, PROTOCOLS
from features.cells import Visit
from features.nested.tables import APIS
from features.options import silent
from features.table import ROWS

from mockllm_core.errors import ErrorKind
from mockllm_core.registry import HOSTS as HOST_RECORDS
from mockllm_core.registry import PROTOCOLS as PROTOCOL_RECORDS
from mockllm_core.tokens import CHARS_PER_TOKEN

if TYPE_CHECKING:
    import pytest
    from features.cells import Cell, Row

FILE = Path(__file__).parents[2] / "docs" / "support.md"
TITLES = {record.name: record.title for record in (*PROTOCOL_RECORDS, *HOST_RECORDS)}
SHORT = {
    "openai-chat": "Chat",
    "openai-responses": "Responses",
    "anthropic-messages": "Messages",
    "bedrock-converse": "Converse",
    "google-genai": "Gemini",
    "azure-openai": "Azure Chat",
    "azure-responses": "Azure Responses",
    "openai-completions": "Completions",
    "anthropic-vertex": "Claude on Vertex",
    "bedrock-invoke": "InvokeModel",
}

OPENING = f"""# What is supported

This page is written by `tests/features`, which asks for every cell of it: `yes` is streamed and whole, `stream` or
`whole` is that way only, a number is the status of the provider's own refusal, and an empty cell means that the API
has no such thing (or that a host has it from the API whose events it sends). Each answer is read back by our reader without a finding and held against the official SDK's types.

Nothing has to be configured: the request asks, in the API's own words. What no request can bring about is asked for by
the model's name (a path before it is ignored, as in `gpt-4o/mock-finish-refusal`):

- `mock-error-KIND` answers with that error: {{kinds}}.
  With the header `x-mockllm-fail-after: N` a stream begins, and after N frames comes what the provider sends then.
- `mock-finish-REASON` ends the answer that way: `stop`, `length`, `content_filter` or `refusal` everywhere, and the
  provider's own words in lower case: {{ends}}.

A misspelt name is refused with those that there are.

Usage counts one token for {CHARS_PER_TOKEN} characters of text, and a fixed number for each image, document, sound and video.
A compaction that is sent back counts one token for 4 bytes of what it seals, which is what its making was counted as.
Of a call of OpenAI's own tools what the model writes is counted: a query, code, a command, arguments.

What a deployment is set to do and no request can ask for is not done: Azure's asynchronous content filter, whose results
come in chunks of their own (`content_filter_offsets`).
"""


_SILENT = """Every option of the SDKs' request types was asked for: what is not in this list shows in the answer or is refused.
The provider would check the values of some of these, too. InvokeModel's bodies have no types in an SDK: of what they hold
Titan's `normalize` does nothing (vectors are of length 1 anyway), nor does a guardrail beside embeddings (nothing in a vector
is blocked). A guardrail's `enabled_full` shows what `enabled` does.
"""


_NESTED = """The same was asked of every key and every alternative inside of them, as the SDKs' types have it: tools, choices, parts
of messages, formats. `tests/snapshots/nested` tells for each whether it shows, does nothing or is refused, and in which
words (being counted in usage is showing, too). What does nothing is here, by the name of its type and key or by its place in the request, `*` standing for any text.
"""

_PATHS = """Any other path gets the provider's own refusal, and so does each method of the SDKs that asks for one: OpenAI's 404 is
`Invalid URL (POST /v1/images/generations)`, Azure's gateway says `Resource not found`. Operations of AWS that are not here
are denied, as they are to who has no right to them.

Responses are served over a WebSocket, too, as `client.responses.connect()` and Codex ask for them: each `response.create` on
`/v1/responses` (and Azure's `/openai/v1/responses`) is answered by the events that a stream has, in its `stream_id`'s name,
and the last response of each lane can be gone on with though nothing is stored. Lanes go side by side, 16 at once;
models of GPT-6 are steered (`response.steer`) until their lane goes on. Every other API refuses a socket as its provider
does who does not let a client in. That of OpenAI's Realtime (`/v1/realtime`) opens, says why in an `error` event and
closes: with 4004 for a model of Realtime's, 4000 for any other, 3000 for `?model=mock-error-authentication`. That of
Gemini's and Vertex AI's Live opens, hears the client's `setup`
and closes with 1008, with 1007 for what is none. Azure's handshakes get a 404.
"""


def _cell(cell: Cell | Visit | None) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Visit):
        return "yes"
    if cell.refused:
        return str(cell.refused)
    return "yes" if cell.streams and cell.whole else "stream" if cell.streams else "whole"


def _table(rows: list[Row]) -> list[str]:
    """Return a table of the columns that any of the rows has."""
    columns = [name for name in (*PROTOCOLS, *HOSTS) if any(name in row.cells for row in rows)]
    lines = [
        "| | " + " | ".join(SHORT[name] for name in columns) + " |",
        "|---|" + "---|" * len(columns),
    ]
    lines += [
        f"| {row.name} | " + " | ".join(_cell(row.cells.get(name)) for name in columns) + " |" for row in rows
    ]
    return lines


def page() -> str:
    """Return the whole page."""
    kinds = ", ".join(f"`{kind}`" for kind in ErrorKind.__args__)  # type: ignore[attr-defined]
    ends = "; ".join(
        f"{SHORT[record.name]} {', '.join(f'`{word}`' for word in record.ends)}"
        for record in (*PROTOCOL_RECORDS, *HOST_RECORDS)
        if record.ends
    )
    lines = [OPENING.replace("{kinds}", kinds).replace("{ends}", ends)]
    for group in dict.fromkeys(row.group for row in ROWS):
        rows = [row for row in ROWS if row.group == group]
        lines += [f"## {group}", "", *_table(rows), ""]
    lines += ["## Taken, and without effect on the answer", "", _SILENT, "| | | because |", "|---|---|---|"]
    for column, reasons in silent().items():
        for why, options in reasons.items():
            lines.append(f"| {SHORT[column]} | {', '.join(f'`{option}`' for option in options)} | {why} |")
    lines += ["", "### Inside of the options", "", _NESTED, "| | | because |", "|---|---|---|"]
    for api in APIS:
        for why, patterns in api.silent.items():
            told = ", ".join(f"`{pattern}`" for pattern in patterns)
            lines.append(f"| {SHORT[api.column]} | {told} | {why} |")
    lines += ["", "## Paths", "", _PATHS, "| | |", "|---|---|"]
    for record in (*PROTOCOL_RECORDS, *HOST_RECORDS):
        for endpoint in (one for one in record.endpoints if one.header != "upgrade"):
            lines.append(f"| {TITLES[record.name]} | `{endpoint.method} {endpoint.path}` |")
    return "\n".join(lines) + "\n"


def test_the_page_is_what_the_table_says(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--snapshot-update"):
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(page(), encoding="utf-8")
    assert FILE.exists(), "run with --snapshot-update to write docs/support.md"
    assert FILE.read_text(encoding="utf-8") == page(), "run with --snapshot-update and read the difference"


def test_every_protocol_and_host_has_a_column() -> None:
    assert set(SHORT) == set(TITLES)
