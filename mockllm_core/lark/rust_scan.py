"""Walk over a regular expression of Rust's, and tell of a fault in it as regex-syntax does."""

from __future__ import annotations

from dataclasses import replace

from mockllm_core.record import record

__all__ = ["Flags", "Look", "RegexError", "Scan"]


class RegexError(Exception):
    """A fault of an expression; ``str()`` is what llguidance says of it."""


@record()
class Flags:
    """What ``(?imsRx)`` turns on.

    Attributes:
        any_case: i
        lines: m
        dot_all: s
        crlf: R
        spaced: x
    """

    any_case: bool = False
    lines: bool = False
    dot_all: bool = False
    crlf: bool = False
    spaced: bool = False


@record()
class Look:
    """An anchor or a boundary.

    Attributes:
        name: as derivre calls it.
    """

    name: str


_NAMES = {"i": "any_case", "m": "lines", "s": "dot_all", "R": "crlf", "x": "spaced"}


class Scan:
    """A place in an expression.

    Attributes:
        pattern: the expression.
        at: the place.
        flags: what holds there.
        late: a fault that is told where there is no other.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.flags = Flags()
        self.late: RegexError | None = None

    @property
    def char(self) -> str:
        """The character here, ``""`` at the end."""
        return self.pattern[self.at : self.at + 1]

    def bump(self) -> bool:
        """Go on by a character; tell whether there is another."""
        self.at = min(self.at + 1, len(self.pattern))
        return self.at < len(self.pattern)

    def skip(self) -> None:
        """Pass spaces and comments, where the flag ``x`` is on."""
        if not self.flags.spaced:
            return
        while self.char:
            if self.char == "#":
                end = self.pattern.find("\n", self.at)
                self.at = len(self.pattern) if end < 0 else end + 1
            elif self.char.isspace():
                self.at += 1
            else:
                return

    def bump_and_skip(self) -> bool:
        """Do both."""
        self.bump()
        self.skip()
        return self.at < len(self.pattern)

    def blanks(self) -> None:
        """Pass spaces."""
        while self.char and self.char.isspace():
            self.at += 1

    def after(self) -> str:
        """Return the next character but spaces."""
        ahead = Scan(self.pattern)
        ahead.at, ahead.flags = self.at, self.flags
        ahead.bump_and_skip()
        return ahead.char

    def took(self, text: str) -> bool:
        """Pass a text, if it stands here."""
        found = self.pattern.startswith(text, self.at)
        self.at += len(text) if found else 0
        return found

    def error(self, told: str, *spans: tuple[int, int]) -> RegexError:
        """Return an error with the expression and carets under the spans."""
        return RegexError(f"regex parse error:\n{_notated(self.pattern, sorted(spans))}error: {told}")

    def read_flags(self) -> Flags:
        """Read flags up to their end and return what holds then."""
        flags, on, last = self.flags, True, -1
        seen: dict[str, tuple[int, int]] = {}
        while self.char not in (":", ")"):
            here = (self.at, self.at + 1)
            char = self.char
            if char == "-":
                if char in seen:
                    raise self.error("flag negation operator repeated", seen[char], here)
                on, last = False, self.at
            elif char not in "imsUuRx":
                raise self.error("unrecognized flag", here)
            elif char in seen:
                raise self.error("duplicate flag", seen[char], here)
            else:
                last = -1
                flags = replace(flags, **{_NAMES[char]: on}) if char in _NAMES else flags
            seen[char] = here
            if not self.bump():
                raise self.error("expected flag but got end of regex", (self.at, self.at))
        if last >= 0:
            raise self.error("dangling flag negation operator", (last, last + 1))
        return flags


def _notated(pattern: str, spans: list[tuple[int, int]]) -> str:
    lines = pattern.split("\n")
    wide = len(str(len(lines))) if len(lines) > 1 else 0
    out: list[str] = []
    begin = 0
    long = [span for span in spans if "\n" in pattern[slice(*span)]]
    for number, line in enumerate(lines, 1):
        held = [span for span in spans if begin <= span[0] <= begin + len(line) and span not in long]
        if line or number < len(lines) or held or not wide:
            shown = line.removesuffix("\r")
            out.append(f"{number:>{wide}}: {shown}\n" if wide else f"    {shown}\n")
        if held:
            notes = ""
            for low, high in held:
                notes += " " * (low - begin - len(notes)) + "^" * max(1, high - low)
            out.append(" " * (2 + wide if wide else 4) + notes + "\n")
        begin += len(line) + 1
    divider = "~" * 79 + "\n" if wide else ""
    return divider + "".join(out) + divider + "".join(_through(pattern, *span) for span in long)


def _through(pattern: str, low: int, high: int) -> str:
    """Return the words for a span of several lines."""
    first, last = pattern[:low], pattern[:high]
    begin = f"line {first.count(chr(10)) + 1} (column {low - first.rfind(chr(10))})"
    return f"on {begin} through line {last.count(chr(10)) + 1} (column {high - last.rfind(chr(10)) - 1})\n"
