"""The plain ``mockllm serve`` line, read without Typer.

Typer and the pydantic that it brings take longer to import than the whole server. A line that says nothing unusual
is read here; any other (help, completion, an unknown option, a value out of range) is left to Typer, which knows
what to say about it. A law test holds both readings equal.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockllm_cli.serve import Options
    from mockllm_core.frame import Json

__all__ = ["serve_options"]

_TEXTS = frozenset({"host", "seed", "now", "reply", "tls-cert", "tls-key"})
_NUMBERS = {"port": (0, 65_535), "delay": (0, 60_000), "piece": (1, 1_000_000), "workers": (1, 256)}
_CHOICES = {
    "args": ("plausible", "fuzz", "near-miss"),
    "compress": ("whole", "all", "none"),
    "log-level": ("debug", "info", "warning", "error"),
    "log-format": ("text", "json"),
}
_FLAGS = frozenset({"ascii", "strict", "stateless", "cors", "tls-self-signed", "quiet", "verbose"})
_SHORT = {"-q": "quiet", "-v": "verbose"}


def serve_options(arguments: Sequence[str]) -> Options | None:
    """Return the options of a plain ``serve`` line, None when Typer has to read it."""
    if not arguments or arguments[0] != "serve" or "_MOCKLLM_COMPLETE" in os.environ:
        return None
    given = _given(list(arguments[1:]))
    if given is None:
        return None
    from mockllm_cli.serve import Options

    if "delay" in given:
        given["delay"] /= 1000  # milliseconds on the line
    return Options(**{name.replace("-", "_"): value for name, value in given.items()})


def _given(words: list[str]) -> dict[str, Json] | None:
    """Return what a line gives, by the options' long names; None when there is anything unusual in it."""
    given: dict[str, Json] = {}
    words.reverse()
    while words:
        word = words.pop()
        name, equals, value = word.removeprefix("--").partition("=")
        if word in _SHORT or (word.startswith("--") and name in _FLAGS and not equals):
            given[_SHORT.get(word, name)] = True
            continue
        if not word.startswith("--") or not (equals or words):
            return None
        value = value if equals else words.pop()
        taken = _value(name, value)
        if taken is None or (value.startswith("-") and not equals):
            return None
        given[name] = taken
    return None if "quiet" in given and "verbose" in given else given


def _value(name: str, value: str) -> str | int | None:
    """Return an option's value, None when it is not plainly right."""
    if name in _TEXTS:
        return value
    if name in _CHOICES:
        return value if value in _CHOICES[name] else None
    if name in _NUMBERS and value.isascii() and value.isdigit() and len(value) < 10:
        least, most = _NUMBERS[name]
        return int(value) if least <= int(value) <= most else None
    return None
