"""Every option of the SDKs' request types with a value that a real answer would show, if it showed any.

What each does to our answer is found out by asking; an option that does nothing has its reason in WHY, which the docs
print. So nothing is taken in silence.
"""

from __future__ import annotations

import json
import typing
from functools import cache
from typing import TYPE_CHECKING, Any

import anthropic.types.beta.message_create_params as anthropic_beta
import anthropic.types.message_create_params as anthropic_params
import botocore.session
import openai.types.chat.completion_create_params as chat
import openai.types.completion_create_params as completions
import openai.types.responses.response_create_params as responses
from features.asks import (
    CHAT,
    COMPLETIONS,
    CONVERSE,
    GEMINI,
    HELLO,
    MESSAGES,
    RESPONSES,
    Ask,
    betas,
    hello,
    tools,
)
from features.own import hosted
from features.seen import NOW
from google.genai import types as google

from mockllm_core.engine import Engine, Settings
from mockllm_core.frame import frames

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS = (CHAT, RESPONSES, MESSAGES, CONVERSE, GEMINI, COMPLETIONS)

_FORM = {"type": "json_schema", "schema": {"type": "object", "properties": {"a": {"const": 1}}}}
_NAMED = {"name": "a", **_FORM}

SAMPLES: dict[str, dict[str, Any]] = {
    CHAT: {
        "messages": [{"role": "user", "content": "Other words."}],
        "model": "gpt-5",
        "audio": {"voice": "alloy", "format": "wav"},
        "frequency_penalty": 1.5,
        "function_call": "none",
        "functions": [{"name": "f", "parameters": {"type": "object"}}],
        "logit_bias": {"50256": -100},
        "logprobs": True,
        "max_completion_tokens": 2,
        "max_tokens": 2,
        "metadata": {"k": "v"},
        "modalities": ["text", "audio"],
        "moderation": {"model": "omni-moderation-latest"},
        "n": 2,
        "parallel_tool_calls": False,
        "prediction": {"type": "content", "content": HELLO},
        "presence_penalty": 1.5,
        "prompt_cache_key": "k",
        "prompt_cache_options": {"mode": "explicit"},
        "prompt_cache_retention": "24h",
        "reasoning_effort": "high",
        "response_format": {"type": "json_schema", "json_schema": _NAMED},
        "safety_identifier": "s",
        "seed": 7,
        "service_tier": "flex",
        "stop": ["all"],
        "store": True,
        "stream_options": {"include_usage": False},
        "temperature": 0.1,
        "tool_choice": "none",
        "tools": tools(CHAT)["tools"],
        "top_logprobs": 2,
        "top_p": 0.1,
        "user": "u",
        "verbosity": "low",
        "web_search_options": {},
    },
    RESPONSES: {
        "access_programs": {"a": "b"},
        "background": True,
        "background_options": {},
        "context_management": [{"type": "compaction", "compact_threshold": 1000}],
        "conversation": "conv_1",
        "image": {},
        "include": ["message.output_text.logprobs"],
        "input": "Other words.",
        "instructions": "Be brief.",
        "max_output_tokens": 16,
        "max_tool_calls": 3,
        "metadata": {"k": "v"},
        "model": "gpt-5.5",
        "moderation": {"model": "omni-moderation-latest"},
        "parallel_tool_calls": False,
        "previous_response_id": "resp_1",
        "prompt": {"id": "pmpt_1"},
        "prompt_cache_key": "k",
        "prompt_cache_options": {"mode": "explicit"},
        "prompt_cache_retention": "24h",
        "reasoning": {"effort": "high"},
        "safety_identifier": "s",
        "service_tier": "flex",
        "store": False,
        "stream_options": {"include_obfuscation": False},
        "temperature": 0.1,
        "text": {"format": _NAMED},
        "tool_choice": "none",
        "tools": hosted(RESPONSES, demanded=False)["tools"],
        "top_logprobs": 2,
        "top_p": 0.1,
        "truncation": "auto",
        "user": "u",
    },
    MESSAGES: {
        "max_tokens": 2,
        "messages": [{"role": "user", "content": "Other words."}],
        "model": "claude-opus-4-1",
        "billing_policy": "standard",
        "cache_control": {"type": "ephemeral"},
        "compaction": {"type": "auto"},
        "container": "container_1",
        "context_management": {"edits": []},
        "diagnostics": {"previous_message_id": "msg_1"},
        "fallback_credit_token": "t",
        "fallbacks": [{"model": "claude-haiku-4-5"}],
        "inference_geo": "us",
        "mcp_servers": [{"type": "url", "name": "m", "url": "https://example.com/mcp"}],
        "metadata": {"user_id": "u"},
        "output_config": {"format": _FORM},
        "service_tier": "standard_only",
        "speed": "fast",
        "stop_sequences": ["all"],
        "system": "Be brief.",
        "thinking": {"type": "adaptive"},
        "thread": {"type": "continue", "id": "t"},
        "tool_choice": {"type": "none"},
        "tools": tools(MESSAGES)["tools"],
        "user_profile_id": "u",
        "workspace_id": "w",
        "temperature": 0.1,
        "top_k": 5,
        "top_p": 0.1,
        "output_config.effort": {"effort": "low"},
        "messages.citations": [{"role": "user", "content": [{"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "A."}, "citations": {"enabled": True}}, {"type": "text", "text": HELLO}]}],
    },
    CONVERSE: {
        "messages": [{"role": "user", "content": [{"text": "Other words."}]}],
        "system": [{"text": "Be brief."}],
        "inferenceConfig": {"maxTokens": 2},
        "inferenceConfig.temperature": {"temperature": 0.1},
        "inferenceConfig.topP": {"topP": 0.1},
        "toolConfig": tools(CONVERSE)["toolConfig"],
        "guardrailConfig": {"guardrailIdentifier": "gr", "guardrailVersion": "1", "trace": "enabled"},
        "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        "messages.citations": [{"role": "user", "content": [{"document": {"format": "txt", "name": "a", "source": {"text": "A."}, "citations": {"enabled": True}}}, {"text": HELLO}]}],
        "additionalModelRequestFields.top_k": {"top_k": 5},
        "promptVariables": {"a": {"text": "b"}},
        "additionalModelResponseFieldPaths": ["/stop_sequence"],
        "requestMetadata": {"k": "v"},
        "performanceConfig": {"latency": "optimized"},
        "serviceTier": {"type": "flex"},
        "outputConfig": {
            "textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": '{"const": 1}'}}}
        },
    },
    GEMINI: {
        "system_instruction": {"parts": [{"text": "Be brief."}]},
        "temperature": 0.1,
        "top_p": 0.1,
        "top_k": 5,
        "candidate_count": 2,
        "max_output_tokens": 2,
        "stop_sequences": ["all"],
        "response_logprobs": True,
        "logprobs": 2,
        "presence_penalty": 1.5,
        "frequency_penalty": 1.5,
        "seed": 7,
        "response_mime_type": "application/json",
        "response_schema": {"type": "STRING", "enum": ["a"]},
        "response_json_schema": {"const": 1},
        "routing_config": {"autoMode": {"modelRoutingPreference": "BALANCED"}},
        "model_selection_config": {"featureSelectionPreference": "BALANCED"},
        "safety_settings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
        "tools": tools(GEMINI)["tools"],
        "tool_config": {"retrievalConfig": {"languageCode": "de"}},
        "tool_config.functionCallingConfig.streamFunctionCallArguments": {"functionCallingConfig": {"streamFunctionCallArguments": True}},
        "labels": {"k": "v"},
        "cached_content": "cachedContents/1",
        "response_modalities": ["AUDIO"],
        "media_resolution": "MEDIA_RESOLUTION_LOW",
        "speech_config": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}},
        "audio_timestamp": True,
        "thinking_config": {"includeThoughts": True},
        "thinking_config.thinkingBudget": {"thinkingBudget": 512},
        "image_config": {"aspectRatio": "1:1"},
        "enable_enhanced_civic_answers": True,
        "model_armor_config": {"promptTemplateName": "projects/p/locations/l/templates/t"},
        "service_tier": "flex",
        "audio_transcription_config": {},
        "continuation_token": "t",
        "automatic_continuation": True,
        "generation_output_config": {},
        "store": True,
    },
    COMPLETIONS: {
        "model": "davinci-002",
        "prompt": "Other words.",
        "best_of": 3,
        "echo": True,
        "frequency_penalty": 1.5,
        "logit_bias": {"50256": -100},
        "logprobs": 2,
        "max_tokens": 2,
        "n": 2,
        "presence_penalty": 1.5,
        "seed": 7,
        "stop": ["all"],
        "stream_options": {"include_usage": False},
        "suffix": "the end",
        "temperature": 0.1,
        "top_p": 0.1,
        "user": "u",
    },
}  # fmt: skip

