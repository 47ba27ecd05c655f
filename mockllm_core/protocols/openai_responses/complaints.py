"""A contract's complaint in the provider's words, with the provider's spelling of the place in ``param``.

The sentences, the order in which they list values, and the places that they name are those that a public project
observed of the API in August 2026 (its parity tests send each request to both).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockllm_core import jsontext
from mockllm_core.errors import ApiError
from mockllm_core.meant import meant

if TYPE_CHECKING:
    from mockllm_core.contract import Complaint
    from mockllm_core.frame import Json

__all__ = ["MISSING", "complain", "listed"]

MISSING = "missing_required_parameter"

_NOT_JSON = (
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
    "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble "
    "figuring out how to fix this, please contact us through our help center at help.openai.com.)"
)
_MOVED = (
    "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'. Try again with the "
    "new parameter. See the API documentation for more information: "
    "https://platform.openai.com/docs/api-reference/responses/create."
)

_EFFORTS = "'none', 'minimal', 'low', 'medium', 'high', 'xhigh', or 'max'"
_EXPECTED = {
    "context_management": "an array of objects",
    "include": (
        "an array of one of 'fil...lts', 'web...lts', 'web...ces', 'mes...url', 'com...url', 'cod...uts', "
        "'rea...ent', or 'mes...obs'"
    ),
    "input": "one of a string or array of input items",
    "input[]": "an input item",
    "metadata": "a metadata object",
    "reasoning.effort": f"one of one of {_EFFORTS} or integer",
    "tool_choice": "one of an object or 'none', 'auto', or 'required'",
    "tools": "an array of tools",
}
"""What a place holds in the provider's words, where they differ from what the contract says."""

_KINDS = (
    "additional_tools agent_message apply_patch_call apply_patch_call_output code_interpreter_call compaction "
    "compaction_trigger computer_call computer_call_output custom_tool_call custom_tool_call_output file_search_call "
    "function_call function_call_output image_generation_call item_reference local_shell_call local_shell_call_output "
    "mcp_approval_request mcp_approval_response mcp_call mcp_list_tools message multi_agent_call "
    "multi_agent_call_output program program_output reasoning shell_call shell_call_output tool_search_call "
    "tool_search_output web_search_call"
)
_PARTS = (
    "input_text input_image input_audio output_text refusal input_file computer_screenshot summary_text "
    "encrypted_content"
)
_GIVEN_PARTS = "input_text input_image input_file scoped_content input_audio"
_INCLUDED = (
    "file_search_call.results web_search_call.results web_search_call.action.sources message.input_image.image_url "
    "computer_call_output.output.image_url code_interpreter_call.outputs reasoning.encrypted_content "
    "message.output_text.logprobs"
)
_AMONG = {
    place: tuple(values.split())
    for place, values in (
        ("include[]", _INCLUDED),
        ("input[].content[].type", _PARTS),
        ("input[].role", "assistant system developer user"),
        ("input[].type", _KINDS),
        ("prompt_cache_retention", "in_memory 24h"),
        ("reasoning.effort", "none minimal low medium high xhigh max"),
        ("reasoning.summary", "concise detailed auto"),
        ("service_tier", "auto default fast flex priority"),
        ("text.format.type", "json_object text json_schema"),
        ("text.verbosity", "low medium high"),
        ("tool_choice", "none auto required"),
    )
}
"""The values that a place takes, in the provider's order; others stand in the contract's."""


def complain(complaint: Complaint) -> ApiError:
    """Return what the provider says of a body that breaks the contract; ``param`` holds the place."""
    place = complaint.place
    if complaint.kind == "json":
        return ApiError("invalid_request", _NOT_JSON)
    if place == "messages":
        return ApiError("invalid_request", _MOVED, code="unsupported_parameter")
    form = re.sub(r"\[\d+\]", "[]", place)
    if form in ("input[].role", "input[].type", "input[].content[].type"):
        said = _kind(complaint, form)
        if said is not None:
            return said
    sentence, code = _said(complaint, place or "body", form)
    return ApiError("invalid_request", sentence, param=place or None, code=code)


def _kind(complaint: Complaint, form: str) -> ApiError | None:
    """Return what is said of an item or a part of no known kind, or of one that does not belong there.

    Not the place of the tag is named, but that of what has it; one that is missing is an empty one.
    """
    found, place = complaint.found, complaint.place.rpartition(".")[0]
    among = _AMONG["input[].role" if complaint.kind == "missing" else form]
    if form == "input[].content[].type":
        if complaint.kind != "value" or found not in among:
            return None
        among = complaint.among if "output_text" in complaint.among else tuple(_GIVEN_PARTS.split())
    shown = found if isinstance(found, str) else ""
    sentence = f"Invalid value: '{shown}'. Supported values are: {listed(among)}."
    return ApiError("invalid_request", sentence, param=place, code="invalid_value")


