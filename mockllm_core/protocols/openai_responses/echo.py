"""What a response repeats of its request, defaults filled in: its text but for the holes of what changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mockllm_core.once import once_by_value
from mockllm_core.protocols.openai_responses import families, spell
from mockllm_core.protocols.openai_responses.hosted import hosted

if TYPE_CHECKING:
    from mockllm_core.frame import Json
    from mockllm_core.protocol import Call
    from mockllm_core.reply import Turn

__all__ = ["AZURE", "BILLING", "TOOL_USAGE", "Outline", "outline"]

AZURE = "azure"
"""The form of a call that Azure answers."""
BILLING = {"billing": {"payer": "developer"}}
"""What only a whole body has, after ``background``; Azure's has it nowhere."""

_ECHOED = frozenset(
    (
        "access_programs",
        "background",
        "conversation",
        "frequency_penalty",
        "max_output_tokens",
        "max_tool_calls",
        "metadata",
        "parallel_tool_calls",
        "presence_penalty",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "reasoning",
        "safety_identifier",
        "store",
        "temperature",
        "text",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "truncation",
        "user",
    )
)
"""Options that different requests have in common; what is said, and in answer to what, goes into holes."""


class Outline(NamedTuple):
    """A response's text with holes, to be shared.

    Attributes:
        parts: all of it, every second part empty for a hole.
        started: what stands around id, time, instructions, previous response and tier while nothing is finished.
    """

    parts: tuple[str, ...]
    started: tuple[str, ...]

    def filled(self, holes: tuple[str, ...], before: str = "", after: str = "") -> str:
        """Return the text with its holes filled, between two others."""
        texts = [before, *self.parts, after]
        texts[2:-1:2] = holes
        return "".join(texts)


def outline(call: Call, turn: Turn, *, whole: bool, spent: Json = None) -> Outline:
    """Return the response's text but for what differs between requests with the same options.

    Args:
        call: what was asked.
        turn: what is answered.
        whole: as one body.
        spent: what tools of OpenAI's own used up; None for nothing, as long as nothing is finished.
    """
    asked = call.body
    options = {} if _ECHOED.isdisjoint(asked) else {key: asked[key] for key in asked if key in _ECHOED}
    if spent:
        return _outlined(options, {**turn.facts, "spent": spent}, call.model, call.form, whole=whole)
    if turn.facts:
        return _outlined(options, turn.facts, call.model, call.form, whole=whole)
    return _looked_up(options, (call.model, call.form, whole))


@once_by_value(128)
def _looked_up(asked: Json, model: str, form: str, whole: bool) -> Outline:  # noqa: FBT001 - a key of the memory
    return _outlined(asked, {}, model, form, whole=whole)


def _outlined(asked: Json, facts: Json, model: str, form: str, *, whole: bool) -> Outline:
    made = Outline(_parted(_response(asked, facts, model, form, whole=whole), whole=whole), ())
    filters = ("null",) if form == AZURE else ()
    holes = (
        "\0",
        "\0",
        "in_progress",
        "null",
        *filters,
        "null",
        "null",
        "\0",
        "null",
        "[]",
        "\0",
        "\0",
        "null",
    )
    return Outline(made.parts, tuple(made.filled(holes).split("\0")))


_HOLE = object()


def _parted(response: dict[str, Json], *, whole: bool) -> tuple[str, ...]:
    """Spell an object in parts, every second of them empty for a value that is a hole."""
    colon = ": " if whole else ":"
    texts: list[str] = []
    held: dict[str, Json] = {}
    for key, value in [*response.items(), ("", _HOLE)]:
        if value is not _HOLE:
            held[key] = value
            continue
        if held:
            # without its braces
            texts.append(spell.pretty(held)[4:-2] if whole else spell.compact(held)[1:-1])
            held = {}
        if key:
            # a mark that no JSON text has in it
            texts.append(f'"{key}"{colon}"\0"' if key in _WORDS else f'"{key}"{colon}\0')
    text = "{\n  " + ",\n  ".join(texts) + "\n}" if whole else "{" + ",".join(texts) + "}"
    between = text.split("\0")
    parts = [""] * (2 * len(between) - 1)
    parts[::2] = between
    return tuple(parts)


_WORDS = ("id", "status")
"""Holes whose text needs no escape."""


def _response(asked: Json, facts: Json, model: str, form: str, *, whole: bool) -> dict[str, Json]:
    row = families.family(model)

    def given(key: str, default: Json = None) -> Json:
        value = asked.get(key)
        return facts.get(key, default) if value is None else value

    return {
        "id": _HOLE,
        "object": "response",
        "created_at": _HOLE,
        "status": _HOLE,
        **_extra(facts, asked, "access_programs"),
        "background": asked.get("background") is True,
        **(BILLING if whole and form != AZURE else {}),
        "completed_at": _HOLE,
        **({"content_filters": _HOLE} if form == AZURE else {}),
        **_extra(facts, asked, "conversation"),
        "error": _HOLE,
        "frequency_penalty": float(given("frequency_penalty", 0.0)),
        "incomplete_details": _HOLE,
        "instructions": _HOLE,
        "max_output_tokens": asked.get("max_output_tokens"),
        "max_tool_calls": asked.get("max_tool_calls"),
        # Azure repeats the deployment's name, and tells the snapshot in a header
        "model": facts.get("model") or (model if form == AZURE else families.snapshot(model)),
        "moderation": _HOLE,
        "output": _HOLE,
        "parallel_tool_calls": given("parallel_tool_calls", default=True),
        "presence_penalty": float(given("presence_penalty", 0.0)),
        "previous_response_id": _HOLE,
        "prompt_cache_key": asked.get("prompt_cache_key"),
        **_extra(facts, asked, "prompt_cache_options"),
        "prompt_cache_retention": given("prompt_cache_retention", row.retention),
        "reasoning": _reasoning(asked.get("reasoning") or {}, facts.get("reasoning") or {}, row),
        "safety_identifier": asked.get("safety_identifier"),
        "service_tier": _HOLE,
        "store": given("store", default=True),
        "temperature": float(given("temperature", 1.0)),
        "text": _text(asked.get("text") or {}),
        "tool_choice": _ordered(given("tool_choice", "auto")),
        **({} if form == AZURE else {"tool_usage": facts.get("spent", TOOL_USAGE)}),
        "tools": [_tool(tool) for tool in asked.get("tools") or ()],
        "top_logprobs": given("top_logprobs", 0),
        "top_p": float(given("top_p", row.top_p)),
        "truncation": given("truncation", "disabled"),
        "usage": _HOLE,
        "user": asked.get("user"),
        "metadata": given("metadata", {}),
    }


TOOL_USAGE = {
    "image_gen": {
        "input_tokens": 0,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 0},
        "output_tokens": 0,
        "output_tokens_details": {"image_tokens": 0, "text_tokens": 0},
        "total_tokens": 0,
    },
    "web_search": {"num_requests": 0},
}
"""What tools use up, beside the model."""


def _extra(facts: Json, asked: Json, key: str) -> dict[str, Json]:
    """Return a key that is only there when the account or the request has it."""
    if key in facts:
        return {key: facts[key]}
    value = asked.get(key)
    return {key: value} if value else {}


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
            return _ordered(hosted(tool))


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
