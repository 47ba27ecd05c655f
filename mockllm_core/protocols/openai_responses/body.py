"""The response object: what the request asked for, defaults filled in, and how far the answer is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mockllm_core import tokens
from mockllm_core.protocols.openai_responses import families
from mockllm_core.protocols.openai_responses.items import response_id

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn, Usage
    from mockllm_core.stamp import Stamp

__all__ = ["AZURE", "Progress", "failed", "finished", "started"]

AZURE = "azure"
"""The form of a call that Azure answers."""


class Progress(NamedTuple):
    """How far the answer is."""

    status: str
    output: list[Json]
    tier: str
    usage: Json = None
    completed_at: int | None = None
    error: Json = None
    incomplete_details: Json = None
    moderation: Json = None


def started(call: Call, turn: Turn, stamp: Stamp) -> Json:
    """Return the object of ``response.created`` and ``response.in_progress``."""
    tier = call.body.get("service_tier") or "auto"
    return _response(call, turn, stamp, Progress("in_progress", [], tier))


def failed(call: Call, turn: Turn, stamp: Stamp, error: Json) -> Json:
    """Return the object of ``response.failed``; ``error`` is ``{"code", "message"}``."""
    tier = call.body.get("service_tier") or "auto"
    return _response(call, turn, stamp, Progress("failed", [], tier, error=error))


def finished(call: Call, turn: Turn, stamp: Stamp, output: list[Json], *, billed: bool = False) -> Json:
    """Return the final object; ``billed`` adds what only bodies that are not streamed have."""
    cut = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(turn.finish.reason)
    progress = Progress(
        status="incomplete" if cut else "completed",
        output=output,
        tier=turn.facts.get("service_tier") or _granted(call.body.get("service_tier")),
        usage=_usage(turn.usage),
        completed_at=None if cut else stamp.unix,
        incomplete_details={"reason": cut} if cut else None,
        moderation=turn.facts.get("moderation"),
    )
    return _response(call, turn, stamp, progress, billed=billed)


def _granted(tier: Json) -> Json:
    return "default" if tier in (None, "auto") else tier


def _response(
    call: Call, turn: Turn, stamp: Stamp, progress: Progress, *, billed: bool = False
) -> dict[str, Json]:
    asked, facts, row = call.body, turn.facts, families.family(call.model)

    def given(key: str, default: Json = None) -> Json:
        value = asked.get(key)
        return facts.get(key, default) if value is None else value

    return {
        "id": response_id(stamp),
        "object": "response",
        "created_at": stamp.unix,
        "status": progress.status,
        **_extra(facts, asked, "access_programs"),
        "background": False,
        **({"billing": {"payer": "developer"}} if billed and call.form != AZURE else {}),
        "completed_at": progress.completed_at,
        **_filters(call, turn, progress),
        **_extra(facts, asked, "conversation"),
        "error": progress.error,
        "frequency_penalty": 0.0,
        "incomplete_details": progress.incomplete_details,
        "instructions": asked.get("instructions"),
        "max_output_tokens": asked.get("max_output_tokens"),
        "max_tool_calls": asked.get("max_tool_calls"),
        "model": facts.get("model") or families.snapshot(call.model),
        "moderation": progress.moderation,
        "output": progress.output,
        "parallel_tool_calls": given("parallel_tool_calls", default=True),
        "presence_penalty": 0.0,
        "previous_response_id": asked.get("previous_response_id"),
        "prompt_cache_key": asked.get("prompt_cache_key"),
        **_extra(facts, asked, "prompt_cache_options"),
        "prompt_cache_retention": given("prompt_cache_retention", row.retention),
        "reasoning": _reasoning(asked.get("reasoning") or {}, facts.get("reasoning") or {}, row),
        "safety_identifier": asked.get("safety_identifier"),
        "service_tier": progress.tier,
        "store": given("store", default=True),
        "temperature": float(given("temperature", 1.0)),
        "text": _text(asked.get("text") or {}),
        "tool_choice": _ordered(given("tool_choice", "auto")),
        **({} if call.form == AZURE else {"tool_usage": _TOOL_USAGE}),
        "tools": [_tool(tool) for tool in asked.get("tools") or ()],
        "top_logprobs": given("top_logprobs", 0),
        "top_p": float(given("top_p", row.top_p)),
        "truncation": given("truncation", "disabled"),
        "usage": progress.usage,
        "user": asked.get("user"),
        "metadata": given("metadata", {}),
    }


_TOOL_USAGE = {
    "image_gen": {
        "input_tokens": 0,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 0},
        "output_tokens": 0,
        "output_tokens_details": {"image_tokens": 0, "text_tokens": 0},
        "total_tokens": 0,
    },
    "web_search": {"num_requests": 0},
}

_SAFE = {"filtered": False, "severity": "safe"}
_HARMS = {"hate": _SAFE, "sexual": _SAFE, "violence": _SAFE, "self_harm": _SAFE}


def _filters(call: Call, turn: Turn, progress: Progress) -> dict[str, Json]:
    """Return what Azure's content filters found: null before the end, then of the prompt and of the answer."""
    if call.form != AZURE:
        return {}
    if progress.usage is None:
        return {"content_filters": None}
    jailbreak = {"jailbreak": {"detected": False, "filtered": False}}
    said = sum(len(getattr(block, "text", "")) for block in turn.blocks)
    return {
        "content_filters": [
            _filter("prompt", jailbreak | _HARMS, turn.usage.input_tokens * tokens.CHARS_PER_TOKEN),
            _filter("completion", _HARMS, said),
        ]
    }


