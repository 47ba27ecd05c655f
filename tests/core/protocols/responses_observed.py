"""Refusals of Responses in the API's words, as a public project saw them of gpt-5.6-terra in August 2026.

Each row is one fault, or two of which one is told; ``input`` is "hi" unless the row says otherwise. The bodies are ours:
what they have wrong, and what is said of it, is theirs.
"""

from __future__ import annotations

import itertools
from typing import Any, TypeAlias

__all__ = ["GONE", "PAIRS", "ROWS"]

_Told: TypeAlias = tuple[str | None, str | None, str]
"""``param``, ``code`` and ``message`` of an error."""

GONE = "(not sent)"
"""In place of a key that is not sent."""


def _missing(place: str) -> _Told:
    return place, "missing_required_parameter", f"Missing required parameter: '{place}'."


def _unknown(place: str, meant: str = "") -> _Told:
    return place, "unknown_parameter", f"Unknown parameter: '{place}'.{meant}"


def _type(place: str, wanted: str, got: str) -> _Told:
    return place, "invalid_type", f"Invalid type for '{place}': expected {wanted}, but got {got} instead."


def _value(place: str, found: str, among: str) -> _Told:
    return place, "invalid_value", f"Invalid value: '{found}'. Supported values are: {among}."


def _low(place: str, least: int, got: int) -> _Told:
    said = f"integer below minimum value. Expected a value >= {least}, but got {got} instead."
    return place, "integer_below_min_value", f"Invalid '{place}': {said}"


def _unsupported(place: str) -> _Told:
    return place, None, f"Unsupported parameter: '{place}' is not supported with this model."


_NOTHING: _Told = (
    None,
    "missing_required_parameter",
    "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided.",
)
_MOVED: _Told = (
    None,
    "unsupported_parameter",
    (
        "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'. Try again with the "
        "new parameter. See the API documentation for more information: "
        "https://platform.openai.com/docs/api-reference/responses/create."
    ),
)
_PREVIOUS: _Told = (
    "previous_response_id",
    "previous_response_not_found",
    "Previous response with id 'resp_1' not found.",
)
_PROMPT: _Told = (None, None, "Prompt with id 'pmpt_1' not found.")
_CONVERSATION: _Told = (None, None, "Conversation with id 'conv_1' not found.")
_LOGPROBS = "logprobs are not supported with reasoning models."

_ROLES = "'assistant', 'system', 'developer', and 'user'"
_ITEMS = (
    "'additional_tools', 'agent_message', 'apply_patch_call', 'apply_patch_call_output', 'code_interpreter_call', "
    "'compaction', 'compaction_trigger', 'computer_call', 'computer_call_output', 'custom_tool_call', "
    "'custom_tool_call_output', 'file_search_call', 'function_call', 'function_call_output', "
    "'image_generation_call', 'item_reference', 'local_shell_call', 'local_shell_call_output', "
    "'mcp_approval_request', 'mcp_approval_response', 'mcp_call', 'mcp_list_tools', 'message', 'multi_agent_call', "
    "'multi_agent_call_output', 'program', 'program_output', 'reasoning', 'shell_call', 'shell_call_output', "
    "'tool_search_call', 'tool_search_output', and 'web_search_call'"
)
_PARTS = (
    "'input_text', 'input_image', 'input_audio', 'output_text', 'refusal', 'input_file', 'computer_screenshot', "
    "'summary_text', and 'encrypted_content'"
)
_TOLD_PARTS = "'input_text', 'input_image', 'input_file', 'scoped_content', and 'input_audio'"
_INCLUDED = (
    "'file_search_call.results', 'web_search_call.results', 'web_search_call.action.sources', "
    "'message.input_image.image_url', 'computer_call_output.output.image_url', 'code_interpreter_call.outputs', "
    "'reasoning.encrypted_content', and 'message.output_text.logprobs'"
)
_SHORTENED = (
    "an array of one of 'fil...lts', 'web...lts', 'web...ces', 'mes...url', 'com...url', 'cod...uts', 'rea...ent', "
    "or 'mes...obs'"
)
_EFFORTS = "'none', 'minimal', 'low', 'medium', 'high', 'xhigh', {} 'max'"
_EFFORT = f"one of one of {_EFFORTS.format('or')} or integer"

_TOOL = {"type": "function", "name": "look", "parameters": {"type": "object"}}


def _said(role: str, *parts: Any, **more: Any) -> dict[str, Any]:
    return {"input": [{"role": role, "content": [*parts], **more}, {"role": "user", "content": "hi"}]}


