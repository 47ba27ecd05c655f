"""Refusals of Chat Completions in the API's words, as a public project saw them of gpt-5.6-terra in August 2026.

Each row is one fault, or two of which one is told; the one message is a user's "ping" unless the row says otherwise. The
bodies are ours or the plainest there are: what they have wrong, and what is said of it, is theirs.
"""

from __future__ import annotations

import itertools
from typing import Any, TypeAlias

__all__ = ["GONE", "LOOSE", "ROWS", "TAKEN"]

_Told: TypeAlias = tuple[str | None, str | None, str]
"""``param``, ``code`` and ``message`` of an error."""

GONE = "(not sent)"
"""In place of a key that is not sent."""

_SAID = {"role": "user", "content": "a"}
_TOOL: dict[str, Any] = {"type": "function", "function": {"name": "f", "parameters": {}}}
_CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
_OBJECT = {"__probe__": "wrong type"}
_PARTS = "one of a string or array of objects"
_QUIET = {"reasoning_effort": "none"}
_LONG = "k" * 70


def _gone(at: int) -> _Told:
    return f"messages.[{at}].content", None, "Invalid value for 'content': expected a string, got null."


def _type(place: str, wanted: str, got: str) -> _Told:
    return place, "invalid_type", f"Invalid type for '{place}': expected {wanted}, but got {got} instead."


def _missing(place: str) -> _Told:
    return place, "missing_required_parameter", f"Missing required parameter: '{place}'."


def _value(place: str, among: str) -> _Told:
    return place, "invalid_value", f"Invalid value: 'bogus'. Supported values are: {among}."


def _unknown(place: str, meant: str = "") -> _Told:
    return place, "unknown_parameter", f"Unknown parameter: '{place}'.{meant}"


def _unsupported(place: str, more: str = "") -> _Told:
    return (
        place,
        "unsupported_parameter",
        f"Unsupported parameter: '{place}' is not supported with this model.{more}",
    )


def _below(place: str, bound: int, got: int, kind: str = "integer") -> _Told:
    sentence = f"{kind} below minimum value. Expected a value >= {bound}, but got {got} instead."
    return place, f"{kind}_below_min_value", f"Invalid '{place}': {sentence}"


def _above(place: str, bound: int, got: int, kind: str = "integer") -> _Told:
    sentence = f"{kind} above maximum value. Expected a value <= {bound}, but got {got} instead."
    return place, f"{kind}_above_max_value", f"Invalid '{place}': {sentence}"


def _messages(*made: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [*made]}


def _answer(**made: Any) -> dict[str, Any]:
    return _messages(_SAID, {"role": "assistant", **made})


_TEMPERATURE: _Told = (
    "temperature",
    "unsupported_value",
    "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is supported.",
)
_NO_CALLS: _Told = (
    "messages[1].tool_calls",
    "empty_array",
    "Invalid 'messages[1].tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.",
)
_ROLES = "'system', 'assistant', 'user', 'function', 'tool', and 'developer'"
_MAX_TOKENS = _unsupported("max_tokens", " Use 'max_completion_tokens' instead.")
_NOT_LISTED = (
    "Invalid value for 'function_call': no function named 'g' was specified in the 'functions' parameter."
)


def _effort(shown: str) -> _Told:
    sentence = f"Unsupported value: 'reasoning_effort' does not support {shown} with this model. "
    listed = "Supported values are: 'none', 'low', 'medium', 'high', and 'xhigh'."
    return "reasoning_effort", "unsupported_value", sentence + listed


_CONTENT: list[tuple[dict[str, Any], _Told]] = [
    (_messages(_SAID, {"role": "developer"}), _missing("messages[1].content")),
    (_messages(_SAID, {"role": "developer", "content": None}), _type("messages[1].content", _PARTS, "null")),
    (_answer(), _gone(1)),
    (_answer(refusal=None), _gone(1)),
    (_answer(tool_calls=None), _gone(1)),
    (_answer(function_call=None), _gone(1)),
    (_answer(tool_calls=[]), _NO_CALLS),
    (_answer(content="x", tool_calls=[]), _NO_CALLS),
    ({**_answer(content="x", tool_calls=[]), "temperature": 0.5}, _NO_CALLS),
    (_answer(content=7, tool_calls=[]), _type("messages[1].content", _PARTS, "an integer")),
    (_answer(content="x", tool_calls="x"), _type("messages[1].tool_calls", "an array of objects", "a string")),
    (_messages({"role": "user"}, {"role": "user", "content": 7}), _type("messages[1].content", _PARTS, "an integer")),
    (_messages({"role": "user"}, _SAID), _gone(0)),
    ({**_messages({"role": "user"}), "temperature": 0.5}, _TEMPERATURE),
    ({**_messages({"role": "user"}), "temperature": 1}, _gone(0)),
    (_messages({"role": "user"}, {"role": "bogus", "content": "a"}), _value("messages[1].role", _ROLES)),
    (_messages({"role": "user"}, {"role": "assistant", "content": "a"}), _gone(0)),
    (_messages({"role": "function", "name": "f", "content": None}), _gone(0)),
]  # fmt: skip

