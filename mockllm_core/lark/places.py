"""Places in a grammar, and faults told with them, as llguidance tells them."""

from __future__ import annotations

from mockllm_core.record import record

__all__ = ["GrammarError", "Place", "UnfollowedError", "highlighted"]


class GrammarError(Exception):
    """A fault of a grammar; ``str()`` is what llguidance says of it."""


class UnfollowedError(Exception):
    """What llguidance takes and we do not write."""


def highlighted(source: str, line: int, column: int) -> str:
    """Return the lines about a place, with a caret under it."""
    lines = source.removesuffix("\n").split("\n")
    first = max(line - 3, 0)
    out: list[str] = []
    for number, text in enumerate(lines[first : line + 2], first + 1):
        out.append(f"{number:>4} | {text.removesuffix(chr(13))}\n")
        if number == line:
            out.append(" " * (max(len(str(number)), 4) + 3 + max(column - 1, 0)) + "^\n")
    return "".join(out)


@record()
class Place:
    """Where something stands.

    Attributes:
        source: the grammar.
        line: from 1 on.
        column: the same, in bytes.
    """

    source: str
    line: int
    column: int

    def told(self, error: GrammarError) -> GrammarError:
        """Return the error with this place, unless it has one."""
        if str(error).startswith("at "):
            return error
        shown = highlighted(self.source, self.line, self.column)
        return GrammarError(f"at {self.line}({self.column}): {error}\n{shown}")
