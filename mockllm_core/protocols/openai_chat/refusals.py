"""What the provider refuses although the request's shape is right, with the provider's sentences.

Each sentence stands in public reports of the provider's answers. Nothing is refused here that it accepts.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mockllm_core.errors import ApiError
from mockllm_core.protocols.openai_chat.families import family

if TYPE_CHECKING:
    from mockllm_core.frame import Json

__all__ = ["check", "check_history"]


_OLD = ("gpt-3.5", "gpt-4")
_NOT_CHAT = ("gpt-3.5-turbo-instruct", "davinci-002", "babbage-002", "text-embedding-")


_TOOLS_ONLY_WITH_NONE = re.compile(r"gpt-(5\.6|6)")
"""Models that call functions in Chat Completions while their effort is ``none``, and not by default."""

_TOOLS_WITHOUT_EFFORT = re.compile(r"gpt-5\.4")
"""Models that call functions there unless an effort is asked for."""

_LOOKED_AT = frozenset(
    {
        "frequency_penalty",
        "function_call",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
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
        _options(body)
        _for_model(body, model)
        _tool_choice(body)


@lru_cache(maxsize=256)
def _particular(model: str) -> bool:
    """Tell whether a model may refuse a body without any key of those."""
    return (
        model.startswith(_NOT_CHAT) or family(model).search or _TOOLS_ONLY_WITH_NONE.match(model) is not None
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
    if (count := body.get("n") or 1) > 128:
        raise _refuse(
            f"Invalid 'n': integer above maximum value. Expected a value <= 128, but got {count} instead.",
            "n",
            "integer_above_max_value",
        )
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
    if model.startswith(_OLD):
        _too_new(body, model)
    form = family(model)
    _search(body, searches=form.search)
    if not form.reasoning:
        return
    if body.get("max_tokens") is not None:
        raise _refuse(
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            "max_tokens",
            "unsupported_parameter",
        )
    for name in form.refused:
        if body.get(name):
            raise _unsupported(name)
    effort = body.get("reasoning_effort")
    _effort(effort, model)
    reasons = form.fixed or effort not in (None, "none") or (form.eager and effort is None)
    if body.get("logprobs") is True and reasons and not form.eager:
        raise ApiError("permission", "You are not allowed to request logprobs from this model", code="")
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
    _functions(body, model, effort)


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


def _effort(effort: Json, model: str) -> None:
    if effort is None:
        return
    efforts = next((efforts for pattern, efforts in _EFFORTS if pattern.match(model)), "")
    if efforts and f"'{effort}'" not in efforts:
        raise _refuse(
            f"Unsupported value: 'reasoning_effort' does not support '{effort}' with this model. "
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


def _tool_choice(body: Json) -> None:
    choice = body.get("tool_choice")
    tools = body.get("tools")
    for name, needed in (("parallel_tool_calls", "tools"), ("function_call", "functions")):
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
            raise _refuse(f"Tool choice '{name}' not found in 'tools' parameter.", "tool_choice")


def check_history(messages: Json) -> None:
    """Raise ApiError unless each tool call is answered at once, and nothing answers a call that was not made."""
    open_calls: list[str] = []
    called = False
    at = 0
    for at, message in enumerate(messages):
        if message["role"] == "tool":
            if not called:
                raise _refuse(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message "
                    "with 'tool_calls'.",
                    f"messages.[{at}].role",
                )
            if message.get("tool_call_id") in open_calls:
                open_calls.remove(message["tool_call_id"])
            continue
        if open_calls:
            raise _unanswered(open_calls, at)
        calls = message.get("tool_calls") if message["role"] == "assistant" else None
        called = bool(calls)
        open_calls = [call["id"] for call in calls or () if call.get("id")]
    if open_calls:
        raise _unanswered(open_calls, at)


def _unanswered(open_calls: list[str], at: int) -> ApiError:
    return _refuse(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
        f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(open_calls)}",
        f"messages.[{at}].role",
    )