LOOSE: list[tuple[dict[str, Any], _Told]] = [
    (_messages(_SAID, {"role": "tool", "tool_call_id": "c", "refusal": "no"}), _gone(1)),
    (_messages({"role": "system", "audio": {"id": "a"}}, _SAID), _gone(0)),
    (_messages({"role": "user", "tool_calls": [_CALL]}), _gone(0)),
    (_messages(_SAID, {"role": "developer", "refusal": "no"}), _missing("messages[1].content")),
]
"""What stands in for an assistant's content is none for others, and no unknown key (which ``--strict`` makes of it)."""

_KEYS: list[tuple[dict[str, Any], _Told]] = [
    ({"zzz": 1}, _unknown("zzz")),
    ({"audio": {"voice": "alloy", "format": "wav"}}, _unknown("audio")),
    ({"modalities": ["text", "audio"]}, _unknown("modalities")),
    ({"web_search_options": {}}, _unknown("web_search_options")),
    ({"reasoning": {"effort": "low"}}, _unknown("reasoning")),
    ({"text": {"verbosity": "low"}}, _unknown("text")),
    ({"stor": 1}, _unknown("stor", " Did you mean 'stop' or 'store'?")),
    ({"temperatur": 1}, _unknown("temperatur", " Did you mean 'temperature'?")),
    ({"messagess": 1}, _unknown("messagess")),
    ({"stream_options": {"bogus": 1}}, _unknown("stream_options.bogus")),
    ({"prompt_cache_options": {"bogus": 1}}, _unknown("prompt_cache_options.bogus")),
    ({"stop": ["Z"]}, _unsupported("stop")),
    ({"max_tokens": 32}, _MAX_TOKENS),
    ({"logit_bias": {"1": 1}}, _unsupported("logit_bias")),
    ({"prediction": {"type": "content", "content": "x"}}, _unsupported("prediction")),
    ({"frequency_penalty": 0.5}, _unsupported("frequency_penalty")),
    ({"presence_penalty": 0.5}, _unsupported("presence_penalty")),
    ({"logprobs": True}, _unsupported("logprobs")),
]

_TIERS = "'auto', 'default', 'fast', 'flex', {} 'priority'"
_TYPES: list[tuple[dict[str, Any], _Told]] = [
    ({"n": "2"}, _type("n", "an integer", "a string")),
    ({"temperature": "hot"}, _type("temperature", "a decimal", "a string")),
    ({"top_p": "wide"}, _type("top_p", "a decimal", "a string")),
    ({"store": "yes"}, _type("store", "a boolean", "a string")),
    ({"seed": 1.5}, _type("seed", "an integer", "a decimal number")),
    ({"user": {"a": 1}}, _type("user", "a string", "an object")),
    ({"tools": "none"}, _type("tools", "an array of objects", "a string")),
    ({"tool_choice": 7}, _type("tool_choice", "one of one of 'none', 'auto', or 'required' or object", "an integer")),
    ({"response_format": "json"}, _type("response_format", "an object", "a string")),
    ({"messages": "ping"}, _type("messages", "an array of objects", "a string")),
    ({"messages": ["ping"]}, _type("messages[0]", "an object", "a string")),
    (_messages({"role": "user", "content": 7}), _type("messages[0].content", _PARTS, "an integer")),
    ({"prompt_cache_retention": {"a": 1}}, _type("prompt_cache_retention", "one of 'in_memory' or '24h'", "an object")),
    ({"service_tier": {"a": 1}}, _type("service_tier", f"one of {_TIERS.format('or')}", "an object")),
    ({"metadata": {"k": 7}}, _type("metadata.k", "a string", "an integer")),
    ({"reasoning_effort": _OBJECT}, _effort("{'__probe__': 'wrong type'}")),
    ({"reasoning_effort": "max"}, _effort("'max'")),
]  # fmt: skip

