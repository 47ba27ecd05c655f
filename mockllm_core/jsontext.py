r"""JSON text as the providers spell it.

Text goes out as raw UTF-8. Escaped are only what JSON demands, the three line separators U+0085, U+2028 and
U+2029 (clients that split on Unicode line ends would cut an event in two), and lone surrogates, which UTF-8
cannot carry.
"""

from __future__ import annotations

import json
import re
import struct
from functools import lru_cache
from json.encoder import c_make_encoder, encode_basestring, encode_basestring_ascii  # type: ignore[attr-defined]
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockllm_core.frame import Json

__all__ = [
    "airy",
    "canonical",
    "compact",
    "deeper",
    "escaped",
    "float32",
    "is_too_deep",
    "kind",
    "parse",
    "pretty",
    "quote",
    "quotes",
    "sorted_compact",
    "spaced",
    "utf8",
]

_DEEPEST = 512
_TOO_DEEP = "the JSON is nested too deeply"
_ESCAPED = re.compile("[\u0085\u2028\u2029\ud800-\udfff]")


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _made(
    separators: tuple[str, str], *, sort_keys: bool = False, ascii_only: bool = False
) -> Callable[[Json], str]:
    encoder = json.JSONEncoder(
        ensure_ascii=ascii_only, check_circular=False, separators=separators, sort_keys=sort_keys
    )
    scan = None
    if c_make_encoder is not None:
        # JSONEncoder makes this one anew for each value, which costs as much as a small value itself
        between, after_key = separators
        quoted = encode_basestring_ascii if ascii_only else encode_basestring
        scan = c_make_encoder(None, encoder.default, quoted, None, after_key, between, sort_keys, False, True)

    def dump(value: Json) -> str:
        text = encoder.encode(value) if scan is None else "".join(scan(value, 0))
        return text if text.isascii() else _ESCAPED.sub(_escape, text)

    return dump


compact = _made(separators=(",", ":"))
"""``{"a":1,"b":2}``: OpenAI and Anthropic streams, Anthropic bodies."""

sorted_compact = _made(separators=(",", ":"), sort_keys=True)
"""``{"a":1,"b":2}`` with keys in order at every level: Bedrock."""

canonical = _made(separators=(",", ":"), sort_keys=True, ascii_only=True)
"""``{"a":1,"b":"\\u00e9"}``: equal values have equal texts, on any machine."""

spaced = _made(separators=(", ", ": "))
"""``{"a": 1, "b": 2}``: how Claude writes tool arguments."""

airy = _made(separators=(",", ": "))
"""``{"a": 1,"b": 2}``: Gemini's streams, the pretty form with its line breaks taken out."""


def pretty(value: Json, indent: int = 2) -> str:
    """Return JSON with line breaks, without a final one."""
    text = _indented(value, "\n", " " * indent)
    return text if text.isascii() else _ESCAPED.sub(_escape, text)


def _indented(value: Json, line: str, step: str) -> str:
    """Return JSON in lines that begin with ``line``: json.dumps has this only in Python, with a generator a value."""
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, dict) and value:
        inner = line + step
        items = [f"{encode_basestring(key)}: {_indented(one, inner, step)}" for key, one in value.items()]
        return f"{{{inner}{f',{inner}'.join(items)}{line}}}"
    if isinstance(value, list | tuple) and value:
        inner = line + step
        return f"[{inner}{f',{inner}'.join([_indented(one, inner, step) for one in value])}{line}]"
    if value is None:
        return "null"
    return repr(value) if type(value) is int else compact(value)


def quote(text: str) -> str:
    """Return one JSON string, quotes included: the hole of a frame template."""
    quoted = encode_basestring(text)
    return quoted if quoted.isascii() else _ESCAPED.sub(_escape, quoted)