NOT_SENT = {
    CHAT: {"stream"},
    RESPONSES: {"stream"},
    CONVERSE: {"modelId"},
    MESSAGES: {"betas"},
    GEMINI: {"http_options", "should_return_http_response", "automatic_function_calling"},
}
"""What the SDK keeps to itself or puts elsewhere than in the body, and what is asked for both ways anyway."""

_TOP = ("system_instruction", "safety_settings", "tools", "tool_config", "labels", "cached_content", "model_armor_config", "service_tier", "store", "continuation_token", "automatic_continuation")  # fmt: skip
"""Options of GenerateContentConfig that stand beside ``generationConfig`` and not in it."""


@cache
def names(column: str) -> frozenset[str]:
    """Return the options that the installed SDK knows."""
    match column:
        case "openai-chat":
            return _hints(chat.CompletionCreateParamsBase, chat.CompletionCreateParamsStreaming)
        case "openai-responses":
            return _hints(responses.ResponseCreateParamsBase, responses.ResponseCreateParamsStreaming)
        case "anthropic-messages":
            return _hints(anthropic_params.MessageCreateParamsBase, anthropic_beta.MessageCreateParamsBase)
        case "google-genai":
            return frozenset(google.GenerateContentConfig.model_fields)
        case "openai-completions":
            return _hints(completions.CompletionCreateParamsBase)
        case _:
            model = botocore.session.get_session().get_service_model("bedrock-runtime")
            return frozenset(model.operation_model("ConverseStream").input_shape.members)