_ALONE: list[tuple[dict[str, Any], _Told]] = [
    # -- keys
    ({"colour": 1}, _unknown("colour")),
    ({"stop": "."}, _unknown("stop", " Did you mean 'store'?")),
    ({"stre": 1}, _unknown("stre", " Did you mean 'store' or 'stream'?")),
    ({"streem": 1}, _unknown("streem", " Did you mean 'stream'?")),
    ({"stream": False, "streem": 1}, _unknown("streem")),
    ({"modle": 1}, _unknown("modle")),
    ({"reasoning": {"colour": 1}}, _unknown("reasoning.colour")),
    ({"stream_options": {"include_usage": True}}, _unknown("stream_options.include_usage")),
    ({"messages": [{"role": "user", "content": "hi"}]}, _MOVED),
    # -- model and input
    ({"model": GONE}, _missing("model")),
    ({"model": None}, _type("model", "a string", "an object")),
    ({"model": ""}, ("model", "model_not_found", "The requested model '' does not exist.")),
    ({"input": GONE}, _missing("input")),
    ({"input": GONE, "previous_response_id": "resp_1"}, _missing("input")),
    ({"input": None}, _type("input", "a string", "an object")),
    ({"input": {}}, _type("input", "one of a string or array of input items", "an object")),
    ({"input": []}, _NOTHING),
    ({"input": ""}, _NOTHING),
    # -- items
    ({"input": ["hi"]}, _type("input[0]", "an input item", "a string")),
    ({"input": [None]}, _type("input[0]", "an input item", "null")),
    ({"input": [{}]}, _value("input[0]", "", _ROLES)),
    ({"input": [{"role": "tool", "content": "hi"}]}, _value("input[0]", "tool", _ROLES)),
    ({"input": [{"type": "letter"}]}, _value("input[0]", "letter", _ITEMS)),
    ({"input": [{"type": 1}]}, _value("input[0]", "", _ITEMS)),
    ({"input": [{"role": "user"}]}, _missing("input[0].content")),
    (_said("user", {"type": "text", "text": "hi"}), _value("input[0].content[0].type", "text", _PARTS)),
    (
        _said("user", {"type": "refusal", "refusal": "No."}),
        _value("input[0].content[0]", "refusal", _TOLD_PARTS),
    ),
    (_said("user", {"type": "input_text"}), _missing("input[0].content[0].text")),
    (
        _said("assistant", {"type": "input_text", "text": "hi"}),
        _value("input[0].content[0]", "input_text", "'output_text' and 'refusal'"),
    ),
    (
        _said("assistant", {"type": "output_text", "text": "hi"}, phase="last"),
        _value("input[0].phase", "last", "'commentary' and 'final_answer'"),
    ),
    # -- values of the wrong type
    *(
        ({key: 7}, _type(key, wanted, "an integer"))
        for key, wanted in {
            "previous_response_id": "a string",
            "moderation": "an object",
            "prompt": "an object",
            "include": _SHORTENED,
            "tools": "an array of tools",
            "tool_choice": "one of an object or 'none', 'auto', or 'required'",
            "metadata": "a metadata object",
            "text": "an object",
            "parallel_tool_calls": "a boolean",
            "stream": "a boolean",
            "stream_options": "an object",
            "background": "a boolean",
            "reasoning": "an object",
            "user": "a string",
            "safety_identifier": "a string",
            "prompt_cache_key": "a string",
            "prompt_cache_retention": "one of 'in_memory' or '24h'",
            "truncation": "one of 'auto' or 'disabled'",
            "instructions": "a string",
            "store": "a boolean",
            "service_tier": "one of 'auto', 'default', 'fast', 'flex', or 'priority'",
            "context_management": "an array of objects",
        }.items()
    ),
    *(
        ({key: "many"}, _type(key, wanted, "a string"))
        for key, wanted in {
            "temperature": "a decimal",
            "top_p": "a decimal",
            "presence_penalty": "a decimal",
            "max_output_tokens": "an integer",
            "max_tool_calls": "an integer",
            "top_logprobs": "an integer",
        }.items()
    ),
    ({"reasoning": {"effort": []}}, _type("reasoning.effort", _EFFORT, "an array")),
    (
        {"reasoning": {"effort": 3}},
        _type("reasoning.effort", "one of 'minimal', 'low', 'medium', or 'high'", "an integer"),
    ),
    # -- values that are none of those listed, and numbers out of range
    ({"include": ["all"]}, _value("include[0]", "all", _INCLUDED)),
    ({"reasoning": {"effort": "most"}}, _value("reasoning.effort", "most", _EFFORTS.format("and"))),
    (
        {"reasoning": {"summary": "all"}},
        _value("reasoning.summary", "all", "'concise', 'detailed', and 'auto'"),
    ),
    ({"text": {"verbosity": "all"}}, _value("text.verbosity", "all", "'low', 'medium', and 'high'")),
    (
        {"text": {"format": {"type": "xml"}}},
        _value("text.format.type", "xml", "'json_object', 'text', and 'json_schema'"),
    ),
    ({"text": {"format": {"type": "json_schema"}}}, _missing("text.format.name")),
    (
        {"tools": [_TOOL], "tool_choice": "any"},
        _value("tool_choice", "any", "'none', 'auto', and 'required'"),
    ),
    ({"tools": [_TOOL], "tool_choice": {"type": "function"}}, _missing("tool_choice.name")),
    ({"tools": [{}]}, _missing("tools[0].type")),
    ({"tools": [{"type": "function", "function": {"name": "look"}}]}, _missing("tools[0].name")),
    (
        {"service_tier": "slow"},
        _value("service_tier", "slow", "'auto', 'default', 'fast', 'flex', and 'priority'"),
    ),
    ({"prompt_cache_retention": "1h"}, _value("prompt_cache_retention", "1h", "'in_memory' and '24h'")),
    ({"truncation": "all"}, _value("truncation", "all", "'auto' and 'disabled'")),
    ({"max_output_tokens": 15}, _low("max_output_tokens", 16, 15)),
    ({"max_tool_calls": 0}, _low("max_tool_calls", 1, 0)),
    (
        {"metadata": {f"key{nth}": "" for nth in range(17)}},
        (
            "metadata",
            "object_above_max_properties",
            (
                "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object "
                "with 17 properties instead."
            ),
        ),
    ),
    # -- what is not kept
    ({"previous_response_id": "resp_1"}, _PREVIOUS),
    ({"prompt": {"id": "pmpt_1"}}, _PROMPT),
    ({"conversation": "conv_1"}, _CONVERSATION),
    (
        {"conversation": "conv_1", "previous_response_id": "resp_1"},
        (
            None,
            "mutually_exclusive_parameters",
            "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or 'conversation'.",
        ),
    ),
    # -- what the model does not have
    *(
        ({key: 0.25}, _unsupported(key))
        for key in ("temperature", "top_p", "presence_penalty", "frequency_penalty")
    ),
    ({"top_logprobs": 2}, ("top_logprobs", "unsupported_parameter", _LOGPROBS)),
    ({"include": ["message.output_text.logprobs"]}, ("include", "unsupported_parameter", _LOGPROBS)),
    (
        {"prompt_cache_retention": "in_memory"},
        (
            "prompt_cache_retention",
            "invalid_parameter",
            "This model is compatible only with 24h extended prompt caching",
        ),
    ),
    (
        {"reasoning": {"effort": "minimal"}},
        (
            "reasoning.effort",
            "unsupported_value",
            (
                "Unsupported value: 'minimal' is not supported with the 'gpt-5.6-terra' model. "
                "Supported values are: 'none', 'low', 'medium', 'high', 'xhigh', and 'max'."
            ),
        ),
    ),
]

