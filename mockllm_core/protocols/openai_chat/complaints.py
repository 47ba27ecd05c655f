"""A contract's complaint in the provider's words, with the provider's spelling of the place in ``param``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.jsontext import compact

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockllm_core.contract import Complaint
    from mockllm_core.frame import Json

__all__ = ["NOT_JSON", "NO_MODEL", "complain"]

NOT_JSON = (
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
    "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble "
    "figuring out how to fix this, please contact us through our help center at help.openai.com.)"
)
NO_MODEL = "you must provide a model parameter"


def complain(complaint: Complaint) -> ApiError:
    """Return the provider's error for what the contract found wrong."""
    if not complaint.path:
        return ApiError("invalid_request", NOT_JSON)
    if complaint.path == ("model",) and complaint.kind == "length":
        return ApiError("invalid_request", NO_MODEL)
    return _SENTENCES[complaint.kind](complaint)


def _said(complaint: Complaint, message: str, code: str) -> ApiError:
    return ApiError("invalid_request", message, param=complaint.place, code=code)


def _not_json(complaint: Complaint) -> ApiError:
    del complaint
    return ApiError("invalid_request", NOT_JSON)


def _missing(complaint: Complaint) -> ApiError:
    if complaint.path == ("model",):
        return ApiError("invalid_request", NO_MODEL)
    return _said(complaint, f"Missing required parameter: '{complaint.place}'.", "missing_required_parameter")


def _wrong_type(complaint: Complaint) -> ApiError:
    wanted, got = _wanted(complaint), _called(complaint.found)
    sentence = f"Invalid type for '{complaint.place}': expected {wanted}, but got {got} instead."
    return _said(complaint, sentence, "invalid_type")


def _wrong_value(complaint: Complaint) -> ApiError:
    found = complaint.found if isinstance(complaint.found, str) else compact(complaint.found)
    sentence = f"Invalid value: '{found}'. Supported values are: {_listed(complaint.among)}."
    return _said(complaint, sentence, "invalid_value")


def _unknown(complaint: Complaint) -> ApiError:
    if len(complaint.path) == 1:
        return ApiError("invalid_request", f"Unrecognized request argument supplied: {complaint.place}")
    return _said(complaint, f"Unknown parameter: '{complaint.place}'.", "unknown_parameter")


def _not_one(complaint: Complaint) -> ApiError:
    sentence = f"Invalid value for '{complaint.place}': expected {complaint.expected}."
    return _said(complaint, sentence, "invalid_value")


def _mismatched(complaint: Complaint) -> ApiError:
    sentence = (
        f"Invalid '{complaint.place}': string does not match pattern. Expected a string that matches the pattern "
        f"'{complaint.expected}'."
    )
    return _said(complaint, sentence, "invalid_value")


def _out_of_range(complaint: Complaint) -> ApiError:
    kind = "integer" if isinstance(complaint.found, int) else "decimal"
    below = complaint.limit is not None and complaint.found < complaint.limit
    side, sign, code = ("below minimum", ">=", "below_min") if below else ("above maximum", "<=", "above_max")
    sentence = (
        f"Invalid '{complaint.place}': {kind} {side} value. Expected a value {sign} {compact(complaint.limit)}, "
        f"but got {compact(complaint.found)} instead."
    )
    return _said(complaint, sentence, f"{kind}_{code}_value")


def _wrong_length(complaint: Complaint) -> ApiError:
    kind = (
        "string"
        if isinstance(complaint.found, str)
        else "object"
        if isinstance(complaint.found, dict)
        else "array"
    )
    article = "a" if kind == "string" else "an"
    size, bound = len(complaint.found or ()), int(complaint.limit or 1)
    if kind == "object" and size > bound:
        sentence = f"at most {bound} properties, but got an object with {size} properties instead."
        return _said(
            complaint,
            f"Invalid '{complaint.place}': too many properties. Expected an object with {sentence}",
            "object_above_max_properties",
        )
    side, word, code = ("maximum", "long", "above_max") if size > bound else ("minimum", "short", "below_min")
    if size == 0:
        state, got, code = f"empty {kind}", f"an empty {kind}", f"empty_{kind}"
    else:
        state, got, code = (
            f"{kind} too {word}",
            f"{article} {kind} with length {size}",
            f"{kind}_{code}_length",
        )
    sentence = (
        f"Invalid '{complaint.place}': {state}. Expected {article} {kind} with {side} length {bound}, "
        f"but got {got} instead."
    )
    return _said(complaint, sentence, code)


_SENTENCES: dict[str, Callable[[Complaint], ApiError]] = {
    "json": _not_json,
    "type": _wrong_type,
    "missing": _missing,
    "value": _wrong_value,
    "range": _out_of_range,
    "length": _wrong_length,
    "unknown": _unknown,
    "union": _not_one,
    "pattern": _mismatched,
}

_LISTS_OF_STRINGS = ("stop", "modalities", "required")


def _called(value: Json) -> str:
    """Return what the provider calls a value's type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    names = ((str, "a string"), (int, "an integer"), (float, "a decimal number"), (list, "an array"))
    return next((name for kind, name in names if isinstance(value, kind)), "an object")


def _wanted(complaint: Complaint) -> str:
    """Return the types that a place takes, as the provider lists them: ``one of a string or array of objects``."""
    if complaint.among:
        return complaint.expected
    words = complaint.expected.replace("a number", "a decimal")
    if "an array" in words:
        items = "strings" if complaint.path[-1] in _LISTS_OF_STRINGS else "objects"
        words = words.replace("an array", f"an array of {items}")
    if " or " not in words:
        return words
    return "one of " + words.replace(" or an ", " or ").replace(" or a ", " or ")


def _listed(values: tuple[Json, ...]) -> str:
    """Return ``'a', 'b', and 'c'``."""
    words = [f"'{value}'" if isinstance(value, str) else compact(value) for value in values]
    return " and ".join(words) if len(words) < 3 else ", ".join(words[:-1]) + f", and {words[-1]}"
