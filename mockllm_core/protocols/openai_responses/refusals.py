"""What the provider refuses although the request's shape is right, with the provider's sentences.

What nothing is kept of, and options that the model does not have.

In this order, and in these words, a public project observed them of the API in August 2026; what else is refused stands
in public reports.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mockllm_core import strict_schemas
from mockllm_core.errors import ApiError
from mockllm_core.jsontext import compact
from mockllm_core.protocols.openai_responses import families
from mockllm_core.protocols.openai_responses.complaints import MISSING, listed
from mockllm_core.protocols.openai_responses.offered import check_tools

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = [
    "check",
    "check_state",
    "check_trigger",
    "conversation_lost",
    "no_background",
    "no_moderation",
    "nothing",
]

_ENCRYPTED = "reasoning.encrypted_content"
_LOGPROBS = "message.output_text.logprobs"

_UNSEEN = "computer-use"
"""Models that reason, of which nobody has reported how they may be sampled."""

_CHECKED = frozenset(
    (
        "background_options",
        "context_management",
        "frequency_penalty",
        "include",
        "metadata",
        "presence_penalty",
        "prompt",
        "prompt_cache_retention",
        "reasoning",
        "temperature",
        "text",
        "top_logprobs",
        "top_p",
    )
)
"""Keys that something can be refused for; few requests have any of them."""


def nothing() -> ApiError:
    """Return what a request without anything to answer is told."""
    sentence = "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided."
    return ApiError("invalid_request", sentence, code=MISSING)


def _missing(name: str) -> ApiError:
    return ApiError("invalid_request", f"Missing required parameter: '{name}'.", param=name, code=MISSING)


def check_state(asked: Json) -> None:
    """Refuse a stored prompt, of which none is kept.

    Raises:
        ApiError: 404.
    """
    prompt = asked.get("prompt")
    if prompt:
        raise ApiError("not_found", f"Prompt with id '{prompt.get('id')}' not found.")


def conversation_lost(name: str) -> ApiError:
    """Return the refusal of a conversation that is not there."""
    return ApiError("not_found", f"Conversation with id '{name}' not found.")


def check(asked: Json, *, silent: bool = False) -> None:
    """Refuse a request without a model or an input, and what its model does not have; one for no answer needs no input.

    Raises:
        ApiError: see above.
    """
    model = asked.get("model")
    if not model:
        raise ApiError("not_found", "", model="") if model == "" else _missing("model")
    looked_at = not _CHECKED.isdisjoint(asked)
    if looked_at:
        _managed(asked.get("context_management") or ())
        _tagged(asked.get("metadata") or ())
        _windowed(asked)
        check_state(asked)
    if not (asked.get("input") or asked.get("previous_response_id") or silent):
        raise nothing()
    if looked_at:
        _said_json(asked)
        _available(asked, families.family(model))
    if not _SCHEMATIC.isdisjoint(asked):
        _to_the_letter(asked)


_SCHEMATIC = frozenset(("text", "tools"))


def _to_the_letter(asked: Json) -> None:
    """Refuse tools that there are not, and schemas that cannot be followed so; a lax function is made to fit."""
    tools = asked.get("tools") or ()
    check_tools(tools, asked["model"], (asked.get("reasoning") or {}).get("effort"))
    for nth, tool in enumerate(tools):
        if tool.get("strict") is True and tool.get("type") == "function":
            strict_schemas.check_function(tool["name"], tool.get("parameters"), f"tools[{nth}].parameters")
    form = (asked.get("text") or {}).get("format") or {}
    if form.get("strict") is True:
        strict_schemas.check_answer(
            form["name"], form.get("schema"), "text.format.schema", "invalid_json_schema"
        )


def _said_json(asked: Json) -> None:
    """Refuse JSON that no message speaks of, as several public projects keep the API's words.

    What a previous response said is not looked at, and instructions count: nobody has told that they do not.
    """
    form = (asked.get("text") or {}).get("format") or {}
    if form.get("type") != "json_object" or asked.get("previous_response_id"):
        return
    if "json" not in compact([asked["input"], asked.get("instructions")]).lower():
        raise _input(
            "Response input messages must contain the word 'json' in some form to use 'text.format' of type "
            "'json_object'."
        )


def _managed(given: Json) -> None:
    """Refuse to manage the context in an unknown way."""
    for one in given:
        kind = one["type"]
        if kind != "compaction":
            sentence = f"Unsupported context_management type: '{kind}'."
            raise ApiError("invalid_request", sentence, param="context_management")


def _tagged(names: Json) -> None:
    """Refuse a tag whose name is too long, as Chat Completions was observed to."""
    for name in names:
        if len(name) > _LONGEST_TAG:
            raise ApiError(
                "invalid_request",
                f"Invalid property name in 'metadata': '{name[:3]}...{name[-3:]}' is too long. Expected a string "
                f"with maximum length {_LONGEST_TAG}, but got a string with length {len(name)} instead.",
                param=f"metadata.{name}",
                code="property_name_above_max_length",
            )


_LONGEST_TAG = 64


def _windowed(asked: Json) -> None:
    """Refuse a cheaper window for what does not wait: the rule is the SDK's, the words are those of ``check_trigger``."""
    window = (asked.get("background_options") or {}).get("completion_window") or "soonest"
    if window == "soonest":
        return
    place = "background_options.completion_window"
    for name, told, met in (
        ("background", "true", asked.get("background") is True),
        ("stream", "false when specified", not asked.get("stream")),
        ("service_tier", "'default' when specified", asked.get("service_tier") in (None, "auto", "default")),
    ):
        if not met:
            sentence = f"'{place}' of '{window}' requires '{name}' to be {told}."
            raise ApiError("invalid_request", sentence, param=place)


