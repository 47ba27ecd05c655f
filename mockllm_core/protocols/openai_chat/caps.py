"""How many tokens a model writes at most in Chat Completions, and what is said of a request for more."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["check_cap"]

_LEAST = 4_096

_WRITES = tuple(
    (re.compile(pattern), most)
    for pattern, most in (
        (r"gpt-4o-2024-05-13|gpt-4-(turbo|1106|0125|vision)|gpt-3\.5-turbo", _LEAST),
        (r"gpt-4o(-mini)?(-\d|$)|chatgpt-4o|gpt-5[\d.]*-chat", 16_384),
        (r"gpt-4\.1", 32_768),
        (r"o(1|3|3-mini|4-mini)(-\d|$)", 100_000),
        (r"gpt-5[\d.]*(-mini|-nano)?(-\d|$)", 128_000),
    )
)
"""By the models' pages in the provider's documentation; a model that no row knows writes as much as it is asked for."""


@lru_cache(maxsize=256)
def _most(model: str) -> int | None:
    name = model.removeprefix("ft:")
    return next((most for pattern, most in _WRITES if pattern.match(name)), None)


def check_cap(body: dict[str, Json], model: str) -> None:
    """Refuse more tokens than the model writes.

    Public reports of 2024 to September 2026; since 2025 with a code (tailcallhq/forgecode 1185, opencode-ai/opencode 140).

    Raises:
        ApiError: see above.
    """
    for name in ("max_completion_tokens", "max_tokens"):
        asked = body.get(name)
        if not isinstance(asked, int | float) or asked <= _LEAST:
            continue
        most = _most(model)
        if most is not None and asked > most:
            sentence = (
                f"{name} is too large: {asked:.0f}. This model supports at most {most} completion tokens, whereas you "
                f"provided {asked:.0f}."
            )
            raise ApiError("invalid_request", sentence, param=name, code="invalid_value")
