"""Chat Completions: what is decided of its nested options."""

from __future__ import annotations

from features.asks import CHAT, HELLO
from features.nested import reasons
from features.nested.walk import SLOT, Api

_SAID = {"role": "user", "content": HELLO}
_ID = "some_text_of_its_own"
_TOOL = {"type": "function", "function": {"name": _ID, "parameters": {"type": "object", "properties": {}}}}
_OTHER = {
    "type": "function",
    "function": {"name": "other", "parameters": {"type": "object", "properties": {}}},
}
_CUSTOM = {"type": "custom", "custom": {"name": _ID}}
_ANSWERED = {"role": "tool", "tool_call_id": _ID, "content": "done"}
_CALL = {"id": _ID, "type": "function", "function": {"name": _ID, "arguments": "{}"}}

API = Api(
    column=CHAT,
    values={
        "arguments": "{}",
        "arguments!": '{"a": "a value of some length"}',
        "parameters": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        "schema": {"type": "object", "properties": {"a": {"const": 1}}},
        "ChatCompletionAllowedToolsParam.tools": [{"type": "function", "function": {"name": "other"}}],
        "CustomFormatGrammarGrammar.definition": 'start: "a"',
        "CustomFormatGrammarGrammar.definition!": 'start: "b"',
        "CustomFormatGrammarGrammar.syntax": "regex",
        "CustomFormatGrammarGrammar.syntax!": "lark",
        "chat_completion_custom_tool_param.Custom.format": {"type": "grammar", "grammar": {"syntax": "regex", "definition": 'start: "a"'}},
        "include_obfuscation": False,
        "ImageURL.url": "https://example.com/a.png",
        "ImageURL.url!": "https://example.com/another.png",
        "InputAudio.data": "AAAA",
        "InputAudio.data!": "AAAAAAAA",
        "FileFile.file_data": "data:application/pdf;base64,AAAA",
    },
    within={
        "ChatCompletionToolMessageParam": {"messages": [_SAID, {"role": "assistant", "tool_calls": [_CALL]}, SLOT]},
        "ChatCompletionMessage*ToolCallParam": {"messages": [_SAID, {"role": "assistant", "tool_calls": [SLOT]}, _ANSWERED]},
        "ChatCompletionFunctionCallOptionParam": {"functions": [_TOOL["function"]], "function_call": SLOT},
        "ChatCompletionAllowedToolChoiceParam": {"tools": [_OTHER, _TOOL], "messages": [{"role": "user", "content": "Choose."}], "tool_choice": SLOT},
        "ChatCompletionNamedToolChoiceParam": {"tools": [_TOOL], "tool_choice": SLOT},
        "ChatCompletionNamedToolChoiceCustomParam": {"tools": [_CUSTOM], "tool_choice": SLOT},
        "ResponseFormatJSONObject": {"messages": [{"role": "user", "content": "Say it in JSON."}], "response_format": SLOT},
        "WebSearchOptions": {"web_search_options": SLOT},
    },
    # the contract takes a message without content: that there is some is looked at last
    beside={
        f"ChatCompletion{role}MessageParam": {"content": _ID}
        for role in ("System", "User", "Tool", "Function", "Assistant")
    }
    | {"FileFile": {"file_id": _ID}},
    models={"WebSearchOptions*": "gpt-4o-search-preview", "*InputAudio*": "my-model-that-listens"},
    last=("ChatCompletionAssistantMessageParam",),
    streamed=("ChatCompletionStreamOptionsParam",),
    silent={
        reasons.SOUND: ("ChatCompletionAudioParam*", "ChatCompletionAssistantMessageParam.audio", "Audio", "Audio.id"),
        reasons.NAMES: ("*MessageParam.name",),
        reasons.CACHES: ("PromptCacheOptions*", "*.prompt_cache_breakpoint", "FilePromptCacheBreakpoint.ttl"),
        reasons.SAFE: ("Moderation*.*",),
        reasons.KINDS: ("ImageURL.*", "InputAudio.*", "FileFile.*"),
        reasons.VALID: ("*.strict",),
        reasons.USUAL: ("CustomFormatText", "ChatCompletionAllowedToolsParam.mode"),
        reasons.LABELS: ("JSONSchema.name", "JSONSchema.description"),
        reasons.MADE_UP: ("WebSearchOptions*",),
        reasons.SENT_BACK: ("ChatCompletionAssistantMessageParam.annotations",),
    },
)  # fmt: skip