_BOUNDS: list[tuple[dict[str, Any], _Told]] = [
    ({"n": 0}, _below("n", 1, 0)),
    ({"n": 64}, _above("n", 8, 64)),
    ({"max_completion_tokens": 0}, _below("max_completion_tokens", 1, 0)),
    ({**_QUIET, "logprobs": True, "top_logprobs": -1}, _below("top_logprobs", 0, -1)),
    ({**_QUIET, "logprobs": True, "top_logprobs": 21}, ("top_logprobs", None, "Invalid value for 'top_logprobs': must be less than or equal to 5.")),
    ({**_QUIET, "top_logprobs": 1}, ("top_logprobs", None, "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.")),
    ({**_QUIET, "frequency_penalty": 3}, _above("frequency_penalty", 2, 3, "decimal")),
    ({**_QUIET, "presence_penalty": -3}, _below("presence_penalty", -2, -3, "decimal")),
    ({"metadata": {f"k{at}": "v" for at in range(17)}}, ("metadata", "object_above_max_properties", "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.")),
    ({"metadata": {"k": "x" * 600}}, ("metadata.k", "string_above_max_length", "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, but got a string with length 600 instead.")),
    ({"metadata": {_LONG: "v"}}, (f"metadata.{_LONG}", "property_name_above_max_length", "Invalid property name in 'metadata': 'kkk...kkk' is too long. Expected a string with maximum length 64, but got a string with length 70 instead.")),
    ({"messages": []}, ("messages", "empty_array", "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.")),
    ({"tools": [{"type": "function", "function": {"name": "", "parameters": {}}}]}, ("tools[0].function.name", "empty_string", "Invalid 'tools[0].function.name': empty string. Expected a string with minimum length 1, but got an empty string instead.")),
    ({"prompt_cache_retention": "x"}, ("prompt_cache_retention", None, "Invalid prompt_cache_retention argument")),
    ({"prompt_cache_retention": "in_memory"}, ("prompt_cache_retention", None, "This model is compatible only with 24h extended prompt caching")),
    ({"service_tier": "bogus"}, _value("service_tier", _TIERS.format("and"))),
    ({"verbosity": "bogus"}, _value("verbosity", "'low', 'medium', and 'high'")),
    ({"response_format": {"type": "bogus"}}, _value("response_format.type", "'json_object', 'json_schema', and 'text'")),
    (_messages({"role": "bogus", "content": "ping"}), _value("messages[0].role", _ROLES)),
    ({"tools": [_TOOL], "tool_choice": "bogus"}, _value("tool_choice", "'none', 'auto', and 'required'")),
]  # fmt: skip

_MISSING: list[tuple[dict[str, Any], _Told]] = [
    ({"messages": GONE}, _missing("messages")),
    (_messages({"content": "ping"}), _missing("messages[0].role")),
    ({"moderation": {}}, _missing("moderation.model")),
    ({"response_format": {}}, _missing("response_format.type")),
    ({"response_format": {"type": "json_schema"}}, _missing("response_format.json_schema")),
    ({"response_format": {"type": "json_schema", "json_schema": {}}}, _missing("response_format.json_schema.name")),
    ({"functions": [{"parameters": {}}]}, _missing("functions[0].name")),
    ({"functions": [{"name": "f", "parameters": {}}], "function_call": _OBJECT}, _missing("function_call.name")),
    ({"tools": [{"type": "function"}]}, _missing("tools[0].function")),
    ({"tools": [{"type": "function", "function": {"parameters": {}}}]}, _missing("tools[0].function.name")),
    ({"tools": [_TOOL], "tool_choice": {"type": "bogus"}}, _missing("tool_choice.function")),
    ({"tools": [_TOOL], "tool_choice": {"type": "function", "function": {}}}, _missing("tool_choice.function.name")),
    ({"tools": [_TOOL], "tool_choice": {"type": "function", "function": {"name": "g"}}}, ("function_call", None, _NOT_LISTED)),
]  # fmt: skip

