"""Whole numbers as Rust reads them, and its words for those that are none."""

from __future__ import annotations

import re

from mockllm_core.lark.places import GrammarError

__all__ = ["integer", "unsigned"]


def integer(text: str) -> int:
    """Return an ``i32``."""
    return _parsed(text, "signed", r"[+-]?[0-9]+", (-(2**31), 2**31 - 1))


def unsigned(text: str) -> int:
    """Return a ``usize``."""
    return _parsed(text, "unsigned", r"\+?[0-9]+", (0, 2**64 - 1))


def _parsed(text: str, called: str, form: str, limits: tuple[int, int]) -> int:
    if not re.fullmatch(form, text):
        raise GrammarError(f"error parsing {called} integer: invalid digit found in string")
    found = int(text[:40])
    if not limits[0] <= found <= limits[1]:
        size = "small" if found < 0 else "large"
        raise GrammarError(f"error parsing {called} integer: number too {size} to fit in target type")
    return found
