"""What the readers hold an answer to: the rules' names, and which keys stand where since when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mockllm_core.protocols.openai_responses import carried
from mockllm_core.protocols.openai_responses.compaction import COMPACTING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockllm_core.frame import Json

__all__ = ["ANNOTATED", "RULES", "SORTED", "STEPS", "event_faults", "response_faults"]

RULES = {
    "responses-framing": "clients find an event by its name line, its one data line and the blank line after",
    "responses-json": "every payload is one compact JSON object",
    "responses-layout": "a whole body has an indent of two spaces and no final newline",
    "responses-sequence": "sequence_number counts the events from 0, so that clients can resume and notice a loss",
    "responses-order": "created and in_progress first, items whole and one after another, each part opened and closed",
    "responses-index": "output_index, content_index and summary_index count from 0",
    "responses-item-id": "all events of an item carry its id",
    "responses-id": "an id has its kind's prefix and 50 hex, 16 of them shared by a response and its items",
    "responses-text": "the deltas of a text join into what its done events repeat",
    "responses-annotations": "what a text names as its sources lies within it, and is repeated when it is done",
    "responses-arguments": "the arguments of a finished function call are one JSON text",
    "responses-obfuscation": "obfuscation fills a delta up to a multiple of 16 characters",
    "responses-keys": "an object has the keys that the provider sends, no others",
    "responses-key-order": "type first and the rest in order; a response and its items in their own order",
    "responses-null": "null only where the provider sends it",
    "responses-status": "an item and a response have the status that their event tells",
    "responses-output": "the finished response lists the items as they were finished",
    "responses-echo": "what a response repeats of its request does not change on the way",
    "responses-usage": "usage is there in the end, and its numbers add up",
    "responses-compaction": "a compaction tells its progress within its item, and says nothing but in encrypted content",
    "responses-terminator": "a stream ends with response.completed, .incomplete or .failed and nothing after",
    "responses-unknown-event": "clients know the events of this API and no others",
}

Fault = tuple[str, str]
"""A rule and the sentence."""


def _since(year: int, month: int, day: int) -> float:
    return datetime(year, month, day, tzinfo=UTC).timestamp()


_DATED = {
    "prompt_cache_retention": _since(2025, 11, 1),
    "completed_at": _since(2026, 1, 1),
    "frequency_penalty": _since(2026, 2, 1),
    "presence_penalty": _since(2026, 2, 1),
    "moderation": _since(2026, 5, 1),
    "tool_usage": _since(2026, 7, 1),
}
"""Keys of a response that were added over time; before that day they may be absent."""

SORTED = _since(2026, 2, 1)
"""From here on the keys of events are sorted."""

_OPTIONAL = frozenset(
    ("access_programs", "billing", "content_filters", "conversation", "prompt_cache_options")
)
_RESPONSE = [
    "id",
    "object",
    "created_at",
    "status",
    "access_programs",
    "background",
    "billing",
    "completed_at",
    "content_filters",
    "conversation",
    "error",
    "frequency_penalty",
    "incomplete_details",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "model",
    "moderation",
    "output",
    "parallel_tool_calls",
    "presence_penalty",
    "previous_response_id",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tool_usage",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "usage",
    "user",
    "metadata",
]
_NULLABLE = frozenset(
    [
        "access_programs",
        "completed_at",
        "content_filters",
        "error",
        "incomplete_details",
        "instructions",
        "max_output_tokens",
        "max_tool_calls",
        "moderation",
        "previous_response_id",
        "prompt_cache_key",
        "prompt_cache_retention",
        "safety_identifier",
        "usage",
        "user",
    ]
)

_ITEMS = {
    "message": ("id type status content phase role", "phase"),
    "function_call": ("id type status arguments call_id caller name namespace", "caller namespace"),
    "custom_tool_call": ("id type status call_id input name", ""),
    "reasoning": ("id type content encrypted_content summary", "content encrypted_content"),
    "compaction": ("id type encrypted_content created_by", "created_by"),
}

_OLD_ORDER = [
    "type",
    "sequence_number",
    "item_id",
    "output_index",
    "content_index",
    "summary_index",
    "part",
    "item",
    "response",
    "delta",
    "text",
    "arguments",
    "logprobs",
    "refusal",
    "input",
    "obfuscation",
    "error",
]

_TEXT = "content_index item_id output_index sequence_number"
_SUMMARY = "item_id output_index sequence_number summary_index"
_CALL = "item_id output_index sequence_number"
ANNOTATED = "response.output_text.annotation.added"
STEPS = {
    "response.content_part.added": ("message", "open", f"{_TEXT} part"),
    "response.output_text.delta": ("message", "delta", f"{_TEXT} delta logprobs obfuscation"),
    "response.output_text.done": ("message", "told", f"{_TEXT} logprobs text"),
    "response.refusal.delta": ("message", "delta", f"{_TEXT} delta obfuscation"),
    "response.refusal.done": ("message", "told", f"{_TEXT} refusal"),
    "response.content_part.done": ("message", "close", f"{_TEXT} part"),
    "response.reasoning_summary_part.added": ("reasoning", "open", f"{_SUMMARY} part"),
    "response.reasoning_summary_text.delta": ("reasoning", "delta", f"{_SUMMARY} delta obfuscation"),
    "response.reasoning_summary_text.done": ("reasoning", "told", f"{_SUMMARY} text"),
    "response.reasoning_summary_part.done": ("reasoning", "close", f"{_SUMMARY} part"),
    "response.function_call_arguments.delta": ("function_call", "delta", f"{_CALL} delta obfuscation"),
    "response.function_call_arguments.done": ("function_call", "told", f"{_CALL} arguments"),
    "response.custom_tool_call_input.delta": ("custom_tool_call", "delta", f"{_CALL} delta obfuscation"),
    "response.custom_tool_call_input.done": ("custom_tool_call", "told", f"{_CALL} input"),
}
"""Event -> the kind of item it belongs to, what it does to a part, and its keys beside ``type``."""

_ENVELOPES = {
    "response.output_item.added": "item output_index sequence_number",
    "response.output_item.done": "item output_index sequence_number",
    "error": "error sequence_number",
    ANNOTATED: f"{_TEXT} annotation annotation_index",
    COMPACTING: _CALL,
}


def event_faults(payload: dict[str, Json], born: float) -> Iterator[Fault]:
    """Yield what is wrong with the keys of an event of a response that was created at ``born``."""
    name = payload["type"]
    known = STEPS[name][2] if name in STEPS else _ENVELOPES.get(name, "response sequence_number")
    wanted = {"type", *known.split()}
    yield from _compared(name, payload, wanted, frozenset(("obfuscation",)))
    order = sorted(payload, key=lambda key: (key != "type", key))
    old = [key for key in _OLD_ORDER if key in payload]
    if list(payload) != order and (born >= SORTED or list(payload) != old):
        yield "responses-key-order", f"the keys of {name} are not in order: {', '.join(payload)}"
    for key, value in payload.items():
        if value is None and key in wanted:
            yield "responses-null", f"{key} of {name} is null"
    if "item" in payload:
        yield from item_faults(payload["item"])


def item_faults(item: Json) -> Iterator[Fault]:
    """Yield what is wrong with the keys of an output item; kinds of tools that nobody knows pass."""
    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        yield "responses-keys", "an output item is no object with a type"
        return
    name = item["type"]
    if name not in _ITEMS:
        if name in carried.ITEMS:
            yield from carried.item_faults(item)
        return
    keys, optional = _ITEMS[name]
    yield from _compared(f"the {name} item", item, set(keys.split()), frozenset(optional.split()))
    if list(item) != [key for key in keys.split() if key in item]:
        yield "responses-key-order", f"the keys of the {name} item are not in order: {', '.join(item)}"
    for key, value in item.items():
        if value is None:
            yield "responses-null", f"{key} of the {name} item is null"


def response_faults(response: Json, *, streamed: bool) -> Iterator[Fault]:
    """Yield what is wrong with the keys of a response object."""
    if not isinstance(response, dict):
        yield "responses-keys", "the response is no object"
        return
    born = response.get("created_at")
    # an answer is held to the newest form that it shows signs of
    level = max(
        [since for key, since in _DATED.items() if key in response]
        + [born if isinstance(born, int | float) else 0.0]
    )
    young = {key for key, since in _DATED.items() if since > level}
    optional = _OPTIONAL - {"billing"} if streamed else _OPTIONAL
    if "content_filters" in response:  # Azure's
        optional |= {"billing", "tool_usage"}
    wanted = set(_RESPONSE) - ({"billing"} if streamed else set())
    yield from _compared("the response", response, wanted, optional | young)
    if list(response) != [key for key in _RESPONSE if key in response] and not set(response) - set(_RESPONSE):
        yield "responses-key-order", f"the keys of the response are not in order: {', '.join(response)}"
    for key, value in response.items():
        if value is None and key not in _NULLABLE:
            yield "responses-null", f"{key} of the response is null"
    output = response.get("output")
    for item in output if isinstance(output, list) else ():
        yield from item_faults(item)


def _compared(
    name: str, found: dict[str, Json], wanted: set[str], optional: frozenset[str] | set[str]
) -> Iterator[Fault]:
    missing = sorted(wanted - set(found) - optional)
    unknown = sorted(set(found) - wanted)
    if missing:
        yield "responses-keys", f"{name} lacks {', '.join(missing)}"
    if unknown:
        yield "responses-keys", f"{name} has {', '.join(unknown)}, which the provider does not send"
