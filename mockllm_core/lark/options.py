"""What ``%llguidance {...}`` may say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.lark.places import GrammarError
from mockllm_core.lark.rust_text import debug

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["options"]

_KNOWN = ("no_forcing", "allow_initial_skip", "allow_invalid_utf8")


def options(given: Json) -> bool:
    """Return whether what is ignored may stand first, too; other keys than those known are passed over."""
    if not isinstance(given, dict):
        told = f"invalid type: {_shown(given)}, expected struct LLGuidanceOptions"
        raise GrammarError(f"failed to parse %llguidance declaration: {told}")
    for key in _KNOWN:
        if not isinstance(given.get(key, False), bool):
            told = f"invalid type: {_shown(given[key])}, expected a boolean"
            raise GrammarError(f"failed to parse %llguidance declaration: {told}")
    return bool(given.get("allow_initial_skip"))


def _shown(value: Json) -> str:
    """Return serde's words for a value of the wrong kind."""
    if isinstance(value, bool):
        return f"boolean `{str(value).lower()}`"
    if isinstance(value, int):
        return f"integer `{value}`"
    if isinstance(value, float):
        return f"floating point `{value}`"
    if isinstance(value, str):
        return f"string {debug(value)}"
    return "sequence" if isinstance(value, list) else "map" if isinstance(value, dict) else "null"
