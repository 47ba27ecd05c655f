"""A contract's complaint in the provider's words, with the provider's spelling of the place in ``param``.

The sentences, the order in which they list values, and what the model has to say first are those that a public project
observed of gpt-5.6-terra in August 2026 (its parity tests send each request to both).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.jsontext import compact
from mockllm_core.meant import meant
from mockllm_core.protocols.openai_chat.refusals import check_early, check_effort

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
    _of_the_model(complaint)
    return _SENTENCES[complaint.kind](complaint)


_NEEDED = ("model", "messages")


def _of_the_model(complaint: Complaint) -> None:
    """Raise what the API says of the model's own limits before it says what the contract complains of."""
    asked = complaint.whole
    model = asked.get("model") if isinstance(asked, dict) else None
    key = complaint.path[0]
    if not isinstance(model, str) or (complaint.kind == "missing" and key in _NEEDED):
        return
    if complaint.kind == "unknown" and len(complaint.path) == 1:
        return
    check_early(asked, model, str(key))
    if complaint.path == ("reasoning_effort",):
        check_effort(complaint.found, model)


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
    place = complaint.place
    if place == "prompt_cache_retention":
        return ApiError("invalid_request", f"Invalid {place} argument", param=place)
    if place == "tool_choice.type" and "function" not in complaint.whole["tool_choice"]:
        return _missing(replace(complaint, path=("tool_choice", "function")))
    found = complaint.found if isinstance(complaint.found, str) else compact(complaint.found)
    sentence = f"Invalid value: '{found}'. Supported values are: {_listed(_among(complaint))}."
    return _said(complaint, sentence, "invalid_value")


def _unknown(complaint: Complaint) -> ApiError:
    return _said(complaint, f"Unknown parameter: '{complaint.place}'.{meant(complaint)}", "unknown_parameter")


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
    decimal = isinstance(complaint.found, float) or complaint.place in _DECIMAL
    kind = "decimal" if decimal else "integer"
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

_DECIMAL = ("frequency_penalty", "presence_penalty", "temperature", "top_p")
_EXPECTED = {
    "functions": "an array of function definitions",
    "metadata": "a metadata object",
    "tool_choice": "one of one of 'none', 'auto', or 'required' or object",
}
"""What a place holds in the provider's words, where they differ from what the contract says."""

_AMONG: dict[str, tuple[Json, ...]] = {
    place: tuple(values.split())
    for place, values in (
        ("messages[].role", "system assistant user function tool developer"),
        ("prompt_cache_retention", "in_memory 24h"),
        ("service_tier", "auto default fast flex priority"),
        ("tool_choice", "none auto required"),
        ("verbosity", "low medium high"),
    )
}
"""The values that a place takes, in the provider's order; others stand in the contract's."""


def _among(complaint: Complaint) -> tuple[Json, ...]:
    return _AMONG.get(re.sub(r"\[\d+\]", "[]", complaint.place), complaint.among)


_QUOTED = re.compile("'([^']*)'")
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
    if complaint.place in _EXPECTED:
        return _EXPECTED[complaint.place]
    if complaint.expected.startswith("one of '"):
        return f"one of {_listed(_among(complaint) or tuple(_QUOTED.findall(complaint.expected)), 'or')}"
    words = complaint.expected.replace("a number", "a decimal")
    if "an array" in words:
        items = "strings" if complaint.path[-1] in _LISTS_OF_STRINGS else "objects"
        words = words.replace("an array", f"an array of {items}")
    if " or " not in words:
        return words
    return "one of " + words.replace(" or an ", " or ").replace(" or a ", " or ")


def _listed(values: tuple[Json, ...], last: str = "and") -> str:
    """Return ``'a', 'b', and 'c'``."""
    words = [f"'{value}'" if isinstance(value, str) else compact(value) for value in values]
    return f" {last} ".join(words) if len(words) < 3 else ", ".join(words[:-1]) + f", {last} {words[-1]}"
