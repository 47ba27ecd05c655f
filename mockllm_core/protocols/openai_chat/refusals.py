"""What the provider refuses although the request's shape is right, with the provider's sentences.

Each sentence stands in public reports of the provider's answers. Nothing is refused here that it accepts.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.protocols.openai_chat.caps import check_cap
from mockllm_core.protocols.openai_chat.families import family
from mockllm_core.protocols.openai_chat.media import check_sound
from mockllm_core.protocols.openai_chat.predicted import check_prediction

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["BEFORE", "check", "check_early", "check_effort"]


_OLD = ("gpt-3.5", "gpt-4")
_NOT_CHAT = ("gpt-3.5-turbo-instruct", "davinci-002", "babbage-002", "text-embedding-")


_TOOLS_ONLY_WITH_NONE = re.compile(r"gpt-(5\.6|6)")
"""Models that call functions in Chat Completions while their effort is ``none``, and not by default."""

_TOOLS_WITHOUT_EFFORT = re.compile(r"gpt-5\.4")
"""Models that call functions there unless an effort is asked for."""

_LOOKED_AT = frozenset(
    {
        "audio",
        "frequency_penalty",
        "function_call",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "metadata",
        "modalities",
        "n",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_retention",
        "reasoning_effort",
        "response_format",
        "stop",
        "temperature",
        "tool_choice",
        "top_logprobs",
        "top_p",
        "verbosity",
        "web_search_options",
    }
)
"""Keys without which nothing but the model and the history can be refused, nor tools by a model that searches."""


def check(body: Json, model: str) -> None:
    """Raise ApiError for the first thing in the body that the model or the other options rule out."""
    if body.get("stream_options") and body.get("stream") is not True:
        raise _refuse(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options"
        )
    if not _LOOKED_AT.isdisjoint(body) or _particular(model):
        check_early(body, model, "")
        _metadata(body.get("metadata"))
        _options(body)
        _for_model(body, model)
        if body.get("prediction"):
            check_prediction(body, model)
        check_cap(body, model)
        _tool_choice(body, model)
        _functions(body, model, body.get("reasoning_effort"))


BEFORE = (
    "model",
    "messages",
    "functions",
    "tools",
    "tool_choice",
    "function_call",
    "parallel_tool_calls",
    "max_completion_tokens",
    "n",
)
"""Keys of which a fault is told before the model refuses others: the first that the contract looks at, in its order."""


def check_early(body: Json, model: str, name: str) -> None:
    """Raise ApiError for what the model has to say before the API looks at the key of that name.

    It does not know a key, or it takes one in no case. ``""`` is the end: all has been looked at.
    """
    form = family(model)
    for key in form.unknown:
        if body.get(key) is not None:
            raise _refuse(f"Unknown parameter: '{key}'.", key, "unknown_parameter")
    if name in BEFORE:
        return
    if isinstance(count := body.get("n"), (int, float)) and count > form.choices:
        raise _above("n", form.choices, count)
    if not form.reasoning:
        return
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is None:
        raise _refuse(
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            "max_tokens",
            "unsupported_parameter",
        )
    for key in form.refused:
        if key in _EARLY and body.get(key):
            raise _unsupported(key)


_EARLY = ("stop", "logit_bias")
_LONGEST_TAG = 64


def _above(name: str, most: int, found: Json) -> ApiError:
    return _refuse(
        f"Invalid '{name}': integer above maximum value. Expected a value <= {most}, but got {found} instead.",
        name,
        "integer_above_max_value",
    )


def _metadata(tags: Json) -> None:
    for name in tags or ():
        if len(name) > _LONGEST_TAG:
            raise _refuse(
                f"Invalid property name in 'metadata': '{name[:3]}...{name[-3:]}' is too long. Expected a string "
                f"with maximum length {_LONGEST_TAG}, but got a string with length {len(name)} instead.",
                f"metadata.{name}",
                "property_name_above_max_length",
            )


@lru_cache(maxsize=256)
def _particular(model: str) -> bool:
    """Tell whether a model may refuse a body without any key of those."""
    return (
        model.startswith(_NOT_CHAT)
        or family(model).search
        or "-audio" in model
        or _TOOLS_ONLY_WITH_NONE.match(model) is not None
    )


def _refuse(message: str, param: str | None, code: str | None = None) -> ApiError:
    return ApiError("invalid_request", message, param=param, code=code)


def _options(body: Json) -> None:
    if body.get("top_logprobs") and body.get("logprobs") is not True:
        raise _refuse(
            "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", "top_logprobs"
        )
    if "audio" in (body.get("modalities") or ()):
        raise _refuse("Invalid value: 'audio'. Supported values are: 'text'.", "modalities", "invalid_value")
    if body.get("max_tokens") and body.get("max_completion_tokens"):
        sentence = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        raise _refuse(sentence, None, "invalid_parameter_combination")
    for key in body.get("logit_bias") or ():
        if not (key.isascii() and key.isdecimal()):
            # as agents of 2023 logged it
            sentence = (
                f"Invalid key in 'logit_bias': {key}. You should only be submitting non-negative integers."
            )
            raise _refuse(sentence, "logit_bias")
    stop = body.get("stop")
    if isinstance(stop, list) and len(stop) > 4:
        raise _refuse(
            f"Invalid 'stop': array too long. Expected an array with maximum length 4, "
            f"but got an array with length {len(stop)} instead.",
            "stop",
            "array_above_max_length",
        )
    if (body.get("response_format") or {}).get("type") == "json_object" and not _mentions_json(body):
        raise _refuse(
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type "
            "'json_object'.",
            "messages",
        )


def _mentions_json(body: Json) -> bool:
    for message in body["messages"]:
        content = message.get("content")
        parts = content if isinstance(content, list) else [content]
        for part in parts:
            text = part.get("text") if isinstance(part, dict) else part
            if isinstance(text, str) and "json" in text.lower():
                return True
    return False


def _for_model(body: Json, model: str) -> None:
    if model.startswith(_NOT_CHAT):
        message = (
            "This is not a chat model and thus not supported in the v1/chat/completions endpoint. "
            "Did you mean to use v1/completions?"
        )
        raise ApiError("not_found", message, param="model", code="")
    check_sound(body, model)
    if model.startswith(_OLD):
        _too_new(body, model)
    form = family(model)
    _search(body, searches=form.search)
    if not form.reasoning:
        _rivals(body.get("top_logprobs") or 0, form.rivals)
        return
    for name in form.refused:
        if body.get(name):
            raise _unsupported(name)
    effort = body.get("reasoning_effort")
    check_effort(effort, model)
    reasons = form.fixed or effort not in (None, "none") or (form.eager and effort is None)
    if body.get("logprobs") is True and reasons and not form.eager:
        raise ApiError("permission", "You are not allowed to request logprobs from this model", code="")
    _rivals(body.get("top_logprobs") or 0, form.rivals)
    temperature = body.get("temperature")
    if reasons and temperature not in (None, 1):
        raise _refuse(
            f"Unsupported value: 'temperature' does not support {temperature} with this model. "
            "Only the default (1) value is supported.",
            "temperature",
            "unsupported_value",
        )
    if form.eager:
        _eager(body, reasons=reasons)


def _rivals(count: int, most: int) -> None:
    if count > _MOST_RIVALS <= most:
        raise _above("top_logprobs", most, count)
    if count > most:
        sentence = f"Invalid value for 'top_logprobs': must be less than or equal to {most}."
        raise _refuse(sentence, "top_logprobs")


_MOST_RIVALS = 20


def _unsupported(name: str) -> ApiError:
    return _refuse(
        f"Unsupported parameter: '{name}' is not supported with this model.", name, "unsupported_parameter"
    )


def _eager(body: Json, *, reasons: bool) -> None:
    """Refuse what a public project saw refused by gpt-5.6-terra in August 2026."""
    if reasons:
        for name, usual in (
            ("top_p", 1),
            ("presence_penalty", 0),
            ("frequency_penalty", 0),
            ("logprobs", False),
        ):
            if body.get(name) not in (None, usual):
                raise _unsupported(name)
    if body.get("prompt_cache_retention") == "in_memory":
        sentence = "This model is compatible only with 24h extended prompt caching"
        raise _refuse(sentence, "prompt_cache_retention")


def _functions(body: Json, model: str, effort: Json) -> None:
    """Refuse functions beside an effort, where Responses is the place for both: many reports of 2026."""
    if not any(tool.get("type") == "function" for tool in body.get("tools") or ()):
        return
    sentence = f"Function tools with reasoning_effort are not supported for {model} in /v1/chat/completions. "
    if _TOOLS_ONLY_WITH_NONE.match(model) and effort != "none":
        sentence += "To use function tools, use /v1/responses or set reasoning_effort to 'none'."
        raise _refuse(sentence, "reasoning_effort")
    if _TOOLS_WITHOUT_EFFORT.match(model) and effort not in (None, "none"):
        raise _refuse(f"{sentence}Please use /v1/responses instead.", "reasoning_effort")


_EFFORTS = tuple(
    (re.compile(pattern), efforts)
    for pattern, efforts in (
        (r"gpt-5\.6", "'none', 'low', 'medium', 'high', and 'xhigh'"),
        (r"gpt-5\.1(-\d|$)", "'none', 'low', 'medium', and 'high'"),
        (r"gpt-5(-mini|-nano)?(-\d|$)", "'minimal', 'low', 'medium', and 'high'"),
    )
)
"""Efforts by model, as refusals in public reports list them; of other models all are taken."""


def check_effort(effort: Json, model: str) -> None:
    """Raise ApiError for an effort that the model has not; whatever it is, it is shown as Python shows it."""
    if effort is None:
        return
    efforts = next((efforts for pattern, efforts in _EFFORTS if pattern.match(model)), "")
    if efforts and f"'{effort}'" not in efforts:
        raise _refuse(
            f"Unsupported value: 'reasoning_effort' does not support {effort!r} with this model. "
            f"Supported values are: {efforts}.",
            "reasoning_effort",
            "unsupported_value",
        )


def _too_new(body: Json, model: str) -> None:
    """Refuse what came with gpt-5; a model whose name says nothing may take it."""
    if body.get("reasoning_effort") is not None:
        raise _refuse("Unrecognized request argument supplied: reasoning_effort", None)
    if (verbosity := body.get("verbosity")) not in (None, "medium"):
        raise _refuse(
            f"Unsupported value: '{verbosity}' is not supported with the '{model}' model. "
            "Supported values are: 'medium'.",
            "verbosity",
            "unsupported_value",
        )


def _search(body: Json, *, searches: bool) -> None:
    """Refuse search where the model has none, and with a model that searches what it does not take."""
    if not searches:
        if body.get("web_search_options") is not None:
            raise _refuse("Web search options not supported with this model.", "web_search_options")
        return
    if body.get("tools"):
        raise ApiError(
            "not_found",
            "tools is not supported in this model. For a list of supported models, refer to "
            "https://platform.openai.com/docs/guides/function-calling#models-supporting-function-calling.",
            code="",
        )
    for name in ("temperature", "presence_penalty"):
        if body.get(name) is not None:
            raise _refuse(f"Model incompatible request argument supplied: {name}", None)


def _tool_choice(body: Json, model: str) -> None:
    choice = body.get("tool_choice")
    tools = body.get("tools")
    for name, needed in (("parallel_tool_calls", "tools"), ("function_call", "functions")):
        # the newest models take the first without tools
        if name == "parallel_tool_calls" and family(model).eager:
            continue
        if body.get(name) is not None and body.get(needed) is None:
            raise _refuse(
                f"Invalid value for '{name}': '{name}' is only allowed when '{needed}' are specified.", name
            )
    # an empty list was refused until 2026; since then it counts as none, and so does a choice that demands nothing
    if choice is None or (tools == [] and choice in ("auto", "none")):
        return
    if not tools:
        raise _refuse(
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
            "tool_choice",
        )
    kind = choice.get("type") if isinstance(choice, dict) else None
    if kind in ("function", "custom"):
        name = (choice.get(kind) or choice).get("name")
        if name not in [(tool.get(tool.get("type")) or {}).get("name") for tool in tools]:
            if kind == "function":
                raise _no_function(name)
            raise _refuse(f"Tool choice '{name}' not found in 'tools' parameter.", "tool_choice")


def _no_function(name: str) -> ApiError:
    """Return the error for a choice of a function that is not there: the older keys' words, in September 2026, too."""
    return _refuse(
        f"Invalid value for 'function_call': no function named '{name}' was specified in the 'functions' parameter.",
        "function_call",
    )
