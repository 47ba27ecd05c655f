r"""Read a regular expression as Rust's ``regex`` crate does, and refuse one in its words.

OpenAI's grammars are followed by llguidance, whose expressions are that crate's, without any look-around but an anchor
at either end. The messages are those of regex-syntax (regex-syntax/src/ast/mod.rs) with the pattern and carets under the
place, and one of derivre's; all were compared with llguidance's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.lark import charset
from mockllm_core.lark.rust_class import parse_class, parse_escape
from mockllm_core.lark.rust_scan import Flags, Look, RegexError, Scan

if TYPE_CHECKING:
    from mockllm_core.lark.forms import Form, Forms

__all__ = ["RegexError", "read"]

_DEEPEST = 250
_PREFIXES = ("?<=", "?<!", "?=", "?!")


def read(pattern: str, forms: Forms) -> Form:
    """Return the form of an expression that matches a whole text.

    Raises:
        RegexError: it is broken, or has what is not supported.
    """
    reader = _Reader(pattern, forms)
    tree = reader.all()
    return _lowered(tree, forms, pattern, (True, True))


class _Group:
    """What stands between parentheses, as far as it was read."""

    def __init__(self, opened: int, flags: Flags) -> None:
        self.opened, self.flags = opened, flags
        self.done: list[_Tree] = []
        self.parts: list[_Tree] = []


class _Tree:
    """A part of an expression: a form, an anchor or parts of which some are anchors."""

    def __init__(
        self, kind: str, form: Form | None = None, parts: tuple[_Tree, ...] = (), look: str = ""
    ) -> None:
        self.kind, self.form, self.parts, self.look = kind, form, parts, look
        self.least, self.most = 1, None if kind == "times" else 1


class _Reader:
    """Reads one expression."""

    def __init__(self, pattern: str, forms: Forms) -> None:
        self._scan = Scan(pattern)
        self._forms = forms
        self._groups = [_Group(-1, Flags())]
        self._names: dict[str, tuple[int, int]] = {}

    def all(self) -> _Tree:
        scan = self._scan
        while True:
            scan.skip()
            char = scan.char
            if not char:
                break
            if char == "(":
                self._open()
            elif char == ")":
                self._close()
            elif char == "|":
                scan.bump()
                group = self._groups[-1]
                group.done.append(_Tree("then", parts=tuple(group.parts)))
                group.parts = []
            elif char in "*+?":
                self._repeat(*{"*": (0, None), "+": (1, None), "?": (0, 1)}[char])
            elif char == "{":
                self._counted()
            else:
                self._groups[-1].parts.append(self._primitive(char))
        if len(self._groups) > 1:
            at = self._groups[-1].opened
            raise scan.error("unclosed group", (at, at + 1))
        if scan.late is not None:
            raise scan.late
        return _whole(self._groups[0])

    def _primitive(self, char: str) -> _Tree:
        scan, flags = self._scan, self._scan.flags
        if char == "\\":
            found = parse_escape(scan)
            if isinstance(found, Look):
                return _Tree("look", look=found.name)
            return self._set(found.ranges, folded=found.literal)
        if char == "[":
            return self._set(parse_class(scan), folded=False)
        scan.bump()
        if char == ".":
            return self._set(charset.ALL if flags.dot_all else charset.DOT, folded=False)
        if char in "^$":
            name = "Start" if char == "^" else "End"
            lines = ("CRLF" if flags.crlf else "LF") if flags.lines else ""
            return _Tree("look", look=name + lines)
        return self._set(((ord(char),) * 2,), folded=True)

    def _set(self, ranges: charset.Ranges, *, folded: bool) -> _Tree:
        fold = folded and self._scan.flags.any_case
        return _Tree("form", self._forms.set(charset.folded(ranges) if fold else ranges))

    def _last(self) -> _Tree:
        """Take the part that is to be repeated."""
        scan, group = self._scan, self._groups[-1]
        if not group.parts or group.parts[-1].kind == "flags":
            raise scan.error("repetition operator missing expression", (scan.at, scan.at))
        return group.parts.pop()

    def _times(self, part: _Tree, least: int, most: int | None) -> None:
        if self._scan.char == "?":
            self._scan.bump()
        made = _Tree("times", parts=(part,))
        made.least, made.most = least, most
        self._groups[-1].parts.append(made)

    def _repeat(self, least: int, most: int | None) -> None:
        part = self._last()
        self._scan.bump()
        self._times(part, least, most)

    def _counted(self) -> None:
        scan = self._scan
        start = scan.at
        part = self._last()
        scan.bump_and_skip()
        self._closed(start)
        least = self._decimal(start)
        ranged: int | RegexError | None = least
        if scan.char == ",":
            scan.bump_and_skip()
            self._closed(start)
            ranged = None
            if scan.char != "}" and not isinstance(least, RegexError):
                ranged = self._decimal(start)
        # that the braces are not closed is told before what is wrong with a number
        if isinstance(least, RegexError):
            raise least
        if isinstance(ranged, RegexError):
            raise ranged
        if scan.char != "}":
            raise scan.error("unclosed counted repetition", (start, scan.at))
        scan.bump()
        if ranged is not None and ranged < least:
            end = scan.at + (scan.char == "?")
            told = "invalid repetition count range, the start must be <= the end"
            raise scan.error(told, (start, end))
        self._times(part, least, ranged)

    def _closed(self, start: int) -> None:
        if not self._scan.char:
            raise self._scan.error("unclosed counted repetition", (start, self._scan.at))

    def _decimal(self, start: int) -> int | RegexError:
        scan = self._scan
        scan.blanks()
        first = scan.at
        while "0" <= scan.char <= "9":
            scan.bump()
        last = scan.at
        scan.blanks()
        self._closed(start)
        if first == last:
            return scan.error("repetition quantifier expects a valid decimal", (first, first))
        digits = scan.pattern[first:last]
        if len(digits.lstrip("0")) > 10 or int(digits) > 0xFFFF_FFFF:
            return scan.error("decimal literal invalid", (first, last))
        return int(digits)

    def _open(self) -> None:
        scan = self._scan
        start = scan.at
        scan.bump()
        scan.skip()
        for prefix in _PREFIXES:
            if scan.took(prefix):
                told = "look-around, including look-ahead and look-behind, is not supported"
                raise scan.error(told, (start, scan.at))
        inner = scan.at
        flags = scan.flags
        if scan.took("?P<") or scan.took("?<"):
            self._name()
        elif scan.took("?"):
            if not scan.char:
                raise scan.error("unclosed group", (start, start + 1))
            before = scan.at
            changed = scan.read_flags()
            closing = scan.char
            scan.bump()
            if closing == ")":
                if scan.at == before + 1:
                    raise scan.error("repetition operator missing expression", (inner, inner + 1))
                scan.flags = changed
                self._groups[-1].parts.append(_Tree("flags"))
                return
            scan.flags = changed
        if len(self._groups) > _DEEPEST:
            told = f"exceed the maximum number of nested parentheses/brackets ({_DEEPEST})"
            raise scan.error(told, (start, start + 1))
        self._groups.append(_Group(start, flags))

    def _name(self) -> None:
        scan = self._scan
        start = scan.at
        if not scan.char:
            raise scan.error("unclosed capture group name", (start, start))
        while scan.char != ">":
            char = scan.char
            if not char:
                raise scan.error("unclosed capture group name", (scan.at, scan.at))
            fits = char == "_" or char.isalpha() or (scan.at > start and (char in ".[]" or char.isdigit()))
            if not fits:
                raise scan.error("invalid capture group character", (scan.at, scan.at + 1))
            scan.bump()
        name, end = scan.pattern[start : scan.at], scan.at
        scan.bump()
        if not name:
            raise scan.error("empty capture group name", (start, start))
        if name in self._names:
            raise scan.error("duplicate capture group name", self._names[name], (start, end))
        self._names[name] = (start, end)

    def _close(self) -> None:
        scan = self._scan
        if len(self._groups) == 1:
            raise scan.error("unopened group", (scan.at, scan.at + 1))
        scan.bump()
        group = self._groups.pop()
        scan.flags = group.flags
        self._groups[-1].parts.append(_whole(group))


def _whole(group: _Group) -> _Tree:
    last = _Tree("then", parts=tuple(group.parts))
    return _Tree("or", parts=(*group.done, last)) if group.done else last


def _is_empty(tree: _Tree, *, anchors: bool = False) -> bool:
    """Tell whether a part says nothing: flags, or parentheses about nothing; or nothing but anchors."""
    if tree.kind == "then":
        return all(_is_empty(part, anchors=anchors) for part in tree.parts)
    return tree.kind == "flags" or (anchors and tree.kind == "look")


def _lowered(tree: _Tree, forms: Forms, pattern: str, ends: tuple[bool, bool]) -> Form:
    """Return the form, anchors left out where they stand at either end."""
    match tree.kind:
        case "form":
            return tree.form or forms.none
        case "flags":
            return forms.empty
        case "look":
            if (tree.look == "Start" and ends[0]) or (tree.look == "End" and ends[1]):
                return forms.empty
            shown = pattern.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
            raise RegexError(f"lookarounds not supported yet; {tree.look} in regex /{shown}/")
        case "times":
            # anchors that come once or more are those anchors
            alone = tree.least > 0 and _is_empty(tree.parts[0], anchors=True)
            part = _lowered(tree.parts[0], forms, pattern, ends if alone else (False, False))
            return forms.times(part, tree.least, tree.most)
        case "or":
            ways = [_lowered(part, forms, pattern, ends) for part in reversed(tree.parts)]
            return forms.any_of(reversed(ways))
        case _:
            parts = [part for part in tree.parts if not _is_empty(part)]
            last = len(parts) - 1
            # from the end on, as derivre does: of two faults it tells the last
            made = [
                _lowered(parts[at], forms, pattern, (ends[0] and at == 0, ends[1] and at == last))
                for at in range(last, -1, -1)
            ]
            return forms.then(reversed(made))
