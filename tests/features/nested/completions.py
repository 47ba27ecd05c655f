"""Legacy completions: what is decided of its nested options."""

from __future__ import annotations

from features.asks import COMPLETIONS
from features.nested.walk import Api

API = Api(
    column=COMPLETIONS,
    values={"include_obfuscation": False},
    streamed=("ChatCompletionStreamOptionsParam",),
    silent={"this older API pads nothing": ("*.include_obfuscation",)},
)