def _hints(*kinds: Any) -> frozenset[str]:
    return frozenset(name for kind in kinds for name in typing.get_type_hints(kind))


def body(column: str, option: str | None) -> dict[str, Any]:
    """Return the smallest request, with the option when there is one."""
    if option is None:
        return hello(column)
    if option == "messages.no-citations":
        return json.loads(json.dumps(body(column, "messages.citations")).replace(_CITED, ""))  # type: ignore[no-any-return]
    value = SAMPLES[column][option]
    if column == GEMINI:
        name = option.partition(".")[0]
        head, *rest = name.split("_")
        wire = head + "".join(word.capitalize() for word in rest)
        return hello(column, **({wire: value} if name in _TOP else {"generationConfig": {wire: value}}))
    return hello(column) | {option.partition(".")[0]: value}


_TAKES = {"output_config.effort": "claude-opus-4-6"}
"""Models that take what the usual one refuses."""

_BESIDE: Mapping[tuple[str, str], dict[str, Any]] = {
    (RESPONSES, "context_management"): {"input": "word " * 999}
}
"""What both requests have, that with the option and that without it."""

_CITED = ', "citations": {"enabled": true}'


def effect(column: str, option: str) -> str:
    """Return ``shown``, ``silent`` or the status of the refusal: what the option does, streamed or whole.

    Ids are drawn from the same entropy in every request, so that any other byte is the option's doing.
    """
    seen: dict[str | None, list[Any]] = {}
    plain = "messages.no-citations" if option == "messages.citations" else None
    for asked in (plain, option):
        for stream in (True, False):
            made = body(column, asked) | _BESIDE.get((column, option), {})
            asking = Ask(column=column, body=made, model=_TAKES.get(option, ""), headers=betas(column))
            sent = asking.request(stream=stream)
            answer = Engine(Settings()).answer(sent, now=NOW, fresh=b"same")
            if answer.status != 200:
                return str(answer.status)
            data = (
                b"".join(frame.wire for frame in frames(answer.steps)) if answer.body is None else answer.body
            )
            seen.setdefault(asked, []).append((answer.headers, data))
    return "silent" if seen[plain] == seen[option] else "shown"


_SAMPLING = "it moves what a model is likely to say, and a mock says the same to all"
_KEPT = "no answer shows it"

WHY: Mapping[str, tuple[str, ...]] = {
    _SAMPLING: (
        "frequency_penalty", "presence_penalty", "logit_bias", "temperature", "top_p", "top_k", "seed",
        "inferenceConfig.temperature", "inferenceConfig.topP", "additionalModelRequestFields.top_k",
    ),
    _KEPT: (
        "metadata", "store", "user", "safety_identifier", "user_profile_id", "workspace_id", "requestMetadata", "labels",
    ),
    "it moves what a cache counts of prompts of 1,024 tokens and more, and what is cached is not forgotten for its age": (
        "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention",
    ),
    "the tier is `standard` anyway": ("service_tier",),
    "the first model always answers": ("fallbacks", "fallback_credit_token"),
    "what tools that the provider runs find is made up": ("tool_config",),
    "there is no tool to choose from": ("tool_choice",),
    "the text is the user's own, long or short, and continues nothing": ("suffix",),
    "only with sound or pictures in the answer, which are refused": (
        "audio", "speech_config", "image_config", "image", "generation_output_config", "audio_transcription_config",
    ),
    "an answer in the background is there at the second look, whatever the window": ("background_options",),
    "a conversation is never too long": ("continuation_token", "automatic_continuation"),
    "nothing said is unsafe; `mock-finish-REASON` blocks": ("safety_settings", "enable_enhanced_civic_answers"),
    "each picture, sound and video counts by its kind alone": ("media_resolution",),
    "without `responseMimeType: application/json` the answer is prose": ("response_schema", "response_json_schema"),
    "it fills a stored prompt, and none is stored": ("promptVariables",),
    "thoughts are as long as they are": ("output_config.effort", "thinking_config.thinkingBudget"),
    "the answer is the user's text and cites no document": ("messages.citations",),
}  # fmt: skip
"""Why an option may do nothing; what has no reason here must show in the answer or be refused."""


def silent() -> dict[str, dict[str, list[str]]]:
    """Return for each API the options that do nothing, by their reason; one without a reason has ``""``."""
    told: dict[str, dict[str, list[str]]] = {}
    for column in COLUMNS:
        for option in SAMPLES[column]:
            if effect(column, option) == "silent":
                reason = next((why for why, options in WHY.items() if option in options), "")
                told.setdefault(column, {}).setdefault(reason, []).append(option)
    return told
