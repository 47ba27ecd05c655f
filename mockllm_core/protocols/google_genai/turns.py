"""Function calls and their responses take turns: what a call turn is followed by, and what it follows.

The three sentences are printed in public issues and traffic logs from 2024 to September 2026, of the Gemini API and of
Vertex AI alike (among others github.com/run-llama/llama_index, github.com/google-gemini/gemini-cli/issues). What the
model says at a stretch is one turn, since google-genai's chats keep each chunk of a stream as a content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.protocols.google_genai.options import many, pick

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["check"]


def check(body: Json) -> None:
    """Raise ApiError for calls that are not answered in the next turn, each, and for answers without their calls."""
    contents = many(body, "contents")
    if len(contents) == 1 and not _given(contents[0], "functionResponse"):
        return
    calls, begun, going_on = 0, pick(body, "cachedContent") is not None, False
    for content in contents:
        if pick(content, "role") == "model":
            for call in _given(content, "functionCall"):
                if not begun:
                    raise _out_of_order(
                        "function call turn comes immediately after a user turn or after a function response turn"
                    )
                calls += not going_on
                going_on = pick(call, "willContinue") is True
            continue
        answered = len(_given(content, "functionResponse"))
        if answered and not calls:
            raise _out_of_order("function response turn comes immediately after a function call turn")
        if answered != calls:
            raise _out_of_order(
                "the number of function response parts is equal to the number of function call parts of the function"
                " call turn"
            )
        calls, begun, going_on = 0, True, False


def _given(content: Json, kind: str) -> list[Json]:
    """Return the calls or responses of a content; of a call in pieces, each piece."""
    given = (pick(part, kind) for part in many(content, "parts") if not (len(part) == 1 and "text" in part))
    return [one for one in given if one is not None]


def _out_of_order(wanted: str) -> ApiError:
    return ApiError("invalid_request", f"Please ensure that {wanted}.")
