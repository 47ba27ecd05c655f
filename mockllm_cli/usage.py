"""What the command line says of a word that it does not know."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Command", "Commands", "nearest"]

_OF_PYDANTIC = "Value error, "
"""What typer's validator puts before its sentence; it means nothing to whoever mistyped a word."""
_UNKNOWN = re.compile(r"(['\"])(?P<word>.*?)\1 is not one of (?P<known>'.*')\.", re.DOTALL)


def _flags_alone(params: list[Any]) -> list[Any]:
    """Return a command's parameters; the help shows no ``<bool>`` behind a flag, which takes no value."""
    for each in params:
        if getattr(each, "is_flag", False):
            each.metavar = ""
    return params


class Command(TyperCommand):
    """A command."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return options and arguments; see the base class."""
        return _flags_alone(super().get_params(ctx))


class Commands(TyperGroup):
    """The commands, whose complaints about an unknown word suggest the nearest of those that there are."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options before a command; see the base class."""
        return _flags_alone(super().get_params(ctx))

    def invoke(self, ctx: Any) -> Any:
        """Run a command; see the base class."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = _plain(error.message)
            raise


def _plain(message: str) -> str:
    message = message.removeprefix(_OF_PYDANTIC)
    found = _UNKNOWN.fullmatch(message)
    if found is None:
        return message
    meant = nearest(found["word"], re.findall("'([^']*)'", found["known"]))
    return f"{message} Did you mean '{meant}'?" if meant else message


def nearest(word: str, known: Sequence[str]) -> str | None:
    """Return the known word that is most like another, None when none is.

    A protocol is often named by a part of its name, or its host's.

    >>> nearest("gemini", ["openai-chat", "google-genai"]), nearest("chat", ["openai-chat", "google-genai"])
    (None, 'openai-chat')
    """
    from difflib import get_close_matches

    lowered = word.lower()
    parts = [one for one in known if lowered in one.split("-")]
    alike = get_close_matches(lowered, known, n=1)
    return parts[0] if len(parts) == 1 else alike[0] if alike else None
