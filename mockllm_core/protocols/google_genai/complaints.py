"""What a contract complains of, in the words of Google's JSON reader and of its servers' own checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.protocols.google_genai.checks import BAD_NAME
from mockllm_core.protocols.google_genai.options import pick, snake
from mockllm_core.protocols.google_genai.spell import airy, number

if TYPE_CHECKING:
    from mockllm_core.contract import Complaint
    from mockllm_core.frame import Json

__all__ = ["complain"]

_SCALARS = {
    "a string": "TYPE_STRING",
    "a boolean": "TYPE_BOOL",
    "an integer": "TYPE_INT32",
    "a number": "TYPE_FLOAT",
}
_MESSAGES = {
    "contents": "Content",
    "parts": "Part",
    "system_instruction": "Content",
    "tools": "Tool",
    "tool_config": "ToolConfig",
    "generation_config": "GenerationConfig",
    "safety_settings": "SafetySetting",
    "function_declarations": "FunctionDeclaration",
    "function_calling_config": "FunctionCallingConfig",
    "thinking_config": "ThinkingConfig",
    "response_schema": "Schema",
    "parameters": "Schema",
    "function_call": "FunctionCall",
    "function_response": "FunctionResponse",
    "inline_data": "Blob",
    "file_data": "FileData",
    "content": "Content",
    "mode": "FunctionCallingConfig.Mode",
    "type": "Type",
    "category": "HarmCategory",
    "threshold": "SafetySetting.HarmBlockThreshold",
    "thinking_level": "ThinkingConfig.ThinkingLevel",
    "media_resolution": "GenerationConfig.MediaResolution",
}
_STRUCTS = ("args", "response")


def complain(complaint: Complaint) -> ApiError:
    """Return a contract's complaint in the words of Google's JSON reader."""
    place = _place(complaint.path)
    match complaint.kind:
        case "json":
            message = f"Invalid JSON payload received. {_unreadable(complaint.expected)}"
            return ApiError("invalid_request", message, param="")
        case "missing" | "length" | "union" | "range" | "pattern":
            return _missing(complaint, place)
        case "unknown":
            parent, name = _place(complaint.path[:-1]), str(complaint.path[-1])
            at = f" at '{parent}'" if parent else ""
            message = f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.'
            return ApiError("invalid_request", message, param=parent)
        case "type" | "value":
            return _wrong(complaint, place)


def _place(path: tuple[str | int, ...]) -> str:
    """Return a path as Google writes it: snake case, and a map's entry as ``properties[0].value``."""
    text = ""
    entry = False
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif entry:
            text += "[0].value"
        else:
            text += f".{snake(step)}" if text else snake(step)
        entry = step == "properties" and not entry
    return text


_UNREADABLE = (
    ("Expecting value", "Expected a value."),
    ("Expecting property name", "Expected an object key or }."),
    ("Expecting ':'", "Expected : between key:value pair."),
    ("Expecting ','", "Expected , or } after key:value pair."),
    ("Unterminated string", "Closing quote expected in string."),
    ("Invalid control character", "Invalid control character in string."),
    ("Invalid \\", "Invalid escape sequence."),
    ("Extra data", "Parsing terminated before end of input."),
    ("'utf-8' codec", "Encountered non UTF-8 code points."),
    ("the JSON is nested", "Message too deep. Max recursion depth reached for key 'contents'"),
)


def _unreadable(expected: str) -> str:
    """Return what protobuf's JSON reader says for what ours met; the excerpt that it adds is left out."""
    for ours, theirs in _UNREADABLE:
        if expected.startswith(ours):
            return theirs
    return expected[:1].upper() + expected[1:].rstrip(".") + "."


def _missing(complaint: Complaint, place: str) -> ApiError:
    """Spell what the server's own checks say of a field that is not there, or too small, or set twice."""
    name = place.rpartition(".")[2].partition("[")[0]
    if complaint.kind == "union":
        return _oneof(complaint, place, name)
    empty = complaint.kind in ("missing", "length")
    if empty and name in ("contents", "content", "requests"):
        told = f"{name} is not specified"
    elif empty and name == "parts":
        told = "contents.parts must not be empty."
    elif empty and name == "name":
        told = BAD_NAME if "function_declarations" in place else "Name cannot be empty."
    elif empty:
        told = f"{name} is required"
    else:
        told = f"{name} must be {complaint.expected}"
    return ApiError("invalid_request", f"* GenerateContentRequest.{place}: {told}\n")


def _oneof(complaint: Complaint, place: str, name: str) -> ApiError:
    found = complaint.found if isinstance(complaint.found, dict) else {}
    given = [key for key in found if pick(found, key) is not None]
    if len(given) > 1:
        message = (
            f"Invalid value at '{place}' (oneof), oneof field 'data' is already set. Cannot set '{given[-1]}'"
        )
        return ApiError("invalid_request", message, param=place)
    if name == "tools":
        return ApiError(
            "invalid_request",
            f"{place}.tool_type: required one_of 'tool_type' must have one initialized field",
        )
    inside = f"{place}.data" if place else "data"
    told = f"* GenerateContentRequest.{inside}: required oneof field 'data' must have one initialized field\n"
    return ApiError("invalid_request", told)


def _wrong(complaint: Complaint, place: str) -> ApiError:
    """Spell a wrong type or value as the proto reader does."""
    found = complaint.found
    parent, _, name = place.rpartition(".")
    bare = name.partition("[")[0]
    if bare == "role" and complaint.kind == "value":
        return ApiError("invalid_request", "Please use a valid role: user, model.")
    repeated = complaint.expected.startswith("an array")
    if not complaint.path:
        message = f'Invalid JSON payload received. Unknown name "": {_shape(found)}'
        return ApiError("invalid_request", message, param="")
    if isinstance(found, list) and not repeated:
        at = f" at '{parent}'" if parent else ""
        message = f'Invalid JSON payload received. Unknown name "{bare}"{at}: Proto field is not repeating, cannot start list.'
        return ApiError("invalid_request", message, param=parent)
    scalar = next((kind for words, kind in _SCALARS.items() if complaint.expected.startswith(words)), None)
    if isinstance(found, dict) and scalar:
        message = f"Invalid value at '{parent}' ({bare}), Starting an object on a scalar field"
        return ApiError("invalid_request", message, param=parent)
    if bare in _STRUCTS:
        kind = "type.googleapis.com/google.protobuf.Struct"
    else:
        package = "type.googleapis.com/google.ai.generativelanguage.v1beta."
        kind = scalar or (package + _MESSAGES[bare] if bare in _MESSAGES else "TYPE_MESSAGE")
    message = f"Invalid value at '{place}' ({kind}), {_given(found)}"
    return ApiError("invalid_request", message, param=place)


def _shape(found: Json) -> str:
    return (
        "Root element must be a message."
        if not isinstance(found, list)
        else "Proto field is not repeating, cannot start list."
    )


def _given(found: Json) -> str:
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        return number(found)
    return airy(found) if not isinstance(found, str) else f'"{found}"'
