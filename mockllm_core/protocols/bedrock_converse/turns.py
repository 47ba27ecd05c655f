"""What Converse itself refuses of the turns of a conversation, whatever the model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mockllm_core.errors import ApiError

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["check_turns"]


def check_turns(body: dict[str, Any]) -> None:
    """Raise the ApiError of a blank text, a document without text, a result without its call or the other way round."""
    _check_blank(body)
    _check_documents(body)
    _check_results(body)
    _check_tools(body)


def _check_blank(body: dict[str, Any]) -> None:
    for nth, message in enumerate(_list(body.get("messages"))):
        for place, block in enumerate(_list(_object(message).get("content"))):
            text = _object(block).get("text")
            if isinstance(text, str) and not text.strip():
                raise ApiError(
                    "invalid_request",
                    f"The text field in the ContentBlock object at messages.{nth}.content.{place} is blank. "
                    "Add text to the text field, and try again.",
                    param=f"messages[{nth}].content[{place}].text",
                )


def _check_documents(body: dict[str, Any]) -> None:
    """Check documents as public reports of 2024 to 2026 tell: their names, their number, and a text beside them.

    An underscore is taken though the sentence does not name it (github.com/vercel/ai/pull/20366 and others tried it); of
    blanks only the space is. Documents in results count, too.
    """
    names: list[str] = []
    for nth, message in enumerate(_list(body.get("messages"))):
        blocks = _list(message.get("content")) if isinstance(message, dict) else []
        held = [block["document"] for block in blocks if isinstance(block, dict) and "document" in block]
        if held and not any("text" in _object(block) for block in blocks):
            raise ApiError(
                "invalid_request",
                "A text block must be included when using documents. Add a text block and retry your request.",
                param=f"messages[{nth}].content",
            )
        for block in blocks:
            if isinstance(block, dict) and "toolResult" in block:
                inside = _list(_object(block["toolResult"]).get("content"))
                held += [one["document"] for one in inside if isinstance(one, dict) and "document" in one]
        names += [str(_object(one).get("name")) for one in held]
    if not names:
        return
    if not all(_NAME.fullmatch(name) and "  " not in name for name in names):
        raise ApiError("invalid_request", _BAD_NAME)
    if len(set(names)) < len(names):
        raise ApiError("invalid_request", "Messages can't contain duplicate document names.")
    if len(names) > _MOST_DOCUMENTS:
        told = f"You can't include more than {_MOST_DOCUMENTS} documents in a request."
        raise ApiError("invalid_request", told)


_MOST_DOCUMENTS = 5
_NAME = re.compile(r"[A-Za-z0-9 _()\[\]-]+")
_BAD_NAME = (
    "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and "
    "square brackets. The name can't contain more than one consecutive whitespace character. Check that the file name "
    "conforms to these restrictions and retry your request."
)


def _check_results(body: dict[str, Any]) -> None:
    uses = results = 0
    before = ""
    for nth, message in enumerate(_list(body.get("messages"))):
        role = str(_object(message).get("role"))
        blocks = [_object(block) for block in _list(_object(message).get("content"))]
        if role != before:
            # messages of one role in a row are one turn
            before, results = role, 0
            uses = 0 if role == "assistant" else uses
        uses += sum("toolUse" in block for block in blocks)
        results += sum("toolResult" in block for block in blocks)
        if role == "user" and results > uses:
            raise ApiError(
                "invalid_request",
                f"The number of toolResult blocks at messages.{nth}.content exceeds the number of toolUse blocks of "
                "previous turn.",
                param=f"messages[{nth}].content",
            )


def _check_tools(body: dict[str, Any]) -> None:
    asked: list[str] = []
    for nth, message in enumerate(_list(body.get("messages"))):
        blocks = [block for block in _list(_object(message).get("content")) if isinstance(block, dict)]
        used = any(block.get("toolUse") or block.get("toolResult") for block in blocks)
        if used and body.get("toolConfig") is None:
            raise ApiError(
                "invalid_request",
                "The toolConfig field must be defined when using toolUse and toolResult content blocks.",
                param="toolConfig",
            )
        answered = {_object(block.get("toolResult")).get("toolUseId") for block in blocks}
        open_ids = [one for one in asked if one not in answered]
        if open_ids:
            raise ApiError(
                "invalid_request",
                f"Expected toolResult blocks at messages.{nth}.content for the following Ids: {', '.join(open_ids)}",
                param=f"messages[{nth}].content",
            )
        # what Amazon ran has its result beside it
        uses = [_object(block.get("toolUse")) for block in blocks]
        ids = [use.get("toolUseId") for use in uses if use.get("type") != "server_tool_use"]
        asked = [one for one in ids if isinstance(one, str) and one]


def _object(value: Json) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Any]:
    return value if isinstance(value, list) else []