_BAD: list[tuple[dict[str, Any], str]] = [
    ({key: wrong}, key)
    for key, wrong in {
        "model": 7,
        "input": 7,
        "moderation": 7,
        "include": 7,
        "tools": 7,
        "metadata": 7,
        "text": 7,
        "temperature": "x",
        "top_p": "x",
        "presence_penalty": "x",
        "parallel_tool_calls": 7,
        "stream": 7,
        "stream_options": 7,
        "background": 7,
        "max_output_tokens": "x",
        "max_tool_calls": "x",
        "reasoning": 7,
        "user": 7,
        "safety_identifier": 7,
        "prompt_cache_options": 7,
        "prompt_cache_key": 7,
        "prompt_cache_retention": 7,
        "truncation": 7,
        "instructions": 7,
        "store": 7,
        "service_tier": 7,
        "top_logprobs": "x",
        "context_management": 7,
    }.items()
]
"""One fault a key, in the order in which the API looks at them."""

_TWO: list[tuple[dict[str, Any], _Told]] = [
    ({"model": GONE, "input": GONE}, _missing("model")),
    ({"model": GONE, "colour": 1}, _missing("model")),
    ({"input": GONE, "colour": 1}, _missing("input")),
    ({"input": [], "colour": 1}, _unknown("colour")),
    ({"input": [{}], "previous_response_id": "resp_1"}, _value("input[0]", "", _ROLES)),
    ({"input": [], "previous_response_id": "resp_1"}, _PREVIOUS),
    ({"input": [], "temperature": 0.25}, _NOTHING),
    (
        {"prompt": {"id": "pmpt_1"}, "truncation": 7},
        _type("truncation", "one of 'auto' or 'disabled'", "an integer"),
    ),
    ({"max_output_tokens": 15, "previous_response_id": "resp_1"}, _low("max_output_tokens", 16, 15)),
    ({"conversation": "conv_1", "prompt": {"id": "pmpt_1"}}, _CONVERSATION),
    ({"previous_response_id": "resp_1", "prompt": {"id": "pmpt_1"}}, _PROMPT),
    ({"previous_response_id": "resp_1", "temperature": 0.25}, _PREVIOUS),
    ({"top_logprobs": 2, "temperature": 0.25}, _unsupported("temperature")),
    (
        {"top_logprobs": 2, "include": ["message.output_text.logprobs"]},
        ("include", "unsupported_parameter", _LOGPROBS),
    ),
]