def _filter(source: str, found: Json, end: int) -> Json:
    return {
        "blocked": False,
        "source_type": source,
        "content_filter_raw": [],
        "content_filter_results": found,
        "content_filter_offsets": {"start_offset": 0, "end_offset": end, "check_offset": 0},
    }


def _extra(facts: Json, asked: Json, key: str) -> dict[str, Json]:
    """Return a key that is only there when the account or the request has it."""
    value = facts.get(key) or asked.get(key)
    return {key: value} if value else {}


def _usage(usage: Usage) -> Json:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cache_write_tokens": usage.cache_write, "cached_tokens": usage.cache_read},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def _reasoning(asked: Json, facts: Json, row: families.Family) -> Json:
    """Echo ``reasoning``: ``auto`` becomes the summary that the model has; only models that reason have a mode."""
    summary = asked.get("summary") or asked.get("generate_summary")
    if summary == "auto":
        summary = facts.get("summary", "detailed")
    effort = asked.get("effort") or facts.get("effort", row.effort)
    thinks = row.reasons or (row.reasons is None and bool(effort or summary))
    context = asked.get("context") or facts.get("context", "current_turn" if thinks else None)
    mode = asked.get("mode") or facts.get("mode", "standard" if thinks else None)
    return {"context": context, "effort": effort, **({"mode": mode} if mode else {}), "summary": summary}


def _text(asked: Json) -> Json:
    form = asked.get("format") or {"type": "text"}
    if form.get("type") == "json_schema":
        form = {
            "type": "json_schema",
            "description": form.get("description"),
            "name": form.get("name"),
            "schema": form.get("schema"),
            "strict": bool(form.get("strict")),
        }
    return {"format": form, "verbosity": asked.get("verbosity") or "medium"}


def _ordered(value: Json) -> Json:
    """Return an object with ``type`` first and the rest in order, anything else as it is."""
    if not isinstance(value, dict):
        return value
    rest = {key: value[key] for key in sorted(value) if key != "type"}
    return {"type": value["type"], **rest} if "type" in value else rest


def _tool(tool: Json) -> Json:
    """Echo a tool: defaults filled in, a function's schema made strict unless the request says otherwise."""
    match tool.get("type"):
        case "function":
            parameters, strict = tool.get("parameters"), tool.get("strict")
            if strict is None:
                strict = _can_be_strict(parameters)
                parameters = _strict(parameters) if strict else parameters
            given = {"description": None, "output_schema": None, **tool}
            return _ordered({**given, "parameters": parameters, "strict": strict})
        case "custom":
            form = _ordered(tool.get("format") or {"type": "text"})
            return _ordered({"description": None, **tool, "format": form})
        case _:
            return _ordered(tool)


_MAPS = ("properties", "$defs", "definitions")
_INNER = ("items", "anyOf", "oneOf", "allOf")


def _can_be_strict(schema: Json) -> bool:
    """Tell whether no object asks for further properties, which strict mode does not have."""
    if isinstance(schema, list):
        return all(map(_can_be_strict, schema))
    if not isinstance(schema, dict):
        return True
    inner = [held for key in _MAPS if isinstance(schema.get(key), dict) for held in schema[key].values()]
    inner += [schema[key] for key in _INNER if key in schema]
    return schema.get("additionalProperties") in (None, False) and all(map(_can_be_strict, inner))


def _strict(schema: Json) -> Json:
    """Return a schema whose objects have no further properties and require all that they have."""
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = dict(schema)
    for key in _MAPS:
        if isinstance(made.get(key), dict):
            made[key] = {name: _strict(held) for name, held in made[key].items()}
    for key in _INNER:
        if key in made:
            made[key] = _strict(made[key])
    properties = made.get("properties")
    if isinstance(properties, dict) and not _same_names(made.get("required") or [], properties):
        made["required"] = list(properties)
    if made.get("type") == "object" or isinstance(properties, dict):
        made["additionalProperties"] = False
    return made


def _same_names(required: Json, properties: Json) -> bool:
    """Tell whether ``required``, which may be any JSON, names exactly the properties."""
    if not isinstance(required, list):
        return False
    return all(isinstance(name, str) for name in required) and set(required) == set(properties)
