"""The one file that imports rich, and only when it is asked to draw."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TextIO

    from mockllm_core.frame import Frame

__all__ = ["Rows", "frames_table", "values_table", "visible", "welcome"]

_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


def visible(text: str) -> str:
    r"""Return text with every control character written out (``\x1b``), so that it cannot steer a terminal."""
    if text.isascii() and text.isprintable():
        return text
    return _HIDDEN.sub(lambda match: match[0].encode("unicode_escape", "backslashreplace").decode(), text)


_ASKED = '{"model": "gpt-4o", "stream": true, "messages": [{"role": "user", "content": "Hello!"}]}'


def welcome(url: str, variables: Mapping[str, str]) -> str:
    """Return where the server listens and what to copy: no box and no colour, so that lines can be taken whole."""
    # curl looks for certificates where other clients do not
    flags = "-kN" if url.startswith("https:") else "-N"
    exports = "\n".join(f"export {name}={value}" for name, value in variables.items())
    return f"""mockllm listening on {url}

Ask it:
curl {flags} {url}/v1/chat/completions -d '{_ASKED}'

Point the SDKs at it:
{exports}

Ctrl-C stops it.
"""


def frames_table(frames: Iterable[Frame]) -> None:
    """Show frames as a table, one a row, long ones elided."""
    rows = Rows(sys.stdout)
    rows.columns("offset", "bytes", "event", "payload", "bold")
    offset = 0
    for frame in frames:
        text = frame.wire[frame.start : frame.end] if frame.end else frame.wire
        shown = text[: 4 * rows.width].decode("utf-8", "replace")
        rows.columns(str(offset), str(len(frame.wire)), frame.event, shown)
        offset += len(frame.wire)


def values_table(rows: Iterable[tuple[str, bool, str]]) -> None:
    """Show generated values: each as text, whether it is valid, and what there is to say of it."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("#", justify="right")
    table.add_column("valid")
    table.add_column("value", overflow="fold")
    table.add_column("notes", overflow="fold")
    for nth, (value, valid, notes) in enumerate(rows, 1):
        table.add_row(str(nth), "yes" if valid else "no", Text(visible(value)), Text(visible(notes)))
    Console(file=sys.stdout).print(table)


class Rows:
    """Lines written one by one, each made visible and elided to the width: a table that needs no memory.

    Attributes:
        width: columns of the terminal, 80 where there is none.
    """

    def __init__(self, out: TextIO) -> None:
        from rich.console import Console

        self._out = out
        self._console = Console(file=out)
        self.width = self._console.width

    def row(self, line: str, style: str = "") -> None:
        """Write one line; ``style`` is rich's (``bold``, ``red``) and shows on a terminal only."""
        line = visible(line[: self.width + 1])
        if line.isascii():
            line = line if len(line) <= self.width else f"{line[: self.width - 1]}\u2026"
        else:
            from rich.cells import cell_len, set_cell_size

            line = line if cell_len(line) <= self.width else f"{set_cell_size(line, self.width - 1)}\u2026"
        if style:
            from rich.text import Text

            self._console.print(Text(line, style=style), no_wrap=True)
        else:
            # rich's rendering costs 0.1 ms, too much for each row of a long dump
            self._out.write(f"{line}\n")

    def columns(self, offset: str, size: str, event: str, payload: str, style: str = "") -> None:
        """Write a row of a table of frames or messages."""
        self.row(f"{offset:>10} {size:>8}  {event:<24}  {payload}", style)
