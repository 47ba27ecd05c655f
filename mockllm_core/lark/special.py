"""Tokens that stand for themselves (``<|name|>``, ``<[17]>``): refused where llguidance refuses them."""

from __future__ import annotations

from mockllm_core.lark.numbers import unsigned
from mockllm_core.lark.places import GrammarError
from mockllm_core.lark.rust_text import debug

__all__ = ["check_special"]

_AVAILABLE = "⟦<|endofprompt|>‧<|endoftext|>⟧"
"""Those that are public of OpenAI's newer tokenizers; which more its models have is not."""


def check_special(text: str) -> None:
    """Raise GrammarError for one that there is not; which of the rest there are, only the provider knows."""
    if not (text.startswith("<[") and text.endswith("]>")):
        if not (text.startswith("<|") and text.endswith("|>")):
            told = (
                f"unknown special token: {debug(text)}; following special tokens are available: {_AVAILABLE}"
            )
            raise GrammarError(told)
        return
    held = text[2:-2]
    negated = held.startswith("^")
    held = held.removeprefix("^")
    if held == "*":
        if negated:
            raise GrammarError("negated wildcard token <[^*]> is not supported")
        return
    if "*" in held:
        raise GrammarError("wildcard token range '*' must not contain additional tokens")
    if not [one for one in held.split(",") if _range(one)]:
        raise GrammarError("empty token range")


def _range(text: str) -> bool:
    ends = [end.strip() for end in text.split("-")]
    if len(ends) > 2:
        raise GrammarError(f"invalid token range: {debug(text)}")
    if ends == [""]:
        return False
    try:
        numbers = [unsigned(end) for end in ends]
    except GrammarError as error:
        empty = "" in ends
        told = "cannot parse integer from empty string" if empty else str(error).partition(": ")[2]
        raise GrammarError(told) from None
    if numbers[0] > numbers[-1]:
        raise GrammarError(f"invalid token range: {debug(text)}")
    return True