def quotes(pieces: Sequence[str]) -> list[str]:
    """Return each text as one JSON string: ``quote`` for many, most of which need no escape."""
    text = "".join(pieces)
    quoted = encode_basestring(text)
    if not quoted.isascii():
        return [quote(piece) for piece in pieces]
    if not pieces or len(quoted) > len(text) + 2:
        return list(map(encode_basestring, pieces))
    # none has a NUL, which would have been escaped
    return ('"' + '"\0"'.join(pieces) + '"').split("\0")


def escaped(pieces: Sequence[str]) -> Sequence[str]:
    """Return each text as it stands between the quotes of a JSON string; the same sequence when none has an escape."""
    text = "\x7f".join(pieces)
    quoted = encode_basestring(text)
    if not quoted.isascii():
        quoted = _ESCAPED.sub(_escape, quoted)
    if len(quoted) == len(text) + 2:
        # an escape is always longer than what it stands for
        return pieces
    texts = quoted[1:-1].split("\x7f")
    # a piece may hold the character that stands between them
    return texts if len(texts) == len(pieces) else [quote(piece)[1:-1] for piece in pieces]


def float32(value: float) -> float:
    """Return a 32-bit float's value with as few digits as tell it from its neighbours: 0.25, -0.006929283."""
    for digits in (7, 8):
        found = float(f"{value:.{digits}g}")
        if struct.unpack("<f", struct.pack("<f", found))[0] == value:
            return found
    return float(f"{value:.9g}")


def utf8(text: str) -> bytes:
    """Return the bytes of JSON text that these functions made."""
    return text.encode()


def parse(data: bytes | str) -> Json:
    """Return the value of JSON text: strict UTF-8, no NaN or Infinity, at most 512 levels deep.

    The limit is ours: without one it would be the interpreter's, which differs from version to version.

    Raises:
        ValueError: not UTF-8, not JSON, too deep, or a number too long.
    """
    text = data if isinstance(data, str) else data.decode("utf-8")
    if text.startswith("\ufeff"):
        raise ValueError("unexpected byte order mark: line 1 column 1 (char 0)")
    try:
        value, end = _scan(text, 0)
    except (StopIteration, ValueError, RecursionError):
        value, end = None, -1
    if end != len(text):
        # the decoder takes blanks at both ends, and says what is wrong
        value = _decoded(text)
    if is_too_deep(value, text):
        raise ValueError(_TOO_DEEP)
    return value


def _decoded(text: str) -> Json:
    try:
        return _decode(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except (json.JSONDecodeError, _NotJson):
        raise
    except ValueError:
        # the interpreter's limit on digits, whose words tell a Python programmer what to set
        raise ValueError("a number has too many digits") from None


def kind(text: str) -> type | None:
    """Return the type of the value of JSON text, None when it is no JSON; a short text that comes again is read once."""
    return _kind(text) if len(text) <= _SHORT else _kind.__wrapped__(text)


@lru_cache(maxsize=256)
def _kind(text: str) -> type | None:
    try:
        return type(json.loads(text))
    except (ValueError, RecursionError):
        return None


_SHORT = 4_096


def is_too_deep(value: Json, text: str) -> bool:
    """Tell whether a value, given with its JSON text, is nested deeper than any that is taken."""
    return text.count("{") + text.count("[") > _DEEPEST and deeper(value, _DEEPEST)


def deeper(value: Json, limit: int) -> bool:
    """Tell whether a value nests deeper than so many lists and objects, without recursion."""
    level = [value]
    for _ in range(limit):
        held: list[Json] = []
        for outer in level:
            kind = type(outer)
            if kind is str:
                continue
            if kind is dict:
                held += outer.values()
            elif kind is list:
                held += outer
        if not held:
            return False
        level = held
    return any(type(inner) in (dict, list) for inner in level)


class _NotJson(ValueError):
    """A constant that Python's reader takes and JSON does not have."""


def _no_constant(name: str) -> Json:
    raise _NotJson(f"{name} is not JSON")


# json.loads makes a decoder for each text when it gets an option
_decoder = json.JSONDecoder(parse_constant=_no_constant)
_decode = _decoder.decode
_scan = _decoder.scan_once  # type: ignore[attr-defined]