_ORDERED: list[tuple[dict[str, Any], _Told]] = [
    ({"model": GONE, "zzz": 1}, (None, None, "you must provide a model parameter")),
    ({"messages": GONE, "zzz": 1}, _missing("messages")),
    ({"zzz": 1, "n": "abc"}, _unknown("zzz")),
    ({"zzz": 1, "messages": []}, _unknown("zzz")),
    ({"zzz": 1, "stop": ["Z"]}, _unknown("zzz")),
    ({"zzz": 1, "service_tier": "bogus"}, _unknown("zzz")),
    ({"n": "abc", "stop": ["Z"]}, _type("n", "an integer", "a string")),
    ({"n": "abc", "temperature": 0.5}, _type("n", "an integer", "a string")),
    ({"n": 0, "stop": ["Z"]}, _below("n", 1, 0)),
    ({"n": 9, "stop": ["Z"]}, _above("n", 8, 9)),
    ({"stop": ["Z"], "temperature": 0.5}, _unsupported("stop")),
    ({"seed": 1.5, "service_tier": "bogus"}, _type("seed", "an integer", "a decimal number")),
    ({"metadata": {"k": 7}, "n": 0}, _below("n", 1, 0)),
    ({"logprobs": "x", "max_completion_tokens": 0}, _below("max_completion_tokens", 1, 0)),
    ({"messages": [7], "metadata": {"k": 7}}, _type("messages[0]", "an object", "an integer")),
    ({"moderation": {}, "n": 0}, _below("n", 1, 0)),
    ({"store": "x", "stream": "y"}, _type("stream", "a boolean", "a string")),
    ({"tools": "x", "top_logprobs": -1}, _type("tools", "an array of objects", "a string")),
    ({"user": 7, "verbosity": "bogus"}, _type("user", "a string", "an integer")),
    ({"function_call": {}, "functions": "x"}, _type("functions", "an array of function definitions", "a string")),
    ({"prompt_cache_key": 7, "prompt_cache_options": "x"}, _type("prompt_cache_options", "an object", "a string")),
    ({"max_tokens": 32, "store": "x"}, _MAX_TOKENS),
    ({"stop": ["Z"], "stream_options": "x"}, _unsupported("stop")),
    ({"stop": ["Z"], "verbosity": "bogus"}, _unsupported("stop")),
    ({"prediction": {"type": "content", "content": "p"}, "metadata": "x"}, _type("metadata", "a metadata object", "a string")),
    ({"logit_bias": {"1": 1}, "verbosity": "bogus"}, _unsupported("logit_bias")),
    ({"temperature": 0.5, "metadata": "x"}, _type("metadata", "a metadata object", "a string")),
    ({"logprobs": True, "verbosity": "bogus"}, _value("verbosity", "'low', 'medium', and 'high'")),
]  # fmt: skip

_WANTED = {
    "messages": "an array of objects",
    "functions": "an array of function definitions",
    "tools": "an array of objects",
    "parallel_tool_calls": "a boolean",
    "max_completion_tokens": "an integer",
    "n": "an integer",
    "temperature": "a decimal",
    "top_p": "a decimal",
    "presence_penalty": "a decimal",
    "frequency_penalty": "a decimal",
    "logprobs": "a boolean",
    "top_logprobs": "an integer",
    "user": "a string",
    "seed": "an integer",
    "safety_identifier": "a string",
    "prompt_cache_key": "a string",
    "prompt_cache_retention": "one of 'in_memory' or '24h'",
    "service_tier": f"one of {_TIERS.format('or')}",
    "stream": "a boolean",
    "store": "a boolean",
    "metadata": "a metadata object",
    "verbosity": "",
}
"""Keys in the order in which they are looked at, and what each should hold."""

_OBJECTS = ("messages", "functions", "tools", "metadata")


def _wrong(key: str) -> Any:
    return "x" if key in _OBJECTS else _OBJECT


_NEIGHBOURS: list[tuple[dict[str, Any], _Told]] = [
    (
        {later: _wrong(later), first: _wrong(first)},
        _type(first, _WANTED[first], "a string" if first in _OBJECTS else "an object"),
    )
    for first, later in itertools.pairwise(_WANTED)
]

ROWS = [*_CONTENT, *_KEYS, *_TYPES, *_BOUNDS, *_MISSING, *_ORDERED, *_NEIGHBOURS]

TAKEN: list[dict[str, Any]] = [
    {
        "metadata": {"a": "b"},
        "store": False,
        "user": "u",
        "safety_identifier": "s",
        "seed": 1,
        "prompt_cache_key": "k",
        "prompt_cache_options": {"ttl": "30m"},
        "prompt_cache_retention": "24h",
        "parallel_tool_calls": False,
        "moderation": {"model": "omni-moderation-latest"},
        "verbosity": "low",
    },
    {"n": 1},
    {"n": 8},
    {"max_completion_tokens": 1},
    {**_QUIET, "logprobs": True, "top_logprobs": 0},
    {**_QUIET, "logprobs": True, "top_logprobs": 5, "frequency_penalty": 2, "presence_penalty": -2},
    {"metadata": {f"k{at}": "v" for at in range(16)}},
    {"metadata": {"k" * 64: "x" * 512}},
    _messages({"role": "user", "content": ""}),
    _messages({"role": "user", "content": []}),
    _messages(_SAID, {"role": "assistant", "tool_calls": [_CALL]}, {"role": "tool", "tool_call_id": "c1", "content": ""}),
    _answer(function_call={"name": "f", "arguments": "{}"}),
    _answer(refusal="no"),
    _answer(audio={"id": "a1"}),
    *({"service_tier": tier} for tier in ("auto", "default", "flex", "priority", "fast")),
]  # fmt: skip
"""What is just not wrong."""