_MANAGED = "context_management[0]"
_THRESHOLD = f"{_MANAGED}.compact_threshold"
_ONE = "Expected an array with minimum length 1"
_USER: dict[str, Any] = {"role": "user", "content": "hi"}
_TRIGGER: dict[str, Any] = {"type": "compaction_trigger"}
_SEALED = "The encrypted content {} could not be verified. Reason: Encrypted content could not be decrypted or parsed."


def _compacts(**more: Any) -> dict[str, Any]:
    return {"context_management": [{"type": "compaction", **more}]}


def _compacted(**more: Any) -> dict[str, Any]:
    return {"input": [{"type": "compaction", "encrypted_content": "garbage", **more}, _USER]}


# what another public project tests of its own server and of the API alike (2026)
_CONTEXT: list[tuple[dict[str, Any], _Told]] = [
    (
        {"context_management": [{"type": "foo"}]},
        ("context_management", None, "Unsupported context_management type: 'foo'."),
    ),
    (_compacts(compact_threshold=0), _low(_THRESHOLD, 1000, 0)),
    (_compacts(compact_threshold=999), _low(_THRESHOLD, 1000, 999)),
    *(
        (_compacts(compact_threshold=wrong), _type(_THRESHOLD, "an integer", got))
        for wrong, got in (
            (1000.5, "a decimal number"),
            (1000.0, "a decimal number"),
            ("1000", "a string"),
            (True, "a boolean"),
            ([1000], "an array"),
        )
    ),
    (
        {"context_management": []},
        (
            "context_management",
            "empty_array",
            f"Invalid 'context_management': empty array. {_ONE}, but got an empty array instead.",
        ),
    ),
    *(
        ({"context_management": wrong}, _type("context_management", "an array of objects", got))
        for wrong, got in (({"type": "compaction"}, "an object"), ("compaction", "a string"))
    ),
    ({"context_management": ["compaction"]}, _type(_MANAGED, "an object", "a string")),
    ({"context_management": [{"compact_threshold": 1000}]}, _missing(f"{_MANAGED}.type")),
    (_compacts(compact_threshold=1000, foo=1), _unknown(f"{_MANAGED}.foo")),
    (_compacted(id="cmp_123"), (None, "invalid_encrypted_content", _SEALED.format("for item cmp_123"))),
    (_compacted(), (None, "invalid_encrypted_content", _SEALED.format("garb...bage"))),
    *(
        ({"input": given, "max_output_tokens": 100}, ("input", None, told))
        for given, told in (
            ([_TRIGGER, _USER], "The 'compaction_trigger' item must be the final input item."),
            ([_USER, _TRIGGER, _TRIGGER], "Only one 'compaction_trigger' item may be provided."),
            ([_TRIGGER, _USER, _TRIGGER], "Only one 'compaction_trigger' item may be provided."),
        )
    ),
    (
        {"input": [_USER, _TRIGGER], "max_output_tokens": 100},
        (
            "max_output_tokens",
            None,
            "'compaction_trigger' requires 'max_output_tokens' to be at least 20000 when specified.",
        ),
    ),
]

ROWS = [(body, *told) for body, told in (*_ALONE, *_TWO, *_CONTEXT)]
PAIRS = [({**later, **sooner}, key) for (sooner, key), (later, _) in itertools.pairwise(_BAD)]
"""Two faults in neighbours, and the key that is told of."""
