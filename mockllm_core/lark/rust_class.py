r"""Character classes and escapes of a Rust regular expression: ``[a-z&&[^aeiou]]``, ``\d``, ``\p{Greek}``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.lark import charset
from mockllm_core.lark.rust_scan import Look, RegexError, Scan
from mockllm_core.record import record

if TYPE_CHECKING:
    from mockllm_core.lark.charset import Ranges

__all__ = ["Escaped", "parse_class", "parse_escape"]

_META = frozenset("\\.+*?()|[]{}^$#&-~")
_SPECIAL = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
_WITH_VALUES = frozenset((
    "gc", "generalcategory", "sc", "script", "scx", "scriptextensions", "age", "gcb", "graphemeclusterbreak", "sb",
    "sentencebreak", "wb", "wordbreak",
))  # fmt: skip
_BOUNDARIES = {
    "start": "WordStartUnicode",
    "end": "WordEndUnicode",
    "start-half": "WordStartHalfUnicode",
    "end-half": "WordEndHalfUnicode",
}
_LOOKS = {
    "A": "Start",
    "z": "End",
    "b": "WordUnicode",
    "B": "WordUnicodeNegate",
    "<": "WordStartUnicode",
    ">": "WordEndUnicode",
}


@record()
class Escaped:
    """A character or some, as an escape means.

    Attributes:
        ranges: they.
        literal: whether it is one that stands for itself, and may begin a range.
    """

    ranges: Ranges
    literal: bool


def parse_escape(scan: Scan) -> Escaped | Look:
    """Read an escape, from its backslash on."""
    start = scan.at
    if not scan.bump():
        told = "incomplete escape sequence, reached end of pattern prematurely"
        raise scan.error(told, (start, scan.at))
    char = scan.char
    if "0" <= char <= "9":
        raise scan.error("backreferences are not supported", (start, scan.at + 1))
    if char in "xuU":
        return Escaped(((_hex(scan, {"x": 2, "u": 4, "U": 8}[char]),) * 2,), literal=True)
    if char in "pP":
        return _property(scan, start)
    scan.bump()
    if char == "b" and scan.char == "{":
        return _boundary(scan)
    if char in _LOOKS:
        return Look(_LOOKS[char])
    return _plain(scan, char, start)


def _plain(scan: Scan, char: str, start: int) -> Escaped:
    """Return what an escape of one letter or mark means."""
    if char in "dswDSW":
        ranges = charset.PERL[char.lower()]()
        return Escaped(ranges if char.islower() else charset.inverse(ranges), literal=False)
    if char in _SPECIAL:
        return Escaped(((_SPECIAL[char],) * 2,), literal=True)
    if char in _META or (char.isascii() and not char.isalnum()):
        return Escaped(((ord(char),) * 2,), literal=True)
    raise scan.error("unrecognized escape sequence", (start, scan.at))


def _boundary(scan: Scan) -> Look:
    start = scan.at
    first = scan.pattern[start + 1 : start + 2]
    if first and not (first == "-" or (first.isascii() and first.isalpha())):
        # a repetition, as of any other part
        return Look("WordUnicode")
    end = start + 1
    while (char := scan.pattern[end : end + 1]) and (char == "-" or (char.isascii() and char.isalpha())):
        end += 1
    if end == start + 1 == len(scan.pattern):
        told = (
            "found either the beginning of a special word boundary or a bounded repetition on a \\b with an "
            "opening brace, but no closing brace"
        )
        raise scan.error(told, (start - 2, end))
    if scan.pattern[end : end + 1] != "}":
        told = "special word boundary assertion is either unclosed or contains an invalid character"
        raise scan.error(told, (start, end))
    found = _BOUNDARIES.get(scan.pattern[start + 1 : end])
    if found is None:
        told = "unrecognized special word boundary assertion, valid choices are: start, end, start-half or end-half"
        raise scan.error(told, (start + 1, end))
    scan.at = end + 1
    return Look(found)


def _hex(scan: Scan, width: int) -> int:
    unfinished = "incomplete escape sequence, reached end of pattern prematurely"
    if not scan.bump_and_skip():
        raise scan.error(unfinished, (scan.at, scan.at))
    brace = scan.at
    if scan.char == "{":
        scan.bump_and_skip()
        start = scan.at
        while scan.char and scan.char != "}":
            _digit(scan)
            scan.bump_and_skip()
        if not scan.char:
            raise scan.error(unfinished, (brace, scan.at))
        end = scan.at
        scan.bump()
        if start == end:
            raise scan.error("hexadecimal literal empty", (brace, scan.at))
    else:
        start = scan.at
        for nth in range(width):
            if nth and not scan.bump_and_skip():
                raise scan.error(unfinished, (scan.at, scan.at))
            _digit(scan)
        scan.bump_and_skip()
        end = start + width
    code = int(scan.pattern[start:end][:12], 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise scan.error("hexadecimal literal is not a Unicode scalar value", (start, end))
    return code


def _digit(scan: Scan) -> None:
    if scan.char not in "0123456789abcdefABCDEF":
        raise scan.error("invalid hexadecimal digit", (scan.at, scan.at + 1))


def _property(scan: Scan, start: int) -> Escaped:
    negated = scan.char == "P"
    if not scan.bump_and_skip():
        told = "incomplete escape sequence, reached end of pattern prematurely"
        raise scan.error(told, (scan.at, scan.at))
    if scan.char == "{":
        end = scan.pattern.find("}", scan.at)
        if end < 0:
            scan.at = len(scan.pattern)
            told = "incomplete escape sequence, reached end of pattern prematurely"
            raise scan.error(told, (scan.at, scan.at))
        name = scan.pattern[scan.at + 1 : end]
        scan.at = end + 1
    else:
        name = scan.char
        if name == "\\":
            raise scan.error("invalid Unicode character class", (scan.at, scan.at + 1))
        scan.bump()
    if "!=" in name:
        negated, name = not negated, name.replace("!=", "=")
    ranges = charset.named(name)
    if ranges is None:
        key = name.replace("=", ":").partition(":")[0].lower().replace("_", "")
        values = key in _WITH_VALUES and key != name.lower()
        told = "Unicode property value not found" if values else "Unicode property not found"
        scan.late = scan.late or scan.error(told, (start, scan.at))
        ranges = ()
    return Escaped(charset.inverse(ranges) if negated else ranges, literal=False)


def parse_class(scan: Scan, *, depth: int = 0) -> Ranges:
    """Read a class, from its bracket on."""
    start = scan.at
    if depth > 100:
        told = "exceed the maximum number of nested parentheses/brackets (250)"
        raise scan.error(told, (start, start + 1))
    found = _Union(scan, start)
    negated = found.open()
    while True:
        scan.skip()
        char = scan.char
        if not char:
            raise found.unclosed()
        if char == "]":
            scan.bump()
            ranges = found.result()
            return charset.inverse(ranges) if negated else ranges
        if char == "[":
            found.add(_posix(scan) or parse_class(scan, depth=depth + 1))
        elif char in "&-~" and scan.pattern.startswith(char * 2, scan.at):
            scan.at += 2
            found.operate(char)
        else:
            found.add(_range(scan, found))


class _Union:
    """What a class holds so far."""

    def __init__(self, scan: Scan, start: int) -> None:
        self._scan, self._start = scan, start
        self._held: list[tuple[int, int]] = []
        self._left: Ranges = ()
        self._operator = ""
        self._end = start + 1

    def open(self) -> bool:
        scan = self._scan
        scan.bump_and_skip()
        if not scan.char:
            raise self.unclosed(scan.at)
        negated = scan.char == "^"
        if negated and not scan.bump_and_skip():
            raise self.unclosed(scan.at)
        while scan.char == "-":
            self.add(((45, 45),), folded=False)
            if not scan.bump_and_skip():
                raise self.unclosed(self._start)
        if not self._held and scan.char == "]":
            self.add(((93, 93),))
            if not scan.bump_and_skip():
                raise self.unclosed(scan.at)
        self._end = scan.at
        return negated

    def unclosed(self, end: int | None = None) -> RegexError:
        return self._scan.error("unclosed character class", (self._start, self._end if end is None else end))

    def add(self, ranges: Ranges, *, folded: bool = True) -> None:
        fold = folded and self._scan.flags.any_case
        self._held += charset.folded(ranges) if fold else ranges

    def operate(self, operator: str) -> None:
        self._left, self._held, self._operator = self.result(), [], operator

    def result(self) -> Ranges:
        left, right = self._left, charset.of(self._held)
        match self._operator:
            case "&":
                return charset.both(left, right)
            case "-":
                return charset.both(left, charset.inverse(right))
            case "~":
                common = charset.both(left, right)
                return charset.both(charset.union(left, right), charset.inverse(common))
            case _:
                return right


def _posix(scan: Scan) -> Ranges | None:
    """Read ``[:name:]``; None where it is something else."""
    if not scan.pattern.startswith("[:", scan.at):
        return None
    end = scan.pattern.find(":]", scan.at + 2)
    name = scan.pattern[scan.at + 2 : end] if end >= 0 else ""
    ranges = charset.ASCII.get(name.removeprefix("^"))
    if ranges is None:
        return None
    scan.at = end + 2
    return charset.inverse(ranges) if name.startswith("^") else ranges


def _range(scan: Scan, found: _Union) -> Ranges:
    first, span = _item(scan)
    scan.skip()
    if not scan.char:
        raise found.unclosed()
    if scan.char != "-" or scan.after() in ("]", "-"):
        if isinstance(first, Look):
            raise scan.error("invalid escape sequence found in character class", span)
        return first.ranges
    if not scan.bump_and_skip():
        raise found.unclosed()
    last, other = _item(scan)
    low, high = _end(scan, first, span), _end(scan, last, other)
    if low > high:
        told = "invalid character class range, the start must be <= the end"
        raise scan.error(told, (span[0], other[1]))
    return ((low, high),)


def _end(scan: Scan, found: Escaped | Look, span: tuple[int, int]) -> int:
    """Return one end of a range."""
    if isinstance(found, Look) or not found.literal:
        raise scan.error("invalid range boundary, must be a literal", span)
    return found.ranges[0][0]


def _item(scan: Scan) -> tuple[Escaped | Look, tuple[int, int]]:
    start = scan.at
    if scan.char == "\\":
        found = parse_escape(scan)
    else:
        found = Escaped(((ord(scan.char),) * 2,), literal=True)
        scan.bump()
    return found, (start, scan.at)
