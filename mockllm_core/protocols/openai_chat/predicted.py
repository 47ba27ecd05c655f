"""What goes with no ``prediction``: the guide on predicted outputs lists other options, and the models that take one.

Nobody has shown the API's sentences for that: that of a model is known of gpt-5.6-terra, that of two options that exclude
each other of ``max_tokens`` and ``max_completion_tokens``.
Spec: https://platform.openai.com/docs/guides/predicted-outputs#limitations
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["check_prediction"]

_TAKEN = re.compile(r"(ft:)?(chatgpt-)?gpt-4(o|\.1)")
_OPENAIS = re.compile(r"(ft:)?(gpt-|chatgpt-|o\d)")


def check_prediction(body: Json, model: str) -> None:
    """Raise ApiError for a model that takes none, and for what excludes one."""
    if _OPENAIS.match(model) and not _TAKEN.match(model):
        told = "Unsupported parameter: 'prediction' is not supported with this model."
        raise ApiError("invalid_request", told, param="prediction", code="unsupported_parameter")
    for key, stands in (
        ("tools", bool(body.get("tools"))),
        ("functions", bool(body.get("functions"))),
        ("n", (body.get("n") or 1) > 1),
        ("logprobs", body.get("logprobs") is True),
        ("presence_penalty", (body.get("presence_penalty") or 0) > 0),
        ("frequency_penalty", (body.get("frequency_penalty") or 0) > 0),
        ("max_completion_tokens", body.get("max_completion_tokens") is not None),
        ("audio", body.get("audio") is not None),
    ):
        if stands:
            told = f"Setting 'prediction' and '{key}' at the same time is not supported."
            raise ApiError("invalid_request", told, code="invalid_parameter_combination")
