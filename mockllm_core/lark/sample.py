"""Write a text that a form matches: of words where letters may stand, else what the characters allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.arguments.words import WORDS
from mockllm_core.lark import charset
from mockllm_core.lark.forms import TooMuchError, candidates

if TYPE_CHECKING:
    from mockllm_core.arguments.dice import Dice
    from mockllm_core.lark.charset import Ranges
    from mockllm_core.lark.forms import Form, Forms

__all__ = ["sampled", "shortened"]

_TRIES = 24
_LONGEST = 4_000
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def sampled(forms: Forms, form: Form, dice: Dice, *, spare: int) -> str | None:
    """Return a text, mostly not much longer than ``spare`` beyond the shortest; None where none was found."""
    writer = _Writer(forms, dice, spare)
    if forms.width(form) > _LONGEST:
        return None
    try:
        text = writer.text(form)
    except (RecursionError, TooMuchError):
        text = None
    if text is not None and len(text) <= _LONGEST and forms.matches(form, text):
        return text
    return forms.shortest(form, more=spare > 0)


def shortened(forms: Forms, form: Form, text: str) -> str:
    """Return the first part of a text that is matched already."""
    for at, char in enumerate(text):
        if form.nullable:
            return text[:at]
        form = forms.after(form, char)
    return text


class _Writer:
    """Writes one text."""

    def __init__(self, forms: Forms, dice: Dice, spare: int) -> None:
        self._forms, self._dice, self._spare = forms, dice, spare

    def text(self, form: Form) -> str | None:
        form = self._forms.plainer.get(form, form)
        match form.kind:
            case "empty":
                found: str | None = ""
            case "text":
                found = form.text
            case "set":
                found = self._char(form.ranges)
            case "then":
                found = self._joined([self.text(part) for part in form.forms])
            case "or":
                ways = [part for part in form.forms if self._spare > 0 or not part.nullable] or form.forms
                found = self.text(self._dice.pick(ways))
            case "and":
                found = self._agreed(form)
            case "times":
                found = self._repeated(form)
            case _:
                found = self._forms.shortest(form, more=self._spare > 0)
        return found

    def _joined(self, parts: list[str | None]) -> str | None:
        return None if None in parts else "".join(part for part in parts if part)

    def _agreed(self, form: Form) -> str | None:
        """Return what one part would write and all of them take."""
        for nth in range(_TRIES):
            part = form.forms[nth % len(form.forms)]
            text = None if part.kind == "not" else self.text(part)
            if text is not None and self._forms.matches(form, text):
                return text
        return self._forms.shortest(form, more=self._spare > 0)

    def _repeated(self, form: Form) -> str | None:
        part = form.forms[0]
        least = form.least
        most = least + 12 if form.most is None else min(form.most, least + 12)
        if part.kind in ("set", "or") and (letters := _letters(part)) is not None:
            return self._word(letters, least, most)
        room = min(most - least, 2 if self._spare > 0 else 0)
        number = least + self._dice.between(0, room)
        if not number and room and self._dice.chance(0.6):
            number = 1
        self._spare -= number - least
        return self._joined([self.text(part) for _ in range(number)])

    def _word(self, ranges: Ranges, least: int, most: int) -> str:
        """Return a word, or as much of some words as there is room for."""
        word = self._dice.pick(WORDS)
        length = min(
            max(len(word) if self._spare > 0 else 0, least, 1 if most and self._spare > 0 else 0), most
        )
        while len(word) < length:
            word += self._dice.pick(WORDS)
        self._spare -= max(length - least, 0)
        word = word[:length]
        return word if all(charset.has(ranges, ord(char)) for char in word) else "a" * length

    def _char(self, ranges: Ranges) -> str | None:
        if all(charset.has(ranges, ord(char)) for char in _LETTERS):
            return self._dice.pick(_LETTERS)
        letters = [char for char in _LETTERS + _LETTERS.upper() if charset.has(ranges, ord(char))]
        if len(letters) == 2 and letters[0] == letters[1].lower():
            return letters[0]
        fit = letters or [char for char in "123456789" if charset.has(ranges, ord(char))]
        fit = fit or [char for char in "0 \n" if charset.has(ranges, ord(char))][:1]
        fit = fit or [char for char in _beyond(ranges) if char.isalpha()]
        fit = fit or [char for char in candidates(self._forms.set(ranges)) if charset.has(ranges, ord(char))]
        return self._dice.pick(fit) if fit else None


def _beyond(ranges: Ranges) -> list[str]:
    """Return some characters beyond ASCII."""
    found: list[str] = []
    for low, high in ranges:
        begin = max(low, 0xC0)
        found += [chr(code) for code in range(begin, min(high, begin + 63) + 1)]
        if len(found) > 200:
            break
    return found


def _letters(part: Form) -> Ranges | None:
    """Return the characters of something that words can be spelled with."""
    if part.kind == "or":
        held = [one for one in part.forms if one.kind == "set"]
        return next((found for one in held if (found := _letters(one)) is not None), None)
    ranges = part.ranges
    return ranges if all(charset.has(ranges, ord(char)) for char in _LETTERS) else None