_ROOM = 20_000


def check_trigger(given: list[Json], asked: Json) -> None:
    """Refuse more than one wish to compact, one that is not the last item, and one without room, in this order."""
    room = asked.get("max_output_tokens")
    if sum(item.get("type") == "compaction_trigger" for item in given) > 1:
        raise _input("Only one 'compaction_trigger' item may be provided.")
    if given[-1].get("type") != "compaction_trigger":
        raise _input("The 'compaction_trigger' item must be the final input item.")
    if room is not None and room < _ROOM:
        raise ApiError(
            "invalid_request",
            f"'compaction_trigger' requires 'max_output_tokens' to be at least {_ROOM} when specified.",
            param="max_output_tokens",
        )


def _input(sentence: str) -> ApiError:
    return ApiError("invalid_request", sentence, param="input")


def _unsupported(name: str, code: str | None = "unsupported_parameter") -> ApiError:
    sentence = f"Unsupported parameter: '{name}' is not supported with this model."
    return ApiError("invalid_request", sentence, param=name, code=code)


def no_moderation() -> ApiError:
    """Return what a request for moderation is told by a host that is not known to have it."""
    return _unsupported("moderation")


def no_background() -> ApiError:
    """Return what a request for the background is told where nothing is kept."""
    return _unsupported("background")


def _available(asked: Json, row: families.Family) -> None:
    """Refuse what the model or this server does not have."""
    reasoning, include = asked.get("reasoning") or {}, asked.get("include") or ()
    effort, efforts = reasoning.get("effort"), _efforts(asked["model"])
    if row.reasons is False:
        _without_reasoning(asked, reasoning, include)
    elif row.reasons and (effort or row.effort) != "none" and not asked["model"].startswith(_UNSEEN):
        _sampled(asked, row)
        _likely(asked, include)
    if effort is not None and efforts and effort not in efforts:
        raise _not_one_of("reasoning.effort", effort, efforts, asked["model"])
    if row.retention == "24h" and asked.get("prompt_cache_retention") == "in_memory":
        raise ApiError(
            "invalid_request",
            "This model is compatible only with 24h extended prompt caching",
            param="prompt_cache_retention",
            code="invalid_parameter",
        )


def _without_reasoning(asked: Json, reasoning: Json, include: Json) -> None:
    """Refuse what only models that reason have."""
    if reasoning.get("effort") and not _efforts(asked["model"]):
        raise _unsupported("reasoning.effort")
    if reasoning.get("summary"):
        raise _unsupported("reasoning.summary")
    if _ENCRYPTED in include:
        raise ApiError(
            "invalid_request", "Encrypted content is not supported with this model.", param="include"
        )
    verbosity = (asked.get("text") or {}).get("verbosity")
    if verbosity not in (None, "medium"):
        raise _not_one_of("text.verbosity", verbosity, ("medium",), asked["model"])


def _sampled(asked: Json, row: families.Family) -> None:
    """Refuse to sample otherwise while the model reasons.

    https://platform.openai.com/docs/guides/latest-model: only with the effort ``none``, and never by gpt-5 and the o
    series, are ``temperature`` and ``top_p`` taken. The usual value was seen to be taken, and ``top_p`` of 1 to be
    refused where 0.98 is usual.
    """
    for name, usual in (
        ("temperature", (1,)),
        ("top_p", (row.top_p,)),
        ("presence_penalty", (0,)),
        ("frequency_penalty", (0,)),
    ):
        if asked.get(name) is not None and asked[name] not in usual:
            raise _unsupported(name, None)


def _likely(asked: Json, include: Json) -> None:
    """Refuse to tell probabilities while the model reasons; with the effort ``none`` it was seen to tell them."""
    for name, wanted in (("include", _LOGPROBS in include), ("top_logprobs", asked.get("top_logprobs"))):
        if wanted:
            raise ApiError(
                "invalid_request",
                "logprobs are not supported with reasoning models.",
                param=name,
                code="unsupported_parameter",
            )


_EFFORTS = tuple(
    (re.compile(pattern), efforts)
    for pattern, efforts in (
        (r"gpt-5\.6", ("none", "low", "medium", "high", "xhigh", "max")),
        (r"gpt-5\.[2-5](-mini|-nano)?(-\d|$)", ("none", "low", "medium", "high", "xhigh")),
        (r"gpt-5\.[24]-pro", ("medium", "high", "xhigh")),
        (r"gpt-5\.[12]-chat", ("medium",)),
        (r"gpt-5\.1(-\d|$)", ("none", "low", "medium", "high")),
        (r"gpt-5\.1-codex(-\d|$)", ("low", "medium", "high")),
        (r"gpt-5-pro", ("high",)),
        (r"gpt-5(-mini|-nano)?(-\d|$)", ("minimal", "low", "medium", "high")),
        (r"o3-mini(-\d|$)", ("low", "medium", "high")),
        (r"o4-mini(-\d|$)", ("low", "medium", "high", "xhigh")),
    )
)
"""Efforts by model, as its page in the provider's documentation or a refusal in a public report lists them; of other
models all are taken."""


@lru_cache(maxsize=256)
def _efforts(model: str) -> tuple[str, ...]:
    return next((efforts for pattern, efforts in _EFFORTS if pattern.match(model)), ())


def _not_one_of(place: str, value: str, among: tuple[str, ...], model: str) -> ApiError:
    return ApiError(
        "invalid_request",
        f"Unsupported value: '{value}' is not supported with the '{model}' model. "
        f"Supported values are: {listed(among)}.",
        param=place,
        code="unsupported_value",
    )