def _said(complaint: Complaint, place: str, form: str) -> tuple[str, str]:
    found = complaint.found
    match complaint.kind:
        case "missing":
            return f"Missing required parameter: '{place}'.", MISSING
        case "unknown":
            return f"Unknown parameter: '{place}'.{meant(complaint, 'messages')}", "unknown_parameter"
        case "value" if complaint.among:
            shown = found if isinstance(found, str) else jsontext.compact(found)
            allowed = listed(_AMONG.get(form, complaint.among))
            return f"Invalid value: '{shown}'. Supported values are: {allowed}.", "invalid_value"
        case "range" | "length":
            return _ranged(complaint, place) if complaint.kind == "range" else _lengthy(complaint, place)
        case "pattern":
            pattern = f"Expected a string that matches the pattern '{complaint.expected}'."
            return f"Invalid '{place}': string does not match pattern. {pattern}", "invalid_value"
        case _:
            got = "an object" if found is None and len(complaint.path) == 1 else _NAMES[type(found).__name__]
            wanted = _wanted(complaint, form)
            return f"Invalid type for '{place}': expected {wanted}, but got {got} instead.", "invalid_type"


def _wanted(complaint: Complaint, form: str) -> str:
    """Return what a place should hold."""
    found = complaint.found
    if form == "input" and found is None:
        return "a string"
    if form == "reasoning.effort" and isinstance(found, int):
        return "one of 'minimal', 'low', 'medium', or 'high'"
    if form in _EXPECTED:
        return _EXPECTED[form]
    expected = complaint.expected.replace("a number", "a decimal")
    if expected.startswith("one of '"):
        among = _AMONG.get(form) or re.findall("'([^']*)'", expected)
        return f"one of {listed(tuple(among), 'or')}"
    return "an array of objects" if expected == "an array" else expected


_DECIMAL = ("frequency_penalty", "presence_penalty", "temperature", "top_p")


def _ranged(complaint: Complaint, place: str) -> tuple[str, str]:
    kind = "decimal" if place in _DECIMAL or isinstance(complaint.found, float) else "integer"
    least = complaint.expected.startswith(("at least", "more than"))
    side, short, sign = (
        ("below minimum", "below_min", ">=") if least else ("above maximum", "above_max", "<=")
    )
    sentence = (
        f"Expected a value {sign} {complaint.limit}, but got {jsontext.compact(complaint.found)} instead."
    )
    return f"Invalid '{place}': {kind} {side} value. {sentence}", f"{kind}_{short}_value"


def listed(values: tuple[Json, ...], last: str = "and") -> str:
    """Return ``'a'``, ``'a' and 'b'`` or ``'a', 'b', and 'c'``."""
    names = [f"'{value}'" if isinstance(value, str) else jsontext.compact(value) for value in values]
    if len(names) < 3:
        return f" {last} ".join(names)
    return f"{', '.join(names[:-1])}, {last} {names[-1]}"


def _lengthy(complaint: Complaint, place: str) -> tuple[str, str]:
    found, bound = complaint.found, complaint.limit
    kind = "string" if isinstance(found, str) else "object" if isinstance(found, dict) else "array"
    article = "a" if kind == "string" else "an"
    if not found:
        sentence = f"Expected {article} {kind} with minimum length {bound}, but got an empty {kind} instead."
        return f"Invalid '{place}': empty {kind}. {sentence}", f"empty_{kind}"
    below = complaint.expected.startswith("at least")
    if kind == "object" and not below:
        sentence = f"at most {bound} properties, but got an object with {len(found)} properties instead."
        return (
            f"Invalid '{place}': too many properties. Expected an object with {sentence}",
            "object_above_max_properties",
        )
    size, short, side = ("short", "below_min", "minimum") if below else ("long", "above_max", "maximum")
    sentence = (
        f"Expected {article} {kind} with {side} length {bound}, "
        f"but got {article} {kind} with length {len(found)} instead."
    )
    return f"Invalid '{place}': {kind} too {size}. {sentence}", f"{kind}_{short}_length"


_NAMES = {
    "NoneType": "null",
    "bool": "a boolean",
    "int": "an integer",
    "float": "a decimal number",
    "str": "a string",
    "list": "an array",
    "dict": "an object",
}
