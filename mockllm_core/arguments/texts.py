"""Text that keeps its length, pattern and format, and fits its property's name."""

from __future__ import annotations

from base64 import b64encode
from itertools import islice
from typing import TYPE_CHECKING

from mockllm_core.arguments import limits
from mockllm_core.arguments.formats import FORMATS, dated, written
from mockllm_core.arguments.patterns import matches, text_for
from mockllm_core.arguments.shape import Impossible
from mockllm_core.arguments.words import WORDS, coded, known, text_named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.arguments.dice import Dice
    from mockllm_core.arguments.shape import Shape

__all__ = ["text_of"]

_SHORT = {
    "uri": "a:b",
    "url": "http://a.co",
    "iri": "a:b",
    "email": "a@b.co",
    "hostname": "a.co",
    "idn-email": "a@b.co",
    "duration": "P1D",
    "ipv6": "::1",
    "uri-reference": "a",
    "iri-reference": "a",
    "json-pointer": "",
    "regex": "a",
    "uri-template": "a",
}


def text_of(shape: Shape, dice: Dice, name: str, *, wide: bool = False) -> str:
    """Return a text for the shape; ``wide`` adds a number, where plain words are taken.

    Raises:
        Impossible: none was found.
    """
    low, high = shape.least_length, shape.most_length
    if low > limits.LENGTH:
        raise Impossible(f"texts of {low} characters are longer than are made here")
    if high is not None and low > high:
        raise Impossible(f"minLength {low} is above maxLength {high}")
    most = limits.LENGTH if high is None else high
    if wide and not shape.patterns and not shape.formats and most > 12 + low:
        return f"{text_named(name, dice)[: most - 6]} {dice.between(1, 9999)}".rjust(low, "a")
    for text in _texts(shape, dice, name, low, most):
        if (
            low <= len(text)
            and (high is None or len(text) <= high)
            and all(matches(each, text) for each in shape.patterns)
        ):
            return text
    raise Impossible("no text was found for the pattern, format and length together")


def _texts(shape: Shape, dice: Dice, name: str, low: int, high: int) -> Iterator[str]:
    form = next((form for form in shape.formats if form in FORMATS), "")
    if form:
        for _ in range(4):
            yield _formatted(form, dice, name)
        yield from _stretched(form, dice, low, high)
    if shape.patterns:
        if not form and known(name):
            yield text_named(name, dice)
            yield coded(name, dice)
        each = max(4, limits.TEXTS // len(shape.patterns))
        for pattern in shape.patterns:
            yield from islice(text_for(pattern, dice, low, high), each)
    elif form:
        return
    elif shape.encoding in ("base64", "base64url"):
        plain = (
            '{"ok": true}' if shape.hint == "application/json" else f"{dice.pick(WORDS)} {dice.pick(WORDS)}"
        )
        yield b64encode(plain.ljust(low * 3 // 4 + 3).encode() if low else plain.encode()).decode()
        yield b64encode(b"a" * (high * 3 // 4 // 3 * 3)).decode()[: high // 4 * 4]
    elif shape.hint == "application/json":
        yield f'{{"{dice.pick(WORDS)}": {dice.between(1, 9)}}}'
        yield "1" * max(low, 1)
    elif shape.hint in ("date", "date-time"):
        yield dated(shape.hint, dice, name)
        yield _fitted(text_named(name, dice), dice, low, high)
    elif "YYYY" in shape.hint:
        yield written(shape.hint, dice, name)
        yield _fitted(text_named(name, dice), dice, low, high)
    else:
        yield from _named(shape, dice, name, low, high)


def _formatted(form: str, dice: Dice, name: str) -> str:
    return dated(form, dice, name) if form in ("date", "date-time") else FORMATS[form](dice)


def _stretched(form: str, dice: Dice, low: int, high: int) -> Iterator[str]:
    """Yield longer and shorter forms for unusual lengths."""
    short = _SHORT.get(form)
    if short is not None:
        yield short
    filler = "".join(dice.pick(WORDS) for _ in range(low // 3 + 1))
    if form in ("uri", "url", "iri", "http-url"):
        yield f"https://example.com/{filler}"[: max(low, 22)]
    elif "email" in form:
        labels = ".".join(filler[start : start + 50] for start in range(0, max(low - 12, 1), 50))[
            : max(low - 12, 1)
        ]
        yield f"a@{labels.rstrip('.')}.example.com"
    elif form in ("uri-reference", "iri-reference", "json-pointer", "path", "file-path"):
        yield f"/{filler}"[: max(low, 2)]
    elif form in ("binary", "password", "regex", "byte"):
        yield _fitted(filler, dice, low, high)


def _named(shape: Shape, dice: Dice, name: str, low: int, high: int) -> Iterator[str]:
    unknown = next((form for form in shape.formats if known(form)), "")
    text = text_named(unknown or name, dice)
    if low <= len(text) <= high:
        yield text
    short = coded(name, dice)
    if low <= len(short) <= high and short:
        yield short
    yield _fitted(text, dice, low, high)


def _fitted(text: str, dice: Dice, low: int, high: int) -> str:
    if len(text) > high:
        words = [word for word in WORDS if low <= len(word) <= high]
        return dice.pick(words) if words else text[:high].strip().ljust(min(low, high), "a")
    while len(text) < low:
        text = f"{text} {dice.pick(WORDS)}".lstrip()
    return text if len(text) <= high else text[:high].rstrip().ljust(high, "a")
