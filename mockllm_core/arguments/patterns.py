r"""Regular expressions: spell them for both engines, match them safely, write text that they match.

Matching is done by jsonschema-rs alone, whose engine is bounded; Python's own is only asked for its parse tree.
What a schema means is ECMA-262 (https://262.ecma-international.org/#sec-patterns); what people write is also Python's.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mockllm_core.arguments import limits
from mockllm_core.arguments.dialect import clean_text
from mockllm_core.arguments.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockllm_core.arguments.dice import Dice

__all__ = ["for_python", "matches", "neutral", "text_for"]

_TOKEN = re.compile(
    r"\\(?:u\{[0-9A-Fa-f]{1,6}\}|[pP]\{[^}]*\}|k<[^>]*>|c[A-Za-z]|.)|\(\?P?<[A-Za-z_]\w*>|\(\?P=\w+\)|\[\^?\]?|.",
    re.DOTALL,
)
_OURS = frozenset("dDwWsSbBfnrtvxu0123456789.^$*+?()[]{}|/\\-")
_LETTERS = {
    "Lu": "A-Z",
    "Uppercase": "A-Z",
    "Ll": "a-z",
    "Lowercase": "a-z",
    "N": "0-9",
    "Nd": "0-9",
    "Number": "0-9",
}
_MARKS = {"P": "!-/:-@", "Punctuation": "!-/:-@", "S": "$+<=>", "Z": " ", "Zs": " ", "White_Space": " "}


@lru_cache(maxsize=512)
def neutral(pattern: str) -> str | None:
    r"""Return a spelling that both engines read alike (``(?P<n>`` and ``[\w-.]`` are mended), or None."""
    if len(pattern) > limits.PATTERN or "\0" in pattern or any("\ud800" <= c <= "\udfff" for c in pattern):
        return None
    if _matcher(pattern):
        return pattern
    spelled = _respelled(pattern, classes=False)
    return spelled if _matcher(spelled) else None


def matches(pattern: str, text: str) -> bool:
    """Return whether the pattern is found in the text."""
    found = _matcher(pattern)
    return found is not None and found(text)


@lru_cache(maxsize=512)
def _matcher(pattern: str) -> Callable[[str], bool] | None:
    import jsonschema_rs

    try:
        return jsonschema_rs.Draft202012Validator({"pattern": pattern}).is_valid
    except (ValueError, jsonschema_rs.ValidationError):
        return None


def _respelled(pattern: str, *, classes: bool) -> str:
    r"""Return the pattern without named groups and dubious escapes; with ``classes`` also without ``\p{..}``."""
    out: list[str] = []
    names: list[str] = []
    inside = False
    before = ""
    for part in (match[0] for match in _TOKEN.finditer(pattern)):
        spelled = part
        if inside:
            inside = part != "]"
            spelled = _in_class(part, before, classes=classes)
        elif part[0] == "[":
            inside = not part.endswith("]")
            spelled = {"[]": "(?!)", "[^]": r"[\s\S]"}.get(part, part)
        elif part.startswith(("(?P<", "(?<")):
            names.append(part.strip("(?P<>"))
            spelled = "("
        elif part.startswith((r"\k<", "(?P=")):
            name = part[3:-1] if part[0] == "\\" else part[4:-1]
            spelled = f"\\{names.index(name) + 1}" if name in names else ""
        elif part[0] == "\\":
            spelled = _escape(part, classes=classes)
        out.append(spelled)
        before = part
    return "".join(out)


def _in_class(part: str, before: str, *, classes: bool) -> str:
    if part[0] == "[":
        return part.replace("[", r"\[", 1)
    if part == "-" and len(before) == 2 and before[0] == "\\" and before[1] in "dDwWsS":
        return r"\-"
    if part in "&|~" and part == before:
        return "\\" + part
    if part[0] == "\\" and part[1] in "pP":
        return _property(part) if classes else part
    return _escape(part, classes=classes) if part[0] == "\\" else part


def _escape(part: str, *, classes: bool) -> str:
    letter = part[1]
    if letter in "pP" and len(part) > 2:
        return f"[{'^' * (letter == 'P')}{_property(part)}]" if classes else part
    if letter == "u" and part[2:3] == "{":
        return re.escape(chr(min(int(part[3:-1], 16), 0x10FFFF)))
    if letter == "c" and len(part) == 3:
        return f"\\x{ord(part[2]) % 32:02x}"
    if letter in "Zz":
        return "$"
    if letter == "A":
        return "^"
    return part if letter in _OURS or not letter.isascii() else re.escape(letter)


def _property(part: str) -> str:
    name = part[3:-1].rpartition("=")[2]
    return _LETTERS.get(name) or _MARKS.get(name) or "a-zA-Z"


def text_for(pattern: str, dice: Dice, low: int, high: int) -> Iterator[str]:
    """Yield texts that probably match, of ``low`` to ``high`` characters where possible, the most readable first.

    The caller checks them: look-around and anchors within are not followed.
    """
    tree = _tree(pattern)
    if tree is None:
        return
    least = tree.getwidth()[0]
    if least > min(high, limits.LENGTH):
        return
    for nth in range(60):
        spare = (dice.between(3, 7), max(low - least, 0), dice.between(2, 12), 0)[nth % 4]
        writer = _Writer(dice, min(spare, high - least), greedy=nth % 4 == 1, wild=nth > 20)
        writer.sequence(tree)
        text = "".join(writer.out)
        if nth % 2 == 0 and any(_open(pattern)):
            words = [dice.pick(WORDS) if side else "" for side in _open(pattern)]
            longer = text.join(words)
            text = longer if len(longer) <= high else text
        if len(text) < low:
            text = (
                (text + dice.pick(WORDS) * low)[:low]
                if nth % 8 < 4
                else ((dice.pick(WORDS) * low)[: low - len(text)] + text)
            )
        if len(text) <= high and clean_text(text):
            yield text


@lru_cache(maxsize=512)
def _tree(pattern: str) -> Any:
    parser: Any = re._parser  # noqa: SLF001 - the only parse tree Python has
    try:
        return parser.parse(_respelled(pattern, classes=True))
    except (re.error, RecursionError, OverflowError, ValueError):
        return None


@lru_cache(maxsize=512)
def _open(pattern: str) -> tuple[bool, bool]:
    """Return whether a word may stand before and after what matches, where that is hardly more than one text.

    So ``^https?://`` is a start, and ``-dev$`` an end; ``^[A-Z]{3}`` is long enough as it is.
    """
    tree = _tree(pattern)
    if not _fixed(tree) or tree.getwidth()[1] == 0:
        return False, False
    ends = [str(argument) if str(op) == "AT" else "" for op, argument in tree]
    return ends[0] != "AT_BEGINNING", ends[-1] != "AT_END"


def _fixed(tree: Any) -> bool:
    """Return whether only letters that are given can be written, some perhaps left out."""
    return all(
        str(op) in ("LITERAL", "AT") or (str(op) == "MAX_REPEAT" and argument[1] == 1 and _fixed(argument[2]))
        for op, argument in tree
    )


_PRINTABLE = [chr(code) for code in range(33, 127)]
_BEYOND = [chr(code) for code in (32, 0xE9, 0x3B1, 0x436, 0x5D0, 0x4E2D, 0x3042, 0xAC00, 0x1F600, 9, 10, 1)]
_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "CATEGORY_DIGIT": str.isdecimal,
    "CATEGORY_NOT_DIGIT": lambda c: not c.isdecimal(),
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_NOT_SPACE": lambda c: not c.isspace(),
    "CATEGORY_WORD": lambda c: c.isalnum() or c == "_",
    "CATEGORY_NOT_WORD": lambda c: not (c.isalnum() or c == "_"),
}


def _holds(members: tuple[tuple[str, Any], ...], char: str) -> bool:
    for kind, argument in members:
        if kind == "LITERAL" and ord(char) == argument:
            return True
        if kind == "RANGE" and argument[0] <= ord(char) <= argument[1]:
            return True
        if kind == "CATEGORY" and _CATEGORIES[argument](char):
            return True
    return False


@lru_cache(maxsize=1024)
def _alphabet(members: tuple[tuple[str, Any], ...], *, wild: bool) -> tuple[str, str]:
    """Return (the characters to draw from, those of them that words may be spelled with)."""
    negated = members[:1] == (("NEGATE", None),)
    members = members[negated:]
    all_of_them = [char for char in _PRINTABLE if _holds(members, char) != negated]
    if not all_of_them:
        all_of_them = [char for char in _BEYOND if _holds(members, char) != negated]
    if not all_of_them:
        all_of_them = [
            chr(argument[0] if kind == "RANGE" else argument)
            for kind, argument in members
            if kind in ("RANGE", "LITERAL")
        ]
    plain = [char for char in all_of_them if char.isascii() and char.isalnum()]
    lower = "".join(char for char in plain if char.islower())
    vague = negated or any(kind == "CATEGORY" and argument != "CATEGORY_DIGIT" for kind, argument in members)
    letters = lower if len(lower) == 26 else ""
    if wild or not plain:
        return "".join(all_of_them), ""
    return (lower if vague and lower else "".join(plain)), letters


class _Writer:
    """Writes one text from a parse tree.

    Args:
        dice: chance.
        spare: characters that may be written beyond the shortest text.
        greedy: repeat as often as ``spare`` allows.
        wild: draw from all characters allowed, not only from those that read well.
    """

    def __init__(self, dice: Dice, spare: int, *, greedy: bool, wild: bool) -> None:
        self.out: list[str] = []
        self.dice = dice
        self.spare = spare
        self.greedy = greedy
        self.wild = wild
        self.groups: dict[int, str] = {}
        self.word = dice.pick(WORDS)
        self.letter = 0

    def sequence(self, tree: Any) -> None:
        for op, argument in tree:
            _WRITE.get(str(op), _Writer._nothing)(self, argument)

    def _nothing(self, _: Any) -> None:
        """Write nothing for anchors and look-around."""

    def _literal(self, code: int) -> None:
        self.out.append(chr(code))

    def _any(self, _: Any) -> None:
        self._from((("NEGATE", None), ("LITERAL", 10)))

    def _other(self, code: int) -> None:
        self._from((("NEGATE", None), ("LITERAL", code)))

    def _set(self, members: Any) -> None:
        self._from(tuple((str(op), str(arg) if str(op) == "CATEGORY" else arg) for op, arg in members))

    def _from(self, members: tuple[tuple[str, Any], ...]) -> None:
        choices, letters = _alphabet(members, wild=self.wild)
        if letters:
            self.out.append(self.word[self.letter % len(self.word)])
            self.letter += 1
        elif choices:
            self.out.append(self.dice.pick(choices))

    def _branch(self, argument: Any) -> None:
        arms = argument[1]
        short = [arm for arm in arms if arm.getwidth()[0] - min(a.getwidth()[0] for a in arms) <= self.spare]
        arm = self.dice.pick(short)
        self.spare -= arm.getwidth()[0] - min(a.getwidth()[0] for a in arms)
        self.sequence(arm)

    def _group(self, argument: Any) -> None:
        start = len(self.out)
        self.sequence(argument[-1])
        if argument[0]:
            self.groups[argument[0]] = "".join(self.out[start:])

    def _atomic(self, argument: Any) -> None:
        self.sequence(argument)

    def _again(self, group: int) -> None:
        self.out.append(self.groups.get(group, ""))

    def _repeat(self, argument: Any) -> None:
        least, most, body = argument
        width = max(int(body.getwidth()[0]), 1)
        room = max(min(int(most) - least, self.spare // width), 0)
        extra = room if self.greedy else self.dice.between(0, room)
        if room and not extra and most > 1 and least == 0 and not self.wild:
            extra = 1
        self.spare -= extra * width
        for _ in range(min(least + extra, limits.LENGTH)):
            self.sequence(body)
            if len(self.out) > limits.LENGTH:
                return


_WRITE: dict[str, Callable[[_Writer, Any], None]] = {
    "LITERAL": _Writer._literal,  # noqa: SLF001 - a table of its own methods, for each kind of node
    "NOT_LITERAL": _Writer._other,  # noqa: SLF001
    "ANY": _Writer._any,  # noqa: SLF001
    "IN": _Writer._set,  # noqa: SLF001
    "BRANCH": _Writer._branch,  # noqa: SLF001
    "SUBPATTERN": _Writer._group,  # noqa: SLF001
    "ATOMIC_GROUP": _Writer._atomic,  # noqa: SLF001
    "GROUPREF": _Writer._again,  # noqa: SLF001
    "MAX_REPEAT": _Writer._repeat,  # noqa: SLF001
    "MIN_REPEAT": _Writer._repeat,  # noqa: SLF001
    "POSSESSIVE_REPEAT": _Writer._repeat,  # noqa: SLF001
}


@lru_cache(maxsize=512)
def for_python(pattern: str) -> str | None:
    """Return a spelling that Python compiles and matches in short time, or None where that is not certain."""
    tree = _tree(pattern)
    if tree is None or len(pattern) > 200 or tree.getwidth()[0] > 200 or _nested(tree, 0):
        return None
    spelled = _respelled(pattern, classes=True)
    try:
        re.compile(spelled)
    except (re.error, RecursionError, OverflowError):
        return None
    return spelled


def _nested(tree: Any, repeats: int) -> bool:
    """Return whether one open repetition holds another: the shape of patterns that take for ever to fail."""
    for op, argument in tree:
        kind = str(op)
        if kind.endswith("_REPEAT"):
            least, most, body = argument
            loops = int(most) - int(least) > 8
            if (loops and repeats) or _nested(body, repeats + loops):
                return True
        elif kind == "BRANCH":
            if any(_nested(arm, repeats) for arm in argument[1]):
                return True
        elif kind == "SUBPATTERN" and _nested(argument[-1], repeats):
            return True
    return False
