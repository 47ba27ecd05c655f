r"""Sets of characters: sorted ranges of code points, and the named ones of a Rust regular expression.

Reference: https://docs.rs/regex/latest/regex/#syntax (``\d``, ``\s`` and ``\w`` are Unicode's).
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from mockllm_core.lark.places import UnfollowedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "ALL",
    "ASCII",
    "DOT",
    "PERL",
    "Ranges",
    "both",
    "folded",
    "has",
    "inverse",
    "named",
    "of",
    "union",
]

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""Code points from each first to each last one, sorted and apart."""

_LAST = 0x10FFFF
_LISTED = 0x20000
"""Categories are looked up below this plane; above it are ideographs only."""


def of(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Return ranges in order, those that touch joined."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return tuple(found)


def union(one: Ranges, other: Ranges) -> Ranges:
    """Return what is in either."""
    return of((*one, *other))


def inverse(ranges: Ranges) -> Ranges:
    """Return all other characters; surrogates are none."""
    found: list[tuple[int, int]] = []
    at = 0
    for low, high in of((*ranges, (0xD800, 0xDFFF))):
        if at < low:
            found.append((at, low - 1))
        at = high + 1
    if at <= _LAST:
        found.append((at, _LAST))
    return tuple(found)


def both(one: Ranges, other: Ranges) -> Ranges:
    """Return what is in both."""
    return inverse(union(inverse(one), inverse(other)))


def has(ranges: Ranges, code: int) -> bool:
    """Return whether a character is among them."""
    at = bisect_right(ranges, (code, _LAST)) - 1
    return at >= 0 and ranges[at][0] <= code <= ranges[at][1]


def folded(ranges: Ranges) -> Ranges:
    """Return them with the other case of each letter, where there are not too many to ask one by one."""
    more: list[tuple[int, int]] = []
    for low, high in ranges:
        for code in range(low, min(high, low + 0x3000) + 1):
            char = chr(code)
            more += [(ord(other), ord(other)) for other in (char.lower(), char.upper()) if len(other) == 1]
    return of((*ranges, *more))


ALL = inverse(())
DOT = inverse(((10, 10),))


def _codes(text: str) -> Ranges:
    return of((ord(text[at]), ord(text[at + 1])) for at in range(0, len(text), 2))


ASCII = {
    "alnum": _codes("09AZaz"),
    "alpha": _codes("AZaz"),
    "ascii": ((0, 127),),
    "blank": _codes("\t\t  "),
    "cntrl": ((0, 31), (127, 127)),
    "digit": _codes("09"),
    "graph": _codes("!~"),
    "lower": _codes("az"),
    "print": _codes(" ~"),
    "punct": _codes("!/:@[`{~"),
    "space": _codes("\t\r  "),
    "upper": _codes("AZ"),
    "word": _codes("09AZaz__"),
    "xdigit": _codes("09AFaf"),
}
"""What ``[:name:]`` means inside of a class."""

_GENERAL = {
    "letter": "L", "casedletter": "LC", "uppercaseletter": "Lu", "lowercaseletter": "Ll",
    "titlecaseletter": "Lt", "modifierletter": "Lm", "otherletter": "Lo", "mark": "M", "nonspacingmark": "Mn",
    "spacingmark": "Mc", "enclosingmark": "Me", "number": "N", "decimalnumber": "Nd", "digit": "Nd",
    "letternumber": "Nl", "othernumber": "No", "punctuation": "P", "punct": "P", "connectorpunctuation": "Pc",
    "dashpunctuation": "Pd", "openpunctuation": "Ps", "closepunctuation": "Pe", "initialpunctuation": "Pi",
    "finalpunctuation": "Pf", "otherpunctuation": "Po", "symbol": "S", "mathsymbol": "Sm",
    "currencysymbol": "Sc", "modifiersymbol": "Sk", "othersymbol": "So", "separator": "Z",
    "spaceseparator": "Zs", "lineseparator": "Zl", "paragraphseparator": "Zp", "other": "C", "control": "Cc",
    "format": "Cf", "unassigned": "Cn", "privateuse": "Co",
}  # fmt: skip
_SHORT = {short.lower(): short for short in _GENERAL.values()}
_BINARY: dict[str, Callable[[str], bool]] = {
    "alphabetic": str.isalpha,
    "alpha": str.isalpha,
    "lowercase": str.islower,
    "lower": str.islower,
    "uppercase": str.isupper,
    "upper": str.isupper,
    "whitespace": str.isspace,
    "wspace": str.isspace,
    "space": str.isspace,
}
_UNTOLD = frozenset((
    "ahex", "asciihexdigit", "bidic", "bidicontrol", "cased", "caseignorable", "ci", "common", "dash", "defaultignorablecodepoint",
    "deprecated", "di", "dia", "diacritic", "emojicomponent", "emojimodifier", "emojimodifierbase", "ext", "extender",
    "graphemebase", "graphemeextend", "grbase", "grext", "hexdigit", "hex", "hyphen", "idc", "idcontinue", "ideo",
    "ideographic", "ids", "idstart", "inherited", "joinc", "joincontrol", "logicalorderexception", "math",
    "noncharactercodepoint", "patternsyntax", "patternwhitespace", "patsyn", "patws", "prependedconcatenationmark",
    "qmark", "quotationmark", "radical", "regionalindicator", "ri", "sd", "sentenceterminal", "softdotted", "sterm",
    "term", "terminalpunctuation", "uideo", "unifiedideograph", "variationselector", "vs", "xidc", "xidcontinue",
    "xids", "xidstart", "zyyy", "zinh",
))  # fmt: skip
"""Properties that there are, of which Python does not tell."""
_EMOJI = of(((0x1F300, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F900, 0x1F9FF), (0x1FA70, 0x1FAFF)))
_SCRIPTS = {
    "ARAB": "ARABIC", "ARMN": "ARMENIAN", "BENG": "BENGALI", "CYRL": "CYRILLIC", "DEVA": "DEVANAGARI", "ETHI": "ETHIOPIC",
    "GEOR": "GEORGIAN", "GREK": "GREEK", "GUJR": "GUJARATI", "GURU": "GURMUKHI", "HANG": "HANGUL", "HANI": "HAN",
    "HEBR": "HEBREW", "HIRA": "HIRAGANA", "KANA": "KATAKANA", "KHMR": "KHMER", "KNDA": "KANNADA", "LAOO": "LAO",
    "LATN": "LATIN", "MLYM": "MALAYALAM", "MONG": "MONGOLIAN", "MYMR": "MYANMAR", "SINH": "SINHALA", "TAML": "TAMIL",
    "TELU": "TELUGU", "TIBT": "TIBETAN",
}  # fmt: skip
_SPACE = of(
    (
        *_codes("\t\r  \x85\x85\xa0\xa0"),
        (0x1680, 0x1680),
        (0x2000, 0x200A),
        (0x2028, 0x2029),
        *_codes("  　　"),
    )
)
_IDEOGRAPHS = ((_LISTED, 0x2A6DF), (0x2A700, 0x2EBE0), (0x30000, 0x323AF))


@lru_cache(maxsize=1)
def _runs() -> tuple[tuple[str, int, int], ...]:
    """Return the categories of all characters, as runs of the same one."""
    asked = unicodedata.category
    found: list[tuple[str, int, int]] = []
    kind, first = asked("\0"), 0
    for code in range(1, _LISTED + 1):
        now = asked(chr(code)) if code < _LISTED else ""
        if now != kind:
            found.append((kind, first, code - 1))
            kind, first = now, code
    return tuple(found)


@lru_cache(maxsize=32)
def _listed(category: str) -> Ranges:
    """Return the characters of some categories, each named by its first or both letters."""
    wanted = ("Lu", "Ll", "Lt") if category == "LC" else tuple(category.split("|"))
    found = [(low, high) for kind, low, high in _runs() if kind.startswith(wanted) and kind != "Cs"]
    return of((*found, *(_IDEOGRAPHS if "Lo".startswith(wanted) else ())))


@lru_cache(maxsize=16)
def _where(name: str) -> Ranges:
    test = _BINARY[name]
    return of((code, code) for code in range(_LISTED) if test(chr(code)) and not 0xD800 <= code <= 0xDFFF)


@lru_cache(maxsize=16)
def _script(name: str) -> Ranges:
    """Return the characters whose names begin with a script's; empty where none do."""
    wanted = "CJK UNIFIED IDEOGRAPH-" if name == "HAN" else name + " "
    called = unicodedata.name
    return of((code, code) for code in range(_LISTED) if called(chr(code), "").startswith(wanted))


@lru_cache(maxsize=4)
def _word() -> Ranges:
    return of((*_listed("L|M|Nd|Nl|Pc"), (0x200C, 0x200D), (0x24B6, 0x24E9)))


PERL: dict[str, Callable[[], Ranges]] = {"d": lambda: _listed("Nd"), "s": lambda: _SPACE, "w": _word}
"""What a backslash and a letter mean."""


def named(name: str) -> Ranges | None:
    r"""Return what ``\p{name}`` means; None where there is no such property.

    Raises:
        UnfollowedError: there is, and it is not known here.
    """
    key, _, value = name.replace("=", ":").partition(":")
    plain = "".join(c for c in (value or key).lower() if c.isascii() and c not in " _-")
    if value and key.lower() not in ("gc", "generalcategory", "general_category", "sc", "script", "scx"):
        return None
    if plain in ("any", "assigned", "ascii"):
        return ((0, 127),) if plain == "ascii" else ALL
    if plain in _GENERAL or plain in _SHORT:
        return _listed(_GENERAL.get(plain) or _SHORT[plain])
    if plain in _BINARY:
        return _where(plain)
    if plain in ("emoji", "emojipresentation", "extendedpictographic", "epres", "extpict"):
        return _EMOJI
    if plain in _UNTOLD:
        raise UnfollowedError(name)
    name = "".join(char for char in (value or key) if char.isascii()).upper().replace("_", " ").strip()
    return _script(_SCRIPTS.get(name.replace(" ", ""), name)) or None
